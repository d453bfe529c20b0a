"""Who solves a case: the agent's own loop with any model, on words alone; and what it must beat.

A rehearsal is the real loop with its tools, record and budgets.  A written talk stands in for the recogniser, and nothing is rendered:
it ends once the words of the post are written.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
from langchain.agents.middleware import hook_config
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import ToolMessage

from agent import loop
from agent.brief import make_brief
from agent.budget import Budget, CapReached, Truncated
from agent.deciding import PLANNER
from agent.deciding.ledger import Ledger
from agent.deciding.planner import Planner
from agent.reading.wish import read_wish
from agent.record.records import Claim, Records
from agent.steps.recorded import Recorded
from evals.cases import Case, digest, save_sound
from evals.find import bm25
from evals.scorers import Attempt, Call
from tools.cutting.edges import Material, at, snap
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.media import levels
from tools.ports import Bench, Copywriter, Engines, FrameAnalyst, Steps, Transcriber
from tools.schema import Brief, Clip, Copies, CutList, Frame, Outcome, Sentence, Source, Speech, Transcript
from tools.words.sentences import sentences
from tools.workspace import Workspace

RENDERS = ("cover", "assemble")
"""Tools that a rehearsal does without."""


class Written(Transcriber):
    """A ``Transcriber`` that hears what was written."""

    engine = "written"

    def __init__(self, speech: Speech) -> None:
        self._speech = speech

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        return Speech.model_validate(steps.step("hear", lambda: self._speech.model_dump(mode="json")))


class Blind(FrameAnalyst):
    """A ``FrameAnalyst`` where there is nothing to see."""

    engine = "none"

    def analyse(self, frames: Sequence[Frame], workspace: Workspace, steps: Steps) -> tuple[Frame, ...]:
        return tuple(frames)


class Rehearsal(Ledger):
    """The ledger of a run that stops before anything is rendered."""

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        done = any(
            isinstance(m, ToolMessage) and m.name == "write" and m.status == "success" for m in state["messages"]
        )
        return {"jump_to": "end"} if done else None

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]) -> ToolMessage:
        name = request.tool_call["name"]
        if name in RENDERS:
            return ToolMessage(
                "This is a rehearsal: nothing is rendered.", tool_call_id=request.tool_call["id"], name=name
            )
        return super().wrap_tool_call(request, handler)


@dataclass(frozen=True)
class Stage:
    """Where rehearsals happen: the model, the copywriter, the record, and the folder that they leave theirs in."""

    records: Records
    home: Path
    model: Callable[[Case], BaseChatModel] = field(default=lambda case: Planner())
    model_id: str = PLANNER
    copywriter: Copywriter = field(default_factory=Extractive)
    platforms: tuple[str, ...] = ("linkedin", "shorts", "x")
    budget: Callable[[], Budget] = Budget


def brief_of(case: Case, platforms: Sequence[str]) -> Brief:
    """What a person who types this wish asks for."""
    reading = read_wish(case.wish.wish).model_copy(update={"platforms": tuple(platforms), "target": case.wish.target})
    return make_brief(f"{case.talk.title}.wav", case.source.sha256, reading, wish=case.wish.wish)


def rehearse(case: Case, stage: Stage, model: BaseChatModel | None = None) -> Attempt:
    """The agent's attempt, from its record."""
    began = time.monotonic()
    brief = brief_of(case, stage.platforms)
    claim = stage.records.claim(brief)
    workspace = laid(case, stage.home / brief.run)
    steps = Recorded(stage.records, claim, beat=False)
    said = carry(model or stage.model(case), stage, claim, brief, workspace, steps, case)
    plans, copies = workspace.plans(), workspace.load("copies.json", Copies)
    cut = plans[-1] if plans else None
    outcome = Outcome(
        run=brief.run,
        status="done" if cut else "nothing to make",
        reason="" if cut else said,
        cut=cut,
        copies=copies.copies if copies and cut else (),
    )
    stage.records.finish(claim, outcome)
    attempt = recalled(case, stage.records, outcome, workspace)
    return attempt.model_copy(update={"platforms": stage.platforms, "seconds": round(time.monotonic() - began, 3)})


def laid(case: Case, folder: Path) -> Workspace:
    """A run folder with what intake would have left of a recording."""
    workspace = Workspace(folder)
    workspace.save("source.json", case.source)
    save_sound(case, workspace.audio)
    return workspace


def carry(
    model: BaseChatModel,
    stage: Stage,
    claim: Claim,
    brief: Brief,
    workspace: Workspace,
    steps: Steps,
    case: Case | None = None,
) -> str:
    """The model's last words, once it has done what it would."""
    engines = Engines(
        transcriber=Written(case.speech if case else Speech(words=())),
        analyst=Blind(),
        copywriter=stage.copywriter,
        store=Folder(workspace.folder / "outbox"),
        fallback_copywriter=Extractive(),
    )
    bench = Bench(brief=brief, workspace=workspace, engines=engines, steps=steps)
    ledger = Rehearsal(stage.records, claim, steps, stage.budget(), stage.model_id)
    try:
        return loop.converse(model, ledger, bench, workspace.source)
    except (CapReached, Truncated) as stopped:
        return f"Stopped: {stopped}."


