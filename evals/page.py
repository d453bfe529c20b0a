"""report.html beside report.json: per case what people chose and what each solver played, on one clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evals.suites import AGENT, HEADLINES, claim_of, claims, mean
from report.page import clock, hash_inline
from tools.text import clean

WIDE = 1000
"""Units of a timeline's width."""
STYLES = ("report/report.css", "evals/report.css")
TALL = 120
"""Units of the height of a bar whose case is 1."""
LANE, GAP = 22, 6
"""Height of a lane, and what is left between two."""


def shown(text: object, limit: int = 400) -> str:
    return clean(str(text), limit)


_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters |= {"clean": shown, "clock": clock}


def page(report: Mapping[str, Any]) -> str:
    """The report as one HTML file: no script, no network; all that was said or written is escaped text."""
    style = "".join((Path(__file__).parent.parent / file).read_text("utf-8") for file in STYLES)
    return _pages.get_template("report.html.j2").render(
        report=report,
        style=style,
        style_hash=hash_inline(style),
        wide=WIDE,
        lane=LANE,
        tables=[(suite, list(solvers), list(_means(suite, solvers))) for suite, solvers in report["scores"].items()],
        beats=[(what, _bars(found)) for what, found in report["beats"].items()],
        strips=[
            strip
            for suite, solvers in report["scores"].items()
            if suite in HEADLINES
            for strip in [_strip(suite, solvers)]
        ],
        tall=TALL,
        suites=[
            (suite, [_drawn(report["scores"][suite], name, case) for name, case in cases.items()])
            for suite, cases in report["timelines"].items()
        ],
        judges=report.get("judges", {}),
    )


def _means(suite: str, solvers: Mapping[str, Any]) -> Iterator[tuple[str, str, list[tuple[str, bool]]]]:
    """Claim, arrow, and by solver the mean with whether none is better."""
    for claim in claims(suite, solvers[AGENT]):
        scorer = claim_of(claim)
        values = [mean(scores, claim) for scores in solvers.values()]
        known = [value for value in values if value is not None]
        best = (max(known) if scorer.more else min(known)) if len(known) > 1 and min(known) < max(known) else None
        yield (
            claim,
            "↑" if scorer.more else "↓",
            [("–" if value is None else f"{value:.3f}", value is not None and value == best) for value in values],
        )


def _bars(beats: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Differences as bars about 0, on a scale from -1 to 1."""

    def x(value: float) -> float:
        return round(WIDE * (1 + value) / 2, 1)

    return [
        {"name": name, **row, "x": x(row["better"]), "from": x(row["low"]), "to": x(row["high"])}
        for name, row in beats.items()
    ]


def _strip(suite: str, solvers: Mapping[str, Any]) -> dict[str, Any]:
    """A bar a case, as high as the agent's headline claim, with a mark where the best of the others is; worst first."""
    claim = HEADLINES[suite]
    cases = sorted(solvers[AGENT].items(), key=lambda item: (item[1].get(claim) or 0.0, item[0]))
    step = WIDE / max(1, len(cases))
    bars = []
    for at, (name, row) in enumerate(cases):
        ours = row.get(claim) or 0.0
        others = [scores[name].get(claim) or 0.0 for who, scores in solvers.items() if who != AGENT and name in scores]
        best = max(others, default=None)
        bars.append(
            {
                "name": name,
                "x": round(at * step + 0.1 * step, 1),
                "width": round(0.8 * step, 1),
                "y": round(TALL * (1 - ours), 1),
                "height": round(max(1.0, TALL * ours), 1),
                "mark": None if best is None else round(TALL * (1 - best), 1),
                "behind": best is not None and ours < best,
                "ours": ours,
                "best": best or 0.0,
            }
        )
    middle = mean(solvers[AGENT], claim) or 0.0
    return {"suite": suite, "claim": claim, "mean": middle, "line": round(TALL * (1 - middle), 1), "bars": bars}


def _drawn(solvers: Mapping[str, Any], name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    """A case with its boxes in units of the picture, the agent's lane under that of people."""
    names = [AGENT, *(each for each in case["played"] if each != AGENT)]
    scores = solvers[AGENT].get(name, {})
    return {
        "id": name,
        **{key: case[key] for key in ("title", "wish", "target", "duration", "calls")},
        "people": [_box(line, case) for line in case["lines"]],
        "lanes": [
            {"name": each, "top": (at + 1) * (LANE + GAP), "boxes": [_box(clip, case) for clip in case["played"][each]]}
            for at, each in enumerate(names)
            if each in case["played"]
        ],
        "height": (len(names) + 1) * (LANE + GAP),
        "scores": [
            (claim, f"{value:g}" if value == round(value) else f"{value:.2f}", _poor(claim, value))
            for claim, value in scores.items()
            if value is not None and (claim_of(claim).more or value or claim_of(claim).most is not None)
        ],
        "coverage": scores.get("coverage"),
    }


def _box(part: Sequence[Any], case: Mapping[str, Any]) -> dict[str, Any]:
    start, end, kind, text = part
    x, width = (WIDE * edge / case["duration"] for edge in (start, end - start))
    return {
        "x": round(x, 1),
        "width": round(max(1.5, width), 1),
        "kind": kind,
        "text": text,
        "start": start,
        "end": end,
    }


def _poor(claim: str, value: float) -> bool:
    """Whether a number is worth a look: half of what could be, or anything in a gate."""
    scorer = claim_of(claim)
    return value > scorer.most if scorer.most is not None else scorer.more and value <= 0.5
