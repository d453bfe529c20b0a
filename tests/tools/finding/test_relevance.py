"""What a topic asks for, as the Lambda image finds it: without the sentence model, which is no package of it."""

import sys
import time

import numpy as np
import pytest

from evals.find import f1, load, queries
from tools.finding import embed, relevance
from tools.finding.passages import window
from tools.schema import Sentence, Transcript


def forget():
    """Have the next question find out anew what is installed."""
    embed.let_go()
    relevance._finder.cache_clear()


@pytest.fixture
def image(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    forget()
    assert not embed.available()
    yield
    forget()


def transcript(meeting):
    said = [
        Sentence(id=f"S{at}", start=at, end=at + 1, text=text or "-", speaker=speaker)
        for at, (speaker, text) in enumerate(meeting.turns, 1)
    ]
    return Transcript(language="en", sentences=tuple(said))


def test_the_tool_finds_in_the_image_what_the_evals_score_there(image):
    """Mean F1 of the window that the tool's scores choose, over the queries that the finder is scored by."""
    scores, began = [], time.monotonic()
    for query in queries(load()):
        worth = relevance.relevance(transcript(query.meeting).sentences, query.text) * query.sizes
        scores.append(f1(query, [window(worth, query.sizes.astype(float), query.budget)]))
    print(f"{len(scores)} queries, F1 {np.mean(scores):.3f}, {time.monotonic() - began:.1f} s")
    assert len(scores) == 24
    assert np.mean(scores) >= 0.47
