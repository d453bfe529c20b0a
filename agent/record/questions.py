"""What is asked of the record, over the connection of a transaction."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from agent.record import tables
from agent.record.database import now

BESIDE = 60
"""Candidates answered beside a clip."""


def rows(db: Connection, asked: Any) -> list[dict[str, Any]]:
    return [{name: _shown(name, value) for name, value in row.items()} for row in db.execute(asked).mappings()]


def runs(db: Connection, limit: int, tenant: str | None, thread: str | None) -> list[dict[str, Any]]:
    hidden = ("outcome", "brief", "owner", "lease_until", "fence")
    asked = select(*(column for column in tables.run.c if column.name not in hidden))
    if tenant is not None:
        asked = asked.where(tables.run.c.tenant == tenant)
    if thread is not None:
        asked = asked.where(tables.run.c.thread == thread)
    return rows(db, asked.order_by(tables.run.c.created.desc(), tables.run.c.run).limit(limit))


def briefs(db: Connection, tenant: str, limit: int) -> list[dict[str, Any]]:
    asked = select(tables.run.c.run, tables.run.c.state, tables.run.c.brief)
    there = and_(tables.run.c.tenant == tenant, tables.run.c.state != tables.DELETED)
    return rows(db, asked.where(there).order_by(tables.run.c.created.desc(), tables.run.c.run).limit(limit))


def abandoned(db: Connection, limit: int, grace: float) -> list[dict[str, Any]]:
    asked = select(tables.run.c.run, tables.run.c.tenant, tables.run.c.attempts, tables.run.c.brief)
    dead = and_(tables.run.c.state == tables.WORKING, tables.run.c.lease_until < now(-grace))
    return rows(db, asked.where(dead).order_by(tables.run.c.lease_until).limit(limit))


def expired(db: Connection, days: float, limit: int) -> list[dict[str, Any]]:
    asked = select(tables.run.c.run, tables.run.c.brief)
    ended = tables.run.c.state.not_in((tables.WORKING, tables.DELETED))
    old = and_(ended, tables.run.c.finished < now(-86400.0 * days))
    return rows(db, asked.where(old).order_by(tables.run.c.finished).limit(limit))


def decisions(db: Connection, run: str, seq: int | None = None) -> list[dict[str, Any]]:
    """Decisions with their answers, in order; all of a run, or the one of a number."""
    asked = _ledger(run) if seq is None else _ledger(run).where(tables.decision.c.seq == seq)
    return rows(db, asked.order_by(tables.decision.c.seq))


def candidates(db: Connection, run: str) -> list[dict[str, Any]]:
    asked = select(tables.candidate).where(tables.candidate.c.run == run)
    return rows(db, asked.order_by(tables.candidate.c.seq, tables.candidate.c.n))


def run(db: Connection, name: str, tenant: str | None = None) -> dict[str, Any]:
    hidden = ("owner", "lease_until", "fence")
    asked = select(*(column for column in tables.run.c if column.name not in hidden))
    if tenant is not None:
        asked = asked.where(tables.run.c.tenant == tenant)
    found = rows(db, asked.where(tables.run.c.run == name))
    if not found and re.fullmatch(r"[\w-]{1,64}", name):
        found = rows(
            db, asked.where(tables.run.c.run.startswith(name, autoescape=True)).order_by(tables.run.c.run).limit(3)
        )
    if not found:
        raise LookupError(f"There is no run {tables.storable(name)[:64]!r}; hookline runs lists them.")
    if len(found) > 1:
        raise LookupError(
            f"More than one run begins with {name}, for example {found[0]['run'][:16]} and {found[1]['run'][:16]}; give more of it."
        )
    return found[0]


def why(db: Connection, name: str, n: int, plan: str | None, tenant: str | None) -> dict[str, Any]:
    """Of clip ``n`` of a run's plan: the decision, what stood beside it, and the cost."""
    found = run(db, name, tenant)
    asked = select(tables.clip).where(tables.clip.c.run == found["run"])
    clips = rows(db, asked.where(tables.clip.c.plan == (plan or found["plan"])).order_by(tables.clip.c.n))
    clip = next((row for row in clips if row["n"] == n), None)
    if clip is None:
        there = f"it has clips 1 to {len(clips)}" if clips else f"it has no clips; it ended as {found['state']}"
        raise LookupError(f"Run {found['run'][:12]} has no clip {n}: {there}.")
    before = rows(
        db,
        _ledger(found["run"]).where(tables.decision.c.seq <= (clip["seq"] or 0)).order_by(tables.decision.c.seq.desc()),
    )
    chosen = next((row for row in before if row["seq"] == clip["seq"]), None)
    model = next((row for row in before if row["kind"] == "model"), None)
    if chosen and model and not chosen["model_id"]:
        chosen |= {"model_id": model["model_id"], "prompt_digest": model["prompt_digest"]}
    beside = [row for row in _beside(db, found["run"], clip["seq"]) if row["ids"] != clip["ids"]]
    return {
        "run": found["run"],
        "clip": clip,
        "decision": chosen,
        "model": model,
        "candidates": beside,
        "clips": [row["ids"] for row in clips],
        "cost": cost(db, found["run"]),
    }


def _beside(db: Connection, run: str, seq: int | None) -> list[dict[str, Any]]:
    """Candidates of the decision that chose, and of the last ranking before it."""
    ranked = (
        select(func.max(tables.candidate.c.seq))
        .join(
            tables.decision,
            and_(tables.decision.c.run == tables.candidate.c.run, tables.decision.c.seq == tables.candidate.c.seq),
        )
        .where(tables.candidate.c.run == run, tables.decision.c.name == "find", tables.candidate.c.seq < (seq or 0))
        .scalar_subquery()
    )
    asked = (
        select(tables.candidate)
        .where(tables.candidate.c.run == run, or_(tables.candidate.c.seq == seq, tables.candidate.c.seq == ranked))
        .order_by(tables.candidate.c.seq.desc(), tables.candidate.c.score.desc(), tables.candidate.c.n)
    )
    return rows(db, asked.limit(BESIDE))


def cost(db: Connection, run: str) -> dict[str, Any]:
    made = decisions(db, run)
    sums = {
        name: sum(row[name] or 0 for row in made)
        for name in ("dollars", "tokens_in", "tokens_out", "tokens_cached", "ms")
    }
    calls = {f"{kind}_calls": sum(row["kind"] == kind for row in made) for kind in ("model", "tool")}
    return {"run": run, **sums, **calls}


def _ledger(run: str) -> Any:
    """Decisions with their answers."""
    answers = [column for column in tables.answer.c if column.name not in ("run", "seq", "fence", "at")]
    join = tables.decision.outerjoin(
        tables.answer, and_(tables.answer.c.run == tables.decision.c.run, tables.answer.c.seq == tables.decision.c.seq)
    )
    return (
        select(*(column for column in tables.decision.c if column.name != "run"), *answers)
        .select_from(join)
        .where(tables.decision.c.run == run)
    )


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if name == "kept":
        return bool(value)
    return 0.0 if value is None and name in ("score", "dollars", "seconds") else value
