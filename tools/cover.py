"""The tool ``cover``: the still that stands for a promo, one a shape, with what else could have been chosen."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from tools import closeup, fonts, framing, grounding, media, shots, stills
from tools.captions import NOT_FIRST, letters
from tools.look import WIDTH, encode, sanitised, shot_at
from tools.pack import clock
from tools.ports import Bench
from tools.review import TRAILING
from tools.schema import Candidate, Clip, Copies, Cover, Covers, CutList, Frame, Framing, Observation, Shape, Source
from tools.text import clean, contacts

SIZES: Final[dict[Shape, tuple[int, int]]] = {"16x9": (1280, 720), "9x16": (1080, 1920), "1x1": (1080, 1080)}
"""Width and height of a cover; platforms ask for no more (2026-11)."""

SAFE: Final[dict[Shape, tuple[int, int, int, int]]] = {
    "16x9": (56, 44, 1224, 616),
    "9x16": (90, 270, 890, 1440),
    "1x1": (64, 64, 1016, 1016),
}
"""Left, top, right, bottom within which text is never covered: by a length in a corner, or by an app's own buttons."""

VISIBLE = (240, 1680)
"""Top and bottom of a 9x16 cover that are still seen where a profile shows it as 3:4."""

LARGEST = 2_000_000
"""Bytes; the least that a platform allows."""

WORDS = 8
"""Words of a hook that are still read at a glance."""

CONTRAST = 4.5
"""Least contrast of text with what is under it: WCAG 2.2, level AA."""

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

Image = NDArray[np.uint8]
Pixels = tuple[float, float, float, float]
"""Left, top, right, bottom."""


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
    observation = closeup.observe_clips(bench, cut)
    frames = candidates(bench, source, observation, cut)
    bench.steps.progress("cover", 0.6, f"{len(frames)} candidates")
    ranked = {shape: rank(source, frames, cut, shape) for shape in bench.brief.shapes}
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


_REVERSES = re.compile(
    r"\b(?:no|not|never|nobody|nothing|none|without|hardly|unless|if|may|might|could|maybe|perhaps|say|said|says|claim|claims|think|thinks|believe)\b|n['’]t\b",
    re.IGNORECASE,
)
_HANGS = re.compile(
    r"^(?:and|but|or|so|after|before|since|because|which|who|that|than|as|to|of|for|with|if|when|while|until|though|although|where|on|in|at|from|by|into|over|under|between|about)\b",
    re.IGNORECASE,
)


def clauses(text: str) -> Iterator[str]:
    """Parts of a long hook that say something alone and can be read at a glance, as they stand in it.

    None of a hook that denies, doubts or reports: a part of it would say what the whole does not.
    """
    if _REVERSES.search(text):
        return
    for part in re.split(r"(?<=[^\d\s])[,;:](?=\s)|\s[–—-]\s|(?<=[.!?…])\s+", text):
        found = part.strip(" ,;:–—").removesuffix(".")
        if 3 <= len(found.split()) <= WORDS and not _HANGS.search(found) and not TRAILING.search(found):
            yield found


def _hooks(copies: Copies | None, cut: CutList) -> list[Any]:
    """Written hooks that rest on nothing but what is in the cut, and not only on what can be read in the picture already."""
    there = {each for clip in cut.clips for each in clip.ids}
    return [
        line
        for copy in (copies.copies if copies else ())
        for line in copy.hooks
        if set(line.evidence) <= there and not all(each.startswith("V") for each in line.evidence)
    ]


def shown(text: str) -> str:
    """A hook as it is lettered: without the full stop, and from a capital on."""
    text = text.removesuffix(".") if not text.endswith("..") else text
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[:1].upper() + text[1:] if first.islower() else text


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


