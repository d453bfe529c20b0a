"""What can be measured of one still without knowing what it shows.

An image is (height, width, 3), BGR.  Everything is measured at one size, so frames of one video can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.picture import bars
from tools.picture.boxes import outward
from tools.schema import Box, Frame, Shot
from tools.text import clean
from tools.workspace import Workspace

if TYPE_CHECKING:
    from tools.media.frames import Image

SIDE = 360
"""Pixels of the longer side at which everything is measured."""

BINS = 16


def grey(image: Image) -> Image:
    """Luma at the size at which stills are measured."""
    scale = SIDE / max(image.shape[:2])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8)


def sharpness(image: Image) -> float:
    """Variance of the Laplacian: higher is sharper, 0 is a flat field.  Compare only frames of one video.

    Pech-Pacheco et al., "Diatom autofocusing", ICPR 2000.
    """
    return float(cv2.Laplacian(grey(image), cv2.CV_32F).var())


def colourfulness(image: Image) -> float:
    """0 for grey, about 30 for a usual photograph, 80 and more for a vivid one.

    Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003.
    """
    b, g, r = (image[::2, ::2, n].astype(np.float32) for n in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def phash(image: Image) -> str:
    """64 bits in hex that stay nearly the same when a picture is scaled, encoded or lit a little differently."""
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:8, :8].flatten()
    # A flat field has no structure: its coefficients are noise, and noise is told apart from nothing.
    bits = low > np.median(low[1:]) if np.abs(low[1:]).max() > 1.0 else np.zeros(64, bool)
    return np.packbits(bits).tobytes().hex()


def straightness(image: Image) -> float:
    """Share of strong edges that lie in long horizontal or vertical lines: slides, screens and tables are full of them.

    About 0 to 0.15 for faces and landscapes, 0.3 and more for a screen.
    """
    edges = cv2.Canny(grey(image), 60, 160)
    total = int((edges > 0).sum())
    if total < 100:
        return 0.0
    long = max(12, edges.shape[1] // 14)
    across = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    down = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8))
    return float(np.logical_or(across > 0, down > 0).sum() / total)


def salience(image: Image) -> NDArray[np.float32] | None:
    """How much each of 64 by 64 parts of a picture draws the eye; None where nothing does.

    Spectral residual: Hou and Zhang, "Saliency detection", CVPR 2007.
    """
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (64, 64), interpolation=cv2.INTER_AREA).astype(
        np.float32
    )
    if float(small.std()) < 2:
        return None
    wave = np.fft.fft2(small)
    size = np.log(np.abs(wave) + 1e-6).astype(np.float32)
    rest = size - cv2.blur(size, (3, 3), borderType=cv2.BORDER_REPLICATE)
    strange = np.abs(np.fft.ifft2(np.exp(rest + 1j * np.angle(wave)))) ** 2
    field = cv2.GaussianBlur(strange.astype(np.float32), (0, 0), 2.5)
    return np.asarray(np.clip(field - np.median(field), 0, None) + 1e-9, np.float32)


def attention(image: Image) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Where what draws the eye lies: 16 shares from left to right, and 16 from top to bottom."""
    field = salience(image)
    if field is None:
        return (1 / BINS,) * BINS, (1 / BINS,) * BINS
    total = float(field.sum())
    across = field.sum(0).reshape(BINS, -1).sum(1) / total
    down = field.sum(1).reshape(BINS, -1).sum(1) / total
    return tuple(round(float(v), 4) for v in across), tuple(round(float(v), 4) for v in down)


EDGE, ALIKE = 0.02, 9
"""Share of a side that is its edge, and levels, of 255, within which colours are one."""


def ground(image: Image) -> str:
    """The colour of a picture's edge, ``#rrggbb``, where it is one colour all around; empty elsewhere."""
    deep = max(2, round(min(image.shape[:2]) * EDGE))
    edge = np.concatenate(
        [part.reshape(-1, 3) for part in (image[:deep], image[-deep:], image[:, :deep], image[:, -deep:])]
    )
    colour = np.median(edge, axis=0)
    apart = np.abs(edge.astype(np.int16) - colour).max(axis=1)
    b, g, r = (round(float(value)) for value in colour)
    return f"#{r:02x}{g:02x}{b:02x}" if float((apart <= ALIKE).mean()) >= 0.985 else ""


def inner(image: Image, colour: str) -> Box | None:
    """x, y, width and height, in shares, of what is not of one colour; None where there is no colour, or nothing else."""
    if not colour:
        return None
    level = np.array([int(colour[n : n + 2], 16) for n in (5, 3, 1)], np.int16)
    other = np.abs(image.astype(np.int16) - level).max(axis=2) > 2 * ALIKE
    columns, rows = (np.flatnonzero(other.mean(axis=axis) > 0.004) for axis in (0, 1))
    if not len(columns) or not len(rows):
        return None
    high, wide = other.shape
    left, top = float(columns[0]) / wide, float(rows[0]) / high
    return (
        round(left, 4),
        round(top, 4),
        round((columns[-1] + 1) / wide - left, 4),
        round((rows[-1] + 1) / high - top, 4),
    )


