"""Ranks passages of a talk, or shots of a video without speech, as an editor would look at them.  The same input gives the same ranks.

Every candidate keeps its parts, so that "why this one" and "why not that one" are both answered by its row.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.finding import wanted
from tools.finding.footage import shots
from tools.finding.hooks import Cue, cues
from tools.finding.passages import Floats
from tools.finding.relevance import EMBEDDED, relevance
from tools.finding.salience import salience
from tools.finding.standing_alone import ending, is_housekeeping, is_question, opening
from tools.finding.terms import names
from tools.ids import index
from tools.media import levels
from tools.ports import Bench
from tools.schema import Candidate, Observation, Sentence, Transcript

MOST = 4
"""Sentences of a passage at most."""
LONGEST = 22.0
"""Seconds of a passage at most; more is a promo of its own."""
SHORT = 1.2
"""Seconds under which a passage is no clip."""
SILENCE = 3.0
"""Seconds of quiet inside a passage that part it."""
KEPT = 90
"""Passages that are offered."""
ALIKE = 0.6
"""Share of two passages' seconds that may be the same before one stands for both."""

WEIGHTS = {"relevance": 0.34, "salience": 0.16, "alone": 0.2, "delivery": 0.1, "position": 0.05, "cues": 0.15}
"""With a topic.  Without one, relevance's weight goes to salience and cues."""
WITHOUT_TOPIC = {"salience": 0.32, "alone": 0.22, "delivery": 0.12, "position": 0.06, "cues": 0.28}
NAMED = 0.8
"""Relevance of a sentence that has all of the topic's words, wherever it stands: the finder looks at stretches of a talk, and
what names the topic outside of them ("Your price is not a number", at the end) is about it all the same."""
PLAYED = 0.3
"""Share of what an editor would have played in what is asked for: more of it costs talks that were written, where the points of a wish lie apart."""
NOVEL = 0.12
"""Taken from what repeats a better passage in other words."""


def of_run(bench: Bench, topic: str) -> list[Candidate]:
    """What of the run's video could be played for ``topic``, ranked once; where nothing is fit to be kept, the best of what was rejected."""
    workspace = bench.workspace
    rows = bench.steps.step(
        f"rank-{hashlib.sha256(topic.encode()).hexdigest()[:12]}",
        lambda: [
            one.model_dump(mode="json")
            for one in rank(workspace.transcript, workspace.observation, topic, levels.of_run(workspace))
        ],
    )
    found = [Candidate.model_validate(row) for row in rows]
    return [one for one in found if one.kept] or found


def rank(
    transcript: Transcript | None, observation: Observation | None, topic: str, levels: NDArray[np.float32] | None
) -> list[Candidate]:
    """Passages of one to four sentences, best first; those not kept come last, with why.  Shots where nothing is said."""
    said = transcript.sentences if transcript else ()
    if not said:
        return shots(observation)
    told = _Talk(said, topic, levels, transcript.language if transcript else "en")
    spans = told.passages()
    scored = [told.candidate(first, last) for first, last in spans]
    offered = {at for first, last in spans for at in range(first, last + 1)}
    left = [
        told.candidate(at, at).model_copy(update={"kept": False, "reason": "too short to play by itself"})
        for at in range(len(said))
        if at not in offered and not told.housekeeping[at]
    ]
    left += [
        Candidate(ids=(said[at].id,), kept=False, score=0.0, reason="a greeting, thanks or housekeeping")
        for at in range(len(said))
        if told.housekeeping[at]
    ]
    return [*_chosen(scored, told), *left]


def asked(said: Sequence[Sentence], topic: str, language: str = "en", near: Floats | None = None) -> Floats:
    """How much each sentence is what ``topic`` asks for, 0 to 1; zeros without a topic.

    By the finder, or by having the topic's own words; in English partly by what an editor would have played for it.  ``near`` is what ``found``
    said, where it was asked before.
    """
    if not topic.strip():
        return np.zeros(len(said))
    near = found(said, topic) if near is None else near
    if not language.startswith("en") or len(said) > EMBEDDED or not wanted.available():
        return near
    played = wanted.wanted(tuple(sentence.text for sentence in said), topic)
    return (1 - PLAYED) * near + PLAYED * played / played.max()


def found(said: Sequence[Sentence], topic: str) -> Floats:
    """The same by the finder, or by the topic's own words."""
    bags, rarity = _terms([sentence.text for sentence in said])
    sought = {term: rarity[term] for term in names(topic) if term in rarity}
    whole = sum(sought.values()) or 1.0
    named = np.array([sum(sought[term] for term in sought.keys() & bag.keys()) / whole for bag in bags])
    return np.maximum(relevance(said, topic), NAMED * named)


