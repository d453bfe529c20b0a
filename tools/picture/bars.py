"""Bars of one colour that are burned into a picture, above and below it or at its sides: what is within them is the picture.

An image is (height, width, 3), BGR; boxes are x, y, width and height in shares of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.picture.boxes import union
from tools.schema import Box, Frame

if TYPE_CHECKING:
    from tools.media.frames import Image

SIDE = 360
"""Pixels of the longer side at which bars are looked for."""
NEAR, OTHER = 10, 20
"""Levels, of 255, within which a bar is one colour, and from which what is beside it is another."""
ALONG, FIRM = 0.98, 0.5
"""Share of a bar's line that is its colour, and of the first line within it that is not: a slide's margin ends in letters here and
there, a bar along a whole edge."""
LEAST, MOST = 0.01, 0.4
"""Depth of a bar, of the frame's side."""
EVEN = 0.02
"""By how much two opposite bars differ in depth, of the frame's side."""
DARK = 24
"""Levels up to which a bar is black and may stand on one side alone."""
SOFT = 2
"""Lines in which a bar goes over into the picture."""
DIM = 30.0
"""Mean luma of a still that tells nothing of bars where it shows none."""

Lines = NDArray[np.int16]


def within(image: Image) -> Box | None:
    """The picture within its bars; None without any."""
    scale = min(1.0, SIDE / max(image.shape[:2]))
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.int16)
    top, bottom = _pair(small)
    left, right = _pair(small[top : len(small) - bottom].swapaxes(0, 1))
    if left + right and not top + bottom:  # a corner of both: the rows are not whole until the sides are off
        top, bottom = _pair(small[:, left : small.shape[1] - right])
    if not (top or bottom or left or right):
        return None
    high, wide = small.shape[:2]
    x, y, right, bottom = (
        n / side for n, side in ((left, wide), (top, high), (wide - right, wide), (high - bottom, high))
    )
    return round(x, 4), round(y, 4), round(right - x, 4), round(bottom - y, 4)


def common(looked: Sequence[Frame]) -> Box | None:
    """What lies within the bars of a shot, as most of its stills show them, and no less than any of these shows; None without bars."""
    found = [frame.picture for frame in looked if frame.picture]
    telling = [frame for frame in looked if frame.picture or frame.exposure >= DIM]
    return union(found) if found and 2 * len(found) > len(telling) else None


def _pair(lines: Lines) -> tuple[int, int]:
    """Depths of the bars at the first and at the last of the lines; 0 for none."""
    first, last = _depth(lines), _depth(lines[::-1])
    if not first and not last:
        return 0, 0
    colours = [_colour(side[0]) for side in (lines, lines[::-1])]
    alike = int(np.abs(colours[0] - colours[1]).max()) <= NEAR and abs(first - last) <= EVEN * len(lines)
    if first and last and alike:
        return first, last
    black = [int(colour.max()) <= DARK for colour in colours]
    return first if black[0] else 0, last if black[1] else 0


def _depth(lines: Lines) -> int:
    """Lines, from the first on, that are a bar with a firm edge, and ``SOFT`` ones at it; 0 for none."""
    colour = _colour(lines[0])
    if float((np.abs(lines[:2] - colour).max(axis=2) <= NEAR).mean()) < ALONG:
        return 0
    most = round(MOST * len(lines))
    apart = np.abs(lines[: most + 2 * SOFT + 2] - colour).max(axis=2)
    one = (apart[: most + 1] <= NEAR).mean(axis=1) >= ALONG
    depth = int(np.argmin(one)) if not one.all() else 0
    edge = apart[depth : depth + SOFT + 1]
    firm = depth >= max(2, LEAST * len(lines)) and float((edge.max(axis=0) > OTHER).mean()) >= FIRM
    return depth + _soft(apart, depth) if firm else 0


def _soft(apart: NDArray[np.int16], depth: int) -> int:
    """Lines at a bar's edge that are less of a picture than those within."""
    inner = float(np.median(apart[depth + SOFT : depth + 2 * SOFT + 1]))
    return next((n for n in range(SOFT) if float(np.median(apart[depth + n])) >= 0.8 * inner), SOFT)


def _colour(line: Lines) -> Lines:
    return np.asarray(np.median(line, axis=0), np.int16)
