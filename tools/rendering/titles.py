"""What a brand writes on the picture: the hook as a title, a name and a role, the words of its end card.

All of it is ASS, drawn by the filter that draws the captions, so that it costs nothing of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import pysubs2

from tools.brand.kit import Brand
from tools.rendering import fonts
from tools.rendering.branding import WORDS
from tools.rendering.burned import Area, blank, set_in
from tools.rendering.looks import bgr
from tools.rendering.placing import SAFE, in_shares
from tools.schema import SIZES, Box, Shape, Span
from tools.words.cues import directed, joint_of, plain, wrap

PAD, BAR, ROUND = 0.36, 0.12, 0.22
"""Of the letters' size: room around words on their ground, width of the bar beside them, and radius of its corners."""
COVERED = 30.0
"""How bad it is for captions to lie on words of the brand's; a face is 4."""
FADE = 180
"""Milliseconds in which a title comes and goes."""
SIDE: dict[Shape, int] = {"16x9": 96, "9x16": 90, "1x1": 64}
TITLE: dict[Shape, tuple[int, int, int]] = {"16x9": (92, 54, 1100), "9x16": (100, 58, 690), "1x1": (88, 52, 800)}
"""Largest and smallest letters of a title, and its widest line, in pixels."""
THIRD: dict[Shape, tuple[int, int]] = {"16x9": (58, 770), "9x16": (64, 1440), "1x1": (56, 800)}
"""Letters of a name, and where its lower edge is: captions stand below it, on a phone above."""
CARD = 92
"""Letters of an end card's words."""
LOGO_GAP, FEWEST = 24, 7
"""Pixels between a title and the logo, and letters of the smallest size for which there is room beside it at least."""
LOWER = (0.24, 0.42, 0.55)
"""Tops, of the height, at which a title stands where the top hides too much."""
CAPTIONS: dict[Shape, Box] = {
    "16x9": (0.125, 0.73, 0.75, 0.19),
    "9x16": (0.17, 0.52, 0.66, 0.13),
    "1x1": (0.09, 0.72, 0.82, 0.19),
}
"""Where two lines of captions stand if nothing is in the way."""


class Line(NamedTuple):
    text: str
    size: int
    colour: str


class Panel(NamedTuple):
    """Lines on a ground of their own, at a place in pixels."""

    lines: tuple[Line, ...]
    left: float
    top: float
    width: float
    height: float
    leftward: bool

    def share(self, shape: Shape) -> Box:
        return in_shares(self.left, self.top, self.width, self.height, shape)


class Spot(NamedTuple):
    """Side (l, m, r), top and widest line, in pixels, that a title may have."""

    side: str
    top: float
    room: float


class Lettered(NamedTuple):
    """The brand's words of a shape, and the parts of the picture that captions leave to them."""

    events: tuple[pysubs2.SSAEvent, ...] = ()
    areas: tuple[Area, ...] = ()


class Letters(NamedTuple):
    """With what is written: the brand, its adapted font's path, the language."""

    brand: Brand
    font: str = ""
    language: str = "en"

    @property
    def file(self) -> str:
        return self.font or "Manrope-ExtraBold.ttf"

    @property
    def family(self) -> str:
        return fonts.BRAND if self.font else "Manrope ExtraBold"

    def width(self, text: str, size: float) -> float:
        return fonts.width(text, self.file, size * fonts.EM, self.language)


def title(
    told: Letters, words: str, shape: Shape, spans: Sequence[Span], avoid: Sequence[Area], logo: Box | None
) -> Lettered:
    """The hook over the first seconds, where it hides least; ``spans`` are what of them lies in each clip, ``logo`` the logo's place."""
    words = fonts.drawable(plain(words), told.file)
    if not words or not spans:
        return Lettered()
    kept = [
        *avoid,
        Area(0, spans[-1].end, CAPTIONS[shape], 4.0),
        *([Area(0, spans[-1].end, logo, 40.0)] if logo else []),
    ]
    found = [_panel(told, _wrapped(told, words, shape, spot.room), shape, spot) for spot in _spots(shape, logo)]
    best = min(found, key=lambda panel: round(_hidden(panel.share(shape), spans, kept), 3))
    return _shown(told, best, shape, spans)


