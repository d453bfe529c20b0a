"""What was heard and seen of a video, kept for its owner's next wish: one wrapper before whoever listens, one before whoever looks.

An answer is found by its owner, the digest of the video, the engine with its settings, and what was asked; so another name for the same
bytes and another door find it, and another owner does not.  It lies in the object store until the last of its runs is forgotten.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from tools.files.whole import fingerprint
from tools.ports import UNSEEN, Bill, Diariser, Engine, Engines, FrameAnalyst, ObjectStore, Steps, Transcriber
from tools.schema import Frame, Noun, Source, Speech, Word
from tools.workspace import Workspace

log = logging.getLogger("hookline")

ANSWERS, RUNS = "work/known/answers", "work/known/runs"
"""Where answers lie, below owner and video, and a mark for each run that knows of them."""
TOLD = "known.json"
"""In a run's folder: what it was told from memory."""
SAME = 6
"""Bits in which the hashes of two stills may differ for them to be one picture to an eye."""


class Answer(Noun):
    run: str
    """The run that asked the engine."""


class Heard(Answer):
    speech: Speech


class Words(Answer):
    words: tuple[Word, ...]


class Seen(Answer):
    frames: tuple[Frame, ...]
    warnings: tuple[str, ...] = ()


class Told(Noun):
    """Which engines were not asked, each with the run that had asked it."""

    by: dict[str, str] = {}


A = TypeVar("A", bound=Answer)


@dataclass(frozen=True)
class Memory:
    """What one owner's runs know, for the run that asks."""

    store: ObjectStore
    owner: str
    run: str

    def before(self, engines: Engines) -> Engines:
        """The engines, asked only for what no run of this owner's was told."""
        return replace(
            engines,
            transcriber=Listening(engines.transcriber, self),
            analyst=Looking(engines.analyst, self),
            diariser=Telling(engines.diariser, self) if engines.diariser else None,
        )

    def find(self, place: str, kind: type[A], workspace: Workspace) -> A | None:
        """The answer kept at ``place``, which then lies in the run's folder as well."""
        path = workspace.folder / Path(place).name
        if not path.exists():
            try:
                self.store.fetch(place, path)
            except (FileNotFoundError, PermissionError):  # S3 tells who may not list that a missing object is forbidden
                return None
        try:
            return kind.model_validate_json(path.read_bytes())
        except ValidationError as wrong:
            log.warning("kept answer not understood", extra={"place": place, "why": str(wrong)[:300]})
            path.unlink()
            return None

    def keep(self, place: str, answer: Answer, workspace: Workspace) -> None:
        """Keep an answer, after the mark by which it is forgotten; of two at once the first stays."""
        name = Path(place).name
        workspace.save(name, answer)
        try:
            self.mark(workspace)
            self.store.put(place, workspace.folder / name, "application/json")
        except FileExistsError:
            return
        except PermissionError as no:
            log.warning("answer not kept", extra={"place": place, "why": str(no)})

    def mark(self, workspace: Workspace) -> None:
        """Let what is known of the video last as long as this run."""
        known = _folder(self.owner, workspace.source.sha256)
        self.store.put(f"{RUNS}/{self.run}/{known}", workspace.write(".known", known.encode()), "text/plain")

    def place(self, video: str, what: str, *asked: str) -> str:
        """Where the answer to what was ``asked`` of a video lies."""
        return f"{ANSWERS}/{_folder(self.owner, video)}/{what}-{_digest(*asked)}.json"


