"""What an event of AWS asks for: a verdict for each record, whatever its shape.  Nothing here asks AWS or fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from tools.schema import Noun
from tools.text import clean

KEY_BYTES = 1024
"""Bytes of UTF-8 in a key, by S3's documentation."""
RECORDS = 1000
"""Records of one event that are judged; no sender of ours puts so many into one."""
SHOWN = 120
"""Characters of a foreign name in a reason."""

Answer = Literal["run", "ignored", "refused"]


class Verdict(Noun):
    """What one record of an event asks for.  ``code`` is stable; ``reason`` is for a person."""

    verdict: Answer
    code: str
    reason: str
    key: str = ""
    """The object's key as it was uploaded, byte for byte; only where the record names one of ours."""
    version_id: str = ""
    etag: str = ""
    """As S3 tells it, without quotes.  After an upload in parts it is no MD5."""
    size: int = 0
    sequencer: str = ""
    """Orders the events of one key, as text of one length; means nothing between keys."""
    message: str = ""
    """Id of the SQS message that the record came in."""

    @property
    def version(self) -> str:
        """Names the exact bytes: the version's id, or ETag and size where the bucket keeps no versions."""
        return self.version_id or f"{self.etag}/{self.size}"


def read(event: Any, bucket: str, prefix: str) -> list[Verdict]:
    """A verdict for each record of ``event``, at least one; only objects of ``bucket`` below ``prefix`` begin runs."""
    judge = _Judge(bucket, prefix)
    if not isinstance(event, dict):
        return [_refused("shape", f"The event is {_kind(event)}, not an object.")]
    if not event:
        return [_ignored("nothing", "The event is empty; there is nothing to do.")]
    if "Records" in event:
        return list(_records(event["Records"], judge))
    return [judge.single(event)]


def _records(records: Any, judge: _Judge) -> Iterator[Verdict]:
    if not isinstance(records, list):
        yield _refused("shape", f"Records is {_kind(records)}, not a list.")
        return
    if not records:
        yield _ignored("nothing", "The event has no records; there is nothing to do.")
    for record in records[:RECORDS]:
        if isinstance(record, dict) and record.get("eventSource") == "aws:sqs" and "body" in record:
            yield from _message(record, judge)
        else:
            yield judge.notified(record)
    if len(records) > RECORDS:
        yield _refused("too_many", f"The event has {len(records)} records; the first {RECORDS} were judged.")


def _message(record: dict[str, Any], judge: _Judge) -> Iterator[Verdict]:
    """The verdicts on what an SQS message carries, each with the message's id."""
    name = _text(record.get("messageId"))
    try:
        body = json.loads(record["body"])
    except (TypeError, ValueError, RecursionError):
        yield _refused("unreadable", "The message's body is not JSON.").model_copy(update={"message": name})
        return
    if isinstance(body, dict) and isinstance(body.get("Records"), list):
        found = [judge.notified(inner) for inner in body["Records"][:RECORDS]]
        found = found or [_ignored("nothing", "The message has no records; there is nothing to do.")]
    elif isinstance(body, dict) and "Records" not in body:
        found = [judge.single(body)]
    else:
        found = [_refused("unreadable", "The message's body is no event that is known here.")]
    for verdict in found:
        yield verdict.model_copy(update={"message": name})


class _Judge:
    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket, self.prefix = bucket, prefix

    def single(self, event: dict[str, Any]) -> Verdict:
        """The verdict on an event that is one thing: S3's test, or EventBridge's."""
        if event.get("Event") == "s3:TestEvent":
            return _ignored("test", "S3 tests the notification; there is nothing to do.")
        detail = event.get("detail")
        if not isinstance(detail, dict):
            return _refused("shape", "The event is of no shape that is known here.")
        if event.get("source") != "aws.s3":
            return _ignored("not_s3", f"The event is of {_shown(event.get('source'))}, not of S3.")
        if event.get("detail-type") != "Object Created":
            return _ignored("not_created", f"{_shown(event.get('detail-type'))} begins no run.")
        # EventBridge gives keys as they are.
        return self._object(detail, lambda key: key.encode(), "version-id", "etag")

    def notified(self, record: Any) -> Verdict:
        """The verdict on one record of an S3 notification."""
        if not isinstance(record, dict):
            return _refused("shape", f"The record is {_kind(record)}, not an object.")
        if record.get("eventSource") != "aws:s3":
            return _refused("not_s3", f"The record is of {_shown(record.get('eventSource'))}, not of S3.")
        name = record.get("eventName")
        if not isinstance(name, str):
            return _refused("shape", "The record does not say what happened.")
        s3 = record.get("s3")
        if not isinstance(s3, dict):
            return _refused("shape", "The record names no object.")
        # Notifications give keys as HTML forms do: a space is +.
        found = self._object(s3, lambda key: unquote_to_bytes(key.replace("+", " ")), "versionId", "eTag")
        if found.code != "bucket" and not name.removeprefix("s3:").startswith("ObjectCreated:"):
            return _ignored("not_created", f"{_shown(name)} begins no run.")
        return found

    def _object(self, told: dict[str, Any], decode: Any, version_name: str, etag_name: str) -> Verdict:
        bucket, thing = told.get("bucket"), told.get("object")
        if not isinstance(bucket, dict) or not isinstance(thing, dict):
            return _refused("shape", "The record names no object.")
        if bucket.get("name") != self.bucket:
            return _refused("bucket", f"Bucket {_shown(bucket.get('name'))} is not the inbox; nothing begins there.")
        key = _key(thing.get("key"), decode)
        if key is None:
            return _refused("key", f"A key is text of 1 to {KEY_BYTES} bytes; this one is not.")
        if not key.startswith(self.prefix):
            return _refused("prefix", f"{_shown(key)} is not below {_shown(self.prefix)}; nothing begins there.")
        if key.endswith("/"):
            return _ignored("folder", f"{_shown(key)} is a folder.")
        size = thing.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            return _refused("shape", f"The record does not tell the size of {_shown(key)}.")
        if size == 0:
            return _refused("empty", f"{_shown(key)} has no bytes. Upload it again.")
        version, etag = _text(thing.get(version_name)), _text(thing.get(etag_name)).strip('"')
        version = "" if version == "null" else version
        if not version and not etag:
            return _refused("shape", f"The record tells neither version nor ETag of {_shown(key)}.")
        sequencer = _text(thing.get("sequencer"))
        more = {"key": key, "version_id": version, "etag": etag, "size": size, "sequencer": sequencer}
        return Verdict(verdict="run", code="created", reason="A new object.", **more)


def _key(told: Any, decode: Any) -> str | None:
    """The key that was uploaded; None for what can be no key."""
    if not isinstance(told, str) or len(told) > 3 * KEY_BYTES:
        return None
    try:
        data: bytes = decode(told)
        return data.decode() if 0 < len(data) <= KEY_BYTES else None
    except UnicodeError:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= KEY_BYTES and value.isprintable() else ""


def _shown(value: Any) -> str:
    return (clean(value, SHOWN) if isinstance(value, str) else "") or "something without a name"


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}" if value is not None else "null"


def _ignored(code: str, reason: str) -> Verdict:
    return Verdict(verdict="ignored", code=code, reason=reason)


def _refused(code: str, reason: str) -> Verdict:
    return Verdict(verdict="refused", code=code, reason=reason)
