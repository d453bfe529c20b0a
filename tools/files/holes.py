"""A video of which only the bytes that are needed are here: a file of its full size with holes, filled at their own offsets.

For mp4 and mov the sample tables say where everything lies.  They are read by the library that will read the samples, in
a child with limits, so that there is one reading of them and no other one that could differ.  What has no such tables at
one place (fragments, other containers) is for whoever asked to fetch whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.files import intake
from tools.files.ranges import Range, clipped, merged, pieces, without

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FIRST = 256 << 10
"""Bytes that are read first: the brand, and often all that comes before the samples."""
STEP = 64 << 10
"""Bytes read to see what the next box is."""
BOXES = 24
"""Boxes of the outline that are looked at."""
INDEX = 160 << 20
"""Bytes of sample tables at most; four hours of 60 frames a second and their sound take about 25 MB."""
NEAR = 128 << 10
"""Bytes between two ranges under which they are fetched as one: a request takes as long as that much."""
PART, HANDS = 4 << 20, 8
"""Bytes of one request at most, and requests at once."""
OPENING = 8 << 20
"""Bytes of samples at most that are brought for the first look, which decodes a few frames."""
LEAD, TAIL = 1.5, 1.0
"""Seconds before a span from which a seek may begin to decode, and after it for frames that are stored out of order."""
SOUND = 0.6
"""Seconds of sound about a span; a chunk may hold as much."""

Read = Callable[[int, int], bytes]
"""Gives the bytes from one offset to another, the last left out."""


class Whole(Exception):
    """Parts of this file can't be told apart; fetch it whole.  The message says why."""


class Samples(NamedTuple):
    """Where one stream's samples lie, in the order in which they are decoded."""

    pos: NDArray[np.int64]
    size: NDArray[np.int64]
    at: NDArray[np.float64]
    """Seconds on the source's clock when each is due."""
    key: NDArray[np.bool_]

    def ranges(self, which: NDArray[np.integer[Any]] | slice) -> list[Range]:
        return [(int(a), int(a + n)) for a, n in zip(self.pos[which], self.size[which], strict=True)]

    def nearest(self, times: Sequence[float]) -> NDArray[np.int64]:
        """The number of the keyframe nearest each time, each once."""
        import numpy as np

        keys = np.flatnonzero(self.key)
        if not len(keys):
            return keys
        right = np.clip(np.searchsorted(self.at[keys], times), 1, max(1, len(keys) - 1))
        right = np.minimum(right, len(keys) - 1)
        left = np.maximum(right - 1, 0)
        near = np.where(np.abs(self.at[keys[left]] - times) <= np.abs(self.at[keys[right]] - times), left, right)
        return np.asarray(keys[np.unique(near)], np.int64)

    def during(self, start: float, end: float, reorder: float = 0.0) -> slice:
        """The samples that decoding from ``start`` to ``end`` needs: from the keyframe before on, ``reorder`` seconds beyond."""
        import numpy as np

        keys = np.flatnonzero(self.key)
        before = keys[self.at[keys] <= start]
        first = int(before[-1]) if len(before) else 0
        late = np.flatnonzero(self.at > end + reorder)
        return slice(first, int(late[0]) + 1 if len(late) else len(self.at))


