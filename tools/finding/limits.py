"""Sentences that are not played and may limit what is: "only half of it", "except", "it depends".  Rules over English words, as a hint for whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.schema import Sentence

REACH = 8
"""Sentences from a clip within which another may limit it."""
MOST = 5
"""Sentences that are told."""
LIMITS = re.compile(
    r"\b(?:(?:only|just|about|barely) (?:half|part|a part|a third|a quarter|some|one (?:half|part|side|reason|factor))\b|half of (?:it|that|the)\b|the other (?:half|part|side|reason|thing)\b|"
    r"not (?:only|just|all of|every|everyone|always|the only|the whole)\b|(?:except|unless|provided|as long as|depends? on|it depends|in part|partly|mostly because|also because|not because|"
    r"on average|at least in|for (?:some|most) (?:people|of us|patients|users|customers))\b)",
    re.IGNORECASE,
)
"""A share, a condition or another cause is named."""
TURNS = re.compile(
    r"^\W*(?:but|however|although|though|still|yet|except|unless|that said|on the other hand)\b", re.IGNORECASE
)
"""The thought turns against what was said before."""


def limiting(sentences: Sequence[Sentence], runs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sentences that do not play and may limit a clip: each with the place of the clip that is nearest to it, strongest first.

    ``runs`` are the first and last sentences of the clips in playing order.
    """
    played = {index for first, last in runs for index in range(first, last + 1)}
    found = []
    for index, sentence in enumerate(sentences):
        strength = 2 * bool(LIMITS.search(sentence.text)) + bool(TURNS.search(sentence.text))
        if index in played or not strength or not runs:
            continue
        away, _, place = min(
            (max(first - index, index - last), index < first, place) for place, (first, last) in enumerate(runs)
        )
        if away <= (REACH if strength > 1 else 1):
            found.append((-strength, away, index, place))
    return [(index, place) for _, _, index, place in sorted(found)[:MOST]]
