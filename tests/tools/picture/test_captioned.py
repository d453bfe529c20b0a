"""Captions on a cut: files in each language, what is burned in, and the room that a brand's panels have."""

from __future__ import annotations

import pysubs2
import pytest

from tests.tools.rendering.test_captions import cut, track, transcript
from tools.picture.captioned import apart, captions, kept_clear
from tools.rendering.burned import Area, ass
from tools.schema import Frame, Framing, Observation, Piece, Source, Translated, Translation
from tools.workspace import Workspace

SAID = "We cut prices by 40 percent. Nobody left us in those twelve weeks."
LINES = {
    "es": ("Bajamos los precios un 40 %.", "Nadie se fue en esas 12 semanas."),
    "ar": ("خفضنا الأسعار بنسبة 40٪.", "لم يغادرنا أحد في 12 أسبوعًا."),
    "ja": ("価格を40%下げました。", "12週間、誰も離れませんでした。"),
}


def made(folder, style, *tongues):
    """The caption files of a promo in 9:16, and the text that is burned in; None where none is."""
    workspace = Workspace(folder)
    workspace.save("transcript.json", transcript(SAID, 0.5))
    told = {
        tongue: Translation(
            plan="P1",
            language=tongue,
            lines=tuple(Translated(id=f"C{n}", text=text) for n, text in enumerate(LINES[tongue], 1)),
        )
        for tongue in tongues
    }
    texts, burned = captions(workspace, cut("25/1", (0, 200)), {"9x16": ()}, style, {"9x16": []}, None, told)
    name = burned["9x16"]
    return texts, (folder / name).read_text("utf-8") if name else None


@pytest.mark.parametrize("tongue", ["es", "ar", "ja"])
@pytest.mark.parametrize("style", ["clean", "bold", "karaoke"])
def test_the_first_language_is_burned_in_whole_with_no_word_marked_as_spoken(tmp_path, style, tongue):
    texts, burned = made(tmp_path, style, tongue)
    file = pysubs2.SSAFile.from_string(burned)
    shown = "".join(event.plaintext.replace("\n", "") for event in file)
    plain = "".join(char for char in shown if not char.isspace() and char not in "\u200e\u200f")
    assert plain == "".join("".join(LINES[tongue]).split())
    assert "\\c&H" not in burned
    assert texts["promo_9x16.ass"] == burned


def test_every_language_comes_as_files_beside_the_one_that_is_spoken(tmp_path):
    texts, burned = made(tmp_path, "clean", "es", "ja")
    assert {name for name in texts if name.endswith((".srt", ".vtt"))} == {
        f"promo_9x16{tongue}.{kind}" for tongue in ("", ".es", ".ja") for kind in ("srt", "vtt")
    }
    assert "We cut prices" in texts["promo_9x16.srt"]
    assert "Bajamos" in texts["promo_9x16.es.srt"]
    assert texts["promo_9x16.ja.vtt"].startswith("WEBVTT\nLanguage: ja")
    assert "Bajamos" in burned
    assert "価格" not in burned


def test_no_captions_leaves_the_files_alone(tmp_path):
    texts, burned = made(tmp_path, "none", "es")
    assert burned is None
    assert "Bajamos" in texts["promo_9x16.es.srt"]


def test_a_translation_that_failed_leaves_the_captions_as_they_were_said(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.save("transcript.json", transcript(SAID, 0.5))
    failed = {"es": Translation(plan="P1", language="es", warnings=("gone",))}
    texts, burned = captions(workspace, cut("25/1", (0, 200)), {"9x16": ()}, "clean", {"9x16": []}, None, failed)
    assert "We cut" in (tmp_path / burned["9x16"]).read_text("utf-8")
    assert not any(".es." in name for name in texts)


def test_a_brands_panel_has_room_around_it():
    area = apart(Area(0, 1, (0.1, 0.1, 0.2, 0.2)), "1x1")
    x, y, w, h = area.box
    assert x < 0.1 - 0.02
    assert w > 0.2 + 0.04
    assert (y, h) == pytest.approx((x, w))


@pytest.mark.parametrize(("paper", "boxed"), [("#f5f1e8", True), ("#101418", False), ("", False)])
def test_on_light_paper_captions_stand_on_a_ground_and_keep_off_the_small_picture_of_who_speaks(paper, boxed):
    source = Source(name="a", sha256="0", bytes=1, container="mp4", duration=9, width=1920, height=1080, video_index=0)
    inset = (0.7, 0.55, 0.25, 0.38) if paper else None
    seen = Observation(frames=tuple(Frame(at=at, shot="V1", file="a", paper=paper, inset=inset) for at in (0.5, 1.5)))
    plan = cut("25/1", (0, 75))
    pieces = [Piece(clip="A", first_frame=0, frames=75, framing=Framing(reason="whole"))]
    clear = kept_clear(plan, pieces, seen, source, "16x9")
    file = pysubs2.SSAFile.from_string(ass(track(plan), "16x9", "clean", clear))
    assert {file.styles[line.style].borderstyle for line in file} == {3 if boxed else 1}
    assert any(area.box == pytest.approx(inset) for area in clear) is bool(paper)


@pytest.mark.parametrize(("ground", "boxed"), [("#f5f1e8", True), ("#101418", False)])
def test_beside_a_picture_that_is_laid_on_a_light_colour_captions_stand_on_a_ground_of_their_own(ground, boxed):
    source = Source(name="a", sha256="0", bytes=1, container="mp4", duration=9, width=1920, height=1080, video_index=0)
    seen = Observation(frames=(Frame(at=0.5, shot="V1", file="a"),))
    plan = cut("25/1", (0, 75))
    pieces = [Piece(clip="A", first_frame=0, frames=75, framing=Framing(mode="fit", ground=ground))]
    clear = kept_clear(plan, pieces, seen, source, "9x16")
    file = pysubs2.SSAFile.from_string(ass(track(plan), "9x16", "clean", clear))
    assert {file.styles[line.style].borderstyle for line in file} == {3 if boxed else 1}
