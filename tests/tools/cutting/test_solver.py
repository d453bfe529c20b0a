import time
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cutting.edges import Material, at
from tools.cutting.fill import Fill, fill
from tools.cutting.solver import Solution, arranged, lengths, solve
from tools.schema import LONGEST, SHORTEST, Candidate, Infeasible, Pick, Sentence, Shot, Word

RATES = [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60000, 1001)]


def material(spans, rate=Fraction(30), duration=None, shots=(), texts=None, levels=None) -> Material:
    said = tuple(
        Sentence(id=f"S{n}", start=a, end=b, text=text, words=(Word(start=a, end=b, text=text),))
        for n, ((a, b), text) in enumerate(
            zip(spans, texts or [f"Sentence {n} is said." for n in range(len(spans))], strict=True), 1
        )
    )
    seen = tuple(Shot(id=f"V{n}", start=a, end=b) for n, (a, b) in enumerate(shots, 1))
    end = duration if duration is not None else (said[-1].end if said else seen[-1].end) + 1
    return Material(said, seen, rate, end, levels)


def pick(ids: str, role: str = "proof", optional: bool = False) -> Pick:
    first, _, last = ids.partition("-")
    numbers = range(int(first[1:]), int((last or first)[1:]) + 1)
    return Pick(ids=tuple(f"{first[0]}{n}" for n in numbers), role=role, reason="it matters", optional=optional)


def even(count: int, length: float = 4.0, gap: float = 0.5) -> list[tuple[float, float]]:
    return [(round(1 + n * (length + gap), 3), round(1 + n * (length + gap) + length, 3)) for n in range(count)]


def test_a_cut_that_can_be_exact_is_exact_to_the_frame() -> None:
    found = solve(material(even(10)), [pick("S2", "hook"), pick("S4-S5"), pick("S8-S10")], 26.5)
    assert isinstance(found, Solution)
    assert found.frames == 26.5 * 30


def test_the_hook_plays_first_and_the_rest_as_given() -> None:
    found = solve(material(even(10)), [pick("S5"), pick("S2", "hook"), pick("S1", "close")], 13.0)
    assert [choice.first for choice in found.choices] == [1, 4, 0]


def test_chronological_order_keeps_the_hook_first() -> None:
    picks = [pick("S5"), pick("S9", "hook"), pick("S1", "close")]
    assert [place for place, _ in arranged(picks, material(even(10)), "chronological")] == [1, 2, 0]


def test_a_required_pick_is_never_shortened() -> None:
    found = solve(material(even(10)), [pick("S1-S4", "hook")], 12.0)
    assert isinstance(found, Infeasible)
    assert found.nearest
    assert found.nearest[0] > 12.5


def test_an_optional_pick_is_left_out_to_meet_the_length() -> None:
    found = solve(material(even(10)), [pick("S1-S2", "hook"), pick("S5", optional=True), pick("S8")], 13.2)
    assert isinstance(found, Solution)
    assert found.left_out == (1,)


def test_an_optional_pick_loses_whole_sentences_from_its_edges() -> None:
    found = solve(material(even(10)), [pick("S1", "hook"), pick("S4-S7", optional=True)], 13.2)
    assert isinstance(found, Solution)
    assert found.choices[1].last - found.choices[1].first == 1


def test_a_whole_optional_pick_is_left_out_before_one_is_halved() -> None:
    made = material(even(12))
    picks = [pick("S1-S2", "hook"), pick("S4-S5", optional=True), pick("S7-S8", optional=True), pick("S10")]
    found = solve(made, picks, 22.4)
    assert isinstance(found, Solution)
    assert len(found.left_out) == 1
    assert [choice.ids(picks[choice.pick]) for choice in found.choices if choice.pick in (1, 2)] in (
        [("S4", "S5")],
        [("S7", "S8")],
    )


def test_two_whole_picks_are_left_out_before_one_is_halved() -> None:
    made = material([(1, 5), (5.3, 11), (11.3, 17), (17.3, 19), (19.3, 21), (21.3, 25)])
    picks = [pick("S1", "hook"), pick("S2-S3", optional=True), pick("S4", optional=True), pick("S5", optional=True)]
    found = solve(made, [*picks, pick("S6")], 20.0)
    assert isinstance(found, Solution)
    assert found.left_out == (2, 3)


