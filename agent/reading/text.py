"""What was said as a row of tokens, each in the grammar's own words and with its place in the person's."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from agent.reading.tongues import numerals, spoken_in, words
from tools.words.languages import NAMES

_TOKEN = re.compile(
    r"(?P<prime>\b\d{1,3}[\"″](?=[\s,;.)]|$))"
    r"|(?P<quote>\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|«[^»\n]{1,300}»|„[^“”\n]{1,300}[“”]|(?<![\w'])'(?=\w)(?:[^'\n]|(?<=\w)'(?=\w)){2,300}'(?![\w']))"
    r"|(?P<site>\bx\.com\b)"
    r"|(?P<ratio>(?<![\d:])(?:9 ?[:x×/] ?16|16 ?[:x×/] ?9|1 ?[:x×/] ?1|4 ?[:x×/] ?5|4 ?[:x×] ?3|3 ?[:x×] ?4|2 ?[:x×] ?3|21 ?[:x×] ?9)(?![\d:]))"
    r"|(?P<clock>(?<![\d:])(?:\d{1,2}:\d{2}:\d{2}[:;]\d{2}|(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d+)?)(?![\d:])|\b\d{1,2}['’′]\d{2}(?!\d)[\"”″]?|\b\d{1,2}h\d{2}\b)"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:[.,]\d+)?)"
    r"|(?P<word>(?<=\d)(?:h|m|min)(?=\d)|w/o\b|w/|[^\W\d_](?:[\w’']*\w)?['’]?)"
    r"|(?P<stop>[\n;.!?,:()\[\]]+)"
    r"|(?P<dash>[-–—]+)"
    r"|(?P<other>\S)"
)
_TITLES = (
    "max",
    "mr",
    "mrs",
    "ms",
    "dr",
    "st",
    "vs",
    "prof",
    "no",
    "approx",
    "ca",
    "min",
    "sec",
    "mme",
    "m",
    "hr",
    "z.b",
    "e.g",
    "i.e",
)
"""Words after which a full stop ends nothing."""
_ABBREVIATED = {
    "abt": "about",
    "bout": "about",
    "w": "with",
    "n": "and",
    "pls": "please",
    "plz": "please",
    "u": "you",
    "&": "and",
    "+": "plus",
    "w/o": "without",
    "w/": "with",
    "~": "around",
    "≈": "around",
    "/": "/",
    "%": "%",
}
_DICTATED = {"comma": ",", "period": ";", "colon": ","}


class Token(NamedTuple):
    form: str
    """In the grammar's words: lower case, English, a number in digits, or ``<kind>``."""
    start: int
    end: int
    value: Any = None


