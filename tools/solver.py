"""Which sentences and which frames make a promo of the wanted length: an exact search, no randomness.

``solve`` keeps the picks it is given and finds edges, trims and the optional picks to leave out.  ``fill`` chooses the
picks too, from scored passages.  Both count whole frames; nothing is approximated but the fill's first shortlist.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.edges import Edge, Material, after, before, snap
from tools.review import ending, is_housekeeping, opening, repair
from tools.schema import Candidate, Infeasible, Pick, Role

SHORTEST, LONGEST = 6.0, 180.0
"""Seconds of a promo."""
MOST_CLIPS = 8
TOLERANCE = 0.5
"""Seconds that a promo may be off its target."""
SHOT = 1.0
"""Least seconds of a shot that was picked."""
INSET = 2
"""Frames kept off a detected shot change, which may be a frame or two out."""

OFF = 3000
"""Cost of a second off the target; content is worth more than the last tenth, edges less."""
LEFT_OUT, DROPPED, RISK, TRIMMED = 6000, 6000, 3000, 400
"""Cost of leaving out a pick, of each of its sentences, of a trim that opens or ends badly, of trimming a shot whole."""
GRID = 160
"""Ends of a shot that are tried; the last frames are settled afterwards."""
NEVER = 1 << 40

Ints = NDArray[np.int64]
Order = Literal["given", "chronological"]


class Choice(NamedTuple):
    """One pick as it will play: first and last index of its sentences or shots, first frame and the frame after its last."""

    pick: int
    first: int
    last: int
    start: int
    end: int
    flags: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Solution:
    choices: tuple[Choice, ...]
    """In playing order; ``pick`` is the place in the list that was given."""
    frames: int
    cost: int
    left_out: tuple[int, ...] = ()
    """Optional picks that are not in it."""


class _Way(NamedTuple):
    """A place where a pick may begin or end, with all its frames; ``extra`` is the cost of coming to be there."""

    item: int
    """Index of the sentence or shot."""
    edges: tuple[Edge, ...]
    extra: int


@dataclass(frozen=True)
class _Group:
    """A pick with every way to begin and to end it."""

    pick: int
    starts: tuple[_Way, ...]
    ends: tuple[_Way, ...]
    optional: bool
    skip: int
    """Cost of leaving it out."""
    shots: tuple[int, int] | None = None
    """First and last frame that a pick of shots may use."""

    @property
    def shortest(self) -> int:
        return min(
            (
                min(e.frame for e in end.edges) - max(s.frame for s in start.edges)
                for start in self.starts
                for end in self.ends
                if start.item <= end.item
            ),
            default=0,
        )

    @property
    def longest(self) -> int:
        return max(e.frame for end in self.ends for e in end.edges) - min(
            s.frame for start in self.starts for s in start.edges
        )


def solve(
    material: Material, picks: Sequence[Pick], target: float, tolerance: float = TOLERANCE, order: Order = "given"
) -> Solution | Infeasible:
    """The cut of ``picks`` within ``tolerance`` of ``target`` seconds at the least cost, or why there is none.

    All required picks play whole; optional ones may be trimmed to whole sentences or left out.  The hook plays first.
    The ids of the picks must exist and be consecutive within a pick; ``tools.cut`` sees to that.
    """
    table = _Table(material, arranged(picks, material, order))
    found = table.best(*_window(target, tolerance, material.rate), target)
    return (
        found
        if found is not None
        else Infeasible(reason=table.reason(target), nearest=table.nearest(target, tolerance))
    )


def lengths(material: Material, picks: Sequence[Pick], order: Order = "given") -> list[float]:
    """Every length in seconds, from 6 to 180, that these picks can be cut to."""
    table = _Table(material, arranged(picks, material, order))
    return [float(frames / material.rate) for frames in table.feasible()]


def nearest(
    material: Material, picks: Sequence[Pick], target: float, tolerance: float = TOLERANCE
) -> tuple[float, ...]:
    """The longest feasible length below the target's window and the shortest above it, as far as there are any."""
    return _Table(material, arranged(picks, material)).nearest(target, tolerance)


