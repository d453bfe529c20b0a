"""A brand kit: every mistake is one sentence that says what to do, and a kept version is never lost."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image

from tools.brand import kit, shelf
from tools.brand.colours import DARK, LIGHT, READ, contrast, outline
from tools.rendering import fonts
from tools.troubles import Refusal

SOUND = """
name = "Ledgerleaf"
[logo]
file = "logo.png"
[colours]
text = "#fff"
keyword = "#ff9d5c"
ground = "#14233f"
[end_card]
words = "See your own numbers"
"""


def png(width: int = 400, height: int = 200, colour: tuple[int, ...] = (255, 255, 255, 255)) -> bytes:
    made = BytesIO()
    Image.new("RGBA", (width, height), colour).save(made, "PNG")
    return made.getvalue()


def laid(folder: Path, text: str = SOUND, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brand.toml").write_text(text, "utf-8")
    for name, data in {"logo_png": png(), **files}.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    return folder


def latin_only() -> bytes:
    font = TTFont(fonts.manrope() / "Manrope-Bold.ttf")
    cutter = subset.Subsetter()
    cutter.populate(text="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,")
    cutter.subset(font)
    made = BytesIO()
    font.save(made)
    return made.getvalue()


def test_a_sound_kit_is_read_with_its_files(tmp_path: Path) -> None:
    given = shelf.open_kit(str(laid(tmp_path)), tmp_path / "home")
    assert given.brand.colours.text == "#ffffff"
    assert given.brand.card == 2.5
    assert Image.open(BytesIO(given.logo)).size == (400, 200)


BAD = {
    "no toml": ("name = ", {}, "no TOML"),
    "no name": ("[logo]\nfile = ''", {}, "name"),
    "a name nobody knows": (SOUND + "[fonts]\nfile='x'", {}, "fonts is nothing that a brand has"),
    "no colour": (SOUND.replace("#14233f", "navy"), {}, "write it as #rrggbb"),
    "text nobody can read": (SOUND.replace('"#fff"', '"#20304a"'), {}, "can't be read on colours.ground #14233f"),
    "captions nobody can read on any ground": (
        SOUND + "[captions]\ncolour='#ffffff'\nkeyword='#101010'",
        {},
        "can't be read on any ground",
    ),
    "a card longer than the promo": (SOUND + "seconds = 5\n[usual]\nseconds = 8", {}, "leaves 3 s beside an end card of 5 s"),
    "a logo of 20000 pixels": (SOUND, {"logo_png": png(20000, 10)}, "20000 x 10 pixels"),
    "a tiny logo": (SOUND, {"logo_png": png(20, 10)}, "export it larger"),
    "an SVG with a script": (
        SOUND.replace("logo.png", "logo.svg"),
        {"logo_svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"},
        "holds a script",
    ),
    "an SVG": (SOUND.replace("logo.png", "logo.svg"), {"logo_svg": b"<?xml version='1.0'?><svg/>"}, "is SVG"),
    "a logo that is no picture": (SOUND, {"logo_png": b"hello"}, "no PNG, JPEG or WebP"),
    "half a logo": (SOUND, {"logo_png": png()[:90]}, "can't be decoded"),
    "a logo nobody sees on the ground": (SOUND, {"logo_png": png(colour=(20, 35, 63, 255))}, "can't be seen on colours.ground"),
    "an empty logo": (SOUND, {"logo_png": png(colour=(0, 0, 0, 0))}, "nothing to be seen"),
    "no logo there": (SOUND.replace("logo.png", "other.png"), {}, "is not beside brand.toml"),
    "a logo elsewhere": (SOUND.replace("logo.png", "../logo.png"), {}, "names a folder"),
    "a font that is none": (SOUND + "[font]\nfile='f.ttf'", {"f_ttf": b"no font"}, "no TrueType or OpenType"),
    "a damaged font": (SOUND + "[font]\nfile='f.ttf'", {"f_ttf": latin_only()[:300]}, "is damaged"),
    "a font that lacks letters": (
        SOUND + "[font]\nfile='f.ttf'\n[lower_third]\nname='Žofie Łuk'",
        {"f_ttf": latin_only()},
        "lacks letters that the brand's own words need: Ž Ł",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_one_sentence_that_says_what_to_do(tmp_path: Path, case: str) -> None:
    text, files, told = BAD[case]
    with pytest.raises(Refusal) as refused:
        shelf.open_kit(str(laid(tmp_path, text, **files)), tmp_path / "home")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_of_every_colour_one_of_the_two_outlines_is_told_apart() -> None:
    greys = [f"#{n:02x}{n:02x}{n:02x}" for n in range(256)]
    vivid = [f"#{r:02x}{g:02x}{b:02x}" for r in range(0, 256, 51) for g in range(0, 256, 51) for b in range(0, 256, 51)]
    worst = min(max(contrast(each, DARK), contrast(each, LIGHT)) for each in greys + vivid)
    assert worst >= 4.3
    assert outline("#ffffff", "#ffd53b") == DARK
    assert outline("#101010") == LIGHT
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < READ < contrast("#767676", "#ffffff")


def test_the_version_changes_with_every_word_and_every_byte(tmp_path: Path) -> None:
    versions = {
        shelf.open_kit(str(laid(tmp_path / name, text, logo_png=logo)), tmp_path).digest
        for name, text, logo in (
            ("a", SOUND, png()),
            ("b", SOUND.replace("your own", "all your"), png()),
            ("c", SOUND, png(colour=(250, 255, 255, 255))),
        )
    }
    assert len(versions) == 3
    assert shelf.open_kit(str(laid(tmp_path / "d")), tmp_path).digest in versions


def test_a_kept_kit_is_found_by_name_and_the_one_before_it_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = shelf.keep(laid(tmp_path / "one"), home)
    assert shelf.open_kit("Ledgerleaf", home).digest == first[1]
    assert shelf.keep(laid(tmp_path / "one"), home)[2] == "", "the same version replaces nothing"
    _, digest, older = shelf.keep(laid(tmp_path / "two", SOUND.replace("own", "real")), home)
    assert shelf.open_kit("Ledgerleaf", home).digest == digest
    assert shelf.open_kit(older, home).digest == first[1]
    assert shelf.names(home) == ["Ledgerleaf"]


def test_a_bad_kit_changes_nothing_that_is_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _, digest, _ = shelf.keep(laid(tmp_path / "one"), home)
    with pytest.raises(Refusal):
        shelf.keep(laid(tmp_path / "two", SOUND, logo_png=b"broken"), home)
    assert shelf.open_kit("Ledgerleaf", home).digest == digest


def test_a_name_that_is_not_kept_tells_those_that_are(tmp_path: Path) -> None:
    shelf.keep(laid(tmp_path / "one"), tmp_path / "home")
    with pytest.raises(Refusal, match="kept are Ledgerleaf"):
        shelf.open_kit("Legerleaf", tmp_path / "home")


def test_an_end_card_that_leaves_too_little_of_a_promo_is_told_with_the_length_that_does() -> None:
    brand = kit.parse(SOUND.replace("logo.png", "").encode(), "brand.toml")
    brand.fits(8.5)
    with pytest.raises(Refusal, match=r"ask for 8\.5 s or more"):
        brand.fits(8)


def test_nothing_invisible_of_a_kit_reaches_the_picture() -> None:
    brand = kit.parse('name = "A\u202eB"\n[end_card]\nwords = "go\u200b\\nnow"'.encode(), "brand.toml")
    assert brand.name == "AB"
    assert brand.end_card.words == "go now"


def test_music_of_a_brand_is_kept_with_it_and_part_of_its_version(tmp_path: Path) -> None:
    path = laid(tmp_path / "kit", 'name = "Ledgerleaf"\n[music]\nfile = "bed.m4a"\n')
    with pytest.raises(Refusal, match=r"music.file bed.m4a is not beside brand.toml"):
        shelf.open_kit(str(path), tmp_path)
    (path / "bed.m4a").write_bytes(b"one")
    first = shelf.open_kit(str(path), tmp_path).digest
    shelf.keep(path, tmp_path)
    assert shelf.open_kit("Ledgerleaf", tmp_path).music == tmp_path / "brands" / "Ledgerleaf" / "bed.m4a"
    (path / "bed.m4a").write_bytes(b"two")
    assert shelf.open_kit(str(path), tmp_path).digest != first


def test_a_kit_that_says_nothing_of_what_came_later_is_the_version_that_it_was(tmp_path: Path) -> None:
    brand = shelf.open_kit(str(laid(tmp_path / "kit", 'name = "Ledgerleaf"\n')), tmp_path).brand
    said = brand.model_dump_json(exclude={"music", "sign"})
    assert kit.digest(brand, ()) == hashlib.sha256(said.encode()).hexdigest()
