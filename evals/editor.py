"""The suite "editor": promos of real speech against those that an editor would have sent, and sentences against an editor's marks.

A row of the data is an excerpt: ``{"id", "source", "licence", "sentences": [{"speaker", "text", "leans", "sets_up", "open", "close", "worth",
"house"}], "cuts": [{"about", "clips"}]}``; clips are first and last sentence, inclusive, in playing order.  What the marks mean stands in
``datasets/editor/README.md``.  A case is a cut: the wish is "make a 30s promo about <about>", its words timed as ``cases.timed`` times them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from agent.reading.wish import read_wish
from evals.cases import DATASETS, Case, Line, Talk, Wish, played, rows
from evals.scorers import Attempt, Scorer
from evals.solvers import heard
from tools.cutting.choice import stories
from tools.cutting.plan import lay
from tools.finding import reader
from tools.finding.meant import meant
from tools.finding.standing_alone import fitted

MARKED = DATASETS / "editor" / "marks.jsonl.gz"
READER = "reader, story"
TARGET = 30.0
FAR = 9
"""A mark for more than four sentences, or for what can't be followed or paid at all."""
HEARD = 0.5
"""Share of a sentence's words that must play for it to count as played."""

Clips = Sequence[tuple[int, int]]
"""First and last sentence of each run, in playing order."""


class Marked(BaseModel):
    """A sentence and what an editor knows about it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = Field(min_length=1)
    speaker: str = ""
    leans: int = Field(ge=0, le=FAR)
    sets_up: int = Field(ge=0, le=FAR)
    open: int = Field(ge=0, le=3)
    close: int = Field(ge=0, le=3)
    worth: int = Field(ge=0, le=3)
    house: int = Field(default=0, ge=0, le=1)

    def holds(self) -> dict[str, bool]:
        """Each mark as a claim that is true of the sentence or not."""
        return {
            "leans": self.leans > 0,
            "sets_up": self.sets_up > 0,
            "open": self.open >= 2,
            "close": self.close >= 2,
            "worth": self.worth >= 2,
            "house": bool(self.house),
        }


class Sent(BaseModel):
    """A promo that the editor would have sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    about: str = Field(min_length=1)
    clips: tuple[tuple[int, int], ...] = Field(min_length=1)


class Excerpt(BaseModel):
    """A row of the data; what else the row holds is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    sentences: tuple[Marked, ...] = Field(min_length=5)
    cuts: tuple[Sent, ...] = ()

    @property
    def talk(self) -> Talk:
        lines = tuple(
            Line(say=each.text, speaker=each.speaker or "host", house=bool(each.house)) for each in self.sentences
        )
        wishes = tuple(
            Wish(key=str(at), wish=f"make a 30s promo about {cut.about}", target=TARGET)
            for at, cut in enumerate(self.cuts)
        )
        return Talk(id=self.id, title=self.id, wishes=wishes, lines=lines)


@dataclass(frozen=True)
class Edited(Case):
    """A wish for an excerpt, with the editor's own cut."""

    excerpt: Excerpt

    @property
    def sent(self) -> Sent:
        return self.excerpt.cuts[int(self.wish.key)]


def load(path: Path = MARKED) -> list[Excerpt]:
    """The excerpts of a ``.jsonl`` or ``.jsonl.gz`` file.  Raises ``DataError`` for a wrong row, by file and line."""
    return rows(path, Excerpt)


def cases(excerpts: Sequence[Excerpt]) -> list[Edited]:
    """Every wish for every excerpt."""
    return [Edited(talk, wish, excerpt) for excerpt in excerpts for talk in [excerpt.talk] for wish in talk.wishes]


# What a cut is worth


def clips_of(case: Case, attempt: Attempt) -> list[tuple[int, int]]:
    """What plays, as runs of the excerpt's own sentences: those of which half the words are heard."""
    order: list[int] = []
    for clip in attempt.clips:
        heard: dict[int, int] = {}
        for word in played(case, [clip]):
            heard[word.line] = heard.get(word.line, 0) + 1
        order += [line for line in sorted(heard) if heard[line] >= HEARD * len(case.talk.lines[line].say.split())]
    found: list[tuple[int, int]] = []
    for line in order:
        if found and found[-1][1] == line - 1:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return found


