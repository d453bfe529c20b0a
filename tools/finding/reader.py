"""What an editor would know of each sentence, from a learned reader: on what it leans, what it sets up, how it opens and closes, its worth.

Sequential sentence classification (Cohan et al., EMNLP 2019): a window of up to ``LONGEST`` tokens holds consecutive sentences, a marker before each
(the same voice, another one, not known), and each sentence is judged from its own tokens.  Windows overlap, so that a sentence is judged where there is
enough around it.  The weights and what they were measured for: ``weights/reader.md``.  English.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.finding import embed, learned
from tools.troubles import NotReady

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from tools.ports import Steps
    from tools.schema import Transcript

WEIGHTS = learned.OWN / "reader.onnx"
CLS, SEP = 101, 102
SAME, OTHER, UNKNOWN = 1, 2, 3
"""Tokens before a sentence: the voice of the one before, another voice, not known."""
LONGEST = 384
"""Tokens of a window."""
HEAD, TAIL = 70, 40
"""Tokens of a very long sentence that are read: its first and its last."""
EDGE = 3
"""Sentences that a window wants on either side of one that it judges."""
BATCH = 4
"""Windows in one run."""

Floats = NDArray[np.float64]
Run = Callable[[Mapping[str, NDArray[np.int64]]], NDArray[np.float32]]
"""The model: arrays of a batch of windows to logits (windows, sentences, fields)."""


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
    rows = [_shortened(each.ids) for each in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    logits = judged(lambda arrays: session.run(None, dict(arrays))[0], rows, list(voices) if any(voices) else None)
    return readings(1 / (1 + np.exp(-(scale * logits + shift))))


def readings(fields: Floats) -> Readings:
    """From the model's probabilities, (n, 18): at least 1, 2, 3 and far for both counts, at least 1, 2, 3 for each scale, and house."""
    scale = [fields[:, at : at + 3].sum(1) for at in (8, 11, 14)]
    open_, close, worth = scale
    leans, deep, lost, sets_up, unpaid, house = fields[:, [0, 1, 3, 4, 7, 17]].T
    return Readings(leans, deep, lost, sets_up, unpaid, open_, close, worth, house)


def judged(run: Run, rows: Sequence[Sequence[int]], voices: Sequence[str | None] | None) -> Floats:
    """Logits of each sentence; where windows overlap, the one with more around the sentence counts for more."""
    total, weight = np.zeros((0, 0)), np.zeros(len(rows))
    windows = spans([len(row) for row in rows])
    for start in range(0, len(windows), BATCH):
        some = windows[start : start + BATCH]
        out = run(batch([window(rows, voices, first, last) for first, last in some]))
        if not total.size:
            total = np.zeros((len(rows), out.shape[-1]))
        for (first, last), logits in zip(some, out, strict=True):
            for at in range(first, last + 1):
                before = EDGE if first == 0 else at - first
                after = EDGE if last == len(rows) - 1 else last - at
                share = (min(before, after, EDGE) + 0.1) ** 2
                total[at] += share * logits[at - first]
                weight[at] += share
    return total / weight[:, None]


def spans(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """First and last sentence of overlapping windows over sentences of ``sizes`` tokens."""
    found, first = [], 0
    while True:
        last, size = first, 3 + sizes[first]
        while last + 1 < len(sizes) and size + sizes[last + 1] + 1 <= LONGEST:
            last += 1
            size += sizes[last] + 1
        found.append((first, last))
        if last == len(sizes) - 1:
            return found
        first = max(first + 1, last + 1 - 2 * EDGE)


class Window(NamedTuple):
    """Tokens, the voice of each, the sentence of each (-1: none), and where each sentence's marker stands."""

    ids: list[int]
    types: list[int]
    sentence: list[int]
    markers: list[int]


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


def batch(windows: Sequence[Window]) -> dict[str, NDArray[np.int64]]:
    """The model's inputs, padded to the longest window."""
    shape = len(windows), max(len(each.ids) for each in windows)
    ids, types, sentence = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    markers = np.zeros((len(windows), max(len(each.markers) for each in windows)), np.int64)
    for row, each in enumerate(windows):
        ids[row, : len(each.ids)], types[row, : len(each.types)] = each.ids, each.types
        sentence[row, : len(each.sentence)], markers[row, : len(each.markers)] = each.sentence, each.markers
    return {"input_ids": ids, "token_type_ids": types, "sentence": sentence, "markers": markers}


def _calibration(told: Mapping[str, str], field: str) -> tuple[float, float]:
    """Scale and shift of a field's logit, so that its probabilities are as often right as they say."""
    scale, shift = json.loads(told.get("calibration") or "{}").get(field, (1.0, 0.0))
    return float(scale), float(shift)


def _shortened(row: Sequence[int]) -> Sequence[int]:
    return row if len(row) <= HEAD + TAIL else [*row[:HEAD], *row[-TAIL:]]
