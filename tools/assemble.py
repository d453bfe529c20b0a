"""The tool ``assemble``: a plan becomes files, each decoded again and measured before it bears its name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from tools.brand import shelf
from tools.covers import sounding
from tools.covers.branded import Looks, bare, branded, wear
from tools.files.whole import fingerprint, temporary
from tools.finding import embed
from tools.media import audio, opening
from tools.picture import captioned, framing, opencaptions, second_look, viewer
from tools.ports import Bench
from tools.rendering import graph, placement, promo, reuse, timeline
from tools.rendering.audiogram import Scene
from tools.rendering.loudness import RATE
from tools.rendering.measured import certificate, measure
from tools.schema import (
    MEDIA_TYPES,
    SIZES,
    Artifact,
    Artifacts,
    Certificate,
    Check,
    Covers,
    CutList,
    Observation,
    Piece,
    Shape,
    Style,
    Translation,
)
from tools.text import clean, fence
from tools.words import cues, heard_again, translated
from tools.workspace import Workspace

MUSIC = "music.bin"
"""The name in the run folder of a person's own music, laid under the voice where ``Options.music`` is set."""


HEARD, FEWEST = 0.5, 8
"""Share of the captions' words that a recogniser hears again in the finished promo, and words below which a share tells nothing.
Of nine cuts of three real talks, 16 to 46 s long, Whisper tiny.en heard 0.86 to 1.0 again; other sound, another language or silence are below half."""

ANEW = 1
"""Times that another plan may be made in the place of one that was looked at."""


HEARD_AGAIN = 4000
"""Characters of what is heard in the view; the longest promo says fewer."""


class AssembleArgs(BaseModel):
    plan_id: str = Field(description="The plan that cut answered, for example P1")
    shapes: list[str] = Field(default=[], description="Some of the shapes of the request; empty for all of them")
    captions: str = Field(default="", description="clean, bold, karaoke or none; empty for the style of the request")


@tool("assemble", args_schema=AssembleArgs)
def assemble(plan_id: str, runtime: ToolRuntime[Bench], shapes: Sequence[str] = (), captions: str = "") -> str:
    """Make the promo of a plan in every shape asked, with captions and a timeline for an editor's program.

    Call it last, with the plan that you settled on.  It answers the files, what was measured in them, and what is heard
    in them again; a model that sees is shown stills of each clip in every shape, captions included, and of each join.
    Nothing else counts as made.  When a check fails, it says which; choose other edges or picks.  Once, and where it is
    worth it, another plan may be made in its place.
    """
    return view(make(runtime.context, plan_id, shapes or None, captions or None), runtime.context)


def make(bench: Bench, plan_id: str, shapes: Sequence[str] | None = None, captions: str | None = None) -> Artifacts:
    """The files of a plan, verified, in the run's ``out`` folder and in ``artifacts.json``.

    Raises ``ToolException`` with all that is wrong with the call, or with the checks that the files failed.
    """
    workspace = bench.workspace
    cut, wanted, style = check(bench, plan_id, shapes, captions)
    before = workspace.load("artifacts.json", Artifacts)
    earlier = _earlier(before, cut)
    name = f"render-{cut.id}-{'-'.join(wanted)}-{style}"
    tongues = _tongues(bench, cut)
    step = bench.steps.step(name, lambda: _files(bench, cut, wanted, style, name, tongues).model_dump(mode="json"))
    made = Artifacts.model_validate(step)
    if not all(_whole(bench, artifact) for artifact in made.artifacts):
        # The step is answered from a record, but the folder is another one.
        made = _files(bench, cut, wanted, style, name, tongues)
    fresh = {artifact.name for artifact in made.artifacts}
    kept: list[Artifact] = []
    for artifact in before.artifacts if before else ():
        if artifact.name in fresh:
            continue
        if before and before.plan == cut.id and _whole(bench, artifact):
            kept.append(artifact)
        else:
            (workspace.out / artifact.name).unlink(missing_ok=True)
    files = tuple(sorted((*kept, *made.artifacts), key=lambda each: each.name))
    made = made.model_copy(update={"artifacts": files, "earlier": earlier})
    workspace.save("artifacts.json", made)
    return made


def _earlier(before: Artifacts | None, cut: CutList) -> tuple[str, ...]:
    """The plans that were made before this one.  Raises ``ToolException`` where one was made anew already."""
    if before is None or before.plan == cut.id:
        return before.earlier if before else ()
    if len(before.earlier) >= ANEW:
        raise ToolException(
            f"Nothing was made of {cut.id}: a promo is made anew once, and {before.plan} is what was made. "
            "Stop here, and say in your last words what you leave."
        )
    return (*before.earlier, before.plan)


