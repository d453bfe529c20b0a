"""The promo: one pass over the clips for all shapes; clips that were rendered before are copied."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from tools.files.whole import temporary, whole
from tools.media.opening import VIDEO, Unreadable, bring, leads, reading
from tools.media.process import ProcessFailed, Progress, convert, give_back, threads
from tools.media.starts import clip_starts
from tools.rendering import audiogram, fonts, graph, reuse
from tools.rendering.branding import Dress
from tools.rendering.soundtrack import correct, master
from tools.schema import CutList, Piece, Shape, Source
from tools.workspace import Workspace


def render(
    workspace: Workspace,
    source: Source,
    cut: CutList,
    pieces: Mapping[Shape, Sequence[Piece]],
    subtitles: Mapping[Shape, str | None],
    out: Mapping[Shape, Path],
    progress: Progress | None = None,
    *,
    clean: Mapping[Shape, Path] | None = None,
    music: str | None = None,
    known: Mapping[Shape, Sequence[reuse.Stretch | None]] | None = None,
    dress: Dress | None = None,
    bare: Mapping[Shape, str | None] | None = None,
    scene: audiogram.Scene | None = None,
) -> None:
    """Make the promo in every shape of ``out``; each file appears whole under its name, or not at all.

    ``subtitles`` are names of .ass files in the run folder, None for no captions.  ``clean`` are further files without
    them.  ``music`` is the name of a sound file in the run folder to lay under the voice.  ``known`` are clips that were
    rendered before: their packets are copied, and only the others are encoded.  ``dress`` is what a brand lays over it, ``bare``
    the .ass files of what it writes on a master without captions.  ``scene`` is what is drawn where the source is sound alone.
    """
    wanted = [(shape, subtitles.get(shape), path) for shape, path in out.items()]
    wanted += [(shape, (bare or {}).get(shape), path) for shape, path in (clean or {}).items()]
    fresh = _fresh(cut, known) if known and not clean else None
    ahead = leads(workspace.video, source, clip_starts(source, cut))
    with contextlib.ExitStack() as stack:
        parts = [stack.enter_context(whole(path, workspace.folder)) for _, _, path in wanted]
        sound = stack.enter_context(temporary(workspace.folder, ".f32"))
        played = master(workspace, source, cut, music, ahead)
        sound.write_bytes(played.astype("<f4").tobytes())
        wave = stack.enter_context(temporary(workspace.folder, ".mkv")) if scene else None
        if wave:
            audiogram.draw(played, cut.fps, cut.frames, wave)
        files = [graph.Promo(shape, part.name, burned) for (shape, burned, _), part in zip(wanted, parts, strict=True)]
        job = _Job(workspace, source, cut, pieces, files, sound, ahead, progress, dress, scene, wave)
        if fresh is None or not known or not _reuse(job, fresh, known):
            _encode(job)
        for part in parts:
            if part.stat().st_size == 0:
                raise ProcessFailed("ffmpeg ended well but wrote nothing")
            if not _shows(part):
                raise Unreadable("no picture can be read in one of these clips: the video is damaged there")
            correct(part, sound, workspace.folder)


@dataclass(frozen=True)
class _Job:
    """What is encoded from what."""

    workspace: Workspace
    source: Source
    cut: CutList
    pieces: Mapping[Shape, Sequence[Piece]]
    promos: Sequence[graph.Promo]
    sound: Path
    ahead: Sequence[Fraction]
    """The clips' leads."""
    progress: Progress | None
    dress: Dress | None = None
    scene: audiogram.Scene | None = None
    wave: Path | None = None


def _encode(job: _Job) -> None:
    """The one pass over the clips."""
    workspace, cut, count = job.workspace, job.cut, len(job.promos)
    if any(promo.subtitles for promo in job.promos):
        fonts.copy_manrope(workspace.folder / fonts.FOLDER)
    arguments = _drawn(job) if job.scene else _decoded(job)
    give_back()
    wall = 120 + 40 * float(cut.length) * max(1, count)
    filters = ["-filter_complex_threads", str(threads(2))]
    convert([*filters, *arguments], workspace.folder, wall, total=float(cut.length), progress=job.progress)


def _drawn(job: _Job) -> list[str]:
    """The arguments for sound alone."""
    assert job.scene
    assert job.wave
    count, sound = len(job.promos), job.sound.name
    return audiogram.picture_arguments(
        job.scene, job.wave.name, job.cut, job.promos, sound, fonts.FOLDER, threads(count), job.dress
    )


def _decoded(job: _Job) -> list[str]:
    """The arguments for a source that has a picture."""
    source, cut = job.source, job.cut
    bring(job.workspace, cut, clip_starts(source, cut), job.ahead)
    return graph.picture_arguments(
        source,
        VIDEO,
        reading(source),
        cut,
        job.pieces,
        job.promos,
        job.sound.name,
        fonts.FOLDER,
        threads(len(job.promos)),
        # Beside at least one encoder.
        threads(2),
        job.ahead,
        job.dress,
    )


