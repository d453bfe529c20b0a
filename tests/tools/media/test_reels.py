"""What a reel says of itself: read where it holds together, and nothing at all where it does not."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from tools.media import reels
from tools.schema import Clip, CutList, Source, Take

TAKES = (
    Take(name="a.mp4", start=0.0, end=12.0, sha256="a" * 64),
    Take(name="b.mp4", start=13.0, end=21.0, sha256="b" * 64, timecode="01:00:00:00", timecode_rate="30000/1001"),
)
RATE = Fraction(25)
GOOD = json.loads(reels.tag(TAKES))


def told(**first: object) -> str:
    """The tag with other things said of its first take."""
    return json.dumps(GOOD | {"takes": [GOOD["takes"][0] | first, GOOD["takes"][1]]})


def test_what_is_written_is_read() -> None:
    assert reels.read(reels.tag(TAKES), 21.0, RATE) == TAKES


def test_a_name_is_cleaned_and_what_is_no_digest_is_left_out() -> None:
    read = reels.read(told(name="a\u202e<b>\n.mp4" + "x" * 900, sha256="../../etc"), 21.0, RATE)
    assert read[0].name.startswith("a<b> .mp4")
    assert len(read[0].name) == reels.NAME
    assert read[0].sha256 == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[" * 5000,
        "[]",
        '"takes"',
        "{}",
        json.dumps(GOOD | {"version": 2}),
        json.dumps(GOOD | {"takes": GOOD["takes"][:1]}),
        json.dumps(GOOD | {"takes": GOOD["takes"][::-1]}),
        json.dumps(GOOD | {"takes": {"0": 1}}),
        json.dumps(GOOD | {"takes": [{"name": f"{n}", "start": n / 9, "end": (n + 1) / 9} for n in range(99)]}),
        told(end=13.5),
        told(start=-1),
        told(end=0),
        told(start=float("nan")),
        told(end=float("inf")),
        told(end=1e400),
        told(end="soon"),
        told(end=None),
        told(name=""),
        told(name="\u200b"),
        told(name=None) .replace('"name": null, ', ""),
    ],
    ids=str.__len__,
)  # fmt: skip
def test_a_tag_that_can_not_be_true_is_no_reel_and_no_error(text: str) -> None:
    assert reels.read(text, 21.0, RATE) == ()


def test_a_take_is_told_in_whole_frames() -> None:
    read = reels.read(told(start=0.01, end=11.99), 21.0, RATE)
    assert (read[0].start, read[0].end) == (0.04, 11.96)
    assert reels.read(told(start=0.01, end=0.03), 21.0, RATE) == ()


def test_a_reel_that_is_shorter_than_its_tag_says_is_none() -> None:
    assert reels.read(reels.tag(TAKES), 20.0, RATE) == ()


@pytest.mark.parametrize(
    ("code", "rate"), [("01:00:00:30", "30/1"), ("25:00:00:00", "25/1"), ("01:00:00:00", "1/0"), ("x", "25/1")]
)
def test_a_time_code_that_no_camera_gives_is_left_out(code: str, rate: str) -> None:
    read = reels.read(told(timecode=code, timecode_rate=rate), 21.0, RATE)
    assert (read[0].timecode, read[0].timecode_rate) == ("", "")


def test_a_clip_is_told_by_its_own_recordings_clock_and_time_code() -> None:
    clip = Clip(start=15.002, end=17.004, label="A", ids=("S1",), role="hook", reason="x")
    cut = CutList(id="P1", target=6, length=6, rate="25/1", clips=(clip,))
    source = Source(name="r.mp4", sha256="", bytes=1, container="mov", duration=21.0, takes=TAKES)
    (shown,) = reels.named(cut, source).clips
    assert shown.original is not None
    assert shown.original.model_dump() == {"name": "b.mp4", "start": 2.002, "end": 4.004, "timecode": "01:00:02:00"}
    plain = source.model_copy(update={"takes": ()})
    assert reels.named(cut, plain) == cut
    assert "original" not in cut.clips[0].model_dump()
    assert "takes" not in plain.model_dump()
