"""How each stretch of a clip is laid into a shape: one framing a shot, by where the faces are, what is written, what draws the eye.

Pure: it reads what was seen.  ``tools.picture.second_look`` sees to it that enough was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from tools.picture import bars
from tools.picture.boxes import inside, outward
from tools.picture.people import above_writing, around_people, subjects
from tools.picture.plain import around_attention, around_text
from tools.picture.presented import is_slide, slide
from tools.picture.steady import steady
from tools.picture.stretches import stretches, within
from tools.schema import SIZES, Box, Clip, CutList, Frame, Framing, Observation, Piece, Shape, Source

DEAD = 0.05
"""Share of the frame's width; a crop that would move less than this from the one before stays where it is."""


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


def of_cut(
    source: Source, observation: Observation | None, cut: CutList, shape: Shape, floor: float = 1.0, ground: str = ""
) -> tuple[Piece, ...]:
    """The framings of all clips of a cut in a shape, on grounds of one kind; see ``pieces``."""
    laid = (pieces(source, observation, clip, cut.fps, shape, floor, ground) for clip in cut.clips)
    return steady([piece for each in laid for piece in each])


def choose(
    source: Source, looked: Sequence[Frame], shape: Shape, floor: float = 1.0, *, barred: bool = True
) -> Framing:
    """The framing of one shot in a shape, of the picture within its bars; its own shape keeps those, unless it is not to be ``barred``.

    What lies below ``floor``, in shares of the height, is left out and not looked at.
    """
    picture = bars.common(looked) or WHOLE
    if _alike(source, shape) and (barred or picture == WHOLE):
        part = _part(source, picture)
        return Framing(box=_area(source, picture) if picture != WHOLE and _alike(part, shape) else WHOLE, reason=OWN)
    left, top, wide, tall = picture
    area = _area(source, (left, top, wide, min(top + tall, max(floor, top + 0.1)) - top))
    if area == WHOLE:
        return _chosen(source, looked, shape)
    laid = _chosen(_part(source, area), [_only(frame, area) for frame in looked], shape)
    return laid.model_copy(
        update={"box": outward(laid.box, area), "second": laid.second and outward(laid.second, area)}
    )


OWN = "the source has this shape"
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


def _chosen(source: Source, looked: Sequence[Frame], shape: Shape) -> Framing:
    """The framing of a picture that is wanted whole."""
    width, height = SIZES[shape]
    target, own = width / height, source.width / max(1, source.height)
    if _alike(source, shape):
        return Framing(reason=OWN)
    size = (min(1.0, target / own), min(1.0, own / target))
    if (laid := slide(source, looked, shape)) is not None:
        return laid
    if is_slide(looked):
        return around_text(source, looked, size, target)
    people = subjects(looked)
    if people:
        floor = above_writing(looked, size) if size[1] > 0.99 else 1.0
        if floor < 1:
            laid = around_people(source, looked, people, (size[0] * floor, floor), target, shape, floor)
            if laid.mode == "crop":
                return laid
        return around_people(source, looked, people, size, target, shape)
    if any(frame.text for frame in looked):
        return around_text(source, looked, size, target)
    return around_attention(source, looked, size, target)


def _alike(source: Source, shape: Shape) -> bool:
    """Whether the source has the shape's proportions."""
    width, height = SIZES[shape]
    return abs(source.width * height / max(1, source.height) / width - 1) < 0.02


def _area(source: Source, box: Box) -> Box:
    """A box on even pixels of the source; the whole frame stays the whole."""
    if box == WHOLE:
        return WHOLE
    left, top = (2 * math.ceil(box[n] * side / 2) for n, side in ((0, source.width), (1, source.height)))
    right, bottom = (
        2 * math.floor((box[n] + box[n + 2]) * side / 2) for n, side in ((0, source.width), (1, source.height))
    )
    wide, tall = max(2, right - left), max(2, bottom - top)
    return left / source.width, top / source.height, wide / source.width, tall / source.height


def _part(source: Source, area: Box) -> Source:
    """The source as if there were nothing of it but ``area``."""
    return source.model_copy(update={"width": round(source.width * area[2]), "height": round(source.height * area[3])})


def _only(frame: Frame, area: Box) -> Frame:
    """What was seen in a part of a frame, in shares of it."""
    faces = [
        face.model_copy(update=dict(zip("xywh", _moved((face.x, face.y, face.w, face.h), area), strict=True)))
        for face in frame.faces
        if _in(face.centre, area)
    ]
    lines = [
        (line, _moved(box, area))
        for line, box in zip(frame.text, frame.text_boxes, strict=True)
        if _in((box[0] + box[2] / 2, box[1] + box[3] / 2), area)
    ]
    boxes = {name: inside(box, area) for name in ("inner", "content", "inset") if (box := getattr(frame, name))}
    return frame.model_copy(
        update={
            **boxes,
            "picture": None,
            "faces": tuple(faces),
            "text": tuple(line for line, _ in lines),
            "text_boxes": tuple(box for _, box in lines),
            "columns": _profile(frame.columns, area[0], area[2]),
            "rows": _profile(frame.rows, area[1], area[3]),
        }
    )


def _moved(box: Box, area: Box) -> Box:
    return (box[0] - area[0]) / area[2], (box[1] - area[1]) / area[3], box[2] / area[2], box[3] / area[3]


def _in(point: tuple[float, float], area: Box) -> bool:
    return all(area[n] <= point[n] < area[n] + area[n + 2] for n in (0, 1))


def _profile(shares: Sequence[float], start: float, size: float) -> tuple[float, ...]:
    """A profile of as many shares over a part of its length."""
    if not shares:
        return ()
    count = len(shares)
    at = np.linspace(start, start + size, count + 1)
    found = np.interp(at, np.linspace(0, 1, count + 1), np.concatenate([[0.0], np.cumsum(shares)]))
    return tuple(float(part) for part in np.diff(found) / max(found[-1] - found[0], 1e-9))


def settle(framing: Framing, before: Framing | None) -> Framing:
    """The framing, or the one before where the crop would move so little that it reads as a jolt."""
    if before is None or framing.mode != "crop" or before.mode != "crop" or framing.box[2:] != before.box[2:]:
        return framing
    moved = max(abs(framing.box[0] - before.box[0]), abs(framing.box[1] - before.box[1]))
    return before if moved < DEAD else framing
