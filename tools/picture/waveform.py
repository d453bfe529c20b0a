"""Whether the waveform of a promo of sound alone moves with the voice: seen in the finished file, heard in the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tools.media import audio, levels
from tools.rendering.audiogram import PITCH, REACH
from tools.schema import SIZES, Check, CutList, Shape
from tools.workspace import Workspace

if TYPE_CHECKING:
    from tools.media.frames import Image

FOLLOWS = 0.5
"""Least correlation of how much of the middle bars is lit with how loud the voice is: of two that have nothing to do with each other it is
within 0.2 for nine in ten promos of 15 s or more."""
MIDDLE = 5
"""Bars about the middle that are looked at: those further out show what was said before."""
ABOUT = (-0.12, 0.04)
"""Seconds before and after a picture of which these bars tell."""
FEWEST = 25
"""Pictures from which a correlation tells something."""


def played(workspace: Workspace, cut: CutList, times: Sequence[float]) -> NDArray[np.float64]:
    """How loud the source is, in dBFS, about each time of the promo."""
    heard = _heard(workspace)
    starts = np.array(cut.starts()) / float(cut.fps)
    clip = np.clip(np.searchsorted(starts, times, "right") - 1, 0, len(starts) - 1)
    begins = np.array([each.first_frame for each in cut.clips]) / float(cut.fps)
    at = np.asarray(times) - starts[clip] + begins[clip]
    first, last = (np.clip((100 * (at + each)).astype(int), 0, len(heard) - 1) for each in ABOUT)
    return np.array([heard[low : high + 1].mean() for low, high in zip(first, last, strict=True)], np.float64)


def rests(workspace: Workspace, cut: CutList, times: Sequence[float]) -> bool:
    """Whether nothing is said at most of these times of the promo, so that the waveform may stand still."""
    loudest = float(np.percentile(_heard(workspace), 95))
    return bool(np.mean(played(workspace, cut, times) < loudest - REACH) >= 0.5)


def _heard(workspace: Workspace) -> NDArray[np.float32]:
    audio.extract(workspace)
    heard = levels.of_run(workspace)
    return heard if heard is not None and len(heard) else np.full(1, levels.SILENCE, np.float32)


def follows(
    workspace: Workspace,
    cut: CutList,
    shape: Shape,
    wave: tuple[int, int, int, int],
    seen: Sequence[tuple[float, Image]],
) -> Check:
    """The check that what is seen at ``wave``, in pixels of ``shape``, goes with what is heard; ``seen`` are times and small pictures."""
    lit = [_lit(image, wave, shape) for _, image in seen]
    loud = np.clip(played(workspace, cut, [at for at, _ in seen]), -60.0, 0.0) if seen else np.zeros(0)
    told = len(seen) >= FEWEST and float(np.std(loud)) > 1.0
    value = float(np.corrcoef(lit, loud)[0, 1]) if told and float(np.std(lit)) > 0 else 0.0
    limit = f"a correlation of {FOLLOWS:g} with how loud it is, or more"
    return Check(name="waveform", value=round(value, 2), limit=limit, passed=value >= FOLLOWS or not told)


def _lit(image: Image, wave: tuple[int, int, int, int], shape: Shape) -> float:
    """How far the middle bars' colour is from that of their ground, on average."""
    scale = image.shape[1] / SIZES[shape][0]
    x, y, wide, tall = (value * scale for value in wave)
    half = max(1.0, MIDDLE * PITCH * scale / 2)
    middle = image[round(y) : round(y + tall), round(x + wide / 2 - half) : round(x + wide / 2 + half)]
    edge = image[max(0, round(y) - 2) : max(1, round(y)), round(x) : round(x + wide)]
    return float(np.abs(middle.astype(np.float32) - np.median(edge.reshape(-1, 3), axis=0)).mean())
