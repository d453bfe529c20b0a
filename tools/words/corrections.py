"""A name spelled right by a person, found again among the words that were heard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from tools.schema import Sentence, Transcript, Word
from tools.text import clean

ALIKE = 80.0
"""Likeness of letters or of sounds, 0 to 100, from which what was heard is taken for what is right."""
SHORTEST = 4
"""Letters of a name below which too much sounds like it; what was heard has to be said then."""
LONGEST = 120
"""Characters of a correction."""

_EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)


class Found(NamedTuple):
    """A correction at its place: words ``first`` to ``last`` of a sentence."""

    sentence: int
    first: int
    last: int
    heard: str


def read(said: str) -> tuple[str, str]:
    """What was heard, empty where it is to be found, and what is right: ``Kubernetes`` or ``cooper netties=Kubernetes``.

    Raises ``ValueError`` with what to say instead.
    """
    heard, mark, right = said.partition("=")
    heard, right = (heard, right) if mark else ("", said)
    heard, right = clean(heard, LONGEST), clean(right, LONGEST)
    if not right or (mark and not heard):
        raise ValueError('say the right word, "Kubernetes", or what was heard too, "cooper netties=Kubernetes"')
    if not heard and len(_letters(right)) < SHORTEST:
        raise ValueError(f'much sounds like “{right}”; say what was heard too, "heard={right}"')
    return heard, right


def find(transcript: Transcript, heard: str, right: str) -> list[Found]:
    """Where ``heard`` was written, or without it what is most like ``right``, in spoken order; nothing that is right already."""
    found: list[Found] = []
    for index, sentence in enumerate(transcript.sentences):
        taken: set[int] = set()
        for score, first, last in sorted(_alike(sentence.words, heard, right), key=lambda one: (-one[0], one[1])):
            if taken.isdisjoint(range(first, last + 1)):
                taken |= set(range(first, last + 1))
                text = " ".join(word.text for word in sentence.words[first : last + 1])
                if _core(text) != right and score:
                    found.append(Found(index, first, last, _core(text)))
    return sorted(found)


def _alike(words: Sequence[Word], heard: str, right: str) -> Iterator[tuple[float, int, int]]:
    """Runs of words that may be meant, with how like they are."""
    most = len((heard or right).split()) + (0 if heard else 2)
    for first in range(len(words)):
        for last in range(first, min(len(words), first + most)):
            text = " ".join(word.text for word in words[first : last + 1])
            if heard:
                if _letters(text) == _letters(heard):
                    yield 100.0, first, last
            elif (score := likeness(text, right)) >= ALIKE:
                yield score, first, last


def likeness(heard: str, right: str) -> float:
    """How like two texts are in letters or in sounds, 0 to 100; 0 where they begin differently."""
    one, two = _letters(heard), _letters(right)
    if not one or not two or not 0.6 <= len(one) / len(two) <= 1.7:
        return 0.0
    sound_one, sound_two = _sounds(one), _sounds(two)
    if sound_one[:1] != sound_two[:1]:
        return 0.0
    return max(fuzz.ratio(one, two), 0.97 * fuzz.ratio(sound_one, sound_two) if len(sound_two) >= SHORTEST else 0.0)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _sounds(letters: str) -> str:
    """A rough key of how letters sound in English: hard consonants as one, vowels as one, nothing doubled."""
    for written, sounds in (("ph", "f"), ("ck", "k"), ("sch", "sk"), ("x", "ks"), ("qu", "k")):
        letters = letters.replace(written, sounds)
    letters = letters.translate(str.maketrans("cqzydbgv", "kksitpkf"))
    letters = re.sub(r"[aeiou]+", "a", letters)
    return re.sub(r"(.)\1+", r"\1", letters)


def _core(text: str) -> str:
    """A text without the marks around it."""
    match = _EDGES.match(text)
    return match[2] if match else text


SURE = 86.0
"""Likeness of letters from which a glossary's name is written without a person who confirms it."""


def spelled(transcript: Transcript, glossary: Sequence[str]) -> Transcript:
    """The transcript with the names of a glossary, ``Kubernetes`` or ``cooper netties=Kubernetes``, written as it has them; each change is told.

    Without what was heard only what sounds nearly the same is changed, and no other form of the same word.
    """
    for entry in glossary:
        try:
            heard, right = read(entry)
        except ValueError:
            continue
        found = [one for one in find(transcript, heard, right) if heard or _same(one.heard, right)]
        if not found:
            continue
        were = ", ".join(f"“{text}”" for text in dict.fromkeys(one.heard for one in found))
        ids = ", ".join(dict.fromkeys(transcript.sentences[one.sentence].id for one in found))
        changed = apply(transcript, found, right)
        note = f"By the brand's glossary {were} is written “{right}” in {ids}."
        transcript = changed.model_copy(update={"warnings": (*changed.warnings, note)})
    return transcript


def _same(heard: str, right: str) -> bool:
    """Whether what was heard is sure to be the name: no plural or other form of a word that only looks like it."""
    one, two = _letters(heard), _letters(right)
    return one == two or (not one.startswith(two) and not two.startswith(one) and fuzz.ratio(one, two) >= SURE)


def apply(transcript: Transcript, found: Sequence[Found], right: str) -> Transcript:
    """The transcript with ``right`` at each place; marks around it stay, times are shared out by letters."""
    sentences = list(transcript.sentences)
    for one in sorted(found, reverse=True):
        sentences[one.sentence] = _changed(sentences[one.sentence], one, right)
    return transcript.model_copy(update={"sentences": tuple(sentences)})


def _changed(sentence: Sentence, one: Found, right: str) -> Sentence:
    old = sentence.words[one.first : one.last + 1]
    text = " ".join(word.text for word in old)
    before, after = (match[1], match[3]) if (match := _EDGES.match(text)) else ("", "")
    tokens = right.split()
    tokens[0], tokens[-1] = before + tokens[0], tokens[-1] + after
    total, at, made = sum(map(len, tokens)), 0, []
    start, end = old[0].start, old[-1].end
    for token in tokens:
        low, at = at, at + len(token)
        made.append(
            old[0].model_copy(
                update={
                    "text": token,
                    "start": start + (end - start) * low / total,
                    "end": start + (end - start) * at / total,
                    "confidence": None,
                }
            )
        )
    words = (*sentence.words[: one.first], *made, *sentence.words[one.last + 1 :])
    return sentence.model_copy(update={"words": words, "text": sentence.text.replace(text, " ".join(tokens), 1)})
