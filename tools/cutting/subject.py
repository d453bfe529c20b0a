"""What of a video belongs to the subject that is asked for, or to that of the talk where nobody asks for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.cutting.alike import Alike
from tools.cutting.choice import Floats
from tools.finding.meant import meant
from tools.finding.ranking import asked, found
from tools.finding.reader import Readings
from tools.finding.times import span
from tools.schema import Brief, Sentence

LOW, HIGH = 10.0, 95.0
"""Percentiles of nearness to the middle of a talk between which its sentences are told apart."""
BESIDE = 0.3
"""Of that range, what lies beside the subject: the coffee in the hall, a post to fill, a broken camera."""

STRAYS = 0.6
"""What is beside the subject of a talk costs so much of what being asked for earns."""


AROUND, SURELY = 3, 10
"""Sentences on either side of one by which it is told what is spoken of there; and those that serve a topic most, which say how near its subject is."""
ELSE = 0.45
"""Of that nearness, under which something else is spoken of."""


class Sought(NamedTuple):
    """What the sentences of a talk are to a request."""

    near: Floats
    """How much each serves it, 0 to 1; below 0 what belongs to another subject."""
    most: float = 1.0
    """How much the one that an editor would have played first does; 1 where no topic was asked for."""


def serving(said: Sequence[Sentence], read: Readings, brief: Brief) -> Sought:
    """How much each sentence serves the request, the finder and the topic's reader asked once.

    Where nothing was asked for, what lies beside the subject of the talk belongs to another, else what is said where something else is spoken of.
    """
    topic = brief.topic.strip() or "; ".join(part.query for part in brief.options.parts if not span(part.query, 0.0))
    if not topic:
        return Sought(-STRAYS * beside(said, read))
    told = found(said, topic)
    near = meant(said, read, topic, told)
    most = float(near.max()) if brief.topic.strip() else 1.0
    return Sought(np.where(elsewhere(said, near), -STRAYS, (near + asked(said, topic, near=told)) / 2), most)


def elsewhere(said: Sequence[Sentence], near: Floats) -> NDArray[np.bool_]:
    """The sentences around which something else is spoken of than around those that are ``near`` a topic.

    A recording of several things, such as a news programme or a day's meetings, has many; a talk, however it wanders, has few, and hardly one that
    would have been played.
    """
    alike, count = Alike(said), len(said)
    around = alike.around(AROUND)
    middle = near**2 @ around
    common = around @ (middle / max(1e-9, float(np.linalg.norm(middle))))
    surely = np.argsort(-near, kind="stable")[:SURELY]
    return common < ELSE * float(np.median(common[surely])) if count else np.zeros(0, bool)


def beside(said: Sequence[Sentence], read: Readings) -> Floats:
    """How far each sentence, with the ones around it, lies beside what the talk is about: 0 for most, 1 for the farthest."""
    if len(said) < 3:
        return np.zeros(len(said))
    alike = Alike(said)
    alike.words *= read.worth * (1 - read.house)
    weighed = alike.words[:, None] * alike.rows
    others = weighed.sum(axis=0) - weighed  # or what is worth much were about itself
    others /= np.maximum(1e-9, np.linalg.norm(others, axis=1, keepdims=True))
    near = ((alike.rows + alike.around(1)) * others).sum(axis=1)
    low, high = np.percentile(near, (LOW, HIGH))
    share = (near - low) / max(1e-9, high - low)
    return np.clip(1 - share / BESIDE, 0.0, 1.0)
