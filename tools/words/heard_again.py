"""What a finished promo was heard to say, beside the words of its captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from tools.schema import Word
from tools.words.compact import clock
from tools.words.cues import Track, within

NEAR = 1.0
"""Seconds between a word's place in the captions and where it is heard, at most."""
BESIDE = 0.25
"""Seconds about the words of the captions within which another word is heard instead of one of them."""
RUN = 4
"""Words in a row that are not heard, from which they are told as lost; single ones are the recogniser's."""


class Again(NamedTuple):
    share: float
    """Of the captions' words, those that were heard at their place."""
    notes: tuple[str, ...]
    """What was lost, cut into or heard besides, and when, in sentences."""


def compare(track: Track, heard: Sequence[Word]) -> Again:
    """How much of the captions is heard; ``heard`` are a recogniser's words on the promo's clock."""
    found, used = _matched(track.words, heard)
    share = len(found) / len(track.words) if track.words else 1.0
    place = {id(word): n for n, word in enumerate(track.words)}
    notes = [*_edges(track, found, place), *_lost(track, found), *_added(track, heard, used)]
    return Again(round(share, 3), tuple(notes))


def _matched(told: Sequence[Word], heard: Sequence[Word]) -> tuple[set[int], set[int]]:
    matcher = SequenceMatcher(a=[_key(word) for word in told], b=[_key(word) for word in heard], autojunk=False)
    pairs = [
        (block.a + n, block.b + n)
        for block in matcher.get_matching_blocks()
        for n in range(block.size)
        if abs(told[block.a + n].start - heard[block.b + n].start) <= NEAR
    ]
    return {a for a, _ in pairs}, {b for _, b in pairs}


def _edges(track: Track, found: set[int], place: dict[int, int]) -> Iterator[str]:
    """Stretches whose first two or last two words are both not heard: there the cut runs through them."""
    for stretch in track.stretches:
        words = within(track.words, stretch)
        if len(words) < 2 * RUN:
            continue
        for side, pair in (("first", words[:2]), ("last", words[-2:])):
            if not any(place[id(word)] in found for word in pair):
                yield f"At {clock(pair[0].start)} the {side} words of a clip, “{pair[0].text} {pair[1].text}”, are not heard."


def _lost(track: Track, found: set[int]) -> Iterator[str]:
    for missing, group in groupby(range(len(track.words)), key=lambda n: n not in found):
        run = [track.words[n] for n in group]
        if missing and len(run) >= RUN:
            yield f"From {clock(run[0].start)} on, {len(run)} words of the captions are not heard."


def _added(track: Track, heard: Sequence[Word], used: set[int]) -> Iterator[str]:
    """Words that are heard where the captions have none."""
    for n, word in enumerate(heard):
        middle = (word.start + word.end) / 2
        if n not in used and not any(each.start - BESIDE <= middle <= each.end + BESIDE for each in track.words):
            yield f"At {clock(word.start)} “{word.text}” is heard, and no caption has it."


def _key(word: Word) -> str:
    return "".join(char for char in word.text.casefold() if char.isalnum())
