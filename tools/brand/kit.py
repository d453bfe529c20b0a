"""A brand kit: ``brand.toml`` as it is read, every mistake told in a sentence that says what to do."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from tools.brand.colours import READ, SEEN, Colour, contrast, outline
from tools.schema import LONGEST, SHORTEST, Noun, Seconds, Style
from tools.text import clean
from tools.troubles import Refusal

FILE = "brand.toml"
LARGEST = 200_000
"""Bytes of a kit."""
WORDS = 200
"""Entries of a list of words."""

Corner = Literal["top left", "top right", "bottom left", "bottom right"]
Text = Field(default="", max_length=120)


class Logo(Noun):
    file: str = ""
    """PNG, JPEG or WebP, beside the kit; empty for no logo."""
    place: Corner = "top right"
    size: float = Field(default=0.14, ge=0.04, le=0.3)
    """Its longer side, of the picture's shorter one."""


class Colours(Noun):
    text: Colour = "#ffffff"
    keyword: Colour = "#ffd53b"
    ground: Colour = "#10243e"
    """Under title, lower third and end card, and around a picture that does not fill the shape."""


class Font(Noun):
    file: str = ""
    """TrueType or OpenType, beside the kit; empty for the packaged one."""
    name: Literal["Manrope", "Noto Sans"] = "Manrope"
    """A packaged one; letters that it lacks come out of Noto."""
    licence: str = Text
    """Under which the file may be used, noted in the record."""


class Captions(Noun):
    style: Literal["", "clean", "bold", "karaoke", "none"] = ""
    """Where a wish says nothing else."""
    show: Literal["lines", "few words", "one word"] = "lines"
    size: float = Field(default=1.0, ge=0.7, le=1.4)
    place: Literal["", "low", "middle", "high"] = ""
    """Where they stand if nothing is in the way."""
    colour: Colour = ""
    """Empty for the brand's text."""
    keyword: Colour = ""
    ground: Literal["", "box"] = ""
    """``box`` sets them on a ground of their own everywhere; else only where they lie over writing."""
    keywords: tuple[str, ...] = Field(default=(), max_length=WORDS)
    """Words in the keyword's colour, beside numbers and names of the glossary."""


class Title(Noun):
    seconds: float = Field(default=3.0, ge=0, le=8)
    """From the promo's start; 0 for no title."""


class LowerThird(Noun):
    name: str = Text
    role: str = Text
    seconds: float = Field(default=4.0, ge=1, le=10)


class EndCard(Noun):
    words: str = Text
    """The call to act; with neither words nor an address there is no card."""
    address: str = Text
    seconds: float = Field(default=2.5, ge=1, le=8)

    @property
    def there(self) -> bool:
        return bool(self.words or self.address)


class Vocabulary(Noun):
    glossary: tuple[str, ...] = Field(default=(), max_length=WORDS)
    """Names as they are written: ``Kubernetes``, or ``cooper netties=Kubernetes`` with what is heard."""
    banned: tuple[str, ...] = Field(default=(), max_length=WORDS)
    """Words that no hook, title, description or tag holds."""
    tone: str = Text


class Usual(Noun):
    platforms: tuple[str, ...] = ()
    seconds: Seconds = 0.0
    """0 for none."""

    @property
    def wish(self) -> str:
        """What is asked where nobody asks anything."""
        where = f" for {', '.join(self.platforms)}" if self.platforms else ""
        return f"make a {self.seconds or 30:g} second promo{where}" if where or self.seconds else ""


class Music(Noun):
    file: str = ""
    """A sound file beside the kit, laid under the voice where a request brings no music of its own and declines none."""


class Sign(Noun):
    key: str = Text
    """The path of a PEM file with a key and its certificates, or ``kms:`` and a key; where nothing else is set.  It is not kept with the kit."""


