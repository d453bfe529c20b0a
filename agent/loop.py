"""run(brief, studio, fetch) -> Outcome: the one loop behind every door."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.budget import Budget, CapReached, Truncated
from agent.quote import price
from agent.records import Claim, OverBudget, Records
from agent.steps import Recorded
from prompts import load
from tools import media
from tools.ports import Bench, Engines, NotReady, Refusal, Steps
from tools.schema import Artifact, Artifacts, Brief, Copies, Copy, Covers, Outcome, Source, Status
from tools.text import clean
from tools.workspace import Workspace

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.ledger import Ledger
    from agent.notices import Webhook

log = logging.getLogger("hookline")
STEPS = 4
"""Of LangGraph's own count for each model call: the call and its tools, with room; the budget ends a run, and not this."""
MARGIN, LEAST = 2.0, 0.25
"""How many times its quote a run may cost, within the cap of all runs; and dollars that any may."""
_NEAREST = re.compile(r"nearest[^\n]*", re.IGNORECASE)

Progress = Callable[[str, float, str], None]
"""Called with a step's name, its share done from 0 to 1, and a note."""


def _silent(name: str, share: float, note: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Studio:
    """Where runs happen: engines, the model, the record, the folder for run folders, and the outbox's look."""

    engines: Engines
    model: BaseChatModel
    model_id: str
    records: Records
    home: Path
    budget: Callable[[], Budget] = Budget
    daily: float = math.inf
    """Dollars that all runs of a day (UTC) may spend together; infinite where nothing costs, or where another sets them aside."""
    report: Callable[[Outcome, Workspace, Records], str] | None = None
    """The HTML page of a finished run; a door passes ``web.report``."""
    progress: Progress = _silent
    steps: Callable[[Records, Claim, Progress], Steps] = Recorded
    open: Callable[[Path], Workspace] = Workspace
    """Opens the run's folder; one that may have been left behind in another sandbox fetches the video anew."""
    began: Callable[[], float] = time.monotonic
    """When the run began, by this process's monotonic clock; before the process did, for a run that goes on from another."""
    keep: bool = True
    """Keep the run folder after the run, so that a revision need not look and listen again."""
    recall: Callable[[Path], bool] = lambda folder: (folder / "source.bin").is_file()
    """Whether the folder of a run that has ended is there to be revised; where folders are kept elsewhere, it is fetched."""
    notices: Webhook | None = None
    """Who is told of each run's end, last of all."""
    lineage: dict[str, Any] = field(default_factory=dict)
    """For the record: the run that this one revises, the conversation and the version's number in it."""
    names: dict[str, str] = field(default_factory=dict)
    """Engines by name, for the record."""


def run(brief: Brief, studio: Studio, fetch: Callable[[Path], None]) -> Outcome:
    """Carry a brief to an honest end.  ``fetch`` puts the video's bytes at the path that it is given.

    A run of this brief that has ended is answered from the record; one that was killed goes on from its last step.
    Every error is recorded as the run's end and raised again, except what the brief's author can mend: that is an Outcome.
    Raises ``OverBudget`` where the day's dollars are gone; the run has not begun then, and that is not one of its attempts.
    """
    claim = studio.records.claim(brief, **studio.lineage)
    if claim.outcome is not None:
        return claim.outcome
    budget = studio.budget()
    with _set_aside(studio, claim, budget):
        return _begun(brief, studio, claim, budget, fetch)


@contextlib.contextmanager
def _set_aside(studio: Studio, claim: Claim, budget: Budget) -> Iterator[None]:
    """Hold the run's dollars against the day's before one of them is spent; what is left over goes back, however it ends."""
    if math.isinf(studio.daily):
        yield
        return
    try:
        reserved = studio.records.reserve("local", min(budget.dollars, studio.daily), studio.daily, claim)
    except OverBudget as spent:
        studio.records.hold_back(claim, str(spent))
        raise
    try:
        yield
    finally:
        studio.records.settle(reserved, budget.spent_dollars)


def _begun(brief: Brief, studio: Studio, claim: Claim, budget: Budget, fetch: Callable[[Path], None]) -> Outcome:
    """The run of a claim, to its end in the record."""
    began = studio.began()
    workspace = studio.open(studio.home / brief.run)
    steps = studio.steps(studio.records, claim, studio.progress)
    budget.spend(float(brief.options.get("read", {}).get("dollars", 0.0)))
    try:
        try:
            outcome = _carry(brief, studio, claim, workspace, steps, budget, fetch)
        except Refusal as refusal:
            outcome = Outcome(run=brief.run, status="refused", reason=str(refusal))
        spent = {
            "seconds": round(time.monotonic() - began, 3),
            "dollars": round(budget.spent_dollars, 6),
            "engines": studio.names,
        }
        ended = outcome.model_copy(update=spent).model_dump(mode="json")
        # Recorded, so that a run killed while it publishes publishes the same bytes again.
        outcome = _publish(brief, studio, workspace, Outcome.model_validate(steps.step("outcome", lambda: ended)))
    except Exception as error:
        _end(brief, studio, claim, _failed(brief, error, began, budget))
        raise
    _end(brief, studio, claim, outcome)
    if not studio.keep:
        shutil.rmtree(workspace.folder, ignore_errors=True)
    return outcome


def _end(brief: Brief, studio: Studio, claim: Claim, outcome: Outcome) -> None:
    """Record the end and tell it: laid down before it is recorded, so that a process killed in between leaves it to the next."""
    if studio.notices is not None:
        studio.notices.keep(brief, outcome, place(brief))
    studio.records.finish(claim, outcome)
    if studio.notices is not None:
        studio.notices.deliver()


def _carry(
    brief: Brief,
    studio: Studio,
    claim: Claim,
    workspace: Workspace,
    steps: Steps,
    budget: Budget,
    fetch: Callable[[Path], None],
) -> Outcome:
    def intake() -> dict[str, Any]:
        if not workspace.video.exists():
            part = workspace.folder / ".part-source"
            part.unlink(missing_ok=True)
            fetch(part)
            if not workspace.video.exists():  # a revision's fetch links it there, last of all
                os.replace(
                    part, workspace.video
                )  # whole or not at all: half of it would be refused as damaged, for good
        return media.probe(
            workspace.video, brief.video, workspace.parts.identity if workspace.parts else ""
        ).model_dump()

    source = Source.model_validate(steps.step("intake", intake))
    workspace.save("source.json", source)
    _trim(studio, claim, budget, source)
    # Slow to import, and of no use to a video that is refused.
    from agent.ledger import Ledger
    from agent.planner import Planner
    from tools.find import speaks_of

    bench = Bench(brief=brief, workspace=workspace, engines=studio.engines, steps=steps)
    ledger = Ledger(studio.records, claim, steps, budget, studio.model_id)
    warnings: list[str] = []
    said = ""
    try:
        said = _converse(studio.model, ledger, bench, source)
    except (CapReached, Truncated) as cut_short:
        warnings.append(f"The model did not finish: {cut_short}.")
    if not _made(workspace) and not isinstance(studio.model, Planner):
        warnings.append("The embedded planner finished the run in the model's place.")
        studio.progress("plan", 0.0, "the embedded planner takes over")
        spare = Ledger(studio.records, claim, steps, Budget(), "hookline-planner", first=ledger.seq)
        try:
            said = _converse(Planner(), spare, bench, source)
        finally:
            budget.spend(spare.budget.spent_dollars)
    if not speaks_of(bench, brief.topic):
        warnings.append(
            f"Nothing that is said was found to be about “{clean(brief.topic, 120)}”; the promo is of what comes nearest."
        )
    return _judge(brief, workspace, said, warnings)


def _trim(studio: Studio, claim: Claim, budget: Budget, source: Source) -> None:
    """Bind the run to a share of the day that its quote fills by half at most, and give back what was set aside beyond that."""
    if told := price(studio.engines, studio.model_id, source.duration):
        budget.dollars = min(budget.dollars, max(LEAST, MARGIN * told) + budget.spent_dollars)
        studio.records.trim(claim, budget.dollars)


def _converse(model: BaseChatModel, ledger: Ledger, bench: Bench, source: Source) -> str:
    """The model's last words, after it has called what tools it would."""
    from langchain.agents import create_agent
    from langchain_core.messages import AIMessage

    from agent.sight import sight
    from tools import TOOLS

    prompt = load("editor").fill(target=f"{bench.brief.target:g}")
    agent: Any = create_agent(
        model, TOOLS, system_prompt=prompt, middleware=[ledger, *sight(model)], context_schema=Bench
    )
    state = agent.invoke(
        {"messages": [("user", _request(bench.brief, source))]},
        context=bench,
        config={"max_concurrency": 1, "recursion_limit": STEPS * (ledger.budget.model_calls + 2)},
    )
    last = state["messages"][-1]
    return last.text if isinstance(last, AIMessage) else ""


def _request(brief: Brief, source: Source) -> str:
    """What the model is told of the request: numbers and the wish; no place, name or path."""
    asked = {
        "wish": clean(brief.wish, 2000),
        "topic": clean(brief.topic, 400),
        "target": brief.target,
        "shapes": list(brief.shapes),
        "platforms": list(brief.platforms),
        "captions": brief.captions,
        **{name: brief.options[name] for name in ("parts", "tone") if brief.options.get(name)},
        "video": {
            "seconds": round(source.duration, 1),
            "width": source.width,
            "height": source.height,
            "sound": source.has_audio,
        },
    }
    return "The request, as data:\n" + json.dumps(asked, ensure_ascii=False)


def _made(workspace: Workspace) -> Artifacts | None:
    made = workspace.load("artifacts.json", Artifacts)
    return made if made and made.artifacts else None


def _judge(brief: Brief, workspace: Workspace, said: str, warnings: list[str]) -> Outcome:
    """The status that the verified files support, whatever the model says."""
    made = _made(workspace)
    if made is None:
        nearest = _NEAREST.search(said)
        reason = said.removeprefix("Nothing to make: ") or "The model ended without a cut."
        return Outcome(
            run=brief.run,
            status="nothing to make",
            reason=reason,
            offer=nearest[0] if nearest else "",
            warnings=tuple(warnings),
        )
    cut = workspace.plan(made.plan)
    covers = workspace.load("covers.json", Covers)
    copies = workspace.load("copies.json", Copies)
    transcript = workspace.transcript
    warnings += transcript.warnings if transcript else ()
    warnings += _of_copies(copies.copies if copies else ())
    warnings += [f"Clip {clip.label}: {flag}" for clip in (cut.clips if cut else ()) for flag in clip.flags]
    if observation := workspace.observation:
        warnings += observation.warnings
    warnings += made.warnings
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
        cut=cut,
        artifacts=made.artifacts,
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


def _publish(brief: Brief, studio: Studio, workspace: Workspace, outcome: Outcome) -> Outcome:
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


MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".ass": "text/x-ssa",
    ".xml": "application/xml",
    ".fcpxml": "application/xml",
    ".edl": "text/plain",
    ".otio": "application/json",
}


def place(brief: Brief) -> str:
    """The run's folder in the outbox: the video's cleaned name, then the run's id."""
    stem = re.sub(r"[/\\:]", "-", clean(Path(brief.video).stem, 80, max_bytes=200).strip(" ./\\")) or "video"
    return f"{stem}/{brief.run}"


def _failed(brief: Brief, error: Exception, began: float, budget: Budget) -> Outcome:
    log.error("run failed", extra={"run": brief.run, "error": type(error).__name__})
    what = str(error) if isinstance(error, NotReady) else f"{type(error).__name__}: {error}"
    return Outcome(
        run=brief.run,
        status="failed",
        reason=clean(what, 1000),
        dollars=budget.spent_dollars,
        seconds=round(time.monotonic() - began, 3),
    )
