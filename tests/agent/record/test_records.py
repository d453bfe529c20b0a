"""What the record promises, on both databases."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, select
from sqlalchemy.exc import DBAPIError

import agent
from agent.record import database as door
from agent.record import tables
from agent.record.records import ATTEMPTS, Busy, Claim, Fenced, OverBudget, Records, RecordsDown
from tests import ROOT
from tests.conftest import MariaDB
from tools.schema import Artifact, Brief, Candidate, Certificate, Check, Clip, Copy, CutList, Line, Outcome

POISON = ["\ud800", "a\0b", "\U0001f600" * 3, "%s :x '; --", "\u202eevil", "x" * 300]

CUT = CutList(
    id="P2",
    target=30.0,
    length=29.97,
    rate="30000/1001",
    clips=(
        Clip(
            start=1.0,
            end=8.5,
            label="A",
            ids=("S1", "S2"),
            role="hook",
            reason="opens with the number",
            first_frame=30,
            frames=225,
        ),
        Clip(
            start=40.0,
            end=62.5,
            label="B",
            ids=("S14",),
            role="payoff",
            reason="answers the wish",
            text="It cost us half.",
            certificate=Certificate(checks=(Check(name="gap", value=0.31, limit=">= 0.1"),)),
            flags=("long",),
        ),
    ),
)
COPY = Copy(
    platform="linkedin",
    hooks=(Line(text="Half the price", evidence=("S14",)), Line(text="Why it failed", evidence=("S1",))),
    title=Line(text="Pricing", evidence=("S1",)),
)
MADE = Artifact(name="promo_16x9.mp4", sha256="ab" * 32, bytes=10**10, media_type="video/mp4", duration=29.97)


def outcome(brief: Brief, **changes: Any) -> Outcome:
    return Outcome(
        run=brief.run, status="done", cut=CUT, artifacts=(MADE,), copies=(COPY,), dollars=0.12, seconds=31.0
    ).model_copy(update=changes)


def carry(records: Records, brief: Brief) -> Claim:
    """A whole small run."""
    claim = records.claim(brief)
    records.save_step(claim, "intake", {"duration": 600.5}, ms=12)
    records.decide(claim, 1, kind="model", name="model", model_id="claude", prompt_digest="d1", args={"messages": 1})
    records.answer(
        claim,
        1,
        verdict="accepted",
        answer={"text": "", "calls": ["find"]},
        tokens_in=900,
        tokens_out=40,
        dollars=0.002,
        ms=800,
    )
    records.decide(claim, 2, kind="tool", name="find", args={"query": "pricing"})
    records.answer(claim, 2, verdict="accepted", answer="S14 0.9", ms=30)
    found = [
        ("S14", True, 0.9, "names the price"),
        ("S30", True, 0.7, ""),
        ("S31", False, 0.6, "needs what came before"),
        ("S2", False, 0.1, "off topic"),
    ]
    records.add_candidates(
        claim, 2, [Candidate(ids=(i,), kept=k, score=s, parts={"relevance": s}, reason=r) for i, k, s, r in found]
    )
    records.decide(claim, 3, kind="tool", name="cut", args={"picks": ["S99"]})
    records.answer(claim, 3, verdict="rejected", answer="S99 does not exist", reason="S99 does not exist")
    records.decide(claim, 4, kind="tool", name="cut", args={"picks": ["S1", "S14"]})
    records.answer(claim, 4, verdict="accepted", answer="P2: 29.97 s in 2 clips", ms=55)
    records.finish(claim, outcome(brief))
    return claim


def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database, read past ``Records``."""
    engine = create_engine(url)
    with engine.connect() as db:
        found = {
            table.name: [dict(row) for row in db.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in tables.metadata.sorted_tables
        }
    engine.dispose()
    return found


def elsewhere(url: str, run: str) -> None:
    """Make a run look held by a worker on another machine, whose end can't be seen from here."""
    _set(url, run, owner="elsewhere/1/1/x")


def lapse(url: str, run: str) -> None:
    """Let a run's lease end now."""
    _set(url, run, lease_until=door.now(-1.0))


def _set(url: str, run: str, **values: Any) -> None:
    engine = create_engine(url)
    with engine.begin() as db:
        db.execute(tables.run.update().where(tables.run.c.run == run).values(**values))
    engine.dispose()


# The schema


def test_migrating_twice_and_from_many_sides_at_once_gives_the_tables_once(database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Records(database).migrate(), range(8)))
    Records(database).migrate()
    assert set(rows(database)) == {table.name for table in tables.metadata.sorted_tables}


