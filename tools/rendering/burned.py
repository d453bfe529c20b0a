"""Captions burned into the picture: ASS inside each safe box, off faces and writing.

Words come from outside.  None of their signs ever reaches libass as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import pysubs2

from tools.brand.colours import rgb
from tools.brand.kit import Brand
from tools.rendering import fonts
from tools.rendering.looks import LOOKS, Look, bare, bgr, look
from tools.schema import SIZES, Box, Shape, Span, Style, Word
from tools.words.cues import Track, directed, joint_of, leftward, pauses, runs, within, wrap

LINGER = 0.25
"""Seconds that burned text stays after its last word, where nothing else is to be shown."""


LARGER: dict[Shape, float] = {"16x9": 1.0, "9x16": 1.16, "1x1": 1.0}
"""What is watched on a phone is set larger."""
TO_COME = "&H70&"
"""How much shows through words that are still to come."""
WHOLE = 99
"""Words of one event where only its two lines bound it."""
CLEAN_SECONDS = 2.6
"""Seconds of speech in one event of the clean style, at most."""


class Place(NamedTuple):
    """Where text may stand: alignment of ASS (2 bottom, 8 top), and margins in pixels."""

    alignment: int
    side: int
    vertical: int


PLACES: dict[Shape, tuple[Place, ...]] = {
    # Safe on 1080x1920: 270 from the top, 680 from the bottom (480 where no advert is), 90 left, 190 right; centred, so 190 on both sides.
    "9x16": (
        Place(2, 190, 680),
        Place(2, 190, 480),
        Place(8, 190, 270),
        Place(2, 190, 980),
        Place(8, 190, 480),
    ),
    "16x9": (Place(2, 240, 86), Place(2, 240, 290), Place(8, 240, 86), Place(2, 240, 190), Place(8, 240, 200)),
    "1x1": (Place(2, 96, 96), Place(2, 96, 300), Place(8, 96, 96), Place(2, 96, 200), Place(8, 96, 210)),
}
"""Best first; the next ones serve to keep off a face, and off captions or titles that the picture has already."""
SEAM: dict[Shape, Place] = {"9x16": Place(2, 190, 1144), "1x1": Place(2, 96, 558)}
"""At the lower edge of who presents above a slide: off the face and off what is written."""
MIDDLE: dict[Shape, Place] = {"9x16": Place(2, 190, 980), "16x9": Place(2, 240, 450), "1x1": Place(2, 96, 450)}


def places(shape: Shape, brand: Brand | None = None) -> tuple[Place, ...]:
    """Where captions may stand, best first; a brand's own place before all others."""
    there = PLACES[shape]
    wanted = brand.captions.place if brand else ""
    high = next(place for place in there if place.alignment == 8)
    best = {"middle": MIDDLE[shape], "high": high}.get(wanted, there[0])
    return (best, *(place for place in there if place != best))


SMALLER = 0.75
"""What text is shrunk by where no place is free of what is to be kept clear."""

SLIGHT = 0.001
"""Share of the frame that may be covered, on average, before anything is shrunk for it."""

TOUCHED = 0.006
"""The same up to which text stays where it is, and as large as it is: it touches something, and a jump or small letters are worse.
A face that lies wholly under two lines comes to 0.2."""

SELDOM = 0.2
"""Share of the captioned seconds up to which text rather covers something than that all of it is shrunk: its size never changes."""

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
    leftward: bool = False
    """Whether its sentence runs from right to left."""


def measure(text: str, look: Look, size: float) -> float:
    """Width of ``text`` in pixels as libass draws it at ASS size ``size``."""
    return fonts.width(text, look.file, size * fonts.EM) + 2 * look.outline


def ass(
    track: Track,
    shape: Shape,
    style: Style,
    avoid: Sequence[Area] = (),
    brand: Brand | None = None,
    font: str = "",
    seams: Sequence[Span] = (),
) -> str:
    """The text to burn in, for a frame of ``shape``, as ``brand`` has it; ``font`` is the path of its adapted font.

    ``avoid`` is what to keep off, such as faces; from join to join the text stands where it covers least of it, all of
    it smaller where that frees enough.  Events never overlap, and begin with their first word.  ``seams`` are when a presenter is shown above
    a slide: what begins then stands at the seam.
    """
    file = blank(shape)
    drawn_as = look(style, brand, font)
    if drawn_as is not None and not track.timed:
        # No word of a translation is spoken, so none is marked, and what two lines hold is read whole.
        drawn_as = drawn_as._replace(words=WHOLE, marked=False, waits=False)
    if drawn_as is None:
        file.styles["Default"] = pysubs2.SSAStyle()
        return file.to_string("ass")
    return _laid(file, track, shape, drawn_as, avoid, places(shape, brand), seams)


