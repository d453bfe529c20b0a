"""What kind of hook a line is, told from its words: so that a person chooses between kinds and not between wordings."""

from __future__ import annotations

import re
from typing import Literal

from tools.words.numerals import numbers

Kind = Literal["question", "confession", "contrast", "number", "statement"]

_CONFESSION = re.compile(
    r"\b(?:i|we|my|our|us)\b.*\b(?:wrong|mistakes?|fail(?:ed|ure)?|lost|lose|regret|ashamed|scared|afraid|broke|missed|never|should have|didn't know|did not know|hid|lied|fired|quit|wasted|messed|guess(?:ed)?)\b|"
    r"\b(?:i|we) (?:was|were) (?:wrong|scared|afraid|the problem)\b",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(?:but|instead of|rather than|not .+ but|yet|although|whereas|while|unlike|versus|vs|better than|worse than|more than|less than|used to|no longer)\b|"
    r"\b(?:isn't|is not|wasn't|don't|do not|aren't|never)\b.+[,;:—–-]+ ?(?:it|they|we|you|this|that)",
    re.IGNORECASE,
)
WHY: dict[Kind, str] = {
    "question": "asks what a viewer may ask too, and is open until the promo answers",
    "confession": "the speaker admits something, which few do in public",
    "contrast": "sets two things against each other",
    "number": "one figure that can be checked in the promo",
    "statement": "says the point plainly",
}
"""What speaks for each kind."""


def kind_of(text: str) -> Kind:
    """The kind of a hook in English; of another language a question or a number alone is told."""
    if text.rstrip("\"'”’)").endswith(("?", "？", "؟")):
        return "question"
    if _CONFESSION.search(text):
        return "confession"
    if _CONTRAST.search(text):
        return "contrast"
    return "number" if numbers(text) else "statement"
