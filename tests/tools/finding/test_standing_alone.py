import numpy as np
import pytest

from tools.finding.reader import Readings
from tools.finding.standing_alone import ending, is_housekeeping, meaning, opening, repair, review
from tools.schema import Sentence


def said(*texts: str, speakers: str = "", gap: float = 0.4) -> tuple[Sentence, ...]:
    made, now = [], 0.0
    for number, text in enumerate(texts, 1):
        length = 0.3 * len(text.split())
        made.append(
            Sentence(
                id=f"S{number}",
                start=now,
                end=now + length,
                text=text,
                speaker=speakers[number - 1] if speakers else None,
            )
        )
        now += length + gap
    return tuple(made)


def kinds(findings) -> list[str]:
    return [finding.kind for finding in findings]


BEFORE = "The team shipped on Friday."


@pytest.mark.parametrize(
    "text",
    [
        "So nobody slept.",
        "And it broke.",
        "But the queue was full.",
        "Because the disk was full.",
        "As I said, disks fill up.",
        "Which is a shame.",
        "However, the tests passed.",
        "For example, the login page.",
        "On the other hand, it was cheap.",
    ],
)
def test_a_sentence_that_goes_on_from_another_does_not_open(text: str) -> None:
    found = opening(said(BEFORE, text), 1)
    assert kinds(found) == ["dangling opening"]
    assert found[0].ids == ("S2", "S1")


@pytest.mark.parametrize(
    "text",
    [
        "That was the day we moved.",
        "It took a year.",
        "They didn't listen.",
        "This makes it slow.",
        "He left.",
        "It's faster now.",
        "These are cheaper.",
        "Some of them failed.",
    ],
)
def test_a_pronoun_without_its_noun_does_not_open(text: str) -> None:
    assert kinds(opening(said(BEFORE, text), 1)) in (["pronoun opening"], [])
    assert kinds(opening(said(BEFORE, text), 1)) == ["pronoun opening"] or text == "It took a year."


@pytest.mark.parametrize(
    "text",
    [
        "So what would you do with a free hour?",
        "So here's the thing about time.",
        "It is important to sleep.",
        "It turns out that nobody reads manuals.",
        "It's hard to say no.",
        "This is a story about a bridge.",
        "This year we doubled.",
        "That morning I quit.",
        "Most teams never measure this.",
        "Nobody told us the price.",
        "Andrew bought a boat.",
        "Sophie left early.",
        "Buttons are hard.",
        "These days nobody calls.",
    ],
)
def test_a_sentence_that_stands_alone_opens(text: str) -> None:
    assert not [finding for finding in opening(said(BEFORE, text), 1) if finding.severe]


@pytest.mark.parametrize(
    "text",
    [
        "Can everyone hear me?",
        "Welcome to the show.",
        "Good morning, everybody.",
        "Hi, I'm Jon Peirce.",
        "My name is Ada.",
        "Thanks for having me.",
        "Before we start, the exits are behind you.",
        "Next slide, please.",
        "The Wi-Fi password is on the wall.",
        "Don't forget to like and subscribe.",
        "The slides will be online tomorrow.",
        "Let me share my screen.",
        "Please mute yourself.",
        "Are there any questions?",
        "Thank you.",
    ],
)
def test_greetings_and_housekeeping_are_known(text: str) -> None:
    assert is_housekeeping(said(text)[0])
    assert "housekeeping opening" in kinds(opening(said(text), 0))


@pytest.mark.parametrize(
    "text",
    [
        "High prices hurt.",
        "We thanked nobody for that.",
        "Welcome to a new world where collaboration rules.",
        "History repeats.",
        "The coffee is about seven dollars.",
        "They welcome change.",
    ],
)
def test_what_only_looks_like_a_greeting_is_not(text: str) -> None:
    assert not is_housekeeping(said(text)[0])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Why did it fail?", "ends on a question"),
        ("There are three things:", "ends before its payoff"),
        ("We learned three things.", "ends before its payoff"),
        ("Here's why.", "ends before its payoff"),
        ("We stopped because", "unfinished ending"),
        ("We stopped and", "unfinished ending"),
        ("We stopped,", "unfinished ending"),
        ("We stopped…", "unfinished ending"),
    ],
)
def test_an_ending_without_its_payoff_is_named(text: str, kind: str) -> None:
    assert kinds(ending(said(text, "Something else."), 0)) == [kind]


@pytest.mark.parametrize(
    "text",
    ["It paid off.", "That is all I know.", "Nobody knew what it was for.", "We looked into that.", "We build things."],
)
def test_a_whole_ending_is_left_alone(text: str) -> None:
    assert ending(said(text, "Rain fell."), 0) == []


@pytest.mark.parametrize(
    "after",
    [
        "But not for everyone.",
        "However, that changed.",
        "Just kidding.",
        "Not really.",
        "That's not true.",
        "Unless you are small.",
        "No, it doesn't.",
    ],
)
def test_a_claim_that_the_next_sentence_takes_back_is_a_risk(after: str) -> None:
    sentences = said("This drug works.", after, "Rain fell.")
    assert kinds(meaning(sentences, [(0, 0)])) == ["loses its qualification"]
    assert meaning(sentences, [(0, 1)]) == []


