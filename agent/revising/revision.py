"""A revision as a run of its own: seeded with what the run before heard, saw and made, decided by arithmetic, recorded like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from agent.deciding.reviser import Moves
from agent.reading.change import Change, RevisionError
from agent.reading.wish import WISH_BYTES
from agent.revising.carried_over import Kept, Seed
from agent.revising.diff import diff, played
from agent.revising.draft import Recut
from agent.revising.mending import room
from agent.revising.origin import (
    demand_cut,
    identify,
    list_versions,
    read_origin,
    recall_folder,
    trace_lineage,
)
from agent.revising.planned import Next
from agent.revising.recut import recut
from agent.steps.recorded import Plain
from tools.cutting.edges import at
from tools.cutting.material import working
from tools.cutting.tighten import joined
from tools.ids import Stretch
from tools.ports import Bench
from tools.schema import Brief, Clip, CutList, Outcome, Read
from tools.text import clean
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.studio import Studio


def plan_revision(
    studio: Studio,
    run: str,
    wish: str,
    changes: Sequence[Change],
    tenant: str | None = None,
    read: Read | None = None,
    left: Sequence[str] = (),
) -> Next:
    """What ``changes`` make of a run; ``read`` is what it cost to read them, ``left`` the words that were not understood.  Nothing is made or recorded.

    Raises ``RevisionError`` for what can't be done to it and ``LookupError`` for a run that isn't there.
    """
    row = studio.records.run(run, tenant=tenant)
    parent, base = read_origin(row)
    kind = {change.what for change in changes}
    if kind & {"undo", "version"}:
        return _telling(_returned(studio, row, changes, wish, read), changes, left)
    if "another" in kind:
        return _telling(_another(studio, row, changes, wish, read), changes, left)
    cut = demand_cut(base)
    folder = recall_folder(studio, base.run)
    bench = Bench(brief=parent, workspace=Workspace(folder), engines=studio.engines, steps=Plain())
    tight = working(bench)[1]
    if tight is not None:
        cut = joined(cut, tight)
    made = recut(bench, cut, changes)
    edits = [pick.ids for pick in made.picks] != [clip.ids for clip in cut.clips]
    same = list(played(cut).items()) == list(made.pins.items()) and [c.role for c in cut.clips] == [
        p.role for p in made.picks
    ]
    kept = _kept(parent, base, cut, made, same, tight.seconds if tight is not None else float)
    render = tuple(shape for shape in made.shapes if shape not in kept.promos)
    brief = parent.model_copy(
        update={
            "understood": "; ".join(map(str, changes)),
            "run": identify(
                row["run"],
                wish,
                made.model_dump(
                    mode="json", exclude={"notes", "revised", "slack", "tongues"} - set(made.tongues and ("tongues",))
                ),
            ),
            "wish": clean(wish, WISH_BYTES),
            "target": made.target + parent.options.card,
            "shapes": made.shapes,
            "platforms": made.platforms,
            "captions": made.captions,
            "options": parent.options.lasting(
                pins={**played(cut), **made.pins} if edits else made.pins,
                tone=made.tone,
                tongues=made.tongues,
                opening="any",
                read=read,
                left=_left(left),
                **(_asked_of_the_model(made, cut, parent.options.card) if edits else {}),
            ),
        }
    )
    moves = Moves(
        picks=None if same else made.picks,
        plan=cut.id,
        edits=edits,
        write=None if kept.words else {"platforms": list(made.platforms), "tone": made.tone},
        cover=set(kept.covers) != set(made.shapes),
        assemble={"shapes": list(render), "captions": made.captions} if render else None,
    )
    after = cut if same else _as_cut(cut, made)
    said = ", ".join(filter(None, (diff(cut, after, parent, brief), *made.notes))) or (
        "words written again" if not kept.words else ""
    )
    if not said:
        raise RevisionError("That is how it is already; nothing would change.")
    return Next(
        brief=brief,
        moves=moves,
        lineage=trace_lineage(studio, row),
        seed=Seed(base=base.run, cut=cut, kept=kept),
        diff=said,
        render=render,
        length=brief.target,
    )


def _asked_of_the_model(made: Recut, cut: CutList, card: float) -> dict[str, Any]:
    """What a change holds a cut to: its bounds, and between which lengths it may lie where none was asked."""
    lasts = made.target + card
    least, most = (lasts - made.slack, lasts + made.slack) if made.slack else room(lasts, cut.length)
    return {"revised": made.revised, "least": round(least, 3), "most": round(most, 3)}


def _telling(planned: Next, changes: Sequence[Change], left: Sequence[str]) -> Next:
    """The same, with what was understood and what was not."""
    brief = planned.brief
    told = {"understood": "; ".join(map(str, changes)), "options": brief.options.but(left=_left(left))}
    return planned.model_copy(update={"brief": brief.model_copy(update=told)})


def _left(words: Sequence[str]) -> tuple[str, ...]:
    return (f"Not understood, and left out: “{clean('; '.join(words), 300)}”.",) if words else ()


def _as_cut(old: CutList, made: Recut) -> CutList:
    """The recut as a plan, as far as what changed can be told from it."""
    from string import ascii_uppercase

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
    return old.model_copy(update={"clips": tuple(clips), "length": made.target + float(old.card / rate)})


def _kept(parent: Brief, base: Outcome, cut: CutList, made: Recut, same: bool, clock: Callable[[float], float]) -> Kept:
    """What of the old files still says and shows what is in the new cut.  ``clock`` puts a cover's moment on the cut's."""
    there = {name for pick in made.picks for name in pick.ids}
    lines = [line for copy in base.copies for line in copy.lines]
    words = (
        bool(base.copies)
        and not made.rewrite
        and made.platforms == parent.platforms
        and [pick.ids for pick in made.picks] == [clip.ids for clip in cut.clips]
        and all(set(line.evidence) <= there for line in lines)
    )
    old, new = set(parent.shapes), set(made.shapes)
    letters = {line.text: set(line.evidence) for line in lines}
    covers = [
        cover
        for cover in base.covers
        if cover.chosen
        and cover.shape in new
        and (cover.hook is None or (words and letters.get(cover.hook, set(there)) <= there))
        and (
            _within(made, cut, clock(cover.at))
            or not any(clip.start <= clock(cover.at) < clip.end for clip in cut.clips)
        )
    ]
    shapes = tuple(sorted({cover.shape for cover in covers}))
    if set(shapes) != new or made.rewrite:
        shapes = ()
    alike = made.captions == parent.captions and made.tongues == parent.options.tongues
    promos = tuple(sorted(old & new)) if same and alike else ()
    made_of = {artifact.name for artifact in base.artifacts}
    promos = tuple(shape for shape in promos if f"promo_{shape}.mp4" in made_of)
    return Kept(plan=same, promos=promos, words=words, covers=shapes)


def _within(made: Recut, cut: CutList, at: float) -> bool:

    frame = at * float(cut.fps)
    return any(first <= frame < first + frames for first, frames in made.pins.values())


def _returned(studio: Studio, row: dict[str, Any], changes: Sequence[Change], wish: str, read: Read | None) -> Next:
    """An earlier version as the newest one.  Its files are taken over; nothing is rendered."""
    if len(changes) > 1:
        raise RevisionError("Go back first, then say what else to change.")
    there = list_versions(studio.records, row["run"])
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
    parent, base = read_origin(found)
    cut = demand_cut(base)
    recall_folder(studio, found["run"])
    kept = Kept(True, parent.shapes, bool(base.copies), tuple(dict.fromkeys(cover.shape for cover in base.covers)))
    brief = parent.model_copy(
        update={
            "understood": "; ".join(map(str, changes)),
            "run": identify(row["run"], wish, ["restores", found["run"]]),
            "wish": clean(wish, WISH_BYTES),
            "options": parent.options.but(restores=found["run"], read=read),
        }
    )
    return Next(
        brief=brief,
        moves=Moves(plan=cut.id),
        lineage=trace_lineage(studio, row),
        seed=Seed(base=found["run"], cut=cut, kept=kept),
        diff=f"back to version {found['version']}",
        render=(),
        length=cut.length,
    )


def _another(studio: Studio, row: dict[str, Any], changes: Sequence[Change], wish: str, read: Read | None) -> Next:
    """A promo that shares nothing with the versions before it, decided by the studio's own model."""
    if len(changes) > 1:
        raise RevisionError("Ask for another one first, then say what to change of it.")
    parent, base = read_origin(row)
    used: set[str] = set(parent.options.used)
    for each in list_versions(studio.records, row["run"]):
        outcome = studio.records.run(each["run"])["outcome"]
        used |= {name for clip in ((outcome or {}).get("cut") or {}).get("clips", ()) for name in clip["ids"]}
    topic = changes[0].query or parent.topic
    brief = parent.model_copy(
        update={
            "understood": "; ".join(map(str, changes)),
            "run": identify(row["run"], wish, ["another", topic, sorted(used)]),
            "wish": clean(wish, WISH_BYTES),
            "topic": topic,
            "target": float(round(parent.target)),
            "options": parent.options.lasting(used=tuple(sorted(used)), read=read),
        }
    )
    recall_folder(studio, row["run"])
    return Next(
        brief=brief,
        moves=None,
        lineage=trace_lineage(studio, row),
        seed=Seed(base=row["run"], cut=base.cut, kept=Kept(False, (), False, ())),
        diff="another promo" + (f" about “{topic}”" if topic else ""),
        render=parent.shapes,
        length=brief.target,
    )
