"""A revision as a run of its own: seeded with what the run before heard, saw and made, decided by arithmetic, recorded like any other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agent.brief import PIPELINE, identity
from agent.deciding.planner import Planner
from agent.reading.changes import Change, RevisionError
from agent.reading.wish import WISH_BYTES
from agent.revising.carried_over import Kept as Kept
from agent.revising.carried_over import Seed as Seed
from agent.revising.carried_over import seed as seed
from agent.revising.diff import diff, played
from agent.revising.recut import Recut, recut
from agent.steps.recorded import Plain
from tools.cutting.material import working
from tools.cutting.tighten import joined
from tools.ports import Bench
from tools.schema import Brief, CutList, Outcome, Shape
from tools.text import clean
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.record.records import Records
    from agent.studio import Studio

REVISER = "hookline-reviser"


class Reviser(Planner):
    """Plays a revision that is already decided: only the calls for what changed.  Not a language model."""

    picks: list[dict[str, Any]] | None = None
    """None where the plan is the one of the run before."""
    plan: str = ""
    write: dict[str, Any] | None = None
    cover: bool = False
    assemble: dict[str, Any] | None = None

    @property
    def _llm_type(self) -> str:
        return REVISER

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **settings: Any
    ) -> ChatResult:
        answers = [message for message in messages if isinstance(message, ToolMessage)]
        call = self._next(answers)
        told = (
            [{"name": call[0], "args": call[1], "id": f"call-{len(answers) + 1}"}] if not isinstance(call, str) else []
        )
        return ChatResult(
            generations=[ChatGeneration(message=AIMessage(call if isinstance(call, str) else "", tool_calls=told))]
        )

    def _next(self, answers: Sequence[ToolMessage]) -> tuple[str, dict[str, Any]] | str:
        if answers and answers[-1].status == "error" and answers[-1].name in ("cut", "assemble"):
            return f"Nothing to make: {answers[-1].text}"
        done = {message.name for message in answers}
        plan = "P1" if self.picks is not None else self.plan
        if self.picks is not None and "cut" not in done:
            return "cut", {"picks": self.picks}
        if self.write is not None and "write" not in done:
            return "write", {"plan_id": plan, **self.write}
        if self.cover and "cover" not in done:
            return "cover", {"plan_id": plan}
        if self.assemble is not None and "assemble" not in done:
            return "assemble", {"plan_id": plan, **self.assemble}
        return f"Made {plan}."


@dataclass(frozen=True)
class Next:
    """A revision that is decided and not made: its brief, who plays it, where it comes from, and what it changes in words."""

    brief: Brief
    model: BaseChatModel | None
    """None where the studio's own model decides: another promo of the same video."""
    lineage: dict[str, Any]
    fetch: Callable[[Path], None]
    diff: str
    render: tuple[Shape, ...]
    length: float
    seed: Seed | None = None
    """The same as ``fetch`` for another machine to carry out; None where it can't be."""


def revision(studio: Studio, run: str, wish: str, changes: Sequence[Change], tenant: str | None = None) -> Next:
    """What ``changes`` make of a run.  Nothing is made or recorded.

    Raises ``RevisionError`` for what can't be done to it and ``LookupError`` for a run that isn't there.
    """
    row = studio.records.run(run, tenant=tenant)
    parent, base = _base(studio, row)
    kind = {change.what for change in changes}
    if kind & {"undo", "version"}:
        return _returned(studio, row, changes, wish)
    if "another" in kind:
        return _another(studio, row, changes, wish)
    cut = _cut(base)
    folder = _folder(studio, base.run)
    bench = Bench(brief=parent, workspace=Workspace(folder), engines=studio.engines, steps=Plain())
    tight = working(bench)[1]
    if tight is not None:
        cut = joined(cut, tight)
    made = recut(bench, cut, changes)
    same = list(played(cut).items()) == list(made.pins.items()) and [c.role for c in cut.clips] == [
        p.role for p in made.picks
    ]
    kept = _kept(parent, base, cut, made, same, tight.seconds if tight is not None else float)
    render = tuple(shape for shape in made.shapes if shape not in kept.promos)
    options = {k: v for k, v in parent.options.items() if k not in ("restores", "pins", "tone", "parts")}
    options |= {"revises": base.run, "pins": made.pins, "opening": "any", **({"tone": made.tone} if made.tone else {})}
    if made.rewrite or not kept.words:
        options["words"] = True
    brief = parent.model_copy(
        update={
            "run": _id(row["run"], wish, made.model_dump(mode="json")),
            "wish": clean(wish, WISH_BYTES),
            "target": made.target,
            "shapes": made.shapes,
            "platforms": made.platforms,
            "captions": made.captions,
            "options": options,
        }
    )
    model = Reviser(
        picks=None if same else [pick.model_dump(mode="json") for pick in made.picks],
        plan=cut.id,
        write=None if kept.words else {"platforms": list(made.platforms), "tone": made.tone},
        cover=set(kept.covers) != set(made.shapes),
        assemble={"shapes": list(render), "captions": made.captions} if render else None,
    )
    after = cut if same else _as_cut(cut, made)
    said = diff(cut, after, parent, brief) or ("words written again" if not kept.words else "")
    if not said:
        raise RevisionError("That is how it is already; nothing would change.")
    return _next(studio, row, brief, model, Seed(base=base.run, cut=cut, kept=kept), said, render, made.target)


