"""The same event a hundred times at once, a thousand events with faults, and workers killed or frozen wherever they stand."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from agent import tables
from agent.database import now
from agent.loop import place, run
from agent.planner import Planner
from agent.records import Busy, Fenced, Records
from agent.scripted import Scripted
from tests.fire.ground import SEED, Field, Heard, Tally, Unseeing, brief, movie
from tests.fire.words import GOOD, TARGET, rows
from tools.local.folder import Folder
from tools.schema import Brief, Outcome

SCRIPT = [*GOOD, "Made."]
GIVE_UP = 300.0


def settled(field: Field, asked: Brief, told: Path | None = None, redone: int = 0) -> list[str]:
    """What is wrong with a finished run: files, rows and outcome must be one set, and nothing half done may lie about."""
    wrong = []
    folder = field.outbox / place(asked)
    state = field.records.run(asked.run)
    if not state["state"].startswith("done"):
        return [f"ended as {state['state']}: {state['reason'][:300]}"]
    outcome = Outcome.model_validate_json((folder / "run.json").read_bytes())
    stored = rows(field.url, asked.run)
    published = {path.name for path in folder.iterdir()} - {"run.json"}
    if {a.name for a in outcome.artifacts} != published:
        wrong.append(f"files {published ^ {a.name for a in outcome.artifacts}} are not both told and there")
    if {row["name"]: row["sha256"] for row in stored["artifact"]} != {a.name: a.sha256 for a in outcome.artifacts}:
        wrong.append("rows of artifacts are not the published files")
    if outcome.cut is None or len([row for row in stored["clip"] if row["plan"] == outcome.cut.id]) != len(
        outcome.cut.clips
    ):
        wrong.append("rows of clips are not the cut")
    if [row["seq"] for row in sorted(stored["decision"], key=lambda row: row["seq"])] != list(
        range(1, len(stored["decision"]) + 1)
    ):
        wrong.append("decisions are not one row of numbers")
    names = [row["name"] for row in stored["step"]]
    if len(names) != len(set(names)):
        wrong.append("a step has two rows")
    wrong += [f"{path.name} was left" for path in field.outbox.rglob(".part-*")]
    heard = len(told.read_text().split()) if told and told.exists() else 1
    if heard > 1 + redone:
        wrong.append(f"listened {heard} times")
    return wrong


def crowd(tally: Tally, url: str, folder: Path, many: int = 100) -> None:
    """``many`` workers with a connection each get the same event at once."""
    told = folder / "told"
    field = Field(folder, url=url, video=movie(folder / "talk.mp4"), transcriber=Heard(told=told))
    asked, ends, began = brief("crowd", target=TARGET), Counter[str](), time.monotonic()
    gate = threading.Barrier(many)

    def worker() -> None:
        mine = Field.__new__(Field)
        mine.__dict__ |= {**field.__dict__, "records": Records(url)}
        try:
            gate.wait(120)
            while True:
                try:
                    ends[run(asked, mine.studio(Scripted(turns=SCRIPT)), field.fetch).status] += 1
                    return
                except Busy:
                    ends["busy"] += 1
                    if time.monotonic() - began > GIVE_UP:
                        return
                    time.sleep(0.5 + random.random())
        except Exception as error:
            ends[f"{type(error).__name__}: {str(error)[:200]}"] += 1
        finally:
            mine.records.close()

    threads = [threading.Thread(target=worker) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = settled(field, asked, told)
    answered = sum(count for end, count in ends.items() if end.startswith("done"))
    if answered != many:
        wrong.append(f"{answered} of {many} were answered: {dict(ends)}")
    if len(field.records.runs(1000)) != 1:
        wrong.append("more than one run")
    tally.case(f"{many} at once", wrong, time.monotonic() - began)
    tally.notes.append(f"{ends['busy']} times told to come again")
    field.close()


# Faults


class Fault(Exception):
    """The world failed once."""


@dataclass
class Faulty:
    """Ports that fail with ``share`` of their calls, by a seeded chance."""

    share: float
    chance: random.Random

    def __post_init__(self) -> None:
        self.count, self.lock = 0, threading.Lock()

    def maybe(self) -> None:
        with self.lock:
            if self.chance.random() < self.share:
                self.count += 1
                raise Fault("injected")


class FaultyHeard(Heard):
    def __init__(self, faults: Faulty) -> None:
        super().__init__()
        self.faults = faults

    def transcribe(self, source: Any, workspace: Any, steps: Any, language: str | None = None) -> Any:
        self.faults.maybe()
        heard = super().transcribe(source, workspace, steps, language)
        self.faults.maybe()
        return heard


class FaultyUnseeing(Unseeing):
    def __init__(self, faults: Faulty) -> None:
        super().__init__()
        self.faults = faults

    def analyse(self, frames: Any, workspace: Any, steps: Any) -> Any:
        self.faults.maybe()
        return super().analyse(frames, workspace, steps)


class FaultyFolder(Folder):
    def __init__(self, root: Path, faults: Faulty) -> None:
        super().__init__(root)
        self.faults = faults

    def put(self, key: str, path: Path, media_type: str) -> str:
        self.faults.maybe()
        sha = super().put(key, path, media_type)
        self.faults.maybe()  # published, and the answer was lost
        return sha


def thousand(tally: Tally, url: str, folder: Path, events: int, workers: int = 4, share: float = 0.05) -> None:
    """Distinct events, redelivered until their runs end, while every port fails at random: none lost, none doubled.

    The video is too short for what is asked, so that a run hears, looks, plans and publishes its transcript, and a
    thousand of them take minutes.
    """
    faults = Faulty(share, random.Random(SEED))
    field = Field(folder, url=url, video=movie(folder / "short.mp4", 4))
    field.transcriber, field.analyst = FaultyHeard(faults), FaultyUnseeing(faults)
    field.store = FaultyFolder(field.outbox, faults)
    chance = random.Random(SEED)
    queue = [brief(f"event {number}", video=f"event {number}.mp4") for number in range(events)]
    queue += chance.sample(queue, events // 10)  # events come twice
    chance.shuffle(queue)
    lock, broken, began = threading.Lock(), Counter[str](), time.monotonic()

    def fetch(into: Path) -> None:
        faults.maybe()
        field.fetch(into)

    def worker() -> None:
        mine = Field.__new__(Field)
        mine.__dict__ |= {**field.__dict__, "records": Records(url)}
        studio = mine.studio(Planner(), keep=False)
        while True:
            with lock:
                if not queue:
                    break
                asked = queue.pop()
            try:
                run(asked, studio, fetch)
            except (Fault, Busy):
                with lock:
                    queue.insert(0, asked)
            except Exception as error:
                broken[f"{type(error).__name__}: {str(error)[:200]}"] += 1
        mine.records.close()

    threads = [threading.Thread(target=worker) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - began
    states = Counter(row["state"] for row in field.records.runs(10 * events))
    for number in range(events):
        asked, wrong = brief(f"event {number}", video=f"event {number}.mp4"), []
        try:
            state = field.records.run(asked.run)
        except LookupError:
            tally.case(asked.video, ["lost"])
            continue
        there = (field.outbox / place(asked) / "run.json").is_file()
        if state["state"] not in ("nothing to make", "failed"):
            wrong.append(f"is {state['state']}")
        elif state["state"] == "failed" and (state["attempts"] < 5 or "injected" not in state["reason"]):
            wrong.append(f"gave up after {state['attempts']}: {state['reason'][:200]}")
        elif state["state"] == "nothing to make" and not there:
            wrong.append("ended without its files")
        tally.case(asked.video, wrong)
    if sum(states.values()) != events:
        tally.failures.append(f"{sum(states.values())} runs of {events} events")
    tally.failures += [f"{error} ({count} times)" for error, count in broken.items()]
    tally.failures += [f"{path} was left" for path in field.outbox.rglob(".part-*")]
    tally.notes.append(f"seed {SEED}, {faults.count} faults, {dict(states)}, {wall:.0f} s in all")
    field.close()


# Kills


def worker(field: Field, asked: Brief, failpoint: str, told: Path, lapse_own: bool = False) -> int:
    """A worker in a process of its own, forked so that nothing is imported anew; its number."""
    child = os.fork()
    if child:
        return child
    status = 3
    try:
        os.environ["HOOKLINE_FAILPOINT"] = failpoint
        mine = Field.__new__(Field)
        mine.__dict__ |= {**field.__dict__, "records": Records(field.url), "transcriber": Heard(told=told)}
        run(asked, mine.studio(Scripted(turns=SCRIPT)), field.fetch)
        status = 0
    except (Busy, Fenced):
        status = 9
    except BaseException:
        import traceback

        (field.folder.parent / "trouble").open("a").write(traceback.format_exc())
    finally:
        os._exit(status)


def waited(child: int, seconds: float = 120) -> int:
    """How a worker ended: its status, or the signal below 0; one that does not end is a failure of its own."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if done:
            return -os.WSTOPSIG(status) if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 99


