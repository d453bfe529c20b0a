"""Tightening: fillers and long silences taken out of the source's clock before anything is planned, and put back after.

All that plans (search, solver, edges, review, certificate) works on a source that is shorter by what is gone, and knows
nothing of it.  ``spread`` then lays each clip of such a plan out as the stretches of the real source that it plays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tools.cutting.edges import HOP, Material, after, at, before
from tools.schema import Clip, CutList, Sentence, Word

FILLER = re.compile(r"\W*(?:u+h*m+|u+h+|e+r+m*|e+h+m+|h+m+|m{2,})\W*", re.IGNORECASE)
SILENCE = 0.7
"""Seconds without a word that are long inside a clip."""
BREATH, REST = 0.3, 0.5
"""Seconds that are left of a long silence inside a sentence, and after one."""
LEAST = 0.15
"""Seconds under which taking something out is not worth a cut."""
UNDER = 20.0
"""Decibels under the speech about it below which nothing is heard: louder is laughter, music or applause, and stays."""


class Removal(NamedTuple):
    """Frames of the source that are not played, and why."""

    first: int
    last: int
    """The frame after them."""
    sentence: str
    """The id of the sentence before or about it."""
    reason: str


@dataclass(frozen=True)
class Tight:
    """What is gone from a source, in rising order."""

    gone: tuple[Removal, ...]
    rate: Fraction

    def frame(self, frame: int) -> int:
        """A frame of the source on the shorter clock; what is gone lies where it was taken out."""
        return frame - sum(min(frame, each.last) - each.first for each in self.gone if each.first < frame)

    def seconds(self, moment: float) -> float:
        """A moment of the source on the shorter clock."""
        missing = (
            min(moment, at(each.last, self.rate)) - at(each.first, self.rate)
            for each in self.gone
            if at(each.first, self.rate) < moment
        )
        return max(0.0, moment - sum(missing))

    def stretches(self, first: int, frames: int) -> list[tuple[int, int]]:
        """First frame and frames in the source of what plays from ``first`` on the shorter clock."""
        found, low, done = [], 0, 0
        for high, following in [*((each.first, each.last) for each in self.gone), (1 << 60, 0)]:
            begin, stop = max(first, done), min(first + frames, done + high - low)
            if stop > begin:
                found.append((low + begin - done, stop - begin))
            done, low = done + high - low, following
        return found


def removals(material: Material) -> Tight:
    """What the source can do without: fillers, and silences between words that are long and quiet and show nothing new."""
    found: list[Removal] = []
    for sentence, one, fillers, two in _gaps(material.sentences):
        ends = one is sentence.words[-1]
        left = (REST if ends else BREATH) / 2
        low, high = (min(left, max(0.0, gap) / 2) for gap in _rooms(one, fillers, two))
        first, last = after(one.end + low, material.rate), before(two.start - high, material.rate)
        if fillers and at(first, material.rate) > fillers[0].start + 0.5 / material.rate:
            continue  # no frame begins between the two words
        if fillers and at(last, material.rate) < fillers[-1].end - 0.5 / material.rate:
            continue
        if last - first < LEAST * material.rate or not _clear(material, first, last):
            continue
        if not fillers and not _silent(material, sentence, first, last):
            continue
        seconds = (last - first) / material.rate
        what = " ".join(word.text for word in fillers) if fillers else f"{two.start - one.end:.1f} s of silence"
        note = f"{float(seconds):.2f} s taken out after “{one.text}”: {what}"
        found.append(Removal(first, last, sentence.id, note))
    return Tight(tuple(found), material.rate)


def _gaps(sentences: Sequence[Sentence]) -> Iterator[tuple[Sentence, Word, tuple[Word, ...], Word]]:
    """A word, the fillers behind it, and the next word, where there are fillers or a long silence between the two."""
    spoken = [
        (sentence, word)
        for sentence in sentences
        for word in sentence.words
        if not FILLER.fullmatch(word.text) or all(FILLER.fullmatch(each.text) for each in sentence.words)
    ]
    every = [word for sentence in sentences for word in sentence.words]
    places = {id(word): place for place, word in enumerate(every)}
    for (sentence, one), (behind, two) in pairwise(spoken):
        if behind.take != sentence.take:
            continue
        fillers = tuple(every[places[id(one)] + 1 : places[id(two)]])
        if fillers or two.start - one.end >= SILENCE:
            yield sentence, one, fillers, two


def _rooms(one: Word, fillers: Sequence[Word], two: Word) -> tuple[float, float]:
    """Seconds of silence behind the first word and before the second."""
    if not fillers:
        return two.start - one.end, two.start - one.end
    return fillers[0].start - one.end, two.start - fillers[-1].end


def _clear(material: Material, first: int, last: int) -> bool:
    """Whether no new shot begins in what is taken out, and no flash of one is left beside it."""
    shown = any(first <= change <= last for change in material.changes)
    return not shown and material.is_clear(first, "end") and material.is_clear(last, "start")


def _silent(material: Material, sentence: Sentence, first: int, last: int) -> bool:
    if material.levels is None:
        return False
    low, high = (round(at(frame, material.rate) / HOP) for frame in (first, last))
    inside = material.levels[low:high]
    about = material.levels[round(sentence.start / HOP) : round(sentence.end / HOP)]
    return bool(inside.size and about.size and np.percentile(inside, 90) < np.percentile(about, 75) - UNDER)


def squeezed(material: Material, tight: Tight) -> Material:
    """The source without what is gone."""
    levels = material.levels
    if levels is not None:
        gone = np.zeros(len(levels), bool)
        for each in tight.gone:
            gone[round(at(each.first, tight.rate) / HOP) : round(at(each.last, tight.rate) / HOP)] = True
        levels = levels[~gone]
    return replace(
        material,
        sentences=tuple(_sentence(sentence, tight) for sentence in material.sentences),
        shots=tuple(
            shot.model_copy(update={"start": tight.seconds(shot.start), "end": tight.seconds(shot.end)})
            for shot in material.shots
        ),
        duration=tight.seconds(material.duration),
        takes=tuple((tight.seconds(start), tight.seconds(end)) for start, end in material.takes),
        levels=levels,
    )


def _sentence(sentence: Sentence, tight: Tight) -> Sentence:
    kept = [word for word in sentence.words if not _gone(word, tight)]
    words = tuple(
        word.model_copy(update={"start": tight.seconds(word.start), "end": tight.seconds(word.end)}) for word in kept
    )
    text = sentence.text if len(kept) == len(sentence.words) else " ".join(word.text for word in kept)
    start, end = (words[0].start, words[-1].end) if words else map(tight.seconds, (sentence.start, sentence.end))
    return sentence.model_copy(update={"start": start, "end": end, "text": text, "words": words})


def _gone(word: Word, tight: Tight) -> bool:
    middle = (word.start + word.end) / 2
    return any(at(each.first, tight.rate) <= middle < at(each.last, tight.rate) for each in tight.gone)


def spread(cut: CutList, tight: Tight, sentences: Sequence[Sentence]) -> CutList:
    """A plan on the shorter clock as stretches of the source: A, A2, A3 where something inside A is gone."""
    by_id = {sentence.id: sentence for sentence in sentences}
    found: list[Clip] = []
    for clip in cut.clips:
        spoken = [(name, word) for name in clip.ids if name in by_id for word in by_id[name].words]
        spoken = [(name, word) for name, word in spoken if not _gone(word, tight)]
        stretches = tight.stretches(clip.first_frame, clip.frames)
        for number, (first, frames) in enumerate(stretches, 1):
            start, end = at(first, tight.rate), at(first + frames, tight.rate)
            mine = [(name, word) for name, word in spoken if start <= (word.start + word.end) / 2 < end]
            place: dict[str, Any] = {"start": start, "end": end, "first_frame": first, "frames": frames}
            place |= {"held": (clip.held[0] * (number == 1), clip.held[1] * (number == len(stretches)))}
            if number > 1 or frames < clip.frames:
                place |= {"ids": tuple(dict.fromkeys(name for name, _ in mine)) or clip.ids}
                place |= {"text": " ".join(word.text for _, word in mine)}
            if number > 1:
                place |= {"label": f"{clip.label}{number}", "flags": ()}
            found.append(clip.model_copy(update=place))
    return cut.model_copy(update={"clips": tuple(found)})


def joined(cut: CutList, tight: Tight) -> CutList:
    """The plan that ``spread`` laid out, on the shorter clock again."""
    found: list[Clip] = []
    for clip in cut.clips:
        if found and clip.label.startswith(found[-1].label):
            last = found.pop()
            ids = tuple(dict.fromkeys((*last.ids, *clip.ids)))
            more = {"ids": ids, "text": f"{last.text} {clip.text}".strip(), "frames": last.frames + clip.frames}
            more |= {"held": (last.held[0], clip.held[1])}
            clip = last.model_copy(update=more)
        else:
            clip = clip.model_copy(update={"first_frame": tight.frame(clip.first_frame)})
        start, end = at(clip.first_frame, tight.rate), at(clip.first_frame + clip.frames, tight.rate)
        found.append(clip.model_copy(update={"start": start, "end": end}))
    return cut.model_copy(update={"clips": tuple(found)})


def taken(cut: CutList, tight: Tight) -> list[Removal]:
    """What is gone from inside the clips of a plan that is laid out."""
    ends = {clip.first_frame + clip.frames for clip in cut.clips}
    starts = {clip.first_frame for clip in cut.clips}
    return [each for each in tight.gone if each.first in ends and each.last in starts]
