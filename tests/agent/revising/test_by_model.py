"""A change carried out by a language model: it is shown what plays and what was meant, the rules hold it and stand in for it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agent.deciding import REVISER
from agent.deciding.planner import Planner
from agent.deciding.scripted import Scripted, said
from agent.quote import quote_revision
from agent.reading.changes import read_changes
from agent.revising.planned import carry
from agent.revising.revision import plan_revision
from tests.agent.reading.test_conversation import FIRST, studio, video  # noqa: F401

pytestmark = pytest.mark.slow
HOOK, CONTEXT, PROOF, CLOSE = (
    {"ids": ids, "role": role, "reason": "a test"}
    for ids, role in ((["S2"], "hook"), (["S5", "S6"], "context"), (["S7", "S8"], "proof"), (["S15"], "close"))
)
LONGER = {**PROOF, "ids": ["S7", "S8", "S9"]}
BEFORE = {"ids": ["S2", "S3"], "role": "hook", "reason": "what was wrong"}
MADE = [
    ("write", {"plan_id": "P1", "platforms": ["linkedin"]}),
    ("cover", {"plan_id": "P1"}),
    ("assemble", {"plan_id": "P1"}),
]
WORDS = "It now says why nobody stayed, since that went with the second clip."


def changed(studio, words, *turns):  # noqa: F811
    """The outcome of a change that a model with these turns carries out, and what it was asked."""
    model = Scripted(turns=list(turns))
    at = replace(studio, model=model)
    planned = plan_revision(at, FIRST, words, read_changes(words))
    return carry(at, planned), model.asked, planned


def request(asked):
    text = asked[0][1].text
    return json.loads(text[text.index("{") :])


def test_a_model_carries_a_change_out_and_may_do_what_the_whole_needs(studio):  # noqa: F811
    outcome, asked, _ = changed(
        studio, "drop the second clip", ("cut", {"picks": [BEFORE, PROOF, CLOSE]}), *MADE, WORDS
    )
    assert [clip.ids for clip in outcome.cut.clips] == [("S2", "S3"), ("S7", "S8"), ("S15",)]
    assert outcome.said == WORDS
    told = request(asked)["change"]
    assert told["said"] == "drop the second clip"
    assert told["read"] == "without clip 2"
    assert [(each["ids"], each["role"]) for each in told["now"]] == [
        ("S2", "hook"),
        ("S5-S6", "context"),
        ("S7-S8", "proof"),
        ("S15", "close"),
    ]
    assert "threw nine plans away" in told["now"][2]["words"]
    assert told["bounds"] == {"may_not_play": ["S5", "S6"]}
    assert any(each.startswith("S3 ") for each in told["said_beside"])
    row = studio.records.run(outcome.run)
    assert row["parent"] == FIRST
    assert studio.engines.transcriber.calls == 1, "a model's change listens to nothing again"


def test_what_a_model_leaves_alone_plays_frame_by_frame_as_it_did(studio):  # noqa: F811
    outcome, _, _ = changed(studio, "without clip 2", ("cut", {"picks": [BEFORE, PROOF, CLOSE]}), *MADE, WORDS)
    first = {clip["ids"][0]: clip for clip in studio.records.run(FIRST)["outcome"]["cut"]["clips"]}
    for clip in outcome.cut.clips[1:]:
        assert (clip.first_frame, clip.frames) == (first[clip.ids[0]]["first_frame"], first[clip.ids[0]]["frames"])


def test_the_words_of_a_change_hold_the_model(studio):  # noqa: F811
    outcome, asked, _ = changed(
        studio,
        "drop clip 2",
        ("cut", {"picks": [HOOK, CONTEXT, CLOSE]}),
        ("cut", {"picks": [HOOK, PROOF, CLOSE]}),
        *MADE,
        "Done.",
    )
    assert "S5 was taken out by the change" in said(asked[1], "cut")
    assert [clip.ids for clip in outcome.cut.clips] == [("S2",), ("S7", "S8"), ("S15",)]


def test_what_nobody_named_and_a_model_takes_out_is_told_to_it_and_to_the_person(studio):  # noqa: F811
    outcome, asked, _ = changed(studio, "lose clip 2", ("cut", {"picks": [HOOK, LONGER]}), *MADE, "Done.")
    assert "plays otherwise: clip 4 no longer plays S15" in said(asked[1], "cut")
    assert any(each.startswith("Beside what was named, clip 4 (“A price is a promise") for each in outcome.warnings[:3])


def test_where_the_model_fails_the_rules_carry_the_change_out_and_it_is_said(studio):  # noqa: F811
    outcome, _, planned = changed(studio, "remove the second clip", "I have done it.")
    assert [clip.ids for clip in outcome.cut.clips] == [pick.ids for pick in planned.moves.picks]
    assert "The rules carried the change out in the model's place." in outcome.warnings
    rows = studio.records.decisions(outcome.run)
    assert {row["model_id"] for row in rows if row["kind"] == "model"} == {"scripted", REVISER}


def test_a_change_that_leaves_the_sentences_as_they_are_asks_no_model(studio):  # noqa: F811
    outcome, asked, _ = changed(studio, "no captions")
    assert outcome.status.startswith("done")
    assert asked == []


def test_a_plan_says_who_will_cut(studio):  # noqa: F811
    def steps(at):
        planned = plan_revision(at, FIRST, "drop the second clip", read_changes("drop the second clip"))
        return quote_revision(at, planned, "", 1.0).steps

    assert "cut by the editor, within the rules" in steps(studio)
    assert "cut by arithmetic" in steps(replace(studio, model=Planner(), model_id="planner"))


def test_words_and_cover_follow_what_is_played(studio):  # noqa: F811
    planned = plan_revision(studio, FIRST, "swap 1 and 3", read_changes("swap 1 and 3"))
    assert not planned.seed.kept.words, "the same sentences in another order have another beginning"
    assert planned.moves.write is not None
    assert planned.moves.cover
    still = plan_revision(studio, FIRST, "no captions", read_changes("no captions"))
    assert still.seed.kept.words
    assert still.moves.write is None
