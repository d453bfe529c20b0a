"""What a run holds of a day's dollars from before it begins until it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from agent.budget import Budget
from agent.record.records import Claim, OverBudget, Records, Reserved
from tools.ports import Json


class Purse:
    """The dollars that all runs of a day (UTC) may spend together."""

    def __init__(self, cap: float, tenant: str = "local") -> None:
        self.cap, self.tenant = cap, tenant

    @contextmanager
    def share(self, records: Records, claim: Claim, budget: Budget) -> Iterator[None]:
        """Hold the run's dollars against the day's before one of them is spent; what is left over goes back when it ends.

        A run that is suspended has not ended.  Raises ``OverBudget`` where none are left; that is not one of the run's attempts.
        """
        reserved = self._set_aside(records, claim, min(budget.dollars, self.cap))

        def settle() -> None:
            self.once("settle", lambda: records.settle(reserved, budget.spent_dollars))

        try:
            yield
        except (Exception, KeyboardInterrupt, SystemExit):
            settle()
            raise
        settle()

    def _set_aside(self, records: Records, claim: Claim, dollars: float) -> Reserved:
        def ask() -> Json:
            try:
                return {"day": records.reserve(self.tenant, dollars, self.cap, claim).day.isoformat()}
            except OverBudget as spent:
                wait = self.patience(attempt, waited)
                if wait:
                    records.renew(claim, lease=wait + claim.lease)
                return {"wait": wait, "why": str(spent)}

        attempt = waited = 0
        while "wait" in (got := self.once(f"afford {attempt}", ask)):
            if not got["wait"]:
                hours = f"Nothing of {waited // 3600} hours' dollars was left for this run. " if waited else ""
                why = hours + got["why"]
                self.once("let go", lambda: records.hold_back(claim, why))  # noqa: B023 - called at once
                raise OverBudget(why)
            self.wait(got["wait"], f"later {attempt}")
            waited, attempt = waited + got["wait"], attempt + 1
        return Reserved(date.fromisoformat(got["day"]), self.tenant, dollars, claim.run, claim.fence)

    def once(self, name: str, do: Callable[[], Json]) -> Json:
        """Carry out a step that must not happen twice."""
        return do()

    def patience(self, attempt: int, waited: int) -> int:
        """Seconds until dollars are asked for again; 0 where nobody waits any longer."""
        return 0

    def wait(self, seconds: int, name: str) -> None:
        raise NotImplementedError
