"""Words that a brand never uses: out of hooks, titles, descriptions and tags, and told."""

from __future__ import annotations

import pytest

from tools.brand import banned
from tools.schema import Copy, Line


def line(text: str) -> Line:
    return Line(text=text, evidence=("S1",))


@pytest.mark.parametrize(
    ("text", "word", "held"),
    [
        ("A cheap trick", "cheap", True),
        ("A CHEAP trick", "cheap", True),
        ("Cheaper than that", "cheap", False),
        ("Don’t do that", "don't", True),
        ("Best  in class", "best in class", True),
        ("無料でお試し", "無料", True),
        ("Всё бесплатно!", "бесплатно", True),
    ],
)
def test_a_banned_word_is_found_as_a_whole_word(text: str, word: str, held: bool) -> None:
    assert bool(banned.held(text, [word])) is held


def test_lines_that_hold_one_are_left_out_and_told() -> None:
    copy = Copy(
        platform="x",
        hooks=(line("A cheap trick"), line("Nine plans")),
        title=line("Cheap plans"),
        description=line("Nine plans became three. It was cheap. Churn fell."),
        tags=(line("cheap"), line("pricing")),
    )
    kept = banned.without(copy, ["cheap"])
    assert [each.text for each in kept.hooks] == ["Nine plans"]
    assert kept.title is None
    assert kept.description is not None
    assert kept.description.text == "Nine plans became three. Churn fell."
    assert [each.text for each in kept.tags] == ["pricing"]
    assert any("“cheap”" in warning for warning in kept.warnings)
    assert not any(banned.held(each.text, ["cheap"]) for each in kept.lines)
    assert banned.without(copy, ["dear"]) == copy
    assert banned.problems(copy, ["cheap"]) == [
        "x: “cheap” is a word that the brand never uses; write the line without it"
    ]
