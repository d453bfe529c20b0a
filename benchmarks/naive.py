"""``python -m benchmarks.naive [VIDEO=SECONDS …] [--out FILE]``: what each mechanism of a cut repairs, from the naive one up.

The same sentences are cut five ways, each with one thing more than the way before: times from sentence text rounded to
seconds, an encode a clip, concat; the plan's edges; one process that picks frames and samples by number; fades and
levels; loudness.  A clip with numbered frames, flashes and beeps comes first, then the videos.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks import heard
from benchmarks.whole import whole_run
from tools.media import audio, facts, opening, process
from tools.media.starts import first_time
from tools.picture import framing
from tools.ports import Bench, Engines
from tools.rendering import graph, mix
from tools.rendering.loudness import loudness
from tools.rendering.measured import measure
from tools.rendering.promo import render
from tools.schema import Brief, CutList, Pick, Piece, Sentence, Source, Transcript, Word
from tools.workspace import Workspace

RATE = 48_000
BITS, BLOCK = 12, 12
"""A frame's number stands at its top: so many blocks, so many pixels wide."""
WAYS = ("rounded seconds, -ss -t, concat", "+ edges", "+ frames by number", "+ fades, levels", "+ loudness")


@dataclass(frozen=True)
class Job:
    """A plan to cut five ways.  ``numbered``: the frames carry their numbers."""

    name: str
    workspace: Workspace
    cut: CutList
    numbered: bool = False

    @property
    def source(self) -> Source:
        return self.workspace.source

    @property
    def transcript(self) -> Transcript:
        found = self.workspace.transcript
        assert found is not None
        return found


# --- what is cut ----------------------------------------------------------------------------------------------------


