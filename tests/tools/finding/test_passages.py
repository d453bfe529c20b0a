"""The passage finder, on texts small enough to read, and once on people's labels."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from evals.cases import DataError
from evals.find import Query, bm25, f1, load, overlap, predict
from tests import ROOT
from tools.finding import embed
from tools.finding.passages import WEIGHTS, PassageFinder, parse, trees, window
from tools.finding.salience import salience
from tools.finding.terms import stem, terms, words

TALK = [
    "Hello everyone and welcome to the spring update.",
    "Before we start, the coffee is at the back of the hall.",
    "Last year our shipping took eleven days and customers complained.",
    "Parcels sat in one warehouse in the north.",
    "So we opened three small warehouses near the large towns.",
    "Shipping now takes two days and complaints fell by half.",
    "Let us turn to pricing.",
    "The basic plan costs nine dollars a month.",
    "The price of the team plan drops from forty dollars to thirty.",
    "Nobody pays for storage any more.",
    "Thank you for coming, and mind the step on your way out.",
]
MEETINGS = ROOT / "evals" / "datasets" / "meetings.jsonl.gz"
"""Four meetings of QMSum (MIT), 24 queries."""

needs_model = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("onnxruntime", "tokenizers"))) or not embed.available(),
    reason="the packages of the extra `local` are not installed",
)


@pytest.fixture(params=[None, pytest.param(embed.embed, marks=needs_model)], ids=["lexical", "embeddings"])
def finder(request):
    return PassageFinder(request.param)


def test_a_wish_finds_the_sentences_about_it(finder):
    best = finder.score(TALK, "make a promo about pricing").argsort()[-2:]
    assert set(best) <= {6, 7, 8, 9}


def test_the_words_of_the_wish_decide_not_the_position(finder):
    assert finder.score(TALK, "how shipping got faster").argmax() in {2, 3, 4, 5}


def test_relevance_is_between_0_and_1_and_the_same_each_time(finder):
    first, second = (PassageFinder(finder._embed).score(TALK, "pricing") for _ in range(2))
    assert ((first >= 0) & (first <= 1)).all()
    assert (first == second).all()


def test_a_span_keeps_within_the_budget_of_words(finder):
    for budget in (12, 25, 60):
        (first, last), *_ = finder.spans(TALK, "pricing", budget)
        assert sum(len(each.split()) for each in TALK[first : last + 1]) <= budget


def test_no_text_is_no_passage_and_one_text_is_one(finder):
    assert finder.score([], "pricing").shape == (0,)
    assert finder.spans([], "pricing", 50) == []
    assert finder.spans(["Only this."], "pricing", 1) == [(0, 0)]


def test_texts_and_wishes_without_a_word_are_scored_all_the_same(finder):
    assert np.isfinite(finder.score(["", "…", "{laugh}"], "")).all()
    assert np.isfinite(finder.score(TALK, "Über 你好")).all()


def test_a_named_speaker_lifts_that_speakers_turns():
    finder = PassageFinder()
    texts = ["The battery should be smaller."] * 40
    speakers = ["Marketing", "User Interface"] * 20
    scores = finder.score(texts, "What did Marketing think about the battery?", speakers)
    assert scores[::2].mean() > scores[1::2].mean()


def test_speakers_must_be_one_a_text():
    with pytest.raises(ValueError, match="1 speakers for 2 texts"):
        PassageFinder().score(["a", "b"], "c", ["X"])


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("What did the professor think about echoes?", {"Professor B"}),
        ("What did Professor C think?", set()),
        ("Why did the Industrial Design disagree?", {"Industrial Designer"}),
        ("What did Mr. Manly ask?", {"Mr. Paul Manly (Nanaimo, GP)"}),
        ("Was it done manly?", set()),
    ],
)
def test_a_wish_names_speakers_as_people_do(query, named):
    speakers = ["Professor B", "Industrial Designer", "Mr. Paul Manly (Nanaimo, GP)", None]
    assert parse(query, speakers).speakers == named


def test_a_wish_is_split_into_its_focus_and_its_frame():
    wish = parse("What did they say about titanium when discussing product cost?", [])
    assert (wish.focus, wish.frame) == ([stem("titanium")], [stem("product"), stem("cost")])


def test_inflections_of_a_word_are_one_term():
    assert len(set(terms(words("planning plans planned plan")))) == 1
    assert len(set(terms(words("meetings meets")))) == 1


def test_a_word_of_any_script_is_a_term():
    assert terms(words("Über das Café")) == ["über", "das", "café"]


def test_the_rarer_word_weighs_more():
    scores = bm25(["team steel", "team rule", "team rule"], "team steel")
    assert scores.argmax() == 0
    assert scores[1] == scores[2]


def test_a_window_never_passes_its_budget_but_for_one_long_unit():
    sizes = np.array([5.0, 5, 50, 5])
    assert window(np.array([1.0, 1, 0, 0]), sizes, 10) == (0, 1)
    assert window(np.array([0.0, 0, 9, 0]), sizes, 10) == (2, 2)


def test_weights_say_where_they_come_from():

    for name in ("passages", "passages_lexical"):
        told = json.loads((WEIGHTS / f"{name}.json").read_text())["provenance"]
        assert "QMSum" in told["data"]
        assert len(told["data_sha256"]) == 64
        assert trees(name).names


def test_lexical_weights_ask_for_no_embedding():
    assert not [each for each in trees("passages_lexical").names if each.startswith(("cos", "tile"))]


@needs_model
def test_embeddings_are_of_length_1_and_know_meaning_without_shared_words():
    near, query, far = embed.embed(["It costs nine dollars.", "pricing", "The coffee is cold."])
    assert np.allclose([np.linalg.norm(each) for each in (near, query, far)], 1, atol=1e-5)
    assert query @ near > query @ far


def test_the_order_of_texts_does_not_change_an_overlap():
    sizes, chosen = np.array([10, 10, 10]), np.array([True, False, True])
    assert overlap([(0, 0), (2, 2)], chosen, sizes) == overlap([(2, 2), (0, 0)], chosen, sizes) == 1.0
    assert overlap([(1, 1)], chosen, sizes) == 0.0


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"id": "m"}', "turns: Field required; queries: Field required"),
        ('{"id": "m", "turns": [["A"]], "queries": []}', "turns.0.1: Field required"),
        ('{"id": "m", "turns": [["A", "b"]], "queries": [{"query": "x", "spans": [[1]]}]}', "queries.0.spans.0.1: "),
        ("{", "not JSON: "),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(row: str, told: str, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "m", "turns": [["A", "b"]], "queries": [], "more": 1}\n' + row + "\n")
    with pytest.raises(DataError, match=f"bad.jsonl, line 2: .*{told}"):
        load(path)


def test_words_alone_beat_the_bm25_window_on_peoples_passages():
    beats_the_window(load(MEETINGS))


@pytest.mark.shared
def test_words_alone_beat_the_bm25_window_on_further_peoples_passages(request):
    beats_the_window(load(Path(request.config.getoption("shared")) / "bench" / "qmsum.val.jsonl.gz")[::8])


def beats_the_window(meetings):
    """The best window by BM25 comes to 0.36."""
    by_id = {meeting.id: meeting for meeting in meetings}
    found = predict(list(by_id.values()), PassageFinder())
    scores = [f1(Query(by_id[each["id"]], each["query"]), each["spans"]) for each in found]
    assert np.mean(scores) > 0.38


def test_salience_prefers_what_the_talk_keeps_coming_back_to():
    scores = salience(TALK)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.argmax() in {2, 4, 5, 8}
    assert scores[5] > scores[1]


def test_salience_rises_with_the_words_of_the_title():
    assert salience(TALK, "Nobody pays for storage")[9] > salience(TALK)[9]


def test_salience_of_nothing_is_nothing():
    assert salience([]).shape == (0,)
    assert np.isfinite(salience(["", "…"])).all()
