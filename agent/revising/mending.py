"""Looks at a changed cut as a stranger hears it, and mends what the change broke without touching what was named."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from agent.reading.change import RevisionError
from agent.revising.draft import Draft, Item
from agent.revising.lengths import Settled, settle
from agent.revising.objections import Run, grave, objections, rest, weight
from agent.revising.passages import begin_item, insert
from tools.cutting.mends import FURTHER
from tools.cutting.plan import ABOUT
from tools.cutting.revised import broken
from tools.cutting.solver import MOST_CLIPS
from tools.cutting.subject import serving
from tools.find import MANY, moments
from tools.finding.standing_alone import AHEAD, SURE, is_housekeeping, repair
from tools.ids import Stretch, index, is_spoken
from tools.schema import Revised

ROUNDS = 3
"""Changes that are made in a row, each of which leaves less to object to."""
TRIED = 8
"""Changes, of those that leave the least to object to, that are cut to the length."""
LESS, MORE = 0.66, 1.1
"""Shares of the length that a mend may shorten or lengthen a cut to."""
MOST = 0.35
"""Share of the cut before that a mend gives up, where that can't be followed any more."""
AWAY = 40
"""Sentences from what plays within which another passage is looked for: a recording may be of several things."""
OPENS = 1.0
"""How well, on the editor's scale from 0 to 3, a sentence opens that is brought to open."""
PASSAGES = 12
"""Passages that may open or stand in for a clip."""


def followed(draft: Draft, revised: Revised, shut: Container[str]) -> Settled:
    """The draft at its length, and where a stranger could follow the cut before and not this one, mended as far as that goes.

    ``shut`` are ids that nobody asked for by name and that may not play.
    """
    best = settle(draft)
    between = room(_seconds(draft, best), draft.before)
    for _ in range(ROUNDS):
        left = weight(draft, played(best))
        if not left[0]:
            break
        better = _better(replace(draft, items=_laid(draft, best)), revised, shut, left[0] - 1, between)
        if better is None:
            break
        best = better
        draft.mended = True
    return best


def room(letter: float, before: float) -> tuple[float, float]:
    """Seconds between which a cut may be mended, where no length was asked: about as long as it was, or as the words come to by the ``letter``."""
    return LESS * min(letter, before), MORE * max(letter, before)


def _seconds(draft: Draft, settled: Settled) -> float:
    return float(sum(choice.frames for choice in settled[1]) / draft.material.rate)


def played(settled: Settled) -> list[Run]:
    """The ids of each clip, in playing order."""
    picks, choices = settled
    return [choice.ids(picks[choice.pick]) for choice in choices]


def _laid(draft: Draft, settled: Settled) -> list[Item]:
    """The clips as they were settled, with those that were named among them still known as such."""
    picks, choices = settled
    items = []
    for choice in choices:
        ids = choice.ids(picks[choice.pick])
        own = next((item for item in draft.items if set(item.pick.ids) & set(ids)), None)
        pick = picks[choice.pick].model_copy(update={"ids": ids, "optional": False})
        text = " ".join(draft.material.sentences[index(name)].text for name in ids if name[0] == "S")
        made = Item(pick, (choice.start, choice.start + choice.frames), own.new if own else False, text)
        if own is not None and own in draft.named:
            draft.named[draft.named.index(own)] = made
        items.append(made)
    return items


def _better(
    draft: Draft, revised: Revised, shut: Container[str], most: int, between: tuple[float, float]
) -> Settled | None:
    """The change that leaves the least to object to, ``most`` at the most; of equals the first; None where there is none."""
    ways: list[tuple[tuple[int, float], int, list[Item]]] = []
    for items in _ways(draft, shut):
        runs = [item.pick.ids for item in items]
        if (
            not items
            or len(items) > MOST_CLIPS
            or broken(revised, runs)
            or _given_up(draft, items) > MOST * draft.before
            or (draft.target is None and not between[0] <= _about(draft, items) <= between[1])
        ):
            continue
        left = weight(draft, runs)
        if left[0] <= most:
            ways.append((left, len(ways), items))
    found: tuple[tuple[int, float], Settled] | None = None
    for left, _, items in sorted(ways, key=lambda way: way[:2])[:TRIED]:
        if found is not None and found[0] <= left:
            break
        try:
            settled = settle(replace(draft, items=items, named=list(draft.named)))
        except RevisionError:
            continue
        if not between[0] <= _seconds(draft, settled) <= between[1]:
            continue
        left = weight(draft, played(settled))
        if left[0] <= most and not broken(revised, played(settled)) and (found is None or left < found[0]):
            found = left, settled
    return found[1] if found else None


def _about(draft: Draft, items: Sequence[Item]) -> float:
    """Seconds that clips last, but for what their edges give or take."""
    return sum(
        float(item.size / draft.material.rate) if item.frames else _spoken(draft, item.pick.ids) for item in items
    )


def _spoken(draft: Draft, ids: Run) -> float:
    said = draft.material.sentences
    return said[index(ids[-1])].end - said[index(ids[0])].start if is_spoken(ids[0]) else 0.0


def _given_up(draft: Draft, items: Sequence[Item]) -> float:
    """Seconds of speech that other clips play no more."""
    plays = {name for item in items for name in item.pick.ids}
    lost = {name for item in draft.items for name in item.pick.ids} - plays
    return sum(draft.material.sentences[index(name)].length for name in lost if is_spoken(name))


