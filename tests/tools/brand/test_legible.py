"""Captions in a brand's colours can be read on any ground: measured on what libass draws."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tools.brand.kit import Brand, Captions
from tools.media import process
from tools.picture import viewer
from tools.rendering import fonts
from tools.rendering.burned import ass
from tools.rendering.looks import look
from tools.schema import SIZES, Span, Word
from tools.words.cues import Track

GROUNDS = {
    "white": "color=white",
    "black": "color=black",
    "mid grey": "color=0x777777",
    "the letters' own colour": "color={own}",
    "stripes": "testsrc2=r=25",
    "noise": "color=gray,noise=alls=100:allf=t",
}
COLOURS = [("#ffffff", "#ffd53b"), ("#101014", "#7a1020"), ("#8a8a8a", "#8f8f80"), ("#e02020", "#ff7070")]
TEXT = "Nobody reads grey on grey"


def track() -> Track:
    words = tuple(Word(start=0.4 * n, end=0.4 * n + 0.35, text=text) for n, text in enumerate(TEXT.split()))
    return Track(words=words, stretches=(Span(start=0.0, end=3.0),), length=3.0)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("colours", COLOURS, ids=["light", "dark", "grey", "red"])
@pytest.mark.parametrize("boxed", [False, True], ids=["outline", "box"])
def test_captions_stand_out_by_three_to_one_on_every_ground(
    tmp_path: Path, ground: str, colours: tuple[str, str], boxed: bool
) -> None:
    told = Captions(colour=colours[0], keyword=colours[1], ground="box" if boxed else "")
    brand = Brand(name="A", captions=told)
    fonts.copy_manrope(tmp_path / fonts.FOLDER)
    (tmp_path / "c.ass").write_text(ass(track(), "1x1", "clean", (), brand), "utf-8")
    shown = viewer._shown((tmp_path / "c.ass").read_text("utf-8"))
    masks = viewer._masks(tmp_path, "c.ass", shown, "1x1")
    width, height = SIZES["1x1"]
    source, _, more = GROUNDS[ground].format(own=colours[0].replace("#", "0x")).partition(",")
    source += f"{':' if '=' in source else '='}s={width}x{height}:d=0.04" + (f",{more}" if more else "")
    drawn = f"setpts='{shown[0].middle:.3f}/TB',ass=c.ass:fontsdir={fonts.FOLDER},scale={width // 2}:{height // 2},format=bgr24"
    argv = [
        process.ffmpeg(),
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        source,
        "-vf",
        drawn,
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-",
    ]
    raw = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=True, timeout=60).stdout
    image = np.frombuffer(raw, np.uint8).reshape(height // 2, width // 2, 3)
    assert viewer.contrast(image, masks[0]) >= viewer.CONTRAST


def test_one_word_at_a_time_marks_numbers_and_names_and_no_word_else() -> None:
    brand = Brand.model_validate(
        {"name": "A", "captions": {"show": "one word"}, "words": {"glossary": ["ledger leaf=Ledgerleaf"]}}
    )
    words = tuple(
        Word(start=0.4 * n, end=0.4 * n + 0.35, text=t)
        for n, t in enumerate(["We", "at", "Ledgerleaf", "lost", "42", "percent"])
    )
    text = ass(Track(words=words, stretches=(Span(start=0.0, end=3.0),), length=3.0), "9x16", "bold", (), brand)
    said = [
        line.rpartition("}")[0] + "}" + line.rpartition(",,")[2]
        for line in text.splitlines()
        if line.startswith("Dialogue")
    ]
    assert len(said) == 6, "one event a word"
    tinted = [line for line in text.splitlines() if line.startswith("Dialogue") and r"\c&H3BD5FF&" in line]
    assert [("Ledgerleaf" in line, "42" in line) for line in tinted] == [(True, False), (False, True)]


def test_without_a_brand_nothing_of_the_look_has_changed() -> None:
    plain = look("bold")
    assert plain is not None
    assert (plain.colour, plain.keyword, plain.marked, plain.keywords) == ("#ffffff", "#ffd53b", True, frozenset())
    assert look("none") is None
