"""Captions on the promo's clock: words, cues to read (SubRip, WebVTT), and text to burn in (ASS) inside each safe box.

Words come from outside.  None of their signs ever reaches a player or libass as markup.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import pysubs2

from tools.rendering import fonts
from tools.schema import SIZES, Box, CutList, Noun, Seconds, Shape, Span, Style, Transcript, Word
from tools.text import clean
from tools.words.sentences import UNSPACED

COLUMNS = 42
"""Columns of a line to be read; a wide letter of Chinese, Japanese or Korean takes 2.6 of them, so 16 fit."""
WIDE = 2.6
SPEED = 20.0
"""Columns a second that can be read."""
SHORTEST, LONGEST = 5 / 6, 7.0
"""Seconds of a cue."""
PAUSE = 0.8
"""Seconds of silence after which a new cue begins."""
LINGER = 0.25
"""Seconds that burned text stays after its last word, where nothing else is to be shown."""


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
    return _track(words, stretches, language)


def whole(transcript: Transcript) -> Track:
    """The track of a video that nothing was cut from."""
    words = [word.model_copy(update={"text": plain(word.text)}) for word in transcript.words]
    end = max((word.end for word in words), default=0.0)
    return _track(words, [Span(start=0.0, end=end + SHORTEST)], transcript.language)


def _track(words: Sequence[Word], stretches: Sequence[Span], language: str) -> Track:
    said = [word for word in words if word.text]
    joint = _joint(language)
    cues = [cue for stretch in stretches for cue in _cues(_within(said, stretch), stretch, joint)]
    return Track(
        words=tuple(said),
        cues=tuple(cues),
        stretches=tuple(stretches),
        language=language,
        length=stretches[-1].end if stretches else 0.0,
    )


def _within(words: Sequence[Word], stretch: Span) -> list[Word]:
    return [word for word in words if stretch.start <= (word.start + word.end) / 2 < stretch.end]


def _joint(language: str) -> str:
    return "" if language.split("-")[0].lower() in UNSPACED else " "


_SIGNS = str.maketrans({"{": "(", "}": ")", "\\": "/", "<": "‹", ">": "›"})


def plain(text: str) -> str:
    """A word without the signs that SubRip, WebVTT and ASS read as markup."""
    return clean(text, 80).translate(_SIGNS)


# --- cues to read -------------------------------------------------------------------------------------------------------


def columns(text: str) -> float:
    """Width of ``text`` in columns."""
    return sum(
        WIDE if unicodedata.east_asian_width(char) in "WF" else 0.0 if unicodedata.combining(char) else 1.0
        for char in text
    )


def _cues(words: Sequence[Word], stretch: Span, joint: str) -> list[Cue]:
    groups: list[list[Word]] = []
    for run in _runs(words):
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
                    lines=tuple(wrap([w.text for w in group], joint, columns, COLUMNS)),
                )
            )
    return made


def _runs(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Words from pause to pause, and from sentence to sentence."""
    run: list[Word] = []
    for word in words:
        if run and (word.start - run[-1].end > PAUSE or _ends(run[-1].text) or word.speaker != run[-1].speaker):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _ends(text: str) -> bool:
    return text.rstrip("\"'”’)]").endswith((".", "?", "!", "…", "。", "？", "！")) and text.lower() not in (
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "st.",
        "vs.",
    )


def _pauses(text: str) -> bool:
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
        return abs(left - half) / half - (0.5 if _pauses(run[at - 1].text) else 0.0) - min(gap, 0.5)

    if len(run) == 1:
        yield list(run)
        return
    at = min(range(1, len(run)), key=cost)
    yield from _fitted(run[:at], joint)
    yield from _fitted(run[at:], joint)


