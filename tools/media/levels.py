"""Sound levels on a grid of 10 ms."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.workspace import Workspace


def read(path: Path) -> NDArray[np.float32]:
    """dBFS of each 10 ms of a 16-bit mono WAV, -120 for digital silence."""
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    hop = rate // 100
    found = []
    for start in range(0, len(samples), hop * 6000):  # a minute at a time
        part = samples[start : start + hop * 6000].astype(np.float32) / 32768
        part = np.pad(part, (0, -len(part) % hop)).reshape(-1, hop)
        found.append(decibels(np.sqrt(np.mean(part**2, axis=1))))
    return np.concatenate(found).astype(np.float32) if found else np.zeros(0, np.float32)


SILENCE = -120.0


def decibels(amplitude: NDArray[np.floating]) -> NDArray[np.floating]:
    return 20 * np.log10(np.maximum(amplitude, 10 ** (SILENCE / 20)))


def of_run(workspace: Workspace) -> NDArray[np.float32] | None:
    """The same of the run's audio; None where it has none."""
    return read(workspace.audio) if workspace.audio.exists() else None
