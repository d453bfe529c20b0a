"""The chance that an editor's promo about a topic plays each sentence: from the finder, the topic's reader and the sentence's worth, in one formula.

A logistic regression over 179 wishes of 27 talks (``docs/cut.md``), fitted without the talk that it was measured on.  What it learned is that a
sentence belongs where its neighbours are asked for too, and where it is worth something.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.finding import wanted
from tools.finding.ranking import asked, found
from tools.finding.reader import Readings
from tools.finding.relevance import EMBEDDED
from tools.finding.windows import Floats
from tools.schema import Sentence

BASE, FOUND, AROUND, PLAYED, PLACE, WORTH = -4.32, 0.62, 3.37, 0.48, 0.52, 0.78
"""Log odds: of any sentence; for what the finder says of it, and of its neighbours; for what the topic's reader says (its log odds), and of
the place; for each point of worth."""
NEIGHBOURS, AREA = 1.5, 4.0
"""Sentences: the widths of the two neighbourhoods, as of a bell curve."""
SURE, EVEN = 1.8, 0.6
"""What the chance is multiplied by, and the power it is raised to: a sentence that is half likely is nearly as good as a certain one."""


def meant(said: Sequence[Sentence], read: Readings, topic: str, near: Floats | None = None) -> Floats:
    """How much playing each sentence serves ``topic``, 0 to 1; zeros without one.  ``near`` is what the finder said, where it was asked before."""
    if not topic.strip() or len(said) > EMBEDDED or not wanted.available():
        return asked(said, topic, near=near)
    near = found(said, topic) if near is None else near
    played = wanted.wanted(tuple(each.text for each in said), topic)
    odds = np.log(played.clip(1e-3, 1 - 1e-3) / (1 - played.clip(1e-3, 1 - 1e-3)))
    told = FOUND * near + AROUND * _around(near, NEIGHBOURS)
    told += PLAYED * odds + PLACE * _around(played / played.max(), AREA) + WORTH * read.worth
    return np.minimum(1.0, SURE / (1 + np.exp(-BASE - told))) ** EVEN


def _around(values: Floats, width: float) -> Floats:
    """The mean of each value and its neighbours, the nearer weighing more."""
    reach = int(3 * width)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    weigh = slice(reach, reach + len(values))
    return np.convolve(values, bell)[weigh] / np.convolve(np.ones(len(values)), bell)[weigh]
