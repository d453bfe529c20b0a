"""The regression gate in short form: a change that makes the agent worse than the committed baseline fails the tests."""

from __future__ import annotations

from typing import Any

import pytest

from evals.cases import cases
from evals.suites import earlier, regressions, run, told
from tests import ROOT

BASELINE = ROOT / "evals" / "baselines" / "cut.json"


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return run(["cut", "copy"], cases())


def test_no_hard_gate_fails_in_any_case(report: dict[str, Any]) -> None:
    assert report["gates"] == [], told(report)


def test_nothing_fell_from_the_baseline_by_more_than_chance(report: dict[str, Any]) -> None:
    assert list(regressions(report, earlier(BASELINE))) == [], told(report)


def test_the_agent_covers_more_than_every_naive_window_by_more_than_chance(report: dict[str, Any]) -> None:
    beaten = report["beats"]["cut: coverage"]
    assert len(beaten) == 4
    assert all(row["low"] > 0 for row in beaten.values()), beaten
