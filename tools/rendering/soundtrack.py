"""The sound of a video, for the recogniser and for the promo."""

from __future__ import annotations

import contextlib
import os
import wave
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from tools.files import intake
from tools.files.whole import temporary, whole
from tools.media.opening import VIDEO, bring, leads, open_video, options, reading, seek
from tools.media.process import ProcessFailed, convert
from tools.rendering.measured import played

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tools.rendering.sound import Sound
    from tools.schema import CutList, Source
    from tools.workspace import Workspace


def audio(workspace: Workspace) -> Path | None:
    """The run's ``audio.wav``, 16 kHz mono on the source's clock, made once; None for a source without sound.

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
        _one_channel(workspace, source, part, [])
        if source.channels == 2 and _silent(part):
            # A wire that is crossed turns one channel upside down, and the two add up to nothing.
            _one_channel(workspace, source, part, ["pan=mono|c0=c0"])
    return workspace.audio


def _one_channel(workspace: Workspace, source: Source, part: Path, first: Sequence[str]) -> None:
    from tools.rendering import graph

    begins = f"asetpts=PTS+{float(graph.late(source, source.audio_start)):.6f}/TB"
    filters = [*first, begins, "aresample=16000:async=1:first_pts=0:min_hard_comp=0.02", "apad"]
    convert(
        [
            *options(reading(source)),
            *("-vn", "-sn", "-dn", "-i", f"file:{workspace.video.name}", "-map", f"0:{source.audio_index}"),
            *("-af", ",".join(filters), "-ac", "1", "-t", f"{source.duration:.6f}", "-map_metadata", "-1"),
            *("-c:a", "pcm_s16le", "-bitexact", "-f", "wav", part.name),
        ],
        workspace.folder,
        wall=60 + source.duration,
    )


def _silent(path: Path) -> bool:
    """Whether no sample of a 16-bit WAV is above -40 dBFS, as what a lossy codec leaves of two that cancel out."""
    import numpy as np

    with wave.open(str(path)) as file:
        while block := file.readframes(1_000_000):
            if int(np.abs(np.frombuffer(block, "<i2").astype(np.int32)).max()) >= 328:
                return False
    return True


UNKNOWN = -40.0
"""dBFS of what was not heard: neither a pause nor speech, and no different from what is beside it."""


def levels_near(workspace: Workspace, spans: Sequence[tuple[float, float]]) -> NDArray[np.float32]:
    """dBFS of each 10 ms of the source within ``spans``, ``UNKNOWN`` elsewhere; only those seconds are read."""
    import numpy as np

    from tools.media.levels import decibels

    source = workspace.source
    found = np.full(int(source.duration * 100) + 1, UNKNOWN, np.float32)
    if workspace.parts is not None:
        workspace.parts.hear(spans)
    for at, heard in _spans(workspace.video, source, spans):
        first = max(0, round(at * 100))
        whole = heard[: len(heard) // 160 * 160].reshape(-1, 160)[: len(found) - first]
        found[first : first + len(whole)] = decibels(np.sqrt(np.mean(whole**2, axis=1)))
    return found


def _spans(path: Path, source: Source, spans: Sequence[tuple[float, float]]) -> Iterator[tuple[float, Sound]]:
    """When what is heard of each span begins, and its samples, 16 kHz mono."""
    import av
    import numpy as np

    with open_video(path, source.container) as file:
        stream = file.streams[source.audio_index]
        base = float(stream.time_base)
        for start, end in spans:
            seek(file, stream, max(0.0, start) + source.start)
            resampler, begins, heard = av.AudioResampler("flt", "mono", 16000), None, []
            with contextlib.suppress(av.error.FFmpegError):
                for frame in file.decode(stream):
                    at = frame.pts * base - source.start if frame.pts is not None else start
                    if at >= end:
                        break
                    begins = at if begins is None else begins
                    heard += [each.to_ndarray()[0] for each in resampler.resample(frame)]
            if heard and begins is not None:
                yield begins, np.concatenate(heard)


def clip_starts(source: Source, cut: CutList) -> list[Fraction]:
    """When each clip's first frame is shown, on the source's clock."""
    from tools.rendering import graph

    return [graph.first_time(source, clip, cut.fps) for clip in cut.clips]


def master(
    workspace: Workspace, source: Source, cut: CutList, music: str | None = None, ahead: Sequence[Fraction] = ()
) -> Sound:
    """The promo's sound: the clips' spans alone, faded at joins, matched, at its loudness; silence without a track.

    ``ahead`` are the clips' leads, where they are known.
    """
    import numpy as np

    from tools.rendering import graph, sound

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
    clips = [raw[first:last] for first, last in bounds]
    flows = [graph.runs_on(a, b) for a, b in zip(cut.clips, cut.clips[1:], strict=False)]
    fades = [
        (0.0 if before else rise, 0.0 if after else fall)
        for (rise, fall), before, after in zip(_fades(cut, workspace), [False, *flows], [*flows, False], strict=True)
    ]
    gains = _gains(cut, clips)
    for index, flow in enumerate(flows):
        if flow:
            gains[index + 1] = gains[index]
    voice = sound.join(clips, fades, gains)
    if music:
        voice = voice + sound.duck(_bed(workspace, music, float(cut.length)), voice)
    return sound.master(voice)


def _gains(cut: CutList, clips: Sequence[Sound]) -> list[float]:
    """dB to add to each clip; the stretches of one that was tightened (A, A2, A3) get the same."""
    import numpy as np

    from tools.rendering import sound

    labels = list(dict.fromkeys(clip.label[:1] for clip in cut.clips))
    whole = {
        label: np.concatenate([part for clip, part in zip(cut.clips, clips, strict=True) if clip.label[:1] == label])
        for label in labels
    }
    gains = dict(zip(labels, sound.match([sound.loudness(whole[label]) for label in labels]), strict=True))
    return [gains[clip.label[:1]] for clip in cut.clips]


def _fades(cut: CutList, workspace: Workspace) -> list[tuple[float, float]]:
    """Seconds to fade each clip in and out: within the pause before its first word and after its last."""
    from tools.rendering.sound import BRIEF, FADE

    spoken = workspace.transcript.words if workspace.transcript else ()
    found = []
    for clip in cut.clips:
        mine = [word for word in spoken if clip.start <= (word.start + word.end) / 2 < clip.end]
        rooms = (mine[0].start - clip.start, clip.end - mine[-1].end) if mine else (FADE, FADE)
        found.append((min(FADE, max(BRIEF, rooms[0])), min(FADE, max(BRIEF, rooms[1]))))
    return found


MUSIC_BYTES = 200_000_000
"""Most bytes of a file of music: half an hour as WAV."""


def check_music(path: Path) -> None:
    """Raises ``Refusal`` unless ``path`` is a file of music that can be played."""
    import av

    from tools.text import clean
    from tools.troubles import Refusal

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
    import numpy as np

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
    import numpy as np

    from tools.rendering import graph
    from tools.rendering import sound as sounds

    loud, peak, _ = played(promo, picture=False)
    if loud < sounds.QUIET or (abs(loud - sounds.TARGET) <= 0.5 and peak <= -1.1):
        return
    given = np.fromfile(sound, "<f4").reshape(-1, 2)
    ceiling = sounds.CEILING - max(0.0, peak + 1.3)
    better = sounds.master(given, sounds.TARGET + (sounds.TARGET - loud), ceiling)
    with temporary(folder, ".f32") as other, temporary(folder, ".mp4") as part:
        other.write_bytes(better.astype("<f4").tobytes())
        convert(graph.resound_arguments(promo.name, other.name, part.name), folder, wall=300)
        os.replace(part, promo)