def _terms(texts: Sequence[str]) -> tuple[list[Counter[str]], dict[str, float]]:
    """The terms of each text, and how rare each is among them."""
    bags = [Counter(names(text)) for text in texts]
    spread = Counter(term for bag in bags for term in bag)
    return bags, {term: math.log(1 + len(texts) / count) for term, count in spread.items()}


class _Talk:
    """What is known of each sentence, worked out once."""

    def __init__(
        self, said: Sequence[Sentence], topic: str, levels: NDArray[np.float32] | None, language: str = "en"
    ) -> None:
        self.said = said
        texts = [sentence.text for sentence in said]
        self.topic = topic
        self.salient = salience(texts, topic)
        self.housekeeping = np.array([is_housekeeping(sentence) for sentence in said])
        self.opening = [opening(said, at) for at in range(len(said))]
        self.ending = [ending(said, at) for at in range(len(said))]
        self.cues = [cues(sentence) for sentence in said]
        self.aside = np.array([bool(_ASIDE.search(text)) for text in texts], float)
        self.loud = np.array([_level(levels, sentence) for sentence in said])
        self.pace = np.array(
            [len(sentence.words or sentence.text.split()) / max(0.4, sentence.length) for sentence in said]
        )
        self.usual = float(np.median(self.pace)), float(np.median(self.loud))
        self.terms, self.rarity = _terms(texts)
        self.relevant = asked(said, topic, language) if topic.strip() else None
        self.end = said[-1].end

    def passages(self) -> list[tuple[int, int]]:
        """First and last of each run of sentences that could be a clip."""
        found = []
        for first in range(len(self.said)):
            for last in range(first, min(first + MOST, len(self.said))):
                if self.housekeeping[last] or (
                    last > first and self.said[last].start - self.said[last - 1].end > SILENCE
                ):
                    break
                length = self.said[last].end - self.said[first].start
                if length > LONGEST and last > first:
                    break
                if length >= SHORT:
                    found.append((first, last))
        return found

    def candidate(self, first: int, last: int) -> Candidate:
        run = slice(first, last + 1)
        sizes = np.array([sentence.length for sentence in self.said[run]]) + 0.1

        def mean(values: Floats) -> float:
            return float((values[run] * sizes).sum() / sizes.sum())

        heard = [cue for each in self.cues[run] for cue in each]
        parts = {
            "salience": 0.6 * mean(self.salient) + 0.4 * float(self.salient[run].max()),
            "alone": self.alone(first, last),
            "delivery": self.delivery(first, last),
            "position": self.position(first),
            "cues": min(1.0, sum({cue.kind: cue.worth for cue in heard}.values())),
        }
        weights = WITHOUT_TOPIC
        if self.relevant is not None:
            weights = WEIGHTS
            parts["relevance"] = 0.65 * mean(self.relevant) + 0.35 * float(self.relevant[run].max())
        score = sum(weights[name] * value for name, value in parts.items())
        if self.relevant is not None:  # what is not about the topic is not wanted, however well it is said
            score *= 0.45 + 0.55 * min(1.0, parts["relevance"] / 0.35)
        score *= (0.55 + 0.45 * parts["alone"]) * (1 - 0.4 * mean(self.aside))
        return Candidate(
            ids=tuple(sentence.id for sentence in self.said[run]),
            kept=True,
            score=round(min(1.0, max(0.0, score)), 4),
            parts={name: round(value, 4) for name, value in sorted(parts.items())},
            reason=self.reason(first, last, parts, heard),
        )

    def alone(self, first: int, last: int) -> float:
        """1 for a passage that a stranger can follow, less for each thing that an editor would object to."""
        lost = sum(0.45 if finding.severe else 0.12 for finding in self.opening[first])
        asks = is_question(self.said[last])
        lost += sum((0.15 if asks else 0.4) if finding.severe else 0.08 for finding in self.ending[last])
        words = sum(len(sentence.text.split()) for sentence in self.said[first : last + 1])
        lost += 0.3 if words < 5 else 0.12 if words < 8 else 0.0
        speakers = {sentence.speaker for sentence in self.said[first : last + 1]}
        lost += 0.1 * (len(speakers) - 1)
        return max(0.0, 1.0 - lost)

    def delivery(self, first: int, last: int) -> float:
        """How it is said: louder and a little quicker than usual is lively, and a pause before it makes a clean cut."""
        run = slice(first, last + 1)
        usual_pace, usual_level = self.usual
        lively = (
            0.5 + float(np.clip((self.loud[run].mean() - usual_level) / 12, -0.3, 0.3)) if usual_level > -100 else 0.5
        )
        pace = float(np.clip(self.pace[run].mean() / max(0.1, usual_pace), 0.4, 1.8))
        lively += 0.25 * (1 - abs(pace - 1.08) / 0.7)
        gap = self.said[first].start - self.said[first - 1].end if first else 1.0
        lively += 0.15 * min(1.0, max(0.0, gap) / 0.4)
        inside = max((self.said[at + 1].start - self.said[at].end for at in range(first, last)), default=0.0)
        lively -= 0.25 * min(1.0, max(0.0, inside - 0.8))
        fillers = sum(bool(_FILLER.search(sentence.text)) for sentence in self.said[run])
        return float(np.clip(lively - 0.12 * fillers, 0.0, 1.0))

    def position(self, first: int) -> float:
        """Most talks begin with preliminaries and end with thanks."""
        at = self.said[first].start / max(1.0, self.end)
        return 0.3 if at < 0.03 else 0.5 if at > 0.96 else 1.0

    def vector(self, ids: Sequence[str]) -> dict[str, float]:
        bag: Counter[str] = Counter()
        for name in ids:
            bag.update(self.terms[index(name)])
        weighted = {term: (1 + math.log(count)) * self.rarity[term] for term, count in bag.items()}
        norm = math.sqrt(sum(value * value for value in weighted.values())) or 1.0
        return {term: value / norm for term, value in weighted.items()}

    def reason(self, first: int, last: int, parts: dict[str, float], heard: Sequence[Cue]) -> str:
        told = []
        if parts.get("relevance", 0.0) > 0.5:
            told.append("close to the topic")
        if parts["salience"] > 0.45:
            told.append("on the talk's main subject")
        told += list(dict.fromkeys(cue.kind for cue in heard))[:3]
        told += ["said beside the point"] if self.aside[first : last + 1].any() else []
        told += [finding.kind for finding in (*self.opening[first], *self.ending[last]) if finding.severe][:2]
        if parts["alone"] >= 0.95:
            told.append("stands alone")
        if parts["delivery"] > 0.8:
            told.append("said with energy")
        return ", ".join(told) or "an ordinary passage"


