"""A recogniser behind HTTP as SageMaker asks of a container: ``GET /ping``, ``POST /invocations`` with a WAV, words with times as the answer.

One talk is heard at a time; pings are answered meanwhile, and who comes second waits.  The standard library alone serves.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import wave
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from tools.local.speech import Recogniser
from tools.media.audio import RATE
from tools.ports import Json, Steps, Transcriber
from tools.schema import Source
from tools.troubles import NotReady
from tools.workspace import Workspace

LARGEST = 1 << 30
"""Bytes of a WAV, which an asynchronous endpoint takes at most; over nine hours."""
KINDS = ("audio/wav", "audio/x-wav", "audio/wave")
ABOUT = "X-Amzn-SageMaker-Custom-Attributes"
SILENT = 30.0
"""Seconds without a byte after which a body is given up."""


class Refused(Exception):
    """The request can't be heard; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Once(Steps):
    """Every step is done: who asked keeps the answer."""

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        return do()

    def poll(self, name: str, check: Callable[[], Json], done: Callable[[Json], bool], every: float = 5.0) -> Json:
        raise NotImplementedError

    def progress(self, name: str, share: float, note: str = "") -> None:
        """Nobody watches."""


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SILENT
    ear: Transcriber
    one: Lock

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/ping" else 404, {})

    def do_POST(self) -> None:
        try:
            if self.path != "/invocations":
                raise Refused(404, f"{self.path} is not served; /ping and /invocations are")
            with tempfile.TemporaryDirectory() as folder:
                place = Workspace(Path(folder) / "talk")
                self.take(place.audio)
                said = self.hear(place)
        except Refused as no:
            self.close_connection = True  # what is left of the body is not read
            self.answer(no.status, {"error": str(no)})
        except NotReady as no:
            self.answer(422, {"error": str(no)})
        else:
            self.answer(200, said)

    def take(self, into: Path) -> None:
        """The body as a file.  Raises ``Refused``."""
        kind = (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        if kind not in KINDS:
            raise Refused(415, f"the content type is {kind or 'missing'}; audio/wav is heard")
        left = self.length()
        with into.open("wb") as file:
            while left:
                part = self.rfile.read(min(left, 1 << 20))
                if not part:
                    raise Refused(400, f"the body ended {left} bytes early")
                file.write(part)
                left -= len(part)

    def length(self) -> int:
        told = self.headers.get("Content-Length") or ""
        if not told.isdecimal() or not int(told):
            raise Refused(411, "a body with its Content-Length is wanted")
        if int(told) > LARGEST:
            raise Refused(413, f"the body has {told} bytes; {LARGEST} are the most")
        return int(told)

    def hear(self, place: Workspace) -> dict[str, Any]:
        """What is said in the sound of ``place``.  Raises ``Refused`` and ``NotReady``."""
        seconds = length_of(place.audio)
        source = Source(
            name="audio.wav", sha256="0" * 64, bytes=place.audio.stat().st_size, container="wav", duration=seconds,
            audio_index=0, channels=1, sample_rate=RATE,
        )  # fmt: skip
        place.save("source.json", source)
        with self.one:
            return self.ear.transcribe(source, place, Once(), self.language()).model_dump(mode="json")

    def language(self) -> str | None:
        """The language that was named; None where it is to be found out."""
        told = self.headers.get(ABOUT) or ""
        if not told:
            return None
        found = re.fullmatch(r"language=([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)", told)
        if not found:
            raise Refused(400, f"custom attributes are {told[:80]!r}; language=de is known")
        return found[1]

    def answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *about: Any) -> None:
        """The platform keeps a log of its own; a talk's words belong into none."""


def length_of(path: Path) -> float:
    """Seconds of a 16 kHz mono 16-bit WAV.  Raises ``Refused`` for any other."""
    try:
        with wave.open(str(path)) as sound:
            form = sound.getnchannels(), sound.getframerate(), sound.getsampwidth()
            seconds = sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError) as error:
        raise Refused(400, f"the body is no WAV: {error or 'it ends early'}") from error
    if form != (1, RATE, 2):
        raise Refused(400, f"{form[0]} channels of {8 * form[2]} bits at {form[1]} Hz; one of 16 at {RATE} is heard")
    return seconds


def door(port: int = 8080, ear: Transcriber | None = None, host: str = "0.0.0.0") -> ThreadingHTTPServer:
    """The server, not yet serving."""
    kind = type("Door", (Door,), {"ear": ear or Recogniser(os.environ.get("HOOKLINE_SPEECH_MODEL", "")), "one": Lock()})
    server = ThreadingHTTPServer((host, port), kind)
    server.daemon_threads = True
    return server


def serve(port: int) -> None:
    """Serve until the process ends."""
    door(port).serve_forever()