def test_the_migrations_make_exactly_the_tables_of_the_code(records: Records, database: str) -> None:
    engine = create_engine(database)
    with engine.connect() as db:
        different = compare_metadata(MigrationContext.configure(db), tables.metadata)
    engine.dispose()
    assert different == []


def test_the_last_migration_is_the_one_that_the_code_asks_for() -> None:
    script = ScriptDirectory(str(ROOT / "agent" / "record" / "migrations"))
    assert script.get_heads() == [door.HEAD]


def test_every_table_of_a_run_is_deleted_with_it() -> None:
    of_run = {table.name for table in tables.metadata.tables.values() if "run" in table.c} - {"run"}
    assert of_run == {table.name for table in tables.OF_RUN}


def test_every_string_has_a_length() -> None:
    for table in tables.metadata.tables.values():
        for column in table.columns:
            impl = getattr(column.type, "impl", column.type)
            if type(impl).__name__ == "String":
                assert impl.length, f"{table.name}.{column.name}"


def test_a_database_without_tables_says_so(database: str) -> None:
    with pytest.raises(RecordsDown, match="migrate first"):
        Records(database).runs()


# Claims


def test_of_a_hundred_claims_at_once_one_wins(database: str, brief: Brief) -> None:
    workers = [Records(database) for _ in range(10)]
    workers[0].migrate()
    start = threading.Barrier(100)

    def try_it(n: int) -> str:
        start.wait()
        try:
            return "won" if workers[n % 10].claim(brief).fresh else "took over"
        except Busy:
            return "busy"

    with ThreadPoolExecutor(100) as pool:
        ends = list(pool.map(try_it, range(100)))
    assert sorted(set(ends)) == ["busy", "won"]
    assert ends.count("won") == 1
    assert len(rows(database)["run"]) == 1


def test_a_finished_run_is_answered_with_its_outcome(records: Records, brief: Brief) -> None:
    carry(records, brief)
    again = records.claim(brief)
    assert again.outcome == outcome(brief)
    assert not again.fresh


def test_a_live_lease_is_busy_and_says_for_how_long(records: Records, brief: Brief) -> None:
    records.claim(brief, lease=100)
    with pytest.raises(Busy) as told:
        records.claim(brief)
    assert 90 < told.value.seconds <= 100


def test_a_dead_lease_is_taken_over_with_a_higher_fence(records: Records, database: str, brief: Brief) -> None:
    first = records.claim(brief, lease=0.5)
    elsewhere(database, brief.run)
    with pytest.raises(Busy):
        records.claim(brief)
    time.sleep(0.6)
    second = records.claim(brief)
    assert (second.fence, second.fresh, second.attempts) == (first.fence + 1, False, 2)


def test_a_dead_lease_has_one_heir(records: Records, database: str, brief: Brief) -> None:
    records.claim(brief)
    lapse(database, brief.run)
    workers = [Records(database) for _ in range(10)]

    def heir(worker: Records) -> bool:
        with contextlib.suppress(Busy):
            return worker.claim(brief).fence == 2
        return False

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(heir, workers)) == 1


def test_renewing_holds_the_run(records: Records, database: str, brief: Brief) -> None:
    claim = records.claim(brief, lease=0.4)
    elsewhere(database, brief.run)
    records.renew(claim, 60)
    time.sleep(0.5)
    with pytest.raises(Busy):
        records.claim(brief)


def test_a_failed_run_is_tried_again_a_few_times_and_then_answered(records: Records, brief: Brief) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        claim = records.claim(brief)
        assert claim.attempts == attempt
        assert claim.outcome is None
        records.finish(claim, Outcome(run=brief.run, status="failed", reason="no disk"))
    assert records.claim(brief).outcome == Outcome(run=brief.run, status="failed", reason="no disk")


WORKER = """
import os, sys
from agent.record.records import Fenced, Records
from agent.steps.recorded import Recorded
from tools.schema import Brief, Outcome

url, brief, told, lease = sys.argv[1], Brief.model_validate_json(sys.argv[2]), sys.argv[3], float(sys.argv[4])
def act(name):
    with open(told, "a") as file:
        file.write(name + "\\n")
    return {"did": name, "by": os.getpid()}
records = Records(url)
claim = records.claim(brief, lease=lease)
steps = Recorded(records, claim, beat=False)
try:
    for name in ("intake", "transcribe", "cut", "assemble"):
        steps.step(name, lambda: act(name))
    records.decide(claim, 1, kind="tool", name="cut")
    records.finish(claim, Outcome(run=brief.run, status="done"))
except Fenced:
    sys.exit(9)
"""


def worker(url: str, brief: Brief, told: Path, failpoint: str = "", lease: float = 60) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HOOKLINE_FAILPOINT": failpoint}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, url, brief.model_dump_json(), str(told), str(lease)], env=environ
    )


