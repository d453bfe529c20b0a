"""The clip of a cut, or the passage of the video, that is meant by a person's words."""

from __future__ import annotations

from collections.abc import Sequence

from agent.reading.change import RevisionError
from agent.revising.draft import Draft, Item
from tools.cutting.solver import MOST_CLIPS
from tools.find import MANY, moments, speaks_of
from tools.finding.terms import names
from tools.ids import index
from tools.schema import Pick


def find_playing(draft: Draft, query: str) -> Item | None:
    """The clip of the cut that speaks of ``query`` in its own words, if one does."""
    wanted = set(names(query))
    rated = (
        [(len(wanted & set(names(item.text))) / len(wanted), -place, item) for place, item in enumerate(draft.items)]
        if wanted
        else []
    )
    best = max(rated, key=lambda one: one[:2], default=None)
    return best[2] if best and best[0] > 0.99 else None


def find_meant(draft: Draft, query: str) -> Item:
    """The clip that is meant by ``query``.  Raises ``RevisionError`` where no clip of the cut can be."""
    if (there := find_playing(draft, query)) is not None:
        return there
    for moment in moments(draft.bench, query, MANY)[:1] if speaks_of(draft.bench, query) else []:
        for item in draft.items:
            if set(moment.ids) & set(item.pick.ids):
                return item
    raise RevisionError(
        f"No clip of this cut is about “{query}”. Name the clip by its number, 1 to {len(draft.first)}."
    )


def find_passage(draft: Draft, query: str) -> Item:
    """The best passage for ``query`` as a clip; what plays already is that clip."""
    found = moments(draft.bench, query, MANY) if speaks_of(draft.bench, query) else []
    if not found:
        raise RevisionError(
            f"Nothing in the video is about “{query}”; say it in other words, or give a time such as 1:02 to 1:10."
        )
    best = found[0]
    playing = {name: item for item in draft.items for name in item.pick.ids}
    if shared := [playing[name] for name in best.ids if name in playing]:
        if len(shared) == len(best.ids) or len(shared) * 2 >= len(best.ids):
            return shared[0]
        best = next((m for m in found if not playing.keys() & set(m.ids)), best)
    if playing.keys() & set(best.ids):
        free = tuple(name for name in best.ids if name not in playing)
        run = [name for name in free if index(name) - index(free[0]) == free.index(name)]
        best = best.model_copy(update={"ids": tuple(run)})
    return begin_item(best.ids, f"asked for: {query}", best.text)


def find_substitute(draft: Draft, old: Item) -> Item:
    """The best passage of about the old one's length that is not in the cut."""
    taken = {name for item in draft.items for name in item.pick.ids}
    seconds = float(old.size / draft.material.rate)
    free = [m for m in moments(draft.bench, draft.bench.brief.topic, MANY) if m.roles and not taken & set(m.ids)]
    if old is draft.items[0]:
        free = [m for m in free if "hook" in m.roles] or free
    near = [m for m in free if abs(m.seconds - seconds) <= max(2.0, 0.4 * seconds)] or free
    if not near:
        raise RevisionError("Nothing else in the video could stand in its place; say what it should be, or drop it.")
    best = max(near, key=lambda m: m.score - 0.02 * abs(m.seconds - seconds))
    return begin_item(best.ids, best.reason or "the next best", best.text)


def begin_item(ids: Sequence[str], reason: str, text: str) -> Item:
    return Item(Pick(ids=tuple(ids), role="proof", reason=reason[:600]), None, True, text)


def insert(draft: Draft, item: Item) -> None:
    """Put a new clip where it was said: after the last clip that comes before it, never as the opening."""
    place = index(item.pick.ids[0])
    earlier = [n for n, other in enumerate(draft.items) if n and index(other.pick.ids[0]) < place]
    draft.items.insert(earlier[-1] + 1 if earlier else min(1, len(draft.items)), item)


def demand_room(draft: Draft) -> None:
    if len(draft.items) >= MOST_CLIPS:
        raise RevisionError(f"The cut has {len(draft.items)} clips, and {MOST_CLIPS} are the most; drop one first.")
