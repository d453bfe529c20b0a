"""What may not play: what plays in another promo of the request, what the person ruled out, and what lies outside of where they asked to look."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from tools.finding import embed
from tools.finding.relevance import EMBEDDED
from tools.finding.standing_alone import opening
from tools.finding.terms import names
from tools.ports import Bench
from tools.schema import Sentence, Shot, Window

SHARE = 0.6
"""Of an exclusion's words, the rare ones weighing more, that a sentence may have less than."""
ABOUT = 0.5
"""Cosine with an exclusion from which a sentence speaks of it in other words."""
AFTER = 3
"""Sentences that are left out after one that is ruled out, as long as they lean on what was said."""
LEANING = ("pronoun opening", "answer without its question")
"""What makes a sentence one more about the same."""
HALF = 0.5
"""Share of a sentence or shot that must lie within where the person asked to look."""


def barred(bench: Bench) -> dict[str, str]:
    """Ids that may not play, each with why."""
    options, workspace = bench.brief.options, bench.workspace
    said = workspace.transcript.sentences if workspace.transcript else ()
    seen = workspace.observation.shots if workspace.observation else ()
    why = dict.fromkeys(options.used, "plays in another promo of this request, and they share nothing")
    # A person changes a cut, and may ask by name for what was ruled out before.
    if options.opening == "any" and options.revised is None:
        return why
    for each in options.without:
        why |= dict.fromkeys(spoken_of(tuple(said), each), f"speaks of “{each}”, which may not be spoken of")
    if options.window:
        items: list[Sentence | Shot] = [*said, *seen]
        outside = [each.id for each in items if not within(each, options.window, workspace.source.duration)]
        where = " and ".join(map(str, options.window))
        why |= dict.fromkeys(outside, f"lies outside of {where}, where the promo is to be taken from")
    if (revised := options.revised) is not None:
        asked = {name for pick in (*revised.now, *revised.rules) for name in pick.ids}
        return {name: each for name, each in why.items() if name not in asked}
    return why


def within(each: Sentence | Shot, windows: Sequence[Window], duration: float) -> bool:
    """Whether most of a sentence or shot lies in one of ``windows``."""
    spans = (window.of(duration) for window in windows)
    return any(min(each.end, end) - max(each.start, start) >= HALF * each.length for start, end in spans)


@lru_cache(maxsize=64)
def spoken_of(said: tuple[Sentence, ...], what: str) -> tuple[str, ...]:
    """The ids of the sentences that speak of ``what``, and of those after them that lean on them."""
    texts = [each.text for each in said]
    named = _named(texts, what)
    near = _near(texts, what)
    found: list[int] = []
    since = AFTER + 1
    for at in range(len(said)):
        if named[at] or near[at]:
            since = 0
        elif since < AFTER and any(finding.kind in LEANING for finding in opening(said, at)):
            since += 1
        else:
            since = AFTER + 1
        if since <= AFTER:
            found.append(at)
    return tuple(said[at].id for at in found)


def _named(texts: Sequence[str], what: str) -> list[bool]:
    bags = [set(names(text)) for text in texts]
    spread = Counter(term for bag in bags for term in bag)
    wanted = {term: math.log(1 + len(texts) / spread[term]) for term in names(what) if term in spread}
    whole = sum(wanted.values())
    if not whole:
        return [False] * len(texts)
    return [sum(wanted[term] for term in wanted.keys() & bag) >= SHARE * whole for bag in bags]


def _near(texts: Sequence[str], what: str) -> list[bool]:
    if not texts or not embed.available():
        return [False] * len(texts)
    rows = embed.embed([what, *texts[:EMBEDDED]])
    close = [bool(cosine >= ABOUT) for cosine in rows[1:] @ rows[0]]
    return close + [False] * (len(texts) - len(close))
