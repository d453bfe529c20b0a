"""run(brief, studio, fetch) -> Outcome: the one loop behind every door."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tools
from agent.budget import Budget, CapReached, Truncated
from agent.deciding import PLANNER, REVISER
from agent.deciding.change_shown import change_shown
from agent.outcome import DECLINED, failure, judge, made, place, publish
from agent.price import price
from agent.record.records import Claim
from agent.signing import sign_promos
from agent.studio import Studio
from agent.tongues import demand_tongues
from prompts import load
from tools import memory
from tools.media import facts
from tools.ports import Bench, Json, Steps
from tools.schema import Brief, Outcome, Source
from tools.text import clean
from tools.troubles import Refusal
from tools.workspace import Workspace

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.deciding.ledger import Ledger

log = logging.getLogger("hookline")
STEPS = 4
"""Of LangGraph's own count for each model call: the call and its tools, with room; the budget ends a run, and not this."""
MARGIN, LEAST = 2.0, 0.25
"""How many times its quote a run may cost, within the cap of all runs; and dollars that any may."""


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
    with studio.purse.share(studio.records, claim, budget) if studio.purse else contextlib.nullcontext():
        return _begun(brief, studio, claim, budget, fetch)


def _begun(brief: Brief, studio: Studio, claim: Claim, budget: Budget, fetch: Callable[[Path], None]) -> Outcome:
    """The run of a claim, to its end in the record."""
    began = studio.began()
    workspace = studio.open(studio.home / brief.run)
    steps = studio.steps(studio.records, claim, studio.progress)
    budget.spend(brief.options.read.dollars if brief.options.read else 0.0)
    try:
        try:
            outcome = carry(brief, studio, claim, workspace, steps, budget, fetch)
            outcome = sign_promos(brief, studio, workspace, steps, outcome)
        except Refusal as refusal:
            outcome = Outcome(run=brief.run, status="refused", reason=str(refusal), understood=brief.understood)
        spent = {
            "seconds": round(time.monotonic() - began, 3),
            "dollars": round(budget.spent_dollars, 6),
            "engines": studio.names | memory.named(workspace, studio.names),
        }
        ended = outcome.model_copy(update=spent).model_dump(mode="json")
        # Recorded, so that a run killed while it publishes publishes the same bytes again.
        outcome = publish(brief, studio, workspace, Outcome.model_validate(steps.step("outcome", lambda: ended)))
    except Exception as error:
        _end(brief, studio, claim, failure(brief, error, began, budget))
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


def carry(
    brief: Brief,
    studio: Studio,
    claim: Claim,
    workspace: Workspace,
    steps: Steps,
    budget: Budget,
    fetch: Callable[[Path], None],
) -> Outcome:
    """A claimed run from its video to the outcome that its files support; nothing is published."""
    demand_tongues(brief, studio.engines)
    source = Source.model_validate(steps.step("intake", lambda: _take_in(brief, workspace, fetch)))
    workspace.save("source.json", source)
    _trim(studio, claim, budget, source, brief)
    # Slow to import, and of no use to a video that is refused.
    from agent.deciding.ledger import Ledger
    from tools.find import speaks_of

    studio = _cast(studio, brief)
    engines = studio.engines
    if studio.memory is not None:
        engines = memory.Memory(studio.memory, studio.owner, brief.run).before(engines)
    bench = Bench(brief=brief, workspace=workspace, engines=engines, steps=steps)
    ledger = Ledger(studio.records, claim, steps, budget, studio.model_id)
    warnings: list[str] = []
    said = ""
    try:
        said = converse(studio.model, ledger, bench, source)
    except (CapReached, Truncated) as cut_short:
        warnings.append(f"The model did not finish: {cut_short}.")
    words = said if studio.language_model else ""
    if not made(workspace) and studio.language_model and not said.startswith(DECLINED):
        who = "rules carried the change out" if studio.spare else "embedded planner finished the run"
        warnings.append(f"The {who} in the model's place.")
        studio.progress("plan", 0.0, "the rules take over" if studio.spare else "the embedded planner takes over")
        said = _finish(ledger, bench, source, studio.spare)
    if not speaks_of(bench, brief.topic):
        warnings.append(
            f"Nothing that is said was found to be about “{clean(brief.topic, 120)}”; the promo is of what comes nearest."
        )
    return judge(brief, workspace, said, warnings, words)


