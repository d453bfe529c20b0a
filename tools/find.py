"""The tools ``read`` and ``find``: the words of ids, and the moments that a query in words or in times means."""

from __future__ import annotations

from collections.abc import Sequence

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.cutting.edges import Material, snap
from tools.cutting.material import working
from tools.finding import ranking, reader
from tools.finding.eligible import barred
from tools.finding.hooks import cues
from tools.finding.moments import Moment, apart, show
from tools.finding.relevance import is_about
from tools.finding.signals import Signals, signals
from tools.finding.standing_alone import PAYOFF, ending, is_housekeeping, is_question, opening, repair
from tools.finding.times import at, span
from tools.ids import Stretch, index, is_spoken
from tools.ports import Bench
from tools.schema import Candidate, Role, Sentence
from tools.text import clean, fence
from tools.words.compact import pack
from tools.words.sentences import BREAK, TERMINAL, resolve

FEW, MANY = 8, 80
"""Moments in an answer, and in one for a planner that reads them all."""
SHORT = 1.2
"""Seconds under which a moment is no clip of its own."""
LATE, STOPS, PUNCTUATED = 0.88, 0.3, 0.6
"""Share of a talk after which a moment closes rather than opens; worth of a sentence's cues from which it makes one stop; and the share
of sentences with a mark at their end from which marks tell where one ends."""
UNPAID = 0.85
"""Share of its score that a moment keeps without the payoff that it could have had."""


class ReadArgs(BaseModel):
    ids: list[str] = Field(min_length=1, max_length=60, description="Ids or ranges of them: S14, S20-S40, V3")


class FindArgs(BaseModel):
    query: str = Field(
        max_length=500,
        description="What to look for in words, or a time such as 1:02 to 1:10; empty for what matters most",
    )
    many: bool = Field(
        default=False,
        description="True for every usable moment, overlapping ones too, with all the roles that each could have",
    )


@tool("read", args_schema=ReadArgs)
def read(ids: list[str], runtime: ToolRuntime[Bench]) -> str:
    """Read the words of sentences, or what is in shots, by id.

    Call it to read on where transcribe gave an outline, or before and after a moment that you think of picking.  It says
    of a sentence when it leans on one before it (leans on S13), and when it is only paid later (sets up S15).
    """
    bench = runtime.context
    found, wrong = resolve(ids, bench.workspace.transcript, bench.workspace.observation)
    if wrong:
        raise ToolException("\n".join(wrong))
    known = _signals(bench)
    notes = {each: ", ".join(told) for each in found if (told := known.of(each, each))}
    return pack(bench.workspace.transcript, bench.workspace.observation, found, notes)


@tool("find", args_schema=FindArgs)
def find(query: str, runtime: ToolRuntime[Bench], many: bool = False) -> str:
    """Find the moments of the video that fit a query, best first, as ids to pick.

    The query is in words, as you would say it, or a time in the video ("1:02 to 1:10").  Leave it empty for the
    moments that matter most.  Each line is another place: ids | start | length | score | the role it serves best as |
    why, and what it leans on or sets up that is not in it | its words.
    """
    bench = runtime.context
    found = moments(bench, query, MANY) if many else places(bench, query)
    if not found:
        raise ToolException(_nothing(bench, query))
    bench.candidates.extend(Candidate(ids=each.ids, kept=True, score=each.score, reason=each.reason) for each in found)
    return f"{len(found)} {'moments' if many else 'places'}, best first:\n{fence(show(found), 'moments')}"


def places(bench: Bench, query: str, most: int = FEW) -> list[Moment]:
    """The best moments of ``most`` places, whole sentences first, each with its one best role."""
    transcript = bench.workspace.transcript
    said = transcript.sentences if transcript else ()
    ranked = sorted(moments(bench, query, MANY), key=lambda each: is_spoken(each.ids[0]) and midway(said, each.ids[0]))
    known = _signals(bench)
    return [_placed(said, known, each) for each in apart(ranked)[:most]]


def _placed(said: Sequence[Sentence], known: Signals, one: Moment) -> Moment:
    """A moment with its one best role, and what it leans on and sets up among its reasons."""
    told = known.of(one.ids[0], one.ids[-1])
    kept = [each for each in one.reason.split(", ") if not (told and each == "stands alone")]
    return one.model_copy(update={"role": best_role(said, one), "reason": ", ".join([*kept, *told])})


def _signals(bench: Bench) -> Signals:
    transcript = bench.workspace.transcript
    return signals(transcript.sentences if transcript else (), reader.of_run(transcript, bench.steps))


def midway(said: Sequence[Sentence], name: str) -> bool:
    """Whether a sentence is the rest of one that the sentence before began, in a talk that is punctuated."""
    at = index(name)
    if at == 0 or sum(map(_ends, said)) < PUNCTUATED * len(said):
        return False
    before, here = said[at - 1], said[at]
    return not _ends(before) and before.speaker == here.speaker and here.start - before.end < BREAK


def _ends(sentence: Sentence) -> bool:
    return bool(TERMINAL.search(sentence.text.strip()))