@pytest.mark.parametrize("where", ["pre", "mid", "post"])
def test_a_killed_run_goes_on_at_once_and_redoes_no_finished_step(
    records: Records, database: str, brief: Brief, tmp_path: Path, where: str
) -> None:
    told = tmp_path / "told"
    assert worker(database, brief, told, f"cut:{where}").wait(60) == -signal.SIGKILL
    assert worker(database, brief, told).wait(60) == 0
    done = told.read_text().split()
    assert done == ["intake", "transcribe", "cut", *(["cut"] if where == "mid" else []), "assemble"]
    assert records.run(brief.run)["state"] == "done"
    assert records.run(brief.run)["attempts"] == 2


def test_a_frozen_worker_that_wakes_too_late_changes_nothing(
    records: Records, database: str, brief: Brief, tmp_path: Path
) -> None:
    zombie = worker(database, brief, tmp_path / "told", "cut:mid:stop", lease=0.5)
    try:
        os.waitpid(zombie.pid, os.WUNTRACED)
        time.sleep(0.6)
        assert worker(database, brief, tmp_path / "told").wait(60) == 0
        before = rows(database)
        zombie.send_signal(signal.SIGCONT)
        assert zombie.wait(60) == 9
        assert rows(database) == before
    finally:
        zombie.kill()
        zombie.wait()


# The fence

WRITES: dict[str, Callable[[Records, Claim, Brief], Any]] = {
    "renew": lambda r, c, b: r.renew(c),
    "begin": lambda r, c, b: r.begin(c, "intake"),
    "save_step": lambda r, c, b: r.save_step(c, "intake", {}),
    "decide": lambda r, c, b: r.decide(c, 1, kind="tool", name="cut"),
    "answer": lambda r, c, b: r.answer(c, 1, verdict="accepted"),
    "add_candidates": lambda r, c, b: r.add_candidates(c, 1, [Candidate(ids=("S1",), kept=True, score=1.0)]),
    "reserve": lambda r, c, b: r.reserve("t", 1.0, 2.0, c),
    "trim": lambda r, c, b: r.trim(c, 0.5),
    "hold_back": lambda r, c, b: r.hold_back(c, "the day is spent"),
    "finish": lambda r, c, b: r.finish(c, outcome(b)),
}


def test_every_write_is_tried_with_an_old_fence() -> None:
    writes = {
        name
        for name, method in vars(Records).items()
        if name[0] != "_" and "claim" in inspect.signature(method).parameters
    }
    assert writes - {"step"} == set(WRITES)


@pytest.mark.parametrize("name", WRITES)
def test_an_old_fence_can_write_nothing(records: Records, database: str, brief: Brief, name: str) -> None:
    old = records.claim(brief)
    lapse(database, brief.run)
    records.claim(brief)
    before = rows(database)
    with pytest.raises(Fenced, match="taken over"):
        WRITES[name](records, old, brief)
    assert rows(database) == before


@pytest.mark.parametrize("name", [name for name in WRITES if name != "finish"])
def test_nothing_is_written_into_a_run_that_has_ended(records: Records, database: str, brief: Brief, name: str) -> None:
    claim = carry(records, brief)
    before = rows(database)
    with pytest.raises(Fenced, match="has ended as done"):
        WRITES[name](records, claim, brief)
    assert rows(database) == before


def test_finishing_twice_is_finishing_once_but_not_otherwise(records: Records, database: str, brief: Brief) -> None:
    claim = carry(records, brief)
    before = rows(database)
    records.finish(claim, outcome(brief))
    with pytest.raises(Fenced):
        records.finish(claim, outcome(brief, status="failed"))
    assert rows(database) == before


def test_a_run_is_held_back_once_and_may_be_asked_for_again(records: Records, brief: Brief) -> None:
    claim = records.claim(brief)
    for _ in range(2):
        records.hold_back(claim, "the day is spent")
    assert records.claim(brief).attempts == 1


# Steps, decisions, candidates


def test_the_first_answer_of_a_step_counts(records: Records, brief: Brief) -> None:
    claim = records.claim(brief)
    assert records.step(claim, "look") is None
    assert records.save_step(claim, "look", {"frames": [1, 2]}) == {"frames": [1, 2]}
    assert records.save_step(claim, "look", {"frames": []}) == {"frames": [1, 2]}
    assert records.save_step(claim, "nothing", None) is None
    done = records.step(claim, "nothing")
    assert done is not None
    assert done.result is None


