"""SubRip and WebVTT, read into Speech."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tools.schema import Speech, Word
from tools.text import clean
from tools.troubles import Refusal
from tools.words import labels
from tools.words.compact import clock
from tools.words.cues import letters
from tools.words.rows import Read, Row, settle
from tools.words.sentences import UNSPACED

_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_INLINE = re.compile(rf"<{_CLOCK}>")
_TAG = re.compile(
    r"</?(?:[biusvcp]|em|strong|font|span|div|lang|ruby|rt|br)(?:[.\s][^<>]{0,200})?/?>|\{\\[^{}]{0,200}\}",
    re.IGNORECASE,
)
"""What players read as markup; any other bracket was written to be read."""
_BREAK = re.compile(r"<br\s*/?>|(?<![\w:])\\h|(?<!:)\\N", re.IGNORECASE)
_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,60})>")
_SQUARE = re.compile(r"\[([^\[\]]{0,80})\]")
_ROUND = re.compile(r"\(([^()]{0,80})\)")
_NOTES = re.compile(r"[♪♫♬]+")
MOST_SOUND = 4
"""Words of a sound in brackets, such as (audience laughs); more are said."""


class _Cue(NamedTuple):
    start: float
    end: float
    lines: tuple[str, ...]


def parse_captions(text: str, duration: float | None = None) -> Read:
    """The words of SubRip or WebVTT.  Times inside a cue are kept; without them a word's time is its share of the cue.

    Raises ``Refusal`` with INVALID_TRANSCRIPT for a file of which a part can't be used: half of what was said is worse than none.
    """
    cues = list(_cues(text))
    if not cues:
        raise Refusal("INVALID_TRANSCRIPT", "the captions beside the video hold no line with a time")
    if lost := [line for line in text.splitlines() if "-->" in line and not _TIMES.match(line)]:
        raise Refusal(
            "INVALID_TRANSCRIPT", f"{len(lost)} of its times can't be read, the first is {clean(lost[0], 60)!r}"
        )
    cues, shifted = _on_clock(cues, duration)
    timed = any(_INLINE.search(line) for cue in cues for line in cue.lines)
    names = labels.learn([[_TAG.sub("", html.unescape(_INLINE.sub("", line))) for line in cue.lines] for cue in cues])
    sounds = _sounds(cues)
    rows = list(_attributed(row for cue in cues for row in _cue_rows(cue, timed, names, sounds)))
    words, warnings = settle(rows, duration)
    named = re.search(r"^Language:\s*([A-Za-z]{2,3}(?:-\w+)?)\s*$", text[:500], re.MULTILINE)
    language = named[1] if named else written_in(" ".join(word.text for word in words))
    if language.split("-")[0].lower() in UNSPACED:
        words = tuple(part for word in words for part in _letters(word))
    return Read(Speech(words=words, language=language, engine="sidecar", warnings=(*shifted, *warnings)), timed)


HOUR = 3600.0
SLACK = 5.0
"""Seconds that captions may go on after the end of their video."""
STRAYS = 0.05
"""Share of captions past the end, such as credits, that may be left out."""


def _on_clock(cues: list[_Cue], duration: float | None) -> tuple[list[_Cue], tuple[str, ...]]:
    """The captions on the video's clock: those of a timeline that begins at whole hours, as editors' do, are moved to 0.

    Raises ``Refusal`` for captions that go on where the video has ended: they are another cut's.
    """
    if duration is None or _fit(cues, duration):
        return cues, ()
    hours = int(min(cue.start for cue in cues) // HOUR)
    moved = [cue._replace(start=cue.start - hours * HOUR, end=cue.end - hours * HOUR) for cue in cues]
    if hours and _fit(moved, duration):
        return moved, (
            f"The captions beside the video begin at hour {hours}, as a timeline does; they were moved to 0.",
        )
    first, last = min(cue.start for cue in cues), max(cue.end for cue in cues)
    raise Refusal(
        "INVALID_TRANSCRIPT",
        f"its captions run from {clock(first)} to {clock(last)}, the video ends at {clock(duration)}: they are of another cut",
    )


def _fit(cues: Sequence[_Cue], duration: float) -> bool:
    past = sum(cue.start >= duration or cue.end > duration + SLACK for cue in cues)
    return past <= STRAYS * len(cues)


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
    if 3 * sum(len(re.findall(signs, text)) for signs in _WRITTEN.values()) < count:
        return "en"
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


def _cue_rows(cue: _Cue, timed: bool, names: labels.Labels, sounds: frozenset[str]) -> Iterator[Row]:
    lines = [line for line in cue.lines if _INLINE.search(line)] if timed else list(cue.lines)
    if timed and not lines:
        # YouTube repeats the line before in every cue; what has no times of its own and does not last is such a repeat.
        if cue.end - cue.start < 0.1 or len(cue.lines) > 1:
            return
        lines = list(cue.lines)
    turns = [_said_by(line, names) for line in lines]
    if len(turns) > 1 and " ".join(lines[0].split()) in names.above:
        turns = [(turns[0][1].strip(), turns[1][1]), *turns[2:]]
    joined = " ".join(line for _, line in turns)
    voices = list(_voices(turns))
    edges = [
        (cue.start, 0, 0),
        *((_clock(found.groups()), found.start(), found.end()) for found in _INLINE.finditer(joined)),
        (cue.end, len(joined), 0),
    ]
    for (start, _, begin), (end, stop, _) in zip(edges, edges[1:], strict=False):
        parts = [
            (word, who)
            for at, until, who in voices
            for word in _words(joined[max(begin, at) : min(stop, until)] if at < stop and until > begin else "", sounds)
        ]
        sizes = [len(word) + 2 for word, _ in parts]
        per = (end - start) / max(1, sum(sizes))
        place = start
        for (word, who), size in zip(parts, sizes, strict=True):
            yield Row(word, place, place + per * size, None, who)
            place += per * size


def _attributed(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, each said by whoever was named last: many files name a speaker only where the voice changes."""
    who = None
    for row in rows:
        who = row.speaker or who
        yield row._replace(speaker=who)


