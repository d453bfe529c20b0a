"""What every way of carrying out a step promises, and what each adds."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.record.records import Fenced, Records
from agent.steps.recorded import Plain, Recorded, Replayed
from tests.agent.record.test_records import lapse
from tools.ports import Steps
from tools.schema import Brief


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Records]:
    records = Records(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    records.migrate()
    yield records
    records.close()


@pytest.fixture(params=["plain", "recorded"])
def steps(request: pytest.FixtureRequest, kept: Records, brief: Brief, told: list[Any], naps: list[float]) -> Steps:
    """Each way that does something, behind the one protocol."""

    def watch(name: str, share: float, note: str) -> None:
        told.append((name, share, note))

    if request.param == "plain":
        return Plain(watch, sleep=naps.append)
    return Recorded(kept, kept.claim(brief), watch, sleep=naps.append, beat=False)


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def naps() -> list[float]:
    return []


def test_each_way_is_steps(steps: Steps, kept: Records) -> None:
    assert isinstance(steps, Steps)
    assert isinstance(Replayed(kept, "x"), Steps)


@pytest.mark.parametrize("answer", [None, 0, "", "größer 😀", [], {"a": [1, 2.5, {"b": None}]}, True])
def test_an_answer_comes_back_as_json_gives_it(steps: Steps, answer: Any) -> None:
    assert steps.step("look", lambda: answer) == answer


def test_tuples_come_back_as_lists_the_first_time_too(steps: Steps) -> None:
    assert steps.step("look", lambda: {"span": (1, 2)}) == {"span": [1, 2]}


def test_what_is_no_json_is_refused(steps: Steps) -> None:
    with pytest.raises(TypeError):
        steps.step("look", lambda: {"path": Path("x")})


def test_an_error_of_a_step_is_raised_and_the_step_can_be_tried_again(steps: Steps) -> None:
    with pytest.raises(ZeroDivisionError):
        steps.step("look", lambda: 1 / 0)
    assert steps.step("look", lambda: "seen") == "seen"


def test_polling_sleeps_until_it_is_done(steps: Steps, naps: list[float]) -> None:
    answers = iter(["queued", "running", "done", "asked too often"])
    assert steps.poll("job", lambda: next(answers), lambda answer: answer == "done", every=7) == "done"
    assert naps == [7, 7]


def test_whoever_watches_is_told_of_start_share_and_end(steps: Steps, told: list[Any]) -> None:
    steps.step("look", lambda: steps.progress("look", 0.5, "frame 3"))
    assert told == [("look", 0.0, ""), ("look", 0.5, "frame 3"), ("look", 1.0, "")]


def test_all_watchers_are_told() -> None:
    one: list[str] = []
    other: list[str] = []
    Plain(lambda name, *_: one.append(name), lambda name, *_: other.append(name)).progress("look", 0.1)
    assert one == other == ["look"]


def never() -> Any:
    raise AssertionError("done again")


def test_a_finished_step_is_answered_from_the_record_by_any_later_worker(
    kept: Records, brief: Brief, tmp_path: Path, told: list[Any]
) -> None:
    first = Recorded(kept, kept.claim(brief), beat=False)
    assert first.step("look", lambda: {"frames": 3}) == {"frames": 3}
    assert first.poll("job", lambda: "done", bool) == "done"
    assert first.step("look", never) == {"frames": 3}
    lapse(f"sqlite:///{tmp_path / 'records.sqlite3'}", brief.run)
    second = Recorded(kept, kept.claim(brief), lambda *event: told.append(event), beat=False)
    assert second.step("look", never) == {"frames": 3}
    assert second.poll("job", never, never) == "done"
    assert told == [("look", 1.0, "from the record"), ("job", 1.0, "from the record")]


def test_a_finished_run_replays_without_doing_anything(kept: Records, brief: Brief) -> None:
    steps = Recorded(kept, kept.claim(brief), beat=False)
    steps.step("look", lambda: {"frames": 3})
    replay = Replayed(kept, brief.run)
    assert replay.step("look", never) == {"frames": 3}
    with pytest.raises(LookupError, match="Step cut is not in the record"):
        replay.step("cut", never)
    with pytest.raises(LookupError, match="Step job"):
        replay.poll("job", never, never)


def test_the_lease_is_renewed_while_the_worker_works(kept: Records, brief: Brief) -> None:
    claim = kept.claim(brief, lease=0.4)
    steps = Recorded(kept, claim)
    time.sleep(0.9)
    assert kept.abandoned() == []
    assert steps.step("look", lambda: 1) == 1
    del steps
    gc.collect()
    assert _within(2, lambda: not any(thread.name == "lease" for thread in threading.enumerate()))
    assert _within(2, lambda: [row["run"] for row in kept.abandoned()] == [brief.run])


def test_a_worker_that_lost_its_run_is_stopped_at_its_next_word(kept: Records, brief: Brief, tmp_path: Path) -> None:
    steps = Recorded(kept, kept.claim(brief, lease=0.4))
    lapse(f"sqlite:///{tmp_path / 'records.sqlite3'}", brief.run)
    kept.delete(brief.run)
    assert _within(2, lambda: steps._lost is not None)
    with pytest.raises(Fenced):
        steps.progress("look", 0.5)
    with pytest.raises(Fenced):
        steps.step("look", never)


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
