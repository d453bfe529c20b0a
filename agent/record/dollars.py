"""A day's dollars (UTC): what its runs have set aside and spent together, never more than a cap.

What a run sets aside is held under its name until it ends.  A run that was killed in between holds on to nothing: who takes it over takes
its share over, and where a day is full, the shares of runs whose lease is gone shrink to what their rows say they spent.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from agent.record import tables
from agent.record.database import now

MICRO = 1_000_000
SETTLED = 0
"""The fence of a share that was given back; no claim has it."""


class OverBudget(Exception):
    """The day's dollars are spent; the message says how many were asked and how many are left."""


class Reserved(NamedTuple):
    """Dollars set aside from a day's budget; for a claim where ``run`` is there."""

    day: date
    tenant: str
    dollars: float
    run: str = ""
    fence: int = 0


def take(db: Connection, tenant: str, dollars: float, cap: float, run: str, fence: int) -> Reserved:
    """Set dollars aside, or answer what ``run`` has set aside already.  Raises ``OverBudget``."""
    today = db.execute(select(now())).scalar_one().date()
    held = of_run(db, run) if run else None
    if held is not None and held.fence != SETTLED and held.day == today:
        db.execute(update(tables.hold).where(tables.hold.c.run == run).values(fence=fence))
        return Reserved(today, tenant, held.micros / MICRO, run, fence)
    if held is not None:
        shrink(db, held)
    micros, most = round(dollars * MICRO), round(cap * MICRO)
    if not _taken(db, today, tenant, micros, most):
        _abandoned(db, today, tenant)
        if not _taken(db, today, tenant, micros, most):
            left = max(0.0, cap - _spent(db, today, tenant) / MICRO)
            raise OverBudget(
                f"${dollars:.2f} were asked for and ${left:.2f} of today's ${cap:.2f} are left; wait for tomorrow (UTC) or raise dollars_per_day."
            )
    if held is not None:
        db.execute(update(tables.hold).where(tables.hold.c.run == run).values(fence=fence, day=today, micros=micros))
    elif run:
        db.execute(insert(tables.hold).values(run=run, fence=fence, day=today, tenant=tenant, micros=micros))
    return Reserved(today, tenant, dollars, run, fence)


def give_back(db: Connection, reserved: Reserved, spent: float) -> None:
    """Make of what was set aside what was spent.  A second time, or by a worker whose run was taken over, nothing happens."""
    micros = round(reserved.dollars * MICRO)
    if reserved.run:
        mine = and_(tables.hold.c.run == reserved.run, tables.hold.c.fence == reserved.fence)
        held = db.execute(select(tables.hold).where(mine).with_for_update()).one_or_none()
        if held is None:
            return
        db.execute(update(tables.hold).where(mine).values(fence=SETTLED))
        micros = held.micros
    _add(db, reserved.day, reserved.tenant, round(spent * MICRO) - micros)


def trim(db: Connection, run: str, fence: int, dollars: float) -> None:
    """Let a run that knows better hold no more than ``dollars``; nothing happens where it holds less, or is another worker's."""
    held = of_run(db, run)
    if held is None or held.fence != fence or held.micros <= round(dollars * MICRO):
        return
    _add(db, held.day, held.tenant, round(dollars * MICRO) - held.micros)
    db.execute(update(tables.hold).where(tables.hold.c.run == run).values(micros=round(dollars * MICRO)))


def shrink(db: Connection, held: Any) -> None:
    """Let a run hold no more of its day than its rows say that it spent."""
    if held.fence == SETTLED:
        return
    spent = (
        db.execute(select(func.sum(tables.answer.c.dollars)).where(tables.answer.c.run == held.run)).scalar_one() or 0.0
    )
    micros = min(held.micros, round(float(spent) * MICRO))
    _add(db, held.day, held.tenant, micros - held.micros)
    db.execute(update(tables.hold).where(tables.hold.c.run == held.run).values(micros=micros))


def of_run(db: Connection, run: str) -> Any:
    return db.execute(select(tables.hold).where(tables.hold.c.run == run).with_for_update()).one_or_none()


def _taken(db: Connection, day: date, tenant: str, micros: int, most: int) -> bool:
    mine = and_(tables.spend.c.day == day, tables.spend.c.tenant == tenant)
    room = (
        update(tables.spend)
        .where(mine, tables.spend.c.micros + micros <= most)
        .values(micros=tables.spend.c.micros + micros)
    )
    if db.execute(room).rowcount == 1:
        return True
    if micros > most or db.execute(select(tables.spend.c.micros).where(mine)).one_or_none() is not None:
        return False
    db.execute(insert(tables.spend).values(day=day, tenant=tenant, micros=micros))
    return True


def _abandoned(db: Connection, day: date, tenant: str) -> None:
    """Shrink the shares of runs that nobody works on."""
    idle = or_(tables.run.c.state != tables.WORKING, tables.run.c.lease_until < now())
    asked = (
        select(tables.hold)
        .join(tables.run, tables.run.c.run == tables.hold.c.run)
        .where(tables.hold.c.day == day, tables.hold.c.fence != SETTLED, idle)
    )
    for held in db.execute(asked.where(tables.hold.c.tenant == tenant).with_for_update()).all():
        shrink(db, held)


def _spent(db: Connection, day: date, tenant: str) -> int:
    mine = and_(tables.spend.c.day == day, tables.spend.c.tenant == tenant)
    return int(db.execute(select(tables.spend.c.micros).where(mine)).scalar_one_or_none() or 0)


def _add(db: Connection, day: date, tenant: str, micros: int) -> None:
    mine = and_(tables.spend.c.day == day, tables.spend.c.tenant == tenant)
    db.execute(update(tables.spend).where(mine).values(micros=tables.spend.c.micros + micros))
