"""The story that is told of what was said: exact over all subsets, and the choice that is made of it."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tests.tools.cutting.test_solver import even, material
from tools.cutting.careful import clear, offer
from tools.cutting.choice import stories
from tools.cutting.parts import Fixed, around
from tools.cutting.story import RUNS, Lengths, Terms, tell
from tools.finding.reader import Readings
from tools.ids import Stretch


def _runs(chosen: tuple[int, ...]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for at in chosen:
        if found and found[-1][1] == at - 1:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def _worth(terms: Terms, runs: list[tuple[int, int]]) -> float:
    total = terms.opens[runs[0][0]] + terms.closes[runs[-1][1]]
    for place, (first, last) in enumerate(runs):
        total += terms.said[first : last + 1].sum()
        if place:
            before = runs[place - 1][1]
            total -= terms.starts[first] + terms.stops[before] + terms.joins[before, first]
    return float(total)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_subset_of_a_talk_is_worth_more_at_its_length(seed: int) -> None:
    luck = np.random.default_rng(seed)
    count = 9
    terms = Terms(*(luck.normal(0, 2, count) for _ in range(5)), luck.random((count, count)))
    fresh = luck.integers(1, 5, count)
    lengths = Lengths(fresh, fresh + luck.integers(0, 2, count))
    best: dict[int, float] = {}
    for size in range(1, count + 1):
        for chosen in combinations(range(count), size):
            runs = _runs(chosen)
            if len(runs) <= 3:
                length = sum(lengths.fresh[first] + lengths.after[first + 1 : last + 1].sum() for first, last in runs)
                best[length] = max(best.get(length, -np.inf), _worth(terms, runs))
    told = tell(terms, lengths, 6, 12, runs=3)
    assert {story.length: pytest.approx(story.value) for story in told} == {
        length: value for length, value in best.items() if 6 <= length <= 12
    }
    assert all(_worth(terms, list(story.runs)) == pytest.approx(story.value) for story in told)
    assert [story.value for story in told] == sorted((story.value for story in told), reverse=True)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "fixed",
    [
        Fixed(opens=(5, 6)),
        Fixed(closes=(2, 2)),
        Fixed(plays=((3, 4),)),
        Fixed(opens=(7, 7), closes=(1, 2)),
        Fixed(opens=(4, 4), plays=((1, 2),)),
    ],
    ids=str,
)
def test_no_other_story_around_what_was_asked_for_is_worth_more_at_its_length(seed: int, fixed: Fixed) -> None:
    luck = np.random.default_rng(seed)
    count = 9
    terms = Terms(*(luck.normal(0, 2, count) for _ in range(5)), luck.random((count, count)))
    fresh = luck.integers(1, 5, count)
    lengths = Lengths(fresh, fresh)
    ends = {at for run in (fixed.opens, fixed.closes) if run for at in range(run[0], run[1] + 1)}
    best: dict[int, float] = {}
    for size in range(count + 1):
        for chosen in combinations([at for at in range(count) if at not in ends], size):
            runs = [run for run in (fixed.opens, *_runs(chosen), fixed.closes) if run]
            joined = _runs(tuple(at for first, last in runs for at in range(first, last + 1)))
            whole = all(any(a <= first and last <= b for a, b in joined) for first, last in fixed.plays)
            if joined and whole and len(runs) <= RUNS:
                length = sum(fresh[first : last + 1].sum() for first, last in joined)
                best[length] = max(best.get(length, -np.inf), _worth(terms, joined))
    told = around(fixed, terms, lengths, 6, 14)
    assert {story.length: pytest.approx(story.value) for story in told} == {
        length: value for length, value in best.items() if 6 <= length <= 14
    }
    for story in told:
        assert fixed.opens is None or story.runs[0][0] == fixed.opens[0]
        assert fixed.closes is None or story.runs[-1][1] == fixed.closes[1]


def readings(count: int, **fields: dict[int, float]) -> Readings:
    """A reader to whom every sentence is as good as another, but for what is given by sentence."""
    made = {name: np.full(count, 0.02) for name in Readings._fields}
    for name, values in fields.items():
        for at, value in values.items():
            made[name][at] = value
    return Readings(**made)


def _said(picks: list) -> list[int]:
    return [at for pick in picks for at in range(Stretch.of(pick.ids).first, Stretch.of(pick.ids).last + 1)]


def test_what_leans_on_the_sentence_before_does_not_open_and_what_sets_up_does_not_close() -> None:
    talk = material(even(12))
    read = readings(12, leans={3: 0.95}, sets_up={6: 0.95}, worth=dict.fromkeys((3, 4, 5, 6), 3.0))
    [best, *_] = stories(talk, read, np.zeros(12), 18.0)
    said = _said(list(best.picks))
    assert {4, 5} <= set(said), "what is worth most is told"
    assert said[0] != 3
    assert said[-1] != 6


def test_no_clip_ends_or_begins_amid_a_sentence_that_was_heard_as_two() -> None:
    """A pause after a comma, as a recogniser hears it, is no end; the reader may take it for a good one."""
    talk = material(even(12))
    halves = {5: "Our finance person did not sleep for a week,", 6: "but a simple price is only half of it."}
    said = tuple(
        one.model_copy(update={"text": halves.get(at, "Shops come back.")}) for at, one in enumerate(talk.sentences)
    )
    talk = replace(talk, sentences=said)
    read = readings(12, worth=dict.fromkeys((3, 4, 5), 3.0), close={5: 2.9}, open={6: 2.9})
    for best in stories(talk, read, np.zeros(12), 18.0):
        runs = [Stretch.of(pick.ids) for pick in best.picks]
        assert 5 not in [run.last for run in runs]
        assert 6 not in [run.first for run in runs]


def test_what_the_wish_asks_for_is_told_before_what_is_merely_good() -> None:
    talk = material(even(20))
    near = np.zeros(20)
    near[12:16] = 1.0
    [best, *_] = stories(talk, readings(20, worth=dict.fromkeys(range(4), 2.0)), near, 17.5)
    assert set(_said(list(best.picks))) >= {12, 13, 14, 15}


def test_used_sentences_are_never_told_again_and_every_story_has_the_length() -> None:
    talk = material(even(20))
    found = stories(talk, readings(20), np.linspace(0, 1, 20), 18.0, used=("S20", "S19"))
    assert found
    for each in found:
        assert not {18, 19} & set(_said(list(each.picks)))
        assert abs(float(each.solution.frames / talk.rate) - 18.0) <= 0.5
        assert [pick.role for pick in each.picks].count("hook") == 1


def test_a_talk_that_is_too_short_has_no_story() -> None:
    assert stories(material(even(3)), readings(3), np.zeros(3), 60.0) == []


def test_a_strict_story_carries_no_risk_where_the_best_one_does() -> None:
    """Everything leans but S2 and S11; what is worth most begins at S6, in the middle of what leans."""
    talk = material(even(20))
    leans = dict.fromkeys(sorted({*range(20)} - {1, 10}), 0.6)
    read = readings(20, leans=leans, worth=dict.fromkeys(range(5, 10), 3.0))
    near = np.zeros(20)
    near[5:10] = 1.0
    best = stories(talk, read, near, 17.5)[0]
    assert any(Stretch.of(pick.ids).first not in (1, 10) for pick in best.picks), "the best story leans somewhere"
    found = clear(talk, read, near, 17.5, ())
    assert found is not None
    assert {Stretch.of(pick.ids).first for pick in found[1].picks} <= {1, 10}
    assert abs(float(found[1].solution.frames / talk.rate) - 17.5) <= 0.5
    assert offer(talk, read, near, 17.5, ()).startswith("A cut without a risk: S")


def test_where_everything_leans_no_cut_is_offered() -> None:
    talk = material(even(12))
    read = readings(12, leans=dict.fromkeys(range(12), 0.9), house={0: 0.9})
    assert clear(talk, read, np.zeros(12), 18.0, ()) is None
    assert offer(talk, read, np.zeros(12), 18.0, ()).startswith("No cut without a risk")
