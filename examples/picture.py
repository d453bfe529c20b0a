"""What is seen in the demo: slides, and a speaker who moves gently.

A picture here is a list of three planes, Y and half-size U and V, in BT.709 limited range: what the encoder
takes, so that no frame is converted twice.
"""

from __future__ import annotations

import math
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

W, H, FPS = 1920, 1080, 30
LOOP = 8 * FPS
"""Frames after which a moving picture is again where it began."""
INK, PAPER, ACCENT, QUIET = (23, 32, 51), (246, 243, 236), (214, 84, 48), (112, 120, 138)
CORNER = (1370, 590, 480, 420)
"""Where the speaker sits on a slide: x, y, width, height."""

Planes = list[NDArray[np.uint8]]


def carried(package: str, path: str) -> Path | None:
    """A file inside an installed package, found without importing it."""
    try:
        found = Path(str(distribution(package).locate_file(path)))
    except PackageNotFoundError:
        return None
    return found if found.exists() else None


def font(size: int, weight: str = "Bold") -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Manrope from its package, else the one that Pillow carries."""
    path = carried("font-manrope", f"font_manrope/files/Manrope-{weight}.ttf")
    return ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)


def planes(rgb: NDArray[np.uint8]) -> Planes:
    """An RGB picture as BT.709 planes."""
    r, g, b = (rgb[..., i].astype(np.float32) for i in range(3))
    luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
    full = [16 + luma * 219 / 255, 128 + (b - luma) / 1.8556 * 224 / 255, 128 + (r - luma) / 1.5748 * 224 / 255]
    y, u, v = (np.clip(plane + 0.5, 0, 255).astype(np.uint8) for plane in full)
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    return [y, *(cv2.resize(chroma, half, interpolation=cv2.INTER_AREA) for chroma in (u, v))]


def slide(spec: dict, beside_speaker: bool) -> NDArray[np.uint8]:
    """A slide as RGB; with ``beside_speaker`` its lower right corner is left free."""
    image = Image.new("RGB", (W, H), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 26, H), fill=ACCENT)
    pen.text((120, 104), spec["title"], font=font(84, "ExtraBold"), fill=INK)
    pen.rectangle((124, 226, 324, 234), fill=ACCENT)
    bars = spec.get("bars", [])
    for row, bullet in enumerate(spec["bullets"]):
        pen.text((124, 290 + row * 92), bullet, font=font(56, "Medium"), fill=INK if row or bars else ACCENT)
    if bars:
        _chart(pen, bars, (124, 500, 1250 if beside_speaker else 1780, 960))
    pen.text((124, 1012), "Ledgerleaf · invoicing for small shops", font=font(28, "Medium"), fill=QUIET)
    return np.asarray(image)


def _chart(pen: ImageDraw.ImageDraw, bars: list, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    step = (right - left) / len(bars)
    most = max(value for _, value, _ in bars)
    pen.line((left, bottom - 60, right, bottom - 60), fill=QUIET, width=4)
    for place, (label, value, text) in enumerate(bars):
        x = left + place * step + step * 0.18
        tall = (bottom - top - 140) * value / most
        last = place == len(bars) - 1
        pen.rectangle((x, bottom - 62 - tall, x + step * 0.6, bottom - 62), fill=ACCENT if last else INK)
        pen.text((x + step * 0.3, bottom - 72 - tall), text, font=font(52), fill=INK, anchor="mb")
        pen.text((x + step * 0.3, bottom - 46), label, font=font(36, "Medium"), fill=QUIET, anchor="mt")


def portrait() -> NDArray[np.uint8]:
    """NASA's public-domain portrait of Eileen Collins, 512 by 512, RGB."""
    return np.asarray(Image.open(Path(__file__).parent / "portrait.webp").convert("RGB"))


class Stage:
    """Draws the frame of a shot at a moment."""

    def __init__(self, slides: list[dict]) -> None:
        self._person = portrait()
        self._slides = {spec["id"]: spec for spec in slides}
        self._drawn: dict[str, Planes] = {}
        self._room = planes(self._studio())
        self._close = planes(self._person)

    def frame(self, shot: str, at: float) -> Planes:
        """The planes of ``shot`` at ``at`` seconds of its loop."""
        kind, _, name = shot.partition(":")
        if kind in ("wide", "close"):
            return self._speaker(kind, at)
        if shot not in self._drawn:
            self._drawn[shot] = planes(slide(self._slides[name], kind == "both"))
        if kind == "slide":
            return self._drawn[shot]
        x, y, w, h = CORNER
        seen = [plane.copy() for plane in self._drawn[shot]]
        inset = self._move(self._close, w, h, (223, 150), 1.55, at)
        for part, (plane, small) in enumerate(zip(seen, inset, strict=True)):
            half = 1 if part == 0 else 2
            plane[y // half : (y + h) // half, x // half : (x + w) // half] = small
        return seen

    def _studio(self) -> NDArray[np.uint8]:
        """The speaker right of the middle before a soft, dark copy of her own background."""
        big = cv2.resize(self._person, (1200, 1200), interpolation=cv2.INTER_CUBIC)
        back = cv2.GaussianBlur(cv2.resize(self._person[:288], (W, H)), (0, 0), 60).astype(np.float32) * 0.42
        fade = np.clip(np.arange(1200) / 260, 0, 1) * np.clip((1199 - np.arange(1200)) / 200, 0, 1)
        mask = (fade * fade * (3 - 2 * fade)).astype(np.float32)[None, :, None]
        there = back[:, 690:1890]
        back[:, 690:1890] = there * (1 - mask) + big[:H] * mask
        image = Image.fromarray(back.astype(np.uint8))
        pen = ImageDraw.Draw(image)
        pen.text((120, 380), "Nine plans,\nthree plans", font=font(92, "ExtraBold"), fill=PAPER, spacing=8)
        pen.rectangle((124, 640, 324, 648), fill=ACCENT)
        pen.text((120, 672), "A talk by a small team", font=font(40, "Medium"), fill=(190, 196, 208))
        pen.text((120, 990), "stand-in portrait: NASA, public domain", font=font(24, "Medium"), fill=(150, 156, 170))
        return np.asarray(image)

    def _speaker(self, kind: str, at: float) -> Planes:
        if kind == "wide":
            return self._move(self._room, W, H, (W / 2, H / 2), 1.03, at)
        return self._move(self._close, W, H, (256, 152), 3.9, at)

    def _move(self, source: Planes, w: int, h: int, centre: tuple[float, float], zoom: float, at: float) -> Planes:
        """A crop of ``w`` by ``h`` around ``centre`` that breathes: a few per cent of zoom, a slow sway."""
        turn = 2 * math.pi * at * FPS / LOOP
        scale = zoom * (1 + 0.02 * math.sin(turn))
        cx = centre[0] + 9 / zoom * math.cos(turn)
        cy = centre[1] + 5 / zoom * math.sin(2 * turn)
        out: Planes = []
        for part, plane in enumerate(source):
            half = 1 if part == 0 else 2
            matrix = np.array([[scale, 0, (w / 2 - scale * cx) / half], [0, scale, (h / 2 - scale * cy) / half]])
            size = (w // half, h // half)
            moved = cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            out.append(moved.astype(np.uint8, copy=False))
        return out
