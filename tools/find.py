"""The tools ``read`` and ``find``: the words of ids, and the moments that a query in words or in times means."""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from tools.edges import Material, snap
from tools.moments import Moment, show
from tools.pack import pack
from tools.ports import Bench
from tools.review import PAYOFF, ending, is_housekeeping, is_question, opening, repair
from tools.schema import Candidate, Observation, Role, Sentence, Shot, Transcript
from tools.sentences import resolve
from tools.text import clean

FEW, MANY = 8, 80
"""Moments in an answer, and in one for a planner that reads them all."""
MOMENT = 20.0
"""Seconds of a moment at most, before its thought is completed."""
SHORT = 1.2
"""Seconds under which a moment is no clip of its own."""
UNPAID = 0.85
"""Share of its score that a moment keeps without the payoff that it could have had."""
EMBEDDED = 900
"""Sentences that are embedded in one search; of a longer transcript, the ones the words favour."""
Floats = NDArray[np.float64]


class ReadArgs(BaseModel):
    ids: list[str] = Field(min_length=1, max_length=60, description="Ids or ranges of them: S14, S20-S40, V3")


class FindArgs(BaseModel):
    query: str = Field(
        max_length=500,
        description="What to look for in words, or a time such as 1:02 to 1:10; empty for what matters most",
    )
    many: bool = Field(default=False, description="True for every usable moment rather than the best few")


@tool("read", args_schema=ReadArgs)
def read(ids: list[str], runtime: ToolRuntime[Bench]) -> str:
    """Read the words of sentences, or what is in shots, by id.

    Call it to read on where transcribe gave an outline, or before and after a moment that you think of picking.
    """
    bench = runtime.context
    found, wrong = resolve(ids, bench.workspace.transcript, bench.workspace.observation)
    if wrong:
        raise ToolException("\n".join(wrong))
    return pack(bench.workspace.transcript, bench.workspace.observation, found)


@tool("find", args_schema=FindArgs)
def find(query: str, runtime: ToolRuntime[Bench], many: bool = False) -> str:
    """Find the moments of the video that fit a query, best first, as ids to pick.

    The query is in words, as you would say it, or a time in the video ("1:02 to 1:10").  Leave it empty for the
    moments that matter most.  Each line: ids | start | length | score | roles it could have | why | its words.
    """
    bench = runtime.context
    found = moments(bench, query, MANY if many else FEW)
    if not found:
        raise ToolException(_nothing(bench, query))
    bench.candidates.extend(Candidate(ids=each.ids, kept=True, score=each.score, reason=each.reason) for each in found)
    return show(found)


def moments(bench: Bench, query: str, most: int = FEW) -> list[Moment]:
    """Ranked moments for ``query``; a query that is a time gives the one stretch of ids there."""
    transcript, observation = bench.workspace.transcript, bench.workspace.observation
    query = clean(query, 500)
    if times := span(query, bench.workspace.source.duration):
        ids = at(transcript, *times, observation=observation)
        return [_moment(_material(bench), ids, 1.0, "the time that was given")] if ids else []
    ranked = ranking(bench, query, many=most > FEW)
    material = _material(bench)
    found = [
        _moment(material, ids, min(max(one.score, 0.0), 1.0) * share, clean(one.reason, 120) or _because(one))
        for one in ranked
        if one.ids
        for ids, share in _whole(material, one.ids)
    ]
    used = set(bench.brief.options.get("used", ()))
    unique = {each.ids: each for each in reversed(found) if not used & set(each.ids)}
    return sorted(unique.values(), key=lambda each: (-each.score, each.start))[:most]


def ranking(bench: Bench, query: str, many: bool = True) -> Sequence[Candidate]:
    """What the local ranker makes of ``query``; where it is not installed, what the words alone do."""
    transcript, observation = bench.workspace.transcript, bench.workspace.observation
    found = _ranked(bench, query, transcript, observation)
    if found is not None:
        return found
    return passages(transcript, query, many=many) if transcript and transcript.sentences else _shots(observation)


ABOUT = 0.25
"""Cosine of a query with the sentence nearest in meaning, below which a talk that has none of its words is not about it."""