def _laid(
    file: pysubs2.SSAFile,
    track: Track,
    shape: Shape,
    look: Look,
    avoid: Sequence[Area],
    spots: Sequence[Place],
    seams: Sequence[Span],
) -> str:
    mixed = fonts.leftward("".join(word.text for word in track.words))
    small = look._replace(size=round(look.size * SMALLER), outline=look.outline * SMALLER)
    large, less = (_tried(track, each, shape, avoid, spots, seams) for each in (look, small))
    freed = sum(stretch.length for n, stretch in enumerate(track.stretches) if _frees(large, less, n, stretch))
    one = less if freed > SELDOM * sum(stretch.length for stretch in track.stretches) else large
    mark = "s" if one is less else ""
    written = [area for area in avoid if area.ground]
    hidden, on_text = set[int](), set[int]()
    for n, stretch in enumerate(track.stretches):
        chosen, slight = _at(one, n, stretch), SLIGHT * stretch.length
        if one.costs[n][chosen] > slight:
            lies_on = _costs(one.told[n], stretch, one.look, shape, written, spots)[chosen]
            (on_text if lies_on > slight else hidden).add(n)
    # A ground that comes and goes is as restless as a size that does; over a face it would only hide more.
    grounded = sum(track.stretches[n].length for n in on_text)
    everywhere = grounded > SELDOM * sum(stretch.length for stretch in track.stretches)
    for n, stretch in enumerate(track.stretches):
        chosen, boxed = _at(one, n, stretch), look.boxed or n in on_text or everywhere and n not in hidden
        name = f"p{chosen}{mark}" + ("b" if boxed and not look.boxed else "")
        file.styles[name] = _drawn(one.look, shape, spots[chosen], mixed, boxed)
        _append(file, one.told[n], look, track.language, name)
    if shape in SEAM:
        file.styles["seam"] = _drawn(one.look, shape, SEAM[shape], mixed, look.boxed)
    for shown in one.whole if shape in SEAM else ():
        _append(file, [event for event in shown if _within(event, seams)], look, track.language, "seam")
    if not any(event.style == "seam" for event in file):
        file.styles.pop("seam", None)
    file.sort()
    return file.to_string("ass")


class Tried(NamedTuple):
    """A track in one size: its events by stretch, those that no seam takes, and what these cover at each place."""

    look: Look
    whole: list[list[Event]]
    told: list[list[Event]]
    costs: list[list[float]]
    home: int
    """One place for the whole promo where it serves: text that jumps at every join is hard to follow."""


def _tried(
    track: Track, look: Look, shape: Shape, avoid: Sequence[Area], spots: Sequence[Place], seams: Sequence[Span]
) -> Tried:
    whole = [_events(track, stretch, look, shape) for stretch in track.stretches]
    told = [[event for event in shown if not _within(event, seams)] for shown in whole]
    pairs = zip(told, track.stretches, strict=True)
    costs = [_costs(shown, stretch, look, shape, avoid, spots) for shown, stretch in pairs]
    home = _best([sum(each) for each in zip(*costs, strict=True)]) if costs else 0
    return Tried(look, whole, told, costs, home)


def _at(tried: Tried, n: int, stretch: Span) -> int:
    """The place of a stretch: that of the whole promo, unless it covers there more than it touches and far more than elsewhere."""
    cost = tried.costs[n]
    serves = cost[tried.home] <= max(min(cost) + TOUCHED * stretch.length, NEARLY * min(cost))
    return tried.home if serves else _best(cost)


def _frees(large: Tried, small: Tried, n: int, stretch: Span) -> bool:
    """Whether a stretch covers at most half as much in the smaller size, where it covers anything to speak of."""
    covered = large.costs[n][_at(large, n, stretch)]
    return covered > TOUCHED * stretch.length and min(small.costs[n]) <= covered / 2


def _append(file: pysubs2.SSAFile, shown: Sequence[Event], look: Look, language: str, style: str) -> None:
    for event in shown:
        text = _marked(event, look, language)
        file.append(pysubs2.SSAEvent(start=_centi(event.start), end=_centi(event.end), text=text, style=style))


def _within(event: Span, seams: Sequence[Span]) -> bool:
    """Whether most of an event is while a presenter stands above a slide."""
    return any(each.start <= (event.start + event.end) / 2 < each.end for each in seams)


def blank(shape: Shape) -> pysubs2.SSAFile:
    """A file without styles for a frame of ``shape``."""
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
    return file


