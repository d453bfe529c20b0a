"""The copywriter without a language model: it quotes.  Every line is a sentence of the cut, whole or shortened at a clause.

Tags are the cut's own key phrases.  What it writes can't say more than the speaker did, nor say it better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tools.finding.hooks import cues
from tools.finding.standing_alone import Finding, ending, fitted, is_housekeeping, is_question, opening
from tools.ids import index, is_spoken
from tools.local.phrases import STOPPED, Phrase, phrases
from tools.local.shortening import shortened_to, spoken
from tools.ports import Copywriter, Steps
from tools.posts.grounding import MOST_HOOKS, hashtag, post, split_tag, stem, ungrounded, weight
from tools.schema import Brief, Copy, Line, Platform, Sentence, Transcript
from tools.text import contacts

if TYPE_CHECKING:
    from tools.finding.reader import Readings

HOOKS = 3
BEST = (28, 90)
"""Characters of a hook that is read at a glance and still says something."""
CLOSING, WANTED = 0.2, 0.3
"""What a sentence that closes well and one that is wanted at all count for in a hook, beside one that opens well."""
ENGINE = "extractive writer (no language model)"


class Quote(NamedTuple):
    """A sentence of the cut, or clauses of it, and how well it would stop a reader."""

    text: str
    sentence: Sentence
    score: float
    shortened: bool


class Extractive(Copywriter):
    """The ``Copywriter`` of a machine without a language model; the same cut gives the same words."""

    engine = "extractive"

    def write(
        self,
        brief: Brief,
        transcript: Transcript,
        chosen: Sequence[str],
        limits: Sequence[Platform],
        steps: Steps,
        tone: str = "",
        feedback: Sequence[str] = (),
        before: Sequence[Copy] = (),
    ) -> tuple[Copy, ...]:
        # With onnxruntime, which a spare writer that is never asked has no need of.
        from tools.finding import reader

        cut = _Cut(transcript, chosen, brief.topic, reader.of_run(transcript, steps))
        return tuple(_copy(cut, each) for each in limits)


class _Cut:
    """The chosen sentences, with what each is worth."""

    def __init__(self, transcript: Transcript, chosen: Sequence[str], topic: str, read: Readings | None) -> None:
        # With numpy, which a spare writer that is never asked has no need of.
        from tools.finding.salience import salience

        said = transcript.sentences
        place = {sentence.id: at for at, sentence in enumerate(said)}
        self.sentences = [said[place[name]] for name in dict.fromkeys(chosen) if name in place]
        weights = salience([sentence.text for sentence in said], topic)
        self.salient = {sentence.id: float(weights[place[sentence.id]]) for sentence in self.sentences}
        self.lead = {sentence.id: 1.0 / (1 + at) for at, sentence in enumerate(self.sentences)}
        read = read and fitted(said, read)
        stops = None if read is None else (read.open + CLOSING * read.close + WANTED * read.worth) / 3
        self.stops = {} if stops is None else {each.id: float(stops[place[each.id]]) for each in self.sentences}
        self.leans: dict[str, float] = {}
        self.hangs: dict[str, float] = {}
        """By id, what speaks against reading it alone, and against ending with it: a hook may leave one wondering, a description not."""
        for sentence in filter(lambda each: is_spoken(each.id), self.sentences):
            ends = ending(said, place[sentence.id], read)
            torn = [finding for finding in ends if finding.kind == "unfinished ending"]
            self.leans[sentence.id] = _objected(opening(said, place[sentence.id], read)) + _objected(torn)
            self.hangs[sentence.id] = _objected(ends)
        self.usable = [
            sentence for sentence in self.sentences if not is_housekeeping(sentence) and not contacts(sentence.text)
        ]
        self.talk, self.language = said, transcript.language
        self.phrases = phrases([sentence.text for sentence in said], self.sentences, topic)

    @cached_property
    def telling(self) -> list[Phrase]:
        return _telling(self)

    def worth(self, sentence: Sentence) -> float:
        told = sum({cue.kind: cue.worth for cue in cues(sentence)}.values())
        if sentence.id in self.stops:
            return self.stops[sentence.id] + 0.2 * min(1.0, told) - self.leans.get(sentence.id, 0.0)
        return (
            0.5 * min(1.0, told)
            + 0.3 * self.salient[sentence.id]
            + 0.15 * self.lead[sentence.id]
            - self.leans.get(sentence.id, 0.0)
        )

    def quotes(self, longest: int) -> list[Quote]:
        """Every sentence that fits ``longest``, or the part of it that does, best first."""
        found = []
        for sentence in self.usable:
            for text, shortened in shortened_to(spoken(sentence.text), longest):
                low, high = BEST
                size = len(text)
                fit = (
                    0.0
                    if low <= size <= high
                    else -0.2 * min(1.0, (low - size) / low if size < low else (size - high) / high)
                )
                asks = (
                    0.35 if is_question(sentence) and sentence.id in self.leans else 0.0
                )  # a question needs no answer in a hook
                found.append(Quote(text, sentence, self.worth(sentence) + fit + asks - 0.08 * shortened, shortened))
                break
        return sorted(found, key=lambda quote: -quote.score)


def _objected(found: Sequence[Finding]) -> float:
    return sum(0.4 if finding.severe else 0.1 for finding in found)


def _copy(cut: _Cut, limits: Platform) -> Copy:
    if not cut.usable:
        return Copy(platform=limits.id, written_by=ENGINE, warnings=("No sentence of the cut can be quoted.",))
    quotes = [quote for quote in cut.quotes(limits.hook_characters) if _holds(quote)]
    hooks = _apart(quotes, HOOKS)
    title = _title(cut, limits, hooks)
    tags = _tags(cut, limits)
    warnings = (
        [] if hooks else [f"No sentence of the cut is short enough for a hook of {limits.hook_characters} characters."]
    )
    copy = Copy(
        platform=limits.id,
        hooks=tuple(map(_line, hooks[:MOST_HOOKS])),
        title=title,
        tags=tags,
        written_by=ENGINE,
        warnings=tuple(warnings),
    )
    return _described(cut, limits, copy)


def _holds(quote: Quote) -> bool:
    return not ungrounded(quote.text, quote.sentence.text)


def _line(quote: Quote) -> Line:
    return Line(text=quote.text, evidence=(quote.sentence.id,))


def _apart(quotes: Sequence[Quote], most: int) -> list[Quote]:
    """The best quotes that do not say the same in other words."""
    kept: list[Quote] = []
    for quote in quotes:
        bag = _bag(quote.text)
        if all(len(bag & _bag(other.text)) < 0.6 * max(1, min(len(bag), len(_bag(other.text)))) for other in kept):
            kept.append(quote)
        if len(kept) == most:
            break
    return kept


def _bag(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[^\W_]+", text) if word.casefold() not in STOPPED)


def _title(cut: _Cut, limits: Platform, hooks: Sequence[Quote]) -> Line | None:
    """What the cut is about, in a sentence of its own: a statement before a question, and not the first hook again."""
    if not limits.has_title or limits.title_characters is None:
        return None
    first = hooks[0].sentence.id if hooks else ""
    subject = {stem(word) for phrase in cut.phrases[:6] for word in split_tag(phrase.text)}

    def worth(quote: Quote) -> float:
        about = len(_bag(quote.text) & subject)
        return (
            quote.score
            + 0.12 * min(3, about)
            - (0.25 if quote.sentence.id == first else 0.0)
            - 0.3 * (len(quote.text) > limits.seen_first)
        )

    quotes = [quote for quote in cut.quotes(limits.title_characters) if _holds(quote) and len(quote.text.split()) > 2]
    if not quotes:
        return None
    best = max(quotes, key=worth)
    return Line(text=best.text.rstrip("."), evidence=(best.sentence.id,))


def _described(cut: _Cut, limits: Platform, copy: Copy) -> Copy:
    """The copy with two or three sentences that were said one after another, as many as the platform has room for.

    Sentences picked from here and there read as a riddle; a run reads as it was meant.
    """

    def told(run: Sequence[Sentence]) -> Copy:
        return copy.model_copy(update={"description": _joined(run)})

    def fits(run: Sequence[Sentence]) -> bool:
        text = _joined(run).text
        within = weight(text, limits) <= limits.text_limit and len(text.encode()) <= (limits.description_bytes or 10**9)
        return within and weight(post(told(run)), limits) <= (limits.caption_characters or 10**9)

    def worth(run: Sequence[Sentence]) -> float:
        first = run[0]
        seen = len(spoken(first.text)) <= limits.seen_first
        leans = (
            1.5 * cut.leans.get(first.id, 0.0)
            + (0.5 if _LEANING.search(first.text) else 0.0)
            + (0.4 if is_question(run[-1]) else cut.hangs.get(run[-1].id, 0.0))
        )
        return sum(map(cut.worth, run)) / len(run) + 0.12 * len(run) + 0.15 * seen - leans

    runs = [run for run in _runs(cut.usable) if fits(run)]
    if not runs:
        return copy.model_copy(update={"description": copy.hooks[0] if copy.hooks else None})
    return told(max(runs, key=worth))


_LEANING = re.compile(r"\b(?:of (?:them|it|those|these)|them|both|that one|it)\b", re.IGNORECASE)
"""Words that lean on what was said before; a description has nothing before it."""


def _runs(sentences: Sequence[Sentence]) -> Iterator[list[Sentence]]:
    """Every run of up to three sentences that follow each other in the video."""
    for at in range(len(sentences)):
        for size in (1, 2, 3):
            run = list(sentences[at : at + size])
            if len(run) == size and all(
                index(two.id) == index(one.id) + 1 and is_spoken(one.id) == is_spoken(two.id)
                for one, two in pairwise(run)
            ):
                yield run


def _joined(sentences: Sequence[Sentence]) -> Line:
    texts = (spoken(sentence.text) for sentence in sentences)
    return Line(
        text=" ".join(text if re.search(r"[.?!…。？！]$", text) else f"{text}." for text in texts),
        evidence=tuple(sentence.id for sentence in sentences),
    )


CENTRAL, ANYWAY = 0.3, 0.45
"""Cosine of a common noun with the mean of the talk's sentences from which it is what the talk is about, and of a word that is not seen to be a noun."""


