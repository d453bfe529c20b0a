"""What a file of sound alone is, by its packets and the first of its sound; and what is told of any track of sound."""

from __future__ import annotations

import contextlib
from itertools import islice
from typing import Any

from tools.files import intake
from tools.media.opening import stamp

RATE = "30/1"
"""Frames per second that a promo of sound alone is drawn and cut at."""
ATTACHED_PICTURE = 1024
TRIED = 400
"""Packets of which one at least is decoded."""


def is_art(stream: Any) -> bool:
    """Whether a stream of pictures is one that stands for the file, and nothing that plays."""
    return bool(int(stream.disposition) & ATTACHED_PICTURE)


def told(file: Any, audio: Any, start: float) -> dict[str, Any]:
    """The facts of the track that is heard; ``start`` is the file's first presentation time."""
    return {
        "audio_index": audio.index,
        "audio_codec": audio.codec_context.codec.canonical_name,
        "channels": audio.codec_context.channels,
        "sample_rate": audio.codec_context.sample_rate,
        "audio_start": round(max(0.0, float((audio.start_time or 0) * audio.time_base) - start), 6),
        "audio_first": audio.index == min(s.index for s in file.streams.audio),
    }


def measure(file: Any, audio: Any, container: str, size: int) -> dict[str, Any]:
    """The facts of a file without a moving picture, whose sound is ``audio``.

    How long it lasts is counted by its packets: of an mp3 whose header has it wrong, or of a file that was cut off, nothing else tells.
    """
    import av

    start = (file.start_time or 0) / av.time_base
    art = next((stream.index for stream in file.streams.video if is_art(stream)), None)
    base, end, heard = float(audio.time_base), 0.0, False
    with contextlib.suppress(av.error.FFmpegError):
        for tried, packet in enumerate(file.demux(audio)):
            at = stamp(packet)
            if not packet.size or (packet.pos is not None and packet.pos + packet.size > size):
                continue
            if at is not None:
                end = max(end, (at + (packet.duration or 0)) * base)
            if not heard and tried < TRIED:
                heard = _decodes(packet)
            if end - start > intake.LONGEST:
                break
    if not heard:
        raise intake.Refused("corrupt", "No sound in it can be read.")
    intake.check_time(end - start, 1.0)
    return told(file, audio, start) | {
        "art_index": art,
        "container": container,
        "duration": round(end - start, 6),
        "rate": RATE,
        "start": start,
    }


def _decodes(packet: Any) -> bool:
    import av

    with contextlib.suppress(av.error.FFmpegError):
        return any(frame.samples for frame in islice(packet.decode(), 8))
    return False
