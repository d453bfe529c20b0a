"""How a file from outside is opened: the demuxer that its own first bytes name, one local file, nothing else."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.files import intake

if TYPE_CHECKING:
    from tools.schema import CutList, Source
    from tools.workspace import Workspace


VIDEO = "file:source.bin"


class Unreadable(Exception):
    """The part of the source that a clip needs is damaged; other parts may be fine."""


OPENING = {
    "protocol_whitelist": "file",
    "max_pixels": str(intake.PIXELS),
    "max_streams": str(intake.STREAMS + 1),
    "probesize": "5000000",
    "analyzeduration": "5000000",
    "threads": "1",
}
"""For every file from outside.  PyAV hands them to the demuxer and to the decoders that guess the streams."""


def reading(source: Source) -> dict[str, Any]:
    """ffmpeg's options before ``-i`` for a source: what it is and what it may do."""
    return {
        "f": source.container,
        "protocol_whitelist": "file",
        "max_streams": intake.STREAMS + 1,
        "probesize": 5_000_000,
        "analyzeduration": 5_000_000,
        "max_pixels": intake.PIXELS,
    }


def options(given: dict[str, Any]) -> list[str]:
    return [word for name, value in given.items() for word in (f"-{name}", str(value))]


def open_video(path: str | Path, container: str, threads: int = 1) -> Any:
    import av

    av.logging.set_level(None)
    return av.open(str(path), format=container, options=OPENING | {"threads": str(threads)}, metadata_errors="replace")


REEL = "hookline_reel"
"""The tag in which a reel names what plays in it (``reels``)."""
REEL_LENGTH = 16_384
"""Characters of that tag that are read."""


def reel_tag(file: Any) -> str:
    """The tag of a file that says it is a reel, unread; empty where there is none that could be read."""
    told = str(file.metadata.get(REEL, ""))
    return told if len(told) <= REEL_LENGTH else ""


def seek(file: Any, video: Any, at: float) -> None:
    import av

    with contextlib.suppress(av.error.FFmpegError):
        file.seek(int(at / float(video.time_base)), stream=video, backward=True)


def stamp(packet: Any) -> int | None:
    """When a packet is shown; AVI only says when it is decoded."""
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None else int(stamp)


def bring(workspace: Workspace, cut: CutList, starts: Sequence[Fraction], ahead: Sequence[Fraction]) -> None:
    """Make sure that the clips can be decoded from as much earlier as their leads say."""
    rate = cut.fps
    workspace.bring(
        (max(0.0, float(start - lead)), float(start + clip.frames / rate))
        for clip, start, lead in zip(cut.clips, starts, ahead, strict=True)
    )


def leads(path: Path, source: Source, times: Sequence[Fraction]) -> list[Fraction]:
    """How much earlier to seek for each time, so that the first key frame from there is not later than it.

    0 where there is an index of even frames.  A transport stream has none, and where frames are held, the index is in
    the order of decoding and points too late.  Sound alone is sought by itself.
    """
    import av

    if not source.has_video:
        return [Fraction(0)] * len(times)

    found = []
    with open_video(path, source.container) as file:
        video = file.streams[source.video_index]
        base = float(video.time_base)
        for at in times:
            goal = float(at) + source.start
            for lead in (0, 1, 3, 12, 60, math.ceil(at) + 1):
                first = None
                with contextlib.suppress(av.error.FFmpegError):
                    file.seek(int(max(source.start, goal - lead) * av.time_base), backward=True)
                    first = next(
                        (p.pts for p in file.demux(video) if p.size and p.is_keyframe and p.pts is not None), None
                    )
                if first is not None and first * base <= goal + 1e-3:
                    break
            found.append(Fraction(lead))
    return found