def _telling(cut: _Cut) -> list[Phrase]:
    """The phrases that somebody would look for: names, what was asked, and what the talk as a whole is about.

    Where there is no model of sentences, or determiners are not English, all of them.
    """
    from tools.finding import embed

    if not cut.phrases or cut.language[:2] != "en" or not embed.available():
        return cut.phrases
    told = embed.embed([sentence.text for sentence in cut.talk]).mean(axis=0)
    near = embed.embed([phrase.text for phrase in cut.phrases]) @ (told / max(1e-9, float((told @ told) ** 0.5)))
    return [
        phrase
        for phrase, share in zip(cut.phrases, near, strict=True)
        if phrase.sure or share >= ANYWAY or (phrase.noun > 0 and share >= CENTRAL)
    ]


def _tags(cut: _Cut, limits: Platform) -> tuple[Line, ...]:
    """Key phrases that the cut itself holds and that somebody looks for, each once."""
    tags: list[Line] = []
    for phrase in cut.telling:
        evidence = tuple(sentence.id for sentence in cut.sentences if phrase.holds(sentence.text))
        line = Line(text=phrase.text, evidence=evidence) if evidence else None
        if (
            line is None
            or contacts(line.text)
            or ungrounded(line.text, " ".join(s.text for s in cut.sentences if s.id in evidence), tag=True)
        ):
            continue
        if any(hashtag(line.text).casefold() == hashtag(other.text).casefold() for other in tags):
            continue
        tags.append(line)
        if len(tags) == limits.tags_ours:
            break
    return tuple(tags)