class Remembering(Engine):
    """An engine that is asked only for what is not known yet."""

    def __init__(self, inner: Engine, memory: Memory, part: str) -> None:
        self._asked, self._memory, self._part = inner, memory, part

    @property
    def engine(self) -> str:
        return self._asked.engine

    @property
    def settings(self) -> str:
        return self._asked.settings

    @property
    def spent(self) -> Bill | None:  # type: ignore[override]
        return self._asked.spent

    def let_go(self) -> None:
        self._asked.let_go()

    def _known(self, place: str, kind: type[A], workspace: Workspace, steps: Steps) -> A | None:
        """The kept answer; whether there was one is decided once, in a step, whatever is kept meanwhile."""

        def look_up() -> str:
            found = self._memory.find(place, kind, workspace)
            if found is not None and found.run != self._memory.run:
                self._memory.mark(workspace)
                told = workspace.load(TOLD, Told) or Told()
                workspace.save(TOLD, Told(by=told.by | {self._part: found.run}))
            return found.run if found else ""

        name = Path(place).stem
        return self._memory.find(place, kind, workspace) if steps.step(f"recall {name}", look_up) else None

    def _keep(self, place: str, answer: Answer, workspace: Workspace, steps: Steps) -> None:
        def keep() -> None:
            self._memory.keep(place, answer, workspace)

        if self._asked.lasting:
            steps.step(f"keep {Path(place).stem}", keep)


class Listening(Remembering, Transcriber):
    def __init__(self, inner: Transcriber, memory: Memory) -> None:
        super().__init__(inner, memory, "transcriber")
        self._inner = inner

    @property
    def warnings(self) -> Sequence[str]:  # type: ignore[override]
        return self._inner.warnings

    def cost(self, seconds: float) -> float:
        return self._inner.cost(seconds)

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        asked = (self.engine, self.settings, language or "", str(source.audio_index))
        place = self._memory.place(source.sha256, "heard", *asked)
        if (known := self._known(place, Heard, workspace, steps)) is not None:
            steps.progress("transcribe", 1.0, "known from an earlier run")
            return known.speech
        speech = self._inner.transcribe(source, workspace, steps, language)
        self._keep(place, Heard(run=self._memory.run, speech=speech), workspace, steps)
        return speech

    def again(self, sound: Path, language: str) -> tuple[Word, ...] | None:
        return self._inner.again(sound, language)

    def align(self, words: Sequence[Word], workspace: Workspace, language: str) -> tuple[Word, ...]:
        given = "\n".join(word.model_dump_json() for word in words)
        place = self._memory.place(workspace.source.sha256, "aligned", self.engine, self.settings, language, given)
        if (known := self._memory.find(place, Words, workspace)) is not None:
            return known.words
        moved = self._inner.align(words, workspace, language)
        if moved != tuple(words):
            self._memory.keep(place, Words(run=self._memory.run, words=moved), workspace)
        return moved


class Telling(Remembering, Diariser):
    def __init__(self, inner: Diariser, memory: Memory) -> None:
        super().__init__(inner, memory, "diariser")
        self._inner = inner

    def tell_apart(self, words: Sequence[Word], workspace: Workspace, steps: Steps) -> tuple[Word, ...]:
        if not self.engine:  # not installed: there is nothing to keep
            return self._inner.tell_apart(words, workspace, steps)
        given = "\n".join(word.model_dump_json() for word in words)
        place = self._memory.place(workspace.source.sha256, "voices", self.engine, self.settings, given)
        if (known := self._known(place, Words, workspace, steps)) is not None:
            return known.words
        found = self._inner.tell_apart(words, workspace, steps)
        self._keep(place, Words(run=self._memory.run, words=found), workspace, steps)
        return found


