"""What a talk is about where nobody says so: the demo's talk as written, whose lines are tagged, read by the packaged reader."""

from fractions import Fraction

import numpy as np
import pytest

from examples.demo import script
from tools.cutting.choice import stories
from tools.cutting.edges import Material
from tools.cutting.subject import beside, serving
from tools.finding import reader
from tools.finding.standing_alone import fitted
from tools.ids import Stretch
from tools.schema import Brief, Sentence, Word

LINES = [line for section in script()["section"] for line in section["lines"] if not line.get("silent")]
STRAYING = [bool({"housekeeping", "off-topic"} & set(line.get("tags", ()))) for line in LINES]


@pytest.fixture(scope="module")
def talk() -> Material:
    """The lines one after another, a third of a second a word and half a second between them."""
    said, clock = list[Sentence](), 0.5
    for at, line in enumerate(LINES, 1):
        words = []
        for word in line["say"].split():
            words.append(Word(text=word, start=clock, end=clock + 0.3))
            clock += 0.32
        clock += 0.5
        said.append(
            Sentence(id=f"S{at}", text=line["say"], start=words[0].start, end=words[-1].end, words=tuple(words))
        )
    return Material(tuple(said), (), Fraction(25), clock)


@pytest.fixture(scope="module")
def read(talk: Material) -> reader.Readings:
    return fitted(talk.sentences, reader.read([each.text for each in talk.sentences], [""] * len(talk.sentences)))


def test_housekeeping_and_detours_lie_beside_what_a_talk_is_about(talk: Material, read: reader.Readings) -> None:
    far = beside(talk.sentences, read)
    assert ((far >= 0) & (far <= 1)).all()
    assert far[STRAYING].mean() >= 3 * far[~np.array(STRAYING)].mean()


@pytest.mark.parametrize("seconds", [15.0, 30.0, 45.0, 60.0])
def test_a_promo_that_is_about_nothing_in_particular_plays_nothing_beside_the_subject(
    talk: Material, read: reader.Readings, seconds: float
) -> None:
    [best, *_] = stories(
        talk, read, serving(talk.sentences, read, Brief(run="r", video="talk", target=seconds)), seconds
    )
    spans = [Stretch.of(pick.ids) for pick in best.picks]
    played = [at for span in spans for at in range(span.first, span.last + 1)]
    assert not [LINES[at]["say"] for at in played if STRAYING[at]]


def test_of_two_sentences_neither_lies_beside_the_other(talk: Material, read: reader.Readings) -> None:
    assert beside(talk.sentences[:2], reader.Readings(*(column[:2] for column in read))).tolist() == [0.0, 0.0]