def speaks_of(bench: Bench, query: str) -> bool:
    """Whether anything that is said is about ``query``: by its words, else by meaning; true where that can't be told.

    Ranks say what fits best, not whether it fits: every query has a best passage.
    """
    transcript = bench.workspace.transcript
    wanted = set(terms(query))
    if transcript is None or not transcript.sentences or not wanted or span(query, bench.workspace.source.duration):
        return True
    if any(wanted & set(terms(sentence.text)) for sentence in transcript.sentences):
        return True
    try:
        embed = importlib.import_module("tools.local.embed")
    except ModuleNotFoundError:
        return True
    if not embed.available():
        return True
    rows = embed.embed([query, *(sentence.text for sentence in transcript.sentences[:EMBEDDED])])
    return bool((rows[1:] @ rows[0]).max() >= ABOUT)


# A time given in words

_TIME = r"(?:(?:(?P<h{n}>\d+):)?(?P<m{n}>\d{{1,3}}):(?P<s{n}>\d{{2}}(?:[.,]\d+)?)|(?P<q{n}>\d+(?:[.,]\d+)?)\s*(?P<u{n}>h(?:ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)?(?:\s*(?P<r{n}>\d+(?:[.,]\d+)?)\s*s(?:ec(?:ond)?s?)?)?)"
_SPAN = re.compile(
    rf"\b(?:from |between |use |keep |at )?{_TIME.format(n=1)}\s*(?:to|until|till|through|and|-|–|—)\s*{_TIME.format(n=2)}\b",
    re.IGNORECASE,
)
_POINT = re.compile(rf"^\W*(?:at|around|about|near|from)?\s*{_TIME.format(n=1)}\W*$", re.IGNORECASE)
_END = re.compile(
    rf"^\W*(?:the\s+)?(?P<which>first|last|opening|closing|final)\s+{_TIME.format(n=1)}\W*$", re.IGNORECASE
)


def span(text: str, duration: float) -> tuple[float, float] | None:
    """Start and end in seconds of the time that ``text`` is or holds; None where it speaks of none.

    ``1:02 to 1:10``, ``62s-70s``, ``2 minutes to 2 min 30 s``, ``the last 20 seconds``; a single time is that moment.
    Bare numbers are not times: "2 to 3 reasons" is words.
    """
    if (match := _END.match(text)) and (length := _seconds(match, 1)) is not None:
        return (
            (0.0, length) if match["which"].lower() in ("first", "opening") else (max(0.0, duration - length), duration)
        )
    if match := _SPAN.search(text):
        one, two = _seconds(match, 1, match["u2"]), _seconds(match, 2)
        if one is not None and two is not None and one <= two:
            return one, two
    if (match := _POINT.match(text)) and (point := _seconds(match, 1)) is not None:
        return point, point
    return None


def _seconds(match: re.Match[str], n: int, unit: str | None = None) -> float | None:
    if match[f"m{n}"]:
        return int(match[f"h{n}"] or 0) * 3600 + int(match[f"m{n}"]) * 60 + float(match[f"s{n}"].replace(",", "."))
    unit = match[f"u{n}"] or unit
    if not unit or not match[f"q{n}"]:
        return None
    scale = {"h": 3600, "m": 60, "s": 1}[unit[0].lower()]
    return float(match[f"q{n}"].replace(",", ".")) * scale + float((match[f"r{n}"] or "0").replace(",", "."))


def at(
    transcript: Transcript | None, start: float, end: float, observation: Observation | None = None
) -> tuple[str, ...]:
    """Ids of what is said from ``start`` to ``end``: sentences at least half inside, else the one nearest; shots without speech."""
    items: Sequence[Sentence | Shot] = (
        transcript.sentences if transcript and transcript.sentences else observation.shots if observation else ()
    )
    inside = [
        each.id
        for each in items
        if min(each.end, end) - max(each.start, start) >= each.length / 2
        and min(each.end, end) >= max(each.start, start)
    ]
    if inside:
        return tuple(inside)
    middle = (start + end) / 2
    closest = min(items, key=lambda each: max(each.start - middle, middle - each.end, 0.0), default=None)
    return (closest.id,) if closest is not None else ()


# Ranking


def passages(transcript: Transcript, query: str, many: bool = False) -> list[Candidate]:
    """Runs of sentences about ``query`` by falling score: each grown from a peak while its neighbours help.

    With ``many``, also the runs that could stand in their place, for a search that has a length to meet.
    """
    said = transcript.sentences
    scores = relevance(said, query)
    return _peaks(said, scores) + (_runs(said, scores) if many else [])


