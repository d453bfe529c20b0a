"""Times of words from another hearing of them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from tools.schema import Word


def align(words: Iterable[Word], heard: Iterable[Word]) -> tuple[Word, ...]:
    """``words`` with the times at which ``heard`` has the same words; those between take what is left between them.

    For a transcript whose words are right and whose times are guesses.  Where little agrees, the guesses stay.
    """
    told, found = list(words), list(heard)
    matcher = SequenceMatcher(a=[_key(word) for word in told], b=[_key(word) for word in found], autojunk=False)
    at: dict[int, Word] = {}
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            known = found[block.b + step]
            if abs(known.start - told[block.a + step].start) < 8.0:
                at[block.a + step] = known
    if len(at) * 2 < len(told):
        return tuple(told)
    placed: list[Word] = []
    index = 0
    while index < len(told):
        if index in at:
            placed.append(
                told[index].model_copy(
                    update={"start": at[index].start, "end": at[index].end, "confidence": at[index].confidence}
                )
            )
            index += 1
            continue
        stop = next((next_index for next_index in range(index, len(told)) if next_index in at), len(told))
        low = placed[-1].end if placed else told[index].start
        high = at[stop].start if stop in at else max(low, told[stop - 1].end)
        run = told[index:stop]
        low = max(low, min(run[0].start, high))
        sizes = [len(word.text) + 2 for word in run]
        # No word is held longer than it can be said, so that a stray word does not fill a silence.
        per = min(max(0.0, high - low) / sum(sizes), 0.09)
        for word, size in zip(run, sizes, strict=True):
            placed.append(word.model_copy(update={"start": low, "end": low + per * size}))
            low += per * size
        index = stop
    return tuple(placed)


def _key(word: Word) -> str:
    return "".join(char for char in word.text.casefold() if char.isalnum())
