"""Numbers in English words: what ``grounding`` and a wish read, and what the aligner listens for."""

from __future__ import annotations

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
