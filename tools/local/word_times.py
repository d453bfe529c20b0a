"""Where words begin and end, put right by the levels of the sound: Whisper's own times come out of its attention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tools.schema import Word


def place(words: Sequence[Word], levels: NDArray[np.float32]) -> list[Word]:
    """Words with their times moved to where sound begins and ends, within the room that the neighbours leave.

    Whisper stretches words into the silence beside them, starts some late, gives some no time at all, and now and then
    puts the first word of a sentence before the pause.  Only pauses are touched; running speech is not.
    """
    if not len(levels):
        return list(words)
    words = _parted(_sounded(_timed(words), levels), levels)
    placed: list[Word] = []
    for index, word in enumerate(words):
        low = placed[-1].end if placed else 0.0
        high = words[index + 1].start if index + 1 < len(words) else len(levels) / 100
        placed.append(_lengthened(_placed(word, low, max(low, high), levels), low, levels))
    return placed


QUICKEST = 0.05
"""Seconds a letter of fast speech."""
MASKED = 20.0
"""Decibels under a word's own level within which its first sounds may still lie, as under music."""


def _lengthened(word: Word, low: float, levels: NDArray[np.float32]) -> Word:
    """A word given less than half of what its letters take begins as much earlier, where it is not silent there."""
    needs = QUICKEST * sum(char.isalnum() for char in word.text)
    start = max(low, word.end - needs)
    if word.length >= needs / 2 or word.start - start < 0.1:
        return word
    before, own = (levels[round(a * 100) : round(b * 100)] for a, b in ((start, word.start), (word.start, word.end)))
    if not (before.size and own.size and np.median(before) > own.max() - MASKED):
        return word
    return word.model_copy(update={"start": round(start, 3)})


def _timed(words: Sequence[Word]) -> list[Word]:
    """Words of which none has no time because the one before it took both."""
    told: list[Word] = []
    for word in words:
        told.append(word)
        if len(told) > 1 and word.length < 0.06:
            told[-2:] = _shared(*told[-2:])
    return told


def _sounded(words: Sequence[Word], levels: NDArray[np.float32]) -> list[Word]:
    """Words of which those without time that follow a gap begin with the last sound in that gap: it is theirs."""
    told: list[Word] = []
    for word in words:
        low = max(told[-1].end if told else 0.0, word.end - longest(word))
        if word.length < 0.06 and word.start - low > 0.1:
            first, last = int(low * 100), min(int(word.start * 100), len(levels))
            near = levels[first:last]
            runs = _runs(levels, float(np.percentile(near, 95)) - 9, first, last) if near.size else []
            if long := [begin for begin, end in runs if end - begin >= 8]:
                word = word.model_copy(update={"start": max(low, long[-1] / 100 - 0.02)})
        told.append(word)
    return told


def _parted(words: Sequence[Word], levels: NDArray[np.float32]) -> list[Word]:
    """Words where a pause that lies inside the first word after a mark is put before it, where the mark says it belongs."""
    told = list(words)
    for index in range(1, len(told)):
        before, word = told[index - 1], told[index]
        if before.text[-1] not in ".?!…,;:":
            continue
        after = told[index + 1] if index + 1 < len(told) else None
        low, high = (
            int(word.start * 100),
            int(min(word.start + 4, max(word.end, after.start if after else 0.0) + 0.4) * 100),
        )
        gate = _gate(levels, low, high)
        if gate is None:
            continue
        runs = [
            run for run in _runs(levels, gate, int(before.start * 100), min(len(levels), high + 30)) if run[1] > low
        ]
        if len(runs) < 2 or runs[0][0] > before.end * 100 or runs[1][0] - runs[0][1] < 25 or runs[1][0] >= high:
            continue  # it is silent before the word as it should be, or there is no pause in it
        sounded, letters = runs[0][1] / 100 - word.start, sum(char.isalnum() for char in word.text)
        if (
            after is None
            or sounded > min(0.1 + 0.06 * letters, 0.4 * word.length)
            or -0.1 < after.start - runs[1][0] / 100 < 0.08
        ):
            continue  # it was said before the pause, or what follows the pause is the next word
        start = runs[1][0] / 100 - 0.02
        told[index - 1] = before.model_copy(update={"end": runs[0][1] / 100})
        told[index] = word.model_copy(update={"start": start, "end": max(word.end, start + 0.08)})
        if after.start < start + 0.08:
            told[index + 1] = after.model_copy(update={"start": start + 0.08, "end": max(after.end, start + 0.14)})
    return told


