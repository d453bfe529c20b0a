"""A spoken sentence as it is written down, and its first clauses that can do without the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.text import clean, safe_words

_LEAD = re.compile(
    r"^(?:(?:um+|uh+|er+|erm|well|okay|ok|so|and|but|now|right|yeah|look|you know|i mean|like|anyway|alright|then)\b[,.]?\s+)+",
    re.IGNORECASE,
)
_INSIDE = re.compile(r",?\s*\b(?:um+|uh+|erm|you know|i mean)\b,?(?=\s)", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?<=[,;:—–])\s+|\s+(?=(?:and|but|so|because|which|while|although|when|if|until|unless|who|that's why)\s)",
    re.IGNORECASE,
)
_TIES = re.compile(
    r"^(?:but|except|unless|until|if|although|though|because|not|only|which|who|that|or|than|to|when|while)\b",
    re.IGNORECASE,
)
"""Beginnings of a clause without which the one before it may mean something else."""


def spoken(text: str) -> str:
    """A sentence as it is written down: without what is said to fill, beginning with a capital."""
    plain = safe_words(clean(text, 1200))
    bare = _INSIDE.sub("", _LEAD.sub("", plain)).strip()
    bare = bare if len(bare.split()) > 2 else plain
    return bare[:1].upper() + bare[1:]


def shortened_to(text: str, longest: int) -> Iterator[tuple[str, bool]]:
    """``text`` if it fits; else its first clauses that do and that can do without the rest, longest first."""
    if len(text) <= longest:
        yield text, False
        return
    starts = [match.end() for match in _CLAUSE.finditer(text)]
    for at in reversed(starts):
        head, rest = text[:at].rstrip(" ,;:—–"), text[at:]
        if len(head) <= longest - 1 and len(head.split()) > 3 and not _TIES.match(rest) and not _open(head):
            yield f"{head}.", True


def _open(head: str) -> bool:
    """Whether a first part promises another: it begins with a condition, or ends in the air."""
    return bool(
        re.match(r"(?:if|when|while|although|because|since|as|after|before|unless|once|whether)\b", head, re.IGNORECASE)
    ) or bool(
        re.search(
            r"\b(?:and|or|but|the|a|an|of|to|in|on|with|for|that|which|is|are|was|were|not|say|says|said|tell|think|know)$",
            head,
            re.IGNORECASE,
        )
    )
