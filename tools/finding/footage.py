"""Ranks shots of a video without speech."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tools.ids import index
from tools.schema import Candidate, Frame, Observation, Shot

WEIGHTS = {"faces": 0.3, "sharpness": 0.2, "motion": 0.15, "level": 0.1, "length": 0.25}


def shots(observation: Observation | None) -> list[Candidate]:
    """Shots, best first, by faces, sharpness, motion, sound and length; those without a usable picture are not kept."""
    if observation is None or not observation.shots:
        return []
    frames: dict[str, list[Frame]] = {shot.id: [] for shot in observation.shots}
    for frame in observation.frames:
        frames.setdefault(frame.shot, []).append(frame)
    sharp = sorted(frame.sharpness for frame in observation.frames) or [0.0]
    heard = [shot.level for shot in observation.shots if shot.level is not None]
    found = [_shot(shot, frames[shot.id], sharp, heard) for shot in observation.shots]
    return sorted(found, key=lambda each: (not each.kept, -each.score, index(each.ids[0])))


def _shot(shot: Shot, frames: Sequence[Frame], sharp: Sequence[float], heard: Sequence[float]) -> Candidate:
    usable = [frame for frame in frames if not frame.gates]
    length = min(1.0, shot.length / 3) * (1.0 if shot.length <= 12 else 0.8)
    if frames and not usable:
        why = ", ".join(sorted({gate for frame in frames for gate in frame.gates}))
        return Candidate(
            ids=(shot.id,), kept=False, score=round(WEIGHTS["length"] * length, 4), reason=f"no usable picture: {why}"
        )
    faces = [max((face.w * face.h for face in frame.faces), default=0.0) for frame in usable]
    places = [np.searchsorted(sharp, frame.sharpness, side="right") / len(sharp) for frame in usable]
    moves = [one.distance(two) / 64 for one, two in zip(usable, usable[1:], strict=False)]
    louder = (shot.level - min(heard)) / max(1.0, max(heard) - min(heard)) if heard and shot.level is not None else 0.0
    parts = {
        "faces": min(1.0, math.sqrt(max(faces, default=0.0)) * 3),
        "sharpness": float(np.mean(places)) if places else 0.0,
        "motion": min(1.0, float(np.mean(moves)) * 4) if moves else 0.0,
        "level": louder,
        "length": length,
    }
    told = [
        word
        for name, word in (("faces", "a face"), ("sharpness", "sharp"), ("motion", "movement"), ("level", "loud"))
        if parts[name] > 0.5
    ]
    return Candidate(
        ids=(shot.id,),
        kept=True,
        score=round(sum(WEIGHTS[name] * value for name, value in parts.items()), 4),
        parts={name: round(value, 4) for name, value in parts.items()},
        reason=", ".join(told) or "a plain shot",
    )
