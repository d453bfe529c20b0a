"""Ways to carry out a step: plainly, recorded so that a killed run goes on, or answered from the record alone."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable

from agent.record.records import Claim, Fenced, Records, RecordsDown
from tools.ports import Json

log = logging.getLogger("hookline")

Progress = Callable[[str, float, str], None]
"""Called with a step's name, its share done from 0 to 1, and a note."""


def failpoint(name: str, where: str) -> None:
    """For tests: ``HOOKLINE_FAILPOINT=step:pre`` (or ``mid``, ``post``) kills this process there; ``step:mid:stop`` freezes it."""
    wanted = os.environ.get("HOOKLINE_FAILPOINT")
    if wanted and wanted.removesuffix(":stop") == f"{name}:{where}":
        os.kill(os.getpid(), signal.SIGSTOP if wanted.endswith(":stop") else signal.SIGKILL)


class Plain:
    """Every step is done, nothing is kept.  Answers still pass through JSON, so that what works here works recorded."""

    def __init__(self, *watchers: Progress, sleep: Callable[[float], None] = time.sleep) -> None:
        self._watchers, self._sleep = watchers, sleep

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        self.progress(name, 0.0)
        answer = json.loads(json.dumps(do()))
        self.progress(name, 1.0)
        return answer

    def poll(self, name: str, check: Callable[[], Json], done: Callable[[Json], bool], every: float = 5.0) -> Json:
        def wait() -> Json:
            while not done(answer := check()):
                self._sleep(every)
            return answer

        return self.step(name, wait)

    def progress(self, name: str, share: float, note: str = "") -> None:
        for watch in self._watchers:
            watch(name, share, note)


class Recorded(Plain):
    """A finished step of this run is answered from the record; the lease is renewed in the background while this object lives."""

    def __init__(
        self,
        records: Records,
        claim: Claim,
        *watchers: Progress,
        sleep: Callable[[float], None] = time.sleep,
        beat: bool = True,
    ) -> None:
        super().__init__(*watchers, sleep=sleep)
        self._records, self._claim = records, claim
        self._lost: Fenced | None = None
        if beat:
            threading.Thread(target=_beat, args=(weakref.ref(self), claim.lease / 4), name="lease", daemon=True).start()

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        self._still_ours()
        if (found := self._records.step(self._claim, name)) is not None:
            self.progress(name, 1.0, "from the record")
            return found.result
        failpoint(name, "pre")
        self.progress(name, 0.0)
        began = time.monotonic()
        answer = do()
        failpoint(name, "mid")
        answer = self._records.save_step(self._claim, name, answer, ms=round(1000 * (time.monotonic() - began)))
        failpoint(name, "post")
        self.progress(name, 1.0)
        return answer

    def progress(self, name: str, share: float, note: str = "") -> None:
        self._still_ours()
        super().progress(name, share, note)

    def _still_ours(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _renew(self) -> bool:
        """Whether to go on renewing."""
        try:
            self._records.renew(self._claim)
        except Fenced as lost:
            self._lost = lost
            return False
        except RecordsDown as down:
            log.warning("lease not renewed", extra={"run": self._claim.run, "error": str(down)})
        return True


def _beat(steps: weakref.ref[Recorded], every: float) -> None:
    while True:
        time.sleep(every)
        held = steps()
        if held is None or not held._renew():
            return
        del held


class Replayed(Plain):
    """Answers from the record alone: nothing is done, asked or spent again."""

    def __init__(self, records: Records, run: str, *watchers: Progress) -> None:
        super().__init__(*watchers)
        self._records, self._run = records, run

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        found = self._records.step(self._run, name)
        if found is None:
            raise LookupError(f"Step {name} is not in the record of run {self._run[:12]}; it can't be replayed.")
        self.progress(name, 1.0, "from the record")
        return found.result
