"""No cover with closed eyes or a mouth mid-word, against what is usual for the person."""

from __future__ import annotations

import pytest

from tools.covers.expression import MID_WORD, SHUT, composed
from tools.schema import Face, Frame


def still(n: int, lids: float | None, mouth: float = 0.1, shot: str = "V1", x: float = 0.4, **more: object) -> Frame:
    face = Face(x=x, y=0.2, w=0.2, h=0.4, score=0.9, lids=lids, mouth=mouth).model_copy(update=more)
    return Frame(at=float(n), shot=shot, file=f"{n}.jpg", faces=(face,))


def usual(lids: float, mouth: float = 0.1, count: int = 7, **more: object) -> list[Frame]:
    return [still(n, lids + 0.005 * (n % 3), mouth, **more) for n in range(count)]  # type: ignore[arg-type]


def gates(frames: list[Frame]) -> tuple[str, ...]:
    return composed(frames)[-1].gates


@pytest.mark.parametrize(("lids", "blink"), [(0.28, 0.15), (0.2, 0.11), (0.15, 0.09)])
def test_a_blink_is_less_than_is_usual_for_these_eyes(lids: float, blink: float) -> None:
    assert gates([*usual(lids), still(9, blink)]) == (SHUT,)
    assert gates([*usual(lids), still(9, lids * 0.9)]) == ()


def test_narrow_eyes_are_not_shut_eyes() -> None:
    frames = [frame.model_copy(update={"gates": (SHUT,)}) for frame in usual(0.13)]
    assert {frame.gates for frame in composed(frames)} == {()}


def test_a_mouth_mid_word_is_wider_than_usual_and_a_laugh_is_none() -> None:
    assert gates([*usual(0.25, 0.12), still(9, 0.25, 0.3)]) == (MID_WORD,)
    assert gates([*usual(0.25, 0.12), still(9, 0.25, 0.3, smile=0.9)]) == ()
    assert gates([*usual(0.25, 0.25), still(9, 0.25, 0.3)]) == ()


def test_a_person_seen_once_is_measured_by_what_is_usual_for_people() -> None:
    assert gates([still(1, 0.1)]) == (SHUT,)
    assert gates([still(1, 0.2)]) == ()
    assert gates([still(1, 0.2, 0.4)]) == (MID_WORD,)


def test_another_persons_eyes_are_not_the_measure() -> None:
    wide = usual(0.32, shot="V2", x=0.7)
    assert gates([*wide, *usual(0.2, count=6), still(9, 0.19)]) == ()


def test_where_nothing_was_measured_nothing_changes() -> None:
    frames = [still(n, None) for n in range(6)] + [Frame(at=9.0, shot="V1", file="9.jpg")]
    assert composed(frames) == frames


def test_a_face_too_small_to_see_its_eyes_is_not_gated() -> None:
    assert gates([*usual(0.25), still(9, 0.05, h=0.08)]) == ()
