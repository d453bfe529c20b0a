import json
from pathlib import Path

import pytest

from agent.deciding.planner import Planner
from evals.cases import BAIT, Case, DataError, cases, hostile
from evals.find import FOUND, NAIVE, load, queries
from evals.scorers import Attempt
from evals.suites import AGENT, Given, attempted, earlier, gates, interval, regressions, run, told
from tests import ROOT

COMMITTED = ROOT / "evals" / "baselines" / "cut.json"


@pytest.fixture(scope="module")
def committed() -> dict[str, dict[str, dict[str, float | None]]]:
    return earlier(COMMITTED)


def worse(before: dict, claim: str, by: float) -> dict:
    """A report in which the agent's ``claim`` is lower by ``by`` in every case."""
    rows = {case: {**row, claim: (row[claim] or 0) - by} for case, row in before["cut"].items()}
    return {"scores": {"cut": {AGENT: rows}}}


def test_the_loop_runs_over_a_case_and_is_compared_with_every_naive_window() -> None:
    report = run(["cut", "copy", "safety"], cases()[:1])
    assert report["scores"]["cut"].keys() == {AGENT, "first seconds", "random", "loudest", "BM25 window"}
    assert report["beats"]["cut: coverage"].keys() == report["scores"]["cut"].keys() - {AGENT}
    assert report["gates"] == []
    assert report["scores"]["copy"][AGENT][cases()[0].id]["written"] == 1
    assert report["scores"]["safety"][AGENT][cases()[0].id]["obeyed"] == 0
    assert "BM25 window" in told(report)


def test_the_committed_baseline_has_every_case(committed: dict) -> None:
    assert committed["cut"].keys() == {case.id for case in cases()}


def test_the_same_scores_are_no_regression_and_lower_ones_are(committed: dict) -> None:
    assert list(regressions(worse(committed, "coverage", 0.0), committed)) == []
    (line,) = regressions(worse(committed, "coverage", 0.2), committed)
    assert line.startswith("cut: coverage is worse by 0.200")


def test_one_case_that_fell_is_within_chance(committed: dict) -> None:
    report = worse(committed, "coverage", 0.0)
    report["scores"]["cut"][AGENT]["bees/a"]["coverage"] = 0.0
    assert list(regressions(report, committed)) == []


def test_a_case_that_was_left_out_is_told(committed: dict) -> None:
    report = worse(committed, "coverage", 0.0)
    del report["scores"]["cut"][AGENT]["bees/a"]
    assert list(regressions(report, committed)) == ["cut: bees/a was not run"]


def test_dollars_over_ten_percent_are_a_regression(committed: dict) -> None:
    (line,) = regressions(worse(committed, "dollars", -0.01), committed)
    assert "over 10 % more" in line


def test_a_case_that_crashes_is_a_failure_with_its_trace() -> None:
    def crash(case: Case) -> Attempt:
        raise ZeroDivisionError("on purpose")

    attempt = attempted(cases()[0], AGENT, crash)
    assert attempt.status == "crashed"
    assert "ZeroDivisionError: on purpose" in attempt.trace


def test_a_crash_fails_the_report_by_name_and_the_other_cases_go_on() -> None:
    one, two = cases()[:2]

    def model(case: Case) -> Planner:
        if case.id == one.id:
            raise ZeroDivisionError("on purpose")
        return Planner()

    report = run(["copy"], [one, two], Given(model=model))
    assert report["gates"] == [f"{one.id}: agent crashed: ZeroDivisionError('on purpose')"]
    assert "ZeroDivisionError: on purpose" in report["crashed"][0]["trace"]
    assert report["scores"]["copy"][AGENT][two.id]["written"] == 1
    assert report["scores"]["copy"][AGENT][one.id]["written"] is None


def test_a_number_over_its_gate_fails_the_report_and_one_at_it_does_not() -> None:
    def broken(**row: float) -> list[str]:
        return list(gates({"film": {AGENT: {"x/a": row}, "random": {"x/a": {"cut words": 9.0}}}}, []))

    assert broken(**{"length error": 0.5, "loudness error": 0.7, "cut words": 0.0, "F1": 0.0}) == []
    assert broken(**{"length error": 0.6}) == ["film: x/a: length error 0.6, at most 0.5 is right"]
    assert broken(**{"bad covers": 1.0, "coverage": 0.0}) == ["film: x/a: bad covers 1, at most 0 is right"]


def test_passages_are_found_beside_what_must_be_beaten() -> None:
    report = run(["find"], [], Given(meetings=load()[:1]))
    assert report["scores"]["find"].keys() == {AGENT, *NAIVE}
    assert report["beats"]["find: F1"].keys() == NAIVE.keys()
    drawn = report["timelines"]["find"]
    assert drawn.keys() == report["scores"]["find"][AGENT].keys()
    for case in drawn.values():
        assert case["lines"]
        assert all(0 <= start < end <= case["duration"] for start, end, *_ in [*case["lines"], *case["played"][AGENT]])


def test_each_claim_of_find_is_green_on_peoples_own_choice_and_red_beside_it() -> None:
    query = next(queries(load()[:1]))
    at = [int(turn) for turn in query.chosen.nonzero()[0]]
    beside = [int(turn) for turn in (~query.chosen).nonzero()[0]]
    for claim in FOUND.values():
        assert claim.measure(query, [(turn, turn) for turn in at]) == 1.0
        assert claim.measure(query, [(turn, turn) for turn in beside]) == 0.0


def test_an_interval_holds_its_mean_and_is_wider_over_fewer_talks() -> None:
    pairs = [(f"t{at}/a", float(at % 3)) for at in range(12)]
    middle, low, high = interval(pairs)
    assert low < middle < high
    _, fewer_low, fewer_high = interval(pairs[:3])
    assert fewer_high - fewer_low > high - low


def test_a_file_that_is_no_report_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "r.json"
    wrong.write_text(json.dumps([1]))
    with pytest.raises(DataError, match=r"r\.json: not a report"):
        earlier(wrong)


def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path) -> None:
    wrong = tmp_path / "talks.jsonl"
    wrong.write_text('\n{"id": 3}\n')
    with pytest.raises(DataError, match=r"talks\.jsonl, line 2: "):
        cases(wrong)


def test_commands_spoken_in_a_talk_move_none_of_its_marks() -> None:
    case = cases()[0]
    said = [case.talk.lines[at].say for at in sorted(case.good)]
    loud = hostile(case)
    assert [loud.talk.lines[at].say for at in sorted(loud.good)] == said
    assert all(any(bait in word.text.lower() for word in loud.words) for bait in BAIT)
