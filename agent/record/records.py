"""The record of every run: who may work on it, what was done, decided, chosen and made, and the few questions asked of that.

One worker holds a run at a time.  It inserts the run's row, or takes over one whose lease has run out or whose process is gone; its fence
number rises with every takeover and is checked in the transaction of every write, so that a worker that wakes too late changes nothing.
Whole transactions are tried again when the database is busy or away; each is safe to repeat, since rows are inserted by key once.
Rows stay here: answers are plain dicts.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from agent.record import dollars as day
from agent.record import questions, requests, results, tables
from agent.record.database import Database, RecordsDown, Transactions, now
from agent.record.dollars import OverBudget, Reserved
from agent.record.lease_holder import gone, me
from tools.schema import Brief, Candidate, Noun, Outcome

__all__ = ["Busy", "Claim", "Done", "Fenced", "OverBudget", "Records", "RecordsDown", "Reserved"]

LEASE = 120.0
"""Seconds a worker holds a run without renewing; ``Recorded`` renews in the background, Lambda asks for more."""
ATTEMPTS = 5
"""A run that failed this often is answered from the record instead of being tried again."""


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
        self._database = Database(url, ca=ca, password=password, pool=pool, patience=patience)
        self.db: Transactions = self._database

    def migrate(self) -> None:
        """Bring the tables up to date; at the same moment from many processes is fine."""
        self._database.migrate()

    def close(self) -> None:
        self._database.close()

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
            "state": tables.WORKING,
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
            self.db.write(lambda db: db.execute(insert(tables.run).values(first)))
            return Claim(run=brief.run, fence=1, fresh=True, state=tables.WORKING, lease=lease)
        except IntegrityError:
            return self.db.write(lambda db: self._take(db, brief, lease, owner))

    def _take(self, db: Connection, brief: Brief, lease: float, owner: str) -> Claim:
        alive = (tables.run.c.lease_until > now()).label("alive")
        columns = (
            tables.run.c.fence,
            tables.run.c.state,
            tables.run.c.owner,
            tables.run.c.attempts,
            tables.run.c.outcome,
            tables.run.c.lease_until,
            now().label("now"),
            alive,
        )
        row = db.execute(select(*columns).where(tables.run.c.run == brief.run).with_for_update()).one()
        found = partial(
            Claim, run=brief.run, fence=row.fence, fresh=False, state=row.state, attempts=row.attempts, lease=lease
        )
        if row.state == tables.DELETED:
            gone_for_good = "This run was deleted, with all that it had made."
            return found(
                outcome=Outcome(run=brief.run, status="refused", reason=gone_for_good, offer="Ask for a fresh run.")
            )
        if row.state != tables.WORKING and not (row.state == "failed" and row.attempts < ATTEMPTS):
            return found(outcome=Outcome.model_validate(row.outcome))
        if row.state == tables.WORKING and row.owner == owner:  # this very claim, committed though its answer was lost
            return found(fresh=row.fence == 1)
        if row.state == tables.WORKING and row.alive and not gone(row.owner):
            raise Busy(brief.run, (row.lease_until - row.now).total_seconds())
        taken = {
            "fence": row.fence + 1,
            "attempts": row.attempts + 1,
            "state": tables.WORKING,
            "reason": "",
            "outcome": None,
            "finished": None,
            "lease_until": now(lease),
            "owner": owner,
        }
        mine = and_(tables.run.c.run == brief.run, tables.run.c.fence == row.fence)
        if db.execute(update(tables.run).where(mine).values(taken)).rowcount != 1:
            raise Busy(brief.run, lease)
        return found(fence=row.fence + 1, state=tables.WORKING, attempts=row.attempts + 1)

    def renew(self, claim: Claim, lease: float | None = None) -> None:
        """Hold the run for another lease from now."""

        def work(db: Connection) -> None:
            _hold(db, claim)
            db.execute(
                update(tables.run)
                .where(tables.run.c.run == claim.run, tables.run.c.fence == claim.fence)
                .values(lease_until=now(lease or claim.lease))
            )

        self.db.write(work)

    # What it did

    def step(self, claim: Claim | str, name: str) -> Done | None:
        """The finished step of this name, or None."""
        run = claim if isinstance(claim, str) else claim.run
        asked = select(tables.step.c.result, tables.step.c.ms).where(
            tables.step.c.run == run, tables.step.c.name == name
        )
        row = self.db.read(lambda db: db.execute(asked).one_or_none())
        return None if row is None else Done(row.result, row.ms)

    def begin(self, claim: Claim, name: str, within: Sequence[str] = (), mark: int = 0) -> int:
        """Count a begin of a step, hold the run for another lease, and answer how often this claim has begun it.

        Where it is the first one, the steps ``within`` which it is have got further than ever, and count from one again.  A step
        that is begun over and over by its nature, as a poll, is another one for each ``mark``.
        """
        step = tables.step
        row = and_(step.c.run == claim.run, step.c.name == _begun(name))
        begin = secrets.token_hex(8)  # a commit whose answer is lost is tried again, and is the same begin

        def work(db: Connection) -> int:
            _hold(db, claim)
            db.execute(update(tables.run).where(tables.run.c.run == claim.run).values(lease_until=now(claim.lease)))
            known = db.execute(select(step.c.fence, step.c.result).where(row)).one_or_none()
            mine = known is not None and known.fence == claim.fence and known.result["mark"] == mark
            if known is not None and known.result.get("begin") == begin:
                return int(known.result["times"])
            times = known.result["times"] + 1 if known is not None and mine else 1
            told = {
                "fence": claim.fence,
                "result": {"mark": mark, "times": times, "begin": begin},
                "ms": 0,
                "at": now(),
            }
            if known is None:
                db.execute(insert(step).values(run=claim.run, name=_begun(name), **told))
            else:
                db.execute(update(step).where(row).values(**told))
            if times == 1 and within:
                outer = and_(step.c.run == claim.run, step.c.name.in_([_begun(each) for each in within]))
                db.execute(update(step).where(outer).values(result={"mark": 0, "times": 1}))
            return times

        return self.db.write(work)

    def save_step(self, claim: Claim, name: str, result: Any, ms: int = 0) -> Any:
        """Record a finished step, and answer what is recorded: the first answer, as JSON gives it back.

        Raises ``TypeError`` for what is not JSON and ``ValueError`` for more than ``tables.RESULT`` bytes.
        """
        result = _json(name, result)

        def work(db: Connection) -> Any:
            _hold(db, claim)
            known = db.execute(
                select(tables.step.c.result).where(tables.step.c.run == claim.run, tables.step.c.name == name)
            ).one_or_none()
            if known is not None:
                return known.result
            db.execute(
                insert(tables.step).values(run=claim.run, name=name, fence=claim.fence, result=result, ms=ms, at=now())
            )
            return result

        return self.db.write(work)

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
            if not (known := questions.decisions(db, claim.run, seq)):
                db.execute(insert(tables.decision).values(run=claim.run, seq=seq, fence=claim.fence, at=now(), **row))
                known = questions.decisions(db, claim.run, seq)
            return known[0]

        return self.db.write(work)

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
            results.put_new(
                db, tables.answer, {"run": claim.run, "seq": seq}, [{"fence": claim.fence, "at": now(), **row}]
            )
            return questions.decisions(db, claim.run, seq)[0]

        return self.db.write(work)

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
            results.put_new(db, tables.candidate, {"run": claim.run, "seq": seq}, rows)

        self.db.write(work)

    def finish(self, claim: Claim, outcome: Outcome) -> None:
        """End the run, with its clips, lines and artifacts, in one transaction.  A second time with the same claim changes nothing."""

        def work(db: Connection) -> None:
            if _ended(db, claim, outcome.status):
                return
            if outcome.cut is not None:
                results.save_clips(db, claim.run, outcome.cut)
            results.save_lines(db, claim.run, outcome.copies)
            results.save_artifacts(db, claim.run, outcome.artifacts)
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
            db.execute(
                update(tables.run).where(tables.run.c.run == claim.run, tables.run.c.fence == claim.fence).values(ended)
            )

        self.db.write(work)

    def hold_back(self, claim: Claim, reason: str) -> None:
        """Let go of a run before its work began: it failed for ``reason``, and may be asked for again as often as before."""

        def work(db: Connection) -> None:
            if _ended(db, claim, "failed"):
                return
            ended = Outcome(run=claim.run, status="failed", reason=reason)
            back = {"state": "failed", "reason": reason, "outcome": ended, "attempts": max(0, claim.attempts - 1)}
            mine = and_(tables.run.c.run == claim.run, tables.run.c.fence == claim.fence)
            db.execute(update(tables.run).where(mine).values(finished=now(), lease_until=now(), **back))

        self.db.write(work)

    def _held(self, claim: Claim, work: Callable[[Connection], None]) -> None:
        def held(db: Connection) -> None:
            _hold(db, claim)
            work(db)

        self.db.write(held)

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
            return self.db.write(work)
        except IntegrityError:  # someone else opened the day between the look and the insert
            return self.db.write(work)

    def trim(self, claim: Claim, dollars: float) -> None:
        """Give back what a run has set aside beyond ``dollars``, now that it is known what it is about to cost."""
        self._held(claim, lambda db: day.trim(db, claim.run, claim.fence, dollars))

    def settle(self, reserved: Reserved, spent: float | None) -> None:
        """Give back what of a reservation was not spent, or add what was spent beyond it; None keeps it whole."""
        self.db.write(lambda db: day.give_back(db, reserved, spent))

    # Questions

    def runs(self, limit: int = 20, *, tenant: str | None = None, thread: str | None = None) -> list[dict[str, Any]]:
        """Runs, newest first, without their outcomes."""
        return self.db.read(lambda db: questions.runs(db, limit, tenant, thread))

    def briefs(self, tenant: str, limit: int = 1000) -> list[dict[str, Any]]:
        """What was asked of a tenant's runs, newest first, and what became of each: ``run``, ``state``, ``brief``."""
        return self.db.read(lambda db: questions.briefs(db, tenant, limit))

    def run(self, run: str, *, tenant: str | None = None) -> dict[str, Any]:
        """One run by its id or a prefix that only it has.  Another tenant's run is as unknown as one that never was."""
        return self.db.read(lambda db: questions.run(db, run, tenant))

    def abandoned(self, limit: int = 100, grace: float = 0.0) -> list[dict[str, Any]]:
        """Runs whose worker's lease ran out ``grace`` seconds ago or more, oldest first, with their briefs: for a sweeper."""
        return self.db.read(lambda db: questions.abandoned(db, limit, grace))

    def expired(self, days: float, limit: int = 100) -> list[dict[str, Any]]:
        """Runs that ended more than ``days`` ago and are not deleted, oldest first, with their briefs."""
        return self.db.read(lambda db: questions.expired(db, days, limit))

    def decisions(self, run: str) -> list[dict[str, Any]]:
        """Every decision of a run in order; ``verdict`` is None while one is under way."""
        return self.db.read(lambda db: questions.decisions(db, run))

    def candidates(self, run: str) -> list[dict[str, Any]]:
        """Every candidate of a run, by decision."""
        return self.db.read(lambda db: questions.candidates(db, run))

    def why(self, run: str, n: int, plan: str | None = None, *, tenant: str | None = None) -> dict[str, Any]:
        """Clip ``n`` (from 1) of the final plan, or of ``plan``: the decision that chose it, what was kept and rejected beside it, and the cost."""
        return self.db.read(lambda db: questions.why(db, run, n, plan, tenant))

    def cost(self, run: str) -> dict[str, Any]:
        """Dollars, tokens, milliseconds and calls of a run so far."""
        return self.db.read(lambda db: questions.cost(db, questions.run(db, run)["run"]))

    def rate(self, run: str, clip: int, thumb: int) -> None:
        """Keep what a person thinks of a clip: 1 is thumb up, -1 is thumb down; the last word counts."""
        if thumb not in (1, -1):
            raise ValueError(f"thumb must be 1 or -1, not {thumb}")
        self.db.write(lambda db: requests.rate(db, questions.run(db, run)["run"], clip, thumb))

    def labels(self, run: str) -> dict[int, int]:
        """Thumbs by clip number."""
        return self.db.read(lambda db: requests.labels(db, run))

    def approve(self, run: str, verdict: int, who: str) -> None:
        """Keep who approved a promo, as 1, or rejected it, as -1, and when; the last word counts."""
        if verdict not in (1, -1):
            raise ValueError(f"verdict must be 1 or -1, not {verdict}")
        self.db.write(lambda db: requests.approve(db, questions.run(db, run)["run"], verdict, who))

    def approval(self, run: str) -> dict[str, Any] | None:
        """``verdict``, ``who`` and ``at``, or None where nobody has decided."""
        return self.db.read(lambda db: requests.approval(db, run))

    # What was said

    def request(self, tenant: str, key: str) -> dict[str, Any] | None:
        """What was said under a key, or None."""
        return self.db.read(lambda db: requests.find(db, tenant, key))

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
        row = {"digest": digest, "thread": thread, "run": run, "job": job, "answer": answer}
        try:
            return self.db.write(lambda db: requests.keep(db, tenant, key, row))
        except IntegrityError:  # someone else said it between the look and the insert
            return self.db.write(lambda db: requests.keep(db, tenant, key, row))

    def end(self, tenant: str, key: str, reason: str = "") -> None:
        """The job of a request is through; ``reason`` says why no run came of it."""
        self.db.write(lambda db: requests.end(db, tenant, key, reason))

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
        return self.db.read(lambda db: requests.said(db, tenant, thread, run, waiting, limit))

    def delete(self, run: str, *, tenant: str | None = None) -> str:
        """Forget all that a run said and made; a tombstone without content stays, so that a late worker or event can't bring it back."""

        def work(db: Connection) -> str:
            found = questions.run(db, run, tenant)["run"]
            db.execute(select(tables.run.c.fence).where(tables.run.c.run == found).with_for_update())
            if (held := day.of_run(db, str(found))) is not None:
                day.shrink(db, held)
            for table in tables.OF_RUN:
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
            ended = {
                "state": tables.DELETED,
                "finished": now(),
                "lease_until": now(),
                "fence": tables.run.c.fence + 1,
                **empty,
            }
            db.execute(update(tables.run).where(tables.run.c.run == found).values(ended))
            return str(found)

        return self.db.write(work)


def _begun(name: str) -> str:
    """The row that counts the begins of a step; its answer has the step's own name."""
    return f"begun {name}"


def _locked(db: Connection, claim: Claim) -> Any:
    """The fence and state of the run, its row locked; None where it is gone."""
    asked = select(tables.run.c.fence, tables.run.c.state).where(tables.run.c.run == claim.run)
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
    if row.state != tables.WORKING:
        raise Fenced(f"Run {claim.run[:12]} has ended as {row.state}.")


def _json(name: str, result: Any) -> Any:
    """What JSON gives back of ``result``, without poison."""
    if isinstance(result, BaseModel):
        result = result.model_dump(mode="json")
    json.dumps(result)  # refuses what JSON has no word for, which ``plain`` would turn into text
    text = tables.dumps(tables.plain(result))
    if (size := len(text.encode())) > tables.RESULT:
        raise ValueError(
            f"step {name} answered {size} bytes; at most {tables.RESULT} are recorded, and what is larger belongs into the run folder"
        )
    return json.loads(text)
