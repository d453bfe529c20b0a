"""The best story that nobody would object to: what a strict run makes, and what it offers where it refuses another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tools.cutting.choice import Shut, valued
from tools.cutting.edges import FLASHES, Material
from tools.cutting.fill import Fill
from tools.cutting.parts import FREE, Fixed
from tools.finding.reader import Readings
from tools.finding.standing_alone import SURE, is_housekeeping, review
from tools.finding.windows import Floats
from tools.ids import Stretch
from tools.schema import LONGEST, SHORTEST

ROUNDS = 6
"""Times that the story is told again, without the edges that were objected to."""
OTHERS = (0.9, 1.1, 0.8, 1.2, 0.7, 0.6, 0.5)
"""Of the length that was asked, those that are tried for an offer, nearest first."""
ENDS = "ends on a question", "ends before its payoff", "unfinished ending", "loses its qualification"
"""Findings that another end of the clip would mend; others want another beginning."""


def clear(
    material: Material, read: Readings, near: Floats, target: float, used: Iterable[str], fixed: Fixed = FREE
) -> tuple[float, Fill] | None:
    """The best story within the length that carries no risk, and what it is worth; None where none was found."""
    used, shut = set(used), _unsure(material, read)
    for _ in range(ROUNDS):
        told = valued(material, read, near, target, used, fixed=fixed, shut=shut)
        objected = [(each, list(_objections(material, read, each[1]))) for each in told]
        for each, objections in objected:
            if not objections:
                return each
        if not told:
            break
        shut = Shut(
            shut.starts | {at for _, objections in objected for kind, at, _ in objections if kind not in ENDS},
            shut.stops | {at for _, objections in objected for kind, _, at in objections if kind in ENDS},
        )
    return None


def offer(material: Material, read: Readings, near: Floats, target: float, used: Iterable[str]) -> str:
    """The nearest better cut, in a sentence: of this length, or of the nearest that has one."""
    for share in (1.0, *OTHERS):
        seconds = target * share
        if SHORTEST <= seconds <= LONGEST and (found := clear(material, read, near, seconds, used)):
            fill = found[1]
            runs = ", ".join(str(Stretch.of(pick.ids)) for pick in fill.picks)
            lasts = float(fill.solution.frames / material.rate)
            return f"A cut without a risk: {runs}, {lasts:.1f} s" + (
                "." if share == 1.0 else "; none of the length asked was found."
            )
    return "No cut without a risk was found, of this length or of others near it."


def _unsure(material: Material, read: Readings) -> Shut:
    """The sentences that a clip may not begin with, and those that it may not end with, for what was read of each alone."""
    begins = (read.leans >= SURE) | (read.house >= SURE)
    begins[0] = read.house[0] >= SURE
    greets = [at for at, each in enumerate(material.sentences) if is_housekeeping(each)]
    return Shut(
        frozenset({*np.flatnonzero(begins).tolist(), *greets}),
        frozenset(np.flatnonzero(read.sets_up >= SURE).tolist()),
    )


def _objections(material: Material, read: Readings, fill: Fill) -> Iterable[tuple[str, int, int]]:
    """Each risk of a cut with the first and last sentence of its clip."""
    runs = [(choice.first, choice.last) for choice in fill.solution.choices]
    found = review(material.sentences, runs, [pick.role for pick in fill.picks], read)
    for (first, last), choice, findings in zip(runs, fill.solution.choices, found, strict=True):
        yield from ((one.kind, first, last) for one in findings if one.severe)
        yield from ((flag, first, last) for flag in choice.flags if flag not in FLASHES)
