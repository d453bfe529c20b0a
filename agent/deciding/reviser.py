"""Plays a revision that is already decided: only the calls for what changed.  Not a language model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage, ToolMessage

from agent.deciding.planner import Planner
from agent.deciding.turns import Call
from tools.schema import Noun, Pick


class Moves(Noun):
    """The calls of a revision, each where it is wanted."""

    plan: str
    """The plan of the run before, which stays where there are no picks."""
    edits: bool = False
    """Whether other sentences play, or in another order, which a language model decides where there is one."""
    picks: tuple[Pick, ...] | None = None
    write: dict[str, Any] | None = None
    cover: bool = False
    assemble: dict[str, Any] | None = None


class Reviser(Planner):
    moves: Moves

    def after(self, messages: Sequence[BaseMessage], answers: Sequence[ToolMessage]) -> Call | str:
        if answers and answers[-1].status == "error" and answers[-1].name in ("cut", "assemble"):
            return f"Nothing to make: {answers[-1].text}"
        moves, done = self.moves, {message.name for message in answers}
        plan = "P1" if moves.picks is not None else moves.plan
        if moves.picks is not None and "cut" not in done:
            return "cut", {"picks": [pick.model_dump(mode="json") for pick in moves.picks]}
        if moves.write is not None and "write" not in done:
            return "write", {"plan_id": plan, **moves.write}
        if moves.cover and "cover" not in done:
            return "cover", {"plan_id": plan}
        if moves.assemble is not None and "assemble" not in done:
            return "assemble", {"plan_id": plan, **moves.assemble}
        return f"Made {plan}."
