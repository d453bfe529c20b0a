"""The automatic choice where sentences were read: the story that says most of what was asked and can be followed, cut to its length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.cutting.edges import Material
from tools.cutting.fill import Fill
from tools.cutting.parts import FREE, Fixed, around
from tools.cutting.solver import TOLERANCE, Solution, solve
from tools.cutting.story import NEVER, Lengths, Story, Terms
from tools.finding.reader import Readings
from tools.finding.standing_alone import runs_on
from tools.ids import Stretch
from tools.schema import Pick, Role, Sentence

Floats = NDArray[np.float64]

STEPS = 300
"""Steps of length in a target; a step is never under a tenth of a second."""
SLACK = 0.8
"""Seconds beside the target within which stories are told: edges make up for the rest."""
TRIED = 12
"""Stories that are cut to the frame before the length is given up."""
OFF = 10.0
"""Paid for a second off the target, in words of the best speech."""
NEVER_ON = 1 << 40
"""Units of length of going on from one take of a reel into the next: more than any promo has."""
SURE = 0.02
"""A reading is never surer than this."""


class Prices(NamedTuple):
    """What playing a sentence earns and pays."""

    near: float
    """Earned by each word for being what the wish asks."""
    worth: float
    """Earned by each word for each point of worth."""
    base: float
    """Paid by each word for being played."""
    house: float
    """Paid by each word for being filler."""
    lost: float
    """Paid for a sentence that can't be paid or followed, by how surely."""
    first: float
    """Paid where the first sentence leans on what has not played, by how surely."""
    last: float
    """Paid where the last sentence leaves something hanging, by how surely."""
    open: float
    """Earned for each point by which the first sentence opens."""
    close: float
    """Earned for each point by which the last one closes."""
    lean: float
    """Paid where a later run starts with what leans on what has not played, by how surely."""
    setup: float
    """Paid where a run before the last one leaves something hanging, by how surely."""
    join: float
    """Paid for a join."""
    voice: float
    """Paid for a join where another voice goes on."""
    skipped: float
    """Paid for a join for each time that the sentences it skips are e times as many."""


STORY = Prices(
    near=1.2,
    worth=0.22,
    base=0.02,
    house=0.44,
    lost=6.0,
    first=34.0,
    last=10.0,
    open=1.6,
    close=14.0,
    lean=9.0,
    setup=5.0,
    join=2.2,
    voice=0.5,
    skipped=0.7,
)
"""Where something was asked for: fitted on wishes that name a topic."""
MOMENT = Prices(
    near=1.2,
    worth=0.25,
    base=0.02,
    house=0.6,
    lost=2.0,
    first=12.0,
    last=8.0,
    open=4.0,
    close=6.0,
    lean=6.0,
    setup=4.0,
    join=0.3,
    voice=1.0,
    skipped=0.0,
)
"""Where nothing was, and of a moment that stands alone in a length of its own: tried by hand, before there were wishes to fit them on."""


class Shut(NamedTuple):
    """Sentences that no clip may begin with, and those that none may end with."""

    starts: frozenset[int] = frozenset()
    stops: frozenset[int] = frozenset()


NOWHERE = Shut()


def stories(
    material: Material,
    read: Readings,
    near: Floats,
    target: float,
    used: Iterable[str] = (),
    tolerance: float = TOLERANCE,
    fixed: Fixed = FREE,
) -> list[Fill]:
    """The picks of the best stories within ``tolerance`` of ``target`` seconds, none of the ids ``used``; best first.

    ``near`` says how much each sentence is what the wish asks for, 0 to 1; ``fixed`` is what must play.
    """
    return [fill for _, fill in valued(material, read, near, target, used, tolerance, fixed)]


def valued(
    material: Material,
    read: Readings,
    near: Floats,
    target: float,
    used: Iterable[str],
    tolerance: float = TOLERANCE,
    fixed: Fixed = FREE,
    shut: Shut = NOWHERE,
) -> list[tuple[float, Fill]]:
    """The same with what each is worth; no clip begins or ends where it is ``shut``, nor amid what was written as one sentence."""
    said = material.sentences
    torn = [at for at in range(1, len(said)) if runs_on(said[at - 1], said[at])]
    shut = Shut(shut.starts.union(torn), shut.stops.union(at - 1 for at in torn))
    step = max(0.1, target / STEPS)
    lengths = _lengths(said, step)
    least, most = (round((target + side * SLACK) / step) for side in (-1, 1))
    found: list[tuple[float, Fill]] = []
    for story in around(fixed, _closed(_terms(said, read, near, set(used)), shut), lengths, least, most)[:TRIED]:
        if any(material.crosses(Stretch("S", *run)) for run in story.runs):
            continue
        picks = _picks(story, read, near)
        solved = solve(material, picks, target, tolerance)
        if isinstance(solved, Solution):
            off = abs(float(solved.frames / material.rate) - target)
            found.append((story.value - OFF * off, Fill(picks, solved)))
    return sorted(found, key=lambda one: -one[0])


