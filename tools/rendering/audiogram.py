"""A promo of sound alone: where art, title and waveform stand in each shape, the waveform itself, and the graph that draws it.

The waveform is bars about a line: the one in the middle is as high as the voice is loud now, and those beside it follow outwards, so that it
travels with what is said.  It is drawn from the very sound that plays under it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import ffmpeg
import numpy as np
from numpy.typing import NDArray

from tools.media.levels import decibels
from tools.rendering import graph
from tools.rendering.branding import Dress
from tools.rendering.burned import Area
from tools.rendering.graph import SAMPLES
from tools.rendering.loudness import Sound
from tools.rendering.placing import SAFE, split
from tools.schema import SIZES, Box, CutList, Shape

Rectangle = tuple[int, int, int, int]
"""Left, top, width and height in pixels, all even."""

BARS, PITCH, BAR, TALL = 51, 20, 12, 160
"""Bars of the widest waveform, pixels from one to the next, and their own width and greatest height."""
STEP = 0.05
"""Seconds by which each bar is behind its inner neighbour."""
HOP = 0.01
"""Seconds between two levels."""
REACH = 26.0
"""Decibels below the loudest speech at which a bar is at rest: between syllables a voice falls by about as much."""
OUTER = 0.45
"""Height of the outermost bar, of what it would have in the middle."""
GAP = 24
"""Pixels between what stands beside or below each other."""
COVERED, SHOWN = 30.0, 6.0
"""How bad it is for captions to cover the title, and art or waveform; a face is 4."""


class Layout(NamedTuple):
    """Where things stand in a shape."""

    art: Rectangle | None
    title: Rectangle
    wave: Rectangle
    side: str
    """Of the title's lines: l, m or r."""

    def areas(self, shape: Shape, titled: bool) -> list[Area]:
        """What captions keep off."""
        shown = [(each, SHOWN) for each in (self.art, self.wave) if each] + ([(self.title, COVERED)] if titled else [])
        return [Area(0.0, 1e6, _share(each, shape), weight, ground=False) for each, weight in shown]


@dataclass(frozen=True)
class Scene:
    """What the graph draws instead of clips: names of PNGs in the run folder, and where the waveform goes."""

    grounds: Mapping[Shape, str]
    layouts: Mapping[Shape, Layout]
    colour: str
    """Of the waveform, ``#rrggbb``."""


def lay_out(shape: Shape, art: bool, logo: Box | None = None) -> Layout:
    """The places of a shape, with art or without, clear of a brand's logo and above where captions stand."""
    wide, _ = SIZES[shape]
    mirrored = bool(logo and logo[0] < 0.4)
    if shape == "9x16":
        wave, title = (190, 800, 700, TALL), (190, 320, 700, 420)
        shown, side = None, "m"
        if art:
            shown, title = (360, 286, 360, 360), (190, 660, 700, 130)
    elif shape == "1x1":
        wave, title = (110, 462, 860, TALL), (110, 110, 860, 320)
        shown, side = None, "m"
        if art:
            shown, title, side = (96, 96, 330, 330), (96 + 330 + 30, 96, 528, 330), "l"
    else:
        wave, title = (450, 430, 1020, TALL), (300, 120, 1320, 270)
        shown, side = None, "m"
        if art:
            shown, title, side = (240, 130, 460, 460), (740, 130, 940, 270), "l"
            wave = (740, 430, 940, TALL)
    if mirrored and shown and side == "l":
        shown, title, wave = (_mirrored(each, wide) for each in (shown, title, wave))
        side = "r"
    return Layout(shown, _beside(title, logo, shape), wave, side)


def _mirrored(box: Rectangle, wide: int) -> Rectangle:
    return wide - box[0] - box[2], *box[1:]


def _beside(title: Rectangle, logo: Box | None, shape: Shape) -> Rectangle:
    """A title's place below a logo, or beside it where more is left there."""
    if logo is None:
        return title
    (wide, tall), (x, y, w, h) = SIZES[shape], title
    left, top, right, bottom = logo[0] * wide, logo[1] * tall, (logo[0] + logo[2]) * wide, (logo[1] + logo[3]) * tall
    if left >= x + w or right <= x or top >= y + h or bottom <= y:
        return title
    begins = _even(bottom + GAP)
    below = (x, begins, w, max(0, y + h - begins))
    off = _even(w - (left - GAP - x)) if left > wide / 2 else _even(right + GAP - x)
    beside = (x, y, w - off, h) if left > wide / 2 else (x + off, y, w - off, h)
    return max((below, beside), key=lambda each: max(0, each[2]) * max(0, each[3]))


def _share(box: Rectangle, shape: Shape) -> Box:
    wide, tall = SIZES[shape]
    return box[0] / wide, box[1] / tall, box[2] / wide, box[3] / tall


def _even(value: float) -> int:
    return round(value / 2) * 2


def within_safe(box: Rectangle, shape: Shape) -> bool:
    left, top, right, bottom = SAFE[shape]
    return left <= box[0] and top <= box[1] and box[0] + box[2] <= right and box[1] + box[3] <= bottom


# The waveform


