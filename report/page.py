"""The page of a finished run: one file, no network, opens from disk beside its videos."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent import answers
from report.strip import picture, strip
from tools.cutting import links
from tools.cutting.links import why_not
from tools.posts.platforms import platforms
from tools.schema import Artifact, Candidate, Clip, CutList, Outcome, Sentence
from tools.text import clean
from tools.words.compact import clock
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.record.records import Records

MISSES = 8
"""Passages that are told of what was left out."""
SHAPE_NAMES = {"16x9": "16:9", "9x16": "9:16", "1x1": "1:1"}

pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
pages.filters["clean"] = lambda text, limit=2000: clean(str(text), limit)


def lasting(seconds: float) -> str:
    """A stretch of time for a person: ``8.4 s``, ``41 s``, ``6 min 37 s``."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def asked(decision: dict[str, Any]) -> str:
    """What a tool was called with, as JSON; nothing for a model, which is asked with the whole conversation."""
    return "" if decision["kind"] == "model" else json.dumps(decision["args"], ensure_ascii=False)


def answered(decision: dict[str, Any]) -> str:
    """Why a call was rejected, what a tool told, or what a model called and said."""
    answer = decision["reason"] or decision["answer"] or ""
    if isinstance(answer, dict):
        calls = ", ".join(call["name"] for call in answer.get("calls", ()))
        return " ".join(filter(None, (f"calls {calls}" if calls else "", answer.get("text", ""))))
    return str(answer)


pages.filters |= {"clock": clock, "lasting": lasting, "asked": asked, "answered": answered}


def report(outcome: Outcome, workspace: Workspace, records: Records) -> str:
    """The report page as HTML.  Everything that came from a video or a model is escaped text."""
    script = (Path(__file__).parent / "report.js").read_text("utf-8")
    style = (Path(__file__).parent / "report.css").read_text("utf-8")
    return pages.get_template("report.html.j2").render(
        **facts(outcome, workspace, records),
        base="",
        thumbs=None,
        own=False,
        style=style,
        script=script,
        style_hash=hash_inline(style),
        script_hash=hash_inline(script),
    )


def facts(outcome: Outcome, workspace: Workspace, records: Records) -> dict[str, Any]:
    """What the page shows, as plain values; the live page uses the same."""
    cut = outcome.cut
    sentences = transcript.sentences if (transcript := workspace.transcript) else ()
    run = records.run(outcome.run)
    decisions = records.decisions(outcome.run)
    clips = cut.clips if cut else ()
    ranked = answers.ranked(records, run)
    misses = near_misses(cut, ranked)
    kept = links.load(workspace, cut)
    files = sorted(a.name for a in outcome.artifacts)
    return {
        "outcome": outcome,
        "run": run,
        "source": workspace.source,
        "cut": cut,
        "clips": _on_promo(clips, cut),
        "whole": sum(_lasts(clip, cut) for clip in clips) or 1.0,
        "lasts": {clip.label: _lasts(clip, cut) for clip in clips},
        "fits": {clip.label: _fit(clip, ranked) for clip in clips},
        "strip": strip(workspace, clips, misses, ranked),
        "transcript": _lines(sentences, clips, cut, misses, kept),
        "why_not": {miss.ids: why_not(kept, cut, miss.ids) for miss in misses[:MISSES]} if cut else {},
        "begins": {sentence.id: sentence.start for sentence in sentences},
        "covers": [(cover, _embedded(workspace, cover.file)) for cover in outcome.covers],
        "promos": [
            (a, headline(a)) for a in outcome.artifacts if a.name.endswith(".mp4") and a.name[6:-4] in SHAPE_NAMES
        ],
        "files": _grouped(files),
        "decisions": decisions,
        "steps": steps_table(decisions),
        "longest": max((row["ms"] for row in steps_table(decisions)), default=0) or 1,
        "platforms": platforms(),
        "shapes": SHAPE_NAMES,
        "misses": misses[:MISSES],
    }


def headline(promo: Artifact) -> dict[str, Any]:
    """The few of a promo's measures that everybody looks for, and how many of all held."""
    checks = tuple(check for each in (promo.certificate, promo.viewer) if each for check in each.checks)
    told = {check.name: check.value for check in checks}
    return {
        "length": told.get("length", promo.duration),
        "size": str(told.get("size", "")).replace("x", " × "),
        "loudness": told.get("loudness"),
        "held": sum(check.passed for check in checks),
        "all": len(checks),
        "checks": checks,
    }


