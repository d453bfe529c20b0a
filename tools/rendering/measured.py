"""What decoding a finished promo tells, and its certificate."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.files import intake
from tools.media import audio
from tools.media.levels import decibels
from tools.media.process import ffmpeg, run
from tools.rendering import mix, placement
from tools.rendering.loudness import QUIET, RATE, TARGET, Sound
from tools.schema import SIZES, Certificate, Check, CutList, Shape, Span

KIND = "h264 High yuv420p, aac 48000 Hz 2 channels"
MUTE, UNHEARD = 1.5, -50.0
"""Seconds of words in a row under which nothing is above so many dBFS: a voice at -14 LUFS is 25 dB and more above that, and who speaks
pauses for as long as that at most (Campione and Véronis, "A large-scale multilingual study of silent pause duration", 2002)."""
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
    """See ``click``."""
    folded: float = 0.0
    """LU that are lost where both channels play on one speaker."""
    lopsided: float = 0.0
    """LU between the two channels."""
    mute: float = 0.0
    """Seconds in a row of words that the captions have and nothing is heard of."""
    lags: tuple[float | None, ...] = ()
    """Seconds by which each clip's sound comes later than planned, None where that can't be told; see ``placement.lag``."""

    @property
    def video_duration(self) -> float:
        return float(self.frames / self.rate) if self.rate else 0.0

    @property
    def audio_duration(self) -> float:
        return self.samples / self.sample_rate if self.sample_rate else 0.0


def measure(
    path: Path,
    joins: Sequence[float] = (),
    originals: Sequence[NDArray[np.float32]] = (),
    words: Sequence[Span] = (),
) -> Measured:
    """Decode a finished mp4 whole and count.  ``joins`` are the seconds at which to listen for clicks.

    ``originals`` are what the source plays in each clip, as ``placement.lag`` takes it, to find the sound of each again.  ``words`` are
    when the captions have a word.
    """
    import av

    with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
        picture, first = _picture(file)
        file.seek(0)
        sound, heard, late = _sound(file, first)
    loud, peak, (count, errors) = played(path)
    return Measured(
        bytes=path.stat().st_size,
        **picture,
        **sound,
        frames=count,
        start_gap=late,
        faststart=_faststart(path),
        errors=errors,
        loudness=loud,
        true_peak=peak,
        click=click(heard, joins),
        mute=mute(heard, words),
        folded=mix.folded(heard) if heard.shape[1] == 2 else 0.0,
        lopsided=mix.lopsided(heard) if heard.shape[1] == 2 else 0.0,
        lags=_lags(heard, late, joins, originals),
    )


def _picture(file: Any) -> tuple[dict[str, Any], float]:
    """What the packets of the picture tell, and when its first frame is shown."""
    video = file.streams.video[0]
    base, rate = video.time_base or Fraction(1), Fraction(video.average_rate or 1)
    marks = [(p.pts, p.is_keyframe) for p in file.demux(video) if p.size and p.pts is not None]
    stamps = sorted(stamp for stamp, _ in marks)
    keys = [float(stamp * base) for stamp, is_key in marks if is_key]
    steps = {b - a for a, b in zip(stamps, stamps[1:], strict=False)}
    first = float(stamps[0] * base) if stamps else 0.0
    ends = [*keys[1:], first + len(stamps) / float(rate)]
    context = video.codec_context
    return {
        "video_codec": context.codec.name,
        "profile": context.profile or "",
        "pix_fmt": context.pix_fmt or "",
        "width": context.width,
        "height": context.height,
        "rate": rate,
        "constant_rate": len(steps) <= 1 or max(steps) - min(steps) <= 1,
        "key_gap": max((b - a for a, b in zip(keys, ends, strict=True)), default=0.0) if keys else 0.0,
    }, first


def _sound(file: Any, first: float) -> tuple[dict[str, Any], Sound, float]:
    """What the sound's track tells, the sound, and how much later than the picture it begins."""
    track = file.streams.audio[0]
    frames = list(file.decode(track))
    begins = frames[0].pts if frames else None
    late = float(begins * (track.time_base or Fraction(1))) - first if begins is not None else 0.0
    parts = [frame.to_ndarray() for frame in frames]
    heard = np.concatenate(parts, axis=1).T.astype(np.float32) if parts else np.zeros((0, 2), np.float32)
    context = track.codec_context
    told = {"audio_codec": context.name, "sample_rate": context.sample_rate, "channels": context.channels}
    return {**told, "samples": len(heard)}, heard, late


