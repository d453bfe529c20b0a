"""The day's dollars: set aside before a run spends, shared by runs at the same moment, given back when they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.budget import Budget
from agent.deciding.planner import Planner
from agent.loop import LEAST, run
from agent.record.purse import Purse
from agent.record.records import OverBudget, Records
from agent.settings import Settings
from doors.studio import studio
from tests.fire.ground import Field, Heard, brief, movie
from tools.ports import Bill
from tools.schema import Outcome, Source

SHORT = 4.0
"""Seconds of a video that is too short for any promo: its run hears, looks and plans, and renders nothing."""


class Slow(Heard):
    """Hears once it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.heard, self.go = threading.Event(), threading.Event()

    def transcribe(self, *given: Any, **more: Any) -> Any:
        self.heard.set()
        assert self.go.wait(60)
        return super().transcribe(*given, **more)


@pytest.fixture
def field(database: str, tmp_path: Path) -> Iterator[Field]:
    made = Field(tmp_path / "field", url=database, video=movie(tmp_path / "short.mp4", SHORT))
    yield made
    made.close()


def carried(field: Field, name: str, cap: float, spent: float = 0.0, **engines: Any) -> Outcome:
    """A run whose own cap is 2 dollars, by a worker with a connection of its own, on a day of ``cap`` dollars."""
    mine = Records(field.url)
    try:
        at = field.studio(Planner(), purse=Purse(cap), budget=lambda: Budget(dollars=2.0, spent_dollars=spent))
        return run(brief(name), replace(at, records=mine, engines=replace(at.engines, **engines)), field.fetch)
    finally:
        mine.close()


def test_two_runs_at_once_can_not_overdraw_the_day(field: Field) -> None:
    slow, ends = Slow(), []
    first = threading.Thread(target=lambda: ends.append(carried(field, "one", cap=3.0, transcriber=slow)))
    first.start()
    assert slow.heard.wait(60)
    with pytest.raises(OverBudget, match=r"\$1\.00 of today's \$3\.00 are left"):
        carried(field, "two", cap=3.0)
    assert field.records.run(brief("two").run)["state"] == "failed"
    assert field.records.decisions(brief("two").run) == []
    slow.go.set()
    first.join()
    assert [end.status for end in ends] == ["nothing to make"]
    assert carried(field, "two", cap=3.0).status == "nothing to make"


def test_many_at_once_get_no_more_than_the_day_has(field: Field) -> None:
    refused, slow, threads = [], Slow(), []

    def worker(n: int) -> None:
        try:
            carried(field, f"many {n}", cap=6.0, transcriber=slow)
        except OverBudget:
            refused.append(n)

    for n in range(8):
        threads.append(threading.Thread(target=worker, args=(n,)))
        threads[-1].start()
    for _ in range(600):
        if len(refused) == 5:
            break
        threading.Event().wait(0.1)
    slow.go.set()
    for thread in threads:
        thread.join()
    assert len(refused) == 5


def test_what_was_spent_stays_spent_and_the_rest_goes_back(field: Field) -> None:
    assert carried(field, "spends", cap=3.0, spent=1.5).status == "nothing to make"
    with pytest.raises(OverBudget, match=r"\$1\.50"):
        carried(field, "next", cap=3.0)
    assert field.records.reserve("local", 1.5, 3.0).dollars == 1.5


def test_a_run_that_breaks_gives_back_what_it_did_not_spend(field: Field) -> None:
    class Broken(Heard):
        def transcribe(self, *given: Any, **more: Any) -> Any:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        carried(field, "breaks", cap=2.0, transcriber=Broken())
    assert field.records.reserve("local", 2.0, 2.0).dollars == 2.0


def test_being_held_back_is_no_attempt_and_a_finished_run_is_answered_on_a_spent_day(field: Field) -> None:
    done = carried(field, "done before", cap=2.0)
    taken = field.records.reserve("local", 2.0, 2.0)
    for _ in range(7):
        with pytest.raises(OverBudget):
            carried(field, "waits", cap=2.0)
    assert carried(field, "done before", cap=2.0) == done
    field.records.settle(taken, 0.0)
    assert carried(field, "waits", cap=2.0).status == "nothing to make"


def test_a_cap_of_the_day_below_that_of_the_run_is_all_that_is_set_aside(field: Field) -> None:
    assert carried(field, "small day", cap=0.5).status == "nothing to make"


