"""Questions about a run, answered from its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from agent.reading.changes import CHANGE_EXAMPLES
from agent.reading.named import find_clips
from agent.reading.talk import is_talk
from agent.reading.wish import WISH_EXAMPLES, name_platform
from agent.revising.diff import diff
from tools.schema import Brief, Outcome
from tools.text import clean

if TYPE_CHECKING:
    from agent.record.records import Records


def summary(run: dict[str, Any], decisions: list[dict[str, Any]], folder: str = "") -> str:
    """A run in a few lines: what was asked and understood, its clips and files, what could be next, and every decision.

    ``folder`` is where its files lie.
    """
    lines = [
        f"run {run['run']}  {run['state']}  {clean(run['video'], 120)}",
        f"asked: {clean(run['wish'], 300) or '(no wish)'}",
        f"cost ${run['dollars']:.4f}, {run['seconds']:.1f} s",
    ]
    if run.get("reason"):
        lines.append(f"reason: {clean(run['reason'], 500)}")
    outcome = run.get("outcome") or {}
    if outcome.get("understood"):
        lines.append(f"understood: {clean(outcome['understood'], 1000)}")
    lines += [f"note: {clean(warning, 300)}" for warning in outcome.get("warnings", ())]
    lines += _made(outcome, folder)
    lines += ["", "next:", *(f"  {each}" for each in next_steps(run["run"], outcome))]
    lines += ["", "decisions:"]
    for row in decisions:
        what = f"{row['seq']:>3} {row['kind']:<5} {row['name']:<10} {row['verdict'] or 'open':<8} {row['ms'] or 0:>7} ms ${row['dollars'] or 0:.4f}"
        lines.append(f"{what}  {clean(row['reason'] or _head(row['answer']), 110)}")
    return "\n".join(lines)


def _made(outcome: dict[str, Any], folder: str) -> list[str]:
    """The clips of a run in playing order, and its files."""
    clips = (outcome.get("cut") or {}).get("clips", ())
    lines = ["", "clips:"] if clips else []
    lines += [
        f"  {n} {clip['label']} {clip['role']:<8} {clip['start']:8.2f} to {clip['end']:8.2f} s  {_of(clip)}{clean(clip.get('text') or '', 90)}"
        for n, clip in enumerate(clips, 1)
    ]
    proposed = outcome.get("highlights", ())
    lines += ["", "moments:"] if proposed else []
    lines += [
        f"  {each['rank']} {each['start']:8.2f} to {each['end']:8.2f} s  {clean(each['hook'], 90)}  ({clean(each['reason'], 120)})"
        for each in proposed
    ]
    files = [artifact["name"] for artifact in outcome.get("artifacts", ())]
    lines += ["", f"files{f' in {folder}' if folder else ''}:"] if files else []
    return lines + [f"  {name}" for name in files]


def _of(clip: dict[str, Any]) -> str:
    """Where a clip of a reel lies in its own recording; nothing of any other."""
    own = clip.get("original")
    if not own:
        return ""
    code = f", time code {own['timecode']}" if own["timecode"] else ""
    return f"[{clean(own['name'], 60)} {own['start']:.2f} to {own['end']:.2f} s{code}]  "


def next_steps(run: str, outcome: dict[str, Any]) -> list[str]:
    """The commands that go on from a run."""
    name = run[:12]
    if outcome.get("highlights"):
        return [
            f"hookline open {name}            look at the sheet",
            "hookline make VIDEO WISH --only 1,3    render two of them, by the wish that proposed them",
        ]
    if not outcome.get("cut"):
        return ["hookline make VIDEO WISH      ask for another length, or for something else"]
    return [
        f"hookline open {name}            look at it",
        f'hookline again {name} "shorter"  change it in words',
        f"hookline show {name} --why 1    why the first clip was chosen",
    ]


def explain(why: dict[str, Any], whole: bool = True) -> str:
    """Why one clip was chosen, what was rejected beside it, and what the choice cost; unless ``whole``, without the checks that held."""
    clip, decision = why["clip"], why["decision"]
    lines = [
        f"Clip {clip['label']} ({clip['role']}): {clip['start']:.2f} to {clip['end']:.2f} s of the video, ids {', '.join(clip['ids'])}",
        f"  says: {clean(clip.get('text') or '', 300)}",
        f"  why:  {clean(clip['reason'], 600)}",
    ]
    checks = clip["certificate"].get("checks", ())
    for check in checks if whole else [check for check in checks if not check["passed"]]:
        limit = f" ({check['limit']})" if check["limit"] else ""
        lines.append(f"  {'ok  ' if check['passed'] else 'FAIL'} {check['name']}: {_number(check['value'])}{limit}")
    if checks and not whole:
        lines.append(f"  {sum(check['passed'] for check in checks)} of {len(checks)} checks of its edges held")
    if decision:
        lines.append(
            f"Chosen by decision {decision['seq']} ({decision['name']}, {decision['model_id'] or 'tool'}), {decision['ms'] or 0} ms, ${decision['dollars'] or 0:.4f}"
        )
    for title, rows in _beside(why).items():
        if rows:
            lines.append(f"{title}:")
        lines += [f"  {_score(row)}{_span(row['ids']):<9} {clean(row['reason'], 160)}" for row in rows]
    lines.append(
        f"The run cost ${why['cost']['dollars']:.4f} over {why['cost']['model_calls']} model calls and {why['cost']['tool_calls']} tool calls."
    )
    return "\n".join(lines)


def _beside(why: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The candidates beside a clip by what became of them, at most eight each, best first."""
    seq, used = why["clip"]["seq"], {name for ids in why["clips"] for name in ids}
    told: dict[str, list[dict[str, Any]]] = {
        "Chosen with it": [],
        "Left out of the cut": [],
        "Ranked beside it and not used": [],
        "Not fit to be ranked": [],
    }
    for row in sorted(why["candidates"], key=lambda row: -row["score"]):
        if row["seq"] == seq:
            told["Chosen with it" if row["kept"] else "Left out of the cut"].append(row)
        elif not row["kept"]:
            told["Not fit to be ranked"].append(row)
        elif not used & set(row["ids"]):
            told["Ranked beside it and not used"].append(row)
    return {title: rows[:8] for title, rows in told.items()}


