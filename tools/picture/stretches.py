"""The parts of a clip that lie within one shot each, and what was seen of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from tools.schema import Clip, Frame, Observation, Shot

SHORTEST = 0.3
"""Seconds; a shorter piece is laid as its neighbour, since a crop that jumps for so long is a flash."""

ENOUGH = 3
"""Frames looked at in a shot of a clip before its framing is trusted."""


class Stretch(NamedTuple):
    """Part of a clip within one shot; frames at the promo's rate."""

    shot: Shot
    first: int
    frames: int


def stretches(observation: Observation | None, clip: Clip, rate: Fraction) -> list[Stretch]:
    """The clip split at the source's shots; what is too short goes to the longer neighbour.

    Where its picture is held over another shot, that of the shot which is seen counts.
    """
    known = (
        observation.shots if observation and observation.shots else (Shot(id="V0", start=0.0, end=max(clip.end, 1e9)),)
    )
    first, end = clip.first_frame + clip.held[0], clip.first_frame + clip.frames - clip.held[1]
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
    return _with_held(found, clip)


def _with_held(found: Sequence[Stretch], clip: Clip) -> list[Stretch]:
    """The stretches of what is seen of a clip, the first and the last of them as long as it is held."""
    stop = clip.first_frame + clip.frames
    edges = [clip.first_frame, *(each.first for each in found[1:]), stop]
    return [
        Stretch(each.shot, begin, end - begin) for each, begin, end in zip(found, edges[:-1], edges[1:], strict=True)
    ]


def played(stretch: Stretch, clip: Clip, rate: Fraction) -> tuple[float, float]:
    """From when to when, in seconds of the source, a stretch shows its picture: not where that is held."""
    first = max(stretch.first, clip.first_frame + clip.held[0])
    end = min(stretch.first + stretch.frames, clip.first_frame + clip.frames - clip.held[1])
    return float(first / rate), float(end / rate)


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