def test_names_that_a_collation_would_make_one_stay_apart(records: Records, brief: Brief) -> None:
    claim = records.claim(brief)
    names = [
        "a",
        "A",
        "á",
        "a ",
        "a  ",
        "a\u0301",
        "\U0001f600",
        "\U0001f601",
        "\ud800",
        "\ud801",
        "\0",
        "n" * 300,
        "n" * 301,
        "",
    ]
    for n, name in enumerate(names):
        records.save_step(claim, name, n)
    assert [records.step(claim, name) for name in names] == [(n, 0) for n in range(len(names))]


def test_a_decision_is_there_before_its_answer_and_the_first_of_a_number_counts(records: Records, brief: Brief) -> None:
    claim = records.claim(brief)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: records.decide(claim, 1, kind="tool", name=f"cut{n}", args={"n": n}), range(8)))
    assert len({json.dumps(row) for row in made}) == 1
    assert records.decisions(brief.run)[0]["verdict"] is None
    first = records.answer(claim, 1, verdict="rejected", answer="S9 does not exist", reason="S9 does not exist")
    assert records.answer(claim, 1, verdict="accepted", answer="P1") == first
    assert records.decide(claim, 1, kind="tool", name="other") == first


@pytest.mark.parametrize("poison", POISON, ids=lambda text: ascii(text)[:12])
def test_poison_in_any_text_is_stored_as_something(records: Records, brief: Brief, poison: str) -> None:
    """A text that a driver refuses must not make a run fail at its last step."""
    brief = brief.model_copy(update={"video": poison, "wish": poison, "topic": poison})
    claim = records.claim(brief)
    records.save_step(claim, f"step {poison}"[:400], {"text": poison[:1000], poison[:50]: [float("nan"), float("inf")]})
    args = {"picks": [poison], "n": float("inf"), "huge": 10**30, "set": {1}, poison[:9]: poison}
    records.decide(claim, 1, kind="model", name=poison, model_id=poison, prompt_digest=poison, args=args)
    records.answer(
        claim, 1, verdict="error", answer={"text": poison}, reason=poison, tokens_in=10**30, dollars=float("nan")
    )
    records.add_candidates(
        claim,
        1,
        [{"ids": [poison], "kept": False, "score": float("-inf"), "parts": {"a": float("nan")}, "reason": poison}],
    )
    clip = CUT.clips[0].model_copy(
        update={"reason": poison, "text": poison, "label": poison, "ids": (poison,), "flags": (poison,)}
    )
    copy = Copy(platform=poison, title=Line(text=poison, evidence=(poison,)))
    records.finish(
        claim,
        Outcome(
            run=brief.run,
            status="failed",
            reason=poison,
            cut=CUT.model_copy(update={"id": poison[:90], "clips": (clip,)}),
            copies=(copy,),
            artifacts=(MADE.model_copy(update={"name": poison[:400], "media_type": poison}),),
        ),
    )
    assert records.run(brief.run)["state"] == "failed"
    records.claim(brief)
    json.dumps([records.decisions(brief.run), records.candidates(brief.run), records.runs()], allow_nan=False).encode()


def test_text_that_no_server_takes_is_cut_and_says_so(records: Records, brief: Brief) -> None:
    endless = "\u00e9" * 17_000_000
    claim = records.claim(brief)
    records.decide(claim, 1, kind="tool", name="read", args={"query": endless})
    records.answer(claim, 1, verdict="rejected", answer=endless, reason=endless)
    row = records.decisions(brief.run)[0]
    assert row["reason"].endswith("… [cut; 17000000 characters in all]")
    assert len(row["reason"].encode()) <= tables.TEXT
    assert row["answer"]["cut"].startswith('"\u00e9')


def test_values_that_are_no_json_and_answers_that_are_too_large_are_refused_as_steps(
    records: Records, brief: Brief
) -> None:
    claim = records.claim(brief)
    with pytest.raises(TypeError):
        records.save_step(claim, "a", object())
    with pytest.raises(ValueError, match="run folder"):
        records.save_step(claim, "a", "x" * (tables.RESULT + 1))


def test_nesting_without_end_is_cut_not_raised(records: Records, brief: Brief) -> None:
    deep: Any = "end"
    for _ in range(900):
        deep = [deep]
    claim = records.claim(brief)
    records.decide(claim, 1, kind="tool", name="cut", args={"deep": deep})
    assert "nested too deeply" in json.dumps(records.decisions(brief.run)[0]["args"])


# Questions


