"""Whether a face is caught with its eyes shut or its mouth mid-word, against what is usual for the person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.picture.people import same_place
from tools.schema import Face, Frame

ENOUGH = 5
"""Stills of a person from which there is something usual."""
OPEN, USUAL_LIDS = 0.75, 0.19
"""Part of the usual distance of the lids under which eyes are shut; and that distance where a person was seen too seldom."""
WIDE, USUAL_MOUTH = 0.08, 0.2
"""How much wider than usual a mouth is mid-word, and what is usual then."""
SMILE = 0.6
"""A smile from which an open mouth is a laugh."""
SMALL = 0.12
"""Height of a face, of the frame's, under which nobody sees its eyes."""
SHUT, MID_WORD = "closed eyes", "mid-word"
"""The gates of such stills."""


def composed(frames: Sequence[Frame]) -> list[Frame]:
    """The frames, those with shut eyes or an open mouth gated, where an engine has measured lids and lips."""
    return [_gated(frame, [other for other in frames if _told(other)]) for frame in frames]


def _told(frame: Frame) -> bool:
    return bool(frame.faces) and frame.faces[0].lids is not None


def _gated(frame: Frame, others: Sequence[Frame]) -> Frame:
    if not _told(frame) or frame.faces[0].h < SMALL:
        return frame
    face, own = frame.faces[0], _own(frame, others)
    lids = _usual([each.lids for each in own], USUAL_LIDS)
    mouth = _usual([each.mouth for each in own], USUAL_MOUTH)
    shut = (face.lids or 0.0) < OPEN * lids
    wide = (face.mouth or 0.0) > mouth + WIDE and (face.smile or 0.0) < SMILE
    kept = tuple(gate for gate in frame.gates if gate not in (SHUT, MID_WORD))
    gates = (*kept, *((SHUT,) if shut else ()), *((MID_WORD,) if wide else ()))
    eyes = float(np.interp((face.lids or 0.0) / lids, [0.5, OPEN, 1.0], [0.0, 0.35, 1.0]))
    seen = (face.model_copy(update={"eyes_open": round(eyes, 2)}), *frame.faces[1:])
    return frame.model_copy(update={"gates": gates, "faces": seen})


def _own(frame: Frame, others: Sequence[Frame]) -> list[Face]:
    """The same person's faces: of the shot, or where that has few, all that are in the same place."""
    mine = [other for other in others if other.shot == frame.shot]
    near = mine if len(mine) >= ENOUGH else others
    return [other.faces[0] for other in near if same_place(other.faces[0], frame.faces[0])]


def _usual(values: Sequence[float | None], otherwise: float) -> float:
    found = [value for value in values if value is not None]
    return float(np.median(found)) if len(found) >= ENOUGH else otherwise
