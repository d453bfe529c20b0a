"""An edge moves within what is safe: in a pause, or over whole sentences, as near as can be to what was asked."""

from __future__ import annotations

import wave
from fractions import Fraction

import numpy as np
import pytest

from agent.reading.change import Change, RevisionError
from agent.reading.changes import read_changes
from agent.revising.diff import played
from agent.revising.recut import recut
from tests.tools.test_cut import bench, pick, transcript
from tools.cutting.edges import at
from tools.cutting.plan import plan
from tools.schema import CutList

RATE = Fraction(30000, 1001)
SAID = [
    # what is said                                   side, clips, seconds later
    ("the last word is cut off", "end", (-1,), None),
    ("The last word of clip 2 is cut off!", "end", (2,), None),
    ("the first word gets clipped", "start", (1,), None),
    ("you cut off the last word of the second clip", "end", (2,), None),
    ("clip 2 is cut off at the end", "end", (2,), None),
    ("the beginning of clip 3 is clipped", "start", (3,), None),
    ("start half a second earlier", "start", (1,), -0.5),
    ("start 0.5 seconds earlier please", "start", (1,), -0.5),
    ("begin clip 2 a second and a half later", "start", (2,), 1.5),
    ("cut the end of clip 1 a bit sooner", "end", (1,), -0.3),
    ("the end of clip 2 comes too soon", "end", (2,), 0.5),
    ("clip 2 starts too early", "start", (2,), 0.5),
    ("clip B ends 200 ms too late", "end", (2,), -0.2),
    ("trim half a second off the end of the last clip", "end", (-1,), -0.5),
    ("hold the end of the last clip a beat longer", "end", (-1,), 0.5),
    ("add two seconds to the start of clip 1", "start", (1,), -2.0),
]


@pytest.mark.parametrize(("said", "side", "clips", "by"), SAID)
def test_an_edge_is_read_from_words(said, side, clips, by):
    assert read_changes(said) == (Change(what="edge", clips=clips, side=side, by=by),)


@pytest.mark.parametrize(
    ("said", "what", "by"),
    [
        ("extend clip 2 by 2 seconds", "extend", 2.0),
        ("make the second clip 1.5 s longer", "extend", 1.5),
        ("shorten clip 2 by half a second", "trim", 0.5),
        ("make clip 2 longer", "extend", None),
        ("trim clip 2 a bit", "trim", None),
    ],
)
def test_a_clip_grows_and_shrinks_by_what_is_said(said, what, by):
    assert read_changes(said) == (Change(what=what, clips=(2,), by=by),)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("start with clip 2", "open"),
        ("drop the end", "drop"),
        ("move clip 2 to the end", "move"),
        ("cut the bit about the end of the year", "drop"),
        ("2 seconds shorter", "length"),
        ("cut 5 seconds", "length"),
        ("back to the beginning", "version"),
        ("open with the story about a late start", "open"),
    ],
)
def test_what_is_no_edge_is_read_as_before(said, what):
    assert [change.what for change in read_changes(said)] == [what]


@pytest.fixture
def desk(tmp_path):
    return bench(tmp_path, transcript(gap=0.9), target=16.0)


@pytest.fixture
def cut(desk) -> CutList:
    return plan(desk, [pick("S2", "hook"), pick("S5 S6"), pick("S9 S10", "payoff")])


def spans(made) -> dict[str, tuple[float, float]]:
    return {name: (at(first, RATE), at(first + frames, RATE)) for name, (first, frames) in made.pins.items()}


def moved(desk, cut, said):
    """Seconds that each edge came later, clip by clip, with the ids that play."""
    made = recut(desk, cut, read_changes(said))
    return made, [
        (
            name,
            round(at(first - old.first_frame, RATE), 2),
            round(at(first + n - old.first_frame - old.frames, RATE), 2),
        )
        for (name, (first, n)), old in zip(made.pins.items(), cut.clips, strict=True)
    ]


def test_an_edge_moves_into_its_pause_and_no_other_does(desk, cut):
    made, edges = moved(desk, cut, "start clip 2 a bit earlier")
    assert edges[0][1:] == edges[2][1:] == (0, 0)
    assert edges[1][1] == pytest.approx(-0.3, abs=0.04)
    assert edges[1][2] == 0
    assert made.target == pytest.approx(cut.length + 0.3, abs=0.04)


