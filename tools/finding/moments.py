"""Moments: passages worth picking, as ``find`` shows them to a model and as the planner reads them back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.ids import Stretch
from tools.schema import Noun, Role, Seconds, Share


class Moment(Noun):
    """Consecutive ids that could make one clip."""

    ids: tuple[str, ...]
    start: Seconds
    seconds: Seconds
    score: Share
    roles: tuple[Role, ...] = ()
    """What it could be in a promo, best first; empty for what must never open or close one."""
    reason: str = ""
    text: str = ""


_LINE = re.compile(
    r"^(?P<ids>[SV]\d+(?:-[SV]\d+)?) \| (?P<start>[\d.]+) s \| (?P<seconds>[\d.]+) s \| (?P<score>[\d.]+) \| (?P<roles>[a-z,-]+) \| (?P<reason>[^|]*) \|",
    re.MULTILINE,
)


def show(moments: Iterable[Moment]) -> str:
    """A line a moment: ids | start | length | score | roles | reason | words."""
    return "\n".join(
        f"{Stretch.of(m.ids)} | {m.start:.1f} s | {m.seconds:.2f} s | {m.score:.3f} | {','.join(m.roles) or '-'} | {m.reason.replace('|', '/')} | {m.text}"
        for m in moments
    )


def read(view: str) -> list[Moment]:
    """The moments that ``show`` wrote, without their words."""
    return [
        Moment(
            ids=Stretch.read(found["ids"]).ids,
            start=float(found["start"]),
            seconds=float(found["seconds"]),
            score=float(found["score"]),
            roles=() if found["roles"] == "-" else tuple(found["roles"].split(",")),
            reason=found["reason"].strip(),
        )
        for found in _LINE.finditer(view)
    ]
