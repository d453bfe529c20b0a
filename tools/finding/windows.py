"""Consecutive sentences in windows of tokens for a model that judges each from its own (sequential sentence classification, Cohan et al., EMNLP 2019).

Windows overlap, so that a sentence is judged where there is enough around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CLS, SEP = 101, 102
LONGEST = 384
"""Tokens of a window."""
HEAD, TAIL = 70, 40
"""Tokens of a very long sentence that are read: its first and its last."""
EDGE = 3
"""Sentences that a window wants on either side of one that it judges."""
BATCH = 4
"""Windows in one run."""

Floats = NDArray[np.float64]
Run = Callable[[Mapping[str, NDArray[np.int64]]], NDArray[np.float32]]
"""The model: arrays of a batch of windows to logits (windows, sentences, fields)."""


class Window(NamedTuple):
    """Tokens, the type of each, the sentence of each (-1: none), and where each sentence's marker stands."""

    ids: list[int]
    types: list[int]
    sentence: list[int]
    markers: list[int]


def judged(run: Run, sizes: Sequence[int], lay: Callable[[int, int], Window], longest: int = LONGEST) -> Floats:
    """Logits of each sentence of ``sizes`` tokens; ``lay`` makes the window of a first and last one, ``longest`` tokens long at most.

    Where windows overlap, the one with more around the sentence counts for more.
    """
    total, weight = np.zeros((0, 0)), np.zeros(len(sizes))
    windows = spans(sizes, longest)
    for start in range(0, len(windows), BATCH):
        some = windows[start : start + BATCH]
        out = run(batch([lay(first, last) for first, last in some]))
        if not total.size:
            total = np.zeros((len(sizes), out.shape[-1]))
        for (first, last), logits in zip(some, out, strict=True):
            for at in range(first, last + 1):
                before = EDGE if first == 0 else at - first
                after = EDGE if last == len(sizes) - 1 else last - at
                share = (min(before, after, EDGE) + 0.1) ** 2
                total[at] += share * logits[at - first]
                weight[at] += share
    return total / weight[:, None]


def spans(sizes: Sequence[int], longest: int = LONGEST) -> list[tuple[int, int]]:
    """First and last sentence of overlapping windows over sentences of ``sizes`` tokens."""
    found, first = [], 0
    while True:
        last, size = first, 3 + sizes[first]
        while last + 1 < len(sizes) and size + sizes[last + 1] + 1 <= longest:
            last += 1
            size += sizes[last] + 1
        found.append((first, last))
        if last == len(sizes) - 1:
            return found
        first = max(first + 1, last + 1 - 2 * EDGE)


def batch(windows: Sequence[Window]) -> dict[str, NDArray[np.int64]]:
    """The model's inputs, padded to the longest window."""
    shape = len(windows), max(len(each.ids) for each in windows)
    ids, types, sentence = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    markers = np.zeros((len(windows), max(len(each.markers) for each in windows)), np.int64)
    for row, each in enumerate(windows):
        ids[row, : len(each.ids)], types[row, : len(each.types)] = each.ids, each.types
        sentence[row, : len(each.sentence)], markers[row, : len(each.markers)] = each.sentence, each.markers
    return {"input_ids": ids, "token_type_ids": types, "sentence": sentence, "markers": markers}


def shortened(row: Sequence[int]) -> Sequence[int]:
    """The tokens of a sentence that are read."""
    return row if len(row) <= HEAD + TAIL else [*row[:HEAD], *row[-TAIL:]]
