"""The tool ``cut``: picks of ids become a plan of frames, or everything that is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from string import ascii_uppercase

from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from tools.cutting import certify
from tools.cutting.edges import Material, at
from tools.cutting.fill import fill
from tools.cutting.material import pins, tightened, working
from tools.cutting.solver import MOST_CLIPS, TOLERANCE, Solution, solve
from tools.finding import ranking
from tools.finding.standing_alone import SLIGHT, Finding, is_housekeeping, repair, review
from tools.ports import Bench
from tools.schema import LONGEST, SHORTEST, Candidate, Clip, CutList, Infeasible, Pick
from tools.text import clean
from tools.words.compact import clock
from tools.words.sentences import resolve

FLASHES = "flash at the start", "flash at the end"
"""Flags of edges that are no risk to a clip: its picture is held over what they warn of."""
SHOWN = 90
"""Characters of a clip's words in the view."""


class CutArgs(BaseModel):
    picks: list[Pick] = Field(
        description="1 to 8 picks in playing order. Each is one id or consecutive ids of one kind: S14, S15, S16 (speech) or V3 (shots). Exactly one has the role hook; it plays first. Leave it empty to take the ranking's own choice."
    )
    target_seconds: float | None = Field(
        default=None, description="The length that was asked, in seconds; leave it out. No other length is made"
    )


@tool("cut", args_schema=CutArgs)
def cut(picks: list[Pick], runtime: ToolRuntime[Bench], target_seconds: float | None = None) -> str:
    """Make a plan of the promo from what you picked, and get its exact length and everything an editor would object to.

    Call it after transcribe and find, or read.  Give ids only, never times: the code finds the edges.  Mark picks
    optional that may be shortened by whole sentences or left out to meet the length.  When it is refused, every
    mistake is listed; mend them all and call it again.  Its answer names the plan, such as P1, for cover and assemble.
    """
    asked = runtime.context.brief.target
    if target_seconds is not None and not abs(target_seconds - asked) <= TOLERANCE:
        raise ToolException(
            f"Nothing was planned: {target_seconds:g} s is not the length that was asked, which is {asked:g} s. "
            "Only who asks may change it, in the request; leave target_seconds out."
        )
    return view(plan(runtime.context, picks or ranked(runtime.context)), runtime.context)


def ranked(bench: Bench) -> Sequence[Pick]:
    """The picks that an exact search over the ranking makes of the request.  Raises ``ToolException`` with the nearest lengths."""
    workspace, target = bench.workspace, bench.brief.target
    if not SHORTEST <= target <= LONGEST:
        raise ToolException(
            f"Nothing was planned: {target:g} s was asked; a promo is {SHORTEST:g} to {LONGEST:g} s long"
        )
    material, _ = working(bench)
    found = fill(material, ranking.of_run(bench, bench.brief.topic), target, used=bench.brief.options.get("used", ()))
    lasts = workspace.source.duration
    if lasts < target - TOLERANCE:
        nearest = _nearest(found) if isinstance(found, Infeasible) else ""
        raise ToolException(
            f"Nothing was planned: the video lasts {lasts:.1f} s, and {target:g} s were asked of it; "
            + (
                "ask for less, or give a longer video." + nearest
                if lasts >= SHORTEST
                else f"a promo lasts {SHORTEST:g} s at least, so give a longer video."
            )
        )
    if isinstance(found, Infeasible):
        raise ToolException(f"Nothing was planned: {found.reason}.{_nearest(found)}")
    return found.picks


def _nearest(found: Infeasible) -> str:
    lengths = ", ".join(f"{seconds:.1f}" for seconds in found.nearest)
    if lengths:
        return f" The nearest lengths that can be made: {lengths} s."
    return f" No length from {SHORTEST:g} s on can be made of it: what stands alone in it is shorter."


