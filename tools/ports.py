"""What Hookline needs from outside, as Protocols: seven ports of ours, the steps, and the bench that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from tools.schema import Brief, Copy, Frame, Platform, Said, Source, Speech, Transcript, Translated, Word
from tools.workspace import Workspace

Json = Any
"""A value that survives ``json.dumps`` and ``json.loads`` unchanged."""
UNSEEN = "unseen"
"""The gate of a still that was not checked for what is unsafe, so it can't be a cover either."""


@runtime_checkable
class Steps(Protocol):
    """How slow or outside work is carried out: plainly, recorded in SQL, or durably on Lambda."""

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        """The answer of ``do``, or of an earlier finished step of this name in this run; JSON both times."""

    def poll(self, name: str, check: Callable[[], Json], done: Callable[[Json], bool], every: float = 5.0) -> Json:
        """The first answer of ``check`` that is ``done``; waits ``every`` seconds between, at no cost where it can."""

    def progress(self, name: str, share: float, note: str = "") -> None:
        """Tell whoever watches how far the named step is, 0 to 1."""


@dataclass
class Bill:
    """Dollars that the engines of one tool call spent; an engine that costs adds to it."""

    dollars: float = 0.0
    lines: list[str] = field(default_factory=list)

    def add(self, dollars: float, what: str) -> None:
        self.dollars += dollars
        self.lines.append(f"{what}: ${dollars:.4f}")

    def take(self, other: Bill | None) -> None:
        """Move what is on ``other`` here; an engine keeps its own as ``spent`` until the call that it was for is billed."""
        if other is None:
            return
        self.dollars, other.dollars = self.dollars + other.dollars, 0.0
        self.lines += other.lines
        other.lines.clear()


@runtime_checkable
class Engine(Protocol):
    """What is asked of whatever listens, looks or writes.  The answers here are those of an engine that is free and has nothing to tell."""

    @property
    def engine(self) -> str:
        """Its name."""

    @property
    def settings(self) -> str:
        """What else its answers depend on: weights, languages, what is asked for.  A kept answer of other settings is not taken."""
        return ""

    spent: Bill | None = None
    """What was spent and isn't billed yet."""
    lasting: bool = True
    """Whether the last answer would be the same another time: False where something failed that may not fail then."""
    warnings: Sequence[str] = ()
    """What went wrong with parts of the last call, in sentences for a person."""

    def let_go(self) -> None:
        """Give back the memory that models take; they are read again when they are asked."""
        return None


@runtime_checkable
class Transcriber(Engine, Protocol):
    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        """Words with times on the source's clock.  ``language`` is BCP 47, None to find out or take the default."""

    def cost(self, seconds: float) -> float:
        """Dollars of listening to so many seconds."""
        return 0.0

    def align(self, words: Sequence[Word], workspace: Workspace, language: str) -> tuple[Word, ...]:
        """Words that someone wrote down, moved to where the sound has them, as far as it can tell."""
        return tuple(words)

    def again(self, sound: Path, language: str) -> tuple[Word, ...] | None:
        """What a finished promo is heard to say, by its 16 kHz mono WAV; None where that costs, or can't be told in this language."""
        return None


@runtime_checkable
class Diariser(Engine, Protocol):
    def tell_apart(self, words: Sequence[Word], workspace: Workspace, steps: Steps) -> tuple[Word, ...]:
        """The same words with their speakers, A, B … in order of first word; unchanged where one voice is heard or none can be told."""


@runtime_checkable
class FrameAnalyst(Engine, Protocol):
    @property
    def price(self) -> float:
        """Dollars an image."""
        return 0.0

    def cap(self, duration: float) -> int:
        """Stills that it is shown at most, or usually, of a video of so many seconds."""
        return 30

    def analyse(self, frames: Sequence[Frame], workspace: Workspace, steps: Steps) -> tuple[Frame, ...]:
        """The same frames in the same order with faces, labels, text and what is unsafe filled in."""

    def recall(self, frames: Sequence[Frame], workspace: Workspace) -> None:
        """Take these as answers of its own, of an earlier run: it may know the same pictures by them."""
        return None


@runtime_checkable
class Copywriter(Engine, Protocol):
    accepts_feedback: bool = False
    """Whether it writes other words when it is told what was wrong with the first."""

    def cost(self) -> float:
        """About the dollars of one call."""
        return 0.0

    def write(
        self,
        brief: Brief,
        transcript: Transcript,
        chosen: Sequence[str],
        limits: Sequence[Platform],
        steps: Steps,
        tone: str = "",
        feedback: Sequence[str] = (),
        before: Sequence[Copy] = (),
    ) -> tuple[Copy, ...]:
        """Hooks, title, description and tags for each platform of ``limits``, with the sentence ids they rest on.

        ``chosen`` are the ids in the cut, ``feedback`` is what was wrong with the try ``before``, of which only the lines that were refused are wanted anew.  What comes back is checked by ``tools.write``; an engine may not skip that.
        """


@runtime_checkable
class Translator(Engine, Protocol):
    accepts_feedback: bool = False
    """Whether it writes other words when it is told what was wrong with the first."""

    def cost(self, characters: int) -> float:
        """About the dollars of translating so many characters into one language."""
        return 0.0

    def speaks(self, language: str | None, into: str) -> bool:
        """Whether it translates from ``language``, None where that is not known yet, into another."""
        return False

    def translate(
        self,
        lines: Sequence[Said],
        language: str,
        into: str,
        keep: Sequence[str] = (),
        feedback: Mapping[str, Sequence[str]] | None = None,
        before: Sequence[Translated] = (),
    ) -> tuple[Translated, ...]:
        """``lines`` of one promo in playing order, in the language ``into``, each under its own id.

        ``keep`` are names that stay as they are written.  ``feedback`` is by id what was wrong with the lines of the try ``before``,
        which alone are wanted anew.  What comes back is checked by ``tools.words.translated``; an engine may not skip that.
        Raises ``Unwritten`` where the service refuses or is out of reach.
        """
        return ()


@runtime_checkable
class Signer(Protocol):
    """A key by which promos are signed: in a file, or where it can't be copied from."""

    @property
    def engine(self) -> str:
        """Its name, for a person."""

    def certificates(self) -> str:
        """The chain in PEM, the signer's own first.  Raises ``Refusal`` for one that signs nothing."""

    def check(self) -> None:
        """Raises ``Refusal`` where nothing can be signed with it, and why."""

    def sign(self, data: bytes) -> bytes:
        """The signature of ``data`` by ECDSA over P-256 with SHA-256, in DER."""


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


@dataclass(frozen=True)
class Engines:
    transcriber: Transcriber
    analyst: FrameAnalyst
    copywriter: Copywriter
    store: ObjectStore
    fallback_copywriter: Copywriter | None = None
    """Takes over when ``copywriter`` fails its checks twice; None for the extractive writer itself."""
    diariser: Diariser | None = None
    """Asked where no word came with a speaker."""
    translator: Translator | None = None
    """Asked where captions in another language are wanted."""


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
