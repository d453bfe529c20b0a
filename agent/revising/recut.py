"""Carries changes out on the last cut by arithmetic: the smallest change that does what was said, the rest frame by frame as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent.reading.change import NOTHING_LEFT, Change, RevisionError
from agent.revising.draft import Draft, Item, Recut
from agent.revising.edge_moves import move_edge, stretch
from agent.revising.held import held
from agent.revising.lengths import SOFT
from agent.revising.mending import followed, played
from agent.revising.objections import objections
from agent.revising.passages import demand_room, find_meant, find_passage, find_playing, find_substitute, insert
from agent.revising.stories import tell_whole
from tools.cutting.material import working
from tools.cutting.solver import TOLERANCE
from tools.finding.eligible import barred
from tools.finding.standing_alone import ending, opening
from tools.ids import Stretch, index, is_spoken
from tools.ports import Bench
from tools.schema import CutList, Pick

MENDED = "and, so that it can be followed, what was not named"
"""Told where more was changed than the words asked for."""


def recut(bench: Bench, cut: CutList, changes: Sequence[Change]) -> Recut:
    """What ``changes`` make of ``cut``; ``bench`` is that of the run that made it, and nothing in it is changed.

    The frames of a cut that was tightened are those of ``tighten.joined``, here and in what comes of it.
    Raises ``RevisionError`` with what could be asked instead.
    """
    brief = bench.brief
    material, _ = working(bench)
    items = [
        Item(
            Pick(ids=clip.ids, role=clip.role, reason=clip.reason or clip.role),
            (clip.first_frame, clip.first_frame + clip.frames),
            text=clip.text,
        )
        for clip in cut.clips
    ]
    now = [item.pick for item in items]
    draft = Draft(
        list(items), items, bench, material, brief.shapes, brief.platforms, brief.captions, brief.options.tongues
    )
    draft.before = float(sum(item.size for item in items) / material.rate)
    draft.before_ids = tuple(clip.ids for clip in cut.clips)
    shut = _shut(bench)
    for change in changes:
        _DO[change.what](draft, change)
        if change.query:
            tell_whole(draft, change)
    if not draft.items:
        raise RevisionError(NOTHING_LEFT)
    revised = held(draft, now, changes)
    picks, choices = followed(draft, revised, shut)
    found = tuple(picks[c.pick].model_copy(update={"ids": c.ids(picks[c.pick]), "optional": False}) for c in choices)
    objected = tuple(one.note for one in objections(draft, played((picks, choices))))
    pins = {str(Stretch.of(c.ids(picks[c.pick]))): (c.start, c.frames) for c in choices}
    frames = sum(choice.frames for choice in choices)
    return Recut(
        picks=found,
        pins=pins,
        target=round(float(frames / material.rate), 3),
        slack=draft.slack if draft.target is not None else 0.0,
        shapes=draft.shapes,
        platforms=draft.platforms,
        captions=draft.captions,
        tongues=draft.tongues,
        tone=draft.tone,
        rewrite=draft.rewrite,
        notes=(*draft.notes, *((MENDED,) if draft.mended else ())),
        revised=revised.model_copy(update={"rules": found, "objections": objected}),
    )


def _shut(bench: Bench) -> frozenset[str]:
    """The ids that may not play unless they are asked for by name."""
    options = bench.brief.options.but(opening="", revised=None)
    return frozenset(barred(replace(bench, brief=bench.brief.model_copy(update={"options": options}))))


def _drop(draft: Draft, change: Change) -> None:
    gone = [draft.item(n) for n in change.clips] if change.clips else [find_meant(draft, change.query)]
    draft.items = [item for item in draft.items if item not in gone]


def _keep(draft: Draft, change: Change) -> None:
    kept = [draft.item(n) for n in change.clips]
    draft.items = [item for item in draft.items if item in kept]


def _swap(draft: Draft, change: Change) -> None:
    one, two = (draft.items.index(draft.item(n)) for n in change.clips[:2])
    draft.items[one], draft.items[two] = draft.items[two], draft.items[one]


def _order(draft: Draft, change: Change) -> None:
    named = [draft.item(n) for n in change.clips]
    draft.items = named + [item for item in draft.items if item not in named]


def _move(draft: Draft, change: Change) -> None:
    item = draft.item(change.clips[0])
    other = draft.item(change.clips[1]) if len(change.clips) > 1 else None
    if other is item:
        raise RevisionError("A clip can't be put before or after itself.")
    draft.items.remove(item)
    if other is None:
        at = 0 if change.place == "first" else len(draft.items)
    else:
        at = draft.items.index(other) + (change.place == "after")
    draft.items.insert(at, item)


def _at_the_edge(draft: Draft, change: Change) -> None:
    """Open or close with a clip of the cut, or with a passage that is not in it yet."""
    if change.clips:
        item = draft.item(change.clips[0])
    else:
        item = find_playing(draft, change.query) or find_passage(draft, change.query)
    if item in draft.items:
        draft.items.remove(item)
    else:
        draft.fit = True
    draft.items.insert(0 if change.what == "open" else len(draft.items), item)


def _add(draft: Draft, change: Change) -> None:
    if find_playing(draft, change.query) is not None:
        raise RevisionError(f"“{change.query}” is in the cut already; say what else to add.")
    demand_room(draft)
    item = find_passage(draft, change.query)
    if item in draft.items:
        raise RevisionError(
            f"What fits “{change.query}” best is in the cut already, in {_name(draft, item).lower()}; say what else to add."
        )
    insert(draft, item)


def _replace(draft: Draft, change: Change) -> None:
    old = draft.item(change.clips[0])
    at = draft.items.index(old)
    if change.query:
        item = find_playing(draft, change.query) or find_passage(draft, change.query)
        if item in draft.items:
            raise RevisionError(f"“{change.query}” is in the cut already; swap the two clips instead.")
    else:
        item = find_substitute(draft, old)
    draft.items[at] = item
    draft.fit = True


def _length(draft: Draft, change: Change) -> None:
    now = draft.before
    if change.seconds is not None:
        draft.target = change.seconds - draft.bench.brief.options.card
    elif change.by is not None:
        draft.target = now + change.by
    else:
        draft.target, draft.soft = now * (change.factor or 1.0), True
        # What is there already is not "a bit shorter".
        draft.slack = max(TOLERANCE, min(SOFT * now, abs(now - draft.target) - TOLERANCE))


def _trim(draft: Draft, change: Change) -> None:
    for number in change.clips:
        item = draft.item(number)
        if change.by is not None:
            stretch(draft, item, -abs(change.by))
            continue
        ids = item.pick.ids
        spoken = is_spoken(ids[0])
        if not spoken or len(ids) < 2:
            raise RevisionError(
                f"{_name(draft, item)} is one {'sentence' if spoken else 'shot'}, which plays whole; drop it, or say how long the promo should be."
            )
        said = draft.material.sentences
        shorter = [ids[:-1], ids[1:]]
        risks = [
            len(ending(said, index(shorter[0][-1]))),
            len(opening(said, index(shorter[1][0]))) + 0.5 * (item is draft.items[0]),
        ]
        _recut_item(item, shorter[risks[1] < risks[0]])


def _extend(draft: Draft, change: Change) -> None:
    taken = {name for item in draft.items for name in item.pick.ids}
    for number in change.clips:
        item = draft.item(number)
        if change.by is not None:
            stretch(draft, item, abs(change.by))
            continue
        now = Stretch.of(item.pick.ids)
        longer = next(draft.material.grown(now, taken), None)
        if longer is None:
            raise RevisionError(
                f"{_name(draft, item)} can't grow: what is said around it is in the cut, or there is nothing."
            )
        _recut_item(item, longer.ids)


def _captions(draft: Draft, change: Change) -> None:
    if change.captions:
        draft.captions = change.captions
    if change.tongues:
        draft.tongues = change.tongues


def _forms(draft: Draft, change: Change) -> None:
    if change.how == "without":
        gone = change.shapes
        draft.platforms = tuple(p for p in draft.platforms if p not in change.platforms) or draft.platforms
        draft.shapes = tuple(shape for shape in draft.shapes if shape not in gone)
        if not draft.shapes:
            raise RevisionError("That would leave no shape. Say which one to make instead: 16:9, 9:16 or 1:1.")
        return
    also = change.how == "also"
    shapes = dict.fromkeys((*draft.shapes, *change.shapes) if also else change.shapes)
    draft.shapes = tuple(shapes) or draft.shapes
    if change.platforms:
        draft.platforms = tuple(dict.fromkeys((*draft.platforms, *change.platforms) if also else change.platforms))


def _words(draft: Draft, change: Change) -> None:
    draft.rewrite, draft.tone = True, change.tone


def _elsewhere(draft: Draft, change: Change) -> None:
    raise RevisionError(f"“{change}” stands alone; say the other changes after it.")


_DO: dict[str, Any] = {
    "drop": _drop,
    "keep": _keep,
    "swap": _swap,
    "order": _order,
    "move": _move,
    "open": _at_the_edge,
    "close": _at_the_edge,
    "add": _add,
    "replace": _replace,
    "length": _length,
    "trim": _trim,
    "extend": _extend,
    "edge": move_edge,
    "captions": _captions,
    "shapes": _forms,
    "words": _words,
    "undo": _elsewhere,
    "version": _elsewhere,
    "another": _elsewhere,
}


def _recut_item(item: Item, ids: tuple[str, ...]) -> None:
    item.pick, item.frames = item.pick.model_copy(update={"ids": ids}), None


def _name(draft: Draft, item: Item) -> str:
    return f"Clip {draft.first.index(item) + 1}" if item in draft.first else "The new clip"