def clean_run(url: Callable[[], str], folder: Path) -> list[str]:
    """The names of a run's steps, from a run that nothing disturbs."""
    field = Field(folder / "clean", url=url(), video=folder / "talk.mp4")
    asked = brief("clean", target=TARGET)
    assert waited(worker(field, asked, "", folder / "clean" / "told")) == 0
    engine = create_engine(field.url)
    with engine.connect() as db:
        names = [row.name for row in db.execute(tables.step.select().order_by(tables.step.c.at))]
    engine.dispose()
    field.close()
    return names


def kills(
    tally: Tally,
    url: Callable[[], str],
    folder: Path,
    wheres: Sequence[str],
    pairs: int,
    every: int = 1,
    frozen: bool = True,
) -> None:
    """Killed before, in and after every step and started again; then pairs of kills, then frozen past the lease."""
    folder.mkdir(parents=True, exist_ok=True)
    movie(folder / "talk.mp4")
    steps = clean_run(url, folder)
    points = [f"{name}:{where}" for name in steps for where in wheres][::every]
    chance = random.Random(SEED)
    plans: list[list[str]] = [[point] for point in points] + [chance.sample(points, 2) for _ in range(pairs)]
    plans += [[f"{name}:mid:stop"] for name in steps[::every]] if frozen else []
    for number, plan in enumerate(plans):
        began = time.monotonic()
        here = folder / f"kill-{number}"
        field = Field(here, url=url(), video=folder / "talk.mp4")
        wrong = _killed(field, plan, here / "told")
        field.close()
        tally.case(" then ".join(plan), wrong, time.monotonic() - began)
        if not wrong:
            shutil.rmtree(here, ignore_errors=True)
    tally.notes.append(f"seed {SEED}, {len(steps)} steps, {len(points)} points, {pairs} pairs")


