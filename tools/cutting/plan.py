"""Picks become a plan of frames, certified and saved; without picks, the search over the ranking makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from string import ascii_uppercase

import numpy as np
from langchain_core.tools import ToolException

from tools.cutting import certify, links
from tools.cutting.careful import clear, offer
from tools.cutting.checks import check, infeasible
from tools.cutting.choice import Floats, valued
from tools.cutting.edges import FLASHES, Material, at
from tools.cutting.fill import Fill, fill
from tools.cutting.material import pins, tightened, working
from tools.cutting.parts import FREE, Fixed
from tools.cutting.parts import ways as asked_for
from tools.cutting.solver import TOLERANCE, Choice, Solution, solve
from tools.cutting.subject import STRAYS, Sought, serving
from tools.finding import ranking
from tools.finding.eligible import barred
from tools.finding.reader import Readings
from tools.finding.standing_alone import SLIGHT, Finding, review
from tools.ids import Stretch, is_spoken, number
from tools.media import reels
from tools.ports import Bench
from tools.schema import LONGEST, SHORTEST, Brief, Candidate, Clip, CutList, Infeasible, Pick
from tools.text import clean

RANGE = 12
"""Lengths of a range that are tried at most, beside the target."""
CAREFUL = 4
"""Cuts of the ranking's own choice that are tried while each carries a risk; then the one with the fewest is taken."""
HARDLY = 0.4
"""How much the sentence that serves a topic most must serve it; of 179 wishes for talks that were about them, 1 lay under it."""
ABOUT = 0.5
"""Of how much the sentence that serves a topic most serves it: a story without one that serves it so much is not about it."""


def ranked(bench: Bench, material: Material, near: Floats | None) -> Sequence[Pick]:
    """The picks that an exact search over the ranking makes of the request; ``near`` as ``Sought`` has it, None where nothing was read.

    Raises ``ToolException`` with the nearest lengths.
    """
    workspace, target = bench.workspace, bench.brief.clips_target
    if not SHORTEST <= target <= LONGEST:
        raise ToolException(
            f"Nothing was planned: {target:g} s was asked; a promo is {SHORTEST:g} to {LONGEST:g} s long"
        )
    gone = barred(bench)
    found = _chosen(bench, material, near, gone)
    lasts = workspace.source.duration
    if lasts < target - TOLERANCE:
        nearest = _nearest(found, bench.brief) if isinstance(found, Infeasible) else ""
        raise ToolException(
            f"Nothing was planned: the video lasts {lasts:.1f} s, and {target:g} s were asked of it; "
            + (
                "ask for less, or give a longer video." + nearest
                if lasts >= SHORTEST
                else f"a promo lasts {SHORTEST:g} s at least, so give a longer video."
            )
        )
    if isinstance(found, Infeasible):
        raise ToolException(
            f"Nothing was planned: {found.reason}{_ruled_out(bench, gone)}.{_nearest(found, bench.brief)}"
        )
    return found.picks


def _chosen(bench: Bench, material: Material, near: Floats | None, gone: Mapping[str, str]) -> Fill | Infeasible:
    """The best story of a length that was asked, or else what fills a length; the first refusal where nothing can."""
    lengths, candidates = lengths_asked(bench.brief), ranking.of_run(bench, bench.brief.topic)
    if found := _told(bench, material, near, gone, lengths):
        return found
    if parts := bench.brief.options.parts:
        raise ToolException(
            f"Nothing was planned: no story of this length {' and '.join(map(str, parts))}; pick what was asked for, and what goes beside it."
        )
    tried = [choose(material, candidates, lengths[0], gone)]
    for seconds in lengths[1:]:
        if isinstance(tried[-1], Fill):
            break
        tried.append(choose(material, candidates, seconds, gone))
    return tried[-1] if isinstance(tried[-1], Fill) else tried[0]


def _told(
    bench: Bench, material: Material, near: Floats | None, gone: Mapping[str, str], lengths: Sequence[float]
) -> Fill | None:
    """The best story of the first length that can be told, with the parts that were asked for; None without one, or where nothing was read."""
    if material.read is None or near is None:
        return None
    ways = asked_for(bench, material, gone) if bench.brief.options.parts else [FREE]
    if bench.brief.options.strict:
        for seconds in lengths:
            clean = [clear(material, material.read, near, seconds, gone, way) for way in ways]
            if found := [one for one in clean if one is not None]:
                return max(found, key=lambda one: one[0])[1]
    for seconds in lengths:
        if told := _best(material, material.read, near, seconds, gone, ways):
            if _holds(told, near):
                return told
            only = np.where(near < ABOUT * near.max(), -STRAYS, near)
            return _best(material, material.read, only, seconds, gone, ways) or told
    return None


