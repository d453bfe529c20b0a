"""How each style of captions is drawn, and how a brand has it."""

from __future__ import annotations

from typing import NamedTuple

from tools.brand.colours import DARK, LIGHT, contrast, outline, rgb
from tools.brand.kit import Brand
from tools.rendering import fonts
from tools.schema import Style


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
    colour: str = LIGHT
    keyword: str = "#ffd53b"
    """Of the spoken word where it is marked, else of ``keywords`` and numbers: a warm yellow."""
    edge: str = DARK
    """Of the outline."""
    boxed: bool = False
    """Whether it stands on a ground of its own everywhere."""
    keywords: frozenset[str] = frozenset()
    """Words in the keyword's colour, as ``bare`` has them; none but the spoken one where this is empty."""

    @property
    def parted(self) -> bool:
        """Whether a line may be drawn in parts."""
        return self.marked or bool(self.keywords)


LOOKS: dict[Style, Look] = {
    "clean": Look("Manrope-Bold.ttf", "Manrope", True, 82, 0, 6.0, 2.0),
    "bold": Look("Manrope-ExtraBold.ttf", "Manrope ExtraBold", False, 112, 4, 7.0, 1.0, marked=True),
    "karaoke": Look("Manrope-ExtraBold.ttf", "Manrope ExtraBold", False, 104, 4, 6.5, 1.0, marked=True, waits=True),
}


PLAIN, THICKER = 7.0, 1.6
"""Contrast of letters with their outline (WCAG 2.2, 1.4.6, level AAA) under which the outline is raised, and how much thicker it is then:
without it red letters on white were measured at 2.7, where 3 is the least."""


def look(style: Style, brand: Brand | None = None, file: str = "") -> Look | None:
    """How ``style`` is drawn, as a brand has it; ``file`` is the path of its adapted font, empty for Manrope.  None without captions."""
    plain = LOOKS.get(style)
    if plain is None or brand is None:
        return plain
    told, (colour, keyword) = brand.captions, brand.caption_colours
    words = {"lines": plain.words, "few words": 3, "one word": 1}[told.show]
    edge = outline(colour, keyword)
    faint = min(contrast(colour, edge), contrast(keyword, edge)) < PLAIN
    named = (*told.keywords, *(each.rpartition("=")[2] for each in brand.words.glossary))
    return plain._replace(
        file=file or plain.file,
        family=fonts.BRAND if file else plain.family,
        weight=plain.weight and not file,
        size=round(plain.size * told.size),
        outline=plain.outline * told.size * (THICKER if faint else 1.0),
        words=words,
        marked=plain.marked and words != 1,
        colour=colour,
        keyword=keyword,
        edge=edge,
        boxed=told.ground == "box",
        keywords=(frozenset(bare(word) for each in named for word in each.split()) | {"0"}) - {""},
    )


def bare(text: str) -> str:
    """A word as keywords are compared: without case and marks; ``0`` for every number."""
    low = "".join(char for char in text.casefold() if char.isalnum())
    return "0" if any(char.isdigit() for char in low) else low


def bgr(colour: str) -> str:
    """``#rrggbb`` in ASS's order."""
    red, green, blue = rgb(colour)
    return f"&H{blue:02X}{green:02X}{red:02X}&"