def plan(bench: Bench, picks: Sequence[Pick], target_seconds: float | None = None) -> CutList:
    """The plan of ``picks``, certified and saved as the next ``plan-P<n>.json``.

    Raises ``ToolException`` with all that is wrong, or with the nearest lengths that these picks allow.
    """
    workspace, target = bench.workspace, bench.brief.target if target_seconds is None else target_seconds
    material, tight = working(bench, picks)
    material = replace(material, pins=pins(bench))
    chosen, wrong = check(material, bench, picks, target)
    if wrong:
        _reject(bench, picks, wrong)
        raise ToolException("Nothing was planned:\n" + "\n".join(f"- {each}" for each in wrong))
    found = solve(material, chosen, target)
    if isinstance(found, Infeasible):
        _reject(bench, chosen, [found.reason])
        raise ToolException(infeasible(material, chosen, target, found))
    number = max((int(each.id[1:]) for each in workspace.plans()), default=0) + 1
    made = certify.against(lay(material, chosen, found, target, f"P{number}", bench.brief.wish), material)
    risks = [flag for flag in made.flags if flag.partition(": ")[2] not in SLIGHT]
    if bench.brief.options.get("strict") and risks:
        _reject(bench, chosen, risks)
        raise ToolException(
            "Nothing was planned, since the run is strict and these are risks:\n"
            + "\n".join(f"- {each}" for each in risks)
        )
    if not made.certificate.passed or not all(clip.certificate.passed for clip in made.clips):
        raise AssertionError(
            f"the solver and the certificate disagree: {[c for clip in made.clips for c in clip.certificate.failures]} {made.certificate.failures}"
        )
    bench.candidates.extend(_kept(made))
    if tight is not None:
        made = tightened(bench, made, tight)
    workspace.save(f"plan-{made.id}.json", made)
    return made


# What is wrong with picks


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
        wrong += [] if missing else _run(place, ids, material)
        if ids:
            chosen.append(pick.model_copy(update={"ids": tuple(ids), "reason": clean(pick.reason, 600) or pick.role}))
        if pick.role == "hook" and not missing:
            wrong += _greets(material, bench, ids)
    used = set(bench.brief.options.get("used", ()))
    wrong += [
        f"{name} plays in another promo of this request, and they share nothing"
        for pick in chosen
        for name in pick.ids
        if name in used
    ]
    return chosen, wrong + _collisions(material, chosen)


def _run(place: int, ids: Sequence[str], material: Material) -> list[str]:
    """What keeps ids from being one stretch of the source."""
    if len({name[0] for name in ids}) > 1:
        return [f"pick {place}: {', '.join(ids)} mixes speech and shots; make two picks of it"]
    off = [(one, two) for one, two in pairwise(ids) if int(two[1:]) != int(one[1:]) + 1]
    if off:
        return [
            f"pick {place}: {two} does not follow {one}; a pick is consecutive ids, so make two picks of it"
            for one, two in off
            if one != two
        ]
    return [
        f"pick {place}: {name} lasts no frame"
        for name in ids
        if name[0] == "V" and material.shots[int(name[1:]) - 1].length * material.rate < 1
    ] or [
        f"pick {place}: {name} lasts no frame"
        for name in ids
        if name[0] == "S" and _silent(material, int(name[1:]) - 1)
    ]


def _silent(material: Material, index: int) -> bool:
    return min(e.frame for e in material.edges(index, "end")) <= max(s.frame for s in material.edges(index, "start"))


def _greets(material: Material, bench: Bench, ids: Sequence[str]) -> list[str]:
    """Why a hook may not begin like this, where the video has anything else to begin with."""
    if bench.brief.options.get("opening") == "any" or not ids or ids[0][0] != "S":
        return []
    said = material.sentences
    first = said[int(ids[0][1:]) - 1]
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
    shots = [material.shots[int(name[1:]) - 1] for pick in picks for name in pick.ids if name[0] == "V"]
    said = [material.sentences[int(name[1:]) - 1] for pick in picks for name in pick.ids if name[0] == "S"]
    return wrong + [
        f"{shot.id} ({clock(shot.start)}-{clock(shot.end)}) overlaps {sentence.id} ({clock(sentence.start)}-{clock(sentence.end)}); leave one out"
        for shot in shots
        for sentence in said
        if sentence.start < shot.end - 1e-3 and shot.start < sentence.end - 1e-3
    ]


