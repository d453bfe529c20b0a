"""What passages of a talk have in common: whether two say the same, and where something else is spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tools.cutting.choice import Floats
from tools.cutting.edges import Material
from tools.finding import embed
from tools.finding.standing_alone import SURE
from tools.schema import Sentence

AROUND = 3
"""Sentences on either side of a joint that are compared."""
STRANGE, FAR, SHOWN = 0.35, 0.67, 0.85
"""Share of what the two sides of a joint have in common in the middle of the talk, under which something else is spoken of; under which
it is where the sentence leans on nothing before it; and where the picture changes with it, too."""
BESIDE = 0.3
"""Seconds from a pause within which a picture changes with what is said."""
SAME = 0.75
"""Cosine of two sentences from which they say the same."""
SHARE = 0.34
"""Share of a moment's words, in sentences that another moment says too, from which the two say the same."""
ALIKE = 0.8
"""Cosine of two whole moments from which they say the same."""


class Run(Protocol):
    """A run of sentences by the places of its first and last."""

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...


class Alike:
    """What sentences have in common: by meaning where a model is here, else by their words."""

    def __init__(self, said: Sequence[Sentence]) -> None:
        self.words = np.array([len(each.text.split()) for each in said], float)
        self.rows = np.asarray(embed.embed([each.text for each in said]), float) if embed.available() else _bags(said)

    def common(self, first: int, stop: int, other: int, end: int) -> float:
        """Cosine of what two stretches say."""
        return float(self._mean(first, stop) @ self._mean(other, end))

    def around(self, reach: int) -> Floats:
        """A row a sentence, of length 1: what it says together with ``reach`` sentences on either side."""
        count = len(self.words)
        return np.array([self._mean(max(0, at - reach), min(count, at + reach + 1)) for at in range(count)])

    def _mean(self, first: int, stop: int) -> Floats:
        row: Floats = self.words[first:stop] @ self.rows[first:stop]
        return row / max(1e-9, float(np.linalg.norm(row)))

    def breaks(self, material: Material) -> NDArray[np.bool_]:
        """Whether something else is spoken of from each sentence on."""
        count = len(self.words)
        ends = [min(count, at + AROUND) for at in range(count)]
        joints = [self.common(max(0, at - AROUND), at, at, ends[at]) for at in range(1, count)]
        usual = float(np.median(joints)) if joints else 0.0
        found, since, read = np.zeros(count, bool), 0, material.read
        for at in range(1, count):
            common = self.common(max(since, at - AROUND), at, at, ends[at])
            alone = read is not None and read.leans[at] < SURE
            limit = STRANGE if not alone else SHOWN if _seen(material, at) else FAR
            found[at] = common <= limit * usual
            since = at if found[at] else since
        return found

    def same(self, one: Run, other: Run) -> str | None:
        """In what two moments say the same, if they do."""
        whole = self.common(one.first, one.last + 1, other.first, other.last + 1)
        if whole >= ALIKE:
            return f"{whole:.2f} alike"
        cross = self.rows[one.first : one.last + 1] @ self.rows[other.first : other.last + 1].T
        long = (self.words[one.first : one.last + 1, None] >= 4) & (self.words[None, other.first : other.last + 1] >= 4)
        hit = (cross >= SAME) & long
        for place, part in ((1, one), (0, other)):
            words = self.words[part.first : part.last + 1]
            share = float(words[hit.any(place)].sum() / max(1.0, words.sum()))
            if share >= SHARE:
                return f"{share:.0%} of its words"
        return None


def _bags(said: Sequence[Sentence]) -> Floats:
    """A row of counts a sentence, of length 1."""
    bags = [{word.strip(".,;:!?\"'").lower() for word in each.text.split() if len(word) > 3} for each in said]
    places = {word: n for n, word in enumerate(sorted(set().union(*bags)))}
    rows = np.zeros((len(said), max(1, len(places))))
    for row, bag in zip(rows, bags, strict=True):
        row[[places[word] for word in bag]] = 1.0
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norm, 1.0))


def _seen(material: Material, at: int) -> bool:
    """Whether the picture changes where sentence ``at`` begins."""
    low, high = material.sentences[at - 1].end - BESIDE, material.sentences[at].start + BESIDE
    return any(low <= shot.start <= high for shot in material.shots if shot.start)
