"""Pictures of a video: key frames by index seek, exact frames, one whole decode.  Upright, square pixels, SDR."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.media.opening import open_video, seek
from tools.media.process import ProcessFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tools.schema import Source

    Image = NDArray[np.uint8]
    """(height, width, 3), BGR."""


def keyframes(path: Path, source: Source, times: Sequence[float], width: int = 640) -> list[tuple[float, Image]]:
    """The keyframe nearest each time, by index seek, each once, in order of time.

    ``width`` is the most of the longer side; nothing is enlarged.  Upright, square pixels, SDR.
    """
    found: dict[int, tuple[float, Image]] = {}
    with open_video(path, source.container) as file:
        video = file.streams[source.video_index]
        video.codec_context.skip_frame = "NONKEY"
        index = _index(file, video, source)
        base = float(video.time_base)
        for at in sorted(set(times)):
            goal = (at + source.start) / base
            if index is not None:
                mark, following = _near(index, goal)
                if mark in found:
                    continue
                # An index counts when frames are decoded and a seek when they are shown, which is a little later.
                later = following - 1 if following is not None else mark + int(1 / base)
                frame = _key_at(file, video, max(mark, later))
            else:
                frame = _key_at(file, video, int(goal))
                mark = int(frame.pts) if frame is not None and frame.pts is not None else -1
            if frame is not None and mark not in found and frame.pts is not None:
                found[mark] = (max(0.0, frame.pts * base - source.start), shown(frame, source, width))
    unique = {round(at, 6): (at, image) for at, image in found.values()}
    return [unique[key] for key in sorted(unique)]


def _index(file: Any, video: Any, source: Source) -> Any:
    """The file's index of frames; None when it has none that reaches to the end.

    Matroska reads its index at the first seek; a transport stream has none.
    """
    if source.container == "mpegts":
        return None
    if source.container in ("matroska", "flv"):
        seek(file, video, source.start + source.duration)
    index = video.index_entries
    last = _key(index, 1 << 62, backward=True)
    if last is None or source.container == "mov":
        return index if last is not None else None
    reach = (last * float(video.time_base) - source.start) / source.duration
    few = sum(entry.is_keyframe for entry, _ in zip(index, range(100), strict=False)) < 3
    return None if few or reach <= 0.6 else index


def _key(index: Any, stamp: int, backward: bool) -> int | None:
    """The stamp of the key frame at ``stamp`` or next to it; found by bisection, since an hour's index has 100,000 entries."""
    while (number := index.search_timestamp(stamp, backward=backward)) >= 0:
        entry = index[number]
        if entry.is_keyframe and not entry.is_discard:
            return int(entry.timestamp)
        if (entry.timestamp <= stamp) != backward:
            return None
        stamp = entry.timestamp + (-1 if backward else 1)
    return None


def _near(index: Any, goal: float) -> tuple[int, int | None]:
    """The stamp of the key frame nearest to ``goal``, of two as near the earlier, and that of the next one after it."""
    whole = math.floor(goal)
    before, after = _key(index, whole, backward=True), _key(index, whole + 1, backward=False)
    if before is not None and (after is None or goal - before <= after - goal):
        return before, _key(index, before + 1, backward=False)
    assert after is not None, "an index that holds a key frame has one on some side of every stamp"
    return after, _key(index, after + 1, backward=False)


def _key_at(file: Any, video: Any, stamp: int) -> Any:
    """The first keyframe from a seek to ``stamp``; None past the end or where nothing decodes."""
    import av

    try:
        file.seek(stamp, stream=video, backward=True)
        for tried, packet in enumerate(file.demux(video)):
            if packet.size and not packet.is_keyframe and tried < 2000:
                continue
            for frame in packet.decode():
                return frame
            if packet.size == 0 or tried > 2000:
                return None
            # A decoder that reorders gives the keyframe only when it is asked for the rest.
            for frame in video.codec_context.decode(None):
                return frame
            video.codec_context.flush_buffers()
    except av.error.FFmpegError:
        return None
    return None


def grab(path: Path, source: Source, at: float, width: int | None = None) -> Image:
    """The frame that is shown at ``at``, decoded exactly.  Upright, square pixels, SDR, even sides."""
    best = None
    with open_video(path, source.container, threads=2) as file:
        video = file.streams[source.video_index]
        video.codec_context.thread_type = "AUTO"
        base = float(video.time_base)
        goal = at + source.start + 1e-4
        for back in (0.0, 2.0, 20.0, math.inf):
            seek(file, video, max(source.start, goal - back) if back < math.inf else source.start - 1)
            for frame in decoded(file, video):
                if frame.pts is None:
                    continue
                if frame.pts * base > goal:
                    break
                best = frame
            if best is not None:
                return shown(best, source, width)
    raise ProcessFailed(f"no frame could be decoded at {at:.3f} s of {source.duration:.3f} s")


def decoded(file: Any, video: Any) -> Iterator[Any]:
    """Decoded frames from the first keyframe on; a damaged packet is skipped."""
    import av

    started = False
    try:
        for number, packet in enumerate(file.demux(video)):
            started = started or packet.is_keyframe or packet.size == 0 or number > 600
            if not started:
                continue
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                continue
    except av.error.FFmpegError:
        return


def shown(frame: Any, source: Source, width: int | None) -> Image:
    """A decoded frame as a viewer sees it, in BGR, its longer side ``width`` at most."""
    import numpy as np

    turned = source.rotation % 180 != 0
    shown = (source.height, source.width) if turned else (source.width, source.height)
    scale = min(1.0, width / max(shown)) if width else 1.0
    wide, tall = (max(2, round(side * scale / 2) * 2) for side in shown)
    import av

    if source.hdr:
        deep = frame.reformat(
            width=wide, height=tall, format="rgb48le", src_colorspace=_SWS.get(source.colour)
        ).to_ndarray()
        image = _tone(deep, frame.color_trc)
    else:
        image = frame.reformat(
            width=wide,
            height=tall,
            format="bgr24",
            src_colorspace=_SWS.get(source.colour),
            interpolation=av.video.reformatter.Interpolation.AREA
            if scale < 1
            else av.video.reformatter.Interpolation.BICUBIC,
        ).to_ndarray()
    if source.mirrored:
        image = image[:, ::-1]
    if source.rotation:
        image = np.rot90(image, -source.rotation // 90)
    return np.ascontiguousarray(image)


_SWS = {"bt709": 1, "bt601": 5, "bt2020": 9}
"""libswscale's numbers of colour matrices."""


def _tone(deep: NDArray[np.uint16], curve: int) -> Image:
    """BT.2020 PQ or HLG in 16-bit RGB to BT.709 BGR in 8: SMPTE ST 2084 or ARIB STD-B67, Hable's curve."""
    import numpy as np

    code = np.linspace(0, 1, 1024, dtype=np.float32)
    if int(curve) == 16:
        power = code ** (1 / 78.84375)
        nits = 10000 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    else:
        nits = (
            1000
            * np.where(code <= 0.5, code**2 / 3, (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12) ** 1.2
        )
    light = (nits / 203).astype(np.float32)[deep >> 6]
    matrix = np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
    )
    light = np.clip(light @ matrix.T, 0, None)

    def hable(x: Any) -> Any:
        return (x * (0.15 * x + 0.05) + 0.004) / (x * (0.15 * x + 0.5) + 0.06) - 0.02 / 0.3

    flat = np.clip(hable(light * 2.0) / hable(np.float32(11.2)), 0, 1) ** (1 / 2.2)
    return (flat[..., ::-1] * 255 + 0.5).astype(np.uint8)
