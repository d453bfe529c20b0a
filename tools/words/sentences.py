"""Sentences with ids, made of a recogniser's words; and ids read back from what a model or a person wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sentencex import segment

from tools.schema import Observation, Sentence, Transcript, Word
from tools.text import clean

BREAK = 1.2
"""Seconds of silence that end a sentence even where nothing is punctuated."""
PAUSE = 0.6
"""Seconds of silence that end a sentence in a transcript without punctuation."""
LONGEST = 15.0
"""Seconds after which a sentence is split at its best clause."""
MOST_WORDS = 40
WORD = 200
"""Characters of one word that are kept; whatever an engine hands over as a word is cleaned here."""
JUMP = 0.5
"""Seconds that words may run backwards before they are taken to be out of order rather than a little off."""
STRAY = 0.3
"""Seconds given to a word whose own time can't be right."""

UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my", "yue"})
"""Languages written without spaces between words."""

TERMINAL = re.compile(r"[.?!…。？！]['\"”’)\]]*$")
CLAUSE = re.compile(r"[,;:，；：、—–-]['\"”’)\]]*$")
CONNECTIVE = frozenset(
    ("and", "but", "so", "because", "which", "while", "when", "if", "where", "who", "then", "or", "although")
)


def sentences(words: Iterable[Word], language: str = "en", duration: float | None = None) -> tuple[Sentence, ...]:
    """Sentences S1, S2 … in spoken order; their times rise and never overlap.

    ``duration`` is the video's, where known: words past it are dropped, a word across it is clipped.
    """
    kept = mend(words, duration)
    if not kept:
        return ()
    kept = _settled(kept)
    runs = [run for one in _runs(kept, _ends(kept, language)) for run in _shortened(one)]
    joint = "" if language.split("-")[0].lower() in UNSPACED else " "
    return tuple(
        Sentence(
            id=f"S{number}",
            start=run[0].start,
            end=run[-1].end,
            text=joint.join(word.text for word in run),
            words=tuple(run),
            speaker=run[0].speaker,
        )
        for number, run in enumerate(runs, 1)
    )


def mend(words: Iterable[Word], duration: float | None = None) -> list[Word]:
    """The words with text, in order, none before the last one's end, none past ``duration``."""
    given = [word.model_copy(update={"text": text}) for word in words if (text := clean(word.text, WORD))]
    if any(second.start < first.start - JUMP for first, second in pairwise(given)):
        given.sort(key=lambda word: word.start)
    mended: list[Word] = []
    for word in given:
        start, end = word.start, word.end
        if duration is not None:
            if start >= duration:
                continue
            end = min(end, duration)
        if mended and start < mended[-1].end:
            last = mended[-1]
            if start > last.start:  # the later word's start is the better known of the two
                mended[-1] = last.model_copy(update={"end": start})
            else:
                start = last.end
                if duration is not None and start >= duration:
                    continue
        mended.append(word.model_copy(update={"start": start, "end": max(start, end)}))
    return mended


def _settled(words: list[Word]) -> list[Word]:
    """A first word heard alone long before the rest of its sentence is put beside it: recognisers start it in the silence."""
    settled = list(words)
    for at in range(len(words) - 1):
        word, after = words[at], words[at + 1]
        opens = at == 0 or (TERMINAL.search(words[at - 1].text) is not None and word.start - words[at - 1].end >= 0)
        stray = opens and word.text[:1].isupper() and after.text[:1].islower() and not re.search(r"\W$", word.text)
        if stray and word.speaker == after.speaker and after.start - word.end > BREAK:
            settled[at] = word.model_copy(update={"start": after.start - min(word.length, STRAY), "end": after.start})
    return settled


def is_punctuated(words: Sequence[Word]) -> bool:
    """Whether a sentence end is marked at least once in sixty words."""
    return sum(bool(TERMINAL.search(word.text)) for word in words) * 60 >= len(words)


