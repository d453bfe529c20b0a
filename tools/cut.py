"""The tool ``cut``: picks of ids become a plan of frames, or everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.cutting.edges import Material
from tools.cutting.material import working
from tools.cutting.mends import mends
from tools.cutting.plan import automatic, plan
from tools.cutting.revised import beside
from tools.cutting.solver import TOLERANCE
from tools.finding.limits import limiting
from tools.finding.standing_alone import SLIGHT, review
from tools.ids import Stretch, is_spoken
from tools.picture.blank import no_picture
from tools.ports import Bench
from tools.schema import Clip, CutList, Pick
from tools.text import clean, fence
from tools.words.compact import clock

WORDS = 4000
"""Characters of a clip's words in the view; the longest promo has fewer."""
TAIL = 8
"""Words of a clip that are repeated where the next one leans on something."""


class CutArgs(BaseModel):
    picks: list[Pick] = Field(
        max_length=40,
        description="1 to 8 picks in playing order, exactly one of them with the role hook, which plays first. An empty list takes the ranking's own choice",
    )
    target_seconds: float = Field(
        default=0,
        description="The length that was asked, in seconds; 0 for that of the request. No other length is made",
    )


@tool("cut", args_schema=CutArgs)
def cut(picks: list[Pick], runtime: ToolRuntime[Bench], target_seconds: float = 0) -> str:
    """Make a plan of the promo from what you picked, and get its exact length, its whole text and everything an editor would object to.

    Call it after transcribe and find, or read.  Give ids only, never times: the code finds the edges.  Mark picks
    optional that the promo works without: whole ones are left out to meet the length, and only where that is not enough
    is one shortened by whole sentences.  When it is refused, every mistake is listed; mend them all and call it again.
    Its answer names the plan, such as P1, for write, cover and assemble.
    """
    asked = runtime.context.brief.target
    if target_seconds and not abs(target_seconds - asked) <= TOLERANCE:
        raise ToolException(
            f"Nothing was planned: {target_seconds:g} s is not the length that was asked, which is {asked:g} s. "
            "Only who asks may change it, in the request; leave target_seconds out."
        )
    made = plan(runtime.context, picks) if picks else automatic(runtime.context)
    return view(made, runtime.context)


def view(made: CutList, bench: Bench) -> str:
    """The plan in lines: clips as they play, length, what an editor would object to and what would mend it, then all its words."""
    material = working(bench)[0]
    notes = _notes(made, material)
    lines = [f"Plan {made.id}: {made.length:.2f} s of {made.target:g} s asked, {len(made.clips)} clips."]
    if made.card:
        lines.append(f"Of them {float(made.card / made.fps):g} s are the brand's end card; the clips last the rest.")
    before: Clip | None = None
    for place, clip in enumerate(made.clips):
        lines.append(
            f"{clip.label} {clip.role} {Stretch.of(clip.ids)} {clock(clip.start)}-{clock(clip.end)} {clip.length:.2f}s"
        )
        lines += [f"  {line}" for line in _objections(clip, before, notes.get(clip.label, {}))]
        if any(flag.partition(":")[0] in LEANS for flag in (*clip.flags, *clip.notes)) and (
            told := _mended(made, material, place)
        ):
            lines.append(f"  would mend it: {'; or '.join(told)}")
        before = clip
    if gone := sum(len(clip.label) > 1 for clip in made.clips):
        lines.append(
            f"Tightened: {gone} pauses and fillers are taken out inside the clips; A2 goes on where A stopped."
        )
    lines += [f"left out: {', '.join(each.ids)} ({clean(each.reason, 120)})" for each in made.left_out]
    if (revised := bench.brief.options.revised) and (told := beside(revised, [clip.ids for clip in made.clips])):
        lines.append(f"Nobody named it, and it plays otherwise: {'; '.join(told)}. Keep it, or tell who asked why not.")
    checks = [check for clip in made.clips for check in clip.certificate.checks] + list(made.certificate.checks)
    lines.append(
        f"Measured: {sum(check.passed for check in checks)} of {len(checks)} hold, of length, edges, order and shots; whether it makes sense is yours to judge."
    )
    if blank := no_picture(bench.workspace.observation, made.clips):
        where = "the whole promo" if len(blank) == len(made.clips) else ", ".join(blank)
        lines.append(f"No picture (one colour) in {where}: tell who asked, or take passages where something is seen.")
    said = "\n".join(f"{clip.label} {clean(clip.text, WORDS)}" for clip in made.clips if clip.text)
    lines += ["All that is said in it, in order:", fence(said, "promo")] if said else []
    if near := list(_limits(made, material)):
        lines += [
            "Not in it, and may limit what is; take it in, or claim no more than both say:",
            fence("\n".join(near), "video"),
        ]
    return "\n".join(lines)