def rank(source: Source, frames: Sequence[Frame], cut: CutList, shape: Shape) -> list[Scored]:
    """Best first: what passes every gate by score, then the least bad; black and unsafe come last of all."""
    sharp = float(np.percentile([frame.sharpness for frame in frames], 85)) if frames else 1.0
    people = any(frame.faces for frame in frames)
    weights = {name: value for name, value in WEIGHTS.items() if people or name not in ("face", "eyes", "smile")}
    clip = opening(cut)
    scored = []
    for frame in frames:
        laid = framing.choose(source, [frame], shape)
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
        if all(stills.distance(each.frame.phash, other.frame.phash) >= 6 for other in (best, *others)):
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
        full = media.grab(bench.workspace.video, source, best.frame.at)
    except media.ProcessFailed:
        full = np.asarray(cv2.imread(str(bench.workspace.folder / best.frame.file)), np.uint8)
        notes.append("taken from the small still; the frame could not be decoded again")
    image, boxes = compose(full, best.frame, best.framing, source, shape)
    return image, boxes, notes


def compose(full: Image, frame: Frame, laid: Framing, source: Source, shape: Shape) -> tuple[Image, list[Pixels]]:
    """A still laid into a cover, and the boxes of its faces and of the text burnt into it, in the cover's pixels."""
    width, height = SIZES[shape]
    inset = _inset(frame, laid, source, shape)
    if laid.mode == "split" and laid.second:
        halves = [(laid.box, 0), (laid.second, height // 2)]
        image = np.vstack([_resized(_cropped(full, box), width, height // 2) for box, _ in halves])
        return image, [
            _moved(each, box, (0, top, width, height // 2))
            for box, top in halves
            for each in _boxes(frame)
            if _inside(each, box)
        ]
    if inset is not None:
        place = (0, VISIBLE[0], width, VISIBLE[1] - VISIBLE[0])
        return _on_blur(_cropped(full, laid.box), _cropped(full, inset), place, width, height), [
            _moved(each, inset, place) for each in _boxes(frame)
        ]
    if laid.mode == "fit":
        shown = _cropped(full, laid.box)
        ratio = min(width / shown.shape[1], height / shown.shape[0])
        wide, tall = round(shown.shape[1] * ratio), round(shown.shape[0] * ratio)
        place = ((width - wide) // 2, (height - tall) // 2, wide, tall)
        ground = tuple(int(laid.ground[n : n + 2], 16) for n in (5, 3, 1)) if laid.ground else None
        return _on_blur(shown, shown, place, width, height, ground), [
            _moved(each, laid.box, place) for each in _boxes(frame)
        ]
    return _resized(_cropped(full, laid.box), width, height), [
        _moved(each, laid.box, (0, 0, width, height)) for each in _boxes(frame)
    ]


def _inset(frame: Frame, laid: Framing, source: Source, shape: Shape) -> framing.Box | None:
    """A 3:4 crop to lay into the part of a 9x16 cover that is always seen, where a face would leave that part."""
    if shape != "9x16" or laid.mode != "crop" or not frame.faces:
        return None
    face = frame.faces[0]
    top = (face.y - laid.box[1]) / laid.box[3] * SIZES[shape][1]
    bottom = (face.y + face.h - laid.box[1]) / laid.box[3] * SIZES[shape][1]
    if top >= VISIBLE[0] and bottom <= VISIBLE[1]:
        return None
    target, own = SIZES[shape][0] / (VISIBLE[1] - VISIBLE[0]), source.width / source.height
    size = (min(1.0, target / own), min(1.0, own / target))
    return framing.exact(source, (face.centre[0] - size[0] / 2, face.y + 0.4 * face.h - size[1] / 3, *size), target)


def _boxes(frame: Frame) -> list[tuple[float, float, float, float]]:
    return [(face.x, face.y, face.w, face.h) for face in frame.faces] + list(frame.text_boxes)


def _inside(each: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= each[0] + each[2] / 2 <= box[0] + box[2]


def _moved(
    each: tuple[float, float, float, float], box: tuple[float, float, float, float], place: tuple[int, int, int, int]
) -> Pixels:
    """A box of the source in the cover's pixels, where ``box`` of the source is laid at ``place``: x, y, w, h."""
    left = place[0] + (each[0] - box[0]) / box[2] * place[2]
    top = place[1] + (each[1] - box[1]) / box[3] * place[3]
    return left, top, left + each[2] / box[2] * place[2], top + each[3] / box[3] * place[3]


def _cropped(image: Image, box: tuple[float, float, float, float]) -> Image:
    height, width = image.shape[:2]
    left, top = round(box[0] * width), round(box[1] * height)
    right, bottom = round((box[0] + box[2]) * width), round((box[1] + box[3]) * height)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]


def _resized(image: Image, width: int, height: int) -> Image:
    shrinks = image.shape[1] > width
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC).astype(
        np.uint8, copy=False
    )


def _on_blur(
    behind: Image,
    front: Image,
    place: tuple[int, int, int, int],
    width: int,
    height: int,
    ground: tuple[int, ...] | None = None,
) -> Image:
    """``front`` at ``place`` (x, y, w, h) on a colour, or on a blurred and darkened ``behind`` that fills the cover."""
    left, top, wide, high = place
    if ground:
        image = np.full((height, width, 3), ground, np.uint8)
        image[top : top + high, left : left + wide] = _resized(front, wide, high)
        return image
    small = 48
    scale = max(small / behind.shape[1], small * height / width / behind.shape[0])
    low = cv2.resize(
        behind, (math.ceil(behind.shape[1] * scale), math.ceil(behind.shape[0] * scale)), interpolation=cv2.INTER_AREA
    )
    tall = round(small * height / width)
    x, y = (low.shape[1] - small) // 2, (low.shape[0] - tall) // 2
    soft = cv2.GaussianBlur(low[y : y + tall, x : x + small], (0, 0), 2.2)
    image = (_resized(soft.astype(np.uint8), width, height) * 0.72).astype(np.uint8)
    image[top : top + high, left : left + wide] = _resized(front, wide, high)
    return image


def plain(width: int, height: int) -> Image:
    """A quiet ground for a video without a picture that may be shown; never black."""
    down = np.linspace(0, 1, height)[:, None, None]
    across = np.linspace(0, 0.35, width)[None, :, None]
    mix = np.clip(down * 0.75 + across, 0, 1)
    return (np.array([120, 82, 52]) * (1 - mix) + np.array([66, 40, 30]) * mix + 0.5).astype(np.uint8)


def small_enough(image: Image) -> bytes:
    """A JPEG under ``LARGEST``."""
    for quality in (92, 86, 78, 68, 55, 40):
        data = encode(image, quality)
        if len(data) < LARGEST:
            return data
    raise ValueError(f"a cover of {image.shape} does not fit {LARGEST} bytes")


# Letters


class Lettered(NamedTuple):
    image: Image
    contrast: float
    """Of white with the lightest tenth of what lies under the letters."""
    box: Pixels


def letter(image: Image, words: str, shape: Shape, avoid: Sequence[Pixels]) -> Lettered | None:
    """The words in white on a soft shadow, as large as the safe area lets them be without touching ``avoid``.

    None where the font lacks a letter, or where nothing readable fits.
    """
    from PIL import Image as Pillow
    from PIL import ImageDraw

    face = _face(words)
    placed = _place(image, words, shape, avoid, face) if face else None
    if face is None or placed is None:
        return None
    lines, size, (left, top, right, bottom), anchor = placed
    font = face.font(size)
    mask = Pillow.new("L", (image.shape[1], image.shape[0]), 0)
    draw = ImageDraw.Draw(mask)
    for number, line in enumerate(lines):
        x = left if anchor == "l" else (left + right) / 2 if anchor == "m" else right
        base = top + (number * face.leading + 0.08 + fonts.ASCENT / fonts.EM) * size
        draw.text((x, base), line, fill=255, font=font, anchor=f"{anchor}s")
    letters = np.asarray(mask, np.float32) / np.float32(255)
    shaded, contrast = _shaded(image, letters, (left, top, right, bottom), size)
    drawn = shaded * (1 - letters[..., None]) + 255 * letters[..., None]
    return Lettered((drawn + 0.5).astype(np.uint8), contrast, (left, top, right, bottom))


LEADING = 1.1
"""Height of a line of Manrope, of the letters'."""


class Lettering(NamedTuple):
    font: Callable[[int], Any]
    """By the size of its letters, in pixels."""
    leading: float


def _face(words: str) -> Lettering | None:
    """The font that draws all of ``words``, by its size; None where it would take two, or there is none."""
    other = {face for face, _ in fonts.runs(words) if face}
    sole = next(iter(other), None)
    whole = fonts.drawable(words) == words and len(other) < 2 and (sole is None or fonts.draws(sole, words))
    leading = LEADING if sole is None else max(LEADING, 1.3 * sole.scale)
    return Lettering(lambda size: fonts.pillow(sole, "Manrope-ExtraBold.ttf", size), leading) if whole else None


def _place(
    image: Image, words: str, shape: Shape, avoid: Sequence[Pixels], face: Lettering
) -> tuple[list[str], int, Pixels, str] | None:
    """Lines, size of the letters, their box and anchor: clear of ``avoid``, large, low, and off what draws the eye."""
    height = image.shape[0]
    left, top, right, bottom = SAFE[shape]
    busy = _busy(image)
    field = stills.salience(image)
    drawn = None if field is None else field / field.sum()
    kept = [(a - 0.12 * (c - a), b - 0.18 * (d - b), c + 0.12 * (c - a), d + 0.12 * (d - b)) for a, b, c, d in avoid]
    scale = min(image.shape[:2])
    found: list[tuple[float, list[str], int, Pixels, str]] = []
    for share in np.arange(0.15, 0.062, -0.0075):
        if found and share < GOOD:
            break  # smaller letters only where none of a good size fit
        size = round(scale * float(share))
        font = face.font(size)
        for lines in arrangements(words):
            wide = max(font.getlength(line) for line in lines) + size * 0.1
            tall = len(lines) * size * face.leading + size * 0.16 + size * (face.leading - LEADING)
            if wide > right - left or tall > min(bottom - top, 0.5 * height):
                continue
            for x, anchor in ((left, "l"), ((left + right - wide) / 2, "m"), (right - wide, "r")):
                for y in np.linspace(bottom - tall, top, 9):
                    box = (x, float(y), x + wide, float(y) + tall)
                    if any(_overlap(box, each) > 0 for each in kept):
                        continue
                    under = busy[int(box[1] / 8) : int(box[3] / 8) + 1, int(box[0] / 8) : int(box[2] / 8) + 1]
                    off = abs((box[0] + box[2]) / 2 - (left + right) / 2) / image.shape[1]
                    cost = (
                        float(under.mean()) / 12
                        + float(np.percentile(under, 92)) / EDGY
                        + COVERED * _share(drawn, box, image)
                        + 0.9 * (bottom - box[3]) / height
                        + (2.0 * off if shape != "16x9" else 0.15 * off)
                        + 0.1 * abs(len(lines) - 2)
                        + SMALL * (0.15 - float(share))
                    )
                    found.append((cost, list(lines), size, box, anchor))
    if not found:
        return None
    _, lines, size, box, anchor = min(found, key=lambda each: each[0])
    return lines, size, box, anchor


GOOD, SMALL = 0.095, 10.0
"""Size of letters, of the cover's shorter side, from which they are read at a glance, and what it costs to be smaller than the largest."""


def _busy(image: Image) -> NDArray[np.float32]:
    """How much goes on, at one eighth of the picture's size, in levels from pixel to pixel: soft shapes count too."""
    low = cv2.resize(
        cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA
    ).astype(np.float32)
    return np.asarray(np.hypot(cv2.Sobel(low, cv2.CV_32F, 1, 0), cv2.Sobel(low, cv2.CV_32F, 0, 1)) / 8, np.float32)


EDGY = 40.0
"""Levels of the sharpest edges under letters that cost 1: half a shape under them is worse than an even pattern."""

COVERED = 1.2
"""What it costs to letter over all that draws the eye; the distance from bottom to top costs 0.9."""


def _share(field: NDArray[np.float32] | None, box: Pixels, image: Image) -> float:
    """Share of what draws the eye that lies under a box."""
    if field is None:
        return 0.0
    high, wide = field.shape[0] / image.shape[0], field.shape[1] / image.shape[1]
    return float(field[int(box[1] * high) : int(box[3] * high) + 1, int(box[0] * wide) : int(box[2] * wide) + 1].sum())


def arrangements(words: str) -> Iterator[list[str]]:
    """The words on one, two and three lines, each as even as can be."""
    joint = "" if glance(words) > len(words.split()) else " "
    parts = words.split() if joint else letters([words])
    yield [words]
    for count in (2, 3):
        if len(parts) < count:
            return
        best: tuple[int, list[str]] | None = None
        for breaks in _breaks(len(parts), count):
            lines = [joint.join(parts[a:b]) for a, b in zip((0, *breaks), (*breaks, len(parts)), strict=True)]
            longest = max(map(len, lines))
            if any(line[0] in NOT_FIRST for line in lines):
                continue
            if best is None or longest < best[0]:
                best = (longest, lines)
        if best:
            yield best[1]


def glance(text: str) -> int:
    """Words of ``text`` as an eye takes them: two letters of a script without spaces are one."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return max(len(text.split()), (wide + 1) // 2)


def _breaks(words: int, lines: int) -> Iterator[tuple[int, ...]]:
    if lines == 2:
        yield from ((at,) for at in range(1, words))
    else:
        yield from ((one, two) for one in range(1, words - 1) for two in range(one + 1, words))


def _overlap(one: Pixels, other: Pixels) -> float:
    return max(0.0, min(one[2], other[2]) - max(one[0], other[0])) * max(
        0.0, min(one[3], other[3]) - max(one[1], other[1])
    )


def _shaded(image: Image, letters: NDArray[np.float32], box: Pixels, size: int) -> tuple[NDArray[np.float32], float]:
    """The image darkened softly under the letters until white stands out by ``CONTRAST``, and the contrast reached."""
    close = cv2.dilate(letters, np.ones((round(size * 0.2) | 1,) * 2, np.uint8))
    close = cv2.GaussianBlur(close, (0, 0), size * 0.12).astype(np.float32)
    shade = np.maximum(0.6 * scrim(image.shape[0], image.shape[1], box), close)
    near = cv2.dilate(letters, np.ones((9, 9), np.uint8)) > 0.05
    contrast = 1.0
    shaded = image.astype(np.float32)
    for strength in np.arange(0.2, 0.96, 0.05):
        shaded = image.astype(np.float32) * (1 - float(strength) * shade[..., None])
        contrast = 1.05 / (float(np.percentile(luminance(shaded[near]), 95)) + 0.05)
        if contrast >= CONTRAST * 1.08:  # JPEG takes a little of it back
            break
    return shaded, contrast


def scrim(height: int, width: int, box: Pixels) -> NDArray[np.float32]:
    """How much each pixel is darkened, 0 to 1: from text to the nearer edges of the picture, then softly less.

    A gradient out of a corner or a side reads as light; a cloud around the words reads as dirt.
    """

    def fall(length: int, low: float, high: float) -> NDArray[np.float32]:
        at, soft = np.arange(length, dtype=np.float32), 0.25 * length
        near_start, near_end = low, length - high
        before = np.zeros(length) if near_start <= near_end else np.clip((low - at) / soft, 0, 1)
        after = np.zeros(length) if near_end < near_start else np.clip((at - high) / soft, 0, 1)
        if abs(near_start - near_end) < 0.1 * length and high - low > 0.4 * length:
            before = after = np.zeros(length)
        return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.maximum(before, after)), np.float32)

    return np.outer(fall(height, box[1], box[3]), fall(width, box[0], box[2])).astype(np.float32)


def luminance(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Relative luminance, 0 to 1, of BGR pixels of 0 to 255: WCAG 2.2."""
    share = pixels / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(light @ np.array([0.0722, 0.7152, 0.2126]), np.float32)


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
