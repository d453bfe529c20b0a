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

from agent.deciding.planner import Planner
from agent.deciding.scripted import Scripted
from agent.loop import run
from agent.outcome import place
from agent.record import tables
from agent.record.database import RecordsDown, now
from agent.record.records import Busy, Fenced, Records
from tests.fire.ground import SEED, Field, Heard, Tally, Thrown, Unseeing, brief, environment, movie, part, spy
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


def crowd(tally: Tally, url: str, folder: Path, many: int = 100, processes: int = 0) -> None:
    """``many`` workers with a connection each get the same event at once; then ``processes`` get another at once."""
    told = folder / "told"
    field = Field(folder, url=url, video=movie(folder / "talk.mp4"), transcriber=Heard(told=told))
    with environment(HOOKLINE_FFMPEG=str(spy(folder))):
        tally.throw(
            [many], lambda n: Thrown(f"{n} at once", _crowd(field, brief("crowd", target=TARGET), told, n, tally))
        )
        if processes:
            told.unlink()
            asked = brief("another crowd", target=TARGET)
            tally.throw(
                [processes], lambda n: Thrown(f"{n} processes at once", _processes(field, asked, told, n, tally))
            )
    field.close()


def _crowd(field: Field, asked: Brief, told: Path, many: int, tally: Tally) -> list[str]:
    ends, until = Counter[str](), time.monotonic() + GIVE_UP
    gate = threading.Barrier(many)

    def worker() -> None:
        mine = field.another()
        try:
            gate.wait(120)
            while True:
                try:
                    ends[run(asked, mine.studio(Scripted(turns=SCRIPT)), field.fetch).status] += 1
                    return
                except Busy:
                    ends["busy"] += 1
                    if time.monotonic() > until:
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
    tally.ends["told to come again"] += ends["busy"]
    return wrong


def _processes(field: Field, asked: Brief, told: Path, many: int, tally: Tally) -> list[str]:
    """One of them makes the run, and the others are told that it is busy or what it came to."""
    ends = Counter(waited(child) for child in [worker(field, asked, "", told) for _ in range(many)])
    wrong = settled(field, asked, told)
    if set(ends) - {0, 9} or not ends[0]:
        wrong.append(f"processes ended with {dict(ends)}")
    tally.ends["processes told that it is busy"] += ends[9]
    return wrong


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