def _lengths(said: Sequence[Sentence], step: float) -> Lengths:
    starts, ends = (np.array([getattr(each, edge) for each in said]) for edge in ("start", "end"))
    own = np.maximum(1, np.round((ends - starts) / step)).astype(np.int64)
    pauses = np.concatenate([[0.0], starts[1:] - ends[:-1]])
    after = np.maximum(1, np.round((ends - starts + np.maximum(0.0, pauses)) / step)).astype(np.int64)
    takes = np.array([each.take for each in said])
    return Lengths(own, np.where(np.diff(takes, prepend=takes[:1]) != 0, NEVER_ON, after))


def _terms(said: Sequence[Sentence], read: Readings, near: Floats, used: set[str]) -> Terms:
    prices = STORY if near.max() > 0 else MOMENT
    words = np.array([len(each.text.split()) for each in said], float)
    taken = np.array([each.id in used for each in said])
    return Terms(
        said=np.where(taken, NEVER, worth(words, read, near, prices)),
        opens=opening(read, prices),
        closes=closing(read, prices),
        starts=prices.lean * _doubt(_unready(read)),
        stops=prices.setup * _doubt(read.sets_up),
        joins=_joins(said, prices),
    )


def _joins(said: Sequence[Sentence], prices: Prices) -> Floats:
    """What is paid where the second sentence plays straight after the first, (n, n)."""
    voices, at = np.array([each.speaker or "" for each in said]), np.arange(len(said))
    skipped = np.log(np.maximum(1, at[None] - at[:, None] - 1))
    return prices.join + prices.voice * (voices[:, None] != voices[None]) + prices.skipped * skipped


def _closed(terms: Terms, shut: Shut) -> Terms:
    """The terms where no run begins or ends with what is shut."""
    opens, closes, starts, stops = (each.copy() for each in terms[1:5])
    first, last = list(shut.starts), list(shut.stops)
    opens[first], starts[first] = NEVER, -NEVER
    closes[last], stops[last] = NEVER, -NEVER
    return terms._replace(opens=opens, closes=closes, starts=starts, stops=stops)


def worth(words: Floats, read: Readings, near: Floats, prices: Prices = STORY) -> Floats:
    """What playing each sentence earns, for its ``words``."""
    by_word = prices.near * near + prices.worth * read.worth - prices.base - prices.house * read.house
    return words * by_word - prices.lost * _doubt(read.unpaid)


def opening(read: Readings, prices: Prices = STORY) -> Floats:
    """What playing each sentence first earns."""
    return prices.open * read.open - prices.first * _doubt(_unready(read))


def _unready(read: Readings) -> Floats:
    """The chance that a sentence is no beginning: it leans, or it greets or sees to the room."""
    return 1 - (1 - read.leans) * (1 - read.house)


def closing(read: Readings, prices: Prices = STORY) -> Floats:
    """What playing each sentence last earns."""
    return prices.close * read.close - prices.last * _doubt(read.sets_up)


def _doubt(chance: Floats) -> Floats:
    """How surprised one would be if it did not happen: 0 where it surely does not, nats."""
    return -np.log(np.maximum(1 - chance, SURE))


def _picks(story: Story, read: Readings, near: Floats) -> tuple[Pick, ...]:
    made = []
    for place, (first, last) in enumerate(story.runs):
        role: Role = "hook" if place == 0 else "close" if place == len(story.runs) - 1 else "proof"
        run = slice(first, last + 1)
        told = [f"worth {read.worth[run].mean():.1f} of 3"]
        told += [f"serves the wish {near[run].mean():.2f}"] if near.max() > 0 else []
        told += [f"opens {read.open[first]:.1f}"] if place == 0 else []
        told += [f"closes {read.close[last]:.1f}"] if place == len(story.runs) - 1 else []
        made.append(Pick(ids=Stretch("S", first, last).ids, role=role, reason=", ".join(told)))
    return tuple(made)