def best_role(said: Sequence[Sentence], moment: Moment) -> Role | None:
    """What a moment serves best as, of what it could be: by how it begins, what it tells, and where it stands in the talk."""
    if not moment.roles or not is_spoken(moment.ids[0]):
        return moment.roles[0] if moment.roles else None
    _, first, last = Stretch.of(moment.ids)
    opens, kinds = cues(said[first]), {cue.kind for at in range(first, last + 1) for cue in cues(said[at])}
    wanted: list[Role] = ["hook"] if is_question(said[last]) else []
    wanted += ["close"] if first >= LATE * len(said) else []
    wanted += ["hook"] if sum(cue.worth for cue in opens) >= STOPS else []
    wanted += ["payoff"] if "a result" in kinds else []
    wanted += ["proof"] if kinds & {"a number", "a story"} else []
    wanted += ["context", "proof", "payoff"]
    return next(role for role in (*wanted, *moment.roles) if role in moment.roles)


def moments(bench: Bench, query: str, most: int = FEW) -> list[Moment]:
    """Ranked moments for ``query``; a query that is a time gives the one stretch of ids there."""
    transcript, observation = bench.workspace.transcript, bench.workspace.observation
    query = clean(query, 500)
    if times := span(query, bench.workspace.source.duration):
        ids = at(transcript, *times, observation=observation)
        return [_moment(_material(bench), ids, 1.0, "the time that was given")] if ids else []
    ranked = ranking.of_run(bench, query)
    material = _material(bench)
    found = [
        _moment(material, ids, min(max(one.score, 0.0), 1.0) * share, clean(one.reason, 120) or _because(one))
        for one in ranked
        if one.ids
        for ids, share in _whole(material, one.ids)
    ]
    gone = barred(bench)
    unique = {each.ids: each for each in reversed(found) if not gone.keys() & set(each.ids)}
    return sorted(unique.values(), key=lambda each: (-each.score, each.start))[:most]


def speaks_of(bench: Bench, query: str) -> bool:
    """Whether anything that is said is about ``query``; true where that can't be told."""
    transcript = bench.workspace.transcript
    if transcript is None or not transcript.sentences or span(query, bench.workspace.source.duration):
        return True
    return is_about([sentence.text for sentence in transcript.sentences], query)


def _material(bench: Bench) -> Material:
    if bench.brief.options.tighten:
        return working(bench)[0]
    return Material.of(bench.workspace.source, bench.workspace.transcript, bench.workspace.observation)


def _whole(material: Material, ids: tuple[str, ...]) -> list[tuple[tuple[str, ...], float]]:
    """The ids with the thought they lean on and the payoff they promise, where these are near; and the share of their score.

    Where a payoff is wanted but not needed, also without it, for less: a length may leave no room for it.
    """
    given = Stretch.of(ids)
    if not given.is_spoken:
        return [(ids, 1.0)]
    spans = {
        given._replace(first=first, last=last): share
        for payoff, share in ((0.0, UNPAID), (PAYOFF, 1.0))
        for first, last in [repair(material.sentences, given.first, given.last, payoff=payoff)]
    }
    return [(span.ids, share) for span, share in spans.items()]


def _moment(material: Material, ids: tuple[str, ...], score: float, reason: str) -> Moment:
    kind, first, last = Stretch.of(ids)
    if kind == "V":
        begins, stops = material.shots[first].start, material.shots[last].end
        return Moment(
            ids=ids,
            start=begins,
            seconds=stops - begins,
            score=score,
            roles=("hook", "context", "proof", "payoff", "close"),
            reason=reason,
        )
    said = material.sentences
    length = float((snap(material, last, "end").frame - snap(material, first, "start").frame) / material.rate)
    text = clean(" ".join(each.text for each in said[first : last + 1]), 300)
    return Moment(
        ids=ids,
        start=said[first].start,
        seconds=max(0.0, length),
        score=score,
        roles=roles(said, first, last),
        reason=reason,
        text=text,
    )


def roles(said: Sequence[Sentence], first: int, last: int) -> tuple[Role, ...]:
    """What a run of sentences could be in a promo, best first; empty where it only greets or can't stand."""
    if any(is_housekeeping(each) for each in said[first : last + 1]) or said[last].end - said[first].start < SHORT:
        return ()
    begins, stops = opening(said, first), ending(said, last)
    if any(each.severe for each in begins):
        return ()
    asks = is_question(said[last])
    if any(each.severe for each in stops) and not asks:
        return ()
    if asks:
        return ("hook",)
    if begins:
        return ("proof", "context")
    early = first < len(said) / 2
    return ("hook", "context", "proof", "payoff", "close") if early else ("hook", "proof", "payoff", "close")


def _because(one: Candidate) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in sorted(one.parts.items(), key=lambda part: -part[1])[:3])


def _nothing(bench: Bench, query: str) -> str:
    transcript = bench.workspace.transcript
    if not (transcript and transcript.sentences) and not bench.workspace.observation:
        return "Nothing to search: call transcribe and look first."
    if not bench.workspace.source.has_video and not (transcript and transcript.sentences):
        return "Nobody was heard to speak, and a promo of sound alone is cut by what is said: give a recording with speech, or a video."
    return f"Nothing was found for {clean(query, 80)!r}; ask in other words, or leave the query empty for what matters most."
