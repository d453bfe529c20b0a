"""A slide: whether a shot shows one, and its content on its own paper, on a phone below who presents it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tools.picture import stills
from tools.picture.boxes import exact, middle_of, union
from tools.picture.people import EYES, subjects
from tools.picture.plain import SLIDE_AREA, SLIDE_LINES, SLIDE_STRAIGHT
from tools.schema import SIZES, Box, Face, Frame, Framing, Shape, Source

CLOSE = 0.3
"""Height of a face, of the frame's, from which a person is the picture whatever is written beside."""

SHARE: dict[Shape, float] = {"9x16": 0.42, "1x1": 0.5}
"""Of the height that a presenter takes above a slide: the slide below ends in the safe box, and captions stand at the seam."""

FINE = 300
"""Pixels, in the source, of a small picture of a presenter that can be shown as wide as a phone."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
AIR, LEAST_SHOWN = 0.02, 0.5
"""Room around a slide's content, and the least of a slide's width that is shown."""


def is_slide(looked: Sequence[Frame]) -> bool:
    """Whether a shot shows a slide or a screen: much text or many straight lines, and no one close."""
    if not looked:
        return False
    nearest = float(np.median([max((face.h for face in frame.faces), default=0.0) for frame in looked]))
    if nearest >= CLOSE:
        return False
    read = [frame for frame in looked if frame.text] or list(looked)
    lines = float(np.median([len(frame.text) for frame in read]))
    area = float(np.median([sum(box[2] * box[3] for box in frame.text_boxes) for frame in read]))
    straight = float(np.median([frame.straight for frame in looked]))
    small_face = nearest < 0.2
    return (lines >= SLIDE_LINES and (area >= SLIDE_AREA or small_face) and straight > 0.1) or (
        straight >= SLIDE_STRAIGHT and lines >= 2 and small_face
    )


def slide(source: Source, looked: Sequence[Frame], shape: Shape) -> Framing | None:
    """A slide's content enlarged on its own paper, on a phone below who presents it; None for what is no slide.

    By all that was seen in the shot, so that nothing that appears during it is cut off, and nothing moves.
    """
    told = [frame for frame in looked if frame.content and frame.paper]
    levels = np.array([[int(frame.paper[n : n + 2], 16) for n in (1, 3, 5)] for frame in told], np.float64)
    if not told or 2 * len(told) < len(looked) or float(np.ptp(levels, axis=0).max()) > stills.ALIKE:
        return None
    insets = [frame.inset for frame in told if frame.inset]
    inset = middle_of(insets) if 2 * len(insets) >= len(told) else None
    people = subjects(looked)
    if any(inset is None or not _holds(inset, face) for face in people):
        return None
    paper = "#" + "".join(f"{round(float(value)):02x}" for value in np.median(levels, axis=0))
    content = _aired(union([frame.content for frame in told if frame.content])) if _builds(told) else WHOLE
    width, height = SIZES[shape]
    share = SHARE.get(shape)
    if share and inset and people and inset[2] * source.width >= FINE:
        box = _presenter(source, inset, people[0], width / (share * height))
        why = "who presents, above the slide's content"
        return Framing(mode="split", box=box, second=content, ground=paper, share=share, reason=why)
    # Room at the sides of the small picture alone: below it a footer begins.
    beside = [(inset[0] - AIR, inset[1], inset[2] + 2 * AIR, inset[3])] if inset else []
    left, top, wide, tall = union([content, *beside])
    box = (left, top, round(min(wide, 1 - left), 4), round(tall, 4))
    return Framing(mode="fit", box=box, ground=paper, reason="a slide's content on its own paper")


def _builds(told: Sequence[Frame]) -> bool:
    """Whether what stands on the paper only grows, as a slide's does: what moves about is somewhere else in the next moment."""
    boxes = [frame.content for frame in sorted(told, key=lambda each: each.at) if frame.content]
    return all(
        two[n] <= one[n] + AIR and two[n] + two[n + 2] >= one[n] + one[n + 2] - AIR
        for one, two in pairwise(boxes)
        for n in (0, 1)
    )


def _aired(box: Box) -> Box:
    """A box with room around it, and not so narrow that letters come out huge."""
    left, top = max(0.0, box[0] - AIR), max(0.0, box[1] - AIR)
    right, bottom = min(1.0, max(box[0] + box[2] + AIR, left + LEAST_SHOWN)), min(1.0, box[1] + box[3] + AIR)
    return round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4)


def _holds(box: Box, face: Face) -> bool:
    x, y = face.centre
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def _presenter(source: Source, inset: Box, face: Face, target: float) -> Box:
    """As much of a small picture as has the proportions ``target``, the eyes a third down, and nothing of its edge."""
    x, y, w, h = inset[0] + 0.01 * inset[2], inset[1] + 0.01 * inset[3], 0.98 * inset[2], 0.98 * inset[3]
    own = source.width / max(1, source.height)
    wide, tall = (w, min(h, w * own / target)) if w * own / h <= target else (h * target / own, h)
    left = min(max(x, face.centre[0] - wide / 2), x + w - wide)
    top = min(max(y, face.y + 0.4 * face.h - EYES * tall), y + h - tall)
    return exact(source, (left, top, wide, tall), target)