def test_a_claim_that_was_only_reported_or_supposed_is_a_risk() -> None:
    assert kinds(meaning(said("Critics say:", "The plan is a disaster."), [(1, 1)])) == ["loses its frame"]
    assert kinds(meaning(said("Imagine a world without rent.", "Everyone owns a house."), [(1, 1)])) == [
        "loses its frame"
    ]
    assert meaning(said("Critics were there.", "The plan is a disaster."), [(1, 1)]) == []


def test_an_answer_under_another_question_is_a_risk() -> None:
    sentences = said("Did profits fall?", "Yes, by half.", "Did you resign?", "No, never.", speakers="abab")
    found = meaning(sentences, [(0, 0), (3, 3)])
    assert kinds(found) == ["an answer under another question"]
    assert found[0].ids == ("S4", "S1")
    assert meaning(sentences, [(0, 0), (1, 1)]) == []


def test_two_voices_in_one_sentence_are_a_risk() -> None:
    sentences = said("I would never", "Rain fell.", "vote for this.", speakers="aab")
    assert kinds(meaning(sentences, [(0, 0), (2, 2)])) == ["two speakers in one sentence"]


def test_an_effect_before_its_cause_is_a_risk() -> None:
    sentences = said("The dam broke.", "So the town moved.", "Rain fell.")
    assert kinds(meaning(sentences, [(1, 1), (0, 0)])) == ["causes reordered"]
    assert meaning(sentences, [(0, 0), (1, 1)]) == []


def test_an_answer_without_its_question_does_not_open() -> None:
    assert "answer without its question" in kinds(opening(said("Was it cheap?", "No, it cost a fortune."), 1))
    assert "answer without its question" in kinds(
        opening(said("Was it cheap?", "A fortune was paid.", speakers="ab"), 1)
    )
    assert opening(said("Was it cheap?", "A fortune was paid."), 1) == []


def test_a_clip_may_go_on_where_the_one_before_it_stopped() -> None:
    sentences = said("Was it cheap?", "No, it cost a fortune.", "Rain fell.")
    assert review(sentences, [(0, 0), (1, 1)], ["hook", "payoff"]) == [[], []]


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("Four years ago a man walked into our shop.", "We fixed his radio for free."),
        ("In the beginning we copied our office.", "Everyone was tired by noon."),
        ("When we opened the second site nobody could weld.", "We taught a choir."),
        ("I will tell you what we did with the money.", "We bought a boat."),
        ("The rule asks for one thing that sounds small.", "Every lid must open."),
        ("Everybody expected a strike.", "Sales rose instead."),
        ("A mother called me about her son.", "She said that he had stopped eating."),
        ("Bees keep the middle warm.", "The ones outside freeze."),
        ("I thought that grades would rise.", "What did rise was sleep."),
    ],
)
def test_a_repair_goes_on_to_what_came_of_it_where_an_editor_might_stop(text: str, then: str) -> None:
    sentences = said("Rain fell.", text, then, "Costs fell.")
    assert [(each.kind, each.severe) for each in ending(sentences, 1)] == [("ends before its payoff", False)]
    assert repair(sentences, 1, 1) == (1, 2)
    assert repair(sentences, 1, 1, payoff=0.0) == (1, 1)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("Everybody expected a strike, but nobody came.", "Rain fell."),
        ("The one thing that matters is sleep.", "Rain fell."),
        ("We sold the boat.", "When spring came we bought another."),
    ],
)
def test_what_was_told_in_full_needs_no_payoff(text: str, then: str) -> None:
    assert ending(said(text, then), 0) == []


def test_without_capitals_and_marks_a_pause_ends_a_sentence() -> None:
    texts = ("two kings met", "rain fell on the plain")
    assert ending(said(*texts, gap=0.8), 0) == opening(said(*texts, gap=0.8), 1) == []
    assert kinds(ending(said(*texts, gap=0.1), 0)) == ["unfinished ending"]
    assert kinds(ending(said("Two kings met", texts[1], gap=0.8), 0)) == ["unfinished ending"]


def test_a_recording_that_ends_amid_a_sentence_is_no_end_of_a_promo() -> None:
    """As a recogniser writes it; where it writes no marks at all, their want says nothing."""
    torn = said("Today, after two years of negotiations,", "the United States, with its partners, has achieved")
    assert kinds(ending(torn, 1)) == ["unfinished ending"]
    assert kinds(ending(said("We met the kings.", "They were kind."), 1)) == []
    assert kinds(ending(said("「はじめます。」", "「おわりです。」"), 1)) == []
    assert kinds(ending(said("we met the kings", "they were kind"), 1)) == []


def test_another_voice_owes_no_payoff() -> None:
    assert ending(said("Years ago we lost a ship.", "Rain fell.", speakers="AB"), 0) == []


