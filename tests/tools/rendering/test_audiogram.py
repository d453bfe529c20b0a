"""A promo of sound alone: what stands where, and a waveform that rises and falls with the voice."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from tools.brand.kit import Brand
from tools.rendering import audiogram, branding, graph, titles
from tools.rendering.audiogram import BARS, PITCH, TALL, Layout, Scene, heights, lay_out, pictures, within_safe
from tools.rendering.burned import PLACES, _size, box
from tools.rendering.looks import LOOKS
from tools.rendering.titles import Letters
from tools.schema import SIZES, Clip, CutList, Shape, Span

SHAPES: tuple[Shape, ...] = get_args(Shape)
CUT = CutList(
    id="P1",
    target=4,
    length=4,
    rate="30/1",
    clips=(Clip(label="A", ids=("S1",), role="hook", reason="x", start=0, end=4, first_frame=0, frames=120),),
)


def overlap(one: audiogram.Rectangle, two: audiogram.Rectangle) -> bool:
    return all(one[n] < two[n] + two[n + 2] and two[n] < one[n] + one[n + 2] for n in (0, 1))


@pytest.mark.parametrize("art", [True, False], ids=["art", "bare"])
@pytest.mark.parametrize("shape", SHAPES)
def test_everything_lies_in_the_safe_box_and_nothing_on_anything_else(shape: Shape, art: bool) -> None:
    laid = lay_out(shape, art)
    there = [each for each in (laid.art, laid.title, laid.wave) if each]
    assert all(within_safe(each, shape) for each in there)
    assert not any(overlap(one, two) for one, two in combinations(there, 2))
    assert all(value % 2 == 0 for each in there for value in each)


@pytest.mark.parametrize("art", [True, False], ids=["art", "bare"])
@pytest.mark.parametrize("style", LOOKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_captions_in_their_usual_place_cover_nothing(shape: Shape, style: str, art: bool) -> None:
    drawn = LOOKS[style]  # type: ignore[index]
    assert _size(drawn, shape)
    lines = ["Two lines of what", "somebody has said"]
    x, y, w, h = (a * b for a, b in zip(box(lines, drawn, shape, PLACES[shape][0]), SIZES[shape] * 2, strict=True))
    captions = (round(x), round(y), round(w), round(h))
    laid = lay_out(shape, art)
    assert not any(overlap(captions, each) for each in (laid.art, laid.title, laid.wave) if each)


@pytest.mark.parametrize("corner", ["top left", "top right"])
@pytest.mark.parametrize("art", [True, False], ids=["art", "bare"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_logo_covers_neither_art_nor_title(shape: Shape, art: bool, corner: str) -> None:
    left, top, right, _ = audiogram.SAFE[shape]
    x = left + branding.MARGIN if "left" in corner else right - branding.MARGIN - 152
    logo = (x, top + branding.MARGIN, 152, 152)
    wide, tall = SIZES[shape]
    laid = lay_out(shape, art, (x / wide, logo[1] / tall, 152 / wide, 152 / tall))
    assert not any(overlap(logo, each) for each in (laid.art, laid.title) if each)
    assert laid.title[2] >= 300
    assert laid.title[3] >= 80


def voice(seconds: float = 4.0) -> np.ndarray:
    """A tone that sounds every other half second."""
    at = np.arange(round(seconds * graph.SAMPLES)) / graph.SAMPLES
    tone = 0.4 * np.sin(2 * np.pi * 200 * at) * ((at % 1.0) < 0.5)
    return np.stack([tone, tone], axis=1).astype(np.float32)


def test_the_middle_bar_is_high_while_it_sounds_and_at_rest_while_it_does_not() -> None:
    high = heights(voice(), Fraction(30), 120)
    middle = high[:, BARS // 2]
    at = (np.arange(120) + 0.5) / 30
    assert high.shape == (120, BARS)
    assert middle[(at % 1 > 0.1) & (at % 1 < 0.4)].min() > 0.9
    assert middle[(at % 1 > 0.6) & (at % 1 < 0.9)].max() == 0.0


def test_bars_further_out_show_what_was_heard_before_and_both_sides_alike() -> None:
    high = heights(voice(), Fraction(30), 120)
    assert np.array_equal(high, high[:, ::-1])
    later = high[30 + 6, BARS // 2 + 4]  # four bars of 0.05 s are six frames of 1/30 s
    assert later == pytest.approx(high[30, BARS // 2] * (1 - (1 - audiogram.OUTER) * 4 / (BARS // 2)), abs=0.02)


@pytest.mark.parametrize(
    "sound", [np.zeros((4 * 48_000, 2), np.float32), np.zeros((10, 2), np.float32)], ids=["silence", "next to nothing"]
)
def test_silence_is_a_row_of_dots(sound: np.ndarray) -> None:
    high = heights(sound, Fraction(30), 5)
    assert not high.any()
    picture = next(iter(pictures(high)))
    assert picture.shape == (TALL, BARS * PITCH)
    rows = np.flatnonzero(picture.max(axis=1) > 128)
    assert (rows[0], rows[-1]) == (TALL // 2 - audiogram.BAR // 2, TALL // 2 + audiogram.BAR // 2 - 1) or len(
        rows
    ) <= audiogram.BAR + 2


def test_the_waveform_has_as_many_pictures_as_the_promo_has_frames(tmp_path: Path) -> None:
    import av

    audiogram.draw(voice(), Fraction(30), 120, tmp_path / "wave.mkv")
    with av.open(str(tmp_path / "wave.mkv")) as file:
        assert sum(1 for _ in file.decode(video=0)) == 120


def test_no_name_of_anyone_elses_goes_into_the_graph() -> None:
    layouts: dict[Shape, Layout] = {"1x1": lay_out("1x1", False)}
    for ground, wave in (("a;b.png", "wave.mkv"), ("ground.png", "../wave.mkv")):
        scene = Scene({"1x1": ground}, layouts, "#ffd53b")
        with pytest.raises(ValueError, match="no name of ours"):
            audiogram.picture_arguments(scene, wave, CUT, [graph.Promo("1x1", "out.mp4")], "s.f32", "fonts")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_title_stands_within_its_place_for_the_whole_promo_and_no_word_of_it_is_broken(shape: Shape) -> None:
    told, place = Letters(Brand(name="x")), lay_out(shape, True).title
    span = Span(start=0.0, end=4.0)
    words = "Unquestionably transformational subscriptions for everybody"
    shown = titles.standing(told, words, place, "l", [span])
    lines = [event.plaintext for event in shown.events]
    assert " ".join(lines) == words
    assert {(event.start, event.end) for event in shown.events} == {(0, 4000)}
    assert titles.standing(told, "", place, "l", [span]).events == ()


def test_a_title_that_no_size_holds_is_left_out() -> None:
    told = Letters(Brand(name="x"))
    assert titles.standing(told, "word " * 40, (0, 0, 200, 80), "m", [Span(start=0.0, end=1.0)]).events == ()
