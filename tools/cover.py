"""The tool ``cover``: the still that stands for a promo, one a shape, with what else could have been chosen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.covers.composition import SIZES, Pixels, compose, plain, small_enough
from tools.covers.lettering import WORDS, clauses, glance, letter, shown
from tools.ids import is_spoken
from tools.media import process
from tools.media.frames import grab
from tools.picture import framing, opencaptions, second_look, shots, stills
from tools.picture.stills import WIDTH, encode, sanitised, shot_at
from tools.ports import Bench
from tools.posts import grounding
from tools.schema import Candidate, Clip, Copies, Cover, Covers, CutList, Frame, Framing, Observation, Shape, Source
from tools.text import clean, contacts
from tools.words.compact import clock

if TYPE_CHECKING:
    from tools.media.frames import Image

SHUT = 0.35
"""Eyes less open than this are closed."""

UNSHOWN = frozenset({"black", "white", "flat", "unsafe"})
"""Gates for which a plain ground is the better cover."""

LOOKS, FEWER = 24, 10
"""Stills that an engine looks at for covers, and where it costs money."""

WEIGHTS = {
    "face": 0.26,
    "eyes": 0.14,
    "sharp": 0.14,
    "light": 0.09,
    "near": 0.14,
    "colour": 0.05,
    "smile": 0.05,
    "clean": 0.05,
    "fits": 0.08,
}
"""How much each part counts; without faces in any candidate the others share what the faces leave."""


class CoverArgs(BaseModel):
    plan_id: str = Field(max_length=12, description="The plan: P1")
    hook: str | None = Field(
        default=None,
        max_length=120,
        description="At most eight words to letter on it, from the written hooks or the promo's own words; empty for none; leave out to take the shortest written hook",
    )


@tool("cover", args_schema=CoverArgs)
def cover(plan_id: str, runtime: ToolRuntime[Bench], hook: str | None = None) -> str:
    """Choose and make the cover images of a plan, one for each shape.  Call it after write.

    Answers which still was chosen for each shape with its score by part, what was lettered on it, and the runners-up.
    """
    bench = runtime.context
    return view(make(bench, plan_id, hook))


def make(bench: Bench, plan_id: str, hook: str | None = None) -> Covers:
    """The covers of a plan, written into the outbox; ``ToolException`` names all that is wrong with the call."""
    cut, words = _checked(bench, plan_id, hook)
    workspace, source = bench.workspace, bench.workspace.source
    bench.steps.progress("cover", 0.05, "gathering stills")
    observation = second_look.observe_clips(bench, cut)
    frames = candidates(bench, source, observation, cut)
    bench.steps.progress("cover", 0.6, f"{len(frames)} candidates")
    floor = opencaptions.floor(opencaptions.find(observation, workspace.transcript))
    ranked = {shape: rank(source, frames, cut, shape, floor) for shape in bench.brief.shapes}
    rows: list[Cover] = []
    for number, (shape, scored) in enumerate(ranked.items()):
        rows += _shape(bench, source, shape, scored, words)
        bench.steps.progress("cover", 0.6 + 0.4 * (number + 1) / len(ranked), shape)
    made = Covers(plan=cut.id, covers=tuple(rows))
    workspace.save("covers.json", made)
    bench.candidates.extend(_rows(ranked))
    return made


def _checked(bench: Bench, plan_id: str, hook: str | None) -> tuple[CutList, str | None]:
    wrong = []
    cut = bench.workspace.plan(plan_id)
    if cut is None:
        known = ", ".join(plan.id for plan in bench.workspace.plans()) or "none yet: call cut"
        wrong.append(f"{clean(plan_id, 12)!r} is no plan; plans: {known}")
    copies = bench.workspace.load("copies.json", Copies)
    words = clean(hook, 120) if hook else None
    if words and glance(words) > WORDS:
        wrong.append(f"the hook has {glance(words)} words; at most {WORDS} can be read on a cover")
    if words and (found := contacts(words)):
        wrong.append(f"a cover names no {found[0].kind}; leave it out of the hook")
    if words and cut is not None:
        said = " ".join([*(clip.text for clip in cut.clips), *(line.text for line in _hooks(copies, cut))])
        wrong += [f"the hook on the cover: {problem}" for problem in grounding.ungrounded(words, said)]
    if wrong or cut is None:
        raise ToolException("\n".join(wrong))
    if hook is None:
        hooks = [line.text for line in _hooks(copies, cut) if not contacts(line.text)]
        hooks = [shown(text) for text in hooks]
        short = [text for text in hooks if 2 <= glance(text) <= WORDS] or [
            shown(part) for text in hooks for part in clauses(text)
        ]
        words = min(short, key=len, default=None)
    return cut, words


def _hooks(copies: Copies | None, cut: CutList) -> list[Any]:
    """Written hooks that rest on nothing but what is in the cut, and not only on what can be read in the picture already."""
    there = {each for clip in cut.clips for each in clip.ids}
    return [
        line
        for copy in (copies.copies if copies else ())
        for line in copy.hooks
        if set(line.evidence) <= there and any(map(is_spoken, line.evidence))
    ]


# Candidates


def candidates(bench: Bench, source: Source, observation: Observation, cut: CutList) -> tuple[Frame, ...]:
    """Stills from inside the promo, most of them near its hook, measured and looked at.

    Where the clips hold no picture at all, stills of the whole video.
    """
    workspace = bench.workspace
    known = {frame.file: frame for frame in observation.frames}
    inside = {
        name: frame for name, frame in known.items() if any(clip.start <= frame.at <= clip.end for clip in cut.clips)
    }
    fresh: dict[str, Frame] = {}
    if source.has_video and observation.shots:
        for clip in cut.clips:
            times = _times(clip, clip is opening(cut))
            workspace.bring([(min(times), max(times))] if times else ())
            for at, image in shots.pick(workspace.video, source, times, WIDTH):
                frame = Frame(
                    at=round(at, 6), shot=shot_at(observation.shots, at).id, file=f"frames/{round(at * 1000):08d}.jpg"
                )
                if frame.file not in known and clip.start - 0.1 <= at <= clip.end + 0.1:
                    workspace.write(frame.file, encode(image))
                    fresh[frame.file] = stills.measure(frame, image)
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
    if all(UNSHOWN & set(frame.gates) for frame in usable):
        usable += [frame for frame in observation.frames if frame.file not in inside]
    return tuple(shut([spoken(frame, observation) for frame in usable or measured]))


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
    faces = tuple(face.model_copy(update={"speaking": framing.same_place(face, speaker)}) for face in frame.faces)
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


# Ranking


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
    """Best first: what passes every gate by score, then the least bad; black and unsafe come last of all."""
    sharp = float(np.percentile([frame.sharpness for frame in frames], 85)) if frames else 1.0
    people = any(frame.faces for frame in frames)
    weights = {name: value for name, value in WEIGHTS.items() if people or name not in ("face", "eyes", "smile")}
    clip = opening(cut)
    scored = []
    for frame in frames:
        laid = framing.choose(source, [frame], shape, floor)
        parts = {name: round(value, 3) for name, value in _parts(frame, laid, clip, sharp).items() if name in weights}
        total = sum(weights[name] * value for name, value in parts.items()) / sum(weights.values())
        scored.append(Scored(frame, laid, round(total, 4), parts))
    return sorted(
        scored,
        key=lambda each: (
            bool(UNSHOWN & set(each.frame.gates)),
            len(each.frame.gates),
            -each.score,
            each.frame.at,
        ),
    )


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
        "clean": max(0.0, 1 - 8 * written) * (0.4 if cut_off else 1.0),
        "fits": {"crop": 1.0, "split": 0.4, "fit": 0.5}[laid.mode],
        "face": 0.0,
        "eyes": 0.0,
        "smile": 0.0,
    }
    if face is not None:
        facing = 1.0 if face.yaw is None else max(0.0, 1 - abs(face.yaw) / 60)
        parts["face"] = 0.6 * _bell(face.h, 0.03, 0.25, 0.55, 0.95) + 0.25 * facing + 0.15 * face.score
        parts["eyes"] = 0.6 if face.eyes_open is None else face.eyes_open
        parts["smile"] = 0.3 if face.smile is None else face.smile
    return parts


def _bell(value: float, low: float, good: float, still: float, high: float) -> float:
    """1 from ``good`` to ``still``, falling to 0 at ``low`` and ``high``."""
    return float(np.interp(value, [low, good, still, high], [0, 1, 1, 0]))


def _crosses(text: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> bool:
    """Whether a crop goes through a line of text."""
    left, right = text[0], text[0] + text[2]
    return any(left + 0.01 < edge < right - 0.01 for edge in (box[0], box[0] + box[2]) if 0.001 < edge < 0.999)


def _shape(bench: Bench, source: Source, shape: Shape, scored: Sequence[Scored], words: str | None) -> Iterator[Cover]:
    """The chosen cover of a shape, made, then three runners-up."""
    best = scored[0] if scored else None
    image, faces, notes = _picture(bench, source, shape, best)
    parts = dict(best.parts) if best else {}
    lettered = None
    if words:
        drawn = letter(image, words, shape, faces)
        if drawn is None:
            notes.append("no room for the hook beside the faces")
        else:
            image, parts["contrast"], lettered = drawn.image, round(drawn.contrast, 2), words
    file = f"out/cover_{shape}.jpg"
    bench.workspace.write(file, small_enough(image))
    yield Cover(
        shape=shape, file=file, at=best.frame.at if best else 0.0, score=best.score if best else 0.0, parts=parts,
        hook=lettered, chosen=True, reason="; ".join(notes),
    )  # fmt: skip
    if best is None:
        return
    others: list[Scored] = []
    for each in scored[1:]:
        if all(each.frame.distance(other.frame) >= 6 for other in (best, *others)):
            others.append(each)
    for each in others[:3]:
        why = each.reason or _behind(best, each)
        yield Cover(
            shape=shape,
            file=each.frame.file,
            at=each.frame.at,
            score=each.score,
            parts=each.parts,
            chosen=False,
            reason=why,
        )


def _behind(best: Scored, other: Scored) -> str:
    gaps = {name: best.parts[name] - value for name, value in other.parts.items()}
    worst = max(gaps, key=lambda name: gaps[name] * WEIGHTS[name])
    return f"{other.score:.2f} against {best.score:.2f}, most of it {worst}"


def _rows(ranked: dict[Shape, list[Scored]]) -> Iterator[Candidate]:
    """One row a still: the best it did in any shape, and where it was chosen."""
    best: dict[str, tuple[Scored, list[str]]] = {}
    for shape, scored in ranked.items():
        for place, each in enumerate(scored):
            kept = best.setdefault(each.frame.file, (each, []))
            if place == 0:
                kept[1].append(shape)
    for each, shapes in sorted(best.values(), key=lambda row: (-len(row[1]), -row[0].score)):
        why = (
            f"cover {', '.join(shapes)} at {clock(each.frame.at)}"
            if shapes
            else f"still at {clock(each.frame.at)}{': ' + each.reason if each.reason else ''}"
        )
        yield Candidate(ids=(each.frame.shot,), kept=bool(shapes), score=each.score, parts=each.parts, reason=why)


# Making one


def _picture(bench: Bench, source: Source, shape: Shape, best: Scored | None) -> tuple[Image, list[Pixels], list[str]]:
    """The picture without words, boxes of faces and burnt text in its pixels, and what should be known about it."""
    width, height = SIZES[shape]
    if best is None or UNSHOWN & set(best.frame.gates):
        why = (
            "nothing in the promo may be shown"
            if best and "unsafe" in best.frame.gates
            else "the video shows nothing but one colour"
        )
        return plain(width, height), [], [f"{why}; the cover is a plain ground"]
    notes = [f"at {clock(best.frame.at)}, {best.framing.reason}"]
    if best.frame.gates:
        notes.append(f"every candidate has a fault, and this the least: {best.reason}")
    bench.workspace.bring([(best.frame.at, best.frame.at)])
    try:
        full = grab(bench.workspace.video, source, best.frame.at)
    except process.ProcessFailed:
        full = np.asarray(cv2.imread(str(bench.workspace.folder / best.frame.file)), np.uint8)
        notes.append("taken from the small still; the frame could not be decoded again")
    image, boxes = compose(full, best.frame, best.framing, source, shape)
    return image, boxes, notes


# What the model reads


def view(made: Covers) -> str:
    """A line a cover, the chosen one of each shape first."""
    lines = []
    for each in made.covers:
        parts = " ".join(f"{name} {value:.2f}" for name, value in each.parts.items())
        what = f"cover_{each.shape}" if each.chosen else f"  or {each.shape}"
        hook = f' lettered "{clean(each.hook, 120)}"' if each.hook else ""
        lines.append(
            f"{what} {clock(each.at)} score {each.score:.2f} ({parts}){hook}{': ' + each.reason if each.reason else ''}"
        )
    return f"Covers of {made.plan}:\n" + "\n".join(lines)
