"""A model that sees is shown the stills that ``look`` tells of; rows, checkpoints and other models hold words alone."""

import base64
from dataclasses import replace

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.budget import Budget
from agent.deciding.bedrock import Editor
from agent.deciding.ledger import Ledger
from agent.deciding.planner import Planner
from agent.deciding.stills_shown import EACH, MOST, chosen, shown, sight
from agent.steps.recorded import Plain
from tests.agent.test_loop import Heard, Unseeing
from tests.fakes.bedrock import Bedrock, call
from tests.fakes.buckets import account
from tools.local.extract import Extractive
from tools.look import look
from tools.ports import Bench, Engines
from tools.schema import Frame, Observation, Shot, Source
from tools.workspace import Workspace

pytestmark = pytest.mark.aws

SONNET, MICRO = "global.anthropic.claude-sonnet-5-5", "us.amazon.nova-micro-v1:0"
JPEG = b"\xff\xd8\xff still %d"


@pytest.fixture
def bench(tmp_path, brief):
    """A run that has looked at three shots of four stills each; one still is unsafe."""
    workspace = Workspace(tmp_path)
    shots = tuple(Shot(id=f"V{n + 1}", start=4.0 * n, end=4.0 * n + 4) for n in range(3))
    frames = []
    for n in range(12):
        name = f"frames/{n:08d}.jpg"
        workspace.write(name, JPEG % n)
        gates = ("unsafe",) if n == 1 else ()
        frames.append(Frame(at=n + 0.5, shot=f"V{n // 4 + 1}", file=name, sharpness=9, gates=gates))
    workspace.save("observation.json", Observation(shots=shots, frames=tuple(frames)))
    workspace.save("source.json", SOURCE)
    return Bench(
        brief=brief, workspace=workspace, engines=Engines(Heard(), Unseeing(), Extractive(), None), steps=Plain()
    )


SOURCE = Source(
    name="talk.mp4", sha256="0" * 64, bytes=1, container="mov", duration=12.0, width=640, height=360, rate="25"
)


def asked(model, bench, records, brief, moves):
    """What Bedrock was asked, call by call, while the editor made ``moves``."""

    def script(request, n):
        return [call(*moves[n - 1], number=n)] if n <= len(moves) else "Done."

    with account(), Bedrock(script) as bedrock:
        editor = Editor(model=model, base_url=bedrock.url, region_name="us-east-1", max_tokens=500)
        ledger = Ledger(records, records.claim(brief), Plain(), Budget(), model)
        agent = create_agent(editor, [look], middleware=[ledger, *sight(editor)], context_schema=Bench)
        agent.invoke({"messages": [("user", "make it")]}, context=bench, config={"max_concurrency": 1})
        assert not bedrock.refused
        return bedrock.requests


def pictures(request):
    """Bytes and the words before each picture of a request."""
    found = []
    for message in request["messages"]:
        for block in message["content"]:
            inner = block.get("toolResult", {}).get("content", [])
            for before, each in zip(inner, inner[1:], strict=False):
                if "image" in each:
                    assert each["image"]["format"] == "jpeg"
                    found.append((before["text"], each["image"]["source"]["bytes"]))
    return found


def test_the_stills_go_to_a_model_that_sees_named_by_their_shots(bench, records, brief):
    first, second, third = asked(SONNET, bench, records, brief, [("look", {}), ("look", {"ids": ["V3"]})])
    assert pictures(first) == []
    there = pictures(second)
    assert len(there) == EACH
    assert there[0] == ("V1 at 00:00.5:", JPEG % 0)
    assert {data for _, data in there} <= {JPEG % n for n in range(12) if n != 1}, "an unsafe still is not shown"
    assert pictures(third)[: len(there)] == there, "prompts are cached, so what was sent is sent again as it was"
    assert [words[:2] for words, _ in pictures(third)[len(there) :]] == ["V3"] * 4


def test_a_model_that_does_not_see_is_sent_words_alone(bench, records, brief):
    assert [pictures(request) for request in asked(MICRO, bench, records, brief, [("look", {})])] == [[], []]
    assert sight(Planner()) == []


def test_rows_hold_the_words_alone(bench, records, brief):
    asked(SONNET, bench, records, brief, [("look", {})])
    rows = str(records.decisions(brief.run))
    assert "V3" in rows
    assert base64.b64encode(JPEG % 0).decode()[:12] not in rows


def test_no_request_has_more_images_than_converse_takes(bench):
    talk = [HumanMessage("make it")]
    for n in range(9):
        talk.append(AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": f"t{n}"}]))
        talk.append(ToolMessage("3 shots", tool_call_id=f"t{n}", name="look"))
    blocks = [block for message in shown(talk, bench) if isinstance(message.content, list) for block in message.content]
    assert sum(block["type"] == "image" for block in blocks) == MOST


def test_a_refused_look_shows_nothing(bench):
    talk = [
        AIMessage("", tool_calls=[{"name": "look", "args": {"ids": ["V9"]}, "id": "t1"}]),
        ToolMessage("V9 does not exist", tool_call_id="t1", name="look", status="error"),
    ]
    assert shown(talk, bench) == talk
    assert chosen(bench, ["V9"]) == []
    assert chosen(replace(bench, workspace=Workspace(bench.workspace.folder / "empty")), None) == []