@dataclass
class Text:
    """Tokens that rules put together to larger ones, until what asks for something is told from what it is about."""

    said: str
    tokens: list[Token]
    language: str = "en"
    gone: set[int] = field(default_factory=set)

    @cached_property
    def _form(self) -> tuple[str, list[int]]:
        at, places = 1, []
        for token in self.tokens:
            places.append(at)
            at += len(token.form) + 1
        return " " + " ".join(token.form for token in self.tokens) + " ", places

    @property
    def form(self) -> str:
        return self._form[0]

    def tokens_of(self, span: tuple[int, int]) -> slice:
        places = self._form[1]
        return slice(bisect_right(places, span[0]) - 1, bisect_right(places, span[1] - 1))

    def original(self, first: int, last: int) -> str:
        """The person's own words of tokens ``first`` up to ``last``."""
        if first >= last:
            return ""
        return self.said[self.tokens[first].start : self.tokens[last - 1].end]

    def surface(self, first: int, last: int) -> str:
        """Tokens as a person who speaks English would write them: their own words, and lengths in seconds."""
        said = ""
        for at in range(first, last):
            token = self.tokens[at]
            glued = at > first and self.tokens[at - 1].end == token.start and self.said[token.start] not in "-–—\n"
            said += ("" if glued and self.language == "en" or not said else " ") + self._written(token)
        return said

    def _written(self, token: Token) -> str:
        own = self.said[token.start : token.end]
        if token.form in ("<len>", "<length>"):
            return f"{_plain(token.value):g} seconds"
        if token.form == "<lang>" and self.language != "en":
            return NAMES[token.value]
        if token.form == "<shape>":
            return {"9x16": "vertical", "1x1": "square", "16x9": "horizontal"}[token.value]
        if token.form == "," and own[0] in "-–—" and self.said[token.end : token.end + 1].strip():
            return own
        foreign = self.language != "en" and token.form.lower() != own.lower() and token.form[0] != "<"
        return token.form if foreign or (token.form in (",", ";") and own not in (",", ":")) else own

    def reduce(self, pattern: str, kind: str, value: Callable[[Found], Any] = lambda found: found) -> None:
        """Put what matches together to one token of ``kind``, unless its value is None."""
        made: list[Token] = []
        done = 0
        for match in _compiled(pattern).finditer(self.form):
            found = Found(self, match)
            inside = found.tokens
            if inside.start < done or inside.start >= inside.stop or not self._whole(match.span()):
                continue
            what = value(found)
            if what is None:
                continue
            made += self.tokens[done : inside.start]
            first, last = self.tokens[inside.start], self.tokens[inside.stop - 1]
            made.append(Token(f"<{kind}>", first.start, last.end, what))
            done = inside.stop
        if done:
            self.become([*made, *self.tokens[done:]])

    def _whole(self, span: tuple[int, int]) -> bool:
        """Whether a match begins and ends where tokens do; what stands for another language's word may be several."""
        places, inside = self._form[1], self.tokens_of(span)
        last = inside.stop - 1
        return places[inside.start] == span[0] and places[last] + len(self.tokens[last].form) == span[1]

    def become(self, tokens: Sequence[Token]) -> None:
        self.tokens = list(tokens)
        self.__dict__.pop("_form", None)

    def values(self, *kinds: str) -> list[Any]:
        return [token.value for token in self.tokens if token.form.strip("<>") in kinds and token.form[0] == "<"]


def _plain(value: Any) -> float:
    """The seconds to ask of a cut where a range or a bound was said: within it, off its edge."""
    if isinstance(value, float):
        return value
    if value.least is None and value.most is not None:
        return float(value.most) - 0.5
    return float(value.least) + 0.5 if value.most is None and value.least is not None else float(value.target)


class Found:
    """A match over the forms; its groups are the person's own words."""

    def __init__(self, text: Text, match: re.Match[str]) -> None:
        self.text, self.match = text, match

    @property
    def tokens(self) -> slice:
        return self.text.tokens_of(self.match.span())

    def __getitem__(self, group: str | int) -> str:
        """The group as it was said; empty where it is not there."""
        if self.match[group] is None:
            return ""
        inside = self.text.tokens_of(self.match.span(group))
        return self.text.original(inside.start, inside.stop)

    def form(self, group: str = "") -> str:
        return (self.match[group] if group else self.match[0]) or ""

    def value(self, kind: str, n: int = 0) -> Any:
        """The value of the n-th token of a kind within the match."""
        found = [t.value for t in self.text.tokens[self.tokens] if t.form == f"<{kind}>"]
        return found[n] if n < len(found) else None

    def inside(self, group: str) -> list[Token]:
        return self.text.tokens[self.text.tokens_of(self.match.span(group))] if self.match[group] else []

    @property
    def before(self) -> str:
        """The form just before; empty at the beginning."""
        at = self.tokens.start
        return self.text.tokens[at - 1].form if at else ""

    @property
    def after(self) -> str:
        at = self.tokens.stop
        return self.text.tokens[at].form if at < len(self.text.tokens) else ""


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    # What repeats does so a few times, so that no wish, however it is written, takes long to read.
    return re.compile(rf"(?<= )(?:{pattern.replace(')*', '){0,6}')})(?= )")


