"""Rows that say what was spoken when, from outside: what can't be a word at a time is dropped, and told."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from tools.schema import Speech, Word

MOST_WORDS = 60_000
"""Words that are read: about six hours of talk."""

FURTHEST = 48 * 3600.0
"""Seconds past which a time is taken to be nonsense where the video's own length is not known."""


class Read(NamedTuple):
    speech: Speech
    timed: bool
    """Whether each word has a time of its own; otherwise it was guessed from its caption's."""


class Row(NamedTuple):
    text: Any
    start: Any = None
    end: Any = None
    confidence: Any = None
    speaker: Any = None
    mark: bool = False
    """Punctuation: joins the word before it and has no time."""
    joined: bool = False
    """Whether no space parts it from the word before it."""


def as_seconds(value: Any) -> float | None:
    """A finite number that is not below 0, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        given = float(value)
    except (ValueError, OverflowError):
        return None
    return given if math.isfinite(given) and given >= 0 else None


def settle(rows: Iterable[Row], duration: float | None) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """The rows that are words at a time, in order, each ending before the next begins; and what was left out."""
    limit = FURTHEST if duration is None else duration
    words: list[Word] = []
    names: dict[str, str] = {}
    dropped = 0
    for row in rows:
        start, end = as_seconds(row.start), as_seconds(row.end)
        if start is None or end is None or end < start or start >= limit:
            dropped += 1
            continue
        if len(words) == MOST_WORDS:
            dropped += 1
            continue
        confidence = as_seconds(row.confidence)
        words.append(
            Word(
                start=start,
                end=min(end, limit),
                text=row.text,
                confidence=min(confidence, 1.0) if confidence is not None else None,
                speaker=_speaker(row.speaker, names),
            )
        )
    words.sort(key=lambda word: word.start)
    kept = [
        word
        if after is None or word.end <= after.start
        else word.model_copy(update={"end": max(word.start, after.start)})
        for word, after in zip(words, [*words[1:], None], strict=False)
    ]
    told = (f"{dropped} words of the transcript had no usable time and were left out.",) if dropped else ()
    return tuple(kept), told


def _speaker(name: Any, names: dict[str, str]) -> str | None:
    """``A``, ``B`` … in order of first word: what a file calls its speakers is not repeated."""
    if not isinstance(name, str | int) or name == "":
        return None
    return names.setdefault(str(name), chr(65 + len(names)) if len(names) < 26 else f"P{len(names) + 1}")
