"""Files that appear whole under their names or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole(path: Path, folder: Path | None = None) -> Iterator[Path]:
    """A temporary name, beside ``path`` or in ``folder``, that becomes ``path`` if the block ends well and vanishes if not."""
    handle, name = tempfile.mkstemp(dir=folder or path.parent, prefix=".part-", suffix=path.suffix)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def temporary(folder: Path, suffix: str) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".part-", suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