def _score(row: dict[str, Any]) -> str:
    """A candidate's score in front of it; a cut gives none."""
    return f"{row['score']:.2f}  " if row["score"] else ""


def _span(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]}-{ids[-1]}"


def _head(answer: Any) -> str:
    text = (
        answer
        if isinstance(answer, str)
        else (answer or {}).get("text", "") or ", ".join(call["name"] for call in (answer or {}).get("calls", ()))
    )
    return text.split("\n")[0]


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value if value is not None else "–")


def answer(records: Records, run: str, said: str) -> str:
    """What the record says to a question about a run; what can be asked where the question is none that it knows."""
    row = records.run(run)
    if is_talk(said):
        return f"Nothing is changed. {_help(records, row, said)}"
    for pattern, tell in _ANSWERS:
        if re.search(pattern, said, re.IGNORECASE):
            return tell(records, row, said)
    return ASKABLE


NOTHING = f"Nothing has been made yet, so there is nothing to ask about. Say what you want first. {WISH_EXAMPLES}"
ASKABLE = (
    "You can ask: why this cut? · why clip 2? · what did you leave out? · what did it cost? · how long did it take? · how long is it? · "
    "which clips are in it? · what went wrong? · which engines? · what changed?"
)


def _help(records: Records, row: dict[str, Any], said: str) -> str:
    return f"Say what to change of it. {CHANGE_EXAMPLES}\n{ASKABLE}"


