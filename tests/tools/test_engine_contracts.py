"""What every engine of a port promises: here, over AWS's stand-ins, and with ``--live`` over an account."""

from __future__ import annotations

import os
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from agent.deciding.planner import Planner
from agent.settings import Settings
from agent.steps.recorded import Plain
from agent.wiring import engines
from examples import picture
from prompts import load
from tests.account import SAID, SHOWN, TALK, spread, wired
from tools import TOOLS
from tools.ports import Bill, Copywriter, FrameAnalyst, Transcriber
from tools.posts.platforms import platforms
from tools.schema import Brief, Frame, Sentence, Source, Transcript
from tools.workspace import Workspace

pytestmark = pytest.mark.aws
RATE = 16_000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    spread(metafunc, "transcriber", "analyst", "copywriter", "chat_model")


def _engines(which: str, folder: Path) -> Iterator[Any]:
    if which == "local":
        yield engines(Settings(home=folder, outbox=folder / "outbox"))
    else:
        with wired(which, folder) as at:
            yield at.engines


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A run's folder; its name is new each time, since it names a job of the account."""
    return Workspace(tmp_path / os.urandom(10).hex())


# --- who listens ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sound() -> np.ndarray:
    """``SAID`` by the voice of the demo."""
    from examples import voice

    spoken = voice.best()[1](SAID, "a").samples
    at = np.arange(0, len(spoken) - 1, voice.RATE / RATE)
    return np.interp(at, np.arange(len(spoken)), spoken)


