"""What belongs to a subject, by the packaged reader: of the demo's talk, whose lines are tagged, and of a recording of three reports."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from agent.reading.wish import read_wish
from evals.cases import cases
from examples.demo import script
from tools.cutting.choice import stories
from tools.cutting.edges import Material
from tools.cutting.subject import beside, elsewhere, serving
from tools.finding import reader
from tools.finding.meant import meant
from tools.finding.standing_alone import fitted
from tools.ids import Stretch
from tools.schema import Brief, Sentence, Word

LINES = [line for section in script()["section"] for line in section["lines"] if not line.get("silent")]
STRAYING = [bool({"housekeeping", "off-topic"} & set(line.get("tags", ()))) for line in LINES]


def spoken(lines: Sequence[str]) -> Material:
    """The lines one after another, a third of a second a word and half a second between them."""
    said, clock = list[Sentence](), 0.5
    for at, line in enumerate(lines, 1):
        words = []
        for word in line.split():
            words.append(Word(text=word, start=clock, end=clock + 0.3))
            clock += 0.32
        clock += 0.5
        said.append(Sentence(id=f"S{at}", text=line, start=words[0].start, end=words[-1].end, words=tuple(words)))
    return Material(tuple(said), (), Fraction(25), clock)


@pytest.fixture(scope="module")
def talk() -> Material:
    return spoken([line["say"] for line in LINES])


@pytest.fixture(scope="module")
def read(talk: Material) -> reader.Readings:
    return fitted(talk.sentences, reader.read([each.text for each in talk.sentences], [""] * len(talk.sentences)))


def test_housekeeping_and_detours_lie_beside_what_a_talk_is_about(talk: Material, read: reader.Readings) -> None:
    far = beside(talk.sentences, read)
    assert ((far >= 0) & (far <= 1)).all()
    assert far[STRAYING].mean() >= 3 * far[~np.array(STRAYING)].mean()


def test_a_line_that_is_taken_for_worth_much_is_not_measured_by_itself(talk: Material, read: reader.Readings) -> None:
    """A recogniser hears lines a little otherwise, and the reader may then take a remark about coffee in the hall for a point."""
    before = beside(talk.sentences, read)
    for at in np.flatnonzero(before >= 0.9):
        worth, house = read.worth.copy(), read.house.copy()
        worth[at], house[at] = 3.0, 0.0
        assert beside(talk.sentences, read._replace(worth=worth, house=house))[at] >= 0.6


@pytest.mark.parametrize("seconds", [15.0, 30.0, 45.0, 60.0])
def test_a_promo_that_is_about_nothing_in_particular_plays_nothing_beside_the_subject(
    talk: Material, read: reader.Readings, seconds: float
) -> None:
    [best, *_] = stories(
        talk, read, serving(talk.sentences, read, Brief(run="r", video="talk", target=seconds)).near, seconds
    )
    spans = [Stretch.of(pick.ids) for pick in best.picks]
    played = [at for span in spans for at in range(span.first, span.last + 1)]
    assert not [LINES[at]["say"] for at in played if STRAYING[at]]


def test_of_two_sentences_neither_lies_beside_the_other(talk: Material, read: reader.Readings) -> None:
    assert beside(talk.sentences[:2], reader.Readings(*(column[:2] for column in read))).tolist() == [0.0, 0.0]


def test_of_a_recording_of_several_talks_what_is_spoken_of_elsewhere_is_known() -> None:
    talks = {case.talk.id: case.talk for case in cases()}
    three = [talks[name] for name in ("remote", "sleep", "repair")]
    said = spoken([line.say for talk in three for line in talk.lines]).sentences
    whose = np.array([talk.id for talk in three for _ in talk.lines])
    told = reader.read([each.text for each in said], [""] * len(said))
    mistaken, known = [], []
    for talk in three:
        for wish in talk.wishes:
            away = elsewhere(said, meant(said, told, read_wish(wish.wish).topic))
            mistaken.append(away[whose == talk.id].mean())
            known.append(away[whose != talk.id].mean())
    assert len(known) == 6
    assert np.mean(mistaken) <= 0.15
    assert np.mean(known) >= 0.5


def test_what_is_spoken_of_elsewhere_serves_no_request(talk: Material, read: reader.Readings) -> None:
    brief = Brief(run="r", video="talk", target=15, topic="the dog at the office")
    near = serving(talk.sentences, read, brief).near
    away = elsewhere(talk.sentences, meant(talk.sentences, read, brief.topic))
    assert 0 < away.sum() < len(away)
    assert (near[away] < 0).all()
    assert (near[~away] >= 0).all()
