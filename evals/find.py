"""The suite "find": passages chosen for a request in words, against those that people chose.

A row of the data is a meeting: ``{"id", "turns": [[speaker, text], …], "queries": [{"query", "spans"}, …]}``, spans of turns from 0, inclusive.
A prediction may hold as many words as people's own spans hold; that number, and nothing else of them, is known.
``datasets/meetings.jsonl.gz`` are four meetings of QMSum's val (Zhong et al., NAACL 2021; MIT), which no weights were learned from.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from evals.cases import DATASETS, rows
from tools.finding.embed import embed
from tools.finding.embed import load as load_model
from tools.finding.passages import Embed, PassageFinder, Span, features, parse, read, window
from tools.troubles import NotReady

MEETINGS = DATASETS / "meetings.jsonl.gz"
WORD = re.compile(r"[a-z0-9']+")
NOISE = re.compile(r"\{[^}]*\}")
PACE = 2.7
"""Words a second: what a word of a meeting is drawn as."""


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    query: str
    spans: tuple[tuple[int, int], ...]
    refused: tuple[tuple[int, int], ...] = ()
    """Passages to which somebody said no, where a team's own choices are rows."""


class Meeting(BaseModel):
    """A row of the data; what else the row holds is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    turns: tuple[tuple[str, str], ...] = Field(min_length=1)
    queries: tuple[Asked, ...]

    @property
    def speakers(self) -> tuple[str, ...]:
        return tuple(speaker for speaker, _ in self.turns)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.turns)


@dataclass(frozen=True)
class Query:
    """A request with the meeting that it is about."""

    meeting: Meeting
    number: int

    @property
    def id(self) -> str:
        return f"{self.meeting.id}/{self.number}"

    @property
    def text(self) -> str:
        return self.meeting.queries[self.number].query

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        return lengths(self.meeting)

    @cached_property
    def chosen(self) -> NDArray[np.bool_]:
        """Which turns people chose."""
        return self._marked(self.meeting.queries[self.number].spans)

    @cached_property
    def refused(self) -> NDArray[np.bool_]:
        """Which turns people said no to."""
        return self._marked(self.meeting.queries[self.number].refused)

    def _marked(self, spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
        found = np.zeros(len(self.meeting.turns), bool)
        for first, last in spans:
            found[max(0, first) : last + 1] = True
        return found

    @property
    def budget(self) -> int:
        """Words that people's own spans hold."""
        return int(self.sizes[self.chosen].sum())


def load(path: Path = MEETINGS) -> list[Meeting]:
    """The meetings of a ``.jsonl`` or ``.jsonl.gz`` file.  Raises ``DataError`` for a wrong row, by file and line."""
    return rows(path, Meeting)


def queries(meetings: Sequence[Meeting]) -> Iterator[Query]:
    """Every query that people chose something for."""
    for meeting in meetings:
        yield from (query for at in range(len(meeting.queries)) if (query := Query(meeting, at)).budget)


def lengths(meeting: Meeting) -> NDArray[np.int64]:
    """Words of each turn, marks in braces left out."""
    return np.array([len(WORD.findall(NOISE.sub(" ", text.lower()))) for text in meeting.texts])


# --- what a prediction is worth ---------------------------------------------------------------------------------------


def overlap(spans: Sequence[Span], chosen: NDArray[np.bool_], sizes: NDArray[np.int64]) -> float:
    """F1 by words of ``spans``, cut off past the length of what people chose, in the order given."""
    got, used, budget = np.zeros(len(sizes), bool), 0, int(sizes[chosen].sum())
    for first, last in spans:
        for at in range(first, last + 1):
            if got[at]:
                continue
            if used + sizes[at] > budget and got.any():
                break
            got[at] = True
            used += int(sizes[at])
    both = int(sizes[got & chosen].sum())
    return 2 * both / (used + budget) if both else 0.0


def f1(query: Query, spans: Sequence[Span]) -> float:
    """F1 by words within the length of people's own passages."""
    return overlap(spans, query.chosen, query.sizes)


def hit(query: Query, spans: Sequence[Span]) -> float:
    """1 where anything that people chose was found."""
    return float(f1(query, spans) > 0)


