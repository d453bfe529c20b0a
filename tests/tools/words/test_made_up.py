from __future__ import annotations

import pytest

from tools.schema import Speech, Word
from tools.words.made_up import believed


def heard(text: str, sure: float | None = 0.9) -> Speech:
    return Speech(
        words=tuple(
            Word(start=n * 0.4, end=n * 0.4 + 0.3, text=word, confidence=sure) for n, word in enumerate(text.split())
        )
    )


def left(speech: Speech, duration: float = 600.0) -> tuple[str, tuple[str, ...]]:
    kept = believed(speech, duration)
    return " ".join(word.text for word in kept.words), kept.warnings


@pytest.mark.parametrize(
    "loop",
    [
        "We have a lot of time, and we have a lot of time, and we have a lot of time, and we have",
        "I'm going to go. I'm going to go. I'm going to go.",
        "you you you you you you you",
        "thank you, thank you, thank you, thank you, thank you, thank you",
    ],
)
def test_a_phrase_that_goes_in_circles_is_left_out_whole_and_that_is_told(loop: str) -> None:
    words, warnings = left(Speech(words=(*heard("Welcome to our talk.").words, *later(heard(loop, 0.7)))))
    assert words == "Welcome to our talk."
    assert "in circles at 00:10.0" in warnings[0]


def later(speech: Speech) -> list[Word]:
    return [word.model_copy(update={"start": word.start + 10, "end": word.end + 10}) for word in speech.words]


@pytest.mark.parametrize(
    "said",
    [
        "No, no, no, that is wrong.",
        "Come on, come on, come on, let us go.",
        "Yes we can. Yes we can. Yes we can.",
        "One by one by one we lost them.",
        "We had nine plans, we had four seats, we had a calculator.",
    ],
)
def test_what_people_do_say_again_stays(said: str) -> None:
    assert left(heard(said)) == (said, ())


def test_words_without_confidence_are_no_refrain_unless_they_are_sentences() -> None:
    assert left(heard("a b c a b c a b c d", None))[0] == "d"


@pytest.mark.parametrize(
    ("sure", "start", "end", "stays"),
    [
        (0.33, 9.94, 10.0, False),
        (0.33, 9.6, 9.95, False),
        (0.7, 9.97, 10.0, False),
        (0.7, 9.6, 10.0, True),
        (0.33, 9.0, 9.5, True),
        (None, 9.94, 10.0, True),
    ],
)
def test_a_doubtful_word_that_touches_the_end_of_the_film_was_cut_off_there(
    sure: float | None, start: float, end: float, stays: bool
) -> None:
    last = Word(start=start, end=end, text="shop", confidence=sure)
    words, warnings = left(Speech(words=(*heard("We lost the whole").words, last)), 10.0)
    assert words == ("We lost the whole shop" if stays else "We lost the whole")
    assert ("ends within a word at" in " ".join(warnings)) is not stays
