"""Whole runs over a film that is made here: its rendered promo is measured, and the finished run replays from its ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from agent.record.records import Records
from evals.cases import Case, DataError, Line, Spoken, Talk, Wish
from evals.films import FILMS, Film, Recipe, drawn, films, produce, voiced
from evals.replay import difference, replay
from evals.scorers import Attempt, score
from evals.solvers import Stage
from tools.media import facts
from tools.schema import Transcript

SAID = (
    "We lost half of all our customers every single year.",
    "Nobody could read the price page, so nobody stayed with us.",
    "We called forty people and asked them one simple question.",
    "Thirty one of them did not know what they paid each month.",
    "So we threw nine plans away and kept only three of them.",
    "Churn fell from six percent to two within one quarter.",
    "A price is a promise, and a promise must be short.",
)
WISH = Wish(key="a", wish="make a 9s promo about pricing", target=9.0)
TALK = Talk(id="prices", title="Prices", wishes=(WISH,), lines=tuple(Line(say=text, good="a") for text in SAID))
RECIPE = Recipe(id="prices/square", talk="prices", wish="a", shape="1x1", width=160, height=160, rate="25/1")


class Made(NamedTuple):
    film: Film
    attempt: Attempt
    records: Records
    home: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    home = tmp_path_factory.mktemp("films")
    film = Film(TALK, WISH, RECIPE, drawn(Case(TALK, WISH), RECIPE, home / "cache"))
    records = Records(f"sqlite:///{home / 'r.db'}")
    records.migrate()
    yield Made(film, produce(film, Stage(records, home, platforms=("linkedin",))), records, home)
    records.close()


def test_a_film_lasts_as_long_as_its_talk_and_is_made_once(made: Made) -> None:
    source = facts.probe(made.film.video, "film.mp4")
    assert source.duration == pytest.approx(made.film.duration, abs=0.1)
    assert (source.width, source.height, source.rate, source.has_audio) == (160, 160, "25/1", True)
    before = made.film.video.stat().st_mtime_ns
    assert drawn(Case(TALK, WISH), RECIPE, made.home / "cache") == made.film.video
    assert made.film.video.stat().st_mtime_ns == before


def test_the_rendered_promo_is_measured_and_passes_every_gate(made: Made) -> None:
    told = made.attempt.rendered
    assert made.attempt.status.startswith("done"), made.attempt.reason
    assert told is not None
    scores = score(made.film, made.attempt)
    assert (scores["length error"] or 0) <= 0.5
    assert (scores["loudness error"] or 0) <= 0.7
    assert scores["bad covers"] == 0
    assert told.covers.keys() == {"cover_1x1.jpg"}
    assert len(told.captions) == len(told.heard) >= 2
    assert (scores["caption drift"] or 0) < 0.05
    assert scores["written"] == 1


def test_a_spoken_word_ends_where_it_is_last_heard_and_no_earlier() -> None:
    levels = np.full(400, -73.0, np.float32)
    levels[100:150] = -22.0
    levels[130:135] = -73.0
    levels[200:260] = -55.0
    said = [Spoken(start=1.0, end=1.9, text="left.", line=0), Spoken(start=2.0, end=2.6, text="music", line=1)]
    assert [word.end for word in voiced(said, levels)] == [1.5, 2.6]
    silent = [Spoken(start=3.0, end=3.4, text="unheard", line=2)]
    assert voiced(silent, levels) == silent


def test_what_is_wrong_with_a_film_in_the_dataset_is_named_by_line(tmp_path: Path) -> None:
    wrong = tmp_path / "films.jsonl"
    wrong.write_text('{"id": "x/y", "shape": "16x9", "talk": "nobody", "wish": "a"}\n')
    with pytest.raises(DataError, match=r"films\.jsonl, line 1: there is no case nobody/a among the talks"):
        films(wrong, tmp_path)
    wrong.write_text('{"id": "x/y", "shape": "4x3"}\n')
    with pytest.raises(DataError, match=r"films\.jsonl, line 1: shape: "):
        films(wrong, tmp_path)
    assert FILMS.exists()


def test_a_finished_run_replays_to_the_same_cut_list_byte_for_byte(made: Made) -> None:
    (run,) = made.records.runs()
    before = made.records.decisions(run["run"])
    again = replay(run["run"][:12], made.records, made.home)
    assert again.same
    assert again.other == ()
    assert json.loads(again.made)["clips"]
    assert made.records.decisions(run["run"]) == before
    assert made.records.run(run["run"])["outcome"]["cut"] == json.loads(again.recorded)


def test_a_run_whose_words_are_others_now_does_not_replay_to_the_same(made: Made) -> None:
    (run,) = made.records.runs()
    kept = made.home / run["run"] / "transcript.json"
    text = kept.read_text()
    said = Transcript.model_validate_json(text)
    shorter = [each.model_copy(update={"words": each.words[:-1], "end": each.words[-2].end}) for each in said.sentences]
    try:
        kept.write_text(said.model_copy(update={"sentences": tuple(shorter)}).model_dump_json())
        again = replay(run["run"], made.records, made.home)
    finally:
        kept.write_text(text)
    assert not again.same
    assert any(name.endswith(".cut") for name in again.other)
    assert "+++ made again" in difference(again)


def test_a_run_without_its_folder_or_its_end_says_so(made: Made, tmp_path: Path) -> None:
    (run,) = made.records.runs()
    with pytest.raises(LookupError, match=r"The folder of run .* is gone from "):
        replay(run["run"], made.records, tmp_path)
    with pytest.raises(LookupError, match="There is no run 'nothing'"):
        replay("nothing", made.records, tmp_path)