def _whys(records: Records, row: dict[str, Any], said: str) -> str:
    cut = _cut(row)
    if cut is None:
        return _no_cut(row)
    about = re.sub(
        r"^\W*(?:why|explain|tell me about)(?: (?:did you|was|is|were|do we have|this|the cut|chosen|choose|pick|picked|have|start with|open with|end with|there|in it))*\s*",
        "",
        said,
        flags=re.IGNORECASE,
    )
    numbers = (
        find_clips(re.sub(r"(?: chosen| picked| there| in(?: it)?| first)?\W*$", "", about, flags=re.IGNORECASE)) or ()
    )
    count = len(cut["clips"])
    numbers = tuple(n if n > 0 else count + 1 + n for n in numbers)
    if missing := [n for n in numbers if not 1 <= n <= count]:
        return f"There is no clip {missing[0]}; this cut has clips 1 to {count}."
    if numbers:
        return "\n".join(explain(records.why(row["run"], n), whole=False) for n in numbers)
    return "\n".join(
        f"{clip['label']} ({clip['role']}, {clip['end'] - clip['start']:.1f} s): {clean(clip['reason'], 300)}"
        for clip in cut["clips"]
    )


def _left(records: Records, row: dict[str, Any], said: str) -> str:
    cut = _cut(row)
    used = {name for clip in (cut or {}).get("clips", ()) for name in clip["ids"]}
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in sorted(ranked(records, row), key=lambda one: -one["score"]):
        if not used & set(one["ids"]) and not any(set(one["ids"]) & set(ids) for ids in found):
            found.setdefault(tuple(one["ids"]), one)
    if not found:
        return "Nothing that was ranked is outside this cut."
    return "Best first, left out:\n" + "\n".join(
        f"{_score(one)}{_span(one['ids']):<9} {clean(one['reason'], 160)}" for one in list(found.values())[:8]
    )