ASKED = ["We sell tents.", "Why do tents leak?", "Because the seams are glued.", "Glue ages in the sun.", "Sew them."]


def test_an_answer_is_not_kept_without_the_question_that_was_picked_before_it() -> None:
    made = material([(1, 5), (5.5, 7.5), (8, 14), (14.5, 17), (17.5, 22.9)], texts=ASKED)
    picks = [pick("S1", "hook"), pick("S2", optional=True), pick("S3", optional=True), pick("S5", optional=True)]
    found = solve(made, picks, 10.4)
    assert isinstance(found, Solution)
    assert [choice.pick for choice in found.choices] == [0, 3]
    apart = [pick("S1", "hook"), pick("S3", optional=True), pick("S5", optional=True)]
    alone = solve(made, apart, 10.4)
    assert isinstance(alone, Solution)
    assert [choice.pick for choice in alone.choices] == [0, 1], "nobody picked the question: the review says so"


def test_an_answer_alone_is_a_last_resort() -> None:
    made = material(even(5), texts=ASKED)
    picks = [pick("S1", "hook"), pick("S2", optional=True), pick("S3")]
    found = solve(made, picks, 8.5)
    assert isinstance(found, Solution)
    assert [choice.pick for choice in found.choices] == [0, 2]
    whole = solve(made, picks, 13.0)
    assert isinstance(whole, Solution)
    assert [choice.pick for choice in whole.choices] == [0, 1, 2]


def test_of_many_sets_the_one_is_taken_that_comes_out_as_long_as_asked() -> None:
    made, off = varied(400), []
    for target in (10, 15, 30, 45, 60, 90):
        found = fill(made, offers(made), target)
        assert isinstance(found, Fill)
        off.append(abs(float(found.solution.frames / made.rate) - target))
    assert sum(off) / len(off) <= 0.05, off


def test_pauses_between_sentences_of_one_clip_count_towards_its_length() -> None:
    names = ["alpha", "bravo", "carbon", "delta", "echo", "forest", "garden", "harbor", "island", "jungle"]
    made = material(even(40, 3.0, 1.1), texts=[f"The {names[n % 10]} made item{n} grow{n * 3}." for n in range(40)])
    near = offers(made, lambda n: 1 / (1 + abs(n - 20) / 3))  # neighbours are best, so that clips of several are made
    for target in (15, 20, 30):
        found = fill(made, near, target)
        assert isinstance(found, Fill), (target, found)
        assert any(len(each.ids) > 1 for each in found.picks)
        assert abs(float(found.solution.frames / made.rate) - target) <= 0.15


def test_an_optional_hook_may_be_shortened_but_something_opens() -> None:
    found = solve(material(even(10)), [pick("S1-S3", "hook", optional=True), pick("S6")], 8.4)
    assert isinstance(found, Solution)
    assert found.left_out == ()
    assert found.choices[0].frames > 0


def test_content_is_worth_more_than_the_last_tenth() -> None:
    picks = [pick("S1-S2", "hook"), pick("S5", optional=True)]
    made = material(even(10))
    least = min(length for length in lengths(made, picks) if length > 10)
    found = solve(made, picks, least - 0.4)
    assert found.left_out == ()


def test_infeasible_names_lengths_that_are_feasible() -> None:
    made = material(even(12))
    picks = [pick("S1-S2", "hook"), pick("S5-S7", optional=True), pick("S10")]
    found = solve(made, picks, 20.5)
    assert isinstance(found, Infeasible)
    assert len(found.nearest) == 2
    for length in found.nearest:
        assert isinstance(solve(made, picks, length), Solution)


def test_shots_are_shortened_as_needed() -> None:
    made = material([], shots=[(0, 10), (10, 25), (25, 31), (31, 70)], duration=70)
    found = solve(made, [pick("V2", "hook"), pick("V1"), pick("V4")], 20.0)
    assert isinstance(found, Solution)
    assert found.frames == 600
    assert all(choice.frames >= 30 for choice in found.choices)
    assert all(made.is_clear(choice.start, "start") and made.is_clear(choice.end, "end") for choice in found.choices)


