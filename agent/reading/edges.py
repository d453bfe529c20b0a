"""An edge of a clip in words: "the last word is cut off", "start half a second earlier", "extend clip 2 by 2 seconds".

What is said is told apart by what each word does, in any order: which clip, which side, which way, how much.  A word that does none of
these makes it another request.
"""

from __future__ import annotations

import re
from typing import Literal, TypeVar

from agent.reading import wish
from agent.reading.change import LAST, Change
from agent.reading.named import CLIP, COUNTS, find_clips

BIT, SOME, LOT = 0.3, 0.5, 1.0
"""Seconds that "a bit", nothing and "a lot" stand for."""
Side = Literal["start", "end"]
K = TypeVar("K", bound=str)
Way = Literal["earlier", "later", "longer", "shorter"]

_NUMBER = "|".join(sorted(map(re.escape, {*COUNTS, *wish.NUMBERS}), key=len, reverse=True))
_AMOUNTS: tuple[tuple[str, float | None], ...] = (
    (rf"(?P<n>\d+(?:[.,]\d+)?|{_NUMBER}) and a half (?:seconds?|secs?)", None),
    (r"(?:a|one) (?:second|sec) and a half", 1.5),
    (r"(?:half (?:a|of a)|a half|half) (?:second|sec)", 0.5),
    (r"(?:a )?quarter (?:of )?a (?:second|sec)", 0.25),
    (r"(?:a )?couple (?:of )?(?:seconds|secs)", 2.0),
    (r"(?P<n>\d+(?:[.,]\d+)?)[ -]?(?:ms|milliseconds?)", None),
    (rf"(?P<n>\d+(?:[.,]\d+)?|{_NUMBER})[ -]?(?:seconds?|secs?|s)\b", None),
    (r"(?:a|one) (?:second|sec)", 1.0),
    (r"(?:a )?few frames", 0.12),
    (r"a (?:moment|beat)", SOME),
    (r"(?:just )?(?:a (?:tiny |little )?(?:bit|little|touch|tad|hair|smidge)|slightly|somewhat)", BIT),
    (r"much|a lot|way|far|considerably", LOT),
)
_CUT = r"(?:cut(?: ?-?(?:off|short))?|clipped|chopped(?: off)?|swallowed|truncated|missing|lost|gone)"
_LOST = re.compile(
    rf"(?:the |its |their )?(?P<end>first|last|final|opening|closing)? ?(?:words?|syllables?|sentence|line|beginning|start|ending|end)"
    rf"(?: (?:of|in) (?P<clip>.+?))? (?:is|are|was|were|gets?|got|sounds?|seems?|'s)(?: (?:still|a bit|a little|slightly|being|partly))* {_CUT}"
    rf"|(?:(?P<by>.+?) )?(?:(?:still )?(?:cuts?|cutting|clips|clipping|chops?|swallows?|loses)(?: off)?) (?:the |its )?(?P<whose>first|last|final) (?:words?|syllables?)(?: off)?(?: (?:of|in) (?P<of>.+))?"
    rf"|(?P<is>.+?) (?:is|gets|was) (?:still )?{_CUT} (?:at|towards|near) (?:the |its )?(?P<at>start|beginning|end)"
    rf"|(?:(?P<who>.+?) )?(?:is|gets|was) (?:still )?cut ?-?(?:off|short)",
    re.IGNORECASE,
)
_SIDES: dict[Side, str] = {
    "start": r"starts?|starting|begins?|beginning|opens?|opening|in[- ]point|front|head",
    "end": r"ends?|ending|finish(?:es)?|stops?|out[- ]point|tail|back",
}
_WAYS: dict[Way, str] = {
    "later": r"too (?:early|soon)|later",
    "earlier": r"too late|earlier|sooner",
    "longer": r"too short|longer|extend|lengthen|add|more|hold|(?<!\w)on(?= for)",
    "shorter": r"too long|shorter|shorten|trim|tighten|tighter|shave|less|off|take|remove|lose|cut",
}
_FILLER = frozenset(
    re.findall(
        r"[\w']+",
        """make let move put have it its it's the a an of by to from at for should can could be is has with that this there here please just and in run
    go goes play plays comes come get give me us clip's promo video whole""",
    )
)


