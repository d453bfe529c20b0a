"""What decoding a finished promo tells, and its certificate."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from tools.files import intake
from tools.media.process import ffmpeg, run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tools.schema import Certificate, CutList, Shape


LATE = 0.08
"""Seconds that what is heard may be off the clock that captions are laid on."""


@dataclass(frozen=True)
class Measured:
    """What decoding a finished file told."""

    bytes: int
    video_codec: str
    profile: str
    pix_fmt: str
    width: int
    height: int
    rate: Fraction
    frames: int
    constant_rate: bool
    key_gap: float
    """Longest stretch from one key frame to the next or to the end, seconds."""
    audio_codec: str
    sample_rate: int
    channels: int
    samples: int
    start_gap: float
    """First sound after first picture, seconds."""
    faststart: bool
    errors: int
    """Complaints of the decoder over the whole file."""
    loudness: float
    """LUFS; -70 and below is silence."""
    true_peak: float
    """dBTP."""
    click: float
    """See ``sound.click``."""
    lags: tuple[float | None, ...] = ()
    """Seconds by which each clip's sound comes later than planned, None where that can't be told; see ``sound.lag``."""

    @property
    def video_duration(self) -> float:
        return float(self.frames / self.rate) if self.rate else 0.0

    @property
    def audio_duration(self) -> float:
        return self.samples / self.sample_rate if self.sample_rate else 0.0


def measure(path: Path, joins: Sequence[float] = (), originals: Sequence[NDArray[np.float32]] = ()) -> Measured:
    """Decode a finished mp4 whole and count.  ``joins`` are the seconds at which to listen for clicks.

    ``originals`` are what the source plays in each clip, as ``sound.lag`` takes it, to find the sound of each again.
    """
    import av
    import numpy as np

    from tools.rendering import sound

    with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
        video, track = file.streams.video[0], file.streams.audio[0]
        base, rate = video.time_base or Fraction(1), Fraction(video.average_rate or 1)
        stamps, keys = [], []
        for packet in file.demux(video):
            if packet.size and packet.pts is not None:
                stamps.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(float(packet.pts * base))
        stamps.sort()
        steps = {b - a for a, b in zip(stamps, stamps[1:], strict=False)}
        context = video.codec_context
        shape = (context.codec.name, context.profile or "", context.pix_fmt or "", context.width, context.height)
        first = float(stamps[0] * base) if stamps else 0.0
        end = len(stamps) / float(rate)
        file.seek(0)
        frames = list(file.decode(track))
        begins = frames[0].pts if frames else None
        late = float(begins * (track.time_base or Fraction(1))) - first if begins is not None else 0.0
        heard = (
            np.concatenate([frame.to_ndarray() for frame in frames], axis=1).T
            if frames
            else np.zeros((0, 2), np.float32)
        )
        codec, sample_rate, channels = (
            track.codec_context.name,
            track.codec_context.sample_rate,
            track.codec_context.channels,
        )
    loud, peak, (count, errors) = played(path)
    return Measured(
        path.stat().st_size,
        *shape,
        rate,
        count,
        len(steps) <= 1 or max(steps) - min(steps) <= 1,
        max((b - a for a, b in zip(keys, [*keys[1:], first + end], strict=True)), default=0.0),
        codec,
        sample_rate,
        channels,
        len(heard),
        late,
        _faststart(path),
        errors,
        loud,
        peak,
        sound.click(heard.astype(np.float32), joins),
        _lags(heard.astype(np.float32), late, joins, originals),
    )


def _lags(
    heard: NDArray[np.float32], late: float, joins: Sequence[float], originals: Sequence[NDArray[np.float32]]
) -> tuple[float | None, ...]:
    from tools.rendering import sound

    mono, room = sound.heard(heard), round(sound.REACH * sound.HEARD)
    found = []
    for start, wide in zip((0.0, *joins), originals, strict=True) if originals else ():
        length = len(wide) - 2 * room
        first = max(0, round((start - late) * sound.HEARD))
        part = mono[first : first + length]
        after = sound.lag(part, wide[: len(part) + 2 * room])
        found.append(after)
    return tuple(found)


def played(path: Path, picture: bool = True) -> tuple[float, float, tuple[int, int]]:
    """Loudness, true peak, and (frames decoded, complaints), by one ffmpeg over the whole file or its sound alone."""
    said: list[str] = []
    argv = [
        *(ffmpeg(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+info", "-progress", "pipe:1"),
        # Frames are counted and complaints read, and none is looked at, so none is smoothed: a fifth of decoding.
        *("-skip_loop_filter", "all", "-f", "mov", "-protocol_whitelist", "file", "-i", f"file:{path.name}"),
        *(("-map", "0:v:0", "-fps_mode", "passthrough", "-f", "null", "-") if picture else ("-vn",)),
        *("-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"),
    ]
    _, told = run(argv, path.parent, wall=600, on_line=said.append)
    count = next((int(line[6:]) for line in reversed(said) if line.startswith("frame=")), 0)
    errors = len(re.findall(r"\[(?:error|fatal|panic)\]", told))
    loud = re.findall(r"I:\s+(-?[\d.]+|-inf|nan) LUFS", told)
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf|nan) dBFS", told)
    return _number(loud), _number(peak), (count, errors)


def _number(found: Sequence[str]) -> float:
    value = float(found[-1]) if found else -math.inf
    return value if math.isfinite(value) else -120.0


def _faststart(path: Path) -> bool:
    with path.open("rb") as file:
        kinds = [box.kind for box in intake.boxes(file, 0, path.stat().st_size)]
    return b"moov" in kinds and b"mdat" in kinds and kinds.index(b"moov") < kinds.index(b"mdat")


def certificate(measured: Measured, cut: CutList, shape: Shape) -> Certificate:
    """Each promise about a finished promo, with what was measured and the limit."""
    from tools.rendering.sound import QUIET, TARGET
    from tools.schema import SIZES, Certificate, Check

    rate = cut.fps
    frame = float(1 / rate)
    planned = sum(clip.frames for clip in cut.clips)
    length = measured.frames / float(rate)
    drift = abs(measured.audio_duration - measured.video_duration) + abs(measured.start_gap)
    silent = measured.loudness < QUIET

    def check(name: str, value: float | str, limit: str, passed: bool) -> Check:
        return Check(
            name=name, value=round(value, 3) if isinstance(value, float) else value, limit=limit, passed=passed
        )

    width, height = SIZES[shape]
    kind = f"{measured.video_codec} {measured.profile} {measured.pix_fmt}, {measured.audio_codec} {measured.sample_rate} Hz {measured.channels} channels"
    checks = [
        check("length", length, f"{cut.target:g} ± 0.5 s", abs(length - cut.target) <= 0.5),
        check("frames", float(measured.frames), f"{planned} ± 1", abs(measured.frames - planned) <= 1),
        check("drift", drift, f"≤ {frame:.3f} s", drift <= frame + 1e-6),
        check(
            "loudness",
            measured.loudness,
            "silent" if silent else f"{TARGET:g} ± 0.7 LUFS",
            silent or abs(measured.loudness - TARGET) <= 0.7,
        ),
        check("true peak", measured.true_peak, "≤ -1 dBTP", measured.true_peak <= -1.0),
        check("join click", measured.click, "≤ 1", measured.click <= 1.0),
        check("decode errors", float(measured.errors), "0", measured.errors == 0),
        check(
            "size",
            f"{measured.width}x{measured.height}",
            f"{width}x{height}",
            (measured.width, measured.height) == (width, height),
        ),
        check(
            "even rate",
            str(measured.rate),
            str(rate),
            measured.constant_rate and abs(float(measured.rate / rate) - 1) < 1e-4,
        ),
        check("key frames", measured.key_gap, "≤ 2 s apart", measured.key_gap <= 2.0 + frame),
        check(
            "codecs",
            kind,
            "h264 High yuv420p, aac 48000 Hz 2 channels",
            (
                measured.video_codec,
                measured.profile,
                measured.pix_fmt,
                measured.audio_codec,
                measured.sample_rate,
                measured.channels,
            )
            == ("h264", "High", "yuv420p", "aac", 48000, 2),
        ),
        check("plays while it loads", "yes" if measured.faststart else "no", "yes", measured.faststart),
    ]
    if told := [after for after in measured.lags if after is not None]:
        worst = max(told, key=abs)
        checks.append(check("caption offset", worst, f"≤ {LATE:g} s in every clip", abs(worst) <= LATE))
    return Certificate(checks=tuple(checks))
