"""Two sides of a ratio, each run in a process of its own, in turn: A B A B …, so that a machine that slows down slows both.

A side is a function ``module:name`` that takes texts, prepares, and answers what is to be timed: a call, or several by name
that are timed one after another.  A call may answer the costs of parts of it by name.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAIRS = 5
"""Fewest of a ratio."""


def environment() -> dict[str, str]:
    """Of a process that is measured: its byte code is kept, as an image has it, whatever the shell says of that."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    """Seconds of this process and those below it."""
    peak: int
    """Resident bytes of the process tree while it worked, sampled."""
    parts: Mapping[str, Cost] = field(default_factory=dict)
    """What was timed of it, or after it in the same process, by name."""


@dataclass(frozen=True)
class Side:
    """``what`` is ``module:function`` of the benchmarks, or a command where ``python`` is not this one."""

    what: str
    given: tuple[str, ...] = ()
    python: str = sys.executable

    def cost(self) -> Cost:
        """Run once.  ``RuntimeError`` with what it said where it failed."""
        child = subprocess.Popen(
            [self.python, "-m", "benchmarks.pairs", self.what, *self.given],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
        )
        with watched(child.pid) as peak:
            said, told = child.communicate()
        if child.returncode:
            raise RuntimeError(f"{self.what} ended with {child.returncode}: {told.decode('utf-8', 'replace')[-600:]}")
        answer = json.loads(said.splitlines()[-1])
        costs = {name: Cost(each["wall"], each["cpu"], max(peak)) for name, each in answer.items()}
        return replace(costs.pop(""), parts=costs)


class watched:
    """A list whose last entry is the most memory that a process tree held so far; sampled every 20 ms."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._over = pid, [0], threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> list[int]:
        self._thread.start()
        return self._peak

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pass

        while not self._over.wait(0.02):
            self._peak[0] = max(self._peak[0], tree_memory(self._pid))


@dataclass(frozen=True)
class Spread:
    """The median of what was measured, and its range."""

    values: tuple[float, ...]

    def __str__(self) -> str:
        if not self.values:
            return "–"
        return f"{self.middle:.2f} ({min(self.values):.2f}–{max(self.values):.2f})"

    @property
    def middle(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True)
class Ratio:
    """Of two sides, pair by pair."""

    pairs: tuple[tuple[Cost, Cost], ...]
    times: float = 1.0
    """By which the first side's cost is multiplied where only a part of its work was done."""

    @property
    def wall(self) -> Spread:
        return Spread(tuple(self.times * a.wall / b.wall for a, b in self.pairs))

    @property
    def cpu(self) -> Spread:
        return Spread(tuple(self.times * a.cpu / b.cpu for a, b in self.pairs))

    @property
    def peak(self) -> Spread:
        """Megabytes of the first side."""
        return Spread(tuple(a.peak / 1e6 for a, _ in self.pairs))

    @property
    def seconds(self) -> Spread:
        """Wall seconds of the first side, of what it did."""
        return Spread(tuple(a.wall for a, _ in self.pairs))


def interleaved(sides: Sequence[Side], pairs: int = PAIRS, warm: bool = True) -> list[tuple[Cost, ...]]:
    """The costs of all sides, ``pairs`` rounds of each in turn, after one round that is not counted where ``warm``."""
    for side in sides if warm else ():
        side.cost()
    return [tuple(side.cost() for side in sides) for _ in range(pairs)]


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Wall and CPU seconds of a call, children's included."""
    before, began = os.times(), time.perf_counter()
    work()
    wall, after = time.perf_counter() - began, os.times()
    return {"wall": wall, "cpu": sum(after[:4]) - sum(before[:4])}


def timed_laps(prepared: Callable[[], object] | Mapping[str, Callable[[], object]]) -> dict[str, dict[str, float]]:
    """The costs of each call by its name, "" for the one that matters, and of the parts that calls answer."""
    costs: dict[str, dict[str, float]] = {}
    for name, work in prepared.items() if isinstance(prepared, Mapping) else [("", prepared)]:
        answers: list[object] = []
        costs[name] = timed(lambda work=work, answers=answers: answers.append(work()))  # type: ignore[misc]
        if isinstance(answers[0], Mapping):
            costs |= answers[0]
    return costs


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    prepare = getattr(importlib.import_module(module), name)
    print(json.dumps(timed_laps(prepare(*sys.argv[2:]))))


if __name__ == "__main__":
    main()


def tree_memory(pid: int) -> int:
    """Resident bytes of a process and all below it, from /proc; 0 where there is none."""
    total, todo = 0, [pid]
    while todo:
        at = todo.pop()
        try:
            total += int(Path(f"/proc/{at}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in Path(f"/proc/{at}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ValueError):
            continue
    return total
