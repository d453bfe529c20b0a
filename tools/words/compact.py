"""The packed view: a line a sentence or shot, about a tenth of the tokens of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.schema import Frame, Observation, Sentence, Shot, Transcript
from tools.text import clean, fence

NONE: Mapping[str, str] = {}
ROOM = 24_000
"""Characters of a view; a longer transcript is shown as an outline."""
LINE = 600
BLOCK = 60.0
"""Seconds of speech in one line of an outline."""


def clock(seconds: float) -> str:
    """``02:13.4``, from an hour on ``1:02:13.4``."""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, rest = divmod(minutes, 60)
    head = f"{hours}:{rest:02d}" if hours else f"{rest:02d}"
    return f"{head}:{tenths // 10:02d}.{tenths % 10}"


def pack(
    transcript: Transcript | None,
    observation: Observation | None = None,
    ids: Sequence[str] | None = None,
    notes: Mapping[str, str] = NONE,
) -> str:
    """What was said and shown, fenced as data: the lines of ``ids``, or everything, as an outline where it is long.

    ``notes`` are told of sentences in brackets before their words.
    """
    sentences = transcript.sentences if transcript else ()
    shots = observation.shots if observation else ()
    voices = speakers(sentences)
    if ids is not None:
        wanted = set(ids)
        lines = list(_by_take(transcript, [each for each in sentences if each.id in wanted], voices, notes))
        lines += [_shown(each, _frames(observation, each.id)) for each in shots if each.id in wanted]
        return fence("\n".join(lines)[:ROOM], "video")
    lines = list(_by_take(transcript, sentences, voices, NONE))
    if sum(len(line) + 1 for line in lines) > ROOM:
        return outline(sentences, voices)
    if not sentences:
        lines = [_shown(each, _frames(observation, each.id)) for each in shots]
    return fence("\n".join(lines)[:ROOM], "video")


def _by_take(
    transcript: Transcript | None, said: Sequence[Sentence], voices: dict[str, str], notes: Mapping[str, str]
) -> Iterator[str]:
    """A line a sentence; of a reel, a line above those of each take that names it."""
    names, take = transcript.takes if transcript else (), -1
    for each in said:
        if names and each.take != take:
            take = each.take
            yield f"-- from {clean(names[take], 80)} --"
        yield _spoken(each, voices, notes.get(each.id, ""))


def outline(sentences: Sequence[Sentence], voices: dict[str, str] | None = None) -> str:
    """A line for about each minute, with its ids and how it begins, then how to read on."""
    known = speakers(sentences) if voices is None else voices
    blocks = list(_blocks(sentences))
    room = max(60, ROOM // max(1, len(blocks)) - 40)
    lines = [
        f"{block[0].id}-{block[-1].id} {clock(block[0].start)}-{clock(block[-1].end)} {_voice(block[0], known)}{clean(' '.join(each.text for each in block[:4]), min(LINE, room))}"
        for block in blocks
    ]
    last = sentences[-1].id if sentences else "S1"
    return f"{fence(chr(10).join(lines), 'outline')}\nAn outline of S1 to {last}. Call read with ids such as S10-S40 for the words, or find with what you look for."


def speakers(sentences: Iterable[Sentence]) -> dict[str, str]:
    """A letter for each speaker in order of first word; empty where there is only one."""
    names = list(dict.fromkeys(each.speaker for each in sentences if each.speaker))
    return {name: chr(65 + at) if at < 26 else f"P{at + 1}" for at, name in enumerate(names)} if len(names) > 1 else {}


def _voice(sentence: Sentence, voices: dict[str, str]) -> str:
    return f"[{voices[sentence.speaker]}] " if sentence.speaker in voices else ""


def _spoken(sentence: Sentence, voices: dict[str, str], note: str = "") -> str:
    told = f"({note}) " if note else ""
    return f"{sentence.id} {clock(sentence.start)} {sentence.length:.1f}s {_voice(sentence, voices)}{told}{clean(sentence.text, LINE)}"


def _shown(shot: Shot, frames: Sequence[Frame]) -> str:
    seen = [f"sound {shot.level:.0f} dB"] if shot.level is not None else []
    faces = max((len(frame.faces) for frame in frames), default=0)
    seen += [f"faces {faces}"] if faces else []
    labels = dict.fromkeys(clean(label.name, 40) for frame in frames for label in frame.labels)
    seen += [", ".join(list(labels)[:6])] if labels else []
    texts = dict.fromkeys(clean(line, 80) for frame in frames for line in frame.text)
    seen += ['text "' + " / ".join(list(texts)[:4]) + '"'] if texts else []
    return f"{shot.id} {clock(shot.start)} {shot.length:.1f}s {'; '.join(seen)}".rstrip()


def _frames(observation: Observation | None, shot: str) -> list[Frame]:
    return [frame for frame in observation.frames if frame.shot == shot] if observation else []


def _blocks(sentences: Sequence[Sentence]) -> Iterable[list[Sentence]]:
    block: list[Sentence] = []
    for sentence in sentences:
        if block and sentence.end - block[0].start > BLOCK:
            yield block
            block = []
        block.append(sentence)
    if block:
        yield block
