"""The page of a finished run: one file, no network, opens from disk beside its videos."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.schema import Candidate, Clip, CutList, Frame, Observation, Outcome, Sentence, Source
from tools.text import clean
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.records import Records

WIDE = 1200
"""Units of the timeline's width; one for each pixel of a wide window."""
STRIP = 24
"""Pictures in the filmstrip at most."""
PLATFORM_NAMES = {
    "youtube": "YouTube",
    "shorts": "Shorts",
    "tiktok": "TikTok",
    "reels": "Reels",
    "linkedin": "LinkedIn",
    "x": "X",
}
SHAPE_NAMES = {"16x9": "16:9", "9x16": "9:16", "1x1": "1:1"}

pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
pages.filters["clean"] = lambda text, limit=2000: clean(str(text), limit)


def clock(seconds: float) -> str:
    """``01:02.4``; hours only where there are some."""
    minutes, rest = divmod(max(0.0, seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes:02d}:{rest:04.1f}"


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


pages.filters |= {"clock": clock, "asked": asked, "answered": answered}


def report(outcome: Outcome, workspace: Workspace, records: Records) -> str:
    """The report page as HTML.  Everything that came from a video or a model is escaped text."""
    script = (Path(__file__).parent / "report.js").read_text("utf-8")
    style = (Path(__file__).parent / "report.css").read_text("utf-8")
    return pages.get_template("report.html.j2").render(
        **facts(outcome, workspace, records),
        base="",
        thumbs=None,
        style=style,
        script=script,
        style_hash=_csp(style),
        script_hash=_csp(script),
    )


def facts(outcome: Outcome, workspace: Workspace, records: Records) -> dict[str, Any]:
    """What the page shows, as plain values; the live page uses the same."""
    source, cut = workspace.source, outcome.cut
    observation = workspace.observation or Observation()
    sentences = transcript.sentences if (transcript := workspace.transcript) else ()
    run = records.run(outcome.run)
    decisions = records.decisions(outcome.run)
    clips = cut.clips if cut else ()
    ranked = candidates(records, run)
    misses = near_misses(cut, ranked)
    return {
        "outcome": outcome,
        "run": run,
        "source": source,
        "cut": cut,
        "clips": _on_promo(clips, cut),
        "wide": WIDE,
        "film": film(observation, source, workspace),
        "shots": [_x(shot.start, source) for shot in observation.shots[1:]],
        "wave": wave(workspace, source),
        "speech": [(_x(s.start, source), max(1.0, _x(s.end, source) - _x(s.start, source))) for s in sentences],
        "picks": [(_x(c.start, source), _x(c.end, source) - _x(c.start, source), c) for c in clips],
        "relevance": relevance(ranked, sentences, source),
        "transcript": _lines(sentences, clips, cut, misses),
        "covers": [(cover, _embedded(workspace, cover.file)) for cover in outcome.covers],
        "promos": [a for a in outcome.artifacts if a.name.endswith(".mp4")],
        "files": sorted(a.name for a in outcome.artifacts),
        "decisions": decisions,
        "steps": steps_table(decisions),
        "platforms": PLATFORM_NAMES,
        "shapes": SHAPE_NAMES,
        "misses": misses[:8],
    }


def candidates(records: Records, run: dict[str, Any]) -> list[dict[str, Any]]:
    """What was ranked for a run; for a revision, by which nothing is ranked anew, for the version that it goes back to."""
    for _ in range(50):
        found = [row for row in records.candidates(run["run"]) if row["ids"]]
        if found or not run["parent"]:
            return found
        run = records.run(run["parent"])
    return []


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


def film(observation: Observation, source: Source, workspace: Workspace) -> list[tuple[float, float, str]]:
    """x, width and picture of each still of the strip, evenly spread."""
    frames = sorted(observation.frames, key=lambda f: f.at)
    if not frames:
        return []
    count = min(STRIP, len(frames))
    width = WIDE / count

    def nearest(at: float) -> Frame:
        return min(frames, key=lambda frame: abs(frame.at - at))

    chosen = [nearest((n + 0.5) * source.duration / count) for n in range(count)]
    return [(n * width, width, _thumbnail(workspace, frame)) for n, frame in enumerate(chosen)]


def wave(workspace: Workspace, source: Source) -> str:
    """An SVG path of loudness over the whole width, mirrored about y = 0, at most 24 units high each way."""
    if not workspace.audio.exists():
        return ""
    from tools.sound import levels

    heard = levels(workspace.audio)
    if not len(heard):
        return ""
    step = max(1, len(heard) // WIDE)
    peaks = [max(0.0, (float(heard[n : n + step].max()) + 60) / 60) for n in range(0, len(heard) - step + 1, step)]
    scale = WIDE / max(1, len(peaks))
    top = " ".join(f"L{n * scale:.1f} {-1 - 23 * peak:.1f}" for n, peak in enumerate(peaks))
    back = " ".join(f"L{n * scale:.1f} {1 + 23 * peak:.1f}" for n, peak in reversed(list(enumerate(peaks))))
    return f"M0 0 {top} {back} Z"


def relevance(candidates: Sequence[dict[str, Any]], sentences: Sequence[Sentence], source: Source) -> str:
    """Points of a line: the best score of any passage over each sentence."""
    best: dict[str, float] = {}
    for row in candidates:
        for i in row["ids"]:
            best[i] = max(best.get(i, 0.0), row["score"])
    return " ".join(
        f"{_x((s.start + s.end) / 2, source):.1f},{26 - 24 * min(1.0, best[s.id]):.1f}"
        for s in sentences
        if s.id in best
    )


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
        at += clip.frames / _rate(cut) if cut and clip.frames else clip.length
    return found


def _rate(cut: CutList) -> float:
    from fractions import Fraction

    return float(Fraction(cut.rate)) or 25.0


def _lines(
    sentences: Sequence[Sentence], clips: Sequence[Clip], cut: CutList | None, misses: Sequence[Candidate]
) -> list[dict[str, Any]]:
    starts = {i: (at, clip) for at, clip in _on_promo(clips, cut) for i in clip.ids}
    missed = {i: miss for miss in reversed(misses[:12]) for i in miss.ids}
    lines = []
    for s in sentences:
        at, clip = starts.get(s.id, (None, None))
        lines.append(
            {
                "sentence": s,
                "clip": clip,
                "promo_at": None if at is None or clip is None else max(0.0, at + s.start - clip.start),
                "first": clip is not None and clip.ids[0] == s.id,
                "miss": missed.get(s.id) if clip is None else None,
            }
        )
    return lines


def _x(at: float, source: Source) -> float:
    return round(WIDE * min(1.0, at / source.duration), 1) if source.duration else 0.0


def _thumbnail(workspace: Workspace, frame: Frame) -> str:
    """A still as a data URI, 120 pixels wide; a page of 24 stays under 100 KB."""
    import cv2

    picture = cv2.imread(str(workspace.folder / frame.file))
    if picture is None:
        return ""
    height = max(1, round(picture.shape[0] * 120 / picture.shape[1]))
    done, data = cv2.imencode(
        ".jpg", cv2.resize(picture, (120, height), interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, 70]
    )
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" if done else ""


def _embedded(workspace: Workspace, file: str) -> str:
    """A cover candidate as a small data URI."""
    import cv2

    for path in (workspace.out / Path(file).name, workspace.folder / file):
        picture = cv2.imread(str(path)) if path.is_file() else None
        if picture is not None:
            scale = 200 / picture.shape[0]
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
            return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" if done else ""
    return ""


def _csp(text: str) -> str:
    """The hash by which a Content-Security-Policy allows exactly this inline text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
