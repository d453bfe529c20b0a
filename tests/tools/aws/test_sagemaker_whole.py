"""A whole run by the command, heard by the real serving process behind the stand-in of SageMaker, and killed at each of its steps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest

from tests import ROOT
from tests.fakes.buckets import account, serve
from tests.fakes.sagemaker import Runtime, served
from tests.stage import free_port
from tests.tools.local.test_speech_door import RATE, wav
from tools.media import process
from tools.schema import Speech

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]
TALK = (
    "We cut our prices by forty percent, and nobody left. "
    "Our customers told us that the old plan was hard to understand. "
    "So we made one price for every team, and the phone stopped ringing. "
    "Next year we want to bring it to every country that we sell in."
)
KILLS = [
    "media:mid", "since:post", "ask:pre", "ask:mid", "ask:post", "wait:pre", "wait:mid", "wait:post",
]  # fmt: skip


def film(folder: Path) -> Path:
    """Colours, and a synthetic voice that says ``TALK``."""
    from examples import voice

    spoken = voice.best()[1](TALK, "a").samples
    at = np.arange(0, len(spoken) - 1, voice.RATE / RATE)
    sound = folder / "talk.wav"
    sound.write_bytes(wav(np.pad(np.interp(at, np.arange(len(spoken)), spoken), RATE // 2)))
    path = folder / "talk.mp4"
    made = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:r=25",
        "-i",
        str(sound),
        "-shortest",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-c:a",
        "aac",
    ]
    subprocess.run(
        [process.ffmpeg(), "-v", "error", *made, str(path)], check=True, stdin=subprocess.DEVNULL, timeout=120
    )
    return path


def make(video: Path, environ: dict[str, str], kill: str = "") -> subprocess.CompletedProcess[str]:
    step = {"HOOKLINE_FAILPOINT": f"002.transcribe/{kill}"} if kill else {}
    command = [
        sys.executable,
        "-m",
        "doors.command.main",
        "make",
        str(video),
        "make a 6s promo in 16:9 without captions",
        "--json",
    ]
    return subprocess.run(command, cwd=video.parent, env=environ | step, capture_output=True, text=True, timeout=600)


def test_killed_at_each_step_of_its_hearing_a_run_asks_once_and_has_the_same_words(tmp_path: Path) -> None:
    video = film(tmp_path)
    with account(), serve() as storage, served(free_port()) as container:
        s3: Any = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="outbox")
        service = Runtime(s3, container)
        address, stop = service.serve()
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOOKLINE_")},
            "PYTHONPATH": str(ROOT), "AWS_ENDPOINT_URL_S3": storage, "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": address,
            "HOOKLINE_TRANSCRIBER": "sagemaker", "HOOKLINE_SPEECH_ENDPOINT": "hookline-speech", "HOOKLINE_OUTBOX_BUCKET": "outbox",
            "HOOKLINE_HOME": str(tmp_path / "home"), "HOOKLINE_OUTBOX": str(tmp_path / "sets"),
        }  # fmt: skip
        for kill in KILLS:
            done = make(video, environ, kill)
            assert done.returncode == -signal.SIGKILL, (kill, done.stdout, done.stderr[-2000:])
        done = make(video, environ)
        stop()
        assert done.returncode == 0, done.stderr[-3000:]
        assert service.count("InvokeEndpointAsync") == 1
        (asked,) = [asked for _, asked in service.calls]
        key = asked["InputLocation"].removeprefix("s3://outbox/")
        sound = s3.get_object(Bucket="outbox", Key=key)["Body"].read()
        request = urllib.request.Request(f"{container}/invocations", sound, {"Content-Type": "audio/wav"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            again = Speech.model_validate_json(answer.read())
    outcome = json.loads(done.stdout)
    assert outcome["engines"]["transcriber"] == "SageMaker endpoint hookline-speech"
    assert {each["name"] for each in outcome["artifacts"]} >= {"promo_16x9.mp4", "transcript.json"}
    (published,) = (tmp_path / "sets").rglob("transcript.json")
    heard = [word["text"] for each in json.loads(published.read_text())["sentences"] for word in each["words"]]
    assert heard == [word.text for word in again.words]
    assert "prices" in " ".join(heard).lower()
