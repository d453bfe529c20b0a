"""The fonts of captions and covers: Manrope, and Noto Sans for the letters that it lacks.

Noto comes as variable fonts, of which libass draws the default weight and no other: hairlines in Chinese.  So the
letters that a promo needs are cut out as a small font of one weight, which bears a name of its own.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from tools.files.packaged import Part, locate
from tools.files.whole import whole
from tools.troubles import NotReady

EM = 0.7321
"""Em of Manrope over ASS's font size, which libass takes as ascent plus descent."""
ASCENT = 2132 / 2732
"""Share of ASS's font size that lies above the baseline."""
WEIGHT = 700
"""Of Noto's letters: bold, the heaviest that all of its scripts have."""


class Face(NamedTuple):
    """One font of a package, and the name that its cut bears in ASS."""

    name: str
    part: Part
    number: int = 0
    """Its place in a collection."""
    scale: float = 1.0
    """Of its letters, so that they look as large as Manrope's."""


MANROPE = Part("font-manrope", "font_manrope/files/Manrope-Bold.ttf")
CJK = Part("manimgx-fonts-cjk", "manimgx_fonts_cjk/NotoSansCJK-VF.otf.ttc")
FOLDER = "fonts"
"""In a run folder."""
BRAND = "Hookline Brand"
"""The family of a brand's own font, once it is ``adapted``.  Its file's whole path stands where else a file of Manrope does."""


def _script(name: str, scale: float = 1.0) -> Face:
    return Face(
        f"Hookline {name or 'Sans'}",
        Part("manimgx-fonts", f"manimgx_fonts/Noto{'' if name == 'Emoji' else 'Sans'}{name}[wght].ttf"),
        scale=scale,
    )


SCRIPTS = (
    *(_script(name, 1.12) for name in ("Arabic", "Hebrew")),
    *map(
        _script,
        ["Devanagari", "Bengali", "Gujarati", "Gurmukhi", "Kannada", "Malayalam", "Oriya", "Sinhala", "Tamil", "Telugu"]
        + ["Thai", "Lao", "Khmer", "Myanmar", "Armenian", "Georgian", "Ethiopic"],
    ),
)
EAST = {
    name: Face(f"Hookline CJK {name}", CJK, number, 0.92) for number, name in enumerate(("JP", "KR", "SC", "TC", "HK"))
}
"""Han letters are written a little differently in each of these."""
REST = (_script(""), _script("Symbols"), _script("Emoji"))

_EAST = {"ja": "JP", "ko": "KR", "zh-tw": "TC", "zh-hant": "TC", "zh-hk": "HK", "yue": "HK"}


def manrope() -> Path:
    """The folder of Manrope.  Raises ``NotReady`` where the package that carries it is gone."""
    return _locate(MANROPE).parent


def copy_manrope(into: Path) -> None:
    """Lay Manrope's weights into the folder ``into``.  Raises ``NotReady`` where they are gone."""
    into.mkdir(exist_ok=True)
    for weight in ("Regular", "SemiBold", "Bold", "ExtraBold"):
        path = into / f"Manrope-{weight}.ttf"
        if not path.exists():
            with whole(path) as part:
                shutil.copyfile(manrope() / path.name, part)


def _locate(part: Part) -> Path:
    return locate(part, f"a font of captions is missing: `pip install {part.package}`, or ask for captions none")


@lru_cache(maxsize=64)
def _there(part: Part) -> bool:
    try:
        return bool(_locate(part))
    except NotReady:
        return False


@lru_cache(maxsize=64)
def _letters(part: Part, number: int = 0) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_locate(part), fontNumber=number, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=16)
def _letters_of(path: str) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _own(char: str, file: str = "") -> bool:
    """Whether Manrope has a letter (Latin, Cyrillic, Greek and Vietnamese), or the brand's font at the path ``file``."""
    return ord(char) in (_letters_of(file) if Path(file).is_absolute() else _letters(MANROPE))


def _has(face: Face, char: str) -> bool:
    return ord(char) in _letters(face.part, face.number)


def leftward(text: str) -> bool:
    """Whether any letter of ``text`` runs from right to left."""
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def draws(face: Face, text: str) -> bool:
    """Whether one font has every letter of ``text``."""
    return all(_has(face, char) for char in text)


@lru_cache(maxsize=4096)
def face(char: str, language: str = "") -> Face | None:
    """The font of Noto that draws ``char``; None where none does.

    Raises ``NotReady`` for a letter that none of the installed fonts has, where one is not installed.
    """
    low = language.lower()
    east = EAST[_EAST.get(low) or _EAST.get(low.split("-")[0]) or "SC"]
    # Signs are in many fonts, and that of Chinese is slow to open.
    letter = unicodedata.category(char)[0] == "L"
    order = (*SCRIPTS, east, *REST) if letter else (*REST, *SCRIPTS, east)
    found = next((each for each in order if _there(each.part) and _has(each, char)), None)
    if letter and found is None:
        for each in order:
            _locate(each.part)
    return found


