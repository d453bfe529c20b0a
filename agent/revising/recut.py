"""Carries changes out on the last cut by arithmetic: the smallest change that does what was said, the rest frame by frame as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from agent.reading.changes import NOTHING_LEFT, Change, RevisionError
from tools.cutting.checks import check
from tools.cutting.edges import Material, snap
from tools.cutting.material import working
from tools.cutting.solver import MOST_CLIPS, TOLERANCE, Choice, Solution, lengths, solve
from tools.find import MANY, moments, speaks_of
from tools.finding.standing_alone import ending, opening
from tools.finding.terms import terms, words
from tools.ids import Stretch
from tools.ports import Bench
from tools.schema import LONGEST, SHORTEST, CutList, Noun, Pick, Role, Seconds, Shape, Style

SOFT = 0.1
"""Share of now that "shorter" and "longer" may come out beside what they mean."""
TRIED = 24
"""Passages that are tried, best first, where something is to be added."""


class Recut(Noun):
    """What a revision comes to: picks with the frames they play, and what else is asked of the files."""

    picks: tuple[Pick, ...]
    pins: dict[str, tuple[int, int]]
    """First frame and frames of each pick, by its ids as ``S4-S5``."""
    target: Seconds
    shapes: tuple[Shape, ...]
    platforms: tuple[str, ...]
    captions: Style
    tone: str = ""
    rewrite: bool = False
    """Write the words again though the clips are the same."""


@dataclass(eq=False)
class Item:
    """A clip on its way through the changes."""

    pick: Pick
    frames: tuple[int, int] | None = None
    """First frame and the frame after the last, where it plays as it did; None where it may be cut anew."""
    new: bool = False
    text: str = ""

    @property
    def size(self) -> int:
        return self.frames[1] - self.frames[0] if self.frames else 0


@dataclass
class Draft:
    """The cut as the changes leave it."""

    items: list[Item]
    first: list[Item]
    """As they played before: what numbers in words mean."""
    bench: Bench
    material: Material
    shapes: tuple[Shape, ...]
    platforms: tuple[str, ...]
    captions: Style
    target: float | None = None
    """Seconds asked of the whole; None to let it be what it comes to."""
    slack: float = TOLERANCE
    soft: bool = False
    """Shorter or longer was asked without a number."""
    fit: bool = False
    """Keep the length that it had although something new is in it."""
    tone: str = ""
    rewrite: bool = False
    notes: list[str] = field(default_factory=list)

    def item(self, number: int) -> Item:
        """The clip of this number, as they were numbered before any change."""
        place = number - 1 if number > 0 else len(self.first) + number
        if not 0 <= place < len(self.first):
            there = f"clips 1 to {len(self.first)}" if len(self.first) > 1 else "one clip"
            raise RevisionError(f"There is no clip {number}; this cut has {there}.")
        found = self.first[place]
        if found not in self.items:
            raise RevisionError(f"Clip {place + 1} is left out by the same words that change it; say one of the two.")
        return found

    @property
    def length(self) -> float:
        return float(sum(item.size for item in self.items) / self.material.rate)

    @property
    def before(self) -> float:
        return float(sum(item.size for item in self.first) / self.material.rate)


def recut(bench: Bench, cut: CutList, changes: Sequence[Change]) -> Recut:
    """What ``changes`` make of ``cut``; ``bench`` is that of the run that made it, and nothing in it is changed.

    The frames of a cut that was tightened are those of ``tighten.joined``, here and in what comes of it.
    Raises ``RevisionError`` with what could be asked instead.
    """
    brief = bench.brief
    material, _ = working(bench)
    items = [
        Item(
            Pick(ids=clip.ids, role=clip.role, reason=clip.reason or clip.role),
            (clip.first_frame, clip.first_frame + clip.frames),
            text=clip.text,
        )
        for clip in cut.clips
    ]
    draft = Draft(list(items), items, bench, material, brief.shapes, brief.platforms, brief.captions)
    for change in changes:
        _DO[change.what](draft, change)
    if not draft.items:
        raise RevisionError(NOTHING_LEFT)
    picks, choices = _settled(draft)
    pins = {str(Stretch.of(_ids(picks[c.pick], c))): (c.start, c.frames) for c in choices}
    frames = sum(choice.frames for choice in choices)
    return Recut(
        picks=tuple(
            picks[c.pick].model_copy(update={"ids": _ids(picks[c.pick], c), "optional": False}) for c in choices
        ),
        pins=pins,
        target=round(float(frames / material.rate), 3),
        shapes=draft.shapes,
        platforms=draft.platforms,
        captions=draft.captions,
        tone=draft.tone,
        rewrite=draft.rewrite,
    )


def _ids(pick: Pick, choice: Choice) -> tuple[str, ...]:
    return tuple(f"{pick.ids[0][0]}{index + 1}" for index in range(choice.first, choice.last + 1))


# --- changes ----------------------------------------------------------------------------------------------------------


def _drop(draft: Draft, change: Change) -> None:
    gone = [draft.item(n) for n in change.clips] if change.clips else [_speaking(draft, change.query)]
    draft.items = [item for item in draft.items if item not in gone]


def _keep(draft: Draft, change: Change) -> None:
    kept = [draft.item(n) for n in change.clips]
    draft.items = [item for item in draft.items if item in kept]


def _swap(draft: Draft, change: Change) -> None:
    one, two = (draft.items.index(draft.item(n)) for n in change.clips[:2])
    draft.items[one], draft.items[two] = draft.items[two], draft.items[one]


def _order(draft: Draft, change: Change) -> None:
    named = [draft.item(n) for n in change.clips]
    draft.items = named + [item for item in draft.items if item not in named]


def _move(draft: Draft, change: Change) -> None:
    item = draft.item(change.clips[0])
    other = draft.item(change.clips[1]) if len(change.clips) > 1 else None
    if other is item:
        raise RevisionError("A clip can't be put before or after itself.")
    draft.items.remove(item)
    if other is None:
        at = 0 if change.place == "first" else len(draft.items)
    else:
        at = draft.items.index(other) + (change.place == "after")
    draft.items.insert(at, item)


def _at_the_edge(draft: Draft, change: Change) -> None:
    """Open or close with a clip of the cut, or with a passage that is not in it yet."""
    if change.clips:
        item = draft.item(change.clips[0])
    else:
        item = _there(draft, change.query) or _found(draft, change.query)
    if item in draft.items:
        draft.items.remove(item)
    else:
        draft.fit = True
    draft.items.insert(0 if change.what == "open" else len(draft.items), item)


def _add(draft: Draft, change: Change) -> None:
    if _there(draft, change.query) is not None:
        raise RevisionError(f"“{change.query}” is in the cut already; say what else to add.")
    _room(draft)
    item = _found(draft, change.query)
    if item in draft.items:
        raise RevisionError(
            f"What fits “{change.query}” best is in the cut already, in {_name(draft, item).lower()}; say what else to add."
        )
    _insert(draft, item)


def _replace(draft: Draft, change: Change) -> None:
    old = draft.item(change.clips[0])
    at = draft.items.index(old)
    if change.query:
        item = _there(draft, change.query) or _found(draft, change.query)
        if item in draft.items:
            raise RevisionError(f"“{change.query}” is in the cut already; swap the two clips instead.")
    else:
        item = _instead(draft, old)
    draft.items[at] = item
    draft.fit = True


def _length(draft: Draft, change: Change) -> None:
    now = draft.before
    if change.seconds is not None:
        draft.target = change.seconds
    elif change.by is not None:
        draft.target = now + change.by
    else:
        draft.target, draft.soft = now * (change.factor or 1.0), True
        # What is there already is not "a bit shorter".
        draft.slack = max(TOLERANCE, min(SOFT * now, abs(now - draft.target) - TOLERANCE))


def _trim(draft: Draft, change: Change) -> None:
    for number in change.clips:
        item = draft.item(number)
        ids = item.pick.ids
        if ids[0][0] != "S" or len(ids) < 2:
            raise RevisionError(
                f"{_name(draft, item)} is one {'sentence' if ids[0][0] == 'S' else 'shot'}, which plays whole; drop it, or say how long the promo should be."
            )
        said = draft.material.sentences
        shorter = [ids[:-1], ids[1:]]
        risks = [
            len(ending(said, int(shorter[0][-1][1:]) - 1)),
            len(opening(said, int(shorter[1][0][1:]) - 1)) + 0.5 * (item is draft.items[0]),
        ]
        _recut_item(item, shorter[risks[1] < risks[0]])


def _extend(draft: Draft, change: Change) -> None:
    taken = {name for item in draft.items for name in item.pick.ids}
    for number in change.clips:
        item = draft.item(number)
        ids = item.pick.ids
        before, after = f"{ids[0][0]}{int(ids[0][1:]) - 1}", f"{ids[0][0]}{int(ids[-1][1:]) + 1}"
        most = len(draft.material.sentences if ids[0][0] == "S" else draft.material.shots)
        longer = [
            more
            for more, name in (((*ids, after), after), ((before, *ids), before))
            if 1 <= int(name[1:]) <= most and name not in taken
        ]
        if not longer:
            raise RevisionError(
                f"{_name(draft, item)} can't grow: what is said around it is in the cut, or there is nothing."
            )
        _recut_item(item, longer[0])


def _captions(draft: Draft, change: Change) -> None:
    if change.captions:
        draft.captions = change.captions


def _forms(draft: Draft, change: Change) -> None:
    if change.how == "without":
        gone = change.shapes
        draft.platforms = tuple(p for p in draft.platforms if p not in change.platforms) or draft.platforms
        draft.shapes = tuple(shape for shape in draft.shapes if shape not in gone)
        if not draft.shapes:
            raise RevisionError("That would leave no shape. Say which one to make instead: 16:9, 9:16 or 1:1.")
        return
    also = change.how == "also"
    shapes = dict.fromkeys((*draft.shapes, *change.shapes) if also else change.shapes)
    draft.shapes = tuple(shapes) or draft.shapes
    if change.platforms:
        draft.platforms = tuple(dict.fromkeys((*draft.platforms, *change.platforms) if also else change.platforms))


def _words(draft: Draft, change: Change) -> None:
    draft.rewrite, draft.tone = True, change.tone


def _elsewhere(draft: Draft, change: Change) -> None:
    raise RevisionError(f"“{change}” stands alone; say the other changes after it.")


_DO: dict[str, Any] = {
    "drop": _drop,
    "keep": _keep,
    "swap": _swap,
    "order": _order,
    "move": _move,
    "open": _at_the_edge,
    "close": _at_the_edge,
    "add": _add,
    "replace": _replace,
    "length": _length,
    "trim": _trim,
    "extend": _extend,
    "captions": _captions,
    "shapes": _forms,
    "words": _words,
    "undo": _elsewhere,
    "version": _elsewhere,
    "another": _elsewhere,
}


def _recut_item(item: Item, ids: tuple[str, ...]) -> None:
    item.pick, item.frames = item.pick.model_copy(update={"ids": ids}), None


def _name(draft: Draft, item: Item) -> str:
    return f"Clip {draft.first.index(item) + 1}" if item in draft.first else "The new clip"


# --- passages ---------------------------------------------------------------------------------------------------------


def _there(draft: Draft, query: str) -> Item | None:
    """The clip of the cut that speaks of ``query`` in its own words, if one does."""
    wanted = set(terms(words(query)))
    rated = (
        [
            (len(wanted & set(terms(words(item.text)))) / len(wanted), -place, item)
            for place, item in enumerate(draft.items)
        ]
        if wanted
        else []
    )
    best = max(rated, key=lambda one: one[:2], default=None)
    return best[2] if best and best[0] > 0.99 else None


def _speaking(draft: Draft, query: str) -> Item:
    """The clip that is meant by ``query``.  Raises ``RevisionError`` where no clip of the cut can be."""
    if (there := _there(draft, query)) is not None:
        return there
    for moment in moments(draft.bench, query, MANY)[:1] if speaks_of(draft.bench, query) else []:
        for item in draft.items:
            if set(moment.ids) & set(item.pick.ids):
                return item
    raise RevisionError(
        f"No clip of this cut is about “{query}”. Name the clip by its number, 1 to {len(draft.first)}."
    )


def _found(draft: Draft, query: str) -> Item:
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
        run = [name for name in free if int(name[1:]) - int(free[0][1:]) == free.index(name)]
        best = best.model_copy(update={"ids": tuple(run)})
    return _item(best.ids, f"asked for: {query}", best.text)


def _instead(draft: Draft, old: Item) -> Item:
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
    return _item(best.ids, best.reason or "the next best", best.text)


def _item(ids: Sequence[str], reason: str, text: str) -> Item:
    return Item(Pick(ids=tuple(ids), role="proof", reason=reason[:600]), None, True, text)


def _insert(draft: Draft, item: Item) -> None:
    """Put a new clip where it was said: after the last clip that comes before it, never as the opening."""
    number = int(item.pick.ids[0][1:])
    earlier = [n for n, other in enumerate(draft.items) if n and int(other.pick.ids[0][1:]) < number]
    draft.items.insert(earlier[-1] + 1 if earlier else min(1, len(draft.items)), item)


def _room(draft: Draft) -> None:
    if len(draft.items) >= MOST_CLIPS:
        raise RevisionError(f"The cut has {len(draft.items)} clips, and {MOST_CLIPS} are the most; drop one first.")


# --- lengths ----------------------------------------------------------------------------------------------------------


def _settled(draft: Draft) -> tuple[list[Pick], tuple[Choice, ...]]:
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


def _asked(draft: Draft) -> tuple[list[Pick], tuple[Choice, ...]]:
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


def _at_length(
    draft: Draft, target: float, slack: float, kept: Sequence[Item]
) -> tuple[list[Pick], tuple[Choice, ...]] | None:
    """The cut at ``target`` with as few clips changed as can be; ``kept`` may not be left out."""
    natural = sum(_natural(draft, item) for item in draft.items)
    if abs(natural - target) <= slack and (
        found := _solved(draft, draft.items, natural if slack > TOLERANCE else target, slack)
    ):
        return found
    if found := next(iter(_few(draft, target, slack, kept)), None) if natural > target else None:
        return found
    if natural < target and (found := next(iter(_more(draft, target, slack)), None)):
        return found
    loose = [_loose(item, stays=item in kept) for item in draft.items]
    for items in (loose, [replace(item, frames=None) for item in draft.items], *_filled(draft, loose)):
        if found := _solved(draft, items, target, slack):
            return found
    return None


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
    return [_item(m.ids, m.reason or "ranked next", m.text) for m in free[:TRIED]]


def _few(
    draft: Draft, target: float, slack: float, kept: Sequence[Item]
) -> Iterator[tuple[list[Pick], tuple[Choice, ...]]]:
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


def _more(draft: Draft, target: float, slack: float) -> Iterator[tuple[list[Pick], tuple[Choice, ...]]]:
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
        _insert(wider, extra)
    return wider.items


def _grown(draft: Draft, item: Item, taken: set[str], most: float) -> Iterator[Item]:
    """A clip with one to three sentences more on either side, within ``most`` seconds more."""
    ids, said = item.pick.ids, draft.material.sentences
    if ids[0][0] != "S":
        return
    low, high = int(ids[0][1:]), int(ids[-1][1:])
    for before, behind in ((0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (0, 3)):
        first, last = low - before, high + behind
        extra = [f"S{n}" for n in (*range(first, low), *range(high + 1, last + 1))]
        if first < 1 or last > len(said) or taken & set(extra):
            continue
        if sum(said[int(name[1:]) - 1].length for name in extra) > most:
            continue
        if any(f.severe for f in opening(said, first - 1)) or any(f.severe for f in ending(said, last - 1)):
            continue
        yield replace(
            item, pick=item.pick.model_copy(update={"ids": tuple(f"S{n}" for n in range(first, last + 1))}), frames=None
        )


def _loose(item: Item, stays: bool = False) -> Item:
    """A clip whose edges may move and that, unless it stays whole, may be trimmed to whole sentences or left out."""
    return replace(item, pick=item.pick.model_copy(update={"optional": not stays}), frames=None)


def _natural(draft: Draft, item: Item) -> float:
    """Seconds of a clip as it plays, or with its edges where they are best."""
    if item.frames:
        return float(item.size / draft.material.rate)
    first, last = int(item.pick.ids[0][1:]) - 1, int(item.pick.ids[-1][1:]) - 1
    if item.pick.ids[0][0] == "V":
        return draft.material.shots[last].end - draft.material.shots[first].start
    edges = snap(draft.material, first, "start"), snap(draft.material, last, "end")
    return float((edges[1].frame - edges[0].frame) / draft.material.rate)


def _solved(
    draft: Draft, items: Sequence[Item], target: float, slack: float
) -> tuple[list[Pick], tuple[Choice, ...]] | None:
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
