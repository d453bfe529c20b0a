"""How much each unit carries of what its talk is about, with nothing asked.

The words that a talk repeats, weighed against how many of its units use them, and not its very opening.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tools.finding.passages import Floats
from tools.finding.terms import terms, words

EARLY = 0.15
"""What being first adds, against the most telling unit's 1; lectures put their subject early."""

TITLE = 0.5
"""What it adds to share all of the title's words."""


def salience(texts: Sequence[str], title: str = "") -> Floats:
    """Salience of each unit, from 0 to 1: TF-IDF mass, earliness, words shared with ``title``."""
    if not texts:
        return np.zeros(0)
    units = [Counter(terms(words(each))) for each in texts]
    within = Counter(term for unit in units for term in unit)
    talk = sum(units, Counter())
    rarity = {term: np.log1p(len(units) / count) for term, count in within.items()}
    told = np.array([sum(np.log1p(talk[term]) * rarity[term] for term in unit if talk[term] > 1) for unit in units])
    mass = told / max(1e-9, told.max())
    early = 1 - np.arange(len(texts)) / len(texts)
    asked = set(terms(words(title)))
    shared = np.array([len(asked & unit.keys()) / max(1, len(asked)) for unit in units])
    return (mass + EARLY * early + TITLE * shared) / (1 + EARLY + TITLE)
