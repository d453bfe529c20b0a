"""How each stretch of a clip is laid into a shape: one framing a shot, by where the faces are, what is written, what draws the eye.

Pure: it reads what was seen.  ``tools.picture.second_look`` sees to it that enough was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from tools.picture import stills
from tools.schema import SIZES, Box, Clip, Face, Frame, Framing, Observation, Piece, Shape, Shot, Source

SHORTEST = 0.3
"""Seconds; a shorter piece is laid as its neighbour, since a crop that jumps for so long is a flash."""

ENOUGH = 3
"""Frames looked at in a shot of a clip before its framing is trusted."""

DEAD = 0.05
"""Share of the frame's width; a crop that would move less than this from the one before stays where it is."""

EYES = 1 / 3
"""Where the eyes are put, from the top of the crop."""

SLIDE_LINES, SLIDE_AREA, SLIDE_STRAIGHT = 4, 0.05, 0.3
"""Lines, share of the frame that they cover, and share of straight edges from which a picture is a slide or a screen."""

CLOSE = 0.3
"""Height of a face, of the frame's, from which a person is the picture whatever is written beside."""

TALLEST = 0.6
"""Height of a face, of a crop's, above which hair or chin would be cut off that the source has."""

WIDEST = 0.75
"""Width of a face, of a crop's, above which ears would touch its sides."""

MARGIN = 0.05
"""Share of the frame kept around what stands on one colour."""

HELD = 0.9
"""Share of what draws the eye that a crop keeps, where the picture could as well go on in the colour of its edge."""


class Stretch(NamedTuple):
    """Part of a clip within one shot; frames at the promo's rate."""

    shot: Shot
    first: int
    frames: int


def pieces(
    source: Source,
    observation: Observation | None,
    clip: Clip,
    rate: Fraction,
    shape: Shape,
    floor: float = 1.0,
    ground: str = "",
) -> tuple[Piece, ...]:
    """The framings of a clip: they cover its frames exactly, and change only where the source's shot does.

    A shape that is not the source's shows nothing below ``floor``, in shares of the height.  ``ground`` is a brand's colour, on which a
    picture that does not fill the shape is laid, and not on its blur.
    """
    found: list[Piece] = []
    floor = 1.0 if _alike(source, shape) else floor
    for stretch in stretches(observation, clip, rate):
        looked = within(observation, stretch, rate)
        framing = settle(choose(source, looked, shape, floor), found[-1].framing if found else None)
        if ground and framing.mode == "fit" and not framing.ground:
            framing = framing.model_copy(update={"ground": ground})
        if found and found[-1].framing == framing:
            found[-1] = found[-1].model_copy(update={"frames": found[-1].frames + stretch.frames})
        else:
            found.append(Piece(clip=clip.label, first_frame=stretch.first, frames=stretch.frames, framing=framing))
    return tuple(found)


def stretches(observation: Observation | None, clip: Clip, rate: Fraction) -> list[Stretch]:
    """The clip split at the source's shots; what is too short goes to the longer neighbour."""
    known = (
        observation.shots if observation and observation.shots else (Shot(id="V0", start=0.0, end=max(clip.end, 1e9)),)
    )
    first, end = clip.first_frame, clip.first_frame + clip.frames
    found: list[Stretch] = []
    for at, shot in enumerate(known):
        begin = first if at == 0 else max(first, round(shot.start * rate))
        until = end if at == len(known) - 1 else min(end, round(shot.end * rate))
        if until > begin:
            found.append(Stretch(shot, begin, until - begin))
    least = max(1, math.ceil(SHORTEST * rate))
    while len(found) > 1:
        at = min(range(len(found)), key=lambda n: found[n].frames)
        if found[at].frames >= least:
            break
        sides = [n for n in (at - 1, at + 1) if 0 <= n < len(found)]
        into = max(sides, key=lambda n: found[n].frames)
        low, high = min(at, into), max(at, into)
        found[low : high + 1] = [Stretch(found[into].shot, found[low].first, found[at].frames + found[into].frames)]
    return found


