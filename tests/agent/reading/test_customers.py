"""Wishes and revisions that were written by others than the grammar's authors, as twenty kinds of customers would: read exactly, or told."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from pathlib import Path

import pytest

from agent.reading.change import RevisionError
from agent.reading.changes import hear_changes
from agent.reading.wish import WishError, demand_promo, read_wish
from tests.agent.reading.scored import score

ROWS = [json.loads(row) for row in (Path(__file__).parent / "customers.jsonl").read_text("utf-8").splitlines()]
LEAST = {"request": 30, "revision": 15}
"""Rows of each kind that are read as they were meant, with nothing left out."""
KNOWN_SILENT = {331}
"""Rows whose difference is one of words alone: every run comes with an SRT file."""


@pytest.mark.parametrize("kind", ["request", "revision"])
def test_what_customers_say_is_read_exactly_or_what_was_left_out_is_told(kind):
    scored = {row["id"]: score(row) for row in ROWS if row["kind"] == kind}
    silent = {
        name: told for name, (verdict, told) in scored.items() if verdict == "silent" and name not in KNOWN_SILENT
    }
    assert silent == {}
    counts = Counter(verdict for verdict, _ in scored.values())
    assert counts["exact"] >= LEAST[kind], counts


def test_no_exclusion_of_theirs_becomes_what_the_promo_is_about():
    for row in ROWS:
        if row["means"].get("not_about"):
            verdict, told = score(row)
            assert verdict != "silent", (row["said"], told)


@pytest.mark.parametrize(
    ("said", "without", "topic"),
    [
        ("a promo, not about pricing", ("pricing",), ""),
        ("don't mention the calculator, 20s", ("the calculator",), ""),
        ("about onboarding but not pricing", ("pricing",), "onboarding"),
        ("about onboarding, without pricing, churn or hiring", ("pricing", "churn", "hiring"), "onboarding"),
        ("leave out the bit about the fax machine", ("the fax machine",), ""),
        ("avoid hiring", ("hiring",), ""),
        ("20s about growth without mentioning pricing", ("pricing",), "growth"),
        ("about growth rather than pricing", ("pricing",), "growth"),
        ("nothing about the merger please, one minute", ("the merger",), ""),
        ("Video über Wachstum, 30 Sekunden, nicht über Preise", ("Preise",), "Wachstum"),
        ("un video sobre ventas sin hablar de precios", ("precios",), "ventas"),
        ("une vidéo de 20 secondes sans parler de la concurrence", ("la concurrence",), ""),
    ],
)
def test_what_is_ruled_out_is_an_exclusion_and_never_the_topic(said, without, topic):
    reading = read_wish(said)
    assert (reading.without, reading.topic) == (without, topic)


@pytest.mark.parametrize(
    "said",
    ["about why we do not discount", "about not giving up", "about how to avoid burnout", "about living without money"],
)
def test_a_topic_that_says_no_is_still_a_topic(said):
    assert (read_wish(said).without, read_wish(said).topic) == ((), said.removeprefix("about "))


def test_what_must_not_be_forgotten_is_not_ruled_out():
    reading = read_wish("30s, don't forget to mention pricing and don't leave out the demo")
    assert reading.without == ()
    assert [part.query for part in reading.parts] == ["pricing", "the demo"]


@pytest.mark.parametrize(
    "unit", ["the ", "and with a ", "use the ", "skip the intro ", "no ", "1:30 to ", "2 videos ", "( "]
)
def test_no_wish_takes_long_to_read_however_it_is_written(unit):
    began = time.process_time()
    with contextlib.suppress(WishError):
        read_wish((unit * 2000)[:1990])
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("a 20 s promo of one minute", "20 s and 60 s are asked of one promo"),
        ("30 seconds. It should not be longer than 20 seconds", "30 s is asked"),
        ("under 30s, over 45s", "no length is both"),
        ("with captions and no captions", "asked for and declined"),
        ("about pricing, not about pricing", "ruled out in one wish"),
        ("プロモを作ってください 30秒", "asks for nothing that is understood"),
        ("Сделай ролик", "asks for nothing that is understood"),
    ],
)
def test_a_wish_that_can_not_be_met_is_answered_clearly(said, why):
    with pytest.raises(WishError, match=why):
        demand_promo(said)


@pytest.mark.parametrize(
    ("said", "changes", "left"),
    [
        ("lose clip 3, client hates it", "without clip 3", ("client hates it",)),
        ("5 seconds shorter, don't care where", "5 s shorter", ()),
        ("make it forty five seconds", "45 s long", ()),
        ("under 20 seconds please", "19.5 s long", ()),
        ("start with the joke, I love it", "begins with “the joke”", ("I love it",)),
        ("ohne Untertitel", "no captions", ()),
        ("sin subtítulos", "no captions", ()),
        ("15 secondes", "15 s long", ()),
    ],
)
def test_a_change_is_read_and_what_is_said_beside_it_is_told(said, changes, left):
    heard, beside = hear_changes(said)
    assert ("; ".join(map(str, heard)), beside) == (changes, left)


@pytest.mark.parametrize(
    "said", ["drop clip 2, and fix the typo", "shorter, like 30", "add a logo", "the captions are too bright"]
)
def test_a_change_beside_which_something_unknown_is_asked_changes_nothing(said):
    with pytest.raises(RevisionError):
        hear_changes(said)