def check(
    bench: Bench, plan_id: str, shapes: Sequence[str] | None, captions: str | None
) -> tuple[CutList, list[Shape], Style]:
    """The plan, shapes and style that are meant; ``ToolException`` with every mistake of the call."""
    wrong: list[str] = []
    cut = bench.workspace.plan(plan_id)
    if cut is None:
        there = ", ".join(plan.id for plan in bench.workspace.plans())
        wrong.append(
            f"there is no plan {clean(plan_id, 20)!r}; " + (f"there are {there}" if there else "call cut first")
        )
    asked = list(dict.fromkeys(bench.brief.shapes if shapes is None else shapes))
    known = [shape for shape in SIZES if shape in asked]
    wrong += [f"{clean(s, 20)!r} is no shape; {', '.join(SIZES)} are" for s in asked if s not in SIZES]
    if foreign := [shape for shape in known if shape not in bench.brief.shapes]:
        wrong.append(f"{', '.join(foreign)} was not asked for; the request says {', '.join(bench.brief.shapes)}")
    if not asked:
        wrong.append(f"no shape was asked for; name some of {', '.join(SIZES)}")
    style = bench.brief.captions if captions is None else captions
    styles: tuple[Style, ...] = get_args(Style)
    found = next((each for each in styles if each == style), None)
    if found is None:
        wrong.append(f"{clean(style, 20)!r} is no style of captions; {', '.join(styles)} are")
    if wrong or cut is None or found is None:
        raise ToolException("Nothing was made:\n" + "\n".join(f"- {each}" for each in wrong))
    return cut, known, found


def _files(
    bench: Bench,
    cut: CutList,
    shapes: Sequence[Shape],
    style: Style,
    step: str,
    tongues: Mapping[str, Translation],
) -> Artifacts:
    """The promos of a plan, their captions, and the cut for an editor's program."""
    # Engines of this machine keep their models for the next question; the encoders need as much memory.
    embed.let_go()
    if not bench.workspace.source.has_video:
        return _of_sound(bench, cut, shapes, style, step, tongues)
    workspace, source = bench.workspace, bench.workspace.source
    # The clips are looked at closely here and not in a step of its own: the second look keeps what it saw beside the plan.
    observation = second_look.observe_clips(bench, cut)
    bench.engines.analyst.let_go()
    own = opencaptions.find(observation, workspace.transcript)
    floor = opencaptions.floor(own)
    ground = laid.brand.colours.ground if (laid := shelf.of_run(workspace)) else ""
    pieces: dict[Shape, tuple[Piece, ...]] = {
        shape: framing.of_cut(source, observation, cut, shape, floor, ground) for shape in shapes
    }
    avoid = {shape: captioned.kept_clear(cut, pieces[shape], observation, source, shape) for shape in shapes}
    worn = wear(bench.workspace, cut, pieces, observation, avoid)
    texts, burned = captioned.captions(workspace, cut, pieces, style, avoid, worn, tongues, bench.brief.options.styled)
    # Captions of the video's own are read by whoever knows its language; others are shown beside them.
    foreign = any(each.lines for each in tongues.values())
    doubled = [
        s
        for s in shapes
        if burned[s] and own and not foreign and all(opencaptions.whole(own, p.framing) for p in pieces[s])
    ]
    burned |= dict.fromkeys(doubled)
    looks = Looks(burned, branded(workspace, cut, burned, worn), worn)
    named = _named(bench, cut, pieces, looks)
    made, notes, heard = _promos(bench, cut, pieces, looks, named, step)
    made += _beside(bench, cut, texts)
    reuse.note(workspace, cut, named)
    before = workspace.observation or Observation()
    warnings = [warning for warning in observation.warnings if warning not in before.warnings]
    warnings += [*notes, *(told for each in tongues.values() for told in each.warnings)]
    if doubled:
        warnings.append(f"The video has captions of its own: {', '.join(doubled)} shows those and no others.")
    return Artifacts(plan=cut.id, artifacts=tuple(made), warnings=tuple(warnings), heard=heard)


def _tongues(bench: Bench, cut: CutList) -> dict[str, Translation]:
    """The captions in the languages that were asked; names of the brand's glossary stay as they are written."""
    if not bench.brief.options.tongues:
        return {}
    laid = shelf.of_run(bench.workspace)
    keep = [each.rpartition("=")[2] for each in laid.brand.words.glossary] if laid else []
    return translated.translate(bench, cut, cues.tracks(cut, bench.workspace.transcript), keep)