def within(observation: Observation | None, stretch: Stretch, rate: Fraction) -> list[Frame]:
    """The frames by which a stretch is framed: those inside it, or of its shot where they are too few."""
    if observation is None:
        return []
    mine = [
        frame
        for frame in observation.frames
        if frame.shot == stretch.shot.id and not {"black", "dissolve"} & set(frame.gates)
    ]
    begin, end = float(stretch.first / rate), float((stretch.first + stretch.frames) / rate)
    inside = [frame for frame in mine if begin - 0.25 <= frame.at <= end + 0.25]
    return (
        inside
        if len(inside) >= ENOUGH
        else sorted(mine, key=lambda f: max(begin - f.at, f.at - end, 0.0))[: max(ENOUGH, len(inside))]
    )


# One framing


def choose(source: Source, looked: Sequence[Frame], shape: Shape, floor: float = 1.0) -> Framing:
    """The framing of one shot in a shape; what lies below ``floor``, in shares of the height, is left out and not looked at."""
    if floor < 1:
        return _above(source, looked, shape, floor)
    width, height = SIZES[shape]
    target, own = width / height, source.width / max(1, source.height)
    if _alike(source, shape):
        return Framing(reason="the source has this shape")
    size = (min(1.0, target / own), min(1.0, own / target))
    if (laid := slide(source, looked, shape)) is not None:
        return laid
    if is_slide(looked):
        return _around_text(source, looked, size, target)
    people = subjects(looked)
    if people:
        floor = above_writing(looked, size) if size[1] > 0.99 else 1.0
        if floor < 1:
            laid = _around_people(source, looked, people, (size[0] * floor, floor), target, shape, floor)
            if laid.mode == "crop":
                return laid
        return _around_people(source, looked, people, size, target, shape)
    if any(frame.text for frame in looked):
        return _around_text(source, looked, size, target)
    return _around_attention(source, looked, size, target)


def _alike(source: Source, shape: Shape) -> bool:
    """Whether the source has the shape's proportions."""
    width, height = SIZES[shape]
    return abs(source.width * height / max(1, source.height) / width - 1) < 0.02


def _above(source: Source, looked: Sequence[Frame], shape: Shape, floor: float) -> Framing:
    """The framing of the source as if it ended at ``floor``."""
    upper = source.model_copy(update={"height": _even(source.height * floor)})
    share = upper.height / source.height
    laid = choose(upper, [_cut_off(frame, share) for frame in looked], shape)

    def back(box: Box) -> Box:
        return box[0], round(box[1] * share, 6), box[2], round(box[3] * share, 6)

    return laid.model_copy(update={"box": back(laid.box), "second": laid.second and back(laid.second)})


def _cut_off(frame: Frame, share: float) -> Frame:
    """What was seen in a frame, of its upper ``share`` alone."""
    faces = [
        face.model_copy(update={"y": face.y / share, "h": face.h / share})
        for face in frame.faces
        if face.y + face.h / 2 < share
    ]
    lines = [(line, box) for line, box in zip(frame.text, frame.text_boxes, strict=True) if box[1] + box[3] / 2 < share]
    rows = np.interp(
        np.linspace(0, share, len(frame.rows) + 1),
        np.linspace(0, 1, len(frame.rows) + 1),
        np.concatenate([[0.0], np.cumsum(frame.rows)]),
    )
    inner = frame.inner and (frame.inner[0], frame.inner[1] / share, frame.inner[2], min(frame.inner[3] / share, 1.0))
    return frame.model_copy(
        update={
            "faces": tuple(faces),
            "text": tuple(line for line, _ in lines),
            "text_boxes": tuple((x, y / share, w, h / share) for _, (x, y, w, h) in lines),
            "rows": tuple(float(part) for part in np.diff(rows) / max(rows[-1], 1e-9)),
            "inner": inner,
        }
    )


def settle(framing: Framing, before: Framing | None) -> Framing:
    """The framing, or the one before where the crop would move so little that it reads as a jolt."""
    if before is None or framing.mode != "crop" or before.mode != "crop" or framing.box[2:] != before.box[2:]:
        return framing
    moved = max(abs(framing.box[0] - before.box[0]), abs(framing.box[1] - before.box[1]))
    return before if moved < DEAD else framing


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


SHARE = 0.42
"""Of the height of 9:16 that a presenter takes above a slide: the slide below ends in the safe box, and captions stand at the seam."""
FINE = 300
"""Pixels, in the source, of a small picture of a presenter that can be shown as wide as a phone."""
AIR, LEAST_SHOWN = 0.02, 0.5
"""Room around a slide's content, and the least of a slide's width that is shown."""


