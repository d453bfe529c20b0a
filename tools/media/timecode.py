"""Time code: frames numbered as hours, minutes, seconds and frames, some numbers left out where it drops (SMPTE ST 12-1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from tools.schema import Source

CODED = tuple(
    Fraction(each)
    for each in ("24000/1001", "24", "25", "30000/1001", "30", "48000/1001", "48", "50", "60000/1001", "60")
)
"""Rates that time code counts."""
_CODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.,])(\d{2,3})")


@dataclass(frozen=True)
class Counting:
    """How frames are numbered: so many a second, and whether two (of 60: four) numbers are left out each minute but the tenth."""

    second: int
    drop: bool = False

    @property
    def gone(self) -> int:
        return self.second // 15 if self.drop else 0

    @property
    def day(self) -> int:
        return 24 * (3600 * self.second - 54 * self.gone)

    def code(self, frame: int) -> str:
        """The number of a frame; it begins again at midnight."""
        frame %= self.day
        if self.drop:
            minute, ten = 60 * self.second - self.gone, 600 * self.second - 9 * self.gone
            tens, rest = divmod(frame, ten)
            frame += self.gone * (9 * tens + max(0, (rest - self.gone) // minute))
        seconds, left = divmod(frame, self.second)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{';' if self.drop else ':'}{left:02}"

    def frame(self, code: str) -> int:
        """The frame that bears a number.  Raises ``ValueError`` for what is none."""
        found = _CODE.fullmatch(code)
        if found is None or int(found[5]) >= self.second:
            raise ValueError(f"{code!r} is no time code of {self.second} frames a second")
        hours, minutes, seconds, frames = (int(found[n]) for n in (1, 2, 3, 5))
        minutes += 60 * hours
        return (60 * minutes + seconds) * self.second + frames - self.gone * (minutes - minutes // 10)


def drops(code: str) -> bool:
    return ";" in code or "," in code


def counting(source: Source, rate: Fraction) -> Counting:
    """How a cut of ``source`` at ``rate``, one of ``CODED``, is numbered: it drops where the camera did."""
    droppable = rate in (Fraction(30000, 1001), Fraction(60000, 1001))
    return Counting(round(rate), droppable and drops(source.timecode))


def begins(source: Source, rate: Fraction) -> int:
    """The camera's number of the first frame, in frames at ``rate``; 0 without a time code."""
    if not source.timecode:
        return 0
    camera = Counting(source.timecode_second, drops(source.timecode))
    return round(Fraction(camera.frame(source.timecode) * round(rate), camera.second))


def coded(rate: Fraction) -> Fraction:
    """The rate of time code for frames at ``rate``: their own where it has one, else one that it divides, such as 60 for 20."""
    if rate in CODED:
        return rate
    return next((each for each in CODED if (each / rate).denominator == 1), Fraction(60))
