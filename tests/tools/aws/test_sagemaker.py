"""Whisper behind SageMaker as the transcriber, over a stand-in that is checked against the service's own model."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agent.settings import Settings
from agent.wiring import engines
from tests.fakes.buckets import account
from tests.fakes.sagemaker import Runtime
from tests.fakes.service import Refused
from tests.tools.aws.test_transcribe import RUN, Steps
from tools.aws.clients import client
from tools.aws.s3 import S3
from tools.aws.sagemaker import AROUND, Whisper
from tools.ports import Transcriber
from tools.schema import Source, Speech, Word
from tools.troubles import NotReady
from tools.workspace import Workspace

pytestmark = pytest.mark.aws
HEARD = Speech(
    words=(Word(start=0.5, end=0.9, text="Prices"), Word(start=0.9, end=61.0, text="fell.")),
    language="de",
    engine="faster-whisper base",
)


class Endpoint(Runtime):
    """An endpoint whose container answers what it is told, after so many looks; nothing is spoken."""

    def __init__(self, s3: Any) -> None:
        super().__init__(s3, "http://nowhere")
        self.says: tuple[int, bytes] = (200, HEARD.model_dump_json().encode())

    def _heard(self, sound: bytes, asked: dict[str, Any]) -> tuple[int, bytes]:
        return self.says


class Killed(BaseException):
    """The process is gone."""


class Desk:
    def __init__(self, folder: Path) -> None:
        self.s3 = client("s3", "us-east-1", attempts=2)
        self.s3.create_bucket(Bucket="outbox")
        self.service = Endpoint(self.s3)
        self.workspace = Workspace(folder / RUN)
        self.workspace.audio.write_bytes(b"RIFF" + bytes(400))
        self.source = Source(
            name="talk", sha256="0" * 64, bytes=1000, container="mov", duration=60.0, video_index=0, audio_index=1
        )
        self.workspace.save("source.json", self.source)
        self.steps = Steps()

    def engine(self, **fields: Any) -> Whisper:
        api = self.service.install(client("sagemaker-runtime", "us-east-1", attempts=1))
        return Whisper("outbox", "hookline-speech", api=api, store=S3("outbox", api=self.s3, pause=0.0), **fields)

    def hear(self, language: str | None = None, steps: Any = None, **fields: Any) -> Speech:
        speech = self.engine(**fields).transcribe(self.source, self.workspace, steps or self.steps, language)
        for each in self.service.threads:
            each.join()
        return speech

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [asked for name, asked in self.service.calls if name == "InvokeEndpointAsync"]


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    with account():
        yield Desk(tmp_path)


def test_words_come_on_the_clock_of_the_video_and_within_it(desk: Desk) -> None:
    engine = desk.engine()
    assert isinstance(engine, Transcriber)
    speech = desk.hear()
    assert [(w.text, w.start, w.end) for w in speech.words] == [("Prices", 0.5, 0.9), ("fell.", 0.9, 60.0)]
    assert speech.language == "de"
    assert speech.engine == "SageMaker endpoint hookline-speech, faster-whisper base"


def test_the_request_names_the_sound_and_a_place_of_the_runs_own(desk: Desk) -> None:
    desk.hear("de-DE")
    (asked,) = desk.asked
    assert asked["InputLocation"] == f"s3://outbox/.work/{RUN}/audio.wav"
    assert asked["CustomAttributes"] == "language=de-DE"
    assert (asked["InvocationTimeoutSeconds"], asked["RequestTTLSeconds"]) == (3600, 21600)
    assert asked["Filename"].endswith(".json")
    assert desk.s3.get_object(Bucket="outbox", Key=f".work/{RUN}/audio.wav")["Body"].read().startswith(b"RIFF")


@pytest.mark.parametrize("step", ["media", "since", "ask", "wait"])
@pytest.mark.parametrize("where", ["pre", "mid"])
def test_killed_at_any_step_and_begun_anew_elsewhere_it_asks_once(
    desk: Desk, tmp_path: Path, step: str, where: str
) -> None:
    steps = Steps()
    kept = steps.step

    def killing(name: str, do: Any) -> Any:
        if name == step and name not in steps.known:
            steps.step = kept  # type: ignore[method-assign]
            if where == "mid":
                do()
            raise Killed
        return kept(name, do)

    steps.step = killing  # type: ignore[method-assign]
    with pytest.raises(Killed):
        desk.hear(steps=steps)
    other = Workspace(tmp_path / "elsewhere" / RUN)
    other.audio.write_bytes(desk.workspace.audio.read_bytes())
    other.save("source.json", desk.source)
    desk.workspace = other
    assert [w.text for w in desk.hear(steps=steps).words] == ["Prices", "fell."]
    assert len(desk.asked) == 1


def test_a_replay_of_a_finished_hearing_asks_nothing(desk: Desk) -> None:
    first = desk.hear()
    calls = len(desk.service.calls)
    assert desk.hear() == first
    assert len(desk.service.calls) == calls


def test_a_hearing_that_fails_leaves_the_cut_to_what_is_seen_and_says_why(desk: Desk) -> None:
    desk.service.says = (422, json.dumps({"error": "Whisper tiny.en knows English only, not 'de'"}).encode())
    speech = desk.hear("de")
    assert not speech.words
    assert "knows English only" in speech.warnings[0]
    assert "The cut goes by what is seen." in speech.warnings[0]


def test_what_the_endpoint_says_that_is_no_speech_is_told(desk: Desk) -> None:
    desk.service.says = (200, b"<html>")
    assert "could not be read" in desk.hear().warnings[0]


def test_a_video_without_sound_asks_nothing(desk: Desk) -> None:
    desk.source = desk.source.model_copy(update={"audio_index": None})
    assert "no sound" in desk.hear().warnings[0]
    assert desk.asked == []


def test_an_endpoint_that_is_not_there_is_named_with_what_makes_it(desk: Desk) -> None:
    desk.service.endpoint = "another"
    with pytest.raises(NotReady, match="HOOKLINE_SPEECH_ENDPOINT=hookline-speech.*sam/speech.yaml"):
        desk.hear()


def test_a_request_that_finds_no_room_is_made_again(desk: Desk) -> None:
    desk.service.troubles = [Refused("ServiceUnavailable", status=503), Refused("ThrottlingException", status=429)]
    assert desk.hear().words
    assert [name for name, _ in desk.steps.waits if name == "ask"] == ["ask", "ask"]


def test_nothing_that_comes_in_time_is_told(desk: Desk) -> None:
    desk.service._heard = lambda sound, asked: (_ for _ in ()).throw(OSError)  # type: ignore[method-assign]
    assert "nothing came" in desk.hear(patience=-1.0).warnings[0]


def test_words_in_another_bucket_are_not_taken(desk: Desk) -> None:
    desk.service.output = "s3://elsewhere/"
    desk.s3.create_bucket(Bucket="elsewhere")
    with pytest.raises(NotReady, match="not in outbox"):
        desk.hear()


def test_a_hearing_costs_what_an_instance_for_it_alone_would(desk: Desk) -> None:
    engine = desk.engine(per_hour=0.6)
    engine.transcribe(desk.source, desk.workspace, desk.steps)
    for each in desk.service.threads:
        each.join()
    assert engine.spent.dollars == pytest.approx(engine.cost(60.0))
    assert engine.cost(0.0) == pytest.approx(0.6 * AROUND / 3600)


def test_it_is_a_cell_of_the_wiring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with account():
        asked = {"transcriber": "sagemaker", "outbox_bucket": "outbox", "region": "us-east-1", "home": tmp_path}
        made = engines(Settings(**asked, speech_endpoint="hookline-speech", speech_per_hour=1.0)).transcriber
        assert isinstance(made, Whisper)
        assert (made.endpoint, made.bucket, made.per_hour) == ("hookline-speech", "outbox", 1.0)
        with pytest.raises(NotReady, match="HOOKLINE_SPEECH_ENDPOINT"):
            engines(Settings(**asked))
        with pytest.raises(NotReady, match="HOOKLINE_OUTBOX_BUCKET"):
            engines(Settings(**{**asked, "outbox_bucket": ""}, speech_endpoint="e"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NotReady, match="HOOKLINE_TRANSCRIBER=sagemaker needs AWS credentials"):
        engines(Settings(**asked, speech_endpoint="e"))
