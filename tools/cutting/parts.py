"""What a person asked for by name, and the best story around it: what must open it, what must close it, what must play somewhere in it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import islice, pairwise, product
from typing import NamedTuple

import numpy as np

from tools.cutting.edges import Material
from tools.cutting.story import NEVER, RUNS, Lengths, Story, Terms, tell
from tools.finding import ranking
from tools.finding.relevance import is_about
from tools.finding.standing_alone import repair
from tools.finding.times import at, span
from tools.ids import Stretch
from tools.ports import Bench
from tools.schema import Part

MUST = 1e5
"""Earned by a sentence that must play: more than all else together."""
PLACES = 3
"""Passages that are tried for each part."""
ALIKE = 0.9
"""Of the nearness of the passage that is nearest to a part, what another must have to be tried in its place."""
SAME, LONG = 0.85, 2
"""Of a sentence's nearness, what those after it must have to be of the same passage, and how many there may be."""
WAYS = 6
"""Choices of a passage for each part that are tried in all."""

Run = tuple[int, int]


class Fixed(NamedTuple):
    """Runs of sentences that play whole, first and last index of each."""

    opens: Run | None = None
    closes: Run | None = None
    plays: tuple[Run, ...] = ()

    @property
    def runs(self) -> list[Run]:
        return [run for run in (self.opens, *self.plays, self.closes) if run is not None]

    @property
    def overlap(self) -> bool:
        said = [at for first, last in self.runs for at in range(first, last + 1)]
        return len(said) > len(set(said))


FREE = Fixed()
"""Where nothing must play."""


def ways(bench: Bench, material: Material, gone: Container[str]) -> list[Fixed]:
    """Choices of passages for the parts that the request asks for, the likeliest first; none where a part is not to be found."""
    parts = bench.brief.options.parts
    found = [list(islice(_passages(bench, material, part, gone), PLACES)) for part in parts]
    choices = [_fixed(parts, runs) for runs in sorted(product(*map(enumerate, found)), key=_unlikely)]
    return [fixed for fixed in choices if not fixed.overlap][:WAYS]


def _unlikely(choice: Sequence[tuple[int, Run]]) -> int:
    return sum(place for place, _ in choice)


def _fixed(parts: Sequence[Part], choice: Sequence[tuple[int, Run]]) -> Fixed:
    by_place = [(part.place, run) for part, (_, run) in zip(parts, choice, strict=True)]
    first, last = (next((run for where, run in by_place if where == place), None) for place in ("first", "last"))
    return Fixed(first, last, tuple(run for _, run in by_place if run not in (first, last)))


def _passages(bench: Bench, material: Material, part: Part, gone: Container[str]) -> Iterator[Run]:
    """Passages that fit a part about as well, the nearest first, each with what it leans on and what it sets up."""
    said, transcript = material.sentences, bench.workspace.transcript
    if times := span(part.query, bench.workspace.source.duration):
        _, first, last = Stretch.of(at(transcript, *times))
        yield first, last
        return
    if not is_about([each.text for each in said], part.query):
        return
    near = ranking.asked(said, part.query)
    left = np.array([0.0 if each.id in gone else 1.0 for each in said])
    best = float((near * left).max())
    while best > 0 and (near * left).max() >= ALIKE * best:
        first = last = int((near * left).argmax())
        while last + 1 < len(said) and near[last + 1] * left[last + 1] >= SAME * near[first] and last - first < LONG:
            last += 1
        begun, ended = repair(said, first, last, read=material.read)
        if left[begun : ended + 1].all():
            yield begun, ended
        left[first : last + 1] = 0.0


def around(fixed: Fixed, terms: Terms, lengths: Lengths, least: int, most: int) -> list[Story]:
    """The best stories of ``least`` to ``most`` units that open and close with what is fixed and play the rest of it, best first.

    Where what opens lies later in the talk than what follows it, so it plays; the rest keeps the order of the talk.
    """
    if fixed == FREE:
        return tell(terms, lengths, least, most)
    ends = [run for run in (fixed.opens, fixed.closes) if run is not None]
    taken = sum(_length(lengths, run) for run in ends)
    said = sum(float(terms.said[first : last + 1].sum()) for first, last in ends)
    worth = (
        said
        + (terms.opens[fixed.opens[0]] if fixed.opens else 0.0)
        + (terms.closes[fixed.closes[1]] if fixed.closes else 0.0)
    )
    must = MUST * sum(last + 1 - first for first, last in fixed.plays)
    alone = not fixed.plays and least <= taken <= most
    found = [Story(runs, _worth(terms, runs), taken)] if alone and (runs := _joined(ends)) else []
    if taken < most:
        told = tell(_open(terms, fixed), lengths, max(1, least - taken), most - taken, RUNS - len(ends))
        found += [
            Story(_joined(_placed(fixed, story.runs)), worth + story.value - must, taken + story.length)
            for story in told
            if _plays(story.runs, fixed.plays)
        ]
    return sorted(found, key=lambda story: -story.value)


def _length(lengths: Lengths, run: Run) -> int:
    return int(lengths.fresh[run[0]] + lengths.after[run[0] + 1 : run[1] + 1].sum())


def _worth(terms: Terms, runs: Sequence[Run]) -> float:
    """What a story of these runs earns, less what it pays."""
    between = [(one[1], two[0]) for one, two in pairwise(runs)]
    paid = sum(terms.stops[last] + terms.starts[first] + terms.joins[last, first] for last, first in between)
    said = sum(terms.said[first : last + 1].sum() for first, last in runs)
    return float(terms.opens[runs[0][0]] + said + terms.closes[runs[-1][1]] - paid)


def _open(terms: Terms, fixed: Fixed) -> Terms:
    """The terms of what plays between the two ends: it goes on from one and leads to the other, and breaks no run that must play."""
    said, opens, closes, starts, stops = (np.array(each, float) for each in terms[:5])
    if fixed.opens is not None:
        first, last = fixed.opens
        opens = -starts - stops[last] - terms.joins[last]
        opens[last + 1 : last + 2] = 0.0
        said[first : last + 1] = NEVER
    if fixed.closes is not None:
        first, last = fixed.closes
        closes = -stops - starts[first] - terms.joins[:, first]
        closes[max(0, first - 1) : first] = 0.0
        said[first : last + 1] = NEVER
    for first, last in fixed.plays:
        said[first : last + 1] += MUST
        opens[first + 1 : last + 1] = closes[first:last] = NEVER
        starts[first + 1 : last + 1] = stops[first:last] = -NEVER
    return Terms(said, opens, closes, starts, stops, terms.joins)


def _placed(fixed: Fixed, runs: Sequence[Run]) -> list[Run]:
    return [*([fixed.opens] if fixed.opens else []), *runs, *([fixed.closes] if fixed.closes else [])]


def _joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs, neighbours as one."""
    found: list[Run] = []
    for first, last in runs:
        if found and found[-1][1] == first - 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def _plays(runs: Sequence[Run], wanted: Sequence[Run]) -> bool:
    return all(any(first <= run[0] and run[1] <= last for first, last in runs) for run in wanted)
