"""Files that appear whole under their names or not at all, and the SHA-256 of what is in one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

PART = ".part-"
"""How the names of unfinished files begin."""


@contextlib.contextmanager
def whole(path: Path, folder: Path | None = None) -> Iterator[Path]:
    """A temporary name, beside ``path`` or in ``folder``, that becomes ``path`` if the block ends well and vanishes if not."""
    with temporary(folder or path.parent, path.suffix) as part:
        yield part
        os.replace(part, path)


@contextlib.contextmanager
def temporary(folder: Path, suffix: str = "") -> Iterator[Path]:
    """An empty file in ``folder`` that is gone after the block, unless it was given another name."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=PART, suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def write(path: Path, data: bytes) -> None:
    """Make ``data`` all that is in ``path``, whose folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as part:
        part.write_bytes(data)


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
