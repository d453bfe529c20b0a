"""What a stranger would stumble over in a changed cut and did not in the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from agent.revising.draft import Draft
from tools.cutting.revised import ANAPHOR, ENDED, HEAD
from tools.finding.standing_alone import AHEAD, SURE, Finding, is_question, review
from tools.ids import Stretch, index, is_spoken

Run = tuple[str, ...]
FORGOTTEN = 6.0
"""Seconds of other speech after which nobody knows any more who "she" is."""
LEANING = "dangling opening"
PAID = "ends before its payoff", "ends on a question"
SURELY = 0.85
"""Probability of the reader from which a change is mended and not only told."""
RESTS = 0.5
"""What a point on the editor's scale of closings makes up for, in sure risks."""
UNPAID = "answered no more"
PARTED = "parted from what it leans on"


def objections(draft: Draft, runs: Sequence[Run]) -> list[Finding]:
    """Risks of ``runs`` in playing order, without those that the cut before had in the same place: the opening, or behind it."""
    known = {_key(one, draft.before_ids) for one in found(draft, draft.before_ids)}
    return [one for one in (*found(draft, runs), *_unpaid(draft, runs)) if _key(one, runs) not in known]


def weight(draft: Draft, runs: Sequence[Run]) -> tuple[int, float]:
    """At how much of ``runs`` a stranger is lost who was not before; then how much slows one, of which a sure risk is 1."""
    objected = objections(draft, runs)
    return sum(grave(draft, one) for one in objected), round(sum(_sure(draft, one) for one in objected), 1)


def rest(draft: Draft, name: str) -> float:
    """What an end with this sentence makes up for, in sure risks."""
    read = draft.material.read
    return RESTS * float(read.close[index(name)]) if read is not None and is_spoken(name) else 0.0


def _sure(draft: Draft, one: Finding) -> float:
    read, at = draft.material.read, index(one.ids[0])
    if read is None or one.kind not in (LEANING, *PAID):
        return 1.0
    return float(read.leans[at] if one.kind == LEANING else read.sets_up[at])


def grave(draft: Draft, one: Finding) -> bool:
    """Whether a stranger is lost: something is said of "it" or "her" that nobody knows, a question has no answer, or more was meant than is said."""
    read, at = draft.material.read, index(one.ids[0])
    if one.kind in (LEANING, PARTED):
        named = bool(ANAPHOR.search(" ".join(draft.material.sentences[at].text.split()[:HEAD])))
        return named and (read is None or float(read.leans[at]) >= SURELY)
    paid_for = one.kind in (PAID[0], UNPAID) and not one.note.endswith(ENDED)
    return not paid_for or read is None or float(read.sets_up[at]) >= SURELY


def found(draft: Draft, runs: Sequence[Run]) -> list[Finding]:
    """The same with all of them."""
    spans = [Stretch.of(run) for run in runs]
    spoken = [(span.first, span.last) for span in spans if span.is_spoken]
    roles = ["hook", *["proof"] * len(spans)] if spans and spans[0].is_spoken else []
    told = review(draft.material.sentences, spoken, roles[: len(spoken)], draft.material.read)
    goes_on = {
        f"S{two.first + 1}"
        for one, two in pairwise(spans)
        if one.is_spoken and two.is_spoken and two.first == one.last + 2
    }
    severe = (one for each in told for one in each if one.severe)
    # Of what is said on and on, one sentence left out is not missed.
    return [one for one in severe if one.kind != LEANING or one.ids[0] not in goes_on] + list(_parted(draft, spans))


def _parted(draft: Draft, spans: Sequence[Stretch]) -> Iterator[Finding]:
    """Where a clip leans on what played before, and so much else has been said since that nobody remembers."""
    read, said = draft.material.read, draft.material.sentences
    for place, span in enumerate(spans):
        if read is None or not place or not span.is_spoken or not span.first or read.leans[span.first] < SURE:
            continue
        at = next(
            (n for n in range(place) if spans[n].is_spoken and spans[n].first < span.first <= spans[n].last + 1), None
        )
        if at is None:
            continue
        since = said[spans[at].last].end - said[span.first - 1].end
        since += sum(
            said[n].length for each in spans[at + 1 : place] if each.is_spoken for n in range(each.first, each.last + 1)
        )
        if since > FORGOTTEN:
            ids = said[span.first].id, said[span.first - 1].id
            yield Finding(PARTED, ids, f"{ids[0]} leans on {ids[1]}, which played {since:.0f} s before")


def _unpaid(draft: Draft, runs: Sequence[Run]) -> Iterator[Finding]:
    """What a clip leaves open and was answered before the change; and a question that is now the last thing said."""
    said, read = draft.material.sentences, draft.material.read
    for place, run in enumerate(runs):
        at = index(run[-1])
        if not is_spoken(run[0]) or not (is_question(said[at]) or (read is not None and read.sets_up[at] >= SURE)):
            continue
        ahead = [f"S{n + 1}" for n in range(at + 1, at + 1 + AHEAD)]
        later = {name for other in runs[place + 1 :] for name in other}
        paid = next((name for name in ahead if name in _after(draft, run[-1])), "")
        if paid and not later & set(ahead):
            yield Finding(UNPAID, (run[-1], paid), f"{run[-1]} was answered by {paid}, which plays no more behind it")
        elif place == len(runs) - 1 and is_question(said[at]):
            yield Finding(UNPAID, (run[-1],), f"{run[-1]} {ENDED}")


def _after(draft: Draft, name: str) -> set[str]:
    """What played behind a sentence before the change."""
    order = [each for run in draft.before_ids for each in run]
    return set(order[order.index(name) + 1 :]) if name in order else set()


def _key(one: Finding, runs: Sequence[Run]) -> tuple[str, str, bool]:
    return one.kind, one.ids[0], bool(runs) and one.ids[0] in runs[0]
