"""What a wish asks goes before what is usual for a brand."""

import pytest

from agent.reading.wish import read_wish, without_openings
from doors.laptop import dressed
from tests.tools.brand.test_kit import laid
from tools.brand import shelf

KIT = """
name = "Ledgerleaf"
[captions]
style = "bold"
"""


@pytest.mark.parametrize(
    ("wish", "style"),
    [
        ("30s promo", "bold"),
        ("30s promo with captions", "bold"),
        ("30s promo, clean captions", "clean"),
        ("30s promo, plain captions in Spanish", "clean"),
        ("30s promo, karaoke captions", "karaoke"),
        ("30s promo, no captions", "none"),
    ],
)
def test_a_style_that_was_asked_for_is_not_a_brands(tmp_path, wish, style):
    kit = shelf.open_kit(str(laid(tmp_path / "kit", KIT)), tmp_path)
    assert dressed(read_wish(wish), kit).captions == style


@pytest.mark.parametrize("wish", ["a 30s promo with two openings", "30s, 2 different openings for a test"])
def test_two_openings_are_asked_for_and_told_where_they_are_not_made(wish):
    reading = read_wish(wish)
    assert (reading.openings, reading.left) == (2, ())
    assert "replace the first clip" in without_openings(reading).left[0]
    assert read_wish("a 30s promo about two openings in the team").openings == 1
