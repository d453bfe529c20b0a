"""Where the picture changes.

Keyframes and the sizes of the packets between them tell where a change may be; only there is every frame decoded.
A talking head costs a few per cent of a whole decode, a fast montage about as much as one.
"""

from __future__ import annotations

import bisect
import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.media import opening
from tools.media.frames import decoded, shown
from tools.schema import Shot, Source

SHORTEST = 0.4
"""Seconds; anything shorter between two changes is a flash, not a shot."""

MOST = 600
"""Shots of one video; beyond it the weakest changes are dropped."""

SMALL = 60.0
"""Seconds; a video this short is decoded whole."""

STEP = 0.5
"""Least seconds between two keyframes that are compared: some files hold nothing but keyframes."""

LONG_GAP = 12.0
"""Seconds; keyframes further apart than this tell too little of what lies between."""

CUT, WEAK = 12.0, 3.0
"""Mean difference of two frames, of 255: of a cut among motion, and of one where nothing moves."""

SUSPECT = 6.0
"""Mean difference of two keyframes from which every frame between them is looked at; a moving speaker makes 1 to 5."""

SPIKE = 5.0
"""A packet this many times the median of its neighbours, and a third of its keyframe, may be a change."""

WIDTH, HEIGHT = 96, 54
"""Pixels of the frames that are compared."""

Thumb = NDArray[np.uint8]
"""(3, HEIGHT, WIDTH): luma and the two colour differences."""


class Change(NamedTuple):
    at: float
    """The first frame of what comes after; the middle of a dissolve."""
    length: float = 0.0
    """Seconds that a dissolve or a fade takes; 0 for a cut."""
    strength: float = 0.0
    """Mean difference of what is before and after, of 255."""


class Packets(NamedTuple):
    """What one reading of the file told without decoding more than keyframes."""

    times: NDArray[np.float64]
    sizes: NDArray[np.int64]
    keys: NDArray[np.bool_]
    looked: list[tuple[float, Thumb]]
    """Keyframes at least ``STEP`` apart, in order of time."""


def shots(path: Path, source: Source, progress: Callable[[float], None] = lambda share: None) -> tuple[Shot, ...]:
    """The shots of a video in order of time; they cover it without gaps.  Empty without a picture."""
    if not source.has_video or source.duration <= 0:
        return ()
    return laid_out(changes(path, source, progress), source.duration)


def laid_out(found: Sequence[Change], duration: float) -> tuple[Shot, ...]:
    """The shots between changes in order of time."""
    edges = [0.0, *(change.at for change in found), duration]
    fades = [0.0, *(change.length for change in found)]
    return tuple(
        Shot(id=f"V{n + 1}", start=round(start, 6), end=round(end, 6), fade=round(fades[n], 3))
        for n, (start, end) in enumerate(zip(edges, edges[1:], strict=False))
    )


JOINT = 0.2
"""Seconds from where a take of a reel begins or ends within which a change is that one."""


def by_take(found: Sequence[Shot], source: Source) -> tuple[Shot, ...]:
    """The shots of a reel, none of which runs from one take into another; any other's as they are."""
    joints = {edge for take in source.takes for edge in (take.start, take.end)} - {0.0, source.duration}
    joints = {edge for edge in joints if JOINT < edge < source.duration - JOINT}
    if not found or not joints:
        return tuple(found)
    kept = [Change(s.start, s.fade) for s in found[1:] if all(abs(s.start - edge) > JOINT for edge in joints)]
    return laid_out(sorted([*kept, *map(Change, joints)]), source.duration)


def levelled(found: Sequence[Shot], levels: NDArray[np.float32] | None) -> tuple[Shot, ...]:
    """The shots with the mean power of their sound; ``levels`` is dBFS for each 10 ms, None without sound."""
    if levels is None or not len(levels):
        return tuple(found)
    power = np.concatenate([[0.0], np.cumsum(10.0 ** (np.asarray(levels, np.float64) / 10))])
    answer = []
    for shot in found:
        first = min(int(shot.start * 100), len(levels) - 1)
        last = min(max(math.ceil(shot.end * 100), first + 1), len(levels))
        mean = (power[last] - power[first]) / (last - first)
        answer.append(shot.model_copy(update={"level": round(10 * math.log10(max(mean, 1e-12)), 1)}))
    return tuple(answer)


