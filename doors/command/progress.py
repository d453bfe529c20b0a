"""What a person sees while a run works: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from doors.laptop import NAMES


class Board:
    """Steps with their times, on stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = self._console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description:<16}"),
            BarColumn(24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}

    def __enter__(self) -> Board:
        if self._live:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._bars.stop()

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def step(self, name: str, share: float, note: str = "") -> None:
        """A step's progress; ``name`` may carry a number and a scope, as in ``003.look/frames``."""
        short = name.split("/")[0].split(".")[-1]
        if short not in NAMES:
            return
        title = NAMES[short]
        if self._live:
            if title not in self._tasks:
                self._tasks[title] = self._bars.add_task(title, total=1.0, note="")
            self._bars.update(self._tasks[title], completed=min(1.0, share), note=note)
            return
        if title not in self._began:
            self._began[title] = time.monotonic()
        if share >= 1.0 and "/" not in name and self._began[title] >= 0:
            print(
                f"{title}: {time.monotonic() - self._began[title]:.1f} s {note}".rstrip(), file=sys.stderr, flush=True
            )
            self._began[title] = -1.0
