"""Which passages of a talk a wish asks for: lexical and embedding relevance, told apart by who speaks.

Pure functions over texts; the embedder is handed in, and without one the lexical part stands alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
Floats = NDArray[np.float64]
Span = tuple[int, int]

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
NOISE = re.compile(r"\{[^}]*\}")

STOP = frozenset(
    "a about an and any are as at be been but by can could did do does for from had has have he her his how i "
    "if in into is it its me my no not of on or our over said say she should so some such than that the their "
    "them then there these they this to us was we were what when where which who whom whose why will with "
    "would you your s t re ve ll d m make promo video clip clips cut short please think thought discuss "
    "discussed discussing discussion discussions talk talked summarize summarise meeting opinion opinions".split()
)


def words(text: str) -> list[str]:
    """The words of ``text`` in lower case, marks in braces such as ``{laugh}`` left out."""
    return WORD.findall(NOISE.sub(" ", text.lower().replace("’", "'")))


def stem(word: str) -> str:
    """``word`` less its commonest English endings; enough to match plans with planning."""
    for end, least in (("ations", 3), ("ation", 3), ("ings", 3), ("ing", 3), ("ies", 2), ("ed", 3), ("es", 3), ("s", 3)):
        if word.endswith(end) and len(word) - len(end) >= least and not word.endswith("ss"):
            word = word[: -len(end)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.rstrip("ey") if len(word) > 3 else word


def terms(text: str) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(each) for each in words(text) if each not in STOP]


def bm25(units: Sequence[Sequence[str]], query: Sequence[str]) -> Floats:
    """Okapi BM25 of each unit for the query's distinct terms; k1 1.2, b 0.75."""
    count = len(units)
    lengths = np.array([len(each) for each in units], float)
    scale = 1.2 * (0.25 + 0.75 * lengths / max(1.0, lengths.mean() if count else 1.0))
    scores = np.zeros(count)
    counts = [Counter(each) for each in units]
    for term in dict.fromkeys(query):
        tf = np.array([each[term] for each in counts], float)
        df = float((tf > 0).sum())
        scores += math.log(1 + (count - df + 0.5) / (df + 0.5)) * tf * 2.2 / (tf + scale)
    return scores


def _unit_range(values: Floats) -> Floats:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    return (values - low) / (high - low) if high > low else np.zeros(len(values))


def _smoothed(values: Floats, sizes: Floats, reach: float) -> Floats:
    """Mean of ``values`` weighted by size and by an exponential of the distance in words."""
    sums, mass = np.zeros(len(values)), np.zeros(len(values))
    for order in (range(len(values)), range(len(values) - 1, -1, -1)):
        total = weight = 0.0
        for at in order:
            sums[at] += total
            mass[at] += weight
            fade = math.exp(-sizes[at] / reach)
            total = (total + values[at] * sizes[at]) * fade
            weight = (weight + sizes[at]) * fade
    return (sums + values * sizes) / np.maximum(mass + sizes, 1e-9)


def window(values: Floats, sizes: Floats, budget: float) -> Span:
    """The first and last unit of the window within ``budget`` words with the most of ``values``."""
    best, span, end, used, total = -1.0, (0, 0), 0, 0.0, 0.0
    for start in range(len(values)):
        if end < start:
            end, used, total = start, 0.0, 0.0
        while end < len(values) and (end == start or used + sizes[end] <= budget):
            used, total, end = used + sizes[end], total + values[end], end + 1
        if total > best:
            best, span = total, (start, end - 1)
        used, total = used - sizes[start], total - values[start]
    return span


class PassageFinder:
    """Scores the units of a talk for a wish, and chooses spans of them within a length."""

    def __init__(self, embed: Embed | None = None) -> None:
        self._embed = embed

    def score(
        self, texts: Sequence[str], query: str, speakers: Sequence[str | None] | None = None
    ) -> Floats:
        """Relevance of each unit to ``query``, from 0 to 1.  The same input gives the same numbers."""
        if not texts:
            return np.zeros(0)
        sizes = np.array([max(1, len(words(each))) for each in texts], float)
        lexical = _unit_range(bm25([terms(each) for each in texts], terms(query)))
        total = lexical + _smoothed(lexical, sizes, 100.0)
        if self._embed is not None:
            vectors = self._embed([query, *texts])
            total = total + _unit_range((vectors[1:] @ vectors[0]).astype(float))
        return _unit_range(total)

    def spans(
        self,
        texts: Sequence[str],
        query: str,
        budget: float,
        speakers: Sequence[str | None] | None = None,
    ) -> list[Span]:
        """Spans of units, first and last inclusive, best first, within ``budget`` words."""
        if not texts:
            return []
        sizes = np.array([max(1, len(words(each))) for each in texts], float)
        scores = self.score(texts, query, speakers)
        return [window(scores * sizes, sizes, budget)]
