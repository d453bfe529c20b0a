"""What is wrong with picks, and what would help where they can't meet a length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from tools.cutting.edges import Material
from tools.cutting.mends import difference
from tools.cutting.revised import broken
from tools.cutting.solver import MOST_CLIPS, Solution, reaches, solve
from tools.finding.eligible import barred
from tools.finding.standing_alone import is_housekeeping
from tools.ids import Stretch, index, is_spoken
from tools.media import reels
from tools.ports import Bench
from tools.schema import LONGEST, SHORTEST, Infeasible, Pick, Take
from tools.text import clean
from tools.words.compact import clock
from tools.words.sentences import resolve


def check(material: Material, bench: Bench, picks: Sequence[Pick], target: float) -> tuple[list[Pick], list[str]]:
    """The picks with ranges spelled out, and every mistake in them; empty when they can be planned."""
    wrong: list[str] = []
    if not SHORTEST <= target <= LONGEST:
        wrong.append(f"{target:g} s was asked; a promo is {SHORTEST:g} to {LONGEST:g} s long")
    if not 1 <= len(picks) <= MOST_CLIPS:
        wrong.append(f"{len(picks)} picks; 1 to {MOST_CLIPS} are right")
    hooks = sum(pick.role == "hook" for pick in picks)
    if hooks != 1:
        wrong.append(f"{hooks} picks have the role hook; exactly one does, and it plays first")
    chosen = []
    for place, pick in enumerate(picks, 1):
        ids, missing = resolve(pick.ids, bench.workspace.transcript, bench.workspace.observation)
        wrong += [f"pick {place}: {each}" for each in missing]
        wrong += [] if missing else _run(place, ids, material, bench.workspace.source.takes)
        if ids:
            chosen.append(pick.model_copy(update={"ids": tuple(ids), "reason": clean(pick.reason, 600) or pick.role}))
        if pick.role == "hook" and not missing:
            wrong += _greets(material, bench, ids)
    gone = barred(bench)
    wrong += [f"{name} {gone[name]}" for pick in chosen for name in pick.ids if name in gone]
    if (revised := bench.brief.options.revised) and not wrong:
        wrong += broken(revised, [pick.ids for pick in chosen])
    return chosen, wrong + _collisions(material, chosen)


def _run(place: int, ids: Sequence[str], material: Material, takes: Sequence[Take]) -> list[str]:
    """What keeps ids from being one stretch of the source."""
    if len(set(map(is_spoken, ids))) > 1:
        return [f"pick {place}: {', '.join(ids)} mixes speech and shots; make two picks of it"]
    off = [(one, two) for one, two in pairwise(ids) if index(two) != index(one) + 1]
    if off:
        return [
            f"pick {place}: {two} does not follow {one}; a pick is consecutive ids, so make two picks of it"
            for one, two in off
            if one != two
        ]
    if material.crosses(run := Stretch.of(ids)):
        return [f"pick {place}: {_crossing(run, material, takes)}"]
    return [f"pick {place}: {name} lasts no frame" for name in ids if not _lasts(material, name)]


def _crossing(run: Stretch, material: Material, takes: Sequence[Take]) -> str:
    """How a stretch runs from one recording of a reel into another, and what would do."""
    items = (material.sentences if run.is_spoken else material.shots)[run.span]
    first, last = (takes[reels.within(takes, (each.start + each.end) / 2)].name for each in (items[0], items[-1]))
    if first == last:
        return f"{run} runs into the black between two recordings; pick it without that"
    return f"{run} runs from {first} into {last}; pick them apart, since no clip plays from one recording into another"


def _lasts(material: Material, name: str) -> bool:
    """Whether a shot, or a sentence however its edges fall, has at least a frame of its own."""
    if is_spoken(name):
        return material.lasts(index(name))
    return material.shots[index(name)].length * material.rate >= 1


def _greets(material: Material, bench: Bench, ids: Sequence[str]) -> list[str]:
    """Why a hook may not begin like this, where the video has anything else to begin with."""
    if bench.brief.options.opening == "any" or not ids or not is_spoken(ids[0]):
        return []
    said = material.sentences
    first = said[index(ids[0])]
    others = [each for each in said if not is_housekeeping(each)]
    if not is_housekeeping(first) or 3 * len(others) < len(said):
        return []
    return [
        f'{first.id} ("{clean(first.text, 60)}") is a greeting or housekeeping, which never opens a promo; begin the hook at another sentence'
    ]


def _collisions(material: Material, picks: Sequence[Pick]) -> list[str]:
    """Ids picked twice, and shots that play what a picked sentence plays."""
    twice = [name for name, count in Counter(name for pick in picks for name in pick.ids).items() if count > 1]
    wrong = [f"{name} is picked {'twice' if len(twice) else ''}; every id plays once" for name in twice]
    shots = [material.shots[index(name)] for pick in picks for name in pick.ids if not is_spoken(name)]
    said = [material.sentences[index(name)] for pick in picks for name in pick.ids if is_spoken(name)]
    return wrong + [
        f"{shot.id} ({clock(shot.start)}-{clock(shot.end)}) overlaps {sentence.id} ({clock(sentence.start)}-{clock(sentence.end)}); leave one out"
        for shot in shots
        for sentence in said
        if sentence.start < shot.end - 1e-3 and shot.start < sentence.end - 1e-3
    ]


def infeasible(material: Material, picks: Sequence[Pick], target: float, found: Infeasible, card: float = 0.0) -> str:
    """Why the length can't be met, the nearest lengths, and what would help, in lines; ``card`` are the seconds of an end card."""
    lines = [f"No plan: {found.reason}."]
    if found.nearest:
        lines.append(
            "The nearest lengths with these picks: "
            + " and ".join(f"{seconds + card:g} s" for seconds in found.nearest)
            + "."
        )
    told = [
        f"pick {place} {Stretch.of(pick.ids)} {low:.2f}-{high:.2f} s"
        for place, (pick, (low, high)) in enumerate(zip(picks, reaches(material, picks), strict=True), 1)
    ]
    lines.append(f"Lengths, as edges move in the gaps between words: {', '.join(told)}.")
    helps = list(dict.fromkeys(_helps(material, picks, target)))[:4]
    helps = helps or list(dict.fromkeys(islice(_exchanges(material, picks, target), 2)))
    if found.nearest and not helps and found.nearest[-1] < target:
        helps = [f"more picks, about {target - found.nearest[-1]:.1f} s of them"]
    return "\n".join(lines + (["What would do: " + "; ".join(helps) + "."] if helps else []))


