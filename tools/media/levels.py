"""Sound levels on a grid of 10 ms, in dBFS."""

from __future__ import annotations

import contextlib
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.media.audio import RATE
from tools.media.opening import open_video, seek
from tools.schema import Source
from tools.workspace import Workspace

SILENCE = -120.0
"""Of no sound at all."""
UNKNOWN = -40.0
"""Of what was not heard: neither a pause nor speech, and no different from what is beside it."""


def decibels(amplitude: NDArray[np.floating]) -> NDArray[np.floating]:
    return 20 * np.log10(np.maximum(amplitude, 10 ** (SILENCE / 20)))


def measure(samples: NDArray[np.int16], rate: int) -> NDArray[np.float32]:
    """The level of each whole 10 ms of 16-bit mono samples."""
    hop = rate // 100
    rows = samples[: len(samples) // hop * hop].reshape(-1, hop)
    found = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), 6000):  # a minute at a time
        found[start : start + 6000] = _loud(rows[start : start + 6000].astype(np.float32) / 32768)
    return found


def _loud(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    return decibels(np.sqrt(np.mean(rows**2, axis=1)))


def read(path: Path) -> NDArray[np.float32]:
    """The levels of a 16-bit mono WAV; the last 10 ms end in silence."""
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    rest = samples[len(samples) // (rate // 100) * (rate // 100) :]
    last = np.pad(rest, (0, rate // 100 - len(rest))) if len(rest) else rest
    return np.concatenate([measure(samples, rate), measure(last, rate)])


def of_run(workspace: Workspace) -> NDArray[np.float32] | None:
    """The levels of the run's audio; None where it has none."""
    return read(workspace.audio) if workspace.audio.exists() else None


def near(workspace: Workspace, spans: Sequence[tuple[float, float]]) -> NDArray[np.float32]:
    """The levels of the source within ``spans``, ``UNKNOWN`` elsewhere; only those seconds are read."""
    source = workspace.source
    found = np.full(int(source.duration * 100) + 1, UNKNOWN, np.float32)
    if workspace.parts is not None:
        workspace.parts.hear(spans)
    hop = RATE // 100
    for at, heard in _heard(workspace.video, source, spans):
        first = max(0, round(at * 100))
        rows = heard[: len(heard) // hop * hop].reshape(-1, hop)[: len(found) - first]
        found[first : first + len(rows)] = _loud(rows)
    return found


def _heard(
    path: Path, source: Source, spans: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """When what is heard of each span begins, and its samples, mono at ``RATE``."""
    import av

    with open_video(path, source.container) as file:
        stream = file.streams[source.audio_index]
        base = float(stream.time_base)
        for start, end in spans:
            seek(file, stream, max(0.0, start) + source.start)
            # Two that cancel each other out are nothing together.
            layout, channel = (
                ("stereo", int(source.sides == "right")) if source.sides in ("left", "right") else ("mono", 0)
            )
            resampler, begins, heard = av.AudioResampler("fltp", layout, RATE), None, []
            with contextlib.suppress(av.error.FFmpegError):
                for frame in file.decode(stream):
                    at = frame.pts * base - source.start if frame.pts is not None else start
                    if at >= end:
                        break
                    begins = at if begins is None else begins
                    heard += [each.to_ndarray()[channel] for each in resampler.resample(frame)]
            if heard and begins is not None:
                yield begins, np.concatenate(heard)
