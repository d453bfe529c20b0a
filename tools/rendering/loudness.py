"""Loudness by ITU-R BS.1770-4 and EBU R 128, true peaks by its annex 2, and a limiter that brings both where they should be."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tools.media.levels import SILENCE

Sound = NDArray[np.float32]
"""(samples, channels), full scale 1, at ``RATE``."""
RATE = 48_000
"""Samples a second."""
TARGET = -14.0
"""LUFS."""
CEILING = -2.0
"""dBTP before encoding: AAC at 192 kbit/s adds up to 1 dB."""
QUIET = -55.0
"""LUFS below which there is nothing to bring to the target but noise."""


def gain(decibel: float) -> float:
    return float(10 ** (decibel / 20))


_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_SMOOTH = 1 << 15
"""A Fourier transform takes several times as long where its size has large prime factors: sizes are multiples of this."""


def _weigh(channel: NDArray[np.float32]) -> NDArray[np.float64]:
    """K-weighted, by its frequency response: the same energy as the two recursive filters, without their loop."""
    size = _SMOOTH * -(-(len(channel) + RATE // 2) // _SMOOTH)
    return np.asarray(np.fft.irfft(np.fft.rfft(channel, size) * _response(size), size)[: len(channel)])


@lru_cache(maxsize=1)
def _response(size: int) -> NDArray[np.float64]:
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones(len(turn))
    for up, down in (_SHELF, _PASS):
        response *= np.abs(np.polyval(up[::-1], turn)) / np.maximum(np.abs(np.polyval(down[::-1], turn)), 1e-12)
    return response


def loudness(sound: Sound) -> float:
    """Integrated loudness in LUFS, gated at -70 and at 10 below the mean; ``SILENCE`` if nothing passes."""
    block, hop = RATE * 4 // 10, RATE // 10
    if len(sound) < block:
        sound = np.pad(sound, ((0, block - len(sound)), (0, 0)))
    energy: NDArray[np.float64] | float = 0.0
    for channel in sound.T:
        sums = np.concatenate(([0.0], np.cumsum(_weigh(channel) ** 2)))
        starts = np.arange(0, len(sound) - block + 1, hop)
        energy = energy + (sums[starts + block] - sums[starts]) / block
    power = np.asarray(energy)
    heard = power[power > 10 ** ((-70 + 0.691) / 10)]
    if not len(heard):
        return SILENCE
    heard = heard[heard > np.mean(heard) * 0.1]
    return float(-0.691 + 10 * np.log10(np.mean(heard)))


_TAPS = 12


def _phases() -> NDArray[np.float64]:
    """Three filters that give the samples a quarter, a half and three quarters of the way to the next."""
    at = np.arange(-_TAPS + 1, _TAPS + 1)
    found = []
    for quarter in (0.25, 0.5, 0.75):
        x = at - quarter
        taps = np.sinc(x) * np.kaiser(2 * _TAPS, 6.0)
        found.append(taps / taps.sum())
    return np.array(found)


_QUARTERS = _phases()


def crests(sound: Sound) -> NDArray[np.float32]:
    """The true peak about each sample: the largest of it and the three between it and the next, over channels."""
    most = np.abs(sound).max(axis=1) if len(sound) else np.zeros(0, np.float32)
    for channel in sound.T:
        for taps in _QUARTERS:
            between = np.convolve(channel, taps[::-1].astype(np.float32))[_TAPS : _TAPS + len(channel)]
            np.maximum(most, np.abs(between), out=most)
    return np.asarray(most, np.float32)


def _lowest(values: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """The least value within ``reach`` on either side (van Herk's two passes)."""
    width = 2 * reach + 1
    size = len(values) + 2 * reach
    padded = np.pad(values, (reach, reach + -size % width), constant_values=1.0).reshape(-1, width)
    ahead = np.minimum.accumulate(padded, axis=1).ravel()
    behind = np.minimum.accumulate(padded[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.minimum(behind[: len(values)], ahead[2 * reach : 2 * reach + len(values)])


def limit(sound: Sound, ceiling: float = CEILING, reach: float = 0.01) -> Sound:
    """The same with no true peak above ``ceiling`` dBTP: the gain dips smoothly ``reach`` seconds before and after."""
    crest = crests(sound)
    need = np.minimum(1.0, gain(ceiling) / np.maximum(crest, 1e-9)).astype(np.float32)
    if need.min(initial=1.0) >= 1.0:
        return sound
    half = int(reach * RATE / 2)
    lowest = _lowest(need, half + 2)
    bell = np.hanning(2 * half + 3)[1:-1].astype(np.float32)
    smooth = np.convolve(np.pad(lowest, half, mode="edge"), bell / bell.sum(), mode="valid")
    return sound * smooth[:, None]


def master(sound: Sound, target: float = TARGET, ceiling: float = CEILING) -> Sound:
    """At ``target`` LUFS under ``ceiling`` dBTP: one gain and a limiter, again while the limiter takes loudness away."""
    measured = loudness(sound)
    if measured < QUIET:
        return limit(sound, ceiling)
    lift = target - measured
    best = sound
    for _ in range(6):
        best = limit(sound * np.float32(gain(lift)), ceiling)
        missing = target - loudness(best)
        if abs(missing) < 0.1:
            break
        lift += missing
    return best
