"""What makes a listener stop."""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.finding.standing_alone import is_question
from tools.schema import Sentence
from tools.words.numerals import numbers


class Cue(NamedTuple):
    kind: str
    worth: float


_PATTERNS = (
    (
        "a contrast",
        0.3,
        r"\b(?:not|n't|never|no longer)\b[^.?!]{2,60}\b(?:but|instead|it(?:'s| is| was))\b|\b(?:instead of|rather than|turns? out|turned out|the opposite|the truth is|actually|until|both wrong|except)\b|"
        r"\b(?:i|we|they|everyone|everybody) (?:all )?(?:thought|assumed|expected|believed)\b|\bthe real (?:reason|problem|question)\b",
    ),
    (
        "a mistake or a cost",
        0.28,
        r"\b(?:wrong|mistakes?|fail(?:ed|ure|s)?|lost|lose|losing|broke|broken|killing|killed|hurt|risk|danger|problem|worst|crisis|disaster|ashamed|regret|sick|never again)\b",
    ),
    (
        "a result",
        0.26,
        r"\b(?:so we|as a result|that(?:'s| is) why|the result|we learned|what we learned|i learned|the lesson|in the end|finally|it worked|went (?:up|down)|grew|doubled|tripled|halved|dropped|rose|fell|saved|increased|reduced)\b",
    ),
    (
        "a story",
        0.22,
        r"\b(?:she|he|they) (?:said|told|asked|called|laughed|cried)\b|\b(?:one day|one morning|one night|last (?:year|month|week|january|summer)|years ago|when i was|i remember|i asked|i told|i called)\b|\bmy (?:mother|father|boss|daughter|son|wife|husband|friend|team)\b",
    ),
    (
        "an address to the viewer",
        0.2,
        r"^\W*(?:imagine|picture|think about|ask yourself|look at|remember|never|always|stop|start|try|don't|do not|guess|if you)\b|\byou (?:can|need|should|must|have to|will)\b",
    ),
    (
        "a strong word",
        0.15,
        r"\b(?:most important|biggest|best|only|secret|surpris\w+|shock\w+|incredible|amazing|crazy|huge|love|hate|proud|afraid|honest(?:ly)?|simple|rule|the key|the point|matters?|exactly)\b",
    ),
    ("a reason", 0.12, r"\b(?:because|the reason|which means|that means|in order to)\b"),
)
_CUES = tuple((kind, worth, re.compile(pattern, re.IGNORECASE)) for kind, worth, pattern in _PATTERNS)


def cues(sentence: Sentence) -> list[Cue]:
    """What in a sentence makes a listener stop.  Words are English; numbers and questions are not."""
    text = sentence.text
    found = [Cue(kind, worth) for kind, worth, pattern in _CUES if pattern.search(text)]
    told = numbers(text)
    if told:
        found.append(
            Cue(
                "a number",
                0.3 if len(told) > 1 or any(n.unit for n in told) or max(n.value for n in told) >= 10 else 0.2,
            )
        )
    if is_question(sentence):
        found.append(Cue("a question", 0.28))
    return found
