"""What is told of the video itself, which is no wish: how long it lasts, what it is, which one it is."""

from __future__ import annotations

from agent.reading.text import Found, Text
from tools.schema import LONGEST

SOURCE = (
    r"(?:video|talk|recording|footage|episode|podcast|interview|webinar|source|file|film|stream|session|call|meeting|presentation|keynote|lecture|show|speech|"
    r"conversation|panel|original|demo|agm|sermon|answer|whole thing|service)"
)
_EVENT = (
    r"(?:talk|recording|footage|episode|podcast|interview|webinar|stream|livestream|live|session|call|meeting|presentation|keynote|lecture|show|speech|conversation|panel|demo|"
    r"sermon|service|gala|town hall|all hands|round table|workshop|conference|wedding|concert|tour|vlog|phone in|broadcast|class|course|seminar|summit|fireside chat|testimony|"
    r"long (?:film|video)|film|video|zoom|event|match|game|rehearsal|ceremony)"
)
_WHOSE = r"(?:the|my|our|this|that|a|an|last|his|her|their|today's|yesterday's|sunday's|saturday's|friday's|thursday's|wednesday's|tuesday's|monday's)"
_TELLS = r"(?:i|we)(?:(?:'ve| have)? got|'ve| have)?(?: just| already)?(?: recorded| have| filmed| made| uploaded| shot| gave| did| ran| hosted| held| taped)?"
_DUE = r"(?:mtg|meeting|call|due|deadline|starts?|event|pitch|board|class|lesson|live|launch)"


def read_facts(text: Text) -> None:
    """Lengths that no promo has, of what it is made from or until when it is needed."""
    text.reduce(
        rf"{_TELLS} (?:a|an|this|one) (?P<n><len>)(?: long)?(?: [a-z]+){{0,3}} {SOURCE}",
        "fact",
        lambda f: float(f.value("len")),
    )
    text.reduce(
        rf"(?:(?:(?:of|from|out of) )(?:a|an|the)|(?:(?:of|from|out of) )?(?:my|our|this)) <len>(?: long)?(?: [a-z]+){{0,2}} {SOURCE}(?! (?:clip|version|promo|teaser|trailer|ad))",
        "fact",
        _too_long,
    )
    text.reduce(rf"(?:for )?(?:(?:a|an|the|my|our|board) )*{_DUE} (?:is )?in <len>", "fact", _too_long)


def _too_long(f: Found) -> float | None:
    """A length only where no promo can have it: "a 60 second video" is a wish."""
    seconds = float(f.value("len"))
    return seconds if seconds > LONGEST else None


def read_sources(text: Text) -> None:
    """From what the promo is made, where that is all that is said: "from Sunday's sermon", "for episode 114"."""
    text.reduce(
        rf"(?:from|out of|off|of) {_WHOSE}(?: (?:day|part|session|season|episode|ep|no) \d+| (?!whole|full|entire|all)[a-z]+){{0,2}} {_EVENT}"
        rf"(?: (?:with|by|at|in) (?:(?:the|our|my|a|mr|mrs|ms|dr) )*[a-z'.]+(?: [a-z'.]+){{0,2}}(?= [,;]| $))?(?= (?:[,;<]|and|with|for|about|on|to|please|at|that|please|using|where|in|$)|$| $)",
        "source",
        lambda f: (
            None
            if f.after == "only"
            or f.before
            in ("bit", "bits", "part", "parts", "moment", "moments", "rest", "half", "end", "start", "most", "out")
            else f.form()
        ),
    )
    text.reduce(
        r"(?:(?:for|from|of|in) )?(?:ep|episode|season|part|lesson|lecture|chapter) (?:no |number )?\d+",
        "source",
        lambda f: f.form(),
    )
