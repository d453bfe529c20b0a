"""An upload's whole way with SageMaker as the transcriber: its runtime is a stand-in, the container behind it the real process with Whisper."""

from __future__ import annotations

import functools
import re
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aws_durable_execution_sdk_python_testing.executor import Executor

from examples import voice
from tests.agent.test_loop import TALK
from tests.conftest import MariaDB
from tests.doors.upload.test_handler_whole import kept, moments, rows
from tests.fakes.sagemaker import served
from tests.stage import answer, free_port, mind, notification, staged
from tools.media import process

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]
CHOSEN = (("We lost half", "hook"), ("So we threw", "proof"), ("A price is a promise", "payoff"))
POLLS = ("ask", "wait")
"""Steps of the transcriber that are no contexts of the execution, in the order in which they follow ``since``."""


def spoken(folder: Path) -> tuple[Path, list[Any]]:
    """A video in which ``TALK`` is said, and no words: they are heard."""
    _, say = voice.best()
    quiet = np.zeros(voice.RATE // 2, np.float32)
    said = [quiet]
    for line in re.findall(r"[^.?]+[.?]", TALK):
        said += [say(line.strip(), "host").samples, quiet]
    sound, video = folder / "talk.wav", folder / "talk.mp4"
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, voice.RATE, 0, "NONE", ""))
        file.writeframes((np.concatenate(said) * 32767).astype("<i2").tobytes())
    given = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-i", str(sound), "-shortest"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([process.ffmpeg(), "-v", "error", *given, *coded, str(video)], check=True, timeout=120)
    return video, []


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    return spoken(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    """The serving container of sam/model.Dockerfile, as a process."""
    with served(free_port(), HOOKLINE_SPEECH_MODEL="tiny.en") as address:
        yield address


def hearing(history: list[tuple[str, str]]) -> Iterator[str]:
    """Of the steps that no other transcriber has: within the question, before it was kept and after, and while it is waited for."""
    given = set(killed(history))
    (since,) = {name for name, _ in history if name.endswith("/since")}
    for moment in (
        f"{since}:mid",
        *(f"{since.removesuffix('since')}{at}" for at in ("ask:mid", "wait:pre", "wait:mid")),
    ):
        assert moment in given
        yield moment


def killed(history: list[tuple[str, str]]) -> Iterator[str]:
    """A moment of each step of a run, before, within and after one in turn; of those that hear, the moments before and within each."""
    names = list(dict.fromkeys(name for name, _ in history))
    for name, at in history:
        hears = name.endswith(".transcribe") or ".transcribe/" in name
        if at in (("pre", "mid") if hears else (("pre", "mid", "post")[names.index(name) % 3],)):
            yield f"{name}:{at}"
        if hears and name.endswith("/since") and at == "post":
            yield from (f"{name.removesuffix('since')}{poll}:{at}" for poll in POLLS for at in ("pre", "mid"))


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(hearing, id="about the question"),
        pytest.param(killed, id="at each", marks=pytest.mark.fire),
    ],
)
def test_a_run_that_is_killed_at_each_of_its_steps_asks_the_endpoint_once_and_has_the_same_words(
    film: tuple[Path, list[Any]],
    door: str,
    mariadb: MariaDB,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    points: Any,
) -> None:
    # A killed sandbox is replaced at once, and as often as it takes.
    monkeypatch.setattr(Executor, "RETRY_BACKOFF_SECONDS", 0)
    monkeypatch.setattr(Executor, "MAX_CONSECUTIVE_FAILED_ATTEMPTS", 100)
    says = functools.partial(mind, chosen=CHOSEN)

    def run(which: str, kills: list[str]) -> dict[str, Any]:
        folder = tmp_path / which
        folder.mkdir()
        with staged(film, mariadb.create(), folder, mind=says, door=door) as stage:
            stage.function.kills = list(kills)
            one, history = answer(stage, notification(stage))
            assert one["status"] in ("done", "done with warnings"), one
            assert stage.function.deaths == ["signal 9"] * len(kills)
            assert [name for name, _ in stage.runtime.calls] == ["InvokeEndpointAsync"]
            assert len(stage.runtime.threads) == 1
            assert not stage.listen.calls
            return {"moments": list(moments(history)), "rows": rows(stage, one["run"]), "kept": kept(stage)}

    calm = run("calm", [])
    given = list(points(calm["moments"]))
    hears = [each for each in given if ".transcribe" in each]
    if points is killed:
        assert len(given) > 25
        assert len(hears) >= 2 * (3 + len(POLLS))
    others = [each for each in given if each not in hears]
    # A step that dies three times is given up, so that a run dies twice in it at most.
    for nth in range(0, len(hears), 2):
        kills = [each for each in given if each in hears[nth : nth + 2] or (not nth and each in others)]
        other = run(f"killed{nth}", kills)
        assert other["kept"]["transcript.json"] == calm["kept"]["transcript.json"]
        assert other["kept"] == calm["kept"]
        assert other["rows"] == calm["rows"]