def test_a_shot_gives_way_to_what_is_said_beside_it() -> None:
    made = material([(1, 4), (11.2, 15)], shots=[(0, 4.3), (4.3, 11), (11, 16)], duration=16)
    found = solve(made, [pick("S1", "hook"), pick("V2"), pick("S2", "close")], 11.0)
    spans = sorted((choice.start, choice.end) for choice in found.choices)
    assert all(one[1] <= two[0] for one, two in zip(spans, spans[1:], strict=False))


def test_nothing_is_longer_than_the_longest_promo() -> None:
    made = material(even(60))
    picks = [pick("S1-S40", "hook")]
    total = lengths(made, [pick("S1-S39", "hook")])
    assert all(length <= LONGEST for length in total)
    found = solve(made, picks, 179.9)
    assert isinstance(found, Infeasible) or found.frames <= 180 * 30
    assert isinstance(solve(material(even(1, 179.8)), [pick("S1", "hook")], 179.8), Solution)
    assert isinstance(solve(material(even(1, 180.05)), [pick("S1", "hook")], 180), Infeasible)


# Properties


@st.composite
def talks(draw, most: int = 14) -> Material:
    spans, now = [], draw(st.sampled_from([0.0, 0.02, 0.7]))
    for _ in range(draw(st.integers(1, most))):
        length = draw(st.sampled_from([0.0, 0.06, 0.4, 1.3, 2.71, 4.0, 6.66]))
        spans.append((round(now, 3), round(now + length, 3)))
        now += length + draw(st.sampled_from([0.0, 0.0, 0.01, 0.03, 0.2, 0.34, 1.0, 5.0]))
    duration = max(0.5, spans[-1][1] + draw(st.sampled_from([-0.3, 0.0, 0.01, 0.6])))
    cuts = sorted(draw(st.sets(st.floats(0.1, duration).map(lambda x: round(x, 2)), max_size=5)) | {0.0})
    shots = [(a, b) for a, b in zip(cuts, [*cuts[1:], duration], strict=True) if b > a]
    levels = np.array(draw(st.lists(st.sampled_from([-70.0, -40.0, -20.0]), min_size=1, max_size=40)), np.float32)
    rate = draw(st.sampled_from(RATES))
    return material(spans, rate, duration, shots, levels=draw(st.sampled_from([None, levels])))


@st.composite
def wishes(draw) -> tuple[Material, list[Pick], float]:
    made = draw(talks())
    runs, number, picks = len(made.sentences), 1, []
    while number <= runs and len(picks) < 8:
        last = min(runs, number + draw(st.integers(0, 3)))
        if draw(st.booleans()):
            picks.append(pick(f"S{number}-S{last}", optional=draw(st.booleans())))
        number = last + 1
    picks = draw(st.permutations(picks or [pick("S1")]))
    picks[0] = picks[0].model_copy(update={"role": "hook"})
    return made, picks, draw(st.sampled_from([1.0, 3.3, 6.0, 10.0, 15.0, 30.0]))


@settings(max_examples=300, deadline=None)
@given(wishes())
def test_no_cut_leaves_the_source_overlaps_or_is_off_its_length(wish) -> None:
    made, picks, target = wish
    found = solve(made, picks, target)
    if isinstance(found, Infeasible):
        for length in found.nearest:
            assert SHORTEST <= length <= LONGEST
            assert abs(length - target) > 0.5
            assert isinstance(solve(made, picks, length, 0.001), Solution)
        return
    assert abs(found.frames / made.rate - target) <= 0.5 + 1e-6
    assert sum(choice.frames for choice in found.choices) == found.frames
    spans = sorted((choice.start, choice.end) for choice in found.choices)
    assert all(0 <= start < end <= made.frames for start, end in spans)
    assert all(one[1] <= two[0] for one, two in zip(spans, spans[1:], strict=False))
    assert picks[found.choices[0].pick].role == "hook"
    assert all(picks[place].optional for place in found.left_out)
    half = float(1 / made.rate / 2) + 1e-6
    stop = at(made.frames, made.rate)
    for choice in found.choices:
        chosen = picks[choice.pick]
        assert chosen.optional or (choice.first, choice.last) == (
            int(chosen.ids[0][1:]) - 1,
            int(chosen.ids[-1][1:]) - 1,
        )
        for edge in (at(choice.start, made.rate), at(choice.end, made.rate)):
            depth = [min(edge - each.start, min(each.end, stop) - edge) for each in made.sentences]
            assert max(depth) <= half, "an edge lies in a word"


