"""A conversation about one video: what was said is a question, a change of the last version, or a new request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.reading.change import Change, RevisionError
from agent.reading.talk import is_talk
from agent.reading.wish import Reading, WishError
from tools.schema import Read

if TYPE_CHECKING:
    from agent.studio import Studio

_POLITE = r"^\W*(?:(?:please|ok|okay|and|now|also|then|can you|could you|i(?:'d| would) like|i want|i need|we need|we want|let'?s) )*"
_REQUEST = re.compile(
    _POLITE
    + r"(?:(?:make|create|produce|cut|give me|build|generate|do|turn)\b.*\b(?:promos?|videos?|clips?|teasers?|trailers?|reels?|shorts?|cuts?|versions?|ones?)\b"
    r"|(?:two|three|four|five|several|a few)\b.*\bones\b|(?:(?:a|an|\d+|two|three|four|five|several|some)\b.*)?\b(?:promos?|teasers?|trailers?|videos?)\b)",
    re.IGNORECASE,
)
"""A new promo is asked for, not a change: begun with a verb of making, or with what is to be made."""


_QUESTION = re.compile(
    r"^\W*(?:why|what|what's|whats|how|which|who|when|where|did|does|do you|is|are|was|were|show me|tell me|explain|list|help)\b(?! (?:about|if) (?:we|you))",
    re.IGNORECASE,
)


def is_question(said: str) -> bool:
    """Whether words ask about what was made rather than for something to be made."""
    polite = re.match(
        r"\W*(?:can|could|would|will|may) (?:you|we|i)\b(?! (?:tell|explain|say|ask|know|see))", said, re.IGNORECASE
    )
    return not polite and bool(_QUESTION.match(said) or said.rstrip().endswith("?"))


@dataclass(frozen=True)
class Question:
    said: str


@dataclass(frozen=True)
class Revision:
    changes: tuple[Change, ...]
    read: Read | None = None
    """What it cost to read them."""
    left: tuple[str, ...] = ()
    """Words beside them in which nothing was understood."""

    def __str__(self) -> str:
        beside = (f"not understood: “{'; '.join(self.left)}”",) if self.left else ()
        return "; ".join((*map(str, self.changes), *beside))


def changes_of(studio: Studio, run: str, said: str) -> Revision:
    """What ``said`` asks to change of a run."""
    from agent.reading.understand import understand_changes

    cut = (studio.records.run(run)["outcome"] or {}).get("cut") or {}
    return Revision(*understand_changes(studio, said, [clip["text"] for clip in cut.get("clips", ())]))


def hear(studio: Studio, said: str, run: str | None) -> Question | Revision | Reading:
    """What is meant by ``said`` after ``run``, or at the beginning.  Raises ``WishError`` or ``RevisionError`` with what to say instead."""
    from agent.reading.understand import understand_wish

    if not said.strip():
        raise WishError("Say what you want, for example: make a 30s promo about pricing.")
    if is_question(said) or is_talk(said):
        return Question(said)
    if run is None:
        return understand_wish(studio, said)
    try:
        return changes_of(studio, run, said)
    except RevisionError:
        if not _REQUEST.match(said):
            raise
    return understand_wish(studio, said)
