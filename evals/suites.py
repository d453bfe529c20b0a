"""Suites: solvers over cases, scored; two solvers compared case by case; a report that the next one is compared with.

Intervals are of a bootstrap over talks, since the wishes for one talk share its words.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from agent.records import Records
from agent.settings import PLANNER
from evals.cases import Case, DataError, hostile
from evals.scorers import SCORERS, Attempt, score
from evals.solvers import BASELINES, Stage, naive, rehearse

AGENT = "agent"
RESAMPLES = 4000
CLAIMS: Mapping[str, tuple[str, ...]] = {
    "cut": (
        *("coverage", "made", "standing alone", "answered", "payoff", "repetition", "housekeeping", "length error"),
        *("cut sentences", "cut words", "invalid references", "caption drift", "calls", "repeats", "refused"),
        *("dollars", "tokens", "seconds"),
    ),
    "copy": ("written", "ungrounded", "broken limits", "invalid references"),
    "safety": (
        *("made", "obeyed", "length error", "cut words", "invalid references", "ungrounded", "broken limits"),
        "written",
    ),
}
"""The claims that each suite prints and compares."""

Scores = dict[str, dict[str, float | None]]
"""By case, by claim."""
Solve = Callable[[Case], Attempt]


def attempted(case: Case, name: str, solve: Solve) -> Attempt:
    """What a solver made of a case; one that crashes is a failure with its trace, and the others go on."""
    try:
        return solve(case)
    except Exception as error:  # noqa: BLE001 (a case that crashes is a scored failure)
        return Attempt(
            case=case.id, solver=name, status="crashed", reason=repr(error)[:300], trace=traceback.format_exc()
        )


def interval(pairs: Sequence[tuple[str, float]]) -> tuple[float, float, float]:
    """The mean of differences, and where 95 % of resamples of their talks have it; ``pairs`` are case and difference."""
    talks = sorted({case.split("/")[0] for case, _ in pairs})
    each = [np.array([value for case, value in pairs if case.split("/")[0] == talk]) for talk in talks]
    sums, sizes = np.array([values.sum() for values in each]), np.array([len(values) for values in each])
    drawn = np.random.default_rng(5).integers(0, len(talks), (RESAMPLES, len(talks)))
    low, high = np.percentile(sums[drawn].sum(1) / sizes[drawn].sum(1), [2.5, 97.5])
    return float(sums.sum() / sizes.sum()), float(low), float(high)


def compared(claim: str, ours: Scores, theirs: Scores) -> tuple[float, float, float] | None:
    """How much better ``ours`` is (below 0: worse), over cases in which both have a number; None where there is none."""
    sign = 1.0 if SCORERS[claim].more else -1.0
    pairs = []
    for case in ours.keys() & theirs.keys():
        one, two = ours[case].get(claim), theirs[case].get(claim)
        if one is not None and two is not None:
            pairs.append((case, sign * (one - two)))
    return interval(sorted(pairs)) if pairs else None


def mean(scores: Scores, claim: str) -> float | None:
    found = [value for row in scores.values() if (value := row.get(claim)) is not None]
    return float(np.mean(found)) if found else None


def run(suites: Sequence[str], cases: Sequence[Case]) -> dict[str, Any]:
    """The report: scores by suite, solver and case; differences; what failed; seconds."""
    began = time.monotonic()
    runs: dict[str, dict[str, Scores]] = {}
    crashed: list[dict[str, str]] = []
    drawn: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="hookline-evals-") as home:
        records = Records(f"sqlite:///{home}/records.db")
        try:
            records.migrate()
            stage = Stage(records, Path(home))
            for name, solve, over, shown in _plan(suites, cases, stage):
                for at, case in enumerate(over, 1):
                    attempt = attempted(case, name, solve)
                    scores = score(case, attempt)
                    for suite in shown:
                        kept = {claim: scores[claim] for claim in CLAIMS[suite]}
                        runs.setdefault(suite, {}).setdefault(name, {})[case.id] = kept
                    picture = drawn.setdefault(shown[0], {}).setdefault(case.id, timeline(case))
                    picture["played"][name] = played(attempt)
                    picture["calls"] += [f"{call.name} ✗" if call.refused else call.name for call in attempt.calls]
                    if attempt.trace:
                        crashed.append({"case": case.id, "solver": name, "trace": attempt.trace})
                    spent = time.monotonic() - began
                    print(f"{name}  {at}/{len(over)}  {case.id}  {attempt.status}  {spent:.0f} s", file=sys.stderr)
        finally:
            records.close()
    return {
        "cases": len(cases),
        "seconds": round(time.monotonic() - began, 1),
        "scores": runs,
        "beats": _beats(runs),
        "crashed": crashed,
        "gates": list(_gates(runs, crashed)),
        "regressions": [],
        "timelines": drawn,
        "model": PLANNER,
    }


def timeline(case: Case) -> dict[str, Any]:
    """What there is to draw of a case before anybody solves it, as JSON: its sentences, and which people chose."""
    return {
        "title": case.talk.title,
        "wish": case.wish.wish,
        "target": case.wish.target,
        "duration": round(case.duration, 2),
        "lines": [
            [
                *(round(edge, 2) for edge in (span.start, span.end)),
                "good" if at in case.good else "house" if line.house else "",
                line.say,
            ]
            for at, line in enumerate(case.talk.lines)
            for span in case.spans(frozenset([at]))
        ],
        "played": {},
        "calls": [],
    }


def played(attempt: Attempt) -> list[list[Any]]:
    """Start, end, label and words of each clip in playing order."""
    return [[round(clip.start, 2), round(clip.end, 2), clip.label, clip.text] for clip in attempt.clips]


def _plan(
    suites: Sequence[str], cases: Sequence[Case], stage: Stage
) -> Iterator[tuple[str, Solve, Sequence[Case], list[str]]]:
    """Who solves what, and the suites that show it: an attempt is made once."""
    if "cut" in suites:
        for name in BASELINES:
            yield name, partial(naive, name=name), cases, ["cut"]
    if shown := [suite for suite in ("cut", "copy") if suite in suites]:
        yield AGENT, partial(rehearse, stage=stage), cases, shown
    if "safety" in suites:
        yield AGENT, partial(rehearse, stage=stage), [hostile(case) for case in _one_a_talk(cases)], ["safety"]


def _one_a_talk(cases: Sequence[Case]) -> list[Case]:
    return list({case.talk.id: case for case in reversed(cases)}.values())[::-1]


def _beats(runs: Mapping[str, Mapping[str, Scores]]) -> dict[str, dict[str, float]]:
    """By how much coverage the agent beats each baseline."""
    found = {}
    for name, scores in runs.get("cut", {}).items():
        if name != AGENT and (told := compared("coverage", runs["cut"][AGENT], scores)):
            found[name] = dict(zip(("better", "low", "high"), (round(value, 4) for value in told), strict=True))
    return found


def _gates(runs: Mapping[str, Mapping[str, Scores]], crashed: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """What no run may have."""
    for suite, solvers in runs.items():
        for case, row in solvers.get(AGENT, {}).items():
            for claim, value in row.items():
                if SCORERS[claim].hard and value:
                    yield f"{suite}: {case}: {claim} {value:g}, must be 0"
    yield from (f"{each['case']}: {each['solver']} crashed" for each in crashed)


def table(suite: str, solvers: Mapping[str, Scores]) -> str:
    """Means by claim and solver; the arrow says which way is better."""
    names = [AGENT, *(name for name in solvers if name != AGENT)]
    lines = [f"{suite:22}" + "".join(f"{name:>15}" for name in names)]
    for claim in CLAIMS[suite]:
        told = [mean(solvers[name], claim) for name in names]
        cells = "".join(f"{'–' if value is None else format(value, '.3f'):>15}" for value in told)
        lines.append(f"{claim:20}{'↑' if SCORERS[claim].more else '↓'} {cells}")
    return "\n".join(lines)


def told(report: Mapping[str, Any]) -> str:
    """The report as a page of text."""
    parts = [table(suite, solvers) for suite, solvers in report["scores"].items()]
    if report["beats"]:
        rows = (
            f"  {name:16}{row['better']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
            for name, row in report["beats"].items()
        )
        parts.append("coverage of the agent over each baseline, 95 % interval over talks\n" + "\n".join(rows))
    parts += [f"FAILED  {line}" for line in (*report["gates"], *report.get("regressions", ()))]
    parts.append(f"{report['cases']} cases, {report['seconds']:.0f} s")
    return "\n\n".join(parts)


def earlier(file: Path) -> dict[str, Scores]:
    """The agent's scores by suite in a report.  Raises ``DataError`` where the file is none."""
    try:
        return {suite: solvers[AGENT] for suite, solvers in json.loads(file.read_text("utf-8"))["scores"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file}: not a report of hookline evals: {error!r}") from error


def regressions(report: Mapping[str, Any], before: Mapping[str, Scores]) -> Iterator[str]:
    """Claims in which the agent is worse than ``before`` by more than chance, and dollars over +10 %."""
    for suite, solvers in report["scores"].items():
        ours, theirs = solvers[AGENT], before.get(suite, {})
        if gone := sorted(theirs.keys() - ours.keys()):
            yield f"{suite}: {', '.join(gone)} was not run"
        for claim in CLAIMS[suite]:
            if not SCORERS[claim].compared or claim == "dollars":
                continue
            difference = compared(claim, ours, theirs)
            if difference and difference[2] < -1e-9:
                yield f"{suite}: {claim} is worse by {-difference[0]:.3f}; at best by {-difference[2]:.3f}"
        one, two = mean(ours, "dollars"), mean(theirs, "dollars")
        if one is not None and two is not None and one > 1.1 * two + 1e-9:
            yield f"{suite}: a case costs ${one:.4f}, over 10 % more than ${two:.4f}"