def _lags(
    heard: NDArray[np.float32], late: float, joins: Sequence[float], originals: Sequence[NDArray[np.float32]]
) -> tuple[float | None, ...]:
    mono, room = placement.heard(heard), round(placement.REACH * audio.RATE)
    found = []
    for start, wide in zip((0.0, *joins), originals, strict=True) if originals else ():
        length = len(wide) - 2 * room
        first = max(0, round((start - late) * audio.RATE))
        part = mono[first : first + length]
        after = placement.lag(part, wide[: len(part) + 2 * room])
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
    m, rate, frame = measured, cut.fps, float(1 / cut.fps)
    length = m.frames / float(rate)
    drift = abs(m.audio_duration - m.video_duration) + abs(m.start_gap)
    silent = m.loudness < QUIET
    even = m.constant_rate and abs(float(m.rate / rate) - 1) < 1e-4
    size, wide = f"{m.width}x{m.height}", "{}x{}".format(*SIZES[shape])
    kind = f"{m.video_codec} {m.profile} {m.pix_fmt}, {m.audio_codec} {m.sample_rate} Hz {m.channels} channels"
    loud = "silent" if silent else f"{TARGET:g} ± 0.7 LUFS"
    rows: list[tuple[str, float | str, str, bool]] = [
        ("length", length, f"{cut.target:g} ± 0.5 s", abs(length - cut.target) <= 0.5),
        ("frames", float(m.frames), f"{cut.frames + cut.card} ± 1", abs(m.frames - cut.frames - cut.card) <= 1),
        ("drift", drift, f"≤ {frame:.3f} s", drift <= frame + 1e-6),
        ("loudness", m.loudness, loud, silent or abs(m.loudness - TARGET) <= 0.7),
        ("true peak", m.true_peak, "≤ -1 dBTP", m.true_peak <= -1.0),
        ("lost on one speaker", m.folded, f"≤ {mix.FOLDED:g} LU", m.folded <= mix.FOLDED),
        ("between left and right", m.lopsided, f"≤ {mix.EMPTY:g} LU", m.lopsided <= mix.EMPTY),
        ("silent under words", m.mute, f"≤ {MUTE:g} s in a row", silent or m.mute <= MUTE),
        ("join click", m.click, "≤ 1", m.click <= 1.0),
        ("decode errors", float(m.errors), "0", m.errors == 0),
        ("size", size, wide, size == wide),
        ("even rate", str(m.rate), str(rate), even),
        ("key frames", m.key_gap, "≤ 2 s apart", m.key_gap <= 2.0 + frame),
        ("codecs", kind, KIND, kind == KIND),
        ("plays while it loads", "yes" if m.faststart else "no", "yes", m.faststart),
    ]
    if told := [after for after in m.lags if after is not None]:
        worst = max(told, key=abs)
        rows.append(("caption offset", worst, f"≤ {LATE:g} s in every clip", abs(worst) <= LATE))
    checks = tuple(
        Check(name=name, value=round(value, 3) if isinstance(value, float) else value, limit=limit, passed=passed)
        for name, value, limit, passed in rows
    )
    return Certificate(checks=checks)


def mute(sound: Sound, words: Sequence[Span]) -> float:
    """Seconds from the first to the last of consecutive ``words`` in which nothing is heard, at most."""
    hop = RATE // 100
    levels = decibels(np.abs(sound[: len(sound) // hop * hop]).max(axis=1, initial=0.0).reshape(-1, hop).max(axis=1))
    most = 0.0
    for silent, group in groupby(words, key=lambda word: _unheard(levels, word)):
        run = list(group)
        most = max(most, run[-1].end - run[0].start) if silent else most
    return most


def _unheard(levels: NDArray[np.floating], word: Span) -> bool:
    near = levels[max(0, round(word.start * 100) - 5) : round(word.end * 100) + 5]
    return bool(near.size) and float(near.max()) < UNHEARD


def click(sound: Sound, joins: Sequence[float]) -> float:
    """The largest sample step within 1 ms of a join over the 99.9th percentile of the steps elsewhere; 0 without joins."""
    if len(sound) < 2 or not joins:
        return 0.0
    step = np.abs(np.diff(sound, axis=0)).max(axis=1)
    near = np.zeros(len(step), bool)
    for at in joins:
        middle = round(at * RATE)
        near[max(0, middle - RATE // 1000 - 1) : middle + RATE // 1000] = True
    if not near.any() or near.all():
        return 0.0
    elsewhere = max(float(np.percentile(step[~near], 99.9)), 1e-3)
    return float(step[near].max() / elsewhere)
