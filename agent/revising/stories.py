"""A passage that is asked for, brought whole: from where it can be followed on to where it rests, together and in order."""

from __future__ import annotations

from collections.abc import Container

from agent.reading.change import Change
from agent.revising.draft import Draft, Item
from tools.cutting.edges import Material
from tools.finding.reader import Readings
from tools.finding.standing_alone import NEAR, SURE, THOUGHT, is_housekeeping
from tools.ids import Stretch

BACK, OPENS = 0.2, 0.2
"""What a sentence more, or less, before a passage costs, and what a point on the editor's scale of openings earns, in chances that it leans."""
WHOLE = 0.9
"""Share of the promo that a story may take."""


def tell_whole(draft: Draft, change: Change) -> None:
    """Let a story that a change brings, or that plays in part already, play from where it can be followed to where it rests, within its share."""
    if not change.story or not draft.items or draft.material.read is None:
        return
    told = [item for item in draft.items if item.new]
    if not told and change.what in ("open", "close"):
        told = [draft.items[0 if change.what == "open" else -1]]
    for item in told:
        span = Stretch.of(item.pick.ids)
        if span.is_spoken:
            _widen(
                draft,
                item,
                whole(draft.material, draft.material.read, span, WHOLE * draft.before, draft.bench.brief.options.used),
            )


def _widen(draft: Draft, item: Item, span: Stretch) -> None:
    """Let a clip play ``span``, and other clips give up what of it they play."""
    if span.ids == item.pick.ids:
        return
    item.pick, item.frames = item.pick.model_copy(update={"ids": span.ids}), None
    item.text = " ".join(each.text for each in draft.material.sentences[span.span])
    item.new, draft.fit = True, draft.fit or item in draft.first
    _give_up(draft, item)


def whole(material: Material, read: Readings, found: Stretch, seconds: float, shut: Container[str]) -> Stretch:
    """The run around ``found`` that begins where it can be followed and goes on, within ``seconds`` and while what follows leans on it, to where it rests; nothing of ``shut``."""
    said, first, last = material.sentences, found.first, found.last

    def free(at: int) -> bool:
        return 0 <= at < len(said) and said[at].id not in shut and not is_housekeeping(said[at])

    starts = list(range(first, last + 1))
    while free(starts[0] - 1) and said[first].start - said[starts[0] - 1].start <= THOUGHT:
        starts.insert(0, starts[0] - 1)
    # As near to where it was found as can be, and where it can be followed from.
    first = min(starts, key=lambda at: (read.leans[at] if at else 0.0) - OPENS * read.open[at] + BACK * abs(first - at))
    ends, at = [last], last
    while free(at + 1) and read.leans[at + 1] >= SURE and read.house[at + 1] < SURE:
        at += 1
        if said[at].start - said[at - 1].end > NEAR or said[at].end - said[first].start > seconds:
            break
        ends += [at] if read.sets_up[at] < SURE else []
    return found._replace(first=first, last=max(ends, key=lambda at: (round(float(read.close[at]), 1), at)))


def _give_up(draft: Draft, item: Item) -> None:
    """Take out of the other clips what plays in this one, each keeping the longer rest."""
    mine = set(item.pick.ids)
    for other in [each for each in draft.items if each is not item and mine & set(each.pick.ids)]:
        ids = other.pick.ids
        here = [at for at, name in enumerate(ids) if name in mine]
        rest = max(ids[: here[0]], ids[here[-1] + 1 :], key=len)
        if rest:
            other.pick, other.frames = other.pick.model_copy(update={"ids": rest}), None
        else:
            draft.items.remove(other)