def _ends(words: Sequence[Word], language: str) -> set[int]:
    """Indices of words that end a sentence."""
    punctuated = is_punctuated(words)
    ends = _by_punctuation(words, language) if punctuated else set()
    for index, (word, after) in enumerate(pairwise(words)):
        gap = after.start - word.end
        if word.speaker != after.speaker or gap > BREAK or (not punctuated and gap >= PAUSE):
            ends.add(index)
    return ends | {len(words) - 1}


def _by_punctuation(words: Sequence[Word], language: str) -> set[int]:
    starts, at = [], 0
    for word in words:
        starts.append(at)
        at += len(word.text) + 1
    ends, index, at = set(), 0, 0
    for piece in segment(language.split("-")[0].lower(), " ".join(word.text for word in words)):
        at += len(piece)
        while index < len(words) and starts[index] < at:
            index += 1
        ends.add(index - 1)
    return ends


def _runs(words: Sequence[Word], ends: set[int]) -> Iterable[list[Word]]:
    run: list[Word] = []
    for index, word in enumerate(words):
        run.append(word)
        if index in ends:
            yield run
            run = []


def _shortened(run: list[Word]) -> list[list[Word]]:
    """``run``, or its parts where it is too long to be one clip's smallest piece."""
    if len(run) < 2 or (run[-1].end - run[0].start <= LONGEST and len(run) <= MOST_WORDS):
        return [run]
    at = max(range(1, len(run)), key=lambda index: _breath(run, index))
    return _shortened(run[:at]) + _shortened(run[at:])


def _breath(run: Sequence[Word], at: int) -> float:
    """How good a place before word ``at`` is to part a run: clause mark, pause, a connective next, near the middle."""
    before, after = run[at - 1], run[at]
    off = abs(2 * at / len(run) - 1)
    joined = bool(CLAUSE.search(before.text)) + 0.5 * (after.text.strip(",").lower() in CONNECTIVE)
    return joined + 2 * min(after.start - before.end, 1.0) - 1.5 * off**2


_ID = re.compile(r"^\s*([SVsv])(\d{1,6})(?:\s*(?:-|–|—|\.\.|to)\s*([SVsv]?)(\d{1,6}))?\s*$")


def resolve(
    names: Iterable[str], transcript: Transcript | None, observation: Observation | None
) -> tuple[list[str], list[str]]:
    """The ids that exist among ``names``, ranges such as ``S10-S14`` spelled out, and what is wrong with the rest."""
    count = {"S": len(transcript.sentences) if transcript else 0, "V": len(observation.shots) if observation else 0}
    found: list[str] = []
    wrong: list[str] = []
    for name in names:
        match = _ID.match(name)
        if not match:
            wrong.append(f"{name[:40]!r} is not an id; ids look like S14, S14-S16 or V3")
            continue
        kind, low = match[1].upper(), int(match[2])
        high = int(match[4]) if match[4] else low
        if match[3] and match[3].upper() != kind:
            wrong.append(f"{name[:40]} mixes speech and shots; give S and V ids apart")
        elif high < low:
            wrong.append(f"{name[:40]} runs backwards; write {kind}{high}-{kind}{low}")
        else:
            wrong += [
                _missing(kind, number, count[kind])
                for number in dict.fromkeys((low, high))
                if not 1 <= number <= count[kind]
            ]
            found += [f"{kind}{number}" for number in range(max(low, 1), min(high, count[kind]) + 1)]
    return found, wrong


def _missing(kind: str, number: int, count: int) -> str:
    where = {"S": ("transcript", "no speech was heard"), "V": ("list of shots", "no shots were found")}[kind]
    if not count:
        return f"{kind}{number} does not exist; {where[1]}"
    return f"{kind}{number} does not exist; the {where[0]} {'starts at ' + kind + '1' if number < 1 else 'ends at ' + kind + str(count)}"
