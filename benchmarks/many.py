"""``python -m benchmarks.many``: uploads by the hour through the template's limits, simulated: what saturates first, what it costs, what to raise.

Events one after another on a simulated clock, seeded.  The template's numbers are read from it; the account's quotas are
assumptions that stand here with where they come from.  Nothing is measured on AWS.
"""

from __future__ import annotations

import argparse
import heapq
import random
import statistics
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

TEMPLATE = Path(__file__).resolve().parents[1] / "sam" / "template.yaml"


@dataclass(frozen=True)
class Limits:
    """What the stack and the account let through."""

    runs: int
    """Runs at once that compute: the function's reserved concurrency, and as many connections to the database."""
    patience: float
    """Seconds after which an event that found no room is given up and lies in the dead-letter queue."""
    longest: float
    """Seconds that a durable execution may last."""
    dollars: float
    """A day."""
    memory: float
    """GB of the function."""
    aside: float = 2.0
    """Dollars that a run sets aside before it begins and gives back what it did not spend of."""
    jobs: int = 100
    """Transcription jobs at once (AWS's own answer on re:Post, raised on request); 10,000 more wait in its queue where that is on."""
    tokens: float = 500_000
    """Bedrock's tokens a minute for the editor's model.  Differs by account; yours stands in Service Quotas."""
    connections: int = 60
    """Of a db.t4g.micro: {DBInstanceClassMemory/12582880} by RDS's default, of 1 GB less what the system takes."""


@dataclass(frozen=True)
class Work:
    """What one upload of ten minutes takes."""

    begin: float = 5.0
    """Seconds of compute before Transcribe is asked: reading the tables, probing."""
    listen: float = 120.0
    """Seconds that Transcribe takes, at no compute: 30 and 0.15 of the video's length."""
    compute: float = 140.0
    """Seconds of compute afterwards: looking, the editor's turns, framing, one shape, its checks."""
    tokens: int = 45_000
    """That count against the quota: fresh input, written to the cache, and output."""
    model: float = 0.10
    transcribe: float = 0.24
    look: float = 0.10
    """Dollars; see ``python -m benchmarks.dollars``."""

    def dollars(self, memory: float) -> float:
        return self.model + self.transcribe + self.look + self.computed(memory)

    def computed(self, memory: float) -> float:
        return (self.begin + self.compute) * memory * 0.0000166667


@dataclass
class Room:
    """So many at once; the others wait in order."""

    name: str
    size: int
    inside: int = 0
    line: deque[tuple[float, Callable[[float], None]]] = field(default_factory=deque)
    waits: list[float] = field(default_factory=list)
    busy: float = 0.0
    _at: float = 0.0

    def enter(self, now: float, then: Callable[[float], None]) -> None:
        self._count(now)
        if self.inside < self.size:
            self.inside += 1
            self.waits.append(0.0)
            then(now)
        else:
            self.line.append((now, then))

    def leave(self, now: float) -> None:
        self._count(now)
        self.inside -= 1
        if self.line and self.inside < self.size:
            since, then = self.line.popleft()
            self.inside += 1
            self.waits.append(now - since)
            then(now)

    def _count(self, now: float) -> None:
        self.busy += self.inside * (now - self._at)
        self._at = now

    def use(self, until: float) -> float:
        self._count(until)
        return self.busy / (self.size * until) if until else 0.0


class Told(NamedTuple):
    """What became of the uploads of some hours."""

    uploads: int
    done: int
    given_up: int
    held: int
    """Not begun for the day's dollars."""
    middle: float
    late: float
    """Seconds from upload to outbox: median, and that of one in twenty."""
    use: dict[str, float]
    """Share of each limit that was in use, 1 for all of it all the time."""
    waits: dict[str, float]
    """Seconds that the middle one waited at each limit."""
    dollars: float
    """An hour."""