def thousand(
    tally: Tally, url: str, folder: Path, events: int, workers: int = 4, share: float = 0.05, processes: int = 1
) -> None:
    """Distinct events, redelivered until their runs end, while every port fails at random: none lost, none doubled.

    The video is too short for what is asked, so that a run hears, looks, plans and publishes its transcript, and a
    thousand of them take minutes; every fiftieth is of a talk and makes its promo.
    """
    faults = Faulty(share, random.Random(SEED))
    field = Field(folder, url=url, video=movie(folder / "short.mp4", 4))
    talk = movie(folder / "talk.mp4")
    field.transcriber, field.analyst = FaultyHeard(faults), FaultyUnseeing(faults)
    field.store = FaultyFolder(field.outbox, faults)
    chance = random.Random(SEED)
    queue = [_event(number) for number in range(events)]
    queue += chance.sample(queue, events // 10)  # events come twice
    chance.shuffle(queue)
    tally.seed = SEED

    def share_of(number: int) -> Thrown:
        """One process's part of the queue, by several threads; a duplicate may lie in another's."""
        faults.chance = random.Random(SEED + number)
        told = folder / f"broken-{number}"
        broken = _drained(field, queue[number::processes], max(1, workers // processes), talk, faults)
        told.write_text(json.dumps([faults.count, broken]))
        return Thrown(f"worker {number}", [])

    with environment(HOOKLINE_FFMPEG=str(spy(folder))):
        began = time.monotonic()
        shares = Tally("")
        shares.throw(range(processes), share_of, processes)
        tally.memory = shares.memory
    wall = time.monotonic() - began
    states = Counter(row["state"] for row in field.records.runs(10 * events))
    for number in range(events):
        asked, wrong = _event(number), []
        try:
            state = field.records.run(asked.run)
        except LookupError:
            tally.case(asked.video, ["lost"])
            continue
        if state["state"] == "failed" and (state["attempts"] < 5 or "injected" not in state["reason"]):
            wrong.append(f"gave up after {state['attempts']}: {state['reason'][:200]}")
        elif state["state"] == "failed":
            pass
        elif number % TALKS == 0:
            wrong += settled(field, asked)
        elif state["state"] != "nothing to make":
            wrong.append(f"is {state['state']}")
        elif not (field.outbox / place(asked) / "run.json").is_file():
            wrong.append("ended without its files")
        tally.case(asked.video, wrong, end=state["state"])
    if sum(states.values()) != events:
        tally.failures.append(f"{sum(states.values())} runs of {events} events")
    thrown = [json.loads(path.read_text()) for path in folder.glob("broken-*")]
    tally.failures += [f"{error} ({count} times)" for _, broken in thrown for error, count in broken.items()]
    tally.failures += [f"{path} was left" for path in field.outbox.rglob(".part-*")]
    tally.notes.append(f"{sum(count for count, _ in thrown)} faults, {wall:.0f} s in all")
    field.close()


TALKS = 50


def _event(number: int) -> Brief:
    return brief(f"event {number}", video=f"event {number}.mp4", **({"target": TARGET} if number % TALKS == 0 else {}))


def _drained(field: Field, queue: list[Brief], threads: int, talk: Path, faults: Faulty) -> dict[str, int]:
    """Carry the events of ``queue`` to their ends, each tried again for as long as a fault or another worker stops it."""
    lock, broken = threading.Lock(), Counter[str]()

    def worker() -> None:
        mine = field.another()
        studio = mine.studio(Planner(), keep=False)
        while True:
            with lock:
                if not queue:
                    break
                asked = queue.pop()

            def fetch(into: Path, asked: Brief = asked) -> None:
                faults.maybe()
                shutil.copyfile(talk if asked.target == TARGET else field.video, into)

            try:
                run(asked, studio, fetch)
            except (Fault, Busy):
                with lock:
                    queue.insert(0, asked)
            except Exception as error:
                broken[f"{type(error).__name__}: {str(error)[:200]}"] += 1
        mine.records.close()

    running = [threading.Thread(target=worker) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return dict(broken)


# Kills


def worker(field: Field, asked: Brief, failpoint: str, told: Path) -> int:
    """A worker in a process of its own, forked so that nothing is imported anew; its number."""
    child = os.fork()
    if child:
        return child
    status = 3
    try:
        os.environ["HOOKLINE_FAILPOINT"] = failpoint
        mine = field.another(transcriber=Heard(told=told))
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
    workers: int = 1,
) -> None:
    """Killed before, in and after every step and started again; then pairs of kills; then frozen past the lease.

    A frozen worker is woken once when its successor has ended, and once while the successor stands in the middle: there no
    unique key can stand in for the fence.
    """
    folder.mkdir(parents=True, exist_ok=True)
    movie(folder / "talk.mp4")
    tally.seed = SEED
    with environment(HOOKLINE_FFMPEG=str(spy(folder))):
        steps = clean_run(url, folder)
        points = [f"{name}:{where}" for name in steps for where in wheres][::every]
        chance = random.Random(SEED)
        plans: list[list[str]] = [[point] for point in points] + [chance.sample(points, 2) for _ in range(pairs)]
        if frozen:
            plans += [[f"{name}:mid:stop"] for name in steps[::every]]
            later = [(steps[n], steps[min(n + 3, len(steps) - 1)]) for n in range(0, len(steps) - 1, max(3, every))]
            plans += [[f"{first}:mid:stop", f"{second}:mid:stop"] for first, second in later]

        def case(number: int) -> Thrown:
            plan, here = plans[number], folder / f"kill-{number}"
            field = Field(here, url=url(), video=folder / "talk.mp4")
            wrong = _killed(field, brief(f"killed {number}", target=TARGET), plan, here / "told")
            field.close()
            if not wrong:
                shutil.rmtree(here, ignore_errors=True)
            return Thrown(" then ".join(plan), wrong)

        tally.throw(part(range(len(plans))), case, workers)
    tally.notes.append(
        f"{len(steps)} steps, {len(points)} points, {pairs} pairs, {len(plans) - len(points) - pairs} frozen"
    )


def _killed(field: Field, asked: Brief, plan: Sequence[str], told: Path) -> list[str]:
    wrong: list[str] = []
    frozen: list[int] = []
    try:
        for point in plan:
            child = worker(field, asked, point, told)
            end = waited(child)
            if end == -signal.SIGSTOP:
                frozen.append(child)
                if len(frozen) > 1:  # its successor stands in the middle of the run
                    wrong += _woken(field, asked, frozen.pop(0))
                if not lapse(field.url, asked.run):
                    # SQLite's lock goes with the process: what is promised is a sentence, and that a kill frees the run.
                    os.kill(frozen[-1], signal.SIGKILL)
                    os.waitpid(frozen.pop(), 0)
                    lapse(field.url, asked.run)
            elif end not in (-signal.SIGKILL, 0):  # a second point may lie before the first, and is passed by
                wrong.append(f"{point}: the worker ended with {end}")
        end = waited(worker(field, asked, "", told))
        if end != 0:
            wrong.append(f"started again it ended with {end}")
        while frozen:
            wrong += _woken(field, asked, frozen.pop(0))
    finally:
        for child in frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return wrong + settled(field, asked, told, redone=len(plan))


def _woken(field: Field, asked: Brief, child: int) -> list[str]:
    """What a worker does that wakes after its lease and should do nothing."""
    before = rows(field.url, asked.run)
    files = {path: path.stat().st_mtime_ns for path in field.outbox.rglob("*") if path.is_file()}
    os.kill(child, signal.SIGCONT)
    wrong = [] if (end := waited(child)) == 9 else [f"the frozen worker woke and ended with {end}"]
    if rows(field.url, asked.run) != before:
        wrong.append("the frozen worker changed rows")
    if {path: path.stat().st_mtime_ns for path in field.outbox.rglob("*") if path.is_file()} != files:
        wrong.append("the frozen worker changed files")
    return wrong


def lapse(url: str, run_id: str) -> bool:
    """Let a run's lease end now; False where a worker that is frozen within a transaction holds all of a SQLite file.

    In MySQL it holds the row for a while.
    """
    sqlite = url.startswith("sqlite")
    records = Records(url, patience=1.0 if sqlite else 150.0)
    mine = tables.run.update().where(tables.run.c.run == run_id).values(lease_until=now(-1.0))
    try:
        records.db.write(lambda db: db.execute(mine))
    except RecordsDown as error:
        if not sqlite or "locked" not in str(error):
            raise
        return False
    finally:
        records.close()
    return True
