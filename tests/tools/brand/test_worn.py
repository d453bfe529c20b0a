"""A brand on a rendered promo: logo, title, captions and end card are where they should be, and the length still holds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tools.brand.test_kit import laid, png
from tests.tools.test_assemble import desk, film
from tools import assemble
from tools.brand import shelf
from tools.brand.colours import rgb
from tools.cutting.plan import plan
from tools.media import audio
from tools.rendering.branding import Mark, corner
from tools.rendering.placing import SAFE
from tools.schema import SIZES, Artifacts, Copies, Copy, CutList, Line, Options, Pick
from tools.workspace import Workspace

CARD = 1.6
KIT = f"""
name = "Ledgerleaf"
[logo]
file = "logo.png"
place = "top right"
size = 0.3
[colours]
text = "#ffffff"
keyword = "#ff9d5c"
ground = "#14233f"
[captions]
colour = "#101014"
keyword = "#7a1020"
[title]
seconds = 2.0
[lower_third]
name = "Ada Okafor"
role = "Product"
seconds = 2
[end_card]
words = "See your own numbers"
seconds = {CARD}
[words]
banned = ["cheap"]
"""
ORANGE = (255, 140, 20)
HOOKS = ("A cheap number nobody saw", "The number nobody looked at")


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, CutList, Artifacts]:
    folder = tmp_path_factory.mktemp("worn")
    kit = shelf.open_kit(str(laid(folder / "kit", KIT, logo_png=png(colour=(*ORANGE, 255)))), folder)
    options = Options(brand=kit.digest, card=kit.brand.card)
    bench, _ = desk(folder / "run", film(folder, Fraction(25)), target=6.6 + CARD, shapes=("16x9",), options=options)
    kit.lay(bench.workspace.folder)
    audio.extract(bench.workspace)
    picks = [Pick(ids=(i,), role=r, reason="a test") for i, r in (("S6", "hook"), ("S2", "proof"), ("S4", "close"))]
    cut = plan(bench, picks)
    hooks = tuple(Line(text=text, evidence=("S6",)) for text in HOOKS)
    bench.workspace.save("copies.json", Copies(copies=(Copy(platform="x", hooks=hooks),)))
    return bench.workspace, cut, assemble.make(bench, cut.id)


def frame_at(path: Path, at: float) -> NDArray[np.int16]:
    """Red, green, blue of the frame at a time."""
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        frame = next(each for each in file.decode(video) if each.time is not None and each.time >= at - 1e-3)
        return frame.to_ndarray(format="rgb24").astype(np.int16)


def near(picture: NDArray[np.int16], colour: tuple[int, ...], off: int = 14) -> NDArray[np.bool_]:
    return np.abs(picture - np.array(colour, np.int16)).max(axis=2) <= off


def promo(workspace: Workspace) -> Path:
    return workspace.out / "promo_16x9.mp4"


def logo(workspace: Workspace) -> Mark:
    kit = shelf.of_run(workspace)
    assert kit is not None
    found = corner(workspace, kit.brand, "16x9", plate=False)
    assert found is not None
    return found


def test_the_length_that_was_asked_holds_the_end_card(worn: tuple[Workspace, CutList, Artifacts]) -> None:
    _, cut, made = worn
    assert cut.card == 40
    assert abs(cut.length - (6.6 + CARD)) <= 0.5
    assert cut.frames / 25 == pytest.approx(cut.length - CARD)
    done = next(each for each in made.artifacts if each.name == "promo_16x9.mp4")
    assert done.duration == pytest.approx(cut.length, abs=0.05)
    assert done.certificate is not None
    assert done.certificate.passed, done.certificate.failures


def test_the_logo_stands_in_its_corner_all_the_time_and_in_its_own_colour(
    worn: tuple[Workspace, CutList, Artifacts],
) -> None:
    workspace, cut, _ = worn
    mark = logo(workspace)
    left, top, right, bottom = SAFE["16x9"]
    assert left <= mark.x
    assert top <= mark.y
    assert mark.x + mark.width <= right
    assert mark.y + mark.height <= bottom
    for at in (0.1, 2.5, cut.frames / 25 - 0.1):
        part = frame_at(promo(workspace), at)[
            mark.y + 6 : mark.y + mark.height - 6, mark.x + 6 : mark.x + mark.width - 6
        ]
        assert near(part, ORANGE, 20).mean() > 0.95, at


def test_the_hook_without_banned_words_is_the_title_of_the_first_seconds(
    worn: tuple[Workspace, CutList, Artifacts],
) -> None:
    workspace, cut, _ = worn
    text = (workspace.folder / f"branded_{cut.id}_16x9.ass").read_text("utf-8")
    assert "cheap" not in text
    assert "number nobody looked" in text
    upper = frame_at(promo(workspace), 1.0)[:400, :1200]
    later = frame_at(promo(workspace), 2.6)[:400, :1200]
    assert near(upper, rgb("#14233f")).sum() > 15_000
    assert near(later, rgb("#14233f")).sum() < 500


def test_the_end_card_is_the_brands_ground_with_logo_and_words(worn: tuple[Workspace, CutList, Artifacts]) -> None:
    workspace, cut, _ = worn
    begins = cut.frames / 25
    card = frame_at(promo(workspace), begins + 0.8)
    assert card.shape == (SIZES["16x9"][1], SIZES["16x9"][0], 3)
    assert near(card, rgb("#14233f"), 6).mean() > 0.8
    assert near(card, ORANGE, 20).sum() > 5_000
    assert near(card, (255, 255, 255), 30).sum() > 2_000
    assert near(frame_at(promo(workspace), begins - 0.08), rgb("#14233f"), 6).mean() < 0.2


def test_captions_keep_their_contrast_in_the_brands_colours_and_all_is_in_the_safe_box(
    worn: tuple[Workspace, CutList, Artifacts],
) -> None:
    _, _, made = worn
    seen = next(each for each in made.artifacts if each.name == "promo_16x9.mp4").viewer
    assert seen is not None
    checks = {check.name: check for check in seen.checks}
    assert checks["caption contrast"].passed, checks["caption contrast"]
    assert checks["captions in the safe box"].passed
    assert checks["brand in the safe box"].passed, checks["brand in the safe box"]
    assert checks["frozen picture"].passed, "an end card is no fault"
