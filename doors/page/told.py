"""What is told of runs, as the contract has it.  Nothing here asks the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from doors.laptop import NAMES
from tools.schema import SIZES, Outcome
from tools.text import clean

COSTS = ("dollars", "tokens_in", "tokens_out", "model_calls", "tool_calls")
VERDICTS = {"accepted": "done", "rejected": "refused", "error": "failed"}


def tell_line(row: dict[str, Any]) -> dict[str, Any]:
    """A run in a list, as ``contract.Line``."""
    return {
        "run_id": row["run"],
        "thread": row["thread"] or row["run"],
        "version": row["version"] or 1,
        "parent": row["parent"],
        "video": clean(row["video"], 200),
        "wish": clean(row["wish"], 2000),
        "status": row["state"],
        "created": row["created"],
        "seconds": row["seconds"],
        "dollars": row["dollars"],
    }


def tell_run(
    row: dict[str, Any],
    outcome: Outcome | None,
    steps: list[dict[str, Any]],
    thumbs: dict[str, str],
    changes: str,
    cost: dict[str, Any],
    rendered: Mapping[tuple[str, ...], str] | None = None,
) -> dict[str, Any]:
    """All that is told of a run, as ``contract.Run``; ``rendered`` are the runs of the moments that it proposed, by their ids."""
    run = row["run"]
    outputs = [
        {
            "name": made.name,
            "url": f"/runs/{run}/files/{made.name}",
            "media_type": made.media_type,
            "bytes": made.bytes,
            "seconds": made.duration,
        }
        for made in (outcome.artifacts if outcome else ())
    ]
    return {
        **tell_line(row),
        "reply": reply(outcome),
        "understood": clean(outcome.understood, 1000) if outcome else "",
        "changes": changes,
        "reason": clean(row["reason"] or "", 1000),
        "offer": outcome.offer if outcome else "",
        "said": outcome.said if outcome else "",
        "misheard": [one.model_dump() for one in outcome.misheard] if outcome else [],
        "length": outcome.cut.length if outcome and outcome.cut else None,
        "steps": steps,
        "clips": tell_clips(outcome, thumbs),
        "moments": tell_moments(outcome, rendered or {}),
        "outputs": outputs,
        "cost": {name: cost.get(name, 0) for name in COSTS},
        "warnings": list(outcome.warnings) if outcome else [],
        "report": f"/runs/{run}/report" if "report.html" in {each["name"] for each in outputs} else None,
    }


def tell_waiting(asked: dict[str, Any], video: str) -> dict[str, Any]:
    """A request that waits, in the shape of a run."""
    job = asked["job"]
    return {
        "run": asked["run"],
        "thread": asked["thread"],
        "version": asked["answer"]["body"]["version"],
        "parent": job.get("parent"),
        "video": video,
        "wish": job["message"],
        "created": asked["at"],
        "state": "failed" if asked["reason"] else "queued",
        "reason": asked["reason"],
        "outcome": None,
        "brief": {},
        "seconds": 0.0,
        "dollars": 0.0,
    }


def tell_steps(decisions: Iterable[dict[str, Any]], live: dict[str, tuple[float, str]]) -> list[dict[str, Any]]:
    """The tools that were called, in order, and what is under way; ``live`` are the shares of the run at work."""
    steps = []
    if "intake" in live:
        steps.append(_step("intake", "done" if live["intake"][0] >= 1 else "working", share=live["intake"][0]))
    for d in decisions:
        if d["kind"] != "tool":
            continue
        state = VERDICTS.get(d["verdict"] or "", "working")
        share = max((s for name, (s, _) in live.items() if name.startswith(d["name"])), default=0.0)
        note = d["reason"] or (d["answer"] if isinstance(d["answer"], str) else "") or ""
        first = clean(str(note).split("\n")[0], 160)
        # Beneath a heading, and between bars, stands what is for a model to read.
        first = "" if state == "done" and (first.endswith(":") or " | " in first) else first
        took = {"seconds": (d["ms"] or 0) / 1000, "dollars": d["dollars"] or 0.0}
        steps.append(_step(d["name"], state, first, 1.0 if state != "working" else share, **took))
    return steps


def _step(
    name: str, state: str, note: str = "", share: float = 0.0, seconds: float = 0.0, dollars: float = 0.0
) -> dict[str, Any]:
    return {
        "name": name,
        "title": NAMES.get(name, name),
        "state": state,
        "note": note,
        "share": min(1.0, max(0.0, share)),
        "seconds": seconds,
        "dollars": dollars,
    }


def tell_clips(outcome: Outcome | None, thumbs: dict[str, str]) -> list[dict[str, Any]]:
    if outcome is None or outcome.cut is None:
        return []
    keep = ("label", "role", "start", "end", "text", "reason")
    return [
        {"n": n, "ids": list(clip.ids), "thumb": thumbs.get(str(n)), **{k: getattr(clip, k) for k in keep}}
        for n, clip in enumerate(outcome.cut.clips, 1)
    ]


def tell_moments(outcome: Outcome | None, rendered: Mapping[tuple[str, ...], str]) -> list[dict[str, Any]]:
    return [
        {
            "n": each.rank,
            "start": each.start,
            "end": each.end,
            "seconds": each.lasts,
            "text": each.text,
            "reason": each.reason,
            "run_id": rendered.get(each.ids),
        }
        for each in (outcome.highlights if outcome else ())
    ]


def reply(outcome: Outcome | None) -> str:
    """What came of a run, in a sentence."""
    if outcome is None:
        return ""
    if outcome.highlights:
        told = [f"{each.rank}. {each.hook} ({each.lasts:.0f} s)" for each in outcome.highlights]
        return clean(f"{len(told)} moments are proposed, best first: {' '.join(told)}", 1200)
    if outcome.cut is None:
        offer = outcome.offer if outcome.offer not in outcome.reason else ""
        return clean(f"{outcome.status.capitalize()}: {outcome.reason} {offer}", 1200)
    promos = [made.name[6:-4] for made in outcome.artifacts if made.name.endswith(".mp4")]
    shapes = [shape.replace("x", ":") for shape in promos if shape in SIZES]
    count = len(outcome.cut.clips)
    look = f" {len(outcome.warnings)} things to look at." if outcome.warnings else ""
    return f"{outcome.cut.length:.1f} s in {count} clip{'s' if count != 1 else ''}, as {', '.join(shapes)}.{look} {outcome.said}".rstrip()


def tell_version(row: dict[str, Any], outcome: Outcome | None, changes: str, understood: str) -> dict[str, Any]:
    """One version in a conversation, as the page shows it."""
    return {
        "run_id": row["run"],
        "version": row["version"] or 1,
        "done": row["state"].startswith("done"),
        "changes": changes,
        "understood": understood,
        "reply": reply(outcome),
        "at": row["created"],
    }


def tell_words(asked: dict[str, Any]) -> dict[str, Any]:
    """A question and its answer in a conversation: nothing was made of it."""
    return {
        "run_id": None,
        "version": None,
        "done": False,
        "changes": "",
        "understood": "",
        "reply": asked["answer"]["body"]["reply"],
        "at": asked["at"],
        "said": asked["answer"]["said"],
    }
