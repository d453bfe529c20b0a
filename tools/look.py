"""The tool ``look``: shots, and what stills of them show."""

from __future__ import annotations

from collections.abc import Sequence

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.media import levels, process
from tools.media.frames import grab, keyframes
from tools.picture import coarse, shots, stills
from tools.picture.stills import WIDTH, encode, sanitised, shot_at
from tools.ports import Bench
from tools.rendering import soundtrack
from tools.schema import Frame, Observation, Shot, Source
from tools.text import clean, fence
from tools.words.compact import clock
from tools.words.sentences import resolve

FEWEST, MOST = 8, 60
"""Stills of a video: eight and one more for every six seconds, never more than sixty."""

EXACT = 24
"""Stills decoded exactly, for shots without a keyframe inside; one costs as much as a second of video."""


ROOM = 16_000
"""Characters of a view."""

DRAFT = "observation-draft.json"
"""What is measured before an engine has looked."""


class LookArgs(BaseModel):
    ids: list[str] | None = Field(
        default=None,
        max_length=60,
        description="Shots or sentences to see in detail: V3, V4-V9, S14; leave out for the whole video",
    )


@tool("look", args_schema=LookArgs)
def look(runtime: ToolRuntime[Bench], ids: list[str] | None = None) -> str:
    """See what the video shows.  Call it once without ids before you choose, and with ids to see some of it closer.

    Answers one line a shot: V3, when it begins, how long it lasts, faces and where they are, text on screen, how good
    the picture is.  With sentence ids it answers the shots that are seen while they are spoken.
    """
    bench = runtime.context
    seen = observe(bench)
    return view(seen) if ids is None else closer(seen, bench, ids)


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
        workspace.save(DRAFT, Observation(warnings=("The video has no picture.",)))
        return {"shots": 0, "frames": 0}
    told = lambda share: bench.steps.progress("look", 0.3 * share, "finding shots")  # noqa: E731
    if (parts := workspace.parts) is not None:
        found, wav = coarse.shots(workspace.video, source, parts, told), None
    else:
        found, wav = shots.shots(workspace.video, source, told), soundtrack.audio(workspace)
    found = shots.levelled(found, levels.read(wav) if wav else None)
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
        frame = Frame(at=round(at, 6), shot=shot_at(found, at).id, file=f"frames/{round(at * 1000):08d}.jpg")
        workspace.write(frame.file, encode(image))
        frames.append(stills.measure(frame, image))
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


# What the model reads


def view(seen: Observation) -> str:
    """One line a shot; of very many shots those that fit."""
    if not seen.shots:
        return "The video has no picture to look at."
    frames: dict[str, list[Frame]] = {}
    for frame in seen.frames:
        frames.setdefault(frame.shot, []).append(frame)
    lines, size = [], 0
    for shot in seen.shots:
        line = describe(shot, frames.get(shot.id, []))
        size += len(line) + 1
        if size > ROOM:
            break
        lines.append(line)
    rest = len(seen.shots) - len(lines)
    more = (
        f"\n{rest} more shots to {seen.shots[-1].id}. Call look with ids such as {seen.shots[len(lines)].id} to see them."
        if rest
        else ""
    )
    return f"{len(seen.shots)} shots.\n{fence(chr(10).join(lines), 'picture')}{more}"


def closer(seen: Observation, bench: Bench, ids: Sequence[str]) -> str:
    """What is told of each still of the shots asked for; ``ToolException`` names every id that does not exist."""
    wanted = shots_of(seen, bench, ids)
    lines = []
    for shot in seen.shots:
        if shot.id in wanted:
            mine = [frame for frame in seen.frames if frame.shot == shot.id]
            lines.append(describe(shot, mine))
            lines += [f"  {clock(frame.at)} {'; '.join(_still(frame)) or 'nothing to tell'}" for frame in mine]
    return fence("\n".join(lines)[:ROOM], "picture")


def shots_of(seen: Observation, bench: Bench, ids: Sequence[str]) -> set[str]:
    """The shots that ``ids`` name, or that are seen while the sentences of them are spoken.  ``ToolException`` names every id that does not exist."""
    found, wrong = resolve(list(ids), bench.workspace.transcript, seen)
    if wrong:
        raise ToolException("\n".join(wrong))
    spoken = {each.id: each for each in (bench.workspace.transcript.sentences if bench.workspace.transcript else ())}
    wanted: set[str] = set()
    for each in found:
        if each in spoken:
            wanted |= {
                shot.id for shot in seen.shots if shot.start < spoken[each].end and spoken[each].start < shot.end
            }
        else:
            wanted.add(each)
    return wanted


def describe(shot: Shot, frames: Sequence[Frame]) -> str:
    """``V3 00:41.2 5.0s 1 face left, text "Pricing 2024", sharp``"""
    told = [_people(frames), _words(frames, 2), _named(frames), _quality(frames)]
    if shot.level is not None and shot.level < -50:
        told.append("silent")
    return f"{shot.id} {clock(shot.start)} {shot.length:.1f}s {', '.join(part for part in told if part)}".rstrip()


def _people(frames: Sequence[Frame]) -> str:
    with_faces = [frame for frame in frames if frame.faces]
    if not with_faces:
        return ""
    counts = sorted(len(frame.faces) for frame in with_faces)
    count = counts[len(counts) // 2]
    where = sorted(frame.faces[0].centre[0] for frame in with_faces)[len(with_faces) // 2]
    place = "left" if where < 0.4 else "right" if where > 0.6 else "centre"
    size = max(face.h for frame in with_faces for face in frame.faces)
    close = " close" if size > 0.4 else ""
    return f"{count} face{'s' if count > 1 else ''} {place if count == 1 else ''}".rstrip() + close


def _words(frames: Sequence[Frame], most: int) -> str:
    lines = list(dict.fromkeys(line.replace('"', "'") for frame in frames for line in frame.text))
    if not lines:
        return ""
    more = f" +{len(lines) - most} lines" if len(lines) > most else ""
    return f'text "{clean(" / ".join(lines[:most]), 90)}"{more}'


def _named(frames: Sequence[Frame]) -> str:
    best = sorted((label for frame in frames for label in frame.labels), key=lambda label: -label.confidence)
    return "/".join(list(dict.fromkeys(label.name for label in best))[:4])


def _quality(frames: Sequence[Frame]) -> str:
    if not frames:
        return "not looked at"
    gates = [gate for frame in frames for gate in frame.gates]
    if all(frame.gates for frame in frames):
        return max(dict.fromkeys(gates), key=gates.count)
    return "dark" if max(frame.exposure for frame in frames) < 45 else "sharp"


def _still(frame: Frame) -> list[str]:
    told = [
        f"face at {face.centre[0]:.2f},{face.centre[1]:.2f} height {face.h:.2f}{_state(face.eyes_open, face.smile)}"
        for face in frame.faces[:4]
    ]
    told += [f'text "{clean(" / ".join(frame.text), 240)}"'] if frame.text else []
    told += [", ".join(label.name for label in frame.labels[:8])] if frame.labels else []
    told += [f"unsafe: {', '.join(frame.unsafe)}"] if frame.unsafe else []
    told += [f"sharpness {frame.sharpness:.0f}, light {frame.exposure:.0f}"]
    return told + ([f"not for a cover: {', '.join(frame.gates)}"] if frame.gates else [])


def _state(eyes: float | None, smile: float | None) -> str:
    told = ["eyes closed"] if eyes is not None and eyes < 0.35 else []
    told += ["smiling"] if smile is not None and smile > 0.6 else []
    return f" ({', '.join(told)})" if told else ""
