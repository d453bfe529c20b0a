"""A cut on its way through changes, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.reading.change import RevisionError
from tools.cutting.edges import Material
from tools.cutting.solver import TOLERANCE
from tools.ports import Bench
from tools.schema import Noun, Pick, Revised, Seconds, Shape, Style


class Recut(Noun):
    """What a revision comes to: picks with the frames they play, and what else is asked of the files."""

    picks: tuple[Pick, ...]
    pins: dict[str, tuple[int, int]]
    """First frame and frames of each pick, by its ids as ``S4-S5``."""
    target: Seconds
    slack: Seconds = 0.0
    """Beside the target where a length was asked; 0 where none was, and it is what it comes to."""
    shapes: tuple[Shape, ...]
    platforms: tuple[str, ...]
    captions: Style
    tongues: tuple[str, ...] = ()
    tone: str = ""
    rewrite: bool = False
    """Write the words again though the clips are the same."""
    notes: tuple[str, ...] = ()
    """What came of edges that were moved, for a person."""
    revised: Revised
    """What it is a change of, and what its words hold a cut to."""


@dataclass(eq=False)
class Item:
    """A clip on its way through the changes."""

    pick: Pick
    frames: tuple[int, int] | None = None
    """First frame and the frame after the last, where it plays as it did; None where it may be cut anew."""
    new: bool = False
    text: str = ""

    @property
    def size(self) -> int:
        return self.frames[1] - self.frames[0] if self.frames else 0


@dataclass
class Draft:
    """The cut as the changes leave it."""

    items: list[Item]
    first: list[Item]
    """As they played before: what numbers in words mean."""
    bench: Bench
    material: Material
    shapes: tuple[Shape, ...]
    platforms: tuple[str, ...]
    captions: Style
    tongues: tuple[str, ...] = ()
    target: float | None = None
    """Seconds asked of the whole; None to let it be what it comes to."""
    slack: float = TOLERANCE
    soft: bool = False
    """Shorter or longer was asked without a number."""
    fit: bool = False
    """Keep the length that it had although something new is in it."""
    tone: str = ""
    rewrite: bool = False
    notes: list[str] = field(default_factory=list)
    before: float = 0.0
    """Seconds that it lasted before any change."""
    before_ids: tuple[tuple[str, ...], ...] = ()
    """Of each clip, before any change."""
    named: list[Item] = field(default_factory=list)
    """What the words of the changes name, which nothing else may change."""
    mended: bool = False
    """Whether something was changed that nobody named, for the whole to be followed."""

    def item(self, number: int) -> Item:
        """The clip of this number, as they were numbered before any change."""
        place = number - 1 if number > 0 else len(self.first) + number
        if not 0 <= place < len(self.first):
            there = f"clips 1 to {len(self.first)}" if len(self.first) > 1 else "one clip"
            raise RevisionError(f"There is no clip {number}; this cut has {there}.")
        found = self.first[place]
        if found not in self.items:
            raise RevisionError(f"Clip {place + 1} is left out by the same words that change it; say one of the two.")
        return found

    @property
    def length(self) -> float:
        return float(sum(item.size for item in self.items) / self.material.rate)