def standing(told: Letters, words: str, place: tuple[int, int, int, int], side: str, spans: Sequence[Span]) -> Lettered:
    """A title that stands all the time within left, top, width and height, without a ground of its own: over sound alone."""
    words = fonts.drawable(plain(words), told.file)
    left, top, wide, tall = place
    sizes = range(STANDING[0], STANDING[1] - 1, -4)
    fits = ((size, lines) for size in sizes if (lines := _held(told, words, size, wide, tall)))
    size, lines = next(fits, (0, [])) if words and spans else (0, [])
    x = {"l": left, "m": left + wide / 2, "r": left + wide}[side]
    anchor, events = {"l": 7, "m": 8, "r": 9}[side], []
    first = top + (tall - LINES * size * len(lines)) / 2
    for span in spans if lines else ():
        for number, line in enumerate(lines):
            way = rf"{{\an{anchor}\pos({x:.0f},{first + LINES * size * number:.0f})\fs{size}\c{bgr(told.brand.colours.text)}}}"
            events.append(_event(span, way + _directed(told, line), 1))
    return Lettered(tuple(events))


STANDING = (84, 40)
"""Largest and smallest letters of a title over sound alone."""
LINES = 1.08
"""From one line of it to the next, of the letters' size."""


def _held(told: Letters, words: str, size: int, wide: float, tall: float) -> list[str]:
    """The lines of ``words`` at a size; none where they do not fit, or a word would be broken."""
    parts, joint = _parts(told, words)
    if joint and any(told.width(part, size) > wide for part in parts):
        return []
    lines = wrap(parts, joint, partial(_width, told, size), wide)
    fits = max(told.width(line, size) for line in lines) <= wide and LINES * size * len(lines) <= tall
    return lines if fits and len(lines) <= 4 else []


def third(told: Letters, shape: Shape, spans: Sequence[Span], logo: Box | None = None) -> Lettered:
    """The name and role that were given, at the lower left, or right where they are written from the right; above the logo where that is there."""
    name, role = (
        fonts.drawable(plain(text), told.file) for text in (told.brand.lower_third.name, told.brand.lower_third.role)
    )
    size, bottom = THIRD[shape]
    colours = told.brand.colours
    lines = tuple(
        Line(text, points, colour)
        for text, points, colour in ((name, size, colours.text), (role, round(0.74 * size), colours.keyword))
        if text
    )
    if not lines or not spans:
        return Lettered()
    panel = _panel(told, lines, shape, Spot("l", 0.0, 0.0))
    left = SAFE[shape][2] - panel.width if panel.leftward else panel.left
    panel = panel._replace(top=bottom - panel.height, left=left)
    if logo and _hidden(panel.share(shape), spans, [Area(0, spans[-1].end, logo)]):
        panel = panel._replace(top=logo[1] * SIZES[shape][1] - LOGO_GAP - panel.height)
    return _shown(told, panel, shape, spans)


def card(told: Letters, shape: Shape, span: Span, below: float) -> Lettered:
    """The end card's words from ``below`` on, in pixels from the top, in the middle."""
    width, _ = SIZES[shape]
    left, _, right, _ = SAFE[shape]
    room = 2 * min(width / 2 - left, right - width / 2)
    brand, events, top = told.brand, list[pysubs2.SSAEvent](), below
    for text, most, colour in (
        (brand.end_card.words, CARD, brand.colours.text),
        (brand.end_card.address, round(0.6 * CARD), brand.colours.keyword),
    ):
        said = fonts.drawable(plain(text), told.file)
        size, lines = _fitted(told, said, most, round(0.45 * most), room, 3)
        for line in lines:
            way = rf"{{\an8\pos({width / 2:.0f},{top:.0f})\fs{size}\c{bgr(colour)}\fad({FADE},0)}}"
            events.append(_event(span, way + _directed(told, line), 1))
            top += size
        top += 0.45 * size
    return Lettered(tuple(events))


