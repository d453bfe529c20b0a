"""What each platform takes, read from ``platforms.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from tools.schema import Noun, Shape


class Platform(Noun):
    """Hard limits and our aims; None where there is no limit."""

    id: str
    name: str
    looked_up: str
    """Year and month; limits change."""
    shapes: tuple[Shape, ...]
    seconds_max: float
    seconds_aim: tuple[float, float] | None = None
    title_characters: int | None = None
    """None where the platform has no title."""
    description_characters: int | None = None
    description_bytes: int | None = None
    caption_characters: int | None = None
    """Where there is one text: hook, description and tags share it."""
    tags_max: int | None = None
    tags_ours: int = 3
    tags_characters: int | None = None
    """Of all tags together."""
    hook_characters: int = 100
    seen_first: int = Field(description="Characters that are seen before a reader asks for more")
    voice: str = ""

    @property
    def has_title(self) -> bool:
        return self.title_characters is not None

    @property
    def text_limit(self) -> int:
        """Characters of the description at most."""
        return self.description_characters or self.caption_characters or 280


@lru_cache(maxsize=1)
def platforms() -> dict[str, Platform]:
    """Every platform by id."""
    rows = tomllib.loads((Path(__file__).with_name("platforms.toml")).read_text(encoding="utf-8"))
    return {name: Platform(id=name, **row) for name, row in rows.items()}


def named(names: Iterable[str]) -> tuple[list[Platform], list[str]]:
    """The platforms of ``names``, each once, and the names that none has.  Case, spaces and dashes are forgiven."""
    known = {
        _key(spelling): each
        for each in platforms().values()
        for spelling in (each.id, each.name, *_ALSO.get(each.id, ()))
    }
    found: dict[str, Platform] = {}
    unknown: list[str] = []
    for name in names:
        each = known.get(_key(name))
        if each is None:
            unknown.append(name)
        else:
            found[each.id] = each
    return list(found.values()), unknown


_ALSO = {"x": ("twitter",), "reels": ("instagram", "ig"), "shorts": ("short", "ytshorts"), "youtube": ("yt",)}


def _key(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
