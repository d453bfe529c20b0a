"""The embedded planner reads the tools' answers as a model would, and chooses moments that add up."""

import json

from langchain_core.messages import HumanMessage, ToolMessage

from agent.deciding.planner import Planner, best, choices, decide, picks
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


def test_the_best_set_meets_the_length_and_never_overlaps():
    moments = [moment(n, n * 7.0, 6.0 + 0.3 * (n % 5), 0.3 + 0.05 * (n % 9)) for n in range(20)]
    moments += [moment(100, 3.0, 12.0, 0.95)]
    chosen = sorted(best(moments, 30.0), key=lambda m: m.start)
    assert abs(sum(m.seconds for m in chosen) - 30.0) <= 0.8
    assert all(a.start + a.seconds <= b.start + 1e-6 for a, b in zip(chosen, chosen[1:], strict=False))


def test_a_little_more_of_the_same_worth_does_not_buy_being_off_the_length():
    moments = [moment(1, 0, 15.4, 0.5), moment(2, 20, 15.1, 0.5), moment(3, 40, 14.9, 0.5), moment(4, 60, 15.0, 0.49)]
    assert abs(sum(m.seconds for m in best(moments, 30.0)) - 30.0) < 0.05


def test_no_set_is_offered_when_nothing_adds_up():
    assert best([moment(1, 0, 3.0)], 30.0) == []


def test_what_has_no_role_is_never_chosen():
    assert list(choices([moment(n, n * 10.0, 10.0, roles=()) for n in range(5)], 30.0)) == []


def test_the_hook_opens_and_the_rest_keep_their_order():
    said = picks([moment(1, 10, 9), moment(5, 30, 9, 0.9), moment(9, 50, 12)])
    assert [p["ids"] for p in said] == [["S5"], ["S1"], ["S9"]]
    assert said[0]["role"] == "hook"


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


def test_a_refused_cut_is_answered_with_another_choice():
    found = show([moment(n, n * 11.0, 10.0, 0.5 + n / 100) for n in range(8)])
    said = [("transcribe", "", "success"), ("look", "", "success"), ("find", found, "success")]
    first = decide(REQUEST, answers(*said))
    second = decide(REQUEST, answers(*said, ("cut", "S3 is risky", "error")))
    assert second[0] == "cut"
    assert second[1]["picks"] != first[1]["picks"]


def test_a_risky_plan_is_tried_again_and_the_safest_is_taken():
    found = show([moment(n, n * 11.0, 10.0, 0.5 + n / 100) for n in range(9)])
    said = [
        ("transcribe", "", "success"),
        ("look", "", "success"),
        ("find", found, "success"),
        ("cut", "Plan P1\n  ! weak opening\n  ! hedge lost", "success"),
    ]
    assert decide(REQUEST, answers(*said))[0] == "cut"
    said += [
        ("cut", "Plan P2\n  ! weak opening", "success"),
        ("cut", "Plan P3\n  ! a\n  ! b", "success"),
        ("cut", "no", "error"),
    ]
    said += [("write", "ok", "success")]
    assert decide(REQUEST, answers(*said)) == ("cover", {"plan_id": "P2"})


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


def test_what_runs_straight_into_the_best_opener_opens_instead():
    said = picks([moment(1, 10, 6, 0.7), moment(2, 17, 6, 0.72), moment(9, 50, 6, 0.5)])
    assert [p["ids"] for p in said] == [["S1"], ["S2"], ["S9"]]


def test_a_set_that_ends_well_is_preferred_to_an_equal_one():
    def ends(n, roles):
        return Moment(ids=(f"S{n}",), start=n * 10.0, seconds=8.0, score=0.6, roles=roles, reason="")

    moments = [
        moment(1, 0, 11, 0.8),
        moment(3, 20, 11, 0.8),
        ends(5, ("proof", "context")),
        ends(7, ("close", "proof")),
    ]
    assert best(moments, 30.0)[-1].ids == ("S7",)


def shot(n, start, seconds, score=0.5):
    return Moment(ids=(f"V{n}",), start=start, seconds=seconds, score=score, roles=("hook",), reason="a face")


def test_shots_may_play_in_part_so_long_ones_are_no_reason_to_make_nothing():
    assert next(choices([shot(1, 0, 25.0)], 10.0))[0].ids == ("V1",)


def test_a_reel_of_shots_lasts_the_target_and_prefers_the_best():
    shots = [shot(n, n * 5.0, 5.0, 0.1 * n) for n in range(1, 10)]
    for chosen in choices(shots, 30.0):
        assert sum(m.seconds for m in chosen) >= 29.4
        assert shots[-1] in chosen


def test_shots_too_short_in_all_make_nothing():
    assert list(choices([shot(n, n * 2.0, 1.0) for n in range(6)], 30.0)) == []