def _best(
    material: Material, read: Readings, near: Floats, seconds: float, gone: Mapping[str, str], ways: Sequence[Fixed]
) -> Fill | None:
    """The best story of a length, with what must play."""
    found = [one for way in ways for one in valued(material, read, near, seconds, gone, fixed=way)]
    return max(found, key=lambda one: one[0])[1] if found else None


def _holds(found: Fill, near: Floats) -> bool:
    """Whether a story plays anything of what was asked for, and not only what opens and closes well."""
    spans = [Stretch.of(pick.ids) for pick in found.picks]
    return near.max() <= 0 or max(near[at.first : at.last + 1].max() for at in spans) >= ABOUT * near.max()


def _better(bench: Bench, material: Material, near: Floats | None, target: float) -> str:
    """The nearest cut that carries no risk, on a line of its own; nothing where sentences were not read."""
    if material.read is None or near is None:
        return ""
    return "\n" + offer(material, material.read, near, target, barred(bench))


def _ruled_out(bench: Bench, gone: Mapping[str, str]) -> str:
    """What of the video the request itself leaves out, for who wonders why so little is there."""
    count = len(gone.keys() - set(bench.brief.options.used))
    return f"; {count} sentences or shots are ruled out by the request" if count else ""


def lengths_asked(brief: Brief) -> list[float]:
    """What the clips are to last, and where a range was asked, what lies in it, nearest first."""
    least, most, card = brief.options.least, brief.options.most, brief.options.card
    if least is None and most is None:
        return [brief.clips_target]
    low = max(SHORTEST, least - card if least is not None else SHORTEST) + TOLERANCE
    high = min(LONGEST, most - card if most is not None else LONGEST) - TOLERANCE
    step = max(2 * TOLERANCE, (high - low) / RANGE)
    others = [low + n * step for n in range(int(max(0.0, high - low) / step) + 1)]
    return [brief.clips_target, *sorted(others, key=lambda seconds: abs(seconds - brief.clips_target))]


def choose(
    material: Material, candidates: Sequence[Candidate], target: float, used: Iterable[str]
) -> Fill | Infeasible:
    """Of a few fills, each without what was at risk in the ones before, the first with the fewest risks."""
    best = fill(material, candidates, target, used=used)
    if isinstance(best, Infeasible):
        return best
    found, gone, least = best, set(used), len(at_risk(material, best, target))
    for _ in range(CAREFUL):
        risky = at_risk(material, found, target)
        if len(risky) < least:
            best, least = found, len(risky)
        if not risky:
            break
        gone |= {name for clip in risky for name in clip.ids}
        other = fill(material, candidates, target, used=gone)
        if isinstance(other, Infeasible):
            break
        found = other
    return best


def at_risk(material: Material, found: Fill, target: float) -> list[Clip]:
    """The clips of a fill that a person might look at, one for each reason to."""
    made = lay(material, found.picks, found.solution, target, "")
    by_label = {clip.label: clip for clip in made.clips}
    return [by_label[risk.partition(": ")[0]] for risk in _risks(made)]


def _risks(made: CutList) -> list[str]:
    """What is warned of, and what is noted and not slight."""
    return [*made.flags, *(f"{clip.label}: {note}" for clip in made.clips for note in clip.notes if note not in SLIGHT)]


def _nearest(found: Infeasible, brief: Brief) -> str:
    lengths = ", ".join(f"{seconds + brief.options.card:.1f}" for seconds in found.nearest)
    if lengths:
        return f" The nearest lengths that can be made: {lengths} s."
    return f" No length from {SHORTEST:g} s on can be made of it: what stands alone in it is shorter."


def automatic(bench: Bench) -> CutList:
    """The plan that the ranking makes of the request, as ``plan``; it says so where hardly anything of the video is about what was asked."""
    material, topic = working(bench)[0], bench.brief.topic.strip()
    sought = _sought(bench, material)
    picks = ranked(bench, material, sought and sought.near)
    hardly = f"hardly about it: little in the video is nearer to “{clean(topic, 80)}” than this is"
    return plan(bench, picks, doubts=(hardly,) if sought and sought.most < HARDLY else (), sought=sought)