def _fresh(cut: CutList, known: Mapping[Shape, Sequence[reuse.Stretch | None]]) -> list[int] | None:
    """Numbers of the clips that are to be encoded in some shape; None where that is all of them."""
    found = [n for n in range(len(cut.clips)) if any(each[n] is None for each in known.values())]
    return found if len(found) < len(cut.clips) else None


def _reuse(job: _Job, fresh: Sequence[int], known: Mapping[Shape, Sequence[reuse.Stretch | None]]) -> bool:
    """Encode the clips ``fresh`` and lay them and copies of the others together; False where they do not fit together."""
    folder, cut = job.workspace.folder, job.cut
    with contextlib.ExitStack() as stack:
        new = {promo.shape: stack.enter_context(temporary(folder, ".mp4")) for promo in job.promos}
        if fresh or cut.card:  # a card is drawn anew each time: it costs next to nothing
            _encode(_part(job, fresh, new, stack))
        for promo in job.promos:
            stretches, done = [], 0
            for number, clip in enumerate(cut.clips):
                before = known[promo.shape][number]
                if number in fresh or before is None:
                    stretches.append((new[promo.shape], done, clip.frames))
                    done += clip.frames
                else:
                    stretches.append((folder / before.file, before.first, before.frames))
            if cut.card:
                stretches.append((new[promo.shape], done, cut.card))
            joined = stack.enter_context(temporary(folder, ".mp4"))
            if not laid(stretches, cut.fps, joined):
                return False
            convert(graph.resound_arguments(joined.name, job.sound.name, promo.out), folder, wall=300)
    return True


def _part(job: _Job, numbers: Sequence[int], new: Mapping[Shape, Path], stack: contextlib.ExitStack) -> _Job:
    """The same of the clips ``numbers`` alone, into the files ``new``, without sound: that is laid under the whole afterwards."""
    folder, cut = job.workspace.folder, job.cut
    clips = tuple(cut.clips[n] for n in numbers)
    length = (sum(clip.frames for clip in clips) + cut.card) / cut.fps
    shown = []
    for promo in job.promos:
        captions = None
        if promo.subtitles:
            text = (folder / promo.subtitles).read_text("utf-8")
            captions = stack.enter_context(temporary(folder, ".ass"))
            captions.write_text(reuse.moved(text, cut, numbers), "utf-8")
        shown.append(graph.Promo(promo.shape, new[promo.shape].name, captions.name if captions else None))
    quiet = stack.enter_context(temporary(folder, ".f32"))
    quiet.write_bytes(b"\0" * (8 * round(length * graph.SAMPLES)))
    return replace(
        job,
        cut=cut.model_copy(update={"clips": clips, "length": float(length)}),
        promos=shown,
        sound=quiet,
        ahead=[job.ahead[n] for n in numbers],
    )


def laid(stretches: Sequence[tuple[Path, int, int]], rate: Fraction, into: Path) -> bool:
    """Packets of promos of ours, each (file, first frame, frames), one after another; False where one can't follow another."""
    import av

    with av.open(str(into), "w", format="mp4") as out:
        stream, head, done = None, None, 0
        for path, first, count in stretches:
            with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
                video = file.streams.video[0]
                head = head or video.codec_context.extradata
                if video.codec_context.extradata != head:
                    return False
                stream = stream or out.add_stream_from_template(video)
                packets = _stretch(file, video, rate, first, count)
                if packets is None:
                    return False
                by = round((done - first) / rate / Fraction(video.time_base or 1))
                for packet in packets:
                    packet.pts, packet.dts = packet.pts + by, packet.dts + by
                    packet.stream = stream
                    out.mux(packet)
            done += count
    return True


def _stretch(file: Any, video: Any, rate: Fraction, first: int, count: int) -> list[Any] | None:
    """The packets of ``count`` frames from ``first`` in order of decoding; None unless they stand on their own."""
    origin = video.start_time or 0
    found = []
    file.seek(origin + round(first / rate / video.time_base), stream=video, backward=True)
    for packet in file.demux(video):
        if packet.pts is None or packet.dts is None:
            continue
        number = round((packet.pts - origin) * video.time_base * rate)
        if number >= first + count and packet.is_keyframe:
            break
        if number >= first:
            found.append(packet)
            if len(found) == 1 and not (packet.is_keyframe and number == first):
                return None
    numbers = sorted(round((packet.pts - origin) * video.time_base * rate) for packet in found)
    return found if numbers == list(range(first, first + count)) else None


def _shows(path: Path) -> bool:
    import av

    with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
        return len(file.streams.video) > 0
