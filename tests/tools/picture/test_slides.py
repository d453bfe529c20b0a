"""A slide's paper, content and small picture of a speaker, and how a phone shows them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tools.picture.test_framing import clip, face
from tools.picture import framing, slides
from tools.rendering import placing
from tools.schema import SIZES, Box, Face, Frame, Observation, Shape, Shot, Source

WIDE = Source(
    name="v", sha256="0", bytes=1, container="mp4", duration=60, width=1920, height=1080, rate="25/1", video_index=0
)
PAPER = (237, 244, 247)
FACE = Face(x=0.80, y=0.62, w=0.06, h=0.14, score=0.9)
INSET: Box = (0.71, 0.55, 0.25, 0.39)


def slide(inset: bool = False, lines: int = 4, paper: tuple[int, int, int] = PAPER) -> NDArray[np.uint8]:
    """640 by 360, blue, green, red: a trim at the left, lines of text, a footer, and at will a picture of a speaker."""
    image = np.full((360, 640, 3), paper, np.uint8)
    image[:, :10] = (40, 80, 220)
    for n in range(lines):
        cv2.putText(image, "What we learned", (40, 70 + 40 * n), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 25, 20), 2)
    cv2.putText(image, "footer", (40, 350), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (120, 120, 120), 1)
    if inset:
        x, y, w, h = (round(v * s) for v, s in zip(INSET, (640, 360, 640, 360), strict=True))
        noise = np.random.default_rng(1).integers(0, 180, (h, w, 3), np.uint8)
        image[y : y + h, x : x + w] = noise
    return image


def frames(image: NDArray[np.uint8], *faces: Face, count: int = 3) -> list[Frame]:
    text = {"text": ("a", "b", "c", "d"), "text_boxes": ((0.06, 0.1, 0.4, 0.08),) * 4, "straight": 0.3}
    return [
        slides.seen(image, Frame(at=n, shot="V1", file=f"frames/{n}.jpg", faces=faces, **text)) for n in range(count)
    ]  # type: ignore[arg-type]


def test_the_content_is_what_is_written_and_neither_trim_nor_footer() -> None:
    found = slides.slide(slide(), Frame(at=0, shot="V1", file="x"))
    assert found is not None
    assert found.paper == "#f7f4ed"
    x, y, w, h = found.content
    assert 0.03 < x < 0.08
    assert 0.1 < y < 0.16
    assert x + w < 0.55
    assert y + h < 0.65


def test_the_small_picture_is_found_around_the_face_and_is_no_content() -> None:
    found = slides.slide(slide(inset=True), Frame(at=0, shot="V1", file="x", faces=(FACE,)))
    assert found is not None
    assert found.inset == pytest.approx(INSET, abs=0.012)
    assert found.content[0] + found.content[2] < INSET[0]


@pytest.mark.parametrize("seed", range(3))
def test_a_photograph_is_no_slide(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 255, (36, 64, 3), np.uint8)
    photo = cv2.resize(noise, (640, 360), interpolation=cv2.INTER_CUBIC)
    assert slides.slide(photo, Frame(at=0, shot="V1", file="x", faces=(FACE,))) is None


@pytest.mark.parametrize(("shape", "larger"), [("9x16", 1.4), ("1x1", 1.1)])
def test_who_presents_is_shown_above_the_content_and_both_larger_than_before(shape: Shape, larger: float) -> None:
    laid = framing.choose(WIDE, frames(slide(inset=True), FACE), shape)
    assert laid.mode == "split"
    assert laid.ground == "#f7f4ed"
    face = placing.placed((FACE.x, FACE.y, FACE.w, FACE.h), laid, WIDE, shape)
    assert len(face) == 1, "the face is seen once"
    assert face[0][1] + face[0][3] < laid.share
    content = placing.placed((0.06, 0.12, 0.4, 0.4), laid, WIDE, shape)[-1]
    assert content[2] >= larger * 0.4, "the letters are larger than where the slide is as wide as the shape"
    assert content[1] >= laid.share
    assert (content[1] + content[3]) * SIZES[shape][1] <= placing.SAFE[shape][3] + 1


@pytest.mark.parametrize("shape", ["9x16", "1x1"])
def test_without_a_speaker_the_content_fills_the_width_on_the_slides_own_paper(shape: Shape) -> None:
    laid = framing.choose(WIDE, frames(slide()), shape)
    assert (laid.mode, laid.ground) == ("fit", "#f7f4ed")
    left, _, wide, _ = placing.placed((0.06, 0.12, 0.4, 0.4), laid, WIDE, shape)[0]
    assert wide > 0.7
    assert left >= 0.0


def test_what_appears_during_the_shot_is_never_cut_off() -> None:
    built = [*frames(slide(lines=2), count=2), *frames(slide(lines=6), count=1)]
    laid = framing.choose(WIDE, built, "9x16")
    last = built[-1].content
    assert last is not None
    assert laid.box[1] <= last[1]
    assert laid.box[1] + laid.box[3] >= last[1] + last[3]


def test_what_moves_about_on_one_colour_is_shown_whole() -> None:
    image = np.full((360, 640, 3), PAPER, np.uint8)
    moved = []
    for n, x in enumerate((60, 300, 480)):
        here = image.copy()
        cv2.circle(here, (x, 150), 50, (40, 40, 40), -1)
        moved += [each.model_copy(update={"at": float(n)}) for each in frames(here, count=1)]
    laid = framing.choose(WIDE, moved, "9x16")
    assert laid.box == (0.0, 0.0, 1.0, 1.0)
    assert laid.ground


def test_a_person_beside_the_slide_is_not_left_out() -> None:
    beside = Face(x=0.5, y=0.2, w=0.1, h=0.2, score=0.9)
    laid = framing.choose(WIDE, frames(slide(), beside), "9x16")
    assert laid.ground != "#f7f4ed" or laid.box == (0.0, 0.0, 1.0, 1.0)


def test_a_speaker_too_small_to_be_shown_as_wide_as_a_phone_stays_in_the_slide() -> None:
    small = WIDE.model_copy(update={"width": 640, "height": 360})
    laid = framing.choose(small, frames(slide(inset=True), FACE), "9x16")
    assert laid.mode == "fit"
    assert laid.box[0] + laid.box[2] >= INSET[0] + INSET[2] - 0.01


@pytest.mark.parametrize("shape", list(SIZES))
def test_a_brands_ground_stands_where_there_was_a_blur(shape: Shape) -> None:
    far = (face(0.02), face(0.9))
    looked = tuple(Frame(at=n, shot="V1", file=f"frames/{n}.jpg", faces=far) for n in range(3))
    seen = Observation(shots=(Shot(id="V1", start=0, end=60),), frames=looked)
    (one,) = framing.pieces(WIDE, seen, clip(0, 50), WIDE.fps, shape, ground="#14233f")
    assert one.framing.mode != "fit" or one.framing.ground == "#14233f"
    assert (one.framing.mode == "fit") == (shape == "1x1")
