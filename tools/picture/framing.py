"""How each stretch of a clip is laid into a shape: one framing a shot, by where the faces are, what is written, what draws the eye.

Pure: it reads what was seen.  ``tools.picture.second_look`` sees to it that enough was.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from tools.picture.boxes import even
from tools.picture.people import above_writing, around_people, subjects
from tools.picture.plain import around_attention, around_text
from tools.picture.presented import is_slide, slide
from tools.picture.stretches import stretches, within
from tools.schema import SIZES, Box, Clip, Frame, Framing, Observation, Piece, Shape, Source

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


def _above(source: Source, looked: Sequence[Frame], shape: Shape, floor: float) -> Framing:
    """The framing of the source as if it ended at ``floor``."""
    upper = source.model_copy(update={"height": even(source.height * floor)})
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
