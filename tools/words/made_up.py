"""Words that a recogniser wrote and nobody said: told from the words alone, whichever engine heard them."""

from __future__ import annotations

from collections.abc import Sequence

from tools.schema import Speech, Word
from tools.words.compact import clock

TIMES = 3
"""How often in a row a phrase is written before it is taken for a loop."""
SHORT, SHORT_TIMES = 3, 6
"""Words below which people do say a thing three times, "no, no, no"; and how often such a one is written before it is a loop."""
LONGEST = 16
"""Words of a phrase that is looked for."""
SURE = 0.8
"""Mean confidence from which a sentence that is said again and again is believed: a refrain."""
CUT = 0.5
"""Confidence below which a word that touches the end of the film was cut off there."""
TOUCHING = 0.15
"""Seconds to the end of the film within which a word touches it."""
LEAST = 0.025
"""Seconds a letter below which nothing can be said."""


def believed(speech: Speech, duration: float) -> Speech:
    """The speech without what goes in circles and without a last word that the end of the film cut off; both are told."""
    words, circles = _straight(speech.words)
    words, cut = _ended(words, duration)
    told = []
    if circles:
        spots = ", ".join(clock(run[0].start) for run in circles[:4])
        told.append(
            f"The recogniser went in circles at {spots}, as it does where it does not understand; {sum(map(len, circles))} words were left out."
        )
    if cut:
        told.append(f"The film ends within a word at {clock(cut[0].start)}: what was heard of it was left out.")
    return speech.model_copy(update={"words": tuple(words), "warnings": (*speech.warnings, *told)}) if told else speech


def _straight(words: Sequence[Word]) -> tuple[list[Word], list[Sequence[Word]]]:
    """The words without loops, and the loops."""
    keys = ["".join(char for char in word.text.casefold() if char.isalnum()) for word in words]
    kept: list[Word] = []
    circles: list[Sequence[Word]] = []
    at = 0
    while at < len(words):
        stop = next((end for size in range(1, LONGEST + 1) if (end := _again(keys, at, size))), 0)
        run = words[at : max(stop, at + 1)]
        if stop and not _meant(run):
            circles.append(run)
        else:
            kept += run
        at += len(run)
    return kept, circles


def _again(keys: Sequence[str], at: int, size: int) -> int:
    """Where ``size`` words from a place on are no longer repeated, with what was begun once more; 0 where that is not often enough."""
    end = at + size
    while end < len(keys) and keys[end] == keys[end - size]:
        end += 1
    times = (end - at) // size
    often = times >= (TIMES if size >= SHORT else SHORT_TIMES)
    return end if often and any(keys[at : at + size]) else 0


def _meant(run: Sequence[Word]) -> bool:
    """Whether what is said again and again is a refrain: heard with certainty, and sentences or single words, not one that never ends."""
    ends = sum(word.text[-1] in ".?!…" for word in run)
    return _sure(run) >= SURE and (ends >= TIMES or len({word.text.casefold() for word in run}) < SHORT)


def _sure(words: Sequence[Word]) -> float:
    return sum(1.0 if word.confidence is None else word.confidence for word in words) / len(words)


def _ended(words: Sequence[Word], duration: float) -> tuple[list[Word], list[Word]]:
    """The words without the last ones that the film's end cut off, and those."""
    kept, cut = list(words), list[Word]()
    while kept and kept[-1].confidence is not None and kept[-1].end > duration - TOUCHING:
        last = kept[-1]
        hasty = last.length < LEAST * len(last.text)
        if last.confidence is None or last.confidence >= (SURE if hasty else CUT):
            break
        cut.insert(0, kept.pop())
    return kept, cut
