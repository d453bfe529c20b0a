"""A promo of clips from all over a talk, beside the decoding and encoding of those seconds alone."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from benchmarks import material
from benchmarks.pairs import timed
from tools.media import facts, process
from tools.ports import Bench, Engines, FrameAnalyst, Transcriber
from tools.schema import SIZES, Brief, Clip, CutList, Observation, Sentence, Shot, Transcript, Word
from tools.workspace import Workspace

THREE = "16x9,9x16,1x1"


def desk(video: Path, minutes: int, seconds: float, shapes: Sequence[Any], captions: str) -> Any:
    """A bench whose run has listened, looked and planned ``P1``: ``seconds`` from six clips."""
    from agent.steps.recorded import Plain

    workspace = Workspace(Path(tempfile.mkdtemp(prefix="hookline-bench-")))
    workspace.video.symlink_to(video)
    source = facts.probe(video, video.name)
    workspace.save("source.json", source)
    workspace.save("transcript.json", spoken(material.starts(minutes, seconds), seconds / material.CLIPS))
    workspace.save("observation.json", Observation(shots=(Shot(id="V1", start=0.0, end=source.duration),)))
    workspace.save("plan-P1.json", plan(minutes, seconds))
    engines = Engines(transcriber=Deaf(), analyst=cast(Any, Unseeing()), copywriter=None, store=None)  # type: ignore[arg-type]
    brief = Brief(run="r", video=video.name, target=seconds, shapes=tuple(shapes), captions=cast(Any, captions))
    return Bench(brief=brief, workspace=workspace, engines=engines, steps=Plain())


class Deaf(Transcriber):
    """Hears nothing again: what that costs is measured apart."""

    engine = "deaf"

    def transcribe(self, source: Any, workspace: Any, steps: Any, language: str | None = None) -> Any:
        raise AssertionError("the words are there")


class Unseeing(FrameAnalyst):
    """Sees nothing, at once: what the engines cost is measured with the whole run."""

    engine = "none"

    def analyse(self, frames: Any, workspace: Any, steps: Any) -> Any:
        return tuple(frames)


def plan(minutes: int, seconds: float, name: str = "P1", without: int | None = None, words: bool = True) -> Any:
    """The cut; ``without`` is the number of a clip that is left out."""

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


def hookline(
    minutes: str, seconds: str, shapes: str, captions: str, *changes: str
) -> dict[str, Callable[[], dict[str, dict[str, float]] | None]]:
    """The tool ``assemble`` whole, but for the engine that looks at the clips: sound, framing, captions, one pass, measured checks.

    "pass" is the part of it that decodes, frames, captions and encodes.  After it the revisions ``changes``: "drop" leaves
    the third clip out, "words" mends a word of its captions.
    """
    bench = desk(material.talk(int(minutes)), int(minutes), float(seconds), shapes.split(","), captions)
    atexit.register(shutil.rmtree, bench.workspace.folder, ignore_errors=True)
    passes = _clocked()

    def first() -> dict[str, dict[str, float]]:
        _made(bench)
        return {"pass": passes[0]}

    def again(change: str) -> Callable[[], None]:
        return lambda: _made(revised(bench, int(minutes), float(seconds), change))

    return {"": first, **{change: again(change) for change in changes}}


def _made(bench: Any) -> None:
    from tools import assemble

    made = assemble.make(bench, "P1")
    assert len([a for a in made.artifacts if a.name.endswith(".mp4")]) == len(bench.brief.shapes)


def _clocked() -> list[dict[str, float]]:
    """What each pass over the clips costs from now on."""
    from tools.rendering import promo

    found: list[dict[str, float]] = []
    encoded = promo._encoded

    def watched(*given: Any) -> None:
        found.append(timed(lambda: encoded(*given)))

    promo._encoded = watched
    return found


def revised(bench: Any, minutes: int, seconds: float, change: str) -> Any:
    """A bench in a new folder for a revision of what ``bench`` made."""
    from dataclasses import replace

    from agent.revising.carried_over import Kept, seed

    first = bench.workspace
    folder = Path(tempfile.mkdtemp(prefix="hookline-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    seed(first.folder, folder, first.plan("P1"), Kept(False, (), False, ()))
    workspace = Workspace(folder)
    for name in ("source.json", "observation.json"):
        workspace.write(name, (first.folder / name).read_bytes())
    said = first.transcript
    if change == "words":
        third = said.sentences[2]
        mended = third.words[0].model_copy(update={"text": "mended"})
        third = third.model_copy(update={"words": (mended, *third.words[1:])})
        said = said.model_copy(update={"sentences": (*said.sentences[:2], third, *said.sentences[3:])})
    workspace.save("transcript.json", said)
    workspace.save("plan-P1.json", plan(minutes, seconds, without=2 if change == "drop" else None))
    return replace(bench, workspace=workspace)


def coding(settings: Mapping[str, Any]) -> list[str]:
    """ffmpeg's arguments of what Hookline gives to ffmpeg-python."""
    names = {"format": "f", "vcodec": "c:v", "acodec": "c:a", "audio_bitrate": "b:a"}
    return [word for name, value in settings.items() for word in (f"-{names.get(name, name)}", str(value))]


def floor(seconds: str, shapes: str) -> Callable[[], object]:
    """Those seconds lying ready in a file of their own: decoded once, each shape scaled and encoded as Hookline does, no effects."""
    import subprocess

    from tools.rendering import graph

    names = shapes.split(",")
    given = material.alone(float(seconds))
    encoding = coding(graph.encoding(Fraction(material.RATE), process.threads(len(names))))
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
    argv = [process.ffmpeg(), "-v", "error", "-nostdin", "-y", "-threads", str(process.threads(2)), "-i", str(given)]

    def work() -> None:
        subprocess.run([*argv, "-filter_complex", ";".join(parts), *outputs], check=True, timeout=900)
        shutil.rmtree(folder)

    return work
