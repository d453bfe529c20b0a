"""Who speaks, as caption files write it before the words: told from what is said by how it recurs over the whole file.

Meeting programs put a name before every caption, transcripts and captions for the deaf before every change of voice.  No list of
programs or names is kept: a label is what stands before a colon or in brackets where captions begin, few of them again and again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tools.schema import Transcript

LONGEST = 48
"""Characters of a label."""
MOST_WORDS = 6
OFTEN = 0.5
"""Share of captions with a label from which the file is one that labels them, whatever the labels are like."""

RARELY = 0.05
"""The same for single words such as first names, which also begin sentences."""

_COLON = re.compile(rf"^\s*(?:>>+|[-–])?\s*([^:：<>\[\]]{{1,{LONGEST}}}?)\s*[:：](?:\s+|(?<=：)|$)(?!//)")
_BRACKETED = re.compile(rf"^\s*(?:>>+|[-–])?\s*[\[(]([^\[\]()]{{1,{LONGEST}}})[\])]\s*[:：]?\s+(?=\S)")
_CHEVRONS = re.compile(r"^\s*(?:>>+|[-–]\s)\s*")


class Labels(NamedTuple):
    """The labels of one file."""

    before: frozenset[str] = frozenset()
    """What stands before a colon."""
    bracketed: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    """What stands alone in a caption's first line."""

    def split(self, line: str) -> tuple[str | None, str]:
        """The speaker that a line names, and the rest of it."""
        for pattern, known in ((_COLON, self.before), (_BRACKETED, self.bracketed)):
            found = pattern.match(line)
            if found and _key(found[1]) in known:
                return _key(found[1]), line[found.end() :]
        return None, line


def learn(cues: Sequence[Sequence[str]]) -> Labels:
    """The labels of captions, each as its lines without markup."""
    count = max(1, len(cues))
    before = Counter(key for lines in cues for line in lines if (key := _named(_COLON, line)))
    first = Counter(key for lines in cues if lines and (key := _named(_COLON, lines[0])))
    bracketed = Counter(key for lines in cues if lines and (key := _named(_BRACKETED, lines[0])))
    alone = {_key(line.strip(" []()")) for lines in cues for line in lines[:1] if len(lines) == 1}
    above = Counter(
        _key(lines[0])
        for lines in cues
        if len(lines) > 1 and _is_name(lines[0]) and not re.search(r"[.?!,:;]$", lines[0])
    )
    plain = {word.strip(".,?!:;\"'“”()") for lines in cues for line in lines for word in line.split() if word.islower()}
    return Labels(
        _colons(before, first, count, plain),
        frozenset(_recurring(bracketed, count)) - alone,
        frozenset(_recurring(above, count)),
    )


def labels(transcript: Transcript | None) -> frozenset[str]:
    """Names that stand before what is said, with a colon, again and again; a numbered speaker is one at once."""
    texts = [each.text for each in transcript.sentences] if transcript else []
    numbered = {found[1] for text in texts if (found := re.match(r"\W*(speaker ?\d+):\s", text, re.IGNORECASE))}
    return learn([[text] for text in texts]).before | numbered


def labelled(texts: Sequence[str], names: frozenset[str]) -> list[str]:
    """Those of ``texts`` that begin with a label, or hold one."""
    return [text for text in texts if any(re.search(rf"(?<!\w){re.escape(name)}:", text) for name in names)]


def _colons(before: Counter[str], first: Counter[str], count: int, plain: set[str]) -> frozenset[str]:
    """``plain`` are the words that are written in small letters somewhere: "Question:" begins sentences where "question" is said."""
    again = {key for key, times in before.items() if times > 1}
    turns = {key for key in again if _is_name(key) and key.casefold() not in plain}
    known = _recurring(first, count)
    if plain:
        known |= {key for key in again if _is_loud(key) or (key in turns and " " in key)}
    if len(turns) > 1 and sum(before[key] for key in turns) >= max(4, RARELY * count):
        known |= turns
    known |= {key for key in turns if before[key] > 2}
    # Whoever speaks once in a file that names who speaks is named like the others.
    loud, full = all(map(_is_loud, known)), all(" " in key for key in known)
    once = {
        key
        for key in before
        if _is_name(key) and key.casefold() not in plain and (_is_loud(key) if loud else " " in key or not full)
    }
    return frozenset(known | once if known else ())


def _recurring(found: Counter[str], count: int) -> set[str]:
    """What labels half of the captions, by few labels."""
    total, often = sum(found.values()), {key for key, times in found.items() if times > 1}
    if total < 2 or total < OFTEN * count or sum(found[key] for key in often) < total / 2:
        return set()
    return {key for key in found if key in often or _is_name(key)}


def _named(pattern: re.Pattern[str], line: str) -> str:
    """What ``pattern`` takes for a label at the beginning of a line, empty where it can't be one."""
    found = pattern.match(line)
    text = _key(found[1]) if found else ""
    fits = 0 < len(text.split()) <= MOST_WORDS and any(char.isalpha() for char in text)
    return text if fits and not re.search(r"[?!…,;]|\.\s+[a-z]|//|^https?$", text) else ""


def _key(text: str) -> str:
    return " ".join(_CHEVRONS.sub("", text).split())


def _is_name(text: str) -> bool:
    """Whether each word begins as a name's does: with a capital, a digit, a bracket, or a letter that has no capital."""
    said = _key(text).split()
    return (
        0 < len(said) <= MOST_WORDS
        and len(text) <= LONGEST
        and not said[0][0].isdigit()
        and all(not word[0].islower() for word in said)
    )


def _is_loud(text: str) -> bool:
    return text.upper() == text and sum(char.isalpha() for char in text) > 1 and text.lower() != text
