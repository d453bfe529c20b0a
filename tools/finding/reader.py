"""What an editor would know of each sentence, from a learned reader: on what it leans, what it sets up, how it opens and closes, its worth.

Sentences lie in windows (``windows.py``), a marker before each: the same voice, another one, not known.  The weights and what they were measured
for: ``weights/reader.md``.  English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tools.finding import embed, learned
from tools.finding.windows import CLS, SEP, Floats, Window, judged, shortened
from tools.troubles import NotReady

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from tools.ports import Steps
    from tools.schema import Transcript

WEIGHTS = learned.OWN / "reader.onnx"
SAME, OTHER, UNKNOWN = 1, 2, 3
"""Tokens before a sentence: the voice of the one before, another voice, not known."""


class Readings(NamedTuple):
    """A value a sentence, arrays of shape (n,)."""

    leans: Floats
    """Probability that a stranger loses something without the sentence before it."""
    deep: Floats
    """The same of the two before it."""
    lost: Floats
    """That it can't be followed outside at all, or only with more than four before it."""
    sets_up: Floats
    """That a listener is left hanging where it is the last thing heard."""
    unpaid: Floats
    """That what it sets up comes later than four sentences after it, or never."""
    open: Floats
    """How well it opens, expected on the editor's scale from 0 to 3."""
    close: Floats
    """How well it closes, on the same scale."""
    worth: Floats
    """How much it is wanted in a promo, on the same scale."""
    house: Floats
    """Probability of a greeting, thanks, an introduction, housekeeping or filler."""


def of_run(transcript: Transcript | None, steps: Steps) -> Readings | None:
    """The readings of the run's transcript, read once; None where nothing is said in English or no reader is here."""
    if transcript is None or not transcript.sentences or not transcript.language.startswith("en") or not available():
        return None
    said = transcript.sentences
    told = steps.step(
        "read-sentences",
        lambda: [
            [round(float(value), 3) for value in values]
            for values in read([each.text for each in said], [each.speaker for each in said])
        ],
    )
    return Readings(*(np.array(values) for values in told))


def available() -> bool:
    """Whether the reader can be asked here."""
    try:
        load()
    except NotReady:
        return False
    return True


def load() -> tuple[Tokenizer, InferenceSession]:
    """The tokenizer and the model, a team's own where that is in use; read once a process.  Raises ``NotReady``."""
    return _load(learned.place(WEIGHTS.name))


@lru_cache(maxsize=1)
def _load(weights: Path) -> tuple[Tokenizer, InferenceSession]:
    if not weights.exists():
        raise NotReady(f"{weights.name} is missing beside {Path(__file__).name}; install Hookline again.")
    return embed.tokenizer(), embed.session(weights)


def read(texts: Sequence[str], voices: Sequence[str | None] = ()) -> Readings:
    """The readings of consecutive sentences; ``voices`` names who speaks, or is empty where nobody knows.  Raises ``NotReady``."""
    tokenizer, session = load()
    told = session.get_modelmeta().custom_metadata_map
    scale, shift = np.array([_calibration(told, field) for field in json.loads(told["fields"])]).T
    rows = [shortened(each.ids) for each in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    known = list(voices) if any(voices) else None
    logits = judged(
        lambda arrays: session.run(None, dict(arrays))[0],
        [len(row) for row in rows],
        lambda first, last: window(rows, known, first, last),
    )
    return readings(1 / (1 + np.exp(-(scale * logits + shift))))


def readings(fields: Floats) -> Readings:
    """From the model's probabilities, (n, 18): at least 1, 2, 3 and far for both counts, at least 1, 2, 3 for each scale, and house."""
    scale = [fields[:, at : at + 3].sum(1) for at in (8, 11, 14)]
    open_, close, worth = scale
    leans, deep, lost, sets_up, unpaid, house = fields[:, [0, 1, 3, 4, 7, 17]].T
    return Readings(leans, deep, lost, sets_up, unpaid, open_, close, worth, house)


def window(rows: Sequence[Sequence[int]], voices: Sequence[str | None] | None, first: int, last: int) -> Window:
    """Sentences ``first`` to ``last``; voices are numbered 1 to 3 in the order in which they begin here, 0 where not known."""
    made = Window([CLS], [0], [-1], [])
    seen: list[str] = []
    for at in range(first, last + 1):
        voice = voices[at] if voices else None
        kind, marker = 0, UNKNOWN
        if voice is not None:
            if voice not in seen:
                seen.append(voice)
            kind = min(3, 1 + seen.index(voice))
            marker = SAME if at and voices and voices[at - 1] == voice else OTHER
        made.markers.append(len(made.ids))
        made.ids.extend((marker, *rows[at]))
        made.types.extend([kind] * (len(rows[at]) + 1))
        made.sentence.extend([at - first] * (len(rows[at]) + 1))
    return Window([*made.ids, SEP], [*made.types, 0], [*made.sentence, -1], made.markers)


def _calibration(told: Mapping[str, str], field: str) -> tuple[float, float]:
    """Scale and shift of a field's logit, so that its probabilities are as often right as they say."""
    scale, shift = json.loads(told.get("calibration") or "{}").get(field, (1.0, 0.0))
    return float(scale), float(shift)