def _chosen(found: Sequence[Candidate], told: _Talk) -> list[Candidate]:
    """The passages worth offering, best first: no two nearly the same, and less for what repeats a better one."""
    kept: list[Candidate] = []
    vectors: list[dict[str, float]] = []
    for one in sorted(found, key=lambda each: (-each.score, index(each.ids[0]), len(each.ids))):
        if len(kept) >= KEPT:
            break
        span = _seconds(told, one)
        if sum(_same(span, _seconds(told, other)) > ALIKE for other in kept) > 1:
            continue
        vector = told.vector(one.ids)
        apart = [other for other, each in zip(vectors, kept, strict=True) if not set(each.ids) & set(one.ids)]
        repeats = max(
            (sum(value * other.get(term, 0.0) for term, value in vector.items()) for other in apart[:40]), default=0.0
        )
        novelty = 1.0 - max(0.0, repeats)
        parts = {**one.parts, "novelty": round(novelty, 4)}
        reason = f"{one.reason}, says again what a better passage says" if novelty < 0.5 else one.reason
        kept.append(
            one.model_copy(
                update={
                    "score": round(max(0.0, one.score - NOVEL * (1 - novelty) * one.score), 4),
                    "parts": parts,
                    "reason": reason,
                }
            )
        )
        vectors.append(vector)
    return sorted(kept, key=lambda each: (-each.score, index(each.ids[0]), len(each.ids)))


def _seconds(told: _Talk, one: Candidate) -> tuple[float, float]:
    return told.said[index(one.ids[0])].start, told.said[index(one.ids[-1])].end


def _same(one: tuple[float, float], two: tuple[float, float]) -> float:
    shared = min(one[1], two[1]) - max(one[0], two[0])
    return max(0.0, shared) / max(0.1, max(one[1], two[1]) - min(one[0], two[0]))


def _level(levels: NDArray[np.float32] | None, span: Sentence) -> float:
    """Loudness of what is said, dBFS: its upper quarter, so that pauses do not count."""
    if levels is None or not len(levels):
        return -120.0
    part = levels[int(span.start * 100) : max(int(span.start * 100) + 1, int(span.end * 100))]
    return float(np.percentile(part, 75)) if part.size else -120.0


_FILLER = re.compile(r"^\W*(?:um+|uh+|er+|erm)\b|\b(?:you know|i mean|sort of|kind of like)\b", re.IGNORECASE)
_ASIDE = re.compile(
    r"\b(?:quick (?:detour|aside|announcement)|where was i|where were we|(?:find|lost|check) my (?:notes|place)|we(?:'re| are) hiring|(?:talk|come|speak) to me (?:at|after|later|during)|come find me|"
    r"bear with me|by the way|moving on|as i was saying|back to (?:my|the) (?:point|topic|talk))\b",
    re.IGNORECASE,
)
"""What a speaker says beside the point."""


def is_aside(sentence: Sentence) -> bool:
    """Whether it is said beside the point: a detour, an announcement, a search for one's place."""
    return bool(_ASIDE.search(sentence.text))