def _fits(run: Sequence[Word], joint: str) -> bool:
    if run[-1].end - run[0].start > LONGEST:
        return False
    lines = wrap([word.text for word in run], joint, columns, COLUMNS)
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
            - (0.15 * limit if _pauses(after) or _ends(after) else 0.0)
            + (0.02 * limit if one > two else 0.0)
        )

    two = [at for at in breaks if width(joint.join(parts[:at])) <= limit and width(joint.join(parts[at:])) <= limit]
    if two:
        at = min(two, key=cost)
        return [joint.join(parts[:at]), joint.join(parts[at:])]
    fit = [at for at in breaks if width(joint.join(parts[:at])) <= limit] or [1]
    return [joint.join(parts[: fit[-1]]), *wrap(parts[fit[-1] :], joint, width, limit)]


def letters(texts: Sequence[str]) -> list[str]:
    """Where a script without spaces may part: between letters, not before what is written on one, nor within Latin words."""
    parts: list[str] = []
    for char in "".join(texts):
        joined = parts and (
            unicodedata.category(char)[0] == "M" or char in NOT_FIRST or (char.isascii() and parts[-1][-1].isascii())
        )
        if joined and not char.isspace() and not parts[-1].isspace():
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _broken(text: str, width: Callable[[str], float], limit: float) -> Iterator[str]:
    """A word in pieces that fit a line; whole, nearly always."""
    while width(text) > limit and len(text) > 1:
        at = next((n for n in range(len(text) - 1, 0, -1) if width(text[:n]) <= limit), 1)
        yield text[:at]
        text = text[at:]
    yield text


def srt(track: Track) -> str:
    """The cues as SubRip."""
    blocks = (
        f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n" + "\n".join(cue.lines)
        for number, cue in enumerate(track.cues, 1)
    )
    return "\n\n".join(blocks) + ("\n" if track.cues else "")


def vtt(track: Track, language: str = "") -> str:
    """The cues as WebVTT."""
    blocks = (
        f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n"
        + "\n".join(html.escape(line, quote=False) for line in cue.lines)
        for cue in track.cues
    )
    head = f"WEBVTT\nLanguage: {language}" if language else "WEBVTT"
    return "\n\n".join([head, *blocks]) + "\n"


