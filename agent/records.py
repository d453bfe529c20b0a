"""The record of every run: who may work on it, what was done, decided, chosen and made, and the few questions asked of that.

One worker holds a run at a time.  It inserts the run's row, or takes over one whose lease has run out or whose process is gone; its fence
number rises with every takeover and is checked in the transaction of every write, so that a worker that wakes too late changes nothing.
Whole transactions are tried again when the database is busy or away; each is safe to repeat, since rows are inserted by key once.
Rows stay here: answers are plain dicts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Table, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from agent import day
from agent import tables as t
from agent.database import Database, RecordsDown, now
from agent.day import OverBudget, Reserved
from agent.owner import gone, me
from tools.schema import Artifact, Brief, Candidate, Copy, CutList, Line, Noun, Outcome

__all__ = ["Busy", "Claim", "Done", "Fenced", "OverBudget", "Records", "RecordsDown", "Reserved"]

T = TypeVar("T")

LEASE = 120.0
"""Seconds a worker holds a run without renewing; ``Recorded`` renews in the background, Lambda asks for more."""
ATTEMPTS = 5
"""A run that failed this often is answered from the record instead of being tried again."""
WORKING = "working"
DELETED = "deleted"
_BESIDE = 60
"""Candidates answered beside a clip."""


class Busy(Exception):
    """Another worker holds the run; ``seconds`` from now its lease ends unless it is renewed."""

    def __init__(self, run: str, seconds: float) -> None:
        super().__init__(
            f"Run {run[:12]} is being worked on; it is free in {max(1, round(seconds))} s unless that worker goes on."
        )
        self.run, self.seconds = run, seconds


class Fenced(Exception):
    """The run was taken over or has ended: whoever gets this must stop and touch nothing."""


class Claim(Noun):
    """The right to work on a run, or its end where ``outcome`` is there."""

    run: str
    fence: int
    fresh: bool
    """True for the first claim ever; False where earlier steps may be found."""
    state: str
    attempts: int = 1
    lease: float = LEASE
    outcome: Outcome | None = None


class Done(NamedTuple):
    """A finished step; ``result`` may be None."""

    result: Any
    ms: int


class Records:
    def __init__(
        self,
        url: str,
        *,
        ca: str | Path | None = None,
        password: Callable[[], str] | None = None,
        pool: int = 1,
        patience: float = 30.0,
    ) -> None:
        """``url`` is SQLAlchemy's: ``sqlite:///path`` or ``mysql+pymysql://user@host/name``.

        ``ca`` is the file of the authorities that a MySQL server's certificate is checked against; ``password`` is asked at every connect, for
        tokens that expire; ``patience`` is how many seconds a transaction waits for a database that was there before.
        """
        self._db = Database(url, ca=ca, password=password, pool=pool, patience=patience)

    def migrate(self) -> None:
        """Bring the tables up to date; at the same moment from many processes is fine."""
        self._db.migrate()

    def close(self) -> None:
        self._db.close()

    # Whose run it is

    def claim(
        self,
        brief: Brief,
        *,
        lease: float = LEASE,
        tenant: str = "local",
        parent: str | None = None,
        version: int = 1,
        thread: str | None = None,
    ) -> Claim:
        """Take the run of this brief.  One that has ended is answered with its outcome; one that failed is tried ``ATTEMPTS`` times.

        Raises ``Busy`` while another worker holds it.
        """
        owner = me()
        first = {
            "run": brief.run,
            "tenant": tenant,
            "video": brief.video,
            "wish": brief.wish,
            "brief": brief,
            "state": WORKING,
            "reason": "",
            "fence": 1,
            "lease_until": now(lease),
            "owner": owner,
            "attempts": 1,
            "created": now(),
            "dollars": 0.0,
            "seconds": 0.0,
            "parent": parent,
            "version": version,
            "thread": thread,
        }
        try:
            self._db.write(lambda db: db.execute(insert(t.run).values(first)))
            return Claim(run=brief.run, fence=1, fresh=True, state=WORKING, lease=lease)
        except IntegrityError:
            return self._db.write(lambda db: self._take(db, brief, lease, owner))

    def _take(self, db: Connection, brief: Brief, lease: float, owner: str) -> Claim:
        alive = (t.run.c.lease_until > now()).label("alive")
        columns = (
            t.run.c.fence,
            t.run.c.state,
            t.run.c.owner,
            t.run.c.attempts,
            t.run.c.outcome,
            t.run.c.lease_until,
            now().label("now"),
            alive,
        )
        row = db.execute(select(*columns).where(t.run.c.run == brief.run).with_for_update()).one()
        if row.state == DELETED:
            ended = Outcome(
                run=brief.run,
                status="refused",
                reason="This run was deleted, with all that it had made.",
                offer="Ask for a fresh run.",
            )
            return Claim(
                run=brief.run, fence=row.fence, fresh=False, state=DELETED, attempts=row.attempts, outcome=ended
            )
        if row.state != WORKING and not (row.state == "failed" and row.attempts < ATTEMPTS):
            outcome = Outcome.model_validate(row.outcome)
            return Claim(
                run=brief.run, fence=row.fence, fresh=False, state=row.state, attempts=row.attempts, outcome=outcome
            )
        if row.state == WORKING and row.owner == owner:  # this very claim, committed though its answer was lost
            return Claim(
                run=brief.run, fence=row.fence, fresh=row.fence == 1, state=WORKING, attempts=row.attempts, lease=lease
            )
        if row.state == WORKING and row.alive and not gone(row.owner):
            raise Busy(brief.run, (row.lease_until - row.now).total_seconds())
        taken = {
            "fence": row.fence + 1,
            "attempts": row.attempts + 1,
            "state": WORKING,
            "reason": "",
            "outcome": None,
            "finished": None,
            "lease_until": now(lease),
            "owner": owner,
        }
        changed = db.execute(
            update(t.run).where(t.run.c.run == brief.run, t.run.c.fence == row.fence).values(taken)
        ).rowcount
        if changed != 1:
            raise Busy(brief.run, lease)
        return Claim(
            run=brief.run, fence=row.fence + 1, fresh=False, state=WORKING, attempts=row.attempts + 1, lease=lease
        )

    def renew(self, claim: Claim, lease: float | None = None) -> None:
        """Hold the run for another lease from now."""

        def work(db: Connection) -> None:
            _hold(db, claim)
            db.execute(
                update(t.run)
                .where(t.run.c.run == claim.run, t.run.c.fence == claim.fence)
                .values(lease_until=now(lease or claim.lease))
            )

        self._db.write(work)

    def abandoned(self, limit: int = 100, grace: float = 0.0) -> list[dict[str, Any]]:
        """Runs whose worker's lease ran out ``grace`` seconds ago or more, oldest first, with their briefs: for a sweeper."""
        asked = select(t.run.c.run, t.run.c.tenant, t.run.c.attempts, t.run.c.brief)
        dead = and_(t.run.c.state == WORKING, t.run.c.lease_until < now(-grace))
        return self._db.read(lambda db: _rows(db, asked.where(dead).order_by(t.run.c.lease_until).limit(limit)))

    # What it did

    def step(self, claim: Claim | str, name: str) -> Done | None:
        """The finished step of this name, or None."""
        run = claim if isinstance(claim, str) else claim.run
        asked = select(t.step.c.result, t.step.c.ms).where(t.step.c.run == run, t.step.c.name == name)
        row = self._db.read(lambda db: db.execute(asked).one_or_none())
        return None if row is None else Done(row.result, row.ms)

    def begin(self, claim: Claim, name: str, within: Sequence[str] = (), mark: int = 0) -> int:
        """Count a begin of a step, hold the run for another lease, and answer how often this claim has begun it.

        Where it is the first one, the steps ``within`` which it is have got further than ever, and count from one again.  A step
        that is begun over and over by its nature, as a poll, is another one for each ``mark``.
        """
        row = and_(t.step.c.run == claim.run, t.step.c.name == _begun(name))

        def work(db: Connection) -> int:
            _hold(db, claim)
            db.execute(update(t.run).where(t.run.c.run == claim.run).values(lease_until=now(claim.lease)))
            known = db.execute(select(t.step.c.fence, t.step.c.result).where(row)).one_or_none()
            mine = known is not None and known.fence == claim.fence and known.result["mark"] == mark
            times = known.result["times"] + 1 if known is not None and mine else 1
            told = {"fence": claim.fence, "result": {"mark": mark, "times": times}, "ms": 0, "at": now()}
            if known is None:
                db.execute(insert(t.step).values(run=claim.run, name=_begun(name), **told))
            else:
                db.execute(update(t.step).where(row).values(**told))
            if times == 1 and within:
                outer = and_(t.step.c.run == claim.run, t.step.c.name.in_([_begun(each) for each in within]))
                db.execute(update(t.step).where(outer).values(result={"mark": 0, "times": 1}))
            return times

        return self._db.write(work)

    def save_step(self, claim: Claim, name: str, result: Any, ms: int = 0) -> Any:
        """Record a finished step, and answer what is recorded: the first answer, as JSON gives it back.

        Raises ``TypeError`` for what is not JSON and ``ValueError`` for more than ``tables.RESULT`` bytes.
        """
        result = _json(name, result)

        def work(db: Connection) -> Any:
            _hold(db, claim)
            known = db.execute(
                select(t.step.c.result).where(t.step.c.run == claim.run, t.step.c.name == name)
            ).one_or_none()
            if known is not None:
                return known.result
            db.execute(
                insert(t.step).values(run=claim.run, name=name, fence=claim.fence, result=result, ms=ms, at=now())
            )
            return result

        return self._db.write(work)

    def decide(
        self,
        claim: Claim,
        seq: int,
        *,
        kind: str,
        name: str,
        model_id: str = "",
        prompt_digest: str = "",
        args: Any = None,
    ) -> dict[str, Any]:
        """Record a decision before it is acted upon.  Where this number is taken, what is recorded counts and is answered, its answer with it."""
        row = {"kind": kind, "name": name, "model_id": model_id, "prompt_digest": prompt_digest, "args": args}

        def work(db: Connection) -> dict[str, Any]:
            _hold(db, claim)
            if not (known := _rows(db, _ledger(claim.run).where(t.decision.c.seq == seq))):
                db.execute(insert(t.decision).values(run=claim.run, seq=seq, fence=claim.fence, at=now(), **row))
                known = _rows(db, _ledger(claim.run).where(t.decision.c.seq == seq))
            return known[0]

        return self._db.write(work)

    def answer(
        self,
        claim: Claim,
        seq: int,
        *,
        verdict: str,
        answer: Any = None,
        reason: str = "",
        tokens_in: int = 0,
        tokens_out: int = 0,
        tokens_cached: int = 0,
        dollars: float = 0.0,
        ms: int = 0,
    ) -> dict[str, Any]:
        """Record how a decision ended: ``accepted``, ``rejected`` or ``error``.  The first answer counts."""
        row = {"verdict": verdict, "answer": answer, "reason": reason, "tokens_in": tokens_in, "tokens_out": tokens_out}
        row |= {"tokens_cached": tokens_cached, "dollars": dollars, "ms": ms}

        def work(db: Connection) -> dict[str, Any]:
            _hold(db, claim)
            _put_new(db, t.answer, {"run": claim.run, "seq": seq}, [{"fence": claim.fence, "at": now(), **row}])
            return _rows(db, _ledger(claim.run).where(t.decision.c.seq == seq))[0]

        return self._db.write(work)

    def add_candidates(self, claim: Claim, seq: int, candidates: Iterable[Candidate | Mapping[str, Any]]) -> None:
        """Record what could have been picked at decision ``seq``, kept or not, in the order given."""
        rows = []
        for n, item in enumerate(candidates, 1):
            row = dict(item) if isinstance(item, Mapping) else item.model_dump()
            row = {name: row.get(name) for name in ("ids", "score", "parts", "reason")} | {
                "kept": int(bool(row["kept"]))
            }
            rows.append(row | {"n": n, "parts": row["parts"] or {}, "reason": row["reason"] or ""})

        def work(db: Connection) -> None:
            _hold(db, claim)
            _put_new(db, t.candidate, {"run": claim.run, "seq": seq}, rows)

        self._db.write(work)

    def save_clips(self, claim: Claim, cut: CutList, seq: int | None = None) -> None:
        """Record a plan's clips; ``seq`` is the decision that chose them, found by the plan's id where it is not given."""
        self._held(claim, lambda db: _save_clips(db, claim.run, cut, seq))

    def save_lines(self, claim: Claim, copies: Sequence[Copy]) -> None:
        self._held(claim, lambda db: _save_lines(db, claim.run, copies))

    def save_artifacts(self, claim: Claim, artifacts: Sequence[Artifact]) -> None:
        self._held(claim, lambda db: _save_artifacts(db, claim.run, artifacts))

    def finish(self, claim: Claim, outcome: Outcome) -> None:
        """End the run, with its clips, lines and artifacts, in one transaction.  A second time with the same claim changes nothing."""

        def work(db: Connection) -> None:
            if _ended(db, claim, outcome.status):
                return
            if outcome.cut is not None:
                _save_clips(db, claim.run, outcome.cut, None)
            _save_lines(db, claim.run, outcome.copies)
            _save_artifacts(db, claim.run, outcome.artifacts)
            ended = {
                "state": outcome.status,
                "reason": outcome.reason,
                "outcome": outcome,
                "plan": outcome.cut.id if outcome.cut else None,
                "dollars": outcome.dollars,
                "seconds": outcome.seconds,
                "engines": outcome.engines,
                "finished": now(),
                "lease_until": now(),
            }
            db.execute(update(t.run).where(t.run.c.run == claim.run, t.run.c.fence == claim.fence).values(ended))

        self._db.write(work)

    def hold_back(self, claim: Claim, reason: str) -> None:
        """Let go of a run before its work began: it failed for ``reason``, and may be asked for again as often as before."""

        def work(db: Connection) -> None:
            if _ended(db, claim, "failed"):
                return
            ended = Outcome(run=claim.run, status="failed", reason=reason)
            back = {"state": "failed", "reason": reason, "outcome": ended, "attempts": max(0, claim.attempts - 1)}
            mine = and_(t.run.c.run == claim.run, t.run.c.fence == claim.fence)
            db.execute(update(t.run).where(mine).values(finished=now(), lease_until=now(), **back))

        self._db.write(work)

    def _held(self, claim: Claim, work: Callable[[Connection], None]) -> None:
        def held(db: Connection) -> None:
            _hold(db, claim)
            work(db)

        self._db.write(held)

    # A day's dollars

    def reserve(self, tenant: str, dollars: float, cap: float, claim: Claim | None = None) -> Reserved:
        """Set dollars aside before spending them, never more than ``cap`` in a day (UTC).  Raises ``OverBudget``.

        With ``claim`` a second time, by this worker or by one that took the run over, answers what is set aside already.
        """
        run, fence = (claim.run, claim.fence) if claim else ("", 0)

        def work(db: Connection) -> Reserved:
            if claim:
                _hold(db, claim)
            return day.take(db, tenant, dollars, cap, run, fence)

        try:
            return self._db.write(work)
        except IntegrityError:  # someone else opened the day between the look and the insert
            return self._db.write(work)

    def trim(self, claim: Claim, dollars: float) -> None:
        """Give back what a run has set aside beyond ``dollars``, now that it is known what it is about to cost."""
        self._held(claim, lambda db: day.trim(db, claim.run, claim.fence, dollars))

    def settle(self, reserved: Reserved, spent: float | None) -> None:
        """Give back what of a reservation was not spent, or add what was spent beyond it; None keeps it whole."""
        self._db.write(lambda db: day.give_back(db, reserved, spent))

    # Questions

    def runs(self, limit: int = 20, *, tenant: str | None = None, thread: str | None = None) -> list[dict[str, Any]]:
        """Runs, newest first, without their outcomes."""
        asked = select(
            *(column for column in t.run.c if column.name not in ("outcome", "brief", "owner", "lease_until", "fence"))
        )
        if tenant is not None:
            asked = asked.where(t.run.c.tenant == tenant)
        if thread is not None:
            asked = asked.where(t.run.c.thread == thread)
        return self._db.read(lambda db: _rows(db, asked.order_by(t.run.c.created.desc(), t.run.c.run).limit(limit)))

    def run(self, run: str, *, tenant: str | None = None) -> dict[str, Any]:
        """One run by its id or a prefix that only it has.  Another tenant's run is as unknown as one that never was."""
        return self._db.read(lambda db: _run(db, run, tenant))

    def decisions(self, run: str) -> list[dict[str, Any]]:
        """Every decision of a run in order; ``verdict`` is None while one is under way."""
        return self._db.read(lambda db: _rows(db, _ledger(run).order_by(t.decision.c.seq)))

    def candidates(self, run: str) -> list[dict[str, Any]]:
        """Every candidate of a run, by decision."""
        asked = select(t.candidate).where(t.candidate.c.run == run).order_by(t.candidate.c.seq, t.candidate.c.n)
        return self._db.read(lambda db: _rows(db, asked))

    def why(self, run: str, n: int, plan: str | None = None, *, tenant: str | None = None) -> dict[str, Any]:
        """Clip ``n`` (from 1) of the final plan, or of ``plan``: the decision that chose it, what was kept and rejected beside it, and the cost."""

        def work(db: Connection) -> dict[str, Any]:
            found = _run(db, run, tenant)
            asked = select(t.clip).where(t.clip.c.run == found["run"])
            clips = _rows(db, asked.where(t.clip.c.plan == (plan or found["plan"])).order_by(t.clip.c.n))
            clip = next((row for row in clips if row["n"] == n), None)
            if clip is None:
                there = f"it has clips 1 to {len(clips)}" if clips else f"it has no clips; it ended as {found['state']}"
                raise LookupError(f"Run {found['run'][:12]} has no clip {n}: {there}.")
            decisions = _rows(
                db,
                _ledger(found["run"]).where(t.decision.c.seq <= (clip["seq"] or 0)).order_by(t.decision.c.seq.desc()),
            )
            chosen = next((row for row in decisions if row["seq"] == clip["seq"]), None)
            model = next((row for row in decisions if row["kind"] == "model"), None)
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
                "cost": _cost(db, found["run"]),
            }

        return self._db.read(work)

    def expired(self, days: float, limit: int = 100) -> list[dict[str, Any]]:
        """Runs that ended more than ``days`` ago and are not deleted, oldest first, with their briefs."""
        asked = select(t.run.c.run, t.run.c.brief)
        old = and_(t.run.c.state.not_in((WORKING, DELETED)), t.run.c.finished < now(-86400.0 * days))
        return self._db.read(lambda db: _rows(db, asked.where(old).order_by(t.run.c.finished).limit(limit)))

    def cost(self, run: str) -> dict[str, Any]:
        """Dollars, tokens, milliseconds and calls of a run so far."""
        return self._db.read(lambda db: _cost(db, _run(db, run, None)["run"]))

    def rate(self, run: str, clip: int, thumb: int) -> None:
        """Keep what a person thinks of a clip: 1 is thumb up, -1 is thumb down; the last word counts."""
        if thumb not in (1, -1):
            raise ValueError(f"thumb must be 1 or -1, not {thumb}")

        def work(db: Connection) -> None:
            found = _run(db, run, None)["run"]
            mine = and_(t.label.c.run == found, t.label.c.clip == clip)
            if db.execute(update(t.label).where(mine).values(thumb=thumb, at=now())).rowcount == 0:
                db.execute(insert(t.label).values(run=found, clip=clip, thumb=thumb, at=now()))

        self._db.write(work)

    def labels(self, run: str) -> dict[int, int]:
        """Thumbs by clip number."""
        asked = select(t.label.c.clip, t.label.c.thumb).where(t.label.c.run == run)
        return self._db.read(lambda db: {row.clip: row.thumb for row in db.execute(asked)})

    # What was said

    def request(self, tenant: str, key: str) -> dict[str, Any] | None:
        """What was said under a key, or None."""
        return self._db.read(lambda db: _request(db, tenant, key))

    def ask(
        self,
        tenant: str,
        key: str,
        digest: str,
        answer: Any,
        *,
        thread: str | None = None,
        run: str | None = None,
        job: Any = None,
    ) -> dict[str, Any]:
        """Keep what was said and its answer.  Where the key is taken, what was said first counts and is answered."""
        row = {"digest": digest, "thread": thread, "run": run, "job": job, "answer": answer, "at": now(), "reason": ""}

        def work(db: Connection) -> dict[str, Any]:
            if _request(db, tenant, key) is None:
                db.execute(insert(t.request).values(tenant=tenant, key=key, **row))
            return _request(db, tenant, key) or {}

        try:
            return self._db.write(work)
        except IntegrityError:  # someone else said it between the look and the insert
            return self._db.write(work)

    def end(self, tenant: str, key: str, reason: str = "") -> None:
        """The job of a request is through; ``reason`` says why no run came of it."""
        mine = and_(t.request.c.tenant == tenant, t.request.c.key == key)
        self._db.write(lambda db: db.execute(update(t.request).where(mine).values(ended=now(), reason=reason)))

    def requests(
        self,
        tenant: str,
        *,
        thread: str | None = None,
        run: str | None = None,
        waiting: bool = False,
        limit: int = 1000,
    ) -> list[dict[str, Any]]:
        """What was said, oldest first: in a conversation, about a run, or what waits to be made."""
        asked = select(t.request).where(t.request.c.tenant == tenant)
        if thread is not None:
            asked = asked.where(t.request.c.thread == thread)
        if run is not None:
            asked = asked.where(t.request.c.run == run)
        if waiting:
            asked = asked.where(t.request.c.ended.is_(None))
        rows = self._db.read(lambda db: _rows(db, asked.order_by(t.request.c.at, t.request.c.key).limit(limit)))
        # JSON's null is kept as SQL's, and only a request with a job waits for anything.
        return [row for row in rows if row["job"] is not None or not waiting]

    def delete(self, run: str, *, tenant: str | None = None) -> str:
        """Forget all that a run said and made; a tombstone without content stays, so that a late worker or event can't bring it back."""

        def work(db: Connection) -> str:
            found = _run(db, run, tenant)["run"]
            db.execute(select(t.run.c.fence).where(t.run.c.run == found).with_for_update())
            if (held := day.of_run(db, str(found))) is not None:
                day.shrink(db, held)
            for table in t.OF_RUN:
                db.execute(table.delete().where(table.c.run == found))
            empty: dict[str, Any] = {
                "video": "",
                "wish": "",
                "brief": {},
                "reason": "",
                "outcome": None,
                "engines": None,
                "plan": None,
                "owner": "",
            }
            ended = {"state": DELETED, "finished": now(), "lease_until": now(), "fence": t.run.c.fence + 1, **empty}
            db.execute(update(t.run).where(t.run.c.run == found).values(ended))
            return str(found)

        return self._db.write(work)


