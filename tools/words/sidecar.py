"""A transcript that lies beside the video: SubRip, WebVTT, Amazon Transcribe's JSON and its kin, read into Speech.

Everything here is from outside: what can't be a word at a time is dropped, and the rest is told as a warning.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

from tools.schema import Speech, Word
from tools.text import clean
from tools.troubles import Refusal
from tools.words.cues import letters
from tools.words.sentences import UNSPACED

MOST_WORDS = 60_000
"""Words that are read: about six hours of talk."""

LARGEST = 64 << 20
"""Bytes of a sidecar that are read."""

FURTHEST = 48 * 3600.0
"""Seconds past which a time is taken to be nonsense where the video's own length is not known."""

ENDINGS = (".json", ".vtt", ".srt")
"""Sidecars in the order of what they tell: words with times first."""


class Read(NamedTuple):
    speech: Speech
    timed: bool
    """Whether each word has a time of its own; otherwise it was guessed from its caption's."""


def find(folder: Path) -> Path | None:
    """The sidecar of the run in ``folder``, under the fixed names that the intake gave it."""
    return next((path for ending in ENDINGS if (path := folder / f"sidecar{ending}").is_file()), None)


def read(path: Path, duration: float | None = None) -> Read:
    """What the sidecar says.  Raises ``Refusal`` with INVALID_TRANSCRIPT for one that can't be understood."""
    if path.stat().st_size > LARGEST:
        raise Refusal("INVALID_TRANSCRIPT", f"the transcript is larger than {LARGEST >> 20} MB")
    text = path.read_bytes().decode("utf-8-sig", "replace")
    if path.suffix == ".json":
        return Read(parse_transcribe(text, duration), timed=True)
    return captions(text, duration)


# --- JSON -----------------------------------------------------------------------------------------------------------


def parse_transcribe(document: Any, duration: float | None = None) -> Speech:
    """The words of a result of Amazon Transcribe, as text or parsed: standard, by speaker, by channel, or call analytics.

    Bedrock Data Automation's audio output and Whisper's JSON are read too.  A word without a sound time is dropped, and
    so is one that starts past ``duration``.  Raises ``Refusal`` with INVALID_TRANSCRIPT for anything else.
    """
    if isinstance(document, bytes | bytearray):
        document = bytes(document).decode("utf-8-sig", "replace")
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise Refusal("INVALID_TRANSCRIPT", "the transcript is not JSON") from error
    for shape in (_standard, _call, _automation, _whisper):
        rows = shape(document)
        if rows is not None:
            break
    else:
        raise Refusal(
            "INVALID_TRANSCRIPT", "the JSON beside the video is no transcript of Amazon Transcribe or Whisper"
        )
    words, warnings = _sound(_punctuated(rows), duration)
    return Speech(words=words, language=_language(document), engine="sidecar", warnings=warnings)


class _Row(NamedTuple):
    text: Any
    start: Any = None
    end: Any = None
    confidence: Any = None
    speaker: Any = None
    mark: bool = False
    """Punctuation: joins the word before it and has no time."""


def _standard(document: Any) -> Iterable[_Row] | None:
    results = _get(document, "results")
    if not isinstance(results, Mapping):
        return None
    items = _list(results.get("items"))
    if items is None:
        channels = _list(_get(results.get("channel_labels"), "channels"))
        if channels is None:
            return None
        rows = [
            row
            for channel in channels
            for row in _items(_list(_get(channel, "items")) or [], {}, _get(channel, "channel_label"))
        ]
        return sorted(rows, key=lambda row: _seconds(row.start) or 0.0)
    segments = _list(_get(results.get("speaker_labels"), "segments")) or []
    names = {
        str(_get(item, "start_time")): _get(item, "speaker_label") or _get(segment, "speaker_label")
        for segment in segments
        for item in _list(_get(segment, "items")) or []
    }
    return list(_items(items, names))


def _items(items: Iterable[Any], names: Mapping[str, Any], channel: Any = None) -> Iterator[_Row]:
    for item in items:
        best = next(iter(_list(_get(item, "alternatives")) or []), None)
        start = _get(item, "start_time")
        yield _Row(
            _get(best, "content"),
            start,
            _get(item, "end_time"),
            _get(best, "confidence"),
            _get(item, "speaker_label") or names.get(str(start)) or channel,
            _get(item, "type") == "punctuation",
        )


def _call(document: Any) -> Iterable[_Row] | None:
    turns = _list(_get(document, "Transcript"))
    if turns is None:
        return None
    return [
        _Row(
            _get(item, "Content"),
            _thousandth(_get(item, "BeginOffsetMillis")),
            _thousandth(_get(item, "EndOffsetMillis")),
            _get(item, "Confidence"),
            _get(turn, "ParticipantRole"),
            _get(item, "Type") == "punctuation",
        )
        for turn in turns
        for item in _list(_get(turn, "Items")) or []
    ]


