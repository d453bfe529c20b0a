"""What could be a cover: stills from inside the promo, and how well each would serve in a shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.covers.expression import composed
from tools.picture import framing, shots, stills
from tools.picture.people import same_place
from tools.picture.stills import WIDTH, sanitised
from tools.ports import Bench
from tools.schema import Clip, CutList, Frame, Framing, Observation, Shape, Source

SHUT = 0.35
"""Eyes less open than this are closed."""
UNSHOWN = frozenset({"black", "white", "flat", "unsafe"})
"""Gates for which a plain ground is the better cover."""
LOOKS, FEWER = 24, 10
"""Stills that an engine looks at for covers, and where it costs money."""
WEIGHTS = {
    "face": 0.24,
    "eyes": 0.14,
    "sharp": 0.14,
    "light": 0.09,
    "near": 0.12,
    "colour": 0.05,
    "smile": 0.05,
    "clean": 0.07,
    "fits": 0.1,
}
"""How much each part counts; without a face to speak of in any candidate the others share what the faces leave."""


def candidates(bench: Bench, source: Source, observation: Observation, cut: CutList) -> tuple[Frame, ...]:
    """Stills from inside the promo, most of them near its hook, measured and looked at; none of what it does not show."""
    workspace = bench.workspace
    known = {frame.file: frame for frame in observation.frames}
    inside = {name: frame for name, frame in known.items() if any(_shows(clip, frame.at, cut) for clip in cut.clips)}
    fresh: dict[str, Frame] = {}
    if source.has_video and observation.shots:
        for clip in cut.clips:
            times = _times(clip, clip is opening(cut))
            workspace.bring([(min(times), max(times))] if times else ())
            for at, image in shots.pick(workspace.video, source, times, WIDTH):
                frame = stills.place(at, observation.shots)
                if frame.file not in known and _shows(clip, at, cut):
                    fresh[frame.file] = stills.keep(workspace, frame, image)
    measured = stills.compare(
        sorted([*inside.values(), *fresh.values()], key=lambda frame: frame.at), observation.shots
    )
    worth = [frame for frame in measured if frame.file in fresh and not frame.gates]
    most = LOOKS if bench.engines.analyst.price == 0 else FEWER
    # Sharp ones first, but each clip's best before any clip's second.
    worth.sort(key=lambda frame: (-frame.sharpness, frame.at))
    order: dict[str, int] = {}
    seen: dict[str, int] = {}
    for frame in worth:
        place = seen[frame.shot] = seen.get(frame.shot, 0) + 1
        order[frame.file] = place
    chosen = sorted(worth, key=lambda frame: (order[frame.file], -frame.sharpness))[:most]
    told = (
        {frame.file: sanitised(frame) for frame in bench.engines.analyst.analyse(tuple(chosen), workspace, bench.steps)}
        if chosen
        else {}
    )
    # What no engine looked at may be unsafe or have its eyes shut: it serves only where nothing else does.
    usable = [told.get(frame.file, frame) for frame in measured if frame.file in told or frame.file in inside]
    return tuple(composed(shut([spoken(frame, observation) for frame in usable or measured])))


def _shows(clip: Clip, at: float, cut: CutList) -> bool:
    """Whether the promo shows the picture of a moment: not a frame that is held over with another shot's sound."""
    frame = at * float(cut.fps)
    first, last = clip.first_frame + clip.held[0], clip.first_frame + clip.frames - clip.held[1]
    return first - 0.5 <= frame <= last - 0.5


def spoken(frame: Frame, observation: Observation) -> Frame:
    """The frame with who speaks marked, as it is in the frame of its shot that is nearest to it."""
    near = [
        (abs(other.at - frame.at), face)
        for other in observation.frames
        for face in other.faces
        if face.speaking and other.shot == frame.shot
    ]
    if not near or len(frame.faces) < 2:
        return frame
    speaker = min(near, key=lambda each: each[0])[1]
    faces = tuple(face.model_copy(update={"speaking": same_place(face, speaker)}) for face in frame.faces)
    return frame.model_copy(update={"faces": faces})


def opening(cut: CutList) -> Clip:
    """The clip that is the hook, else the first."""
    return next((clip for clip in cut.clips if clip.role == "hook"), cut.clips[0])


def _times(clip: Clip, first: bool) -> list[float]:
    count = max(3, min(14 if first else 5, round(clip.length / (0.4 if first else 1.5))))
    return [clip.start + clip.length * (n + 0.5) / count for n in range(count)]


def shut(frames: Sequence[Frame]) -> list[Frame]:
    """The frames with the gate ``closed eyes`` where those of the largest face are."""
    answer = []
    for frame in frames:
        value = frame.faces[0].eyes_open if frame.faces and frame.faces[0].h >= 0.12 else None
        closed = value is not None and value < SHUT and "closed eyes" not in frame.gates
        answer.append(frame.model_copy(update={"gates": (*frame.gates, "closed eyes")}) if closed else frame)
    return answer


