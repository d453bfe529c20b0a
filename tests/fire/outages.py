"""A machine that fails under a run: a full disk at any size, an ffmpeg that lies, a database behind a bad wire."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import make_url

from agent.deciding.scripted import Scripted
from agent.loop import run
from agent.outcome import place
from agent.record.records import RecordsDown
from tests.fire.ground import SEED, Field, Tally, Thrown, brief, environment, movie, part, spy
from tests.fire.once import SCRIPT, settled, waited
from tests.fire.words import TARGET
from tools.schema import Brief

# A full disk

SIZES = (4, 60, 100, 160, 220, 300, 400, 600, 1000, 2000, 3000, 4000)
"""Kilobytes that a file may grow to before the disk is full: the video, the record, the sound, a still, the promo, the page."""


def full(tally: Tally, folder: Path, workers: int = 1, sizes: Sequence[int] = SIZES) -> None:
    """A run that meets a full disk ends with a sentence and leaves nothing half done; with room again it is made whole."""
    video = movie(folder / "talk.mp4", look="smptebars")  # smaller than what is made of it

    def case(size: int) -> Thrown:
        field = Field(folder / f"full-{size}", video=video)
        asked = brief(f"full {size}", target=TARGET)
        told = field.folder / "trouble"
        end = waited(_cramped(field, asked, size << 10, told))
        wrong = [] if end in (0, 5) else [f"ended with {end}: {told.read_text()[-300:] if told.exists() else ''}"]
        if end == 5 and not told.read_text().strip():
            wrong.append("failed without a sentence")
        wrong += [f"{path.name} was left" for path in field.outbox.rglob(".part-*")]
        if (field.outbox / place(asked) / "run.json").exists() and end == 5:
            wrong.append("run.json is there of a run that failed")
        run(asked, field.studio(Scripted(turns=SCRIPT)), field.fetch)
        wrong += settled(field, asked)
        field.close()
        return Thrown(f"{size} KB", wrong, "made" if end == 0 else "told, and made with room")

    with environment(HOOKLINE_FFMPEG=str(spy(folder))):
        tally.throw(part(sizes), case, workers)


def _cramped(field: Field, asked: Brief, most: int, told: Path) -> int:
    """A worker whose files may not grow over ``most`` bytes: it ends with 5 where that was told in a sentence."""
    child = os.fork()
    if child:
        return child
    status = 3
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        mine = field.another()
        try:
            run(asked, mine.studio(Scripted(turns=SCRIPT)), field.fetch)
            status = 0
        except (OSError, RecordsDown) as error:
            sentence, status = str(error), 5
        except BaseException as error:
            sentence = f"{type(error).__name__}: {error}"
        if status:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            told.write_text(sentence)
    finally:
        os._exit(status)


# An ffmpeg that lies

LIES = {
    "makes nothing": "exit 0",
    "makes an empty file": ': > "$last"; exit 0',
    "makes words": 'echo "not a video" > "$last"; exit 0',
    "leaves half": '"$real" "$@" && size=$(stat -c %s "$last") && truncate -s $((size / 2)) "$last"',
    "says that the disk is full": 'echo "x: No space left on device" >&2; exit 1',
    "crashes": "kill -SEGV $$",
    "is killed for its memory": "kill -KILL $$",
    "floods": 'yes "[error] broken" | head -c 20000000 >&2; exit 1',
}


def lies(tally: Tally, folder: Path, workers: int = 1, some: Sequence[str] = tuple(LIES)) -> None:
    """Whatever ffmpeg does instead of a promo, the run is not called done, and with an honest one it is made."""
    video = movie(folder / "talk.mp4")
    honest = spy(folder)

    def case(name: str) -> Thrown:
        here = folder / name.replace(" ", "-")
        here.mkdir()
        liar = here / "ffmpeg"
        liar.write_text(
            f'#!/bin/sh\nreal={honest}\nfor last; do :; done\ncase "$*" in *libx264*) {LIES[name]};; '
            f'*) exec "$real" "$@";; esac\n'
        )
        liar.chmod(0o700)
        field, asked, end = Field(here / "field", video=video), brief(name, target=TARGET), "raised"
        wrong = []
        with environment(HOOKLINE_FFMPEG=str(liar)):
            try:
                end = run(asked, field.studio(Scripted(turns=SCRIPT)), field.fetch).status
            except Exception as error:
                if not str(error).strip() or isinstance(error, AssertionError | KeyError | AttributeError):
                    wrong.append(f"{type(error).__name__}: {str(error)[:200]}")
        if end.startswith("done"):
            wrong.append("called done")
        if list((field.outbox / place(asked)).glob("promo_*.mp4")):
            wrong.append("a broken promo was published")
        if end == "raised":
            with environment(HOOKLINE_FFMPEG=str(honest)):
                run(asked, field.studio(Scripted(turns=SCRIPT)), field.fetch)
            wrong += settled(field, asked)
        field.close()
        return Thrown(name, wrong, end)

    tally.throw(part(some), case, workers)


# A bad wire to the database


class BadWire:
    """A way to the server that is slow, or breaks off after so many bytes by a seeded chance."""

    def __init__(self, port: int, *, pause: float = 0.0, breaks: float = 0.0, seed: int = SEED) -> None:
        self.port, self.pause, self.breaks, self.broke = port, pause, breaks, 0
        self.chance = random.Random(seed)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.own = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                time.sleep(self.pause)
                if self.chance.random() < self.breaks:
                    self.broke += 1
                    other.sendall(data[: len(data) // 2])
                    break
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def wires(tally: Tally, url: Callable[[], str], folder: Path) -> None:
    """Over a slow wire, and over one that breaks in the middle of a fiftieth of what it carries, a run is made once and whole."""
    video = movie(folder / "talk.mp4")
    tally.seed = SEED

    def case(name: str) -> Thrown:
        address = url()
        field = Field(folder / name.replace(" ", "-"), url=address, video=video)
        wire = BadWire(make_url(address).port or 3306, **WIRES[name])
        asked, tries = brief(name, target=TARGET), 0
        mine = field.another(url=str(make_url(address).set(port=wire.own)))
        wrong = []
        while tries < 5:
            tries += 1
            try:
                run(asked, mine.studio(Scripted(turns=SCRIPT)), field.fetch)
                break
            except RecordsDown:
                continue
            except Exception as error:
                wrong.append(f"{type(error).__name__}: {str(error)[:200]}")
                break
        wire.server.close()
        mine.records.close()
        wrong += settled(field, asked)
        field.close()
        return Thrown(name, wrong, f"{wire.broke} breaks, {tries} tries")

    with environment(HOOKLINE_FFMPEG=str(spy(folder))):
        tally.throw(list(WIRES), case)
    shutil.rmtree(folder / "runs", ignore_errors=True)


WIRES: dict[str, dict[str, float]] = {"a slow wire": {"pause": 0.05}, "a wire that breaks": {"breaks": 0.02}}