def _automation(document: Any) -> Iterable[_Row] | None:
    items = _list(_get(document, "audio_items"))
    if items is None:
        return None
    speakers = {
        _get(segment, "segment_index"): _get(_get(segment, "speaker"), "speaker_label")
        for segment in _list(_get(document, "audio_segments")) or []
    }
    return [
        _Row(
            _get(item, "content"),
            _thousandth(_get(item, "start_timestamp_millis")),
            _thousandth(_get(item, "end_timestamp_millis")),
            None,
            speakers.get(_get(item, "audio_segment_index")),
            _get(item, "start_timestamp_millis") is None,
        )
        for item in items
    ]


def _whisper(document: Any) -> Iterable[_Row] | None:
    segments = _list(_get(document, "segments")) if isinstance(document, Mapping) else _list(document)
    if not segments or _list(_get(segments[0], "words")) is None:
        return None
    return [
        _Row(
            *(
                _first(word, *names)
                for names in (("word", "w", "text"), ("start", "s"), ("end", "e"), ("probability", "p", "conf"))
            )
        )
        for segment in segments
        for word in _list(_get(segment, "words")) or []
    ]


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _first(value: Any, *names: str) -> Any:
    return next((found for name in names if (found := _get(value, name)) is not None), None)


def _list(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


def _thousandth(value: Any) -> float | None:
    seconds = _seconds(value)
    return None if seconds is None else seconds / 1000


def _seconds(value: Any) -> float | None:
    """A finite number that is not below 0, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _language(document: Any) -> str:
    results = _get(document, "results")
    code = (
        _get(results, "language_code")
        or _get(document, "LanguageCode")
        or _get(document, "language")
        or _get(_get(document, "metadata"), "dominant_asset_language")
    )
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code) else "en"


def _punctuated(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Words with the marks that follow them."""
    held: _Row | None = None
    for row in rows:
        text = clean(row.text, 80) if isinstance(row.text, str) else ""
        if row.mark:
            if held is not None and len(text) <= 4:
                held = held._replace(text=held.text + text)
            continue
        if held is not None:
            yield held
        held = row._replace(text=text) if text else None
    if held is not None:
        yield held


def _sound(rows: Iterable[_Row], duration: float | None) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """The rows that are words at a time, in order, each ending before the next begins; and what was left out."""
    limit = FURTHEST if duration is None else duration
    words: list[Word] = []
    names: dict[str, str] = {}
    dropped = 0
    for row in rows:
        start, end = _seconds(row.start), _seconds(row.end)
        if start is None or end is None or end < start or start >= limit:
            dropped += 1
            continue
        if len(words) == MOST_WORDS:
            dropped += 1
            continue
        confidence = _seconds(row.confidence)
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


# --- captions -------------------------------------------------------------------------------------------------------

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


def captions(text: str, duration: float | None = None) -> Read:
    """The words of SubRip or WebVTT.  Times inside a cue are kept; without them a word's time is its share of the cue."""
    cues = list(_cues(text))
    if not cues:
        raise Refusal("INVALID_TRANSCRIPT", "the captions beside the video hold no line with a time")
    timed = any(_INLINE.search(line) for cue in cues for line in cue.lines)
    rows = [row for cue in cues for row in _cue_rows(cue, timed)]
    words, warnings = _sound(rows, duration)
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


def _cue_rows(cue: _Cue, timed: bool) -> Iterator[_Row]:
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
            yield _Row(word, place, place + per * size, None, speaker)
            place += per * size


# --- times from another hearing -----------------------------------------------------------------------------------------


def align(words: Iterable[Word], heard: Iterable[Word]) -> tuple[Word, ...]:
    """``words`` with the times at which ``heard`` has the same words; those between take what is left between them.

    For a transcript whose words are right and whose times are guesses.  Where little agrees, the guesses stay.
    """
    told, found = list(words), list(heard)
    matcher = SequenceMatcher(a=[_key(word) for word in told], b=[_key(word) for word in found], autojunk=False)
    at: dict[int, Word] = {}
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            known = found[block.b + step]
            if abs(known.start - told[block.a + step].start) < 8.0:
                at[block.a + step] = known
    if len(at) * 2 < len(told):
        return tuple(told)
    placed: list[Word] = []
    index = 0
    while index < len(told):
        if index in at:
            placed.append(
                told[index].model_copy(
                    update={"start": at[index].start, "end": at[index].end, "confidence": at[index].confidence}
                )
            )
            index += 1
            continue
        stop = next((next_index for next_index in range(index, len(told)) if next_index in at), len(told))
        low = placed[-1].end if placed else told[index].start
        high = at[stop].start if stop in at else max(low, told[stop - 1].end)
        run = told[index:stop]
        low = max(low, min(run[0].start, high))
        sizes = [len(word.text) + 2 for word in run]
        # No word is held longer than it can be said, so that a stray word does not fill a silence.
        per = min(max(0.0, high - low) / sum(sizes), 0.09)
        for word, size in zip(run, sizes, strict=True):
            placed.append(word.model_copy(update={"start": low, "end": low + per * size}))
            low += per * size
        index = stop
    return tuple(placed)


def _key(word: Word) -> str:
    return "".join(char for char in word.text.casefold() if char.isalnum())
