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
_ID = re.compile(r"\bS\d+\b")
_RUN = re.compile(r"\b[SV]\d+(?:-[SV]\d+)?\b")


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
    if revised.whole:
        return []
    played = {name for run in runs for name in run}
    named = {*revised.gone, *revised.first, *revised.last, *(name for run in revised.plays for name in run)}
    told = []
    for number, pick in enumerate(revised.now, 1):
        lost = [name for name in pick.ids if name not in played]
        if lost and not named & set(pick.ids):
            told.append(f"clip {number} no longer plays {', '.join(str(Stretch.of(run)) for run in _together(lost))}")
    return told


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
        if len(ids) < 2 or ids in seen or not number or ids[1] not in before or not {*ids} <= said.keys():
            continue
        seen.add(ids)
        of = f"“{clean(said[ids[1]].text, 90)}”"
        if ids[1] in playing:
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
    lost = beside(revised, [clip.ids for clip in cut.clips])
    for each in lost:
        ids = [name for name in Stretch.read(_RUN.search(each)[0]).ids if name in said]  # type: ignore[index]
        words = f" (“{clean(said[ids[0]].text, 60)}”)" if ids else ""
        yield f"Beside what was named, {each.partition(' no longer')[0]} no longer plays whole, or at all{words}."


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
