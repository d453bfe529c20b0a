"""Where a clip may begin and end: in the gaps between words, on whole frames, off the source's own cuts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.finding.reader import Readings
from tools.ids import Stretch
from tools.schema import Observation, Sentence, Shot, Source, Transcript

PAD = 0.08
"""Seconds kept on each side of a cut; recognisers drift by 50 to 100 ms."""
LEAD = 0.5
"""Most seconds of the gap kept before the first word."""
TAIL = 0.7
"""Most seconds of the gap kept after the last word."""
NARROW = 0.02
"""Seconds between words under which there is no gap: recognisers count in steps of as much."""
FLASH = 0.5
"""Seconds of a neighbouring shot that a viewer does not take in: a few frames read as a mistake, half a second as a stray picture."""
JOINT = 0.2
"""Seconds by which a shot may be out of its take of a reel; what plays of it is not."""
HOLD = 1.0
"""Most seconds at an edge of a clip over which its picture is held, dissolve and all."""
FLASHES = "flash at the start", "flash at the end"
"""Flags of edges that are no risk to a clip: its picture is held over what they warn of."""
STILL = 20
"""What a frame costs over which a picture is held; see ``Edge.cost``."""
LOUD = -30.0
"""dBFS at a cut without a gap above which speech is likely to be running through it."""
HOP = 0.01
"""Seconds of one level."""

Side = Literal["start", "end"]


class Edge(NamedTuple):
    """A frame at which a clip may begin, or before which it may end."""

    frame: int
    cost: int
    """0 is best; about 2 a decibel over the quietest, 60 a second away from the usual pad, 1500 and more for a risk."""
    flags: tuple[str, ...] = ()


def frame_rate(source: Source) -> Fraction:
    """The promo's frames per second: the source's, or 30 without a picture."""
    return source.fps if source.has_video and source.fps > 0 else Fraction(30)


def at(frame: int, rate: Fraction) -> float:
    """Seconds at which ``frame`` begins."""
    return frame * rate.denominator / rate.numerator


def after(seconds: float, rate: Fraction) -> int:
    """The first frame that begins at or after ``seconds``."""
    return math.ceil(seconds * float(rate) - 1e-6)


def before(seconds: float, rate: Fraction) -> int:
    """The last frame that begins at or before ``seconds``."""
    return math.floor(seconds * float(rate) + 1e-6)


@dataclass(frozen=True)
class Material:
    """Everything that a cut is measured against, on one clock.

    ``levels`` are float32 dBFS for each 10 ms, None where there is no sound.
    """

    sentences: tuple[Sentence, ...]
    shots: tuple[Shot, ...]
    rate: Fraction
    duration: float
    levels: NDArray[np.float32] | None = None
    pins: Mapping[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)
    """First frame and the frame after the last of picks, by their ids, that play exactly as they did in an earlier cut."""
    read: Readings | None = None
    """What a reader makes of each sentence, where one could."""
    takes: tuple[tuple[float, float], ...] = ()
    """Of a reel: from where to where each of its takes plays."""

    @classmethod
    def of(
        cls,
        source: Source,
        transcript: Transcript | None,
        observation: Observation | None,
        levels: NDArray[np.float32] | None = None,
    ) -> Material:
        return cls(
            transcript.sentences if transcript else (),
            observation.shots if observation else (),
            frame_rate(source),
            source.duration,
            levels,
            takes=tuple((take.start, take.end) for take in source.takes),
        )

    @cached_property
    def frames(self) -> int:
        """Whole frames in the source."""
        return before(self.duration, self.rate)

    @cached_property
    def instant(self) -> int:
        """Frames of a neighbouring shot, at most, that read as a mistake."""
        return max(1, math.floor(FLASH * self.rate))

    @cached_property
    def changes(self) -> tuple[int, ...]:
        """Frames at which a new shot begins, rising, the first one left out."""
        return tuple(sorted({round(shot.start * float(self.rate)) for shot in self.shots} - {0}))

    @cached_property
    def mixed(self) -> Mapping[int, int]:
        """Frames on either side of a change in which a dissolve shows both shots, by the change's frame; none for cuts."""
        rate = float(self.rate)
        return {round(each.start * rate): math.ceil(each.fade * rate / 2) + 1 for each in self.shots if each.fade > 0}

    @cached_property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """End of the word before and start of the word after: before S1, between each two sentences, after the last."""
        inner = [(min(_last(one), _first(two)), _first(two)) for one, two in pairwise(self.sentences)]
        if not self.sentences:
            return ()
        return (
            (0.0, _first(self.sentences[0])),
            *inner,
            (_last(self.sentences[-1]), max(self.duration, _last(self.sentences[-1]))),
        )

    def gap(self, index: int, side: Side) -> tuple[float, float]:
        """The pause before (``start``) or after (``end``) sentence ``index``, within its own take."""
        low, high = self.gaps[index + (side == "end")]
        if not self.takes:
            return low, high
        begins, stops = self.takes[self.sentences[index].take]
        return (max(low, begins), max(high, begins)) if side == "start" else (min(low, stops), min(high, stops))

    def is_outer(self, index: int, side: Side) -> bool:
        """Whether nothing is said before, or after, sentence ``index``: in the video, or in its take."""
        other = index + (1 if side == "end" else -1)
        return not 0 <= other < len(self.sentences) or self.sentences[other].take != self.sentences[index].take

    def crosses(self, stretch: Stretch) -> bool:
        """Whether a stretch runs from one take of a reel into another, or through the black between two."""
        if not self.takes:
            return False
        if stretch.is_spoken:
            return self.sentences[stretch.first].take != self.sentences[stretch.last].take
        start, end = self.shots[stretch.first].start, self.shots[stretch.last].end
        return not any(low - JOINT <= start and end <= high + JOINT for low, high in self.takes)

    def bounds(self, stretch: Stretch) -> tuple[int, int]:
        """The first frame and the frame after the last of the take that a stretch begins in; the whole source's where it is no reel."""
        if not self.takes:
            return 0, self.frames
        item = (self.sentences if stretch.is_spoken else self.shots)[stretch.first]
        middle = (item.start + item.end) / 2
        low, high = min(self.takes, key=lambda take: max(take[0] - middle, middle - take[1]))
        return after(low, self.rate), min(before(high, self.rate), self.frames)

    def grown(self, stretch: Stretch, taken: set[str]) -> Iterator[Stretch]:
        """A stretch with one to three neighbours more, none of them in ``taken`` and none of another take."""
        count = len(self.sentences if stretch.is_spoken else self.shots)
        return (wider for wider in stretch.grown(count, taken) if not self.crosses(wider))

    def level(self, seconds: float) -> float | None:
        """The louder of the two 10 ms on either side of a moment, dBFS."""
        if self.levels is None or not len(self.levels):
            return None
        here = min(max(round(seconds / HOP), 1), len(self.levels))
        return float(self.levels[here - 1 : here + 1].max())

    def edges(self, index: int, side: Side) -> tuple[Edge, ...]:
        """Where a clip that begins or ends with sentence ``index`` may be cut, by rising frame; never empty."""
        known = self._known.get((index, side))
        if known is None:
            known = self._known[index, side] = self._edges(index, side)
        return known

    def lasts(self, index: int) -> bool:
        """Whether sentence ``index`` has at least a frame of its own however its edges fall."""
        return min(edge.frame for edge in self.edges(index, "end")) > max(
            edge.frame for edge in self.edges(index, "start")
        )

    @cached_property
    def _known(self) -> dict[tuple[int, Side], tuple[Edge, ...]]:
        return {}

    def _edges(self, index: int, side: Side) -> tuple[Edge, ...]:
        low, high = self.gap(index, side)
        gap = high - low
        outer = self.is_outer(index, side)
        reach = gap if outer else gap / 2  # the other half is the neighbour's
        pad = min(PAD, reach)
        if side == "start":
            frames = _between(high - min(reach, LEAD), high - pad, self.rate)
        else:
            frames = _between(low + pad, low + min(reach, TAIL), self.rate)
        first, stop = self.bounds(Stretch("S", index, index))
        frames = [frame for frame in frames if first <= frame <= stop]
        if not frames or (gap < NARROW and not outer):
            # Of an outer one the very first or last frame; a word past it can't be played.
            edges = (
                [self._edge(first if side == "start" else stop, 0, (), side)]
                if outer
                else self._narrow(low, high, side)
            )
        else:
            wanted = high - pad if side == "start" else low + pad
            loud = [self.level(at(frame, self.rate)) or 0.0 for frame in frames]
            edges = [
                self._edge(
                    frame,
                    min(80, round(2 * (level - min(loud)))) + round(60 * abs(at(frame, self.rate) - wanted)),
                    (),
                    side,
                )
                for frame, level in zip(frames, loud, strict=True)
            ]
        return tuple(edge for edge in edges if "flash" not in edge.flags) or tuple(edges)

    def _narrow(self, low: float, high: float, side: Side) -> list[Edge]:
        """Edges in a gap too narrow for pads: from its middle frame away from the neighbour, so the two never cross."""
        middle = (low + high) / 2
        inside = _between(low, min(high, at(self.frames, self.rate)), self.rate)
        if not inside:
            inside = [min(round(middle * float(self.rate)), self.frames)]
        centre = min(inside, key=lambda frame: (abs(at(frame, self.rate) - middle), frame))
        if high - low >= NARROW:
            return [
                self._edge(frame, 200 + abs(frame - centre), (), side)
                for frame in inside
                if (frame >= centre if side == "start" else frame <= centre)
            ]
        level = self.level(at(centre, self.rate))
        loud = level is not None and level > LOUD
        return [self._edge(centre, 1500, ("no gap, sound running through" if loud else "no gap",), side)]

    def _edge(self, frame: int, cost: int, flags: tuple[str, ...], side: Side) -> Edge:
        """An edge that says so where a flash of another shot would be left at it."""
        held = self.flash(frame, side)
        return Edge(frame, cost + STILL * held, (*flags, "flash")) if held else Edge(frame, cost, flags)

    def is_clear(self, frame: int, side: Side) -> bool:
        """Whether a cut at ``frame`` leaves no flash of a neighbouring shot inside the clip."""
        return not self.flash(frame, side)

    def flash(self, frame: int, side: Side, frames: int | None = None) -> int:
        """How many frames a cut at ``frame`` leaves inside the clip that show a neighbouring shot, whole or in a dissolve.

        0 where there are none, or more than a viewer overlooks: over what is left its picture is held.  ``frames`` is the clip's
        length, beyond which nothing counts.
        """
        most = math.floor(HOLD * self.rate) if frames is None else min(math.floor(HOLD * self.rate), frames - 1)
        found = (self._left(change, frame, side) for change in self.changes)
        return max((n for n in found if n <= most), default=0)

    def _left(self, change: int, frame: int, side: Side) -> int:
        """The frames from a cut to where only the clip's own shot is seen; 0 where the cut is clear of the change."""
        apart = (change - frame) if side == "start" else (frame - change)
        mixed = self.mixed.get(change, 0)
        return apart + mixed if -mixed < apart <= self.instant and (apart > 0 or mixed) else 0


def snap(material: Material, index: int, side: Side) -> Edge:
    """The best cut before (``start``) or after (``end``) sentence ``index``: the quietest 10 ms near the usual pad."""
    return min(material.edges(index, side), key=lambda edge: edge.cost)


def _between(low: float, high: float, rate: Fraction) -> list[int]:
    return list(range(after(low, rate), before(high, rate) + 1))


def _first(sentence: Sentence) -> float:
    return sentence.words[0].start if sentence.words else sentence.start


def _last(sentence: Sentence) -> float:
    return sentence.words[-1].end if sentence.words else sentence.end