@pytest.fixture
def heard(workspace: Workspace, sound: np.ndarray) -> Source:
    with wave.open(str(workspace.audio), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.pad(sound, RATE // 2) * 32767).astype("<i2").tobytes())
    seconds = len(sound) / RATE + 1.0
    source = Source(
        name="talk", sha256="0" * 64, bytes=1000, container="wav", duration=seconds, video_index=0, audio_index=1
    )
    workspace.save("source.json", source)
    return source


@pytest.fixture
def transcriber(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transcriber]:
    for made in _engines(request.param, tmp_path):
        yield made.transcriber


def test_words_come_in_order_on_the_clock_of_the_video(
    transcriber: Transcriber, heard: Source, workspace: Workspace
) -> None:
    assert isinstance(transcriber, Transcriber)
    speech = transcriber.transcribe(heard, workspace, Plain(), "en-US")
    said = re.sub(r"[^a-z0-9 ]", "", " ".join(word.text for word in speech.words).lower())
    assert {"prices", "nobody", "left"} <= set(said.split()), said
    assert all(0 <= word.start < word.end <= heard.duration for word in speech.words)
    assert all(one.end <= two.start + 0.01 for one, two in zip(speech.words, speech.words[1:], strict=False))
    assert speech.language.startswith("en")
    again = transcriber.transcribe(heard, workspace, Plain(), "en-US")
    assert again.words == speech.words


def test_a_video_without_sound_has_no_words_and_that_is_said(transcriber: Transcriber, workspace: Workspace) -> None:
    mute = Source(name="mute", sha256="0" * 64, bytes=1, container="mov", duration=5.0, video_index=0)
    workspace.save("source.json", mute)
    speech = transcriber.transcribe(mute, workspace, Plain())
    assert not speech.words
    assert "sound" in " ".join(speech.warnings)


# --- who looks ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def analyst(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrameAnalyst]:
    for made in _engines(request.param, tmp_path):
        yield made.analyst


def still(workspace: Workspace, at: float, image: np.ndarray, *gates: str) -> Frame:
    name = f"frames/{at:g}.jpg"
    workspace.write(name, cv2.imencode(".jpg", image)[1].tobytes())
    return Frame(at=at, shot=f"V{at:g}", file=name, gates=gates, sharpness=100.0)


def test_stills_come_back_in_order_with_what_they_show(analyst: FrameAnalyst, workspace: Workspace) -> None:
    assert isinstance(analyst, FrameAnalyst)
    workspace.save(
        "source.json", Source(name="v", sha256="0" * 64, bytes=1, container="mov", duration=60.0, video_index=0)
    )
    slide = np.full((360, 640, 3), 255, np.uint8)
    cv2.putText(slide, SHOWN, (40, 190), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (0, 0, 0), 6)
    black = np.zeros((360, 640, 3), np.uint8)
    portrait = cv2.cvtColor(picture.portrait(), cv2.COLOR_RGB2BGR)
    given = [still(workspace, 1, portrait), still(workspace, 2, black, "black"), still(workspace, 3, slide)]
    seen = analyst.analyse(given, workspace, Plain())
    assert [(frame.file, frame.at, frame.shot) for frame in seen] == [(f.file, f.at, f.shot) for f in given]
    assert [bool(frame.faces) for frame in seen] == [True, False, False]
    assert "PRICES" in " ".join(seen[2].text).upper()
    assert not any(frame.unsafe for frame in seen)
    boxes = [(face.x, face.y, face.w, face.h) for frame in seen for face in frame.faces]
    boxes += [box for frame in seen for box in frame.text_boxes]
    assert all(min(x, y) >= 0 and min(w, h) > 0 and max(x + w, y + h) <= 1.001 for x, y, w, h in boxes)
    spent = (analyst.spent or Bill()).dollars
    assert spent == pytest.approx(2 * analyst.price), "each still that shows something is paid for, and no other"


# --- who writes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def copywriter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Copywriter]:
    for made in _engines(request.param, tmp_path):
        yield made.copywriter


def test_each_platform_has_words_that_rest_on_what_is_in_the_cut(copywriter: Copywriter) -> None:
    assert isinstance(copywriter, Copywriter)
    said = (*TALK.items(), ("S3", "This is not in the cut."))
    talk = Transcript(
        language="en", sentences=tuple(Sentence(id=i, start=3.0 * n, end=3.0 * n + 2, text=t) for n, (i, t) in enumerate(said))
    )  # fmt: skip
    limits = [platforms()[name] for name in ("youtube", "x")]
    brief = Brief(run="0" * 20, video="talk.mp4", wish="a promo about prices")
    copies = copywriter.write(brief, talk, list(TALK), limits, Plain())
    assert {copy.platform for copy in copies} == {each.id for each in limits}
    for copy in copies:
        lines = copy.lines
        assert copy.hooks
        assert all(line.text.strip() and line.evidence and set(line.evidence) <= TALK.keys() for line in lines)
        assert copy.written_by.startswith(copywriter.engine)
    if copywriter.spent is not None:
        assert 0 < copywriter.spent.dollars < 0.05


# --- who decides ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def chat_model(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BaseChatModel]:
    if request.param == "local":
        yield Planner()
    else:
        with wired(request.param, tmp_path) as at:
            yield at.model


def test_a_model_calls_tools_of_the_menu_and_goes_on_from_their_answers(chat_model: BaseChatModel) -> None:
    menu: dict[str, Any] = {tool.name: tool for tool in TOOLS}
    asked = 'The request, as data:\n{"wish": "make a 30s promo", "target": 30, "shapes": ["16x9"], "platforms": ["x"]}'
    talk: list[Any] = [SystemMessage(load("editor").fill(target="30")), HumanMessage(asked)]
    bound = chat_model.bind_tools(TOOLS)
    first = bound.invoke(talk)
    assert isinstance(first, AIMessage)
    assert first.tool_calls, first.text
    for called in first.tool_calls:
        menu[called["name"]].args_schema.model_validate(called["args"])
    heard = "\n".join(f"{name} 00:0{n}.0 3.0s [A] {text}" for n, (name, text) in enumerate(TALK.items()))
    answers = [ToolMessage(heard, tool_call_id=called["id"], name=called["name"]) for called in first.tool_calls]
    second = bound.invoke([*talk, first, *answers])
    assert isinstance(second, AIMessage)
    assert second.tool_calls or second.text
    for message in (first, second):
        if not isinstance(chat_model, Planner):
            assert message.usage_metadata is not None
            assert message.usage_metadata["input_tokens"] > 0
            assert message.response_metadata["stopReason"] in ("tool_use", "end_turn")
