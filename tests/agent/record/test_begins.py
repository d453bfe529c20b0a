"""How often a step was begun: what the record counts, and what makes it count from one again."""

import pytest

from agent.record.records import Fenced
from agent.steps.durable import LEFT
from agent.steps.errors import BEGINS, Died, packed, unpacked
from tools.schema import Outcome


@pytest.fixture
def claim(records, brief):
    return records.claim(brief)


def test_begins_are_counted_by_step(records, claim):
    assert [records.begin(claim, "004.look") for _ in range(BEGINS + 1)] == [1, 2, 3, 4]
    assert records.begin(claim, "006.find") == 1
    assert records.step(claim, "004.look") is None, "a begin is no answer"


def test_a_step_within_that_is_begun_for_the_first_time_shows_that_the_one_around_it_gets_on(records, claim):
    for nth in range(1, 7):
        assert records.begin(claim, "002.transcribe") <= 2
        assert records.begin(claim, f"002.transcribe/{nth}", ["002.transcribe"]) == 1
    assert records.begin(claim, "002.transcribe/6", ["002.transcribe"]) == 2
    assert [records.begin(claim, "002.transcribe") for _ in range(2)] == [2, 3], "one that is begun again shows nothing"


def test_each_question_of_a_poll_is_begun_by_itself(records, claim):
    assert [records.begin(claim, "wait", mark=nth) for nth in (1, 2, 3, 3, 3, 3, 4)] == [1, 1, 1, 2, 3, 4, 1]


def test_a_begin_that_was_left_in_order_does_not_count(records, claim):
    records.begin(claim, "step")
    records.begin(claim, "step", mark=LEFT)
    assert records.begin(claim, "step") == 1


def test_a_run_that_is_tried_anew_counts_anew_and_who_lost_it_counts_nothing(records, brief, claim):
    for _ in range(BEGINS):
        records.begin(claim, "step")
    records.finish(claim, Outcome(run=brief.run, status="failed", reason=str(Died("step"))))
    again = records.claim(brief)
    assert records.begin(again, "step") == 1
    with pytest.raises(Fenced):
        records.begin(claim, "step")


def test_what_a_run_had_set_aside_stays_spent_where_nobody_knows_what_it_cost(records, claim):
    reserved = records.reserve("local", 1.0, 1.5, claim)
    records.settle(reserved, None)
    with pytest.raises(Exception, match=r"\$0.50 of today"):
        records.reserve("local", 1.0, 1.5)


def test_the_reason_survives_a_checkpoint():
    error = unpacked(packed(Died("004.look")))
    assert isinstance(error, Died)
    assert "004.look was begun 3 times" in str(error)