def simulate(rate: float, limits: Limits, work: Work, hours: float = 12.0, seed: int = 1) -> Told:
    """``rate`` uploads an hour for ``hours``; what is not done by then counts as not done."""
    dice, clock = random.Random(seed), Clock()
    end = hours * 3600
    rooms = {"runs": Room("runs", limits.runs), "jobs": Room("jobs", limits.jobs)}
    tokens = Bucket(limits.tokens)
    took: list[float] = []
    uploads = given_up = held = 0
    spent = aside = 0.0
    each = work.dollars(limits.memory)

    def upload(at: float) -> None:
        nonlocal held, aside
        day = limits.dollars * (1 + at // 86_400)
        if spent + aside + limits.aside > day:
            held += 1
            return
        aside += limits.aside
        rooms["runs"].enter(at, lambda now: begun(at, now))

    def begun(at: float, now: float) -> None:
        nonlocal given_up, aside
        if now - at > limits.patience:
            given_up += 1
            aside -= limits.aside
            rooms["runs"].leave(now)
            return
        clock.at(now + work.begin * dice.uniform(0.7, 1.5), lambda now: listen(at, now))

    def listen(at: float, now: float) -> None:
        rooms["runs"].leave(now)  # suspended: no compute while Transcribe works
        rooms["jobs"].enter(
            now, lambda now: clock.at(now + work.listen * dice.uniform(0.7, 1.6), lambda now: heard(at, now))
        )

    def heard(at: float, now: float) -> None:
        rooms["jobs"].leave(now)
        rooms["runs"].enter(now, lambda now: decide(at, now))

    def decide(at: float, now: float) -> None:
        allowed = tokens.when(now, work.tokens)
        if allowed > now:  # a call that is throttled suspends the run
            rooms["runs"].leave(now)
            clock.at(allowed, lambda now: rooms["runs"].enter(now, lambda now: work_out(at, now)))
        else:
            work_out(at, now)

    def work_out(at: float, now: float) -> None:
        clock.at(now + work.compute * dice.uniform(0.6, 1.8), lambda now: made(at, now))

    def made(at: float, now: float) -> None:
        nonlocal spent, aside
        spent, aside = spent + each, aside - limits.aside
        rooms["runs"].leave(now)
        took.append(now - at)

    at = dice.expovariate(rate / 3600)
    while at < end:
        uploads += 1
        clock.at(at, upload)
        at += dice.expovariate(rate / 3600)
    clock.run(end)
    return Told(
        uploads,
        len(took),
        given_up,
        held,
        statistics.median(took) if took else float("inf"),
        sorted(took)[int(0.95 * len(took))] if took else float("inf"),
        {name: room.use(end) for name, room in rooms.items()}
        | {"tokens": min(1.0, tokens.taken / (limits.tokens * end / 60))},
        {name: statistics.median(room.waits) if room.waits else 0.0 for name, room in rooms.items()},
        each * len(took) / hours,
    )


class Clock:
    def __init__(self) -> None:
        self._next: list[tuple[float, int, Callable[[float], None]]] = []
        self._number = 0

    def at(self, when: float, do: Callable[[float], None]) -> None:
        self._number += 1
        heapq.heappush(self._next, (when, self._number, do))

    def run(self, until: float) -> None:
        while self._next and self._next[0][0] <= until:
            when, _, do = heapq.heappop(self._next)
            do(when)


class Bucket:
    """So much a minute."""

    def __init__(self, rate: float) -> None:
        self._rate, self._free, self.taken = rate / 60, 0.0, 0.0

    def when(self, now: float, amount: float) -> float:
        self.taken += amount
        self._free = max(self._free, now) + amount / self._rate
        return max(now, self._free - 60.0)  # a minute's worth may come at once


def needed(rate: float, work: Work) -> dict[str, float]:
    """By Little's law: what of each limit ``rate`` uploads an hour take when nothing holds them up."""
    return {
        "runs": rate * (work.begin + work.compute) / 3600,
        "jobs": rate * work.listen / 3600,
        "tokens": rate * work.tokens / 60,
        "dollars": rate * 24,
    }


def of_template(path: Path = TEMPLATE) -> Limits:
    told = yaml.load(path.read_text("utf-8"), Loader)
    edit = told["Resources"]["Edit"]["Properties"]
    default: Callable[[str], Any] = lambda name: told["Parameters"][name]["Default"]  # noqa: E731
    return Limits(
        runs=int(default("MaxRuns")),
        patience=float(edit["EventInvokeConfig"]["MaximumEventAgeInSeconds"]),
        longest=float(edit["DurableConfig"]["ExecutionTimeout"]),
        dollars=float(default("DollarsPerDay")),
        memory=float(default("EditMemory")) / 1024,
    )


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what they are given."""


def _plain(loader: Any, suffix: str, node: Any) -> Any:
    kinds: Mapping[type, Callable[[Any], Any]] = {
        yaml.ScalarNode: loader.construct_scalar,
        yaml.SequenceNode: loader.construct_sequence,
        yaml.MappingNode: loader.construct_mapping,
    }
    return kinds[type(node)](node)


Loader.add_multi_constructor("!", _plain)


def raised(rate: float, limits: Limits, work: Work) -> Limits:
    """Limits under which ``rate`` uploads an hour are not held up: half as much again as they take."""
    want = {name: 1.5 * amount for name, amount in needed(rate, work).items()}
    return Limits(
        runs=max(limits.runs, round(want["runs"] + 1)),
        patience=limits.patience,
        longest=limits.longest,
        dollars=max(limits.dollars, 1.5 * rate * 24 * work.dollars(limits.memory) + limits.aside * want["runs"]),
        memory=limits.memory,
        aside=limits.aside,
        jobs=max(limits.jobs, round(want["jobs"] + 1)),
        tokens=max(limits.tokens, want["tokens"]),
        connections=max(limits.connections, round(want["runs"] + 1)),
    )


def table(limits: Limits, work: Work, hours: float) -> Iterator[str]:
    yield "| uploads an hour | limits | done | held back for the day's dollars | given up | upload to outbox, median (p95) | runs, jobs, tokens in use | $ an hour |"
    yield "|---|---|---|---|---|---|---|---|"
    for rate in (1.0, 100.0, 10_000.0):
        open_ = replace(limits, dollars=float("inf"))
        for name, at in (
            ("the template's", limits),
            ("but the dollars", open_),
            ("raised", raised(rate, limits, work)),
        ):
            told = simulate(rate, at, work, hours)
            use = ", ".join(f"{told.use[each]:.0%}" for each in ("runs", "jobs", "tokens"))
            yield (
                f"| {rate:,.0f} | {name} | {told.done:,} of {told.uploads:,} | {told.held:,} | {told.given_up:,} | {_time(told.middle)} ({_time(told.late)}) "
                f"| {use} | {told.dollars:,.2f} |"
            )
    yield ""
    yield "| uploads an hour | runs at once, and connections | jobs at once | tokens a minute | $ a day |"
    yield "|---|---|---|---|---|"
    for rate in (1.0, 100.0, 10_000.0):
        want = needed(rate, work)
        yield f"| {rate:,.0f} | {want['runs']:,.1f} | {want['jobs']:,.1f} | {want['tokens']:,.0f} | {want['dollars'] * work.dollars(limits.memory):,.0f} |"


def _time(seconds: float) -> str:
    return (
        "–"
        if seconds == float("inf")
        else f"{seconds:.0f} s"
        if seconds < 600
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )


def main() -> None:
    ask = argparse.ArgumentParser(prog="benchmarks.many", description=__doc__)
    ask.add_argument("--hours", type=float, default=12.0)
    ask.add_argument("--tokens", type=float, default=Limits.tokens, help="the editor's tokens a minute: %(default)s")
    ask.add_argument("--jobs", type=int, default=Limits.jobs, help="transcription jobs at once: %(default)s")
    asked = ask.parse_args()
    found = of_template()
    limits = replace(found, jobs=asked.jobs, tokens=asked.tokens)
    print(f"limits: {limits}\nwork: {Work()}\n")
    for line in table(limits, Work(), asked.hours):
        print(line)


if __name__ == "__main__":
    main()