def read_edge(clause: str) -> Change | None:
    """The edge that words move, by how much; None where they ask anything else."""
    low = " ".join(re.sub(r"[^\w\s.,:'#&+-]", " ", clause.lower()).split()).strip(" .,")
    return _lost(low) or _moved(low)


def _lost(low: str) -> Change | None:
    """A word that an edge cuts off."""
    found = _LOST.fullmatch(low)
    if found is None:
        return None
    told = [_clips(found[name] or "") for name in ("clip", "by", "of", "is", "who")]
    if None in told:
        return None
    clips = next(filter(None, told), ())
    first = any(
        word in ("first", "opening", "start", "beginning") for word in (found["end"], found["whose"], found["at"])
    )
    if not found["end"] and re.match(r"(?:the |its )?(?:beginning|start)\b", low):
        first = True
    side: Side = "start" if first else "end"
    return Change(what="edge", clips=clips or ((1,) if first else (LAST,)), side=side)


def _moved(low: str) -> Change | None:
    rest, seconds, exact = _amount(low)
    rest, clips = _named(rest)
    rest, way = _taken(rest, _WAYS)
    rest, side = _taken(rest, _SIDES)
    if way in ("earlier", "later", "shorter"):  # "cut the end of clip 1 sooner", "trim a second off the end"
        rest, _ = _taken(rest, {"shorter": _WAYS["shorter"]})
    elif way == "longer":
        rest, _ = _taken(rest, {"longer": _WAYS["longer"]})
    if way is None or set(re.findall(r"[\w']+", rest)) - _FILLER:
        return None
    if side is None:
        if way in ("longer", "shorter") and clips and seconds and exact:
            return Change(what="extend" if way == "longer" else "trim", clips=clips, by=seconds)
        return None
    if way in ("longer", "shorter") and not clips and seconds is None:
        return None
    sign = {"later": 1, "earlier": -1}.get(way) or (1 if (way == "longer") == (side == "end") else -1)
    return Change(
        what="edge",
        clips=clips or ((1,) if side == "start" else (LAST,)),
        side=side,
        by=sign * (SOME if seconds is None else seconds),
    )


def _clips(said: str) -> tuple[int, ...] | None:
    """The clips that are named; none for "it", and None for other words."""
    if not said or re.fullmatch(r"(?:you|it|this|that|the (?:promo|video|cut)|and)", said):
        return ()
    return find_clips(said)


_ONE = re.compile(
    rf"(?<!\w)(?:the )?(?:(?:first|second|third|fourth|fifth|sixth|seventh|eighth|last|final|\d(?:st|nd|rd|th)) {CLIP}|{CLIP} (?:\d{{1,2}}|{'|'.join(COUNTS)}|[a-h])|(?:last|final) one)(?:'s)?(?!\w)"
)


def _named(low: str) -> tuple[str, tuple[int, ...]]:
    found = _ONE.search(low)
    named = find_clips(found[0].removesuffix("'s")) if found else None
    if found is None or named is None:
        return low, ()
    return f"{low[: found.start()]} {low[found.end() :]}", named


def _amount(low: str) -> tuple[str, float | None, bool]:
    """What is said beside how much, the seconds, and whether they were said in numbers."""
    for pattern, seconds in _AMOUNTS:
        found = re.search(rf"(?<![\w.,]){pattern}(?!\w)", low)
        if found is None:
            continue
        if seconds is None:
            told = found["n"].replace(",", ".")
            seconds = (
                float(told)
                if re.fullmatch(r"[\d.]+", told)
                else float(wish.find_seconds(f"{told} seconds") or COUNTS.get(told, 1))
            )
            seconds += 0.5 if "and a half" in found[0] else 0.0
            seconds /= 1000 if found[0].rstrip("s").endswith(("m", "millisecond")) else 1
        exact = re.search("sec|milli|ms|frames|[0-9]", found[0]) is not None
        return f"{low[: found.start()]} {low[found.end() :]}", seconds, exact
    return low, None, False


def _taken(low: str, ways: dict[K, str]) -> tuple[str, K | None]:
    """The first of ``ways`` that is said, and what is said beside it."""
    for name, pattern in ways.items():
        found = re.search(rf"(?<!\w)(?:{pattern})(?!\w)", low)
        if found:
            return f"{low[: found.start()]} {low[found.end() :]}", name
    return low, None
