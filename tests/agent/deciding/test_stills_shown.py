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
from tools.covers.previews import shown_as
from tools.local.extract import Extractive
from tools.look import look
from tools.ports import Bench, Engines
from tools.schema import Cover, Covers, Frame, Observation, Shot, Source
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
    assert there[0][0].startswith("V1 at 00:")
    assert [words for words, _ in there] == sorted(words for words, _ in there)
    assert {data for _, data in there} <= {JPEG % n for n in range(12) if n != 1}, "an unsafe still is not shown"
    assert [words[:2] for words, _ in pictures(third)] == ["V3"] * 4, "those of before are not sent again"


def test_a_model_that_does_not_see_is_sent_words_alone(bench, records, brief):
    assert [pictures(request) for request in asked(MICRO, bench, records, brief, [("look", {})])] == [[], []]
    assert sight(Planner()) == []


def test_rows_hold_the_words_alone(bench, records, brief):
    asked(SONNET, bench, records, brief, [("look", {})])
    rows = str(records.decisions(brief.run))
    assert "V3" in rows
    assert base64.b64encode(JPEG % 0).decode()[:12] not in rows


def test_no_request_has_more_images_than_converse_takes(bench):
    calls = [{"name": "look", "args": {}, "id": f"t{n}"} for n in range(9)]
    talk = [HumanMessage("make it"), AIMessage("", tool_calls=calls)]
    talk += [ToolMessage("3 shots", tool_call_id=call["id"], name="look") for call in calls]
    blocks = [block for message in shown(talk, bench) if isinstance(message.content, list) for block in message.content]
    assert sum(block["type"] == "image" for block in blocks) == MOST


def test_pictures_that_were_seen_are_not_sent_again(bench):
    talk = [
        HumanMessage("make it"),
        AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "t1"}]),
        ToolMessage("3 shots", tool_call_id="t1", name="look"),
    ]
    assert isinstance(shown(talk, bench)[-1].content, list)
    later = [
        *talk,
        AIMessage("", tool_calls=[{"name": "find", "args": {}, "id": "t2"}]),
        ToolMessage("8", tool_call_id="t2", name="find"),
    ]
    assert shown(later, bench) == later


def test_the_covers_that_were_made_are_shown(bench):
    talk = [
        HumanMessage("make it"),
        AIMessage("", tool_calls=[{"name": "cover", "args": {"plan_id": "P1"}, "id": "t1"}]),
    ]
    talk.append(ToolMessage("Covers of P1", tool_call_id="t1", name="cover"))
    made = Cover(shape="9x16", file="out/cover_9x16.jpg", at=1.0, score=1.0)
    other = made.model_copy(update={"chosen": False, "file": "frames/00000003.jpg"})
    bench.workspace.save("covers.json", Covers(plan="P1", covers=(made, other)))
    bench.workspace.write(shown_as("9x16"), JPEG % 3)
    words, text, image = shown(talk, bench)[-1].content
    assert (words["text"], text["text"]) == ("Covers of P1", "cover 9x16:")
    assert base64.b64decode(image["base64"]) == JPEG % 3


def test_stills_with_text_of_the_longest_shots_are_shown_and_none_that_is_blurred(bench):
    shots = (*(Shot(id=f"V{n}", start=n - 1.0, end=n) for n in range(1, 11)), Shot(id="V11", start=10, end=60))
    frames = [
        Frame(at=n - 0.5, shot=f"V{n}", file=f"{n}.jpg", sharpness=100, phash=f"{7**n % 2**63:016x}")
        for n in range(1, 11)
    ]
    frames[2] = frames[2].model_copy(update={"sharpness": 4.0})
    frames[8] = frames[8].model_copy(update={"text": ("Pricing 2024",)})
    frames += [Frame(at=30, shot="V11", file="11.jpg", sharpness=90, phash="00ff00ff00ff00ff")]
    frames += [Frame(at=40, shot="V11", file="12.jpg", sharpness=3)]
    bench.workspace.save("observation.json", Observation(shots=shots, frames=tuple(frames)))
    files = [frame.file for frame in chosen(bench, None)]
    assert len(files) == EACH
    assert {"9.jpg", "11.jpg"} <= set(files)
    assert not {"3.jpg", "12.jpg"} & set(files)


def test_a_refused_look_shows_nothing(bench):
    talk = [
        AIMessage("", tool_calls=[{"name": "look", "args": {"ids": ["V9"]}, "id": "t1"}]),
        ToolMessage("V9 does not exist", tool_call_id="t1", name="look", status="error"),
    ]
    assert shown(talk, bench) == talk
    assert chosen(bench, ["V9"]) == []
    assert chosen(replace(bench, workspace=Workspace(bench.workspace.folder / "empty")), None) == []
