"""The tool ``write``: hooks, titles, descriptions and tags for each platform, each line checked against what was said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.brand import banned, shelf
from tools.ids import is_spoken
from tools.ports import Bench, Bill, Copywriter
from tools.posts import grounding
from tools.posts.kinds import WHY, kind_of
from tools.posts.platforms import named, platforms
from tools.schema import Candidate, Copies, Copy, CutList, Line, Observation, Platform, Sentence, Transcript
from tools.text import GLANCE, clean, glance
from tools.troubles import Unwritten

SHOWN = 6000
"""Characters of a description in the view; none is longer."""


class WriteArgs(BaseModel):
    plan_id: str = Field(
        default="", max_length=12, description="The plan to write about, such as P1; empty for the last"
    )
    platforms: list[str] = Field(
        default=[],
        max_length=12,
        description="youtube, shorts, tiktok, reels, linkedin, x; empty for those of the request",
    )
    tone: str = Field(
        default="",
        max_length=200,
        description="How it should sound, in a few words; empty for each platform's own voice",
    )


@tool("write", args_schema=WriteArgs)
def write(runtime: ToolRuntime[Bench], plan_id: str = "", platforms: list[str] | None = None, tone: str = "") -> str:
    """Write hooks, a title, a description and tags for each platform, from the sentences of a plan.

    Call it after cut.  Every number, name and quotation is checked against the sentences; what does not stand there is
    left out.  Answers what was written, with the ids that each line rests on.
    """
    bench = runtime.context
    if foreign := [clean(name, 20) for name in platforms or () if name not in bench.brief.platforms]:
        raise ToolException(
            f"Nothing was written: {', '.join(foreign)} was not asked for; the request says {', '.join(bench.brief.platforms)}."
        )
    return view(compose(bench, platforms or list(bench.brief.platforms), tone, plan_id))


def compose(bench: Bench, names: Sequence[str], tone: str = "", plan_id: str = "") -> Copies:
    """Copy for each platform, checked; saved as copies.json and out/post.json."""
    wanted, unknown = named(names)
    if unknown or not wanted:
        told = ", ".join(clean(name, 40) for name in unknown) or "no platform"
        raise ToolException(f"{told}: not a platform that is known; known are {', '.join(platforms())}")
    plans = bench.workspace.plans()
    if not plans:
        raise ToolException("Nothing is cut yet, so there is nothing to write about; call cut first")
    plan = next((each for each in plans if each.id == plan_id), None if plan_id else plans[-1])
    if plan is None:
        raise ToolException(f"There is no plan {clean(plan_id, 12)}; there are {', '.join(each.id for each in plans)}")
    source, chosen = material(plan, bench.workspace.transcript, bench.workspace.observation)
    tone = clean(tone, 200)
    if chosen:
        copies = Copies(copies=tuple(_written(bench, wanted, source, chosen, tone)))
    else:
        nothing = "Nothing is said or shown in words in the cut, so there is nothing to write from."
        copies = Copies(copies=tuple(Copy(platform=each.id, warnings=(nothing,)) for each in wanted))
    bench.workspace.save("copies.json", copies)
    bench.workspace.write(
        "out/post.json", json.dumps(published(copies, plan, source), ensure_ascii=False, indent=1).encode()
    )
    return copies


def material(
    plan: CutList, transcript: Transcript | None, observation: Observation | None
) -> tuple[Transcript, list[str]]:
    """What may be written from: the transcript and the ids in the cut that hold words.

    A shot stands for the sentences in it; where nothing is said, for the text that it shows, under its own id.
    """
    spoken = transcript.sentences if transcript else ()
    shots = {shot.id: shot for shot in observation.shots} if observation else {}
    chosen: list[str] = []
    shown: list[Sentence] = []
    for name in (name for clip in plan.clips for name in clip.ids):
        if is_spoken(name):
            chosen.append(name)
        elif (shot := shots.get(name)) is not None and observation is not None:
            inside = [each.id for each in spoken if each.start >= shot.start - 0.2 and each.end <= shot.end + 0.2]
            text = " ".join(
                dict.fromkeys(
                    clean(line, 120) for frame in observation.frames if frame.shot == name for line in frame.text
                )
            )
            chosen += inside
            if not inside and text:
                shown.append(Sentence(id=name, start=shot.start, end=shot.end, text=text))
                chosen.append(name)
    base = transcript or Transcript()
    known = {sentence.id for sentence in spoken}
    order = [name for name in dict.fromkeys(chosen) if name in known or not is_spoken(name)]
    return base.model_copy(update={"sentences": (*spoken, *shown)}), order


def _written(
    bench: Bench, wanted: Sequence[Platform], source: Transcript, chosen: Sequence[str], tone: str
) -> list[Copy]:
    """A checked copy for each platform: the copywriter's, its second try, or else the fallback's."""
    writer, fallback, allowed = bench.engines.copywriter, bench.engines.fallback_copywriter, bench.brief.wish
    topic = bench.brief.topic
    laid = shelf.of_run(bench.workspace)
    never = laid.brand.words.banned if laid else ()

    def kept(copy: Copy, each: Platform) -> Copy:
        return banned.without(grounding.repair(copy, source, each, allowed, chosen, topic), never)

    def wrong(copies: dict[str, Copy]) -> list[str]:
        missing = [f"{each.id}: nothing was written" for each in wanted if each.id not in copies]
        return missing + [
            told
            for each in wanted
            if each.id in copies
            for told in (
                *grounding.check(copies[each.id], source, each, allowed, chosen, topic),
                *banned.problems(copies[each.id], never),
            )
        ]

    copies, failed = _ask(bench, writer, wanted, source, chosen, tone, "write")
    long = too_long_for_a_cover([copies[each.id] for each in wanted if each.id in copies])
    problems = [*wrong(copies), *long.values()]
    if problems and not failed and writer.accepts_feedback:
        short = [each for each in wanted if any(told.startswith((f"{each.id} ", f"{each.id}:")) for told in problems)]
        before = [copies[each.id] for each in short if each.id in copies]
        again, failed = _ask(bench, writer, short, source, chosen, tone, "write again", problems[:40], before)
        for each in short:
            if each.id in again and (first := copies.get(each.id)) is not None:
                stays = kept(first, each)
                if each.id in long and any(map(_fits_a_cover, again[each.id].hooks)):
                    stays = _without(stays, _longest(first)[1])
                again[each.id] = grounding.tidy(grounding.mended(first, stays, again[each.id]))
        copies = {**copies, **again}
    made = {each.id: kept(copies[each.id], each) for each in wanted if each.id in copies}
    poor = [each for each in wanted if each.id not in made or not whole(made[each.id], each)]
    if poor and fallback is not None and fallback is not writer:
        spare, _ = _ask(bench, fallback, poor, source, chosen, tone, "write plainly")
        for each in poor:
            if each.id in spare:
                why = failed or "what the copywriter wrote did not pass its checks"
                copy = kept(spare[each.id], each)
                made[each.id] = copy.model_copy(
                    update={"warnings": (f"Written by {copy.written_by}: {why}.", *copy.warnings)}
                )
    empty = "The copywriter wrote nothing that passed its checks."
    done = [
        made.get(each.id, Copy(platform=each.id, written_by=writer.engine, warnings=(failed or empty,)))
        for each in wanted
    ]
    for copy in done:
        bench.candidates.extend(_rows(copies.get(copy.platform), copy))
    return done


def too_long_for_a_cover(copies: Sequence[Copy]) -> dict[str, str]:
    """What is told of the first platform's longest hook where no hook of any can be read on a cover; empty where one can."""
    hooked = [copy for copy in copies if copy.hooks]
    if not hooked or any(_fits_a_cover(line) for copy in hooked for line in copy.hooks):
        return {}
    place, longest = _longest(hooked[0])
    told = f"a cover line has {GLANCE} words at most, and no hook is one: this has {glance(longest.text)}; give one of {GLANCE} or fewer in its place"
    return {hooked[0].platform: f"{hooked[0].platform} hook {place}: {told}"}


