"""What a promo of sound alone and its cover stand on: the file's own art on its blur or on a brand's colour, else a quiet ground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.brand.colours import rgb
from tools.covers.composition import SIZES as COVERS
from tools.covers.composition import Pixels, plain
from tools.picture.stills import luminance
from tools.rendering.audiogram import Layout, Rectangle
from tools.schema import SIZES, Shape

if TYPE_CHECKING:
    from tools.media.frames import Image

DARK = 0.13
"""Relative luminance up to which the blur of art is darkened: white letters stand out by 5.8 to 1 then."""
ROUND = 0.04
"""Radius of the art's corners, of its side."""
ART: dict[Shape, Rectangle] = {"16x9": (96, 120, 480, 480), "9x16": (240, 330, 600, 600), "1x1": (310, 80, 460, 460)}
"""Where art stands on a cover: the words have the rest."""


def read(path: Path | None) -> Image | None:
    """The art as BGR; None without any."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR) if path else None
    return None if image is None else np.asarray(image, np.uint8)


def ground(shape: Shape, layout: Layout, art: Image | None, colour: str = "") -> Image:
    """What lies under waveform, title and captions in a promo.  ``colour`` is a brand's, ``#rrggbb``; empty for none."""
    image = _behind(*SIZES[shape], art, colour)
    return _laid(image, art, layout.art) if art is not None and layout.art else image


def cover(shape: Shape, art: Image | None, colour: str = "") -> tuple[Image, list[Pixels]]:
    """A cover without words, and where on it words may not stand."""
    image = _behind(*COVERS[shape], art, colour)
    if art is None:
        return image, []
    x, y, wide, tall = _fitted(art, ART[shape])
    return _laid(image, art, ART[shape]), [(float(x), float(y), float(x + wide), float(y + tall))]


def _behind(width: int, height: int, art: Image | None, colour: str) -> Image:
    if colour:
        return np.full((height, width, 3), rgb(colour)[::-1], np.uint8)
    if art is None:
        return plain(width, height)
    small = 64, max(2, round(64 * height / width))
    scale = max(small[0] / art.shape[1], small[1] / art.shape[0])
    size = max(small[0], round(art.shape[1] * scale)), max(small[1], round(art.shape[0] * scale))
    low = cv2.resize(art, size, interpolation=cv2.INTER_AREA)
    x, y = (low.shape[1] - small[0]) // 2, (low.shape[0] - small[1]) // 2
    soft = cv2.GaussianBlur(low[y : y + small[1], x : x + small[0]], (0, 0), 5.0).astype(np.float32)
    return np.asarray(cv2.resize(_darkened(soft), (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _darkened(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """No lighter anywhere than ``DARK``, with its colours kept."""
    for strength in np.arange(0.7, 0.05, -0.05):
        dark = image * float(strength)
        if float(luminance(dark.reshape(-1, 3)).max()) <= DARK:
            break
    return np.clip(dark, 0, 255).astype(np.uint8)


def _fitted(art: Image, place: Rectangle) -> Rectangle:
    """The art whole within its place."""
    x, y, wide, tall = place
    scale = min(wide / art.shape[1], tall / art.shape[0])
    width, height = max(2, round(art.shape[1] * scale)), max(2, round(art.shape[0] * scale))
    return x + (wide - width) // 2, y + (tall - height) // 2, width, height


def _laid(image: Image, art: Image, place: Rectangle) -> Image:
    """The art with round corners on a soft shadow."""
    x, y, wide, tall = _fitted(art, place)
    shrinks = art.shape[1] > wide
    shown = cv2.resize(art, (wide, tall), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    mask = np.zeros(image.shape[:2], np.float32)
    mask[y : y + tall, x : x + wide] = _rounded(wide, tall)
    shade = np.roll(cv2.GaussianBlur(mask, (0, 0), 0.03 * wide), round(0.015 * wide), axis=0)
    under = image.astype(np.float32) * (1 - 0.45 * shade[..., None])
    over = np.zeros_like(under)
    over[y : y + tall, x : x + wide] = shown
    return np.asarray(under * (1 - mask[..., None]) + over * mask[..., None] + 0.5, np.float32).astype(np.uint8)


def _rounded(wide: int, tall: int) -> NDArray[np.float32]:
    radius = round(4 * ROUND * min(wide, tall))
    large = np.zeros((4 * tall, 4 * wide), np.uint8)
    cv2.rectangle(large, (radius, 0), (4 * wide - radius - 1, 4 * tall - 1), 255, -1)
    cv2.rectangle(large, (0, radius), (4 * wide - 1, 4 * tall - radius - 1), 255, -1)
    for x in (radius, 4 * wide - radius - 1):
        for y in (radius, 4 * tall - radius - 1):
            cv2.circle(large, (x, y), radius, 255, -1)
    return cv2.resize(large, (wide, tall), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
