"""Whole moments that are promos of their own: each plays as it was said, leans on nothing before it, and says what no better one says.

Every run of consecutive sentences of a fit length is weighed by the terms of ``choice``; those that the review of a cut objects to are passed over,
and of what is left the best are taken one by one, none that shares a sentence with a better one or says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.cutting.alike import Alike
from tools.cutting.choice import MOMENT, Floats, closing, opening, worth
from tools.cutting.edges import Material, snap
from tools.cutting.edges import at as at_frame
from tools.cutting.solver import TOLERANCE
from tools.finding.ranking import is_aside
from tools.finding.reader import Readings
from tools.finding.standing_alone import SURE, is_housekeeping, is_question, review, runs_on
from tools.finding.standing_alone import ending as ending_by_rule
from tools.finding.standing_alone import opening as opening_by_rule
from tools.ids import Stretch
from tools.schema import LONGEST, SHORTEST, Candidate, Sentence
from tools.words.sentences import TERMINAL

PAUSE = 4.0
"""Seconds of quiet that no moment runs across."""
WORDS = 75
"""Words that every moment is weighed as having, so that no length is worth more than another: half a minute of speech."""
PUNCTUATED = 0.6
"""Share of sentences with a mark at their end from which marks tell where one ends."""
ALONE, DOUBTED = 0.4, (0.2, 0.1)
"""Chance that its first sentence leans on what came before, or its last one sets something up, from which a moment does not stand alone; and those
from which it does not where rules over words object to its opening or its ending too.  Less than a clip is held to: nothing plays around it."""
FLOOR = 0.2
"""Score under which a moment is not worth a promo of its own."""
SHORTER = (1.0, 0.7, 0.5)
"""Shares of the longest length that are tried where too few moments are found."""
TOLD = 40
"""Moments that were passed over and are told, with why."""


class Found(NamedTuple):
    """A moment: first and last sentence, its first frame and the frame after its last."""

    first: int
    last: int
    start: int
    end: int
    score: float
    """0 to 1."""
    reason: str

    @property
    def ids(self) -> tuple[str, ...]:
        return Stretch("S", self.first, self.last).ids


class Bounds(NamedTuple):
    """Seconds that a moment lasts at least and at most."""

    least: float
    most: float

    @classmethod
    def of(cls, target: float, least: float | None, most: float | None) -> Bounds:
        """Of a length that was asked: as exact as a promo's where no range was."""
        if least is None and most is None:
            return cls(target - TOLERANCE, min(target + TOLERANCE, LONGEST))
        return cls(least if least is not None else SHORTEST, most if most is not None else LONGEST)


class Worths(NamedTuple):
    """What a moment earns, a value a sentence."""

    words: Floats
    said: Floats
    opens: Floats
    closes: Floats
    most: float
    """What no moment can earn more than."""
    read: Readings | None
    near: Floats

    @classmethod
    def of(
        cls, said: Sequence[Sentence], read: Readings | None, near: Floats, ranked: Sequence[Candidate] = ()
    ) -> Worths:
        """By what a reader made of each sentence, else by how the passages that it stands in were ranked."""
        words = np.array([len(each.text.split()) for each in said], float)
        if read is None:
            return cls(
                words, words * _by_rank(len(said), ranked), np.zeros(len(said)), np.zeros(len(said)), WORDS, None, near
            )
        most = WORDS * (MOMENT.worth * 3 + MOMENT.near * bool(near.any())) + 3 * (MOMENT.open + MOMENT.close)
        opens, closes = opening(read, MOMENT), closing(read, MOMENT)
        return cls(words, worth(words, read, near, MOMENT), opens, closes, most, read, near)

    def reason(self, first: int, last: int) -> str:
        """Why a moment is where it is, for a person."""
        run = slice(first, last + 1)
        told = [f"about it {self.near[run].mean():.2f}"] if self.near.any() else []
        if self.read is None:
            return ", ".join([*told, "ranked by its words and how it is said"])
        worth_of_3 = float(np.average(self.read.worth[run], weights=np.maximum(self.words[run], 1)))
        told += [
            f"worth {worth_of_3:.1f} of 3",
            f"opens {self.read.open[first]:.1f}",
            f"closes {self.read.close[last]:.1f}",
        ]
        return ", ".join([*told, f"leans on what came before by {self.read.leans[first]:.0%}"])