def test_why_names_the_decision_the_candidates_beside_it_and_the_cost(records: Records, brief: Brief) -> None:
    carry(records, brief)
    why = records.why(brief.run[:6], 2)
    assert why["clip"]["reason"] == "answers the wish"
    assert why["clip"]["certificate"]["checks"][0]["value"] == 0.31
    assert (why["decision"]["seq"], why["decision"]["name"], why["decision"]["model_id"]) == (4, "cut", "claude")
    assert [(row["ids"], row["kept"], row["reason"]) for row in why["candidates"]] == [
        (["S30"], True, ""),
        (["S31"], False, "needs what came before"),
        (["S2"], False, "off topic"),
    ]
    assert why["cost"] | {"run": ""} == {
        "run": "",
        "dollars": 0.002,
        "tokens_in": 900,
        "tokens_out": 40,
        "tokens_cached": 0,
        "ms": 885,
        "model_calls": 1,
        "tool_calls": 3,
    }


def test_a_clip_that_is_not_there_is_named_with_those_that_are(records: Records, brief: Brief) -> None:
    carry(records, brief)
    with pytest.raises(LookupError, match=r"no clip 7: it has clips 1 to 2"):
        records.why(brief.run, 7)


def test_a_run_is_found_by_a_prefix_that_only_it_has(records: Records) -> None:
    for run in ("aaaa1", "aaaa2", "bbbb1"):
        records.claim(Brief(run=run, video="v"))
    assert records.run("b")["run"] == "bbbb1"
    assert records.run("aaaa1")["run"] == "aaaa1"
    with pytest.raises(LookupError, match="More than one"):
        records.run("aaaa")
    for unknown in ("c", "", "%", "_", "a%", "aaaa1 ", "\ud800"):
        with pytest.raises(LookupError, match="no run"):
            records.run(unknown)


def test_another_tenants_run_is_as_unknown_as_none(records: Records, brief: Brief) -> None:
    records.claim(brief, tenant="one")
    texts = set()
    for run in (brief.run, "f" * 20):
        with pytest.raises(LookupError) as told:
            records.run(run, tenant="two")
        texts.add(str(told.value).replace(run, ""))
    assert len(texts) == 1
    assert records.runs(tenant="two") == []


def test_runs_are_listed_newest_first_and_by_thread(records: Records) -> None:
    for n in range(4):
        records.claim(
            Brief(run=f"run{n}", video="v"), thread="t" if n else None, parent="run0" if n else None, version=n + 1
        )
        time.sleep(0.002)
    assert [row["run"] for row in records.runs(3)] == ["run3", "run2", "run1"]
    assert [(row["run"], row["version"]) for row in records.runs(thread="t")] == [("run3", 4), ("run2", 3), ("run1", 2)]


def test_abandoned_runs_are_found_with_their_briefs(records: Records, database: str, brief: Brief) -> None:
    records.claim(brief)
    assert records.abandoned() == []
    lapse(database, brief.run)
    assert [Brief.model_validate(row["brief"]) for row in records.abandoned()] == [brief]


def test_the_last_thumb_counts(records: Records, brief: Brief) -> None:
    carry(records, brief)
    records.rate(brief.run, 2, 1)
    records.rate(brief.run, 2, -1)
    records.rate(brief.run, 1, 1)
    assert records.labels(brief.run) == {1: 1, 2: -1}
    with pytest.raises(ValueError, match="thumb"):
        records.rate(brief.run, 1, 0)


def test_the_last_word_on_a_promo_counts_with_who_said_it_and_when(records: Records, brief: Brief) -> None:
    carry(records, brief)
    assert records.approval(brief.run) is None
    records.approve(brief.run[:6], 1, "ada@example.com")
    records.approve(brief.run, -1, "bob@example.com")
    told = records.approval(brief.run)
    assert told is not None
    assert (told["verdict"], told["who"]) == (-1, "bob@example.com")
    assert told["at"]
    with pytest.raises(ValueError, match="1 or -1"):
        records.approve(brief.run, 0, "ada@example.com")
    with pytest.raises(LookupError, match="no run"):
        records.approve("ffff", 1, "ada@example.com")


def test_deleting_leaves_a_tombstone_and_nothing_that_was_said(records: Records, database: str, brief: Brief) -> None:
    carry(records, brief)
    records.rate(brief.run, 1, 1)
    records.delete(brief.run)
    left = rows(database)
    assert {name for name, found in left.items() if found} == {"run"}
    assert not any(word in str(left) for word in ("pricing", "talk.mp4", "half", "S14"))
    late = records.claim(brief)
    assert late.outcome is not None
    assert late.outcome.status == "refused"


def test_deleting_stops_the_worker(records: Records, brief: Brief) -> None:
    claim = records.claim(brief)
    records.delete(brief.run)
    with pytest.raises(Fenced):
        records.finish(claim, outcome(brief))