def infeasible(material: Material, picks: Sequence[Pick], target: float, found: Infeasible) -> str:
    """Why the length can't be met, the nearest lengths, and what would help, in lines."""
    lines = [f"No plan: {found.reason}."]
    if found.nearest:
        lines.append(
            "The nearest lengths with these picks: " + " and ".join(f"{seconds:g} s" for seconds in found.nearest) + "."
        )
    helps = list(_helps(material, picks, target))[:4]
    if found.nearest and not helps and found.nearest[-1] < target:
        helps = [f"more picks, about {target - found.nearest[-1]:.1f} s of them"]
    return "\n".join(lines + (["What would help: " + "; ".join(helps) + "."] if helps else []))


def _helps(material: Material, picks: Sequence[Pick], target: float) -> Iterator[str]:
    """Single changes, each tried, that meet the target."""
    for place, pick in enumerate(picks):
        if not pick.optional and (pick.role != "hook" or len(pick.ids) > 1):
            changed = [*picks[:place], pick.model_copy(update={"optional": True}), *picks[place + 1 :]]
            if isinstance(solve(material, changed, target), Solution):
                yield f"pick {place + 1} ({pick.ids[0]}…) made optional"
    for place, pick in enumerate(picks):
        for more in _longer(material, picks, pick):
            changed = [*picks[:place], pick.model_copy(update={"ids": more}), *picks[place + 1 :]]
            if isinstance(solve(material, changed, target), Solution):
                yield f"pick {place + 1} as {more[0]}-{more[-1]}"
                break
    if len(picks) > 1 and not any(pick.optional for pick in picks):
        changed = [pick if pick.role == "hook" else pick.model_copy(update={"optional": True}) for pick in picks]
        if isinstance(solve(material, changed, target), Solution):
            yield "all picks but the hook made optional"


