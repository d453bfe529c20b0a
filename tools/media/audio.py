"""The sound of a video as a recogniser takes it."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

from tools.files.whole import whole
from tools.media.opening import options, reading
from tools.media.process import convert
from tools.media.starts import late
from tools.schema import Source
from tools.workspace import Workspace

RATE = 16_000
"""Samples a second."""


def extract(workspace: Workspace) -> Path | None:
    """The run's ``audio.wav``, mono at ``RATE`` on the source's clock, made once; None for a source without sound.

    Sound that starts late is preceded by silence, and holes are filled: sample n is second n / 16000 of the source.
    """
    source = workspace.source
    if not source.has_audio:
        return None
    if workspace.audio.exists():
        return workspace.audio
    if workspace.parts is not None:
        workspace.parts.sound()
    with whole(workspace.audio) as part:
        _one_channel(workspace, source, part, PANS.get(source.sides, []))
        if source.channels == 2 and not source.sides and _silent(part):
            # A wire that is crossed turns one channel upside down, and the two add up to nothing.
            _one_channel(workspace, source, part, PANS["left"])
    return workspace.audio


def of_promo(promo: Path, into: Path) -> None:
    """The sound of a promo of ours as a recogniser takes it, in the same folder."""
    given = ["-f", "mov", "-protocol_whitelist", "file", "-vn", "-i", f"file:{promo.name}", "-map", "0:a:0"]
    coded = ["-ac", "1", "-ar", str(RATE), "-c:a", "pcm_s16le", "-bitexact", "-f", "wav", into.name]
    convert([*given, *coded], promo.parent, wall=120)


def _one_channel(workspace: Workspace, source: Source, part: Path, first: Sequence[str]) -> None:
    begins = f"asetpts=PTS+{float(late(source, source.audio_start)):.6f}/TB"
    own = [begins, f"aresample={RATE}:async=1:first_pts=0:min_hard_comp=0.02"]
    heard = ["-map", f"0:{source.audio_index}", "-af", ",".join([*first, *own, "apad"])]
    if source.audio_also:
        heard = ["-filter_complex", _mixed(source, first, own), "-map", "[out]"]
    convert(
        [
            *options(reading(source)),
            *("-vn", "-sn", "-dn", "-i", f"file:{workspace.video.name}", *heard),
            *("-ac", "1", "-t", f"{source.duration:.6f}", "-map_metadata", "-1"),
            *("-c:a", "pcm_s16le", "-bitexact", "-f", "wav", part.name),
        ],
        workspace.folder,
        wall=60 + source.duration,
    )


def _mixed(source: Source, first: Sequence[str], own: Sequence[str]) -> str:
    """A graph of the tracks that are heard together, as loud as each is."""
    tracks = [(source.audio_index, [*first, *own]), *((index, own) for index in source.audio_also)]
    heard = [
        f"[0:{index}]{','.join(each)},aformat=channel_layouts=mono[t{n}]" for n, (index, each) in enumerate(tracks)
    ]
    names = "".join(f"[t{n}]" for n in range(len(tracks)))
    return ";".join([*heard, f"{names}amix=inputs={len(tracks)}:normalize=0,apad[out]"])


PANS = {"left": ["pan=mono|c0=c0"], "right": ["pan=mono|c0=c1"], "both": ["pan=mono|c0=0.5*c0+0.5*c1"]}
"""ffmpeg's filters that leave the channels that are heard, as one."""


def _silent(path: Path) -> bool:
    """Whether no sample of a 16-bit WAV is above -40 dBFS, as what a lossy codec leaves of two that cancel out."""
    import numpy as np

    with wave.open(str(path)) as file:
        while block := file.readframes(1_000_000):
            if int(np.abs(np.frombuffer(block, "<i2").astype(np.int32)).max()) >= 328:
                return False
    return True