def heights(sound: Sound, rate: Fraction, frames: int) -> NDArray[np.float32]:
    """How high each bar is in each frame, 0 to 1: (frames, ``BARS``), from (samples, 2) at ``SAMPLES``."""
    level = _loudness(sound)
    now = (np.arange(frames) + 0.5) / float(rate)
    behind = np.abs(np.arange(BARS) - BARS // 2)
    at = now[:, None] - STEP * behind[None, :]
    told = np.interp(at, (np.arange(len(level)) + 0.5) * HOP, level, left=0.0)
    return np.asarray(told * (1 - (1 - OUTER) * behind / (BARS // 2)), np.float32)


def _loudness(sound: Sound) -> NDArray[np.float64]:
    """How loud it is in each ``HOP``, 0 at rest and 1 at its loudest speech, smoothed as a needle is."""
    size = round(HOP * SAMPLES)
    whole = sound[: len(sound) // size * size].mean(axis=1).reshape(-1, size)
    told = decibels(np.sqrt((whole**2).mean(axis=1)))
    if not len(told):
        return np.zeros(1)
    loudest = max(float(np.percentile(told, 95)), -50.0)
    smooth = np.convolve(np.pad(told, 3, mode="edge"), np.hanning(9)[1:-1] / np.hanning(9).sum(), mode="valid")
    return np.asarray(np.clip((smooth - loudest + REACH) / REACH, 0.0, 1.0) ** 1.5, np.float64)


@cache
def _bars() -> NDArray[np.uint8]:
    """A bar of each even height with round ends, from a dot on: (``TALL`` // 2, ``TALL``, ``PITCH``), 0 to 255."""
    drawn = []
    for half in range(TALL // 2):
        large = np.zeros((4 * TALL, 4 * PITCH), np.uint8)
        middle, reach, round_ = 2 * TALL, 4 * max(half, BAR // 2), 2 * BAR
        side = (4 * PITCH - 4 * BAR) // 2
        cv2.rectangle(large, (side, middle - reach + round_), (side + 4 * BAR - 1, middle + reach - round_), 255, -1)
        for y in (middle - reach + round_, middle + reach - round_):
            cv2.circle(large, (2 * PITCH, y), round_, 255, -1)
        drawn.append(cv2.resize(large, (PITCH, TALL), interpolation=cv2.INTER_AREA))
    return np.stack(drawn).astype(np.uint8)


def pictures(high: NDArray[np.float32]) -> Iterable[NDArray[np.uint8]]:
    """A grey picture of each frame's bars, ``TALL`` by ``BARS`` * ``PITCH``."""
    table = _bars()
    for row in np.round(high * (len(table) - 1)).astype(int):
        yield np.ascontiguousarray(table[row].transpose(1, 0, 2).reshape(TALL, BARS * PITCH))


def draw(sound: Sound, rate: Fraction, frames: int, into: Path) -> None:
    """Write the waveform of so many frames, without loss and small: how much of its colour is seen in each pixel."""
    import av

    with av.open(str(into), "w", format="matroska") as file:
        stream = file.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = BARS * PITCH, TALL, "gray"
        for number, picture in enumerate(pictures(heights(sound, rate, frames))):
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            frame.pts, frame.time_base = number, 1 / Fraction(rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


# The graph


def picture_arguments(
    scene: Scene,
    wave: str,
    cut: CutList,
    promos: Sequence[graph.Promo],
    sound: str,
    fonts: str,
    threads: int = 2,
    dress: Dress | None = None,
) -> list[str]:
    """One process: in each shape the waveform on its ground, captioned and encoded, ``sound`` under it; ``wave`` as ``draw`` writes it."""
    graph.check_names([wave, sound, fonts, *scene.grounds.values()], promos, dress)
    shapes = list(dict.fromkeys(promo.shape for promo in promos))
    drawn = ffmpeg.input(wave, f="matroska", an=None).video.filter("format", "gray")
    parts: dict[Shape, list[Any]] = {}
    for shape, bars in zip(shapes, split(drawn, len(shapes)), strict=True):
        parts[shape] = [_shown(scene, shape, bars, cut)]
    return graph.finished(parts, cut, promos, sound, fonts, threads, dress)


def _shown(scene: Scene, shape: Shape, bars: Any, cut: CutList) -> Any:
    rate, (x, y, wide, tall) = str(cut.fps), scene.layouts[shape].wave
    ground = ffmpeg.input(scene.grounds[shape], f="png_pipe", framerate=rate).video
    ground = ground.filter("scale", out_color_matrix="bt709", out_range="tv").filter("format", "yuv420p")
    ground = ground.filter("tpad", stop=cut.frames - 1, stop_mode="clone").filter("trim", end_frame=cut.frames)
    plain = f"color=c={scene.colour.replace('#', '0x')}:s={wide}x{tall}:r={rate}"
    colour = ffmpeg.input(plain, f="lavfi", t=f"{float(cut.frames / cut.fps):.6f}").video.filter("format", "gbrp")
    colour = colour.filter("scale", out_color_matrix="bt709", out_range="tv").filter("format", "yuv420p")
    alpha = bars.filter("crop", wide, tall, (BARS * PITCH - wide) // 2, 0).filter("setpts", "N/FRAME_RATE/TB")
    laid = ffmpeg.filter([colour.filter("setpts", "N/FRAME_RATE/TB"), alpha], "alphamerge")
    return ffmpeg.overlay(ground, laid, x=x, y=y, format="yuv420", eof_action="repeat").filter("setsar", 1)
