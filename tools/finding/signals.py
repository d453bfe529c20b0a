"""What each sentence leans on and what it sets up, as a reader of the talk sees it and as a model that edits is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tools.finding.reader import Readings
from tools.finding.standing_alone import Finding, ending, fitted, opening
from tools.schema import Sentence


class Signals(NamedTuple):
    """By a sentence's id, the id of the sentence that it leans on, or that tells what it sets up; nothing for one that does neither."""

    leans: dict[str, str]
    sets_up: dict[str, str]

    def of(self, first: str, last: str) -> list[str]:
        """What is told of a passage from ``first`` to ``last``."""
        told = [f"leans on {self.leans[first]}"] if first in self.leans else []
        return told + ([f"sets up {self.sets_up[last]}"] if last in self.sets_up else [])


def signals(said: Sequence[Sentence], read: Readings | None) -> Signals:
    """The signals of a talk, by the reader where it has read it, else by rules."""
    read = fitted(said, read) if read is not None and said else None
    leans = {each.id: other for at, each in enumerate(said) if (other := _other(opening(said, at, read)))}
    sets_up = {each.id: other for at, each in enumerate(said) if (other := _other(ending(said, at, read)))}
    return Signals(leans, sets_up)


def _other(found: Sequence[Finding]) -> str:
    return next((each.ids[1] for each in found if each.severe and len(each.ids) > 1), "")
