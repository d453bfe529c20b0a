"""The editor on Bedrock, over an endpoint on loopback that is as strict as the service."""

import json
import time

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from agent.deciding.bedrock import Editor, Malformed, TimedOut, retryable, unknown
from agent.settings import load
from agent.wiring import engines
from agent.wiring import model as wired
from tests import ROOT
from tests.fakes.bedrock import Bedrock, Fault, Raw, call, whole
from tests.fakes.buckets import account
from tools.troubles import NotReady

pytestmark = pytest.mark.aws

SONNET = "global.anthropic.claude-sonnet-5-5"
NOVA = "us.amazon.nova-2-lite-v1:0"
REPLIES = [json.loads(row) for row in (ROOT / "tests" / "fakes" / "model_replies.jsonl").read_text().splitlines()]


class CutArgs(BaseModel):
    ids: list[str]


@tool("cut", args_schema=CutArgs)
def cut(ids: list[str]) -> str:
    """Cut by ids."""
    return f"P1: {' '.join(ids)}"


@pytest.fixture
def made():
    """Makes an endpoint by a script and a model in front of it; pauses are noted and not waited."""
    with account():
        open_ones = []

        def make(script, model=SONNET, **fields):
            bedrock = Bedrock(script).__enter__()
            open_ones.append(bedrock)
            make.pauses = []
            fields = {"max_tokens": 500, "region_name": "us-east-1", "sleep": make.pauses.append, **fields}
            return Editor(model=model, base_url=bedrock.url, **fields), bedrock

        yield make
        for bedrock in open_ones:
            assert not bedrock.broken
            bedrock.__exit__()


def agent(model):
    return create_agent(model, [cut], system_prompt="You edit.")


def run(model, words="make it"):
    return agent(model).invoke({"messages": [("user", words)]}, config={"recursion_limit": 30})["messages"]


def test_the_loop_is_driven_by_ids_through_converse(made):
    model, bedrock = made(lambda request, n: [call("cut", {"ids": ["S1", "S2"]})] if n == 1 else "Made P1.")
    messages = run(model)
    assert [type(message) for message in messages] == [HumanMessage, AIMessage, ToolMessage, AIMessage]
    assert messages[2].content == "P1: S1 S2"
    assert messages[3].text == "Made P1."
    assert bedrock.refused == []
    assert bedrock.requests[0]["inferenceConfig"]["maxTokens"] == 500
    assert bedrock.requests[0]["modelId"] == SONNET


def test_several_calls_in_one_turn_are_all_answered(made):
    model, bedrock = made(
        lambda request, n: [call("cut", {"ids": [f"S{i}"]}, i) for i in range(5)] if n == 1 else "done"
    )
    assert sum(isinstance(message, ToolMessage) for message in run(model)) == 5
    assert bedrock.refused == []


def test_prompts_are_cached_after_system_tools_and_messages(made):
    model, bedrock = made(lambda request, n: [call("cut", {"ids": ["S1"]})] if n == 1 else "done")
    run(model)
    first, second = bedrock.requests
    assert "cachePoint" in first["system"][-1]
    assert "cachePoint" in first["toolConfig"]["tools"][-1]
    assert "cachePoint" in second["messages"][-1]["content"][-1]


def test_cached_tokens_are_part_of_those_that_came_in(made):
    model, _ = made(
        lambda request, n: {"content": [{"text": "hi"}], "usage": {"inputTokens": 10, "cacheReadInputTokens": 90}}
    )
    usage = model.invoke("hello").usage_metadata
    assert usage["input_tokens"] == 100
    assert usage["input_token_details"]["cache_read"] == 90


@pytest.mark.parametrize("name", [NOVA, "us.meta.llama4-scout-17b-instruct-v1:0", "mistral.mistral-large-2407-v1:0"])
def test_another_model_of_converse_needs_only_its_id(made, name):
    model, bedrock = made(lambda request, n: [call("cut", {"ids": ["S1"]})] if n == 1 else "done", model=name)
    assert run(model)[-1].text == "done"
    assert bedrock.refused == []
    assert ("cachePoint" in json.dumps(bedrock.requests[0], default=str)) == ("nova" in name)


