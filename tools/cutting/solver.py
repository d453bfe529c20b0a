"""Which sentences and which frames make a promo of the wanted length: an exact search, no randomness.

``solve`` keeps the picks it is given and finds edges, trims and the optional picks to leave out, counting whole frames.
``tools.cutting.fill`` chooses the picks too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.cutting.edges import Edge, Material, after, before
from tools.finding.standing_alone import ending, opening
from tools.ids import Stretch, is_spoken
from tools.schema import LONGEST, SHORTEST, Infeasible, Pick

MOST_CLIPS = 8
TOLERANCE = 0.5
"""Seconds that a promo may be off its target."""
SHOT = 1.0
"""Least seconds of a shot that was picked."""
INSET = 2
"""Frames kept off a detected shot change, which may be a frame or two out."""

OFF = 3000
"""Cost of a second off the target; content is worth more than the last tenth, edges less."""
LEFT_OUT, MISSED = 6000, 1000
"""Cost of leaving out a pick, and of each of its sentences."""
HALVED, DROPPED, RISK, TRIMMED = 30_000, 6000, 3000, 400
"""Cost of taking a pick's first or last sentences away, of each of them, of a trim that opens or ends badly, of trimming a shot whole.

What stays of a halved pick has often lost its noun, so that a few whole picks are left out before one is halved.
"""
LEANING = 100_000
"""Cost of an answer without its question, of a "that" without what it means, where these are in the pick before: a last resort."""
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

    def ids(self, pick: Pick) -> tuple[str, ...]:
        """The ids of ``pick`` that play."""
        return Stretch.of(pick.ids)._replace(first=self.first, last=self.last).ids


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
    leans: bool = False
    """Whether its first sentence needs the last one of the pick that plays before."""

    @property
    def first(self) -> int:
        return min(way.item for way in self.starts)

    @property
    def last(self) -> int:
        return max(way.item for way in self.ends)

    def leaning(self, first: int) -> int:
        """Cost of beginning with sentence ``first`` where the pick before did not play to its end."""
        return LEANING if self.leans and first == self.first else 0

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

    All required picks play whole; optional ones may be left out or, where that does not meet the length, trimmed to whole sentences.  The hook plays first.
    The ids of the picks must exist and be consecutive within a pick; ``checks.check`` sees to that.
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


def reaches(material: Material, picks: Sequence[Pick]) -> list[tuple[float, float]]:
    """Seconds that each pick lasts whole, with its edges as close and as wide as they can be."""
    whole = [pick.model_copy(update={"optional": False}) for pick in picks]
    groups = {group.pick: group for group in _groups(material, list(enumerate(whole)))}
    return [
        (float(groups[place].shortest / material.rate), float(groups[place].longest / material.rate))
        for place in range(len(picks))
    ]


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
    """Least cost of every total of frames, pick by pick: dynamic programming with (min, +) steps over edges.

    A row has two lines: the pick before was left out or trimmed at its end, and it played to its end.
    """

    def __init__(self, material: Material, ordered: Sequence[tuple[int, Pick]]) -> None:
        self.material = material
        self.groups = _groups(material, ordered)
        self.cap = before(LONGEST, material.rate)
        width = min(self.cap, sum(group.longest for group in self.groups)) + 1
        self.rows: list[Ints] = [np.full((2, width), NEVER, np.int64)]
        self.rows[0][0, 0] = 0
        for group in self.groups:
            self.rows.append(_extended(self.rows[-1], group))

    def feasible(self) -> list[int]:
        low = after(SHORTEST, self.material.rate)
        return [int(total) for total in np.flatnonzero(self.rows[-1].min(axis=0) < NEVER) if total >= low]

    def best(self, low: int, high: int, target: float) -> Solution | None:
        row = self.rows[-1].min(axis=0)[low : high + 1]
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
        line = int(np.argmin(self.rows[-1][:, total]))
        cost, choices, out = int(self.rows[-1][line, total]), [], []
        for group, old, new in zip(
            reversed(self.groups), reversed(self.rows[:-1]), reversed(self.rows[1:]), strict=True
        ):
            if group.optional and line == 0 and int(old[:, total].min()) + group.skip == new[0, total]:
                out.append(group.pick)
                line = int(np.argmin(old[:, total]))
                continue
            choice = _found(group, old, line, total, int(new[line, total]))
            choices.append(choice)
            total -= choice.frames
            line = int(old[0, total] + group.leaning(choice.first) > old[1, total])
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
    spoken = [Stretch.of(pick.ids) for _, pick in ordered if is_spoken(pick.ids[0])]
    groups = [
        _pinned(material, place, pick)
        if pick.ids in material.pins
        else _spoken(material, place, pick)
        if is_spoken(pick.ids[0])
        else _shown(material, place, pick, spoken)
        for place, pick in ordered
    ]
    return [
        replace(group, leans=bool(number) and _leans(material, ordered[number - 1][1], ordered[number][1]))
        for number, group in enumerate(groups)
    ]


def _leans(material: Material, before: Pick, pick: Pick) -> bool:
    """Whether ``pick`` goes on where ``before`` ends and can't be understood without it."""
    one, two = Stretch.of(before.ids), Stretch.of(pick.ids)
    if not (one.is_spoken and two.is_spoken) or one.last + 1 != two.first:
        return False
    return any(each.severe for each in opening(material.sentences, two.first, material.read))


