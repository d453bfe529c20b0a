"""How surely each sentence of a talk is one that a topic asks for, as an editor would choose: a learned cross-encoder.

A window (``windows.py``) begins with the topic, and each sentence behind it is judged in its sight: "what the price did to us" finds what was said of
churn.  The weights and what they were measured for: ``weights/wanted.md``.  English.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tools.finding import embed, learned
from tools.finding.windows import CLS, SEP, Floats, Window, judged, shortened
from tools.troubles import NotReady

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = learned.OWN / "wanted.onnx"
MARKER = 1
"""The token before a sentence."""
TOPIC = -2
"""The sentence that the topic's tokens belong to."""
LONGEST = 320
"""Tokens of a window."""
ASKED = 40
"""Tokens of a topic that are read."""


def available() -> bool:
    """Whether the model can be asked here."""
    try:
        _load(learned.place(WEIGHTS.name))
    except NotReady:
        return False
    return True


@lru_cache(maxsize=4)
def wanted(texts: tuple[str, ...], topic: str) -> Floats:
    """For each of consecutive sentences the probability that a promo about ``topic`` plays it, (n,).  Raises ``NotReady``."""
    session = _load(learned.place(WEIGHTS.name))
    first, *others = (each.ids for each in embed.tokenizer().encode_batch([topic, *texts], add_special_tokens=False))
    asked, rows = first[:ASKED], [shortened(row) for row in others]
    logits = judged(
        lambda arrays: session.run(None, dict(arrays))[0],
        [len(row) for row in rows],
        lambda first, last: window(asked, rows[first : last + 1]),
        LONGEST - len(asked) - 1,
    )
    return 1 / (1 + np.exp(-logits[:, 0]))


def window(topic: Sequence[int], rows: Sequence[Sequence[int]]) -> Window:
    """The topic, then the sentences, each behind its marker."""
    made = Window([CLS, *topic, SEP], [0] * (len(topic) + 2), [-1, *[TOPIC] * len(topic), -1], [])
    for at, row in enumerate(rows):
        made.markers.append(len(made.ids))
        made.ids.extend((MARKER, *row))
        made.types.extend([1] * (len(row) + 1))
        made.sentence.extend([at] * (len(row) + 1))
    return Window([*made.ids, SEP], [*made.types, 1], [*made.sentence, -1], made.markers)


@lru_cache(maxsize=1)
def _load(weights: Path) -> InferenceSession:
    if not weights.exists():
        raise NotReady(f"{weights.name} is missing beside {Path(__file__).name}; install Hookline again.")
    return embed.session(weights)
