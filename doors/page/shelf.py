"""The laptop's videos: each under an id made of its bytes, and of its name where they are here under another; no name is a path."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from agent.brief import identity
from doors.page import beside
from doors.page.guard import No, unknown
from tools.files.whole import fingerprint, temporary, write
from tools.media import facts
from tools.rendering.soundtrack import MUSIC_BYTES
from tools.text import clean
from tools.troubles import Refusal
from tools.words.sidecar import LARGEST as TRANSCRIPT_BYTES

LARGEST = 4 << 30
"""Bytes of an uploaded video at most."""
ROOM = 512 << 20
"""Bytes that an upload leaves free on the disk."""
LIMITS = {"transcript": TRANSCRIPT_BYTES, "music": MUSIC_BYTES}
"""Bytes at most of what is given with a video."""


class Folder:
    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self.folder, self.largest = folder, largest

    def videos(self, tenant: str = "local") -> list[dict[str, Any]]:
        """Every video, newest first."""
        found = [self._about(path.parent) for path in self.folder.glob("*/about.json")]
        return sorted(found, key=lambda video: video["added"], reverse=True)

    def video(self, name: str, tenant: str = "local") -> dict[str, Any]:
        """One video by its id, with its whole SHA-256.  Raises ``No`` for an id that is none."""
        folder = self.folder / name
        if not re.fullmatch(r"[0-9a-f]{20}", name) or not (folder / "about.json").is_file():
            raise unknown("video")
        return self._about(folder)

    def path(self, name: str) -> Path:
        """The video's bytes."""
        return self.folder / self.video(name)["id"] / "video.bin"

    def beside(self, name: str, tenant: str = "local", music: str | None = None) -> beside.Beside:
        """What a request for a video uses beside it.  Raises ``No`` for music that was not given with it."""
        return beside.find(self.path(name).parent, music)

    async def give(self, name: str, what: str, chunks: AsyncIterator[bytes], content_type: str) -> dict[str, Any]:
        """Keep the file of a form as the ``transcript`` of a video, or as ``music`` for it.  Raises ``No`` or ``Refusal``; nothing is lost."""
        video = self.video(name)
        folder = self.folder / name

        def keep(path: Path, given: str) -> dict[str, Any]:
            shown = given.replace("\\", "/").rsplit("/", 1)[-1]
            if what == "music":
                beside.keep_music(folder, path, shown)
            else:
                beside.keep_transcript(folder, path, shown, video["seconds"])
            return self._about(folder)

        return await self._received(chunks, content_type, what, LIMITS[what], keep)

    def drop_transcript(self, name: str) -> dict[str, Any]:
        """A video without the transcript that was given with it."""
        folder = self.path(name).parent
        beside.drop_transcript(folder)
        return self._about(folder)

    def add(self, path: Path, name: str) -> dict[str, Any]:
        """Take over a file that may be moved.  Raises ``Refusal`` for what is no video."""
        sha = fingerprint(path)
        shown = clean(name.replace("\\", "/").rsplit("/", 1)[-1], 120, max_bytes=200) or "video"
        folder = first = self.folder / sha[:20]
        if (first / "about.json").is_file() and self._about(first)["name"] != shown:
            folder = self.folder / identity(sha.encode(), shown.encode())
        if (folder / "about.json").is_file():
            return self._about(folder)
        source = facts.probe(path, shown)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(path, folder / "video.bin")
        about = {
            "id": folder.name,
            "sha256": sha,
            "name": shown,
            "bytes": source.bytes,
            "seconds": round(source.duration, 3),
            "added": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        write(folder / "about.json", json.dumps(about).encode())
        return self._about(folder)

    def copy(self, path: Path) -> dict[str, Any]:
        """Add a file that stays where it is."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with temporary(self.folder) as copy:
            shutil.copyfile(path, copy)
            return self.add(copy, path.name)

    async def receive(self, chunks: AsyncIterator[bytes], content_type: str) -> dict[str, Any]:
        """Add the file of a form as its bytes come in.  Raises ``No`` or ``Refusal``; nothing is left of what is refused."""
        return await self._received(chunks, content_type, "video", self.largest, self.add)

    async def _received(
        self,
        chunks: AsyncIterator[bytes],
        content_type: str,
        what: str,
        largest: int,
        keep: Callable[[Path, str], dict[str, Any]],
    ) -> dict[str, Any]:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise No(
                415,
                "media-type",
                "The body is not a form with a file.",
                "Send multipart/form-data with a part named file.",
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with temporary(self.folder) as path:
            with path.open("wb") as file:
                part = _Part(file, what, largest, shutil.disk_usage(self.folder).free - ROOM)
                await _parse(chunks, options[b"boundary"], part)
            if not part.size:
                raise No(422, "no-file", f"No {what} came with the form.", "Choose a file in the part named file.")
            return await run_in_threadpool(keep, path, part.name)

    def _about(self, folder: Path) -> dict[str, Any]:
        about: dict[str, Any] = json.loads((folder / "about.json").read_text("utf-8"))
        return about | beside.about(folder)


class _Part:
    """Writes the part named ``file`` to disk; every other part is passed over."""

    def __init__(self, file: Any, what: str, largest: int, free: int) -> None:
        self.file, self.what, self.largest, self.free = file, what, largest, free
        self.name, self.size = "", 0
        self._field, self._head, self._ours = b"", b"", False

    def callbacks(self) -> Any:
        return {
            "on_header_begin": self._begin,
            "on_header_field": self._name,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._field = self._head = b""

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._head += data[start:end]

    def _header(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._head)
            self._ours = options.get(b"name") == b"file" and not self.size
            if self._ours:
                self.name = options.get(b"filename", b"").decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if not self._ours:
            return
        self.size += end - start
        if self.size > self.largest:
            raise No(413, "too-large", f"The {self.what} has more than {self.largest >> 20} MB.", "Export it smaller.")
        if self.size > self.free:
            raise No(
                413, "disk", f"The disk has no room for this {self.what}.", "Free some space, or export it smaller."
            )
        self.file.write(data[start:end])

    def _end(self) -> None:
        self._ours = False


async def _parse(chunks: AsyncIterator[bytes], boundary: bytes, part: _Part) -> None:
    from python_multipart.exceptions import FormParserError

    try:
        parser = MultipartParser(boundary, part.callbacks())
        async for chunk in chunks:
            await run_in_threadpool(parser.write, chunk)
        parser.finalize()
    except FormParserError:
        raise No(400, "form", "The form can't be read.", "Send multipart/form-data with a part named file.") from None


def refused(error: Refusal) -> No:
    """A refusal as an answer; its message says both what was wrong and what to do."""
    return No(422, error.code, str(error), "Choose another video or another wish.")