def changes(path: Path, source: Source, progress: Callable[[float], None] = lambda share: None) -> list[Change]:
    """Cuts, dissolves and fades in order of time, at least ``SHORTEST`` from each other and from both ends."""
    packets = _read(path, source, lambda share: progress(0.3 * share))
    found: list[Change] = []
    windows = suspects(packets, source.duration)
    total = sum(end - start for start, end in windows) or 1.0
    done = 0.0
    for start, end in windows:
        times: list[float] = []
        thumbs: list[Thumb] = []
        for at, thumb in _thumbs(path, source, start, end):
            times.append(at)
            thumbs.append(thumb)
            if not len(thumbs) % 100:
                progress(0.3 + 0.7 * min(1.0, (done + at - start) / total))
        found += detect(times, thumbs)
        done += end - start
    progress(1.0)
    return settle(found, source.duration)


def suspects(packets: Packets, duration: float) -> list[tuple[float, float]]:
    """Stretches in which a change may be, merged; the whole of a short video."""
    looked = packets.looked
    if duration <= SMALL or len(looked) < 2:
        return [(0.0, duration)]
    edges = [0.0, *(at for at, _ in looked[1:]), duration]
    spikes = _spikes(packets)
    windows: list[tuple[float, float]] = []
    for n, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
        differs = n + 1 < len(looked) and difference(looked[n][1], looked[n + 1][1]) >= SUSPECT
        if not (differs or end - start > LONG_GAP or np.any((spikes >= start) & (spikes < end))):
            continue
        before, after = max(0.0, start - 0.2), min(duration, end + 0.3)
        if windows and before <= windows[-1][1] + 0.5:
            windows[-1] = (windows[-1][0], after)
        else:
            windows.append((before, after))
    return windows


def difference(one: Thumb, other: Thumb) -> float:
    """Mean absolute difference in luma, of 255, plus what the two colour differences add."""
    per = np.abs(one.astype(np.int16) - other).mean((1, 2))
    return float(per[0] + 0.5 * (per[1] + per[2]))


def detect(times: Sequence[float], thumbs: Sequence[Thumb]) -> list[Change]:
    """The changes in consecutive frames of one stretch.

    A cut is a difference well above those around it, as in scenedetect's AdaptiveDetector, taken in luma and colour
    differences: hue is noise where a picture is dark or grey, and every keyframe looked like a cut.  A weaker
    difference (a slide for a slide) is one where nothing moves around it.
    """
    if len(thumbs) < 2:
        return []
    steps = np.array([difference(a, b) for a, b in zip(thumbs, thumbs[1:], strict=False)])
    # Still ends let the first and the last step be judged too.
    around = np.lib.stride_tricks.sliding_window_view(np.pad(steps, 2), 5)
    ratio = steps / np.maximum((around.sum(1) - steps) / 4, 0.05)
    sharp = (steps >= CUT) & (ratio >= 3.0) | (steps >= WEAK) & (ratio >= 10.0)
    hard = [
        Change(times[n + 1], 0.0, float(steps[n]))
        for n in map(int, np.flatnonzero(sharp))
        if _lasts(times, thumbs, n + 1)
    ]
    soft = [
        each
        for each in dissolves(times, thumbs)
        if all(abs(each.at - cut.at) >= max(SHORTEST, each.length) for cut in hard)
    ]
    return sorted(hard + soft)


def _lasts(times: Sequence[float], thumbs: Sequence[Thumb], n: int) -> bool:
    """Whether what comes at ``n`` is still another picture than before once a flash would be over."""
    after = min(bisect.bisect_left(times, times[n] + SHORTEST / 2), len(times) - 1)
    before = max(bisect.bisect_right(times, times[n] - SHORTEST / 2) - 1, 0)
    return difference(thumbs[before], thumbs[after]) >= 0.5 * difference(thumbs[n - 1], thumbs[n])


