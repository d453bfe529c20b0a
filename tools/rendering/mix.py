"""Clips as one sound: matched in loudness, faded where they meet, over music that gives way to a voice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.rendering.loudness import QUIET, RATE, TARGET, Sound, gain, loudness

FADE, BRIEF = 0.03, 0.006
"""Seconds of a fade at a join, and where a word begins or ends so near that a longer one would take a sound of it."""
MATCH = 6.0
"""Most that a clip is raised or lowered towards the others, dB."""


def match(loud: Sequence[float]) -> list[float]:
    """dB to add to each clip, towards the median of those that are heard, ``MATCH`` at most."""
    heard = [value for value in loud if value > QUIET]
    if len(heard) < 2:
        return [0.0] * len(loud)
    middle = float(np.median(heard))
    return [max(-MATCH, min(MATCH, middle - value)) if value > QUIET else 0.0 for value in loud]


FOLDED = 6.0
"""LU that sound may lose on one speaker: two channels alike lose none, two without anything in common 3 (ITU-R BS.775-4, BS.1770-4)."""
EMPTY = 20.0
"""LU between two channels from which the quieter is taken for empty."""


def folded(sound: Sound) -> float:
    """LU by which stereo sound is quieter on one speaker; 0 for none at all."""
    loud = loudness(sound)
    if loud <= QUIET:
        return 0.0
    return loud - loudness(np.repeat(sound.mean(axis=1, keepdims=True), 2, axis=1))


def lopsided(sound: Sound) -> float:
    """LU between the louder and the quieter side; 0 for sound that is none at all."""
    one, two = (loudness(sound[:, [side]]) for side in (0, 1))
    return abs(one - two) if max(one, two) > QUIET else 0.0


def centred(sound: Sound) -> Sound:
    """Sound as it is, or its louder channel on both sides where the other is empty or takes it away on one speaker."""
    if folded(sound) <= FOLDED and lopsided(sound) <= EMPTY:
        return sound
    louder = int(np.argmax((sound**2).mean(axis=0)))
    return np.repeat(sound[:, [louder]], 2, axis=1)


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
