"""Moves an edge of a clip to where it is safe: into the pause beside it, or over whole sentences, as near as can be to what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agent.reading.change import Change, RevisionError
from agent.reading.edges import SOME
from agent.revising.draft import Draft, Item
from tools.cutting.edges import PAD, Side, after, at, before
from tools.finding.standing_alone import ending, opening
from tools.ids import Stretch
from tools.text import clean

LOST = 0.25
"""Seconds more, at the least, where a word is cut off: more than recognisers are out."""
QUIET = 6.0
"""Decibels over the quietest of a pause under which a word is over."""
NEAR = 0.5
"""Share of what was asked by which a move over whole sentences may miss it."""


class Place(NamedTuple):
    """Where an edge may come to lie, and the first and last sentence or shot that play then."""

    frame: int
    first: int
    last: int


def move_edge(draft: Draft, change: Change) -> None:
    """One edge of each clip that is named, earlier or later, or off the word that it cuts."""
    for number in change.clips:
        item = draft.item(number)
        begin, stop = _frames(draft, item)
        now = begin if change.side == "start" else stop
        seconds = change.by if change.by is not None else (-SOME if change.side == "start" else SOME)
        places = [place for place in _places(draft, item, change.side) if (place.frame - now) * seconds > 0]
        if change.by is None:
            place = _whole(draft, item, change.side, now, places)
        else:
            place = _nearest(draft, item, now, seconds, places)
        if place is None:
            raise RevisionError(_stuck(draft, item, change.side, seconds, now, places))
        _put(draft, item, change.side, place, now, change.by)


def stretch(draft: Draft, item: Item, seconds: float) -> None:
    """A clip longer, or with negative ``seconds`` shorter: at the edge that comes nearer to it, the end before the start."""
    begin, stop = _frames(draft, item)
    ways: list[tuple[float, int, Side, Place, int]] = []
    for rank, (side, now, sign) in enumerate((("end", stop, 1), ("start", begin, -1))):
        wanted = sign * seconds
        places = [p for p in _places(draft, item, side) if (p.frame - now) * wanted > 0]  # type: ignore[arg-type]
        if place := _nearest(draft, item, now, wanted, places):
            off = abs(float((place.frame - now) / draft.material.rate) - wanted)
            ways.append((round(off, 1), rank, side, place, now))  # type: ignore[arg-type]
    if not ways:
        raise RevisionError(_stuck(draft, item, "end", seconds, stop, _both(draft, item, seconds)))
    _, _, side, place, now = min(ways, key=lambda way: way[:2])
    _put(draft, item, side, place, now, seconds if side == "end" else -seconds)


def _frames(draft: Draft, item: Item) -> tuple[int, int]:
    if item.frames is None:
        raise RevisionError(f"{_name(draft, item)} is cut anew by the same words; say first the one, then the other.")
    return item.frames


def _places(draft: Draft, item: Item, side: Side) -> Iterator[Place]:
    """Where an edge is safe: in the pauses at sentences that no other clip plays, off flashes of another shot."""
    material, now = draft.material, Stretch.of(item.pick.ids)
    begin, stop = _frames(draft, item)
    others = [other.frames for other in draft.items if other is not item and other.frames]
    low = max((two for _, two in others if two <= begin), default=0)
    high = min((one for one, _ in others if one >= stop), default=material.frames)
    first, last = material.bounds(now)
    low, high = max(low, first), min(high, last)
    if not now.is_spoken:
        shots = material.shots[now.first], material.shots[now.last]
        low, high = max(low, after(shots[0].start, material.rate)), min(high, before(shots[1].end, material.rate))
        frames = range(low, stop) if side == "start" else range(begin + 1, high + 1)
        yield from (Place(f, now.first, now.last) for f in frames if material.is_clear(f, side))
        return
    taken = {name for other in draft.items if other is not item for name in other.pick.ids}
    indices = range(now.last + 1) if side == "start" else range(now.first, len(material.sentences))
    for n in sorted(indices, key=lambda n: abs(n - (now.first if side == "start" else now.last))):
        first, last = (n, now.last) if side == "start" else (now.first, n)
        ids = now._replace(first=first, last=last).ids
        if taken & set(ids):
            continue
        for frame in _pause(draft, n, side):
            if (
                low <= frame <= high
                and (frame < stop if side == "start" else frame > begin)
                and material.is_clear(frame, side)
            ):
                yield Place(frame, first, last)


def _pause(draft: Draft, n: int, side: Side) -> list[int]:
    """The frames of the pause before or after a sentence that keep off the words on both of its sides, or where a cut lies anyway."""
    material = draft.material
    low, high = material.gap(n, side)
    begins = low + PAD * (side == "end" or not material.is_outer(n, side))
    stops = high - PAD * (side == "start" or not material.is_outer(n, side))
    inside = range(after(begins, material.rate), before(stops, material.rate) + 1)
    usual = (edge.frame for edge in material.edges(n, side) if not edge.flags)
    return sorted({frame for frame in (*inside, *usual) if 0 <= frame <= material.frames})


def _nearest(draft: Draft, item: Item, now: int, seconds: float, places: list[Place]) -> Place | None:
    """What comes nearest to ``seconds`` on; in the same pause as far as it goes, over sentences only where that comes near."""
    rate, own = draft.material.rate, Stretch.of(item.pick.ids)

    def off(place: Place) -> float:
        return abs(float((place.frame - now) / rate) - seconds)

    same = [place for place in places if (place.first, place.last) == (own.first, own.last)]
    wider = [place for place in places if place not in same and not _severe(draft, place, own)]
    best = min((*same, *wider), key=off, default=None)
    if best is not None and off(best) <= NEAR * abs(seconds):
        return best
    most = min(same, key=off, default=None)
    return most if most is not None and abs(most.frame - now) / float(rate) >= PAD else None


def _severe(draft: Draft, place: Place, own: Stretch) -> bool:
    said = draft.material.sentences
    found = (
        *(opening(said, place.first) if place.first != own.first else ()),
        *(ending(said, place.last) if place.last != own.last else ()),
    )
    return any(each.severe for each in found)


def _whole(draft: Draft, item: Item, side: Side, now: int, places: list[Place]) -> Place | None:
    """Where a word that is cut off is over: the first quiet place of the pause, else as far as the pause goes."""
    material, own = draft.material, Stretch.of(item.pick.ids)
    same = sorted((p for p in places if (p.first, p.last) == (own.first, own.last)), key=lambda p: abs(p.frame - now))
    if not same:
        return None
    levels = [material.level(at(place.frame, material.rate)) for place in same]
    floor = min((level for level in levels if level is not None), default=None)
    for place, level in zip(same, levels, strict=True):
        far = abs(place.frame - now) / float(material.rate) >= LOST
        if far and (floor is None or level is None or level <= floor + QUIET):
            return place
    return same[-1]


def _put(draft: Draft, item: Item, side: Side, place: Place, now: int, asked: float | None) -> None:
    begin, stop = _frames(draft, item)
    moved = float((place.frame - now) / draft.material.rate)
    own = Stretch.of(item.pick.ids)
    ids = own._replace(first=place.first, last=place.last).ids
    item.pick = item.pick.model_copy(update={"ids": ids})
    item.frames = (place.frame, stop) if side == "start" else (begin, place.frame)
    verb = "begins" if side == "start" else "ends"
    told = f"{_name(draft, item).lower()} {verb} {abs(moved):.2f} s {'earlier' if moved < 0 else 'later'}"
    if asked is not None and abs(moved - asked) > 0.1:
        told += f", which is as near to {abs(asked):g} s as is safe"
    draft.notes.append(told)


def _both(draft: Draft, item: Item, seconds: float) -> list[Place]:
    _, stop = _frames(draft, item)
    return [place for place in _places(draft, item, "end") if (place.frame - stop) * seconds > 0]


def _stuck(draft: Draft, item: Item, side: Side, seconds: float, now: int, places: list[Place]) -> str:
    """Why an edge does not move, and what could be asked instead."""
    way = "earlier" if seconds < 0 else "later"
    verb = "begin" if side == "start" else "end"
    near = sorted({round(abs(float((p.frame - now) / draft.material.rate)), 1) for p in places})
    can = [*[n for n in near if 0.1 <= n <= abs(seconds)][-1:], *[n for n in near if n > abs(seconds)][:1]]
    told = f"{_name(draft, item)} can't {verb} {way} by {abs(seconds):g} s: an edge lies in a pause, and there is no room in this one{_beside(draft, item, side, seconds)}."
    return told + (f" Nearest: {' or '.join(f'{n:g} s' for n in can)} {way}." if can else "")


def _beside(draft: Draft, item: Item, side: Side, seconds: float) -> str:
    """The words that are in the way."""
    own, said = Stretch.of(item.pick.ids), draft.material.sentences
    if not own.is_spoken:
        return ""
    inward = (seconds > 0) == (side == "start")
    n = (own.first if side == "start" else own.last) + (0 if inward else (-1 if side == "start" else 1))
    if not 0 <= n < len(said):
        return ", for the video " + ("begins" if n < 0 else "ends") + " there"
    where = "before" if (side == "start") != inward else "after"
    return (
        f", for “{clean(said[n].text, 60)}” is said right {where} it"
        if not inward
        else f", for “{clean(said[n].text, 60)}” is said there"
    )


def _name(draft: Draft, item: Item) -> str:
    return f"Clip {draft.first.index(item) + 1}" if item in draft.first else "The new clip"
