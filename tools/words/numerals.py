"""Numbers in English words: what ``grounding`` and a wish read, and what the aligner listens for."""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile
from typing import NamedTuple

_LOW = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TIES = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES = tuple(_LOW.split())
"""Each at the place of its value."""
TENS = tuple(_TIES.split())
"""From twenty on."""


def in_words(number: int) -> list[str]:
    """A number as it is said, to 999,999; a larger one digit by digit."""
    if number < 20:
        return [ONES[number]]
    if number < 100:
        return [TENS[number // 10 - 2], *(in_words(number % 10) if number % 10 else [])]
    for size, name, end in ((100, "hundred", 1000), (1000, "thousand", 1_000_000)):
        if number < end:
            return [*in_words(number // size), name, *(in_words(number % size) if number % size else [])]
    return [ONES[int(digit)] for digit in str(number)]


class Number(NamedTuple):
    value: float
    unit: str
    """``%``, ``$``, or nothing."""
    text: str


_UNITS = {word: number for number, word in enumerate(ONES)}
_DIGITS = {"oh": 0} | {word: number for word, number in _UNITS.items() if number < 10}
_TENS = {word: 10 * number for number, word in enumerate(TENS, 2)}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT = {"k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "t": 1e12}
_TOKEN = re.compile(
    r"(?P<money>[$€£]\s?)?(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<short>(?:k|m|mm|mn|b|bn|t)\b)?(?P<after>\s?%)?|(?P<word>[^\W\d_]+)",
    re.IGNORECASE,
)


def numbers(text: str) -> list[Number]:
    """The numbers in ``text``, written in digits or in English words: "two percent" and "2%" are the same."""
    tokens = list(_TOKEN.finditer(unicodedata.normalize("NFKC", text).lower()))
    found: list[Number] = []
    at = 0
    while at < len(tokens):
        value, money, used = _number(tokens, at)
        if used == 0:
            at += 1
            continue
        stop = at + used
        unit = "$" if money else "%" if tokens[stop - 1]["after"] else ""
        following = tokens[stop]["word"] if stop < len(tokens) else None
        if following in ("percent", "percentage"):
            unit, stop = "%", stop + 1
        elif following == "per" and stop + 1 < len(tokens) and tokens[stop + 1]["word"] == "cent":
            unit, stop = "%", stop + 2
        elif following in ("dollar", "dollars", "euro", "euros", "pounds", "bucks", "usd"):
            unit, stop = "$", stop + 1
        if not (used == 1 and tokens[at]["word"] == "one" and not unit):  # "one" is mostly no number
            found.append(Number(value, unit, " ".join(token.group() for token in tokens[at:stop])))
        at = stop
    return found


def _number(tokens: list[re.Match[str]], at: int) -> tuple[float, bool, int]:
    """Value, whether it is money, and how many tokens it takes; none where no number begins."""
    first = tokens[at]
    if first["digits"]:
        value = float(first["digits"].replace(",", ""))
        value *= _SHORT.get((first["short"] or "").lower(), 1.0)
        used = 1
        while (
            at + used < len(tokens)
            and (scale := _SCALES.get(tokens[at + used]["word"] or ""))
            and not tokens[at + used - 1]["after"]
        ):
            value, used = value * scale, used + 1
        return value, bool(first["money"]), used
    total = part = 0.0
    used = 0
    last = ""
    while at + used < len(tokens) and (word := tokens[at + used]["word"]):
        if word in _UNITS and last in ("", "tens", "scale"):
            if last == "tens" and _UNITS[word] > 9:
                break
            part, last = part + _UNITS[word], "units" if _UNITS[word] < 10 else "teens"
        elif word in _TENS and last in ("", "scale"):
            part, last = part + _TENS[word], "tens"
        elif word in _TENS and last in ("teens", "tens") and part in (19, 20):  # nineteen ninety, twenty twenty
            part, last = part * 100 + _TENS[word], "tens"
        elif word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                part = (part or 1) * 100
            else:
                total, part = total + (part or 1) * scale, 0.0
            last = "scale"
        elif (
            word == "and"
            and last == "scale"
            and at + used + 1 < len(tokens)
            and (tokens[at + used + 1]["word"] or "") in (_UNITS | _TENS)
        ):
            used += 1
            continue
        else:
            break
        used += 1
    whole, behind = total + part, _behind_point(tokens, at + used) if used else []
    if behind:
        whole, used = float(f"{whole:g}.{''.join(behind)}"), used + 1 + len(behind)
        while at + used < len(tokens) and (scale := _SCALES.get(tokens[at + used]["word"] or "")):
            whole, used = whole * scale, used + 1
    return whole, False, used


def _behind_point(tokens: list[re.Match[str]], at: int) -> list[str]:
    """The digits that are said one by one after the word "point" at a token."""
    if at >= len(tokens) or tokens[at]["word"] != "point":
        return []
    said = (token["word"] or "" for token in tokens[at + 1 :])
    return [str(_DIGITS[word]) for word in takewhile(_DIGITS.__contains__, said)]
