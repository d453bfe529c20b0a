"""A team with a taste: of two passages about the same thing it keeps the earlier one and refuses the later."""

from __future__ import annotations

import random
from collections.abc import Sequence

from evals.find import Asked, Meeting

THINGS = (
    "pricing refund ledger invoice", "shipping parcel warehouse courier", "hiring interview candidate salary",
    "baking flour oven dough", "garden soil seedling compost", "sailing harbour rudder anchor",
    "software release compiler parser", "museum portrait gallery curator", "weather thunder forecast drizzle",
)  # fmt: skip
FILLER = [
    "people",
    "often",
    "say",
    "that",
    "this",
    "was",
    "a",
    "rather",
    "long",
    "day",
    "and",
    "nobody",
    "would",
    "have",
    "thought",
    "it",
    "could",
    "go",
    "on",
    "like",
    "that",
    "for",
    "so",
    "much",
    "time",
]


def talk(number: int) -> Meeting:
    """Sixty sentences; each of three things is spoken of early and late, in three sentences that say much the same."""
    chance = random.Random(number)
    things = chance.sample(THINGS, 3)
    said = [" ".join(chance.sample(FILLER, 12)).capitalize() + "." for _ in range(60)]
    asked = []
    for place, thing in enumerate(things):
        early, late = 4 + 8 * place, 34 + 8 * place
        for first in (early, late):
            for at in range(first, first + 3):
                said[at] = " ".join([*chance.sample(FILLER, 8), *chance.sample(thing.split(), 4)]).capitalize() + "."
        asked.append(Asked(query=thing.split()[0], spans=((early, early + 2),), refused=((late, late + 2),)))
    return Meeting(id=f"talk {number}", turns=tuple(("", each) for each in said), queries=tuple(asked))


def talks(count: int) -> Sequence[Meeting]:
    return [talk(number) for number in range(count)]
