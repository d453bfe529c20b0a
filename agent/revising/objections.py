"""What a stranger would stumble over in a changed cut and did not in the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from agent.revising.draft import Draft
from tools.cutting.revised import ANAPHOR, HEAD
from tools.finding.standing_alone import SURE, Finding, review
from tools.ids import Stretch, index

Run = tuple[str, ...]
FORGOTTEN = 6.0
"""Seconds of other speech after which nobody knows any more who "she" is."""
LEANING = "dangling opening"
PAID = "ends before its payoff", "ends on a question"
SURELY = 0.85
"""Probability of the reader from which a change is mended and not only told."""
PARTED = "parted from what it leans on"


def objections(draft: Draft, runs: Sequence[Run]) -> list[Finding]:
    """Risks of ``runs`` in playing order, without those that the cut before had in the same place: the opening, or behind it."""
    known = {_key(one, draft.before_ids) for one in found(draft, draft.before_ids)}
    return [one for one in found(draft, runs) if _key(one, runs) not in known]


def weight(draft: Draft, objected: Sequence[Finding]) -> tuple[int, float]:
    """At how much of it a stranger is lost, and then how much slows one, of which a sure risk is 1."""
    return sum(grave(draft, one) for one in objected), round(sum(_sure(draft, one) for one in objected), 1)


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
    return one.kind not in PAID or read is None or float(read.sets_up[at]) >= SURELY


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


def _key(one: Finding, runs: Sequence[Run]) -> tuple[str, str, bool]:
    return one.kind, one.ids[0], bool(runs) and one.ids[0] in runs[0]