def test_an_answer_can_be_streamed(made):
    model, bedrock = made(lambda request, n: [{"text": "Let me cut."}, call("cut", {"ids": ["S1", "S22"]})])
    chunks = list(model.bind_tools([cut]).stream("go"))
    assert len(chunks) > 4
    total = sum(chunks[1:], chunks[0])
    assert total.text == "Let me cut."
    assert total.tool_calls[0]["args"] == {"ids": ["S1", "S22"]}
    assert total.usage_metadata["output_tokens"] == 20
    assert bedrock.refused == []


def test_a_stream_that_could_not_begin_is_tried_again_and_one_that_broke_is_not(made):
    model, bedrock = made(lambda request, n: "hello there" if n > 2 else Fault("ThrottlingException", 429))
    assert "".join(chunk.text for chunk in model.stream("go")) == "hello there"
    model, bedrock = made(lambda request, n: Fault("throttlingException", midway=True))
    with pytest.raises(Exception, match="throttling") as told:
        list(model.stream("go"))
    assert retryable(told.value)
    assert bedrock.hits == 1


def test_forced_tool_choice_is_never_sent_to_a_model_that_refuses_it(made):
    model, bedrock = made(lambda request, n: "hi")
    with pytest.raises(ValueError, match="tool_choice"):
        create_agent(model, [cut], response_format=ToolStrategy(CutArgs)).invoke({"messages": [("user", "x")]})
    assert bedrock.hits == 0


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 429),
        ("ModelNotReadyException", 429),
        ("ModelTimeoutException", 408),
        ("InternalServerException", 500),
        ("ServiceUnavailableException", 503),
    ],
)
def test_a_passing_trouble_is_tried_again_with_growing_random_pauses(made, code, status):
    model, bedrock = made(lambda request, n: "done" if n > 3 else Fault(code, status))
    assert model.invoke("go").text == "done"
    assert bedrock.hits == 4
    assert len(made.pauses) == 3
    assert all(0 <= pause <= 2**at for at, pause in enumerate(made.pauses))


def test_throttling_without_end_ends(made):
    model, bedrock = made(lambda request, n: Fault("ThrottlingException", 429), attempts=4)
    with pytest.raises(Exception, match="Throttling") as told:
        model.invoke("go")
    assert bedrock.hits == 4
    assert retryable(told.value)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ValidationException", 400),
        ("AccessDeniedException", 403),
        ("ResourceNotFoundException", 404),
        ("ModelErrorException", 424),
    ],
)
def test_what_is_wrong_with_the_request_is_never_sent_again(made, code, status):
    model, bedrock = made(lambda request, n: Fault(code, status))
    with pytest.raises(Exception, match=code) as told:
        model.invoke("go")
    assert bedrock.hits == 1
    assert not retryable(told.value)


def test_a_prompt_that_is_too_long_is_not_sent_again(made):
    model, bedrock = made(
        lambda request, n: Fault("ValidationException", 400, "Input is too long for requested model.")
    )
    with pytest.raises(Exception, match="too long"):
        model.invoke("go")
    assert bedrock.hits == 1


def test_an_id_without_its_profile_is_refused_by_the_stand_in_as_by_the_service(made):
    model, bedrock = made(lambda request, n: "hi", model="anthropic.claude-sonnet-5-5")
    with pytest.raises(Exception, match="on-demand"):
        model.invoke("go")
    assert bedrock.requests == []


def test_a_line_that_drips_is_given_up_by_the_whole_deadline(made):
    body = json.dumps(whole("hello")).encode()
    model, _ = made(lambda request, n: Raw(body, pause=0.2), deadline=1.0, attempts=2)
    began = time.monotonic()
    with pytest.raises(TimedOut):
        model.invoke("go")
    assert time.monotonic() - began < 3.0