def _longest(copy: Copy) -> tuple[int, Line]:
    """The place, from 1, and the line of the hook that takes longest to read."""
    return max(enumerate(copy.hooks, 1), key=lambda one: glance(one[1].text))


def _fits_a_cover(line: Line) -> bool:
    return 2 <= glance(line.text) <= GLANCE


def _without(copy: Copy, hook: Line) -> Copy:
    return copy.model_copy(update={"hooks": tuple(line for line in copy.hooks if line.text != hook.text)})


def whole(copy: Copy, limits: Platform) -> bool:
    """Whether nothing is missing that the platform has a place for."""
    return bool(copy.hooks and copy.description and (copy.title or not limits.has_title))


def _ask(
    bench: Bench,
    writer: Copywriter,
    wanted: Sequence[Platform],
    source: Transcript,
    chosen: Sequence[str],
    tone: str,
    step: str,
    feedback: Sequence[str] = (),
    before: Sequence[Copy] = (),
) -> tuple[dict[str, Copy], str]:
    """What a copywriter wrote, tidied, by platform; and why it could not, if so."""

    def do() -> dict[str, Any]:
        written: Sequence[Copy] = ()
        failed, bill = "", Bill()
        try:
            written = writer.write(bench.brief, source, list(chosen), wanted, bench.steps, tone, feedback, before)
        except Unwritten as error:
            failed = clean(error, 300)
        bill.take(writer.spent)
        copies = [copy.model_dump(mode="json") for copy in written]
        return {"copies": copies, "failed": failed, "dollars": bill.dollars}

    answer = bench.steps.step(step, do)
    # A part of the step's answer, so that it is known where the step is answered from a record.
    bench.bill.add(answer.get("dollars", 0.0), f"{step} by {writer.engine}")
    found = (grounding.tidy(Copy.model_validate(row)) for row in answer["copies"])
    names = {each.id for each in wanted}
    return {copy.platform: copy for copy in found if copy.platform in names}, answer["failed"]