def test_a_killed_runs_share_is_taken_over_with_the_run(field: Field) -> None:
    asked = brief("killed")
    claim = field.records.claim(asked, lease=-1.0)
    field.records.reserve("local", 2.0, 2.0, claim)
    assert carried(field, "killed", cap=2.0).status == "nothing to make"
    assert field.records.reserve("local", 2.0, 2.0).dollars == 2.0


def test_a_share_that_nobody_works_with_shrinks_to_what_was_spent(field: Field) -> None:
    claim = field.records.claim(brief("killed"), lease=0.3)
    field.records.decide(claim, 1, kind="model", name="model")
    field.records.answer(claim, 1, verdict="accepted", dollars=0.25)
    field.records.reserve("local", 2.0, 2.0, claim)
    with pytest.raises(OverBudget):
        field.records.reserve("local", 1.75, 2.0)
    threading.Event().wait(0.5)
    with pytest.raises(OverBudget):
        field.records.reserve("local", 1.76, 2.0)
    assert field.records.reserve("local", 1.75, 2.0).dollars == 1.75


def test_a_share_is_given_back_once_and_only_by_who_holds_the_run(field: Field) -> None:
    first = field.records.claim(brief("frozen"), lease=-1.0)  # over at once, and held until someone takes it
    frozen = field.records.reserve("local", 2.0, 2.0, first)
    heir = field.records.claim(brief("frozen"))
    taken = field.records.reserve("local", 2.0, 2.0, heir)
    assert field.records.reserve("local", 2.0, 2.0, heir) == taken
    field.records.settle(frozen, 0.0)
    with pytest.raises(OverBudget):
        field.records.reserve("local", 0.01, 2.0)
    for _ in range(2):
        field.records.settle(taken, 0.5)
    with pytest.raises(OverBudget):
        field.records.reserve("local", 1.51, 2.0)
    assert field.records.reserve("local", 1.5, 2.0).dollars == 1.5


class Priced(Heard):
    """Costs a dollar a minute of sound, as told before and as billed."""

    def __init__(self, billed: float = 1.0) -> None:
        super().__init__()
        self.spent, self.billed = Bill(), billed

    def cost(self, seconds: float) -> float:
        return seconds / 60

    def transcribe(self, source: Source, *given: Any, **more: Any) -> Any:
        self.spent.add(self.billed * source.duration / 60, "listening")
        return super().transcribe(source, *given, **more)


def test_a_run_whose_price_is_known_holds_twice_that_and_no_flat_sum(field: Field) -> None:
    class Asking(Priced):
        def transcribe(self, source: Source, *given: Any, **more: Any) -> Any:
            for _ in range(10):  # of shares like this one's, which a flat 2 dollars would have held back
                field.records.reserve("local", LEAST, 3.0)
            return super().transcribe(source, *given, **more)

    end = carried(field, "priced", cap=3.0, transcriber=Asking())
    assert end.status == "nothing to make"
    assert end.dollars == pytest.approx(SHORT / 60, rel=0.05)
    assert field.records.reserve("local", 0.5 - SHORT / 60 - 0.01, 3.0), "and what was not spent went back"


def test_a_run_that_costs_more_than_its_share_is_stopped_there(field: Field) -> None:
    end = carried(field, "dear", cap=3.0, transcriber=Priced(billed=30.0))
    assert any("dollars is reached" in warning for warning in end.warnings) or "dollars is reached" in end.reason
    assert end.dollars == pytest.approx(30 * SHORT / 60, rel=0.05), "what the call under way cost is counted"
    with pytest.raises(OverBudget):
        field.records.reserve("local", 3.0 - end.dollars + 0.01, 3.0)


def test_a_forgotten_runs_share_goes_back(field: Field) -> None:
    claim = field.records.claim(brief("forgotten"))
    field.records.reserve("local", 2.0, 2.0, claim)
    field.records.delete(claim.run)
    assert field.records.reserve("local", 2.0, 2.0).dollars == 2.0


@pytest.mark.parametrize(
    ("cells", "spends"),
    [({}, False), ({"model": "aws"}, True), ({"analyst": "aws"}, True), ({"copywriter": "my.module:Class"}, True)],
)
def test_only_what_may_cost_is_counted_against_the_day(cells: dict[str, str], spends: bool) -> None:
    assert Settings(**cells).spends is spends  # type: ignore[arg-type]


def test_the_laptop_counts_against_the_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path, copywriter="tools.local.extract:Extractive", dollars_per_day=7.0)
    at = studio(settings)
    assert at.purse is not None
    assert at.purse.cap == 7.0
    at.records.close()
    at = studio(Settings(home=tmp_path))
    assert at.purse is None
    at.records.close()
