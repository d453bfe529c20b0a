"""How each stretch of a clip is laid into a shape: one framing a shot, by where the faces are, what is written, what draws the eye.

``pieces`` is pure: it reads what was seen.  ``observe_clips`` sees to it that enough was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from tools import shots, stills
from tools.look import WIDTH, encode, sanitised, shot_at
from tools.ports import Bench
from tools.schema import SIZES, Clip, CutList, Face, Frame, Framing, Observation, Piece, Shape, Shot, Source

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

Box = tuple[float, float, float, float]


class Stretch(NamedTuple):
    """Part of a clip within one shot; frames at the promo's rate."""

    shot: Shot
    first: int
    frames: int


def pieces(
    source: Source, observation: Observation | None, clip: Clip, rate: Fraction, shape: Shape
) -> tuple[Piece, ...]:
    """The framings of a clip: they cover its frames exactly, and change only where the source's shot does."""
    found: list[Piece] = []
    for stretch in stretches(observation, clip, rate):
        looked = within(observation, stretch, rate)
        framing = settle(choose(source, looked, shape), found[-1].framing if found else None)
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


def choose(source: Source, looked: Sequence[Frame], shape: Shape) -> Framing:
    """The framing of one shot in a shape."""
    width, height = SIZES[shape]
    target, own = width / height, source.width / max(1, source.height)
    if abs(own / target - 1) < 0.02:
        return Framing(reason="the source has this shape")
    size = (min(1.0, target / own), min(1.0, own / target))
    if is_slide(looked):
        return _around_text(source, looked, size, target)
    people = subjects(looked)
    if people:
        return _around_people(source, people, size, target, shape)
    if any(frame.text for frame in looked):
        return _around_text(source, looked, size, target)
    return _around_attention(source, looked, size, target)


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


def subjects(looked: Sequence[Frame]) -> list[Face]:
    """The people whom a shot is about, each at the median of where they are, the largest first.

    A face counts if it is in at least a third of the frames, and is no passer-by beside a much larger one.
    """
    seen: list[list[Face]] = []
    for frame in looked:
        for face in frame.faces:
            near = [
                group
                for group in seen
                if abs(group[-1].centre[0] - face.centre[0]) < max(0.08, 0.9 * max(face.w, group[-1].w))
            ]
            if near:
                near[0].append(face)
            else:
                seen.append([face])
    least = max(1, len(looked) / 3)
    steady = [_median(group) for group in seen if len(group) >= least]
    if not steady:
        return []
    largest = max(face.w * face.h for face in steady)
    return sorted((face for face in steady if face.w * face.h >= 0.3 * largest), key=lambda face: -face.w * face.h)


def _median(group: Sequence[Face]) -> Face:
    x, y, w, h = (float(np.median([getattr(face, name) for face in group])) for name in ("x", "y", "w", "h"))
    return Face(x=x, y=y, w=w, h=h, score=max(face.score for face in group))


def _around_people(
    source: Source, people: Sequence[Face], size: tuple[float, float], target: float, shape: Shape
) -> Framing:
    left = min(face.x - 0.25 * face.w for face in people)
    right = max(face.x + 1.25 * face.w for face in people)
    top = min(face.y - 0.35 * face.h for face in people)
    bottom = max(face.y + 1.15 * face.h for face in people)
    if right - left <= size[0] and bottom - top <= size[1]:
        box = _placed(source, (left + right) / 2, people[0], size, target)
        return Framing(box=box, reason="on the face" if len(people) == 1 else f"on {len(people)} faces")
    if len(people) == 1 or people[0].w * people[0].h >= 2.2 * people[1].w * people[1].h:
        if people[0].h <= 0.9 * size[1] and people[0].w <= 0.9 * size[0]:
            box = _placed(source, people[0].centre[0], people[0], size, target)
            return Framing(box=box, reason="on the largest face")
        return Framing(mode="fit", box=(0.0, 0.0, 1.0, 1.0), reason="a face too large to crop around")
    if len(people) == 2 and shape == "9x16":
        one, other = sorted(people, key=lambda face: face.centre[0])
        half = 2 * target
        part = _half(source, half, max(one.h, other.h), other.centre[0] - one.centre[0])
        if part:
            boxes = [_placed(source, face.centre[0], face, part, half) for face in (one, other)]
            return Framing(
                mode="split", box=boxes[0], second=boxes[1], reason="two faces far apart, one over the other"
            )
    return Framing(mode="fit", box=(0.0, 0.0, 1.0, 1.0), reason=f"{len(people)} faces too far apart for a crop")


def _half(source: Source, aspect: float, face: float, apart: float) -> tuple[float, float] | None:
    """Size of one half of a split: as much as keeps the other person out of it; None where faces would not fit."""
    own = source.width / source.height
    wide = min(1.0, aspect / own, 1.15 * apart)
    tall = min(1.0, wide * own / aspect)
    return (tall * aspect / own, tall) if tall >= 1.8 * face else None