def _said_by(line: str, names: labels.Labels) -> tuple[str | None, str]:
    """Who a line says is speaking, None where it does not, and the line without that and without what opens a turn."""
    line = _BREAK.sub(" ", html.unescape(line))
    voice = _VOICE.search(line)
    if voice:
        return voice[1].strip(), line.replace(voice[0], "", 1)
    lead = re.match(rf"(?:\s*(?:{_TAG.pattern}|{_INLINE.pattern}))*", line, re.IGNORECASE)
    head, rest = line[: lead.end()] if lead else "", line[lead.end() if lead else 0 :]
    who, rest = names.split(rest)
    return who, head + re.sub(r"^\s*(?:>>+|[-–](?=\s))\s*", "", rest)


def _voices(turns: Sequence[tuple[str | None, str]]) -> Iterator[tuple[int, int, str | None]]:
    """Where in the joined lines each speaker's begin and stop."""
    at, who = 0, None
    for named, line in turns:
        who = named or who
        yield at, at + len(line) + 1, who
        at += len(line) + 1


def _words(text: str, sounds: frozenset[str]) -> list[str]:
    """The words of a text without markup and sounds; signs that are no words stay with the word before them, or the first after."""
    plain = _SQUARE.sub(lambda found: " " if _is_sound(found[1]) else found[0], _TAG.sub("", text))
    plain = _ROUND.sub(lambda found: " " if _bare(found[1]) in sounds else found[0], plain)
    told: list[str] = []
    held = ""
    for sign in clean(_NOTES.sub(" ", plain).replace(">>", " "), 2000).split():
        if any(char.isalnum() for char in sign):
            told.append(f"{held} {sign}".strip())
            held = ""
        elif told:
            told[-1] += sign if sign[0] in ".,!?;:…" else f" {sign}"
        else:
            held = f"{held} {sign}".strip()
    return told


def _bare(text: str) -> str:
    return clean(text, 80).casefold()


def _is_sound(text: str) -> bool:
    return len(text.split()) <= MOST_SOUND and not any(char.isdigit() for char in text)


def _sounds(cues: Sequence[_Cue]) -> frozenset[str]:
    """What stands in round brackets and is heard rather than said: alone in a line, at the edge of a sentence, or again and again."""
    found, apart = Counter[str](), set[str]()
    for cue in cues:
        text = " ".join(_TAG.sub("", html.unescape(line)) for line in cue.lines).strip()
        for match in _ROUND.finditer(text):
            key = _bare(match[1])
            found[key] += 1
            before = text[: match.start()].rstrip(' -–>"')
            if not before or before[-1] in ".?!…:♪)]":
                apart.add(key)
    return frozenset(key for key in found if _is_sound(key) and (key in apart or found[key] > 2))
