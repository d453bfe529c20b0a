"""Ids of what can be picked: ``S12`` is the twelfth sentence, ``V3`` the third shot; ``P2`` is the second plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


def number(name: str) -> int:
    """12 of ``S12``."""
    return int(name[1:])


def index(name: str) -> int:
    """The place, from 0, of ``name`` among its kind."""
    return number(name) - 1


def is_spoken(name: str) -> bool:
    """Whether ``name`` is a sentence's."""
    return name[0] == "S"


class Stretch(NamedTuple):
    """Consecutive sentences (kind S) or shots (kind V); ``first`` and ``last`` count from 0."""

    kind: str
    first: int
    last: int

    @classmethod
    def of(cls, ids: Sequence[str]) -> Stretch:
        return cls(ids[0][0], index(ids[0]), index(ids[-1]))

    @classmethod
    def read(cls, text: str) -> Stretch:
        """The stretch that ``str`` wrote: ``S14-S16`` or ``S14``."""
        first, _, last = text.partition("-")
        return cls.of((first, last or first))

    def __str__(self) -> str:
        return self.ids[0] if self.first == self.last else f"{self.ids[0]}-{self.ids[-1]}"

    @property
    def is_spoken(self) -> bool:
        return self.kind == "S"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(f"{self.kind}{place + 1}" for place in range(self.first, self.last + 1))

    @property
    def span(self) -> slice:
        return slice(self.first, self.last + 1)

    def grown(self, count: int, taken: set[str]) -> Iterator[Stretch]:
        """With one to three neighbours more, those behind first, none of them in ``taken``; ``count`` is how many there are in all."""
        for before, behind in ((0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (0, 3)):
            wider = Stretch(self.kind, self.first - before, self.last + behind)
            if wider.first >= 0 and wider.last < count and not taken & (set(wider.ids) - set(self.ids)):
                yield wider