@settings(max_examples=60, deadline=None)
@given(talks(6), st.data())
def test_the_search_finds_what_trying_everything_finds(made: Material, data) -> None:
    count = len(made.sentences)
    middle = data.draw(st.integers(1, count))
    picks = [pick(f"S1-S{middle}", "hook", data.draw(st.booleans()))]
    if middle < count:
        picks.append(pick(f"S{middle + 1}-S{count}", optional=data.draw(st.booleans())))
    totals: set[int] = {0}
    for each in picks:
        first, last = int(each.ids[0][1:]) - 1, int(each.ids[-1][1:]) - 1
        runs = (
            [(a, b) for a in range(first, last + 1) for b in range(a, last + 1)] if each.optional else [(first, last)]
        )
        spans = {
            end.frame - start.frame
            for a, b in runs
            for start, end in product(made.edges(a, "start"), made.edges(b, "end"))
            if (a == first or _own(made, a)) and (b == last or _own(made, b))
        }
        spans = {span for span in spans if span > 0} | ({0} if each.optional and each.role != "hook" else set())
        totals = {one + two for one in totals for two in spans}
    low = SHORTEST * made.rate
    assert lengths(made, picks) == [
        float(total / made.rate) for total in sorted(totals) if low - 1e-6 <= total <= LONGEST * made.rate
    ]


def _own(made: Material, index: int) -> bool:
    return min(e.frame for e in made.edges(index, "end")) > max(s.frame for s in made.edges(index, "start"))


@settings(max_examples=40, deadline=None)
@given(talks(14), st.sampled_from([6.0, 10.0, 30.0]), st.randoms(use_true_random=False))
def test_a_filled_promo_keeps_every_rule(made: Material, target: float, random) -> None:
    offered = [Candidate(ids=(each.id,), kept=True, score=random.random()) for each in made.sentences]
    found = fill(made, offered, target)
    if isinstance(found, Infeasible):
        for length in found.nearest:
            assert SHORTEST <= length <= LONGEST
        return
    assert abs(found.solution.frames / made.rate - target) <= 0.5 + 1e-6
    assert [each.role for each in found.picks].count("hook") == 1
    assert found.picks[0].role == "hook"
    ids = [name for each in found.picks for name in each.ids]
    assert len(ids) == len(set(ids))
    assert len(found.picks) <= 8


# The automatic choice


def offers(made: Material, score=lambda n: ((n * 7919) % 101) / 101) -> list[Candidate]:
    return [Candidate(ids=(each.id,), kept=True, score=score(n)) for n, each in enumerate(made.sentences)]


def varied(count: int, **more) -> Material:
    words = [
        "alpha",
        "bravo",
        "carbon",
        "delta",
        "echo",
        "forest",
        "garden",
        "harbor",
        "island",
        "jungle",
        "kernel",
        "ladder",
        "market",
        "nectar",
        "orbit",
        "planet",
        "quarry",
    ]
    texts = [f"The {words[n % 17]} number{n} made {words[(n * 5 + 1) % 17]} item{n * 3} grow{n}." for n in range(count)]
    spans, now = [], 0.5
    for n in range(count):
        length = 1.5 + (n * 37 % 60) / 10
        spans.append((round(now, 3), round(now + length, 3)))
        now += length + 0.35
    return material(spans, texts=texts, **more)


@pytest.mark.parametrize("target", [6, 10, 15, 30, 60, 90, 180])
def test_a_promo_is_filled_to_its_length(target: int) -> None:
    found = fill(varied(120), offers(varied(120)), target)
    assert isinstance(found, Fill)
    assert abs(found.solution.frames / 30 - target) <= 0.5


def test_promos_from_one_talk_can_be_distinct() -> None:
    made, used = varied(60), set()
    for _ in range(3):
        found = fill(made, offers(made), 30, used=used)
        ids = {name for each in found.picks for name in each.ids}
        assert not ids & used
        used |= ids