def measures(excerpt: Excerpt, sent: Sent, clips: Clips) -> dict[str, float | None]:
    """What an editor would say of a cut, by claim; None where it has nothing to say, empty where nothing plays."""
    said = excerpt.sentences
    order = [at for first, last in clips for at in range(first, last + 1)]
    if not order:
        return {}
    alone = list(_alone(said, clips))
    paid = [_paid(said, order, place) for place, at in enumerate(order) if said[at].sets_up]
    rests = said[order[-1]].sets_up == 0
    spoken = _words(said, order)
    return {
        "coverage F1": _overlap(said, set(order), {n for first, last in sent.clips for n in range(first, last + 1)}),
        "first clip stands alone": float(alone[0]),
        "clips stand alone": sum(alone) / len(alone),
        "set-ups paid": sum(paid) / len(paid) if paid else None,
        "last line rests": float(rests),
        "clean": float(all(alone) and all(paid) and rests),
        "opens": float(said[order[0]].open),
        "closes": float(said[order[-1]].close),
        "worth": sum(said[at].worth for at in order) / len(order),
        "house words": _words(said, [at for at in order if said[at].house]) / spoken,
    }


def _alone(said: Sequence[Marked], clips: Clips) -> Iterator[bool]:
    """Whether what each run's first sentence leans on has played before it."""
    heard: set[int] = set()
    for first, last in clips:
        leans = said[first].leans
        yield leans != FAR and set(range(first - leans, first)) <= heard
        heard |= set(range(first, last + 1))


def _paid(said: Sequence[Marked], order: Sequence[int], place: int) -> bool:
    """Whether any of what the sentence sets up plays after it."""
    at = order[place]
    ahead = said[at].sets_up
    return ahead != FAR and bool(set(order[place + 1 :]) & set(range(at + 1, at + 1 + ahead)))


def _overlap(said: Sequence[Marked], ours: set[int], theirs: set[int]) -> float:
    both = _words(said, ours & theirs)
    return 2 * both / (_words(said, ours) + _words(said, theirs)) if both else 0.0


def _words(said: Sequence[Marked], some: Sequence[int] | set[int]) -> int:
    return sum(len(said[at].text.split()) for at in some)


@lru_cache(maxsize=256)
def _measured(excerpt: Excerpt, sent: Sent, clips: tuple[tuple[int, int], ...]) -> dict[str, float | None]:
    return measures(excerpt, sent, clips)


def _claim(name: str) -> Callable[[Case, Attempt], float | None]:
    def measure(case: Case, attempt: Attempt) -> float | None:
        if not isinstance(case, Edited) or not attempt.clips:
            return None
        return _measured(case.excerpt, case.sent, tuple(clips_of(case, attempt))).get(name)

    return measure


EDITED: Mapping[str, Scorer] = {
    name: Scorer(_claim(name), more=name != "house words")
    for name in (
        *("coverage F1", "first clip stands alone", "clips stand alone", "set-ups paid", "last line rests", "clean"),
        *("opens", "closes", "worth", "house words"),
    )
}
"""The claims of this suite."""


# Who cuts


def by_reader(case: Case) -> Attempt:
    """The story that the reader of sentences and the finder tell, by one search, without the tools around it."""
    began = time.monotonic()
    transcript, material = heard(case)
    said = material.sentences
    told = fitted(said, reader.read([each.text for each in said], [each.speaker for each in said]))
    topic = read_wish(case.wish.wish).topic
    found = stories(material, told, meant(said, told, topic), case.wish.target)
    cut = lay(material, found[0].picks, found[0].solution, case.wish.target, "P1") if found else None
    return Attempt(
        case=case.id,
        solver=READER,
        status="done" if cut else "nothing to make",
        cut=cut,
        transcript=transcript,
        seconds=round(time.monotonic() - began, 3),
    )


# What the reader of sentences is worth


def marks(excerpt: Excerpt) -> list[dict[str, bool]]:
    """What the packaged reader says of an excerpt's sentences, as the marks are counted."""
    told = reader.read([each.text for each in excerpt.sentences], [each.speaker for each in excerpt.sentences])
    return [
        {
            "leans": bool(told.leans[at] >= 0.5),
            "sets_up": bool(told.sets_up[at] >= 0.35),
            "open": bool(told.open[at] >= 1.2),
            "close": bool(told.close[at] >= 1.2),
            "worth": bool(told.worth[at] >= 1.4),
            "house": bool(told.house[at] >= 0.35),
        }
        for at in range(len(excerpt.sentences))
    ]


def agreement(
    excerpts: Sequence[Excerpt], read: Callable[[Excerpt], Sequence[Mapping[str, bool]]]
) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of each mark, a sentence a trial; ``read`` gives the marks of an excerpt's sentences."""
    pairs = [
        (each.holds(), told)
        for excerpt in excerpts
        for each, told in zip(excerpt.sentences, read(excerpt), strict=True)
    ]
    return {mark: _agreed([(true[mark], bool(told[mark])) for true, told in pairs]) for mark in pairs[0][0]}


def _agreed(pairs: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    both = sum(true and told for true, told in pairs)
    precision = both / max(1, sum(told for _, told in pairs))
    recall = both / max(1, sum(true for true, _ in pairs))
    return {"P": precision, "R": recall, "F1": 2 * precision * recall / max(1e-9, precision + recall)}


def save(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