def flashing(folder: Path) -> Job:
    """Twelve sentences of 2.2 s, each louder or quieter than the one before, over numbered frames; a flash with a beep a second."""
    from agent.steps.recorded import Plain
    from tools.cutting.plan import plan

    rate, seconds = Fraction(30_000, 1001), 40
    told = Transcript(sentences=tuple(_sentence(n) for n in range(12)))
    tone = np.zeros(seconds * RATE)
    for number, sentence in enumerate(told.sentences):
        for word in sentence.words:
            span = np.arange(round((word.end - word.start) * RATE))
            low = round(word.start * RATE)
            tone[low : low + len(span)] = (
                0.1 * 10 ** ((-9, 0, 6)[number % 3] / 20) * np.sin(2 * np.pi * 220 * span / RATE)
            )
    frames, every = round(seconds * rate), round(rate)
    for n in range(every // 2, frames, every):
        at = round(n / rate * RATE)
        tone[at : at + RATE // 20] = 0.6 * np.sin(2 * np.pi * 1000 * np.arange(RATE // 20) / RATE)[: len(tone) - at]
    workspace = Workspace(folder)
    with wave.open(str(folder / "beeps.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x90", "-r", str(rate), "-i", "pipe:0"]
    coded = ["-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", "-g", "120", "-c:a", "aac", "-f", "mp4"]
    _ffmpeg(
        [*raw, "-i", "beeps.wav", *coded, "source.bin"],
        folder,
        b"".join(_numbered(n, n % every == every // 2).tobytes() for n in range(frames)),
    )
    workspace.save("source.json", facts.probe(workspace.video, "numbered.mp4"))
    workspace.save("transcript.json", told)
    audio.extract(workspace)
    bench = Bench(
        brief=Brief(run="r", video="numbered.mp4", target=12.0, shapes=("16x9",), options={"opening": "any"}),
        workspace=workspace,
        engines=Engines(transcriber=None, analyst=None, copywriter=None, store=None),  # type: ignore[arg-type]
        steps=Plain(),
    )
    roles = (("S8", "hook"), ("S2", "proof"), ("S6", "proof"), ("S9", "proof"), ("S11", "close"))
    return Job("numbered frames", workspace, plan(bench, [Pick(ids=(i,), role=r, reason="x") for i, r in roles]), True)


def _sentence(number: int) -> Sentence:
    at = 0.47 + 3.13 * number
    words = tuple(
        Word(start=at + 0.37 * k, end=at + 0.37 * k + 0.34, text=text)
        for k, text in enumerate(("Nothing", "here", "is", "said", "in", "vain."))
    )
    return Sentence(id=f"S{number + 1}", start=at, end=words[-1].end, text=f"Number {number}.", words=words)


def _numbered(number: int, flash: bool) -> np.ndarray:
    image = np.full((90, 160), 255 if flash else 60, np.uint8)
    for bit in range(BITS):
        image[:24, bit * BLOCK : (bit + 1) * BLOCK] = 235 if number >> bit & 1 else 20
    return image


def talking(video: Path, seconds: float, home: Path) -> Job:
    """What a run cut of a video."""
    found = whole_run(video, f"make a {seconds:g}s promo in 16:9", str(home))
    if not found["outcome"] or not found["outcome"]["cut"]:
        raise SystemExit(f"{video.name}: {found['last']}")
    folder = next(home.glob("runs/*/source.json")).parent
    return Job(video.name, Workspace(folder), CutList.model_validate(found["outcome"]["cut"]))


# --- five ways ------------------------------------------------------------------------------------------------------


def rounded(job: Job) -> CutList:
    """The plan with each clip from and to whole seconds, as text with times shows them."""
    rate = job.cut.fps
    by_id = {sentence.id: sentence for sentence in job.transcript.sentences}
    clips = []
    for clip in job.cut.clips:
        spoken = [by_id[name] for name in clip.ids if name in by_id]
        low, high = (spoken[0].start, spoken[-1].end) if spoken else (clip.start, clip.end)
        start, end = round(low), max(round(high), round(low) + 1)
        first = round(start * rate)
        clips.append(
            clip.model_copy(
                update={"start": start, "end": end, "first_frame": first, "frames": round(end * rate) - first}
            )
        )
    return job.cut.model_copy(update={"clips": tuple(clips)})


def _by_concat(job: Job, cut: CutList, out: Path) -> None:
    """An encode a clip by ``-ss`` and ``-t``, then the concat demuxer."""
    folder, names = job.workspace.folder, []
    for clip in cut.clips:
        names.append(f"naive-{clip.label}.mp4")
        times = ["-ss", f"{clip.start:.3f}", "-t", f"{clip.end - clip.start:.3f}", "-i", "source.bin"]
        coded = [
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            "-ar",
            str(RATE),
            "-ac",
            "2",
        ]
        _ffmpeg([*times, *coded, names[-1]], folder)
    (folder / "naive.txt").write_text("".join(f"file '{name}'\n" for name in names))
    _ffmpeg(["-f", "concat", "-i", "naive.txt", "-c", "copy", str(out)], folder)


def _by_number(job: Job, cut: CutList, out: Path, fades: bool) -> None:
    """One process for the picture, samples cut by number; with ``fades``, also faded and matched."""
    workspace, source, rate = job.workspace, job.source, cut.fps
    starts = [first_time(source, clip, rate) for clip in cut.clips]
    ahead = opening.leads(workspace.video, source, starts)
    process.convert(
        graph.sound_arguments(source, opening.VIDEO, opening.reading(source), cut, "raw.f32", ahead),
        workspace.folder,
        300,
    )
    raw = np.fromfile(workspace.folder / "raw.f32", "<f4").reshape(-1, 2)
    if fades:
        parts = [raw[first:last] for first, last in graph.sample_bounds(cut)]
        gains = mix.match([loudness(part) for part in parts])
        raw = mix.join(parts, [(mix.FADE, mix.FADE)] * len(parts), gains)
    raw.astype("<f4").tofile(workspace.folder / "raw.f32")
    observation = workspace.observation
    pieces: tuple[Piece, ...] = tuple(
        p for clip in cut.clips for p in framing.pieces(source, observation, clip, rate, "16x9")
    )
    promo = graph.Promo("16x9", "numbered.mp4", None)
    arguments = graph.picture_arguments(
        source, opening.VIDEO, opening.reading(source), cut, {"16x9": pieces}, [promo], "raw.f32", "fonts", leads=ahead
    )
    process.convert(arguments, workspace.folder, 600)
    (workspace.folder / "numbered.mp4").replace(out)


def _whole(job: Job, out: Path) -> None:
    """As Hookline makes it, without captions."""
    rate, source = job.cut.fps, job.source
    pieces = tuple(
        p for clip in job.cut.clips for p in framing.pieces(source, job.workspace.observation, clip, rate, "16x9")
    )
    render(job.workspace, source, job.cut, {"16x9": pieces}, {"16x9": None}, {"16x9": out})


def ways(job: Job, folder: Path) -> Iterator[tuple[str, CutList, Path]]:
    """Each way's name, what it means to play, and the file."""
    naive = rounded(job)
    files = [folder / f"{n}.mp4" for n in range(len(WAYS))]
    _by_concat(job, naive, files[0])
    _by_concat(job, job.cut, files[1])
    _by_number(job, job.cut, files[2], fades=False)
    _by_number(job, job.cut, files[3], fades=True)
    _whole(job, files[4])
    yield from zip(WAYS, (naive, *[job.cut] * 4), files, strict=True)


# --- what came of it ------------------------------------------------------------------------------------------------


def measured(job: Job, cut: CutList, path: Path) -> dict[str, Any]:
    """What a file is worth."""
    made = measure(path, graph.joins(cut))
    told: dict[str, Any] = {
        "length off, s": round(abs(made.video_duration - cut.target), 2),
        "edges in a word": _in_words(job, cut),
        "wrong frames": _wrong(path, cut) if job.numbered else "–",
        "drift, ms": round(
            _apart(path) * 1000 if job.numbered else 1000 * abs(made.audio_duration - made.video_duration), 1
        ),
        "click": round(made.click, 2),
        "clips apart, LU": _spread(path, cut),
        "off −14 LUFS": round(abs(made.loudness + 14), 1),
        "dBTP": round(made.true_peak, 1),
    }
    if not job.numbered:
        promo, source = heard.samples(path), heard.samples(job.workspace.video)
        found = heard.edges(promo, source, cut, job.transcript.language)
        told["edge words lost"] = f"{len(found['lost'])} of {found['edges']}" if found else "–"
    else:
        told["edge words lost"] = "–"
    return told


def _in_words(job: Job, cut: CutList) -> int:
    slack = float(1 / cut.fps) / 2 + 1e-3
    edges = [edge for clip in cut.clips for edge in (clip.start, clip.end)]
    return sum(any(w.start + slack < edge < w.end - slack for w in job.transcript.words) for edge in edges)


def _wrong(path: Path, cut: CutList) -> int:
    """Frames too many, too few or other than meant."""
    wanted = [n for clip in cut.clips for n in range(clip.first_frame, clip.first_frame + clip.frames)]
    return int(Levenshtein.distance(wanted, [number for _, number, _ in _frames(path)]))


def _frames(path: Path) -> list[tuple[float, int, bool]]:
    """Time, number and whether it flashes, of each frame."""
    found = []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            image = frame.reformat(width=160, height=90, format="gray").to_ndarray()
            bits = [image[6:18, b * BLOCK + 3 : (b + 1) * BLOCK - 3].mean() > 128 for b in range(BITS)]
            found.append(
                (float(frame.time), sum(1 << b for b, on in enumerate(bits) if on), bool(image[40:].mean() > 200))
            )
    return found


def _apart(path: Path) -> float:
    """The most seconds from a flash to its beep."""
    frames = _frames(path)
    seen = [at for (at, _, now), (_, _, before) in zip(frames[1:], frames, strict=False) if now and not before]
    with av.open(str(path)) as file:
        parts = [(float(frame.time), frame.to_ndarray()[0], frame.sample_rate) for frame in file.decode(audio=0)]
    times = np.concatenate([at + np.arange(len(part)) / rate for at, part, rate in parts])
    loud = np.abs(np.concatenate([part for _, part, _ in parts]))
    hits = times[loud > 0.5 * loud.max()]
    begins = hits[np.flatnonzero(np.diff(hits, prepend=-1.0) > 0.25)]
    apart = [float(min(np.abs(begins - at))) for at in seen]
    return max((each for each in apart if each < 0.1), default=0.0)


def _spread(path: Path, cut: CutList) -> float:
    """Loudness units between the loudest and the quietest clip."""
    with av.open(str(path)) as file:
        heard_ = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1).T.astype(np.float32)
    loud = [loudness(heard_[low:high]) for low, high in graph.sample_bounds(cut)]
    return round(max(loud) - min(loud), 1)


def table(rows: Sequence[tuple[str, str, dict[str, Any]]]) -> str:
    """The rows as Markdown."""
    names = list(rows[0][2])
    lines = [f"| what | how | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    for at, (job, way, told) in enumerate(rows):
        name = job if not at or rows[at - 1][0] != job else ""
        lines.append(f"| {name} | {way} | {' | '.join(str(told[each]) for each in names)} |")
    return "\n".join(lines)


def _ffmpeg(arguments: Sequence[str], folder: Path, data: bytes | None = None) -> None:
    argv = [process.ffmpeg(), "-v", "error", "-y", *arguments]
    subprocess.run(argv, cwd=folder, input=data, check=True, timeout=600)


def main() -> None:
    ask = argparse.ArgumentParser(prog="benchmarks.naive", description=__doc__)
    ask.add_argument("videos", nargs="*", metavar="VIDEO=SECONDS")
    ask.add_argument("--out", type=Path, help="also write the table here")
    asked = ask.parse_args()
    rows: list[tuple[str, str, dict[str, Any]]] = []
    for what in ("", *asked.videos):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            name, _, seconds = what.partition("=")
            job = talking(Path(name), float(seconds), home) if what else flashing(home / "run")
            for way, cut, path in ways(job, home):
                rows.append((job.name, way, measured(job, cut, path)))
                print(table(rows[-1:]).splitlines()[-1], flush=True)
    print(table(rows))
    if asked.out:
        asked.out.write_text(table(rows) + "\n")


if __name__ == "__main__":
    main()
