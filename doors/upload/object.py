"""An object of the inbox, and the ways to its bytes."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

from doors.upload.events import Verdict
from tools.aws.s3 import S3, Pin
from tools.aws.transcribe import Transcribe
from tools.files.holes import Parts, Whole, forget
from tools.media import tables
from tools.media.facts import probe
from tools.ports import Engines
from tools.text import clean
from tools.troubles import Refusal

log = logging.getLogger("hookline")

SMALL = 48 << 20
"""Bytes up to which a video is fetched whole, which is quicker than asking for its parts."""
ROOM = 512 << 20
"""Bytes of disk that a run needs beside its video: sound, frames and promos."""


def tell_gone(key: str) -> str:
    return f"{clean(key, 120)} is gone; upload it again."


class Object:
    """One state of an object of the inbox, and the ways to its bytes: whole, in parts, and by the service that listens."""

    def __init__(self, inbox: S3, verdict: Verdict, small: int = SMALL) -> None:
        """``small`` is the most bytes of a video that is not worth asking for in parts."""
        self.small = small
        self.pin = Pin(f'"{verdict.etag}"', verdict.size, verdict.version_id or None)
        self.key, self.size = verdict.key, verdict.size
        self.inbox = replace(inbox, pins={verdict.key: self.pin})

    def fetch(self, into: Path) -> None:
        free = shutil.disk_usage(into.parent).free
        if self.size + ROOM > free:
            raise Refusal(
                "too_large",
                f"The video has {self.size >> 20} MB, and one of its kind is fetched whole; here is room for {max(0, free - ROOM) >> 20}. "
                "Export it smaller, or as an mp4 or mov, of which only the parts that are needed are read.",
            )
        try:
            self.inbox.fetch(self.key, into)
        except FileNotFoundError as error:
            raise Refusal("gone", tell_gone(self.key)) from error

    def reach(self, into: Path) -> Parts | None:
        """The video laid out so that parts of it can be brought; None for one that must be fetched whole, and for a small one."""
        if self.size <= self.small:
            return None
        said = json.dumps([self.inbox.bucket, self.key, *self.pin]).encode()
        parts = Parts(into, self.size, self._read, hashlib.sha256(said).hexdigest())
        try:
            tables.begin(parts)
            # What can't be looked at in parts may be sound as a whole.
            probe(into, self.key, parts.identity)
        except (Whole, Refusal) as why:
            log.info("fetched whole", extra={"why": clean(str(why), 300)})
            forget(into)
            return None
        return parts

    def _read(self, start: int, end: int) -> bytes:
        try:
            return self.inbox.read(self.key, start, end)
        except FileNotFoundError as error:
            raise Refusal("gone", tell_gone(self.key)) from error

    def heard_by(self, engines: Engines) -> Engines:
        """The engines, of which Amazon Transcribe opens the object itself, so that no sound is moved."""
        if not isinstance(engines.transcriber, Transcribe):
            return engines
        listens = replace(
            engines.transcriber,
            source_bucket=self.inbox.bucket,
            source_key=self.inbox.prefix + self.key,
            direct=True,
            latest=self.latest,
        )
        return replace(engines, transcriber=listens)

    def latest(self) -> bool:
        """Whether a newer object has taken the key's place: services read that one."""
        return replace(self.inbox, pins={}).pin(self.key).etag == self.pin.etag
