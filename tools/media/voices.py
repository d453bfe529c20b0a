"""Which sound of a video is its voice: heard in short stretches of every track and channel, before anything is made of one.

Speech rises and falls with its syllables and leaves gaps; hum does neither, music mostly one of them.  Scheirer and Slaney,
"Construction and evaluation of a robust multifeature speech/music discriminator", ICASSP 1997: energy at the syllables' rate and
the share of quiet frames tell most.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tools.media.facts import sounds
from tools.media.opening import open_video, seek
from tools.schema import Source
from tools.workspace import Workspace

RATE = 8_000
STRETCHES, SECONDS = 12, 8.0
"""How many stretches of a video are heard, and how long each is: a minute and a half of any talk."""
VOICED = 0.4
"""Likeness to speech, 0 to 1, from which a second counts as spoken."""
SPOKEN = 3
"""Spoken seconds that a track or channel has at least, to count as one with a voice."""
APART = 0.4
"""Share of spoken seconds that two voices may have in common where they answer each other: a dub, or a mix of both, has nearly all."""
MORE = 1.15
"""Times as much speech as in another track, all of which it has too, from which a track is the mix of several."""
AGAINST = -0.5
"""Correlation of two channels below which they cancel each other out on one speaker: 6 dB are lost there."""
SILENT = 30.0
"""Decibels below the other at which a channel is empty."""

Sides = Literal["", "left", "right", "both"]


@dataclass(frozen=True)
class Heard:
    """One track: (2, n) samples for two channels, else (1, n)."""

    index: int
    language: str
    samples: NDArray[np.float32]

    @cached_property
    def channels(self) -> list[NDArray[np.bool_]]:
        """Which seconds of each channel are spoken."""
        return [spoken(each) for each in self.samples]

    @cached_property
    def spoken(self) -> NDArray[np.bool_]:
        return np.asarray(np.any([*self.channels, spoken(self.samples.mean(axis=0))], axis=0))


def choose(workspace: Workspace, source: Source) -> Source:
    """The source with the sound that carries the voice, and a sentence where that is another than a player would take.

    Several tracks that speak in turn are heard together; a channel that is empty, hums, or cancels the other out is not heard.
    """
    if not source.has_audio:
        return source
    spans = stretches(source.duration)
    if workspace.parts is not None:
        workspace.parts.hear(spans)
    tracks = list(_hear(workspace.video, source, spans))
    if not tracks:
        return source
    usual = next((each for each in tracks if each.index == source.audio_index), tracks[0])
    main, also = _tracks(tracks, usual)
    side = sides(main)
    changed = main.index != source.audio_index or also or side
    return source.model_copy(
        update={
            "audio_index": main.index,
            "audio_also": tuple(each.index for each in also),
            "sides": side,
            "audio_first": source.audio_first and not changed,
            "channels": len(main.samples) if main.index != source.audio_index else source.channels,
            "heard": " ".join(_told(tracks, main, also, side)),
        }
    )


def stretches(duration: float) -> list[tuple[float, float]]:
    """Where to listen: all of a short video, else evenly spread."""
    if duration <= STRETCHES * SECONDS:
        return [(at, min(at + SECONDS, duration)) for at in np.arange(0.0, duration, SECONDS).tolist()]
    return [(at, at + SECONDS) for at in np.linspace(0, duration - SECONDS, STRETCHES).tolist()]


def spoken(samples: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each second of mono sound at ``RATE`` is speech."""
    hop = RATE // 100
    count = len(samples) // hop
    if count < 200:
        return np.zeros(0, np.bool_)
    rows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (hop, 2 * hop)), 3 * hop)[::hop][:count]
    power = np.abs(np.fft.rfft(rows * np.hanning(3 * hop), 256)) ** 2
    pitch = np.fft.rfftfreq(256, 1 / RATE)
    band = power[:, (pitch >= 200) & (pitch <= 3400)].sum(axis=1)
    decibels = 10 * np.log10(band + 1e-9)
    loudest = max(float(np.percentile(decibels, 98)) - 30.0, -25.0)
    starts = range(0, count - 199, 100)
    return np.array(
        [_likeness(decibels[at : at + 200], band[at : at + 200], loudest) > VOICED for at in starts], np.bool_
    )


def _likeness(decibels: NDArray[np.float64], band: NDArray[np.float64], loudest: float) -> float:
    """How like speech two seconds are: depth of the pauses, share of quiet frames, energy at the rate of syllables."""
    high, low = np.percentile(decibels, (90, 10))
    if high < loudest:
        return 0.0
    envelope = np.sqrt(band)
    quiet = float((envelope < 0.5 * envelope.mean()).mean())
    turns = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)))) ** 2
    rate = np.fft.rfftfreq(len(envelope), 0.01)
    syllables = float(turns[(rate >= 2) & (rate <= 9)].sum() / (turns[(rate >= 0.4) & (rate <= 40)].sum() + 1e-12))
    return min(1.0, float(high - low) / 12) * min(1.0, quiet / 0.3) * min(1.0, syllables / 0.35)


