"""A still laid into a cover of its shape: cropped, split, on a quiet ground, small enough to be published."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from tools.picture.boxes import exact
from tools.picture.stills import cropped, encode
from tools.rendering import placing
from tools.schema import Box, Frame, Framing, Shape, Source

if TYPE_CHECKING:
    from tools.media.frames import Image

SIZES: Final[dict[Shape, tuple[int, int]]] = {"16x9": (1280, 720), "9x16": (1080, 1920), "1x1": (1080, 1080)}
"""Width and height of a cover; platforms ask for no more (2026-11)."""

VISIBLE = (240, 1680)
"""Top and bottom of a 9x16 cover that are still seen where a profile shows it as 3:4."""

BROW = 1 / 3
"""Part of a face, from the top, that a profile may cut off as any close picture does; else the picture is laid into what is seen."""

LARGEST = 2_000_000
"""Bytes; the least that a platform allows."""


Pixels = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def compose(full: Image, frame: Frame, laid: Framing, source: Source, shape: Shape) -> tuple[Image, list[Pixels]]:
    """A still laid into a cover, and the boxes of its faces and of the text burnt into it, in the cover's pixels."""
    width, height = SIZES[shape]
    inset = _inset(frame, laid, source, shape)
    if laid.mode == "split" and laid.second and laid.share:
        return _over(full, frame, laid, source, shape)
    if laid.mode == "split" and laid.second:
        halves = [(laid.box, 0), (laid.second, height // 2)]
        image = np.vstack([_resized(cropped(full, box), width, height // 2) for box, _ in halves])
        return image, [
            _moved(each, box, (0, top, width, height // 2))
            for box, top in halves
            for each in _boxes(frame)
            if _inside(each, box)
        ]
    if inset is not None:
        place = (0, VISIBLE[0], width, VISIBLE[1] - VISIBLE[0])
        return _on_blur(cropped(full, laid.box), cropped(full, inset), place, width, height), [
            _moved(each, inset, place) for each in _boxes(frame)
        ]
    if laid.mode == "fit":
        shown = cropped(full, laid.box)
        ratio = min(width / shown.shape[1], height / shown.shape[0])
        wide, tall = round(shown.shape[1] * ratio), round(shown.shape[0] * ratio)
        place = ((width - wide) // 2, (height - tall) // 2, wide, tall)
        ground = tuple(int(laid.ground[n : n + 2], 16) for n in (5, 3, 1)) if laid.ground else None
        return _on_blur(shown, shown, place, width, height, ground), [
            _moved(each, laid.box, place) for each in _boxes(frame)
        ]
    return _resized(cropped(full, laid.box), width, height), [
        _moved(each, laid.box, (0, 0, width, height)) for each in _boxes(frame)
    ]


def _over(full: Image, frame: Frame, laid: Framing, source: Source, shape: Shape) -> tuple[Image, list[Pixels]]:
    """Who presents above the slide's content, as in the promo."""
    width, height = SIZES[shape]
    second, seam = laid.second or laid.box, placing.seam_of(laid, shape)
    place = placing.below(source, laid, shape)
    image = np.full((height, width, 3), [int(laid.ground[n : n + 2], 16) for n in (5, 3, 1)], np.uint8)
    image[:seam] = _resized(cropped(full, laid.box), width, seam)
    x, y, wide, tall = place
    image[y : y + tall, x : x + wide] = _resized(cropped(full, second), wide, tall)
    windows = [(laid.box, (0, 0, width, seam)), (second, place)]
    return image, [_moved(each, box, at) for box, at in windows for each in _boxes(frame) if _inside(each, box)]


def _inset(frame: Frame, laid: Framing, source: Source, shape: Shape) -> Box | None:
    """A 3:4 crop to lay into the part of a 9x16 cover that is always seen, where a face would leave that part."""
    if shape != "9x16" or laid.mode != "crop" or not frame.faces:
        return None
    face = frame.faces[0]
    top = (face.y - laid.box[1]) / laid.box[3] * SIZES[shape][1]
    bottom = (face.y + face.h - laid.box[1]) / laid.box[3] * SIZES[shape][1]
    if top + BROW * (bottom - top) >= VISIBLE[0] and bottom <= VISIBLE[1]:
        return None
    target, own = SIZES[shape][0] / (VISIBLE[1] - VISIBLE[0]), source.width / source.height
    size = (min(1.0, target / own), min(1.0, own / target))
    return exact(source, (face.centre[0] - size[0] / 2, face.y + 0.4 * face.h - size[1] / 3, *size), target)


def _boxes(frame: Frame) -> list[Box]:
    return [(face.x, face.y, face.w, face.h) for face in frame.faces] + list(frame.text_boxes)


def _inside(each: Box, box: Box) -> bool:
    return box[0] <= each[0] + each[2] / 2 <= box[0] + box[2]


def _moved(each: Box, box: Box, place: tuple[int, int, int, int]) -> Pixels:
    """A box of the source in the cover's pixels, where ``box`` of the source is laid at ``place``: x, y, w, h."""
    left = place[0] + (each[0] - box[0]) / box[2] * place[2]
    top = place[1] + (each[1] - box[1]) / box[3] * place[3]
    return left, top, left + each[2] / box[2] * place[2], top + each[3] / box[3] * place[3]


def _resized(image: Image, width: int, height: int) -> Image:
    shrinks = image.shape[1] > width
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC).astype(
        np.uint8, copy=False
    )


def _on_blur(
    behind: Image,
    front: Image,
    place: tuple[int, int, int, int],
    width: int,
    height: int,
    ground: tuple[int, ...] | None = None,
) -> Image:
    """``front`` at ``place`` (x, y, w, h) on a colour, or on a blurred and darkened ``behind`` that fills the cover."""
    left, top, wide, high = place
    if ground:
        image = np.full((height, width, 3), ground, np.uint8)
        image[top : top + high, left : left + wide] = _resized(front, wide, high)
        return image
    small = 48
    scale = max(small / behind.shape[1], small * height / width / behind.shape[0])
    low = cv2.resize(
        behind, (math.ceil(behind.shape[1] * scale), math.ceil(behind.shape[0] * scale)), interpolation=cv2.INTER_AREA
    )
    tall = round(small * height / width)
    x, y = (low.shape[1] - small) // 2, (low.shape[0] - tall) // 2
    soft = cv2.GaussianBlur(low[y : y + tall, x : x + small], (0, 0), 2.2)
    image = (_resized(soft.astype(np.uint8), width, height) * 0.72).astype(np.uint8)
    image[top : top + high, left : left + wide] = _resized(front, wide, high)
    return image


def plain(width: int, height: int) -> Image:
    """A quiet ground for a video without a picture that may be shown; never black."""
    down = np.linspace(0, 1, height)[:, None, None]
    across = np.linspace(0, 0.35, width)[None, :, None]
    mix = np.clip(down * 0.75 + across, 0, 1)
    return (np.array([120, 82, 52]) * (1 - mix) + np.array([66, 40, 30]) * mix + 0.5).astype(np.uint8)


def small_enough(image: Image) -> bytes:
    """A JPEG under ``LARGEST``."""
    for quality in (92, 86, 78, 68, 55, 40):
        data = encode(image, quality)
        if len(data) < LARGEST:
            return data
    raise ValueError(f"a cover of {image.shape} does not fit {LARGEST} bytes")
