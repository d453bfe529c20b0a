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
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel

from agent.deciding import PLANNER
from agent.deciding.planner import Planner
from agent.record.records import Records
from evals.cases import Case, DataError, hostile
from evals.editor import EDITED, READER, Edited, by_reader
from evals.films import Film, films, produce
from evals.find import FOUND, NAIVE, Find, Found, Meeting, finds, queries
from evals.find import drawn as drawn_spans
from evals.find import timeline as timeline_of
from evals.judges import QUESTIONS, Agreement, Judge, materials
from evals.judges import row as judge_row
from evals.scorers import SCORERS, Attempt, Scorer, score
from evals.solvers import BASELINES, Stage, naive, rehearse
from tools.finding import reader
from tools.finding.passages import PassageFinder
from tools.local.extract import Extractive
from tools.ports import Copywriter

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
    "film": (
        *("made", "coverage", "length error", "loudness error", "caption drift", "bad covers", "cut words"),
        *("invalid references", "ungrounded", "broken limits", "written", "calls", "refused", "dollars", "seconds"),
    ),
    "editor": (*EDITED, "made", "length error", "cut words", "invalid references", "seconds"),
    "find": ("F1", "hit"),
}
"""The claims that each suite prints and compares."""
HEADLINES: Mapping[str, str] = {"cut": "coverage", "editor": "coverage F1", "find": "F1"}
"""The claim in which a suite's agent is put beside what it must beat."""
JUDGED = "judged "
JUDGMENT = Scorer(lambda case, attempt: None, more=True)
"""What a judge says of a case: the share of its clips with a yes."""

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
    sign = 1.0 if claim_of(claim).more else -1.0
    pairs = []
    for case in ours.keys() & theirs.keys():
        one, two = ours[case].get(claim), theirs[case].get(claim)
        if one is not None and two is not None:
            pairs.append((case, sign * (one - two)))
    return interval(sorted(pairs)) if pairs else None


def mean(scores: Scores, claim: str) -> float | None:
    found = [value for row in scores.values() if (value := row.get(claim)) is not None]
    return float(np.mean(found)) if found else None


@dataclass(frozen=True)
class Given:
    """What a report is made of beside the talks: who decides, films, meetings, and who judges."""

    model: Callable[[Case], BaseChatModel] = field(default=lambda case: Planner())
    model_id: str = PLANNER
    copywriter: Copywriter = field(default_factory=Extractive)
    films: Callable[[], Sequence[Film]] = films
    """Asked only where the suite "film" is run: they are made on first use."""
    edited: Sequence[Edited] = ()
    """The cases of the suite "editor"."""
    seen: Callable[[Case, Attempt], None] = lambda case, attempt: None
    """Told of every attempt."""
    meetings: Sequence[Meeting] = ()
    finder: Callable[[], PassageFinder] = PassageFinder
    judge: Judge | None = None
    agreements: Mapping[str, Agreement] = field(default_factory=dict)


class Tally:
    """The report while it grows."""

    def __init__(self, judge: Judge | None = None) -> None:
        self.began = time.monotonic()
        self.runs: dict[str, dict[str, Scores]] = {}
        self.crashed: list[dict[str, str]] = []
        self.drawn: dict[str, dict[str, Any]] = {}
        self._judge = judge

    def add(self, suites: Sequence[str], case: Case, attempt: Attempt) -> None:
        """Score an attempt for ``suites``; it is drawn in the first of them."""
        scores = score(case, attempt, EDITED if isinstance(case, Edited) else {})
        judged = self._judged(suites, attempt)
        for suite in suites:
            self.keep(suite, attempt.solver, case.id, {claim: scores[claim] for claim in CLAIMS[suite]} | judged)
        picture = self.drawn.setdefault(suites[0], {}).setdefault(case.id, timeline(case))
        picture["played"][attempt.solver] = played(attempt)
        picture["calls"] += [f"{call.name} ✗" if call.refused else call.name for call in attempt.calls]
        if attempt.trace:
            told = {"case": case.id, "solver": attempt.solver, "why": attempt.reason, "trace": attempt.trace}
            self.crashed.append(told)

    def keep(self, suite: str, solver: str, case: str, scores: dict[str, float | None]) -> None:
        self.runs.setdefault(suite, {}).setdefault(solver, {})[case] = scores

    def tell(self, *parts: object) -> None:
        """A line of progress."""
        print(*parts, f"{time.monotonic() - self.began:.0f} s", sep="  ", file=sys.stderr, flush=True)

    def _judged(self, suites: Sequence[str], attempt: Attempt) -> dict[str, float | None]:
        if self._judge is None or attempt.solver != AGENT or not {"cut", "film"} & set(suites):
            return {}
        clips = attempt.clips if attempt.transcript else ()
        said = self._judge.of(materials(clips, attempt.transcript)) if attempt.transcript else {}
        return {JUDGED + name: said.get(name) for name in QUESTIONS}