def arranged(picks: Sequence[Pick], material: Material, order: Order = "given") -> list[tuple[int, Pick]]:
    """The picks in playing order with their places in the list: the hook, then as given or as they were said."""
    numbered = list(enumerate(picks))
    if order == "chronological":
        numbered.sort(key=lambda one: _span(material, one[1])[0])
    return sorted(numbered, key=lambda one: one[1].role != "hook")


def _window(target: float, tolerance: float, rate: Fraction) -> tuple[int, int]:
    """First and last number of frames that meet the target; never over the longest promo."""
    return max(1, after(target - tolerance, rate)), before(min(target + tolerance, LONGEST), rate)


class _Table:
    """Least cost of every total of frames, pick by pick: dynamic programming with (min, +) steps over edges."""

    def __init__(self, material: Material, ordered: Sequence[tuple[int, Pick]]) -> None:
        self.material = material
        self.groups = _groups(material, ordered)
        self.cap = before(LONGEST, material.rate)
        width = min(self.cap, sum(group.longest for group in self.groups)) + 1
        self.rows: list[Ints] = [np.full(width, NEVER, np.int64)]
        self.rows[0][0] = 0
        for group in self.groups:
            self.rows.append(_extended(self.rows[-1], group))

    def feasible(self) -> list[int]:
        low = after(SHORTEST, self.material.rate)
        return [int(total) for total in np.flatnonzero(self.rows[-1] < NEVER) if total >= low]

    def best(self, low: int, high: int, target: float) -> Solution | None:
        row = self.rows[-1][low : high + 1]
        if not len(row) or row.min() >= NEVER:
            return None
        totals = np.arange(low, low + len(row)) / float(self.material.rate)
        off = np.rint(np.abs(totals - target) * OFF).astype(np.int64)
        total = low + int(np.argmin(row + off))
        return self._settled(self._walk(total), total, target, low, high)

    def nearest(self, target: float, tolerance: float) -> tuple[float, ...]:
        low, high = _window(target, tolerance, self.material.rate)
        can = self.feasible()
        below = [total for total in can if total < low][-1:]
        above = [total for total in can if total > high][:1]
        return tuple(round(float(total / self.material.rate), 3) for total in below + above)

    def reason(self, target: float) -> str:
        rate = self.material.rate
        least = float(sum(group.shortest for group in self.groups if not group.optional) / rate)
        most = float(sum(group.longest for group in self.groups) / rate)
        if least > min(target, LONGEST):
            return f"the picks that are not optional last {least:.1f} s at least, and {target:g} s was asked"
        if most < target:
            return f"the picks last {most:.1f} s at most, and {target:g} s was asked"
        return f"no set of the optional picks adds up to {target:g} s; whole sentences are kept and edges move only in the gaps between words"

    def _walk(self, total: int) -> Solution:
        cost, choices, out = int(self.rows[-1][total]), [], []
        for group, old, new in zip(
            reversed(self.groups), reversed(self.rows[:-1]), reversed(self.rows[1:]), strict=True
        ):
            if group.optional and total < len(old) and old[total] + group.skip == new[total]:
                out.append(group.pick)
                continue
            choice = _found(group, old, total, int(new[total]))
            choices.append(choice)
            total -= choice.frames
        return Solution(tuple(reversed(choices)), sum(choice.frames for choice in choices), cost, tuple(sorted(out)))

    def _settled(self, solution: Solution, total: int, target: float, low: int, high: int) -> Solution:
        """The solution with the ends of its shots moved off the grid, to the frame where they can."""
        wanted = min(max(round(target * float(self.material.rate)), low), high)
        choices = list(solution.choices)
        shots = {group.pick: group.shots for group in self.groups if group.shots}
        for at, choice in enumerate(choices):
            need = wanted - sum(each.frames for each in choices)
            span = shots.get(choice.pick)
            if not need or span is None:
                continue
            least = choice.start + min(after(SHOT, self.material.rate), span[1] - span[0])
            end = min(max(choice.end + need, least), span[1])
            if self.material.is_clear(end, "end"):
                choices[at] = choice._replace(end=end)
        return Solution(tuple(choices), sum(choice.frames for choice in choices), solution.cost, solution.left_out)