class Brand(Noun):
    """A kit as it is written.  Files are named by it and lie beside it."""

    name: str = Field(min_length=1, max_length=60)
    logo: Logo = Logo()
    colours: Colours = Colours()
    font: Font = Font()
    captions: Captions = Captions()
    title: Title = Title()
    lower_third: LowerThird = LowerThird()
    end_card: EndCard = EndCard()
    words: Vocabulary = Vocabulary()
    usual: Usual = Usual()
    music: Music = Music()
    sign: Sign = Sign()

    @model_validator(mode="before")
    @classmethod
    def _cleaned(cls, given: Any) -> Any:
        """All text as plain visible text, as everything is that comes from outside."""
        return _plain(given)

    @model_validator(mode="after")
    def _readable(self) -> Brand:
        for what, colour in (("text", self.colours.text), ("keyword", self.colours.keyword)):
            if (told := contrast(colour, self.colours.ground)) < (READ if what == "text" else SEEN):
                raise ValueError(
                    f"colours.{what} {colour} can't be read on colours.ground {self.colours.ground}: contrast {told:.1f}, "
                    f"{READ if what == 'text' else SEEN:g} is the least; make one of them lighter or darker"
                )
        edge = outline(*self.caption_colours)
        for what, colour in zip(("colour", "keyword"), self.caption_colours, strict=True):
            if (told := contrast(colour, edge)) < SEEN:
                raise ValueError(
                    f"captions.{what} {colour} can't be read on any ground: no one outline sets both "
                    f"{' and '.join(self.caption_colours)} off, {told:.1f} is the best contrast and {SEEN:g} the least; take two light or two dark colours"
                )
        if self.usual.seconds and not SHORTEST <= self.usual.seconds - self.card <= LONGEST:
            raise ValueError(
                f"usual.seconds {self.usual.seconds:g} leaves {self.usual.seconds - self.card:g} s beside an end card of {self.card:g} s; "
                f"a promo's clips last {SHORTEST:g} to {LONGEST:g} s, so ask for more seconds or a shorter card"
            )
        return self

    @property
    def caption_colours(self) -> tuple[str, str]:
        """Of captions, and of their keywords."""
        return self.captions.colour or self.colours.text, self.captions.keyword or self.colours.keyword

    @property
    def card(self) -> float:
        """Seconds of the end card; 0 where there is none."""
        return self.end_card.seconds if self.end_card.there else 0.0

    @property
    def lettered(self) -> tuple[str, ...]:
        """All that the brand itself says on the picture."""
        card, third = self.end_card, self.lower_third
        return tuple(text for text in (card.words, card.address, third.name, third.role) if text)

    def style(self, asked: Style) -> Style:
        """The style of captions, where the usual one was asked."""
        return self.captions.style or asked if asked == "clean" else asked

    def fits(self, target: float) -> None:
        """Raises ``Refusal`` where the end card leaves too little of a promo of ``target`` seconds."""
        if self.card and target - self.card < SHORTEST:
            raise Refusal(
                "brand",
                f"The end card of {self.name} lasts {self.card:g} s, which leaves {max(0.0, target - self.card):g} s of a promo of {target:g} s; "
                f"{SHORTEST:g} s are the least: ask for {SHORTEST + self.card:g} s or more, or shorten end_card.seconds.",
            )


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value, 400)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def parse(data: bytes, where: str) -> Brand:
    """The kit in the bytes of a TOML file; ``where`` names it.  Raises ``Refusal`` with the first mistake and what to do."""
    if len(data) > LARGEST:
        raise Refusal("brand", f"{where} is over {LARGEST // 1000} kB; a brand kit is a short TOML file.")
    try:
        return Brand.model_validate(tomllib.loads(data.decode("utf-8-sig")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refusal(
            "brand", f"{where} is no TOML: {clean(error, 200)}; see docs/brand.md for one that is."
        ) from error
    except ValidationError as error:
        raise Refusal("brand", f"{where}: {_told(error)}.") from error


def _told(error: ValidationError) -> str:
    """What the first mistake is, by the name that stands in the file."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    said = clean(first["msg"].removeprefix("Value error, "), 400)
    if first["type"] == "extra_forbidden":
        return f"{clean(name, 60)} is nothing that a brand has; the names are in docs/brand.md"
    return f"{clean(name, 60)}: {said[:1].lower()}{said[1:]}" if name else said


LATER = ("music", "sign")
"""Parts that came after kits were kept: one that says nothing of them is the version that it was."""


def digest(brand: Brand, files: tuple[bytes, ...]) -> str:
    """Which version of a kit this is: all that it says, and the bytes of its files."""
    unsaid = {name for name in LATER if getattr(brand, name) == Brand.model_fields[name].default}
    made = hashlib.sha256(brand.model_dump_json(exclude=unsaid).encode())
    for data in files:
        made.update(hashlib.sha256(data).digest())
    return made.hexdigest()


def read(path: Path) -> tuple[Brand, bytes]:
    """The kit at ``path`` and its own bytes.  Raises ``Refusal`` where there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Refusal("brand", f"{clean(path, 200)} can't be read as a brand kit: {error.strerror}.") from error
    return parse(data, clean(path.name, 80)), data
