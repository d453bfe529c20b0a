"""A closer look at the clips of a cut before they are framed: enough stills of every shot, and who of several faces speaks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.media import audio, levels
from tools.picture import shots, slides, stills
from tools.picture.people import same_place, subjects
from tools.picture.speaker import activity, speaker
from tools.picture.stills import WIDTH, sanitised
from tools.picture.stretches import ENOUGH, played, stretches, within
from tools.ports import Bench
from tools.schema import Clip, CutList, Face, Frame, Observation, Seconds, Source
from tools.workspace import Workspace

PACE = 12
"""Pictures a second by which the motion of mouths is compared."""

LINES = 0.1
"""Share of straight edges from which a still may be a slide, where nothing was read in it."""
SAMPLE, SAMPLES = 2.5, 3
"""Seconds of a part of a shot in which that is done, and most parts of one stretch."""


def extra_times(
    source: Source, observation: Observation | None, clip: Clip, rate: Fraction | None = None
) -> list[float]:
    """Where to look so that each shot within the clip has ``ENOUGH`` frames, and one more for every four seconds."""
    pace = rate or (clip.frames / Fraction(clip.length).limit_denominator(100_000) if clip.length else Fraction(25))
    times = []
    for stretch in stretches(observation, clip, pace):
        begin, end = played(stretch, clip, pace)
        end = min(end, source.duration)
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
    times = [(clip, extra_times(source, base, clip, cut.fps)) for clip in cut.clips]
    share = min(1.0, most / max(1, sum(len(each) for _, each in times)))
    kept = [wanted[:: max(1, round(1 / share))] if share < 1 else wanted for _, wanted in times]
    workspace.bring((min(each), max(each)) for each in kept if each)
    looked = shots.picks(workspace.video, source, kept, WIDTH) if any(kept) else ()
    for clip, pictures in zip(cut.clips, looked, strict=False):
        for at, image in pictures:
            frame = stills.place(at, base.shots)
            if frame.file not in {other.file for other in base.frames} and clip.start - 0.5 <= at <= clip.end + 0.5:
                fresh[frame.file] = stills.keep(workspace, frame, image)
    analyst = bench.engines.analyst
    told = list(map(sanitised, analyst.analyse(tuple(fresh.values()), workspace, bench.steps))) if fresh else []
    frames = stills.compare(sorted((*base.frames, *told), key=lambda frame: frame.at), base.shots)
    seen = base.model_copy(
        update={
            "frames": tuple(
                _with_gates(before, after)
                for before, after in zip(sorted((*base.frames, *told), key=lambda f: f.at), frames, strict=True)
            ),
            "warnings": (*base.warnings, *(analyst.warnings if fresh else ())),
        }
    )
    seen = moving(workspace, cut, slides_of(workspace, cut, who_speaks(bench, cut, seen)))
    workspace.save(name, seen)
    return seen


def slides_of(workspace: Workspace, cut: CutList, seen: Observation) -> Observation:
    """The observation with what the stills of the cut's shots show of slides."""
    shown = {stretch.shot.id for clip in cut.clips for stretch in stretches(seen, clip, cut.fps)}
    frames = []
    for frame in seen.frames:
        if frame.shot in shown and (frame.text or frame.straight >= LINES):
            image = cv2.imread(str(workspace.folder / frame.file))
            frame = slides.seen(np.asarray(image, np.uint8), frame) if image is not None else frame
        frames.append(frame)
    return seen.model_copy(update={"frames": tuple(frames)})


STIRRED, STEADY, LITTLE = 16, 0.5, 0.002
"""Levels, of 255, by which a part of a picture is another in the next still of its shot, and the shares of a picture between which
that is a thing that moves: more is the camera, less is noise."""


def moving(workspace: Workspace, cut: CutList, seen: Observation) -> Observation:
    """The observation with what moves before a camera that stands still drawing the eye as well, where nobody and nothing written is seen."""
    shown = {stretch.shot.id for clip in cut.clips for stretch in stretches(seen, clip, cut.fps)}
    frames = {frame.file: frame for frame in seen.frames}
    for shot in shown:
        mine = [f for f in seen.frames if f.shot == shot and not {"black", "dissolve"} & set(f.gates)]
        if len(mine) >= ENOUGH and not any(frame.faces or frame.text for frame in mine):
            frames |= {frame.file: frame for frame in _stirred(workspace, mine)}
    return seen.model_copy(update={"frames": tuple(frames[frame.file] for frame in seen.frames)})


