"""When clips and streams begin on the source's clock: arithmetic of what was measured of it."""

from __future__ import annotations

from fractions import Fraction

from tools.schema import Clip, CutList, Source


def first_time(source: Source, clip: Clip, rate: Fraction) -> Fraction:
    """When the clip's first frame is shown, on the source's clock.

    An even source that starts off the grid (sound first) is cut where its own frames are, half a frame away at most.
    """
    grid = clip.first_frame / rate
    if source.variable_rate or not source.video_start:
        return Fraction(grid)
    offset = Fraction(source.video_start).limit_denominator(1_000_000)
    return offset + max(0, round((grid - offset) * rate)) / rate


def late(source: Source, begins: float) -> Fraction:
    """Seconds by which ffmpeg puts a stream that ``begins`` late too early, when it reads that stream alone from the beginning.

    Of formats whose clock may jump it takes the start of what it reads for the file's own, unless it seeks beyond it;
    see "Correcting start time" in its ffmpeg_demux.c.
    """
    return Fraction(begins).limit_denominator(1_000_000) if source.container == "mpegts" else Fraction(0)


def clip_starts(source: Source, cut: CutList) -> list[Fraction]:
    """When each clip's first frame is shown, on the source's clock."""
    return [first_time(source, clip, cut.fps) for clip in cut.clips]
