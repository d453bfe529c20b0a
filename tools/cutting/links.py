"""What of a plan leans on what, what pays what it sets up, and why a passage near by was not taken: kept beside the plan for who looks at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from tools.finding.reader import Readings
from tools.finding.standing_alone import AHEAD, SURE
from tools.finding.windows import Floats
from tools.ids import index, is_spoken
from tools.schema import CutList, Noun, Share
from tools.workspace import Workspace

NOTED = 2
"""Reasons that are told of a passage that was not taken."""
LESS = 0.7
"""Of what plays, the share of worth or nearness under which a passage is told to have less."""


class Link(Noun):
    """A played sentence that needs another: one before it, to be understood, or one after it, to be paid."""

    id: str
    kind: Literal["leans", "sets up"]
    other: str
    plays: bool
    """Whether the other plays where it is needed: before it, or after it."""
    sure: Share


class Kept(Noun):
    """The links of a plan, and what each sentence of the talk was read as: a row of ``Readings`` and how much it is what was asked for."""

    links: tuple[Link, ...] = ()
    read: tuple[tuple[float, ...], ...] = ()
    near: tuple[float, ...] = ()


def save(workspace: Workspace, cut: CutList, read: Readings, near: Floats) -> None:
    """Write ``links-<plan>.json``."""
    rows = tuple(tuple(round(float(value), 3) for value in row) for row in zip(*read, strict=True))
    kept = Kept(links=tuple(links(cut, read)), read=rows, near=tuple(round(float(value), 3) for value in near))
    workspace.save(f"links-{cut.id}.json", kept)


def load(workspace: Workspace, cut: CutList | None) -> Kept:
    """What was kept of a plan; empty where nothing was."""
    return (cut and workspace.load(f"links-{cut.id}.json", Kept)) or Kept()


def links(cut: CutList, read: Readings) -> Iterator[Link]:
    """A link for each played sentence that surely leans, and for each that surely sets something up."""
    order = list(dict.fromkeys(index(name) for clip in cut.clips for name in clip.ids if is_spoken(name)))
    for place, at in enumerate(order):
        name, before, after = f"S{at + 1}", set(order[:place]), set(order[place + 1 :])
        if at and (sure := float(read.leans[at])) >= SURE:
            yield Link(id=name, kind="leans", other=f"S{at}", plays=at - 1 in before, sure=min(1.0, sure))
        if (sure := float(read.sets_up[at])) >= SURE and at + 1 < len(read.sets_up):
            paid = next((n for n in range(at + 1, at + 1 + AHEAD) if n in after), None)
            other = at + 1 if paid is None else paid
            yield Link(id=name, kind="sets up", other=f"S{other + 1}", plays=paid is not None, sure=min(1.0, sure))


def why_not(kept: Kept, cut: CutList, ids: Sequence[str]) -> str:
    """Why a passage does not play, by what was read of it beside what plays; empty where that says nothing."""
    known = bool(ids) and all(is_spoken(name) and index(name) < len(kept.read) for name in ids)
    if not known:  # shots, or ids that a model made up and that were refused
        return ""
    read, near = Readings(*np.array(kept.read).T), np.array(kept.near).clip(0.0)
    played = [index(name) for clip in cut.clips for name in clip.ids if is_spoken(name)]
    return "; ".join(list(_reasons(read, near, [index(name) for name in ids], played))[:NOTED])


def _reasons(read: Readings, near: Floats, run: Sequence[int], played: Sequence[int]) -> Iterator[str]:
    first, last = run[0], run[-1]
    if first and read.leans[first] >= SURE and first - 1 not in played:
        yield f"leans on S{first}, which would have to play too ({read.leans[first]:.0%} sure)"
    if read.sets_up[last] >= SURE:
        yield f"leaves S{last + 2} to be said ({read.sets_up[last]:.0%} sure)"
    if played and near.max() > 0 and near[run].mean() < LESS * near[played].mean():
        yield f"less of what was asked: {near[run].mean():.2f}, what plays {near[played].mean():.2f}"
    if played and read.worth[run].mean() < LESS * read.worth[played].mean():
        yield f"worth less: {read.worth[run].mean():.1f} of 3, what plays {read.worth[played].mean():.1f}"
    if played and first > played[-1] + 1 and read.close[last] < read.close[played[-1]]:
        yield f"rests less as the end: {read.close[last]:.1f} of 3, S{played[-1] + 1} {read.close[played[-1]]:.1f}"
    yield "no better story of this length has it"