def _exchanges(material: Material, picks: Sequence[Pick], target: float) -> Iterator[str]:
    """One pick left out and another with more of what stands beside it, each tried, as what would then play."""
    taken = {name for pick in picks for name in pick.ids}
    for out, gone in enumerate(picks):
        if gone.role == "hook" or len(picks) < 2:
            continue
        for place, pick in enumerate(picks):
            if place == out or not is_spoken(pick.ids[0]):
                continue
            for more in material.grown(Stretch.of(pick.ids), taken):
                changed: list[Pick | None] = list(picks)
                changed[out], changed[place] = None, pick.model_copy(update={"ids": more.ids})
                found = solve(material, [each for each in changed if each], target)
                if isinstance(found, Solution) and not found.left_out:
                    yield difference(picks, changed, material, found)
                    break


def _helps(material: Material, picks: Sequence[Pick], target: float) -> Iterator[str]:
    """Single changes, each tried, as what would then play."""

    def tried(changed: Sequence[Pick]) -> Iterator[str]:
        found = solve(material, changed, target)
        if isinstance(found, Solution):
            yield difference(picks, changed, material, found)

    taken = {name for pick in picks for name in pick.ids}
    for place, pick in enumerate(picks):
        if not pick.optional and (pick.role != "hook" or len(pick.ids) > 1):
            changed = [*picks[:place], pick.model_copy(update={"optional": True}), *picks[place + 1 :]]
            yield from tried(changed)
    for place, pick in enumerate(picks):
        for more in material.grown(Stretch.of(pick.ids), taken) if is_spoken(pick.ids[0]) else ():
            changed = [*picks[:place], pick.model_copy(update={"ids": more.ids}), *picks[place + 1 :]]
            if done := list(tried(changed)):
                yield from done
                break
    if len(picks) > 1 and not any(pick.optional for pick in picks):
        changed = [pick if pick.role == "hook" else pick.model_copy(update={"optional": True}) for pick in picks]
        yield from tried(changed)
