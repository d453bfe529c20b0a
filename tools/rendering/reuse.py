"""Clips rendered before, by what is seen in them: a revision encodes only what changed and copies the rest.

Every promo has a key frame where a clip begins, so a clip's packets can be taken out whole and laid behind another's.
What a run may take was laid beside it before it began, so that a run done again makes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.files.whole import fingerprint
from tools.rendering import graph
from tools.rendering.branding import WORDS
from tools.schema import CutList, Noun, Piece, Shape, Source
from tools.words.cues import Track
from tools.workspace import Workspace

FOLDER = ".clips"
"""Of a run folder; holds promos of the versions before and the list of what is in them."""
LIST = "clips.json"
MOST = 12
"""Promos of earlier versions that are kept: four versions in three shapes."""


class Stretch(Noun):
    """Where a clip lies in a promo."""

    file: str
    """A name in the run folder."""
    first: int
    frames: int


class Kept(Noun):
    """Rendered clips by key."""

    clips: dict[str, Stretch] = {}


def key(
    source: Source,
    cut: CutList,
    number: int,
    pieces: Sequence[Piece],
    shape: Shape,
    track: Track,
    burned: str | None,
    mark: str = "",
) -> str:
    """What decides every pixel of a clip in a shape: the source's frames, the framing, the words burned in, the encoding."""
    rate, clip = cut.fps, cut.clips[number]
    begin = cut.starts()[number]
    start, end = float(begin / rate), float((begin + clip.frames) / rate)
    framed = [
        (piece.first_frame, piece.frames, piece.framing.model_dump(mode="json", exclude={"reason"}))
        for piece in graph.merge(sorted((p for p in pieces if p.clip == clip.label), key=lambda p: p.first_frame), clip)
    ]
    told: list[object] = []
    if burned:
        # Times are the words' own: those of ASS are whole hundredths of the promo's clock, and move with the clip.
        told = [
            (word.text, round(word.start - start, 3), round(word.end - start, 3))
            for word in track.words
            if start <= (word.start + word.end) / 2 < end
        ]
        import pysubs2

        file = pysubs2.SSAFile.from_string(burned)
        told += [
            (event.text, repr(file.styles.get(event.style)), *_timed(event, start))
            for event in file
            if start * 1000 - 10 <= (event.start + event.end) / 2 < end * 1000
        ]
    there = [source.sha256, cut.rate, clip.first_frame, clip.frames, clip.held, shape]
    what = [*there, framed, told, bool(burned), graph.encoding(rate, 0), *([mark] if mark else [])]
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _timed(event: Any, start: float) -> tuple[int, ...]:
    """When a brand's words come and go within a clip, in milliseconds; what captions do is told by their words."""
    begin = round(start * 1000)
    return (event.start - begin, event.end - begin) if event.style == WORDS else ()


def keys(
    source: Source,
    cut: CutList,
    pieces: Mapping[Shape, Sequence[Piece]],
    track: Track,
    burned: Mapping[Shape, str | None],
    marks: Mapping[Shape, str] | None = None,
) -> dict[Shape, list[str]]:
    """A key for each clip in each shape; ``burned`` are texts of ASS, ``marks`` say which logo lies where."""
    return {
        shape: [
            key(source, cut, n, pieces[shape], shape, track, burned.get(shape), (marks or {}).get(shape, ""))
            for n in range(len(cut.clips))
        ]
        for shape in pieces
    }


def found(workspace: Workspace, named: Mapping[Shape, Sequence[str]]) -> dict[Shape, list[Stretch | None]]:
    """For each clip in each shape what was rendered before; None where nothing was."""
    there = workspace.load(f"{FOLDER}/{LIST}", Kept) or Kept()
    return {
        shape: [
            stretch if (stretch := there.clips.get(one)) and (workspace.folder / stretch.file).is_file() else None
            for one in each
        ]
        for shape, each in named.items()
    }


def note(workspace: Workspace, cut: CutList, named: Mapping[Shape, Sequence[str]]) -> None:
    """List what the promos of this run hold, for the runs that revise it."""
    before = workspace.load(LIST, Kept) or workspace.load(f"{FOLDER}/{LIST}", Kept) or Kept()
    fresh: dict[str, Stretch] = {}
    replaced = {f"out/promo_{shape}.mp4" for shape in named}
    for shape, each in named.items():
        for clip, one, first in zip(cut.clips, each, cut.starts(), strict=True):
            fresh[one] = Stretch(file=f"out/promo_{shape}.mp4", first=first, frames=clip.frames)
    old = {one: stretch for one, stretch in before.clips.items() if stretch.file not in replaced and one not in fresh}
    workspace.save(LIST, Kept(clips={**fresh, **old}))


def carried(old: Workspace) -> tuple[dict[Path, str], Kept]:
    """For a run that revises ``old``: which files to lay into its folder under which names, and the list that goes with them."""
    known = old.load(LIST, Kept) or old.load(f"{FOLDER}/{LIST}", Kept) or Kept()
    files: dict[Path, str] = {}
    clips: dict[str, Stretch] = {}
    for one, stretch in known.clips.items():  # the newest come first
        path = old.folder / stretch.file
        if path not in files:
            if len(files) == MOST or not path.is_file():
                continue
            files[path] = f"{FOLDER}/{fingerprint(path)[:16]}.mp4"
        clips[one] = stretch.model_copy(update={"file": files[path]})
    return files, Kept(clips=clips)


def moved(text: str, cut: CutList, numbers: Sequence[int]) -> str:
    """ASS of a promo as that of only the clips ``numbers``, one after another."""
    import pysubs2

    rate, file = cut.fps, pysubs2.SSAFile.from_string(text)
    shown, done = [], 0
    for number in numbers:
        begin, frames = cut.starts()[number], cut.clips[number].frames
        low, high = float(begin / rate) * 1000, float((begin + frames) / rate) * 1000
        by = round(float((done - begin) / rate) * 1000)
        done += frames
        for event in file:
            if low - 10 <= (event.start + event.end) / 2 < high:
                again = event.copy()
                again.start, again.end = max(0, event.start + by), event.end + by
                shown.append(again)
    if cut.card:
        low, by = float(cut.frames / rate) * 1000, round(float((done - cut.frames) / rate) * 1000)
        for event in file:
            if (event.start + event.end) / 2 >= low:
                again = event.copy()
                again.start, again.end = max(0, event.start + by), event.end + by
                shown.append(again)
    file.events = shown
    return file.to_string("ass")