class Parts:
    """The file at ``path``, of ``size`` bytes that ``read`` gives."""

    def __init__(self, path: Path, size: int, read: Read, identity: str = "") -> None:
        """``identity`` stands for all bytes where they are not read: a SHA-256 in hex of what pins the object."""
        self.path, self.size, self.identity = path, size, identity
        self._read = read
        self._here: list[Range] = []
        self.brought = 0
        """Bytes fetched so far."""
        self.looked: set[int] = set()
        """Numbers of the keyframes that were brought as stills."""
        self.video: Samples | None = None
        self.audio: Samples | None = None

    # --- what the tools ask for -------------------------------------------------------------------------------------

    def bring(self, spans: Iterable[tuple[float, float]] = (), stills: Sequence[float] = ()) -> None:
        """Make sure that the spans can be decoded, picture and sound, and the keyframes nearest to the times of ``stills``."""
        wanted: list[Range] = []
        for start, end in spans:
            if self.video is not None:
                wanted += self.video.ranges(self.video.during(start - LEAD, end, TAIL))
            if self.audio is not None:
                wanted += self.audio.ranges(self.audio.during(start - SOUND, end, SOUND))
        if len(stills) and self.video is not None:
            keys = self.video.nearest(stills)
            self.looked |= {int(number) for number in keys}
            wanted += self.video.ranges(keys)
        self.need(wanted)

    def stills(self) -> list[float]:
        """Seconds of the keyframes that were brought as stills."""
        return sorted(float(self.video.at[number]) for number in self.looked) if self.video is not None else []

    def hear(self, spans: Iterable[tuple[float, float]]) -> None:
        """Make sure that the sound of the spans can be decoded."""
        if self.audio is not None:
            self.need([each for a, b in spans for each in self.audio.ranges(self.audio.during(a - SOUND, b, SOUND))])

    def sound(self) -> None:
        """Make sure that all sound is here.  It lies among the pictures, so these are read past but not kept."""
        if self.audio is None:
            return
        wanted = without(merged(self.audio.ranges(slice(None)), 0), self._here)
        windows = list(pieces(merged(wanted, PART), PART))

        def window(at: Range) -> int:
            data = self._read(*at)
            for low, high in clipped(wanted, at):
                self._write(low, data[low - at[0] : high - at[0]])
            return len(data)

        self.brought += sum(_together(window, windows))
        self._here = merged([*self._here, *wanted], 0)

    # --- bytes ------------------------------------------------------------------------------------------------------

    def need(self, ranges: Iterable[Range]) -> None:
        """Fetch what of ``ranges`` is not here, side by side."""
        inside = [(max(0, a), min(b, self.size)) for a, b in ranges if a < self.size and b > 0]
        missing = merged(without(merged(inside, NEAR), self._here), NEAR)

        def part(at: Range) -> int:
            data = self._read(*at)
            self._write(at[0], data)
            return len(data)

        self.brought += sum(_together(part, list(pieces(missing, PART))))
        self._here = merged([*self._here, *missing], 0)

    def _write(self, at: int, data: bytes) -> None:
        handle = os.open(self.path, os.O_WRONLY)
        try:
            while data:
                done = os.pwrite(handle, data, at)
                at, data = at + done, data[done:]
        finally:
            os.close(handle)

    def outline(self) -> None:
        """Lay out the file and bring its outline and sample tables.  Raises ``Whole``."""
        _mark(self.path).touch()
        self.path.unlink(missing_ok=True)
        with self.path.open("xb") as file:
            file.truncate(self.size)
        self.need([(0, FIRST)])
        with self.path.open("rb") as file:
            try:
                container = intake.sniff(file.read(intake.HEAD))
            except intake.Refused as refused:
                raise Whole(refused.sentence) from refused
            if container != "mov":
                raise Whole(f"it is {container}, which has no sample tables")
            index = self._index(file)
        self.need([index])
        with self.path.open("rb") as file:
            outer = next(intake.boxes(file, index[0], index[1], 1))
            if any(box.kind == b"mvex" for box in intake.boxes(file, outer.start, outer.end)):
                raise Whole("it is made of fragments, each with tables of its own")

    def lay_out(self, found: dict[str, Samples]) -> None:
        """Take its sample tables as they were read, and bring what is looked at first.  Raises ``Whole``."""
        self.video, self.audio = found.get("video"), found.get("audio")
        if self.video is None or not self.video.key.any():
            raise Whole("its sample tables tell of no picture that could be begun with")
        for samples in found.values():
            if int((samples.pos + samples.size).max(initial=0)) > self.size:
                raise Whole("its sample tables point past its end")
        self.need(self._first_look())

    def _index(self, file: Any) -> Range:
        """Where the box with the sample tables lies."""
        at = 0
        for _ in range(BOXES):
            self.need([(at, at + 16)] if at + 16 <= FIRST else [(at, at + STEP)])
            box = next(intake.boxes(file, at, self.size, 1), None)
            if box is None or box.kind == b"moof":
                break
            if box.kind == b"moov":
                if box.end > self.size or box.end - at > INDEX:
                    raise Whole("its index is cut off or larger than an index can be")
                return at, box.end
            at = box.end
        raise Whole("its index is not in one place")

    def _first_look(self) -> list[Range]:
        """The first samples of every stream, and the last of the picture."""
        assert self.video is not None
        wanted = self.video.ranges(slice(0, 48)) + (self.audio.ranges(slice(0, 48)) if self.audio else [])
        total, kept = 0, []
        for low, high in wanted:
            total += high - low
            if total <= OPENING:
                kept.append((low, high))
        return kept


def holed(path: Path) -> bool:
    """Whether the file was laid out to be filled in parts, so that no other process knows what of it is there."""
    return _mark(path).exists()


def forget(path: Path) -> None:
    """Remove what was laid out."""
    path.unlink(missing_ok=True)
    _mark(path).unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    return path.with_name(f".{path.name}.holes")


def _together(work: Callable[[Range], int], ranges: Sequence[Range]) -> Iterator[int]:
    if len(ranges) < 2:
        yield from map(work, ranges)
        return
    with ThreadPoolExecutor(HANDS) as pool:
        yield from pool.map(work, ranges)
