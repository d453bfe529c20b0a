"""How much each sentence is what a topic asks for, and whether anything is about it at all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tools.finding import embed
from tools.finding.passages import Floats, PassageFinder
from tools.finding.terms import names
from tools.schema import Sentence

EMBEDDED = 900
"""Sentences whose meaning is compared with the wish; of a longer talk, those that its words favour."""


def relevance(said: Sequence[Sentence], topic: str) -> Floats:
    """From 0 to 1 for each sentence: how much it is what ``topic`` asks for.  By words alone where no model is installed."""
    texts = [sentence.text for sentence in said]
    speakers = [sentence.speaker for sentence in said]
    finder = _finder()
    if len(said) <= EMBEDDED:
        return _spread(finder.score(texts, topic, speakers))
    first = np.asarray(_lexical().score(texts, topic, speakers))
    near = np.convolve(first, [0.25, 0.5, 1.0, 0.5, 0.25], "same")
    best = np.sort(np.argsort(-near, kind="stable")[:EMBEDDED])
    scores = np.zeros(len(said))
    scores[best] = finder.score([texts[at] for at in best], topic, [speakers[at] for at in best])
    return _spread(scores)


def _spread(values: Floats) -> Floats:
    """From the least to the most relevant, 0 to 1; the finder's numbers are probabilities and lie close together."""
    low, high = (float(np.percentile(values, 20)), float(values.max())) if len(values) else (0.0, 0.0)
    return np.clip((values - low) / (high - low), 0.0, 1.0) if high > low else np.zeros(len(values))


@lru_cache(maxsize=1)
def _finder() -> PassageFinder:
    """The trained finder; where its sentence model is not installed, the trees that were learned without it."""
    return PassageFinder(embed.embed if embed.available() else None)


@lru_cache(maxsize=1)
def _lexical() -> PassageFinder:
    return PassageFinder()


ABOUT = 0.25
"""Cosine of a topic with the sentence nearest in meaning, below which a talk that has none of its words is not about it."""


def is_about(texts: Sequence[str], topic: str) -> bool:
    """Whether any of ``texts`` is about ``topic``: by its words, else by meaning; true where that can't be told.

    Ranks say what fits best, not whether it fits: every topic has a best passage.
    """
    wanted = set(names(topic))
    if not wanted or any(wanted & set(names(text)) for text in texts) or not embed.available():
        return True
    rows = embed.embed([topic, *texts[:EMBEDDED]])
    return bool((rows[1:] @ rows[0]).max() >= ABOUT)
