"""Captions on the promo's clock: words, and cues to read (SubRip, WebVTT).

Words come from outside.  None of their signs ever reaches a player as markup.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from tools.schema import CutList, Noun, Seconds, Span, Transcript, Word
from tools.text import clean
from tools.words.sentences import UNSPACED, WORD
from tools.workspace import Workspace

COLUMNS = 42
"""Columns of a line to be read; a wide letter of Chinese, Japanese or Korean takes 2.6 of them, so 16 fit."""
WIDE = 2.6
SPEED = 20.0
"""Columns a second that can be read."""
SHORTEST, LONGEST = 5 / 6, 7.0
"""Seconds of a cue."""
PAUSE = 0.8
"""Seconds of silence after which a new cue begins."""


class Cue(Span):
    """Words shown together; ``lines`` are what is read."""

    words: tuple[Word, ...]
    lines: tuple[str, ...]


class Track(Noun):
    """What is said, in order.  Times are the promo's own, or the source's for a whole video."""

    words: tuple[Word, ...] = ()
    cues: tuple[Cue, ...] = ()
    stretches: tuple[Span, ...] = ()
    """From join to join; no caption crosses one."""
    language: str = "en"
    length: Seconds = 0.0
    timed: bool = True
    """Whether each word stands at the time at which it is said; those of a translation share the time of their line."""


def tracks(cut: CutList, transcript: Transcript | None) -> Track:
    """Words and cues of a cut.  A word's offset is its clip's first frame, exactly; a word mostly outside is left out."""
    rate = cut.fps
    language = transcript.language if transcript else "en"
    spoken = transcript.words if transcript else ()
    words: list[Word] = []
    stretches: list[Span] = []
    for clip, first in zip(cut.clips, cut.starts(), strict=True):
        shift = float((first - clip.first_frame) / rate)
        start, end = float(first / rate), float((first + clip.frames) / rate)
        stretches.append(Span(start=start, end=end))
        for word in spoken:
            begin, stop = word.start + shift, word.end + shift
            if start <= (begin + stop) / 2 < end:
                words.append(
                    word.model_copy(
                        update={"start": max(start, begin), "end": min(end, stop), "text": plain(word.text)}
                    )
                )
    return of_words(words, stretches, language)


def whole(transcript: Transcript) -> Track:
    """The track of a video that nothing was cut from."""
    words = [word.model_copy(update={"text": plain(word.text)}) for word in transcript.words]
    end = max((word.end for word in words), default=0.0)
    return of_words(words, [Span(start=0.0, end=end + SHORTEST)], transcript.language)


def publish(workspace: Workspace, transcript: Transcript) -> None:
    """Write down what is said: for the tools, and with captions of the whole video for the outbox."""
    track = whole(transcript)
    workspace.write("out/captions.srt", srt(track).encode())
    workspace.write("out/captions.vtt", vtt(track, transcript.language).encode())
    workspace.save("out/transcript.json", transcript)
    workspace.save("transcript.json", transcript)


def of_words(words: Sequence[Word], stretches: Sequence[Span], language: str) -> Track:
    """Words on the promo's clock, in cues that can be read; no cue crosses from one of ``stretches`` to the next."""
    said = [word for word in words if word.text]
    joint = joint_of(language)
    cues = [cue for stretch in stretches for cue in _cues(within(said, stretch), stretch, joint)]
    return Track(
        words=tuple(said),
        cues=tuple(cues),
        stretches=tuple(stretches),
        language=language,
        length=stretches[-1].end if stretches else 0.0,
    )


def within(words: Sequence[Word], stretch: Span) -> list[Word]:
    return [word for word in words if stretch.start <= (word.start + word.end) / 2 < stretch.end]


def joint_of(language: str) -> str:
    return "" if language.split("-")[0].lower() in UNSPACED else " "


_SIGNS = str.maketrans({"{": "(", "}": ")", "\\": "/", "<": "‹", ">": "›"})


def plain(text: str) -> str:
    """A word without the signs that SubRip, WebVTT and ASS read as markup."""
    return clean(text, WORD).translate(_SIGNS)


def columns(text: str) -> float:
    """Width of ``text`` in columns."""
    return sum(
        WIDE if unicodedata.east_asian_width(char) in "WF" else 0.0 if unicodedata.combining(char) else 1.0
        for char in text
    )


def read_width(joint: str) -> Callable[[str], float]:
    """``columns``, but that a single word takes a line at most: a player can show a long address whole, and parted it is another."""
    return lambda text: min(columns(text), COLUMNS) if joint and joint not in text else columns(text)


