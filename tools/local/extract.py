"""The copywriter without a language model: it quotes.  Every line is a sentence of the cut, whole or shortened at a clause.

Tags are the cut's own key phrases.  What it writes can't say more than the speaker did, nor say it better.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tools.finding.standing_alone import ending, is_housekeeping, is_question, opening
from tools.ids import index, is_spoken
from tools.ports import Copywriter, Steps
from tools.posts.grounding import MOST_HOOKS, hashtag, post, split_tag, stem, ungrounded, weight
from tools.schema import Brief, Copy, Line, Platform, Sentence, Transcript
from tools.text import clean, contacts, safe_words

HOOKS = 3
BEST = (28, 90)
"""Characters of a hook that is read at a glance and still says something."""
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
    ) -> tuple[Copy, ...]:
        cut = _Cut(transcript, chosen, brief.topic)
        return tuple(_copy(cut, each) for each in limits)


class _Cut:
    """The chosen sentences, with what each is worth."""

    def __init__(self, transcript: Transcript, chosen: Sequence[str], topic: str) -> None:
        # With numpy, which a spare writer that is never asked has no need of.
        from tools.finding.salience import salience

        said = transcript.sentences
        place = {sentence.id: at for at, sentence in enumerate(said)}
        self.sentences = [said[place[name]] for name in dict.fromkeys(chosen) if name in place]
        weights = salience([sentence.text for sentence in said], topic)
        self.salient = {sentence.id: float(weights[place[sentence.id]]) for sentence in self.sentences}
        self.lead = {sentence.id: 1.0 / (1 + at) for at, sentence in enumerate(self.sentences)}
        self.leans = {
            sentence.id: sum(
                0.4 if finding.severe else 0.1
                for finding in (*opening(said, place[sentence.id]), *ending(said, place[sentence.id]))
            )
            for sentence in self.sentences
            if is_spoken(sentence.id)
        }
        self.usable = [
            sentence for sentence in self.sentences if not is_housekeeping(sentence) and not contacts(sentence.text)
        ]
        self.phrases = phrases([sentence.text for sentence in said], self.sentences, topic)

    def worth(self, sentence: Sentence) -> float:
        from tools.finding.hooks import cues

        told = sum({cue.kind: cue.worth for cue in cues(sentence)}.values())
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
    return frozenset(stem(word) for word in re.findall(r"[^\W_]+", text) if word.casefold() not in _STOPPED)


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
            + (0.4 if is_question(run[-1]) else 0.0)
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


def _tags(cut: _Cut, limits: Platform) -> tuple[Line, ...]:
    """Key phrases that the cut itself holds, each once."""
    tags: list[Line] = []
    for phrase in cut.phrases:
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


# --- shortening -----------------------------------------------------------------------------------------------------------

_LEAD = re.compile(
    r"^(?:(?:um+|uh+|er+|erm|well|okay|ok|so|and|but|now|right|yeah|look|you know|i mean|like|anyway|alright|then)\b[,.]?\s+)+",
    re.IGNORECASE,
)
_INSIDE = re.compile(r",?\s*\b(?:um+|uh+|erm|you know|i mean)\b,?(?=\s)", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?<=[,;:—–])\s+|\s+(?=(?:and|but|so|because|which|while|although|when|if|until|unless|who|that's why)\s)",
    re.IGNORECASE,
)
_TIES = re.compile(
    r"^(?:but|except|unless|until|if|although|though|because|not|only|which|who|that|or|than|to|when|while)\b",
    re.IGNORECASE,
)
"""Beginnings of a clause without which the one before it may mean something else."""


def spoken(text: str) -> str:
    """A sentence as it is written down: without what is said to fill, beginning with a capital."""
    plain = safe_words(clean(text, 1200))
    bare = _INSIDE.sub("", _LEAD.sub("", plain)).strip()
    bare = bare if len(bare.split()) > 2 else plain
    return bare[:1].upper() + bare[1:]


def shortened_to(text: str, longest: int) -> Iterator[tuple[str, bool]]:
    """``text`` if it fits; else its first clauses that do and that can do without the rest, longest first."""
    if len(text) <= longest:
        yield text, False
        return
    starts = [match.end() for match in _CLAUSE.finditer(text)]
    for at in reversed(starts):
        head, rest = text[:at].rstrip(" ,;:—–"), text[at:]
        if len(head) <= longest - 1 and len(head.split()) > 3 and not _TIES.match(rest) and not _open(head):
            yield f"{head}.", True


def _open(head: str) -> bool:
    """Whether a first part promises another: it begins with a condition, or ends in the air."""
    return bool(
        re.match(r"(?:if|when|while|although|because|since|as|after|before|unless|once|whether)\b", head, re.IGNORECASE)
    ) or bool(
        re.search(
            r"\b(?:and|or|but|the|a|an|of|to|in|on|with|for|that|which|is|are|was|were|not|say|says|said|tell|think|know)$",
            head,
            re.IGNORECASE,
        )
    )


# --- key phrases ----------------------------------------------------------------------------------------------------------

_STOP = (
    "a about above after again against ago all almost also always am an and another any anyone anything are around as ask asked at away back be became because become been before began being below better between "
    "big both bring brought but by call called came can cannot come comes coming could day days did do does doing done down each eight either else end ended enough even ever every everybody everyone everything "
    "far few find first five for found four from full gave get gets getting give given go goes going gone good got great guess had half happen happened hard has have having he hear heard her here hers him his how "
    "i if in into is it its itself just keep kept kind knew know known last later least left less let like line little long look looked looking lot made make makes making many may maybe me mean means might mine "
    "minute minutes month months more most much must my myself need needed never new next nine no nobody none nor not nothing now of off often okay old on once one ones only or other others our ours out over own "
    "people percent pick picture point put quite ran rather read real really right said same saw say says second see seem seen sent set seven several shall she should show showed side simple simply since single "
    "six small so some somebody someone something sometimes soon sort start started still stop stopped such sure take taken takes taking talk tell ten than thank thanks that the their theirs them themselves then "
    "there these they thing things think third this those though thought three through thus till time times to today together told too took toward tried true try trying turn turned twice two under until up upon us "
    "use used uses using very want wanted wants was watch way ways we week weeks well went were what whatever when where whether which while who whole whom whose why will wish with within without word words work "
    "worked works worth would year years yes yet you young your yours yourself zero forty fifty sixty twenty thirty eleven twelve hundred thousand million said actually basically probably exactly finally quickly"
)
_STOPPED = frozenset(_STOP.split())
_LEADING = (
    "a an the our my your their his her its this that these those every each no any some of for about in on with by from into own new "
    "two three four five six seven eight nine ten"
)
_BEFORE = frozenset(_LEADING.split())
"""What a noun follows."""


class Phrase(NamedTuple):
    text: str
    stems: tuple[str, ...]
    score: float

    def holds(self, text: str) -> bool:
        """Whether ``text`` holds the phrase, its words one after another."""
        stems = [stem(word) for word in _tokens(text) if word != "|"]
        size = len(self.stems)
        return any(tuple(stems[at : at + size]) == self.stems for at in range(len(stems) - size + 1))


def _tokens(text: str) -> list[str]:
    """Words, with ``|`` where a mark parts them."""
    return re.findall(
        r"[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?()\"“”|]",
        text.replace("|", " ").translate(str.maketrans('.,;:!?()"“”', "|" * 11)).replace("|", " | "),
    )


ASKED = 1.0
"""What a phrase gains that the request itself names."""


def phrases(talk: Sequence[str], cut: Sequence[Sentence], topic: str = "") -> list[Phrase]:
    """The noun-like words and pairs of the cut, best first: said often in the talk, in few other senses, and after a determiner.

    What ``topic`` names comes before, in the topic's own form where the cut says it so: "pricing" and not "price".

    After Campos et al., "YAKE!", Information Sciences 2020, in its frequency, spread and casing; no part of speech is known.
    """
    single: Counter[tuple[str, ...]] = Counter()
    after: Counter[tuple[str, ...]] = Counter()
    names: Counter[tuple[str, ...]] = Counter()
    spread: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    forms: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for number, text in enumerate(talk):
        tokens = _tokens(text)
        for at, words in _grams(tokens):
            key = tuple(stem(word) for word in words)
            single[key] += 1
            spread[key].add(number)
            forms[key][" ".join(words)] += 1
            before = tokens[at - 1].casefold() if at else "|"
            after[key] += before in _BEFORE or before.isdigit()
            names[key] += all(word[:1].isupper() for word in words) and before != "|"
    in_cut: Counter[tuple[str, ...]] = Counter()
    said: set[str] = set()
    for sentence in cut:
        grams = [words for _, words in _grams(_tokens(sentence.text))]
        in_cut.update({tuple(stem(word) for word in words) for words in grams})
        said.update(word.casefold() for words in grams for word in words)
    asked = {stem(word): word for _, (word, *_) in _grams(_tokens(topic))}
    found = []
    for key, here in in_cut.items():
        count = single[key]
        if not count:
            continue
        noun = after[key] / count
        named = names[key] / count
        if len(key) > 1 and count < 2 and named < 0.5 and noun < 0.5:
            continue
        score = (
            math.log1p(count)
            + 0.7 * math.log1p(len(spread[key]))
            + 0.6 * math.log1p(here)
            + 1.1 * noun
            + 1.3 * named
            + 0.55 * (len(key) - 1) * (count > 1)
            + ASKED * any(part in asked for part in key)
        )
        own = asked.get(key[0], "") if len(key) == 1 else ""
        text = own if own.casefold() in said and named < 0.5 else _written(forms[key], named)
        found.append(Phrase(text, key, round(score, 6)))
    alone = {phrase.stems: phrase.score for phrase in found if len(phrase.stems) == 1}
    for at, phrase in enumerate(found):
        parts = [(part,) for part in phrase.stems]
        if len(parts) > 1 and single[phrase.stems] >= max(
            2, 0.4 * min(single[part] for part in parts)
        ):  # "pricing page" rather than "page"
            found[at] = phrase._replace(score=max(phrase.score, *(alone.get(part, 0.0) + 0.01 for part in parts)))
    found.sort(key=lambda phrase: (-phrase.score, phrase.text))
    kept: list[Phrase] = []
    for phrase in found:
        if not any(set(phrase.stems) & set(other.stems) for other in kept):
            kept.append(phrase)
    return kept


def _grams(tokens: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Single words that carry meaning, and pairs of them."""
    good = [_telling(token) for token in tokens]
    for at, token in enumerate(tokens):
        if good[at]:
            yield at, (token,)
    for (at, first), (_, second) in pairwise(enumerate(tokens)):
        if good[at] and good[at + 1]:
            yield at, (first, second)


def _telling(token: str) -> bool:
    word = token.casefold().replace("’", "'")
    if word in _STOPPED or "'" in word or not any(char.isalpha() for char in word):
        return False
    return len(word) > 3 or (len(word) > 1 and word.upper() == token) or not word.isascii()


def _written(forms: Mapping[str, int], named: float) -> str:
    """The commonest spelling; in lower case unless it is a name."""
    best = max(sorted(forms), key=lambda form: forms[form])
    return (
        best
        if named >= 0.5 or best.isupper()
        else " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in best.split())
    )