def dissolves(
    times: Sequence[float], thumbs: Sequence[Thumb], lengths: Sequence[float] = (0.4, 0.8, 1.6)
) -> list[Change]:
    """Stretches in which every picture is a mixture of the first and the last one.

    A moving camera changes as much, but what lies between is no mixture; that is the whole test.
    """
    if len(times) < 8:
        return []
    at = np.asarray(times)
    grey = np.stack([cv2.resize(thumb[0], (32, 18), interpolation=cv2.INTER_AREA) for thumb in thumbs]).astype(
        np.float32
    )
    hits: list[Change] = []
    for length in lengths:
        last = np.searchsorted(at, at + length)
        first = np.flatnonzero((last < len(at)) & (last - np.arange(len(at)) >= 5))
        moved = np.abs(grey[last[first]] - grey[first]).mean((1, 2))
        for a in first[moved >= CUT]:
            strength, shares = _mixture(grey[a : last[a] + 1])
            if strength:
                begin, end = a + np.searchsorted(shares, 0.06), a + np.searchsorted(shares, 0.94)
                middle = a + np.searchsorted(shares, 0.5)
                hits.append(Change(float(at[middle]), float(at[end] - at[begin]), strength))
    best: list[Change] = []
    for hit in sorted(hits, key=lambda each: -each.strength):
        if all(abs(hit.at - kept.at) > (hit.length + kept.length) / 2 for kept in best):
            best.append(hit)
    return sorted(best)


def _mixture(pictures: NDArray[np.float32]) -> tuple[float, NDArray[np.float64]]:
    """How much the last picture differs from the first if all between are mixtures of the two, else 0.

    With it the share of the last picture in each, rising from 0 to 1.
    """
    first, inner, way = pictures[0], pictures[1:-1], pictures[-1] - pictures[0]
    size = float(np.abs(way).mean())
    shares = ((inner - first) * way).sum((1, 2)) / float((way * way).sum())
    rising = np.concatenate([[0.0], shares, [1.0]])
    steps = np.diff(rising)
    if steps.max() > 0.34 or steps.min() < -0.08 or not 0.3 < float(np.median(shares)) < 0.7:
        return 0.0, rising
    rest = float(np.abs(inner - (first + shares[:, None, None] * way)).mean()) / size
    strength = size * (1 - rest) if rest < 0.12 and _new_picture(first, pictures[-1]) else 0.0
    return strength, np.maximum.accumulate(rising)