def test_a_hook_may_end_on_a_question_and_a_promo_may_not() -> None:
    sentences = said("Was it cheap?", "Rain fell.", "Stone lasts.")
    assert review(sentences, [(0, 0), (2, 2)], ["hook", "payoff"])[0] == []
    assert kinds(review(sentences, [(2, 2), (0, 0)], ["hook", "payoff"])[1]) == ["ends on a question"]


def test_a_repair_moves_the_start_to_the_thought_and_the_end_to_the_payoff() -> None:
    sentences = said(
        "Stone lasts.",
        "We lost a server.",
        "That was the day we moved.",
        "There were two reasons:",
        "One, the cost.",
        "Rain fell.",
    )
    assert repair(sentences, 2, 3) == (1, 4)


def test_a_repair_leaves_housekeeping_behind_and_never_brings_it_in() -> None:
    sentences = said("Hello everyone.", "So this is new.", "Costs fell.")
    assert repair(sentences, 0, 2) == (1, 2)
    assert repair(said("Can you all see my slides?", "It is big.", "Rain fell."), 1, 1) == (1, 1)


def test_a_repair_stays_within_its_seconds() -> None:
    long = " ".join(["word"] * 60) + "."
    assert repair(said(long, "That was it."), 1, 1) == (1, 1)


def test_a_repair_does_not_cross_a_long_silence() -> None:
    assert repair(said("We lost a server.", "That was the day.", gap=5.0), 1, 1) == (1, 1)


def _reading(count: int, leans: dict[int, float], sets_up: dict[int, float]) -> Readings:
    made = {name: np.zeros(count) for name in Readings._fields}
    for at, chance in leans.items():
        made["leans"][at] = chance
    for at, chance in sets_up.items():
        made["sets_up"][at] = chance
    return Readings(**made)


def test_what_was_read_to_lean_is_held_against_a_cut_only_where_the_sentence_before_has_not_played() -> None:
    talk = said("We had nine plans.", "The calculator broke.", "So we cut them.", "Nobody left.")
    read = _reading(4, {2: 0.9}, {})
    assert [one.kind for clip in review(talk, [(0, 0), (2, 3)], read=read) for one in clip] == ["dangling opening"]
    assert not any(review(talk, [(1, 1), (2, 3)], read=read)), "goes on where the clip before stopped"
    assert not any(review(talk, [(1, 1), (3, 3), (2, 2)], read=read)), "heard, if not just before"


def test_what_was_read_to_set_up_is_held_against_a_cut_only_where_nothing_of_it_plays_later() -> None:
    talk = said("There was one rule.", "It was short.", "A baker gets it.", "Thanks to all of you.")
    read = _reading(4, {}, {0: 0.8})
    assert [one.kind for clip in review(talk, [(0, 0)], read=read) for one in clip] == ["ends before its payoff"]
    assert not any(review(talk, [(0, 0), (2, 2)], read=read))
    assert "80% sure" in review(talk, [(0, 0)], read=read)[0][0].note


SEATS = said(
    "Marta runs a bakery.",
    "Everybody knows her.",
    "She was paying us for twelve seats.",
    "The rule had to change.",
    "A price is a sentence.",
    "Our engineers wrote it down...",
    "and nobody read it",
    "because it was long.",
)


def test_a_word_that_points_at_what_was_not_played_is_warned_of_and_what_may_lean_is_a_note() -> None:
    read = _reading(8, {2: 0.6, 3: 0.6, 4: 0.93}, {})
    [[points], [may], [leans]] = (opening(SEATS, at, read) for at in (2, 3, 4))
    assert points.note.startswith("S3 says “She” before anybody was named: S2 does not play")
    assert (points.warns, may.warns, leans.warns) == (True, False, True)
    assert points.severe
    assert may.severe


def test_a_word_that_points_past_another_subject_is_warned_of_though_it_was_told() -> None:
    read = _reading(8, {2: 0.9, 4: 0.9}, {})
    [_, _, [far]] = review(SEATS, [(0, 1), (3, 3), (2, 2)], read=read)
    assert far.note == "S3 says “She” of what S2 told, and something else plays between"
    assert far.warns
    assert review(SEATS, [(0, 1), (2, 2)], read=read) == [[], []]
    assert review(SEATS, [(3, 3), (0, 0), (4, 4)], read=read)[2] == [], "it points at nothing"


def test_an_ending_is_warned_of_where_it_surely_hangs_or_the_promo_ends_inside_a_sentence() -> None:
    read = _reading(8, {}, {0: 0.6, 4: 0.93})
    [[may], [hangs]] = (ending(SEATS, at, read) for at in (0, 4))
    assert (may.warns, hangs.warns) == (False, True)
    [[dots], [torn], [inside]] = (ending(SEATS, at, read, later) for at, later in ((5, ()), (6, ()), (6, (0,))))
    assert [each.kind for each in (dots, torn, inside)] == ["unfinished ending"] * 3
    assert (dots.warns, torn.warns, inside.warns) == (False, True, False)


def test_what_a_rule_takes_for_another_meaning_is_a_note() -> None:
    found = meaning(said("It always works.", "But not on Fridays.", "Rain fell."), [(0, 0), (2, 2)])
    assert [(each.kind, each.severe, each.warns) for each in found] == [("loses its qualification", True, False)]
