"""Whether a viewer can follow a plan: each clip stands alone or goes on from what played, what it sets up is paid, and each join says what was meant.

With the reader's probability where the talk was read.  A risk that a person was told of, by a flag or a note of its clip, passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tools.cutting.edges import Material
from tools.cutting.warned import ALONE, PAID
from tools.finding.reader import Readings
from tools.finding.standing_alone import AHEAD, SURE, Finding, review
from tools.ids import index, is_spoken
from tools.schema import Check, Clip, CutList


def followed(cut: CutList, material: Material) -> list[list[Check]]:
    """The checks of each clip, in playing order; none where nothing was read, or for what shows and does not speak."""
    if (read := material.read) is None:
        return [[] for _ in cut.clips]
    spoken = [clip for clip in cut.clips if is_spoken(clip.ids[0])]
    runs = [(index(clip.ids[0]), index(clip.ids[-1])) for clip in spoken]
    found = review(material.sentences, runs, [clip.role for clip in spoken], read)
    checks = {
        clip.label: list(_of(material, read, runs, place, clip, found[place])) for place, clip in enumerate(spoken)
    }
    return [checks.get(clip.label, []) for clip in cut.clips]


def _of(
    material: Material, read: Readings, runs: list[tuple[int, int]], place: int, clip: Clip, found: list[Finding]
) -> Iterator[Check]:
    said, (first, last) = material.sentences, runs[place]
    before, after = (
        {at for start, stop in some for at in range(start, stop + 1)} for some in (runs[:place], runs[place + 1 :])
    )
    leant = said[first - 1].id if first - 1 in before else None
    paying = next((said[at].id for at in range(last + 1, last + 1 + AHEAD) if at in after), None)
    alone, paid = _sure(read, "leans", first), _sure(read, "sets_up", last)
    yield _check(
        "stands alone", f"goes on from {leant}" if leant and alone < SURE else f"{alone:.0%} sure", clip, found, ALONE
    )
    yield _check("paid", f"by {paying}" if paying and paid < SURE else f"{paid:.0%} sure", clip, found, PAID)
    if place:
        joins = [one for one in found if one.kind not in (*ALONE, *PAID)]
        yield _check("joined as meant", "; ".join(one.kind for one in joins) or "yes", clip, joins)


def _sure(read: Readings, mark: str, at: int) -> float:
    return 1 - float(getattr(read, mark)[at])


def _check(name: str, value: str, clip: Clip, found: Iterable[Finding], kinds: Iterable[str] = ()) -> Check:
    objections = [one for one in found if one.severe and (not kinds or one.kind in kinds)]
    untold = [one for one in objections if not any(each.startswith(one.kind) for each in (*clip.flags, *clip.notes))]
    return Check(name=name, value=value, limit=f"{SURE:.0%} sure, or the risk is told", passed=not untold)