def run(suites: Sequence[str], cases: Sequence[Case], given: Given | None = None) -> dict[str, Any]:
    """The report: scores by suite, solver and case; differences; what failed; seconds."""
    given = given or Given()
    tally = Tally(given.judge)
    with tempfile.TemporaryDirectory(prefix="hookline-evals-") as home:
        records = Records(f"sqlite:///{home}/records.db")
        try:
            records.migrate()
            stage = Stage(records, Path(home), given.model, given.model_id, given.copywriter)
            for name, solve, over, shown in _plan(suites, cases, stage, given):
                for at, case in enumerate(over, 1):
                    attempt = attempted(case, name, solve)
                    tally.add(shown, case, attempt)
                    given.seen(case, attempt)
                    tally.tell(f"{shown[0]}: {name}", f"{at}/{len(over)}", case.id, attempt.status)
        finally:
            records.close()
    if "find" in suites:
        _find(given, tally)
    return {
        "cases": len({case for solvers in tally.runs.values() for rows in solvers.values() for case in rows}),
        "seconds": round(time.monotonic() - tally.began, 1),
        "scores": tally.runs,
        "beats": _beats(tally.runs),
        "crashed": tally.crashed,
        "gates": list(gates(tally.runs, tally.crashed)),
        "regressions": [],
        "timelines": tally.drawn,
        "model": given.model_id,
        "judges": _judges(given, tally.runs),
    }


def _find(given: Given, tally: Tally) -> None:
    """Every query by the product's finder and by what it must beat."""
    solvers: dict[str, Find] = {**NAIVE, AGENT: finds(given.finder())}
    for at, meeting in enumerate(given.meetings, 1):
        for query in queries([meeting]):
            picture = timeline_of(query)
            for name, find in solvers.items():
                spans = find(query)
                tally.keep("find", name, query.id, {claim: each.measure(query, spans) for claim, each in FOUND.items()})
                picture["played"][name] = drawn_spans(query, spans)
            tally.drawn.setdefault("find", {})[query.id] = picture
        told = mean(tally.runs.get("find", {}).get(AGENT, {}), "F1")
        tally.tell("find", f"{at}/{len(given.meetings)}", meeting.id, f"F1 {told or 0:.3f}")


def claim_of(name: str) -> Scorer | Found:
    """A claim by its name, a judge's too."""
    return SCORERS.get(name) or EDITED.get(name) or FOUND.get(name) or JUDGMENT


def claims(suite: str, scores: Scores) -> list[str]:
    """The claims of a suite, and what judges said where they were asked."""
    there = dict.fromkeys(claim for row in scores.values() for claim in row if claim.startswith(JUDGED))
    return [*CLAIMS[suite], *there]


def _judges(given: Given, runs: Mapping[str, Mapping[str, Scores]]) -> dict[str, dict[str, Any]]:
    """What each judge said over all cases that it was asked of, and whether it may gate."""
    if given.judge is None:
        return {}
    asked = {f"{suite}/{case}": row for suite, solvers in runs.items() for case, row in solvers.get(AGENT, {}).items()}
    return {name: judge_row(mean(asked, JUDGED + name), given.agreements.get(name)) for name in QUESTIONS}


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
    suites: Sequence[str], cases: Sequence[Case], stage: Stage, given: Given
) -> Iterator[tuple[str, Solve, Sequence[Case], list[str]]]:
    """Who solves what, and the suites that show it: an attempt is made once."""
    if "cut" in suites:
        for name in BASELINES:
            yield name, partial(naive, name=name), cases, ["cut"]
    if shown := [suite for suite in ("cut", "copy") if suite in suites]:
        yield AGENT, partial(rehearse, stage=stage), cases, shown
    if "safety" in suites:
        yield AGENT, partial(rehearse, stage=stage), [hostile(case) for case in _one_a_talk(cases)], ["safety"]
    if "editor" in suites:
        yield "BM25 window", partial(naive, name="BM25 window"), given.edited, ["editor"]
        if reader.available():
            yield READER, by_reader, given.edited, ["editor"]
        yield AGENT, partial(rehearse, stage=stage), given.edited, ["editor"]
    if "film" in suites:
        yield AGENT, partial(produce, stage=stage), given.films(), ["film"]