def _groups(material: Material, ordered: Sequence[tuple[int, Pick]]) -> list[_Group]:
    spoken = [(_range(pick.ids)) for _, pick in ordered if pick.ids[0][0] == "S"]
    return [
        _pinned(material, place, pick)
        if pick.ids in material.pins
        else _spoken(material, place, pick)
        if pick.ids[0][0] == "S"
        else _shown(material, place, pick, spoken)
        for place, pick in ordered
    ]


def _pinned(material: Material, place: int, pick: Pick) -> _Group:
    """A pick with the one way to play it that an earlier cut had."""
    (first, last), (begin, stop) = _range(pick.ids), material.pins[pick.ids]
    spoken = pick.ids[0][0] == "S"
    starts = [edge for edge in (material.edges(first, "start") if spoken else ()) if edge.frame == begin]
    ends = [edge for edge in (material.edges(last, "end") if spoken else ()) if edge.frame == stop]
    start, end = (*starts, Edge(begin, 0))[0], (*ends, Edge(stop, 0))[0]
    return _Group(place, (_Way(first, (start,), 0),), (_Way(last, (end,), 0),), False, LEFT_OUT)


def _range(ids: Sequence[str]) -> tuple[int, int]:
    """Indices of the first and the last of consecutive ids."""
    return int(ids[0][1:]) - 1, int(ids[-1][1:]) - 1


def _span(material: Material, pick: Pick) -> tuple[float, float]:
    first, last = _range(pick.ids)
    items = material.sentences if pick.ids[0][0] == "S" else material.shots
    return items[first].start, items[last].end


def _spoken(material: Material, place: int, pick: Pick) -> _Group:
    first, last = _range(pick.ids)
    count = last - first + 1
    starts, ends = [_Way(first, material.edges(first, "start"), 0)], [_Way(last, material.edges(last, "end"), 0)]
    if pick.optional and count > 1:
        said = material.sentences
        lasting = [index for index in range(first, last + 1) if _lasts(material, index)]
        starts += [
            _Way(index, material.edges(index, "start"), DROPPED * (index - first) + _risk(opening(said, index)))
            for index in lasting
            if index > first
        ]
        ends += [
            _Way(index, material.edges(index, "end"), DROPPED * (last - index) + _risk(ending(said, index)))
            for index in lasting
            if index < last
        ]
    return _Group(place, tuple(starts), tuple(ends), _leavable(pick), LEFT_OUT + DROPPED * count)


def _leavable(pick: Pick) -> bool:
    """An optional hook may be trimmed; something has to open."""
    return pick.optional and pick.role != "hook"


def _lasts(material: Material, index: int) -> bool:
    """Whether a sentence has at least a frame of its own however its edges fall."""
    return min(e.frame for e in material.edges(index, "end")) > max(s.frame for s in material.edges(index, "start"))


def _risk(findings: Sequence[object]) -> int:
    return RISK if findings else 0


def _shown(material: Material, place: int, pick: Pick, spoken: Sequence[tuple[int, int]]) -> _Group:
    first, last = _range(pick.ids)
    rate = material.rate
    low = after(material.shots[first].start, rate)
    high = min(before(material.shots[last].end, rate), material.frames)
    for one, two in spoken:  # what is said next to it keeps its own room
        begins = min(edge.frame for edge in material.edges(one, "start"))
        stops = max(edge.frame for edge in material.edges(two, "end"))
        if begins <= low < stops:
            low = stops
        elif low < begins < high:
            high = begins
    if high - low > 4 * INSET + after(SHOT, rate):
        low, high = low + INSET * (low > 0), high - INSET
    high = max(high, low)
    least = min(low + after(SHOT, rate), high)
    frames = range(high, least - 1, -max(1, math.ceil((high - least) / GRID)))
    whole = max(1, high - low)
    ends = tuple(
        Edge(frame, round(TRIMMED * ((high - frame) / whole) ** 2))
        for frame in sorted({*frames, least})
        if material.is_clear(frame, "end") or frame == high
    )
    return _Group(
        place,
        (_Way(first, (Edge(low, 0),), 0),),
        (_Way(last, ends, 0),),
        _leavable(pick),
        LEFT_OUT + DROPPED,
        (low, high),
    )


