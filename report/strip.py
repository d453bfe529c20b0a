"""What a timeline shows, as shares of its width in percent: pictures, shots, loudness, speech, picks and near misses."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.schema import Candidate, Clip, Frame, Observation, Sentence, Shot, Source
from tools.workspace import Workspace

WIDE = 1200
"""Units of the drawn curves' width; one for each pixel of a wide window."""
STRIP = 24
"""Pictures in the filmstrip at most."""
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between two marks of the clock."""
NEAR = 8
"""Near misses that are drawn."""


def strip(
    workspace: Workspace, clips: Sequence[Clip], misses: Sequence[Candidate], ranked: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Everything that is drawn of one video."""
    source, observation = workspace.source, workspace.observation or Observation()
    sentences = transcript.sentences if (transcript := workspace.transcript) else ()
    return {
        "wide": WIDE,
        "film": film(observation, workspace),
        "shots": [share(shot.start, source) for shot in observation.shots[1:]],
        "wave": wave(workspace),
        "speech": [_span(s.start, s.end, source) for s in sentences],
        "picks": [(*_span(c.start, c.end, source), c) for c in clips],
        "rest": rest(clips, source),
        "near": near(misses, (*sentences, *observation.shots), source),
        "relevance": relevance(ranked, sentences, source),
        "ticks": ticks(source.duration),
    }


def share(at: float, source: Source) -> float:
    """Percent of the source's length."""
    return round(100 * min(1.0, at / source.duration), 3) if source.duration else 0.0


def _span(start: float, end: float, source: Source) -> tuple[float, float]:
    left = share(start, source)
    return left, max(0.1, round(share(end, source) - left, 3))


def rest(clips: Sequence[Clip], source: Source) -> list[tuple[float, float]]:
    """Left edge and width of what lies between the picks."""
    at, found = 0.0, []
    for clip in sorted(clips, key=lambda clip: clip.start):
        if clip.start > at:
            found.append(_span(at, clip.start, source))
        at = max(at, clip.end)
    return [*found, _span(at, source.duration, source)] if at < source.duration else found


def near(
    misses: Sequence[Candidate], known: Sequence[Sentence | Shot], source: Source
) -> list[tuple[float, float, Candidate]]:
    """Left edge, width and candidate of the best passages that were left out; ``known`` are the video's sentences and shots."""
    there = {each.id: each for each in known}
    found = []
    for miss in misses[:NEAR]:
        said = [there[name] for name in miss.ids if name in there]
        if said:
            found.append((*_span(said[0].start, said[-1].end, source), miss))
    return found


def ticks(duration: float) -> list[tuple[float, str]]:
    """Percent and clock of at most eleven round marks; none at the very end, where half of it would be cut off."""
    if duration <= 0:
        return []
    step = next((each for each in TICKS if duration / each <= 10), TICKS[-1])
    return [
        (100 * at / duration, f"{at // 60}:{at % 60:02d}")
        for at in range(0, int(duration) + 1, step)
        if at < 0.97 * duration
    ]


def film(observation: Observation, workspace: Workspace) -> list[tuple[float, float, str]]:
    """Left edge, width and picture of each still of the strip, evenly spread."""
    frames = sorted(observation.frames, key=lambda f: f.at)
    if not frames:
        return []
    count = min(STRIP, len(frames))

    def nearest(at: float) -> Frame:
        return min(frames, key=lambda frame: abs(frame.at - at))

    chosen = [nearest((n + 0.5) * workspace.source.duration / count) for n in range(count)]
    return [(n * 100 / count, 100 / count, thumbnail(workspace, frame)) for n, frame in enumerate(chosen)]


def wave(workspace: Workspace) -> str:
    """An SVG path of loudness over ``WIDE`` units, mirrored about y = 0, at most 24 units high each way."""
    if not workspace.audio.exists():
        return ""
    from tools.media import levels

    heard = levels.read(workspace.audio)
    if not len(heard):
        return ""
    step = max(1, len(heard) // WIDE)
    peaks = [max(0.0, (float(heard[n : n + step].max()) + 60) / 60) for n in range(0, len(heard) - step + 1, step)]
    scale = WIDE / max(1, len(peaks))
    top = " ".join(f"L{n * scale:.1f} {-1 - 23 * peak:.1f}" for n, peak in enumerate(peaks))
    back = " ".join(f"L{n * scale:.1f} {1 + 23 * peak:.1f}" for n, peak in reversed(list(enumerate(peaks))))
    return f"M0 0 {top} {back} Z"


def relevance(candidates: Sequence[dict[str, Any]], sentences: Sequence[Sentence], source: Source) -> str:
    """Points of a line in a box of ``WIDE`` by 28: the best score of any passage over each sentence."""
    best: dict[str, float] = {}
    for row in candidates:
        for i in row["ids"]:
            best[i] = max(best.get(i, 0.0), row["score"])
    return " ".join(
        f"{WIDE * share((s.start + s.end) / 2, source) / 100:.1f},{26 - 24 * min(1.0, best[s.id]):.1f}"
        for s in sentences
        if s.id in best
    )


def thumbnail(workspace: Workspace, frame: Frame) -> str:
    """A still as a data URI, 120 pixels wide; a page of 24 stays under 100 KB."""
    return picture(workspace.folder / frame.file, width=120, quality=70)


def picture(path: Path, *, width: int = 0, height: int = 0, quality: int = 80) -> str:
    """A picture as a data URI of that width or height in pixels; empty where it can't be read."""
    import cv2

    seen = cv2.imread(str(path)) if path.is_file() else None
    if seen is None:
        return ""
    scale = width / seen.shape[1] if width else height / seen.shape[0]
    size = (max(1, round(seen.shape[1] * scale)), max(1, round(seen.shape[0] * scale)))
    done, data = cv2.imencode(
        ".jpg", cv2.resize(seen, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" if done else ""
