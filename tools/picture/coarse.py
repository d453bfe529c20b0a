"""Where the picture changes in a video of which only parts are here: by few keyframes and by what its tables tell.

The sizes of samples and where keyframes stand are known without reading one.  Keyframes of a coarse grid are looked at;
between two that differ the search halves until two neighbours do.  An encoder begins a new picture with a keyframe out of
turn or with a sample as large as one, which says when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.files.holes import Parts, Samples
from tools.media import frames
from tools.picture.shots import HEIGHT, SPIKE, SUSPECT, WIDTH, Change, Thumb, difference, laid_out, settle
from tools.schema import Shot, Source

GRID = 60
"""Keyframes looked at first, evenly over the video."""
OUT_OF_TURN = 60
"""Keyframes looked at most for standing where the usual distance would put none."""
OTHER = 25.0
"""Mean difference, of 255, from which two keyframes show different things whatever the encoder did between them."""
LOOKED, SHARE = 240, 0.015
"""Keyframes looked at in all, and the share of the file that they may take."""


class Eyes:
    """Looks at keyframes by number, each once, as long as there is room."""

    def __init__(self, path: Path, source: Source, parts: Parts, video: Samples) -> None:
        self._path, self._source, self._parts = path, source, parts
        self.keys = np.flatnonzero(video.key)
        self.video = video
        self.room = max(8 << 20, int(parts.size * SHARE))
        self.seen: dict[int, tuple[float, Thumb]] = {}
        """When each is shown, and what it shows."""

    def look(self, numbers: Sequence[int]) -> None:
        """Numbers of keyframes: 0 is the first of the video."""
        wanted: list[int] = []
        for number in dict.fromkeys(numbers):
            size = int(self.video.size[self.keys[number]])
            if number not in self.seen and len(self.seen) + len(wanted) < LOOKED and size <= self.room:
                self.room -= size
                wanted.append(number)
        times = [float(self.video.at[self.keys[number]]) for number in wanted]
        self._parts.bring(stills=times)
        pictures = frames.keyframes(self._path, self._source, times, 320)
        for at, image in pictures:
            near = min(wanted, key=lambda number: abs(float(self.video.at[self.keys[number]]) - at))
            self.seen.setdefault(near, (at, thumb(image)))


def thumb(image: NDArray[np.uint8]) -> Thumb:
    """Luma and the two colour differences of a BGR picture, small."""
    small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    y, cr, cb = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb))
    return np.stack([y, cb, cr]).astype(np.uint8)


def shots(path: Path, source: Source, parts: Parts, progress: Callable[[float], None]) -> tuple[Shot, ...]:
    """The shots of a video in order of time; they cover it without gaps.  Empty without a picture."""
    if not source.has_video or source.duration <= 0 or parts.video is None:
        return ()
    eyes = Eyes(path, source, parts, parts.video)
    count = len(eyes.keys)
    grid = sorted({round(n * (count - 1) / max(1, GRID - 1)) for n in range(GRID)})
    eyes.look([*grid, *_out_of_turn(eyes)])
    progress(0.5)
    found = [change for a, b in _neighbours(eyes) for change in _between(eyes, a, b)]
    progress(1.0)
    return laid_out(settle(found, source.duration), source.duration)


def _out_of_turn(eyes: Eyes) -> list[int]:
    """Keyframes that come sooner than usual, and those before them: most often a new picture began there."""
    gaps = np.diff(eyes.video.at[eyes.keys])
    if len(gaps) < 3:
        return list(range(len(eyes.keys)))
    early = np.flatnonzero(gaps < 0.98 * np.median(gaps)) + 1
    return [int(n) for at in early[:: max(1, -(-len(early) // OUT_OF_TURN))] for n in (at - 1, at)]


def _neighbours(eyes: Eyes) -> list[tuple[int, int]]:
    known = sorted(eyes.seen)
    return list(zip(known, known[1:], strict=False))


def _between(eyes: Eyes, a: int, b: int) -> list[Change]:
    """The changes between two keyframes that were looked at."""
    strength = difference(eyes.seen[a][1], eyes.seen[b][1])
    if strength < SUSPECT:
        return []
    if b - a > 1:
        middle = (a + b) // 2
        eyes.look([middle])
        if middle in eyes.seen:
            return _between(eyes, a, middle) + _between(eyes, middle, b)
    at = _moment(eyes, a, b)
    if at is not None:
        return [Change(at, 0.0, strength)]
    # Something moves, or one picture dissolves into the other.
    return [Change((eyes.seen[a][0] + eyes.seen[b][0]) / 2, 0.0, strength)] if strength >= OTHER else []


def _moment(eyes: Eyes, a: int, b: int) -> float | None:
    """When between two keyframes a new picture began, by what the encoder did; None where it did nothing of the kind."""
    video, first, last = eyes.video, int(eyes.keys[a]), int(eyes.keys[b])
    shown = eyes.seen[b][0]
    late = shown - float(video.at[last])  # tables count when samples are decoded
    inner = video.size[first + 1 : last]
    usual = float(np.median(np.diff(video.at[eyes.keys]))) if len(eyes.keys) > 2 else 0.0
    if b - a == 1 and video.at[last] - video.at[first] < 0.98 * usual:
        return shown
    if not len(inner):
        return None
    largest = int(inner.argmax())
    # Twice what nearly all others take, too: where much moves, every frame that others refer to is many times a median.
    others = max(SPIKE * float(np.median(inner)), 2 * float(np.percentile(inner, 90)))
    if inner[largest] > max(0.33 * float(video.size[last]), others):
        return float(video.at[first + 1 + largest]) + late
    return None