def _new_picture(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Whether two pictures differ in what they show, not only in how bright they are; black is a picture."""
    a, b = before - before.mean(), after - after.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return scale < 1e-3 * a.size or float((a * b).sum()) / scale < 0.75


def settle(found: Sequence[Change], duration: float) -> list[Change]:
    """The changes with the weaker of two that are too close dropped, and never more than ``MOST`` shots of them."""
    kept: list[Change] = []
    for change in sorted(found, key=lambda each: (each.length > 0, -each.strength)):
        if change.at < SHORTEST or change.at > duration - SHORTEST:
            continue
        if all(abs(change.at - other.at) >= max(SHORTEST, (change.length + other.length) / 2) for other in kept):
            kept.append(change)
        if len(kept) == MOST - 1:
            break
    return sorted(kept)


def _spikes(packets: Packets) -> NDArray[np.float64]:
    """Times of packets that are not keyframes and yet as large as new pictures are."""
    sizes = packets.sizes.astype(np.float64)
    if len(sizes) < 15:
        return np.zeros(0)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(sizes, 7, mode="edge"), 15)
    median = np.median(around, axis=1)
    keyed = np.where(packets.keys, sizes, 0.0)
    last_key = keyed[np.maximum.accumulate(np.where(packets.keys, np.arange(len(sizes)), 0))]
    return packets.times[~packets.keys & (sizes > SPIKE * median) & (sizes > 0.33 * last_key)]


def _read(path: Path, source: Source, progress: Callable[[float], None]) -> Packets:
    import av
    from av.video.reformatter import VideoReformatter

    times: list[float] = []
    sizes: list[int] = []
    keys: list[bool] = []
    looked: list[tuple[float, Thumb]] = []
    with opening.open_video(path, source.container) as container:
        stream = container.streams[source.video_index]
        context = stream.codec_context
        context.thread_type = "SLICE"  # frame threads would hold back as many pictures as there are threads
        context.skip_frame = "NONKEY"
        latest = -math.inf
        reformatter = VideoReformatter()  # a frame's own would be set up for each frame

        def look(packet: Any) -> None:
            try:
                frames = context.decode(packet)
            except av.error.FFmpegError:
                return  # a damaged packet; the next one may be whole
            for frame in frames:
                at = _time(frame, stream, source)
                if at is not None:
                    looked.append((max(0.0, at), _thumb(frame, reformatter)))

        whole = source.duration <= SMALL
        for packet in _packets(container, stream):
            if not packet.size:
                continue
            at = _time(packet, stream, source)
            if at is None:
                at = times[-1] if times else 0.0
            times.append(at)
            sizes.append(packet.size)
            keys.append(bool(packet.is_keyframe))
            if packet.is_keyframe and not whole and at - latest >= STEP:
                latest = at
                look(packet)
                progress(min(1.0, max(0.0, at / source.duration)))
        if not whole:
            look(None)
    looked.sort(key=lambda each: each[0])
    return Packets(np.array(times), np.array(sizes, np.int64), np.array(keys, np.bool_), looked)


def _thumbs(path: Path, source: Source, start: float, end: float) -> Iterator[tuple[float, Thumb]]:
    """Every frame of the stretch in order of time, small."""
    from av.video.reformatter import VideoReformatter

    with opening.open_video(path, source.container, threads=2) as container:
        stream = container.streams[source.video_index]
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.options = {"skip_loop_filter": "all"}
        if start > 0:
            opening.seek(container, stream, start + source.start)
        reformatter = VideoReformatter()
        for number, frame in enumerate(decoded(container, stream)):
            at = _time(frame, stream, source)
            if at is None:
                at = number / float(source.fps or 25)
            if at >= end:
                return
            if at >= start - 1e-6:
                yield max(0.0, at), _thumb(frame, reformatter)


Picture = tuple[float, NDArray[np.uint8]]
"""Seconds, and the upright frame in BGR."""


def pick(path: Path, source: Source, times: Sequence[float], width: int = 640) -> list[Picture]:
    """The frame nearest each time, from one decode that runs from the first to the last of them.

    For times close to each other; frames that no other refers to may be left out, so it is near and not exact.
    """
    return next(picks(path, source, [times], width)) if times else []


def picks(path: Path, source: Source, groups: Sequence[Sequence[float]], width: int = 640) -> Iterator[list[Picture]]:
    """What ``pick`` gives of each group.  The file is opened once: of hours of video that alone takes as long as decoding a clip."""
    with opening.open_video(path, source.container, threads=2) as container:
        stream = container.streams[source.video_index]
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.skip_frame = "NONREF"
        for number, times in enumerate(groups):
            wanted = sorted(set(times))
            if wanted and (number or wanted[0] > 0):
                opening.seek(container, stream, wanted[0] + source.start)
            yield _nearest(container, stream, source, wanted, width)


def _nearest(container: Any, stream: Any, source: Source, wanted: list[float], width: int) -> list[Picture]:
    found: list[Picture] = []
    last: tuple[float, Any] | None = None
    for frame in decoded(container, stream) if wanted else ():
        at = _time(frame, stream, source)
        if at is None:
            continue
        while wanted and at >= wanted[0]:
            nearer = last if last and wanted[0] - last[0] < at - wanted[0] else (at, frame)
            if not found or abs(found[-1][0] - nearer[0]) > 1e-6:
                found.append((max(0.0, nearer[0]), shown(nearer[1], source, width)))
            wanted.pop(0)
        if not wanted:
            return found
        last = (at, frame)
    if last and (not found or abs(found[-1][0] - last[0]) > 1e-6):
        found.append((max(0.0, last[0]), shown(last[1], source, width)))
    return found


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of one stream until the end of the file or of what can be read of it."""
    import av

    with contextlib.suppress(av.error.FFmpegError):
        yield from container.demux(stream)


def _time(unit: Any, stream: Any, source: Source) -> float | None:
    """Seconds on the source's clock of a packet or a frame; None where the file tells none."""
    stamp = unit.pts if unit.pts is not None else unit.dts
    return None if stamp is None else float(stamp * stream.time_base) - source.start


def _thumb(frame: Any, reformatter: Any) -> Thumb:
    small: Thumb = reformatter.reformat(
        frame, width=WIDTH, height=HEIGHT, format="yuv444p", interpolation="FAST_BILINEAR"
    ).to_ndarray()
    return small