def file(shape: Shape, told: Letters, parts: Sequence[Lettered]) -> str:
    """ASS of nothing but the brand's words."""
    made = blank(shape)
    return with_words(made.to_string("ass"), told, parts)


def with_words(captions: str, told: Letters, parts: Sequence[Lettered]) -> str:
    """ASS of captions with the brand's words over them."""
    made = pysubs2.SSAFile.from_string(captions)
    made.styles[WORDS] = pysubs2.SSAStyle(
        fontname=told.family,
        fontsize=50,
        bold=False,
        outline=0,
        shadow=0,
        borderstyle=1,
        encoding=-1,
        marginl=0,
        marginr=0,
        marginv=0,
    )
    for part in parts:
        for event in part.events:
            made.append(event)
    return made.to_string("ass")


def split(start: float, end: float, stretches: Sequence[Span]) -> list[Span]:
    """What of a time lies in each clip: no title crosses a join, so that a clip can be taken out and used again."""
    found = [(max(start, each.start), min(end, each.end)) for each in stretches]
    return [Span(start=low, end=high) for low, high in found if high - low > 0.05]


def _wrapped(told: Letters, words: str, shape: Shape, room: float) -> tuple[Line, ...]:
    most, least, _ = TITLE[shape]
    size, lines = _fitted(told, words, most, least, room, 3)
    return tuple(Line(line, size, told.brand.colours.text) for line in lines)


def _fitted(told: Letters, words: str, most: int, least: int, room: float, count: int) -> tuple[int, list[str]]:
    """Size and lines: as large as ``count`` lines hold, never smaller than ``least``."""
    if not words:
        return most, []
    parts, joint = _parts(told, words)
    for size in range(most, least - 1, -4):
        lines = wrap(parts, joint, partial(_width, told, size), room)
        if len(lines) <= count and max(told.width(line, size) for line in lines) <= room:
            return size, lines
    return least, wrap(parts, joint, partial(_width, told, least), room)


def _parts(told: Letters, words: str) -> tuple[list[str], str]:
    """What may part over lines, and what joins it."""
    joint = "" if joint_of(told.language) == "" or _unspaced(words) else " "
    return words.split(" ") if joint else [words], joint


def _width(told: Letters, size: int, text: str) -> float:
    return told.width(text, size)


def _unspaced(words: str) -> bool:
    """Whether a text is of a script that writes no spaces, whatever language is spoken."""
    return " " not in words and any(unicodedata.east_asian_width(char) in "WF" for char in words)


def _spots(shape: Shape, logo: Box | None) -> list[Spot]:
    """Where a title may stand, best first: at the top, beside or below the logo, then lower."""
    (wide, tall), (left, top, right, _) = SIZES[shape], SAFE[shape]
    (most, least, room), found = TITLE[shape], list[Spot]()
    sides = ("l", "r") if shape == "16x9" else ("m",)
    at_top = float(top)
    if logo and logo[1] < 0.5:
        side = "l" if logo[0] > 0.4 else "r"
        free = logo[0] * wide - left if side == "l" else right - (logo[0] + logo[2]) * wide
        free -= LOGO_GAP + (2 * PAD + 2 * BAR) * most
        found += [Spot(side, at_top, min(room, free))] if free >= FEWEST * fonts.EM * least else []
        at_top = (logo[1] + logo[3]) * tall + LOGO_GAP
    return found + [Spot(side, at, room) for at in (at_top, *(share * tall for share in LOWER)) for side in sides]


