"""The original as an editor's program finds it: by the link to it where it lies on this machine, else by its name."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple
from urllib.parse import quote

from tools.schema import Clip, Source
from tools.text import clean
from tools.words.compact import clock


class Original(NamedTuple):
    name: str
    url: str
    """Percent-encoded: ``file:///…``, or the name alone."""


def note(clip: Clip) -> str:
    """What a marker says of a clip: its role, why it plays, and of a reel where it lies in its own recording."""
    told = f"{clip.role}: {clean(clip.reason, 200)}"
    if clip.original is None:
        return told
    return f"{told} [{clean(clip.original.name, 80)} at {clip.original.timecode or clock(clip.original.start)}]"


def original(source: Source, link: str = "") -> Original:
    """``link`` is the ``file:`` URL of the original where it is known."""
    name = clean(PurePath(source.name).name, 120) or "source"
    return Original(name, link or quote(name))
