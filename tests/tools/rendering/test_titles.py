"""What a brand writes on the picture: within the safe box, off faces, split at joins, never as markup."""

from __future__ import annotations

import pysubs2
import pytest

from tools.brand.kit import Brand, EndCard, LowerThird
from tools.rendering import titles
from tools.rendering.burned import Area
from tools.rendering.placing import SAFE
from tools.rendering.titles import Letters
from tools.schema import SIZES, Box, Shape, Span

SHAPES = tuple(SIZES)
SPANS = [Span(start=0.0, end=2.0), Span(start=2.0, end=3.0)]
BRANDS = {
    "latin": Brand(name="A", lower_third=LowerThird(name="Ada Okafor", role="Product"), end_card=EndCard(words="Go")),
    "arabic": Brand(
        name="A", lower_third=LowerThird(name="ليلى حداد", role="مديرة المنتج"), end_card=EndCard(words="ابدأ الآن")
    ),
    "japanese": Brand(
        name="A",
        lower_third=LowerThird(name="山田 花子", role="責任者"),
        end_card=EndCard(words="まずは30日間、無料でお試しください"),
    ),
}
HOOKS = (
    "Nine plans, three plans",
    "Nobody looked at the one number that told us why they left",
    "誰も見ていなかった数字",
)


def inside(box: Box, shape: Shape) -> bool:
    width, height = SIZES[shape]
    left, top, right, bottom = SAFE[shape]
    x, y, w, h = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    return left - 1 <= x and top - 1 <= y and x + w <= right + 1 and y + h <= bottom + 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hook", HOOKS, ids=["short", "long", "japanese"])
def test_a_title_is_in_the_safe_box_whole(shape: Shape, hook: str) -> None:
    shown = titles.title(Letters(BRANDS["latin"]), hook, shape, SPANS, (), None)
    assert shown.areas
    assert all(inside(area.box, shape) for area in shown.areas)
    words = "".join(event.plaintext for event in shown.events if not event.is_drawing and event.start == 0)
    assert "".join(words.split()) == "".join(hook.split())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("brand", BRANDS)
def test_a_name_and_a_role_are_in_the_safe_box_on_the_side_where_they_begin(shape: Shape, brand: str) -> None:
    shown = titles.third(Letters(BRANDS[brand]), shape, SPANS[:1])
    (area,) = shown.areas
    assert inside(area.box, shape)
    middle = area.box[0] + area.box[2] / 2
    assert (middle > 0.5) is (brand == "arabic")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_title_keeps_off_a_face_and_off_the_logo(shape: Shape) -> None:
    letters = Letters(BRANDS["latin"])
    free = titles.title(letters, HOOKS[0], shape, SPANS, (), None).areas[0].box
    face = Area(0.0, 3.0, free, 4.0, ground=False)
    moved = titles.title(letters, HOOKS[0], shape, SPANS, [face], None).areas[0].box
    below = titles.title(letters, HOOKS[0], shape, SPANS, (), free).areas[0].box
    for other in (moved, below):
        apart_x = other[0] >= free[0] + free[2] or other[0] + other[2] <= free[0]
        assert apart_x or other[1] >= free[1] + free[3] or other[1] + other[3] <= free[1]


def test_no_event_crosses_a_join_so_that_a_clip_can_be_used_again() -> None:
    spans = titles.split(0.0, 3.0, [Span(start=0, end=1.2), Span(start=1.2, end=2.5), Span(start=2.5, end=9)])
    assert [(each.start, each.end) for each in spans] == [(0.0, 1.2), (1.2, 2.5), (2.5, 3.0)]
    shown = titles.title(Letters(BRANDS["latin"]), HOOKS[0], "9x16", spans, (), None)
    assert {(event.start, event.end) for event in shown.events} == {(0, 1200), (1200, 2500), (2500, 3000)}
    fades = [event.text for event in shown.events if event.start == 1200]
    assert all(r"\fad(0,0)" in text for text in fades), "it stands still over a join"


def test_words_from_outside_are_never_markup() -> None:
    brand = Brand(name="A", end_card=EndCard(words=r"{\an5}Go\N{\p1}m 0 0"))
    letters = Letters(brand)
    parts = [
        titles.title(letters, r"{\fs900}Big\N words", "1x1", SPANS, (), None),
        titles.card(letters, "1x1", SPANS[1], 400),
    ]
    file = pysubs2.SSAFile.from_string(titles.file("1x1", letters, parts))
    assert not any(r"\fs900" in event.text or r"\an5" in event.text for event in file)
    assert sum(event.is_drawing for event in file) == 4, (
        "ground and bar of the title in each clip, and no drawing of theirs"
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("brand", BRANDS)
def test_an_end_cards_lines_fit_its_width(shape: Shape, brand: str) -> None:
    letters = Letters(BRANDS[brand])
    shown = titles.card(letters, shape, SPANS[0], 500)
    left, _, right, _ = SAFE[shape]
    for event in shown.events:
        size = int(event.text.partition(r"\fs")[2].partition("\\")[0])
        assert letters.width(event.plaintext.strip("\u200e\u200f"), size) <= right - left + 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_name_stands_above_a_logo_that_is_in_its_corner(shape: Shape, side: str) -> None:
    told, tall = Letters(BRANDS["latin" if side == "left" else "arabic"]), SIZES[shape][1]
    free = titles.third(told, shape, SPANS[:1]).areas[0].box
    logo = (free[0], free[1] + free[3] / 2, 0.1, 1 - free[1] - free[3] / 2 - (tall - SAFE[shape][3]) / tall)
    shown = titles.third(told, shape, SPANS[:1], logo).areas[0].box
    assert shown[1] + shown[3] < logo[1]
    assert inside(shown, shape)
    assert titles.third(told, shape, SPANS[:1], (0.45, 0.0, 0.1, 0.05)).areas[0].box == free
