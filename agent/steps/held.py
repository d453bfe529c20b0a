"""The record and the purse of one durable execution: what must not happen twice is a checkpoint, and waiting costs nothing."""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar

from aws_durable_execution_sdk_python.config import ChildConfig, Duration
from aws_durable_execution_sdk_python.context import DurableContext
from aws_durable_execution_sdk_python.exceptions import SuspendExecution
from aws_durable_execution_sdk_python.serdes import PassThroughSerDes
from sqlalchemy import Connection

from agent.record.database import Transactions
from agent.record.purse import Purse
from agent.record.records import Busy, Claim, Fenced, Records, RecordsDown
from agent.steps.durable import Durable
from agent.steps.errors import Interrupted
from tools.ports import Json
from tools.schema import Brief

log = logging.getLogger("hookline")
T = TypeVar("T")

LEASE = 1500.0
"""Seconds that a run is held: an invocation's 900 and the longest wait between two steps fit in."""
HOLD = 86_400 + 600
"""Seconds that a run waits for its share of the day's dollars: until a new day has begun in any case."""
AGAIN, SELDOM = 300, 3600
"""Seconds until a run that waits asks again, at first and at most: the share of a run that ends is free before the day is over."""


def checkpoint(ctx: DurableContext, name: str, do: Callable[[], Json]) -> Json:
    """What ``do`` gives, once and for all invocations."""
    config: ChildConfig[str] = ChildConfig(serdes=PassThroughSerDes())
    return json.loads(ctx.run_in_child_context(lambda _: json.dumps(do()), name=name, config=config))


class Interrupting:
    """Transactions whose trouble interrupts the worker instead of closing the run."""

    def __init__(self, inner: Transactions) -> None:
        self._inner = inner
        self.stopped: Callable[[], bool] = lambda: False

    def read(self, work: Callable[[Connection], T]) -> T:
        return self._guarded(self._inner.read, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        return self._guarded(self._inner.write, work)

    def _guarded(self, carry: Callable[[Callable[[Connection], T]], T], work: Callable[[Connection], T]) -> T:
        if self.stopped():
            raise SuspendExecution("the run is suspended")
        try:
            return carry(work)
        except (RecordsDown, Fenced) as error:
            raise Interrupted(error) from error


class Held(Records):
    """The record for one durable execution: the claim is a checkpoint."""

    def __init__(self, records: Records, ctx: DurableContext, tenant: str) -> None:
        self.db = self._guard = Interrupting(records.db)
        self._ctx, self._tenant = ctx, tenant
        self.began = time.time()

    def watch(self, steps: Durable) -> None:
        """Answer nothing more once ``steps`` are suspended."""
        self._guard.stopped = lambda: steps.stopped

    def claim(self, brief: Brief, **more: Any) -> Claim:
        """Raises ``Busy`` where another execution holds the run, and waits where that may be this one before it was killed."""
        token = os.urandom(8).hex()
        first = checkpoint(self._ctx, "begin", lambda: {"token": token, "at": time.time()})
        self.began = first["at"]
        for attempt in range(100):
            got = checkpoint(self._ctx, f"claim {attempt}", lambda: self._claimed(brief, more))
            if "busy" not in got:
                return Claim.model_validate(got)
            if first["token"] == token:
                raise Busy(brief.run, got["busy"])
            self._ctx.wait(Duration.from_seconds(max(1, math.ceil(got["busy"]))), name=f"lease {attempt}")
        raise Busy(brief.run, LEASE)

    def _claimed(self, brief: Brief, more: dict[str, Any]) -> Json:
        try:
            claim = super().claim(brief, lease=LEASE, tenant=self._tenant, **more)
        except Busy as busy:
            return {"busy": busy.seconds}
        return claim.model_dump(mode="json")


class Patient(Purse):
    """A purse that waits where a day's dollars are spent, for the next day at last."""

    def __init__(self, ctx: DurableContext, cap: float, tenant: str) -> None:
        super().__init__(cap, tenant)
        self._ctx = ctx

    def once(self, name: str, do: Callable[[], Json]) -> Json:
        return checkpoint(self._ctx, name, do)

    def patience(self, attempt: int, waited: int) -> int:
        if waited >= HOLD:
            return 0
        tomorrow = 86_400 - int(time.time()) % 86_400 + 60
        seconds = min(tomorrow, SELDOM, round(AGAIN * 1.5 ** min(attempt, 10)))
        log.warning("held back for want of dollars", extra={"tenant": self.tenant, "seconds": seconds})
        return seconds

    def wait(self, seconds: int, name: str) -> None:
        self._ctx.wait(Duration.from_seconds(seconds), name=name)
