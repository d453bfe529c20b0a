"""Colours as they are written, and whether one can be read on another."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

READ, SEEN = 4.5, 3.0
"""Least contrast of text with its ground, and of large letters with their outline: WCAG 2.2, 1.4.3, level AA."""
DARK, LIGHT = "#0c0c10", "#ffffff"
"""The two outlines: of any colour at least one of them is told apart by 4.4 or more."""
_HEX = re.compile(r"#(?:[0-9a-f]{3}){1,2}\Z")


def written(text: str) -> str:
    """``#rrggbb`` of ``#RGB`` or ``#RRGGBB``.  Raises ``ValueError`` for anything else."""
    low = text.strip().lower()
    if not _HEX.match(low):
        raise ValueError(f"{text[:20]!r} is no colour; write it as #rrggbb, such as #ffd53b")
    return low if len(low) == 7 else "#" + "".join(2 * each for each in low[1:])


Colour = Annotated[str, AfterValidator(lambda text: written(text) if text else "")]
"""``#rrggbb``; empty where there is none."""


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1: WCAG 2.2."""
    parts = (value / 255 for value in rgb(colour))
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def contrast(one: str, other: str) -> float:
    """1 for the same colour, 21 for black on white."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def outline(*colours: str) -> str:
    """The outline, dark or light, from which the worst of ``colours`` is told apart best."""
    return max((DARK, LIGHT), key=lambda edge: min(contrast(edge, each) for each in colours))
