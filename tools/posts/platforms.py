"""What each platform takes, read from ``platforms.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from tools.schema import Platform


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
