"""What a language model is shown of a change: the promo as it plays, the words of the change, and what they hold it to.  Data, all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.ids import Stretch, index, is_spoken
from tools.ports import Bench
from tools.schema import Pick, Revised, Sentence
from tools.text import clean

WORDS, NEAR = 1500, 3
"""Characters that are shown of a clip; and sentences on either side of one that are shown beside it."""


def change_shown(bench: Bench) -> dict[str, Any]:
    """A change as JSON; empty where the run is none."""
    revised = bench.brief.options.revised
    if revised is None:
        return {}
    said = bench.workspace.transcript.sentences if bench.workspace.transcript else ()
    return {
        "change": {
            "said": clean(bench.brief.wish, 2000),
            "read": clean(bench.brief.understood, 600),
            "now": [_clip(number, pick, said) for number, pick in enumerate(revised.now, 1)],
            "by_the_rules": {
                "picks": [{"ids": str(Stretch.of(pick.ids)), "role": pick.role} for pick in revised.rules],
                "objections": [clean(each, 300) for each in revised.objections],
            },
            "bounds": _bounds(revised),
            "said_beside": _beside(revised, said),
        }
    }


def _clip(number: int, pick: Pick, said: Sequence[Sentence]) -> dict[str, Any]:
    """A clip with its words, and about how long they last."""
    there = [said[index(name)] for name in pick.ids if is_spoken(name) and index(name) < len(said)]
    words, seconds = " ".join(each.text for each in there), there[-1].end - there[0].start if there else 0.0
    told = {"clip": number, "ids": str(Stretch.of(pick.ids)), "role": pick.role, "words": clean(words, WORDS)}
    return {**told, "seconds": round(seconds, 1)} if there else told


def _bounds(revised: Revised) -> dict[str, Any]:
    """What ``cut`` refuses, as ids."""
    told: dict[str, Any] = {
        "may_not_play": list(revised.gone),
        "something_plays_of": [str(Stretch.of(run)) for run in revised.plays],
        "begins_with_some_of": str(Stretch.of(revised.first)) if revised.first else "",
        "ends_with_some_of": str(Stretch.of(revised.last)) if revised.last else "",
        "in_this_order": [str(Stretch.of(run)) for run in revised.order],
        "begins_no_more_with": revised.opened,
    }
    return {name: value for name, value in told.items() if value}


def _beside(revised: Revised, said: Sequence[Sentence]) -> list[str]:
    """The sentences around the clips, before the change and by the rules, that no clip plays now."""
    playing = {index(name) for pick in revised.now for name in pick.ids if is_spoken(name)}
    wanted = {index(name) for pick in revised.rules for name in pick.ids if is_spoken(name)} | playing
    near = {at + step for at in wanted for step in range(-NEAR, NEAR + 1)} - playing
    return [
        f"{said[at].id} {said[at].length:.1f}s {clean(said[at].text, 300)}"
        for at in sorted(near)
        if 0 <= at < len(said)
    ]