def _runs(said: Sequence[Sentence], scores: Floats) -> list[Candidate]:
    """The three best runs from each sentence that can open a clip to one that can close it."""
    found = []
    for first in range(len(said)):
        if any(each.severe for each in opening(said, first)):
            continue
        ends = [
            last
            for last in range(first, min(first + 8, len(said)))
            if said[last].end - said[first].start <= MOMENT and not ending(said, last)
        ]
        rated = sorted(((float(scores[first : last + 1].mean()), last) for last in ends), reverse=True)[:3]
        found += [_candidate(said, first, last, score) for score, last in rated if score > 0]
    return found


def _candidate(said: Sequence[Sentence], first: int, last: int, score: float) -> Candidate:
    score = round(min(1.0, score), 4)
    return Candidate(
        ids=tuple(each.id for each in said[first : last + 1]), kept=True, score=score, parts={"relevance": score}
    )


def _peaks(said: Sequence[Sentence], scores: Floats) -> list[Candidate]:
    free = np.ones(len(said), bool)
    found: list[Candidate] = []
    for peak in np.argsort(-scores, kind="stable"):
        if not free[peak] or scores[peak] <= 0:
            continue
        first, last = _grown(said, scores, free, int(peak))
        free[first : last + 1] = False
        found.append(_candidate(said, first, last, float(scores[peak])))
    return found


def _grown(said: Sequence[Sentence], scores: Floats, free: NDArray[np.bool_], peak: int) -> tuple[int, int]:
    first = last = peak
    while True:
        sides = [
            (scores[index], index)
            for index in (first - 1, last + 1)
            if 0 <= index < len(said) and free[index] and scores[index] >= scores[peak] / 2
        ]
        sides = [
            (score, index)
            for score, index in sides
            if max(said[last].end, said[index].end) - min(said[first].start, said[index].start) <= MOMENT
        ]
        if not sides:
            return first, last
        _, index = max(sides)
        first, last = min(first, index), max(last, index)


def relevance(said: Sequence[Sentence], query: str) -> Floats:
    """From 0 to 1 for each sentence: how much it is about ``query``, or without one how much the talk is about it.

    By words alone where the sentence model is not installed, as in the Lambda image.
    """
    bags = [terms(each.text) for each in said]
    if not query:
        return _unit(salience(bags))
    scores = _unit(_smooth(bm25(bags, terms(query))))
    finder = _finder()
    if finder is None:
        return scores
    best = np.sort(np.argsort(-scores, kind="stable")[:EMBEDDED])
    sharp = np.zeros(len(said))
    sharp[best] = finder.score([said[index].text for index in best], query, [said[index].speaker for index in best])
    return sharp


def _finder() -> Any:
    """The trained finder, by words alone where the sentence model is not installed; None where its weights are not."""
    try:
        embed = importlib.import_module("tools.local.embed")
        passages = importlib.import_module("tools.local.passages")
    except ModuleNotFoundError:
        return None
    return passages.PassageFinder(embed.embed if embed.available() else None)


def let_go() -> None:
    """Free the sentence model, which is read again in a quarter of a second when it is next asked."""
    if embed := sys.modules.get("tools.local.embed"):
        embed.load.cache_clear()


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning."""
    return [
        _ENDINGS.sub("", word)
        for word in re.findall(r"\w+", text.lower())
        if word not in _STOP and (len(word) > 2 or not word.isascii())
    ]


_ENDINGS = re.compile(r"(?<=\w{3})(?:ations?|ings?|ies|ed|es|s|y|e)$")
_STOP = frozenset(
    re.findall(
        r"\w+",
        """a about an and any are as at be been but by can could did do does for from had has have he her his how i
        if in into is it its me my no not of on or our over she so some such than that the their them then there these
        they this to us was we were what when where which who why will with would you your promo video clip part moment
        says said talk talks""",
    )
)


def bm25(bags: Sequence[Sequence[str]], query: Sequence[str]) -> Floats:
    """Okapi BM25 of each bag for the query's distinct terms; k1 1.2, b 0.75."""
    counts = [Counter(bag) for bag in bags]
    sizes = np.array([len(bag) for bag in bags], float)
    scale = 1.2 * (0.25 + 0.75 * sizes / max(1.0, sizes.mean() if len(bags) else 1.0))
    scores = np.zeros(len(bags))
    for term in dict.fromkeys(query):
        tf = np.array([count[term] for count in counts], float)
        df = float((tf > 0).sum())
        scores += np.log(1 + (len(bags) - df + 0.5) / (df + 0.5)) * tf * 2.2 / (tf + scale)
    return scores


