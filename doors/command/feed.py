"""A podcast's feed as a batch: RSS 2.0 or Atom on this machine, whose recordings lie here too.  Nothing is fetched, and no entity is resolved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from tools.text import clean
from tools.troubles import Refusal

LARGEST = 64 << 20
"""Bytes of a feed that are read."""
DEEPEST = 100
"""Elements within one another."""
TITLE = 120
ITEMS = ("item", "entry")
"""An episode, in RSS and in Atom."""


class Item(NamedTuple):
    title: str
    url: str


def is_feed(path: Path) -> bool:
    """Whether a file is XML, by its name or its first bytes."""
    with path.open("rb") as file:
        head = file.read(256)
    return path.suffix.lower() in (".xml", ".rss", ".atom") or head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] == b"<"


def read(path: Path) -> list[Item]:
    """The episodes of a feed.

    Raises ``Refusal`` for what is no feed, and for one that declares a document type: those of feeds need none, and hostile ones expand.
    """
    if path.stat().st_size > LARGEST:
        raise Refusal(
            "feed", f"{clean(path.name, 80)} is larger than {LARGEST >> 20} MB; give a feed with fewer episodes."
        )
    return list(_Reader(path).items())


class _Reader:
    """The episodes of a feed in its order, by a parser that knows no entity but XML's own five."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[Item] = []
        self.depth, self.inside = 0, 0
        self.title, self.url, self.text = "", "", ""

    def items(self) -> Iterator[Item]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._typed
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say
        try:
            with self.path.open("rb") as file:
                parser.ParseFile(file)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise Refusal(
                "feed",
                f"{clean(self.path.name, 80)} can't be read as XML ({clean(str(error), 120)}); save the feed again.",
            ) from error
        return iter(self.found)

    def _typed(self, *_: object) -> None:
        raise Refusal(
            "feed",
            f"{clean(self.path.name, 80)} declares a document type, which no feed needs; take the line <!DOCTYPE …> out.",
        )

    def _begin(self, name: str, given: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Refusal("feed", f"{clean(self.path.name, 80)} nests over {DEEPEST} elements; that is no feed.")
        kind = name.rpartition(" ")[2]
        if not self.inside and kind in ITEMS:
            self.inside, self.title, self.url = self.depth, "", ""
        elif self.inside and kind == "enclosure":
            self.url = self.url or given.get("url", "")
        elif self.inside and kind == "link" and given.get("rel") == "enclosure":
            self.url = self.url or given.get("href", "")
        self.text = ""

    def _say(self, text: str) -> None:
        if len(self.text) < 10 * TITLE:
            self.text += text

    def _end(self, name: str) -> None:
        # An own title only: those of other vocabularies, as of a picture within the episode, stand deeper or in a namespace.
        if self.inside and self.depth == self.inside + 1 and name in ("title", "http://www.w3.org/2005/Atom title"):
            self.title = clean(self.text, TITLE)
        if self.depth == self.inside:
            self.found.append(Item(self.title, self.url.strip()))
            self.inside = 0
        self.depth -= 1
