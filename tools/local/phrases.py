"""Key phrases of a cut: noun-like words and pairs, without knowing a part of speech."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tools.posts.grounding import stem
from tools.schema import Sentence

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
    "number numbers question questions second seconds hello welcome cent cents example examples purpose couple kinds morning night answer answers piece pieces bits reason case fact parts "
    "worked works worth would year years yes yet you young your yours yourself zero forty fifty sixty twenty thirty eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen seventy eighty ninety hundred thousand million said actually basically probably exactly finally quickly"
)
STOPPED = frozenset(_STOP.split())
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
    sure: bool = False
    """A name, what the request names, or words that are said together again and again."""
    noun: float = 0.0
    """Share of its uses that follow a determiner."""

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


class _Use:
    """How a word or a pair is used in a talk."""

    def __init__(self) -> None:
        self.count, self.nouns, self.names = 0, 0, 0
        """How often it is said, after a determiner, and as a name."""
        self.sentences = set[int]()
        self.forms = Counter[str]()
        self.coded = False
        """Whether it begins with letters and digits in one, as "3D" and "B2B" have them."""

    @property
    def noun(self) -> float:
        return self.nouns / self.count

    @property
    def named(self) -> float:
        return self.names / self.count


def phrases(talk: Sequence[str], cut: Sequence[Sentence], topic: str = "") -> list[Phrase]:
    """The noun-like words and pairs of the cut, best first: said often in the talk, in few other senses, and after a determiner.

    What ``topic`` names comes before, in the topic's own form where the cut says it so: "pricing" and not "price".

    After Campos et al., "YAKE!", Information Sciences 2020, in its frequency, spread and casing; no part of speech is known.
    """
    uses = _uses(talk)
    in_cut: Counter[tuple[str, ...]] = Counter()
    said: set[str] = set()
    for sentence in cut:
        grams = [words for _, words in _grams(_tokens(sentence.text))]
        in_cut.update({tuple(stem(word) for word in words) for words in grams})
        said.update(word.casefold() for words in grams for word in words)
    asked = {stem(word): word for _, (word, *_) in _grams(_tokens(topic))}
    found = []
    for key, here in in_cut.items():
        use = uses.get(key)
        if use is None or (len(key) > 1 and use.count < 2 and use.named < 0.5 and use.noun < 0.5 and not use.coded):
            continue
        own = asked.get(key[0], "") if len(key) == 1 else ""
        text = own if own.casefold() in said and use.named < 0.5 else _written(use.forms, use.named)
        score = _worth(key, use, here) + ASKED * any(part in asked for part in key)
        sure = use.named >= 0.5 or any(part in asked for part in key) or (len(key) > 1 and (use.count > 1 or use.coded))
        found.append(Phrase(text, key, round(score, 6), sure, use.noun))
    return _apart(_paired(found, uses))


def _uses(talk: Sequence[str]) -> dict[tuple[str, ...], _Use]:
    found: defaultdict[tuple[str, ...], _Use] = defaultdict(_Use)
    for number, text in enumerate(talk):
        tokens = _tokens(text)
        for at, words in _grams(tokens):
            use = found[tuple(stem(word) for word in words)]
            before = tokens[at - 1].casefold() if at else "|"
            use.count += 1
            use.sentences.add(number)
            use.forms[" ".join(words)] += 1
            use.nouns += before in _BEFORE or before.isdigit()
            use.coded |= _coded(words[0])
            use.names += all(word[:1].isupper() for word in words) and before != "|"
    return dict(found)


def _worth(key: tuple[str, ...], use: _Use, here: int) -> float:
    return (
        math.log1p(use.count)
        + 0.7 * math.log1p(len(use.sentences))
        + 0.6 * math.log1p(here)
        + 1.1 * use.noun
        + 1.3 * use.named
        + 0.55 * (len(key) - 1) * (use.count > 1)
    )


def _paired(found: Sequence[Phrase], uses: Mapping[tuple[str, ...], _Use]) -> Iterator[Phrase]:
    """The phrases, a pair that is usual for one of its words before that word: "pricing page" rather than "page"."""
    alone = {phrase.stems: phrase.score for phrase in found if len(phrase.stems) == 1}
    for phrase in found:
        parts = [(part,) for part in phrase.stems]
        use, least = uses[phrase.stems], min(uses[part].count for part in parts)
        usual = len(parts) > 1 and use.count >= max(1 if use.named >= 0.5 or use.coded else 2, 0.4 * least)
        better = max(phrase.score, *(alone.get(part, 0.0) + 0.01 for part in parts)) if usual else phrase.score
        yield phrase._replace(score=better)


def _apart(found: Iterable[Phrase]) -> list[Phrase]:
    """Best first, each word in one of them only."""
    kept: list[Phrase] = []
    for phrase in sorted(found, key=lambda phrase: (-phrase.score, phrase.text)):
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
    if word in STOPPED or "'" in word or not any(char.isalpha() for char in word):
        return False
    return len(word) > 3 or _coded(token) or (len(word) > 1 and word.upper() == token) or not word.isascii()


_COUNTED = re.compile(r"\d+(?:st|nd|rd|th|s|x|k|m|bn|am|pm|h|ms|min|sec|kg|g|km|cm|mm|ft|in|gb|mb|tb|hz|khz|p|fps)")


def _coded(token: str) -> bool:
    """Whether letters and digits make one word, and are no count, place or time."""
    mixed = any(map(str.isdigit, token)) and any(map(str.isalpha, token))
    return mixed and not _COUNTED.fullmatch(token)


def _written(forms: Mapping[str, int], named: float) -> str:
    """The commonest spelling; in lower case unless it is a name."""
    best = max(sorted(forms), key=lambda form: forms[form])
    return (
        best
        if named >= 0.5 or best.isupper()
        else " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in best.split())
    )
