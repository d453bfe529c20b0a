"""The automatic choice: the picks of most score that meet a length, from scored passages, by an exact search.

Nothing is approximated but the shortlist of passages and the steps of their lengths; ``tools.cutting.solver`` settles the frames.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.cutting.edges import Material, snap
from tools.cutting.solver import MOST_CLIPS, TOLERANCE, Solution, solve
from tools.finding.standing_alone import ending, is_housekeeping, opening, repair
from tools.ids import Stretch
from tools.schema import LONGEST, SHORTEST, Candidate, Infeasible, Pick, Role, Sentence
from tools.text import clean


class Passage(NamedTuple):
    """A run of sentences or shots that could be a clip."""

    first: int
    last: int
    seconds: float
    """With its edges where they are best."""
    score: float
    hook: float
    """0 where it can't open a promo, up to 1."""
    gap: float = 0.0
    """Seconds from what ends just before it, which are played too where the two are one clip."""
    reason: str = ""
    apart: bool = False
    """Whether it begins a take of a reel, so that no clip plays on into it."""


class Fill(NamedTuple):
    picks: tuple[Pick, ...]
    solution: Solution


FILL_WIDEST = 600
"""Passages that the search over scored passages looks at; the best ones by score."""
PEAKS, REACH = 40, 6
"""Candidates that bring what is within this many sentences of them onto the shortlist."""
FILL_STEPS = 400
"""Length steps of that search at most; a step is never under 0.1 s."""
CLIP, JOIN = 0.3, 0.6
"""Seconds of score that another clip costs, and going on in the same clip: neither many short ones nor one long one."""
EXACT = 4.0
"""Seconds of score that a second off the target costs."""
BEAT = 4.0
"""Seconds that a shot of a video without speech plays for."""
SETS = 24
"""Sets of passages that are cut, for the one that comes nearest to the length."""
ALIKE = 0.6
"""Cosine of the words of two clips above which they say the same."""


def fill(
    material: Material,
    candidates: Sequence[Candidate],
    target: float,
    tolerance: float = TOLERANCE,
    clips: int = MOST_CLIPS,
    used: Iterable[str] = (),
) -> Fill | Infeasible:
    """The picks of most score that meet the target: hook first, the rest as said, nothing twice, no id of ``used``.

    A candidate is moved to where its thought begins and on to its payoff before it is weighed.  What still leans on
    something that is not there is used only where nothing else meets the length; the cut's review then says so.
    Give the ids of earlier promos as ``used`` for one more that is distinct.
    """
    kind = "S" if material.sentences else "V"
    if kind == "V":
        return _shots(material, _passages(material, candidates, set(used), kind), target, tolerance, clips)
    found: Fill | Infeasible = Infeasible(reason="there is nothing to choose from")
    for lenient in (False, True):
        found = _filled(material, _passages(material, candidates, set(used), kind, lenient), target, tolerance, clips)
        if isinstance(found, Fill):
            break
    return found


def _filled(
    material: Material, passages: list[Passage], target: float, tolerance: float, clips: int
) -> Fill | Infeasible:
    for _ in range(4):
        sets, clash = [], None
        for chosen in _sets(passages, target, tolerance, clips):
            clash = _alike(material, chosen.passages)
            if clash is not None:
                break
            sets.append(chosen)
        found = _best(material, sets, target, tolerance)
        if found is not None:
            return found
        if clash is None:
            break
        passages = [passage for passage in passages if passage != clash]
    return Infeasible(
        reason=_too_little(passages, target), nearest=_fill_nearest(material, passages, target, tolerance, clips)
    )


def _best(material: Material, sets: Sequence[_Set], target: float, tolerance: float) -> Fill | None:
    """The set of most worth once it is cut: whole if any can be, and the nearer to the target the better."""
    for trim in (False, True):
        best, most = None, -math.inf
        for chosen in sets:
            found = _cut(material, chosen.passages, target, tolerance, trim)
            if found is None:
                continue
            off = abs(float(found.solution.frames / material.rate) - target)
            if chosen.worth - EXACT * off > most:
                best, most = found, chosen.worth - EXACT * off
            if trim or off * material.rate < 1:
                break
        if best is not None:
            return best
    return None