def _placed(source: Source, x: float, face: Face, size: tuple[float, float], target: float) -> Box:
    """A crop of ``size`` with ``x`` at its middle and the eyes of ``face`` a third down, within the frame."""
    eyes = face.y + 0.4 * face.h
    y = eyes - EYES * size[1]
    # Headroom first: hair is cut before a chin is, so the crop never begins below what is above the face.
    y = min(y, face.y - 0.3 * face.h)
    y = max(y, face.y + 1.1 * face.h - size[1])
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
    return Framing(
        mode="fit", box=(0.0, 0.0, 1.0, 1.0), reason="a slide or screen, shown whole" if boxes else "shown whole"
    )


def _around_attention(source: Source, looked: Sequence[Frame], size: tuple[float, float], target: float) -> Framing:
    """On what draws the eye; whole where that is spread wider than the crop."""
    profiles = [(frame.columns, frame.rows) for frame in looked if frame.columns and frame.rows]
    if not profiles:
        box = exact(source, ((1 - size[0]) / 2, (1 - size[1]) / 2, *size), target)
        return Framing(box=box, reason="on the middle; nothing was seen in it")
    across, down = (np.mean([each[n] for each in profiles], axis=0) for n in (0, 1))
    x, mass_x = _window(across, size[0])
    y, mass_y = _window(down, size[1])
    if min(mass_x, mass_y) < 0.5:
        return Framing(mode="fit", box=(0.0, 0.0, 1.0, 1.0), reason="what draws the eye is wider than a crop")
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


# Seeing enough


def extra_times(
    source: Source, observation: Observation | None, clip: Clip, rate: Fraction | None = None
) -> list[float]:
    """Where to look so that each shot within the clip has ``ENOUGH`` frames, and one more for every four seconds."""
    pace = rate or (clip.frames / Fraction(clip.length).limit_denominator(100_000) if clip.length else Fraction(25))
    times = []
    for stretch in stretches(observation, clip, pace):
        begin = float(stretch.first / pace)
        end = min(begin + float(stretch.frames / pace), source.duration)
        begin += min(
            stretch.shot.fade / 2 if begin < stretch.shot.start + stretch.shot.fade else 0.0, (end - begin) / 3
        )
        looked = [frame.at for frame in (observation.frames if observation else ()) if begin <= frame.at < end]
        wanted = min(6, max(ENOUGH, math.ceil((end - begin) / 4)))
        if len(looked) >= wanted:
            continue
        spots = [begin + (end - begin) * (n + 0.5) / wanted for n in range(wanted)]
        spots.sort(key=lambda at: -min((abs(at - other) for other in looked), default=1e9))
        times += spots[: wanted - len(looked)]
    return sorted(times)


def observe_clips(bench: Bench, cut: CutList) -> Observation:
    """The observation with enough frames inside the clips of ``cut``; made once a plan and saved beside it."""
    workspace = bench.workspace
    name = f"observation-{cut.id}.json"
    if (known := workspace.load(name, Observation)) is not None:
        return known
    base = workspace.observation or Observation()
    source = workspace.source
    if not source.has_video or not base.shots:
        return base
    fresh: dict[str, Frame] = {}
    most = 48 if bench.engines.analyst.price == 0 else 16
    times = [(clip, extra_times(source, base, clip, Fraction(cut.rate))) for clip in cut.clips]
    share = min(1.0, most / max(1, sum(len(each) for _, each in times)))
    for clip, wanted in times:
        kept = wanted[:: max(1, round(1 / share))] if share < 1 else wanted
        for at, image in shots.pick(workspace.video, source, kept, WIDTH):
            frame = Frame(at=round(at, 6), shot=shot_at(base.shots, at).id, file=f"frames/{round(at * 1000):08d}.jpg")
            if frame.file not in {other.file for other in base.frames} and clip.start - 0.5 <= at <= clip.end + 0.5:
                workspace.write(frame.file, encode(image))
                fresh[frame.file] = stills.measure(frame, image)
    told = (
        [sanitised(frame) for frame in bench.engines.analyst.analyse(tuple(fresh.values()), workspace, bench.steps)]
        if fresh
        else []
    )
    frames = stills.compare(sorted((*base.frames, *told), key=lambda frame: frame.at), base.shots)
    seen = base.model_copy(
        update={
            "frames": tuple(
                _with_gates(before, after)
                for before, after in zip(sorted((*base.frames, *told), key=lambda f: f.at), frames, strict=True)
            )
        }
    )
    workspace.save(name, seen)
    return seen


def _with_gates(before: Frame, after: Frame) -> Frame:
    """The gates of both: a new comparison may add one, and takes none back."""
    return after.model_copy(update={"gates": tuple(dict.fromkeys((*before.gates, *after.gates)))})