def _killed(field: Field, plan: Sequence[str], told: Path) -> list[str]:
    asked = brief("killed", target=TARGET)
    wrong: list[str] = []
    zombie = 0
    for point in plan:
        child = worker(field, asked, point, told)
        end = waited(child)
        if end == -signal.SIGSTOP:
            zombie = child
            lapse(field.url, asked.run)
        elif end not in (-signal.SIGKILL, 0):  # a second point may lie before the first, and is passed by
            wrong.append(f"{point}: the worker ended with {end}")
    end = waited(worker(field, asked, "", told))
    if end != 0:
        wrong.append(f"started again it ended with {end}")
    try:
        if zombie:
            before = rows(field.url, asked.run)
            files = {path: path.stat().st_mtime_ns for path in field.outbox.rglob("*") if path.is_file()}
            os.kill(zombie, signal.SIGCONT)
            if (end := waited(zombie)) != 9:
                wrong.append(f"the frozen worker woke and ended with {end}")
            zombie = 0
            if rows(field.url, asked.run) != before:
                wrong.append("the frozen worker changed rows")
            if {path: path.stat().st_mtime_ns for path in field.outbox.rglob("*") if path.is_file()} != files:
                wrong.append("the frozen worker changed files")
    finally:
        if zombie:
            with contextlib.suppress(ProcessLookupError):
                os.kill(zombie, signal.SIGKILL)
            os.waitpid(zombie, 0)
    return wrong + settled(field, asked, told, redone=len(plan))


def lapse(url: str, run_id: str) -> None:
    """Let a run's lease end now."""
    engine = create_engine(url)
    with engine.begin() as db:
        db.execute(tables.run.update().where(tables.run.c.run == run_id).values(lease_until=now(-1.0)))
    engine.dispose()


def summary(tallies: Sequence[Tally]) -> str:
    return json.dumps({tally.what: [tally.cases, len(tally.failures)] for tally in tallies})