def _shared(first: Word, second: Word) -> tuple[Word, Word]:
    """Two words of which the second was given no time: both times together, parted by their letters."""
    if second.start - first.end > 0.05 or second.end - first.start < 0.12:
        return first, second
    part = first.start + (second.end - first.start) * (len(first.text) + 1) / (len(first.text) + len(second.text) + 2)
    return first.model_copy(update={"end": round(part, 3)}), second.model_copy(update={"start": round(part, 3)})


def _gate(levels: NDArray[np.float32], first: int, last: int) -> float | None:
    """The level that tells speech from pause near two indices; None where nothing does."""
    near, wide = levels[max(0, first - 120) : last + 120], levels[max(0, first - 300) : last + 300]
    if not near.size:
        return None
    floor, loud = float(np.percentile(near, 5)), float(np.percentile(wide, 95))
    return max(floor + 0.4 * (loud - floor), loud - 27) if loud - floor >= 10 else None


def longest(word: Word) -> float:
    """Seconds that a word can last: slow speech is about 0.12 s a letter."""
    return 0.45 + 0.12 * len(word.text)


def _placed(word: Word, low: float, high: float, levels: NDArray[np.float32]) -> Word:
    start, end = min(max(word.start, low), high), min(max(word.end, low), high)
    first, last = int(start * 100), max(int(start * 100) + 1, int(np.ceil(end * 100)))
    gate = _gate(levels, first, last)
    if gate is None:
        return _least(word, start, end, high)
    since, until = max(int(low * 100), first - 60), min(len(levels), int(high * 100), last + 25)
    runs = _runs(levels, gate, since, until)
    inside = [(a, b) for a, b in runs if b > first and a < last]
    if not inside and end - start < 0.06:
        inside = runs[-1:]
        first = last = inside[0][1] if inside else first
    if not inside:
        return _least(word, start, end, high)
    if end - start > longest(word) and len(inside) > 1:
        inside = [max(inside, key=lambda run: float((levels[run[0] : run[1]] - gate).sum()))]
    begin, stop = inside[0][0], inside[-1][1]
    if begin - first >= 4:
        start = begin / 100 - 0.02
    if last - stop >= 8:
        end = stop / 100 + 0.03
    # Outwards only over sound as loud as speech, that ends within reach: the rest is a neighbour's, or music.
    strong = [(a, b) for a, b in _runs(levels, gate + 5, since, until) if b > begin and a < stop]
    if strong and 3 <= first - strong[0][0] <= (25 if end - start >= 0.06 else 60) and strong[0][0] > since:
        start = strong[0][0] / 100 - 0.02
    if strong and 0 < strong[-1][1] - last < until - last:
        end = strong[-1][1] / 100 + 0.03
    start, end = max(low, start), min(high, end)
    return _least(word, start, min(end, start + longest(word)), high)


def _least(word: Word, start: float, end: float, high: float) -> Word:
    """A word that lasts at least 60 ms where its neighbours leave that."""
    end = min(max(end, start + 0.06), max(high, start))
    return word.model_copy(update={"start": round(start, 3), "end": round(max(start, end), 3)})


def _runs(levels: NDArray[np.float32], gate: float, low: int, high: int) -> list[tuple[int, int]]:
    """Stretches above ``gate`` between two indices; gaps under 120 ms, as within a stop consonant, do not part them."""
    above = levels[low:high] > gate
    edges = np.flatnonzero(np.diff(np.concatenate(([False], above, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        if runs and a + low - runs[-1][1] < 12:
            runs[-1] = (runs[-1][0], int(b) + low)
        else:
            runs.append((int(a) + low, int(b) + low))
    return [run for run in runs if run[1] - run[0] >= 2]


def clip(words: Iterable[Word], duration: float) -> list[Word]:
    """Words that begin within the video, none past its end, none before the last one's."""
    kept = [word.model_copy(update={"end": min(word.end, duration)}) for word in words if word.start < duration]
    return [
        first if first.end <= second.start else first.model_copy(update={"end": max(first.start, second.start)})
        for first, second in pairwise(kept)
    ] + kept[-1:]
