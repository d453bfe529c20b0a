"""The serving container's door, as a process and as SageMaker's own client asks it: pings while it hears, words, refusals."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
import wave
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.exceptions import ClientError

from tests.fakes.sagemaker import Runtime, served
from tests.stage import free_port
from tools.local.speech_door import door
from tools.ports import Steps, Transcriber
from tools.schema import Source, Speech, Word
from tools.workspace import Workspace

pytestmark = [pytest.mark.aws, pytest.mark.allow_hosts(["127.0.0.1"])]
RATE = 16_000
SAID = "We cut our prices by forty percent, and nobody left."


def wav(samples: Any, rate: int = RATE, channels: int = 1) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def client(address: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("sagemaker-runtime", region_name="us-east-1", endpoint_url=address, **keys)


class Slow(Transcriber):
    """Hears what it is told to, and takes until it is let go; counts how many talks it hears at once."""

    engine = "slow"

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.now = self.most = 0
        self.languages: list[str | None] = []

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        self.now += 1
        self.most = max(self.most, self.now)
        self.languages.append(language)
        self.begun.set()
        assert self.go.wait(20)
        self.now -= 1
        return Speech(words=(Word(start=0.1, end=min(0.5, source.duration), text="größer"),), engine=self.engine)


@pytest.fixture
def ear() -> Slow:
    return Slow()


@pytest.fixture
def address(ear: Slow) -> Iterator[str]:
    server = door(0, ear, "127.0.0.1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    ear.go.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def runtime(address: str) -> Iterator[Any]:
    """SageMaker's own client before an endpoint whose container is the door."""
    service = Runtime(None, address)
    at, stop = service.serve()
    yield client(at)
    stop()


def invoke(runtime: Any, body: bytes, kind: str = "audio/wav", **more: Any) -> Any:
    return runtime.invoke_endpoint(EndpointName="hookline-speech", Body=body, ContentType=kind, **more)


def test_it_answers_pings_while_it_hears_and_hears_one_talk_at_a_time(address: str, runtime: Any, ear: Slow) -> None:
    found: list[Any] = []
    talks = [
        threading.Thread(target=lambda: found.append(json.loads(invoke(runtime, wav(np.zeros(RATE)))["Body"].read())))
        for _ in range(3)
    ]
    for each in talks:
        each.start()
    assert ear.begun.wait(10)
    for _ in range(5):
        began = time.monotonic()
        with urllib.request.urlopen(f"{address}/ping", timeout=2) as pong:
            assert pong.status == 200
        assert time.monotonic() - began < 2
    ear.go.set()
    for each in talks:
        each.join(20)
    assert [said["words"][0]["text"] for said in found] == ["größer"] * 3
    assert ear.most == 1


@pytest.mark.parametrize(
    ("body", "kind", "about", "says"),
    [
        (wav(np.zeros(10)), "audio/mpeg", "", "client error (415)"),
        (b"not a wav at all", "audio/wav", "", "client error (400)"),
        (wav(np.zeros(10))[:30], "audio/wav", "", "client error (400)"),
        (wav(np.zeros(10), rate=44_100), "audio/wav", "", "at 44100 Hz; one of 16 at 16000 is heard"),
        (wav(np.zeros(10), channels=2), "audio/wav", "", "2 channels of 16 bits"),
        (wav(np.zeros(10)), "audio/wav", "language=../../etc", "language=de is known"),
        (b"", "audio/wav", "", "client error (411)"),
    ],
)
def test_what_can_not_be_heard_is_refused_with_the_reason(
    runtime: Any, ear: Slow, body: bytes, kind: str, about: str, says: str
) -> None:
    ear.go.set()
    with pytest.raises(ClientError, match="ModelError") as no:
        invoke(runtime, body, kind, **({"CustomAttributes": about} if about else {}))
    assert says in str(no.value)


def test_a_language_that_is_named_reaches_the_recogniser(runtime: Any, ear: Slow) -> None:
    ear.go.set()
    for about in ({}, {"CustomAttributes": "language=de-DE"}):
        invoke(runtime, wav(np.zeros(RATE)), **about)
    assert ear.languages == [None, "de-DE"]


def test_a_body_that_says_it_is_too_long_is_not_read(address: str) -> None:
    place = address.removeprefix("http://")
    asked = http.client.HTTPConnection(place, timeout=5)
    asked.putrequest("POST", "/invocations")
    asked.putheader("Content-Type", "audio/wav")
    asked.putheader("Content-Length", str(2 << 30))
    asked.endheaders()
    assert asked.getresponse().status == 413
    asked.close()


def test_other_paths_are_not_served(address: str) -> None:
    for method, path in (("GET", "/"), ("POST", "/models")):
        asked = http.client.HTTPConnection(address.removeprefix("http://"), timeout=5)
        asked.request(method, path, b"x", {"Content-Type": "audio/wav"})
        assert asked.getresponse().status == 404
        asked.close()


@pytest.mark.slow
def test_the_container_hears_words_with_their_times(tmp_path: Path) -> None:
    from examples import voice

    spoken = voice.best()[1](SAID, "a").samples
    at = np.arange(0, len(spoken) - 1, voice.RATE / RATE)
    sound = np.pad(np.interp(at, np.arange(len(spoken)), spoken), RATE // 2)
    with served(free_port()) as container:
        service = Runtime(None, container)
        address, stop = service.serve()
        said = Speech.model_validate_json(invoke(client(address), wav(sound))["Body"].read())
        stop()
    assert {"prices", "nobody", "left."} <= {word.text.lower() for word in said.words}
    assert all(0.3 < word.start < word.end <= len(sound) / RATE for word in said.words)
    assert said.engine.startswith("faster-whisper")
