"""Wishes and revisions that were written by others than the grammar's authors, as twenty kinds of customers would: read exactly, or told."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent.reading.change import RevisionError
from agent.reading.changes import hear_changes
from agent.reading.wish import WishError, demand_promo, read_wish
from tests.agent.reading.scored import needless, score, tail


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in (Path(__file__).parent / name).read_text("utf-8").splitlines()]


ROWS, NEWCOMERS = _rows("customers.jsonl"), _rows("newcomers.jsonl")
LEAST = {"request": 43, "revision": 15}
"""Rows of each kind that are read as they were meant, with nothing left out."""
NEW_LEAST = {"request": 12, "revision": 1}
"""The same of customers who had never seen the program, and say what it can't do in most of their wishes."""
MOST_TAILS, MOST_NEEDLESS = 7, 44
"""Of their wishes, those whose topic runs on into something else; of their courtesies and reasons, those told as if they were asked."""
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


@pytest.mark.parametrize("kind", ["request", "revision"])
def test_what_newcomers_say_is_read_exactly_or_what_was_left_out_is_told(kind):
    scored = {row["id"]: score(row) for row in NEWCOMERS if row["kind"] == kind}
    assert {name: told for name, (verdict, told) in scored.items() if verdict == "silent"} == {}
    counts = Counter(verdict for verdict, _ in scored.values())
    assert counts["exact"] >= NEW_LEAST[kind], counts


def test_topics_end_where_something_else_begins_and_courtesies_are_not_told():
    asked = [row for row in NEWCOMERS if row["kind"] == "request"]
    assert sum(len(tail(row)) > 1 for row in asked) <= MOST_TAILS
    assert sum(len(needless(row)) for row in asked) <= MOST_NEEDLESS


@pytest.mark.parametrize(
    ("said", "unread"),
    [
        ("Hi there, 30s about pricing, thank you so much", ""),
        ("about pricing, would be lovely", ""),
        ("30 s about pricing, my boss hates waffle", ""),
        ("30 s about pricing because our members are elderly", ""),
        ("I've got a 55 min webinar. 30 s about pricing please", ""),
        ("30 s about pricing from Sunday's sermon", ""),
        ("30 s about pricing. Anna can't be in it", "Anna can't"),
        ("30 s about pricing, our sponsor wants fireworks", "sponsor wants fireworks"),
    ],
)
def test_greetings_and_reasons_are_neither_topic_nor_left_out_and_what_is_asked_among_them_is_told(said, unread):
    reading = read_wish(said)
    assert (reading.topic, reading.unread) == ("pricing", unread)


@pytest.mark.parametrize(
    ("said", "window", "seconds"),
    [
        ("60 s. skip the ad read (starts around 12:40, ends 14:05)", ((0, 760), (845, None)), 60),
        ("45 s, don't use 5:00 to 6:00", ((0, 300), (360, None)), 45),
        ("leave out the ad (12:40-14:05), 30 s", ((0, 760), (845, None)), 30),
        ("30s, skip 1:00 to 2:00 and 4:00 to 5:00", ((0, 60), (120, 240), (300, None)), 30),
        ("30s, use 1:00 to 8:00, leave out 2:00 to 3:00", ((60, 120), (180, 480)), 30),
        ("30s, skip 1:00 to 2:00, use 4:00 to 5:00", ((240, 300),), 30),
        ("30 s, nothing about hiring, from 5:00 to 10:00", ((300, 600),), 30),
        ("about money between 20 min and 40 min, a minute and a half", ((1200, 2400),), 90),
        ("the bit from 00:23:10 to 00:24:30 as is", ((1390, 1470),), 80),
        ("the passage commencing at 00:31:05 and concluding at 00:32:40, verbatim", ((1865, 1960),), 95),
        ("Ab 14:20 Uhr, bis etwa 16:00, eine halbe Minute", ((860, 960),), 30),
        ("een halve minuut, alleen uit het deel tussen 15:00 en 22:30", ((900, 1350),), 30),
    ],
)
def test_times_to_use_and_times_to_leave_out_are_told_apart(said, window, seconds):
    reading = read_wish(said)
    assert tuple((each.start, each.end) for each in reading.window) == window
    assert reading.target == seconds


@pytest.mark.parametrize(
    ("said", "topics"),
    [
        ("3 shorts: eBPF, wasm and the live demo", ["eBPF", "wasm", "live demo"]),
        ("two clips: one on churn, one on hiring, max 30 s", ["churn", "hiring"]),
        (
            "3 short ones on our values: trust, curiosity, ownership",
            ["our values: trust", "our values: curiosity", "our values: ownership"],
        ),
    ],
)
def test_a_list_of_as_many_things_as_promos_is_what_each_is_about(said, topics):
    assert [each.topic for each in read_wish(said).each] == topics


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("30 s, captions big and yellow", "brand kit"),
        ("30 s. No captions over the artworks", "brand kit"),
        ("only use segments where the screen share is visible", "What is seen"),
        ("keep facecam on top and gameplay on bottom, 30 s", "What is seen"),
        ("30 s for our new hires", "Whom or what it is for"),
        ("30 s, no reordering", "order"),
        ('skip everything before the MC says "welcome", 30 s', "from when to when"),
        ("hook in the first 3 seconds, 30 s", "open with"),
    ],
)
def test_what_can_not_be_asked_in_words_is_told_with_what_does_it(said, why):
    reading = read_wish(said)
    assert any(why in each for each in reading.unmet), reading
    assert (reading.topic, reading.parts, reading.window, reading.captions) == ("", (), (), "clean")


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