def _hear(path: Path, source: Source, spans: Sequence[tuple[float, float]]) -> Iterator[Heard]:
    import av

    with open_video(path, source.container) as file:
        indexes = [stream.index for stream in sounds(file)]
    for index in indexes:
        with open_video(path, source.container) as file, contextlib.suppress(av.error.FFmpegError, ValueError):
            stream = file.streams[index]
            two = stream.codec_context.channels == 2
            parts = [_stretch(file, stream, source, span, two) for span in spans]
            language = str(stream.metadata.get("language", "und"))
            yield Heard(index, language, np.concatenate(parts, axis=1))


def _stretch(file: Any, stream: Any, source: Source, span: tuple[float, float], two: bool) -> NDArray[np.float32]:
    """The samples of a span, silent where there are none, so that tracks lie beside each other."""
    import av

    start, end = span
    size = round((end - start) * RATE)
    found = np.zeros((2 if two else 1, size), np.float32)
    resampler = av.AudioResampler("fltp", "stereo" if two else "mono", RATE)
    seek(file, stream, start + source.start)
    at = None
    with contextlib.suppress(av.error.FFmpegError):
        for frame in file.decode(stream):
            begins = float(frame.pts * stream.time_base) - source.start if frame.pts is not None else start
            if begins >= end:
                break
            for each in resampler.resample(frame):
                at = round((begins - start) * RATE) if at is None else at
                heard = each.to_ndarray()
                low, high = max(0, at), min(size, at + heard.shape[1])
                if high > low:
                    found[:, low:high] = heard[:, low - at : high - at]
                at += heard.shape[1]
    return found


def _tracks(tracks: Sequence[Heard], usual: Heard) -> tuple[Heard, list[Heard]]:
    """The track that is heard, and those that are heard with it."""
    said = {each.index: int(each.spoken.sum()) for each in tracks}
    best = max(tracks, key=lambda each: (said[each.index], each is usual))
    main = usual if said[usual.index] >= SPOKEN else best
    if said[main.index] < SPOKEN:
        return usual, []
    for each in tracks:
        whole = _common(main.spoken, each.spoken) >= 0.9 * said[main.index]
        if whole and said[each.index] >= max(MORE * said[main.index], said[main.index] + 5) and not _dubbed(main, each):
            main = each
    also: list[Heard] = []
    union = main.spoken
    for each in tracks:
        own = said[each.index]
        apart = own >= SPOKEN and _common(union, each.spoken) <= APART * min(own, int(union.sum()))
        if each is not main and apart and not _dubbed(main, each):
            also.append(each)
            union = union | each.spoken
    return main, also


def _common(one: NDArray[np.bool_], two: NDArray[np.bool_]) -> int:
    size = min(len(one), len(two))
    return int((one[:size] & two[:size]).sum())


def _dubbed(one: Heard, two: Heard) -> bool:
    return "und" not in (one.language, two.language) and one.language != two.language


def sides(track: Heard) -> Sides:
    """Which of two channels are to be heard on both sides; empty where they are as they should be."""
    if len(track.samples) != 2:
        return ""
    left, right = track.samples
    power = [float(np.mean(each**2)) for each in (left, right)]
    if max(power) < 1e-8:
        return ""
    loud: Sides = "left" if power[0] >= power[1] else "right"
    if min(power) < max(power) * 10 ** (-SILENT / 10):
        return loud
    alike = float(np.mean(left * right)) / float(np.sqrt(power[0] * power[1]))
    if alike < AGAINST:
        return loud
    one, two = (int(each.sum()) for each in track.channels)
    if min(one, two) <= 0.15 * max(one, two) and max(one, two) >= SPOKEN and abs(alike) < 0.5:
        return "left" if one > two else "right"
    apart = _common(*track.channels) <= APART * min(one, two)
    return "both" if min(one, two) >= SPOKEN and apart and abs(alike) < 0.5 else ""


_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def _told(tracks: Sequence[Heard], main: Heard, also: Sequence[Heard], side: Sides) -> Iterator[str]:
    names = {each.index: _NTH[n] if n < len(_NTH) else f"{n + 1}th" for n, each in enumerate(tracks)}
    if len(tracks) > 1:
        how = f"The video has {len(tracks)} sound tracks: the {names[main.index]} is used"
        voiced = [each for each in tracks if each.spoken.sum() >= SPOKEN]
        if also:
            others = " and ".join(f"the {names[each.index]}" for each in also)
            yield f"{how} together with {others}, which speak in turn."
        elif voiced == [main]:
            yield f"{how}, the only one with speech."
        elif len(voiced) > 1:
            rest = " and ".join(f"the {names[each.index]}" for each in voiced if each is not main)
            yield f"{how}; {rest} has speech too, at the same times, and is left out."
        else:
            yield f"{how}; no speech was found on any."
    if side == "both":
        yield "Each of its two channels has a voice of its own: both play in the middle."
    elif side:
        yield f"Its {side} channel plays on both sides: the other is empty, has no speech, or cancels it out on one speaker."
