"""Stills of a video, measured and looked at: the run's observation."""

from __future__ import annotations

from collections.abc import Sequence

from tools.media import audio, levels, process
from tools.media.frames import grab, keyframes
from tools.picture import coarse, shots, stills
from tools.picture.stills import WIDTH, sanitised, shot_at
from tools.ports import Bench
from tools.schema import Frame, Observation, Shot, Source

FEWEST, MOST = 8, 60
"""Stills of a video: eight and one more for every six seconds, never more than sixty."""
EXACT = 24
"""Stills decoded exactly, for shots without a keyframe inside; one costs as much as a second of video."""
DRAFT = "observation-draft.json"
"""What is measured before an engine has looked."""


def observe(bench: Bench) -> Observation:
    """The run's observation; made once.  What an engine sees is asked for outside the step that measures."""
    workspace = bench.workspace
    if (known := workspace.observation) is not None:
        return known
    bench.steps.step("look", lambda: _measured(bench))
    draft = workspace.load(DRAFT, Observation)
    if draft is None:  # the step is answered from a record, but the folder is another one
        _measured(bench)
        draft = workspace.load(DRAFT, Observation) or Observation()
    analyst = bench.engines.analyst
    seen = draft
    if draft.frames:
        bench.steps.progress("look", 0.55, f"{len(draft.frames)} stills")
        wanted = [frame for frame in draft.frames if not {"black", "white"} & set(frame.gates)]
        told = {frame.file: frame for frame in analyst.analyse(wanted, workspace, bench.steps)} if wanted else {}
        seen = draft.model_copy(
            update={
                "frames": tuple(sanitised(told.get(frame.file, frame)) for frame in draft.frames),
                "engine": analyst.engine,
                "warnings": (*draft.warnings, *(analyst.warnings if wanted else ())),
            }
        )
    workspace.save("observation.json", seen)
    bench.steps.progress("look", 1.0, f"{len(seen.shots)} shots, {len(seen.frames)} stills")
    return seen


def _measured(bench: Bench) -> dict[str, int]:
    """Shots, and stills with what their own pixels tell, saved as the draft."""
    workspace, source = bench.workspace, bench.workspace.source
    if not source.has_video:
        audio.extract(workspace)  # its levels are what cuts are laid by
        workspace.save(DRAFT, Observation())
        return {"shots": 0, "frames": 0}
    told = lambda share: bench.steps.progress("look", 0.3 * share, "finding shots")  # noqa: E731
    if (parts := workspace.parts) is not None:
        found, wav = coarse.shots(workspace.video, source, parts, told), None
    else:
        found, wav = shots.shots(workspace.video, source, told), audio.extract(workspace)
    found = shots.levelled(shots.by_take(found, source), levels.read(wav) if wav else None)
    frames = stills_of(bench, source, found)
    workspace.save(DRAFT, Observation(shots=found, frames=frames))
    return {"shots": len(found), "frames": len(frames)}


def stills_of(bench: Bench, source: Source, found: Sequence[Shot]) -> tuple[Frame, ...]:
    """Keyframes over the whole video, and exact frames in shots that hold none: measured, near-duplicates dropped."""
    workspace = bench.workspace
    times = sample(found, source.duration)
    if workspace.parts is not None:
        times = _nearby(times, found, workspace.parts.stills())
        workspace.bring(stills=times)
    pictures = dict(keyframes(workspace.video, source, times, WIDTH))
    bench.steps.progress("look", 0.4, "taking stills")
    bare = _missing(times, found, list(pictures), source.duration)
    for number, at in enumerate(bare):
        workspace.bring([(at, at)])
        try:
            pictures[at] = grab(workspace.video, source, at, WIDTH)
        except process.ProcessFailed:
            continue  # a hole in the file; the shot stays without a still
        bench.steps.progress("look", 0.4 + 0.15 * (number + 1) / len(bare), "taking stills")
    frames = []
    for at, image in sorted(pictures.items()):
        frames.append(stills.keep(workspace, stills.place(at, found), image))
    kept = stills.distinct(stills.compare(frames, found), within=20.0)
    for frame in set(frames) - set(kept):
        if frame.file not in {other.file for other in kept}:
            (workspace.folder / frame.file).unlink(missing_ok=True)
    return kept


def _nearby(times: Sequence[float], found: Sequence[Shot], here: Sequence[float]) -> list[float]:
    """The times, each moved to the nearest of ``here`` that shows the same shot, where there is one: it need not be fetched."""
    moved = []
    for at in times:
        shot = shot_at(found, at)
        same = [other for other in here if shot.start <= other < shot.end]
        moved.append(min(same, key=lambda other: abs(other - at)) if same else at)
    return sorted(set(moved))


def sample(found: Sequence[Shot], duration: float) -> list[float]:
    """Where to take stills: the middle of each shot, then ever finer in the longest stretches without one."""
    wanted = min(MOST, FEWEST + round(duration / 6))
    chosen = list(found)
    if len(chosen) > wanted:
        # Every n-th shot, so that a fast montage is seen from beginning to end.
        chosen = [chosen[round(k * (len(chosen) - 1) / (wanted - 1))] for k in range(wanted)]
    parts = {shot.id: 1 for shot in chosen}
    spare = wanted - len(chosen)
    while spare > 0 and chosen:
        longest = max(chosen, key=lambda shot: shot.length / parts[shot.id])
        if longest.length / parts[longest.id] < 1.0:
            break
        parts[longest.id] += 1
        spare -= 1
    times = []
    for shot in chosen:
        count = parts[shot.id]
        begin = shot.start + min(shot.fade / 2, shot.length / 3)
        times += [begin + (shot.end - begin) * (k + 0.5) / count for k in range(count)]
    return sorted(times)


def _missing(times: Sequence[float], found: Sequence[Shot], taken: Sequence[float], duration: float) -> list[float]:
    """Times for which no keyframe came near, shots without any still first, at most ``EXACT``."""
    seen = {shot_at(found, at).id for at in taken}
    reach = max(2.0, duration / max(1, len(times)))
    bare = [at for at in times if shot_at(found, at).id not in seen]
    far = [at for at in times if at not in bare and all(abs(at - other) > reach for other in taken)]
    few = [at for at in times if at not in bare and at not in far] if len(taken) < FEWEST else []
    room = max(0, FEWEST - len(taken) - len(bare) - len(far))
    return sorted([*bare, *far, *few[:: max(1, len(few) // room) if room else 1][:room]][:EXACT])