def slide(source: Source, looked: Sequence[Frame], shape: Shape) -> Framing | None:
    """A slide's content enlarged on its own paper, on a phone below who presents it; None for what is no slide.

    By all that was seen in the shot, so that nothing that appears during it is cut off, and nothing moves.
    """
    told = [frame for frame in looked if frame.content and frame.paper]
    levels = np.array([[int(frame.paper[n : n + 2], 16) for n in (1, 3, 5)] for frame in told], np.float64)
    if not told or 2 * len(told) < len(looked) or float(np.ptp(levels, axis=0).max()) > stills.ALIKE:
        return None
    insets = [frame.inset for frame in told if frame.inset]
    inset = _middle(insets) if 2 * len(insets) >= len(told) else None
    people = subjects(looked)
    if any(inset is None or not _holds(inset, face) for face in people):
        return None
    paper = "#" + "".join(f"{round(float(value)):02x}" for value in np.median(levels, axis=0))
    content = _aired(_union([frame.content for frame in told if frame.content]))
    width, height = SIZES[shape]
    if shape == "9x16" and inset and people and inset[2] * source.width >= FINE:
        box = _presenter(source, inset, people[0], width / (SHARE * height))
        why = "who presents, above the slide's content"
        return Framing(mode="split", box=box, second=content, ground=paper, share=SHARE, reason=why)
    # Room at the sides of the small picture alone: below it a footer begins.
    beside = [(inset[0] - AIR, inset[1], inset[2] + 2 * AIR, inset[3])] if inset else []
    left, top, wide, tall = _union([content, *beside])
    box = (left, top, round(min(wide, 1 - left), 4), round(tall, 4))
    return Framing(mode="fit", box=box, ground=paper, reason="a slide's content on its own paper")


def _middle(boxes: Sequence[Box]) -> Box:
    x, y, w, h = (round(float(np.median([box[n] for box in boxes])), 4) for n in range(4))
    return x, y, w, h


def _union(boxes: Sequence[Box]) -> Box:
    left, top = (min(box[n] for box in boxes) for n in (0, 1))
    right, bottom = (max(box[n] + box[n + 2] for box in boxes) for n in (0, 1))
    return left, top, right - left, bottom - top


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


def _around_people(
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
        box = _placed(source, (left + right) / 2, people[0], size, target, floor)
        return Framing(box=box, reason="on the face" if len(people) == 1 else f"on {len(people)} faces")
    alone = len(people) == 1 or people[0].w * people[0].h >= 2.2 * people[1].w * people[1].h
    if alone or people[0].speaking:
        if people[0].h <= (0.9 if size[1] > 0.99 else TALLEST) * size[1] and people[0].w <= WIDEST * size[0]:
            box = _placed(source, people[0].centre[0], people[0], size, target, floor)
            return Framing(box=box, reason="on who speaks" if people[0].speaking else "on the largest face")
        return whole(looked, "a face too large to crop around")
    if len(people) == 2 and shape == "9x16":
        one, other = sorted(people, key=lambda face: face.centre[0])
        half = 2 * target
        part = _half(source, half, max(one.h, other.h), other.centre[0] - one.centre[0])
        if part:
            boxes = [_placed(source, face.centre[0], face, part, half) for face in (one, other)]
            return Framing(
                mode="split", box=boxes[0], second=boxes[1], reason="two faces far apart, one over the other"
            )
    return whole(looked, f"{len(people)} faces too far apart for a crop")


def _half(source: Source, aspect: float, face: float, apart: float) -> tuple[float, float] | None:
    """Size of one half of a split: as much as keeps the other person out of it; None where faces would not fit."""
    own = source.width / source.height
    wide = min(1.0, aspect / own, 1.15 * apart)
    tall = min(1.0, wide * own / aspect)
    return (tall * aspect / own, tall) if tall >= 1.8 * face else None


LOWER, LEAST_FLOOR = 0.66, 0.7
"""Where the lower part of a frame begins, in which captions and names are written, and how much is left above them at least."""


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


def _placed(source: Source, x: float, face: Face, size: tuple[float, float], target: float, floor: float = 1.0) -> Box:
    """A crop of ``size`` with ``x`` at its middle and the eyes of ``face`` a third down, within the frame and above ``floor``."""
    eyes = face.y + 0.4 * face.h
    y = eyes - EYES * size[1]
    # Headroom first: hair is cut before a chin is, so the crop never begins below what is above the face.
    y = min(y, face.y - 0.3 * face.h)
    y = min(max(y, face.y + 1.1 * face.h - size[1]), floor - size[1])
    return exact(source, (x - size[0] / 2, y, size[0], size[1]), target)


def _around_text(source: Source, looked: Sequence[Frame], size: tuple[float, float], target: float) -> Framing:
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
    return whole(looked, "a slide or screen, shown whole" if boxes else "shown whole")


def whole(looked: Sequence[Frame], reason: str) -> Framing:
    """The whole frame, on its own edge's colour where that is the same in all that was seen, else on its blur."""
    grounds = {frame.ground for frame in looked}
    levels = np.array([[int(each[n : n + 2], 16) for n in (1, 3, 5)] for each in grounds if each], np.float64)
    alike = len(levels) == len(grounds) > 0 and float(np.ptp(levels, axis=0).max()) <= stills.ALIKE
    colour = "#" + "".join(f"{round(float(value)):02x}" for value in np.median(levels, axis=0)) if alike else ""
    return Framing(mode="fit", box=_closer(looked) if colour else (0.0, 0.0, 1.0, 1.0), ground=colour, reason=reason)


def _closer(looked: Sequence[Frame]) -> Box:
    """All that stands on one colour in what was seen, with a margin for what moves, and never less than the middle."""
    inner = [frame.inner for frame in looked if frame.inner]
    # One still is a cover, in which nothing moves.
    if len(inner) < len(looked) or len(inner) < ENOUGH and len(looked) != 1:
        return 0.0, 0.0, 1.0, 1.0
    left, top = (max(0.0, min(0.3, *(box[n] for box in inner)) - MARGIN) for n in (0, 1))
    right, bottom = (min(1.0, max(0.7, *(box[n] + box[n + 2] for box in inner)) + MARGIN) for n in (0, 1))
    return round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4)


