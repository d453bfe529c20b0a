"""Changes of picks, each tried: what would then play, how long it lasts, and whether what was objected to is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from tools.cutting.edges import Material
from tools.cutting.solver import Solution, solve
from tools.finding.standing_alone import is_housekeeping, review
from tools.ids import Stretch, is_spoken
from tools.schema import Pick

FURTHER = 3
"""Sentences that a mend may add before or behind a pick, or take away."""
OFFERED = 2
"""Mends told of one clip."""


def difference(picks: Sequence[Pick], changed: Sequence[Pick | None], material: Material, found: Solution) -> str:
    """What plays otherwise than picked, and for how long: ``pick 1 as S60, without pick 3: 30.0 s``.

    ``changed`` are the picks that were solved at the places of ``picks``, None for one that was taken out.
    """
    places = [place for place, pick in enumerate(changed) if pick is not None]
    playing = {}
    for choice in found.choices:
        pick = changed[places[choice.pick]]
        assert pick is not None
        playing[places[choice.pick]] = choice.ids(pick)
    told = []
    for place, pick in enumerate(picks):
        ids = playing.get(place)
        if ids is None:
            told.append(f"without pick {place + 1}")
        elif ids != pick.ids:
            told.append(f"pick {place + 1} as {Stretch.of(ids)}")
    return f"{', '.join(told) or 'as it is'}: {float(found.frames / material.rate):.1f} s"


def mends(material: Material, picks: Sequence[Pick], place: int, target: float) -> list[str]:
    """What would mend the clip at ``place``, nearest first: tried, within the length, no objection left to it and none new."""
    before = _objections(material, picks)
    found: dict[str, None] = {}
    for changed in _changes(material, picks, place):
        rest = [pick for pick in changed if pick is not None]
        here = sum(pick is not None for pick in changed[:place])
        left = _objections(material, rest)
        if sum(left) >= sum(before) or (changed[place] is not None and left[here]):
            continue
        solved = solve(material, rest, target)
        if isinstance(solved, Solution) and not solved.left_out:
            found[difference(picks, changed, material, solved)] = None
        if len(found) == OFFERED:
            break
    return list(found)


def _objections(material: Material, picks: Sequence[Pick]) -> list[int]:
    """How many severe findings each pick has where these play."""
    spoken = [place for place, pick in enumerate(picks) if is_spoken(pick.ids[0])]
    runs = [(Stretch.of(picks[place].ids).first, Stretch.of(picks[place].ids).last) for place in spoken]
    told = review(material.sentences, runs, [picks[place].role for place in spoken], material.read)
    by_place = dict(zip(spoken, told, strict=True))
    return [sum(each.severe for each in by_place.get(place, ())) for place in range(len(picks))]


def _changes(material: Material, picks: Sequence[Pick], place: int) -> Iterator[list[Pick | None]]:
    """Another stretch for the pick, alone or with one other pick taken out; then the picks without it."""
    others = [other for other, pick in enumerate(picks) if other != place and pick.role != "hook"]
    for out in (None, *others):
        for stretch in _near(material, picks, place):
            changed: list[Pick | None] = list(picks)
            changed[place] = picks[place].model_copy(update={"ids": stretch.ids, "optional": False})
            if out is not None:
                changed[out] = None
            yield changed
    if picks[place].role != "hook" and len(picks) > 2:
        yield [None if at == place else pick for at, pick in enumerate(picks)]


def _near(material: Material, picks: Sequence[Pick], place: int) -> Iterator[Stretch]:
    """Stretches that begin or end otherwise, and hold no greeting that the pick does not hold."""
    said, now = material.sentences, Stretch.of(picks[place].ids)
    taken = {name for other, pick in enumerate(picks) if other != place for name in pick.ids}
    wider = chain(
        (now._replace(first=now.first - more) for more in range(1, FURTHER + 1)),
        (now._replace(last=now.last + more) for more in range(1, FURTHER + 1)),
        (now._replace(first=now.first - 1, last=now.last + more) for more in (1, 2)),
    )
    for stretch in wider:
        new = range(stretch.first, stretch.last + 1)
        if stretch.first < 0 or stretch.last >= len(said) or taken & set(stretch.ids) or material.crosses(stretch):
            continue
        if not any(is_housekeeping(said[at]) for at in new if not now.first <= at <= now.last):
            yield stretch
    for less in range(1, min(FURTHER, now.last - now.first) + 1):
        yield now._replace(first=now.first + less)
        yield now._replace(last=now.last - less)