LEANS = frozenset(
    (
        "dangling opening", "pronoun opening", "answer without its question", "ends on a question", "unfinished ending", "ends before its payoff",
        "loses its qualification", "loses its frame", "housekeeping opening", "causes reordered", "an answer under another question",
    )
)  # fmt: skip
"""Kinds of objections that another choice of sentences may end."""
OPENS = ("dangling opening", "pronoun opening", "answer without its question")
MEANINGS = {
    "weak opening": "harmless inside the promo",
    "ends before its payoff": "harmless where it rests all the same",
    "no gap": "the cut is in running speech, faded over some milliseconds; harmless unless it is the very first or last word",
    "sound running through": "something sounds on across the cut and is faded; harmless under speech",
    "flash": "another shot shows for an instant, and its picture is held over",
    "trimmed": "left out to meet the length; pick fewer or other sentences if what stays has lost what it speaks of",
}
"""What an objection means for a viewer, by how it begins."""


def _objections(clip: Clip, before: Clip | None, notes: dict[str, str]) -> Iterator[str]:
    """A line for each flag and note: an objection, a doubt or slight, why, and what it means where it plays."""
    for flag in (*clip.flags, *clip.notes):
        kind, _, why = flag.partition(": ")
        told = clean(why or notes.get(kind, ""), 300)
        mark = "objection" if flag in clip.flags else "slight" if flag in SLIGHT else "doubt"
        line = f"{mark}: {kind}{': ' + told if told else ''}"
        if kind in OPENS and before is not None and before.text:
            yield f"{line}. Here it plays after “… {_tail(before)}”; harmless where that says what it goes on from"
        else:
            meaning = next((text for begins, text in MEANINGS.items() if kind.startswith(begins)), "")
            yield f"{line}. {meaning[:1].upper()}{meaning[1:]}" if meaning else line


def _tail(clip: Clip) -> str:
    return clean(" ".join(clip.text.split()[-TAIL:]), 120)


def _runs(made: CutList) -> list[tuple[str, Stretch]]:
    """The spoken clips with their labels, in playing order."""
    return [(clip.label, Stretch.of(clip.ids)) for clip in made.clips if is_spoken(clip.ids[0])]


def _notes(made: CutList, material: Material) -> dict[str, dict[str, str]]:
    """Why each kind of objection is made, by the clip's label."""
    runs = _runs(made)
    roles = [clip.role for clip in made.clips if is_spoken(clip.ids[0])]
    told = review(material.sentences, [(run.first, run.last) for _, run in runs], roles, material.read)
    return {label: {one.kind: one.note for one in found} for (label, _), found in zip(runs, told, strict=True)}


def _mended(made: CutList, material: Material, place: int) -> list[str]:
    """Changes of the picks that would end what is objected to; none where the clips are stretches of picks."""
    if any(len(clip.label) > 1 for clip in made.clips):
        return []
    picks = [Pick(ids=clip.ids, role=clip.role, reason=clip.reason or clip.role) for clip in made.clips]
    return mends(material, picks, place, made.clips_target)


def _limits(made: CutList, material: Material) -> Iterator[str]:
    runs: Sequence[tuple[str, Stretch]] = _runs(made)
    for index, place in limiting(material.sentences, [(run.first, run.last) for _, run in runs]):
        sentence = material.sentences[index]
        yield f"{sentence.id} (near {runs[place][0]}, {runs[place][1]}) {clean(sentence.text, 300)}"
