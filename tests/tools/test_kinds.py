"""What kind of hook a line is."""

import pytest

from tools.posts.kinds import WHY, kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("What if your price page is the leak?", "question"),
        ("¿Y si el problema es el precio?", "question"),
        ("We were wrong about nine plans.", "confession"),
        ("I lost half of our customers in a year", "confession"),
        ("You do not have a price, you have a puzzle", "contrast"),
        ("A scary change is better than a slow leak", "contrast"),
        ("Forty calls, one pattern", "number"),
        ("Revenue rose 18 percent", "number"),
        ("The page nobody read", "statement"),
    ],
)
def test_a_hook_is_of_the_kind_that_its_words_make_it(text, kind):
    assert kind_of(text) == kind
    assert WHY[kind]
