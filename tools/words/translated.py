"""Captions in another language: a line for each that is read, checked for what it must hold, on the times of what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tools.ports import Bench, Bill, Translator
from tools.schema import CutList, Said, Translated, Translation, Word
from tools.text import clean
from tools.troubles import Unwritten
from tools.words import cues
from tools.words.cues import SPEED, Track, columns, joint_of, plain
from tools.words.held import Fault, faults
from tools.words.languages import base, name

LINE = 400
"""Characters of a translated line."""
LOOSE = 1.15
"""How much more than its room a line may take before it is told as too fast to read."""
FASTEST = 17.0
"""Columns a second that a translator is told there is room for: less than can be read, since it can't count well."""


def translate(bench: Bench, cut: CutList, track: Track, keep: Sequence[str] = ()) -> dict[str, Translation]:
    """The captions of a cut in every language asked, by the language, from a step each; ``keep`` are names that stay as they are.

    A line that lost what it must hold is asked for once more, and stays as it was said where it is lost again.
    """
    translator, made = bench.engines.translator, dict[str, Translation]()
    for tongue in dict.fromkeys(bench.brief.options.tongues):
        if not track.cues or base(track.language) == tongue:
            continue
        if translator is None or not translator.speaks(track.language, tongue):
            made[tongue] = _none(cut, tongue, f"nothing here translates {name(track.language)} into {name(tongue)}")
            continue
        made[tongue] = _asked(bench, translator, cut, track, tongue, keep)
    return made


def _none(cut: CutList, tongue: str, why: str) -> Translation:
    told = f"Captions are not in {name(tongue)}, they stay as it was said: {why}."
    return Translation(plan=cut.id, language=tongue, warnings=(told,))


def _asked(
    bench: Bench, translator: Translator, cut: CutList, track: Track, tongue: str, keep: Sequence[str]
) -> Translation:
    said = lines(track)

    def do() -> dict[str, Any]:
        bill = Bill()
        try:
            found = _held(translator, said, track.language, tongue, keep)
            told = Translation(plan=cut.id, language=tongue, engine=translator.engine, **found)
        except Unwritten as error:
            told = _none(cut, tongue, clean(error, 300))
        bill.take(translator.spent)
        return {"translation": told.model_dump(mode="json"), "dollars": bill.dollars}

    answer = bench.steps.step(f"translate-{cut.id}-{tongue}", do)
    bench.bill.add(answer.get("dollars", 0.0), f"captions in {name(tongue)} by {translator.engine}")
    return Translation.model_validate(answer["translation"])


def lines(track: Track) -> tuple[Said, ...]:
    """What is asked for, a line for each cue: C1, C2 …"""
    joint = joint_of(track.language)
    return tuple(
        Said(
            id=f"C{number}",
            text=joint.join(word.text for word in cue.words),
            room=max(8, round(FASTEST * (cue.end - cue.start))),
        )
        for number, cue in enumerate(track.cues, 1)
    )


def _held(
    translator: Translator, said: Sequence[Said], language: str, tongue: str, keep: Sequence[str]
) -> dict[str, Any]:
    """The lines that hold what they must, and what is told of the others."""
    first = _by_id(translator.translate(said, language, tongue, keep), said)
    wrong = {each.id: each_wrong for each in said if (each_wrong := _wrong(each, first, language, tongue, keep))}
    if wrong and translator.accepts_feedback:
        feedback = {name: [fault.text for fault in found] for name, found in wrong.items()}
        asked = [each for each in said if each.id in wrong]
        try:
            again = _by_id(translator.translate(said, language, tongue, keep, feedback, tuple(first.values())), asked)
        except Unwritten:
            again = {}
        for each in asked:
            if each.id in again and _worth(_wrong(each, again, language, tongue, keep)) <= _worth(wrong[each.id]):
                first[each.id] = again[each.id]
        wrong = {each.id: told for each in asked if (told := _wrong(each, first, language, tongue, keep))}
    lost = {name: found for name, found in wrong.items() if any(fault.hard for fault in found)}
    kept = tuple(first[each.id] for each in said if each.id in first and each.id not in lost)
    return {"lines": kept, "warnings": tuple(_told(said, wrong, tongue))}


def _by_id(found: Sequence[Translated], said: Sequence[Said]) -> dict[str, Translated]:
    """The lines that came back once, under ids that were asked, as plain visible text."""
    times = Counter(each.id for each in found)
    known = {each.id for each in said}
    made = (each.model_copy(update={"text": _shown(each.text)}) for each in found)
    return {each.id: each for each in made if each.text and each.id in known and times[each.id] == 1}


def _shown(text: str) -> str:
    return " ".join(word for part in clean(text, LINE).split() if (word := plain(part)))


def _wrong(said: Said, found: dict[str, Translated], language: str, tongue: str, keep: Sequence[str]) -> list[Fault]:
    one = found.get(said.id)
    if one is None:
        return [Fault("it did not come back, or came twice")]
    told = faults(said.text, one.text, language, tongue, keep, one.names)
    wide = columns(one.text)
    if said.room and wide > LOOSE * SPEED / FASTEST * said.room:
        told.append(Fault(f"it takes {wide:.0f} columns and there is room for {said.room} in its time", hard=False))
    return told


def _worth(found: Sequence[Fault]) -> tuple[int, int]:
    return sum(fault.hard for fault in found), len(found)


def _told(said: Sequence[Said], wrong: dict[str, list[Fault]], tongue: str) -> Iterator[str]:
    """What a person should know of the lines that are not right, each kind in one sentence."""
    texts = {each.id: each.text for each in said}
    for lines_told, why in (
        ([n for n, found in wrong.items() if any(f.hard for f in found)], "stay as they were said, since the translation did not hold them"),
        ([n for n, found in wrong.items() if not any(f.hard for f in found)], "should be looked at"),
    ):  # fmt: skip
        if lines_told:
            shown = "; ".join(f"“{clean(texts[n], 60)}” ({wrong[n][0].text})" for n in lines_told[:3])
            yield f"Captions in {name(tongue)}: {len(lines_told)} of {len(said)} lines {why}: {clean(shown, 400)}."


def track_of(track: Track, told: Translation) -> Track:
    """The cues of ``track`` in another language, as words that share their cue's time by their length.

    A line that is not there stands as it was said.
    """
    known = {each.id: each.text for each in told.lines}
    words = [
        word
        for number, cue in enumerate(track.cues, 1)
        for word in _line(known.get(f"C{number}", ""), cue, told.language)
    ]
    return cues.of_words(words, track.stretches, told.language).model_copy(update={"timed": False})


def _line(text: str, cue: cues.Cue, language: str) -> list[Word]:
    """The words of a cue in another language, or as it was said where there is no ``text``."""
    if text:
        return _timed(text, cue, language)
    apart = "" if joint_of(language) else " "  # what is joined without spaces brings its own
    return [word.model_copy(update={"text": word.text + apart}) for word in cue.words]


def _timed(text: str, cue: cues.Cue, language: str) -> list[Word]:
    """The words of a translated line over the time in which its cue is spoken."""
    parts = text.split() if joint_of(language) else cues.phrases(text)
    parts = [part for part in parts if part.strip()]
    start, end = cue.words[0].start, cue.words[-1].end
    whole = sum(columns(part) + 1 for part in parts) or 1.0
    made, done = [], 0.0
    for part in parts:
        begin, done = done, done + columns(part) + 1
        made.append(
            Word(start=start + (end - start) * begin / whole, end=start + (end - start) * done / whole, text=part)
        )
    return made