def test_both_databases_give_the_same_answers(mariadb: MariaDB, tmp_path: Path, brief: Brief) -> None:
    def asked(url: str) -> Any:
        records = Records(url)
        records.migrate()
        carry(records, brief)
        found = [records.runs(), records.run(brief.run), records.decisions(brief.run), records.candidates(brief.run)]
        found += [records.why(brief.run, n) for n in (1, 2)]
        text = json.dumps(found, sort_keys=False)
        return json.loads(
            text,
            object_hook=lambda row: {
                name: value for name, value in row.items() if name not in ("at", "created", "finished")
            },
        ), text

    (one, text), (other, _) = asked(f"sqlite:///{tmp_path / 'a.sqlite3'}"), asked(mariadb.create())
    assert one == other
    assert "2.00" not in text


# Dollars


def test_a_hundred_runs_cannot_overdraw_the_day(database: str) -> None:
    workers = [Records(database) for _ in range(10)]
    workers[0].migrate()

    def reserve(n: int) -> bool:
        try:
            return workers[n % 10].reserve("t", 0.1, cap=1.0).dollars == 0.1
        except OverBudget:
            return False

    with ThreadPoolExecutor(40) as pool:
        assert sum(pool.map(reserve, range(100))) == 10


def test_what_was_not_spent_is_given_back(records: Records) -> None:
    reserved = records.reserve("t", 1.0, cap=1.0)
    with pytest.raises(OverBudget, match=r"\$0.00 of today's \$1.00"):
        records.reserve("t", 0.01, cap=1.0)
    records.reserve("other", 1.0, cap=1.0)
    records.settle(reserved, 0.25)
    records.reserve("t", 0.75, cap=1.0)


# Outages


class Wire:
    """A way to the server that can drop the connection after a COMMIT went through, before its answer is heard."""

    def __init__(self, port: int) -> None:
        self.port, self.losing, self.lost = port, 0, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.own = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                committed = threading.Event()
                threading.Thread(target=self._up, args=(near, far, committed), daemon=True).start()
                threading.Thread(target=self._down, args=(near, far, committed), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket, committed: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(65536):
                if self.losing and b"COMMIT" in data:
                    self.losing -= 1
                    self.lost += 1
                    committed.set()
                far.sendall(data)
            far.shutdown(socket.SHUT_RDWR)

    def _down(self, near: socket.socket, far: socket.socket, committed: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(65536):
                if committed.is_set():
                    break
                near.sendall(data)
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def test_a_commit_whose_answer_is_lost_is_done_once(mariadb: MariaDB, brief: Brief) -> None:
    url = mariadb.create()
    Records(url).migrate()
    wire = Wire(mariadb.port)
    records = Records(str(make_url(url).set(port=wire.own)))
    records.runs()
    wire.losing = 1
    claim = records.claim(brief)
    assert (claim.fence, claim.fresh) == (1, True)
    for name, write in WRITES.items():
        if name == "answer":
            records.decide(claim, 1, kind="tool", name="cut")
        if name == "finish":
            claim = records.claim(brief)  # it was held back
        wire.losing = 1
        told = write(records, claim, brief)
        assert wire.losing == 0, name
        assert name != "begin" or told == 1
    assert wire.lost == 1 + len(WRITES)
    wire.server.close()
    counts = {name: len(found) for name, found in rows(url).items() if found}
    assert counts == {
        "run": 1,
        "step": 2,  # its answer, and the count of its begins
        "decision": 1,
        "answer": 1,
        "candidate": 1,
        "clip": 2,
        "line": 3,
        "artifact": 1,
        "spend": 1,
        "hold": 1,
    }
    assert Records(url).run(brief.run)["state"] == "done"
    assert Records(url).reserve("t", 1.0, 2.0).dollars == 1.0


def test_finished_work_is_recorded_when_the_database_is_back(mariadb: MariaDB, brief: Brief) -> None:
    url = mariadb.create()
    records = Records(url)
    records.migrate()
    claim = records.claim(brief)
    mariadb.stop()
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(records.save_step, claim, "render", {"made": True})
            time.sleep(2)
            assert not waiting.done()
            mariadb.start()
            assert waiting.result(30) == {"made": True}
    finally:
        mariadb.stop()
        mariadb.start()
    assert Records(url).step(brief.run, "render") == ({"made": True}, 0)


def test_a_primary_that_has_become_a_replica_is_waited_for(mariadb: MariaDB, brief: Brief) -> None:
    url = mariadb.create()
    Records(url).migrate()
    name = make_url(url).database
    mariadb.run("CREATE USER app@'127.0.0.1'", f"GRANT SELECT, INSERT, UPDATE ON {name}.* TO app@'127.0.0.1'")
    records = Records(str(make_url(url).set(username="app")))
    claim = records.claim(brief)
    mariadb.run("SET GLOBAL read_only = 1")
    back = threading.Timer(1.5, mariadb.run, ["SET GLOBAL read_only = 0"])
    try:
        back.start()
        records.save_step(claim, "intake", {"seconds": 3})
    finally:
        back.join()
        mariadb.run("SET GLOBAL read_only = 0")
    assert records.step(claim, "intake") is not None


def test_a_database_that_says_nothing_any_more_is_told_in_time(mariadb: MariaDB, brief: Brief) -> None:
    url = mariadb.create()
    Records(url).migrate()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as hole:  # takes calls and never answers
        records = Records(str(make_url(url).set(port=hole.getsockname()[1])), patience=2)
        began = time.monotonic()
        with pytest.raises(RecordsDown, match="does not answer|out of reach"):
            records.claim(brief)
        assert time.monotonic() - began < 40


def test_a_connection_that_was_closed_while_idle_is_replaced(mariadb: MariaDB, brief: Brief) -> None:
    url = mariadb.create()
    records = Records(url)
    records.migrate()
    claim = records.claim(brief)
    with contextlib.closing(mariadb.connect()) as server, server.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (make_url(url).database,))
        for (number,) in cursor.fetchall():
            cursor.execute("KILL %s", (number,))
    assert records.save_step(claim, "a", 1) == 1


def test_a_worker_frozen_within_a_transaction_does_not_hold_the_run_for_ever(mariadb: MariaDB, brief: Brief) -> None:
    url = mariadb.create()
    frozen = door.Database(url, ca=None, password=None, pool=1, patience=30, idle=2)
    records = Records(url)
    records.migrate()
    records.claim(brief)
    with contextlib.suppress(DBAPIError), frozen.engine.connect() as held:
        held.execute(select(tables.run).with_for_update())
        began = time.monotonic()
        records.rate(brief.run, 1, 1)
        records.delete(brief.run)
        assert 1 < time.monotonic() - began < 20
    frozen.close()


def test_a_database_that_was_never_there_is_said_at_once(brief: Brief) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(RecordsDown, match="does not answer"):
        Records(f"mysql+pymysql://root:secret@127.0.0.1:{port}/x").runs()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("user", "name", "sentence"),
    [("nobody:hunter2", "mysql", "refused the user"), ("root", "nowhere", "does not exist")],
)
def test_what_the_server_refuses_is_a_sentence_without_the_password(
    mariadb: MariaDB, user: str, name: str, sentence: str
) -> None:
    with pytest.raises(RecordsDown, match=sentence) as told:
        Records(f"mysql+pymysql://{user}@127.0.0.1:{mariadb.port}/{name}").runs()
    assert "hunter2" not in str(told.value)


