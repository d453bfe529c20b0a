"""What Hookline needs from outside, as Protocols: four ports of ours, the steps, and the bench that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from tools.schema import Brief, Copy, Frame, Source, Speech, Transcript
from tools.workspace import Workspace

Json = Any
"""A value that survives ``json.dumps`` and ``json.loads`` unchanged."""


@runtime_checkable
class Steps(Protocol):
    """How slow or outside work is carried out: plainly, recorded in SQL, or durably on Lambda."""

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """The answer of ``do``, or of an earlier finished step of this name in this run; JSON both times."""

    def poll(self, name: str, check: Callable[[], Json], done: Callable[[Json], bool], every: float = 5.0) -> Json:
        """The first answer of ``check`` that is ``done``; waits ``every`` seconds between, at no cost where it can."""

    def progress(self, name: str, share: float, note: str = "") -> None:
        """Tell whoever watches how far the named step is, 0 to 1."""


@runtime_checkable
class Transcriber(Protocol):
    engine: str

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        """Words with times on the source's clock.  ``language`` is BCP 47, None to find out or take the default."""


@runtime_checkable
class FrameAnalyst(Protocol):
    engine: str
    price: float
    """Dollars an image, 0 for a local engine."""

    def analyse(self, frames: Sequence[Frame], workspace: Workspace, steps: Steps) -> tuple[Frame, ...]:
        """The same frames in the same order with faces, labels, text and what is unsafe filled in."""


@runtime_checkable
class Copywriter(Protocol):
    engine: str

    def write(
        self,
        brief: Brief,
        transcript: Transcript,
        chosen: Sequence[str],
        limits: dict[str, Any],
        steps: Steps,
        tone: str = "",
    ) -> tuple[Copy, ...]:
        """Hooks, title, description and tags for each platform of ``limits``, with the sentence ids they rest on.

        ``chosen`` are the ids in the cut.  What comes back is checked by ``tools.write``; an engine may not skip that.
        """


def plain(part: str) -> bool:
    """Whether a name between two slashes of a key is one that every store takes, and nothing that leads elsewhere."""
    return part not in ("", ".", "..") and not any(
        character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in part
    )


@runtime_checkable
class ObjectStore(Protocol):
    def fetch(self, key: str, into: Path) -> None:
        """Copy the named object to ``into``, whole or not at all."""

    def put(self, key: str, path: Path, media_type: str) -> str:
        """Publish a file under ``key`` unless it is there with the same bytes; its SHA-256 in hex.

        Raises ``FileExistsError`` when other bytes are there.
        """

    def names(self, prefix: str) -> list[str]:
        """Keys below ``prefix``, sorted."""

    def remove(self, prefix: str) -> int:
        """Delete all below the folder ``prefix``, every copy of it; how many there were.

        Raises ``PermissionError`` where only the owner of the store may, and ``ValueError`` for an empty prefix.
        """


@runtime_checkable
class Ranged(Protocol):
    """An ``ObjectStore`` that can also give a part of an object."""

    def read(self, key: str, start: int, end: int) -> bytes:
        """Bytes ``start`` to ``end``, ``end`` left out; all from one state of the object.

        Raises ``FileNotFoundError``, ``Refusal`` where the object was replaced since the first reading, ``ConnectionError``.
        """


@dataclass(frozen=True)
class Engines:
    transcriber: Transcriber
    analyst: FrameAnalyst
    copywriter: Copywriter
    store: ObjectStore
    fallback_copywriter: Copywriter | None = None
    """Takes over when ``copywriter`` fails its checks twice; None for the extractive writer itself."""


@dataclass
class Bill:
    """Dollars that the engines of one tool call spent; an engine that costs adds to it."""

    dollars: float = 0.0
    lines: list[str] = field(default_factory=list)

    def add(self, dollars: float, what: str) -> None:
        self.dollars += dollars
        self.lines.append(f"{what}: ${dollars:.4f}")

    def take(self, other: Bill) -> None:
        """Move what is on ``other`` here; an engine keeps its own as ``spent`` until the call that it was for is billed."""
        self.dollars, other.dollars = self.dollars + other.dollars, 0.0
        self.lines += other.lines
        other.lines.clear()


@dataclass(frozen=True)
class Bench:
    """What a tool is handed: the brief, the run's folder, the engines, the steps."""

    brief: Brief
    workspace: Workspace
    engines: Engines
    steps: Steps
    candidates: list[Any] = field(default_factory=list)
    """A tool appends the ``Candidate`` rows of this call here; the ledger empties it into the record."""
    bill: Bill = field(default_factory=Bill)
