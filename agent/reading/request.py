"""The phrases of a request: what is asked for of a promo, what it is about, and what nothing was understood of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agent.reading.amid import read_amid
from agent.reading.beside import read_unmade
from agent.reading.counts import read_counts, read_moments
from agent.reading.grammar import Stretch
from agent.reading.heads import read_heads
from agent.reading.looks import read_looks
from agent.reading.passages import read_passages
from agent.reading.text import Text
from agent.reading.tones import read_tones


def phrase(text: Text) -> None:
    """Put together what is asked for, and what it is asked of."""
    read_looks(text)
    read_unmade(text)
    read_counts(text)
    read_moments(text)
    read_tones(text)
    read_heads(text)
    read_amid(text)
    read_passages(text)


def split_list(said: str) -> Iterator[str]:
    """The things of a list: "pricing, churn or the price of hiring"."""
    for part in re.split(r"\s*(?:,|;|/|\bor\b|\bnor\b)\s*(?:or\s+|nor\s+|and\s+)?", said):
        if part.strip():
            yield part.strip()


def stretches(text: Text) -> Iterable[Stretch]:
    return text.values("window")