def _one_a_talk(cases: Sequence[Case]) -> list[Case]:
    return list({case.talk.id: case for case in reversed(cases)}.values())[::-1]


def _beats(runs: Mapping[str, Mapping[str, Scores]]) -> dict[str, dict[str, dict[str, float]]]:
    """By how much the agent beats each baseline, in the one claim of a suite that says it all."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for suite, claim in HEADLINES.items():
        for name, scores in runs.get(suite, {}).items():
            if name != AGENT and (told := compared(claim, runs[suite][AGENT], scores)):
                row = dict(zip(("better", "low", "high"), (round(value, 4) for value in told), strict=True))
                found.setdefault(f"{suite}: {claim}", {})[name] = row
    return found


def gates(runs: Mapping[str, Mapping[str, Scores]], crashed: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """What no run may have."""
    for suite, solvers in runs.items():
        for case, row in solvers.get(AGENT, {}).items():
            for claim, value in row.items():
                most = claim_of(claim).most
                if most is not None and value is not None and value > most + 1e-9:
                    yield f"{suite}: {case}: {claim} {value:g}, at most {most:g} is right"
    yield from (f"{each['case']}: {each['solver']} crashed: {each['why']}" for each in crashed)


def table(suite: str, solvers: Mapping[str, Scores]) -> str:
    """Means by claim and solver; the arrow says which way is better."""
    names = [AGENT, *(name for name in solvers if name != AGENT)]
    lines = [f"{suite:24}" + "".join(f"{name:>15}" for name in names)]
    for claim in claims(suite, solvers[AGENT]):
        told = [mean(solvers[name], claim) for name in names]
        cells = "".join(f"{'–' if value is None else format(value, '.3f'):>15}" for value in told)
        lines.append(f"{claim:22}{'↑' if claim_of(claim).more else '↓'} {cells}")
    return "\n".join(lines)


def told(report: Mapping[str, Any]) -> str:
    """The report as a page of text."""
    parts = [table(suite, solvers) for suite, solvers in report["scores"].items()]
    for what, rows in report["beats"].items():
        lines = (
            f"  {name:16}{row['better']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]" for name, row in rows.items()
        )
        parts.append(f"{what}, the agent over each baseline, 95 % interval\n" + "\n".join(lines))
    for name, row in report.get("judges", {}).items():
        agrees = "not calibrated" if row["agreement"] is None else f"agrees with people by {row['agreement']:.0%}"
        parts.append(
            f"judge, {name}: {agrees} on {row['labels']} thumbs; {'gates' if row['gates'] else 'gates nothing'}"
        )
    parts += [f"FAILED  {line}" for line in (*report["gates"], *report.get("regressions", ()))]
    parts.append(f"{report['cases']} cases, {report['seconds']:.0f} s, {report['model']}")
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
        for claim in claims(suite, ours):
            if not _counts(claim, report) or claim == "dollars":
                continue
            difference = compared(claim, ours, theirs)
            if difference and difference[2] < -1e-9:
                yield f"{suite}: {claim} is worse by {-difference[0]:.3f}; at best by {-difference[2]:.3f}"
        one, two = mean(ours, "dollars"), mean(theirs, "dollars")
        if one is not None and two is not None and one > 1.1 * two + 1e-9:
            yield f"{suite}: a case costs ${one:.4f}, over 10 % more than ${two:.4f}"


def _counts(claim: str, report: Mapping[str, Any]) -> bool:
    """Whether a claim may fail a comparison: a judge only once it agrees with people."""
    if claim.startswith(JUDGED):
        return bool(report.get("judges", {}).get(claim.removeprefix(JUDGED), {}).get("gates"))
    return claim_of(claim).compared
