"""What a talk is about, where nobody says what the promo should be about, and what lies beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.cutting.alike import Alike
from tools.cutting.choice import Floats
from tools.finding.meant import meant
from tools.finding.reader import Readings
from tools.finding.times import span
from tools.schema import Brief, Sentence

LOW, HIGH = 10.0, 95.0
"""Percentiles of nearness to the middle of a talk between which its sentences are told apart."""
BESIDE = 0.3
"""Of that range, what lies beside the subject: the coffee in the hall, a post to fill, a broken camera."""

STRAYS = 0.6
"""What is beside the subject of a talk costs so much of what being asked for earns."""


def serving(said: Sequence[Sentence], read: Readings, brief: Brief) -> Floats:
    """How much each sentence serves the request, 0 to 1; where nothing was asked for below 0 what lies beside the subject of the talk."""
    topic = brief.topic.strip() or "; ".join(part.query for part in brief.options.parts if not span(part.query, 0.0))
    return meant(said, read, topic) if topic else -STRAYS * beside(said, read)


def beside(said: Sequence[Sentence], read: Readings) -> Floats:
    """How far each sentence, with the ones around it, lies beside what the talk is about: 0 for most, 1 for the farthest."""
    if len(said) < 3:
        return np.zeros(len(said))
    alike = Alike(said)
    alike.words *= read.worth * (1 - read.house)
    middle = len(said)
    near = np.array(
        [alike.common(at, at + 1, 0, middle) + alike.common(max(0, at - 1), at + 2, 0, middle) for at in range(middle)]
    )
    low, high = np.percentile(near, (LOW, HIGH))
    share = (near - low) / max(1e-9, high - low)
    return np.clip(1 - share / BESIDE, 0.0, 1.0)
