"""The words of a reel: each within the take in which it is said, and sentences that run from none into another."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from tools.schema import Sentence, Source, Take, Word
from tools.text import clean
from tools.words.sentences import sentences


def of_source(words: Iterable[Word], language: str, source: Source) -> tuple[Sentence, ...]:
    """Sentences S1, S2 … of a source; of a reel each knows its take."""
    if not source.takes:
        return sentences(words, language, source.duration)
    given, found = list(words), list[Sentence]()
    for place, take in enumerate(source.takes):
        for each in sentences(_said_in(given, source.takes, place), language, take.end):
            found.append(each.model_copy(update={"id": f"S{len(found) + 1}", "take": place}))
    return tuple(found)


def _said_in(words: Sequence[Word], takes: Sequence[Take], place: int) -> Iterator[Word]:
    """The words of one take, cut to it: recognisers begin a word in the silence before it."""
    take = takes[place]
    low = (takes[place - 1].end + take.start) / 2 if place else 0.0
    high = (take.end + takes[place + 1].start) / 2 if place + 1 < len(takes) else float("inf")
    for word in words:
        if low <= (word.start + word.end) / 2 < high and word.end > take.start and word.start < take.end:
            yield word.model_copy(update={"start": max(word.start, take.start), "end": min(word.end, take.end)})


def captions(said: Sequence[tuple[Take, Sequence[Sentence]]], language: str, timed: bool) -> str:
    """WebVTT of what was said in each take, by its own clock, on the reel's; with the times of words where they are known."""
    lines = ["WEBVTT", f"Language: {clean(language, 12)}", ""]
    for take, each in said:
        for one in each:
            start, end = (min(take.start + moment, take.end) for moment in (one.start, one.end))
            if end > start:
                lines += [f"{_clock(start)} --> {_clock(end)}", _line(one, take, timed), ""]
    return "\n".join(lines)


def _line(one: Sentence, take: Take, timed: bool) -> str:
    who = f"<v {re.sub('[<>&]', ' ', clean(one.speaker, 80))}>" if one.speaker else ""
    if not timed:
        return who + html.escape(one.text, quote=False)
    return who + " ".join(
        f"<{_clock(take.start + word.start)}>{html.escape(word.text, quote=False)}" for word in one.words
    )


def _clock(seconds: float) -> str:
    minutes, ms = divmod(round(1000 * seconds), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"
