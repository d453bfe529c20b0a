"""A revision that is decided and not made, as a door hands it to whoever makes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.deciding import REVISER
from agent.deciding.reviser import Moves, Reviser
from agent.revising.carried_over import Seed
from agent.revising.origin import recall_folder
from tools.schema import Brief, Noun, Outcome, Shape

if TYPE_CHECKING:
    from agent.studio import Studio


class Next(Noun):
    """Its brief, who plays it, where it comes from, and what it changes in words."""

    brief: Brief
    moves: Moves | None
    """None where the studio's own model decides: another promo of the same video."""
    lineage: dict[str, Any]
    seed: Seed
    diff: str
    render: tuple[Shape, ...]
    length: float


def cast(studio: Studio, moves: Moves | None) -> Studio:
    """The studio with who plays a revision: its own language model where other sentences are to play, with the rules to fall back upon, else the rules."""
    if moves is None:
        return studio
    if moves.edits and studio.language_model:
        return replace(studio, spare=Reviser(moves=moves))
    names = {**studio.names, "model": REVISER}
    return replace(studio, model=Reviser(moves=moves), model_id=REVISER, names=names)


def carry(studio: Studio, planned: Next) -> Outcome:
    """Make a revision of a run whose folder is here."""
    from agent.loop import run

    def fetch(into: Path) -> None:
        recall_folder(studio, planned.seed.base)
        planned.seed.sow(studio.home, into.parent)

    at = replace(cast(studio, planned.moves), lineage={**studio.lineage, **planned.lineage})
    return run(planned.brief, at, fetch)