def _sought(bench: Bench, material: Material) -> Sought | None:
    """What each sentence is to the request; None where sentences were not read."""
    return serving(material.sentences, material.read, bench.brief) if material.read is not None else None


def plan(
    bench: Bench,
    picks: Sequence[Pick],
    target_seconds: float | None = None,
    doubts: Sequence[str] = (),
    sought: Sought | None = None,
) -> CutList:
    """The plan of ``picks``, certified and saved as the next ``plan-P<n>.json``; ``doubts`` are risks that its choice carries.

    ``sought`` is what each sentence is to the request, where that was asked before.

    Raises ``ToolException`` with all that is wrong, or with the nearest lengths that these picks allow.
    """
    workspace, target = bench.workspace, bench.brief.clips_target if target_seconds is None else target_seconds
    material, tight = working(bench, picks)
    chosen, wrong = check(material, bench, picks, target)
    if wrong:
        _reject(bench, picks, wrong)
        raise ToolException("Nothing was planned:\n" + "\n".join(f"- {each}" for each in wrong))
    found, target = _solved(bench, material, chosen, target)
    if isinstance(found, Infeasible):
        _reject(bench, chosen, [found.reason])
        raise ToolException(infeasible(material, chosen, target, found, bench.brief.options.card))
    name = f"P{max((number(each.id) for each in workspace.plans()), default=0) + 1}"
    laid = _carded(lay(material, chosen, found, target, name, bench.brief.wish), bench.brief)
    made = certify.against(_doubted(laid, doubts), material)
    sought = sought or _sought(bench, material)
    risks = _risks(made)
    if bench.brief.options.strict and risks:
        _reject(bench, chosen, risks)
        raise ToolException(
            "Nothing was planned, since the run is strict and these are risks:\n"
            + "\n".join(f"- {each}" for each in risks)
            + _better(bench, material, sought and sought.near, target)
        )
    if not made.certificate.passed or not all(clip.certificate.passed for clip in made.clips):
        raise AssertionError(
            f"the solver and the certificate disagree: {[c for clip in made.clips for c in clip.certificate.failures]} {made.certificate.failures}"
        )
    bench.candidates.extend(_kept(made))
    if tight is not None:
        made = tightened(bench, made, tight)
    made = reels.named(made, workspace.source)
    workspace.save(f"plan-{made.id}.json", made)
    if material.read is not None and sought is not None:
        links.save(workspace, made, material.read, sought.near)
    return made


def _solved(
    bench: Bench, material: Material, chosen: Sequence[Pick], target: float
) -> tuple[Solution | Infeasible, float]:
    """How the picks play, and at which length of those that were asked; clips that a change keeps play as they did where they can."""
    lengths = lengths_asked(bench.brief) if target == bench.brief.clips_target else [target]
    kept = pins(bench)
    for pinned in (kept, {}) if kept else ({},):
        for seconds in lengths:
            if isinstance(found := solve(replace(material, pins=pinned), chosen, seconds), Solution):
                return found, seconds
    return solve(material, chosen, target), target


def _doubted(laid: CutList, doubts: Sequence[str]) -> CutList:
    """The plan with what is doubted of all of it as flags of the clip that opens it."""
    first, *rest = laid.clips
    clips = (first.model_copy(update={"flags": (*doubts, *first.flags)}), *rest)
    return laid.model_copy(
        update={"clips": clips, "flags": (*(f"{first.label}: {each}" for each in doubts), *laid.flags)}
    )


def lay(
    material: Material, picks: Sequence[Pick], found: Solution, target: float, plan_id: str, wish: str = ""
) -> CutList:
    """The solution as clips with labels, words and flags; certificates are ``certify``'s."""
    ids = [choice.ids(picks[choice.pick]) for choice in found.choices]
    findings = _findings(material, [(choice, picks[choice.pick]) for choice in found.choices])
    clips = tuple(
        _clip(material, picks[choice.pick], choice, ascii_uppercase[place], ids[place], findings[place])
        for place, choice in enumerate(found.choices)
    )
    left = [
        _left(pick, pick.ids, "left out to meet the length")
        for place, pick in enumerate(picks)
        if place in found.left_out
    ]
    left += [
        _left(picks[choice.pick], gone, "dropped to meet the length")
        for choice, kept in zip(found.choices, ids, strict=True)
        if (gone := tuple(n for n in picks[choice.pick].ids if n not in kept))
    ]
    return CutList(
        id=plan_id,
        target=target,
        length=float(found.frames / material.rate),
        rate=f"{material.rate.numerator}/{material.rate.denominator}",
        clips=clips,
        left_out=tuple(left),
        wish=wish,
        flags=tuple(f"{clip.label}: {flag}" for clip in clips for flag in clip.flags if not flag.startswith("trimmed")),
    )