def _drawn(look: Look, shape: Shape, place: Place, mixed: bool, boxed: bool = False) -> pysubs2.SSAStyle:
    """A look at a place, as ASS says it; ``boxed`` stands on a dark ground, for a picture that is all text."""
    # Each marked part has a ground of its own, and where two that can be seen through meet there is a stripe.
    # With an encoding of -1 libass takes a line's direction from its first letter, and lays it out whole whatever is marked.
    encoding = -1 if mixed else 1
    return pysubs2.SSAStyle(
        borderstyle=3 if boxed else 1,
        fontname=look.family,
        fontsize=_size(look, shape),
        bold=look.weight,
        primarycolor=pysubs2.Color(*rgb(look.colour)),
        outlinecolor=pysubs2.Color(*rgb(look.edge), 40 if boxed and not look.parted else 0),
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
    """What ``ass`` would show without a brand, in order."""
    drawn = LOOKS.get(style)
    return tuple(e for stretch in track.stretches for e in _events(track, stretch, drawn, shape)) if drawn else ()


def _events(track: Track, stretch: Span, look: Look, shape: Shape) -> list[Event]:
    joint, size = joint_of(track.language), _size(look, shape)
    limit = SIZES[shape][0] - 2 * PLACES[shape][0].side

    def width(text: str) -> float:
        return measure(text, look, size)

    drawn = ((word, fonts.drawable(word.text, look.file)) for word in within(track.words, stretch))
    words = [word.model_copy(update={"text": text}) if text != word.text else word for word, text in drawn if text]
    told = [
        (group, leftward(run, track.language))
        for run in runs(words)
        for group in _shown(run, look, joint, width, limit)
    ]
    groups, made = [group for group, _ in told], list[Event]()
    for index, (group, left) in enumerate(told):
        stop = min(groups[index + 1][0].start if index + 1 < len(groups) else stretch.end, stretch.end)
        end = min(max(group[-1].end + LINGER, group[0].start + 0.3), stop)
        lines = wrap([word.text for word in group], joint, width, limit)
        if not look.marked:
            made += _event(group[0].start, end, lines, None, left)
            continue
        spots = _spots(group, lines)
        starts = [word.start for word in group]
        for at, (begin, until) in enumerate(pairwise([*starts, end])):
            made += _event(begin, until, lines, spots[at] if spots else None, left)
    return made


def _event(
    start: float, end: float, lines: Sequence[str], spoken: tuple[int, int, int] | None, leftward: bool
) -> list[Event]:
    """One event, or none where it would not last a hundredth of a second."""
    lasts = _centi(end) > _centi(start)
    return [Event(start=start, end=end, lines=tuple(lines), spoken=spoken, leftward=leftward)] if lasts else []


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
        return uneven + alone - (0.35 if pauses(run[at - 1].text) else 0.0) - min(gap, 0.4)

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
    told = [_keyed(line, look, language) for line in event.lines]
    if event.spoken is not None:
        line, at, stop = event.spoken
        text = event.lines[line]
        before, word, after = (set_in(part, language, look.file) for part in (text[:at], text[at:stop], text[stop:]))
        pale = f"{{\\1a{TO_COME}}}" if look.waits else ""
        told[line] = f"{before}{{\\c{bgr(look.keyword)}}}{word}{{\\c}}{pale}{after}"
    laid = (directed(line, event.leftward) + text for line, text in zip(event.lines, told, strict=True))
    return f"{{\\blur{look.blur:g}}}" + r"\N".join(laid)


def _keyed(line: str, look: Look, language: str) -> str:
    """A line with its keywords in their colour."""
    if look.marked or not look.keywords:
        return set_in(line, language, look.file)
    parts = [(word, bare(word) in look.keywords) for word in line.split(" ")]
    tinted = f"{{\\c{bgr(look.keyword)}}}"
    return " ".join(
        f"{tinted}{set_in(word, language, look.file)}{{\\c}}" if key else set_in(word, language, look.file)
        for word, key in parts
    )


def set_in(text: str, language: str, file: str = "") -> str:
    """``text`` with the fonts of the letters that the one at ``file``, or Manrope, lacks."""
    runs = fonts.runs(text, language, file)
    return "".join(f"{{\\fn{face.name}}}{part}{{\\fn}}" if face else part for face, part in runs)


def box(lines: Sequence[str], look: Look, shape: Shape, place: Place) -> Box:
    """The part of the frame that text at ``place`` takes."""
    width, height = SIZES[shape]
    size = _size(look, shape)
    wide = max(measure(line, look, size) for line in lines)
    high = size * len(lines) + 2 * look.outline
    top = place.vertical - look.outline if place.alignment == 8 else height - place.vertical - high + look.outline
    return (width - wide) / 2 / width, top / height, wide / width, high / height


def _costs(
    shown: Sequence[Event],
    stretch: Span,
    look: Look,
    shape: Shape,
    avoid: Sequence[Area],
    spots: Sequence[Place],
) -> list[float]:
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

    return [round(covered(place), 6) for place in spots]


def _best(costs: Sequence[float]) -> int:
    """The first place that covers about the least."""
    return next(number for number, cost in enumerate(costs) if cost <= NEARLY * min(costs))


def _overlap(one: Box, two: Box) -> float:
    wide = min(one[0] + one[2], two[0] + two[2]) - max(one[0], two[0])
    high = min(one[1] + one[3], two[1] + two[3]) - max(one[1], two[1])
    return max(0.0, wide) * max(0.0, high)
