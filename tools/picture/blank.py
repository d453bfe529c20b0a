"""Where a promo shows nothing: one colour, black or white, for as long as a clip lasts."""

from __future__ import annotations

from collections.abc import Iterable

from tools.schema import Clip, Observation

BLANK = frozenset({"flat", "black", "white"})
"""Gates of stills on which nothing is to be seen."""


def no_picture(seen: Observation | None, clips: Iterable[Clip]) -> list[str]:
    """Labels of the clips of which every still is one colour; a clip of which there is no still is not among them."""
    return [clip.label for clip in clips if seen is not None and _blank(seen, clip)]


def _blank(seen: Observation, clip: Clip) -> bool:
    shots = {shot.id for shot in seen.shots if shot.start < clip.end and clip.start < shot.end}
    frames = [frame for frame in seen.frames if frame.shot in shots]
    inside = [frame for frame in frames if clip.start <= frame.at <= clip.end] or frames
    return bool(inside) and all(BLANK & set(frame.gates) for frame in inside)
