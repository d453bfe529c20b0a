from __future__ import annotations

import pytest

from tools.words.numerals import numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2.5 million users", "two point five million users"),
        ("version 2.1", "version two point one"),
        ("12.7%", "twelve point seven percent"),
        ("$1,250.50", "$1250.50"),
        ("9.02", "nine point oh two"),
    ],
)
def test_a_number_is_the_same_in_digits_and_in_words(one: str, other: str) -> None:
    told, known = numbers(one), numbers(other)
    assert [found.value for found in told] == pytest.approx([found.value for found in known])
    assert [found.unit for found in told] == [found.unit for found in known]


def test_a_point_that_no_digit_follows_is_no_decimal() -> None:
    assert [found.value for found in numbers("at five point us to ten")] == [5, 10]