def _rows(before: Copy | None, after: Copy) -> list[Candidate]:
    """A row for each line that was kept, and for each that was not, with why."""
    kept = [("hook", line) for line in after.hooks] + [("title", line) for line in [after.title] if line]
    rows = [
        Candidate(ids=line.evidence, kept=True, score=0.0, reason=f"{after.platform} {what}: {line.text}")
        for what, line in kept
    ]
    if before is None:
        return rows
    there = {line.text for _, line in kept}
    lost: list[Line] = [
        line for line in [*before.hooks, *([before.title] if before.title else [])] if line.text not in there
    ]
    why = clean("; ".join(after.warnings), 300)
    return rows + [
        Candidate(ids=line.evidence, kept=False, score=0.0, reason=clean(f"{after.platform}: {line.text} ({why})", 600))
        for line in lost
    ]


def published(copies: Copies, plan: CutList, source: Transcript) -> dict[str, Any]:
    """What post.json holds: for each platform the lines, the text to paste, how long they are, and what was said for them."""
    known = platforms()
    used = {name for copy in copies.copies for line in copy.lines for name in line.evidence}
    return {
        "plan": plan.id,
        "language": source.language,
        "platforms": {copy.platform: _published(copy, known[copy.platform]) for copy in copies.copies},
        "evidence": {each.id: each.text for each in source.sentences if each.id in used},
    }


def _published(copy: Copy, limits: Platform) -> dict[str, Any]:
    text = grounding.post(copy)
    return {
        "name": limits.name,
        "hooks": [
            {**line.model_dump(mode="json"), "kind": (kind := kind_of(line.text)), "why": WHY[kind]}
            for line in copy.hooks
        ],
        "title": copy.title.model_dump(mode="json") if copy.title else None,
        "description": copy.description.model_dump(mode="json") if copy.description else None,
        "tags": [{**line.model_dump(mode="json"), "hashtag": grounding.hashtag(line.text)} for line in copy.tags],
        "text": text,
        "seen_first": text[: limits.seen_first],
        "characters": {
            "title": len(copy.title.text) if copy.title else 0,
            "text": grounding.weight(text, limits),
            "limit": limits.text_limit,
        },
        "written_by": copy.written_by,
        "warnings": list(copy.warnings),
    }


def view(copies: Copies) -> str:
    """What the model reads: a few lines a platform."""
    lines = []
    for copy in copies.copies:
        lines.append(f"{copy.platform} (written by {copy.written_by or 'nobody'})")
        lines += [f"  hook: {_line(line)}" for line in copy.hooks]
        lines += [f"  title: {_line(copy.title)}"] if copy.title else []
        lines += (
            [f"  description: {clean(copy.description.text, SHOWN)} [{' '.join(copy.description.evidence)}]"]
            if copy.description
            else []
        )
        lines += [f"  tags: {', '.join(line.text for line in copy.tags)}"] if copy.tags else []
        lines += [f"  note: {clean(warning, 200)}" for warning in copy.warnings[:4]]
    return "\n".join(lines)


def _line(line: Line) -> str:
    return f"{line.text} [{' '.join(line.evidence)}]"