def place(at: float, shots: Sequence[Shot]) -> Frame:
    """A still yet to be taken at ``at``: its shot, and the file that it will be."""
    return Frame(at=round(at, 6), shot=shot_at(shots, at).id, file=f"frames/{round(at * 1000):08d}.jpg")


def keep(workspace: Workspace, frame: Frame, image: Image) -> Frame:
    """Write the picture of ``frame``, and measure it."""
    workspace.write(frame.file, encode(image))
    return measure(frame, image)


def measure(frame: Frame, image: Image) -> Frame:
    """The frame with what its own pixels tell, and the gates that need no comparison."""
    luma = grey(image)
    columns, rows = attention(image)
    picture = bars.within(image)
    seen = cropped(image, picture) if picture else image
    edge = ground(seen)
    stands = inner(seen, edge)
    return frame.model_copy(
        update={
            "sharpness": round(sharpness(image), 2),
            "exposure": round(float(luma.mean()), 1),
            "contrast": round(float(luma.std()), 1),
            "colour": round(colourfulness(image), 1),
            "phash": phash(image),
            "straight": round(straightness(image), 3),
            "ground": edge,
            "inner": outward(stands, picture) if stands and picture else stands,
            "picture": picture,
            "columns": columns,
            "rows": rows,
            "gates": gates(luma),
        }
    )


def cropped(image: Image, box: Box) -> Image:
    """The part of a picture within a box, in shares of it."""
    height, width = image.shape[:2]
    left, top = round(box[0] * width), round(box[1] * height)
    right, bottom = round((box[0] + box[2]) * width), round((box[1] + box[3]) * height)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]


def gates(luma: Image) -> tuple[str, ...]:
    """``black``, ``white`` or ``flat`` where one picture alone tells that it can't be a cover."""
    low, high = np.percentile(luma, [5, 99])
    if luma.mean() < 5 or high < 40:
        return ("black",)
    if luma.mean() > 238 and low > 205:
        return ("white",)
    # A title card is nearly all one colour, so flat means that not even one pixel in a hundred stands out.
    spread = np.percentile(luma, 99.5) - np.percentile(luma, 0.5)
    return ("flat",) if spread < 24 else ()


def compare(frames: Sequence[Frame], shots: Sequence[Shot]) -> tuple[Frame, ...]:
    """The frames with the gates that need the others: ``blur`` and ``dissolve``.

    Blur is measured against the video's own usual sharpness, and against its shot's: a soft source is not all blur.
    """
    usable = [frame.sharpness for frame in frames if not frame.gates]
    usual = float(np.median(usable)) if usable else 0.0
    answer = []
    for frame in frames:
        mine = [other.sharpness for other in frames if other.shot == frame.shot and not other.gates]
        best = max(mine, default=usual)
        found = list(frame.gates)
        if not found and (
            frame.sharpness < 5
            or (frame.sharpness < 0.2 * usual or frame.sharpness < 0.35 * best and frame.sharpness < 0.6 * usual)
        ):
            found.append("blur")
        if any(shot.fade and abs(frame.at - shot.start) <= shot.fade / 2 + 0.05 for shot in shots):
            found.append("dissolve")
        answer.append(frame.model_copy(update={"gates": tuple(found)}))
    return tuple(answer)


def distinct(frames: Sequence[Frame], least: int = 7, within: float = float("inf")) -> tuple[Frame, ...]:
    """The frames without those that look like an earlier kept one of the same shot; each shot keeps one at least.

    Of two that look alike the one with fewer gates, then the sharper, stays.
    """
    kept: list[Frame] = []
    for frame in sorted(frames, key=lambda each: (len(each.gates), -each.sharpness)):
        if all(
            other.shot != frame.shot or abs(other.at - frame.at) > within or other.distance(frame) >= least
            for other in kept
        ):
            kept.append(frame)
    return tuple(sorted(kept, key=lambda each: each.at))


WIDTH = 640
"""Pixels of the longer side of a still."""


def sanitised(frame: Frame) -> Frame:
    """A frame as any engine gives it, its words made plain, and ``unsafe`` a gate where the engine says so."""
    lines = [clean(line, 120) for line in frame.text[:24]]
    gates = tuple(dict.fromkeys((*frame.gates, "unsafe"))) if frame.unsafe else frame.gates
    return frame.model_copy(
        update={
            "text": tuple(lines),
            "labels": tuple(label.model_copy(update={"name": clean(label.name, 40)}) for label in frame.labels[:20]),
            "unsafe": tuple(clean(name, 40) for name in frame.unsafe[:10]),
            "gates": gates,
        }
    )


def encode(image: Image, quality: int = 88) -> bytes:
    """A JPEG."""
    fine, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
    if not fine:
        raise ValueError(f"a picture of {image.shape} could not be written as JPEG")
    return data.tobytes()


def shot_at(found: Sequence[Shot], at: float) -> Shot:
    """The shot that is shown at ``at``; the nearest one beyond the ends."""
    return next((shot for shot in found if at < shot.end), found[-1])


def luminance(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Relative luminance, 0 to 1, of BGR pixels of 0 to 255: WCAG 2.2."""
    share = pixels / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(light @ np.array([0.0722, 0.7152, 0.2126]), np.float32)
