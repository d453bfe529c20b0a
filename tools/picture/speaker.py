"""Which of the faces in a shot is the one that speaks: by how much its mouth moves, and whether it moves with the sound.

Works on boxes of faces from any engine: what is measured is the picture in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.schema import Box, Seconds

if TYPE_CHECKING:
    from tools.media.frames import Image

SIDE = 72
"""Pixels of a face's patch."""
MOUTH = (slice(44, 66), slice(20, 52))
"""Rows and columns of a patch that hold the mouth."""
REST = (slice(6, 38), slice(12, 60))
"""Those of eyes and forehead: what moves there too is the head, the camera or noise."""

LEAST = 0.01
"""Mouth motion, in deviations of the face's own luma a frame, below which nobody is seen to speak.

Of nine faces in seven videos the four that speak were 0.014 to 0.031, the five that do not 0 to 0.006."""
LEAD = 1.6
"""How many times the next one's a speaker's must be."""


def speaker(parts: Sequence[Sequence[float]]) -> int | None:
    """The number of the face that speaks, from the ``activity`` of each face in each part of a shot; None where none stands out.

    Nor does one where another stands out in some part: people who answer one another are shown together.
    """
    whole = clear([sum(scores) / len(parts) for scores in zip(*parts, strict=True)])
    others = {found for scores in parts if (found := clear(scores)) is not None}
    return whole if others <= {whole} else None


def clear(scores: Sequence[float]) -> int | None:
    """Which of the scores is that of a speaker, and clearly above the others."""
    order = sorted(range(len(scores)), key=lambda n: -scores[n])
    if not order or scores[order[0]] < LEAST:
        return None
    return order[0] if len(order) == 1 or scores[order[0]] >= LEAD * scores[order[1]] else None


def activity(pictures: Sequence[tuple[Seconds, Image]], face: Box, levels: NDArray[np.float32] | None = None) -> float:
    """How much a mouth moves beyond what the face around it does; up to twice that where it moves with the sound.

    ``pictures`` are times and BGR images of one shot, in order, a tenth of a second apart or so; ``face`` is a box in
    shares of the frame; ``levels`` is dBFS for each 10 ms of the source.
    """
    if len(pictures) < 4:
        return 0.0
    patches = [_patch(image, face) for _, image in pictures]
    moved = np.array([_moved(one, two) for one, two in zip(patches, patches[1:], strict=False)])
    middles = [(one[0] + two[0]) / 2 for one, two in zip(pictures, pictures[1:], strict=False)]
    return float(moved.mean()) * (1 + max(0.0, _with_sound(moved, middles, levels)))


def _patch(image: Image, face: Box) -> NDArray[np.float32]:
    """A face and a little around it: grey, ``SIDE`` pixels square, of mean 0 and deviation 1."""
    height, width = image.shape[:2]
    x, y, w, h = face
    left, right = int((x - 0.1 * w) * width), int((x + 1.1 * w) * width)
    top, bottom = int((y - 0.05 * h) * height), int((y + 1.1 * h) * height)
    part = image[max(0, top) : max(bottom, top + 2), max(0, left) : max(right, left + 2)]
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray((small - small.mean()) / max(8.0, float(small.std())), np.float32)


def _moved(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    """How much more the mouth differs between two patches than the rest of the face, once the head's own motion is undone."""
    window = cv2.createHanningWindow((SIDE, SIDE), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(one, two, window)
    if abs(dx) > SIDE / 8 or abs(dy) > SIDE / 8:
        return 0.0
    back = cv2.warpAffine(
        two, np.array([[1, 0, -dx], [0, 1, -dy]], np.float32), (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE
    )
    apart = np.abs(one - back)
    return max(0.0, float(apart[MOUTH].mean() - apart[REST].mean()))


def _with_sound(moved: NDArray[np.float64], times: Sequence[Seconds], levels: NDArray[np.float32] | None) -> float:
    """Correlation of motion and loudness, -1 to 1; 0 where either is steady."""
    if levels is None or not len(levels):
        return 0.0
    loud = np.array(
        [
            np.clip(levels[max(0, int(at * 100) - 8) : int(at * 100) + 9], -60, 0).mean()
            if at * 100 < len(levels)
            else -60
            for at in times
        ]
    )
    if loud.std() < 1.0 or moved.std() < 1e-4:
        return 0.0
    return float(np.corrcoef(moved, loud)[0, 1])