def _ways(draft: Draft, shut: Container[str]) -> Iterator[list[Item]]:
    """Other clips in the place of those that are objected to, the smallest changes first."""
    objected = objections(draft, [item.pick.ids for item in draft.items])
    wrong = {one.ids[0] for one in objected if grave(draft, one)}
    places = [at for at, item in enumerate(draft.items) if wrong & set(item.pick.ids) and item.pick.ids[0][0] == "S"]
    free = [at for at in places if draft.items[at] not in draft.named]
    for at in free:
        yield from _merged(draft, at)
    for at in places:
        wider = list(_grown(draft, at, shut))
        if at == len(draft.items) - 1:  # of what could end it, what rests best
            wider.sort(key=lambda ids: -rest(draft, ids[-1]))
        yield from (_with(draft, at, ids) for ids in wider)
    for at in free:
        yield from (_with(draft, at, ids) for ids in _shrunk(draft.items[at]))
    if 0 in free:
        yield from _openings(draft, shut)
    passages = list(_passages(draft, shut)) if free else []
    for at in free:
        for left in _without(draft, at):
            yield from (list(_placed(draft, left, new)) for new in passages)
    for at in free:
        yield from _without(draft, at)


def _with(draft: Draft, at: int, ids: tuple[str, ...]) -> list[Item]:
    item = draft.items[at]
    other = replace(item, pick=item.pick.model_copy(update={"ids": ids}), frames=None)
    if item in draft.named:
        draft.named.append(other)
    return [*draft.items[:at], other, *draft.items[at + 1 :]]


def _grown(draft: Draft, at: int, shut: Container[str]) -> Iterator[tuple[str, ...]]:
    """A clip with the sentences before or after it that it may need."""
    now, said = Stretch.of(draft.items[at].pick.ids), draft.material.sentences
    taken = {name for n, item in enumerate(draft.items) if n != at for name in item.pick.ids}
    steps = [(b, a) for b in range(FURTHER + 1) for a in range(AHEAD + 1) if b + a]
    for before, after in sorted(steps, key=sum):
        wider = now._replace(first=now.first - before, last=now.last + after)
        more = [n for n in range(wider.first, wider.last + 1) if not now.first <= n <= now.last]
        if wider.first < 0 or wider.last >= len(said):
            continue
        if not any(said[n].id in taken or said[n].id in shut or is_housekeeping(said[n]) for n in more):
            yield wider.ids


def _shrunk(item: Item) -> Iterator[tuple[str, ...]]:
    ids = item.pick.ids
    for less in range(1, min(FURTHER + 1, len(ids))):
        yield ids[less:]
        yield ids[:-less]


def _merged(draft: Draft, at: int) -> Iterator[list[Item]]:
    """The clip, and those that go on from it, straight behind the one that it goes on from, as one with it."""
    before = f"S{index(draft.items[at].pick.ids[0])}"
    told = next((n for n, item in enumerate(draft.items) if n != at and item.pick.ids[-1] == before), None)
    if told is None:
        return
    more = [at]
    while (on := _next(draft, more[-1])) is not None and draft.items[on] not in draft.named and on != told:
        more.append(on)
    for count in range(len(more), 0, -1):
        ids = tuple(name for n in (told, *more[:count]) for name in draft.items[n].pick.ids)
        yield [item for n, item in enumerate(_with(draft, told, ids)) if n not in more[:count]]


def _openings(draft: Draft, shut: Container[str]) -> Iterator[list[Item]]:
    """Another sentence to open with, before what plays or in the place of what opens."""
    for new in _passages(draft, shut, opens=True):
        yield [new, *draft.items]
        yield [new, *draft.items[1:]]


def _without(draft: Draft, at: int) -> Iterator[list[Item]]:
    """The clips without one, then without those too that go on from it; never without one that was named."""
    gone = [at]
    yield [item for n, item in enumerate(draft.items) if n not in gone]
    while (more := _next(draft, gone[-1])) is not None and draft.items[more] not in draft.named:
        gone.append(more)
        yield [item for n, item in enumerate(draft.items) if n not in gone]


def _next(draft: Draft, at: int) -> int | None:
    """The place of the clip that goes on in the talk where this one stops."""
    on = f"S{index(draft.items[at].pick.ids[-1]) + 2}"
    return next((n for n, item in enumerate(draft.items) if item.pick.ids[0] == on), None)


def _placed(draft: Draft, rest: Sequence[Item], new: Item) -> Sequence[Item]:
    """The clips with a passage where it was said."""
    wider = replace(draft, items=list(rest))
    insert(wider, new)
    return wider.items


def _passages(draft: Draft, shut: Container[str], opens: bool = False) -> Iterator[Item]:
    """Passages about what the promo is about that stand alone and do not play, best first."""
    taken = {name for item in draft.items for name in item.pick.ids}
    playing = [index(name) for name in taken if is_spoken(name)]
    seen: set[tuple[str, ...]] = set()
    read, said = draft.material.read, draft.material.sentences
    near = serving(said, read, draft.bench.brief).near if read is not None else None
    for moment in islice(moments(draft.bench, draft.bench.brief.topic, MANY), 4 * PASSAGES):
        if len(seen) == PASSAGES or moment.ids[0][0] != "S" or (opens and "hook" not in moment.roles):
            continue
        now = Stretch.of(moment.ids)
        first, last = repair(said, now.first, now.last, read=read)
        ids = now._replace(first=first, last=last).ids
        about = near is None or near[first : last + 1].max() >= ABOUT * near.max()
        if not any(first - AWAY <= at <= last + AWAY for at in playing):
            continue
        if opens and read is not None and read.open[first] < OPENS:
            continue
        alone = read is None or (read.leans[first] < SURE and read.house[first] < SURE)
        if alone and about and ids not in seen and not taken & set(ids) and not any(name in shut for name in ids):
            seen.add(ids)
            yield begin_item(
                ids, "so that what was changed can be followed", " ".join(said[n].text for n in range(first, last + 1))
            )
