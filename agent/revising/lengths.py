"""Brings a changed cut to the length that was asked, or lets it be what it comes to, with as few clips changed as can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice

from agent.reading.change import RevisionError
from agent.revising.draft import Draft, Item
from agent.revising.objections import rest, weight
from agent.revising.passages import begin_item, insert
from tools.cutting.checks import check
from tools.cutting.edges import snap
from tools.cutting.solver import MOST_CLIPS, TOLERANCE, Choice, Solution, lengths, solve
from tools.find import MANY, moments
from tools.finding.standing_alone import ending, opening
from tools.ids import Stretch
from tools.ports import Bench
from tools.schema import LONGEST, SHORTEST, Pick, Role

SOFT = 0.1
"""Share of now that "shorter" and "longer" may come out beside what they mean."""


WAYS = 12
"""Ways to a length that are looked at, fewest changes first."""
TRIED = 24
"""Passages that are tried, best first, where something is to be added."""


Settled = tuple[list[Pick], tuple[Choice, ...]]
"""Picks, and how each that plays does."""


def settle(draft: Draft) -> Settled:
    """The picks and how they play, at the length that was asked or at what they come to."""
    new = [item for item in draft.items if item.new]
    if draft.target is None and draft.fit and draft.before >= SHORTEST:
        for slack in (TOLERANCE, SOFT * draft.before):
            if found := _at_length(draft, draft.before, slack, kept=new):
                return found
    if draft.target is not None and not _there_already(draft):
        return _asked(draft)
    natural = sum(_natural(draft, item) for item in draft.items)
    if not SHORTEST <= natural <= LONGEST:
        raise RevisionError(
            f"That would make it {natural:.1f} s long; a promo lasts {SHORTEST:g} to {LONGEST:g} s. Say what to put in or leave out as well."
        )
    if found := _solved(draft, draft.items, natural, TOLERANCE):
        return found
    raise RevisionError("The clips can't be cut to whole frames like this; say how long the promo should be.")


def _there_already(draft: Draft) -> bool:
    """Whether the other changes made it as much shorter, or longer, as "shorter" and "longer" ask."""
    if draft.target is None or not draft.soft:
        return False
    now = sum(_natural(draft, item) for item in draft.items)
    return now <= draft.target if draft.target < draft.before else now >= draft.target


def _asked(draft: Draft) -> Settled:
    target, slack = draft.target or 0.0, draft.slack
    if draft.soft:  # "shorter" asks for no number, so it stays within what there can be
        target = min(max(target, SHORTEST + TOLERANCE), LONGEST - TOLERANCE)
    if not SHORTEST <= target <= LONGEST:
        raise RevisionError(f"A promo lasts {SHORTEST:g} to {LONGEST:g} seconds; {target:.1f} s would be asked.")
    if found := _at_length(draft, target, slack, kept=[item for item in draft.items if item.new]):
        return found
    near = _nearest(draft, target)
    raise RevisionError(
        f"These clips can't be made {target:.1f} s long."
        + (f" Nearest: {' or '.join(f'{n:.1f} s' for n in near)}." if near else "")
    )


def _at_length(draft: Draft, target: float, slack: float, kept: Sequence[Item]) -> Settled | None:
    """The cut at ``target`` with as few clips changed as can be; ``kept`` may not be left out."""
    natural = sum(_natural(draft, item) for item in draft.items)
    if abs(natural - target) <= slack and (
        found := _solved(draft, draft.items, natural if slack > TOLERANCE else target, slack)
    ):
        return found
    if natural > target and (found := _followed(draft, _few(draft, target, slack, kept), slowed=True)):
        return found
    if natural < target and (found := _followed(draft, _more(draft, target, slack))):
        return found
    loose = [_loose(item, stays=item in kept) for item in draft.items]
    for items in (loose, [replace(item, frames=None) for item in draft.items], *_filled(draft, loose)):
        if found := _solved(draft, items, target, slack):
            return found
    return None


def _followed(draft: Draft, ways: Iterator[Settled], slowed: bool = False) -> Settled | None:
    """The first of a few ways, fewest changes first, at which a stranger is least lost, or else ``slowed`` least."""
    best: tuple[tuple[int, float], Settled] | None = None
    for picks, choices in islice(ways, WAYS):
        runs = [choice.ids(picks[choice.pick]) for choice in choices]
        lost, slow = weight(draft, runs)
        left = lost, round(slow - rest(draft, runs[-1][-1]), 1) if slowed else 0.0
        if best is None or left < best[0]:
            best = left, (picks, choices)
        if not (lost or slowed):
            break
    return best[1] if best else None


def _filled(draft: Draft, loose: Sequence[Item]) -> Iterator[list[Item]]:
    """What there is, loosened, with passages beside it that may stand in for what is left out."""
    room = MOST_CLIPS - len(loose)
    some = _apart(_extras(draft))
    for at in range(0, len(some), max(1, room)):
        may = [replace(one, pick=one.pick.model_copy(update={"optional": True})) for one in some[at : at + room]]
        if may:
            yield _with(replace(draft, items=list(loose)), may)


def _extras(draft: Draft) -> list[Item]:
    """Passages that are not in the cut, best first."""
    taken = {name for item in (*draft.items, *draft.first) for name in item.pick.ids}
    free = [m for m in moments(draft.bench, draft.bench.brief.topic, MANY) if m.roles and not taken & set(m.ids)]
    return [begin_item(m.ids, m.reason or "ranked next", m.text) for m in free[:TRIED]]


def _few(draft: Draft, target: float, slack: float, kept: Sequence[Item]) -> Iterator[Settled]:
    """Ways to get shorter, fewest changes first: some clips left out, at most one trimmed, the others frame by frame."""
    opens, size = draft.items[0], {id(item): _natural(draft, item) for item in draft.items}
    total = sum(size.values())
    droppable = [item for item in draft.items if item not in kept and item is not opens]
    trims: list[Item | None] = [None, *(item for item in draft.items if item not in kept and len(item.pick.ids) > 1)]
    ways: list[tuple[int, float, int, tuple[Item, ...], Item | None]] = []
    for count in range(len(droppable) + 1):
        for gone in combinations(droppable, count):
            left = total - sum(size[id(item)] for item in gone)
            for trimmed in trims:
                if trimmed in gone or (not gone and trimmed is None):
                    continue
                over = left - target
                if trimmed is None and abs(over) > slack:
                    continue
                if trimmed is not None and not (0 < over < size[id(trimmed)] - 0.5):
                    continue
                ways.append(
                    (
                        len(gone) + (trimmed is not None),
                        sum(size[id(i)] for i in gone) + abs(over),
                        len(ways),
                        gone,
                        trimmed,
                    )
                )
    for *_, gone, trimmed in sorted(ways, key=lambda way: way[:3])[:60]:
        items = [_loose(item) if item is trimmed else item for item in draft.items if item not in gone]
        if found := _solved(draft, items, target, slack):
            yield found


def _more(draft: Draft, target: float, slack: float) -> Iterator[Settled]:
    """Ways to get longer: one more sentence on a clip, then one passage more, then several; what was there stays."""
    taken = {name for item in draft.items for name in item.pick.ids}
    need = target - sum(_natural(draft, item) for item in draft.items)
    for n, item in enumerate(draft.items):
        for grown in _grown(draft, item, taken, need + slack):
            items = [*draft.items[:n], grown, *draft.items[n + 1 :]]
            if found := _solved(draft, items, target, slack):
                yield found
    extras = _extras(draft)
    for extra in extras:
        fits = len(draft.items) < MOST_CLIPS and abs(_natural(draft, extra) - need) <= slack + 1.0
        if fits and (found := _solved(draft, _with(draft, [extra]), target, slack)):
            yield found
    room = MOST_CLIPS - len(draft.items)
    for at in range(0, max(1, len(extras) - room + 1), max(1, room // 2)):
        some = [
            replace(one, pick=one.pick.model_copy(update={"optional": True}))
            for one in _apart(extras[at : at + 3 * room])[:room]
        ]
        for items in (_with(draft, some), [replace(i, frames=None) for i in _with(draft, some)]):
            if some and (found := _solved(draft, items, target, slack)):
                yield found


def _apart(items: Sequence[Item]) -> list[Item]:
    """Those of ``items`` that share nothing with one before them."""
    found: list[Item] = []
    for item in items:
        if not any(set(item.pick.ids) & set(other.pick.ids) for other in found):
            found.append(item)
    return found


def _with(draft: Draft, extras: Iterable[Item]) -> list[Item]:
    wider = replace(draft, items=list(draft.items))
    for extra in extras:
        insert(wider, extra)
    return wider.items


def _grown(draft: Draft, item: Item, taken: set[str], most: float) -> Iterator[Item]:
    """A clip with one to three sentences more on either side, within ``most`` seconds more."""
    now, said = Stretch.of(item.pick.ids), draft.material.sentences
    if not now.is_spoken:
        return
    for wider in draft.material.grown(now, taken):
        more = sum(each.length for each in said[wider.span]) - sum(each.length for each in said[now.span])
        severe = any(each.severe for each in (*opening(said, wider.first), *ending(said, wider.last)))
        if more <= most and not severe:
            yield replace(item, pick=item.pick.model_copy(update={"ids": wider.ids}), frames=None)


def _loose(item: Item, stays: bool = False) -> Item:
    """A clip whose edges may move and that, unless it stays whole, may be trimmed to whole sentences or left out."""
    return replace(item, pick=item.pick.model_copy(update={"optional": not stays}), frames=None)


def _natural(draft: Draft, item: Item) -> float:
    """Seconds of a clip as it plays, or with its edges where they are best."""
    if item.frames:
        return float(item.size / draft.material.rate)
    kind, first, last = Stretch.of(item.pick.ids)
    if kind == "V":
        return draft.material.shots[last].end - draft.material.shots[first].start
    edges = snap(draft.material, first, "start"), snap(draft.material, last, "end")
    return float((edges[1].frame - edges[0].frame) / draft.material.rate)


def _solved(draft: Draft, items: Sequence[Item], target: float, slack: float) -> Settled | None:
    """The items at ``target`` within ``slack``, the first as the hook; None where that can't be, or changes nothing that should."""
    picks = [_with_role(item.pick, place, len(items), item.pick.optional) for place, item in enumerate(items)]
    pins = {item.pick.ids: item.frames for item in items if item.frames}
    material = replace(draft.material, pins=pins)
    chosen, wrong = check(material, _asking(draft), picks, min(max(target, SHORTEST), LONGEST))
    if wrong:
        raise RevisionError("That can't be cut: " + "; ".join(wrong) + ".")
    found = solve(material, chosen, target, slack)
    if not isinstance(found, Solution):
        return None
    length = float(found.frames / material.rate)
    return (chosen, found.choices) if SHORTEST <= length <= LONGEST else None


def _asking(draft: Draft) -> Bench:
    """A person may open with a greeting; only a machine may not."""
    brief = draft.bench.brief
    return replace(draft.bench, brief=brief.model_copy(update={"options": brief.options.but(opening="any")}))


def _with_role(pick: Pick, place: int, count: int, optional: bool) -> Pick:
    """One hook, and it plays first; another clip that was the hook becomes proof, or the close where it plays last."""
    role: Role = "hook" if place == 0 else pick.role
    if place and role == "hook":
        role = "close" if place == count - 1 else "proof"
    return pick.model_copy(update={"role": role, "optional": optional})


def _nearest(draft: Draft, target: float) -> list[float]:
    items = [_loose(item) for item in draft.items]
    picks = [_with_role(item.pick, place, len(items), True) for place, item in enumerate(items)]
    can = [length for length in lengths(draft.material, picks) if SHORTEST <= length <= LONGEST]
    below, above = [c for c in can if c <= target][-1:], [c for c in can if c > target][:1]
    return [*below, *above]