@pytest.mark.parametrize(
    "raw",
    [
        Raw(b""),
        Raw(b"{}"),
        Raw(b"not json"),
        Raw(b'{"stopReason": "end_turn"}'),
        Raw(
            b'{"output": {"message": {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "cut", "input": {"ids": [NaN]}}}]}}, "stopReason": "tool_use"}'
        ),
        Raw(
            b'{"output": {"message": {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "cut", "input": "{}"}}]}}, "stopReason": "tool_use"}'
        ),
        Raw(
            b'{"output": {"message": {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "cut", "input": {"ids": '
            + b"[" * 60
            + b"]" * 60
            + b'}}}]}}, "stopReason": "tool_use"}'
        ),
        Raw(b"[" * 30_000),
    ],
)
def test_an_answer_that_can_not_be_read_is_never_acted_on(made, raw):
    model, bedrock = made(lambda request, n: raw)
    with pytest.raises(Malformed):
        run(model)
    assert bedrock.hits == 3


def test_a_body_that_breaks_off_is_asked_for_again(made):
    model, _ = made(lambda request, n: "done" if n > 1 else Raw(json.dumps(whole("hello")).encode(), reset=40))
    assert model.invoke("go").text == "done"


def test_lone_surrogates_are_replaced_before_anyone_sees_them(made):
    model, _ = made(lambda request, n: Raw(json.dumps(whole([call("cut", {"ids": ["\ud800x"]})])).encode()))
    assert model.invoke("go").tool_calls[0]["args"] == {"ids": ["\ufffdx"]}


def test_the_settings_name_the_model(monkeypatch):
    with account():
        model = wired(load(environ={}, model="aws", editor_model=NOVA, region="eu-west-1", max_tokens=8000))
        assert (model.model_id, model.max_tokens, model.client.meta.region_name) == (NOVA, 8000, "eu-west-1")


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (SONNET, ""),
        ("us.anthropic.claude-haiku-5-5", ""),
        (NOVA, ""),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", ""),
        ("anthropic.claude-sonnet-5-5", "Claude is called by an inference profile, such as global.anthropic.claude-sonnet-5-5."),
        ("global.anthropic.claude-sonet-5-5", "no model of Bedrock is known by it"),
        ("claude", "no model of Bedrock is known by it"),
    ],
)  # fmt: skip
def test_a_model_id_that_bedrock_would_refuse_is_told_with_what_to_give(model, told):
    assert told in unknown(model)
    assert bool(told) == bool(unknown(model))


@pytest.mark.parametrize(("port", "name"), [("model", "editor_model"), ("copywriter", "writer_model")])
def test_an_unknown_model_stops_at_the_start_with_the_setting_named(port, name):
    with account():
        wrong = {port: "aws", name: "global.anthropic.claude-sonet-5-5", "region": "us-east-1"}
        with pytest.raises(NotReady, match=f"{name} is .*Set HOOKLINE_{name.upper()}"):
            wired(load(environ={}, **wrong)) if port == "model" else engines(load(environ={}, **wrong))
        newer = load(environ={}, newer_models=True, **wrong)
        assert wired(newer) if port == "model" else engines(newer)


def scripted(case):
    rows = case["http"]

    def script(request, n):
        row = (
            rows[n - 1]
            if n <= len(rows)
            else rows[-1]
            if case.get("forever")
            else {"status": 200, "body": whole("done")}
        )
        if "drip_s_per_byte" in row:
            return Raw(json.dumps(whole("slow")).encode(), pause=row["drip_s_per_byte"])
        if "reset_after" in row:
            return Raw(json.dumps(whole("reset me in the middle")).encode(), reset=row["reset_after"])
        if row["status"] != 200:
            return Fault(row["code"], row["status"], row.get("message", ""))
        return Raw(row["raw"].encode() if "raw" in row else json.dumps(row["body"]).encode())

    return script


@pytest.mark.parametrize("case", REPLIES, ids=[case["name"] for case in REPLIES])
def test_every_hostile_reply_ends_the_conversation_within_bounds(made, case):
    model, bedrock = made(scripted(case), deadline=3.0)
    began = time.monotonic()
    blunders = (KeyError, TypeError, AttributeError, AssertionError)
    try:
        messages = run(model)
    except Exception as error:  # whatever an honest end is called
        if isinstance(error, blunders):
            raise
    else:
        assert isinstance(messages[-1], AIMessage)
        json.dumps([message.model_dump() for message in messages], allow_nan=False).encode()
    assert bedrock.hits <= 32
    assert time.monotonic() - began < 25