def salience(bags: Sequence[Sequence[str]]) -> Floats:
    """Mean TF-IDF of each bag, up to a fifth less for what comes late."""
    df = Counter(term for bag in bags for term in set(bag))
    tf = Counter(term for bag in bags for term in bag)
    mass = np.array(
        [sum(tf[term] * np.log(1 + len(bags) / df[term]) for term in set(bag)) / max(6, len(bag)) for bag in bags]
    )
    return mass * (1 - 0.2 * np.arange(len(bags)) / max(1, len(bags)))


def _smooth(values: Floats) -> Floats:
    """Each value with a third of its neighbours', a ninth of theirs: a passage is about what surrounds it."""
    padded = np.pad(values, 2)
    return values + (padded[1:-3] + padded[3:-1]) / 3 + (padded[:-4] + padded[4:]) / 9


def _unit(values: Floats) -> Floats:
    return values / values.max() if len(values) and values.max() > 0 else np.zeros(len(values))


def _ranked(
    bench: Bench, query: str, transcript: Transcript | None, observation: Observation | None
) -> list[Candidate] | None:
    """What the local ranker makes of it; None where it is not there or has nothing to say."""
    try:
        ranker = importlib.import_module("tools.local.ranker")
    except ModuleNotFoundError as error:
        if error.name != "tools.local.ranker":
            raise
        return None
    from tools.cut import sound_levels

    brief = bench.brief.model_copy(update={"topic": query})
    name = f"rank-{hashlib.sha256(query.encode()).hexdigest()[:12]}"
    rows = bench.steps.step(
        name,
        lambda: [
            one.model_dump(mode="json") for one in ranker.rank(transcript, observation, brief, sound_levels(bench))
        ],
    )
    return [one for row in rows if (one := Candidate.model_validate(row)).kept] or None


def _shots(observation: Observation | None) -> list[Candidate]:
    """Shots of a video without speech, the ones with people and sharp pictures first."""
    if observation is None:
        return []
    found = []
    for shot in observation.shots:
        frames = [frame for frame in observation.frames if frame.shot == shot.id]
        usable = [frame for frame in frames if not frame.gates]
        faces = max((len(frame.faces) for frame in usable), default=0)
        score = (
            (0.4 * bool(usable) + 0.3 * bool(faces) + 0.3 * min(1.0, shot.length / 3))
            if frames
            else 0.3 * min(1.0, shot.length / 3)
        )
        found.append(
            Candidate(ids=(shot.id,), kept=True, score=round(score, 3), reason="shot with a face" if faces else "shot")
        )
    return found


# Candidates as moments


def _material(bench: Bench) -> Material:
    if bench.brief.options.get("tighten"):
        from tools.cut import working

        return working(bench)[0]
    return Material.of(bench.workspace.source, bench.workspace.transcript, bench.workspace.observation)


def _whole(material: Material, ids: tuple[str, ...]) -> list[tuple[tuple[str, ...], float]]:
    """The ids with the thought they lean on and the payoff they promise, where these are near; and the share of their score.

    Where a payoff is wanted but not needed, also without it, for less: a length may leave no room for it.
    """
    if ids[0][0] != "S":
        return [(ids, 1.0)]
    spans = {
        repair(material.sentences, int(ids[0][1:]) - 1, int(ids[-1][1:]) - 1, payoff=payoff): share
        for payoff, share in ((0.0, UNPAID), (PAYOFF, 1.0))
    }
    return [(tuple(f"S{n + 1}" for n in range(first, last + 1)), share) for (first, last), share in spans.items()]


def _moment(material: Material, ids: tuple[str, ...], score: float, reason: str) -> Moment:
    first, last = int(ids[0][1:]) - 1, int(ids[-1][1:]) - 1
    if ids[0][0] == "V":
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
    return f"Nothing was found for {clean(query, 80)!r}; ask in other words, or leave the query empty for what matters most."
