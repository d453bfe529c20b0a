"""What a change holds a cut to: what was named is changed, and what plays otherwise though nobody named it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil

from tools.ids import Stretch
from tools.schema import CutList, Revised, Sentence, Transcript
from tools.text import clean

Run = tuple[str, ...]
ANAPHOR = re.compile(
    r"\b(?:it|its|it's|it’s|he|she|him|her|his|they|they're|they’re|them|their|this|that|that's|that’s|these|those|both|neither)\b",
    re.IGNORECASE,
)
HEAD = 6
"""Words at the beginning of a clip in which it is heard what it goes on from."""
ENDED = "asks, and nothing follows"
"""How a note of a question ends that is the last thing said."""
_ID = re.compile(r"\bS\d+\b")


def broken(revised: Revised, runs: Sequence[Run]) -> list[str]:
    """What of a change ``runs`` of ids, in playing order, do not carry out, each with what would."""
    played = {name for run in runs for name in run}
    if not runs or not played:
        return []
    wrong = [f"{name} was taken out by the change, so it does not play" for name in revised.gone if name in played]
    wrong += [f"{_named(run)} was named to play; pick some of it" for run in revised.plays if not played & set(run)]
    if revised.first and not set(revised.first) & set(runs[0]):
        wrong.append(f"the change asks to begin with {_named(revised.first)}; the first pick has nothing of it")
    if revised.last and not set(revised.last) & set(runs[-1]):
        wrong.append(f"the change asks to end with {_named(revised.last)}; the last pick has nothing of it")
    if revised.opened and runs[0][0] == revised.opened:
        wrong.append(f"the change asks for another beginning than {revised.opened}; begin with what it names")
    return wrong + list(_disordered(revised.order, runs))


def _disordered(order: Sequence[Run], runs: Sequence[Run]) -> Iterator[str]:
    there = [(run, at) for run in order for at in [_place(run, runs)] if at is not None]
    for (one, first), (two, second) in pairwise(there):
        if first > second:
            yield f"the change asks for {_named(one)} before {_named(two)}"


def _place(run: Run, runs: Sequence[Run]) -> tuple[int, int] | None:
    """Pick and place in it where a run begins to play."""
    return next(((n, at) for n, each in enumerate(runs) for at, name in enumerate(each) if name in run), None)


def beside(revised: Revised, runs: Sequence[Run]) -> list[str]:
    """What of the clips that nobody named plays otherwise: ``clip 3 no longer plays S20-S22``."""
    return [
        f"clip {number} no longer plays {', '.join(str(Stretch.of(run)) for run in _together(lost))}"
        for number, lost in _unnamed(revised, runs)
    ]


def _unnamed(revised: Revised, runs: Sequence[Run]) -> Iterator[tuple[int, Run]]:
    """The number of each clip that nobody named, and what of it plays no more."""
    played = {name for run in runs for name in run}
    named = {*revised.gone, *revised.first, *revised.last, *(name for run in revised.plays for name in run)}
    for number, pick in enumerate(() if revised.whole else revised.now, 1):
        lost = tuple(name for name in pick.ids if name not in played)
        if lost and not named & set(pick.ids):
            yield number, lost


def told(revised: Revised, cut: CutList, transcript: Transcript | None) -> list[str]:
    """What a change cost, in sentences for a person: who is spoken of and no longer known first, then what was changed beside what was named."""
    said = {each.id: each for each in (transcript.sentences if transcript else ())}
    return list(dict.fromkeys((*_lost(revised, cut, said), *_unasked(revised, cut, said))))


def _lost(revised: Revised, cut: CutList, said: Mapping[str, Sentence]) -> Iterator[str]:
    """A sentence for each clip that needs what played before the change."""
    runs = tuple(clip.ids for clip in cut.clips)
    notes = [flag for clip in cut.clips for flag in clip.flags]
    notes += revised.objections if runs == tuple(pick.ids for pick in revised.rules) else ()
    before, playing = ({name for run in some for name in run} for some in ((pick.ids for pick in revised.now), runs))
    seen: set[tuple[str, ...]] = set()
    for note in notes:
        ids = tuple(_ID.findall(note))[:2]
        number = next((n for n, run in enumerate(runs, 1) if ids and ids[0] in run), 0)
        if number and note.endswith(ENDED):
            yield f"It now ends on a question that nothing answers: “{clean(said[ids[0]].text, 90)}”."
        if len(ids) < 2 or ids in seen or not number or ids[1] not in before or not {*ids} <= said.keys():
            continue
        seen.add(ids)
        of = f"“{clean(said[ids[1]].text, 90)}”"
        if any(each in note for each in ("was answered by", "sets up", "is not answered")):
            yield f"Clip {number} now leaves open what was answered before by {of}: “{clean(said[ids[0]].text, 90)}”."
        elif ids[1] in playing:
            yield f"Clip {number} {_goes_on(said[ids[0]])} what plays too far from it: {of}."
        else:
            back = f"{'start with' if number == 1 else 'add'} {_clock(said[ids[1]])}"
            yield f"Clip {number} now {_goes_on(said[ids[0]])} what no longer plays: {of}. Put that back with “{back}”."


def _goes_on(sentence: Sentence) -> str:
    word = ANAPHOR.search(" ".join(sentence.text.split()[:HEAD]))
    return f"says “{word[0].lower()}” of" if word else "goes on from"


def _clock(sentence: Sentence) -> str:
    """``1:02 to 1:10``: the whole seconds that hold it."""
    return " to ".join(f"{at // 60}:{at % 60:02d}" for at in (int(sentence.start), ceil(sentence.end)))


def _unasked(revised: Revised, cut: CutList, said: Mapping[str, Sentence]) -> Iterator[str]:
    """One sentence about the clips of before that nobody named and that play no more, or not whole."""
    lost = dict(_unnamed(revised, [clip.ids for clip in cut.clips]))
    whole = [n for n, names in lost.items() if len(names) == len(revised.now[n - 1].ids)]
    told = [f"clip {n}{_words(lost[n], said)}" for n in whole]
    told += [f"a part of clip {n}{_words(names, said)}" for n, names in lost.items() if n not in whole]
    if told:
        yield f"Beside what was named, {' and '.join(filter(None, (', '.join(told[:-1]), told[-1])))} of the version before {'play' if len(told) > 1 else 'plays'} no more."


def _words(names: Sequence[str], said: Mapping[str, Sentence]) -> str:
    return f" (“{clean(said[names[0]].text, 60)}”)" if names[0] in said else ""


def _together(names: Sequence[str]) -> list[Run]:
    """Ids as runs of consecutive ones."""
    runs: list[list[str]] = []
    for name in names:
        if runs and Stretch.of([runs[-1][-1]]).last + 1 == Stretch.of([name]).first:
            runs[-1].append(name)
        else:
            runs.append([name])
    return [tuple(run) for run in runs]


def _named(run: Run) -> str:
    return str(Stretch.of(run))