class Found(NamedTuple):
    """A claim of this suite; see ``scorers.Scorer``."""

    measure: Callable[[Query, Sequence[Span]], float]
    more: bool = True
    most: float | None = None
    compared: bool = True


FOUND: Mapping[str, Found] = {"F1": Found(f1), "hit": Found(hit)}


# --- who finds --------------------------------------------------------------------------------------------------------

Find = Callable[[Query], list[Span]]


def by_bm25(query: Query) -> list[Span]:
    """The window with the most BM25."""
    return [window(bm25(query.meeting.texts, query.text), query.sizes.astype(float), query.budget)]


def bm25(texts: Sequence[str], query: str) -> NDArray[np.float64]:
    """Okapi BM25 of each text, as the finder counts it."""
    return features(read(texts, None), parse(query, ()), [None] * len(texts), None)["bm whole 0"]


def first_words(query: Query) -> list[Span]:
    return [window(np.arange(len(query.sizes), 0, -1.0) ** 9, query.sizes.astype(float), query.budget)]


def at_random(query: Query) -> list[Span]:
    """A window anywhere; the same one each time."""
    seed = int.from_bytes(hashlib.sha256(query.id.encode()).digest()[:8], "big")
    values = np.zeros(len(query.sizes))
    values[np.random.default_rng(seed).integers(len(values))] = 1.0
    return [window(values, query.sizes.astype(float), query.budget)]


NAIVE: Mapping[str, Find] = {"first words": first_words, "random": at_random, "BM25 window": by_bm25}


def finds(finder: PassageFinder) -> Find:
    """What the product finds."""
    return lambda query: finder.spans(query.meeting.texts, query.text, query.budget, query.meeting.speakers)


def embedder() -> Embed | None:
    """The packaged embedder, or None with a line on stderr that says what is missing."""

    try:
        load_model()
    except NotReady as error:
        print(f"find without embeddings, so with a lower F1: {error}", file=sys.stderr)
        return None
    return embed


# --- predictions ------------------------------------------------------------------------------------------------------


def predict(meetings: Sequence[Meeting], finder: PassageFinder) -> Iterator[dict[str, Any]]:
    """One prediction a query, ``{"id", "query", "spans"}``; spans of turns, inclusive, best first."""
    find, started, scores = finds(finder), time.monotonic(), []
    for at, meeting in enumerate(meetings, 1):
        for number in range(len(meeting.queries)):
            query = Query(meeting, number)
            spans = find(query)
            yield {"id": meeting.id, "query": number, "spans": [list(each) for each in spans]}
            if query.budget:
                scores.append(f1(query, spans))
        spent = time.monotonic() - started
        print(
            f"find  {at}/{len(meetings)} meetings  {len(scores)} queries  F1 {np.mean(scores or [0]):.3f}  {spent:.0f} s",
            file=sys.stderr,
        )


def save(predictions: Sequence[Mapping[str, Any]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in predictions), "utf-8")


# --- on the page ------------------------------------------------------------------------------------------------------


def timeline(query: Query) -> dict[str, Any]:
    """What there is to draw of a query before anybody finds anything, a word taking its share of a second."""
    edges = np.concatenate([[0], np.cumsum(query.sizes)]) / PACE
    runs = np.flatnonzero(np.diff(np.concatenate([[0], query.chosen.astype(int), [0]])))
    return {
        "title": query.meeting.id,
        "wish": query.text,
        "target": round(query.budget / PACE, 1),
        "duration": round(float(edges[-1]), 2),
        "lines": [
            _drawn(query, edges, "good", first, end - 1) for first, end in zip(runs[::2], runs[1::2], strict=True)
        ],
        "played": {},
        "calls": [],
    }


def drawn(query: Query, spans: Sequence[Span]) -> list[list[Any]]:
    """Start, end, letter and words of each span that was found."""
    edges = np.concatenate([[0], np.cumsum(query.sizes)]) / PACE
    return [_drawn(query, edges, chr(ord("A") + at % 26), *span) for at, span in enumerate(spans)]


def _drawn(query: Query, edges: NDArray[np.float64], kind: str, first: int, last: int) -> list[Any]:
    text = " ".join(query.meeting.texts[first : last + 1])[:300]
    return [round(float(edges[first]), 2), round(float(edges[last + 1]), 2), kind, text]
