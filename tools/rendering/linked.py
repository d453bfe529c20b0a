"""The original as an editor's program finds it: by the link to it where it lies on this machine, else by its name."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple
from urllib.parse import quote

from tools.schema import Source
from tools.text import clean


class Original(NamedTuple):
    name: str
    url: str
    """Percent-encoded: ``file:///…``, or the name alone."""


def original(source: Source, link: str = "") -> Original:
    """``link`` is the ``file:`` URL of the original where it is known."""
    name = clean(PurePath(source.name).name, 120) or "source"
    return Original(name, link or quote(name))
