"""Models that think: their thoughts go back to the service byte for byte, and count against what a run may use."""

import pytest
from langchain.agents import create_agent

from agent.budget import Budget, Truncated
from agent.deciding.ledger import Ledger
from agent.record.records import Records
from agent.settings import load
from agent.steps.recorded import Recorded
from agent.wiring import engines
from agent.wiring import model as wired
from tests.agent.deciding.test_bedrock import SONNET, agent, cut
from tests.agent.test_loop import Heard, Unseeing
from tests.fakes.bedrock import THOUGHTS, Bedrock, call, effort
from tests.fakes.buckets import account
from tests.tools.aws.test_claude import BRIEF, GOOD, LIMITS, TALK
from tools.aws.claude import Claude
from tools.local.extract import Extractive
from tools.ports import Bench, Engines

pytestmark = pytest.mark.aws


@pytest.fixture
def thinker(monkeypatch):
    """The editor as it is wired, before an endpoint whose models think."""
    with account():
        open_ones = []

        def make(script, **settings):
            bedrock = Bedrock(script, thinks=True).__enter__()
            open_ones.append(bedrock)
            monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock.url)
            return wired(load(environ={}, model="aws", region="us-east-1", **settings)), bedrock

        yield make
        for bedrock in open_ones:
            assert not bedrock.broken
            bedrock.__exit__()


def turns(request, n):
    return [call("cut", {"ids": [f"S{n}"]}, n)] if n < 5 else "Made."


def recorded(model, records, claim, budget=None):
    """The conversation under the ledger, each model call a step that passes through JSON."""
    ledger = Ledger(records, claim, Recorded(records, claim, beat=False), budget or Budget(), SONNET)
    idle = Engines(Heard(), Unseeing(), Extractive(), None)
    bench = Bench(brief=None, workspace=None, engines=idle, steps=ledger.steps)
    made = create_agent(model, [cut], system_prompt="You edit.", middleware=[ledger], context_schema=Bench)
    asked = {"messages": [("user", "make it")]}
    return made.invoke(asked, context=bench, config={"recursion_limit": 40})["messages"]


@pytest.fixture
def records(tmp_path):
    opened = Records(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    opened.migrate()
    yield opened
    opened.close()


def test_thoughts_signed_and_redacted_go_back_as_they_came(thinker, records, brief):
    model, bedrock = thinker(turns)
    recorded(model, records, records.claim(brief))
    assert bedrock.refused == []
    thoughts = [
        next(iter(block["reasoningContent"]))
        for message in bedrock.requests[-1]["messages"]
        for block in message["content"]
        if "reasoningContent" in block
    ]
    assert thoughts == ["reasoningText", "redactedContent"] * 2


def test_the_stand_in_refuses_a_thought_of_which_what_was_before_has_changed(thinker):
    model, bedrock = thinker(turns)
    messages = agent(model).invoke({"messages": [("user", "make it")]})["messages"]
    with pytest.raises(Exception, match="bound to a different conversation"):
        agent(model).invoke({"messages": [("user", "make it otherwise"), *messages[1:-1]]})


def test_the_stand_in_thinks_the_same_of_a_request_that_is_made_again(thinker):
    """So that a run which was killed within a call has the conversation, and counts the tokens, of one that was not."""
    model, _ = thinker(lambda request, n: "Made.")
    first, again = (model.invoke("make it").content for _ in range(2))
    assert first == again


def test_an_answer_from_the_record_brings_its_thoughts_with_it(thinker, records, brief):
    """What a killed run takes up again is the conversation that the service knows."""
    model, bedrock = thinker(turns)
    claim = records.claim(brief)
    with pytest.raises(Exception, match="cap"):
        recorded(model, records, claim, Budget(model_calls=3))
    recorded(model, records, claim)
    assert bedrock.refused == []
    assert len(bedrock.requests) == 5


def test_the_editor_is_told_how_hard_to_think(thinker):
    model, bedrock = thinker(lambda request, n: "Made.")
    model.invoke("make it")
    assert effort(bedrock.requests[0]) == "medium"
    model, bedrock = thinker(lambda request, n: "Made.", editor_effort="")
    model.invoke("make it")
    assert effort(bedrock.requests[0]) == ""


def test_a_model_that_can_not_be_told_is_told_nothing(thinker, recwarn):
    model, bedrock = thinker(lambda request, n: "Made.", editor_model="us.amazon.nova-pro-v1:0")
    model.invoke("make it")
    assert "additionalModelRequestFields" not in bedrock.requests[0]
    assert not [each for each in recwarn if "effort" in str(each.message)]


def test_thoughts_count_against_what_a_run_may_use(thinker, records, brief):
    model, bedrock = thinker(turns)
    budget = Budget()
    recorded(model, records, records.claim(brief), budget)
    assert budget.spent_out == 5 * (20 + THOUGHTS["medium"])


def test_a_thought_that_leaves_no_room_for_an_answer_is_an_answer_cut_off(thinker, records, brief):
    model, bedrock = thinker(turns, max_tokens=256, editor_effort="high")
    with pytest.raises(Truncated):
        recorded(model, records, records.claim(brief))


def test_the_writer_is_told_too_and_asked_without_where_that_is_refused(monkeypatch):
    with account(), Bedrock(lambda request, n: GOOD, thinks=True) as bedrock:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock.url)
        writer = engines(load(environ={}, copywriter="aws", region="us-east-1")).copywriter
        assert writer.write(BRIEF, TALK, ["S1", "S2"], LIMITS, None)
        assert effort(bedrock.requests[0]) == "low"
        assert "textFormat" in bedrock.requests[0]["outputConfig"]


@pytest.mark.parametrize(
    ("told", "schema", "left"),
    [
        ("output_config.effort: Extra inputs are not permitted", True, ""),
        ("output_config.format: Extra inputs are not permitted", False, "low"),
        ("extraneous key [outputConfig] is not permitted", False, ""),
    ],
)
def test_what_of_the_form_is_refused_is_left_out_and_nothing_else(told, schema, left):
    writer = Claude(SONNET, effort="low")
    writer._let_go(told)
    assert (writer.schema, writer.effort) == (schema, left)