def _extended(old: Ints, group: _Group) -> Ints:
    """``old`` with the group played or, where it is optional, left out.  A total over the width is no cut."""
    width = len(old)
    top = max(edge.frame for way in group.starts for edge in way.edges)
    bottom = min(edge.frame for way in group.starts for edge in way.edges)
    new = old + group.skip if group.optional else np.full(width, NEVER, np.int64)
    if group.shortest < 1:
        return _extended_slowly(old, new, group)
    # begun[u]: the least cost of having played u - top + f frames before, and beginning this pick at frame f
    begun = np.full(width + top - bottom, NEVER, np.int64)
    starts = sorted(group.starts, key=lambda way: way.item)
    taken = 0
    for end in sorted(group.ends, key=lambda way: way.item):
        while taken < len(starts) and starts[taken].item <= end.item:
            for edge in starts[taken].edges:
                part = begun[top - edge.frame : top - edge.frame + width]
                np.minimum(part, old + (edge.cost + starts[taken].extra), out=part)
            taken += 1
        for edge in end.edges:
            shift = edge.frame - top
            source = begun[max(0, -shift) : max(0, width - shift)]
            room = new[max(0, shift) : max(0, shift) + len(source)]
            np.minimum(room, source[: len(room)] + (edge.cost + end.extra), out=room)
    np.minimum(new, NEVER, out=new)
    return new


def _extended_slowly(old: Ints, new: Ints, group: _Group) -> Ints:
    """The same by every pair of edges, for a pick that could also come to nothing: a word without length."""
    for start, end in product(group.starts, group.ends):
        for one, two in product(start.edges, end.edges):
            length = two.frame - one.frame
            if start.item <= end.item and 0 < length < len(old):
                part = old[: len(old) - length] + (one.cost + start.extra + two.cost + end.extra)
                np.minimum(new[length:], part, out=new[length:])
    return np.minimum(new, NEVER)


def _found(group: _Group, old: Ints, total: int, cost: int) -> Choice:
    """The way to play ``group`` that gave ``cost`` at ``total`` frames."""
    for start in group.starts:
        for end in group.ends:
            if start.item > end.item:
                continue
            for one in start.edges:
                for two in end.edges:
                    rest = total - (two.frame - one.frame)
                    if (
                        0 <= rest < len(old)
                        and two.frame > one.frame
                        and int(old[rest]) + start.extra + one.cost + end.extra + two.cost == cost
                    ):
                        flags = tuple(f"{flag} at the start" for flag in one.flags) + tuple(
                            f"{flag} at the end" for flag in two.flags
                        )
                        return Choice(group.pick, start.item, end.item, one.frame, two.frame, flags)
    raise AssertionError("the table and its groups disagree")


# The automatic choice


class Passage(NamedTuple):
    """A run of sentences or shots that could be a clip."""

    first: int
    last: int
    seconds: float
    """With its edges where they are best."""
    score: float
    hook: float
    """0 where it can't open a promo, up to 1."""


class Fill(NamedTuple):
    picks: tuple[Pick, ...]
    solution: Solution


FILL_WIDEST = 600
"""Passages that the search over scored passages looks at; the best ones by score."""
PEAKS, REACH = 40, 6
"""Candidates that bring what is within this many sentences of them onto the shortlist."""
FILL_STEPS = 400
"""Length steps of that search at most; a step is never under 0.1 s."""
CLIP, JOIN = 0.3, 0.6
"""Seconds of score that another clip costs, and going on in the same clip: neither many short ones nor one long one."""
ALIKE = 0.6
"""Cosine of the words of two clips above which they say the same."""