def test_a_file_that_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordsDown, match="HOOKLINE_HOME"):
        Records(f"sqlite:///{tmp_path / 'file' / 'records.sqlite3'}").migrate()
    with pytest.raises(RecordsDown):
        Records(f"sqlite:///{tmp_path}").migrate()
    (tmp_path / "file").write_text("this is not a database, but long enough to be looked at as one " * 20)
    with pytest.raises(RecordsDown):
        Records(f"sqlite:///{tmp_path / 'file'}").migrate()


def test_other_databases_and_nonsense_are_refused() -> None:
    with pytest.raises(RecordsDown, match="postgresql is not"):
        Records("postgresql://localhost/x")
    with pytest.raises(RecordsDown, match="not an address"):
        Records("records.db")


def test_a_server_that_cuts_values_silently_is_refused(mariadb: MariaDB) -> None:
    url = mariadb.create()
    mariadb.run("SET GLOBAL sql_mode = ''")
    try:
        with pytest.raises(RecordsDown, match="STRICT_TRANS_TABLES"):
            Records(url).migrate()
    finally:
        mariadb.run("SET GLOBAL sql_mode = DEFAULT")


def test_a_user_who_may_not_change_decisions_can_carry_a_run(mariadb: MariaDB, brief: Brief) -> None:
    url = mariadb.create()
    Records(url).migrate()
    name = make_url(url).database
    mariadb.run("CREATE USER worker@'127.0.0.1'")
    for table in tables.metadata.tables:
        rights = "SELECT, INSERT, UPDATE" if table in ("run", "spend", "hold", "label") else "SELECT, INSERT"
        mariadb.run(f"GRANT {rights} ON {name}.{table} TO worker@'127.0.0.1'")
    records = Records(str(make_url(url).set(username="worker")))
    carry(records, brief)
    records.rate(brief.run, 1, 1)
    records.settle(records.reserve("t", 1, 2), 0.5)
    claim = records.claim(brief.model_copy(update={"run": "another"}))
    for _ in range(2):
        records.settle(records.reserve("t", 1, 2, claim), 0.5)
    with pytest.raises(RecordsDown, match="lacks a right"):
        records.delete(brief.run)


