"""Times given in words, and the ids that they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.schema import Observation, Sentence, Shot, Transcript

_TIME = r"(?:(?:(?P<h{n}>\d+):)?(?P<m{n}>\d{{1,3}}):(?P<s{n}>\d{{2}}(?:[.,]\d+)?)|(?P<q{n}>\d+(?:[.,]\d+)?)\s*(?P<u{n}>h(?:ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)?(?:\s*(?P<r{n}>\d+(?:[.,]\d+)?)\s*s(?:ec(?:ond)?s?)?)?)"


_SPAN = re.compile(
    rf"\b(?:from |between |use |keep |at )?{_TIME.format(n=1)}\s*(?:to|until|till|through|and|-|–|—)\s*{_TIME.format(n=2)}\b",
    re.IGNORECASE,
)


_POINT = re.compile(rf"^\W*(?:at|around|about|near|from)?\s*{_TIME.format(n=1)}\W*$", re.IGNORECASE)


_END = re.compile(
    rf"^\W*(?:the\s+)?(?P<which>first|last|opening|closing|final)\s+{_TIME.format(n=1)}\W*$", re.IGNORECASE
)


def span(text: str, duration: float) -> tuple[float, float] | None:
    """Start and end in seconds of the time that ``text`` is or holds; None where it speaks of none.

    ``1:02 to 1:10``, ``62s-70s``, ``2 minutes to 2 min 30 s``, ``the last 20 seconds``; a single time is that moment.
    Bare numbers are not times: "2 to 3 reasons" is words.
    """
    if (match := _END.match(text)) and (length := _seconds(match, 1)) is not None:
        return (
            (0.0, length) if match["which"].lower() in ("first", "opening") else (max(0.0, duration - length), duration)
        )
    if match := _SPAN.search(text):
        one, two = _seconds(match, 1, match["u2"]), _seconds(match, 2)
        if one is not None and two is not None and one <= two:
            return one, two
    if (match := _POINT.match(text)) and (point := _seconds(match, 1)) is not None:
        return point, point
    return None


def _seconds(match: re.Match[str], n: int, unit: str | None = None) -> float | None:
    if match[f"m{n}"]:
        return int(match[f"h{n}"] or 0) * 3600 + int(match[f"m{n}"]) * 60 + float(match[f"s{n}"].replace(",", "."))
    unit = match[f"u{n}"] or unit
    if not unit or not match[f"q{n}"]:
        return None
    scale = {"h": 3600, "m": 60, "s": 1}[unit[0].lower()]
    return float(match[f"q{n}"].replace(",", ".")) * scale + float((match[f"r{n}"] or "0").replace(",", "."))


def at(
    transcript: Transcript | None, start: float, end: float, observation: Observation | None = None
) -> tuple[str, ...]:
    """Ids of what is said from ``start`` to ``end``: sentences at least half inside, else the one nearest; shots without speech."""
    items: Sequence[Sentence | Shot] = (
        transcript.sentences if transcript and transcript.sentences else observation.shots if observation else ()
    )
    inside = [
        each.id
        for each in items
        if min(each.end, end) - max(each.start, start) >= each.length / 2
        and min(each.end, end) >= max(each.start, start)
    ]
    if inside:
        return tuple(inside)
    middle = (start + end) / 2
    closest = min(items, key=lambda each: max(each.start - middle, middle - each.end, 0.0), default=None)
    return (closest.id,) if closest is not None else ()