def tokenise(said: str, english: frozenset[str]) -> Text:
    """The words of what was said: in lower case, numbers in digits, other languages in English."""
    raw = list(_raw(said))
    if not any(token.form in (",", ";") for token in raw):  # dictated
        raw = [token._replace(form=_DICTATED.get(token.form, token.form)) for token in raw]
    language = spoken_in([token.form for token in raw if token.value == "word"], english)
    found: list[Token] = []
    at = 0
    tables: list[tuple[dict[tuple[str, ...], Any], bool]] = [(numerals(language), True), (words(language), False)]
    if language != "en":
        tables.append((numerals("en"), True))
    while at < len(raw):
        form, used = _canonical(raw, at, tables)
        found.append(Token(form, raw[at].start, raw[at + used - 1].end, raw[at].value if used == 1 else None))
        at += used
    return Text(said, found, language)


def _canonical(raw: list[Token], at: int, tables: list[tuple[dict[tuple[str, ...], Any], bool]]) -> tuple[str, int]:
    """The longest phrase that begins here, as the grammar has it, and how many tokens it takes."""
    for size in range(min(6, len(raw) - at), 0, -1):
        phrase = tuple(token.form for token in raw[at : at + size])
        for table, counts in tables:
            if phrase in table:
                value = table[phrase]
                if not counts:
                    return str(value), size
                if value != 1 and not (size == 1 and phrase[0] in ("a", "dozen")):
                    return str(value), size
                if value == 1 and phrase != ("one",) and size == 1 and len(tables) > 1 and (phrase not in tables[1][0]):
                    return "one", size
    return raw[at].form, 1


def _raw(said: str) -> Iterator[Token]:
    matches = list(_TOKEN.finditer(said))
    for n, match in enumerate(matches):
        kind, text = str(match.lastgroup), match[0]
        start, end = match.span()
        before = matches[n - 1].lastgroup if n else ""
        after = matches[n + 1].lastgroup if n + 1 < len(matches) else ""
        if kind == "word":
            low = text.lower().replace("’", "'")
            if len(low) > 2 and low[1:2] == "'" and low[0] in "ldjsn":  # French and Italian: l'offre
                yield Token(low[:2], start, start + 2, "word")
                yield Token(low[2:], start + 2, end, "word")
                continue
            yield Token(_ABBREVIATED.get(low, low.rstrip("'")), start, end, "word")
        elif kind == "dash":
            glued = bool(n and n + 1 < len(matches) and matches[n - 1].end() == start and matches[n + 1].start() == end)
            between = before in ("number", "clock") or (before == "word" and after in ("number", "clock"))
            if between and after in ("number", "clock", "word") and (after != "word" or not glued):
                yield Token("-", start, end)
            elif not glued:
                yield Token(",", start, end)
        elif kind == "stop":
            if text == "." and n and matches[n - 1][0].lower() in _TITLES and matches[n - 1].end() == start:
                continue
            ends = "\n" in text or "," in text or ";" in text
            if not ends and start and end < len(said) and not said[start - 1].isspace() and not said[end].isspace():
                yield Token(text, start, end)
                continue
            strong = any(mark in text for mark in "\n;.!?")
            yield Token(";" if strong else ",", start, end)
        elif kind == "number":
            value = text.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text) else text.replace(",", ".")
            yield Token(value, start, end, "number")
        elif kind == "prime":
            yield Token(text[:-1], start, end - 1, "number")
            yield Token("seconds", end - 1, end, "word")
        elif kind == "ratio":
            yield Token(re.sub(r" ?[:x×/] ?", ":", text), start, end)
        elif kind == "clock":
            yield Token("<clock>", start, end, _seconds(text))
        elif kind == "quote":
            yield Token("<quote>", start, end, text[1:-1].strip())
        else:
            yield Token(_ABBREVIATED.get(text, text.lower()), start, end)


def _seconds(clock: str) -> float:
    """Seconds of ``4:30``, ``1:02:03``, ``4'30``, and of a time code, whose frames are dropped; ``1h15`` is hours and minutes."""
    if "h" in clock:
        hours, minutes = clock.split("h")
        return int(hours) * 3600.0 + int(minutes) * 60.0
    parts = re.split(r"[:;'’′]", clock.strip('"”″').replace(",", "."))
    total = 0.0
    for part in parts[:3]:
        total = total * 60 + float(part)
    return total
