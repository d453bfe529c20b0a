"""Bars burned into a picture: found by their whole straight edge, and left out of every shape that is not the source's."""

from __future__ import annotations

import numpy as np
import pytest

from tools.picture import bars, framing, stills
from tools.schema import SIZES, Box, Face, Frame, Shape, Source

WIDE = Source(
    name="v", sha256="0", bytes=1, container="mp4", duration=60, width=1280, height=720, rate="25/1", video_index=0
)


def barred(box: Box, colour: int = 0, light: float = 120.0, size: tuple[int, int] = (640, 360)) -> np.ndarray:
    """A textured picture within bars."""
    wide, tall = size
    noise = np.random.default_rng(7).normal(light, 30, (tall // 8, wide // 8, 3)).clip(0, 255)
    image = np.kron(noise, np.ones((8, 8, 1))).astype(np.uint8)
    x, y, w, h = (round(part * side) for part, side in zip(box, (wide, tall, wide, tall), strict=True))
    made = np.full_like(image, colour)
    made[y : y + h, x : x + w] = image[y : y + h, x : x + w]
    return made


def seen(box: Box | None, *faces: Face, at: float = 1.0, **more: object) -> Frame:
    return Frame(at=at, shot="V1", file=f"frames/{at}.jpg", picture=box, faces=faces, exposure=100.0, **more)  # type: ignore[arg-type]


LETTER: Box = (0.0, 0.125, 1.0, 0.75)
PILLAR: Box = (0.12, 0.0, 0.76, 1.0)
WINDOW: Box = (0.125, 0.2, 0.75, 0.6)


@pytest.mark.parametrize("colour", [0, 16, 200])
@pytest.mark.parametrize("box", [LETTER, PILLAR, WINDOW], ids=["letterbox", "pillars", "window"])
def test_bars_are_found_to_a_hundredth_of_the_side_whatever_their_colour(box: Box, colour: int) -> None:
    assert bars.within(barred(box, colour)) == pytest.approx(box, abs=0.01)


def test_a_black_bar_may_stand_alone_and_one_of_another_colour_may_not() -> None:
    alone: Box = (0.0, 0.0, 1.0, 0.9)
    assert bars.within(barred(alone)) == pytest.approx(alone, abs=0.01)
    assert bars.within(barred(alone, 200)) is None


def test_a_picture_without_bars_has_none() -> None:
    assert bars.within(barred((0.0, 0.0, 1.0, 1.0))) is None
    assert bars.within(np.zeros((360, 640, 3), np.uint8)) is None
    assert bars.within(np.full((360, 640, 3), 240, np.uint8)) is None


def test_the_margin_of_a_slide_is_no_bar() -> None:
    slide = np.full((360, 640, 3), 245, np.uint8)
    slide[60:90, 60:300] = 20
    slide[150:170, 60:420] = 40
    assert bars.within(slide) is None


def test_a_dark_sky_over_a_landscape_is_no_bar() -> None:
    night = barred((0.0, 0.3, 1.0, 0.7))
    night[:108] = np.linspace(0, 60, 108)[:, None, None].astype(np.uint8)
    assert bars.within(night) is None


def test_a_shots_bars_are_those_of_most_of_its_stills_and_never_cut_what_one_of_them_shows() -> None:
    near: Box = (0.0, 0.12, 1.0, 0.76)
    assert bars.common([seen(LETTER), seen(near)]) == pytest.approx(near)
    assert bars.common([seen(LETTER), seen(None), seen(None)]) is None
    assert bars.common([seen(None)]) is None
    dark = seen(None).model_copy(update={"exposure": 8.0})
    assert bars.common([seen(LETTER), dark, dark]) == LETTER


@pytest.mark.parametrize("shape", ["9x16", "1x1"])
@pytest.mark.parametrize("box", [LETTER, PILLAR, WINDOW], ids=["letterbox", "pillars", "window"])
@pytest.mark.parametrize("faces", [(), (Face(x=0.4, y=0.3, w=0.1, h=0.2, score=0.9),)], ids=["nobody", "somebody"])
def test_no_bar_is_left_in_a_shape_that_is_not_the_sources(shape: Shape, box: Box, faces: tuple[Face, ...]) -> None:
    flat = (1 / 16,) * 16
    laid = framing.choose(WIDE, [seen(box, *faces, at=n, columns=flat, rows=flat) for n in range(3)], shape)
    x, y, w, h = laid.box
    assert min(x - box[0], y - box[1]) >= -1e-6
    assert x + w <= box[0] + box[2] + 1e-6
    assert y + h <= box[1] + box[3] + 1e-6
    if laid.mode == "crop":
        width, height = SIZES[shape]
        assert w * WIDE.width / (h * WIDE.height) == pytest.approx(width / height, rel=0.02)
    if faces:
        assert laid.mode == "crop"
        assert x <= faces[0].x
        assert faces[0].x + faces[0].w <= x + w


def test_in_its_own_shape_a_source_keeps_its_bars_unless_the_picture_has_that_shape_too() -> None:
    assert framing.choose(WIDE, [seen(LETTER)], "16x9").box == (0.0, 0.0, 1.0, 1.0)
    cover = framing.choose(WIDE, [seen(LETTER)], "16x9", barred=False)
    assert cover.mode == "crop"
    assert cover.box[3] <= LETTER[3], "a cover shows none"
    small: Box = (0.2, 0.2, 0.6, 0.6)
    assert framing.choose(WIDE, [seen(small)], "16x9").box == pytest.approx(small, abs=0.005)


def test_a_still_is_measured_within_its_bars() -> None:
    image = barred(WINDOW)
    x, y, w, h = (round(part * side) for part, side in zip(WINDOW, (640, 360, 640, 360), strict=True))
    image[y : y + h, x : x + w] = (150, 210, 66)
    image[y + 60 : y + 120, x + 100 : x + 200] = 255
    frame = stills.measure(Frame(at=0, shot="V1", file="a.jpg"), image)
    assert frame.picture == pytest.approx(WINDOW, abs=0.01)
    assert frame.ground == "#42d296"
    assert frame.inner is not None
    assert frame.inner[0] == pytest.approx((x + 100) / 640, abs=0.01)