def _by_rank(count: int, ranked: Sequence[Candidate]) -> Floats:
    """For each sentence the best score of a passage that it stands in."""
    best = np.zeros(count)
    for one in ranked:
        _, first, last = Stretch.of(one.ids)
        best[first : last + 1] = np.maximum(best[first : last + 1], one.score)
    return best


class Weighed(NamedTuple):
    found: list[Found]
    """The moments that were asked for, best first; fewer where there are no more."""
    passed: list[Candidate]
    """What stood beside them, each with why it was passed over."""


def choose(
    material: Material,
    terms: Worths,
    bounds: Bounds,
    count: int,
    gone: Sequence[str] = (),
    used: Sequence[str] = (),
) -> Weighed:
    """The ``count`` best moments within ``bounds``, none with an id of ``gone``, none that says what the sentences ``used`` said.

    Where the best leave no room for as many, shorter ones are taken, as long as that makes more.
    """
    alike = Alike(material.sentences)
    ranked = [one for one in _ranked(material, terms, bounds, {*gone, *used}, alike) if one.score >= FLOOR]
    before = _before(material.sentences, set(used))
    best = Weighed([], [])
    for share in SHORTER:
        most = max(bounds.least, share * bounds.most)
        short = [one for one in ranked if float((one.end - one.start) / material.rate) <= most]
        weighed = _taken(material, short, count, alike, before)
        best = weighed if len(weighed.found) > len(best.found) or share == 1 else best
        if len(best.found) == count:
            break
    return best


def _taken(material: Material, ranked: Sequence[Found], count: int, alike: Alike, before: Sequence[Found]) -> Weighed:
    """The first of ``ranked`` that nothing is said against."""
    found: list[Found] = []
    passed: list[Candidate] = []
    for one in ranked:
        if len(found) == count:
            break
        why = _beside(one, found, alike)
        if why is None and any(alike.same(one, other) for other in before):
            why = "says what an earlier request was given"
        why = _objection(material, one) if why is None else why
        if why is None:
            found.append(one)
        elif why and len(passed) < TOLD:
            passed.append(Candidate(ids=one.ids, kept=False, score=round(one.score, 4), reason=why))
    return Weighed(found, passed)


def _ranked(material: Material, terms: Worths, bounds: Bounds, gone: set[str], alike: Alike) -> Iterator[Found]:
    """Every run of a fit length, best first."""
    said = material.sentences
    found = []
    for first, last in _runs(said, bounds, gone, alike.breaks(material)):
        start, end = _frames(material, first, last, bounds)
        if start >= end:
            continue
        run = slice(first, last + 1)
        value = WORDS * float(terms.said[run].sum() / max(1.0, terms.words[run].sum()))
        value += float(terms.opens[first] + terms.closes[last])
        found.append(Found(first, last, start, end, min(max(value / terms.most, 0.0), 1.0), terms.reason(first, last)))
    return iter(sorted(found, key=lambda one: (-one.score, one.first, one.last)))


def _runs(
    said: Sequence[Sentence], bounds: Bounds, gone: set[str], breaks: NDArray[np.bool_]
) -> Iterator[tuple[int, int]]:
    """First and last of the runs that may be long enough and not too long: of one subject, without greetings, long pauses and what is gone."""
    barred = [each.id in gone or is_housekeeping(each) or is_aside(each) for each in said]
    for first in range(len(said)):
        for last in range(first, len(said)):
            apart = last > first and (
                breaks[last] or said[last].take != said[first].take or said[last].start - said[last - 1].end > PAUSE
            )
            if barred[last] or apart:
                break
            seconds = said[last].end - said[first].start
            if seconds > bounds.most + 1:
                break
            if seconds >= bounds.least - 2:
                yield first, last


