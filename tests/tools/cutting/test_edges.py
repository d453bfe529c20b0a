from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cutting.edges import LEAD, PAD, TAIL, Material, at, frame_rate, snap
from tools.schema import Sentence, Shot, Source, Word


def material(*spans, rate=Fraction(30), duration=60.0, cuts=(), levels=None) -> Material:
    said = tuple(
        Sentence(id=f"S{n}", start=a, end=b, text="Words.", words=(Word(start=a, end=b, text="Words."),))
        for n, (a, b) in enumerate(spans, 1)
    )
    marks = [0.0, *cuts, duration]
    shots = tuple(Shot(id=f"V{n}", start=a, end=b) for n, (a, b) in enumerate(zip(marks, marks[1:], strict=False), 1))
    return Material(said, shots, rate, duration, levels)


def quiet(duration: float, *silences: tuple[float, float]) -> np.ndarray:
    levels = np.full(round(duration * 100), -15.0, np.float32)
    for start, end in silences:
        levels[round(start * 100) : round(end * 100)] = -70.0
    return levels


def seconds(made: Material, index: int, side) -> float:
    return at(snap(made, index, side).frame, made.rate)


def test_a_cut_keeps_a_pad_on_each_side() -> None:
    made = material((1, 3), (5, 7))
    assert seconds(made, 1, "start") == pytest.approx(5 - PAD, abs=1 / 30)
    assert seconds(made, 0, "end") == pytest.approx(3 + PAD, abs=1 / 30)
    assert seconds(made, 1, "start") <= 5 - PAD
    assert seconds(made, 0, "end") >= 3 + PAD


def test_a_cut_is_made_where_it_is_quietest() -> None:
    made = material((1, 3), (4, 7), levels=quiet(60, (3.7, 3.8)))
    assert 3.7 <= seconds(made, 1, "start") <= 3.8


def test_no_cut_takes_the_neighbours_half_of_the_gap() -> None:
    made = material((1, 3), (3.1, 7))
    assert 3 <= seconds(made, 0, "end") <= seconds(made, 1, "start") <= 3.1


def test_no_cut_reaches_far_into_a_silence() -> None:
    made = material((1, 3), (40, 47))
    assert at(made.edges(1, "start")[0].frame, made.rate) >= 40 - LEAD
    assert at(made.edges(0, "end")[-1].frame, made.rate) <= 3 + TAIL


def test_neighbours_without_a_gap_agree_on_one_frame_and_say_so() -> None:
    made = material((1, 3), (3, 7), levels=quiet(60))
    assert snap(made, 0, "end").frame == snap(made, 1, "start").frame == 90
    assert snap(made, 0, "end").flags == ("no gap, sound running through",)
    assert snap(material((1, 3), (3, 7)), 0, "end").flags == ("no gap",)


def test_the_first_word_may_begin_the_video_and_the_last_may_end_it() -> None:
    made = material((0, 3), (3.5, 10.02), duration=10.02)
    assert snap(made, 0, "start").frame == 0
    assert snap(made, 1, "end").frame == made.frames == 300


def shown(made: Material, frame: int, side: str) -> int:
    """The frame at which the picture of a clip begins or ends: over a flash it is held."""
    held = made.flash(frame, side)
    return frame + held if side == "start" else frame - held


@pytest.mark.parametrize("off", [1, 3, 6, 12])
def test_no_flash_of_the_shot_before_is_left(off: int) -> None:
    plain = snap(material((1, 3), (5, 7)), 1, "start").frame
    made = material((1, 3), (5, 7), cuts=((plain + off) / 30,))
    moved = snap(made, 1, "start")
    assert made.is_clear(shown(made, moved.frame, "start"), "start")
    assert shown(made, moved.frame, "start") - moved.frame <= off
    assert abs(moved.frame - plain) <= 15


@pytest.mark.parametrize("off", [1, 3, 6, 12])
def test_no_flash_of_the_shot_after_is_left(off: int) -> None:
    plain = snap(material((1, 3), (5, 7)), 0, "end").frame
    made = material((1, 3), (5, 7), cuts=((plain - off) / 30,))
    moved = snap(made, 0, "end")
    assert made.is_clear(shown(made, moved.frame, "end"), "end")
    assert moved.frame - shown(made, moved.frame, "end") <= off


