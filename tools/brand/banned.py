"""Words that a brand keeps out of what is written for it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tools.schema import Copy, Line

_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that write no space between words: a word of theirs is found anywhere."""


def held(text: str, banned: Sequence[str]) -> list[str]:
    """Which of ``banned`` a text holds, as whole words, whatever their case."""
    low = _folded(text)
    return [word for word in banned if (bare := _folded(word)) and _in(bare, low)]


def _in(word: str, text: str) -> bool:
    if _UNSPACED.search(word):
        return word in text
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").split())


def problems(copy: Copy, banned: Sequence[str]) -> list[str]:
    """What a copywriter is told of a copy that holds such words."""
    found = dict.fromkeys(word for line in copy.lines for word in _line(line, banned))
    return [
        f"{copy.platform}: “{word}” is a word that the brand never uses; write the line without it" for word in found
    ]


def without(copy: Copy, banned: Sequence[str]) -> Copy:
    """The copy without the lines, and the sentences of its description, that hold such words; each is told."""
    told = list(dict.fromkeys(word for line in copy.lines for word in _line(line, banned)))
    if not told:
        return copy

    def clear(line: Line | None) -> Line | None:
        return None if line is None or _line(line, banned) else line

    named = ", ".join(f"“{word}”" for word in told)
    return copy.model_copy(
        update={
            "hooks": tuple(line for line in copy.hooks if clear(line)),
            "title": clear(copy.title),
            "description": _shortened(copy.description, banned),
            "tags": tuple(line for line in copy.tags if clear(line)),
            "warnings": (*copy.warnings, f"What held {named}, which the brand never uses, was left out."),
        }
    )


def _line(line: Line, banned: Sequence[str]) -> list[str]:
    # A tag is one word on a platform: “cheap deal” is #cheapdeal there.
    return held(line.text, banned) or [word for word in banned if _folded(word) == _folded(line.text.lstrip("#"))]


def _shortened(line: Line | None, banned: Sequence[str]) -> Line | None:
    if line is None or not held(line.text, banned):
        return line
    kept = [part for part in re.split(r"(?<=[.!?…。！？])\s*", line.text) if part and not held(part, banned)]
    return line.model_copy(update={"text": " ".join(kept)}) if kept else None