def _frames(material: Material, first: int, last: int, bounds: Bounds) -> tuple[int, int]:
    """The best edges, moved within their gaps where only that meets the length; equal where nothing does."""
    start, end = snap(material, first, "start").frame, snap(material, last, "end").frame
    if bounds.least <= float((end - start) / material.rate) <= bounds.most:
        return start, end
    pairs = [
        (one.cost + two.cost, one.frame, two.frame)
        for one in material.edges(first, "start")
        for two in material.edges(last, "end")
    ]
    fit = [each for each in pairs if bounds.least <= float((each[2] - each[1]) / material.rate) <= bounds.most]
    return min(fit)[1:] if fit else (0, 0)


def _objection(material: Material, one: Found) -> str | None:
    """What the review of a cut would say of it alone; None where it stands."""
    findings = review(material.sentences, [(one.first, one.last)], ["hook"], material.read)[0]
    inside = _leaning(material, one)
    inside += ["begins or ends inside a sentence" for at in (one.first, one.last + 1) if _midway(material, at)]
    asks = is_question(material.sentences[one.last])
    inside += ["ends on a question"] if asks and "ends on a question" not in {each.kind for each in findings} else []
    flags = [*inside, *snap(material, one.first, "start").flags, *snap(material, one.last, "end").flags]
    told = [
        *(f"{each.kind}: {each.note}" for each in findings),
        *(each for each in flags if not each.startswith("flash")),
    ]
    return "; ".join(told) or None


def _before(said: Sequence[Sentence], used: set[str]) -> list[Found]:
    """The runs of sentences that were used before."""
    found: list[Found] = []
    for place, each in enumerate(said):
        if each.id not in used:
            continue
        if found and found[-1].last == place - 1:
            found[-1] = found[-1]._replace(last=place)
        else:
            found.append(Found(place, place, 0, 0, 0.0, ""))
    return found


def _leaning(material: Material, one: Found) -> list[str]:
    """What a reader is less sure of than of a clip that others play around."""
    if (read := material.read) is None:
        return []
    leans, hangs = float(read.leans[one.first]), float(read.sets_up[one.last])
    opens = any(each.severe for each in opening_by_rule(material.sentences, one.first))
    ends = bool(ending_by_rule(material.sentences, one.last))
    told = []
    if SURE > leans >= (DOUBTED[0] if opens else ALONE):
        told.append(f"may lean on what came before ({leans:.0%})")
    if SURE > hangs >= (DOUBTED[1] if ends else ALONE):
        told.append(f"may leave something hanging ({hangs:.0%})")
    return told


def _midway(material: Material, at: int) -> bool:
    """Whether sentence ``at`` is the rest of the one before it: written so, or without a mark and a pause between them in a talk that has marks."""
    said = material.sentences
    if not 0 < at < len(said):
        return False
    before, here = said[at - 1], said[at]
    marked = [bool(TERMINAL.search(each.text.strip())) for each in said]
    bare = before.text.strip()[-1:].isalpha() and sum(marked) >= PUNCTUATED * len(said)
    return runs_on(before, here) or (bare and before.speaker == here.speaker and here.start - before.end < PAUSE)


def _beside(one: Found, better: Sequence[Found], alike: Alike) -> str | None:
    """Why it is not another one than the better ones; empty where it is a part of one, which need not be told."""
    for place, other in enumerate(better, 1):
        if one.first <= other.last and other.first <= one.last:
            return ""
        if (how := alike.same(one, other)) is not None:
            return f"says what number {place} says ({how})"
    return None


def seconds(material: Material, one: Found) -> tuple[float, float, float]:
    """Where it begins and ends, and how long it lasts."""
    return (
        at_frame(one.start, material.rate),
        at_frame(one.end, material.rate),
        float((one.end - one.start) / material.rate),
    )
