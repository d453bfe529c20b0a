"""Whole moments of a talk: each stands alone, none says what a better one says, and none runs over into another subject."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tests.tools.cutting.test_solver import even, material
from tests.tools.cutting.test_story import readings
from tools.cutting.highlights import FLOOR, Bounds, Worths, choose, seconds

BREAD = (
    "Our bread rises for two days before it is baked.",
    "The flour comes from a mill beside the bakery.",
    "Slow dough gives a loaf its crust and its taste.",
)
PRICES = (
    "Customers left because nobody understood the price list.",
    "We had nine plans and a calculator on the price page.",
    "Now the price page has three plans and one number each.",
)
BREAD_AGAIN = (
    "Our bread rises for two days before we bake it.",
    "The flour comes from a mill next to our bakery.",
    "Slow dough gives each loaf its crust and taste.",
)


def _talk(*texts: str, **fields):
    count = len(texts)
    read = readings(count, worth=dict.fromkeys(range(count), 2.0), **fields)
    return replace(material(even(count), texts=list(texts)), read=read)


def _chosen(talk, count=5, low=8.0, high=14.0, **given):
    terms = Worths.of(talk.sentences, talk.read, np.zeros(len(talk.sentences)))
    return choose(talk, terms, Bounds(low, high), count, **given)


def _spans(weighed):
    return [(one.first, one.last) for one in weighed.found]


def test_moments_share_no_sentence_and_are_told_best_first():
    weighed = _chosen(_talk(*BREAD, *PRICES))
    assert len(weighed.found) >= 2
    assert all(one.last < two.first or two.last < one.first for one, two in combinations(weighed.found, 2))
    scores = [one.score for one in weighed.found]
    assert scores == sorted(scores, reverse=True)


def test_a_moment_never_runs_over_into_another_subject():
    for first, last in _spans(_chosen(_talk(*BREAD, *PRICES))):
        assert last < len(BREAD) or first >= len(BREAD)


def test_what_says_the_same_as_a_better_moment_is_passed_over_and_told():
    weighed = _chosen(_talk(*BREAD, *PRICES, *BREAD_AGAIN, open={0: 3.0}), low=12.0, high=16.0)
    assert _spans(weighed) == [(0, 2), (3, 5)]
    assert any("says what number 1 says" in each.reason and "S7" in each.ids for each in weighed.passed)


def test_what_leans_on_what_came_before_does_not_open_a_moment_and_what_sets_up_does_not_close_one():
    weighed = _chosen(_talk(*BREAD, *PRICES, leans={3: 0.6}, sets_up={2: 0.6}), low=12.0, high=16.0)
    assert weighed.found == []
    told = [each.reason for each in weighed.passed]
    assert any("dangling opening" in each for each in told)
    assert any("ends before its payoff" in each for each in told)


def test_what_was_used_is_not_proposed_again_nor_what_says_it_in_other_words():
    talk = _talk(*BREAD, *PRICES, *BREAD_AGAIN)
    again = _chosen(talk, low=12.0, high=16.0, used=("S1", "S2", "S3"))
    assert _spans(again) == [(3, 5)]
    assert any("earlier request" in each.reason for each in again.passed)


def test_what_may_not_play_is_in_no_moment():
    assert all(not first <= 4 <= last for first, last in _spans(_chosen(_talk(*BREAD, *PRICES), gone=("S5",))))


@pytest.mark.parametrize(("low", "high"), [(8.0, 9.5), (12.5, 13.5), (3.0, 5.0)])
def test_each_lasts_as_long_as_was_asked(low, high):
    talk = _talk(*BREAD, *PRICES)
    found = _chosen(talk, low=low, high=high).found
    assert found
    assert all(low <= seconds(talk, one)[2] <= high for one in found)


def test_an_exact_length_is_as_exact_as_that_of_a_promo():
    assert Bounds.of(30.0, None, None) == Bounds(29.5, 30.5)
    assert Bounds.of(30.0, None, 40.0) == Bounds(6.0, 40.0)


def test_what_is_worth_nothing_is_not_proposed_to_make_up_the_number():
    count = len(BREAD)
    dull = replace(
        material(even(count), texts=list(BREAD)), read=readings(count, house=dict.fromkeys(range(count), 0.4))
    )
    assert _chosen(dull).found == []
    assert all(one.score >= FLOOR for one in _chosen(_talk(*BREAD)).found)


def test_a_talk_that_nobody_could_read_is_weighed_by_how_its_passages_were_ranked():
    from tools.finding.ranking import rank
    from tools.schema import Transcript

    talk = replace(_talk(*BREAD, *PRICES), read=None)
    ranked = rank(Transcript(sentences=talk.sentences), None, "", None)
    terms = Worths.of(talk.sentences, None, np.zeros(len(talk.sentences)), ranked)
    found = choose(talk, terms, Bounds(8.0, 14.0), 2).found
    assert found
    assert all(one.last < len(BREAD) or one.first >= len(BREAD) for one in found)