def _next(
    studio: Studio,
    row: dict[str, Any],
    brief: Brief,
    model: Reviser | None,
    sown: Seed,
    said: str,
    render: tuple[Shape, ...],
    length: float,
) -> Next:
    def fetch(into: Path) -> None:
        sown.sow(studio.home, into.parent)

    return Next(brief, model, _lineage(studio, row), fetch, said, render, length, sown)


def carry(studio: Studio, planned: Next) -> Outcome:
    """Make a revision."""
    from agent.loop import run

    studio = replace(studio, lineage={**studio.lineage, **planned.lineage})
    if planned.model is not None:
        studio = replace(studio, model=planned.model, model_id=REVISER, names={**studio.names, "model": REVISER})
    return run(planned.brief, studio, planned.fetch)


def versions(records: Records, run: str, tenant: str | None = None) -> list[dict[str, Any]]:
    """All versions of the conversation that a run belongs to, oldest first."""
    row = records.run(run, tenant=tenant)
    thread = row["thread"] or row["run"]
    later = records.runs(1000, thread=thread, tenant=tenant)
    try:
        root = [records.run(thread, tenant=tenant)]
    except LookupError:
        root = []
    return sorted(
        {each["run"]: each for each in [*root, *later]}.values(), key=lambda each: (each["version"], each["created"])
    )


# --- what it starts from ----------------------------------------------------------------------------------------------


def _base(studio: Studio, row: dict[str, Any]) -> tuple[Brief, Outcome]:
    if not row["outcome"]:
        raise RevisionError(f"Run {row['run'][:12]} is {row['state']}, so there is nothing to change yet.")
    return Brief.model_validate(row["brief"]), Outcome.model_validate(row["outcome"])


def _cut(outcome: Outcome) -> CutList:
    if outcome.cut is None:
        raise RevisionError(
            f"Run {outcome.run[:12]} ended as {outcome.status}: {outcome.reason or 'there is no cut'} Ask for a promo first."
        )
    return outcome.cut


def _folder(studio: Studio, run: str) -> Path:
    folder = studio.home / run
    if not studio.recall(folder):
        raise RevisionError(
            f"What run {run[:12]} had heard and seen is no longer here, so it can't be changed; make it again from the video."
        )
    return folder


def _id(parent: str, wish: str, what: Any) -> str:
    said = " ".join(wish.split()).encode("utf-8", "replace")
    return identity(b"revision", parent.encode(), said, json.dumps(what, sort_keys=True).encode(), PIPELINE.encode())


def _lineage(studio: Studio, row: dict[str, Any]) -> dict[str, Any]:
    thread = row["thread"] or row["run"]
    last = max((each["version"] or 1 for each in versions(studio.records, row["run"])), default=1)
    return {"parent": row["run"], "thread": thread, "version": last + 1, "tenant": row["tenant"]}


def _as_cut(old: CutList, made: Recut) -> CutList:
    """The recut as a plan, as far as what changed can be told from it."""
    from string import ascii_uppercase

    from tools.cutting.edges import at
    from tools.ids import Stretch
    from tools.schema import Clip

    rate = old.fps
    clips = []
    for place, pick in enumerate(made.picks):
        first, frames = made.pins[str(Stretch.of(pick.ids))]
        clips.append(
            Clip(
                start=at(first, rate),
                end=at(first + frames, rate),
                label=ascii_uppercase[place],
                ids=pick.ids,
                role=pick.role,
                reason=pick.reason,
                first_frame=first,
                frames=frames,
            )
        )
    return old.model_copy(update={"clips": tuple(clips), "length": made.target})


