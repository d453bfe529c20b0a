"""The embedded planner reads the tools' answers as a model would, and chooses moments that add up."""

import json

import pytest
from langchain_core.messages import HumanMessage, ToolMessage

from agent.deciding.planner import Planner, decide
from tools.finding.moments import Moment, read, show

REQUEST = {"target": 30.0, "topic": "pricing", "platforms": ["linkedin"], "shapes": ["1x1"], "captions": "clean"}


def moment(n, start, seconds, score=0.5, roles=("hook", "proof")):
    return Moment(ids=(f"S{n}",), start=start, seconds=seconds, score=score, roles=roles, reason="numbers")


def test_what_find_shows_is_read_back():
    made = [
        Moment(
            ids=("S14", "S15", "S16"),
            start=61.0,
            seconds=7.25,
            score=0.731,
            roles=("hook",),
            reason="opens on a | contrast",
            text="We lost | half",
        ),
        moment(3, 4.0, 5.5, roles=()),
    ]
    back = read(show(made))
    assert [(m.ids, m.start, m.seconds, m.score, m.roles) for m in back] == [
        (m.ids, m.start, m.seconds, m.score, m.roles) for m in made
    ]


def answers(*said):
    return [
        ToolMessage(content, name=name, tool_call_id=str(n), status=status)
        for n, (name, content, status) in enumerate(said)
    ]


def test_the_plan_goes_through_every_tool_in_order():
    found = show([moment(n, n * 11.0, 10.0) for n in range(6)])
    said = [("transcribe", "S1 …", "success"), ("look", "V1 …", "success"), ("find", found, "success")]
    called = []
    for name, content in [("cut", "P1: 30.0 s"), ("write", "ok"), ("cover", "ok"), ("assemble", "ok")]:
        called.append(decide(REQUEST, answers(*said))[0])
        said.append((name, content, "success"))
    assert called == ["cut", "write", "cover", "assemble"]
    assert decide(REQUEST, answers(*said)) == "Made P1."


def test_nothing_to_make_is_said_when_nothing_is_found():
    said = decide(
        REQUEST, answers(("transcribe", "", "success"), ("look", "", "success"), ("find", "Nothing fits.", "success"))
    )
    assert said.startswith("Nothing to make")


def test_the_planner_is_a_chat_model():
    message = Planner().invoke([HumanMessage("The request, as data:\n" + json.dumps(REQUEST))])
    assert message.tool_calls[0]["name"] == "transcribe"


def test_when_no_set_adds_up_the_ranking_is_asked_and_its_refusal_is_told():
    found = ToolMessage(show([moment(1, 0, 3.0)]), name="find", tool_call_id="1")
    asked = [
        ToolMessage("", name="transcribe", tool_call_id="0"),
        ToolMessage("", name="look", tool_call_id="0"),
        found,
    ]
    name, arguments = decide(REQUEST, asked)
    assert (name, arguments["picks"]) == ("cut", [])
    refused = ToolMessage(
        "Nothing was planned: no set of the 1 passages adds up to 30 s. The nearest lengths that can be made: 8.8 s.",
        name="cut",
        tool_call_id="2",
        status="error",
    )
    assert decide(REQUEST, [*asked, refused]) == (
        "Nothing to make: no set of the 1 passages adds up to 30 s. The nearest lengths that can be made: 8.8 s."
    )


def test_what_was_asked_for_plays_with_what_fills_the_rest() -> None:
    found = show([moment(n, n * 20.0, 9.5 + n / 10, 0.5 + n / 100) for n in range(9)])
    asked = show([moment(40, 300.0, 10.0, 0.4)])
    request = {**REQUEST, "parts": [{"place": "last", "query": "the sign"}]}
    said = [("transcribe", "", "success"), ("look", "", "success"), ("find", found, "success")]
    assert decide(request, answers(*said)) == ("find", {"query": "the sign", "many": True})
    assert decide(request, answers(*said, ("find", asked, "success"))) == (
        "cut",
        {"picks": [], "target_seconds": 30.0},
    )
    refused = ("cut", "Nothing was planned: no story.", "error")
    name, arguments = decide(request, answers(*said, ("find", asked, "success"), refused))
    lengths = {f"S{n}": 9.5 + n / 10 for n in range(9)} | {"S40": 10.0}
    assert name == "cut"
    assert arguments["picks"][-1]["ids"] == ["S40"]
    assert abs(sum(lengths[each] for pick in arguments["picks"] for each in pick["ids"]) - 30) <= 0.6


def test_a_story_with_what_was_asked_for_is_taken_with_its_risks() -> None:
    found, asked = show([moment(n, n * 20.0, 9.5) for n in range(9)]), show([moment(40, 300.0, 10.0, 0.4)])
    request = {**REQUEST, "parts": [{"place": "last", "query": "the sign"}]}
    said = [("transcribe", "", "success"), ("look", "", "success"), ("find", found, "success")]
    told = ("cut", "Plan P1: 30.00 s\n  objection: dangling opening", "success")
    name, arguments = decide(request, answers(*said, ("find", asked, "success"), told))
    assert (name, arguments["plan_id"]) == ("write", "P1")


@pytest.mark.parametrize(("first", "taken"), [("doubt", "P2"), ("objection", "P2"), ("slight", "P1")])
def test_where_moments_are_set_side_by_side_a_doubt_weighs_as_much_as_an_objection(first: str, taken: str) -> None:
    found, asked = show([moment(n, n * 20.0, 9.5) for n in range(9)]), show([moment(40, 300.0, 10.0, 0.4)])
    request = {**REQUEST, "parts": [{"place": "last", "query": "the sign"}]}
    said = [("transcribe", "", "success"), ("look", "", "success"), ("find", found, "success")]
    cuts = [
        ("cut", "Nothing was planned: no story.", "error"),
        ("cut", f"Plan P1: 30.00 s\n  {first}: weak opening", "success"),
        ("cut", "Plan P2: 30.00 s\n  slight: weak opening\n  slight: weak opening", "success"),
    ]
    name, arguments = decide(request, answers(*said, ("find", asked, "success"), *cuts))
    assert (name, arguments["plan_id"]) == ("write", taken)


def test_the_length_is_filled_by_the_search_and_a_refusal_is_the_last_word() -> None:
    found = show([moment(n, n * 11.0, 10.0) for n in range(8)])
    said = [("transcribe", "", "success"), ("look", "", "success"), ("find", found, "success")]
    assert decide(REQUEST, answers(*said)) == ("cut", {"picks": [], "target_seconds": 30.0})
    assert decide(REQUEST, answers(*said, ("cut", "Nothing was planned: no.", "error"))) == "Nothing to make: no."
