"""The sound of a promo: the clips' spans, matched and faded, at its loudness, over a person's own music."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from tools.files import intake
from tools.files.whole import temporary
from tools.media.opening import VIDEO, bring, leads, reading
from tools.media.process import ProcessFailed, convert
from tools.media.starts import clip_starts
from tools.rendering import graph, loudness, mix
from tools.rendering.loudness import Sound
from tools.rendering.measured import played
from tools.schema import CutList, Source
from tools.text import clean
from tools.troubles import Refusal
from tools.workspace import Workspace


def master(
    workspace: Workspace, source: Source, cut: CutList, music: str | None = None, ahead: Sequence[Fraction] = ()
) -> Sound:
    """The promo's sound: the clips' spans alone, faded at joins, matched, at its loudness; silence without a track, and under an end card.

    ``ahead`` are the clips' leads, where they are known.
    """
    bounds = graph.sample_bounds(cut)
    length = bounds[-1][1]
    if source.has_audio:
        with temporary(workspace.folder, ".f32") as spans:
            starts = clip_starts(source, cut)
            ahead = ahead or leads(workspace.video, source, starts)
            bring(workspace, cut, starts, ahead)
            arguments = graph.sound_arguments(source, VIDEO, reading(source), cut, spans.name, ahead)
            convert(arguments, workspace.folder, wall=120 + 4 * float(cut.length))
            raw = np.fromfile(spans, "<f4")
        if len(raw) != 2 * length:
            raise ProcessFailed(f"the sound of the clips has {len(raw) // 2} samples, {length} were asked for")
        raw = np.nan_to_num(raw.reshape(-1, 2), posinf=0, neginf=0)
    else:
        raw = np.zeros((length, 2), np.float32)
    clips = [mix.centred(raw[first:last]) for first, last in bounds]
    flows = [graph.runs_on(a, b) for a, b in zip(cut.clips, cut.clips[1:], strict=False)]
    fades = [
        (0.0 if before else rise, 0.0 if after else fall)
        for (rise, fall), before, after in zip(_fades(cut, workspace), [False, *flows], [*flows, False], strict=True)
    ]
    gains = _gains(cut, clips)
    for index, flow in enumerate(flows):
        if flow:
            gains[index + 1] = gains[index]
    voice = mix.join(clips, fades, gains)
    voice = np.concatenate([voice, np.zeros((graph.samples(cut) - len(voice), 2), np.float32)])
    if music:
        voice = voice + mix.duck(_bed(workspace, music, float(cut.length)), voice)
    return loudness.master(voice)


def _gains(cut: CutList, clips: Sequence[Sound]) -> list[float]:
    """dB to add to each clip; the stretches of one that was tightened (A, A2, A3) get the same."""
    labels = list(dict.fromkeys(clip.label[:1] for clip in cut.clips))
    whole = {
        label: np.concatenate([part for clip, part in zip(cut.clips, clips, strict=True) if clip.label[:1] == label])
        for label in labels
    }
    gains = dict(zip(labels, mix.match([loudness.loudness(whole[label]) for label in labels]), strict=True))
    return [gains[clip.label[:1]] for clip in cut.clips]


def _fades(cut: CutList, workspace: Workspace) -> list[tuple[float, float]]:
    """Seconds to fade each clip in and out: within the pause before its first word and after its last."""
    spoken = workspace.transcript.words if workspace.transcript else ()
    found = []
    for clip in cut.clips:
        mine = [word for word in spoken if clip.start <= (word.start + word.end) / 2 < clip.end]
        rooms = (mine[0].start - clip.start, clip.end - mine[-1].end) if mine else (mix.FADE, mix.FADE)
        found.append((min(mix.FADE, max(mix.BRIEF, rooms[0])), min(mix.FADE, max(mix.BRIEF, rooms[1]))))
    return found


MUSIC_BYTES = 200_000_000
"""Most bytes of a file of music: half an hour as WAV."""


def check_music(path: Path) -> None:
    """Raises ``Refusal`` unless ``path`` is a file of music that can be played."""
    import av

    name = clean(path.name, 80)
    if not path.is_file():
        raise Refusal("music", f"{name}, given as music, is not there; name an mp3, wav, m4a, flac or ogg file.")
    if path.stat().st_size > MUSIC_BYTES:
        raise Refusal("music", f"{name}, given as music, is over {MUSIC_BYTES // 1_000_000} MB; give a shorter piece.")
    try:
        with path.open("rb") as file:
            demuxer = intake.sniff_sound(file.read(intake.HEAD))
        with av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"}) as played:
            heard = sum(frame.samples for frame, _ in zip(played.decode(audio=0), range(50), strict=False))
    except intake.Refused as refused:
        raise Refusal("music", f"{name} can't be used as music: it is no mp3, wav, m4a, flac or ogg file.") from refused
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Refusal(
            "music", f"{name} can't be played, so it can't be laid under the voice; save it again as wav or mp3."
        ) from error
    if not heard:
        raise Refusal("music", f"{name} holds no sound, so it can't be laid under the voice; give another file.")


def _bed(workspace: Workspace, music: str, seconds: float) -> Sound:
    """A person's own music, decoded; the demuxer is chosen by the file's first bytes, as for a video."""
    with (workspace.folder / music).open("rb") as file:
        demuxer = intake.sniff_sound(file.read(intake.HEAD))
    with temporary(workspace.folder, ".f32") as part:
        convert(
            [
                *("-f", demuxer, "-protocol_whitelist", "file", "-vn", "-t", f"{seconds:.3f}", "-i", f"file:{music}"),
                *("-map", "0:a:0", "-f", "f32le", "-ar", "48000", "-ac", "2", part.name),
            ],
            workspace.folder,
            wall=120,
        )
        return np.fromfile(part, "<f4").reshape(-1, 2)


def correct(promo: Path, sound: Path, folder: Path) -> None:
    """Once more with quieter peaks or another gain where encoding moved the sound out of bounds; the picture is copied."""
    loud, peak, _ = played(promo, picture=False)
    if loud < loudness.QUIET or (abs(loud - loudness.TARGET) <= 0.5 and peak <= -1.1):
        return
    given = np.fromfile(sound, "<f4").reshape(-1, 2)
    ceiling = loudness.CEILING - max(0.0, peak + 1.3)
    better = loudness.master(given, loudness.TARGET + (loudness.TARGET - loud), ceiling)
    with temporary(folder, ".f32") as other, temporary(folder, ".mp4") as part:
        other.write_bytes(better.astype("<f4").tobytes())
        convert(graph.resound_arguments(promo.name, other.name, part.name), folder, wall=300)
        os.replace(part, promo)