def _kept(parent: Brief, base: Outcome, cut: CutList, made: Recut, same: bool, clock: Callable[[float], float]) -> Kept:
    """What of the old files still says and shows what is in the new cut.  ``clock`` puts a cover's moment on the cut's."""
    there = {name for pick in made.picks for name in pick.ids}
    lines = [line for copy in base.copies for line in copy.lines]
    words = (
        bool(base.copies)
        and not made.rewrite
        and made.platforms == parent.platforms
        and all(set(line.evidence) <= there for line in lines)
    )
    old, new = set(parent.shapes), set(made.shapes)
    letters = {line.text: set(line.evidence) for line in lines}
    covers = [
        cover
        for cover in base.covers
        if cover.chosen
        and cover.shape in new
        and (cover.hook is None or letters.get(cover.hook, set(there)) <= there)
        and (
            _within(made, cut, clock(cover.at))
            or not any(clip.start <= clock(cover.at) < clip.end for clip in cut.clips)
        )
    ]
    shapes = tuple(sorted({cover.shape for cover in covers}))
    if set(shapes) != new or made.rewrite:
        shapes = ()
    promos = tuple(sorted(old & new)) if same and made.captions == parent.captions else ()
    made_of = {artifact.name for artifact in base.artifacts}
    promos = tuple(shape for shape in promos if f"promo_{shape}.mp4" in made_of)
    return Kept(plan=same, promos=promos, words=words, covers=shapes)


def _within(made: Recut, cut: CutList, at: float) -> bool:

    frame = at * float(cut.fps)
    return any(first <= frame < first + frames for first, frames in made.pins.values())


def _returned(studio: Studio, row: dict[str, Any], changes: Sequence[Change], wish: str) -> Next:
    """An earlier version as the newest one.  Its files are taken over; nothing is rendered."""
    if len(changes) > 1:
        raise RevisionError("Go back first, then say what else to change.")
    there = versions(studio.records, row["run"])
    change = changes[0]
    if change.what == "version":
        found = next((each for each in there if each["version"] == change.version), None)
        if found is None:
            numbers = [str(each["version"]) for each in there]
            known = f"versions {', '.join(numbers[:-1])} and {numbers[-1]}" if len(numbers) > 1 else "only version 1"
            raise RevisionError(f"There is no version {change.version}; there is {known}.")
    else:
        now = row
        if restored := row["brief"].get("options", {}).get("restores"):
            now = studio.records.run(restored)
        if not now["parent"]:
            raise RevisionError("This is the first version; there is nothing to undo.")
        found = studio.records.run(now["parent"])
    found = studio.records.run(found["run"])
    if restored := found["brief"].get("options", {}).get("restores"):
        found = studio.records.run(restored)
    if found["run"] == row["run"]:
        raise RevisionError(f"This is version {found['version']} already.")
    parent, base = _base(studio, found)
    cut = _cut(base)
    _folder(studio, found["run"])
    kept = Kept(True, parent.shapes, bool(base.copies), tuple(dict.fromkeys(cover.shape for cover in base.covers)))
    brief = parent.model_copy(
        update={
            "run": _id(row["run"], wish, ["restores", found["run"]]),
            "wish": clean(wish, WISH_BYTES),
            "options": {**parent.options, "revises": row["run"], "restores": found["run"]},
        }
    )
    words = f"back to version {found['version']}"
    model = Reviser(plan=cut.id)
    return _next(studio, row, brief, model, Seed(base=found["run"], cut=cut, kept=kept), words, (), cut.length)


def _another(studio: Studio, row: dict[str, Any], changes: Sequence[Change], wish: str) -> Next:
    """A promo that shares nothing with the versions before it, decided by the studio's own model."""
    if len(changes) > 1:
        raise RevisionError("Ask for another one first, then say what to change of it.")
    parent, base = _base(studio, row)
    used: set[str] = set(parent.options.get("used", ()))
    for each in versions(studio.records, row["run"]):
        outcome = studio.records.run(each["run"])["outcome"]
        used |= {name for clip in ((outcome or {}).get("cut") or {}).get("clips", ()) for name in clip["ids"]}
    topic = changes[0].query or parent.topic
    options = {k: v for k, v in parent.options.items() if k in ("strict", "clean", "sidecar", "music")}
    brief = parent.model_copy(
        update={
            "run": _id(row["run"], wish, ["another", topic, sorted(used)]),
            "wish": clean(wish, WISH_BYTES),
            "topic": topic,
            "target": float(round(parent.target)),
            "options": {**options, "revises": row["run"], "used": sorted(used)},
        }
    )
    _folder(studio, row["run"])
    sown = Seed(base=row["run"], cut=base.cut, kept=Kept(False, (), False, ()))
    said = "another promo" + (f" about “{topic}”" if topic else "")
    return _next(studio, row, brief, None, sown, said, parent.shapes, brief.target)


# --- in one go ------------------------------------------------------------------------------------------------------
