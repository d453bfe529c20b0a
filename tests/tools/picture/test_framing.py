"""Crops: where the faces are, whole where they don't fit, still within a shot."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.picture import framing, stills
from tools.picture.steady import steady
from tools.schema import SIZES, Clip, Face, Frame, Framing, Observation, Piece, Shape, Shot, Source

WIDE = Source(
    name="v", sha256="0", bytes=1, container="mp4", duration=60, width=1920, height=1080, rate="25/1", video_index=0
)


def face(x: float, y: float = 0.3, h: float = 0.3) -> Face:
    return Face(x=x, y=y, w=h * 0.45, h=h, score=0.9)


def frames(*faces: Face, at: float = 0.0, count: int = 3, shot: str = "V1", **more: object) -> list[Frame]:
    return [Frame(at=at + n, shot=shot, file=f"frames/{at + n}.jpg", faces=faces, **more) for n in range(count)]  # type: ignore[arg-type]


def clip(first: int, count: int) -> Clip:
    return Clip(
        label="A",
        ids=("S1",),
        role="hook",
        reason="x",
        start=first / 25,
        end=(first + count) / 25,
        first_frame=first,
        frames=count,
    )


@pytest.mark.parametrize("x", [0.05, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("shape", ["9x16", "1x1"])
def test_a_crop_holds_the_whole_face_wherever_it_is(x: float, shape: str) -> None:
    one = face(x)
    laid = framing.choose(WIDE, frames(one), shape)  # type: ignore[arg-type]
    left, top, wide, tall = laid.box
    assert laid.mode == "crop"
    assert left <= one.x + 0.01
    assert one.x + one.w <= left + wide + 0.01
    assert top <= one.y
    assert one.y + one.h <= top + tall


def test_two_faces_far_apart_are_never_cropped_to_one() -> None:
    one, two = face(0.05), face(0.8)
    upright = framing.choose(WIDE, frames(one, two), "9x16")
    assert upright.mode in ("split", "fit")
    if upright.mode == "split":
        assert upright.second is not None
        assert upright.box[0] <= one.x + one.w / 2 <= upright.box[0] + upright.box[2]
        assert upright.second[0] <= two.x + two.w / 2 <= upright.second[0] + upright.second[2]
    assert framing.choose(WIDE, frames(one, two), "1x1").mode == "fit"


def test_a_passer_by_does_not_move_the_crop() -> None:
    speaker = face(0.6)
    alone = framing.choose(WIDE, frames(speaker), "9x16")
    assert framing.choose(WIDE, frames(speaker, face(0.05, h=0.08)), "9x16").box == alone.box


def test_a_slide_is_shown_whole() -> None:
    lines = tuple(f"line {n} of the slide" for n in range(6))
    boxes = tuple((0.1, 0.1 + 0.12 * n, 0.8, 0.08) for n in range(6))
    assert framing.choose(WIDE, frames(text=lines, text_boxes=boxes, straight=0.4), "9x16").mode == "fit"


def test_a_source_of_the_shape_is_left_alone() -> None:
    assert framing.choose(WIDE, frames(face(0.1)), "16x9").box == (0.0, 0.0, 1.0, 1.0)


def test_a_crop_changes_only_where_the_shot_does_and_not_for_a_hairs_breadth() -> None:
    shots = (Shot(id="V1", start=0, end=4), Shot(id="V2", start=4, end=8), Shot(id="V3", start=8, end=12))
    seen = [
        *frames(face(0.3)),
        *frames(face(0.32), at=5.0, count=3, shot="V2"),
        *frames(face(0.7), at=9.0, count=3, shot="V3"),
    ]
    laid = framing.pieces(WIDE, Observation(shots=shots, frames=tuple(seen)), clip(25, 250), Fraction(25), "9x16")
    assert [(piece.first_frame, piece.frames) for piece in laid] == [(25, 175), (200, 75)]
    assert laid[1].framing.box[0] > laid[0].framing.box[0] + framing.DEAD


def test_a_picture_that_is_held_over_another_shot_is_framed_as_its_own() -> None:
    shots = (Shot(id="V1", start=0, end=4), Shot(id="V2", start=4, end=8))
    seen = [*frames(face(0.1), at=0.5), *frames(face(0.7), at=5.0, shot="V2")]
    held = clip(90, 60).model_copy(update={"held": (10, 0)})
    laid = framing.pieces(WIDE, Observation(shots=shots, frames=tuple(seen)), held, Fraction(25), "9x16")
    assert [(piece.first_frame, piece.frames) for piece in laid] == [(90, 60)]
    assert laid[0].framing.box[0] > 0.5


spots = st.tuples(st.floats(0, 0.85), st.floats(0, 0.6), st.floats(0.05, 0.4))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(spots, max_size=4),
    st.sampled_from(sorted(SIZES)),
    st.sampled_from([(1920, 1080), (640, 480), (1080, 1920), (853, 480), (480, 352)]),
    st.lists(st.floats(0.1, 11.9), max_size=4, unique=True),
)
def test_pieces_cover_the_clip_exactly_and_boxes_stay_in_the_frame(
    faces: list[tuple[float, float, float]], shape: str, size: tuple[int, int], cuts: list[float]
) -> None:
    source = WIDE.model_copy(update={"width": size[0], "height": size[1]})
    marks = [0.0, *sorted(cuts), 60.0]
    shots = tuple(Shot(id=f"V{n + 1}", start=a, end=b) for n, (a, b) in enumerate(zip(marks, marks[1:], strict=False)))
    seen = tuple(f for shot in shots for f in frames(*(face(*s) for s in faces), at=shot.start, count=1, shot=shot.id))
    laid = framing.pieces(source, Observation(shots=shots, frames=seen), clip(10, 260), Fraction(25), shape)  # type: ignore[arg-type]
    at = 10
    for piece in laid:
        assert piece.first_frame == at
        assert piece.frames >= 1
        at += piece.frames
        for x, y, w, h in filter(None, (piece.framing.box, piece.framing.second)):
            assert min(x, y) >= 0
            assert x + w <= 1.0001
            assert y + h <= 1.0001
    assert at == 270


def test_a_crop_does_not_cut_through_captions_that_the_picture_has() -> None:
    written = {
        "text": ("Many people use only", "the keyboard"),
        "text_boxes": ((0.2, 0.82, 0.6, 0.06), (0.25, 0.9, 0.5, 0.06)),
    }
    looked = frames(face(0.6, y=0.15, h=0.25), **written)
    box = framing.choose(WIDE, looked, "9x16").box
    assert box[1] + box[3] <= 0.82
    assert box[2] * 1920 / (box[3] * 1080) == pytest.approx(9 / 16, rel=0.01)
    narrow = frames(face(0.6, y=0.15, h=0.25), text=("Ann",), text_boxes=((0.55, 0.85, 0.1, 0.05),))
    assert framing.choose(WIDE, narrow, "9x16").box[3] == pytest.approx(1.0, abs=0.01)


def test_a_head_that_a_crop_would_cut_is_shown_whole() -> None:
    tall = WIDE.model_copy(update={"width": 704, "height": 1216})
    assert framing.choose(tall, frames(Face(x=0.31, y=0.2, w=0.34, h=0.24, score=0.9)), "16x9").mode == "fit"
    assert framing.choose(WIDE, frames(Face(x=0.4, y=0.1, w=0.2, h=0.7, score=0.9)), "9x16").mode == "crop"


def test_a_picture_on_one_colour_goes_on_in_it_and_only_where_it_stays_the_same() -> None:
    spread = {"columns": (1 / 16,) * 16, "rows": (1 / 16,) * 16}
    same = [each.model_copy(update={"ground": "#42d296"}) for each in frames(**spread)]
    assert framing.choose(WIDE, same, "9x16").ground == "#42d296"
    changed = [
        each.model_copy(update={"ground": colour})
        for each, colour in zip(same, ("#42d296", "#42d296", "#202020"), strict=True)
    ]
    assert framing.choose(WIDE, changed, "9x16").ground == ""


def test_what_stands_on_one_colour_is_shown_larger_and_whole() -> None:
    spread = {"columns": (1 / 16,) * 16, "rows": (1 / 16,) * 16, "ground": "#000000"}
    seen = [
        each.model_copy(update={"inner": (0.3 + at, 0.05, 0.3, 0.9)})
        for each, at in zip(frames(**spread), (0.0, 0.05, 0.1), strict=True)
    ]
    x, _, w, _ = framing.choose(WIDE, seen, "9x16").box
    assert 0.2 <= x <= 0.3 - 0.04
    assert 0.7 + 0.04 <= x + w <= 0.8
    unknown = [seen[0], seen[1], seen[2].model_copy(update={"inner": None})]
    assert framing.choose(WIDE, unknown, "9x16").box == (0.0, 0.0, 1.0, 1.0)


def test_the_edge_of_a_picture_is_one_colour_or_none() -> None:
    image = np.full((360, 640, 3), (150, 210, 66), np.uint8)
    image[100:200, 300:400] = 255
    assert stills.ground(image) == "#42d296"
    assert stills.inner(image, "#42d296") == (
        round(300 / 640, 4),
        round(100 / 360, 4),
        round(100 / 640, 4),
        round(100 / 360, 4),
    )
    image[:, 600:] = 0
    assert stills.ground(image) == ""
    assert stills.inner(image, "") is None


SPREAD = {"columns": (1 / 16,) * 16, "rows": (1 / 16,) * 16}


@pytest.mark.parametrize("shape", ["9x16", "1x1"])
def test_a_photograph_without_people_fills_the_shape_however_wide_the_eye_goes_in_it(shape: Shape) -> None:
    assert framing.choose(WIDE, frames(**SPREAD), shape).mode == "crop"
    right = (0.02,) * 12 + (0.19,) * 4
    assert framing.choose(WIDE, frames(columns=right, rows=SPREAD["rows"]), shape).box[0] > 0.4


def test_what_is_drawn_is_shown_whole_on_the_colour_that_most_of_it_is() -> None:
    drawn = [
        each.model_copy(update={"paper": paper})
        for each, paper in zip(frames(**SPREAD), ("#20a020", "#209020", "#40c040"), strict=True)
    ]
    laid = framing.choose(WIDE, drawn, "9x16")
    assert (laid.mode, laid.box, laid.ground) == ("fit", (0.0, 0.0, 1.0, 1.0), "#20a020")


def test_writing_on_a_picture_is_shown_as_large_as_what_else_is_seen_allows() -> None:
    right = (0.0,) * 8 + (1 / 8,) * 8
    written = {"text": ("Web accessibility", "perspectives"), "text_boxes": ((0.55, 0.4, 0.4, 0.1),) * 2}
    laid = framing.choose(WIDE, frames(columns=right, rows=SPREAD["rows"], **written), "9x16")
    assert laid.mode == "fit"
    assert 0.4 <= laid.box[0] <= 0.51
    assert laid.box[0] + laid.box[2] >= 0.99
    assert laid.box[3] == 1.0
    everywhere = framing.choose(WIDE, frames(**SPREAD, **written), "9x16")
    assert everywhere.box[2] > 0.9


def promo(*spans: tuple[int, str, str]) -> list[Piece]:
    """Pieces of as many frames, by mode and ground, one after another."""
    starts = [sum(each[0] for each in spans[:n]) for n in range(len(spans))]
    return [
        Piece(clip="A", first_frame=first, frames=count, framing=Framing(mode=mode, ground=ground))  # type: ignore[arg-type]
        for first, (count, mode, ground) in zip(starts, spans, strict=True)
    ]


@pytest.mark.parametrize(
    ("spans", "grounds"),
    [
        ([(50, "fit", ""), (40, "fit", "#20a020"), (20, "fit", "#ffffff")], ["#20a020", "#20a020", "#ffffff"]),
        ([(50, "fit", ""), (20, "crop", ""), (20, "fit", "#20a020")], ["", "", ""]),
        ([(50, "fit", ""), (20, "crop", "")], ["", ""]),
        ([(10, "fit", "#20a020"), (20, "fit", "#ffffff")], ["#20a020", "#ffffff"]),
    ],
    ids=["mostly flat", "mostly blurred", "all blurred", "all flat"],
)
def test_a_promo_stands_on_grounds_of_one_kind(spans: list[tuple[int, str, str]], grounds: list[str]) -> None:
    assert [piece.framing.ground for piece in steady(promo(*spans))] == grounds


def test_beside_slides_under_a_presenter_what_does_not_fill_the_shape_stands_on_their_colour() -> None:
    split = promo((100, "split", "#f6f1ed"))[0]
    above = split.model_copy(update={"framing": split.framing.model_copy(update={"share": 0.42})})
    assert [each.framing.ground for each in steady([above, *promo((30, "fit", ""))])] == ["#f6f1ed", "#f6f1ed"]
