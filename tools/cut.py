"""The tool ``cut``: picks of ids become a plan of frames, or everything that is wrong with them."""

from __future__ import annotations

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.cutting.material import working
from tools.cutting.plan import plan, ranked
from tools.cutting.solver import TOLERANCE
from tools.finding.standing_alone import SLIGHT, repair
from tools.ids import Stretch, is_spoken
from tools.ports import Bench
from tools.schema import CutList, Pick
from tools.text import clean
from tools.words.compact import clock

SHOWN = 90
"""Characters of a clip's words in the view."""


class CutArgs(BaseModel):
    picks: list[Pick] = Field(
        description="1 to 8 picks in playing order. Each is one id or consecutive ids of one kind: S14, S15, S16 (speech) or V3 (shots). Exactly one has the role hook; it plays first. Leave it empty to take the ranking's own choice."
    )
    target_seconds: float | None = Field(
        default=None, description="The length that was asked, in seconds; leave it out. No other length is made"
    )


@tool("cut", args_schema=CutArgs)
def cut(picks: list[Pick], runtime: ToolRuntime[Bench], target_seconds: float | None = None) -> str:
    """Make a plan of the promo from what you picked, and get its exact length and everything an editor would object to.

    Call it after transcribe and find, or read.  Give ids only, never times: the code finds the edges.  Mark picks
    optional that may be shortened by whole sentences or left out to meet the length.  When it is refused, every
    mistake is listed; mend them all and call it again.  Its answer names the plan, such as P1, for cover and assemble.
    """
    asked = runtime.context.brief.target
    if target_seconds is not None and not abs(target_seconds - asked) <= TOLERANCE:
        raise ToolException(
            f"Nothing was planned: {target_seconds:g} s is not the length that was asked, which is {asked:g} s. "
            "Only who asks may change it, in the request; leave target_seconds out."
        )
    return view(plan(runtime.context, picks or ranked(runtime.context)), runtime.context)


def view(made: CutList, bench: Bench) -> str:
    """The plan in lines: clips as they play, length, checks, and what could be better by ids."""
    lines = [f"Plan {made.id}: {made.length:.2f} s of {made.target:g} s asked, {len(made.clips)} clips."]
    for clip in made.clips:
        lines.append(
            f"{clip.label} {clip.role} {Stretch.of(clip.ids)} {clock(clip.start)}-{clock(clip.end)} {clip.length:.2f}s {clean(clip.text, SHOWN)}".rstrip()
        )
        lines += [f"  {'-' if flag in SLIGHT else '!'} {clean(flag, 300)}" for flag in clip.flags]
    if gone := sum(len(clip.label) > 1 for clip in made.clips):
        lines.append(
            f"Tightened: {gone} pauses and fillers are taken out inside the clips; A2 goes on where A stopped."
        )
    lines += [f"left out: {', '.join(each.ids)} ({clean(each.reason, 120)})" for each in made.left_out]
    checks = [check for clip in made.clips for check in clip.certificate.checks] + list(made.certificate.checks)
    lines.append(f"Certificate: {sum(check.passed for check in checks)} of {len(checks)} checks hold.")
    lines += advice(made, bench)
    return "\n".join(lines)


def advice(made: CutList, bench: Bench) -> list[str]:
    """What ids would mend the openings and endings that were objected to."""
    transcript = bench.workspace.transcript
    lines = []
    for clip in made.clips:
        if (
            not is_spoken(clip.ids[0])
            or transcript is None
            or not any(":" in flag and not flag.startswith("trimmed") for flag in clip.flags)
        ):
            continue
        now = Stretch.of(clip.ids)
        first, last = repair(transcript.sentences, now.first, now.last, read=working(bench)[0].read)
        if (first, last) != (now.first, now.last):
            lines.append(f"{clip.label} would stand alone as S{first + 1}-S{last + 1}; call cut again to change it.")
    return lines
