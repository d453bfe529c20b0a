"""Objects as files below one folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.files.whole import PART, fingerprint, temporary
from tools.ports import plain

CHUNK = 1 << 20
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.ENOSYS}


class Folder:
    """The local ``ObjectStore``: a key is a relative path, a name that is there is whole, and nothing is ever overwritten."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).expanduser()

    def fetch(self, key: str, into: Path) -> None:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, f"there is no {key}", key)
        with _beside(into) as part:
            _copy(path, part)
            os.replace(part, into)

    def put(self, key: str, path: Path, media_type: str) -> str:
        """Publish a file under ``key`` unless it is there with the same bytes; its SHA-256 in hex.

        Raises ``FileExistsError`` when other bytes are there.  ``media_type`` is told by the name's ending, here.
        """
        final = self._path(key)
        with _beside(final) as part:
            sha = _copy(path, part)
            try:
                _publish(part, final)
            except FileExistsError:
                self._path(key)  # a link that someone laid there meanwhile is not followed
                if not final.is_file() or fingerprint(final) != sha:
                    raise FileExistsError(
                        errno.EEXIST, f"{key} is there already with other bytes; it is not replaced", str(final)
                    ) from None
        return sha

    def names(self, prefix: str) -> list[str]:
        """Keys below the folder ``prefix``, sorted; all for an empty one."""
        start = self._path(prefix.rstrip("/")) if prefix.rstrip("/") else self.root
        found = []
        for place, _, files in os.walk(start):
            below = Path(place).relative_to(self.root)
            found += [
                (below / name).as_posix()
                for name in files
                if not name.startswith(PART) and not (Path(place) / name).is_symlink()
            ]
        return sorted(found)

    def remove(self, prefix: str) -> int:
        """Delete all below the folder ``prefix``, and that folder; how many files there were."""
        there = self._path(prefix.strip("/"))  # which an empty prefix is refused by
        found = len(self.names(prefix))
        if there.is_dir():
            shutil.rmtree(there)
            with contextlib.suppress(OSError):
                there.parent.rmdir()  # the video's folder, where this was its last run
        return found

    def _path(self, key: str) -> Path:
        """Where ``key`` lies.  Raises ``ValueError`` for one that is not a plain relative path or leads over a link."""
        parts = key.split("/")
        if not all(_fits(part) for part in parts):
            raise ValueError(
                f"{key!r:.200} can't be a key: give names between single slashes, none of them empty, '.' or '..', and no other separator"
            )
        path = self.root
        for part in PurePosixPath(key).parts:
            path /= part
            if path.is_symlink():
                raise ValueError(
                    f"{key!r:.200} leads over a symbolic link, which is not followed; remove it from {self.root}"
                )
        return path


def _fits(part: str) -> bool:
    drive = len(part) > 1 and part[1] == ":"
    return plain(part) and not part.startswith(PART) and "\\" not in part and not drive and len(part.encode()) <= 255


@contextlib.contextmanager
def _beside(final: Path) -> Iterator[Path]:
    """An empty file in ``final``'s folder, gone afterwards; what goes wrong with the disk is said in a sentence."""
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with temporary(final.parent) as part:
            yield part
    except OSError as error:
        if error.errno not in _SENTENCES:
            raise
        raise OSError(error.errno, _SENTENCES[error.errno], str(final.parent)) from error


_SENTENCES = {
    errno.ENOSPC: "The disk is full; free some space, then start again: nothing finished is lost",
    errno.EDQUOT: "The disk quota is used up; free some space, then start again: nothing finished is lost",
    errno.EROFS: "The folder can't be written to; choose another outbox",
    errno.EACCES: "The folder can't be written to; choose another outbox",
    errno.ENOTDIR: "A file is where a folder should be; choose another outbox",
}


def _copy(source: Path, into: Path) -> str:
    """Copy all bytes to disk; their SHA-256 in hex."""
    digest = hashlib.sha256()
    with source.open("rb") as read, into.open("wb") as write:
        while chunk := read.read(CHUNK):
            digest.update(chunk)
            write.write(chunk)
        write.flush()
        os.fsync(write.fileno())
    with contextlib.suppress(OSError):
        shutil.copymode(source, into)
    return digest.hexdigest()


def _publish(part: Path, final: Path) -> None:
    """Give a whole file its final name.  Raises ``FileExistsError`` when that is taken."""
    try:
        os.link(part, final, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(final):
            raise FileExistsError(errno.EEXIST, "taken", str(final)) from None
        os.replace(part, final)  # where the file system has no links, two at the same moment are not told apart