def _cast(studio: Studio, brief: Brief) -> Studio:
    """The studio with who plays what is decided before it begins: whole moments are proposed, and cut, by code."""
    if not (brief.options.highlights or brief.options.highlight):
        return studio
    from agent.deciding.planner import Planner

    return replace(studio, model=Planner(), model_id=PLANNER)


def _take_in(brief: Brief, workspace: Workspace, fetch: Callable[[Path], None]) -> Json:
    if not workspace.video.exists():
        part = workspace.folder / ".part-source"
        part.unlink(missing_ok=True)
        fetch(part)
        if not workspace.video.exists():  # a revision's fetch links it there, last of all
            os.replace(part, workspace.video)  # whole or not at all: half of it would be refused as damaged, for good
    # Slow to import, and of no use to a video that is refused.
    from tools.media import voices

    identity = workspace.parts.identity if workspace.parts else ""
    return voices.choose(workspace, facts.probe(workspace.video, brief.video, identity)).model_dump()


def _finish(ledger: Ledger, bench: Bench, source: Source, model: BaseChatModel | None) -> str:
    """The last words of the spare ``model``, or of the planner, after it has done what the model did not."""
    from agent.deciding.ledger import Ledger
    from agent.deciding.planner import Planner

    spare = Ledger(
        ledger.records, ledger.claim, ledger.steps, Budget(), REVISER if model else PLANNER, first=ledger.seq
    )
    try:
        return converse(model or Planner(), spare, bench, source)
    finally:
        ledger.budget.spend(spare.budget.spent_dollars)


def _trim(studio: Studio, claim: Claim, budget: Budget, source: Source, brief: Brief) -> None:
    """Bind the run to a share of the day that its quote fills by half at most, and give back what was set aside beyond that."""
    if told := price(
        studio.engines, studio.model_id, source.duration, tongues=len(brief.options.tongues), length=brief.target
    ):
        budget.dollars = min(budget.dollars, max(LEAST, MARGIN * told) + budget.spent_dollars)
        studio.records.trim(claim, budget.dollars)


def converse(model: BaseChatModel, ledger: Ledger, bench: Bench, source: Source) -> str:
    """The model's last words, after it has called what tools it would."""
    from langchain.agents import create_agent
    from langchain_core.messages import AIMessage

    from agent.deciding.stills_shown import sight

    prompt = load("editor").fill(target=f"{bench.brief.target:g}")
    agent: Any = create_agent(
        model,
        tools.SCOUTING if bench.brief.options.highlights else tools.TOOLS,
        system_prompt=prompt,
        middleware=[ledger, *sight(model)],
        context_schema=Bench,
    )
    state = agent.invoke(
        {"messages": [("user", _request(bench, source))]},
        context=bench,
        config={"max_concurrency": 1, "recursion_limit": STEPS * (ledger.budget.model_calls + 2)},
    )
    last = state["messages"][-1]
    return last.text if isinstance(last, AIMessage) else ""


def _request(bench: Bench, source: Source) -> str:
    """What the model is told of the request: numbers and the wish, and of a change what it is a change of; no place, name or path."""
    brief = bench.brief
    asked = {
        "wish": clean(brief.wish, 2000),
        "topic": clean(brief.topic, 400),
        "target": brief.target,
        "shapes": list(brief.shapes),
        "platforms": list(brief.platforms),
        "captions": brief.captions,
        **brief.options.model_dump(
            mode="json", include={"parts", "tone", "without", "least", "most", "highlights", "highlight"}
        ),
        **({"window": [str(each) for each in brief.options.window]} if brief.options.window else {}),
        "video": {
            "seconds": round(source.duration, 1),
            "width": source.width,
            "height": source.height,
            "sound": source.has_audio,
        },
        **change_shown(bench),
    }
    return "The request, as data:\n" + json.dumps(asked, ensure_ascii=False)