def fill(
    material: Material,
    candidates: Sequence[Candidate],
    target: float,
    tolerance: float = TOLERANCE,
    clips: int = MOST_CLIPS,
    used: Iterable[str] = (),
) -> Fill | Infeasible:
    """The picks of most score that meet the target: hook first, the rest as said, nothing twice, no id of ``used``.

    A candidate is moved to where its thought begins and on to its payoff before it is weighed.  What still leans on
    something that is not there is used only where nothing else meets the length; the cut's review then says so.
    Give the ids of earlier promos as ``used`` for one more that is distinct.
    """
    kind = "S" if material.sentences else "V"
    if kind == "V":
        return _shots(material, _passages(material, candidates, set(used), kind), target, tolerance, clips)
    found: Fill | Infeasible = Infeasible(reason="there is nothing to choose from")
    for lenient in (False, True):
        found = _filled(material, _passages(material, candidates, set(used), kind, lenient), target, tolerance, clips)
        if isinstance(found, Fill):
            break
    return found


def _filled(
    material: Material, passages: list[Passage], target: float, tolerance: float, clips: int
) -> Fill | Infeasible:
    for _ in range(4):
        clash = None
        for chosen in _sets(passages, target, tolerance, clips):
            clash = _alike(material, chosen)
            if clash is not None:
                break
            if (found := _cut(material, chosen, target, tolerance)) is not None:
                return found
        if clash is None:
            break
        passages = [passage for passage in passages if passage != clash]
    return Infeasible(
        reason=_too_little(passages, target), nearest=_fill_nearest(material, passages, target, tolerance, clips)
    )


def _cut(material: Material, chosen: Sequence[Passage], target: float, tolerance: float) -> Fill | None:
    """The chosen passages cut to the target, whole if they can be."""
    picks = _roles(chosen)
    for attempt in (
        picks,
        [pick if pick.role == "hook" else pick.model_copy(update={"optional": True}) for pick in picks],
    ):
        found = solve(material, attempt, target, tolerance)
        if isinstance(found, Solution):
            return Fill(tuple(attempt), found)
    return None


def _passages(
    material: Material, candidates: Sequence[Candidate], used: set[str], kind: str, lenient: bool = False
) -> list[Passage]:
    found: dict[tuple[int, int], Passage] = {}
    for candidate in _shortlist([one for one in candidates if one.ids and one.ids[0][0] == kind]):
        first, last = _range(candidate.ids)
        if kind == "S":
            first, last = repair(material.sentences, first, last)
        ids = {f"{kind}{index + 1}" for index in range(first, last + 1)}
        passage = _weighed(material, first, last, candidate, kind, lenient)
        if (
            passage is not None
            and not ids & used
            and ((first, last) not in found or found[first, last].score < passage.score)
        ):
            found[first, last] = passage
    return sorted(found.values(), key=lambda p: (p.last, p.first))


