"""The tool ``propose``: whole moments of the video that are promos of their own, for a person to choose from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.cutting.edges import Material
from tools.cutting.highlights import Bounds, Found, Weighed, Worths, choose, seconds
from tools.cutting.material import working
from tools.finding import ranking
from tools.finding.eligible import barred
from tools.ids import Stretch
from tools.ports import Bench
from tools.schema import Candidate, Frame, Highlight, Highlights
from tools.text import clean, fence
from tools.words.compact import clock

FILE = "highlights.json"
HOOK = 90
"""Characters of a moment's first words in a list."""


class ProposeArgs(BaseModel):
    # A schema without fields makes LangChain drop the runtime, too.
    count: int = Field(default=0, ge=0, le=20, description="How many moments; 0 for as many as the request asks for")


@tool("propose", args_schema=ProposeArgs)
def propose(runtime: ToolRuntime[Bench], count: int = 0) -> str:
    """Propose the whole moments that the request asks for, best first, each a promo of its own that stands alone.

    Call it after transcribe and look.  Nothing is rendered: who asked chooses among them.
    """
    made = proposed(runtime.context, count)
    if not made.highlights:
        raise ToolException(f"Nothing was proposed: {made.short}")
    return view(made)


def proposed(bench: Bench, count: int = 0) -> Highlights:
    """The moments of the request, or ``count`` of them, saved, and a row of the record for each and for what stood beside it."""
    material = working(bench)[0]
    brief = bench.brief
    bounds = Bounds.of(brief.target, brief.options.least, brief.options.most)
    count = min(count or brief.options.highlights, brief.options.highlights)
    weighed = _weighed(bench, material, bounds, count)
    bench.candidates.extend(
        Candidate(ids=each.ids, kept=True, score=round(each.score, 4), reason=each.reason) for each in weighed.found
    )
    bench.candidates.extend(weighed.passed)
    made = Highlights(
        highlights=tuple(_highlight(bench, material, each, rank) for rank, each in enumerate(weighed.found, 1)),
        short=_short(material, weighed, bounds, count),
    )
    bench.workspace.save(FILE, made)
    return made


def _weighed(bench: Bench, material: Material, bounds: Bounds, count: int) -> Weighed:
    said, topic = material.sentences, bench.brief.topic
    if not said:
        return Weighed([], [])
    ranked = ranking.of_run(bench, topic) if material.read is None else ()
    near = ranking.asked(said, topic) if topic else np.zeros(len(said))
    terms = Worths.of(said, material.read, near, ranked)
    return choose(material, terms, bounds, count, tuple(barred(bench)), bench.brief.options.used)


def _highlight(bench: Bench, material: Material, one: Found, rank: int) -> Highlight:
    start, end, lasts = seconds(material, one)
    text = " ".join(each.text for each in material.sentences[one.first : one.last + 1])
    heard = bench.workspace.transcript
    own = {each.id: each for each in (heard.sentences if heard else material.sentences)}
    begins, stops = own[one.ids[0]].start, own[one.ids[-1]].end
    shown = (start, end) if not bench.brief.options.tighten else (begins, stops)
    return Highlight(
        rank=rank,
        ids=one.ids,
        start=round(shown[0], 3),
        end=round(shown[1], 3),
        lasts=round(lasts, 3),
        score=round(one.score, 4),
        hook=clean(material.sentences[one.first].text, HOOK),
        text=text,
        reason=one.reason,
        still=_still(bench, begins, stops),
    )


def _still(bench: Bench, start: float, end: float) -> str:
    """The file of the best still within a moment, else of the one nearest to it: no fault, a face, sharp."""
    seen = bench.workspace.observation
    if seen is None or not seen.frames:
        return ""
    inside = [frame for frame in seen.frames if start <= frame.at <= end]
    middle = (start + end) / 2
    if not inside:
        return min(seen.frames, key=lambda frame: abs(frame.at - middle)).file

    def fit(frame: Frame) -> tuple[bool, bool, float]:
        return not frame.gates, bool(frame.faces), frame.sharpness

    return max(inside, key=fit).file


def _short(material: Material, weighed: Weighed, bounds: Bounds, count: int) -> str:
    """Why fewer are proposed than were asked."""
    made = len(weighed.found)
    if made >= count:
        return ""
    if not material.sentences:
        return "moments are chosen by what is said, and nothing is said in this video; ask for a promo of it."
    lasting = f"{bounds.least:g} to {bounds.most:g} s"
    return (
        f"{made} of {count} moments are proposed: nothing else of {lasting} stands alone, is worth showing and says something new. "
        "Ask for a wider range of lengths to get more."
    )


def view(made: Highlights) -> str:
    """A line a moment: rank, ids, start, length, score, why, first words."""
    lines = [
        f"{each.rank} | {Stretch.of(each.ids)} | {clock(each.start)} | {each.lasts:.2f} s | {each.score:.3f} | {each.reason} | {each.hook}"
        for each in made.highlights
    ]
    told: Sequence[str] = (made.short,) if made.short else ()
    return "\n".join([f"{len(lines)} moments, best first:", fence("\n".join(lines), "moments"), *told])
