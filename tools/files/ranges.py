"""Ranges of a file's bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]


def merged(ranges: Iterable[Range], near: int) -> list[Range]:
    """Rising ranges that do not touch, those less than ``near`` apart made one."""
    found: list[Range] = []
    for low, high in sorted(each for each in ranges if each[1] > each[0]):
        if found and low - found[-1][1] <= near:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def without(ranges: Sequence[Range], here: Sequence[Range]) -> list[Range]:
    """What of ``ranges`` is not in ``here``; both rising and apart."""
    found: list[Range] = []
    place = 0
    for low, high in ranges:
        while place < len(here) and here[place][1] <= low:
            place += 1
        at = place
        while low < high:
            if at == len(here) or here[at][0] >= high:
                found.append((low, high))
                break
            if here[at][0] > low:
                found.append((low, here[at][0]))
            low = here[at][1]
            at += 1
    return found


def clipped(ranges: Sequence[Range], to: Range) -> list[Range]:
    """What of ``ranges`` lies in one range."""
    return [(max(low, to[0]), min(high, to[1])) for low, high in ranges if low < to[1] and high > to[0]]


def pieces(ranges: Iterable[Range], most: int) -> Iterator[Range]:
    for low, high in ranges:
        for at in range(low, high, most):
            yield at, min(at + most, high)