def _request(db: Connection, tenant: str, key: str) -> dict[str, Any] | None:
    rows = _rows(db, select(t.request).where(t.request.c.tenant == tenant, t.request.c.key == key))
    return rows[0] if rows else None


def _locked(db: Connection, claim: Claim) -> Any:
    """The fence and state of the run, its row locked; None where it is gone."""
    asked = select(t.run.c.fence, t.run.c.state).where(t.run.c.run == claim.run)
    return db.execute(asked.with_for_update()).one_or_none()


def _ended(db: Connection, claim: Claim, state: str) -> bool:
    """Whether this very claim has ended its run as ``state`` before.  Raises ``Fenced`` where it holds the run no longer."""
    row = _locked(db, claim)
    if row and (row.fence, row.state) == (claim.fence, state):
        return True
    _hold(db, claim)
    return False


def _hold(db: Connection, claim: Claim) -> None:
    """Lock the run's row and make sure that ``claim`` still holds it."""
    row = _locked(db, claim)
    if row is None or row.fence != claim.fence:
        raise Fenced(
            f"Run {claim.run[:12]} was taken over: our fence is {claim.fence}, its own {row.fence if row else 'gone'}."
        )
    if row.state != WORKING:
        raise Fenced(f"Run {claim.run[:12]} has ended as {row.state}.")


