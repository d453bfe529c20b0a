"""The people whom a shot is about, and the crop around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.picture.boxes import exact
from tools.picture.plain import whole
from tools.schema import Box, Face, Frame, Framing, Shape, Source

EYES = 1 / 3
"""Where the eyes are put, from the top of the crop."""

TALLEST = 0.6
"""Height of a face, of a crop's, above which hair or chin would be cut off that the source has."""

WIDEST = 0.75
"""Width of a face, of a crop's, above which ears would touch its sides."""

LOWER, LEAST_FLOOR = 0.66, 0.7
"""Where the lower part of a frame begins, in which captions and names are written, and how much is left above them at least."""


def subjects(looked: Sequence[Frame]) -> list[Face]:
    """The people whom a shot is about, each at the median of where they are: who speaks first, then the largest.

    A face counts if it is in at least a third of the frames, and is no passer-by beside a much larger one.
    """
    seen: list[list[Face]] = []
    for frame in looked:
        for face in frame.faces:
            near = [group for group in seen if same_place(group[-1], face)]
            if near:
                near[0].append(face)
            else:
                seen.append([face])
    least = max(1, len(looked) / 3)
    steady = [_median(group) for group in seen if len(group) >= least]
    if not steady:
        return []
    largest = max(face.w * face.h for face in steady)
    return sorted(
        (face for face in steady if face.w * face.h >= 0.3 * largest or face.speaking),
        key=lambda face: (not face.speaking, -face.w * face.h),
    )


def same_place(one: Face, other: Face) -> bool:
    """Whether two faces of one shot are near enough to be one person's."""
    return abs(one.centre[0] - other.centre[0]) < max(0.08, 0.9 * max(one.w, other.w))


def _median(group: Sequence[Face]) -> Face:
    x, y, w, h = (float(np.median([getattr(face, name) for face in group])) for name in ("x", "y", "w", "h"))
    return Face(
        x=x, y=y, w=w, h=h, score=max(face.score for face in group), speaking=any(face.speaking for face in group)
    )


def around_people(
    source: Source,
    looked: Sequence[Frame],
    people: Sequence[Face],
    size: tuple[float, float],
    target: float,
    shape: Shape,
    floor: float = 1.0,
) -> Framing:
    left = min(face.x - 0.25 * face.w for face in people)
    right = max(face.x + 1.25 * face.w for face in people)
    top = min(face.y - 0.35 * face.h for face in people)
    bottom = max(face.y + 1.15 * face.h for face in people)
    if right - left <= size[0] and bottom - top <= size[1]:
        box = placed(source, (left + right) / 2, people[0], size, target, floor)
        return Framing(box=box, reason="on the face" if len(people) == 1 else f"on {len(people)} faces")
    alone = len(people) == 1 or people[0].w * people[0].h >= 2.2 * people[1].w * people[1].h
    if alone or people[0].speaking:
        if people[0].h <= (0.9 if size[1] > 0.99 else TALLEST) * size[1] and people[0].w <= WIDEST * size[0]:
            box = placed(source, people[0].centre[0], people[0], size, target, floor)
            return Framing(box=box, reason="on who speaks" if people[0].speaking else "on the largest face")
        return whole(source, looked, "a face too large to crop around", target, _around(people))
    if len(people) == 2 and shape == "9x16":
        one, other = sorted(people, key=lambda face: face.centre[0])
        half = 2 * target
        part = _half(source, half, max(one.h, other.h), other.centre[0] - one.centre[0])
        if part:
            boxes = [placed(source, face.centre[0], face, part, half) for face in (one, other)]
            return Framing(
                mode="split", box=boxes[0], second=boxes[1], reason="two faces far apart, one over the other"
            )
    return whole(source, looked, f"{len(people)} faces too far apart for a crop", target, _around(people))


def _around(people: Sequence[Face]) -> list[Box]:
    """The faces with their hair and shoulders."""
    return [(face.x - 0.5 * face.w, face.y - 0.4 * face.h, 2 * face.w, 1.8 * face.h) for face in people]


def _half(source: Source, aspect: float, face: float, apart: float) -> tuple[float, float] | None:
    """Size of one half of a split: as much as keeps the other person out of it; None where faces would not fit."""
    own = source.width / source.height
    wide = min(1.0, aspect / own, 1.15 * apart)
    tall = min(1.0, wide * own / aspect)
    return (tall * aspect / own, tall) if tall >= 1.8 * face else None


def above_writing(looked: Sequence[Frame], size: tuple[float, float]) -> float:
    """Height, in shares, down to which a crop may reach so as not to cut through captions or names written below; 1 without any."""
    read = [frame for frame in looked if frame.text_boxes]
    tops = []
    for frame in read:
        low = [box for box in frame.text_boxes if box[1] >= LOWER]
        if low and max(box[0] + box[2] for box in low) - min(box[0] for box in low) > 0.86 * size[0]:
            tops.append(min(box[1] for box in low))
    floor = min(tops, default=1.0) - 0.015
    return floor if 2 * len(tops) >= len(read) > 0 and floor >= LEAST_FLOOR else 1.0


def placed(source: Source, x: float, face: Face, size: tuple[float, float], target: float, floor: float = 1.0) -> Box:
    """A crop of ``size`` with ``x`` at its middle and the eyes of ``face`` a third down, within the frame and above ``floor``."""
    eyes = face.y + 0.4 * face.h
    y = eyes - EYES * size[1]
    # Headroom first: hair is cut before a chin is, so the crop never begins below what is above the face.
    y = min(y, face.y - 0.3 * face.h)
    y = min(max(y, face.y + 1.1 * face.h - size[1]), floor - size[1])
    return exact(source, (x - size[0] / 2, y, size[0], size[1]), target)