def _pinned(material: Material, place: int, pick: Pick) -> _Group:
    """A pick with the one way to play it that an earlier cut had."""
    (kind, first, last), (begin, stop) = Stretch.of(pick.ids), material.pins[pick.ids]
    spoken = kind == "S"
    starts = [edge for edge in (material.edges(first, "start") if spoken else ()) if edge.frame == begin]
    ends = [edge for edge in (material.edges(last, "end") if spoken else ()) if edge.frame == stop]
    start, end = (*starts, Edge(begin, 0))[0], (*ends, Edge(stop, 0))[0]
    return _Group(place, (_Way(first, (start,), 0),), (_Way(last, (end,), 0),), False, LEFT_OUT)


def _span(material: Material, pick: Pick) -> tuple[float, float]:
    kind, first, last = Stretch.of(pick.ids)
    items = material.sentences if kind == "S" else material.shots
    return items[first].start, items[last].end


def _spoken(material: Material, place: int, pick: Pick) -> _Group:
    _, first, last = Stretch.of(pick.ids)
    count = last - first + 1
    starts, ends = [_Way(first, material.edges(first, "start"), 0)], [_Way(last, material.edges(last, "end"), 0)]
    if pick.optional and count > 1:
        said = material.sentences
        lasting = [index for index in range(first, last + 1) if material.lasts(index)]
        starts += [
            _Way(
                index,
                material.edges(index, "start"),
                HALVED + DROPPED * (index - first) + _risk(opening(said, index, material.read)),
            )
            for index in lasting
            if index > first
        ]
        ends += [
            _Way(
                index,
                material.edges(index, "end"),
                HALVED + DROPPED * (last - index) + _risk(ending(said, index, material.read)),
            )
            for index in lasting
            if index < last
        ]
    return _Group(place, tuple(starts), tuple(ends), _leavable(pick), LEFT_OUT + MISSED * count)


def _leavable(pick: Pick) -> bool:
    """An optional hook may be trimmed; something has to open."""
    return pick.optional and pick.role != "hook"


def _risk(findings: Sequence[object]) -> int:
    return RISK if findings else 0


def _shown(material: Material, place: int, pick: Pick, spoken: Sequence[Stretch]) -> _Group:
    _, first, last = Stretch.of(pick.ids)
    rate = material.rate
    low = after(material.shots[first].start, rate)
    high = min(before(material.shots[last].end, rate), material.frames)
    begins, stops = material.bounds(Stretch("V", first, last))
    low, high = max(low, begins), min(high, stops)
    for _, one, two in spoken:  # what is said next to it keeps its own room
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
        LEFT_OUT + MISSED,
        (low, high),
    )


def _played(old: Ints, leaning: int) -> Ints:
    """The least cost of what was played before, by frames."""
    return np.minimum(old[0] + leaning, old[1])


def _extended(old: Ints, group: _Group) -> Ints:
    """``old`` with the group played or, where it is optional, left out.  A total over the width is no cut."""
    width = old.shape[1]
    new = np.full_like(old, NEVER)
    if group.optional:
        new[0] = old.min(axis=0) + group.skip
    if group.shortest < 1:
        return _extended_slowly(old, new, group)
    top = max(edge.frame for way in group.starts for edge in way.edges)
    bottom = min(edge.frame for way in group.starts for edge in way.edges)
    # begun[u]: the least cost of having played u - top + f frames before, and beginning this pick at frame f
    begun = np.full(width + top - bottom, NEVER, np.int64)
    starts = sorted(group.starts, key=lambda way: way.item)
    taken, first, last = 0, group.first, group.last
    at_first, later = _played(old, group.leaning(first)), _played(old, 0)
    for end in sorted(group.ends, key=lambda way: way.item):
        while taken < len(starts) and starts[taken].item <= end.item:
            played = at_first if starts[taken].item == first else later
            for edge in starts[taken].edges:
                part = begun[top - edge.frame : top - edge.frame + width]
                np.minimum(part, played + (edge.cost + starts[taken].extra), out=part)
            taken += 1
        line = new[int(end.item == last)]
        for edge in end.edges:
            shift = edge.frame - top
            source = begun[max(0, -shift) : max(0, width - shift)]
            room = line[max(0, shift) : max(0, shift) + len(source)]
            np.minimum(room, source[: len(room)] + (edge.cost + end.extra), out=room)
    np.minimum(new, NEVER, out=new)
    return new


def _extended_slowly(old: Ints, new: Ints, group: _Group) -> Ints:
    """The same by every pair of edges, for a pick that could also come to nothing: a word without length."""
    width = old.shape[1]
    for start, end in product(group.starts, group.ends):
        played, line = _played(old, group.leaning(start.item)), new[int(end.item == group.last)]
        for one, two in product(start.edges, end.edges):
            length = two.frame - one.frame
            if start.item <= end.item and 0 < length < width:
                part = played[: width - length] + (one.cost + start.extra + two.cost + end.extra)
                np.minimum(line[length:], part, out=line[length:])
    return np.minimum(new, NEVER)


def _found(group: _Group, old: Ints, line: int, total: int, cost: int) -> Choice:
    """The way to play ``group`` that gave ``cost`` at ``total`` frames in ``line``."""
    for start in group.starts:
        played = _played(old, group.leaning(start.item))
        for end in group.ends:
            if start.item > end.item or line != int(end.item == group.last):
                continue
            for one, two in product(start.edges, end.edges):
                rest = total - (two.frame - one.frame)
                if (
                    0 <= rest < len(played)
                    and two.frame > one.frame
                    and int(played[rest]) + start.extra + one.cost + end.extra + two.cost == cost
                ):
                    flags = tuple(f"{flag} at the start" for flag in one.flags) + tuple(
                        f"{flag} at the end" for flag in two.flags
                    )
                    return Choice(group.pick, start.item, end.item, one.frame, two.frame, flags)
    raise AssertionError("the table and its groups disagree")
