"""The tool ``look``: shots, and what stills of them show."""

from __future__ import annotations

from collections.abc import Sequence

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.picture.looking import observe
from tools.ports import Bench
from tools.schema import Frame, Observation, Shot
from tools.text import clean, fence
from tools.words.compact import clock
from tools.words.sentences import resolve

ROOM = 16_000
"""Characters of a view."""


class LookArgs(BaseModel):
    ids: list[str] = Field(
        default=[],
        max_length=60,
        description="Shots or sentences to see in detail: V3, V4-V9, S14; empty for the whole video",
    )


@tool("look", args_schema=LookArgs)
def look(runtime: ToolRuntime[Bench], ids: Sequence[str] = ()) -> str:
    """See what the video shows.  Call it once without ids before you choose, and with ids to see some of it closer.

    Answers one line a shot: V3, when it begins, how long it lasts, faces and where they are, text on screen, what is
    wrong with the picture, if anything.  With sentence ids it answers the shots that are seen while they are spoken.
    Stills of some of them come with it, once: those with faces and text, and of the longest shots.
    """
    bench = runtime.context
    seen = observe(bench)
    return closer(seen, bench, ids) if ids else view(seen)


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


FAULTS = {
    "flat": "no picture (one colour)",
    "black": "no picture (black)",
    "white": "no picture (white)",
    "blur": "blurred",
    "dissolve": "between two pictures",
}
"""What a gate means, in words."""


def _quality(frames: Sequence[Frame]) -> str:
    if not frames:
        return "not looked at"
    gates = [gate for frame in frames for gate in frame.gates]
    if all(frame.gates for frame in frames):
        return FAULTS.get(worst := max(dict.fromkeys(gates), key=gates.count), worst)
    return "dark" if max(frame.exposure for frame in frames) < 45 else ""


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
