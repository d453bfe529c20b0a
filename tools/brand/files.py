"""The files of a kit, checked before anything is made of them: a logo and a font, which come from outside."""

from __future__ import annotations

import re
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

from tools.brand.kit import Brand
from tools.text import clean
from tools.troubles import Refusal

LOGO_BYTES, FONT_BYTES, MUSIC_BYTES = 10_000_000, 30_000_000, 100_000_000
LOGO_SIDES = 64, 4096
"""Pixels of a logo's longer side: fewer are a smear on a picture of 1080, more are only slow."""
LOGOS = ("PNG", "JPEG", "WEBP")
_FONTS = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_SCRIPT = re.compile(rb"<script|\bon\w+\s*=|javascript:|<foreignObject|<!ENTITY", re.IGNORECASE)
TELLS = 48
"""Levels, of 255, by which some of a logo differs from the brand's ground at least."""
TOLD = 8
"""Letters that are named where a font lacks more."""


def logo(brand: Brand, folder: Path) -> bytes:
    """The logo as PNG with transparency; empty where the brand has none.  Raises ``Refusal``."""
    if not brand.logo.file:
        return b""
    name, data = clean(brand.logo.file, 80), _bytes(brand.logo.file, folder, "logo.file", LOGO_BYTES)
    if re.match(rb"\s*(?:<\?xml|<!DOCTYPE|<!--|<svg)", data[:400]):
        held = "holds a script, which nothing here runs" if _SCRIPT.search(data) else "is SVG, which is not drawn here"
        raise Refusal("brand", f"logo.file {name} {held}; export it as PNG with transparency, 512 to 2000 pixels wide.")
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(data), formats=LOGOS)
        _sized(name, picture.size)
        image = picture.convert("RGBA")
    except UnidentifiedImageError as error:
        raise Refusal("brand", f"logo.file {name} is no PNG, JPEG or WebP; export it as PNG.") from error
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise Refusal("brand", f"logo.file {name} can't be decoded; export it as PNG again.") from error
    return _png(name, image, brand.colours.ground)


def _sized(name: str, size: tuple[int, int]) -> None:
    least, most = LOGO_SIDES
    if max(size) > most or max(size) < least or min(size) < 8:
        raise Refusal(
            "brand",
            f"logo.file {name} is {size[0]} x {size[1]} pixels; {least} to {most} on the longer side are right, so export it {'smaller' if max(size) > most else 'larger'}.",
        )


def _png(name: str, image: Any, ground: str) -> bytes:
    """What can be seen of it, as PNG: without what its file says beside the picture, and without empty edges."""
    from PIL import Image, ImageChops, ImageStat

    seen = image.getchannel("A").getbbox()
    if seen is None:
        raise Refusal(
            "brand", f"logo.file {name} is transparent throughout, so there is nothing to be seen; export it again."
        )
    image = image.crop(seen)
    plate = Image.new("RGB", image.size, ground)
    apart = ImageChops.difference(Image.composite(image.convert("RGB"), plate, image.getchannel("A")), plate)
    if max(ImageStat.Stat(apart).extrema, key=lambda each: each[1])[1] < TELLS or sum(ImageStat.Stat(apart).mean) < 1:
        raise Refusal(
            "brand",
            f"logo.file {name} can't be seen on colours.ground {ground}, where the end card shows it; give the logo for such a ground, or another ground.",
        )
    made = BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def font(brand: Brand, folder: Path) -> bytes:
    """The font's file; empty where the brand takes a packaged one.  Raises ``Refusal``."""
    if not brand.font.file:
        return b""
    name, data = clean(brand.font.file, 80), _bytes(brand.font.file, folder, "font.file", FONT_BYTES)
    if data[:4] not in _FONTS:
        raise Refusal("brand", f"font.file {name} is no TrueType or OpenType font; give the .ttf or .otf of it.")
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(BytesIO(data), lazy=True) as opened:
            there = frozenset(opened.getBestCmap() or {})
            outlines = "glyf" in opened or "CFF " in opened or "CFF2" in opened
    except (TTLibError, OSError, KeyError, ValueError, AssertionError) as error:
        raise Refusal("brand", f"font.file {name} is damaged; export it again.") from error
    if not outlines:
        raise Refusal("brand", f"font.file {name} has no outlines to draw; give one that has, as .ttf or .otf.")
    _letters(name, there, brand)
    return data


def music(brand: Brand, folder: Path) -> Path | None:
    """The file of the brand's music; None where it has none.  Raises ``Refusal``; whether it can be played is heard when it is used."""
    if not brand.music.file:
        return None
    _bytes(brand.music.file, folder, "music.file", MUSIC_BYTES)
    return folder / brand.music.file


def _letters(name: str, there: frozenset[int], brand: Brand) -> None:
    said = "".join((*brand.lettered, *(each.rpartition("=")[2] for each in brand.words.glossary)))
    wanted = dict.fromkeys(char for char in said if not char.isspace())
    if lacks := [char for char in wanted if ord(char) not in there]:
        more = f" and {len(lacks) - TOLD} more" if len(lacks) > TOLD else ""
        raise Refusal(
            "brand",
            f"font.file {name} lacks letters that the brand's own words need: {' '.join(lacks[:TOLD])}{more}; give a font that has them, or none, and Noto draws them.",
        )


def _bytes(file: str, folder: Path, what: str, most: int) -> bytes:
    """A file beside the kit.  A name with a folder in it leads elsewhere and is refused."""
    name = clean(file, 80)
    if Path(file).name != file or file in (".", ".."):
        raise Refusal("brand", f"{what} {name} names a folder; lay the file beside brand.toml and give its name alone.")
    path = folder / file
    if not path.is_file():
        raise Refusal("brand", f"{what} {name} is not beside brand.toml; lay it there, or leave {what} out.")
    with path.open("rb") as opened:
        data = opened.read(most + 1)
    if len(data) > most:
        raise Refusal("brand", f"{what} {name} is over {most // 1_000_000} MB; give a smaller one.")
    return data
