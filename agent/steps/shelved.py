"""A run's folder in the outbox: files by the SHA-256 of their bytes and one list of their names, so that a revision may begin anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from tools.files.whole import PART, fingerprint, temporary
from tools.ports import ObjectStore
from tools.schema import Noun

LIST = "folder.json"


class Upload(Noun):
    """The exact object of the inbox that a run was made of."""

    key: str
    etag: str
    size: int
    version_id: str = ""


class Folder(Noun):
    """What is kept of a run's folder."""

    upload: Upload
    files: dict[str, str]
    """SHA-256 by name."""


def place(run: str, sha: str) -> str:
    return f"work/{run}/{sha}"


def keep(store: ObjectStore, folder: Path, files: Mapping[str, str], upload: Upload, scratch: Path) -> None:
    """Put the list of ``files`` into the outbox, and of the files what may not be there yet; the same again changes nothing."""
    for name, sha in files.items():
        store.put(place(folder.name, sha), folder / name, "application/octet-stream")
    listed = Folder(upload=upload, files=dict(sorted(files.items())))
    scratch.write_text(listed.model_dump_json(indent=1), "utf-8")
    store.put(place(folder.name, LIST), scratch, "application/json")


def listed(store: ObjectStore, run: str, scratch: Path) -> Folder | None:
    """The list of a run's folder; None where nothing was kept, or it was deleted."""
    try:
        store.fetch(place(run, LIST), scratch)
    except (FileNotFoundError, PermissionError):  # S3 tells who may not list that a missing object is forbidden
        return None
    return Folder.model_validate_json(scratch.read_bytes())


def restore(store: ObjectStore, into: Path, wanted: Callable[[str], bool] = lambda name: True) -> Folder | None:
    """Fill the folder ``into``, named as its run, with what is ``wanted`` by name.  None where it isn't there any more.

    Raises ``OSError`` for bytes that are not those that were kept.
    """
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = listed(store, into.name, into / f"{PART}{LIST}")
    if found is None:
        shutil.rmtree(into, ignore_errors=True)
        return None
    for name, sha in found.files.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise OSError(f"{name} is not a name in a run's folder")
        path = into / name
        if not wanted(name) or (path.is_file() and fingerprint(path) == sha):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary(path.parent) as part:
            try:
                store.fetch(place(into.name, sha), part)
            except (FileNotFoundError, PermissionError):
                return None
            if fingerprint(part) != sha:
                raise OSError(f"what was kept as {sha[:12]} has other bytes now")
            part.replace(path)
    return found