def test_an_opening_that_leans_on_the_sentence_before_brings_it_along() -> None:
    made = material(
        even(6, 5.0),
        texts=[
            "We lost the server.",
            "That was the day we moved.",
            "Hello everyone.",
            "Nothing else is here.",
            "Rain fell on stone.",
            "Birds went south.",
        ],
    )
    found = fill(made, [Candidate(ids=("S2",), kept=True, score=1.0)], 10.6)
    assert isinstance(found, Fill)
    assert found.picks[0].ids == ("S1", "S2")


def test_an_answer_brings_its_question_along() -> None:
    made = material(
        even(4, 5.0), texts=["Was it cheap?", "No, it cost a fortune.", "Rain fell on stone.", "Birds went south."]
    )
    found = fill(made, [Candidate(ids=("S2",), kept=True, score=1.0)], 10.6)
    assert found.picks[0].ids == ("S1", "S2")


def test_a_greeting_is_never_filled_in() -> None:
    made = material(even(2, 8.0), texts=["Hello and welcome to the show.", "Costs fell by half."])
    found = fill(
        made, [Candidate(ids=("S1",), kept=True, score=1.0), Candidate(ids=("S2",), kept=True, score=0.1)], 8.3
    )
    assert found.picks[0].ids == ("S2",)


def test_a_word_alone_is_no_clip() -> None:
    made = varied(40)
    said = list(made.sentences)
    said[3] = said[3].model_copy(update={"text": "preamble", "words": said[3].words[:1]})
    made = replace(made, sentences=tuple(said))
    found = fill(made, offers(made, lambda n: 1.0 if n == 3 else 0.5), 15)
    assert isinstance(found, Fill)
    assert all(pick.ids != ("S4",) for pick in found.picks)


def test_two_clips_do_not_say_the_same() -> None:
    texts = [
        "Pricing cut our churn in half last year.",
        "Birds went south over winter.",
        "Pricing cut our churn in half last year.",
        "Stone bridges outlive wooden ones.",
    ]
    made = material(even(4, 5.0), texts=texts)
    found = fill(
        made, [Candidate(ids=(f"S{n}",), kept=True, score=s) for n, s in ((1, 0.9), (2, 0.2), (3, 0.8), (4, 0.3))], 10.4
    )
    chosen = {name for each in found.picks for name in each.ids}
    assert len(chosen) == 2
    assert chosen != {"S1", "S3"}


def test_too_little_is_said_with_the_lengths_that_can_be_made() -> None:
    made = varied(5)
    found = fill(made, offers(made), 120)
    assert isinstance(found, Infeasible)
    assert found.nearest
    for length in found.nearest:
        assert isinstance(fill(made, offers(made), length), Fill)


def test_a_video_without_speech_is_filled_from_its_shots() -> None:
    made = material([], shots=[(n * 5.0, n * 5.0 + 5.0) for n in range(12)], duration=60)
    found = fill(made, [Candidate(ids=(f"V{n + 1}",), kept=True, score=n / 12) for n in range(12)], 15)
    assert isinstance(found, Fill)
    assert abs(found.solution.frames - 450) <= 1


@pytest.mark.parametrize("target", [30, 180])
def test_a_three_hour_transcript_is_solved_in_moments(target: int) -> None:
    made = varied(3000)
    offered = offers(made)
    started = time.process_time()
    found = fill(made, offered, target)
    spent = time.process_time() - started
    assert isinstance(found, Fill)
    assert spent < 2, f"{spent:.2f} s of CPU"


def test_shots_too_short_in_all_give_way_to_longer_ones() -> None:
    lengths = [2.0] * 12 + [9.0] * 3
    shots = tuple(Shot(id=f"V{n + 1}", start=sum(lengths[:n]), end=sum(lengths[: n + 1])) for n in range(len(lengths)))
    rows = [Candidate(ids=(shot.id,), kept=True, score=0.9 - 0.01 * n) for n, shot in enumerate(shots)]
    found = fill(Material((), shots, Fraction(30), sum(lengths)), rows, 30.0)
    assert isinstance(found, Fill)
    assert {"V13", "V14"} <= {name for pick in found.picks for name in pick.ids}
    assert abs(float(found.solution.frames / 30) - 30) <= 0.5
