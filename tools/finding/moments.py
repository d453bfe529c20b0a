"""Moments: passages worth picking, as ``find`` shows them to a model and as the planner reads them back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.ids import Stretch
from tools.schema import Noun, Role, Seconds, Share
from tools.words.compact import clock


class Moment(Noun):
    """Consecutive ids that could make one clip."""

    ids: tuple[str, ...]
    start: Seconds
    seconds: Seconds
    score: Share
    roles: tuple[Role, ...] = ()
    """What it could be in a promo, best first; empty for what must never open or close one."""
    role: Role | None = None
    """What it would serve best as."""
    reason: str = ""
    text: str = ""


_LINE = re.compile(
    r"^(?P<ids>[SV]\d+(?:-[SV]\d+)?) \| (?P<start>[\d:.]+) \| (?P<seconds>[\d.]+) s \| (?P<score>[\d.]+) \| (?P<roles>[a-z,-]+) \| (?P<reason>[^|]*) \|",
    re.MULTILINE,
)


def show(moments: Iterable[Moment]) -> str:
    """A line a moment: ids | start | length | score | roles | reason | words; of the roles the one that it serves best as, where that is known."""
    return "\n".join(
        f"{Stretch.of(m.ids)} | {clock(m.start)} | {m.seconds:.2f} s | {m.score:.3f} | {m.role or ','.join(m.roles) or '-'} | {m.reason.replace('|', '/')} | {m.text}"
        for m in moments
    )


def apart(moments: Iterable[Moment]) -> list[Moment]:
    """One moment a place: of those that share ids, the first."""
    kept: list[Moment] = []
    for moment in moments:
        if not any(set(moment.ids) & set(other.ids) for other in kept):
            kept.append(moment)
    return kept


def read(view: str) -> list[Moment]:
    """The moments that ``show`` wrote, without their words."""
    return [
        Moment(
            ids=Stretch.read(found["ids"]).ids,
            start=_seconds(found["start"]),
            seconds=float(found["seconds"]),
            score=float(found["score"]),
            roles=() if found["roles"] == "-" else tuple(found["roles"].split(",")),
            reason=found["reason"].strip(),
        )
        for found in _LINE.finditer(view)
    ]


def _seconds(text: str) -> float:
    """Of ``clock``'s text."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = 60 * seconds + float(part)
    return round(seconds, 3)
