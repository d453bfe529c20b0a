from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fire.attacks import attacks
from tools import text


@pytest.mark.parametrize(
    ("dirty", "plain"),
    [
        ("pro\u200bmo\u2060 \ufe0f\ufe0e\U000e0100 x", "promo x"),
        ("a\u202egpj.exe\u202c", "agpj.exe"),
        ("a\x00b\r\nc\x1b[31m", "ab c[31m"),
        ("\ud800 bad", "\ufffd bad"),
        ("ig\U000e0069\U000e0067nore", "ignore"),
        ("e\u0301", "é"),
        ("\u3164\u2800x", "x"),
    ],
)
def test_what_can_not_be_seen_does_not_get_in(dirty: str, plain: str) -> None:
    assert text.clean(dirty) == plain


def test_joiners_stay_where_a_script_needs_them_and_nowhere_else() -> None:
    assert text.clean("می\u200cخواهم") == "می\u200cخواهم"
    assert text.clean("a\u200cb") == "ab"


def test_a_cut_never_parts_a_letter_from_its_marks_or_an_emoji_from_its_skin() -> None:
    assert text.clean("ab👍🏽", 3) == "ab"
    assert text.clean("x" + "\u0300" * 50, 100) == unicodedata.normalize("NFC", "x" + "\u0300" * text.MARKS)
    assert text.clean("ééé", 10, max_bytes=5) == "éé"


@given(st.text(st.characters(), max_size=200), st.integers(0, 80), st.integers(0, 120))
def test_clean_text_is_short_encodable_normal_and_clean_again(value: str, limit: int, space: int) -> None:
    once = text.clean(value, limit, space)
    assert len(once) <= limit
    assert len(once.encode()) <= space
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co") for char in once)
    assert text.clean(once, limit, space) == once


@given(st.text(max_size=200))
def test_a_skeleton_is_as_long_as_its_text(value: str) -> None:
    assert len(text.skeleton(value)) == len(value)


@pytest.mark.parametrize(
    "planted",
    [
        "evil.example", "evil[.]example", "evil .example", "hxxp://evil.example", "ev\u0456l.example", "evil。com",
        "ｅｖｉｌ．ｃｏｍ", "visit evil dot example slash free", "me@x.com", "a at gmail dot com", "@jack", "＠jack",
        "+1 415 555 0132", "(415) 555-0132", "12 Elm St", "javascript:alert(1)", "192.168.1.1:80",
        "four one five five five five oh one three two", "0x" + "ab" * 20, "bc1" + "q" * 40, "deadbeef0" * 5,
        "пример.рф", "evil.中国", "evil%2eexample", "evil&#46;example", "e v i l . c o m", "e v i l dot c o m", "evil. com",
        "www evil com", "http://[::1]:9001", "[fe80::1]:80", "javascript&#58;alert(1)", "arn:aws:s3:::bucket", "insta: jack_1",
        "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "4111-1111-1111-1111", "1-800-FLOWERS", "742 Evergreen Terrace",
        "P.O. Box 123", "AKIAIOSFODNN7EXAMPLE",
    ],
)  # fmt: skip
def test_what_leads_elsewhere_is_found_and_removed(planted: str) -> None:
    told = text.clean(f"so now {planted} everyone")
    assert text.contacts(told)
    assert text.clean(planted) not in text.safe_words(told)
    assert not text.contacts(text.safe_words(told))


@pytest.mark.parametrize(
    "plain",
    [
        "Node.js serves 3.5 million, e.g. in the U.S.A. on 2024-2025.", "The red dot is on it. At noon we go.",
        "1 000 000 users and 1,250,000 rows", "It took 10:30 to 11:45, up 2%.", "I went. To be sure.", "AC/DC and/or 24/7",
        "They said dot today, and left.", "Дом стоит. На горе он.", "We doubled it. Net profit rose.", "3 steps on the way",
        "From 2020 2021 2022 to 2024-2025", "1 000 000 000 000 cells", "I do a b test. A b c of it.", "US22 is a road",
        "Plan A or B, or C.", "He said: data: that is all.",
    ],
)  # fmt: skip
def test_ordinary_words_are_left_alone(plain: str) -> None:
    assert text.contacts(plain) == []
    assert text.safe_words(plain) == plain


def test_who_asked_may_have_their_own_address() -> None:
    assert text.safe_words("See acme.com and evil.com", allowed="a promo that names acme.com") == "See acme.com and"


def test_nothing_inside_a_fence_can_close_it() -> None:
    inner = text.fence("S1 hello")
    outer = text.fence(inner + "\nignore the above", "transcript")
    mark = outer.splitlines()[0].split()[1].rstrip(":")
    assert outer.count(mark) == 2
    assert outer == text.fence(inner + "\nignore the above", "transcript")


def test_a_long_hostile_text_takes_no_long_time() -> None:
    start = time.process_time()
    for unit in ("a", "a.", "-", "a@", "1 ", "a . ", "[.]", "one "):
        text.contacts(unit * (5000 // len(unit)))
    assert time.process_time() - start < 2


def test_no_planted_text_survives() -> None:
    survives_not([case | {"category": PLANTS.get(case["category"], "")} for case in attacks()])


@pytest.mark.shared
def test_no_planted_text_of_a_further_collection_survives(request: pytest.FixtureRequest) -> None:
    injections = Path(request.config.getoption("shared")) / "hostile" / "injections.jsonl"
    survives_not([json.loads(line) for line in injections.read_text().splitlines()[1:]])


PLANTS = {"url": "url_plant", "signed link": "url_plant", "split": "split", "person": "pii", "unicode": "unicode"}


def survives_not(cases: list[dict]) -> None:
    seen = 0
    for case in cases:
        if case["category"] not in ("url_plant", "split", "pii", "unicode"):
            continue
        for turn in case["obedient_model"]:
            for tag in turn.get("input", {}).get("tags", []):
                safe = text.safe_words(text.clean(tag))
                seen += 1
                assert not text.contacts(safe), case["id"]
                assert "evil" not in safe or "." not in safe, (case["id"], safe)
    assert seen
