"""Signs the promos of a run: what was done, by which program or model, out of the run's own record and files."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from agent.studio import Studio
from tools.brand import shelf
from tools.ports import Json, Signer, Steps
from tools.provenance import credentials
from tools.provenance.credentials import action
from tools.schema import Artifact, Brief, Copies, Outcome
from tools.text import clean
from tools.troubles import NotReady, Refusal
from tools.words.languages import name as called
from tools.workspace import Workspace

FOLDER = "signed"
"""In a run folder: the promos as they are published."""
QUOTES = "extractive"
"""The writer that quotes and is no model."""


def sign_promos(brief: Brief, studio: Studio, workspace: Workspace, steps: Steps, outcome: Outcome) -> Outcome:
    """The outcome after its promos were signed, where there is a key; what could not be signed is published as it is, with a warning."""
    promos = [each for each in outcome.artifacts if each.name.endswith(".mp4")]
    signer = studio.signer
    if signer is None or not promos:
        told = "The promo is not signed, as the one before it was: give --sign KEY, or set HOOKLINE_SIGN."
        return _warned(outcome, told) if brief.options.sign and promos else outcome
    answer = steps.step("sign", lambda: _signed(brief, studio, workspace, outcome, promos, signer))
    if not answer["failed"] and not all((workspace.folder / FOLDER / each.name).is_file() for each in promos):
        answer = _signed(
            brief, studio, workspace, outcome, promos, signer
        )  # from a record, but the folder is another one
    return _warned(outcome, f"The promo is not signed: {answer['failed']}") if answer["failed"] else outcome


def _warned(outcome: Outcome, told: str) -> Outcome:
    return outcome.model_copy(update={"warnings": (*outcome.warnings, told), "status": "done with warnings"})


def _signed(
    brief: Brief, studio: Studio, workspace: Workspace, outcome: Outcome, promos: list[Artifact], signer: Signer
) -> Json:
    done = list(actions(brief, studio, workspace, outcome))
    source = clean(brief.video, 200), workspace.video if workspace.parts is None else None
    (workspace.folder / FOLDER).mkdir(exist_ok=True)
    try:
        for each in promos:
            into = workspace.folder / FOLDER / each.name
            of_this = [*done, *_of_shape(each.name), action("c2pa.transcoded", "Encoded as H.264 and AAC", _us())]
            credentials.sign(workspace.out / each.name, into, each.name, of_this, source, signer, _version())
    except (Refusal, NotReady) as error:
        for each in promos:
            (workspace.folder / FOLDER / each.name).unlink(missing_ok=True)
        return {"failed": clean(error, 400)}
    return {"failed": ""}


def as_published(workspace: Workspace, path: Path) -> Path:
    """The signed copy of a file that is published, or the file itself where there is none."""
    signed = workspace.folder / FOLDER / path.name
    return signed if signed.is_file() else path


def actions(brief: Brief, studio: Studio, workspace: Workspace, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """What was done to make a run's promos, in order, without what is of one shape alone."""
    rows = studio.records.decisions(brief.run)
    chose = next((row["model_id"] for row in rows if row["kind"] == "model" and row["model_id"]), studio.model_id)
    cut_at = next((row["seq"] for row in reversed(rows) if row["name"] == "cut"), 0)
    for clip in outcome.cut.clips if outcome.cut else ():
        yield action(
            "c2pa.trimmed",
            f"Clip {clip.label}: {clip.start:.2f} to {clip.end:.2f} s of the source, {', '.join(clip.ids)}",
            chose,
            parameters={"org.hookline.run": brief.run, "org.hookline.decision": cut_at},
        )
    yield from _words(brief, studio, workspace, outcome)
    if laid := shelf.of_run(workspace):
        yield action("c2pa.edited", f"Logo, lower third and end card of {laid.brand.name}", _us())
    if brief.options.music:
        yield action("c2pa.edited", "Music laid under the voice", _us())
    if brief.options.tighten:
        yield action("c2pa.edited", "Pauses and fillers taken out", _us())


def _words(brief: Brief, studio: Studio, workspace: Workspace, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Captions, translations and lines that were written, each with the engine that did it."""
    names = outcome.engines or studio.names
    if brief.captions != "none" and workspace.transcript is not None:
        heard = workspace.transcript.engine or names.get("transcriber", "")
        yield action("c2pa.edited", "Captions of what is said, burned in", heard)
    for tongue in brief.options.tongues:
        if any(f".{tongue}." in each.name for each in outcome.artifacts):
            yield action(
                "c2pa.translated", f"Captions translated into {called(tongue)}", names.get("translator", ""), model=True,
                parameters={"sourceLanguage": _spoken(workspace), "targetLanguage": tongue},
            )  # fmt: skip
    copies = workspace.load("copies.json", Copies) or Copies()
    for writer in sorted({copy.written_by for copy in copies.copies if copy.written_by}):
        model = QUOTES not in writer
        said = (
            "Title, hooks and description written by a model"
            if model
            else "Title, hooks and description quoted from what is said"
        )
        yield action("c2pa.edited.metadata", said, writer, model=model)


def _spoken(workspace: Workspace) -> str:
    return workspace.transcript.language if workspace.transcript else ""


def _of_shape(name: str) -> Iterator[dict[str, Any]]:
    shape = next((each for each in ("16x9", "9x16", "1x1") if each in name), "")
    yield action("c2pa.cropped", f"Framed for {shape.replace('x', ':')}", _us())


def _us() -> str:
    return f"Hookline {_version()}"


def _version() -> str:
    try:
        return version("hookline")
    except PackageNotFoundError:
        return "0"
