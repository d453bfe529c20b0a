"""Covers: what is lettered, how legibly, and what is kept free."""

from __future__ import annotations

import numpy as np
import pytest

from tools import cover
from tools.schema import SIZES


def picture(luma: int, shape: str = "16x9") -> np.ndarray:
    width, height = SIZES[shape]  # type: ignore[index]
    return np.full((height, width, 3), luma, np.uint8)


@pytest.mark.parametrize(
    ("hook", "part"),
    [
        (
            "We kept three plans out of twelve, and churn fell from six percent to two.",
            "We kept three plans out of twelve",
        ),
        ("After a year of trying everything we knew: one price is a promise.", "one price is a promise"),
        ("A price is a promise. And everyone we asked on the phone had forgotten theirs.", "A price is a promise"),
    ],
)
def test_a_long_hook_gives_a_clause_that_stands_in_it(hook: str, part: str) -> None:
    assert part in list(cover.clauses(hook))
    assert all(each in hook for each in cover.clauses(hook))
    assert all(len(each.split()) <= cover.WORDS for each in cover.clauses(hook))


@pytest.mark.parametrize(
    "hook",
    [
        "I don't think that this is true, prices are far too high today.",
        "Some people say one thing again and again, the earth is flat.",
        "Nobody could read the price page, everyone left in the first week.",
        "It might work for you one day, churn fell to zero.",
        "we went on and on and on and on without a single stop anywhere at all",
        "There were 1,200 of them and each one of them cost us money that year",
    ],
)
def test_no_part_is_taken_of_what_denies_doubts_or_reports(hook: str) -> None:
    assert list(cover.clauses(hook)) == []


@pytest.mark.parametrize("shape", sorted(SIZES))
@pytest.mark.parametrize("luma", [0, 128, 255])
def test_letters_can_be_read_on_any_ground(shape: str, luma: int) -> None:
    drawn = cover.letter(picture(luma, shape), "A price is a promise", shape, [])  # type: ignore[arg-type]
    assert drawn is not None
    assert drawn.contrast >= 4.5
    left, top, right, bottom = (int(each) for each in drawn.box)
    assert drawn.image[top:bottom, left:right].max() == 255


def test_letters_keep_off_a_face() -> None:
    face = (600, 200, 1300, 900)
    drawn = cover.letter(picture(120), "A price is a promise", "16x9", [face])
    assert drawn is not None
    left, top, right, bottom = drawn.box
    assert right <= face[0] or left >= face[2] or bottom <= face[1] or top >= face[3]


def test_what_the_font_can_not_draw_is_not_lettered() -> None:
    assert cover.letter(picture(0), "价格就是承诺", "16x9", []) is None


def test_a_cover_is_under_two_megabytes() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (720, 1280, 3), np.uint8)
    assert len(cover.small_enough(noise)) < 2_000_000
