"""Boxes of a frame, in shares of it: around others, in the middle of them, and on whole pixels of a shape's proportions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.schema import Box, Source


def middle_of(boxes: Sequence[Box]) -> Box:
    x, y, w, h = (round(float(np.median([box[n] for box in boxes])), 4) for n in range(4))
    return x, y, w, h


def union(boxes: Sequence[Box]) -> Box:
    left, top = (min(box[n] for box in boxes) for n in (0, 1))
    right, bottom = (max(box[n] + box[n + 2] for box in boxes) for n in (0, 1))
    return left, top, right - left, bottom - top


def inside(box: Box, area: Box) -> Box:
    """What of a box lies in ``area``, in shares of that."""
    left, top = (min(max((box[n] - area[n]) / area[n + 2], 0.0), 1.0) for n in (0, 1))
    right, bottom = (min(max((box[n] + box[n + 2] - area[n]) / area[n + 2], 0.0), 1.0) for n in (0, 1))
    return left, top, right - left, bottom - top


def outward(box: Box, area: Box) -> Box:
    """A box in shares of ``area``, in shares of the frame."""
    x, y, w, h = area
    return round(x + box[0] * w, 6), round(y + box[1] * h, 6), round(box[2] * w, 6), round(box[3] * h, 6)


def exact(source: Source, box: Box, target: float) -> Box:
    """A box inside the frame on even pixels, with the shape's proportions to the pixel, as shares again."""
    wide, tall = source.width // 2 * 2, source.height // 2 * 2
    if wide < 16 or tall < 16:
        return (0.0, 0.0, 1.0, 1.0)
    height = min(tall, even(box[3] * source.height))
    width = min(wide, even(height * target))
    height = min(tall, even(width / target)) if width == wide else height
    x = min(max(0, even(box[0] * source.width)), wide - width)
    y = min(max(0, even(box[1] * source.height)), tall - height)
    return (
        round(x / source.width, 6),
        round(y / source.height, 6),
        round(width / source.width, 6),
        round(height / source.height, 6),
    )


def even(value: float) -> int:
    return round(value / 2) * 2
