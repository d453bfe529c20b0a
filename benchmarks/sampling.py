"""Sixty stills of a talk: Hookline, a bare loop of index seeks, OpenCV's seeks, and the decoding of everything."""

from __future__ import annotations

from collections.abc import Callable

from tools.media import facts, frames

STILLS, WIDE, TALL = 60, 640, 360
OPENCV = 3
"""Stills of the short form: one of its exact seeks costs what all sixty index seeks cost."""
DECODED = 10.0
"""Seconds of the talk that the short form decodes."""


def times(duration: float, count: int = STILLS) -> list[float]:
    return [duration * (n + 0.5) / count for n in range(count)]


def hookline(video: str) -> Callable[[], object]:
    from pathlib import Path

    path = Path(video)
    source = facts.probe(path, path.name)
    return lambda: frames.keyframes(path, source, times(source.duration), WIDE)


def floor(video: str) -> Callable[[], object]:
    """Open, seek, decode the one packet of a key frame, make it small: nothing else."""
    import av

    def work() -> None:
        with av.open(video) as file:
            stream = file.streams.video[0]
            for at in times(file.duration / 1e6):
                file.seek(int(at / stream.time_base), stream=stream, backward=True)
                packet = next(each for each in file.demux(stream) if each.is_keyframe)
                # Without the flush it would come out only after the pictures that may be shown before it.
                (frame,) = (*stream.codec_context.decode(packet), *stream.codec_context.decode(None))
                stream.codec_context.flush_buffers()
                frame.reformat(width=WIDE, height=TALL, format="bgr24").to_ndarray()

    return work


def opencv(video: str, count: str) -> Callable[[], object]:
    import cv2

    def work() -> None:
        file = cv2.VideoCapture(video)
        duration = file.get(cv2.CAP_PROP_FRAME_COUNT) / file.get(cv2.CAP_PROP_FPS)
        for at in times(duration)[:: STILLS // int(count)]:
            file.set(cv2.CAP_PROP_POS_MSEC, 1000 * at)
            found, image = file.read()
            assert found
            cv2.resize(image, (WIDE, TALL), interpolation=cv2.INTER_AREA)
        file.release()

    return work


def decoded(video: str, seconds: str) -> Callable[[], object]:
    """Every frame decoded by all cores, and one a second made small."""
    import av

    def work() -> None:
        with av.open(video) as file:
            stream = file.streams.video[0]
            stream.thread_type = "AUTO"
            wanted = 0.0
            for frame in file.decode(stream):
                if frame.time is None or frame.time >= float(seconds):
                    break
                if frame.time >= wanted:
                    frame.reformat(width=WIDE, height=TALL, format="bgr24").to_ndarray()
                    wanted += 1.0

    return work
