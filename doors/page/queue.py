"""The laptop's queue: runs are made one at a time, in the order in which they were asked for, and none is lost by a restart."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from agent.record.records import Busy

log = logging.getLogger("hookline")


class Queue:
    """Carries jobs in one thread of its own, which begins with the first of them."""

    def __init__(
        self, carry: Callable[[dict[str, Any], Queue], None], end: Callable[[dict[str, Any], str], None]
    ) -> None:
        self._carry, self._end = carry, end
        self._jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._known: set[str] = set()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.at: str = ""
        """The run that is being made."""
        self.shares: dict[str, tuple[float, str]] = {}
        """How far its steps are, by name, each with a note."""

    def put(self, row: dict[str, Any]) -> None:
        """Make what a request asks for, once."""
        with self._lock:
            if row["key"] in self._known:
                return
            self._known.add(row["key"])
            self._jobs.put(row)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
                self._thread.start()

    def stop(self, seconds: float = 0.0) -> None:
        """Begin no further run; wait so long for the one at work.  What is not finished goes on after the next start."""
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join(seconds)

    def began(self, run: str) -> None:
        self.at, self.shares = run, {}

    def progress(self, name: str, share: float, note: str) -> None:
        self.shares = self.shares | {name.partition(".")[2] or name: (share, note)}

    def _work(self) -> None:
        while (row := self._jobs.get()) is not None:
            reason = ""
            try:
                self._carry(row, self)
            except Busy:
                continue  # another process has it, and will end it
            except Exception as error:
                # The run is closed as failed by now, and the next one is not its fault.
                log.exception("run failed", extra={"run": row["run"]})
                reason = f"{type(error).__name__}: {error}"
            finally:
                self.began("")
                self._known.discard(row["key"])
            self._end(row, reason)