class Looking(Remembering, FrameAnalyst):
    def __init__(self, inner: FrameAnalyst, memory: Memory) -> None:
        super().__init__(inner, memory, "analyst")
        self._inner = inner
        self._warned: Sequence[str] = ()

    @property
    def warnings(self) -> Sequence[str]:  # type: ignore[override]
        return self._warned

    @property
    def price(self) -> float:
        return self._inner.price

    def cap(self, duration: float) -> int:
        return self._inner.cap(duration)

    def recall(self, frames: Sequence[Frame], workspace: Workspace) -> None:
        self._inner.recall(frames, workspace)

    def analyse(self, frames: Sequence[Frame], workspace: Workspace, steps: Steps) -> tuple[Frame, ...]:
        """The same as the engine's own; one that costs is asked about a video once, and about the stills of later wishes their neighbours are."""
        stills = [part for frame in frames for part in _still(frame, workspace)]
        place = self._memory.place(workspace.source.sha256, "seen", self.engine, self.settings, *stills)
        if (known := self._known(place, Seen, workspace, steps)) is not None:
            steps.progress("look", 1.0, "known from an earlier run")
            self._warned = known.warnings
            self._inner.recall(known.frames, workspace)
            return measured_anew(known.frames, frames)
        if self.price and self._part in (workspace.load(TOLD, Told) or Told()).by:
            self._warned = ()
            seen = workspace.observation
            return from_neighbours(frames, seen.frames if seen else ())
        told = self._inner.analyse(frames, workspace, steps)
        self._warned = tuple(self._inner.warnings)
        answer = Seen(run=self._memory.run, frames=told, warnings=tuple(self._warned))
        self._keep(place, answer, workspace, steps)
        return told


def measured_anew(known: Sequence[Frame], frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """What an engine told of stills, with their edges as they are measured now: an earlier version may have known less of these."""
    now = {frame.file: frame for frame in frames}
    return tuple(
        each.model_copy(update={name: getattr(now[each.file], name) for name in ("picture", "ground", "inner")})
        if each.file in now
        else each
        for each in known
    )


def from_neighbours(frames: Sequence[Frame], known: Sequence[Frame]) -> tuple[Frame, ...]:
    """Each still with what the one of its shot showed that is nearest in time; only the same picture to an eye counts as looked at."""
    return tuple(_from(frame, [other for other in known if other.shot == frame.shot]) for frame in frames)


def _from(frame: Frame, near: Sequence[Frame]) -> Frame:
    looked = [other for other in near if UNSEEN not in other.gates]
    same = [other for other in looked if frame.distance(other) <= SAME]
    found = min(same or looked, key=lambda other: abs(other.at - frame.at), default=None)
    unsafe = tuple(found.unsafe) if found else ()
    gates = (*frame.gates, *(("unsafe",) if unsafe else ()), *(() if same else (UNSEEN,)))
    told = {} if found is None else {name: getattr(found, name) for name in ("faces", "labels", "text", "text_boxes")}
    return frame.model_copy(update={**told, "unsafe": unsafe, "gates": tuple(dict.fromkeys(gates))})


def forget(store: ObjectStore, run: str) -> None:
    """Delete the mark of a run, and what is known of its video where that was the last one."""
    marks = store.names(f"{RUNS}/")
    mine = [mark for mark in marks if mark.startswith(f"{RUNS}/{run}/")]
    for mark in mine:
        known = mark.removeprefix(f"{RUNS}/{run}/")
        if not any(other.endswith(f"/{known}") for other in marks if other not in mine):
            store.remove(f"{ANSWERS}/{known}")
    if mine:
        store.remove(f"{RUNS}/{run}")


def named(workspace: Workspace, names: Mapping[str, str]) -> dict[str, str]:
    """For the record: of the engines that were not asked, their ``names`` and the run that had asked them."""
    found = workspace.load(TOLD, Told) or Told()
    return {part: f"{names.get(part, 'engine')} (asked by run {run[:12]})" for part, run in found.by.items()}


def _folder(owner: str, video: str) -> str:
    return f"{_digest(owner)}/{video}"


def _digest(*parts: str) -> str:
    """80 bits over length-prefixed parts."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:20]


def _still(frame: Frame, workspace: Workspace) -> tuple[str, ...]:
    """What an engine is shown of a still, and what it chooses by."""
    path = workspace.folder / frame.file
    return (frame.file, frame.shot, ",".join(frame.gates), fingerprint(path) if path.is_file() else "")