def _carded(made: CutList, brief: Brief) -> CutList:
    """The plan with a brand's end card behind it, in whole frames."""
    frames = round(brief.options.card * made.fps)
    seconds = float(frames / made.fps)
    more = {"card": frames, "length": made.length + seconds, "target": made.target + brief.options.card}
    return made.model_copy(update=more) if frames else made


def _clip(
    material: Material, pick: Pick, choice: Choice, label: str, ids: tuple[str, ...], findings: Sequence[Finding]
) -> Clip:
    spoken = material.sentences[choice.first : choice.last + 1] if is_spoken(pick.ids[0]) else ()
    flags = (
        *(flag for flag in choice.flags if flag not in FLASHES),
        *(() if spoken else _heard(material, choice.start, choice.end)),
        *(_worded(one) for one in findings if one.warns),
        *_trims(pick, ids),
    )
    return Clip(
        start=at(choice.start, material.rate),
        end=at(choice.end, material.rate),
        label=label,
        ids=ids,
        role=pick.role,
        reason=pick.reason,
        text=" ".join(sentence.text for sentence in spoken),
        first_frame=choice.start,
        frames=choice.frames,
        held=_held(material, choice.start, choice.end),
        flags=tuple(dict.fromkeys(flags)),
        notes=tuple(dict.fromkeys(_worded(one) for one in findings if not one.warns)),
    )


def _worded(one: Finding) -> str:
    return f"{one.kind}: {one.note}" if one.severe else one.kind


def _held(material: Material, start: int, end: int) -> tuple[int, int]:
    """Frames of other shots that the words leave at the two edges: sound is cut there and picture where the shot is."""
    frames = end - start
    first, last = material.flash(start, "start", frames), material.flash(end, "end", frames)
    return first, last if first + last < frames else 0


def _heard(material: Material, start: int, end: int) -> tuple[str, ...]:
    """A flag where the edges of a clip of shots cut speech."""
    edges = at(start, material.rate), at(end, material.rate)
    cut = [each.id for each in material.sentences if any(each.start < edge < each.end for edge in edges)]
    return (f"speech is cut: {', '.join(cut)}",) if cut else ()


def _trims(pick: Pick, ids: tuple[str, ...]) -> tuple[str, ...]:
    gone = [name for name in pick.ids if name not in ids]
    return (f"trimmed: {', '.join(gone)} left out",) if gone else ()


def _left(pick: Pick, ids: Sequence[str], reason: str) -> Candidate:
    return Candidate(ids=tuple(ids), kept=False, score=0.0, reason=f"{pick.role}, {reason}: {pick.reason}")


def _findings(material: Material, runs: Sequence[tuple[Choice, Pick]]) -> list[list[Finding]]:
    """The review of the spoken clips, each at its place among all clips."""
    spoken = [place for place, (_, pick) in enumerate(runs) if is_spoken(pick.ids[0])]
    played = [runs[place] for place in spoken]
    found = review(
        material.sentences,
        [(choice.first, choice.last) for choice, _ in played],
        [pick.role for _, pick in played],
        material.read,
    )
    by_place = dict(zip(spoken, found, strict=True))
    return [by_place.get(place, []) for place in range(len(runs))]


def _reject(bench: Bench, picks: Sequence[Pick], wrong: Sequence[str]) -> None:
    """A row for each pick with what was wrong with it, or with all of them."""
    for place, pick in enumerate(picks, 1):
        own = (
            [each for each in wrong if each.startswith(f"pick {place}:")]
            or [each for each in wrong if not each.startswith("pick ")]
            or ["another pick was refused"]
        )
        bench.candidates.append(
            Candidate(ids=pick.ids, kept=False, score=0.0, reason=clean(f"{pick.role}: {'; '.join(own)}", 600))
        )


def _kept(made: CutList) -> list[Candidate]:
    kept = [
        Candidate(
            ids=clip.ids,
            kept=True,
            score=0.0,
            parts={"seconds": round(clip.length, 3)},
            reason=f"{clip.role}: {clip.reason}",
        )
        for clip in made.clips
    ]
    return [*kept, *made.left_out]