@pytest.mark.parametrize(
    "said", ["start clip 2 half a second earlier", "start clip 2 0.6 seconds earlier", "end clip 2 a bit later"]
)
def test_what_was_moved_plays_and_holds_every_check(desk, cut, said, tmp_path):
    made, _ = moved(desk, cut, said)
    brief = desk.brief.model_copy(
        update={"target": made.target, "options": desk.brief.options.but(pins=made.pins, opening="any")}
    )
    again = plan(type(desk)(brief=brief, workspace=desk.workspace, engines=desk.engines, steps=desk.steps), made.picks)
    assert list(played(again).items()) == list(made.pins.items())
    assert again.certificate.passed
    assert all(clip.certificate.passed for clip in again.clips)


def test_an_edge_never_comes_to_lie_in_a_word(desk, cut):
    words = [word for each in desk.workspace.transcript.sentences for word in each.words]
    for said in (
        "end clip 1 {} later",
        "end clip 1 {} earlier",
        "start clip 2 {} later",
        "start clip 2 {} earlier",
        "extend clip 2 by {}",
        "shorten clip 2 by {}",
    ):
        for much in ("0.1 s", "0.4 s", "1.3 s", "2 seconds", "6 seconds"):
            try:
                made, _ = moved(desk, cut, said.format(much))
            except RevisionError:
                continue
            for start, end in spans(made).values():
                assert not [w for w in words for edge in (start, end) if w.start + 0.02 < edge < w.end - 0.02]


def test_more_than_a_pause_goes_over_whole_sentences_where_that_comes_near(desk, cut):
    _, edges = moved(desk, cut, "extend clip 1 by 4 seconds")
    assert edges[0][0] == "S2-S3"
    assert edges[0][2] == pytest.approx(4, abs=0.6)
    made, edges = moved(desk, cut, "extend clip 2 by 2 seconds")
    assert edges[1][0] == "S5-S7"
    assert edges[1][2] == pytest.approx(2, abs=0.5)
    assert "clip 2 ends" in made.notes[0]


def test_what_is_not_safe_is_refused_with_what_is_in_the_way_and_what_is_near(desk, cut):
    close = bench(desk.workspace.folder / "close", transcript(gap=0.16), target=13.0)
    made = plan(close, [pick("S2", "hook"), pick("S5 S6"), pick("S9 S10", "payoff")])
    with pytest.raises(
        RevisionError,
        match=r"Clip 2 can't begin earlier by 0.5 s.*Did anything ever help us.*Nearest: 0\.1 s or 2\.\d s earlier",
    ):
        recut(close, made, read_changes("start clip 2 half a second earlier"))


def test_as_far_as_is_safe_is_told(desk, cut):
    made, edges = moved(desk, cut, "end clip 1 1.5 seconds later")
    assert edges[0][0] == "S2"
    assert 0.5 < edges[0][2] < 0.9
    assert made.notes == (f"clip 1 ends {edges[0][2]:.2f} s later, which is as near to 1.5 s as is safe",)


def speak(desk, more: dict[int, float]) -> None:
    """Noise while words are said, and for so many seconds ``more`` after the end of a sentence; near silence else."""
    heard, rate = desk.workspace.transcript, 16_000
    sound = np.random.default_rng(1).normal(size=round(desk.workspace.source.duration * rate))
    loud = np.full(len(sound), 0.0003)
    for n, each in enumerate(heard.sentences):
        loud[round(each.start * rate) : round((each.end + more.get(n, 0.0)) * rate)] = 0.1
    with wave.open(str(desk.workspace.audio), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(rate)
        out.writeframes((np.clip(sound * loud, -1, 1) * 32767).astype(np.int16).tobytes())


@pytest.mark.parametrize("late", [0.2, 0.4, 0.6])
def test_a_word_that_is_cut_off_plays_until_it_is_quiet(desk, cut, late):
    """The recogniser ended it too early: what is loud after it plays, and not all of the pause."""
    speak(desk, {9: late})
    made, edges = moved(desk, cut, "the last word is cut off")
    before, end = at(cut.clips[2].first_frame + cut.clips[2].frames, RATE), spans(made)["S9-S10"][1]
    said = desk.workspace.transcript.sentences[9].end + late
    assert said <= end <= max(said, before + 0.25) + 0.08
    assert edges[2][1] == 0


def test_a_first_word_that_is_cut_off_begins_earlier(desk, cut):
    _, edges = moved(desk, cut, "the first word is cut off")
    assert edges[0][1] <= -0.25
    assert edges[0][2] == edges[1][1] == 0
