"""The clips and the passages of a cut that a person's words name."""

from __future__ import annotations

import re

from agent.reading import wish
from agent.reading.change import LAST

_ORDINALS = {
    word: n
    for n, words in enumerate(
        (
            "first 1st opening opener intro introduction hook beginning start",
            "second 2nd",
            "third 3rd",
            "fourth 4th",
            "fifth 5th",
            "sixth 6th",
            "seventh 7th",
            "eighth 8th",
        ),
        1,
    )
    for word in words.split()
} | dict.fromkeys(("last", "final", "closing", "closer", "ending", "outro", "end"), LAST)


COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}


CLIP = r"(?:clips?|parts?|bits?|segments?|sections?|pieces?|scenes?|shots?|passages?|cuts?|ones?)"


_NAMED = re.compile(
    rf"(?:the )?(?P<ordinal>{'|'.join(_ORDINALS)})(?: (?P<few>two|three|2|3))?(?: {CLIP})?(?![\w])"
    rf"|(?:{CLIP} |number |no\.? ?|# ?)?(?P<number>\d{{1,2}}|{'|'.join(COUNTS)})(?![\w:.,]\d|\w| ?(?:s|sec|seconds?|min)\b)"
    rf"|{CLIP} (?P<label>[a-h])\b|(?<![\w'])(?P<bare>[A-H])(?![\w'])",
    re.IGNORECASE,
)


_JOIN = re.compile(r"\s*(?:,|and|&|\+|with|by|for|the|also|/)\s*", re.IGNORECASE)


def find_clips(said: str) -> tuple[int, ...] | None:
    """The clips that ``said`` names and nothing else: "the first and clip 3", "2, 3 and 4", "B"; None for other words."""
    found: list[int] = []
    rest = said.strip(" .!\"'“”")
    while rest:
        if (join := _JOIN.match(rest)) and found:
            rest = rest[join.end() :]
            continue
        match = _NAMED.match(rest)
        if match is None or not match[0] or (match["bare"] and match["bare"].islower()):
            return None
        if match["ordinal"]:
            at = _ORDINALS[match["ordinal"].lower()]
            few = {"two": 2, "2": 2, "three": 3, "3": 3}.get((match["few"] or "").lower(), 1)
            found += [at + n for n in range(few)] if at > 0 else [at - n for n in reversed(range(few))]
        elif match["number"]:
            found.append(COUNTS.get(match["number"].lower()) or int(match["number"]))
        else:
            found.append(ord((match["label"] or match["bare"]).upper()) - ord("A") + 1)
        rest = rest[match.end() :].lstrip(" ")
    return tuple(dict.fromkeys(found)) or None


def find_passage(said: str) -> str:
    """The passage that words speak of: what follows "the bit about", or all of them."""
    said = re.sub(r",? and whatever (?:else )?fits.*$", "", said.strip(" .!\"'“”"), flags=re.IGNORECASE)
    found = re.match(
        rf"(?:(?:the|that|a|an|some|something|what|his|her|their) )?(?:{CLIP}|something|everything|anything|all|moment|story|sentence|line|(?:he|she|they|you|i) (?:says?|said))\s+(?:about|on|where|when|with|of|that|which|at|from)\s+(?P<what>.+)",
        said,
        re.IGNORECASE,
    )
    return wish.trim_passage(found["what"] if found else said)
