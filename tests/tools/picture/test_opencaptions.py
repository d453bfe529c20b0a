"""Captions that a video has already are found by what is read in stills and said near them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.picture.test_framing import WIDE, clip, face
from tools.picture import framing, opencaptions
from tools.schema import Face, Frame, Framing, Observation, Sentence, Shot, Transcript, Word

SAID = (
    "Rye bread was the whole menu",
    "We threw away forty loaves",
    "Then one sign changed all",
    "Nobody waits at four now",
)


def talk() -> Transcript:
    """A line every ten seconds, a word every half."""
    said = []
    for n, line in enumerate(SAID):
        words = tuple(Word(start=10 * n + k / 2, end=10 * n + k / 2 + 0.4, text=w) for k, w in enumerate(line.split()))
        said.append(Sentence(id=f"S{n + 1}", start=words[0].start, end=words[-1].end, text=line, words=words))
    return Transcript(sentences=tuple(said))


def seen(*lines: str, top: float = 0.85, left: float = 0.2, faces: tuple[Face, ...] = ()) -> Observation:
    """A still in the middle of each line of the talk, with a line written low in it."""
    frames = tuple(
        Frame(
            at=10 * n + 1.2,
            shot="V1",
            file=f"frames/{n}.jpg",
            faces=faces,
            text=(line,) if line else (),
            text_boxes=((left, top, 0.6, 0.07),) if line else (),
        )
        for n, line in enumerate(lines)
    )
    return Observation(shots=(Shot(id="V1", start=0, end=60),), frames=frames)


def test_lines_that_are_said_as_they_are_shown_are_captions() -> None:
    assert opencaptions.find(seen(*SAID), talk()) == pytest.approx((0.2, 0.85, 0.6, 0.07))


@pytest.mark.parametrize(
    ("lines", "top"),
    [
        ([SAID[0]] * 4, 0.85),  # a title
        (["Bakery of the year"] * 4, 0.85),
        (["Ten past nine", "Next: lunch", "Room four", "Thank you"], 0.85),  # written, but not said
        ([SAID[0], "", "", SAID[3]], 0.85),
        (SAID, 0.2),  # headings
    ],
)
def test_what_else_is_written_is_not(lines: list[str], top: float) -> None:
    assert opencaptions.find(seen(*lines, top=top), talk()) is None


def test_nothing_is_found_where_nothing_is_said_or_seen() -> None:
    assert opencaptions.find(None, talk()) is None
    assert opencaptions.find(seen(*SAID), None) is None
    assert opencaptions.find(seen(*SAID), Transcript(sentences=())) is None


def test_a_title_that_is_read_aloud_does_not_widen_them() -> None:
    looked = seen(*SAID)
    first = looked.frames[0]
    titled = first.model_copy(
        update={"text": ("Rye bread", *first.text), "text_boxes": ((0.5, 0.55, 0.3, 0.1), *first.text_boxes)}
    )
    found = opencaptions.find(looked.model_copy(update={"frames": (titled, *looked.frames[1:])}), talk())
    assert found is not None
    assert found[1] == pytest.approx(0.85)


def test_captions_too_high_to_cut_above_leave_the_picture_whole() -> None:
    assert opencaptions.floor((0.1, 0.85, 0.8, 0.1)) == pytest.approx(0.835)
    assert opencaptions.floor((0.1, 0.6, 0.8, 0.1)) == 1.0
    assert opencaptions.floor(None) == 1.0


@given(st.floats(0.72, 0.95), st.floats(0.0, 0.85), st.floats(0.05, 0.5), st.sampled_from(["9x16", "1x1"]))
def test_no_crop_reaches_below_the_floor_and_the_face_stays_in_it(floor: float, x: float, y: float, shape: str) -> None:
    one = face(x, y, 0.2)
    looked = seen(*SAID, faces=(one,))
    laid = framing.pieces(WIDE, looked, clip(0, 1000), Fraction(25), shape, floor)  # type: ignore[arg-type]
    for piece in laid:
        left, top, wide, tall = piece.framing.box
        assert top + tall <= floor + 2 / 1080
        assert top <= one.y + 0.01
        assert one.y + min(one.h, floor - one.y) <= top + tall + 0.02
        assert left <= one.x + one.w / 2 <= left + wide


def test_the_sources_own_shape_stays_whole() -> None:
    (piece,) = framing.pieces(WIDE, seen(*SAID), clip(0, 1000), Fraction(25), "16x9", 0.8)
    assert piece.framing.box == (0.0, 0.0, 1.0, 1.0)
    assert opencaptions.whole((0.2, 0.85, 0.6, 0.07), piece.framing)
    assert not opencaptions.whole((0.2, 0.85, 0.6, 0.07), Framing(box=(0.3, 0.0, 0.5, 1.0)))
    assert not opencaptions.whole((0.2, 0.85, 0.6, 0.07), Framing(mode="fit", box=(0.0, 0.0, 1.0, 0.8)))
