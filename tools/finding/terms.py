"""The words of a text that carry meaning, as stems; the finder's trees were learned on them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
NOISE = re.compile(r"\{[^}]*\}")

_STOP = """
    a about an and any are as at be been but by can could did do does for from had has have he her his how i if in
    into is it its me my no not of on or our over said say she should so some such than that the their them then
    there these they this to us was we were what when where which who whom whose why will with would you your s t re
    ve ll d m make promo video clip clips cut short please think thought discuss discussed discussing discussion
    discussions talk talked summarize summarise meeting opinion opinions"""
STOP = frozenset(_STOP.split())
"""Words that carry no meaning of their own, or that any wish for a promo may have."""


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
