"""A promo of clips from all over a talk, beside the decoding and encoding of those seconds alone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from benchmarks import material

THREE = "16x9,9x16,1x1"


def desk(video: Path, minutes: int, seconds: float, shapes: Sequence[Any], captions: str) -> Any:
    """A bench whose run has listened, looked and planned ``P1``: ``seconds`` from six clips."""
    from agent.steps import Plain
    from tools import media
    from tools.ports import Bench, Engines
    from tools.schema import Brief, Observation, Shot
    from tools.workspace import Workspace

    workspace = Workspace(Path(tempfile.mkdtemp(prefix="hookline-bench-")))
    workspace.video.symlink_to(video)
    source = media.probe(video, video.name)
    workspace.save("source.json", source)
    workspace.save("transcript.json", spoken(material.starts(minutes, seconds), seconds / material.CLIPS))
    workspace.save("observation.json", Observation(shots=(Shot(id="V1", start=0.0, end=source.duration),)))
    workspace.save("plan-P1.json", plan(minutes, seconds))
    engines = Engines(transcriber=None, analyst=cast(Any, Unseeing()), copywriter=None, store=None)  # type: ignore[arg-type]
    brief = Brief(run="r", video=video.name, target=seconds, shapes=tuple(shapes), captions=cast(Any, captions))
    return Bench(brief=brief, workspace=workspace, engines=engines, steps=Plain())


class Unseeing:
    """Sees nothing, at once: what the engines cost is measured with the whole run."""

    engine, price = "none", 0.0

    def analyse(self, frames: Any, workspace: Any, steps: Any) -> Any:
        return tuple(frames)


def plan(minutes: int, seconds: float, name: str = "P1", without: int | None = None, words: bool = True) -> Any:
    """The cut; ``without`` is the number of a clip that is left out."""
    from tools.schema import Clip, CutList

    frames = round(seconds / material.CLIPS * material.RATE)
    firsts = [round(at * material.RATE) for at in material.starts(minutes, seconds)]
    clips = tuple(
        Clip(
            label="ABCDEF"[n],
            ids=(f"S{n + 1}",),
            role="proof",
            reason="measured",
            start=first / material.RATE,
            end=(first + frames) / material.RATE,
            first_frame=first,
            frames=frames,
        )
        for n, first in enumerate(firsts)
        if n != without
    )
    length = len(clips) * frames / material.RATE
    return CutList(id=name, target=length, length=length, rate=f"{material.RATE}/1", clips=clips)


def spoken(starts: Sequence[float], each: float) -> Any:
    """Three words a second in every clip."""
    from tools.schema import Sentence, Transcript, Word

    said = []
    for number, start in enumerate(starts):
        words = tuple(
            Word(start=start + 0.1 + n / 3, end=start + 0.35 + n / 3, text=f"word{n}") for n in range(int(3 * each) - 1)
        )
        said.append(
            Sentence(
                id=f"S{number + 1}",
                start=words[0].start,
                end=words[-1].end,
                text=" ".join(word.text for word in words),
                words=words,
            )
        )
    return Transcript(sentences=tuple(said))


def hookline(minutes: str, seconds: str, shapes: str, captions: str) -> Callable[[], object]:
    """The tool ``assemble`` whole, but for the engine that looks at the clips: sound, framing, captions, one pass, measured checks."""
    from tools import assemble

    bench = desk(material.talk(int(minutes)), int(minutes), float(seconds), shapes.split(","), captions)

    def work() -> None:
        try:
            made = assemble.make(bench, "P1")
            assert len([a for a in made.artifacts if a.name.endswith(".mp4")]) == len(shapes.split(","))
        finally:
            shutil.rmtree(bench.workspace.folder)

    return work


def revised(minutes: str, seconds: str, shapes: str, captions: str, what: str) -> Callable[[], object]:
    """The tool ``assemble`` whole for a revision: ``drop`` leaves the third clip out, ``words`` mends a word of its captions."""
    from dataclasses import replace

    from agent.again import Kept, seed
    from tools import assemble
    from tools.workspace import Workspace

    bench = desk(material.talk(int(minutes)), int(minutes), float(seconds), shapes.split(","), captions)
    first = bench.workspace
    assemble.make(bench, "P1")
    folder = Path(tempfile.mkdtemp(prefix="hookline-bench-"))
    seed(first.folder, folder, first.plan("P1"), Kept(False, (), False, ()))
    workspace = Workspace(folder)
    for name in ("source.json", "observation.json"):
        workspace.write(name, (first.folder / name).read_bytes())
    said = first.transcript
    if what == "words":
        third = said.sentences[2]
        mended = third.words[0].model_copy(update={"text": "mended"})
        third = third.model_copy(update={"words": (mended, *third.words[1:])})
        said = said.model_copy(update={"sentences": (*said.sentences[:2], third, *said.sentences[3:])})
    workspace.save("transcript.json", said)
    cut = plan(int(minutes), float(seconds), without=2 if what == "drop" else None)
    workspace.save("plan-P1.json", cut)
    again = replace(bench, workspace=workspace)

    def work() -> None:
        try:
            made = assemble.make(again, "P1")
            assert len([a for a in made.artifacts if a.name.endswith(".mp4")]) == len(shapes.split(","))
        finally:
            shutil.rmtree(folder)
            shutil.rmtree(first.folder)

    return work


def rendered(minutes: str, seconds: str, shapes: str, captions: str) -> Callable[[], object]:
    """Sound, framing, captions and encoding, without the decoding of what came out for its checks."""
    from tools import assemble, closeup, framing, media

    names = cast(Any, shapes.split(","))
    bench = desk(material.talk(int(minutes)), int(minutes), float(seconds), names, captions)
    source, cut = bench.workspace.source, bench.workspace.plan("P1")

    def work() -> None:
        seen = closeup.observe_clips(bench, cut)
        pieces = {
            shape: tuple(p for clip in cut.clips for p in framing.pieces(source, seen, clip, Fraction(cut.rate), shape))
            for shape in names
        }
        _, burned = assemble._captions(bench, cut, names, cast(Any, captions), pieces, seen, source)
        out = {shape: bench.workspace.folder / f"{shape}.mp4" for shape in names}
        media.render(bench.workspace, source, cut, pieces, burned, out)
        shutil.rmtree(bench.workspace.folder)

    return work


def floor(seconds: str, shapes: str) -> Callable[[], object]:
    """Those seconds lying ready in a file of their own: decoded once, each shape scaled and encoded as Hookline does, no effects."""
    import subprocess

    from tools import media, render
    from tools.schema import SIZES

    names = shapes.split(",")
    given = material.alone(float(seconds))
    encoding: list[str] = []
    for name, value in render._encoding(Fraction(material.RATE), media.threads()).items():
        key = {"format": "f", "vcodec": "c:v", "acodec": "c:a", "audio_bitrate": "b:a"}.get(name, name)
        encoding += [f"-{key}", str(value)]
    folder = Path(tempfile.mkdtemp(prefix="hookline-bench-"))
    parts = [f"[0:v]split={len(names)}" + "".join(f"[s{n}]" for n in range(len(names)))]
    for n, name in enumerate(names):
        wide, tall = SIZES[cast(Any, name)]
        crop = f"crop='min(iw,ih*{wide}/{tall})':'min(ih,iw*{tall}/{wide})'," if (wide, tall) != (1920, 1080) else ""
        parts.append(f"[s{n}]{crop}scale={wide}:{tall}[v{n}]" if crop else f"[s{n}]null[v{n}]")
    outputs = [
        word
        for n, name in enumerate(names)
        for word in ("-map", f"[v{n}]", "-map", "0:a:0", *encoding, str(folder / f"{name}.mp4"))
    ]
    argv = [media.ffmpeg(), "-v", "error", "-nostdin", "-y", "-threads", str(media.threads()), "-i", str(given)]

    def work() -> None:
        subprocess.run([*argv, "-filter_complex", ";".join(parts), *outputs], check=True, timeout=900)
        shutil.rmtree(folder)

    return work
