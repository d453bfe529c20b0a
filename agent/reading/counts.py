"""How many promos or whole moments are asked for, as phrases of a request."""

from __future__ import annotations

import re

from agent.reading.grammar import NOUN
from agent.reading.text import Found, Text


def read_counts(text: Text) -> None:
    kind = r"(?:different|separate|distinct|short|vertical|square|horizontal|new|good|alternative|more|promo|other|of them|best|top|great|nice|single|strongest|funniest|social|small|little|seconds?|video|similar|of the|most|interesting|viral|important|quick|key|<len>|<length>|<shape>|<pf>|<tone>|,|long|x|of|the|individual)"
    word = rf"(?:{NOUN}|<pf>|moments?|tiktoks)"
    text.reduce(
        rf"(?P<n>\d+|a couple of|a couple|a few|several|couple of|few)(?= (?:{kind} )*{word} )", "count", _count
    )
    text.reduce(
        r"(?P<n>\d+)(?= (?:x|times|different) )|(?P<m>\d+) x(?= <len>)|(?P<k>\d+) (?:different|separate|distinct)(?= ,| ;| $)",
        "count",
        lambda f: int(f.form("n") or f.form("m") or f.form("k")),
    )


_WHOLE = r"(?:moments?|highlights?|clips?|soundbites?|sound bites?|snippets?|bites?|bits|quotes?|excerpts?|takeaways?|nuggets?|shorts|reels|tiktoks)"
_INTO = r"(?:cut|turn|split|chop|slice|break|make|repurpose|carve|clip|divide|convert)"


class Moments(int):
    """A number of whole moments of the video, each by itself."""


def asks_for_moments(text: Text) -> bool:
    """Whether whole moments of the video are wanted, each by itself."""
    return bool(text.values("moments")) or any(isinstance(each, Moments) for each in text.values("count"))


def read_moments(text: Text) -> None:
    """Whole moments, by their number and name, or as what the video is to be cut into."""
    text.reduce(
        rf"(?:the |my |our |its )?(?:best |top |key |most interesting |strongest |funniest |good |great )*(?:moments|highlights|bits|parts) (?:as|in|into|for)(?: (?:separate|individual|single|short|vertical|stand alone|standalone))*(?: (?:clips|videos|posts)|(?= <pf>))"
        rf"|{_INTO} (?:[a-z]+ ){{0,6}}into(?: (?:separate|individual|single|short|vertical|a few|several|some|many))*(?: (?:clips|snippets|soundbites|highlights)|(?= <pf>))",
        "moments",
        lambda f: True,
    )
    for at, token in enumerate(text.tokens):
        if token.form == "<count>" and token.value != 1 and (noun := _moments_after(text, at)):
            text.tokens[at] = token._replace(value=Moments(token.value))
            if text.tokens[noun].form != "<pf>":
                text.tokens[noun] = text.tokens[noun]._replace(form="clips")
    text.become(text.tokens)


def _moments_after(text: Text, at: int) -> int:
    """The place of the noun that says that what is counted at a token is moments; 0 where the first noun after it says otherwise."""
    for place, token in enumerate(text.tokens[at + 1 : at + 8], at + 1):
        said = text.said[token.start : token.end].lower()
        if token.form == "<pf>" and re.search(r"(?:shorts|reels|tiktoks)$", said):
            return place
        if re.fullmatch(_WHOLE, token.form):
            return place
        if re.fullmatch(NOUN, token.form):
            return 0
    return 0


def _count(f: Found) -> int | None:
    few = {"a couple of": 2, "a couple": 2, "couple of": 2, "a few": 3, "few": 3, "several": 3}
    if f.before in (
        "clip",
        "part",
        "number",
        "version",
        "season",
        "episode",
        "step",
        "chapter",
        "section",
        "of",
        "ep",
        "top",
        "#",
        ":",
    ) and f.before not in ("top", "of", ":"):
        return None
    return few.get(f.form("n")) or int(f.form("n"))
