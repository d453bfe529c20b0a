"""What people say: requests with their answers, and thumbs on clips.  Over the connection of a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from agent.record import tables
from agent.record.database import now
from agent.record.questions import rows


def find(db: Connection, tenant: str, key: str) -> dict[str, Any] | None:
    found = rows(db, select(tables.request).where(_of(tenant, key)))
    return found[0] if found else None


def keep(db: Connection, tenant: str, key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """What was said first under a key: ``row``, unless there is one."""
    if find(db, tenant, key) is None:
        db.execute(insert(tables.request).values(tenant=tenant, key=key, at=now(), reason="", **row))
    return find(db, tenant, key) or {}


def end(db: Connection, tenant: str, key: str, reason: str) -> None:
    db.execute(update(tables.request).where(_of(tenant, key)).values(ended=now(), reason=reason))


def said(
    db: Connection, tenant: str, thread: str | None, run: str | None, waiting: bool, limit: int
) -> list[dict[str, Any]]:
    asked = select(tables.request).where(tables.request.c.tenant == tenant)
    if thread is not None:
        asked = asked.where(tables.request.c.thread == thread)
    if run is not None:
        asked = asked.where(tables.request.c.run == run)
    if waiting:
        asked = asked.where(tables.request.c.ended.is_(None))
    found = rows(db, asked.order_by(tables.request.c.at, tables.request.c.key).limit(limit))
    # JSON's null is kept as SQL's, and only a request with a job waits for anything.
    return [row for row in found if row["job"] is not None or not waiting]


def rate(db: Connection, run: str, clip: int, thumb: int) -> None:
    mine = and_(tables.label.c.run == run, tables.label.c.clip == clip)
    if db.execute(update(tables.label).where(mine).values(thumb=thumb, at=now())).rowcount == 0:
        db.execute(insert(tables.label).values(run=run, clip=clip, thumb=thumb, at=now()))


def labels(db: Connection, run: str) -> dict[int, int]:
    asked = select(tables.label.c.clip, tables.label.c.thumb).where(tables.label.c.run == run)
    return {row.clip: row.thumb for row in db.execute(asked)}


def approve(db: Connection, run: str, verdict: int, who: str) -> None:
    mine, told = tables.approval.c.run == run, {"verdict": verdict, "who": who, "at": now()}
    if db.execute(update(tables.approval).where(mine).values(told)).rowcount == 0:
        db.execute(insert(tables.approval).values(run=run, **told))


def approval(db: Connection, run: str) -> dict[str, Any] | None:
    found = rows(db, select(tables.approval).where(tables.approval.c.run == run))
    return found[0] if found else None


def _of(tenant: str, key: str) -> Any:
    return and_(tables.request.c.tenant == tenant, tables.request.c.key == key)
