"""The files of a run as one zip, made while it is sent: nothing is written, and at most one piece is held."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

PIECE = 1 << 20
"""Bytes that are read at once."""


class _Sink:
    """Keeps what was written until it is taken; it can't be sought, so that the zip is made front to back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """What is held is taken by ``take``."""

    def take(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return held


def bundle(files: Iterable[Path], folder: str) -> Iterator[bytes]:
    """The bytes of a zip that holds ``files`` by their names in ``folder``, not compressed: videos and pictures are already."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w") as made:
        for path in files:
            told = zipfile.ZipInfo.from_file(path, f"{folder}/{path.name}", strict_timestamps=False)
            with path.open("rb") as read, made.open(told, "w") as into:
                while piece := read.read(PIECE):
                    into.write(piece)
                    yield sink.take()
    yield sink.take()
