"""The embedded brain: a chat model with a fixed plan over the tools' own rankings.  Not a language model, and never shown as one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.deciding.turns import Call, Turns, message
from tools.finding.moments import Moment, read
from tools.ids import Stretch, is_spoken

GRAIN = 0.1
"""Seconds a step of the length search."""
SLACK = 0.6
"""Seconds that edges can give or take: each clip's ends move within the gaps between words."""
EXACT = 4.0
"""Seconds of score that a second off the target costs."""
GIVE = 0.5
"""Seconds under the target that edges make up for: they have the pauses to move into, and words on their other side."""
PLANS = 8
"""Different cuts tried before giving up."""
CAREFUL = 4
"""Cuts tried while each carries a risk; then the one with the fewest is taken."""
BEAT = 4.0
"""Seconds that a shot of a video without speech plays for."""
LONG = 9.0
"""Seconds of one moment after which more of it is worth less than something new."""
_PLAN = re.compile(r"\bP\d+\b")
_RISK, _SLIGHT = (re.compile(rf"^  {mark} ", re.MULTILINE) for mark in "!-")


class Planner(Turns):
    """Calls transcribe, look, find, cut, write, cover, assemble in that order, one call a turn.

    It sees only messages, as any model does: the request as JSON, and the tools' answers.
    """

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        answers = [each for each in messages if isinstance(each, ToolMessage)]
        return message(self.after(messages, answers), len(answers) + 1)

    def after(self, messages: Sequence[BaseMessage], answers: Sequence[ToolMessage]) -> Call | str:
        """The next tool call, or the last words, after the tools' ``answers``."""
        return decide(_request(messages), answers)


def decide(request: dict[str, Any], answers: Sequence[ToolMessage]) -> tuple[str, dict[str, Any]] | str:
    """The next tool call, or the last word in a sentence."""
    last = answers[-1] if answers else None
    if last is None:
        return "transcribe", {}
    if last.name == "transcribe":
        return "look", {}
    if last.name == "look":
        return "find", {"query": request["topic"], "many": True}
    plan, risks = _planned(answers)
    parts = request.get("parts", ())
    if last.name == "find" and (asked := _finds(answers)) <= len(parts):
        return "find", {"query": parts[asked - 1]["query"]}
    if parts and last.name == "find" and (missing := _unfound(parts, answers)):
        return f"Nothing to make: nothing in the video is about {missing}. Ask for it in other words, or leave it out."
    if last.name in ("find", "cut") and (plan is None or risks):
        tried = sum(message.name == "cut" for message in answers)
        if plan is None or tried < CAREFUL:
            call = _next_cut(request, answers)
            if plan is None or not isinstance(call, str):
                return call
    if plan is None:
        return f"Nothing to make: {last.text}"
    done = {message.name for message in answers}
    if "write" not in done:
        tone = {"tone": request["tone"]} if request.get("tone") else {}
        return "write", {"plan_id": plan, "platforms": request["platforms"], **tone}
    if "cover" not in done:
        return "cover", {"plan_id": plan}
    if "assemble" not in done:
        return "assemble", {"plan_id": plan, "shapes": request["shapes"], "captions": request["captions"]}
    return f"Made {plan}." if last.status == "success" else f"{last.name} failed: {last.text}"


def _next_cut(request: dict[str, Any], answers: Sequence[ToolMessage]) -> tuple[str, dict[str, Any]] | str:
    found = next(message for message in answers if message.name == "find")
    tried = [message for message in answers if message.name == "cut"]
    moments = read(found.text)
    fixed = _asked(request.get("parts", ()), answers)
    if not moments and not fixed:
        return f"Nothing to make: {found.text}"
    offers = list(
        islice(_with(fixed, moments, request["target"]) if fixed else _free(moments, request["target"]), PLANS)
    )
    # at last the ranking's own choice, which tells the nearest lengths where there is none
    if len(tried) < len(offers) or (len(tried) == len(offers) and not fixed):
        chosen = offers[len(tried)] if len(tried) < len(offers) else []
        return "cut", {"picks": chosen, "target_seconds": request["target"]}
    if not tried:
        seconds = sum(moment.seconds for _, moment in fixed)
        return (
            f"Nothing to make: what was asked for lasts {seconds:.1f} s, and nothing goes with it to make {request['target']:g} s. "
            "Ask for another length, or for less of it."
        )
    return f"Nothing to make: {tried[-1].text.removeprefix('Nothing was planned: ')}"


def _free(moments: Sequence[Moment], target: float) -> Iterator[list[dict[str, Any]]]:
    return (picks(chosen) for chosen in choices(moments, target))


# What the request says must be in it


def _finds(answers: Sequence[ToolMessage]) -> int:
    return sum(message.name == "find" for message in answers)