@pytest.mark.parametrize("off", [-6, -2, 0, 4, 10])
def test_the_picture_begins_and_ends_off_a_dissolve(off: int) -> None:
    """A dissolve of half a second around 5.0 s, in whichever part of it a clip begins or ends."""
    shots = (Shot(id="V1", start=0, end=5), Shot(id="V2", start=5, end=60, fade=0.5))
    made = replace(material((1, 3), (5, 7)), shots=shots)
    assert shown(made, 150 - off, "start") > 150 + 7
    assert shown(made, 150 + off, "end") < 150 - 7


def test_a_clip_that_shows_a_dissolve_whole_keeps_it() -> None:
    shots = (Shot(id="V1", start=0, end=5), Shot(id="V2", start=5, end=60, fade=0.5))
    made = replace(material((1, 3), (5, 7)), shots=shots)
    assert [made.flash(150 - 40, "start"), made.flash(150 + 40, "end")] == [0, 0]


def test_over_a_dissolve_that_takes_longer_than_a_picture_may_stand_nothing_is_held() -> None:
    shots = (Shot(id="V1", start=0, end=5), Shot(id="V2", start=5, end=60, fade=1.6))
    made = replace(material((1, 3), (5, 7)), shots=shots)
    assert made.flash(150 - 10, "start") == 0
    assert made.flash(150 + 10, "start") == 15  # only its last part is left


def test_a_flash_that_the_gap_cannot_avoid_is_flagged() -> None:
    made = material((1, 3), (3.1, 7), cuts=(3.1 + 1 / 30,))
    assert snap(made, 1, "start").flags == ("flash",)


def test_the_promo_has_the_sources_rate() -> None:
    source = Source(name="a", sha256="0", bytes=1, container="mp4", duration=9, rate="24000/1001", video_index=0)
    assert frame_rate(source) == Fraction(24000, 1001)


def test_a_source_without_a_picture_is_cut_at_30() -> None:
    assert frame_rate(Source(name="a", sha256="0", bytes=1, container="mp3", duration=9)) == 30


rates = st.sampled_from(
    [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60000, 1001)]
)


@settings(max_examples=300, deadline=None)
@given(
    st.floats(0, 5),
    st.floats(0.01, 4),
    st.floats(0, 3),
    st.floats(0.01, 4),
    rates,
    st.lists(st.floats(0.05, 15), max_size=4),
)
def test_an_edge_is_never_more_than_half_a_frame_into_a_word(start, one, gap, two, rate, cuts) -> None:
    first = (start, start + one)
    second = (first[1] + gap, first[1] + gap + two)
    made = material(
        first, second, rate=rate, duration=second[1] + 0.5, cuts=sorted(c for c in set(cuts) if c < second[1])
    )
    for index, side in ((0, "start"), (0, "end"), (1, "start"), (1, "end")):
        edges = made.edges(index, side)
        assert [edge.frame for edge in edges] == sorted({edge.frame for edge in edges})
        for edge in edges:
            moment = at(edge.frame, rate)
            assert 0 <= edge.frame <= made.frames
            assert max(min(moment - a, b - moment) for a, b in (first, second)) <= float(1 / rate / 2) + 1e-6
            assert made.is_clear(edge.frame, side) or "flash" in edge.flags
    assert max(e.frame for e in made.edges(0, "end")) <= min(e.frame for e in made.edges(1, "start"))


@pytest.mark.parametrize(
    ("rate", "most"), [(Fraction(24), 12), (Fraction(25), 12), (Fraction(30), 15), (Fraction(60), 30)]
)
def test_half_a_second_of_another_shot_is_a_flash_at_any_rate_and_more_is_a_cut(rate: Fraction, most: int) -> None:
    made = material((1, 3), (5, 7), rate=rate, cuts=(10.0,))
    clear = [made.is_clear(10 * int(rate) - n, "start") for n in range(most + 3)]
    assert clear == [True, *[False] * most, True, True]
