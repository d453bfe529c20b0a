"""Where things are thrown at Hookline: a canary that must stay silent, fakes at the ports, and the count of what broke."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest.mock import patch

from agent.record.records import Records
from agent.studio import Studio
from tests.fire import collection
from tests.fire.collection import CANARY, CANARY_PORT
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.ports import Engines, FrameAnalyst, Transcriber
from tools.schema import Brief, Frame, Label, Source, Speech, Word

SEED = 20261124
SECRET = "CANARY-5f2b91c7-not-to-be-seen"
"""Planted in the environment, in the canary's files and in another tenant's run."""

TALK = (
    "Welcome everyone, can you hear me at the back? We lost half of our customers every single year. "
    "Nobody could read the price page, so nobody stayed. We called forty people and asked one question. "
    "Thirty one of them did not know what they paid. That was the whole problem. "
    "So we threw nine plans away and kept three. Churn fell from six percent to two. "
    "A price is a promise, and a promise must be short. Thank you for coming."
)


WORKERS = int(os.environ.get("HOOKLINE_FIRE_WORKERS") or os.cpu_count() or 2)
"""Processes that throw cases at once in the long form."""

Job = TypeVar("Job")
_part = [0, 1]
_further: list[Path] = []


def part(jobs: Sequence[Job]) -> Sequence[Job]:
    """Those of ``jobs`` that this invocation is for: all, unless ``--part 2/5`` was given."""
    return jobs[_part[0] :: _part[1]]


def take_part(number: int, of: int) -> None:
    _part[:] = [number - 1, of]


def take_further(folder: Path) -> None:
    """Throw another collection of the same form, too: ``media/index.json``, ``injections.jsonl`` and so on."""
    _further[:] = [folder]


def further(name: str) -> list[dict[str, Any]]:
    """The rows of a file of the collection that was named besides our own; none where none was."""
    return [json.loads(row) for each in _further for row in (each / name).read_text("utf-8").splitlines()]


def further_whole(name: str) -> list[Any]:
    return [row for each in _further for row in json.loads((each / name).read_text("utf-8"))]


def media(name: str) -> Path:
    """A hostile file, ours or of the further collection."""
    places = [collection.folder() / name, *(each / "media" / name for each in _further)]
    return next(place for place in places if place.exists())


@dataclass
class Tally:
    """What one group of cases came to."""

    what: str
    cases: int = 0
    failures: list[str] = field(default_factory=list)
    memory: float = 0.0
    """Megabytes, the worst."""
    wall: float = 0.0
    """Seconds, the worst."""
    notes: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    """How cases ended, where that is worth a count."""
    seed: int = 0
    """Of what was drawn by chance; 0 where nothing was."""

    def case(self, name: str, wrong: Sequence[str], wall: float = 0.0, memory: float = 0.0, end: str = "") -> None:
        self.cases += 1
        self.failures += [f"{name}: {each}" for each in wrong]
        self.wall, self.memory = max(self.wall, wall), max(self.memory, memory)
        if end:
            self.ends[end] += 1

    def throw(self, jobs: Sequence[Job], do: Callable[[Job], Thrown], workers: int = 1) -> None:
        """``do`` each job and count it, in so many processes at once; a process that dies fails the whole group."""
        if not jobs:
            return
        if workers <= 1 or len(jobs) <= 1:
            thrown = [_measured(do, job) for job in jobs]
        else:
            _JOBS[:] = [do, jobs]
            with ProcessPoolExecutor(min(workers, len(jobs)), multiprocessing.get_context("fork")) as pool:
                thrown = list(pool.map(_nth, range(len(jobs))))
        for case, wall, memory in thrown:
            self.case(case.name, case.wrong, case.wall or wall, case.memory or memory, case.end)

    def row(self) -> str:
        memory = f"{self.memory:7.0f}" if self.memory else "      -"
        seed = str(self.seed or "-")
        ends = ", ".join(f"{n} {end}" for end, n in self.ends.most_common())
        note = "; ".join([*self.notes, *([ends] if ends else [])])
        return f"{self.what:<52} {self.cases:>6} {len(self.failures):>8} {memory} {self.wall:7.2f} {seed:>9}  {note}"


HEAD = f"{'what':<52} {'cases':>6} {'failures':>8} {'MB':>7} {'s':>7} {'seed':>9}"


class Thrown(NamedTuple):
    """What one case came to; ``wall`` and ``memory`` are measured around it where they are not given."""

    name: str
    wrong: Sequence[str]
    end: str = ""
    wall: float = 0.0
    memory: float = 0.0


_JOBS: list[Any] = []
"""What to do and with what, for the processes that are forked off to do it."""


def _nth(number: int) -> tuple[Thrown, float, float]:
    do, jobs = _JOBS
    return _measured(do, jobs[number])


def _measured(do: Callable[[Job], Thrown], job: Job) -> tuple[Thrown, float, float]:
    """A case with its seconds, and megabytes of the largest process so far: this one or a child of it."""
    case, wall = timed(lambda: do(job))
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return case, wall, memory / 1024


class Canary:
    """A listener and a folder that hostile files point at.  ``hits`` counts whoever came; 0 is the only good count."""

    def __init__(self) -> None:
        self.hits = 0

    def __enter__(self) -> Canary:
        CANARY.mkdir(exist_ok=True)
        (CANARY / "secret.txt").write_text(SECRET)
        for name in collection.TENANT:
            shutil.copyfile(media(name), CANARY / name)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for _ in range(600):  # the port is fixed by the files, and another test may hold it
            with contextlib.suppress(OSError):
                self._socket.bind(("127.0.0.1", CANARY_PORT))
                break
            time.sleep(0.2)
        self._socket.listen(16)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            caller.close()

    def __exit__(self, *_: Any) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        shutil.rmtree(CANARY, ignore_errors=True)


class Heard(Transcriber):
    """A transcriber that heard ``text`` from 0.3 s on, with a pause after each sentence; each listening is one line of ``told``."""

    engine = "fake"

    def __init__(self, text: str = TALK, told: Path | None = None) -> None:
        self.text, self.told = text, told

    def transcribe(self, source: Source, workspace: Any, steps: Any, language: str | None = None) -> Speech:
        def listen() -> Any:
            if self.told:
                with self.told.open("a") as file:
                    file.write("listen\n")
            words, at = [], 0.3
            for text in self.text.split():
                words.append(Word(text=text, start=at, end=at + 0.28))
                at += 0.3 + (0.5 if text[-1] in ".?" else 0.0)
            return Speech(words=tuple(w for w in words if w.end < source.duration), engine="fake").model_dump(
                mode="json"
            )

        if not source.has_audio:
            return Speech(engine="fake")
        return Speech.model_validate(steps.step("listen", listen))


class Deaf(Transcriber):
    """Was never asked: the words are there. It does not hear a promo again either."""

    engine = "fake"

    def transcribe(self, source: Any, workspace: Any, steps: Any, language: str | None = None) -> Any:
        raise AssertionError("nothing is left to hear")


class Unseeing(FrameAnalyst):
    """An analyst that reads ``text`` in every still, and sees nothing else."""

    engine = "fake"

    def __init__(self, text: str = "") -> None:
        self.text = text

    def analyse(self, frames: Sequence[Frame], workspace: Any, steps: Any) -> tuple[Frame, ...]:
        if not self.text:
            return tuple(frames)
        return tuple(frame.model_copy(update=self._planted()) for frame in frames)

    def _planted(self) -> dict[str, Any]:
        return {
            "text": (self.text,),
            "text_boxes": ((0.1, 0.1, 0.4, 0.1),),
            "labels": (Label(name=self.text[:80], confidence=0.9),),
        }


def movie(path: Path, seconds: float = 42, title: str = "", look: str = "testsrc2") -> Path:
    """Moving colour (or another of ffmpeg's pictures) and a tone, small enough to render in seconds."""
    from tools.media.process import ffmpeg

    path.parent.mkdir(parents=True, exist_ok=True)
    argv = [ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", f"{look}=s=320x180:r=20:d={seconds}"]
    argv += ["-f", "lavfi", "-i", f"sine=220:d={seconds}", "-c:v", "libx264", "-preset", "ultrafast"]
    argv += [
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-b:a",
        "48k",
        "-shortest",
        *(["-metadata", f"title={title}"] if title else []),
    ]
    subprocess.run([*argv, str(path)], check=True, stdin=subprocess.DEVNULL, timeout=120)
    return path


@cache
def _migrated() -> bytes:
    """An empty record in SQLite, so that not every case makes its tables anew."""
    with tempfile.TemporaryDirectory(prefix="hookline-fire-") as folder:
        path = Path(folder) / "record.sqlite3"
        made = Records(f"sqlite:///{path}")
        made.migrate()
        made.close()
        return path.read_bytes()


@dataclass
class Field:
    """One place to run in: its folder, its record, its outbox."""

    folder: Path
    url: str = ""
    video: Path = Path()
    transcriber: Any = None
    analyst: Any = None
    copywriter: Any = None
    store: Any = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.url:
            (self.folder / "record.sqlite3").write_bytes(_migrated())
            self.url = f"sqlite:///{self.folder / 'record.sqlite3'}"
        self.records = Records(self.url)
        self.records.migrate()

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def studio(self, model: Any, **settings: Any) -> Studio:
        from report.page import report

        engines = Engines(
            transcriber=self.transcriber or Heard(),
            analyst=self.analyst or Unseeing(),
            copywriter=self.copywriter or Extractive(),
            store=self.store or Folder(self.outbox),
            fallback_copywriter=Extractive() if self.copywriter else None,
        )
        settings = {"report": report, "model_id": "scripted", **settings}
        return Studio(engines=engines, model=model, records=self.records, home=self.folder / "runs", **settings)

    def fetch(self, into: Path) -> None:
        shutil.copyfile(self.video, into)

    def another(self, **more: Any) -> Field:
        """The same place by a connection of its own."""
        mine = Field.__new__(Field)
        mine.__dict__ |= {**self.__dict__, **more}
        mine.records = Records(mine.url)
        return mine

    def close(self) -> None:
        self.records.close()


def brief(name: str, **asked: Any) -> Brief:
    run = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    wanted = {"video": "talk.mp4", "target": 8.0, "shapes": ("1x1",), "platforms": ("linkedin",), "captions": "clean"}
    return Brief(**{"run": run, **wanted, **asked})


def spy(folder: Path) -> Path:
    """A stand-in for ffmpeg that writes down what it is called with, and answers the same work on the same bytes once.

    Where a render is not what is tested, a thousand runs of one video would make the same promo a thousand times.
    """
    from tools.media.process import ffmpeg

    folder.mkdir(parents=True, exist_ok=True)
    script, part = folder / "ffmpeg-spy", folder / f"ffmpeg-spy-{os.getpid()}"
    part.write_text(
        f"#!{sys.executable} -IS\n"
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from render_once import main; main({ffmpeg()!r}, {str(folder)!r})\n"
    )
    part.chmod(0o700)
    part.replace(script)  # another process may be about to start it
    return script


def arguments(folder: Path) -> Path:
    """Where ``spy`` writes the arguments of this process's children."""
    path = folder / f"argv-{os.getpid()}.log"
    path.touch()
    return path


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    with patch.dict(os.environ, values):
        yield


def timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = time.monotonic()
    return do(), time.monotonic() - began
