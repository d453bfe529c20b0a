"""Whether the sound of a promo plays where it should: each clip's is looked for again in the source's."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.media import audio
from tools.rendering.loudness import RATE, Sound

REACH = 0.2
"""Seconds that a stretch is looked for on either side of where it should lie."""
ALIKE = 0.35
"""Correlation under which two sounds are not the same, as where music or silence hides one."""
AS_WELL = 0.02
"""Correlation by which one place may be behind the best and still fit as well."""


def stretch(path: Path, start: float, end: float) -> NDArray[np.float32]:
    """What a 16-bit mono WAV at ``audio.RATE`` plays from ``start`` to ``end``; silence before its beginning and after its end."""
    first, last = round(start * audio.RATE), round(end * audio.RATE)
    with wave.open(str(path), "rb") as file:
        low, high = (min(max(at, 0), file.getnframes()) for at in (first, last))
        file.setpos(low)
        found = np.frombuffer(file.readframes(high - low), dtype="<i2").astype(np.float32) / 32768
    return np.pad(found, (low - first, last - high))


def lag(made: NDArray[np.float32], wide: NDArray[np.float32]) -> float | None:
    """Seconds by which ``made`` plays later than it should, within ``REACH``; None where the two are not alike.

    Where a sound repeats itself, as a tone or a hum does, several lags fit as well: the one nearest to none counts.
    Both are mono at ``audio.RATE``; ``wide`` is the original with ``REACH`` more on either side.
    """
    room = round(REACH * audio.RATE)
    if len(made) < room or not np.any(made) or len(wide) != len(made) + 2 * room:
        return None
    size = 1 << (len(wide) + len(made)).bit_length()
    both = np.fft.irfft(np.fft.rfft(wide, size) * np.conj(np.fft.rfft(made, size)), size)[: 2 * room + 1]
    power = np.concatenate(([0.0], np.cumsum(wide.astype(np.float64) ** 2)))
    beside = np.sqrt(np.maximum(power[len(made) :] - power[: len(power) - len(made)], 1e-12))
    alike = both / (beside * float(np.sqrt(np.sum(made.astype(np.float64) ** 2))))
    best = float(alike.max())
    if best < ALIKE:
        return None
    higher = np.concatenate(([True], alike[1:] >= alike[:-1])) & np.concatenate((alike[:-1] >= alike[1:], [True]))
    peaks = np.flatnonzero(higher & (alike >= best - AS_WELL))
    return (room - int(peaks[np.argmin(np.abs(peaks - room))])) / audio.RATE


def heard(sound: Sound) -> NDArray[np.float32]:
    """Sound at ``RATE`` as a recogniser hears it: mono at ``audio.RATE``."""
    step = RATE // audio.RATE
    mono = sound.mean(axis=1)
    return np.asarray(mono[: len(mono) // step * step].reshape(-1, step).mean(axis=1), np.float32)
