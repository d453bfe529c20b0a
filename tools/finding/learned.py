"""Which learned weights are read: those that come along, or a team's own in their place.

A folder of a team's weights holds a list of its files with their SHA-256; what it lacks is read from those that come along.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from tools.files import whole
from tools.schema import Noun
from tools.troubles import NotReady

OWN = Path(__file__).with_name("weights")
"""Those that come along."""
LIST = "weights.json"
KNOWN = ("passages.json", "passages_lexical.json", "reader.onnx", "wanted.onnx")
"""Files that may stand in another's place."""
LARGEST = 64 << 20
"""Bytes of one such file at most."""

_used: dict[str, Path] = {}


class Listed(Noun):
    """What lies in a folder of a team's weights."""

    files: dict[str, str] = Field(min_length=1)
    """SHA-256 by name."""
    scores: dict[str, Any] = {}
    """What they were worth on talks that they had not seen, before and after."""


def place(name: str) -> Path:
    """Where the weights of that name are read."""
    return _used.get(name, OWN / name)


def use(folder: Path | None) -> dict[str, str]:
    """Read the weights of ``folder`` from now on, and those that come along for None; the first 12 digits of each SHA-256 by name.

    Raises ``NotReady`` for what is not there, not whole, or no weights.
    """
    listed = there(folder) if folder else {}
    _used.clear()
    if folder:
        _used.update({name: folder / name for name in listed})
    return {name: sha[:12] for name, sha in listed.items()}


def there(folder: Path) -> dict[str, str]:
    """The files of a team's weights with their SHA-256, each looked at.  Raises ``NotReady``."""
    listed = read(folder / LIST)
    for name, sha in listed.files.items():
        path = folder / name
        if name not in KNOWN or not path.is_file() or path.stat().st_size > LARGEST or whole.fingerprint(path) != sha:
            raise NotReady(
                f"{path} is not what {LIST} beside it says; train anew, or take HOOKLINE_WEIGHTS away for the weights that come along"
            )
        if name.endswith(".json") and (why := unsound(path.read_bytes())):
            raise NotReady(f"{path} holds no trees: {why}; train anew, or take HOOKLINE_WEIGHTS away")
    return dict(listed.files)


def read(path: Path) -> Listed:
    """The list of a folder of weights.  Raises ``NotReady``."""
    try:
        return Listed.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise NotReady(
            f"HOOKLINE_WEIGHTS names {path.parent}, where no {LIST} can be read: {error}; name a folder that `hookline evals train` wrote"
        ) from error


def publish(folder: Path, files: Mapping[str, bytes], scores: Mapping[str, Any]) -> dict[str, str]:
    """Write weights into ``folder``, the list last; their SHA-256 by name.  Who reads meanwhile finds the old list and says so."""
    for name, data in files.items():
        whole.write(folder / name, data)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    whole.write(folder / LIST, (Listed(files=sums, scores=dict(scores)).model_dump_json(indent=1) + "\n").encode())
    return sums


def unsound(data: bytes) -> str:
    """Why ``data`` are no trees that could be walked to an end; empty for those that can."""
    try:
        told = json.loads(data)
        names, roots, feature, threshold, left, right = (
            told[key] for key in ("names", "roots", "feature", "threshold", "left", "right")
        )
        count = len(feature)
        if not all(isinstance(each, str) for each in names) or not roots:
            return "names or roots are wrong"
        if {len(threshold), len(left), len(right)} != {count} or not all(0 <= root < count for root in roots):
            return "its arrays are of several lengths, or a root lies outside of them"
        for at, column in enumerate(feature):
            # A child stands behind its parent, so that every walk ends.
            if column >= 0 and not (column < len(names) and at < left[at] < count and at < right[at] < count):
                return f"node {at} leads nowhere"
        float(sum(threshold))
    except (ValueError, TypeError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
