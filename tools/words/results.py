"""JSON of recognisers, read into Speech: Amazon Transcribe's results and their kin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tools.schema import Speech
from tools.text import clean
from tools.troubles import Refusal
from tools.words.rows import Row, as_seconds, settle
from tools.words.sentences import UNSPACED, WORD


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
    language = _language(document)
    words, warnings = settle(_whole(rows, language.split("-")[0].lower() not in UNSPACED), duration)
    return Speech(words=words, language=language, engine="sidecar", warnings=warnings)


def _standard(document: Any) -> Iterable[Row] | None:
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
        return sorted(rows, key=lambda row: as_seconds(row.start) or 0.0)
    segments = _list(_get(results.get("speaker_labels"), "segments")) or []
    names = {
        str(_get(item, "start_time")): _get(item, "speaker_label") or _get(segment, "speaker_label")
        for segment in segments
        for item in _list(_get(segment, "items")) or []
    }
    return _touching(list(_items(items, names)), _written(results))


def _written(results: Mapping[str, Any]) -> str:
    """What was said as the service writes it, spaces and all."""
    told = (_get(each, "transcript") for each in _list(results.get("transcripts")) or [])
    return " ".join(each for each in told if isinstance(each, str))


def _touching(rows: list[Row], written: str, reach: int = 40) -> list[Row]:
    """The rows, marked where ``written`` has no space before one: ``2`` ``.5`` is one word."""
    found, at = [], 0
    for row in rows:
        text = row.text if isinstance(row.text, str) else ""
        place = written.find(text, at, at + len(text) + reach) if text else -1
        found.append(row._replace(joined=place == at > 0) if place >= 0 else row)
        at = place + len(text) if place >= 0 else at
    return found


def _items(items: Iterable[Any], names: Mapping[str, Any], channel: Any = None) -> Iterator[Row]:
    for item in items:
        best = next(iter(_list(_get(item, "alternatives")) or []), None)
        start = _get(item, "start_time")
        yield Row(
            _get(best, "content"),
            start,
            _get(item, "end_time"),
            _get(best, "confidence"),
            _get(item, "speaker_label") or names.get(str(start)) or channel,
            _get(item, "type") == "punctuation",
        )


def _call(document: Any) -> Iterable[Row] | None:
    turns = _list(_get(document, "Transcript"))
    if turns is None:
        return None
    return [
        Row(
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


def _automation(document: Any) -> Iterable[Row] | None:
    items = _list(_get(document, "audio_items"))
    if items is None:
        return None
    speakers = {
        _get(segment, "segment_index"): _get(_get(segment, "speaker"), "speaker_label")
        for segment in _list(_get(document, "audio_segments")) or []
    }
    return [
        Row(
            _get(item, "content"),
            _thousandth(_get(item, "start_timestamp_millis")),
            _thousandth(_get(item, "end_timestamp_millis")),
            None,
            speakers.get(_get(item, "audio_segment_index")),
            _get(item, "start_timestamp_millis") is None,
        )
        for item in items
    ]


def _whisper(document: Any) -> Iterable[Row] | None:
    segments = _list(_get(document, "segments")) if isinstance(document, Mapping) else _list(document)
    if not segments or _list(_get(segments[0], "words")) is None:
        return None
    rows = [
        Row(
            *(
                _first(word, *names)
                for names in (("word", "w", "text"), ("start", "s"), ("end", "e"), ("probability", "p", "conf"))
            )
        )
        for segment in segments
        for word in _list(_get(segment, "words")) or []
    ]
    return _spaced(rows)


def _spaced(rows: list[Row]) -> list[Row]:
    """The rows, marked where one has no space before it, if the file writes the spaces with its words, as Whisper does."""
    texts = [row.text for row in rows if isinstance(row.text, str)]
    if 2 * sum(text[:1].isspace() for text in texts) < len(texts):
        return rows
    return [row._replace(joined=isinstance(row.text, str) and not row.text[:1].isspace()) for row in rows]


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _first(value: Any, *names: str) -> Any:
    return next((found for name in names if (found := _get(value, name)) is not None), None)


def _list(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


def _thousandth(value: Any) -> float | None:
    given = as_seconds(value)
    return None if given is None else given / 1000


def _language(document: Any) -> str:
    results = _get(document, "results")
    code = (
        _get(results, "language_code")
        or _get(document, "LanguageCode")
        or _get(document, "language")
        or _get(_get(document, "metadata"), "dominant_asset_language")
    )
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code) else "en"


def _whole(rows: Iterable[Row], spaced: bool) -> Iterator[Row]:
    """Words with the marks that follow them and, in a ``spaced`` language, with all else that no space parts from them."""
    held: Row | None = None
    for row in rows:
        text = clean(row.text, WORD) if isinstance(row.text, str) else ""
        if row.mark:
            if held is not None and len(text) <= 4:
                held = held._replace(text=held.text + text)
            continue
        if held is not None and row.joined and spaced and text and len(held.text + text) <= WORD:
            held = _one(held, row, text)
            continue
        if held is not None:
            yield held
        held = row._replace(text=text) if text else None
    if held is not None:
        yield held


def _one(held: Row, row: Row, text: str) -> Row:
    """Two parts of a word as one, as sure as the less sure of them."""
    sure = [each for part in (held, row) if (each := as_seconds(part.confidence)) is not None]
    end = row.end if as_seconds(row.end) is not None else held.end
    return held._replace(text=held.text + text, end=end, confidence=min(sure, default=None))