def _unfound(parts: Sequence[dict[str, Any]], answers: Sequence[ToolMessage]) -> str:
    """The first part that nothing was found for, in quotes; empty where all were found."""
    told = [message for message in answers if message.name == "find"][1:]
    return next((f"“{part['query']}”" for part, found in zip(parts, told, strict=False) if not read(found.text)), "")


def _asked(parts: Sequence[dict[str, Any]], answers: Sequence[ToolMessage]) -> list[tuple[str, Moment]]:
    """Each part's place and the best moment for it that shares nothing with one before."""
    told = [message for message in answers if message.name == "find"][1:]
    chosen: list[tuple[str, Moment]] = []
    for part, found in zip(parts, told, strict=False):
        free = [m for m in read(found.text) if not any(set(m.ids) & set(other.ids) for _, other in chosen)]
        # an opening is the best fit that can open, unless only what can't was found
        best = next((m for m in free[:3] if part["place"] != "first" or "hook" in m.roles), free[0] if free else None)
        if best is not None:
            chosen.append((part["place"], best))
    return chosen


def _with(
    fixed: Sequence[tuple[str, Moment]], moments: Sequence[Moment], target: float
) -> Iterator[list[dict[str, Any]]]:
    """Picks of what was asked for and of what fits beside it, best first."""
    seconds = sum(moment.seconds for _, moment in fixed)
    taken = {name for _, moment in fixed for name in moment.ids}
    others = [m for m in moments if m.roles and not taken & set(m.ids)]
    left = target - seconds
    sets: Iterator[list[Moment]] = iter([[]]) if left < 1.5 else _beside(others, left)
    for rest in sets:
        yield _placed(fixed, rest)
    if left >= 1.5:  # none fits whole: let the solver choose among several
        yield _placed(fixed, sorted(others, key=lambda m: -m.score)[: 8 - len(fixed)], optional=True)


def _beside(moments: Sequence[Moment], seconds: float) -> Iterator[list[Moment]]:
    near = sorted((m for m in moments if abs(m.seconds - seconds) <= SLACK), key=lambda m: -m.score)
    yield from ([moment] for moment in near[:2])
    yield from islice((chosen for chosen in choices(moments, seconds) if len(chosen) <= 5), 4)


def _placed(
    fixed: Sequence[tuple[str, Moment]], rest: Sequence[Moment], optional: bool = False
) -> list[dict[str, Any]]:
    """In playing order: what opens, what was said as it was said, what closes."""
    said = [(moment, False) for place, moment in fixed if place == "any"] + [(moment, optional) for moment in rest]
    apart: list[tuple[Moment, bool]] = []
    for moment, may in said:
        if not any(set(moment.ids) & set(other.ids) for other, _ in apart):
            apart.append((moment, may))
    middle = sorted(apart, key=lambda one: one[0].start)
    opens = [(moment, False) for place, moment in fixed if place == "first"]
    if not opens and middle:
        best = max(middle, key=lambda one: _opener(one[0]))
        middle.remove(best)
        opens = [(best[0], False)]
    order = [*opens, *middle, *((moment, False) for place, moment in fixed if place == "last")]
    made = []
    for place, (moment, may) in enumerate(order):
        role = (
            "hook"
            if place == 0
            else "close"
            if place == len(order) - 1
            else next((r for r in moment.roles if r != "hook"), "proof")
        )
        made.append({**_pick(moment, role), **({"optional": True} if may and place else {})})
    return made


def choices(moments: Sequence[Moment], target: float) -> Iterator[list[Moment]]:
    """Sets of moments near the target's length, best first, each without overlap and with something to open it.

    Each next choice does without the weakest moment of the one before.
    """
    usable = [moment for moment in moments if moment.roles]
    if usable and all(not is_spoken(moment.ids[0]) for moment in usable):
        yield from reels(usable, target)
        return
    banned: set[tuple[str, ...]] = set()
    seen: set[frozenset[tuple[str, ...]]] = set()
    for _ in range(PLANS * 3):
        chosen = best([m for m in usable if m.ids not in banned], target)
        if not chosen:
            return
        key = frozenset(moment.ids for moment in chosen)
        if key not in seen:
            seen.add(key)
            yield chosen
        banned.add(min(chosen, key=lambda m: m.score).ids)