def _panel(told: Letters, lines: Sequence[Line], shape: Shape, spot: Spot) -> Panel:
    size = max(line.size for line in lines)
    wide = max(told.width(line.text, line.size) for line in lines) + (2 * PAD + 2 * BAR) * size
    high = sum(line.size for line in lines) + 1.1 * PAD * size
    left, _, right, _ = SAFE[shape]
    middle = max(left, min((SIZES[shape][0] - wide) / 2, right - wide))
    x = {"l": float(SIDE[shape]), "r": right - wide, "m": middle}[spot.side]
    return Panel(tuple(lines), x, spot.top, wide, high, fonts.leftward(lines[0].text))


def _shown(told: Letters, panel: Panel, shape: Shape, spans: Sequence[Span]) -> Lettered:
    """The events of a panel: its ground, the bar, the words; it fades where it comes and goes, and not at a join."""
    events = []
    for span in spans:
        come, go = (FADE if span == each else 0 for each in (spans[0], spans[-1]))
        events += list(_drawn(told, panel, span, rf"\fad({come},{go})"))
    areas = tuple(Area(span.start, span.end, panel.share(shape), COVERED, ground=False) for span in spans)
    return Lettered(tuple(events), areas)


def _drawn(told: Letters, panel: Panel, span: Span, fade: str) -> Iterator[pysubs2.SSAEvent]:
    size, colours = max(line.size for line in panel.lines), told.brand.colours
    bar = BAR * size
    yield _event(
        span, _rectangle(panel.left, panel.top, panel.width, panel.height, ROUND * size, colours.ground, fade), 1
    )
    edge = panel.left + panel.width - 2 * bar if panel.leftward else panel.left + bar
    inset = 0.5 * PAD * size
    yield _event(
        span, _rectangle(edge, panel.top + inset, bar, panel.height - 2 * inset, bar / 2, colours.keyword, fade), 2
    )
    top = panel.top + 0.55 * PAD * size
    anchor, x = (
        (9, panel.left + panel.width - (PAD + 2 * BAR) * size)
        if panel.leftward
        else (7, panel.left + (PAD + 2 * BAR) * size)
    )
    for line in panel.lines:
        way = rf"{{\an{anchor}\pos({x:.0f},{top:.0f})\fs{line.size}\c{bgr(line.colour)}{fade}}}"
        yield _event(span, way + _directed(told, line.text), 3)
        top += line.size


def _directed(told: Letters, line: str) -> str:
    return directed(line, fonts.leftward(line)) + set_in(line, told.language, told.file)


def _event(span: Span, text: str, layer: int) -> pysubs2.SSAEvent:
    start, end = (round(100 * moment) * 10 for moment in (span.start, span.end))
    return pysubs2.SSAEvent(start=start, end=end, text=text, style=WORDS, layer=layer)


def _rectangle(left: float, top: float, width: float, height: float, radius: float, colour: str, fade: str) -> str:
    """A drawing of ASS: a rectangle with round corners."""
    w, h, r = (round(value) for value in (width, height, min(radius, width / 2, height / 2)))
    k = round(0.45 * r)
    path = (
        f"m {r} 0 l {w - r} 0 b {w - k} 0 {w} {k} {w} {r} l {w} {h - r} b {w} {h - k} {w - k} {h} {w - r} {h} "
        f"l {r} {h} b {k} {h} 0 {h - k} 0 {h - r} l 0 {r} b 0 {k} {k} 0 {r} 0"
    )
    return rf"{{\an7\pos({left:.0f},{top:.0f})\c{bgr(colour)}\bord0\shad0{fade}\p1}}{path}{{\p0}}"


def _hidden(box: Box, spans: Sequence[Span], avoid: Sequence[Area]) -> float:
    """How much of what is to be kept clear a panel lies on, over its time."""
    begin, end = spans[0].start, spans[-1].end
    total = 0.0
    for area in avoid:
        wide = min(box[0] + box[2], area.box[0] + area.box[2]) - max(box[0], area.box[0])
        high = min(box[1] + box[3], area.box[1] + area.box[3]) - max(box[1], area.box[1])
        time = min(end, area.end) - max(begin, area.start)
        total += max(0.0, wide) * max(0.0, high) * max(0.0, time) * area.weight
    return total