def _longer(material: Material, picks: Sequence[Pick], pick: Pick) -> Iterator[tuple[str, ...]]:
    """The pick with one or two sentences more, behind or before it, that are not picked already."""
    if pick.ids[0][0] != "S":
        return
    taken = {int(name[1:]) for each in picks for name in each.ids if name[0] == "S"}
    first, last = int(pick.ids[0][1:]), int(pick.ids[-1][1:])
    for before, behind in ((0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (0, 3)):
        low, high = first - before, last + behind
        extra = [*range(low, first), *range(last + 1, high + 1)]
        if low >= 1 and high <= len(material.sentences) and not taken & set(extra):
            yield tuple(f"S{number}" for number in range(low, high + 1))


# A plan of what was found


def lay(
    material: Material, picks: Sequence[Pick], found: Solution, target: float, plan_id: str, wish: str = ""
) -> CutList:
    """The solution as clips with labels, words and flags; certificates are ``certify``'s."""
    ids = [_ids(picks[choice.pick], choice.first, choice.last) for choice in found.choices]
    findings = _findings(material, [(choice.first, choice.last, picks[choice.pick]) for choice in found.choices])
    clips = []
    for place, choice in enumerate(found.choices):
        pick = picks[choice.pick]
        spoken = material.sentences[choice.first : choice.last + 1] if pick.ids[0][0] == "S" else ()
        heard = () if spoken else _heard(material, choice.start, choice.end)
        clips.append(
            Clip(
                start=at(choice.start, material.rate),
                end=at(choice.end, material.rate),
                label=ascii_uppercase[place],
                ids=ids[place],
                role=pick.role,
                reason=pick.reason,
                text=" ".join(sentence.text for sentence in spoken),
                first_frame=choice.start,
                frames=choice.frames,
                held=_held(material, choice.start, choice.end),
                flags=tuple(
                    dict.fromkeys(
                        (
                            *(flag for flag in choice.flags if flag not in FLASHES),
                            *heard,
                            *(f"{one.kind}: {one.note}" if one.severe else one.kind for one in findings[place]),
                            *_trims(pick, ids[place]),
                        )
                    )
                ),
            )
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
        clips=tuple(clips),
        left_out=tuple(left),
        wish=wish,
        flags=tuple(
            f"{clip.label}: {flag}"
            for clip in clips
            for flag in clip.flags
            if not flag.startswith("trimmed") and flag not in SLIGHT
        ),
    )


def _held(material: Material, start: int, end: int) -> tuple[int, int]:
    """Frames of other shots that the words leave at the two edges: sound is cut there and picture where the shot is."""
    frames, first, last = end - start, material.flash(start, "start"), material.flash(end, "end")
    first = first if first < frames else 0  # the shot changes after the clip
    return first, last if first + last < frames else 0


def _heard(material: Material, start: int, end: int) -> tuple[str, ...]:
    """A flag where the edges of a clip of shots cut speech."""
    edges = at(start, material.rate), at(end, material.rate)
    cut = [each.id for each in material.sentences if any(each.start < edge < each.end for edge in edges)]
    return (f"speech is cut: {', '.join(cut)}",) if cut else ()


def _ids(pick: Pick, first: int, last: int) -> tuple[str, ...]:
    return tuple(f"{pick.ids[0][0]}{index + 1}" for index in range(first, last + 1))


def _trims(pick: Pick, ids: tuple[str, ...]) -> tuple[str, ...]:
    gone = [name for name in pick.ids if name not in ids]
    return (f"trimmed: {', '.join(gone)} left out",) if gone else ()


def _left(pick: Pick, ids: Sequence[str], reason: str) -> Candidate:
    return Candidate(ids=tuple(ids), kept=False, score=0.0, reason=f"{pick.role}, {reason}: {pick.reason}")


def _findings(material: Material, runs: Sequence[tuple[int, int, Pick]]) -> list[list[Finding]]:
    """The review of the spoken clips, each at its place among all clips."""
    spoken = [place for place, (_, _, pick) in enumerate(runs) if pick.ids[0][0] == "S"]
    found = review(material.sentences, [runs[place][:2] for place in spoken], [runs[place][2].role for place in spoken])
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


# What the model is shown


def view(made: CutList, bench: Bench) -> str:
    """The plan in lines: clips as they play, length, checks, and what could be better by ids."""
    lines = [f"Plan {made.id}: {made.length:.2f} s of {made.target:g} s asked, {len(made.clips)} clips."]
    for clip in made.clips:
        ids = clip.ids[0] if len(clip.ids) == 1 else f"{clip.ids[0]}-{clip.ids[-1]}"
        lines.append(
            f"{clip.label} {clip.role} {ids} {clock(clip.start)}-{clock(clip.end)} {clip.length:.2f}s {clean(clip.text, SHOWN)}".rstrip()
        )
        lines += [f"  {'-' if flag in SLIGHT else '!'} {clean(flag, 300)}" for flag in clip.flags]
    if gone := sum(len(clip.label) > 1 for clip in made.clips):
        lines.append(
            f"Tightened: {gone} pauses and fillers are taken out inside the clips; A2 goes on where A stopped."
        )
    lines += [f"left out: {', '.join(each.ids)} ({clean(each.reason, 120)})" for each in made.left_out]
    checks = [check for clip in made.clips for check in clip.certificate.checks] + list(made.certificate.checks)
    lines.append(f"Certificate: {sum(check.passed for check in checks)} of {len(checks)} checks hold.")
    lines += advice(made, bench)
    return "\n".join(lines)


def advice(made: CutList, bench: Bench) -> list[str]:
    """What ids would mend the openings and endings that were objected to."""
    transcript = bench.workspace.transcript
    lines = []
    for clip in made.clips:
        if (
            clip.ids[0][0] != "S"
            or transcript is None
            or not any(":" in flag and not flag.startswith("trimmed") for flag in clip.flags)
        ):
            continue
        first, last = int(clip.ids[0][1:]) - 1, int(clip.ids[-1][1:]) - 1
        better = repair(transcript.sentences, first, last)
        if better != (first, last):
            lines.append(
                f"{clip.label} would stand alone as S{better[0] + 1}-S{better[1] + 1}; call cut again to change it."
            )
    return lines
