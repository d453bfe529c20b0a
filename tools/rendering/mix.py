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
