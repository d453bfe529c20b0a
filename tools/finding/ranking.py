"""One ranking of what could be played, for ``find`` and for the search that fills a length."""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.finding.standing_alone import ending, opening
from tools.media import levels
from tools.ports import Bench
from tools.schema import Candidate, Observation, Sentence, Transcript


def ranking(bench: Bench, query: str, many: bool = True) -> Sequence[Candidate]:
    """What the local ranker makes of ``query``; where it is not installed, what the words alone do."""
    transcript, observation = bench.workspace.transcript, bench.workspace.observation
    found = _ranked(bench, query, transcript, observation)
    if found is not None:
        return found
    return passages(transcript, query, many=many) if transcript and transcript.sentences else _shots(observation)


MOMENT = 20.0
"""Seconds of a moment at most, before its thought is completed."""


EMBEDDED = 900
"""Sentences that are embedded in one search; of a longer transcript, the ones the words favour."""


Floats = NDArray[np.float64]


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

    By words alone where the finder's model is not installed.
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
    """The trained finder; None where its models can't be read."""
    try:
        embed = importlib.import_module("tools.finding.embed")
        passages = importlib.import_module("tools.finding.passages")
    except ModuleNotFoundError:
        return None
    return passages.PassageFinder(embed.embed) if embed.available() else None


def let_go() -> None:
    """Free the sentence model, which is read again in a quarter of a second when it is next asked."""
    if embed := sys.modules.get("tools.finding.embed"):
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
        ranker = importlib.import_module("tools.finding.ranker")
    except ModuleNotFoundError as error:
        if error.name != "tools.finding.ranker":
            raise
        return None
    brief = bench.brief.model_copy(update={"topic": query})
    name = f"rank-{hashlib.sha256(query.encode()).hexdigest()[:12]}"
    rows = bench.steps.step(
        name,
        lambda: [
            one.model_dump(mode="json")
            for one in ranker.rank(transcript, observation, brief, levels.of_run(bench.workspace))
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