def _of_sound(
    bench: Bench, cut: CutList, shapes: Sequence[Shape], style: Style, step: str, tongues: Mapping[str, Translation]
) -> Artifacts:
    """The same of sound alone, whose picture is drawn."""
    seen = sounding.look(bench.workspace, cut, shapes)
    pieces: dict[Shape, tuple[Piece, ...]] = dict.fromkeys(shapes, ())
    avoid = {shape: seen.areas(shape) for shape in shapes}
    texts, burned = captioned.captions(
        bench.workspace, cut, pieces, style, avoid, seen.worn, tongues, bench.brief.options.styled
    )
    under = branded(bench.workspace, cut, burned, seen.worn)
    looks = Looks(burned, sounding.burned(bench.workspace, cut, seen, under), seen.worn)
    made, notes, heard = _promos(bench, cut, pieces, looks, {}, step, seen.scene)
    made += _beside(bench, cut, texts)
    return Artifacts(
        plan=cut.id,
        artifacts=tuple(made),
        warnings=(*seen.warnings, *notes, *(each for one in tongues.values() for each in one.warnings)),
        heard=heard,
    )


def _beside(bench: Bench, cut: CutList, texts: Mapping[str, str]) -> list[Artifact]:
    """The caption files ``texts`` by name, and the cut for an editor's program."""
    workspace = bench.workspace
    for name, text in texts.items():
        workspace.write(f"out/{name}", text.encode())
    cuts = timeline.export(cut, workspace.source, workspace.out, workspace.link)
    return [_artifact(bench, name) for name in (*texts, *(path.name for path in cuts))]


def _promos(
    bench: Bench,
    cut: CutList,
    pieces: dict[Shape, tuple[Piece, ...]],
    looks: Looks,
    named: dict[Shape, list[str]],
    step: str,
    scene: Scene | None = None,
) -> tuple[list[Artifact], tuple[str, ...], str]:
    """Render, measure, certify, and only then move under the final names; what was heard that should not be, or was not; and all that was heard."""
    workspace, shapes = bench.workspace, list(pieces)
    staged = {shape: workspace.folder / f"promo-{cut.id}-{shape}.mp4" for shape in shapes}
    clear = {s: workspace.folder / f"promo-{cut.id}-{s}-clean.mp4" for s in shapes if bench.brief.options.clean}
    music = MUSIC if bench.brief.options.music and (workspace.folder / MUSIC).is_file() else None
    cards = bare(workspace, cut, looks.worn, shapes) if clear else {}

    def render(
        these: Sequence[Shape], low: float, high: float, known: dict[Shape, list[reuse.Stretch | None]]
    ) -> dict[Shape, tuple[Certificate, float]]:
        promo.render(
            workspace,
            workspace.source,
            cut,
            pieces,
            looks.burned,
            {shape: staged[shape] for shape in these},
            lambda share: bench.steps.progress(step, low + (high - low) * share, ", ".join(these)),
            clean={shape: clear[shape] for shape in these if shape in clear},
            music=music,
            known=known,
            dress=looks.worn.dress if looks.worn else None,
            bare=cards,
            scene=scene,
        )
        return {shape: _certified(workspace, staged[shape], cut, shape) for shape in these}

    try:
        told = render(shapes, 0.05, 0.85, reuse.found(workspace, named))
        if failed := [shape for shape in shapes if not told[shape][0].passed]:
            told |= render(failed, 0.85, 0.95, {})
        check, notes, heard = _heard_again(bench, cut, staged[shapes[0]])
        told = {s: (Certificate(checks=(*c.checks, *check)), length) for s, (c, length) in told.items()}
        if wrong := [
            f"{s}: {c.name} is {c.value}, the limit is {c.limit}" for s in shapes for c in told[s][0].failures
        ]:
            raise ToolException(
                f"Nothing was made of {cut.id}, for what was rendered twice fails its checks:\n"
                + "\n".join(f"- {each}" for each in wrong)
            )
        made: list[Artifact] = []
        for shape, (certificate, length) in told.items():
            wave = scene.layouts[shape].wave if scene else None
            seen = viewer.certificate(workspace, staged[shape], cut, shape, pieces[shape], looks.captions[shape], wave)
            if looks.worn:
                seen = Certificate(checks=(*seen.checks, looks.worn.check(shape)))
            os.replace(staged[shape], workspace.out / f"promo_{shape}.mp4")
            made.append(_artifact(bench, f"promo_{shape}.mp4", length, certificate, seen))
            if shape in clear:
                os.replace(clear[shape], workspace.out / f"promo_{shape}_clean.mp4")
                made.append(_artifact(bench, f"promo_{shape}_clean.mp4", length))
        return made, notes, heard
    except opening.Unreadable as error:
        raise ToolException(f"Nothing was made of {cut.id}: {error}. Cut another plan, from other moments.") from error
    finally:
        for path in (*staged.values(), *clear.values()):
            path.unlink(missing_ok=True)


