"""Sound as arrays: (samples, channels) float32, full scale 1.  Levels, loudness, peaks, joins; no file but a WAV of ours.

Loudness is ITU-R BS.1770-4 and EBU R 128, true peak its annex 2.
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.media.levels import SILENCE, decibels

Sound = NDArray[np.float32]

RATE = 48_000
"""Samples per second of everything here but ``levels``."""

FADE, BRIEF = 0.03, 0.006
"""Seconds of a fade at a join, and where a word begins or ends so near that a longer one would take a sound of it."""
TARGET = -14.0
"""LUFS."""
CEILING = -2.0
"""dBTP before encoding: AAC at 192 kbit/s adds up to 1 dB."""
MATCH = 6.0
"""Most that a clip is raised or lowered towards the others, dB."""
QUIET = -55.0
"""LUFS below which there is nothing to bring to the target but noise."""


def gain(decibel: float) -> float:
    return float(10 ** (decibel / 20))


# --- loudness -------------------------------------------------------------------------------------------------------

_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def _weigh(channel: NDArray[np.float32]) -> NDArray[np.float64]:
    """K-weighted, by its frequency response: the same energy as the two recursive filters, without their loop."""
    size = len(channel) + RATE // 2
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones(len(turn))
    for up, down in (_SHELF, _PASS):
        response *= np.abs(np.polyval(up[::-1], turn)) / np.maximum(np.abs(np.polyval(down[::-1], turn)), 1e-12)
    return np.asarray(np.fft.irfft(np.fft.rfft(channel, size) * response, size)[: len(channel)])


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


# --- peaks ----------------------------------------------------------------------------------------------------------

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


def true_peak(sound: Sound) -> float:
    """dBTP, four times oversampled."""
    return float(decibels(crests(sound).max(initial=0.0)))


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


# --- the promo's sound ----------------------------------------------------------------------------------------------


def match(loud: Sequence[float]) -> list[float]:
    """dB to add to each clip, towards the median of those that are heard, ``MATCH`` at most."""
    heard = [value for value in loud if value > QUIET]
    if len(heard) < 2:
        return [0.0] * len(loud)
    middle = float(np.median(heard))
    return [max(-MATCH, min(MATCH, middle - value)) if value > QUIET else 0.0 for value in loud]


def join(clips: Sequence[Sound], fades: Sequence[tuple[float, float]], gains: Sequence[float]) -> Sound:
    """Clips one after another at their gains in dB, each faded in and out by equal power for as many seconds as ``fades`` says."""
    done = []
    for clip, (rise, fall), decibel in zip(clips, fades, gains, strict=True):
        part = clip * np.float32(gain(decibel))
        if up := min(int(rise * RATE), len(part) // 2):
            part[:up] *= _ramp(up)
        if down := min(int(fall * RATE), len(part) // 2):
            part[-down:] *= _ramp(down)[::-1]
        done.append(part)
    return np.concatenate(done) if done else np.zeros((0, 2), np.float32)


def _ramp(n: int) -> Sound:
    return np.sin(np.linspace(0, np.pi / 2, n, dtype=np.float32))[:, None]


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


def duck(bed: Sound, voice: Sound, under: float = 20.0, depth: float = 9.0) -> Sound:
    """``bed`` beneath ``voice``: ``under`` LU below it, a further ``depth`` dB down while someone speaks.

    It falls within 0.15 s before a word and rises within 0.6 s after; it fades in over half a second and out over two.
    """
    n = len(voice)
    bed = np.resize(bed, (n, bed.shape[1])) if len(bed) else np.zeros_like(voice)
    level, music = loudness(voice), loudness(bed)
    base = gain((level if level > QUIET else TARGET) - under + depth - music) if music > -69 else 0.0
    hop = RATE // 100
    frames = np.pad(np.abs(voice).max(axis=1), (0, -n % hop)).reshape(-1, hop).max(axis=1)
    speaking = frames > gain(max(level, -45.0) - 15)
    held = np.convolve(speaking, np.ones(60 + 15), mode="full")[15 : 15 + len(speaking)] > 0
    dip = np.convolve(np.pad(np.where(held, gain(-depth), 1.0), 15, mode="edge"), np.hanning(31) / 15, mode="valid")
    curve = np.interp(np.arange(n) / hop, np.arange(len(dip)), dip).astype(np.float32)
    rise, fall = min(n, RATE // 2), min(n, 2 * RATE)
    curve[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    curve[n - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
    return bed * np.float32(base) * curve[:, None]


# --- where it lies --------------------------------------------------------------------------------------------------

HEARD = 16_000
"""Samples per second of what a recogniser hears."""
REACH = 0.2
"""Seconds that a stretch is looked for on either side of where it should lie."""
ALIKE = 0.35
"""Correlation under which two sounds are not the same, as where music or silence hides one."""


AS_WELL = 0.02
"""Correlation by which one place may be behind the best and still fit as well."""


def stretch(path: Path, start: float, end: float) -> NDArray[np.float32]:
    """What a 16-bit mono WAV at ``HEARD`` plays from ``start`` to ``end``; silence before its beginning and after its end."""
    first, last = round(start * HEARD), round(end * HEARD)
    with wave.open(str(path), "rb") as file:
        low, high = (min(max(at, 0), file.getnframes()) for at in (first, last))
        file.setpos(low)
        found = np.frombuffer(file.readframes(high - low), dtype="<i2").astype(np.float32) / 32768
    return np.pad(found, (low - first, last - high))


def lag(made: NDArray[np.float32], wide: NDArray[np.float32]) -> float | None:
    """Seconds by which ``made`` plays later than it should, within ``REACH``; None where the two are not alike.

    Where a sound repeats itself, as a tone or a hum does, several lags fit as well: the one nearest to none counts.
    Both are mono at ``HEARD``; ``wide`` is the original with ``REACH`` more on either side.
    """
    room = round(REACH * HEARD)
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
    return (room - int(peaks[np.argmin(np.abs(peaks - room))])) / HEARD


def heard(sound: Sound) -> NDArray[np.float32]:
    """Sound at ``RATE`` as a recogniser hears it: mono at ``HEARD``."""
    step = RATE // HEARD
    mono = sound.mean(axis=1)
    return np.asarray(mono[: len(mono) // step * step].reshape(-1, step).mean(axis=1), np.float32)


# --- checks ---------------------------------------------------------------------------------------------------------


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