def recalled(case: Case, records: Records, outcome: Outcome, workspace: Workspace) -> Attempt:
    """A finished run as an attempt: what it made, and how it went about it."""
    calls = tuple(
        Call(name=row["name"], key=digest(row["name"], row["args"]), refused=row["verdict"] != "accepted")
        for row in records.decisions(outcome.run)
        if row["kind"] == "tool"
    )
    cost = records.cost(outcome.run)
    return Attempt(
        case=case.id,
        solver="agent",
        status=outcome.status,
        reason=outcome.reason,
        cut=outcome.cut,
        transcript=workspace.transcript,
        observation=workspace.observation,
        copies=outcome.copies,
        calls=calls,
        dollars=cost["dollars"],
        tokens=cost["tokens_in"] + cost["tokens_out"],
    )


# --- what it must beat ----------------------------------------------------------------------------------------------

Start = Callable[[Case, Transcript, Material], int]
"""The sentence that a window begins with."""


def first(case: Case, transcript: Transcript, material: Material) -> int:
    return 0


def random(case: Case, transcript: Transcript, material: Material) -> int:
    """Any sentence from which the length can be filled; the same one each time."""
    seed = int.from_bytes(hashlib.sha256(case.id.encode()).digest()[:8], "big")
    return int(np.random.default_rng(seed).integers(0, _latest(case, transcript.sentences) + 1))


def loudest(case: Case, transcript: Transcript, material: Material) -> int:
    """Where the window holds the most sound."""
    levels = material.levels if material.levels is not None else np.zeros(1, np.float32)
    power = np.concatenate([[0.0], np.cumsum(10 ** (levels.astype(float) / 10))])

    def heard(start: int) -> float:
        begin = transcript.sentences[start].start
        low, high = (min(len(power) - 1, round(100 * edge)) for edge in (begin, begin + case.wish.target))
        return float(power[high] - power[low])

    return max(range(_latest(case, transcript.sentences) + 1), key=heard)


def bm25_window(case: Case, transcript: Transcript, material: Material) -> int:
    """Where the window's sentences have the most BM25 for the topic of the wish, a sentence weighed by its words."""
    said = transcript.sentences
    topic = read_wish(case.wish.wish).topic or case.wish.wish
    worth = bm25([sentence.text for sentence in said], topic) * np.array([len(sentence.words) for sentence in said])

    def held(start: int) -> float:
        return float(worth[start : window(said, start, case.wish.target) + 1].sum())

    return max(range(_latest(case, said) + 1), key=held)


BASELINES: Mapping[str, Start] = {
    "first seconds": first,
    "random": random,
    "loudest": loudest,
    "BM25 window": bm25_window,
}
"""Each is one window of whole sentences, as near the asked length as whole sentences come: no word is cut by the naive, either."""


def naive(case: Case, name: str) -> Attempt:
    """A baseline's attempt."""
    began = time.monotonic()
    transcript, material = heard(case)
    start = BASELINES[name](case, transcript, material)
    cut = one_window(
        transcript, material, start, window(transcript.sentences, start, case.wish.target), case.wish.target, name
    )
    return Attempt(
        case=case.id, solver=name, cut=cut, transcript=transcript, seconds=round(time.monotonic() - began, 3)
    )


def window(said: Sequence[Sentence], start: int, target: float) -> int:
    """The last sentence of the window from ``start`` whose length comes nearest to ``target``."""
    return min(range(start, len(said)), key=lambda last: abs(said[last].end - said[start].start - target))


def one_window(
    transcript: Transcript, material: Material, start: int, last: int, target: float, reason: str
) -> CutList:
    begin, end = snap(material, start, "start").frame, snap(material, last, "end").frame
    run = transcript.sentences[start : last + 1]
    clip = Clip(
        start=at(begin, material.rate),
        end=at(end, material.rate),
        label=ascii_uppercase[0],
        ids=tuple(sentence.id for sentence in run),
        role="hook",
        reason=reason,
        text=" ".join(sentence.text for sentence in run),
        first_frame=begin,
        frames=end - begin,
    )
    rate = f"{material.rate.numerator}/{material.rate.denominator}"
    return CutList(id="P1", target=target, length=float((end - begin) / material.rate), rate=rate, clips=(clip,))


def _latest(case: Case, said: Sequence[Sentence]) -> int:
    """The last sentence from which the asked length can be filled."""
    return max((n for n, each in enumerate(said) if said[-1].end - each.start >= case.wish.target), default=0)


@lru_cache(maxsize=32)
def heard(case: Case) -> tuple[Transcript, Material]:
    """The transcript and the levels, as a run would have them."""
    transcript = Transcript(
        sentences=sentences(case.speech.words, case.talk.language, case.source.duration), engine="written"
    )
    with tempfile.TemporaryDirectory() as folder:
        save_sound(case, Path(folder) / "audio.wav")
        heard = levels.read(Path(folder) / "audio.wav")
    return transcript, Material.of(case.source, transcript, None, heard)
