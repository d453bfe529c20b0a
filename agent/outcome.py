"""How a run ends: judged by the files that were made, published, or failed."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

from agent.budget import Budget
from agent.studio import Studio
from tools.schema import MEDIA_TYPES, Artifact, Artifacts, Brief, Copies, Copy, Covers, Outcome, Status
from tools.text import clean
from tools.troubles import NotReady
from tools.workspace import Workspace

log = logging.getLogger("hookline")
_NEAREST = re.compile(r"nearest[^\n]*", re.IGNORECASE)


def made(workspace: Workspace) -> Artifacts | None:
    """The files that were made and verified; None where there are none."""
    files = workspace.load("artifacts.json", Artifacts)
    return files if files and files.artifacts else None


def judge(brief: Brief, workspace: Workspace, said: str, warnings: list[str]) -> Outcome:
    """The status that the verified files support, whatever the model says."""
    files = made(workspace)
    if files is None:
        nearest = _NEAREST.search(said)
        reason = said.removeprefix("Nothing to make: ") or "The model ended without a cut."
        return Outcome(
            run=brief.run,
            status="nothing to make",
            reason=reason,
            understood=brief.understood,
            offer=nearest[0] if nearest else "",
            warnings=(*brief.options.left, *warnings),
        )
    warnings[:0] = brief.options.left
    cut = workspace.plan(files.plan)
    covers = workspace.load("covers.json", Covers)
    copies = workspace.load("copies.json", Copies)
    transcript = workspace.transcript
    warnings += transcript.warnings if transcript else ()
    warnings += _of_copies(copies.copies if copies else ())
    warnings += [f"Clip {clip.label}: {flag}" for clip in (cut.clips if cut else ()) for flag in clip.flags]
    if observation := workspace.observation:
        warnings += observation.warnings
    warnings += files.warnings
    missing = [
        what
        for what, there in (("cover", covers and covers.covers), ("hooks and tags", copies and copies.copies))
        if not there
    ]
    warnings += [f"No {what} was made." for what in missing]
    status: Status = "done with warnings" if warnings else "done"
    return Outcome(
        run=brief.run,
        status=status,
        understood=brief.understood,
        cut=cut,
        artifacts=files.artifacts,
        covers=covers.covers if covers else (),
        copies=copies.copies if copies else (),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _of_copies(copies: tuple[Copy, ...]) -> list[str]:
    """What was wrong with the words, each once, before the platforms that it is true of."""
    told: dict[str, list[str]] = {}
    for copy in copies:
        for warning in copy.warnings:
            told.setdefault(warning, []).append(copy.platform)
    return [f"{', '.join(platforms)}: {warning}" for warning, platforms in told.items()]


def publish(brief: Brief, studio: Studio, workspace: Workspace, outcome: Outcome) -> Outcome:
    """Put the run's files into the outbox, the Outcome itself last: who reads ``run.json`` finds everything it names."""
    if outcome.cut is not None and studio.report is not None:
        workspace.write("out/report.html", studio.report(outcome, workspace, studio.records).encode("utf-8", "replace"))
    known = {artifact.name: artifact for artifact in outcome.artifacts}
    published: list[Artifact] = []
    for path in sorted(workspace.out.iterdir()):
        if path.name == "run.json" or path.name.startswith("."):
            continue
        kind = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
        sha = studio.engines.store.put(f"{place(brief)}/{path.name}", path, kind)
        before = known.get(path.name)
        published.append(
            before.model_copy(update={"sha256": sha})
            if before
            else Artifact(name=path.name, sha256=sha, bytes=path.stat().st_size, media_type=kind)
        )
    outcome = outcome.model_copy(update={"artifacts": tuple(published)})
    path = workspace.write("out/run.json", outcome.model_dump_json(indent=1).encode())
    studio.engines.store.put(f"{place(brief)}/run.json", path, "application/json")
    return outcome


def place(brief: Brief) -> str:
    """The run's folder in the outbox: the video's cleaned name, then the run's id."""
    stem = re.sub(r"[/\\:]", "-", clean(Path(brief.video).stem, 80, max_bytes=200).strip(" ./\\")) or "video"
    return f"{stem}/{brief.run}"


def failure(brief: Brief, error: Exception, began: float, budget: Budget) -> Outcome:
    log.error("run failed", extra={"run": brief.run, "error": type(error).__name__})
    what = str(error) if isinstance(error, NotReady) else f"{type(error).__name__}: {error}"
    return Outcome(
        run=brief.run,
        status="failed",
        reason=clean(what, 1000),
        dollars=budget.spent_dollars,
        seconds=round(time.monotonic() - began, 3),
    )
