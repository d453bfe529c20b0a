"""What a viewer would object to is found in the finished file, with the place in time; what the video has itself is not."""

from __future__ import annotations

from pathlib import Path

import pysubs2
import pytest

from tests.tools.test_cut import transcript
from tools.media.facts import probe
from tools.media.process import ffmpeg, run
from tools.picture import viewer
from tools.rendering import fonts
from tools.schema import Clip, CutList, Framing, Piece, Sentence, Transcript
from tools.words.labels import labelled, labels
from tools.workspace import Workspace

MOVING = "testsrc2=s=320x180:r=10:d=12"
PROMO = "testsrc2=s=480x270:r=10:d=8"


def film(folder: Path, name: str, graph: str) -> Path:
    given = [ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", graph]
    run([*given, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-f", "mp4", name], folder, wall=120)
    return folder / name


def seen(folder: Path, promo: str, source: str = MOVING, captions: str | None = None) -> dict[str, object]:
    """The checks of a promo of the video's first eight seconds, by name; what failed with its value."""
    workspace = Workspace(folder)
    film(folder, "source.bin", source)
    workspace.save("source.json", probe(workspace.video, "v"))
    clip = Clip(label="A", ids=("V1",), role="hook", reason="x", start=0, end=8, first_frame=0, frames=160)
    cut = CutList(id="P1", target=8, length=8, rate="20/1", clips=(clip,))
    piece = Piece(clip="A", first_frame=0, frames=200, framing=Framing(mode="crop"))
    if captions:
        fonts.lay(folder / fonts.FOLDER, ["Half of them left"], "en")
        (folder / "c.ass").write_text(captions)
        promo += f",ass={folder}/c.ass:fontsdir={folder}/{fonts.FOLDER}"
    path = film(folder, "promo.mp4", promo)
    made = viewer.certificate(workspace, path, cut, "16x9", [piece], "c.ass" if captions else None)
    return {check.name: None if check.passed else check.value for check in made.checks}


def test_a_picture_that_moves_and_shows_something_is_fine(tmp_path: Path) -> None:
    assert seen(tmp_path, PROMO) == {"empty picture": None, "frozen picture": None}


@pytest.mark.parametrize("colour", ["black", "0x20a040"])
def test_one_colour_where_the_video_shows_a_picture_is_found(tmp_path: Path, colour: str) -> None:
    found = seen(tmp_path, f"{PROMO},drawbox=0:0:iw:ih:{colour}:fill:enable='between(t,3,5)'")
    assert found["empty picture"] == "00:03.0 to 00:05.2"


def test_a_short_black_that_is_the_videos_own_is_fine(tmp_path: Path) -> None:
    black = ",drawbox=0:0:iw:ih:black:fill:enable='between(t,3,5)'"
    assert seen(tmp_path, PROMO + black, MOVING + black)["empty picture"] is None


def test_thirty_seconds_of_one_colour_are_told_though_the_video_has_them(tmp_path: Path) -> None:
    blue = "color=blue:s={}:r=10:d={}"
    found = seen(tmp_path, blue.format("480x270", 8), blue.format("480x270", 12))
    assert found["empty picture"] == "00:00.0 to 00:08.0, as in the video"


def test_a_picture_that_stands_still_where_the_video_moves_is_found(tmp_path: Path) -> None:
    stuck = "testsrc2=s=960x540:r=10:d=8,loop=loop=30:size=1:start=20,trim=end_frame=80,setpts=N/10/TB"
    found = seen(tmp_path, stuck)["frozen picture"]
    assert str(found).startswith("00:02.")


def test_a_slide_that_stands_still_in_the_video_too_is_fine(tmp_path: Path) -> None:
    slide = "color=white:s={}:r=10:d=12,drawbox=iw/8:ih/8:iw/3:ih/10:black:fill"
    found = seen(tmp_path, slide.format("480x270").replace("d=12", "d=8"), slide.format("480x270"))
    assert found == {"empty picture": None, "frozen picture": None}


def burned(
    colour: tuple[int, int, int], outline: tuple[int, int, int], margin: int, end: float, width: float = 6
) -> str:
    file = pysubs2.SSAFile()
    file.info |= {"PlayResX": "1920", "PlayResY": "1080"}
    file.styles["Default"] = pysubs2.SSAStyle(
        fontname="Manrope", fontsize=82, bold=True, primarycolor=pysubs2.Color(*colour), outlinecolor=pysubs2.Color(*outline),
        outline=width, shadow=0, marginv=margin,
    )  # fmt: skip
    file.append(pysubs2.SSAEvent(start=2000, end=round(end * 1000), text="Half of them left"))
    return file.to_string("ass")


WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (221, 221, 221)


def test_captions_as_they_are_burned_are_read_on_any_ground(tmp_path: Path) -> None:
    bright = "color=white:s=960x540:r=10:d=8,drawbox=0:0:200:200:black:fill"
    found = seen(tmp_path, bright, captions=burned(WHITE, BLACK, 86, 4.0))
    assert {name: found[name] for name in ("caption contrast", "captions in the safe box", "time to read")} == {
        "caption contrast": None, "captions in the safe box": None, "time to read": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("captions", "name"),
    [
        (burned(WHITE, GREY, 86, 4.0, width=0), "caption contrast"),
        (burned(WHITE, BLACK, 2, 4.0), "captions in the safe box"),
        (burned(WHITE, BLACK, 86, 2.25), "time to read"),
    ],
)
def test_a_caption_that_can_not_be_read_is_found_with_its_place(tmp_path: Path, captions: str, name: str) -> None:
    bright = "color=white:s=960x540:r=10:d=8,drawbox=0:0:200:200:black:fill"
    found = seen(tmp_path, bright, captions=captions)
    assert str(found[name]).startswith("not at 00:02.0 “Half of them left”")


def said(*texts: str) -> Transcript:
    return Transcript(sentences=tuple(Sentence(id=f"S{n}", start=n, end=n + 1, text=t) for n, t in enumerate(texts, 1)))


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (("Anna Kowalski: We lost half.", "Ben O'Neil: Why?", "Anna Kowalski: The price.", "Ben O'Neil: Oh."), {"Anna Kowalski", "Ben O'Neil"}),
        (("Speaker 1: We lost half.", "It was bad."), {"Speaker 1"}),
        (("There are three things: speed, price, and care.", "One rule: no meetings.", "One more thing: write."), set()),
        (("At 10:30 we met.", "He said: go."), set()),
    ],
)  # fmt: skip
def test_a_speakers_label_is_told_from_what_is_said(texts: tuple[str, ...], names: set[str]) -> None:
    found = labels(said(*texts))
    assert found == names
    assert labelled(texts, found) == [text for text in texts if any(text.startswith(f"{name}:") for name in names)]


def test_a_talk_without_labels_has_none() -> None:
    assert labels(transcript()) == frozenset()
