"""SubRip and WebVTT, read into Speech."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tools.schema import Speech, Word
from tools.text import clean
from tools.troubles import Refusal
from tools.words.cues import letters
from tools.words.rows import Read, Row, settle
from tools.words.sentences import UNSPACED

_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_INLINE = re.compile(rf"<{_CLOCK}>")
_TAG = re.compile(r"<[^<>]{0,200}>|\{[^{}]{0,200}\}")
_SOUND = re.compile(r"[\[(][^\])]{0,80}[\])]|[♪♫]+")
_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,60})>")
_NAMED = re.compile(r"^(?:>>\s*)?([A-Z][A-Z .'-]{1,30}):\s+(?=\S)")


class _Cue(NamedTuple):
    start: float
    end: float
    lines: tuple[str, ...]


def parse_captions(text: str, duration: float | None = None) -> Read:
    """The words of SubRip or WebVTT.  Times inside a cue are kept; without them a word's time is its share of the cue."""
    cues = list(_cues(text))
    if not cues:
        raise Refusal("INVALID_TRANSCRIPT", "the captions beside the video hold no line with a time")
    timed = any(_INLINE.search(line) for cue in cues for line in cue.lines)
    rows = [row for cue in cues for row in _cue_rows(cue, timed)]
    words, warnings = settle(rows, duration)
    named = re.search(r"^Language:\s*([A-Za-z]{2,3}(?:-\w+)?)\s*$", text[:500], re.MULTILINE)
    language = named[1] if named else written_in(" ".join(word.text for word in words))
    if language.split("-")[0].lower() in UNSPACED:
        words = tuple(part for word in words for part in _letters(word))
    return Read(Speech(words=words, language=language, engine="sidecar", warnings=warnings), timed)


_WRITTEN = {
    "ja": "[\u3040-\u30ff]",
    "ko": "[\uac00-\ud7af]",
    "zh": "[\u4e00-\u9fff]",
    "fa": "[\u067e\u0686\u0698\u06af]",
    "ar": "[\u0600-\u06ff]",
    "he": "[\u0590-\u05ff]",
    "hi": "[\u0900-\u097f]",
    "th": "[\u0e00-\u0e7f]",
    "ru": "[\u0400-\u04ff]",
    "el": "[\u0370-\u03ff]",
}
"""Letters by which a language is known from others; the first that has a twentieth of them counts."""


def written_in(text: str) -> str:
    """The language that a text is most likely written in, by its script alone; ``en`` for Latin letters."""
    count = sum(char.isalpha() for char in text)
    found = (name for name, signs in _WRITTEN.items() if len(re.findall(signs, text)) > count / 20)
    return next(found, "en")


def _letters(word: Word) -> Iterator[Word]:
    """A line of a script without spaces as its letters, each with its share of the time."""
    parts = letters([word.text])
    for number, part in enumerate(parts):
        step = (word.end - word.start) / len(parts)
        yield word.model_copy(
            update={
                "text": part,
                "start": word.start + number * step,
                "end": word.start + (number + 1) * step,
            }
        )


def _cues(text: str) -> Iterator[_Cue]:
    start = end = 0.0
    lines: list[str] | None = None
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        times = _TIMES.match(line)
        if times:
            start, end, lines = _clock(times.groups()[:4]), _clock(times.groups()[4:]), []
        elif lines is not None and line.strip():
            lines.append(line[:2000])
        elif lines is not None and not line:
            if lines and end > start:
                yield _Cue(start, end, tuple(lines))
            lines = None


def _clock(parts: Iterable[str | None]) -> float:
    hours, minutes, seconds, part = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + int((part or "0").ljust(3, "0")) / 1000


def _cue_rows(cue: _Cue, timed: bool) -> Iterator[Row]:
    lines = [line for line in cue.lines if _INLINE.search(line)] if timed else list(cue.lines)
    if timed and not lines:
        # YouTube repeats the line before in every cue; what has no times of its own and does not last is such a repeat.
        if cue.end - cue.start < 0.1 or len(cue.lines) > 1:
            return
        lines = list(cue.lines)
    speaker = None
    for at, line in enumerate(lines):
        voice = _VOICE.search(line) or (_NAMED.match(line) if at == 0 else None)
        if voice:
            speaker = voice[1].strip()
            line = line.replace(voice[0], "", 1)
        lines[at] = line
    joined = " ".join(lines)
    edges = [
        (cue.start, 0, 0),
        *((_clock(found.groups()), found.start(), found.end()) for found in _INLINE.finditer(joined)),
        (cue.end, len(joined), 0),
    ]
    for (start, _, begin), (end, stop, _) in zip(edges, edges[1:], strict=False):
        plain = clean(
            _SOUND.sub(" ", html.unescape(_TAG.sub("", joined[begin:stop]))).replace(">>", " "), 2000
        ).removeprefix("- ")
        said = [word for word in plain.split() if any(char.isalnum() for char in word)]
        sizes = [len(word) + 2 for word in said]
        per = (end - start) / max(1, sum(sizes))
        place = start
        for word, size in zip(said, sizes, strict=True):
            yield Row(word, place, place + per * size, None, speaker)
            place += per * size
