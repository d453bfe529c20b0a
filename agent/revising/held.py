"""What the words of a change hold a cut to, whoever carries it out."""

from __future__ import annotations

from collections.abc import Sequence

from agent.reading.change import Change
from agent.revising.draft import Draft
from tools.schema import Pick, Revised

STAYS = ("keep", "swap", "order", "move", "open", "close", "trim", "extend", "edge")
"""Changes whose clips, named by number, go on playing."""
ORDERS = ("swap", "order", "move")
ALL = ("length",)
"""Changes that name all of a cut."""


def held(draft: Draft, now: Sequence[Pick], changes: Sequence[Change]) -> Revised:
    """The bounds of ``changes``, carried out in ``draft`` on the clips ``now``."""
    playing = {name for item in draft.items for name in item.pick.ids}
    left = {id(item) for item in draft.items}
    gone = [name for item, pick in zip(draft.first, now, strict=True) if id(item) not in left for name in pick.ids]
    stays = dict.fromkeys(_numbered(now, change, n) for change in changes if change.what in STAYS for n in change.clips)
    named = {id(item) for item in draft.items if item.new} | {
        id(item) for item, pick in zip(draft.first, now, strict=True) if pick.ids in stays
    }
    named |= {id(draft.items[0]) for change in changes if change.what == "open" and draft.items}
    named |= {id(draft.items[-1]) for change in changes if change.what == "close" and draft.items}
    draft.named = [item for item in draft.items if id(item) in named]
    first, last = _edge(draft, now, changes, "open", "first"), _edge(draft, now, changes, "close", "last")
    return Revised(
        now=tuple(now),
        gone=tuple(name for name in gone if name not in playing),
        plays=tuple(run for run in stays if set(run) & playing),
        first=first,
        last=last,
        order=_ordered(draft, now, changes),
        opened=_opened(draft, now, changes),
        whole=any(change.what in ALL for change in changes),
    )


def _numbered(now: Sequence[Pick], change: Change, n: int) -> tuple[str, ...]:
    return now[n - 1 if n > 0 else len(now) + n].ids


def _edge(draft: Draft, now: Sequence[Pick], changes: Sequence[Change], what: str, place: str) -> tuple[str, ...]:
    """The clip that was named, by number, to open or to close; empty where none was, or by its words alone."""
    for change in changes:
        if change.clips and (
            change.what == what or (change.what == "move" and change.place == place and len(change.clips) == 1)
        ):
            return _numbered(now, change, change.clips[0])
        if change.what == "order" and change.clips and place == "first":
            return _numbered(now, change, change.clips[0])
    return ()


def _ordered(draft: Draft, now: Sequence[Pick], changes: Sequence[Change]) -> tuple[tuple[str, ...], ...]:
    """The clips that were named to be put in an order, as they stand now."""
    moved = {_numbered(now, change, n) for change in changes if change.what in ORDERS for n in change.clips}
    by_item = {id(item): pick.ids for item, pick in zip(draft.first, now, strict=True)}
    return tuple(ids for item in draft.items if (ids := by_item.get(id(item))) in moved and ids is not None)


def _opened(draft: Draft, now: Sequence[Pick], changes: Sequence[Change]) -> str:
    """What opened before, where another opening was asked for in words."""
    asked = any(change.what == "open" and not change.clips for change in changes)
    return now[0].ids[0] if asked and draft.items and draft.items[0].pick.ids[0] != now[0].ids[0] else ""
