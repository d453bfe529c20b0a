"""Questions about a run, answered from its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.text import clean


def summary(run: dict[str, Any], decisions: list[dict[str, Any]]) -> str:
    """A run in a few lines: what was asked, how it ended, and every decision."""
    lines = [
        f"run {run['run']}  {run['state']}  {clean(run['video'], 120)}",
        f"asked: {clean(run['wish'], 300) or '(no wish)'}",
        f"cost ${run['dollars']:.4f}, {run['seconds']:.1f} s",
    ]
    if run.get("reason"):
        lines.append(f"reason: {clean(run['reason'], 500)}")
    lines.append("")
    for row in decisions:
        what = f"{row['seq']:>3} {row['kind']:<5} {row['name']:<10} {row['verdict'] or 'open':<8} {row['ms'] or 0:>7} ms ${row['dollars'] or 0:.4f}"
        lines.append(f"{what}  {clean(row['reason'] or _head(row['answer']), 110)}")
    return "\n".join(lines)


def explain(why: dict[str, Any]) -> str:
    """Why one clip was chosen, what was rejected beside it, and what the choice cost."""
    clip, decision = why["clip"], why["decision"]
    lines = [
        f"Clip {clip['label']} ({clip['role']}): {clip['start']:.2f} to {clip['end']:.2f} s of the video, ids {', '.join(clip['ids'])}",
        f"  says: {clean(clip.get('text') or '', 300)}",
        f"  why:  {clean(clip['reason'], 600)}",
    ]
    for check in clip["certificate"].get("checks", ()):
        limit = f" ({check['limit']})" if check["limit"] else ""
        lines.append(f"  {'ok  ' if check['passed'] else 'FAIL'} {check['name']}: {_number(check['value'])}{limit}")
    if decision:
        lines.append(
            f"Chosen by decision {decision['seq']} ({decision['name']}, {decision['model_id'] or 'tool'}), {decision['ms'] or 0} ms, ${decision['dollars'] or 0:.4f}"
        )
    for title, rows in _beside(why).items():
        if rows:
            lines.append(f"{title}:")
        lines += [f"  {_score(row)}{_span(row['ids']):<9} {clean(row['reason'], 160)}" for row in rows]
    lines.append(
        f"The run cost ${why['cost']['dollars']:.4f} over {why['cost']['model_calls']} model calls and {why['cost']['tool_calls']} tool calls."
    )
    return "\n".join(lines)


def _beside(why: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The candidates beside a clip by what became of them, at most eight each, best first."""
    seq, used = why["clip"]["seq"], {name for ids in why["clips"] for name in ids}
    told: dict[str, list[dict[str, Any]]] = {
        "Chosen with it": [],
        "Left out of the cut": [],
        "Ranked beside it and not used": [],
        "Not fit to be ranked": [],
    }
    for row in sorted(why["candidates"], key=lambda row: -row["score"]):
        if row["seq"] == seq:
            told["Chosen with it" if row["kept"] else "Left out of the cut"].append(row)
        elif not row["kept"]:
            told["Not fit to be ranked"].append(row)
        elif not used & set(row["ids"]):
            told["Ranked beside it and not used"].append(row)
    return {title: rows[:8] for title, rows in told.items()}


def _score(row: dict[str, Any]) -> str:
    """A candidate's score in front of it; a cut gives none."""
    return f"{row['score']:.2f}  " if row["score"] else ""


def _span(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]}-{ids[-1]}"


def _head(answer: Any) -> str:
    text = (
        answer
        if isinstance(answer, str)
        else (answer or {}).get("text", "") or ", ".join(call["name"] for call in (answer or {}).get("calls", ()))
    )
    return text.split("\n")[0]


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value if value is not None else "–")