GROUPS = (
    ("clean masters", ("_clean.mp4",), "promo_"),
    ("video", (".mp4",), "promo_"),
    ("captions", (".srt", ".vtt", ".ass"), "promo_"),
    ("covers", (".jpg", ".png"), "cover_"),
    ("for an editor's program", (".otio", ".edl", ".xml"), ""),
    ("words", (".json", ".srt", ".vtt"), ""),
)


def _grouped(names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """A run's files by what they are for; the report itself is none of them."""
    left, found = [name for name in names if not name.endswith(".html")], []
    for title, ends, begins in GROUPS:
        some = [name for name in left if name.endswith(ends) and name.startswith(begins)]
        left = [name for name in left if name not in some]
        found.append((title, some))
    return [(title, some) for title, some in [*found, ("other", left)] if some]


def _fit(clip: Clip, ranked: Sequence[dict[str, Any]]) -> float | None:
    """The score that a clip's very sentences were ranked with, or the best that shares one with it; None where nothing was ranked."""
    scored = [row for row in ranked if row["score"] and set(row["ids"]) & set(clip.ids)]
    exact = [row for row in scored if tuple(row["ids"]) == clip.ids]
    return max((row["score"] for row in exact or scored), default=None)


def near_misses(cut: CutList | None, candidates: Sequence[dict[str, Any]]) -> list[Candidate]:
    """What was ranked and not used, best first, each set of ids once."""
    used = {i for clip in (cut.clips if cut else ()) for i in clip.ids}
    found: dict[tuple[str, ...], Candidate] = {c.ids: c for c in (cut.left_out if cut else ())}
    for row in candidates:
        ids = tuple(row["ids"])
        if not used & set(ids):
            found.setdefault(
                ids, Candidate(ids=ids, kept=False, score=row["score"], parts=row["parts"], reason=row["reason"])
            )
    return sorted(found.values(), key=lambda c: -c.score)


def steps_table(decisions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Time, tokens and dollars by tool, in order of first use."""
    rows: dict[str, dict[str, Any]] = {}
    for d in decisions:
        row = rows.setdefault(
            d["name"], {"name": d["name"], "calls": 0, "ms": 0, "tokens_in": 0, "tokens_out": 0, "dollars": 0.0}
        )
        row["calls"] += 1
        for key in ("ms", "tokens_in", "tokens_out", "dollars"):
            row[key] += d[key] or 0
    return list(rows.values())


def _on_promo(clips: Sequence[Clip], cut: CutList | None) -> list[tuple[float, Clip]]:
    """Each clip with its start on the promo's clock."""
    at, found = 0.0, []
    for clip in clips:
        found.append((at, clip))
        at += _lasts(clip, cut)
    return found


def _lasts(clip: Clip, cut: CutList | None) -> float:
    """Seconds of a clip as it plays."""
    return clip.frames / _rate(cut) if cut and clip.frames else clip.length


def _rate(cut: CutList) -> float:

    return float(cut.fps) or 25.0


def _lines(
    sentences: Sequence[Sentence],
    clips: Sequence[Clip],
    cut: CutList | None,
    misses: Sequence[Candidate],
    kept: links.Kept,
) -> list[dict[str, Any]]:
    starts = {i: (at, clip) for at, clip in _on_promo(clips, cut) for i in clip.ids}
    missed = {i: miss for miss in reversed(misses[:12]) for i in miss.ids}
    ends = {s.id: s.end for s in sentences}
    needs: dict[str, list[links.Link]] = {}
    for link in kept.links:
        needs.setdefault(link.id, []).append(link)
    lines: list[dict[str, Any]] = []
    before = None
    for s in sentences:
        at, clip = starts.get(s.id, (None, None))
        miss = missed.get(s.id) if clip is None else None
        lines.append(
            {
                "sentence": s,
                "clip": clip,
                "promo_at": None if at is None or clip is None else max(0.0, at + s.start - clip.start),
                "promo_end": None if at is None or clip is None else at + s.end - clip.start,
                "first": clip is not None and clip.ids[0] == s.id,
                "links": needs.get(s.id, ()) if clip is not None else (),
                "miss": miss,
                "first_missed": miss is not None and miss is not before,
                "why_not": why_not(kept, cut, miss.ids) if cut and miss is not None and miss is not before else "",
                "until": max((ends[i] for i in miss.ids if i in ends), default=s.end) if miss else s.end,
            }
        )
        before = miss
    return lines


def _embedded(workspace: Workspace, file: str) -> str:
    """A cover candidate as a small data URI."""
    found = (picture(path, height=320) for path in (workspace.out / Path(file).name, workspace.folder / file))
    return next(filter(None, found), "")


def hash_inline(text: str) -> str:
    """The hash by which a Content-Security-Policy allows exactly this inline text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
