"""What a topic asks for: windows in the sight of a topic, and what the packaged weights find in talk that they never saw."""

from types import ModuleType

import numpy as np
import pytest

from evals import editor
from tools.finding import wanted
from tools.finding.windows import CLS, SEP

needs_weights = pytest.mark.skipif(not wanted.available(), reason="its runtime is not installed")


def test_the_topic_stands_before_the_sentences_and_belongs_to_none() -> None:
    made = wanted.window([7, 8], [[21], [22, 23]])
    assert made.ids == [CLS, 7, 8, SEP, wanted.MARKER, 21, wanted.MARKER, 22, 23, SEP]
    assert made.types == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert made.sentence == [-1, wanted.TOPIC, wanted.TOPIC, -1, 0, 0, 1, 1, 1, -1]
    assert made.markers == [4, 6]


def test_windows_are_laid_out_as_in_training(pack: ModuleType) -> None:
    rows = [[5] * (3 + 7 * n % 50) for n in range(20)]
    assert list(wanted.window([7, 8, 9], rows)) == list(pack.topic_window([7, 8, 9], rows))


@needs_weights
def test_it_finds_what_an_editor_chose_for_a_topic_in_talk_that_it_never_saw() -> None:
    excerpt = min(editor.load(), key=lambda each: len(each.sentences))
    texts = tuple(each.text for each in excerpt.sentences)
    areas = []
    for cut in excerpt.cuts:
        scores = wanted.wanted(texts, cut.about)
        assert scores.shape == (len(texts),)
        assert ((scores > 0) & (scores < 1)).all()
        chosen = np.isin(np.arange(len(texts)), [at for first, last in cut.clips for at in range(first, last + 1)])
        ranks = scores.argsort().argsort() + 1
        areas.append((ranks[chosen].sum() - chosen.sum() * (chosen.sum() + 1) / 2) / chosen.sum() / (~chosen).sum())
    assert np.mean(areas) > 0.8, areas


@needs_weights
def test_a_sentence_longer_than_a_window_and_a_topic_longer_than_its_room_are_read_in_part() -> None:
    assert wanted.wanted(("price " * 900, "We lost half of our customers."), "pricing " * 300).shape == (2,)
