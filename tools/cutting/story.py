"""Which sentences play, and in what order: one objective over runs of sentences, searched exactly.

What a run earns and pays depends on the sentence before it and the one after it alone, so within a length the best story in the order of the talk is
a longest path: over the last sentence played, the runs so far and the length so far.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RUNS = 4
"""Runs of a story at most; more is a montage."""
REACH = 150
"""Sentences that a join may skip."""
NEVER = -1e9


class Terms(NamedTuple):
    """What a choice earns and pays: an array each, a value a sentence."""

    said: Floats
    """Earned by playing it."""
    opens: Floats
    """Earned by playing it first."""
    closes: Floats
    """Earned by playing it last."""
    starts: Floats
    """Paid where a later run starts with it."""
    stops: Floats
    """Paid where a run that is not the last one stops with it."""
    joins: Floats
    """Paid where the second index plays straight after the first, having skipped what lies between: (n, n)."""


class Lengths(NamedTuple):
    """Length of each sentence in whole units of the caller's, at least 1."""

    fresh: Ints
    """Where a run starts with it."""
    after: Ints
    """Where it plays on from the one before, with the pause between."""


class Story(NamedTuple):
    runs: tuple[tuple[int, int], ...]
    """First and last sentence of each run, in playing order."""
    value: float
    length: int


def tell(terms: Terms, lengths: Lengths, least: int, most: int, runs: int = RUNS) -> list[Story]:
    """The best story of each length from ``least`` to ``most`` that can be told, best first."""
    best, back = _paths(terms, lengths, most, runs)
    ends = best[:, :, least:] + terms.closes[:, None, None]
    flat = ends.reshape(-1, ends.shape[-1])
    tops = flat.argmax(0)
    found = []
    for step, top in enumerate(tops):
        if (value := float(flat[top, step])) <= NEVER / 2:
            continue
        last, count = divmod(int(top), best.shape[1])
        found.append(Story(_walk(lengths, back, last, count, least + step), value, least + step))
    return sorted(found, key=lambda story: (-story.value, story.length))


def _paths(terms: Terms, lengths: Lengths, most: int, runs: int) -> tuple[Floats, NDArray[np.int32]]:
    """The best value of a story that ends with each sentence, by its number of runs (less one) and its length; and what was played before.

    The second holds the sentence before, -1 for none: a neighbour where the run goes on, any other where it starts.
    """
    count = len(terms.said)
    best = np.full((count, runs, most + 1), NEVER)
    back = np.full(best.shape, -1, np.int32)
    stopped = best.copy()
    for at in range(count):
        fresh, after = int(lengths.fresh[at]), int(lengths.after[at])
        if fresh <= most:
            best[at, 0, fresh] = terms.opens[at]
            if (first := max(0, at - 1 - REACH)) < at - 1:
                offers = stopped[first : at - 1, :-1, : most + 1 - fresh] - terms.joins[first : at - 1, at, None, None]
                best[at, 1:, fresh:] = offers.max(0) - terms.starts[at]
                back[at, 1:, fresh:] = first + offers.argmax(0)
        if at and after <= most:
            on = best[at - 1, :, : most + 1 - after]
            better = on > best[at, :, after:]
            best[at, :, after:][better] = on[better]
            back[at, :, after:][better] = at - 1
        best[at] += terms.said[at]
        stopped[at] = best[at] - terms.stops[at]
    return best, back


def _walk(lengths: Lengths, back: NDArray[np.int32], last: int, count: int, length: int) -> tuple[tuple[int, int], ...]:
    """The runs that lead to an end."""
    found, at, end = [], last, last
    while True:
        before = int(back[at, count, length])
        if before == at - 1 and before >= 0:
            length -= int(lengths.after[at])
            at = before
            continue
        found.append((at, end))
        if before < 0:
            return tuple(reversed(found))
        length -= int(lengths.fresh[at])
        at = end = before
        count -= 1
