"""A slide as a still shows it: the paper, what is written on it, and the small picture of who speaks.

An image is (height, width, 3), BGR; boxes are x, y, width and height in shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.picture.boxes import outward
from tools.picture.stills import cropped
from tools.schema import Box, Face, Frame

if TYPE_CHECKING:
    from tools.media.frames import Image

PAPER, NEAR = 0.5, 14
"""Share of a picture that is one colour where it is a slide, and levels, of 255, within which colours are one."""
TRIM, FOOT = 0.04, 0.1
"""Depth of a trim along an edge, and of the lowest part in which small letters are a footer."""
SMALL = 0.035
"""Height of a footer's letters, of the frame's, at most."""
SPECK = 0.0004
"""Share of a picture under which something on the paper is a speck."""
LINE = 0.65
"""Share of a side of a small picture along which its edge is seen."""
LARGEST = 0.25
"""Share of a slide that a small picture of a speaker takes at most."""


class Slide(NamedTuple):
    paper: str
    content: Box
    inset: Box | None


def slide(image: Image, frame: Frame) -> Slide | None:
    """What a still shows of a slide; None where no one colour is most of it, or nothing stands on it."""
    image = _small(image)
    paper = _paper(image)
    if paper is None:
        return None
    other = np.abs(image.astype(np.int16) - paper).max(axis=2) > 2 * NEAR
    inset = next((box for face in frame.faces if (box := _inset(other, face)) is not None), None)
    content = _content(other, inset)
    b, g, r = (int(value) for value in paper)
    return Slide(f"#{r:02x}{g:02x}{b:02x}", content, inset) if content else None


def seen(image: Image, frame: Frame) -> Frame:
    """The frame with what it shows of a slide."""
    area = frame.picture
    if area is None:
        found = slide(image, frame)
        return frame.model_copy(update=found._asdict()) if found else frame
    found = slide(cropped(image, area), _in(frame, area))
    if found is None:
        return frame
    return frame.model_copy(
        update={
            "paper": found.paper,
            "content": outward(found.content, area),
            "inset": found.inset and outward(found.inset, area),
        }
    )


def _in(frame: Frame, area: Box) -> Frame:
    """The faces of a frame in shares of a part of it."""
    x, y, w, h = area
    faces = [
        each.model_copy(update={"x": (each.x - x) / w, "y": (each.y - y) / h, "w": each.w / w, "h": each.h / h})
        for each in frame.faces
    ]
    return frame.model_copy(update={"faces": tuple(faces)})


def _small(image: Image) -> Image:
    scale = min(1.0, 640 / image.shape[1])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _paper(image: Image) -> NDArray[np.int16] | None:
    """The commonest colour, blue, green, red, where it takes ``PAPER`` of the picture."""
    coarse = (image.reshape(-1, 3) >> 3).astype(np.int32)
    counted = np.bincount(coarse[:, 0] << 10 | coarse[:, 1] << 5 | coarse[:, 2], minlength=1 << 15)
    top = int(counted.argmax())
    middle = np.array([top >> 10, top >> 5 & 31, top & 31], np.int16) * 8 + 4
    near = np.abs(image.reshape(-1, 3).astype(np.int16) - middle).max(axis=1) <= NEAR
    if float(near.mean()) < PAPER:
        return None
    return np.median(image.reshape(-1, 3)[near], axis=0).astype(np.int16)


def _inset(other: NDArray[np.bool_], face: Face) -> Box | None:
    """The rectangle around a face outside which there is paper: it grows from the face while its sides lie in a picture."""
    high, wide = other.shape
    left, top = round(face.x * wide), round(face.y * high)
    right, bottom = round((face.x + face.w) * wide), round((face.y + face.h) * high)
    for _ in range(4 * max(high, wide)):
        before = left, top, right, bottom
        if left > 0 and other[top:bottom, left - 1].mean() > 1 - LINE:
            left -= 1
        if right < wide and other[top:bottom, right].mean() > 1 - LINE:
            right += 1
        if top > 0 and other[top - 1, left:right].mean() > 1 - LINE:
            top -= 1
        if bottom < high and other[bottom, left:right].mean() > 1 - LINE:
            bottom += 1
        if before == (left, top, right, bottom):
            break
    area = (right - left) * (bottom - top) / (wide * high)
    filled = float(other[top:bottom, left:right].mean()) if right > left and bottom > top else 0.0
    reaches_far = left == 0 and right == wide or top == 0 and bottom == high
    if area > LARGEST or area < 1.5 * face.w * face.h or filled < LINE or reaches_far:
        return None
    return _shares((left, top, right, bottom), wide, high)


def _content(other: NDArray[np.bool_], inset: Box | None) -> Box | None:
    """The box of what stands on the paper, without trims along the edges, footers, specks and ``inset``."""
    high, wide = other.shape
    mask = other.copy()
    if inset:
        x, y, w, h = inset
        mask[
            max(0, int(y * high) - 3) : int((y + h) * high) + 4, max(0, int(x * wide) - 3) : int((x + w) * wide) + 4
        ] = False
    joined = cv2.dilate(mask.astype(np.uint8), np.ones((5, 15), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    kept = [_box(stats[n]) for n in range(1, count) if stats[n][cv2.CC_STAT_AREA] >= SPECK * wide * high]
    kept = [box for box in kept if not _trim(box, wide, high) and not _footer(box, high)]
    if not kept:
        return None
    return _shares(
        (min(b[0] for b in kept), min(b[1] for b in kept), max(b[2] for b in kept), max(b[3] for b in kept)), wide, high
    )


def _box(row: Sequence[int]) -> tuple[int, int, int, int]:
    x, y, w, h = (int(row[n]) for n in (cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    return x, y, x + w, y + h


def _trim(box: tuple[int, int, int, int], wide: int, high: int) -> bool:
    left, top, right, bottom = box
    beside = (left <= 1 or right >= wide - 1) and right - left <= TRIM * wide + 15
    across = (top <= 1 or bottom >= high - 1) and bottom - top <= TRIM * high + 5
    return beside or across


def _footer(box: tuple[int, int, int, int], high: int) -> bool:
    return box[1] >= (1 - FOOT) * high and box[3] - box[1] <= SMALL * high + 5


def _shares(box: tuple[int, int, int, int], wide: int, high: int) -> Box:
    left, top, right, bottom = box
    return (
        round(left / wide, 4),
        round(top / high, 4),
        round((right - left) / wide, 4),
        round((bottom - top) / high, 4),
    )
