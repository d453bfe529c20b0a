"""A finished promo on a sheet: a still of each clip as it was rendered, and the frames on either side of each join."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tools.media import facts
from tools.media.frames import grab
from tools.media.process import ProcessFailed
from tools.schema import CutList, Shape, Transcript
from tools.words.cues import tracks
from tools.workspace import Workspace

if TYPE_CHECKING:
    from tools.media.frames import Image

LARGE: dict[Shape, int] = {"16x9": 480, "9x16": 480, "1x1": 360}
"""Pixels of the longer side of a clip's still, with captions to be read; about the same number of pixels in every shape."""
SMALL = 288
"""The same of a still beside a join."""
ACROSS = 4
"""Stills in a row at most."""
ASIDE = 2
"""Frames on either side of a join."""


def sheets(workspace: Workspace, cut: CutList, name: str) -> list[tuple[str, str]]:
    """What to say of each sheet, and its file in the run folder, made once under ``name``: each shape's clips, and the joins of the first.

    Nothing where the promos are not in the folder.
    """
    shapes = [shape for shape in SHAPES if (workspace.out / f"promo_{shape}.mp4").is_file()]
    labels = [clip.label for clip in cut.clips]
    told = [(f"promo {shape}, a still of each clip {', '.join(labels)}:", f"{name}-{shape}.jpg") for shape in shapes]
    for shape, (_, file) in zip(shapes, told, strict=True):
        _once(workspace, shape, file, middles(cut, workspace.transcript), LARGE[shape])
    if shapes and len(labels) > 1:
        joins = ", ".join(f"{one}|{two}" for one, two in zip(labels, labels[1:], strict=False))
        told.append((f"promo {shapes[0]}, the frames before and after each join {joins}:", f"{name}-joins.jpg"))
        _once(workspace, shapes[0], told[-1][1], beside(cut), SMALL, 2)
    return [(text, f"frames/{file}") for text, file in told if (workspace.frames / file).is_file()]


SHAPES: tuple[Shape, ...] = ("16x9", "9x16", "1x1")


def middles(cut: CutList, transcript: Transcript | None) -> list[float]:
    """Seconds of the promo about the middle of each clip, where a word of it is spoken if any is, so that its caption is seen."""
    spoken = [(word.start + word.end) / 2 for word in tracks(cut, transcript).words]
    found = []
    for clip, begins in zip(cut.clips, cut.starts(), strict=True):
        first, last = (float(frame / cut.fps) for frame in (begins, begins + clip.frames))
        middle = (first + last) / 2
        found.append(min((at for at in spoken if first <= at < last), key=lambda at: abs(at - middle), default=middle))
    return found


def beside(cut: CutList) -> list[float]:
    """Seconds of the promo right before and right after each join."""
    return [float((begins + step) / cut.fps) for begins in list(cut.starts())[1:] for step in (-ASIDE, ASIDE)]


def _once(workspace: Workspace, shape: Shape, file: str, times: Sequence[float], size: int, together: int = 1) -> None:
    if (workspace.frames / file).is_file():
        return
    stills = list(_stills(workspace.out / f"promo_{shape}.mp4", times, size))
    if stills:
        data = cv2.imencode(".jpg", _laid(stills, together), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        workspace.write(f"frames/{file}", data)


def _stills(promo: Path, times: Sequence[float], size: int) -> list[Image]:
    source = facts.probe(promo, promo.name, "made here")
    try:
        return [grab(promo, source, min(at, max(0.0, source.duration - 0.1)), size) for at in times]
    except ProcessFailed:
        return []


def _laid(stills: Sequence[Image], together: int) -> Image:
    """The stills in rows, in order; so many ``together`` are never parted."""
    height, width = stills[0].shape[:2]
    rows = -(-len(stills) // ACROSS)
    across = -(-len(stills) // (rows * together)) * together
    sheet = np.full((rows * (height + 4), across * (width + 4), 3), 255, np.uint8)
    for n, image in enumerate(stills):
        top, left = n // across * (height + 4), n % across * (width + 4)
        sheet[top : top + height, left : left + width] = image[:height, :width]
    return sheet