def _cut(
    material: Material, chosen: Sequence[Passage], target: float, tolerance: float, trim: bool = False
) -> Fill | None:
    """The chosen passages cut to the target, whole or, where ``trim`` is, shortened."""
    picks = [
        pick.model_copy(update={"optional": True}) if trim and pick.role != "hook" else pick for pick in _roles(chosen)
    ]
    found = solve(material, picks, target, tolerance)
    return Fill(tuple(picks), found) if isinstance(found, Solution) else None


def _passages(
    material: Material, candidates: Sequence[Candidate], used: set[str], kind: str, lenient: bool = False
) -> list[Passage]:
    found: dict[tuple[int, int], Passage] = {}
    for candidate in _shortlist([one for one in candidates if one.ids and one.ids[0].startswith(kind)]):
        _, first, last = Stretch.of(candidate.ids)
        if kind == "S":
            first, last = repair(material.sentences, first, last, read=material.read)
        ids = set(Stretch(kind, first, last).ids)
        passage = _weighed(material, first, last, candidate, kind, lenient)
        if (
            passage is not None
            and not ids & used
            and ((first, last) not in found or found[first, last].score < passage.score)
        ):
            found[first, last] = passage
    return sorted(found.values(), key=lambda p: (p.last, p.first))


def _shortlist(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best ``FILL_WIDEST``, and among them what lies around the very best: clips grow from what is next to them."""
    ranked = sorted(candidates, key=lambda one: (-one.score, Stretch.of(one.ids)))
    if len(ranked) <= FILL_WIDEST:
        return ranked
    near: set[int] = set()
    for one in ranked[:PEAKS]:
        _, first, last = Stretch.of(one.ids)
        near |= set(range(first - REACH, last + REACH + 1))
    ranked.sort(key=lambda one: Stretch.of(one.ids).first not in near)
    return ranked[:FILL_WIDEST]


def _weighed(
    material: Material, first: int, last: int, candidate: Candidate, kind: str, lenient: bool
) -> Passage | None:
    """The passage with what its opening, its ending and its edges take from its score; None where it can't be used."""
    score = min(max(candidate.score, 0.0), 1.0)
    if material.crosses(Stretch(kind, first, last)):
        return None
    apart = first > 0 and material.crosses(Stretch(kind, first - 1, first))
    if kind == "V":
        seconds = material.shots[last].end - material.shots[first].start
        shown = Passage(first, last, seconds, score, score, reason=candidate.reason, apart=apart)
        return shown if seconds > 0 else None
    said = material.sentences
    if any(is_housekeeping(said[index]) for index in range(first, last + 1)) or _bare(said[first : last + 1]):
        return None
    begins, stops = opening(said, first, material.read), ending(said, last, material.read)
    asks = any(each.kind == "ends on a question" for each in stops)
    leans = any(each.severe for each in begins) or (not asks and any(each.severe for each in stops))
    if leans and not lenient:
        return None
    edges = snap(material, first, "start"), snap(material, last, "end")
    seconds = float((edges[1].frame - edges[0].frame) / material.rate)
    if seconds <= 0:
        return None
    hook = max(0.05, candidate.parts.get("hook", score) * (0.6 if begins else 1.0) * (0.2 if leans else 1.0))
    worth = 0.0 if asks else score * (0.3 if leans else 1.0) * (0.8 if stops else 1.0)
    worth *= 0.9 ** sum(bool(edge.flags) for edge in edges)
    gap = edges[0].frame - snap(material, first - 1, "end").frame if first else 0
    return Passage(first, last, seconds, worth, hook, max(0.0, float(gap / material.rate)), candidate.reason, apart)


def _bare(said: Sequence[Sentence]) -> bool:
    """Whether it is one word, such as a heading or a number that is read aloud: no clip, and often heard at a wrong time."""
    return sum(max(len(each.words), len(each.text.split())) for each in said) < 2


class _Worths(NamedTuple):
    """The most score by (has a hook, clips, length step)."""

    grain: float
    sizes: list[int]
    free: list[int]
    """How many of the passages end before each one begins."""
    joined: list[int]
    """Length steps of each where it goes on from the one before, the gap between them with it."""
    joins: list[list[int]]
    """The passages that each one can go on from."""
    best: list[NDArray[np.float32]]
    """Over the first passages: none of them, one, two, and so on."""
    ends: list[NDArray[np.float32]]
    """With each passage played last, not as the hook."""


def _worths(passages: Sequence[Passage], top: float, target: float, clips: int) -> _Worths:
    grain = max(0.1, top / FILL_STEPS)
    width = round(top / grain) + 2
    sizes = [max(1, round(passage.seconds / grain)) for passage in passages]
    joined = [max(1, round((passage.gap + passage.seconds) / grain)) for passage in passages]
    lasts = [passage.last for passage in passages]
    free = [bisect_right(lasts, passage.first - 1) for passage in passages]
    joins = [
        list(range(bisect_left(lasts, p.first - 1), bisect_right(lasts, p.first - 1))) if not p.apart else []
        for p in passages
    ]
    best = [np.full((2, clips + 1, width), -np.inf, np.float32)]
    best[0][0, 0, 0] = 0
    ends: list[NDArray[np.float32]] = []
    for at, (passage, size) in enumerate(zip(passages, sizes, strict=True)):
        end = np.full_like(best[0], -np.inf)
        new = best[-1].copy()
        if size < width:
            old = best[free[at]][:, :-1, :-size]
            end[:, 1:, size:] = old + np.float32(_worth(passage) - CLIP)
            for before in joins[at] if joined[at] < width else ():
                end[:, :, joined[at] :] = np.maximum(
                    end[:, :, joined[at] :], ends[before][:, :, : -joined[at]] + np.float32(_worth(passage) - JOIN)
                )
            np.maximum(new, end, out=new)
            if passage.hook and passage.seconds <= max(12.0, target / 2):
                new[1, 1:, size:] = np.maximum(new[1, 1:, size:], old[0] + np.float32(_hook_worth(passage, target)))
        ends.append(end)
        best.append(new)
    return _Worths(grain, sizes, free, joined, joins, best, ends)


class _Set(NamedTuple):
    passages: list[Passage]
    worth: float
    """Seconds of score, what clips and joins cost taken off."""


def _sets(passages: Sequence[Passage], target: float, tolerance: float, clips: int) -> Iterator[_Set]:
    """Sets of passages that do not overlap, near the target's length, by falling score: hook first, the rest as said."""
    worths = _worths(passages, target + tolerance, target, clips)
    low = max(0, math.floor((target - tolerance) / worths.grain) - 1)
    worth = worths.best[-1][1, :, low:]
    off = np.abs((low + np.arange(worth.shape[1])) * worths.grain - target)
    for flat in np.argsort((EXACT * off).astype(np.float32) - worth, axis=None, kind="stable")[:SETS]:
        count, offset = np.unravel_index(flat, worth.shape)
        if not np.isfinite(worth[count, offset]):
            return
        chosen = _traced(passages, worths, int(count), low + int(offset), target)
        yield _Set(chosen, float(worth[count, offset]))


def _worth(passage: Passage) -> float:
    return passage.score * passage.seconds


def _hook_worth(passage: Passage, target: float) -> float:
    return _worth(passage) - CLIP + 0.2 * target * passage.hook


def _traced(passages: Sequence[Passage], worths: _Worths, count: int, length: int, target: float) -> list[Passage]:
    """The passages behind the best worth of a count and a length: hook first, the rest as they were said."""
    hook, at, opens = 1, len(passages), None
    rest: list[Passage] = []
    playing: int | None = None
    while count or playing is not None:
        if playing is None:
            here = worths.best[at][hook, count, length]
            at -= 1
            if worths.best[at][hook, count, length] == here:
                continue
            if worths.ends[at][hook, count, length] == here:
                playing = at
                continue
            opens, hook = passages[at], 0
            count, length, at = count - 1, length - worths.sizes[at], worths.free[at]
            continue
        here, passage = worths.ends[playing][hook, count, length], passages[playing]
        rest.append(passage)
        apart, on = length - worths.sizes[playing], length - worths.joined[playing]
        joins = (
            j
            for j in worths.joins[playing]
            if on >= 0 and worths.ends[j][hook, count, on] + np.float32(_worth(passage) - JOIN) == here
        )
        alone = (
            count > 0
            and apart >= 0
            and worths.best[worths.free[playing]][hook, count - 1, apart] + np.float32(_worth(passage) - CLIP) == here
        )
        if alone:
            count, at, length, playing = count - 1, worths.free[playing], apart, None
        else:
            length, playing = on, next(joins)
    return [*([opens] if opens else []), *sorted(rest)]


def _alike(material: Material, chosen: Sequence[Passage]) -> Passage | None:
    """The poorer of two passages that say the same, if there are two."""
    bags = [_bag(material, passage) for passage in chosen]
    for at, one in enumerate(bags):
        for back in range(at):
            other = bags[back]
            both = sum(one[word] * other[word] for word in one.keys() & other.keys())
            size = math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
            if size and both / size > ALIKE:
                return min(chosen[at], chosen[back], key=lambda p: (p.score, -p.seconds))
    return None


def _bag(material: Material, passage: Passage) -> Counter[str]:
    text = " ".join(sentence.text for sentence in material.sentences[passage.first : passage.last + 1])
    return Counter(word for word in re.findall(r"\w+", text.lower()) if len(word) > 3)


def _roles(chosen: Sequence[Passage], kind: str = "S") -> list[Pick]:
    middle: tuple[Role, ...] = ("context", "proof", "proof", "proof", "proof", "payoff")
    joined: list[Passage] = []
    for passage in chosen:
        if joined and joined[-1].last + 1 == passage.first and not passage.apart:
            joined[-1] = joined[-1]._replace(last=passage.last, score=max(joined[-1].score, passage.score))
        else:
            joined.append(passage)
    picks = []
    for place, passage in enumerate(joined):
        last = place == len(joined) - 1
        role: Role = (
            "hook"
            if place == 0
            else "close"
            if last and len(joined) > 2
            else "payoff"
            if last
            else middle[min(place - 1, len(middle) - 1)]
        )
        played = Stretch(kind, passage.first, passage.last)
        why = clean(passage.reason, 400) or "ranked by what was found"
        picks.append(Pick(ids=played.ids, role=role, reason=f"{why} (score {passage.score:.2f}, {played})"))
    return picks


def _shots(
    material: Material, passages: Sequence[Passage], target: float, tolerance: float, clips: int
) -> Fill | Infeasible:
    """The best shots, about one a beat, and long ones where these do not last; a shot, unlike a sentence, may play in part."""
    best: list[Passage] = []
    for passage in sorted(passages, key=lambda p: (-p.score, p.first)):
        if all(passage.last < other.first or other.last < passage.first for other in best):
            best.append(passage)
    why = Infeasible(reason="there is nothing to choose from", nearest=())
    if not best:
        return why
    longest = sorted(best, key=lambda p: -p.seconds)[:clips]
    for chosen in [*_reels(best, target, clips), longest]:
        picks = _roles([chosen[0], *sorted(chosen[1:])], "V")
        found = solve(material, picks, target, tolerance)
        if isinstance(found, Solution):
            return Fill(tuple(picks), found)
        why = found
    return why


def _reels(best: Sequence[Passage], target: float, clips: int) -> Iterator[list[Passage]]:
    """Sets of shots that last the target, from one a beat to few and long ones."""
    for count in range(min(clips, max(1, round(target / BEAT))), 0, -1):
        chosen = list(best[:count])
        for passage in sorted(best[count:], key=lambda p: -p.seconds):
            if sum(p.seconds for p in chosen) >= target:
                break
            chosen.append(passage)
        if len(chosen) <= clips and sum(p.seconds for p in chosen) >= target:
            yield chosen


def _too_little(passages: Sequence[Passage], target: float) -> str:
    if not passages:
        return "there is no passage to choose from: nothing was said but greetings, or all of it is used"
    return f"no set of the {len(passages)} passages adds up to {target:g} s"


def _fill_nearest(
    material: Material, passages: Sequence[Passage], target: float, tolerance: float, clips: int
) -> tuple[float, ...]:
    """Lengths below and above that ``solve`` has confirmed."""
    if not passages:
        return ()
    worths = _worths(passages, LONGEST, target, clips)
    last = worths.best[-1][1]
    steps = np.flatnonzero(np.isfinite(last).any(axis=0))
    found = []
    for side in (
        steps[steps * worths.grain < target - tolerance][::-1],
        steps[steps * worths.grain > target + tolerance],
    ):
        for step in side[:12]:
            chosen = _traced(passages, worths, int(np.argmax(last[:, step])), int(step), target)
            seconds = min(max(float(step * worths.grain), SHORTEST), LONGEST)
            cut = _cut(material, chosen, seconds, tolerance) or _cut(material, chosen, seconds, tolerance, trim=True)
            if (
                cut is not None
                and SHORTEST <= (length := round(float(cut.solution.frames / material.rate), 3)) <= LONGEST
                and abs(length - target) > tolerance
            ):
                found.append(length)
                break
    return tuple(found)
