"""Reads a wish in words without a model: length, shapes, platforms, topic, captions."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from tools.schema import Noun, Seconds, Shape, Style

SHORTEST, LONGEST = 6.0, 180.0
"""Seconds that a promo may last."""
WISH_BYTES = 2000

SHAPES: dict[str, tuple[Shape, ...]] = {
    "youtube": ("16x9",),
    "shorts": ("9x16",),
    "tiktok": ("9x16",),
    "reels": ("9x16",),
    "linkedin": ("16x9", "1x1", "9x16"),
    "x": ("16x9", "1x1", "9x16"),
}
_PLATFORM = {
    "shorts": r"(?:youtube |yt )?shorts?\b(?! (?:clip|video|promo|one|version|cut))|youtube short",
    "youtube": r"youtube(?! short)|\byt\b",
    "tiktok": r"tik ?tok",
    "reels": r"\breels?\b|instagram|\binsta\b",
    "linkedin": r"linked ?in",
    "x": r"\btwitter\b|\bon x\b|\bfor x\b|\bx\.com\b",
}
_SHAPE: dict[Shape, str] = {
    "9x16": r"\bvertical\b|\bportrait\b|9 ?[:x×] ?16|\bupright\b",
    "1x1": r"\bsquare\b|1 ?[:x×] ?1\b",
    "16x9": r"\bhorizontal\b|\blandscape\b|\bwidescreen\b|16 ?[:x×] ?9",
}
_NUMBER = {
    w: n
    for n, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "a": 1, "an": 1, "half a": 0.5}
_LENGTH = re.compile(
    r"(?P<n>\d+(?:[.,]\d+)?|"
    + "|".join(sorted((re.escape(w) for w in _NUMBER), key=len, reverse=True))
    + r")[\s-]*(?P<unit>seconds?|secs?|s|minutes?|mins?|m)\b",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"\b(?:about|on the topic of|on the subject of|covering|regarding|focus(?:ing|ed)? on|around the (?:topic|subject) of)\s+(?P<topic>.+?)"
    r"(?=$|[.;!?]|,\s*(?:\d|no |with|for|in |vertical|square|open|start|end)|\s+(?:for (?:linked|tik|you|insta|reel|short|twitter|x\b)|in (?:\d|vertical|square|german|french|spanish)|with(?:out)? (?:caption|subtitle)|no caption))",
    re.IGNORECASE,
)
_LANGUAGE = {
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "dutch": "nl",
    "japanese": "ja",
    "chinese": "zh",
    "english": "en",
}


class WishError(ValueError):
    """The wish can't be read or met; the message says what to ask instead."""


class Reading(Noun):
    """What was understood of a wish."""

    target: Seconds = 30.0
    shapes: tuple[Shape, ...] = ("16x9", "9x16", "1x1")
    platforms: tuple[str, ...] = tuple(SHAPES)
    topic: str = ""
    captions: Style = "clean"
    language: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)

    def __str__(self) -> str:
        words = [f"{self.target:g} s", " + ".join(self.shapes), f"for {', '.join(self.platforms)}"]
        words.append(f"about “{self.topic}”" if self.topic else "about its main point")
        words.append("no captions" if self.captions == "none" else f"{self.captions} captions")
        words += [f"{key} {value}" for key, value in self.options.items()]
        return ", ".join(words)


def read(wish: str) -> Reading:
    """What a wish asks, by rules.  Raises ``WishError`` for a length that no promo can have, or a wish too long to be one."""
    if len(wish.encode("utf-8", "replace")) > WISH_BYTES:
        raise WishError(f"The wish is longer than {WISH_BYTES} bytes; say in a sentence or two what you want.")
    said = " ".join(wish.split())
    low = said.lower()
    found: dict[str, Any] = {"target": _length(low)}
    platforms = tuple(name for name, pattern in _PLATFORM.items() if re.search(pattern, low))
    shapes = tuple(shape for shape, pattern in _SHAPE.items() if re.search(pattern, low))
    if platforms:
        found["platforms"] = platforms
        found["shapes"] = tuple(dict.fromkeys(shape for name in platforms for shape in SHAPES[name]))
    if shapes:
        found["shapes"] = shapes
    if re.search(r"\b(?:no|without|drop the|skip) (?:the )?(?:captions?|subtitles?)\b", low):
        found["captions"] = "none"
    elif style := re.search(r"\b(bold|karaoke|clean) (?:captions?|subtitles?)\b", low):
        found["captions"] = style[1]
    if topic := _TOPIC.search(said):
        found["topic"] = topic["topic"].strip(" \"'“”.,")
    if language := re.search(r"\bin (" + "|".join(_LANGUAGE) + r")\b", low):
        found["language"] = _LANGUAGE[language[1]]
    return Reading(**found)


def _length(low: str) -> float:
    found = _LENGTH.search(low)
    if not found:
        return 30.0
    number = _NUMBER.get(found["n"])
    seconds = float(found["n"].replace(",", ".")) if number is None else float(number)
    seconds *= 60 if found["unit"].startswith("m") else 1
    if not SHORTEST <= seconds <= LONGEST:
        raise WishError(f"A promo lasts {SHORTEST:g} to {LONGEST:g} seconds; {seconds:g} s was asked.")
    return seconds