def _stamp(seconds: float, point: str) -> str:
    whole_ms = round(seconds * 1000)
    minutes, ms = divmod(whole_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{ms // 1000:02d}{point}{ms % 1000:03d}"


# --- text to burn in ------------------------------------------------------------------------------------------------


class Look(NamedTuple):
    """How a style is drawn.  Sizes are for a frame 1080 pixels wide or high, whichever is less."""

    file: str
    family: str
    weight: bool
    size: int
    words: int
    """Most words of an event; 0 for as many as two lines hold."""
    outline: float
    blur: float
    """Of the outline's edge, in pixels."""
    marked: bool = False
    """Whether the spoken word is."""
    waits: bool = False
    """Whether words to come are paler."""


LOOKS: dict[Style, Look] = {
    "clean": Look("Manrope-Bold.ttf", "Manrope", True, 82, 0, 6.0, 2.0),
    "bold": Look("Manrope-ExtraBold.ttf", "Manrope ExtraBold", False, 112, 4, 7.0, 1.0, marked=True),
    "karaoke": Look("Manrope-ExtraBold.ttf", "Manrope ExtraBold", False, 104, 4, 6.5, 1.0, marked=True, waits=True),
}
LARGER: dict[Shape, float] = {"16x9": 1.0, "9x16": 1.16, "1x1": 1.0}
"""What is watched on a phone is set larger."""
TO_COME = "&H70&"
"""How much shows through words that are still to come."""
CLEAN_SECONDS = 2.6
"""Seconds of speech in one event of the clean style, at most."""
SPOKEN = "&H3BD5FF&"
"""The mark of the spoken word: a warm yellow, in ASS's order of blue, green, red."""


class Place(NamedTuple):
    """Where text may stand: alignment of ASS (2 bottom, 8 top), and margins in pixels."""

    alignment: int
    side: int
    vertical: int


PLACES: dict[Shape, tuple[Place, ...]] = {
    # Safe on 1080x1920: 270 from the top, 680 from the bottom (480 where no advert is), 90 left, 190 right; centred, so 190 on both sides.
    "9x16": (Place(2, 190, 680), Place(2, 190, 480), Place(8, 190, 270), Place(2, 190, 980), Place(8, 190, 480)),
    "16x9": (Place(2, 240, 86), Place(2, 240, 290), Place(8, 240, 86), Place(2, 240, 190), Place(8, 240, 200)),
    "1x1": (Place(2, 96, 96), Place(2, 96, 300), Place(8, 96, 96), Place(2, 96, 200), Place(8, 96, 210)),
}
"""Best first; the next ones serve to keep off a face, and off captions or titles that the picture has already."""

SMALLER = 0.75
"""What text is shrunk by where no place is free of what is to be kept clear."""

SLIGHT = 0.001
"""Share of the frame that may be covered, on average, before anything is shrunk for it."""

NEARLY = 1.3
"""A place that covers so many times the least is taken where it is the better one to read at."""


class Area(NamedTuple):
    """A part of the promo's frame that captions keep off, from when to when."""

    start: float
    end: float
    box: Box
    weight: float = 1.0
    ground: bool = True
    """Whether text that has to lie on it stands on a ground of its own: over writing it does, a face it would only hide more."""


class Event(Span):
    """One burned caption: the words shown, and which of them is being spoken."""

    lines: tuple[str, ...]
    spoken: tuple[int, int, int] | None = None
    """Line, and where in it the marked word begins and stops."""


def measure(text: str, look: Look, size: float) -> float:
    """Width of ``text`` in pixels as libass draws it at ASS size ``size``."""
    return fonts.width(text, look.file, size * fonts.EM) + 2 * look.outline


def ass(track: Track, shape: Shape, style: Style, avoid: Sequence[Area] = ()) -> str:
    """The text to burn in, for a frame of ``shape``.

    ``avoid`` is what to keep off, such as faces; from join to join the text stands where it covers least of it, smaller
    where that frees as much again.  Events never overlap, and begin with their first word.
    """
    width, height = SIZES[shape]
    file = pysubs2.SSAFile()
    file.info.update(
        {
            "PlayResX": str(width),
            "PlayResY": str(height),
            "WrapStyle": "2",
            "ScaledBorderAndShadow": "yes",
            "YCbCr Matrix": "TV.709",
            "Title": "Hookline",
        }
    )
    file.styles.clear()
    look = LOOKS.get(style)
    if look is None:
        file.styles["Default"] = pysubs2.SSAStyle()
        return file.to_string("ass")
    leftward = fonts.leftward("".join(word.text for word in track.words))
    small = look._replace(size=round(look.size * SMALLER), outline=look.outline * SMALLER)
    for number, place in enumerate(PLACES[shape]):
        file.styles[f"p{number}"] = _drawn(look, shape, place, leftward)
    told = [_events(track, stretch, look, shape) for stretch in track.stretches]
    costs = [_costs(shown, stretch, look, shape, avoid) for shown, stretch in zip(told, track.stretches, strict=True)]
    # One place for the whole promo where it serves: text that jumps at every join is hard to follow.
    home = _best([sum(each) for each in zip(*costs, strict=True)]) if costs else 0
    for stretch, shown, cost in zip(track.stretches, told, costs, strict=True):
        slight = SLIGHT * stretch.length
        chosen = home if cost[home] <= max(slight, NEARLY * min(cost)) else _best(cost)
        name, covered = f"p{chosen}", cost[chosen]
        if covered > slight:
            other = _events(track, stretch, small, shape)
            less = _costs(other, stretch, small, shape, avoid)
            spot = _best(less)
            drawn, place = look, PLACES[shape][chosen]
            if less[spot] <= covered / 2:
                shown, name, covered = other, f"p{spot}s", less[spot]
                drawn, place, chosen = small, PLACES[shape][spot], spot
            written = [area for area in avoid if area.ground]
            on_text = _costs(shown, stretch, drawn, shape, written)[chosen] > slight
            name += "b" if on_text else ""
            file.styles[name] = _drawn(drawn, shape, place, leftward, boxed=on_text)
        for event in shown:
            text = _marked(event, look, track.language)
            file.append(pysubs2.SSAEvent(start=_centi(event.start), end=_centi(event.end), text=text, style=name))
    return file.to_string("ass")


def _drawn(look: Look, shape: Shape, place: Place, leftward: bool, boxed: bool = False) -> pysubs2.SSAStyle:
    """A look at a place, as ASS says it; ``boxed`` stands on a dark ground, for a picture that is all text."""
    # Each marked part has a ground of its own, and where two that can be seen through meet there is a stripe.
    # With an encoding of -1 libass takes a line's direction from its letters, and lays it out whole whatever is marked.
    encoding = -1 if leftward else 1
    return pysubs2.SSAStyle(
        borderstyle=3 if boxed else 1,
        fontname=look.family,
        fontsize=_size(look, shape),
        bold=look.weight,
        primarycolor=pysubs2.Color(255, 255, 255),
        outlinecolor=pysubs2.Color(12, 12, 16, 40 if boxed and not look.marked else 0),
        backcolor=pysubs2.Color(0, 0, 0, 110),
        outline=2.4 * look.outline if boxed else look.outline,
        shadow=0,
        alignment=pysubs2.Alignment(place.alignment),
        marginl=place.side,
        marginr=place.side,
        marginv=place.vertical,
        encoding=encoding,
    )


def _size(look: Look, shape: Shape) -> int:
    return round(look.size * LARGER[shape] * min(SIZES[shape]) / 1080)


def _centi(seconds: float) -> int:
    """Milliseconds, whole hundredths of a second as ASS has them."""
    return int(seconds * 100 + 1e-6) * 10


def events(track: Track, shape: Shape, style: Style) -> tuple[Event, ...]:
    """What ``ass`` would show, in order."""
    look = LOOKS.get(style)
    return tuple(event for stretch in track.stretches for event in _events(track, stretch, look, shape)) if look else ()


def _events(track: Track, stretch: Span, look: Look, shape: Shape) -> list[Event]:
    joint, size = _joint(track.language), _size(look, shape)
    limit = SIZES[shape][0] - 2 * PLACES[shape][0].side

    def width(text: str) -> float:
        return measure(text, look, size)

    drawn = ((word, fonts.drawable(word.text)) for word in _within(track.words, stretch))
    words = [word.model_copy(update={"text": text}) if text != word.text else word for word, text in drawn if text]
    groups = [group for run in _runs(words) for group in _shown(run, look, joint, width, limit)]
    made: list[Event] = []
    for index, group in enumerate(groups):
        stop = min(groups[index + 1][0].start if index + 1 < len(groups) else stretch.end, stretch.end)
        end = min(max(group[-1].end + LINGER, group[0].start + 0.3), stop)
        lines = wrap([word.text for word in group], joint, width, limit)
        if not look.marked:
            made += _event(group[0].start, end, lines)
            continue
        spots = _spots(group, lines)
        starts = [word.start for word in group]
        for at, (begin, until) in enumerate(pairwise([*starts, end])):
            made += _event(begin, until, lines, spots[at] if spots else None)
    return made


def _event(start: float, end: float, lines: Sequence[str], spoken: tuple[int, int, int] | None = None) -> list[Event]:
    """One event, or none where it would not last a hundredth of a second."""
    return [Event(start=start, end=end, lines=tuple(lines), spoken=spoken)] if _centi(end) > _centi(start) else []


def _shown(
    run: Sequence[Word], look: Look, joint: str, width: Callable[[str], float], limit: float
) -> Iterator[list[Word]]:
    """A run of words in groups to be shown together, none of more than two lines."""

    def fits(group: Sequence[Word]) -> bool:
        return len(wrap([word.text for word in group], joint, width, limit)) <= 2

    most = look.words or len(run)
    if not joint and look.words:
        most = look.words * 2
    span = run[-1].end - run[0].start
    if len(run) == 1 or (len(run) <= most and fits(run) and (look.words or span <= CLEAN_SECONDS)):
        yield list(run)
        return

    def cost(at: int) -> float:
        uneven = abs(at - len(run) / 2) / len(run)
        gap = run[at].start - run[at - 1].end
        alone = 0.3 if at in (1, len(run) - 1) else 0.0
        return uneven + alone - (0.35 if _pauses(run[at - 1].text) else 0.0) - min(gap, 0.4)

    at = min(range(1, len(run)), key=cost)
    yield from _shown(run[:at], look, joint, width, limit)
    yield from _shown(run[at:], look, joint, width, limit)


def _spots(group: Sequence[Word], lines: Sequence[str]) -> list[tuple[int, int, int]]:
    """Line, beginning and stop of each word; empty where a word was broken over lines."""
    found: list[tuple[int, int, int]] = []
    line = place = 0
    for word in group:
        at = lines[line].find(word.text, place)
        if at < 0 and line + 1 < len(lines):
            line, place = line + 1, 0
            at = lines[line].find(word.text)
        if at < 0:
            return []
        place = at + len(word.text)
        found.append((line, at, place))
    return found


def _marked(event: Event, look: Look, language: str) -> str:
    """The event's text with our own tags; ``plain`` has left no sign in the words that could be one."""
    told = [_set(line, language) for line in event.lines]
    if event.spoken is not None:
        line, at, stop = event.spoken
        text = event.lines[line]
        before, word, after = (_set(part, language) for part in (text[:at], text[at:stop], text[stop:]))
        pale = f"{{\\1a{TO_COME}}}" if look.waits else ""
        told[line] = f"{before}{{\\c{SPOKEN}}}{word}{{\\c}}{pale}{after}"
    return f"{{\\blur{look.blur:g}}}" + r"\N".join(told)


def _set(text: str, language: str) -> str:
    """``text`` with the fonts of the letters that Manrope lacks."""
    return "".join(f"{{\\fn{face.name}}}{part}{{\\fn}}" if face else part for face, part in fonts.runs(text, language))


def box(lines: Sequence[str], look: Look, shape: Shape, place: Place) -> Box:
    """The part of the frame that text at ``place`` takes."""
    width, height = SIZES[shape]
    size = _size(look, shape)
    wide = max(measure(line, look, size) for line in lines)
    high = size * len(lines) + 2 * look.outline
    top = place.vertical - look.outline if place.alignment == 8 else height - place.vertical - high + look.outline
    return (width - wide) / 2 / width, top / height, wide / width, high / height


def max_box(track: Track, shape: Shape, style: Style = "clean", place: int = 0) -> Box | None:
    """The smallest box that holds every event at a place; None without any."""
    look = LOOKS.get(style)
    boxes = (
        [box(event.lines, look, shape, PLACES[shape][place]) for event in events(track, shape, style)] if look else []
    )
    if not boxes:
        return None
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return left, top, max(b[0] + b[2] for b in boxes) - left, max(b[1] + b[3] for b in boxes) - top


def _costs(shown: Sequence[Event], stretch: Span, look: Look, shape: Shape, avoid: Sequence[Area]) -> list[float]:
    """How much the events of a stretch cover at each place of what is to be kept clear."""
    near = [area for area in avoid if area.start < stretch.end and area.end > stretch.start]

    def covered(place: Place) -> float:
        boxes = [(event, box(event.lines, look, shape, place)) for event in shown] if near else []
        return sum(
            _overlap(taken, area.box) * area.weight * (min(area.end, event.end) - max(area.start, event.start))
            for event, taken in boxes
            for area in near
            if area.start < event.end and area.end > event.start
        )

    return [round(covered(place), 6) for place in PLACES[shape]]


def _best(costs: Sequence[float]) -> int:
    """The first place that covers about the least."""
    return next(number for number, cost in enumerate(costs) if cost <= NEARLY * min(costs))


def _overlap(one: Box, two: Box) -> float:
    wide = min(one[0] + one[2], two[0] + two[2]) - max(one[0], two[0])
    high = min(one[1] + one[3], two[1] + two[3]) - max(one[1], two[1])
    return max(0.0, wide) * max(0.0, high)