def _json(name: str, result: Any) -> Any:
    """What JSON gives back of ``result``, without poison."""
    if isinstance(result, BaseModel):
        result = result.model_dump(mode="json")
    json.dumps(result)  # refuses what JSON has no word for, which ``plain`` would turn into text
    text = t.dumps(t.plain(result))
    if (size := len(text.encode())) > t.RESULT:
        raise ValueError(
            f"step {name} answered {size} bytes; at most {t.RESULT} are recorded, and what is larger belongs into the run folder"
        )
    return json.loads(text)


def _put_new(db: Connection, table: Table, where: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ``rows`` unless there are rows of this key already."""
    mine = and_(*(table.c[name] == value for name, value in where.items()))
    if rows and db.execute(select(func.count()).select_from(table).where(mine)).scalar_one() == 0:
        for row in rows:
            db.execute(insert(table).values(**where, **row))


def _save_clips(db: Connection, run: str, cut: CutList, seq: int | None) -> None:
    rows = []
    for n, clip in enumerate(cut.clips, 1):
        names = (
            "label",
            "ids",
            "role",
            "reason",
            "text",
            "start",
            "end",
            "first_frame",
            "frames",
            "certificate",
            "flags",
        )
        rows.append(
            {"n": n, "seq": _chosen_by(db, run, cut.id) if seq is None else seq}
            | {name: getattr(clip, name) for name in names}
        )
    _put_new(db, t.clip, {"run": run, "plan": cut.id}, rows)


def _chosen_by(db: Connection, run: str, plan: str) -> int | None:
    """The decision that made a plan: the first accepted cut whose answer names it, else the last accepted cut."""
    cuts = [
        row
        for row in _rows(db, _ledger(run).order_by(t.decision.c.seq))
        if row["name"] == "cut" and row["verdict"] == "accepted"
    ]
    named = [row for row in cuts if re.search(rf"\b{re.escape(plan)}\b", json.dumps(row["answer"]))]
    return named[0]["seq"] if named else cuts[-1]["seq"] if cuts else None


def _save_lines(db: Connection, run: str, copies: Sequence[Copy]) -> None:
    for copy in copies:
        kinds: dict[str, tuple[Line | None, ...]] = {
            "hook": copy.hooks,
            "title": (copy.title,),
            "description": (copy.description,),
            "tag": copy.tags,
        }
        for kind, lines in kinds.items():
            rows = [{"n": n, "text": line.text, "evidence": line.evidence} for n, line in enumerate(lines, 1) if line]
            _put_new(db, t.line, {"run": run, "platform": copy.platform, "kind": kind}, rows)


def _save_artifacts(db: Connection, run: str, artifacts: Sequence[Artifact]) -> None:
    for made in artifacts:
        row = {name: getattr(made, name) for name in ("sha256", "bytes", "media_type", "duration", "certificate")}
        _put_new(db, t.artifact, {"run": run, "name": made.name}, [row])


def _begun(name: str) -> str:
    """The row that counts the begins of a step; its answer has the step's own name."""
    return f"begun {name}"


def _ledger(run: str) -> Any:
    """Decisions with their answers."""
    answers = [column for column in t.answer.c if column.name not in ("run", "seq", "fence", "at")]
    join = t.decision.outerjoin(t.answer, and_(t.answer.c.run == t.decision.c.run, t.answer.c.seq == t.decision.c.seq))
    return (
        select(*(column for column in t.decision.c if column.name != "run"), *answers)
        .select_from(join)
        .where(t.decision.c.run == run)
    )


def _run(db: Connection, run: str, tenant: str | None) -> dict[str, Any]:
    hidden = ("owner", "lease_until", "fence")
    asked = select(*(column for column in t.run.c if column.name not in hidden))
    if tenant is not None:
        asked = asked.where(t.run.c.tenant == tenant)
    rows = _rows(db, asked.where(t.run.c.run == run))
    if not rows and re.fullmatch(r"[\w-]{1,64}", run):
        rows = _rows(db, asked.where(t.run.c.run.startswith(run, autoescape=True)).order_by(t.run.c.run).limit(3))
    if not rows:
        raise LookupError(f"There is no run {t.storable(run)[:64]!r}; hookline runs lists them.")
    if len(rows) > 1:
        raise LookupError(
            f"More than one run begins with {run}, for example {rows[0]['run'][:16]} and {rows[1]['run'][:16]}; give more of it."
        )
    return rows[0]


def _beside(db: Connection, run: str, seq: int | None) -> list[dict[str, Any]]:
    """Candidates of the decision that chose, and of the last ranking before it."""
    ranked = (
        select(func.max(t.candidate.c.seq))
        .join(t.decision, and_(t.decision.c.run == t.candidate.c.run, t.decision.c.seq == t.candidate.c.seq))
        .where(t.candidate.c.run == run, t.decision.c.name == "find", t.candidate.c.seq < (seq or 0))
        .scalar_subquery()
    )
    asked = (
        select(t.candidate)
        .where(t.candidate.c.run == run, or_(t.candidate.c.seq == seq, t.candidate.c.seq == ranked))
        .order_by(t.candidate.c.seq.desc(), t.candidate.c.score.desc(), t.candidate.c.n)
    )
    return _rows(db, asked.limit(_BESIDE))


def _cost(db: Connection, run: str) -> dict[str, Any]:
    rows = _rows(db, _ledger(run))
    sums = {
        name: sum(row[name] or 0 for row in rows)
        for name in ("dollars", "tokens_in", "tokens_out", "tokens_cached", "ms")
    }
    calls = {f"{kind}_calls": sum(row["kind"] == kind for row in rows) for kind in ("model", "tool")}
    return {"run": run, **sums, **calls}


def _rows(db: Connection, asked: Any) -> list[dict[str, Any]]:
    return [{name: _shown(name, value) for name, value in row.items()} for row in db.execute(asked).mappings()]


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if name == "kept":
        return bool(value)
    return 0.0 if value is None and name in ("score", "dollars", "seconds") else value