def missing(letters: str, language: str = "") -> str:
    """The package that would have some of ``letters``, where no installed font has them; empty where they can be drawn."""
    try:
        drawn = all(_own(char) or face(char, language) for char in letters)
    except NotReady:
        drawn = False
    packages = [each.part.package for each in (*SCRIPTS[:1], EAST["SC"]) if not _there(each.part)]
    return "" if drawn else " ".join(packages) or CJK.package


def runs(text: str, language: str = "", file: str = "") -> list[tuple[Face | None, str]]:
    """``text`` parted where its font changes; None stands for ``file``, Manrope or a brand's.  Letters that no font has are left out.

    Spaces, marks and punctuation stay with the letters before them.
    """
    found: list[tuple[Face | None, str]] = []
    for char in text:
        before = found[-1][0] if found else None
        if before is not None and unicodedata.category(char)[0] not in "LN" and _has(before, char):
            here: Face | None = before
        elif _own(char, file):
            here = None
        elif (here := face(char, language)) is None:
            continue
        if found and found[-1][0] == here:
            found[-1] = here, found[-1][1] + char
        else:
            found.append((here, char))
    return found


def drawable(text: str, file: str = "") -> str:
    """``text`` without the letters that no font has."""
    return text if all(_own(char, file) for char in text) else "".join(part for _, part in runs(text, file=file))


def width(text: str, file: str, em: float, language: str = "") -> float:
    """Width of ``text`` in pixels; ``file`` is the font that is used, ``em`` its em in pixels."""
    return sum(float(pillow(face, file, 100).getlength(part)) * em / 100 for face, part in runs(text, language, file))


@lru_cache(maxsize=64)
def pillow(face: Face | None, file: str, size: int) -> Any:
    """A font to measure and to letter with."""
    from PIL import ImageFont

    if face is None:
        return ImageFont.truetype(str(manrope() / file), size)
    font = ImageFont.truetype(str(_locate(face.part)), round(size * face.scale), index=face.number)
    font.set_variation_by_axes([WEIGHT])
    return font


def lay(folder: Path, texts: Iterable[str], language: str = "", file: str = "") -> list[str]:
    """Write into ``folder`` the fonts that ``texts`` need besides ``file``; their names."""
    said = " ".join(texts)
    used = {face for face, _ in runs(said, language, file) if face is not None}
    if used:
        folder.mkdir(exist_ok=True)
    for each in used:
        (folder / f"{each.name.replace(' ', '')}.ttf").write_bytes(cut(each, set(said)))
    return sorted(each.name for each in used)


def cut(face: Face, letters: Iterable[str]) -> bytes:
    """A font of ``WEIGHT`` that holds no more than ``letters``, as high in ASS as Manrope."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    options = subset.Options(layout_features=["*"], notdef_outline=True)
    with TTFont(_locate(face.part), fontNumber=face.number, lazy=True, recalcTimestamp=False) as whole:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="".join(sorted(letters)))
        subsetter.subset(whole)
        part = BytesIO()
        whole.save(part)
    font: Any = instancer.instantiateVariableFont(TTFont(part, recalcTimestamp=False), {"wght": WEIGHT}, inplace=True)
    return _levelled(font, face.name, face.scale)


def adapted(data: bytes) -> bytes:
    """A brand's font as captions take it: named ``BRAND``, of one weight, as high in ASS as Manrope, so that all is measured alike."""
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font: Any = TTFont(BytesIO(data), recalcTimestamp=False)
    if "fvar" in font:
        axes = {axis.axisTag: axis for axis in font["fvar"].axes}
        at = {
            tag: min(max(WEIGHT, a.minValue), a.maxValue) if tag == "wght" else a.defaultValue
            for tag, a in axes.items()
        }
        font = instancer.instantiateVariableFont(font, at, inplace=True)
    return _levelled(font, BRAND, 1.0)


def noto_sans() -> bytes:
    """The packaged Noto Sans, of all weights."""
    return _locate(REST[0].part).read_bytes()


def _levelled(font: Any, name: str, scale: float) -> bytes:
    """The bytes of a font that bears ``name`` and whose lines are as high as Manrope's."""
    _name(font, name)
    high = font["head"].unitsPerEm / EM / scale
    above, below = round(high * ASCENT), round(high * (1 - ASCENT))
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = above, -below, 0
    font["OS/2"].usWinAscent, font["OS/2"].usWinDescent = above, below
    font["OS/2"].usWeightClass = 400  # the only weight of its family, so that libass makes it no bolder
    made = BytesIO()
    font.save(made)
    return made.getvalue()


def _name(font: Any, name: str) -> None:
    font["name"].names = [record for record in font["name"].names if record.nameID in (0, 13, 14)]
    for number, text in ((1, name), (2, "Regular"), (4, name), (6, name.replace(" ", ""))):
        font["name"].setName(text, number, 3, 1, 0x409)
