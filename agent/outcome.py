"""How a run ends: judged by the files that were made, published, or failed."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from typing import Any

from agent.budget import Budget
from agent.signing import as_published
from agent.studio import Studio
from tools.brand import shelf
from tools.cutting import revised as revising
from tools.cutting import warned
from tools.picture.blank import no_picture
from tools.schema import (
    MEDIA_TYPES,
    Artifact,
    Artifacts,
    Brief,
    Copies,
    Copy,
    Cover,
    Covers,
    CutList,
    Highlights,
    Misheards,
    Outcome,
    Status,
    Transcript,
)
from tools.text import clean, safe_words
from tools.troubles import NotReady
from tools.words.labels import labelled, labels
from tools.workspace import Workspace

log = logging.getLogger("hookline")
SAID = 1200
"""Characters of a model's last words that are told."""
_AUDIOGRAM = re.compile("“[^”]*audiogram", re.IGNORECASE)
DECLINED = "Nothing to make:"
"""How a model begins its last words where it holds that nothing good can be made; the planner does not make it over its head."""
_NEAREST = re.compile(r"nearest[^\n]*", re.IGNORECASE)


def made(workspace: Workspace) -> Artifacts | None:
    """The files that were made and verified; None where there are none."""
    files = workspace.load("artifacts.json", Artifacts)
    return files if files and files.artifacts else None


def judge(brief: Brief, workspace: Workspace, said: str, warnings: list[str], words: str = "") -> Outcome:
    """The status that the verified files support, whatever the model says; ``words`` are a language model's last ones, told as its own."""
    if brief.options.highlights:
        return _proposed(brief, workspace, said, warnings)
    files = made(workspace)
    heard = workspace.load("misheard.json", Misheards)
    told: dict[str, Any] = {
        "said": safe_words(clean(words, SAID), brief.wish),
        "misheard": heard.misheard if heard else (),
        "brand": laid.model_dump(mode="json") if (laid := shelf.of_run(workspace)) else None,
    }
    if files is None:
        nearest = _NEAREST.search(said)
        reason = said.removeprefix(DECLINED).strip() or "The model ended without a cut."
        return Outcome(
            run=brief.run,
            status="nothing to make",
            reason=reason,
            understood=brief.understood,
            offer=nearest[0] if nearest else "",
            warnings=(*brief.options.left, *warnings),
            **told | {"said": "" if words == said else told["said"]},
        )
    cut = workspace.plan(files.plan)
    transcript = workspace.transcript
    warnings[:0] = _left(brief, workspace)
    if cut and (revised := brief.options.revised):
        warnings[:0] = revising.told(revised, cut, transcript)
    covers = workspace.load("covers.json", Covers)
    copies = workspace.load("copies.json", Copies)
    warnings += warned.told(cut) if cut else ()
    warnings += transcript.warnings if transcript else ()
    warnings += _of_copies(copies.copies if copies else ())
    if observation := workspace.observation:
        warnings += observation.warnings
    if cut and len(no_picture(workspace.observation, cut.clips)) == len(cut.clips):
        warnings.append("The promo shows no picture: its clips are one colour throughout.")
    warnings += files.warnings
    warnings += covers.warnings if covers else ()
    warnings += _of_viewers(files.artifacts)
    warnings += _labelled(transcript, cut, copies.copies if copies else (), covers.covers if covers else ())
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
        **told,
    )


def _left(brief: Brief, workspace: Workspace) -> list[str]:
    """What was asked and is not done: an audiogram is, of sound alone."""
    drawn = not workspace.source.has_video
    return [each for each in brief.options.left if not (drawn and _AUDIOGRAM.match(each))]


def _proposed(brief: Brief, workspace: Workspace, said: str, warnings: list[str]) -> Outcome:
    """The end of a run that proposes moments and renders none."""
    sheet = workspace.load("highlights.json", Highlights)
    if sheet is None or not sheet.highlights:
        reason = said.removeprefix(DECLINED).strip() or "Nothing was proposed."
        left = (*brief.options.left, *warnings)
        return Outcome(
            run=brief.run, status="nothing to make", reason=reason, understood=brief.understood, warnings=left
        )
    warnings[:0] = brief.options.left
    warnings += workspace.transcript.warnings if workspace.transcript else ()
    warnings += [sheet.short] if sheet.short else []
    status: Status = "done with warnings" if warnings else "done"
    told = tuple(dict.fromkeys(warnings))
    return Outcome(
        run=brief.run, status=status, understood=brief.understood, highlights=sheet.highlights, warnings=told
    )


def _of_copies(copies: tuple[Copy, ...]) -> list[str]:
    """What was wrong with the words, each once, before the platforms that it is true of."""
    told: dict[str, list[str]] = {}
    for copy in copies:
        for warning in copy.warnings:
            told.setdefault(warning, []).append(copy.platform)
    return [f"{', '.join(platforms)}: {warning}" for warning, platforms in told.items()]


def _of_viewers(artifacts: tuple[Artifact, ...]) -> list[str]:
    """What a viewer would object to, each once, before the files that it is true of."""
    told: dict[str, list[str]] = {}
    for artifact in artifacts:
        for check in artifact.viewer.failures if artifact.viewer else ():
            told.setdefault(f"{check.name}: {check.value} ({check.limit} is right)", []).append(artifact.name)
    return [f"{', '.join(names)}: {what}" for what, names in told.items()]


def _labelled(
    transcript: Transcript | None, cut: CutList | None, copies: tuple[Copy, ...], covers: tuple[Cover, ...]
) -> list[str]:
    """Whose name stands as a label in captions, words or covers."""
    names = labels(transcript)
    if not names or transcript is None or cut is None:
        return []
    played = {name for clip in cut.clips for name in clip.ids}
    places = {
        "the captions": [each.text for each in transcript.sentences if each.id in played],
        "the words for posts": [line.text for copy in copies for line in copy.lines],
        "a cover": [cover.hook for cover in covers if cover.hook],
    }
    found = [where for where, texts in places.items() if labelled(texts, names)]
    label = ", ".join(sorted(names))
    return [f"A speaker's label ({clean(label, 120)}) stands in {' and '.join(found)}."] if found else []


def publish(brief: Brief, studio: Studio, workspace: Workspace, outcome: Outcome) -> Outcome:
    """Put the run's files into the outbox, the Outcome itself last: who reads ``run.json`` finds everything it names."""
    if (outcome.cut is not None or outcome.highlights) and studio.report is not None:
        workspace.write("out/report.html", studio.report(outcome, workspace, studio.records).encode("utf-8", "replace"))
    known = {artifact.name: artifact for artifact in outcome.artifacts}
    published: list[Artifact] = []
    for path in sorted(workspace.out.iterdir()):
        if path.name == "run.json" or path.name.startswith("."):
            continue
        kind = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
        shown = as_published(workspace, path)
        sha = studio.engines.store.put(f"{place(brief)}/{path.name}", shown, kind)
        before = known.get(path.name)
        published.append(
            before.model_copy(update={"sha256": sha, "bytes": shown.stat().st_size})
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
