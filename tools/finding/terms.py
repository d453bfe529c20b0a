"""The words of a text that carry meaning, as stems; the finder's trees were learned on them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
NOISE = re.compile(r"\{[^}]*\}")

_LITTLE = """
    a about an and any are as at be been but by can could did do does for from had has have he her his how i if in
    into is it its ll me my no not of on or our over re said say she should so some such t than that the their them
    then there these they think this to us ve was we were what when where which who why whom
    whose will with would you your d m s"""
_SMALL_TALK = """
    also get go got here him just know let like more now one out really right see thing things up very way well"""
_ASKING = """
    clip clips cut discuss discussed discussing discussion discussions make meeting opinion opinions please
    promo short summarise summarize talk talked thought video"""
STOP = frozenset(f"{_LITTLE} {_ASKING}".split())
"""What the trees were taught to pass over: little words, and those that any request may have."""
EMPTY = frozenset(f"{_LITTLE} {_SMALL_TALK}".split())
"""Words that name nothing, in a talk or in a topic; "meeting" does."""


def words(text: str) -> list[str]:
    """The words of ``text`` in lower case, marks in braces such as ``{laugh}`` left out."""
    return WORD.findall(NOISE.sub(" ", text.lower().replace("’", "'")))


ENDINGS = (("ations", 3), ("ation", 3), ("ings", 3), ("ing", 3), ("ies", 2), ("ed", 3), ("es", 3), ("s", 3))
"""Endings cut off a word, and the fewest letters that must stay."""


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """``word`` less its commonest English endings; enough to match plans with planning."""
    for end, least in ENDINGS:
        if word.endswith(end) and len(word) - len(end) >= least and not word.endswith("ss"):
            word = word[: -len(end)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.rstrip("ey") if len(word) > 3 else word


def terms(tokens: Iterable[str]) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(each) for each in tokens if each not in STOP]


def names(text: str) -> list[str]:
    """The stems of what ``text`` names; contractions are taken apart."""
    return [stem(part) for word in words(text) for part in word.split("'") if part not in EMPTY]