# Whom it talks to


def test_a_remote_database_is_verified_and_weaker_wishes_are_refused(tmp_path: Path) -> None:
    context = door._tls(make_url("mysql+pymysql://u@db.example/x"), None)
    assert context is not None
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    for host in ("localhost", "127.0.0.1", "127.8.8.8", "[::1]"):
        assert door._tls(make_url(f"mysql+pymysql://u@{host}/x"), None) is None
    for weak in ("ssl_ca=/x", "ssl_disabled=true", "ssl_verify_cert=false"):
        with pytest.raises(RecordsDown, match="HOOKLINE_DATABASE_CA"):
            Records(f"mysql+pymysql://u@db.example/x?{weak}")
    for ca in (tmp_path / "absent.pem", ROOT / "pyproject.toml"):
        with pytest.raises(RecordsDown, match="not a file of certificates"):
            Records("mysql+pymysql://u@db.example/x", ca=ca)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem signed server.pem, for 127.0.0.1 only, and expired.pem; other.pem signed nothing."""
    folder = tmp_path_factory.mktemp("tls")
    ours, other = _authority(folder / "ca.pem"), _authority(folder / "other.pem")
    assert other
    _certificate(folder / "server", ours, days=30)
    _certificate(folder / "expired", ours, days=-1)
    return folder


def _authority(path: Path) -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.stem)])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    built = _builder(name, name, key.public_key(), 30)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).add_extension(
        usage, critical=True
    )
    built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    made = built.sign(key, hashes.SHA256())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return made, key


def _certificate(path: Path, authority: tuple[Any, Any], days: int) -> None:
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    issuer, signer = authority
    key = ec.generate_private_key(ec.SECP256R1())
    built = _builder(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")]), issuer.subject, key.public_key(), days
    )
    built = built.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    )
    built = built.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    made = built.sign(signer, hashes.SHA256())
    path.with_suffix(".pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.with_suffix(".key").write_bytes(key.private_bytes(*form))


def _builder(subject: Any, issuer: Any, key: Any, days: int) -> Any:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509

    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
    )
    return built.not_valid_before(now - timedelta(days=10)).not_valid_after(now + timedelta(days=days))


def test_the_servers_certificate_must_be_the_right_one(mariadb: MariaDB, authorities: Path) -> None:
    url = mariadb.create()
    elsewhere_named = str(make_url(url).set(host="localhost"))

    def opened(address: str, ca: str) -> Records:
        return Records(address, ca=authorities / ca)

    try:
        mariadb.stop()
        mariadb.start(f"--ssl-cert={authorities / 'server.pem'}", f"--ssl-key={authorities / 'server.key'}")
        opened(url, "ca.pem").migrate()
        for address, ca in ((url, "other.pem"), (elsewhere_named, "ca.pem")):
            with pytest.raises(RecordsDown, match="HOOKLINE_DATABASE_CA"):
                opened(address, ca).runs()
        mariadb.stop()
        mariadb.start(f"--ssl-cert={authorities / 'expired.pem'}", f"--ssl-key={authorities / 'expired.key'}")
        with pytest.raises(RecordsDown, match="HOOKLINE_DATABASE_CA"):
            opened(url, "ca.pem").runs()
        mariadb.stop()
        mariadb.start("--skip-ssl")
        with pytest.raises(RecordsDown, match="HOOKLINE_DATABASE_CA"):
            opened(url, "ca.pem").runs()
    finally:
        mariadb.stop()
        mariadb.start()


def test_a_password_that_expires_is_asked_for_at_every_connect(mariadb: MariaDB) -> None:
    url = mariadb.create()
    asked: list[int] = []
    mariadb.run(
        "CREATE USER token@'127.0.0.1' IDENTIFIED BY 'once'",
        f"GRANT ALL ON {make_url(url).database}.* TO token@'127.0.0.1'",
    )
    records = Records(str(make_url(url).set(username="token")), password=lambda: asked.append(1) or "once")
    records.migrate()
    records.close()
    records.runs()
    assert len(asked) >= 2


def test_nothing_of_the_agent_is_loaded_that_the_record_does_not_need() -> None:
    code = "import sys, agent.record.records; sys.exit(any(name in sys.modules for name in ('langchain', 'boto3', 'cv2', 'alembic')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    assert agent is not None