def _cues(words: Sequence[Word], stretch: Span, joint: str) -> list[Cue]:
    groups: list[list[Word]] = []
    for run in runs(words):
        groups += _fitted(run, joint)
    groups = _joined(groups, joint)
    made: list[Cue] = []
    for index, group in enumerate(groups):
        stop = groups[index + 1][0].start if index + 1 < len(groups) else stretch.end
        said = joint.join(word.text for word in group)
        wanted = max(group[-1].end, group[0].start + max(SHORTEST, columns(said) / SPEED))
        end = min(wanted, max(stop, group[0].start), max(group[-1].end, group[0].start + LONGEST))
        if end > group[0].start:
            made.append(
                Cue(
                    start=group[0].start,
                    end=end,
                    words=tuple(group),
                    lines=tuple(wrap([w.text for w in group], joint, read_width(joint), COLUMNS)),
                )
            )
    return made


def runs(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Words from pause to pause, and from sentence to sentence."""
    run: list[Word] = []
    for word in words:
        if run and (word.start - run[-1].end > PAUSE or ends(run[-1].text) or word.speaker != run[-1].speaker):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def ends(text: str) -> bool:
    return text.rstrip("\"'”’)]").endswith((".", "?", "!", "…", "。", "？", "！")) and text.lower() not in (
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "st.",
        "vs.",
    )


def pauses(text: str) -> bool:
    return text.endswith((",", ";", ":", "—", "–", "，", "、", "；", "："))


def _fitted(run: Sequence[Word], joint: str) -> Iterator[list[Word]]:
    """A run in as few cues as hold it, parted where it is best to part: after a mark, else where the parts are even."""
    if _fits(run, joint):
        yield list(run)
        return
    half = sum(columns(word.text) + len(joint) for word in run) / 2

    def cost(at: int) -> float:
        left = sum(columns(word.text) + len(joint) for word in run[:at])
        gap = run[at].start - run[at - 1].end
        return abs(left - half) / half - (0.5 if pauses(run[at - 1].text) else 0.0) - min(gap, 0.5)

    if len(run) == 1:
        yield list(run)
        return
    at = min(range(1, len(run)), key=cost)
    yield from _fitted(run[:at], joint)
    yield from _fitted(run[at:], joint)


def _fits(run: Sequence[Word], joint: str) -> bool:
    if run[-1].end - run[0].start > LONGEST:
        return False
    lines = wrap([word.text for word in run], joint, read_width(joint), COLUMNS)
    return len(lines) <= 2


def _joined(groups: Sequence[list[Word]], joint: str) -> list[list[Word]]:
    """Groups too short to be read are shown with a neighbour, where both fit."""
    told: list[list[Word]] = []
    for index, group in enumerate(groups):
        if told:
            room = group[0].start - told[-1][0].start
            last = index + 1 == len(groups)
            brief = room < SHORTEST or (last and group[-1].end - group[0].start < 0.4)
            if brief and group[0].start - told[-1][-1].end < PAUSE and _fits([*told[-1], *group], joint):
                told[-1] = [*told[-1], *group]
                continue
        told.append(list(group))
    return told


NOT_FIRST = frozenset("、。，．！？）」』】〉》；：…・ー々ゝァィゥェォッャュョぁぃぅぇぉっゃゅょ,.!?;:)]}’”%")
"""Signs that may not begin a line."""
_NOT_LAST = frozenset("（「『【〈《([{‘“$¥")


def wrap(texts: Sequence[str], joint: str, width: Callable[[str], float], limit: float) -> list[str]:
    """Lines of at most ``limit`` by ``width``: as few as there can be, then as even, parted after marks where that costs little."""
    parts = [piece for text in texts for piece in _broken(text, width, limit)] if joint else letters(texts)
    if not parts:
        return []
    if width(joint.join(parts)) <= limit:
        return [joint.join(parts)]
    breaks = [
        at for at in range(1, len(parts)) if parts[at][0] not in NOT_FIRST and parts[at - 1][-1] not in _NOT_LAST
    ] or list(range(1, len(parts)))

    def cost(at: int) -> float:
        one, two = width(joint.join(parts[:at])), width(joint.join(parts[at:]))
        after = parts[at - 1]
        return (
            max(one, two)
            - (0.15 * limit if pauses(after) or ends(after) else 0.0)
            - (0.15 * limit if not joint and begins_phrase(after[-1], parts[at][0]) else 0.0)
            + (0.15 * limit if not joint and _hiragana(parts[at][0]) and not _hiragana(after[-1]) else 0.0)
            + (0.02 * limit if one > two else 0.0)
        )

    two = [at for at in breaks if width(joint.join(parts[:at])) <= limit and width(joint.join(parts[at:])) <= limit]
    if two:
        at = min(two, key=cost)
        return [joint.join(parts[:at]), joint.join(parts[at:])]
    fit = [at for at in breaks if width(joint.join(parts[:at])) <= limit] or [1]
    good = [at for at in fit if not joint and begins_phrase(parts[at - 1][-1], parts[at][0])]
    at = next((at for at in reversed(good) if width(joint.join(parts[:at])) > limit / 2), fit[-1])
    return [joint.join(parts[:at]), *wrap(parts[at:], joint, width, limit)]


def letters(texts: Sequence[str]) -> list[str]:
    """Where a script without spaces may part: between letters, not before what is written on one, nor within words of Latin or katakana, or a figure and what it counts."""
    parts: list[str] = []
    for char in "".join(texts):
        joined = parts and (
            unicodedata.category(char)[0] == "M"
            or char in NOT_FIRST
            or (char.isascii() and parts[-1][-1].isascii())
            or (_katakana(char) and _katakana(parts[-1][-1]) and len(parts[-1]) < LOAN)
            or (parts[-1][-1].isdigit() and char.isalpha())
        )
        if joined and not char.isspace() and not parts[-1].isspace():
            parts[-1] += char
        else:
            parts.append(char)
    return parts


LOAN = 12
"""Letters of a word in katakana that stay together."""


def _katakana(char: str) -> bool:
    return "\u30a1" <= char <= "\u30ff"


def _hiragana(char: str) -> bool:
    return "\u3041" <= char <= "\u309f"


def begins_phrase(before: str, after: str) -> bool:
    """Whether a phrase of Japanese begins between two letters: what is inflected ends in hiragana, and the next word has none first."""
    return (_hiragana(before) or before in "、。，．！？」』）") and not _hiragana(after) and after not in NOT_FIRST


def phrases(text: str) -> list[str]:
    """A text of a script without spaces in parts that are shown together: phrases of Japanese, letters of others."""
    made: list[str] = []
    for part in letters([text]):
        whole = made and any(map(_hiragana, text)) and not begins_phrase(made[-1][-1], part[0])
        if whole and len(made[-1]) + len(part) <= LOAN:
            made[-1] += part
        else:
            made.append(part)
    return made


_SEAMS = "/?&=#._-–+,"
"""Signs after which an address or a long word is parted before it is anywhere else."""


def _broken(text: str, width: Callable[[str], float], limit: float) -> Iterator[str]:
    """A word in pieces that fit a line; whole, nearly always."""
    while width(text) > limit and len(text) > 1:
        most = next((n for n in range(len(text) - 1, 0, -1) if width(text[:n]) <= limit), 1)
        at = next((n for n in range(most, most // 2, -1) if text[n - 1] in _SEAMS), most)
        yield text[:at]
        text = text[at:]
    yield text


RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "ps", "sd", "ug", "yi", "dv", "ckb", "iw"})


def leftward(words: Sequence[Word], language: str = "") -> bool:
    """Whether a sentence runs from right to left: most of its words do, or some in a language that does."""
    ways = [way for word in words for way in [_way(word.text)] if way]
    own = language.split("-")[0].lower() in RIGHT_TO_LEFT
    return any(way == "R" for way in ways) if own else 2 * ways.count("R") > len(ways)


def _way(text: str) -> str:
    """``R`` or ``L`` by the first letter of a text, empty where it has none."""
    ways = (unicodedata.bidirectional(char) for char in text)
    return next(("L" if way == "L" else "R" for way in ways if way in ("L", "R", "AL")), "")


def directed(line: str, leftward: bool) -> str:
    """A mark to set before a line that would else be laid the other way, since its first letter runs that way; mostly nothing."""
    way = _way(line)
    return "\u200f" if leftward and way != "R" else "\u200e" if not leftward and way == "R" else ""


def srt(track: Track) -> str:
    """The cues as SubRip."""
    blocks = (
        f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n" + "\n".join(_shown(cue, track.language))
        for number, cue in enumerate(track.cues, 1)
    )
    return "\n\n".join(blocks) + ("\n" if track.cues else "")


def vtt(track: Track, language: str = "") -> str:
    """The cues as WebVTT."""
    blocks = (
        f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n"
        + "\n".join(html.escape(line, quote=False) for line in _shown(cue, track.language))
        for cue in track.cues
    )
    head = f"WEBVTT\nLanguage: {language}" if language else "WEBVTT"
    return "\n\n".join([head, *blocks]) + "\n"


def _shown(cue: Cue, language: str) -> Iterator[str]:
    left = leftward(cue.words, language)
    return (directed(line, left) + line for line in cue.lines)


def _stamp(seconds: float, point: str) -> str:
    whole_ms = round(seconds * 1000)
    minutes, ms = divmod(whole_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{ms // 1000:02d}{point}{ms % 1000:03d}"
