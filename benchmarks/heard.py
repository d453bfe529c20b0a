"""What is heard in a finished promo, beside what its plan and its captions say."""

from __future__ import annotations

import re
import shutil
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from tools.ids import is_spoken
from tools.local.speech import RATE, Recogniser, read
from tools.media import audio, facts
from tools.schema import CutList, Source, Transcript, Word
from tools.words import cues
from tools.workspace import Workspace

Samples = NDArray[np.int16]

QUIET = RATE // 2
"""Samples of silence put before and after a clip that is heard alone."""
WIDE = 2.0
"""Seconds of the source on either side with which a lost word is heard in its context."""


def plain(text: str) -> list[str]:
    """Words as they are compared; each Chinese or Japanese character is one."""
    return re.findall(r"[a-z0-9']+|[\u3040-\u30ff\u4e00-\u9fff]", text.casefold().replace("’", "'"))


def samples(path: Path) -> Samples:
    """A file's sound, 16 kHz mono, on the file's clock."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        shutil.copyfile(path, workspace.video)
        workspace.save("source.json", facts.probe(workspace.video, path.name))
        found = audio.extract(workspace)
        return np.array(read(found)) if found else np.zeros(0, np.int16)


def words(sound: Samples, language: str | None) -> list[Word]:
    """What the recogniser hears in ``sound``."""
    from agent.steps.recorded import Plain

    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        with wave.open(str(workspace.audio), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(sound.astype("<i2").tobytes())
        seconds = len(sound) / RATE
        source = Source(name="sound", sha256="0", bytes=1, container="wav", duration=seconds, audio_index=0)
        workspace.save("source.json", source)
        return list(Recogniser().transcribe(source, workspace, Plain(), language).words)


def bounds(cut: CutList) -> list[tuple[float, float]]:
    """Where each clip begins and ends in the promo, seconds."""
    rate = cut.fps
    return [
        (float(first / rate), float((first + clip.frames) / rate))
        for clip, first in zip(cut.clips, cut.starts(), strict=True)
    ]


def edges(promo: Samples, source: Samples, cut: CutList, language: str | None) -> dict[str, Any] | None:
    """First and last words of the spoken clips that are heard again, and what became of the others; None without speech.

    A word that is not heard is listened for three times more: in its clip alone, in the same span of the source, and in
    the source with two seconds on either side.  ``clipped`` is heard with the source around it and in no other way.
    """
    spoken = [
        (clip, span) for clip, span in zip(cut.clips, bounds(cut), strict=True) if is_spoken(clip.ids[0]) and clip.text
    ]
    wanted = [plain(clip.text) for clip, _ in spoken]
    if not any(wanted):
        return None
    again = [part for word in words(promo, language) for part in plain(word.text)]
    flat = [word for clip in wanted for word in clip]
    kept = _kept(flat, again)
    lost, at = [], 0
    for (clip, (start, end)), said in zip(spoken, wanted, strict=True):
        for side, place in (("first", at), ("last", at + len(said) - 1)):
            if place in kept:
                continue
            heard = {
                "in its clip alone": _hears(_part(promo, start, end), said, side, language),
                "in the source's span": _hears(_part(source, clip.start, clip.end), said, side, language),
                "in the source around it": _hears(
                    _part(source, clip.start - WIDE, clip.end + WIDE), said, side, language
                ),
            }
            lost.append(
                {
                    "clip": clip.label,
                    "side": side,
                    "word": flat[place],
                    **heard,
                    "edge_db": _edge_level(source, clip.start, clip.end, side),
                    "clipped": heard["in the source around it"]
                    and not heard["in its clip alone"]
                    and not heard["in the source's span"],
                }
            )
        at += len(said)
    wer = Levenshtein.normalized_distance(flat, again)
    return {"edges": 2 * len(spoken), "lost": lost, "wer": round(wer, 3)}


def _kept(wanted: Sequence[str], again: Sequence[str]) -> set[int]:
    """Places in ``wanted`` of the words that ``again`` has too."""
    kept: set[int] = set()
    for step in Levenshtein.opcodes(wanted, again):
        if step.tag == "equal":
            kept |= set(range(step.src_start, step.src_end))
    return kept


def _part(sound: Samples, start: float, end: float) -> Samples:
    part = sound[max(0, round(start * RATE)) : max(0, round(end * RATE))]
    return np.pad(part, QUIET)


def _hears(sound: Samples, said: Sequence[str], side: str, language: str | None) -> bool:
    found = [part for word in words(sound, language) for part in plain(word.text)]
    return (0 if side == "first" else len(said) - 1) in _kept(said, found)


def _edge_level(source: Samples, start: float, end: float, side: str) -> float:
    """The loudest 10 ms within 20 ms of the edge, under the loud parts of the clip, dB."""
    part = source[round(start * RATE) : round(end * RATE)].astype(np.float64)
    hops = part[: len(part) // 160 * 160].reshape(-1, 160)
    if len(hops) < 10:
        return 0.0
    levels = 10 * np.log10(np.maximum((hops**2).mean(axis=1), 1.0))
    near = levels[:2] if side == "first" else levels[-2:]
    return round(float(near.max() - np.percentile(levels, 95)), 1)


# --- captions -------------------------------------------------------------------------------------------------------


def offsets(promo: Samples, cut: CutList, transcript: Transcript) -> list[int]:
    """Milliseconds from where captions say that each word begins to where the promo heard again has it; positive is later."""
    track = cues.tracks(cut, transcript)
    heard = words(promo, track.language)
    one, two = ([" ".join(plain(word.text)) for word in each] for each in (track.words, heard))
    return [
        round(1000 * (heard[step.dest_start + n].start - track.words[step.src_start + n].start))
        for step in Levenshtein.opcodes(one, two)
        if step.tag == "equal"
        for n in range(step.src_end - step.src_start)
    ]
