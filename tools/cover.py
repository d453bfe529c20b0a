"""The tool ``cover``: the still that stands for a promo, one a shape, with what else could have been chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.brand import banned, shelf
from tools.covers import backdrop
from tools.covers.candidates import UNSHOWN, WEIGHTS, Scored, candidates, rank
from tools.covers.composition import SIZES, Pixels, compose, plain, small_enough
from tools.covers.lettering import fits, letter, strongest
from tools.covers.previews import preview, shown_as
from tools.finding.standing_alone import ending, is_housekeeping, opening
from tools.ids import is_spoken
from tools.media import art, process
from tools.media.frames import grab
from tools.picture import opencaptions, second_look
from tools.ports import Bench
from tools.posts import grounding
from tools.schema import Candidate, Copies, Cover, Covers, CutList, Shape, Source
from tools.text import GLANCE, clean, contacts, glance
from tools.words.compact import clock

if TYPE_CHECKING:
    from tools.media.frames import Image


TRIED, OTHERS = 8, 2
"""Hooks that are laid on a cover before it has none, and further stills that are tried where none fits on the best."""
ALIKE = 6
"""Bits in which the hashes of two stills differ from which they are not the same to an eye."""


class CoverArgs(BaseModel):
    plan_id: str = Field(max_length=12, description="The plan: P1")
    hook: str = Field(
        default="",
        max_length=120,
        description="At most eight words to letter on it, from the written hooks or the promo's own words; none for no words; empty for the strongest hook that fits. Where it does not fit a shape, the strongest that does stands there",
    )
    choice: str = Field(
        default="",
        max_length=6,
        description="K2, a still of the last answer, to be used for every shape that it was offered for; empty for the best",
    )


@tool("cover", args_schema=CoverArgs)
def cover(plan_id: str, runtime: ToolRuntime[Bench], hook: str = "", choice: str = "") -> str:
    """Choose and make the cover images of a plan, one for each shape.  Call it after write, and once more to change what it made.

    Answers which still was chosen for each shape with its score by part, what was lettered on it, and the runners-up as
    K1, K2 …  A model that sees is shown what was made.
    """
    bench = runtime.context
    return view(make(bench, plan_id, "" if hook.strip().lower() == "none" else hook or None, choice))


def make(bench: Bench, plan_id: str, hook: str | None = None, choice: str = "") -> Covers:
    """The covers of a plan, written into the outbox; ``ToolException`` names all that is wrong with the call."""
    cut, words = _checked(bench, plan_id, hook)
    warnings: list[str] = []
    wanted = _wanted(bench, plan_id, choice)
    workspace, source = bench.workspace, bench.workspace.source
    bench.steps.progress("cover", 0.05, "gathering stills")
    observation = second_look.observe_clips(bench, cut)
    frames = candidates(bench, source, observation, cut)
    bench.steps.progress("cover", 0.6, f"{len(frames)} candidates")
    floor = opencaptions.floor(opencaptions.find(observation, workspace.transcript))
    ranked = {shape: rank(source, frames, cut, shape, floor) for shape in bench.brief.shapes}
    rows: list[Cover] = []
    bare: dict[Shape, Bare] = {}
    for number, (shape, scored) in enumerate(ranked.items()):
        # The one that was chosen first, if it was offered here; of equals the order stays.
        scored = sorted(
            scored, key=lambda each: each.frame.file != wanted.get(shape) or bool(UNSHOWN & set(each.frame.gates))
        )
        bare[shape] = _bare(bench, source, shape, scored, words, 0 if shape in wanted else OTHERS)
        ranked[shape] = sorted(scored, key=lambda each: each is not bare[shape].of)
        bench.steps.progress("cover", 0.6 + 0.3 * (number + 1) / len(ranked), shape)
    words = words if hook else _shared(words, bare)
    for shape, scored in ranked.items():
        made_of = list(_shape(bench, shape, scored, words, bare[shape]))
        rows += made_of
        warnings += _doubts(made_of[0], scored if source.has_video else None, words, hook)
    made = Covers(plan=cut.id, covers=tuple(rows), warnings=tuple(dict.fromkeys(warnings)))
    workspace.save("covers.json", made)
    bench.candidates.extend(_rows(ranked))
    return made


def _doubts(chosen: Cover, scored: Sequence[Scored] | None, words: Sequence[str], hook: str | None) -> Iterator[str]:
    """What a person should know of a cover: why it has no words, or no picture; of sound alone, which has no stills, none is missed."""
    name = f"The cover {chosen.shape.replace('x', ':')}"
    if chosen.hook is None and hook != "":
        none = "no hook and no sentence of the promo says something in eight words"
        yield f"{name} has no words: {'none of the hooks fits beside its faces and writing' if words else none}."
    if scored is not None and (not scored or UNSHOWN & set(scored[0].frame.gates)):
        yield f"{name} is a plain card: no picture of the promo may be shown."


def _wanted(bench: Bench, plan_id: str, choice: str) -> dict[Shape, str]:
    """The still that ``choice`` names, by the shapes that it was offered for; ``ToolException`` where it was not."""
    if not choice.strip():
        return {}
    before = bench.workspace.load("covers.json", Covers)
    offered = keys(before) if before and before.plan == plan_id else {}
    file = next((file for file, key in offered.items() if key == choice.strip().upper()), None)
    if file is None or before is None:
        known = ", ".join(offered.values()) or "none yet: call cover without a choice first"
        raise ToolException(
            f"{clean(choice, 12)!r} is no still that was offered for {clean(plan_id, 12)}; there are {known}"
        )
    return {each.shape: file for each in before.covers if still(each) == file}


def still(cover: Cover) -> str:
    """The file of the still that a cover is made of."""
    return cover.file if not cover.chosen else cover.still


def keys(made: Covers) -> dict[str, str]:
    """K1, K2 … by the files of the stills, in the order in which they are told."""
    files = dict.fromkeys(file for each in made.covers if (file := still(each)))
    return {file: f"K{number}" for number, file in enumerate(files, 1)}


def _checked(bench: Bench, plan_id: str, hook: str | None) -> tuple[CutList, list[str]]:
    """The plan, and what may be lettered, the strongest first."""
    wrong = []
    cut = bench.workspace.plan(plan_id)
    if cut is None:
        known = ", ".join(plan.id for plan in bench.workspace.plans()) or "none yet: call cut"
        wrong.append(f"{clean(plan_id, 12)!r} is no plan; plans: {known}")
    copies = bench.workspace.load("copies.json", Copies)
    words = clean(hook, 120) if hook else None
    if words and glance(words) > GLANCE:
        wrong.append(f"the hook has {glance(words)} words; at most {GLANCE} can be read on a cover")
    if words and (found := contacts(words)):
        wrong.append(f"a cover names no {found[0].kind}; leave it out of the hook")
    if words and (laid := shelf.of_run(bench.workspace)) and (held := banned.held(words, laid.brand.words.banned)):
        wrong.append(f"the hook on the cover holds “{held[0]}”, which the brand never uses; leave it out")
    if words and cut is not None:
        said = " ".join([*(clip.text for clip in cut.clips), *(line.text for line in _hooks(copies, cut))])
        wrong += [f"the hook on the cover: {problem}" for problem in grounding.ungrounded(words, said)]
    if wrong or cut is None:
        raise ToolException("\n".join(wrong))
    never = laid.brand.words.banned if (laid := shelf.of_run(bench.workspace)) else ()
    if hook == "":
        return cut, []
    best = strongest([line.text for line in _hooks(copies, cut)], _said(bench, cut))
    # Where the words that were asked for do not fit a shape, the strongest that do are lettered there.
    return cut, [*([words] if words else []), *(text for text in best if not banned.held(text, never))]


def _said(bench: Bench, cut: CutList) -> list[str]:
    """Sentences of the promo that stand alone."""
    transcript = bench.workspace.transcript
    said = transcript.sentences if transcript else ()
    played = {name for clip in cut.clips for name in clip.ids}
    return [
        each.text
        for n, each in enumerate(said)
        if each.id in played and not is_housekeeping(each) and not opening(said, n) and not ending(said, n)
    ]


def _hooks(copies: Copies | None, cut: CutList) -> list[Any]:
    """Written hooks that rest on nothing but what is in the cut, and not only on what can be read in the picture already."""
    there = {each for clip in cut.clips for each in clip.ids}
    return [
        line
        for copy in (copies.copies if copies else ())
        for line in copy.hooks
        if set(line.evidence) <= there and any(map(is_spoken, line.evidence))
    ]


class Bare(NamedTuple):
    """A cover before it is lettered, the still that it is of, what words keep off, and what should be known about it."""

    of: Scored | None
    image: Image
    faces: list[Pixels]
    notes: list[str]


def _bare(
    bench: Bench, source: Source, shape: Shape, scored: Sequence[Scored], words: Sequence[str], others: int
) -> Bare:
    """The picture of the best still, or of the next best without more faults where words fit on that alone."""
    best = scored[0] if scored else None
    first = Bare(best, *_picture(bench, source, shape, best))
    if best is None or not words or _room(first, shape, words):
        return first
    same = [each for each in scored[1:] if each.frame.gates == best.frame.gates]
    same = [each for each in same if each.frame.distance(best.frame) >= ALIKE][:others]
    tried = (Bare(each, *_picture(bench, source, shape, each)) for each in same)
    return next((each for each in tried if _room(each, shape, words)), first)


def _room(bare: Bare, shape: Shape, words: Sequence[str]) -> bool:
    return any(fits(bare.image, each, shape, bare.faces) for each in words[:TRIED])


def _shared(words: Sequence[str], bare: dict[Shape, Bare]) -> list[str]:
    """The words, those first that fit in every shape: one line stands for a promo everywhere, where one can."""
    one = next(
        (each for each in words[:TRIED] if all(fits(b.image, each, shape, b.faces) for shape, b in bare.items())), None
    )
    return sorted(words, key=lambda each: each != one)


def _shape(bench: Bench, shape: Shape, scored: Sequence[Scored], words: Sequence[str], bare: Bare) -> Iterator[Cover]:
    """The chosen cover of a shape, made, then three runners-up."""
    best, image, faces, notes = bare
    parts = dict(best.parts) if best else {}
    lettered = None
    for hook in words[:TRIED]:
        if (drawn := letter(image, hook, shape, faces)) is not None:
            image, parts["contrast"], lettered = drawn.image, round(drawn.contrast, 2), hook
            notes += [_unlettered(image, words, shape, faces)] if hook != words[0] else []
            break
    else:
        notes.append(_unlettered(image, words, shape, faces))
    file = f"out/cover_{shape}.jpg"
    bench.workspace.write(file, small_enough(image))
    bench.workspace.write(shown_as(shape), preview(image))
    yield Cover(
        shape=shape, file=file, still=best.frame.file if best else "", at=best.frame.at if best else 0.0, score=best.score if best else 0.0, parts=parts,
        hook=lettered, chosen=True, reason="; ".join(notes),
    )  # fmt: skip
    if best is None:
        return
    others: list[Scored] = []
    for each in scored[1:]:
        if all(each.frame.distance(other.frame) >= ALIKE for other in (best, *others)):
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


def _unlettered(image: Image, words: Sequence[str], shape: Shape, faces: Sequence[Pixels]) -> str:
    """Why nothing is lettered, with what would be."""
    if not words:
        return "no hook short enough"
    fits = fitting(image, words[0], shape, faces)
    told = f"{fits} would fit" if fits else "none would fit"
    return f"no room for the {glance(words[0])} words beside the faces; {told}"


def fitting(image: Image, words: str, shape: Shape, faces: Sequence[Pixels]) -> int:
    """For how many words of about this length there is room; 0 where there is none for two."""
    there = words.split()
    shorter = range(len(there) - 1, 1, -1)
    return next((n for n in shorter if letter(image, " ".join(there[:n]), shape, faces) is not None), 0)


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


def _picture(bench: Bench, source: Source, shape: Shape, best: Scored | None) -> tuple[Image, list[Pixels], list[str]]:
    """The picture without words, boxes of faces and burnt text in its pixels, and what should be known about it."""
    if not source.has_video:
        return _of_sound(bench, shape)
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


def _of_sound(bench: Bench, shape: Shape) -> tuple[Image, list[Pixels], list[str]]:
    """The same of sound alone: the file's own art where it carries some, on its blur or a brand's colour."""
    path, why = art.of_run(bench.workspace)
    shown, laid = backdrop.read(path), shelf.of_run(bench.workspace)
    image, kept = backdrop.cover(shape, shown, laid.brand.colours.ground if laid else "")
    note = why or "the file carries no picture; the cover is a plain ground"
    return image, kept, ["the picture that the file carries" if shown is not None else note]


def view(made: Covers) -> str:
    """A line a cover, the chosen one of each shape first with its score by part, its runners-up behind it."""
    lines, known = [], keys(made)
    for each in made.covers:
        parts = " ".join(f"{name} {value:.2f}" for name, value in each.parts.items())
        parts = f" ({parts})" if each.chosen else ""
        key = known.get(still(each), "no still")
        what = f"cover_{each.shape} of {key}" if each.chosen else f"  or {key}"
        hook = f' lettered "{clean(each.hook, 120)}"' if each.hook else ""
        lines.append(
            f"{what} {clock(each.at)} score {each.score:.2f}{parts}{hook}{': ' + each.reason if each.reason else ''}"
        )
    return f"Covers of {made.plan}:\n" + "\n".join(lines)
