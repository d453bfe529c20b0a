from __future__ import annotations

import numpy as np
import pytest

from tools.rendering.loudness import RATE
from tools.rendering.measured import MUTE, mute
from tools.schema import Span, Word
from tools.words.cues import Track
from tools.words.heard_again import compare

TEXT = ["We had nine plans and four kinds of seat", "When your price needs a calculator you have a puzzle"]


def said(text: str, start: float = 0.0) -> list[Word]:
    return [Word(start=start + 0.4 * n, end=start + 0.4 * n + 0.3, text=word) for n, word in enumerate(text.split())]


ONE, TWO = said(TEXT[0]), said(TEXT[1], 5.0)
TRACK = Track(words=tuple(ONE + TWO), stretches=(Span(start=0, end=5), Span(start=5, end=10)), length=10.0)


def test_a_promo_that_says_what_its_captions_say_has_nothing_to_tell() -> None:
    assert compare(TRACK, ONE + TWO) == (1.0, ())


@pytest.mark.parametrize(
    ("heard", "note"),
    [
        (ONE[:-2] + TWO, "the last words of a clip, “of seat”, are not heard"),
        (ONE + TWO[2:], "At 00:05.0 the first words of a clip, “When your”"),
        (ONE + TWO[:2] + TWO[6:], "From 00:05.8 on, 4 words of the captions are not heard"),
        ([*ONE, Word(start=4.4, end=4.7, text="And"), *TWO], "At 00:04.4 “And” is heard, and no caption has it"),
    ],
)
def test_what_is_lost_cut_into_or_added_is_told_with_its_place(heard: list[Word], note: str) -> None:
    _, notes = compare(TRACK, heard)
    assert any(note in each for each in notes), notes


def test_a_word_that_is_understood_otherwise_is_no_more_than_a_smaller_share() -> None:
    heard = [word.model_copy(update={"text": "for"}) if word.text == "four" else word for word in ONE] + TWO
    share, notes = compare(TRACK, heard)
    assert share == pytest.approx(1 - 1 / len(TRACK.words), abs=0.001)
    assert notes == ()


def test_words_of_another_place_are_not_taken_for_the_captions() -> None:
    assert compare(TRACK, [w.model_copy(update={"start": w.start + 3, "end": w.end + 3}) for w in ONE]).share == 0


def test_words_under_which_nothing_is_heard_are_counted_in_seconds() -> None:
    sound = np.zeros((RATE * 10, 2), np.float32)
    sound[: RATE * 9 // 2] = 0.1 * np.sin(np.arange(RATE * 9 // 2) / 20)[:, None]
    spans = [Span(start=word.start, end=word.end) for word in TRACK.words]
    assert mute(sound, spans) == pytest.approx(TWO[-1].end - TWO[0].start)
    assert mute(sound, spans) > MUTE
    assert mute(sound, spans[: len(ONE)]) == 0.0
    assert mute(sound[: RATE * 2], []) == 0.0
