"""Where things are thrown at Hookline: a canary that must stay silent, fakes at the ports, and the count of what broke."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.loop import Studio
from agent.records import Records
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.ports import Engines
from tools.schema import Brief, Frame, Label, Source, Speech, Word

ROOT = Path(__file__).parents[2]
HOSTILE = ROOT.parent / "shared" / "hostile"
SEED = 20261124
CANARY = Path(tempfile.gettempdir()) / "hostile_canary"
CANARY_PORT = 18777
SECRET = "CANARY-5f2b91c7-not-to-be-seen"
"""Planted in the environment, in the canary's files and in another tenant's run."""

TALK = (
    "Welcome everyone, can you hear me at the back? We lost half of our customers every single year. "
    "Nobody could read the price page, so nobody stayed. We called forty people and asked one question. "
    "Thirty one of them did not know what they paid. That was the whole problem. "
    "So we threw nine plans away and kept three. Churn fell from six percent to two. "
    "A price is a promise, and a promise must be short. Thank you for coming."
)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in (HOSTILE / name).read_text("utf-8").splitlines()]


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

    def case(self, name: str, wrong: Sequence[str], wall: float = 0.0, memory: float = 0.0) -> None:
        self.cases += 1
        self.failures += [f"{name}: {each}" for each in wrong]
        self.wall, self.memory = max(self.wall, wall), max(self.memory, memory)

    def row(self) -> str:
        memory = f"{self.memory:7.0f}" if self.memory else "      -"
        note = "; ".join(self.notes)
        return f"{self.what:<58} {self.cases:>6} {len(self.failures):>8} {memory} {self.wall:7.2f}  {note}"


HEAD = f"{'what':<58} {'cases':>6} {'failures':>8} {'MB':>7} {'s':>7}"


class Canary:
    """A listener and a folder that hostile files point at.  ``hits`` counts whoever came; 0 is the only good count."""

    def __init__(self) -> None:
        self.hits = 0

    def __enter__(self) -> Canary:
        CANARY.mkdir(exist_ok=True)
        (CANARY / "secret.txt").write_text(SECRET)
        for name in ("other_tenant.mp4", "other_tenant.ts"):
            if (HOSTILE / "media" / name).exists():
                shutil.copyfile(HOSTILE / "media" / name, CANARY / name)
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


class Heard:
    """A transcriber that heard ``text`` from 0.3 s on, with a pause after each sentence; each listening is one line of ``told``."""

    engine = "fake"
    price = 0.0

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


class Unseeing:
    """An analyst that reads ``text`` in every still, and sees nothing else."""

    engine = "fake"
    price = 0.0

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


def movie(path: Path, seconds: float = 42, title: str = "") -> Path:
    """Moving colour and a tone, small enough to render in seconds."""
    from tools.media import ffmpeg

    path.parent.mkdir(parents=True, exist_ok=True)
    argv = [ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={seconds}"]
    argv += ["-f", "lavfi", "-i", f"sine=220:d={seconds}", "-c:v", "libx264", "-preset", "ultrafast"]
    argv += ["-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", *(["-metadata", f"title={title}"] if title else [])]
    subprocess.run([*argv, str(path)], check=True, stdin=subprocess.DEVNULL, timeout=120)
    return path


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
        self.url = self.url or f"sqlite:///{self.folder / 'record.sqlite3'}"
        self.records = Records(self.url)
        self.records.migrate()

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def studio(self, model: Any, **settings: Any) -> Studio:
        from web.report import report

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

    def close(self) -> None:
        self.records.close()


def brief(name: str, **asked: Any) -> Brief:
    run = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    wanted = {"video": "talk.mp4", "target": 8.0, "shapes": ("1x1",), "platforms": ("linkedin",), "captions": "clean"}
    return Brief(**{"run": run, **wanted, **asked})


def spy(folder: Path) -> tuple[Path, Path]:
    """A stand-in for ffmpeg that writes down its arguments and becomes the real one; and where it writes."""
    from tools.media import ffmpeg

    log, script = folder / "argv.log", folder / "ffmpeg-spy"
    script.write_text(
        f"#!/bin/sh\nfor each in \"$@\"; do printf '%s\\n' \"$each\" >> '{log}'; done\nexec '{ffmpeg()}' \"$@\"\n"
    )
    script.chmod(0o700)
    log.touch()
    return script, log


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = time.monotonic()
    return do(), time.monotonic() - began
