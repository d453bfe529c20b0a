"""Letters that Manrope lacks, where the packages that carry them are there and where they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tools.rendering import fonts
from tools.troubles import NotReady

REMEMBERED = (fonts._there, fonts._letters, fonts.face)


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """What was found of the packages is looked up again, before and after."""
    for each in REMEMBERED:
        each.cache_clear()
    yield
    for each in REMEMBERED:
        each.cache_clear()


def test_each_script_has_its_font() -> None:
    found = [font.name if font else "Manrope" for font, _ in fonts.runs("Café שלום 今日", "ja")]
    assert found == ["Manrope", "Hookline Hebrew", "Hookline CJK JP"]


def test_without_the_letters_of_china_japan_and_korea_they_are_asked_for_by_name(
    lacking: Callable[[str], None],
) -> None:
    lacking("manimgx-fonts-cjk")
    with pytest.raises(NotReady, match="pip install manimgx-fonts-cjk.*captions none"):
        fonts.runs("今日")


def test_without_them_every_other_script_and_sign_is_drawn_as_before(lacking: Callable[[str], None]) -> None:
    text = "Café → 12 % שלום 😀 \ue000"
    before = fonts.runs(text)
    for each in REMEMBERED:
        each.cache_clear()
    lacking("manimgx-fonts-cjk")
    assert fonts.runs(text) == before


def test_without_noto_manrope_draws_what_it_has_and_signs_are_left_out(lacking: Callable[[str], None]) -> None:
    lacking("manimgx-fonts")
    lacking("manimgx-fonts-cjk")
    assert fonts.drawable("Café 😀 now") == "Café  now"
    with pytest.raises(NotReady, match="pip install manimgx-fonts`"):
        fonts.runs("שלום")