def ranked(records: Records, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What stood to be chosen: the run's own candidates, and where nothing was ranked in it those of the version that it goes back to.

    Only a ranking gives scores; a cut's own rows have none.
    """
    own = found = _passages(records, row["run"])
    for _ in range(50):
        if any(one["score"] for one in found) or not row["parent"]:
            break
        row = records.run(row["parent"])
        found = _passages(records, row["run"])
    return own if found is own else [*own, *found]


def _passages(records: Records, run: str) -> list[dict[str, Any]]:
    """A run's candidates for the cut; those for its covers are pictures."""
    covers = {decision["seq"] for decision in records.decisions(run) if decision["name"] == "cover"}
    return [one for one in records.candidates(run) if one["ids"] and one["seq"] not in covers]


def _words(records: Records, row: dict[str, Any], said: str) -> str:
    lines = []
    for copy in (row["outcome"] or {}).get("copies", ()):
        lines.append(f"{name_platform(copy['platform'])}:")
        lines += [f"  title: {clean(copy['title']['text'], 200)}"] if copy.get("title") else []
        lines += [f"  hook: {clean(hook['text'], 300)}" for hook in copy.get("hooks", ())]
        lines += [f"  tags: {' '.join(clean(tag['text'], 60) for tag in copy['tags'])}"] if copy.get("tags") else []
    return "\n".join(lines) or "No words were written."


_MENTIONS = re.compile(
    r"\b(?:does|did|do|is|are) (?:it|they|she|he|the promo|this|that|any clip|there)\b.*?\b(?:mention|says?|include|contain|talk about|speak of|anything about|about)\s+(?P<what>.+?)\W*$",
    re.IGNORECASE,
)


def _mentions(records: Records, row: dict[str, Any], said: str) -> str:
    found, cut = _MENTIONS.search(said), _cut(row)
    if cut is None or found is None:
        return _no_cut(row)
    what = found["what"].strip(" \"'“”")
    there = [clip for clip in cut["clips"] if what.lower() in clip["text"].lower()]
    if not there:
        return f"No clip of this cut says “{clean(what, 120)}”. Say “add the bit about {clean(what, 120)}” to look for it in the video."
    return "\n".join(f"{clip['label']} ({clip['role']}): {clean(clip['text'], 300)}" for clip in there)


def _cost(records: Records, row: dict[str, Any], said: str) -> str:
    cost = records.cost(row["run"])
    return (
        f"${cost['dollars']:.4f}: {cost['model_calls']} model calls with {cost['tokens_in']} tokens in and {cost['tokens_out']} out, "
        f"{cost['tool_calls']} tool calls."
    )


def _time(records: Records, row: dict[str, Any], said: str) -> str:
    steps = [f"{d['name']} {(d['ms'] or 0) / 1000:.1f} s" for d in records.decisions(row["run"]) if d["kind"] == "tool"]
    return f"{row['seconds']:.1f} s in all: {', '.join(steps) or 'nothing was recorded'}."


def _clips(records: Records, row: dict[str, Any], said: str) -> str:
    cut = _cut(row)
    if cut is None:
        return _no_cut(row)
    asked = re.search(r"\bclip (\d{1,2})\b", said, re.IGNORECASE)
    lines = [] if asked else [f"{cut['length']:.2f} s in {len(cut['clips'])} clips:"]
    lines += [
        f"{n} {clip['label']} ({clip['role']}, {clip['end'] - clip['start']:.1f} s, {_span(clip['ids'])}): {clean(clip['text'], 200)}"
        for n, clip in enumerate(cut["clips"], 1)
        if asked is None or n == int(asked[1])
    ]
    return "\n".join(lines) or f"There is no clip {asked and asked[1]}; this cut has clips 1 to {len(cut['clips'])}."


def _wrong(records: Records, row: dict[str, Any], said: str) -> str:
    outcome = row["outcome"] or {}
    told = [clean(warning, 300) for warning in outcome.get("warnings", ())]
    refused = [
        f"{d['name']} was refused: {clean(d['reason'], 200)}"
        for d in records.decisions(row["run"])
        if d["verdict"] == "rejected"
    ]
    if row["reason"]:
        told.insert(0, clean(row["reason"], 400))
    return "\n".join([*told, *refused]) or "Nothing: every check held and nothing was refused."


def _engines(records: Records, row: dict[str, Any], said: str) -> str:
    engines = (row["outcome"] or {}).get("engines") or {}
    return "; ".join(f"{part}: {clean(name, 80)}" for part, name in engines.items()) or "Nothing was recorded."


def changed(records: Records, row: dict[str, Any], said: str = "") -> str:
    """What a version changes of the one that it was made from."""
    if not row["parent"]:
        return "This is the first version; nothing was changed."
    before = records.run(row["parent"])
    old, new = (Outcome.model_validate(each["outcome"]) if each["outcome"] else None for each in (before, row))
    briefs = (Brief.model_validate(each["brief"]) for each in (before, row))
    return diff(old.cut if old else None, new.cut if new else None, *briefs) or "Nothing that can be seen."


def _cut(row: dict[str, Any]) -> dict[str, Any] | None:
    return (row["outcome"] or {}).get("cut")


def _no_cut(row: dict[str, Any]) -> str:
    return f"There is no cut: the run is {row['state']}. {clean(row['reason'], 400)}".strip()


_ANSWERS: tuple[tuple[str, Callable[[Records, dict[str, Any], str], str]], ...] = (
    (r"^\W*help\b|\bwhat (?:else )?can (?:you|i|we)\b|\bhow (?:do|can) (?:i|we)\b", _help),
    (r"\bchang(?:ed?|es)\b|\bdiff", changed),
    (r"\bcosts?\b|\bhow much\b|\bprice|\btokens?\b|\bdollars?\b|\bspen[dt]", _cost),
    (
        r"\bleft out\b|\bleave out\b|\breject|\bnear miss|\bwhat else\b|\balternatives?\b|\bnot (?:used|chosen|picked|in)\b|\binstead\b|\bskip",
        _left,
    ),
    (r"\bhow long (?:did|does|has)|\btake\b|\btook\b|\bslow", _time),
    (r"\bwarn|\bwrong\b|\bfail|\berror|\bproblem|\bchecks?\b|\brisk", _wrong),
    (r"^\W*(?:why|explain)\b|\bwhy\b|\breasons?\b", _whys),
    (r"\bengines?\b|\bmodels?\b|\bwho (?:made|wrote|chose|decided|picked|cut)\b|\bwhich (?:ai|llm)", _engines),
    (_MENTIONS.pattern, _mentions),
    (r"\bhooks?\b(?! clip)|\btitles?\b|\b(?:hash)?tags?\b|\bdescriptions?\b", _words),
    (
        r"\bclips?\b|\bwhat(?:'s| is) in\b|\bhow long\b|\blength\b|\bduration\b|\bsay|\bsaid\b|\bshow\b|\blist\b|\btranscript",
        _clips,
    ),
)
