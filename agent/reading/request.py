"""The phrases of a request: what is asked for of a promo, what it is about, and what nothing was understood of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agent.reading.amid import read_amid
from agent.reading.asides import read_asides, read_purposes
from agent.reading.beside import read_unmade
from agent.reading.counts import read_counts, read_moments
from agent.reading.facts import read_sources
from agent.reading.grammar import Stretch
from agent.reading.heads import read_heads
from agent.reading.lettering import read_lettering
from agent.reading.listed import read_lists
from agent.reading.looks import read_looks
from agent.reading.passages import read_passages
from agent.reading.text import Text, Token
from agent.reading.tones import read_tones


def phrase(text: Text) -> None:
    """Put together what is asked for, and what it is asked of."""
    read_asides(text)
    read_sources(text)
    read_lettering(text)
    read_looks(text)
    read_unmade(text)
    read_counts(text)
    read_moments(text)
    read_lists(text)
    read_tones(text)
    read_heads(text)
    read_amid(text)
    _rule_out(text)
    read_passages(text)
    read_purposes(text)


_SKIPS = re.compile(
    r"(?:skip|drop|remove|leave out|leaving out|leave off|cut out|take out|get rid of|omit|exclud|ignor|minus|avoid|without|(?:don't|do not|dont|not|never) (?:use|include|show|have|the (?:part|bit|section)))"
)


def _rule_out(text: Text) -> None:
    """Stretches that tell where something lies that is to be left out: "skip the ad (from 12:40 to 14:05)"."""
    ruled: list[str] = []
    made: list[Token] = []
    for at, token in enumerate(text.tokens):
        if _goes_on(text, at):
            token = token._replace(form="<head>", value="without")
        if token.form == "<head>" and token.value == "without":
            ruled = [text.said[token.start : token.end].lower()]
        elif token.form in ("<head>", ";", "use", "take", "only", "keep"):
            ruled = []
        elif token.form == ",":
            ruled += ["("] if ruled and "(" in text.said[token.start : token.end] else [","] if ruled else []
        elif token.form == "<window>" and (_skipped(ruled, token) or _also_out(made)):
            used = re.match(r"(?:use|take|keep|only|just|include)\b", text.said[token.start : token.end].lower())
            token = token._replace(value=token.value._replace(out=not used))
        made.append(token)
    text.become(made)


def _skipped(ruled: list[str], window: Token) -> bool:
    """Whether what is to be skipped, named just before, lies in a window."""
    return bool(ruled) and bool(_SKIPS.match(ruled[0])) and "," not in ruled and window.value.end is not None


def _also_out(before: list[Token]) -> bool:
    """Whether a window follows one that is left out, in a list: "skip 1:00 to 2:00 and 4:00 to 5:00"."""
    joints = [token.form for token in before[-2:]]
    out = next((token for token in reversed(before) if token.form not in ("and", "or", ",")), None)
    return (
        bool(joints)
        and joints[-1] in ("and", "or", ",")
        and out is not None
        and out.form == "<window>"
        and out.value.out
    )


def _goes_on(text: Text, at: int) -> bool:
    """Whether a list of what to leave out goes on after an edge of the video: "skip the intro, the slide of logos and the pitch"."""
    forms = [token.form for token in text.tokens[at - 1 : at + 3]] if at else []
    if len(forms) < 4 or forms[0] != "<window>" or forms[1] not in (",", "and", "or") or forms[3][0] == "<":
        return False
    edge = text.tokens[at - 1]
    skips = re.match(
        r"(?:skip|drop|remove|leave out|cut out|without|no|ignore|omit|avoid)\b",
        text.said[edge.start : edge.end].lower(),
    )
    return bool(skips) and forms[2] in ("the", "my", "our", "any", "all")


def split_list(said: str) -> Iterator[str]:
    """The things of a list: "pricing, churn or the price of hiring"."""
    for part in re.split(r"\s*(?:,|;|/|\bor\b|\bnor\b)\s*(?:or\s+|nor\s+|and\s+)?", said):
        if part.strip():
            yield part.strip()


def stretches(text: Text) -> Iterable[Stretch]:
    return text.values("window")