def best(moments: Sequence[Moment], target: float, most: int = 6) -> list[Moment]:
    """The set of highest total worth whose length is the target's within ``SLACK``: an exact search over (length, count).

    Worth is score times length, so that one good long passage and two good short ones compete fairly; being off the target takes from it.
    """
    ordered = sorted(moments, key=lambda m: (m.start + m.seconds, m.start))
    width = round((target + SLACK) / GRAIN) + 1
    low = (target - SLACK) / GRAIN
    # state: (worth, chosen indices) by number of clips and length, over moments that end before the next begins
    table: list[dict[tuple[int, int], tuple[float, tuple[int, ...]]]] = [{(0, 0): (0.0, ())}]
    ends: list[tuple[float, tuple[int, ...]]] = []
    before = [sum(1 for other in ordered if other.start + other.seconds <= m.start + 1e-6) for m in ordered]
    for index, moment in enumerate(ordered):
        length = round(moment.seconds / GRAIN)
        states = dict(table[-1])
        for (count, total), (worth, chosen) in table[before[index]].items():
            if count == most or total + length >= width:
                continue
            key = (count + 1, total + length)
            value = worth + moment.score * (min(moment.seconds, LONG) + 0.5 * max(0.0, moment.seconds - LONG))
            if total + length >= low:
                finish = 0.06 * target * _closes(moment) - 0.15 * target * abs(count + 1 - 3.5) / 10
                over = sum(ordered[i].seconds for i in (*chosen, index)) - target
                ends.append((value + finish - EXACT * max(over, -over - GIVE, 0.0), (*chosen, index)))
            if key not in states or states[key][0] < value:
                states[key] = (value, (*chosen, index))
        table.append(states)
    for _, chosen in sorted(ends, reverse=True):
        found = [ordered[i] for i in chosen]
        if any("hook" in moment.roles for moment in found):
            return found
    return [ordered[i] for i in max(ends)[1]] if ends else []


def reels(shots: Sequence[Moment], target: float, most: int = 8) -> Iterator[list[Moment]]:
    """Sets of shots that last the target or longer, best first; a shot, unlike a sentence, may play in part.

    Tried with as many shots as last ``BEAT`` seconds each, then with fewer and longer ones.
    """
    ranked = sorted(shots, key=lambda m: (-m.score, m.start))
    for count in range(min(most, max(1, round(target / BEAT))), 0, -1):
        chosen = ranked[:count]
        for moment in sorted(ranked[count:], key=lambda m: -m.seconds):
            if sum(m.seconds for m in chosen) >= target:
                break
            chosen.append(moment)
        if len(chosen) <= most and sum(m.seconds for m in chosen) >= target - SLACK:
            yield chosen


def picks(chosen: Sequence[Moment]) -> list[dict[str, Any]]:
    """Picks in playing order: the best opener first, a close last where one is fit for it, the rest as they were said."""
    rest = sorted(chosen, key=lambda m: m.start)
    hook = max(rest, key=_opener)
    while before := [m for m in rest if _leads(m, hook)]:
        hook = before[0]
    rest.remove(hook)
    said = [_pick(hook, "hook")]
    for place, moment in enumerate(rest):
        last = place == len(rest) - 1
        wanted = ("close", "payoff") if last else ("proof", "context", "payoff")
        role = next((role for role in wanted if role in moment.roles), "payoff" if last else "proof")
        said.append(_pick(moment, role))
    return said


def _leads(first: Moment, then: Moment) -> bool:
    """Whether ``first`` can open about as well and runs straight into ``then``: nothing is gained by turning the two about."""
    follows = Stretch.of(first.ids).last + 1 == Stretch.of(then.ids).first
    return follows and "hook" in first.roles and first.score >= then.score - 0.05


def _closes(moment: Moment) -> bool:
    """Whether a moment is at its best at the end: a result, a lesson, what to do now."""
    return bool({"close", "payoff"} & set(moment.roles[:2]))


def _opener(moment: Moment) -> tuple[bool, float]:
    """How well a moment opens a promo: what is a hook before all else, and is short, comes first."""
    return "hook" in moment.roles, moment.score + 0.06 * (moment.roles[:1] == ("hook",)) - 0.02 * max(
        0.0, moment.seconds - BEAT
    )


def _pick(moment: Moment, role: str) -> dict[str, Any]:
    return {
        "ids": list(moment.ids),
        "role": role,
        "reason": f"{moment.reason or 'ranked by what was found'} (score {moment.score:.2f}, {Stretch.of(moment.ids)})",
    }


def _planned(answers: Sequence[ToolMessage]) -> tuple[str | None, int]:
    """The plan with the fewest risks, then the fewest slight ones, the first of equals; and how many risks it has."""
    made = [
        (len(_RISK.findall(message.text)), len(_SLIGHT.findall(message.text)), place, found[0])
        for place, message in enumerate(answers)
        if message.name == "cut" and message.status == "success" and (found := _PLAN.search(message.text))
    ]
    return (min(made)[-1], min(made)[0]) if made else (None, 0)


def _request(messages: Sequence[BaseMessage]) -> dict[str, Any]:
    for each in messages:
        if isinstance(each, HumanMessage):
            return json.loads(each.text[each.text.index("{") : each.text.rindex("}") + 1])
    raise ValueError("the planner was called without a request")