def _around_attention(source: Source, looked: Sequence[Frame], size: tuple[float, float], target: float) -> Framing:
    """On what draws the eye; whole where that is spread wider than the crop."""
    profiles = [(frame.columns, frame.rows) for frame in looked if frame.columns and frame.rows]
    if not profiles:
        box = exact(source, ((1 - size[0]) / 2, (1 - size[1]) / 2, *size), target)
        return Framing(box=box, reason="on the middle; nothing was seen in it")
    across, down = (np.mean([each[n] for each in profiles], axis=0) for n in (0, 1))
    x, mass_x = _window(across, size[0])
    y, mass_y = _window(down, size[1])
    held, fitted = min(mass_x, mass_y), whole(looked, "what draws the eye is wider than a crop")
    if held < (HELD if fitted.ground else 0.5):
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
    return (middle, mass(middle)) if mass(middle) >= held[best] - 0.08 else (float(starts[best]), held[best])


def _mass(looked: Sequence[Frame], x: float, size: tuple[float, float]) -> float:
    """Share of what draws the eye that a crop with its middle at ``x`` keeps; 1 where that is not known."""
    profiles = [frame.columns for frame in looked if frame.columns]
    if not profiles:
        return 1.0
    mean = np.mean(profiles, axis=0)
    edges = np.arange(len(mean) + 1) / len(mean)
    total = np.concatenate([[0.0], np.cumsum(mean)])
    return float(np.interp(x + size[0] / 2, edges, total) - np.interp(x - size[0] / 2, edges, total))


def exact(source: Source, box: Box, target: float) -> Box:
    """A box inside the frame on even pixels, with the shape's proportions to the pixel, as shares again."""
    wide, tall = source.width // 2 * 2, source.height // 2 * 2
    if wide < 16 or tall < 16:
        return (0.0, 0.0, 1.0, 1.0)
    height = min(tall, _even(box[3] * source.height))
    width = min(wide, _even(height * target))
    height = min(tall, _even(width / target)) if width == wide else height
    x = min(max(0, _even(box[0] * source.width)), wide - width)
    y = min(max(0, _even(box[1] * source.height)), tall - height)
    return (
        round(x / source.width, 6),
        round(y / source.height, 6),
        round(width / source.width, 6),
        round(height / source.height, 6),
    )


def _even(value: float) -> int:
    return round(value / 2) * 2