def _shortlist(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best ``FILL_WIDEST``, and among them what lies around the very best: clips grow from what is next to them."""
    ranked = sorted(candidates, key=lambda one: (-one.score, _range(one.ids)))
    if len(ranked) <= FILL_WIDEST:
        return ranked
    near: set[int] = set()
    for one in ranked[:PEAKS]:
        first, last = _range(one.ids)
        near |= set(range(first - REACH, last + REACH + 1))
    ranked.sort(key=lambda one: _range(one.ids)[0] not in near)
    return ranked[:FILL_WIDEST]


def _weighed(
    material: Material, first: int, last: int, candidate: Candidate, kind: str, lenient: bool
) -> Passage | None:
    """The passage with what its opening, its ending and its edges take from its score; None where it can't be used."""
    score = min(max(candidate.score, 0.0), 1.0)
    if kind == "V":
        seconds = material.shots[last].end - material.shots[first].start
        return Passage(first, last, seconds, score, score) if seconds > 0 else None
    said = material.sentences
    if any(is_housekeeping(said[index]) for index in range(first, last + 1)):
        return None
    begins, stops = opening(said, first), ending(said, last)
    asks = any(each.kind == "ends on a question" for each in stops)
    leans = any(each.severe for each in begins) or (not asks and any(each.severe for each in stops))
    if leans and not lenient:
        return None
    edges = snap(material, first, "start"), snap(material, last, "end")
    seconds = float((edges[1].frame - edges[0].frame) / material.rate)
    if seconds <= 0:
        return None
    hook = max(0.05, candidate.parts.get("hook", score) * (0.6 if begins else 1.0) * (0.2 if leans else 1.0))
    worth = 0.0 if asks else score * (0.3 if leans else 1.0) * (0.8 if stops else 1.0)
    return Passage(first, last, seconds, worth * 0.9 ** sum(bool(edge.flags) for edge in edges), hook)


class _Worths(NamedTuple):
    """The most score by (has a hook, clips, length step)."""

    grain: float
    sizes: list[int]
    free: list[int]
    """How many of the passages end before each one begins."""
    joins: list[list[int]]
    """The passages that each one goes on from without a gap."""
    best: list[NDArray[np.float32]]
    """Over the first passages: none of them, one, two, and so on."""
    ends: list[NDArray[np.float32]]
    """With each passage played last, not as the hook."""


def _worths(passages: Sequence[Passage], top: float, target: float, clips: int) -> _Worths:
    grain = max(0.1, top / FILL_STEPS)
    width = round(top / grain) + 2
    sizes = [max(1, round(passage.seconds / grain)) for passage in passages]
    lasts = [passage.last for passage in passages]
    free = [bisect_right(lasts, passage.first - 1) for passage in passages]
    joins = [list(range(bisect_left(lasts, p.first - 1), bisect_right(lasts, p.first - 1))) for p in passages]
    best = [np.full((2, clips + 1, width), -np.inf, np.float32)]
    best[0][0, 0, 0] = 0
    ends: list[NDArray[np.float32]] = []
    for at, (passage, size) in enumerate(zip(passages, sizes, strict=True)):
        end = np.full_like(best[0], -np.inf)
        new = best[-1].copy()
        if size < width:
            old = best[free[at]][:, :-1, :-size]
            end[:, 1:, size:] = old + np.float32(_worth(passage) - CLIP)
            for before in joins[at]:
                end[:, :, size:] = np.maximum(
                    end[:, :, size:], ends[before][:, :, :-size] + np.float32(_worth(passage) - JOIN)
                )
            np.maximum(new, end, out=new)
            if passage.hook and passage.seconds <= max(12.0, target / 2):
                new[1, 1:, size:] = np.maximum(new[1, 1:, size:], old[0] + np.float32(_hook_worth(passage, target)))
        ends.append(end)
        best.append(new)
    return _Worths(grain, sizes, free, joins, best, ends)


def _sets(passages: Sequence[Passage], target: float, tolerance: float, clips: int) -> Iterator[list[Passage]]:
    """Sets of passages that do not overlap, near the target's length, by falling score: hook first, the rest as said."""
    worths = _worths(passages, target + tolerance, target, clips)
    low = max(0, math.floor((target - tolerance) / worths.grain) - 1)
    last = worths.best[-1][1, :, low:]
    for flat in np.argsort(-last, axis=None, kind="stable")[:24]:
        count, offset = np.unravel_index(flat, last.shape)
        if not np.isfinite(last[count, offset]):
            return
        yield _traced(passages, worths, int(count), low + int(offset), target)


def _worth(passage: Passage) -> float:
    return passage.score * passage.seconds


def _hook_worth(passage: Passage, target: float) -> float:
    return _worth(passage) - CLIP + 0.2 * target * passage.hook


def _traced(passages: Sequence[Passage], worths: _Worths, count: int, length: int, target: float) -> list[Passage]:
    """The passages behind the best worth of a count and a length: hook first, the rest as they were said."""
    hook, at, opens = 1, len(passages), None
    rest: list[Passage] = []
    playing: int | None = None
    while count or playing is not None:
        if playing is None:
            here = worths.best[at][hook, count, length]
            at -= 1
            if worths.best[at][hook, count, length] == here:
                continue
            if worths.ends[at][hook, count, length] == here:
                playing = at
                continue
            opens, hook = passages[at], 0
            count, length, at = count - 1, length - worths.sizes[at], worths.free[at]
            continue
        here, passage = worths.ends[playing][hook, count, length], passages[playing]
        rest.append(passage)
        length -= worths.sizes[playing]
        joins = (
            j
            for j in worths.joins[playing]
            if worths.ends[j][hook, count, length] + np.float32(_worth(passage) - JOIN) == here
        )
        alone = (
            count > 0
            and worths.best[worths.free[playing]][hook, count - 1, length] + np.float32(_worth(passage) - CLIP) == here
        )
        if alone:
            count, at, playing = count - 1, worths.free[playing], None
        else:
            playing = next(joins)
    return [*([opens] if opens else []), *sorted(rest)]


def _alike(material: Material, chosen: Sequence[Passage]) -> Passage | None:
    """The poorer of two passages that say the same, if there are two."""
    bags = [_bag(material, passage) for passage in chosen]
    for at, one in enumerate(bags):
        for back in range(at):
            other = bags[back]
            both = sum(one[word] * other[word] for word in one.keys() & other.keys())
            size = math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
            if size and both / size > ALIKE:
                return min(chosen[at], chosen[back], key=lambda p: (p.score, -p.seconds))
    return None


def _bag(material: Material, passage: Passage) -> Counter[str]:
    text = " ".join(sentence.text for sentence in material.sentences[passage.first : passage.last + 1])
    return Counter(word for word in re.findall(r"\w+", text.lower()) if len(word) > 3)


def _roles(chosen: Sequence[Passage], kind: str = "S") -> list[Pick]:
    middle: tuple[Role, ...] = ("context", "proof", "proof", "proof", "proof", "payoff")
    joined: list[Passage] = []
    for passage in chosen:
        if joined and joined[-1].last + 1 == passage.first:
            joined[-1] = joined[-1]._replace(last=passage.last, score=max(joined[-1].score, passage.score))
        else:
            joined.append(passage)
    picks = []
    for place, passage in enumerate(joined):
        last = place == len(joined) - 1
        role: Role = (
            "hook"
            if place == 0
            else "close"
            if last and len(joined) > 2
            else "payoff"
            if last
            else middle[min(place - 1, len(middle) - 1)]
        )
        ids = tuple(f"{kind}{index + 1}" for index in range(passage.first, passage.last + 1))
        picks.append(Pick(ids=ids, role=role, reason=f"Ranked {passage.score:.2f} among the passages of its length"))
    return picks


def _shots(
    material: Material, passages: Sequence[Passage], target: float, tolerance: float, clips: int
) -> Fill | Infeasible:
    best: list[Passage] = []
    for passage in sorted(passages, key=lambda p: (-p.score, p.first)):
        if len(best) < clips and all(passage.last < other.first or other.last < passage.first for other in best):
            best.append(passage)
    if not best:
        return Infeasible(reason="there is nothing to choose from", nearest=())
    fewest = next(
        (
            n
            for n in range(1, len(best) + 1)
            if sum(p.seconds for p in best[:n]) >= 1.1 * target and n >= min(len(best), round(target / 6))
        ),
        len(best),
    )
    rest = sorted(best[1:fewest])
    picks = _roles([best[0], *rest], "V")
    found = solve(material, picks, target, tolerance)
    return Fill(tuple(picks), found) if isinstance(found, Solution) else found


def _too_little(passages: Sequence[Passage], target: float) -> str:
    if not passages:
        return "there is no passage to choose from: nothing was said but greetings, or all of it is used"
    return f"no set of the {len(passages)} passages adds up to {target:g} s"


def _fill_nearest(
    material: Material, passages: Sequence[Passage], target: float, tolerance: float, clips: int
) -> tuple[float, ...]:
    """Lengths below and above that ``solve`` has confirmed."""
    if not passages:
        return ()
    worths = _worths(passages, LONGEST, target, clips)
    last = worths.best[-1][1]
    steps = np.flatnonzero(np.isfinite(last).any(axis=0))
    found = []
    for side in (
        steps[steps * worths.grain < target - tolerance][::-1],
        steps[steps * worths.grain > target + tolerance],
    ):
        for step in side[:12]:
            chosen = _traced(passages, worths, int(np.argmax(last[:, step])), int(step), target)
            seconds = min(max(sum(passage.seconds for passage in chosen), SHORTEST), LONGEST)
            cut = _cut(material, chosen, seconds, tolerance)
            if (
                cut is not None
                and SHORTEST <= (length := round(float(cut.solution.frames / material.rate), 3)) <= LONGEST
                and abs(length - target) > tolerance
            ):
                found.append(length)
                break
    return tuple(found)
