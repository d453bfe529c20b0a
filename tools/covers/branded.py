"""A run's brand on a cut: what of the written words and of the pictures it takes, and the files that are burned in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from tools.brand import banned, shelf
from tools.covers.composition import compose
from tools.covers.lettering import strongest
from tools.picture import dressing
from tools.picture.dressing import Worn
from tools.rendering.burned import Area, blank
from tools.schema import Copies, Covers, CutList, Observation, Piece, Shape
from tools.workspace import Workspace

LOOKED = 6
"""Pictures of each framing under which a logo is looked for."""


class Looks(NamedTuple):
    """What is drawn over the picture: names of ASS files in the run folder, and the brand that it wears."""

    captions: dict[Shape, str | None]
    burned: dict[Shape, str | None]
    """Captions, and what the brand writes."""
    worn: Worn | None = None


def wear(
    workspace: Workspace,
    cut: CutList,
    pieces: dict[Shape, tuple[Piece, ...]],
    observation: Observation | None,
    avoid: dict[Shape, list[Area]],
) -> Worn | None:
    """The run's brand on the cut; None where it wears none.  ``avoid`` is what its words keep off."""
    laid = shelf.of_run(workspace)
    if laid is None:
        return None
    transcript = workspace.transcript
    under = {shape: _seen(workspace, each, cut, observation, shape) for shape, each in pieces.items()}
    hook = title_of(workspace, cut, laid.brand.words.banned)
    language = transcript.language if transcript else "en"
    return dressing.wear(workspace, cut, list(pieces), hook, language, avoid, under, observation)


def _seen(
    workspace: Workspace, pieces: Sequence[Piece], cut: CutList, observation: Observation | None, shape: Shape
) -> list[dressing.Pixels]:
    """A picture of each framing as the promo will show it."""
    source, found = workspace.source, []
    for piece in pieces:
        first, last = (float(n / cut.fps) for n in (piece.first_frame, piece.first_frame + piece.frames))
        frames = [f for f in (observation.frames if observation else ()) if first - 0.25 <= f.at <= last + 0.25]
        for frame in frames[:: max(1, len(frames) // LOOKED)]:
            image = cv2.imread(str(workspace.folder / frame.file))
            if image is not None:
                found.append(compose(np.asarray(image, np.uint8), frame, piece.framing, source, shape)[0])
    return found


def title_of(workspace: Workspace, cut: CutList, never: Sequence[str]) -> str:
    """The hook for the picture: that of the cover where it has one, else the strongest that rests on the cut; empty without any."""
    covers = workspace.load("covers.json", Covers) or Covers(plan="")
    copies = workspace.load("copies.json", Copies) or Copies()
    there = {each for clip in cut.clips for each in clip.ids}
    lettered = [cover.hook for cover in covers.covers if covers.plan == cut.id and cover.hook]
    hooks = [line.text for copy in copies.copies for line in copy.hooks if set(line.evidence) <= there]
    return next((text for text in (*lettered, *strongest(hooks, ())) if not banned.held(text, never)), "")


def branded(
    workspace: Workspace, cut: CutList, captions: dict[Shape, str | None], worn: Worn | None
) -> dict[Shape, str | None]:
    """What is burned in, by shape: captions, and over them what the brand writes."""
    if worn is None:
        return captions
    found: dict[Shape, str | None] = {}
    for shape, name in captions.items():
        text = (workspace.folder / name).read_text("utf-8") if name else blank(shape).to_string("ass")
        found[shape] = f"branded_{cut.id}_{shape}.ass"
        workspace.write(str(found[shape]), worn.burned(text, shape).encode())
    return found


def bare(workspace: Workspace, cut: CutList, worn: Worn | None, shapes: Sequence[Shape]) -> dict[Shape, str | None]:
    """For masters without captions: the words of an end card alone."""
    if worn is None or not cut.card:
        return {}
    for shape in shapes:
        workspace.write(f"bare_{cut.id}_{shape}.ass", worn.bare(shape).encode())
    return {shape: f"bare_{cut.id}_{shape}.ass" for shape in shapes}