@dataclass(frozen=True)
class Scored:
    frame: Frame
    framing: Framing
    score: float
    parts: dict[str, float]

    @property
    def reason(self) -> str:
        return ", ".join(self.frame.gates)


def rank(source: Source, frames: Sequence[Frame], cut: CutList, shape: Shape, floor: float = 1.0) -> list[Scored]:
    """Best first: what passes every gate, a person who fills the shape before all else, by score, then the least bad.

    Black and unsafe come last of all.
    """
    sharp = _sharpest(frames)
    people = any(face.h >= PORTRAIT for frame in frames for face in frame.faces)
    weights = {name: value for name, value in WEIGHTS.items() if people or name not in ("face", "eyes", "smile")}
    clip = opening(cut)
    scored = []
    for frame in frames:
        laid = framing.choose(source, [frame], shape, floor, barred=False)
        parts = {
            name: round(value, 3)
            for name, value in _parts(frame, laid, clip, sharp[frame.shot]).items()
            if name in weights
        }
        total = sum(weights[name] * value for name, value in parts.items()) / sum(weights.values())
        scored.append(Scored(frame, laid, round(total, 4), parts))
    return sorted(
        scored,
        key=lambda each: (
            bool(UNSHOWN & set(each.frame.gates)),
            len(each.frame.gates),
            not _portrait(each),
            -each.score,
            each.frame.at,
        ),
    )


def _sharpest(frames: Sequence[Frame]) -> dict[str, float]:
    """How sharp each shot's stills are at best: a face is never as sharp as a page of letters, and needs not be."""
    shown = {frame.shot for frame in frames}
    return {
        shot: float(np.percentile([frame.sharpness for frame in frames if frame.shot == shot], 85)) for shot in shown
    }


PORTRAIT = 0.12
"""Height of a face, of what is shown, from which it is the subject of a cover."""


def _portrait(each: Scored) -> bool:
    """Whether a still shows a person in a picture that fills the shape."""
    tall = max((face.h for face in each.frame.faces), default=0.0) / each.framing.box[3]
    return each.framing.mode == "crop" and tall >= PORTRAIT


def _parts(frame: Frame, laid: Framing, clip: Clip, sharp: float) -> dict[str, float]:
    """Each from 0, bad, to 1, good."""
    face = frame.faces[0] if frame.faces else None
    away = max(clip.start - frame.at, frame.at - clip.end, 0.0)
    written = sum(box[2] * box[3] for box in frame.text_boxes)
    cut_off = laid.mode == "crop" and any(_crosses(box, laid.box) for box in frame.text_boxes)
    parts = {
        "sharp": min(1.0, frame.sharpness / max(1e-6, sharp)),
        "light": _bell(frame.exposure, 60, 95, 165, 225) * min(1.0, frame.contrast / 40),
        "colour": min(1.0, frame.colour / 45),
        "near": math.exp(-away / 12),
        "clean": max(0.0, 1 - 8 * written) * (0.4 if cut_off else 1.0) * _clear(frame),
        "fits": {"crop": 1.0, "split": 0.4, "fit": 0.3}[laid.mode],
        "face": 0.0,
        "eyes": 0.0,
        "smile": 0.0,
    }
    if face is not None:
        facing = 1.0 if face.yaw is None else max(0.0, 1 - abs(face.yaw) / 60)
        # Of a face in a crowd nobody sees which way it looks.
        seen = float(np.interp(face.h, [0.06, 0.2], [0, 1]))
        parts["face"] = 0.6 * _bell(face.h, 0.03, 0.25, 0.55, 0.95) + seen * (0.25 * facing + 0.15 * face.score)
        parts["eyes"] = seen * (0.6 if face.eyes_open is None else face.eyes_open)
        parts["smile"] = seen * (0.3 if face.smile is None else face.smile)
    return parts


def _clear(frame: Frame) -> float:
    """1 where the eye goes to one thing or a person, less where it wanders over a crowd of them; 1 where that is not known."""
    if not frame.columns or any(face.h >= PORTRAIT for face in frame.faces):
        return 1.0
    wide = round(0.4 * len(frame.columns))
    held = float(np.convolve(frame.columns, np.ones(wide), "valid").max())
    return float(np.interp(held, [0.5, 0.85], [0.3, 1.0]))


def _bell(value: float, low: float, good: float, still: float, high: float) -> float:
    """1 from ``good`` to ``still``, falling to 0 at ``low`` and ``high``."""
    return float(np.interp(value, [low, good, still, high], [0, 1, 1, 0]))


def _crosses(text: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> bool:
    """Whether a crop goes through a line of text."""
    left, right = text[0], text[0] + text[2]
    return any(left + 0.01 < edge < right - 0.01 for edge in (box[0], box[0] + box[2]) if 0.001 < edge < 0.999)
