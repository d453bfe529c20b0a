"""The embedded brain: a chat model with a fixed plan over the tools' own rankings.  Not a language model, and never shown as one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from heapq import nlargest
from itertools import combinations
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.deciding.turns import Call, Turns, message
from tools.finding.moments import Moment, read
from tools.ids import Stretch

SLACK = 0.6
"""Seconds that edges can give or take: each clip's ends move within the gaps between words."""
BEAT = 4.0
"""Seconds beyond which a moment is long for an opening."""
BESIDE = 4
"""Cuts of what was asked for that are tried while each carries a risk; then the one with the fewest is taken."""
WIDEST = 20
"""Moments among which what goes beside what was asked for is looked for."""
_PLAN = re.compile(r"\bP\d+\b")
_RISK, _SLIGHT = (re.compile(rf"^  (?:{mark}): ", re.MULTILINE) for mark in ("objection|doubt", "slight"))


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
    if last.name == "propose":
        return (
            "Proposed."
            if last.status == "success"
            else f"Nothing to make: {last.text.removeprefix('Nothing was proposed: ')}"
        )
    if last.name == "look" and request.get("highlights"):
        return "propose", {}
    if last.name == "look" and (whole := request.get("highlight")):
        return "cut", {"picks": [whole], "target_seconds": request["target"]}
    if last.name == "look":
        return "find", {"query": request["topic"], "many": True}
    plan, risks = _planned(answers)
    parts = request.get("parts", ())
    if last.name == "find" and (asked := _finds(answers)) <= len(parts):
        return "find", {"query": parts[asked - 1]["query"], "many": True}
    if parts and last.name == "find" and (missing := _unfound(parts, answers)):
        return f"Nothing to make: nothing in the video is about {missing}. Ask for it in other words, or leave it out."
    if last.name in ("find", "cut") and (plan is None or (risks and not _told(answers))):
        tried = sum(message.name == "cut" for message in answers)
        if plan is None or tried < BESIDE:
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
    if request.get("highlight"):
        return f"Nothing to make: {answers[-1].text.removeprefix('Nothing was planned: ')}"
    found = next(message for message in answers if message.name == "find")
    tried = [message for message in answers if message.name == "cut"]
    moments = read(found.text)
    fixed = _asked(request.get("parts", ()), answers)
    if not moments and not fixed:
        return f"Nothing to make: {found.text}"
    if not fixed:
        if not tried:
            return "cut", {"picks": [], "target_seconds": request["target"]}
        return f"Nothing to make: {tried[-1].text.removeprefix('Nothing was planned: ')}"
    offers = [[], *_with(fixed, moments, request["target"])]
    if len(tried) < len(offers):
        return "cut", {"picks": offers[len(tried)], "target_seconds": request["target"]}
    if len(offers) == 1:
        seconds = sum(moment.seconds for _, moment in fixed)
        return (
            f"Nothing to make: what was asked for lasts {seconds:.1f} s, and nothing goes with it to make {request['target']:g} s. "
            "Ask for another length, or for less of it."
        )
    return f"Nothing to make: {tried[-1].text.removeprefix('Nothing was planned: ')}"


def _told(answers: Sequence[ToolMessage]) -> bool:
    """Whether the search told a story, with all that was asked for: it is asked before any moments are set side by side."""
    first = next((message for message in answers if message.name == "cut"), None)
    return first is not None and first.status == "success"


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
    for rest in [()] if left < 1.5 else _beside(others, left):
        yield _placed(fixed, rest)
    if left >= 1.5:  # none fits whole: let the solver choose among several
        yield _placed(fixed, sorted(others, key=lambda m: -m.score)[: 8 - len(fixed)], optional=True)


def _beside(moments: Sequence[Moment], seconds: float) -> list[tuple[Moment, ...]]:
    """The sets of most score among the best moments that last ``seconds`` and share nothing."""
    best = sorted(moments, key=lambda m: -m.score)[:WIDEST]
    sets = (
        chosen
        for count in range(1, 6)
        for chosen in combinations(best, count)
        if abs(sum(m.seconds for m in chosen) - seconds) <= SLACK
        and sum(len(m.ids) for m in chosen) == len({name for m in chosen for name in m.ids})
    )
    return nlargest(BESIDE, sets, key=lambda chosen: sum(m.score * m.seconds for m in chosen))


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