def _named(bench: Bench, cut: CutList, pieces: dict[Shape, tuple[Piece, ...]], looks: Looks) -> dict[Shape, list[str]]:
    burned, worn = looks.burned.items(), looks.worn
    texts = {shape: (bench.workspace.folder / name).read_text("utf-8") if name else None for shape, name in burned}
    track = cues.tracks(cut, bench.workspace.transcript)
    marks = {shape: worn.mark(shape) for shape in pieces} if worn else {}
    return reuse.keys(bench.workspace.source, cut, pieces, track, texts, marks)


def _certified(workspace: Workspace, path: Path, cut: CutList, shape: Shape) -> tuple[Certificate, float]:
    spoken = cues.tracks(cut, workspace.transcript).words
    measured = measure(path, graph.joins(cut), _originals(workspace, cut), spoken)
    return certificate(measured, cut, shape), measured.video_duration


def _heard_again(bench: Bench, cut: CutList, promo: Path) -> tuple[tuple[Check, ...], tuple[str, ...], str]:
    """The check of what a recogniser hears in a finished promo, notes, and its words; nothing where none is at hand.  All shapes sound alike."""
    track = cues.tracks(cut, bench.workspace.transcript)
    if len(track.words) < FEWEST:
        return (), (), ""
    with temporary(bench.workspace.folder, ".wav") as sound:
        audio.of_promo(promo, sound)
        words = bench.engines.transcriber.again(sound, track.language)
    if not words:  # no recogniser for this language, or one that hears nothing in it: the words were given
        return (), (), ""
    share, notes = heard_again.compare(track, words)
    return (
        (Check(name="heard again", value=share, limit=f"≥ {HEARD:g} of the words", passed=share >= HEARD),),
        notes,
        " ".join(word.text for word in words),
    )


def _originals(workspace: Workspace, cut: CutList) -> list[NDArray[np.float32]]:
    """What the source plays in each clip, with a little on either side; none where it has no sound."""
    if not workspace.audio.exists():
        return []
    rate, found = cut.fps, []
    for clip, (first, last) in zip(cut.clips, graph.sample_bounds(cut), strict=True):
        begin = float(clip.first_frame / rate) - placement.REACH
        length = 2 * placement.REACH + (last - first) / RATE
        found.append(placement.stretch(workspace.audio, begin, begin + length))
    return found


def _artifact(
    bench: Bench,
    name: str,
    duration: float | None = None,
    certificate: Certificate | None = None,
    seen: Certificate | None = None,
) -> Artifact:
    path = bench.workspace.out / name
    return Artifact(
        name=name,
        sha256=fingerprint(path),
        bytes=path.stat().st_size,
        media_type=MEDIA_TYPES[path.suffix],
        duration=round(duration, 6) if duration is not None else None,
        certificate=certificate,
        viewer=seen,
    )


def _whole(bench: Bench, artifact: Artifact) -> bool:
    """Whether the file is there with the bytes that were verified."""
    path = bench.workspace.out / artifact.name
    return path.is_file() and path.stat().st_size == artifact.bytes and fingerprint(path) == artifact.sha256


def view(made: Artifacts, bench: Bench) -> str:
    """The files and what was measured, what a viewer may object to, and what is heard, for a model to read."""
    lines, beside = [f"Made of {made.plan}:"], []
    for artifact in made.artifacts:
        if not artifact.certificate:
            beside.append(artifact.name)
            continue
        values = {check.name: check.value for check in artifact.certificate.checks}
        passed = sum(check.passed for check in artifact.certificate.checks)
        lines.append(
            f"{artifact.name} | {artifact.bytes / 1e6:.1f} MB | {artifact.duration:.2f} s | {values['size']} | {values['loudness']:.1f} LUFS, peak {values['true peak']:.1f} dBTP | {passed} of {len(values)} checks passed"
        )
        lines += [
            f"  a viewer may object: {one.name}, {one.value}" for one in (artifact.viewer or Certificate()).failures
        ]
    lines += [f"beside them: {', '.join(beside)}"] if beside else []
    lines += [f"note: {clean(warning, 300)}" for warning in made.warnings]
    lines += _of_another(made, bench)
    if made.heard:
        lines += ["Heard again in the finished sound:", fence(clean(made.heard, HEARD_AGAIN), "promo")]
    return "\n".join(lines)


def _of_another(made: Artifacts, bench: Bench) -> list[str]:
    """What is not of this plan though it will be published with it."""
    covers = bench.workspace.load("covers.json", Covers)
    if covers is None or covers.plan == made.plan:
        return []
    return [f"The words and the cover are still of {covers.plan}: call write and cover with {made.plan}."]
