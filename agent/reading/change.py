"""One change of a cut, and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from agent.reading import wish
from tools.schema import Noun, Seconds, Shape, Style
from tools.words.languages import listed

What = Literal[
    "drop",
    "keep",
    "swap",
    "order",
    "move",
    "open",
    "close",
    "add",
    "replace",
    "length",
    "trim",
    "extend",
    "edge",
    "captions",
    "shapes",
    "words",
    "undo",
    "version",
    "another",
]


LAST = -1
"""Clip number of the last clip, whatever its number is."""


NOTHING_LEFT = "That would leave nothing. Say which clip to keep, or what to put in its place."


class RevisionError(ValueError):
    """What was said can't be read as a change, or can't be done to this cut; the message says what could be said."""


class Change(Noun):
    """One change to a cut.  Clips are numbered from 1 as they play; -1 is the last."""

    what: What
    clips: tuple[int, ...] = Field(
        default=(), description="Numbers of the clips that it is about, from 1; -1 is the last"
    )
    query: str = Field(
        default="", max_length=400, description="A passage in the person's own words, or a time such as 1:02 to 1:10"
    )
    story: bool = Field(default=False, description="True where query names a story, which is told whole")
    place: Literal["first", "last", "before", "after"] = "first"
    """Where ``move`` puts a clip; before or after the second of ``clips``."""
    seconds: Seconds | None = Field(default=None, description="The whole promo's length asked, in seconds")
    by: float | None = Field(
        default=None,
        description="Seconds more (or, negative, less) than now; of an edge, seconds later (or, negative, earlier), left out where a word is cut off there",
    )
    side: Literal["start", "end"] = Field(default="end", description="Which edge of the clips is moved")
    factor: float | None = Field(
        default=None, gt=0, le=10, description="The whole length in shares of now: 0.8 is a bit shorter"
    )
    captions: Style | None = None
    tongues: SkipJsonSchema[tuple[str, ...]] = ()
    """Languages into which captions are translated: read by the grammar alone."""
    shapes: tuple[Shape, ...] = ()
    how: Literal["only", "also", "without"] = "only"
    """Whether ``shapes`` and ``platforms`` replace, join or leave those of the last cut."""
    platforms: tuple[str, ...] = ()
    tone: str = Field(default="", max_length=200)
    version: int | None = Field(default=None, ge=1)

    def __str__(self) -> str:
        return _TOLD[self.what](self)


def _clip(n: int) -> str:
    return "the last clip" if n == LAST else f"clip {n}"


def _numbers(change: Change) -> str:
    names = [_clip(n) for n in change.clips]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _passage(change: Change) -> str:
    return f"“{change.query}”" if change.query else _numbers(change)


def _by(change: Change) -> str:
    if change.seconds is not None:
        return f"{change.seconds:g} s long"
    if change.by is not None:
        return f"{abs(change.by):g} s {'shorter' if change.by < 0 else 'longer'}"
    factor = change.factor or 1.0
    return f"{'shorter' if factor < 1 else 'longer'}, about {100 * factor:.0f} % of now"


def _much(change: Change) -> str:
    return f"{abs(change.by):g} s " if change.by is not None else ""


def _moved(change: Change) -> str:
    if change.by is None:
        return "no longer cut off"
    return f"{abs(change.by):g} s {'earlier' if change.by < 0 else 'later'}"


def _forms(change: Change) -> str:
    names = (*map(wish.name_platform, change.platforms),)
    what = " + ".join(filter(None, (wish.name_shapes(change.shapes), *names)))
    return {"only": f"only {what}", "also": f"{what} too", "without": f"without {what}"}[change.how]


_TOLD: dict[str, Callable[[Change], str]] = {
    "drop": lambda c: f"without {_passage(c)}",
    "keep": lambda c: f"only {_numbers(c)}",
    "swap": lambda c: f"{_numbers(c)} swapped",
    "order": lambda c: "in the order " + ", ".join(map(str, c.clips)),
    "move": lambda c: f"{_clip(c.clips[0])} {c.place}{f' {_clip(c.clips[1])}' if len(c.clips) > 1 else ''}",
    "open": lambda c: f"begins with {_passage(c)}",
    "close": lambda c: f"ends with {_passage(c)}",
    "add": lambda c: f"with {_passage(c)} added",
    "replace": lambda c: f"{_numbers(c)} replaced by {f'“{c.query}”' if c.query else 'the next best'}",
    "length": _by,
    "trim": lambda c: f"{_numbers(c)} {_much(c)}shorter",
    "extend": lambda c: f"{_numbers(c)} {_much(c)}longer",
    "edge": lambda c: f"the {c.side} of {_numbers(c)} {_moved(c)}",
    "captions": lambda c: (
        f"captions in {listed(c.tongues)}"
        if c.tongues
        else "no captions"
        if c.captions == "none"
        else f"{c.captions} captions"
    ),
    "shapes": _forms,
    "words": lambda c: f"words written again{f', {c.tone}' if c.tone else ''}",
    "undo": lambda c: "the version before",
    "version": lambda c: f"version {c.version} again",
    "another": lambda c: f"another promo that shares nothing with this one{f', about “{c.query}”' if c.query else ''}",
}
