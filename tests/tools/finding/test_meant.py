"""How much a sentence serves a topic: by itself, by its neighbours, by its worth."""

import numpy as np

from tests.tools.test_cut import transcript
from tools.finding.meant import meant
from tools.finding.ranking import asked, found
from tools.finding.reader import Readings

TALK = [
    "Our office moved to the harbour in spring.",
    "The view is wide and the coffee is strong.",
    "Everyone got a new chair and a lamp.",
    "The bees came to our roof in May.",
    "It took one week.",
    "Every hive of bees gave us twenty jars of honey.",
    "The lift was repaired twice in June.",
    "It took one week.",
    "The canteen serves soup on Mondays.",
]
SAID = transcript(TALK).sentences


def _read(**worth: float) -> Readings:
    made = {name: np.full(len(TALK), 0.02) for name in Readings._fields}
    for name, value in worth.items():
        made["worth"][int(name[1:]) - 1] = value
    return Readings(**made)


def test_what_is_said_between_two_sentences_that_are_asked_for_serves_the_topic_more_than_the_same_words_elsewhere() -> (
    None
):
    near = meant(SAID, _read(), "the bees on the roof")
    assert {int(at) for at in np.argsort(-near)[:2]} == {3, 5}
    assert near[4] > 1.2 * near[7]
    assert ((near >= 0) & (near <= 1)).all()


def test_what_is_worth_more_serves_it_more() -> None:
    plain, better = (meant(SAID, read, "the bees on the roof") for read in (_read(), _read(S5=3.0)))
    assert better[4] > plain[4]
    assert np.allclose(np.delete(better, 4), np.delete(plain, 4))


def test_what_the_finder_said_is_taken_where_it_was_asked_before() -> None:
    told = found(SAID, "the bees on the roof")
    assert np.array_equal(
        meant(SAID, _read(), "the bees on the roof", told), meant(SAID, _read(), "the bees on the roof")
    )
    assert np.array_equal(asked(SAID, "the bees on the roof", near=told), asked(SAID, "the bees on the roof"))
    nothing = np.zeros(len(TALK))
    assert meant(SAID, _read(), "the bees on the roof", nothing)[3] < meant(SAID, _read(), "the bees on the roof")[3]
    assert asked(SAID, "the bees on the roof", near=nothing)[3] < told[3]


def test_without_a_topic_nothing_serves_it() -> None:
    assert not meant(SAID, _read(S5=3.0), " ").any()
