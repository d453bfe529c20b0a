"""A picture without people: whole, around what is written, or on what draws the eye."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.picture import stills
from tools.picture.boxes import exact
from tools.picture.stretches import ENOUGH
from tools.schema import Box, Frame, Framing, Source

SLIDE_LINES, SLIDE_AREA, SLIDE_STRAIGHT = 4, 0.05, 0.3
"""Lines, share of the frame that they cover, and share of straight edges from which a picture is a slide or a screen."""

MARGIN = 0.05
"""Share of the frame kept around what stands on one colour."""

HELD = 0.9
"""Share of what draws the eye that a crop keeps, where the picture could as well go on in the colour of its edge."""


def around_text(source: Source, looked: Sequence[Frame], size: tuple[float, float], target: float) -> Framing:
    boxes = [box for frame in looked for box in frame.text_boxes]
    faces = [(face.x, face.y, face.w, face.h) for frame in looked for face in frame.faces]
    kept = boxes + faces
    if boxes:
        left, right = min(b[0] for b in kept), max(b[0] + b[2] for b in kept)
        top, bottom = min(b[1] for b in kept), max(b[1] + b[3] for b in kept)
        lonely = (
            max((frame.straight for frame in looked), default=0.0) < SLIDE_STRAIGHT
            and len(boxes) / len(looked) < SLIDE_LINES
        )
        if (
            lonely
            and right - left <= 0.86 * size[0]
            and bottom - top <= 0.86 * size[1]
            and _mass(looked, (left + right) / 2, size) >= 0.6
        ):
            box = exact(source, ((left + right - size[0]) / 2, (top + bottom - size[1]) / 2, *size), target)
            return Framing(box=box, reason="on the text")
    return whole(source, looked, "a slide or screen, shown whole" if boxes else "shown whole", target, kept)


def whole(source: Source, looked: Sequence[Frame], reason: str, target: float, kept: Sequence[Box]) -> Framing:
    """All that matters of a frame, as large as that allows, and the whole where that is everywhere.

    It stands on its own edge's colour where that is the same in all that was seen, else on the colour that most of it is, else on its
    blur.  ``kept`` are boxes that may not be cut.
    """
    grounds = [frame.ground for frame in looked]
    if grounds and all(grounds) and (levels := _levels(grounds)).size and _alike(levels):
        return Framing(mode="fit", box=_closer(looked), ground=_colour(levels), reason=reason)
    papers = [frame.paper for frame in looked if frame.paper]
    colour = _colour(_levels(papers)) if 2 * len(papers) > len(looked) else ""
    box = (0.0, 0.0, 1.0, 1.0) if colour else _needed(looked, source.width / max(1, source.height), target, kept)
    if abs(source.width * box[2] / max(1e-6, source.height * box[3]) / target - 1) < 0.02:
        return Framing(box=exact(source, box, target), reason="on all that is written and seen")
    return Framing(mode="fit", box=box, ground=colour, reason=reason)


def _levels(colours: Sequence[str]) -> np.ndarray:
    return np.array([[int(each[n : n + 2], 16) for n in (1, 3, 5)] for each in colours], np.float64)


def _alike(levels: np.ndarray) -> bool:
    return float(np.ptp(levels, axis=0).max()) <= stills.ALIKE


def _colour(levels: np.ndarray) -> str:
    return "#" + "".join(f"{round(float(value)):02x}" for value in np.median(levels, axis=0))


def _needed(looked: Sequence[Frame], own: float, target: float, kept: Sequence[Box]) -> Box:
    """The part of a frame, of its whole height or width, that holds what is kept and most of what draws the eye in each still."""
    across = own >= target
    axis, least = (0, target / own) if across else (1, own / target)
    spans = [(box[axis], box[axis] + box[axis + 2]) for box in kept]
    spans += [_middle(profile) for frame in looked if (profile := frame.columns if across else frame.rows)]
    low, high = (
        max(0.0, min((span[0] for span in spans), default=0.0) - MARGIN),
        min(1.0, max((span[1] for span in spans), default=1.0) + MARGIN),
    )
    size = min(1.0, max(high - low, least))
    low = round(min(max(0.0, (low + high - size) / 2), 1.0 - size), 4)
    return (low, 0.0, round(size, 4), 1.0) if across else (0.0, low, 1.0, round(size, 4))


EYED = 0.84
"""Share of what draws the eye in a still that is kept where a picture is shown as large as can be."""


def _middle(profile: Sequence[float]) -> tuple[float, float]:
    """Where the middle ``EYED`` of a profile begins and ends."""
    total = np.concatenate([[0.0], np.cumsum(profile)]) / max(1e-9, float(np.sum(profile)))
    at = np.linspace(0, 1, len(total))
    low, high = (float(np.interp(share, total, at)) for share in ((1 - EYED) / 2, (1 + EYED) / 2))
    return low, high


def _closer(looked: Sequence[Frame]) -> Box:
    """All that stands on one colour in what was seen, with a margin for what moves, and never less than the middle."""
    inner = [frame.inner for frame in looked if frame.inner]
    # One still is a cover, in which nothing moves.
    if len(inner) < len(looked) or len(inner) < ENOUGH and len(looked) != 1:
        return 0.0, 0.0, 1.0, 1.0
    left, top = (max(0.0, min(0.3, *(box[n] for box in inner)) - MARGIN) for n in (0, 1))
    right, bottom = (min(1.0, max(0.7, *(box[n] + box[n + 2] for box in inner)) + MARGIN) for n in (0, 1))
    return round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4)


def around_attention(source: Source, looked: Sequence[Frame], size: tuple[float, float], target: float) -> Framing:
    """On what draws the eye; drawn things whole, on their own ground, where that is spread wider than the crop.

    Of a photograph a part is a picture too: it fills the shape wherever the eye goes in it.
    """
    profiles = [(frame.columns, frame.rows) for frame in looked if frame.columns and frame.rows]
    if not profiles:
        box = exact(source, ((1 - size[0]) / 2, (1 - size[1]) / 2, *size), target)
        return Framing(box=box, reason="on the middle; nothing was seen in it")
    across, down = (np.mean([each[n] for each in profiles], axis=0) for n in (0, 1))
    x, mass_x = _window(across, size[0])
    y, mass_y = _window(down, size[1])
    fitted = whole(source, looked, "what draws the eye is wider than a crop", target, ())
    if fitted.ground and min(mass_x, mass_y) < HELD:
        return fitted
    return Framing(box=exact(source, (x, y, *size), target), reason="on what draws the eye")


def _window(profile: np.ndarray, size: float) -> tuple[float, float]:
    """Where a window of ``size`` holds most of a profile, and how much; the middle where that is nearly as good."""
    total = np.concatenate([[0.0], np.cumsum(profile)])
    bins = len(profile)

    def mass(start: float) -> float:
        return float(
            np.interp((start + size) * bins, np.arange(bins + 1), total)
            - np.interp(start * bins, np.arange(bins + 1), total)
        )

    starts = np.linspace(0.0, max(0.0, 1.0 - size), 33)
    held = [mass(float(start)) for start in starts]
    middle = (1 - size) / 2
    best = int(np.argmax(held))
    near = (
        0.08 if held[best] >= 0.5 else 0.03
    )  # what is spread wide tells less, and the middle no more than its best part
    return (middle, mass(middle)) if mass(middle) >= held[best] - near else (float(starts[best]), held[best])


def _mass(looked: Sequence[Frame], x: float, size: tuple[float, float]) -> float:
    """Share of what draws the eye that a crop with its middle at ``x`` keeps; 1 where that is not known."""
    profiles = [frame.columns for frame in looked if frame.columns]
    if not profiles:
        return 1.0
    mean = np.mean(profiles, axis=0)
    edges = np.arange(len(mean) + 1) / len(mean)
    total = np.concatenate([[0.0], np.cumsum(mean)])
    return float(np.interp(x + size[0] / 2, edges, total) - np.interp(x - size[0] / 2, edges, total))