def _stirred(workspace: Workspace, frames: Sequence[Frame]) -> list[Frame]:
    """The frames of a shot, half of what draws the eye in them being where one differs from the next."""
    read = (cv2.imread(str(workspace.folder / frame.file), cv2.IMREAD_REDUCED_GRAYSCALE_8) for frame in frames)
    small = [np.asarray(image, np.int16) for image in read if image is not None]
    if len(small) < ENOUGH:
        return list(frames)
    apart = np.mean([np.abs(a - b) > STIRRED for a, b in pairwise(small)], axis=0)
    if not LITTLE <= float(apart.mean()) <= STEADY:
        return list(frames)
    return [
        frame.model_copy(
            update={"columns": _with(frame.columns, apart.sum(0)), "rows": _with(frame.rows, apart.sum(1))}
        )
        for frame in frames
    ]


def _with(profile: Sequence[float], moved: NDArray[np.float64]) -> tuple[float, ...]:
    at = np.linspace(0, 1, len(moved) + 1)
    total = np.interp(np.linspace(0, 1, len(profile) + 1), at, np.concatenate([[0.0], np.cumsum(moved)]))
    return tuple(round(float(one + two) / 2, 4) for one, two in zip(profile, np.diff(total) / total[-1], strict=True))


def who_speaks(bench: Bench, cut: CutList, seen: Observation) -> Observation:
    """The observation with each face marked that speaks, in the stretches of the cut that show several and in which one does."""
    workspace, rate = bench.workspace, cut.fps
    words = workspace.transcript.words if workspace.transcript else ()
    wav, heard = None, None
    frames = {frame.file: frame for frame in seen.frames}
    for stretch in (each for clip in cut.clips for each in stretches(seen, clip, rate)):
        looked = within(seen, stretch, rate)
        people = subjects(looked)
        begin, end = float(stretch.first / rate), float((stretch.first + stretch.frames) / rate)
        spoken = [(max(begin, w.start), min(end, w.end)) for w in words if w.start < end and w.end > begin]
        if len(people) < 2 or not spoken:
            continue
        if workspace.parts is not None:
            heard = levels.near(workspace, [(begin, end)]) if workspace.source.has_audio else None
        elif wav is None and (wav := audio.extract(workspace)):
            heard = levels.read(wav)
        parts = []
        for low, high in samples(begin, end, spoken):
            times = [low + n / PACE for n in range(int((high - low) * PACE))]
            workspace.bring([(low, high)])
            pictures = shots.pick(workspace.video, workspace.source, times, WIDTH)
            parts.append([activity(pictures, near(looked, face, (low + high) / 2), heard) for face in people])
        found = speaker(parts)
        if found is None:
            continue
        one = people[found]
        for frame in looked:
            marked = tuple(face.model_copy(update={"speaking": same_place(face, one)}) for face in frame.faces)
            frames[frame.file] = frame.model_copy(update={"faces": marked})
    return seen.model_copy(update={"frames": tuple(frames[frame.file] for frame in seen.frames)})


def near(looked: Sequence[Frame], person: Face, at: Seconds) -> tuple[float, float, float, float]:
    """Where a person's face was seen nearest to a time: cameras zoom, and people lean."""
    seen = [(abs(frame.at - at), face) for frame in looked for face in frame.faces if same_place(face, person)]
    face = min(seen, key=lambda each: each[0])[1] if seen else person
    return face.x, face.y, face.w, face.h


def samples(begin: Seconds, end: Seconds, spoken: Sequence[tuple[Seconds, Seconds]]) -> list[tuple[Seconds, Seconds]]:
    """Up to ``SAMPLES`` parts of a stretch, each at most ``SAMPLE`` long, in which most is spoken, in order."""
    if end - begin <= SAMPLE:
        return [(begin, end)]
    count = min(SAMPLES, math.ceil((end - begin) / SAMPLE))
    parts = [(begin + (end - begin) * n / count, begin + (end - begin) * (n + 1) / count) for n in range(count)]

    def best(low: Seconds, high: Seconds) -> tuple[Seconds, Seconds]:
        length = min(SAMPLE, high - low)
        starts = [low + (high - length - low) * n / 8 for n in range(9)]
        start = max(
            starts, key=lambda at: sum(max(0.0, min(at + length, stop) - max(at, start)) for start, stop in spoken)
        )
        return start, start + length

    return [best(low, high) for low, high in parts]


def _with_gates(before: Frame, after: Frame) -> Frame:
    """The gates of both: a new comparison may add one, and takes none back."""
    return after.model_copy(update={"gates": tuple(dict.fromkeys((*before.gates, *after.gates)))})
