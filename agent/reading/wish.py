"""Reads a wish in words without a model: length, shapes, platforms, topic, captions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import Field

from tools.posts.platforms import named
from tools.schema import LONGEST, NOTHING, SHORTEST, Noun, Options, Part, Seconds, Shape, Style
from tools.text import clean
from tools.words.numerals import ONES

WISH_BYTES = 2000

SHAPES: dict[str, tuple[Shape, ...]] = {
    "youtube": ("16x9",),
    "shorts": ("9x16",),
    "tiktok": ("9x16",),
    "reels": ("9x16",),
    "linkedin": ("16x9", "1x1", "9x16"),
    "x": ("16x9", "1x1", "9x16"),
}
_PLATFORM = {
    "shorts": r"\bshorts\b|(?:youtube|yt) short\b|\b(?:a|for|as a) short\b(?=\s*(?:$|[,.;!?]|about|on|of|for|with|please))",
    "youtube": r"youtube(?! short)|\byt\b",
    "tiktok": r"tik ?tok",
    "reels": r"\breels?\b|instagram|\binsta\b",
    "linkedin": r"linked ?in",
    "x": r"\b(?:on |for )?x\.com\b|\btwitter\b|\bon x\b|\bfor x\b",
}
_SHAPE: dict[Shape, str] = {
    "9x16": r"\bvertical\b|\bportrait\b|9 ?[:x×] ?16|\bupright\b",
    "1x1": r"\bsquare\b|1 ?[:x×] ?1\b",
    "16x9": r"\bhorizontal\b|\blandscape\b|\bwidescreen\b|16 ?[:x×] ?9",
}
_NUMBER: dict[str, float] = {word: n for n, word in enumerate(ONES)} | {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "a": 1,
    "an": 1,
    "half a": 0.5,
}
NUMBERS = tuple(_NUMBER)
MOST = 5
"""Promos of one wish."""
_LENGTH = re.compile(
    r"(?<![\w:.,])(?:(?P<n>\d{1,3}(?:[, ]\d{3})+|\d+(?:[.,]\d+)?)[\s-]*(?P<unit>seconds?|secs?|s|minutes?|mins?|m)\b|(?P<word>"
    + "|".join(sorted((re.escape(w) for w in _NUMBER), key=len, reverse=True))
    + r")[\s-]+(?P<units>seconds?|secs?|minutes?|mins?)\b)",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"\b(?:about|on the topic of|on the subject of|covering|regarding|focus(?:ing|ed)? on|around the (?:topic|subject) of"
    r"|(?:(?<=promo )|(?<=video )|(?<=clip )|(?<=one )|(?<=ones )|(?<=promos )|(?<=teaser )|(?<=clips )|(?<=videos ))on(?! (?:linked|tik|you|insta|x\b|twitter|reels|shorts|facebook)))\s+(?P<topic>.+?)"
    r"(?=$|[.;!?]|,\s*(?:\d|no |with|for|in |vertical|square|open|start|end)|\s+(?:for (?:linked|tik|you|insta|reel|short|twitter|x\b)|in (?:\d|vertical|square|german|french|spanish)|with(?:out)? (?:caption|subtitle)|no caption))",
    re.IGNORECASE,
)
_TIME = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d+)?|\d+(?:\.\d+)? ?(?:s|sec|seconds?|m|min|minutes?)"
_STRETCH = re.compile(
    rf"\b(?:use|take|keep|include|with|from|between)?\s*(?:the (?:part|bit|section) )?(?:from |between )?(?P<what>(?:{_TIME}|\d+(?=\s*(?:to|-|–|and)\s*{_TIME}))\s*(?:to|till|until|-|–|—|and)\s*(?:{_TIME}))",
    re.IGNORECASE,
)
_STOP = (
    r"(?=$|[.;!?]|,\s*|\s+(?:and (?:end|finish|close|start|open|begin|then|make|use|include|no |with|whatever|the rest|keep)|for (?:linked|tik|you|insta|reel|short|twitter|x\b)"
    r"|in (?:\d|vertical|square)|with(?:out)? (?:caption|subtitle|bold|karaoke)|no caption))"
)
_PART = re.compile(
    r"(?:(?<!about )\b(?P<verb>open|start|begin|lead|hook|end|finish|close)(?:s|n?ing)?(?: it| the (?:promo|video|clip))? (?:with|on|by|off with)"
    r"|\b(?P<has>include|mention|feature)s?) "
    rf"(?P<what>(?!it\b).+?){_STOP}",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?<![:\d])\b(?P<n>\d{1,3}|a couple of|a few|several|"
    + "|".join(ONES)
    + r") (?:(?:different|separate|distinct|short|vertical|square|horizontal|new|good|alternative|more|promo|other|of them|linkedin|tiktok|youtube|(?:\d+|[a-z]+)[ -]?(?:s|secs?|seconds?|min|minutes?)(?:[ -]long)?)[ ,]+)*"
    r"(?:promos?|ones|videos|clips|versions|cuts|teasers?|variants|options|trailers|shorts|reels|variations|alternatives)\b",
    re.IGNORECASE,
)
_TONES = "funny|playful|serious|formal|casual|professional|friendly|dramatic|warm|upbeat|provocative|bold|inspiring|calm|punchy|witty|dry|confident|humble|energetic|sober|cheeky"
_TONE = re.compile(
    rf"\b(?:in an? (?P<a>[a-z]+(?:(?:,| and|, and)? [a-z]+)?) (?:tone|voice|style)\b|(?:sound(?:ing)?|feel|keep it|make it|tone:?) (?P<b>(?:more |very |really )?(?:{_TONES})(?:,? and (?:{_TONES}))?)\b"
    rf"|(?P<c>(?:{_TONES})(?:(?:,| and) (?:{_TONES}))?)(?=[ ,]+(?:\d|[a-z]+[ -]second|for\b|promo|one\b|ones|video|teaser|cut|clip|tone|hooks?|copy|titles?|words|and\b|,|vertical|square)|$))",
    re.IGNORECASE,
)
_FILLER = frozenset(
    re.findall(
        r"\w+",
        """make makes making create produce cut build generate do give get got me us a an the please pls thanks thank hi hey hello ok okay now just so
        i we you they it this that these those my our your their want wants need needs would like love could can will let lets should must have has
        had be is are was were of for in on to from with and or but as at by into out up about around some any all each every them one ones
        promo promos video videos clip clips version versions teaser teasers trailer trailers reel reels short shorts highlight highlights
        summary talk recording footage cut cuts edit edits piece something anything whatever fits fit rest best good great nice cool
        captions caption subtitles subtitle subs long length lasting lasts post posts social media platform platforms format shape different distinct
        separate new more other others which what very really sound sounding tone style voice use keep include take show turn if possible
        main point points key most important part parts moments moment re m s d t ll ve don not no without where when he she he's talks talking says saying said speaks speaking tells telling roughly approximately exactly""",
    )
)
"""Words that ask for nothing by themselves."""
_NOUN = re.compile(
    r"\b(?:promos?|videos?|clips?|teasers?|trailers?|reels?|shorts?|cuts?|versions?|ones?|highlights?|summary|summar\w+|best (?:of|bits?|moments?)|something|edits?)\b",
    re.IGNORECASE,
)
WISH_EXAMPLES = "For example: make a 30s promo · 15 seconds for TikTok · a vertical one about pricing, no captions · three different ones."
_LANGUAGE = {
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "dutch": "nl",
    "japanese": "ja",
    "chinese": "zh",
    "english": "en",
}


_CAPTIONS = r"(?:captions?|subtitles?|subs)"
_BARE = r"(?:clean|(?:caption|subtitle|text)[- ]free|textless|uncaptioned)"
_NONE = rf"(?:without|with no|free of) (?:any |the )?(?:burned[- ]in )?{_CAPTIONS}"
_MASTER = re.compile(
    r"(?:[,;]? ?\b(?:and|with|also|plus|including|as well as|in addition)\b)*[,;]? ?\b(?:"
    rf"(?:an? |the |one )?(?:{_BARE} )+masters?\b(?: (?:cop(?:y|ies)|files?|versions?))?(?:,? {_NONE})?"
    rf"|(?:an? |the |one )?{_BARE} (?:versions?|cop(?:y|ies)|files?|cuts?|ones?),? {_NONE}"
    rf"|(?:with|also|plus|and|including|as well as) (?:an? |one )?(?:{_BARE} )+(?:versions?|cop(?:y|ies)|files?)\b"
    rf"|(?:also|plus|as well as|and) (?:an? |one )(?:(?:version|copy|file) )?{_NONE}"
    rf"|(?:both )?with and without {_CAPTIONS}"
    r")(?: (?:too|as well|beside it|each))?",
    re.IGNORECASE,
)
"""A promo's master without captions, asked for beside the promo; \"no captions\" alone is a look of the promo itself."""
_SPOKEN = {code: name.title() for name, code in _LANGUAGE.items()}


def name_shapes(shapes: Iterable[str]) -> str:
    """Shapes as people write them: ``16:9 + 1:1``."""
    return " + ".join(shape.replace("x", ":") for shape in shapes)


def name_platform(name: str) -> str:
    """A platform's own spelling."""
    known = named([name])[0]
    return known[0].name if known else name


class WishError(ValueError):
    """The wish can't be read or met; the message says what to ask instead."""


class Reading(Noun):
    """What was understood of a wish."""

    target: Seconds = 30.0
    shapes: tuple[Shape, ...] = ("16x9", "9x16", "1x1")
    platforms: tuple[str, ...] = tuple(SHAPES)
    topic: str = ""
    captions: Style = "clean"
    language: str | None = None
    parts: tuple[Part, ...] = ()
    tone: str = ""
    count: int = Field(default=1, ge=1, le=MOST)
    """Promos that share nothing with one another."""
    clean: bool = False
    """Beside each promo its master without captions."""
    unread: str = ""
    """Words in which nothing was understood, for the person to see."""
    options: Options = NOTHING

    def __str__(self) -> str:
        words = [
            f"{self.count} × {self.target:g} s" if self.count > 1 else f"{self.target:g} s",
            name_shapes(self.shapes),
        ]
        every = set(self.platforms) == set(SHAPES)
        words.append("for every platform" if every else f"for {', '.join(map(name_platform, self.platforms))}")
        words.append(f"about “{self.topic}”" if self.topic else "about its main point")
        words += [str(part) for part in self.parts]
        words.append("no captions" if self.captions == "none" else f"{self.captions} captions")
        words += ["each with a clean master"] if self.clean else []
        words += [f"tone {self.tone}"] if self.tone else []
        words += [f"spoken in {_SPOKEN.get(self.language, self.language)}"] if self.language else []
        words += [f"not understood: “{self.unread}”"] if self.unread else []
        return ", ".join(words)


def read_wish(wish: str) -> Reading:
    """What a wish asks, by rules.  Raises ``WishError`` for a length that no promo can have, or a wish too long to be one."""
    if len(wish.encode("utf-8", "replace")) > WISH_BYTES:
        raise WishError(f"The wish is longer than {WISH_BYTES} bytes; say in a sentence or two what you want.")
    said = clean(" ".join(wish.split()), WISH_BYTES)
    found: dict[str, Any] = {}
    if spoken := find_language(said.lower()):
        found["language"] = spoken
    said, masters = _MASTER.subn(" ", said)
    if masters:
        found["clean"] = True
    said, parts = _parts(said)
    topic = _TOPIC.search(said)
    if topic:
        found["topic"] = trim_passage(topic["topic"])
        said = said[: topic.start()] + " , " + said[topic.end() :]
    low = said.lower()
    found |= {"target": _length(low), "count": _count(low), "parts": parts}
    called = find_platforms(low)
    shapes = tuple(shape for shape, pattern in _SHAPE.items() if re.search(pattern, low))
    if called:
        found["platforms"] = called
        found["shapes"] = tuple(dict.fromkeys(shape for name in called for shape in SHAPES[name]))
    if shapes:
        found["shapes"] = shapes
    if re.search(rf"\b(?:no|without|drop the|skip) (?:the |any )?{_CAPTIONS}\b", low):
        found["captions"] = "none"
    elif style := re.search(
        rf"\b(?P<before>bold|karaoke|clean)(?:[- ]style)? {_CAPTIONS}\b"
        rf"|\b{_CAPTIONS}(?: in|:)? (?:a )?(?P<after>bold|karaoke|clean)\b(?: style)?",
        low,
    ):
        found["captions"] = style["before"] or style["after"]
        low = low.replace(style[0], " ")
    if tone := _TONE.search(low):
        found["tone"] = next(filter(None, tone.groups())).strip()
        low = low.replace(tone[0], " ")
    return Reading(**found, unread=_unread(low))


def _unread(low: str) -> str:
    """What is left of a wish once all that is understood, and all that asks for nothing, is taken out."""
    for pattern in (*_PLATFORM.values(), *_SHAPE.values()):
        low = re.sub(pattern, " ", low)
    for known in (_BOTH, _HALF, _LENGTH, _COUNT):
        low = known.sub(" ", low)
    low = re.sub(
        r"\b(?:spoken|speak|audio|" + "|".join(_LANGUAGE) + r"|\d{1,2}:\d{2}|hooks?|titles?|tags?)\b", " ", low
    )
    words = re.findall(r"[^\W_][\w'’-]*", low)
    some = [n for n, word in enumerate(words) if len(word) > 1 and word not in _FILLER and word not in _NUMBER]
    return clean(" ".join(words[some[0] : some[-1] + 1]), 120) if some else ""


def asks_for_promo(said: str, reading: Reading) -> bool:
    """Whether words ask for a promo at all: a greeting does not."""
    plain = Reading(unread=reading.unread)
    return not said.strip() or reading != plain or bool(_NOUN.search(said)) or bool(find_seconds(said.lower()))


def find_platforms(said: str) -> tuple[str, ...]:
    """The platforms that words name."""
    low = said.lower()
    return tuple(name for name, pattern in _PLATFORM.items() if re.search(pattern, low))


def trim_passage(said: str) -> str:
    """The words that name a passage, without what surrounds them."""
    return clean(said, 400).strip(" \"'“”.,:;!?")


_BOTH = re.compile(
    r"(?<![\w:.,])(?P<m>\d{1,2}) ?(?:minutes?|mins?|m)(?: and|,)? ?(?P<s>\d{1,2}) ?(?:seconds?|secs?|s)\b"
)
_HALF = re.compile(rf"\b(?P<n>{'|'.join(ONES[1:6])}|\d|a) (?:and a half minutes|minutes? and a half)\b")


def find_seconds(low: str) -> float | None:
    """The first length that words in lower case name."""
    if both := _BOTH.search(low):
        return int(both["m"]) * 60.0 + int(both["s"])
    if half := _HALF.search(low):
        return (float(half["n"]) if half["n"].isdigit() else _NUMBER[half["n"]]) * 60.0 + 30.0
    if found := _LENGTH.search(low):
        told = found["n"] or ""
        whole = re.fullmatch(r"\d{1,3}(?:[, ]\d{3})+", told)
        number = (
            float(re.sub(r"[, ]", "", told) if whole else told.replace(",", ".")) if told else _NUMBER[found["word"]]
        )
        return number * (60 if (found["unit"] or found["units"]).startswith("m") else 1)
    if clock := re.search(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])", low):
        return int(clock[1]) * 60.0 + int(clock[2])
    return None


def _length(low: str) -> float:
    found = find_seconds(low)
    if found is None:
        return 30.0
    if not SHORTEST <= found <= LONGEST:
        raise WishError(f"A promo lasts {SHORTEST:g} to {LONGEST:g} seconds; {found:g} s was asked.")
    return found


def _count(low: str) -> int:
    found = _COUNT.search(low)
    if not found:
        return 1
    few = {"a couple of": 2, "a few": 3, "several": 3}
    number = few.get(found["n"]) or (int(found["n"]) if found["n"].isdigit() else int(_NUMBER[found["n"]]))
    if not 1 <= number <= MOST:
        raise WishError(f"1 to {MOST} promos are made of one wish; {number} were asked.")
    return number


def _parts(said: str) -> tuple[str, tuple[Part, ...]]:
    """What must be in the promo, and the wish without it."""
    found: list[Part] = []

    def stretch(match: re.Match[str]) -> str:
        found.append(Part(query=" ".join(match["what"].split())))
        return " , "

    def part(match: re.Match[str]) -> str:
        verb, what = (
            (match["verb"] or match["has"]).lower(),
            trim_passage(
                re.sub(
                    r"^(?:the )?(?:bit|part|passage) (?:about|where|on|with) ", "", match["what"], flags=re.IGNORECASE
                )
            ),
        )
        if not what or re.fullmatch(
            r"(?:a |an |the )?(?:captions?|subtitles?|bang|strong.*|good.*|great.*|hook)", what, re.IGNORECASE
        ):
            return match[0]
        place: Any = (
            "last"
            if verb in ("end", "finish", "close")
            else "any"
            if verb in ("include", "mention", "feature")
            else "first"
        )
        found.append(Part(query=what, place=place))
        return " , "

    rest = _STRETCH.sub(stretch, said)
    rest = _PART.sub(part, rest)
    return rest, tuple(found[:4])


def find_language(low: str) -> str | None:
    """The language that words in lower case say is spoken.  Raises ``WishError`` where they ask for a translation."""
    names = "|".join(_LANGUAGE)
    if spoken := re.search(
        rf"\b(?:spoken in|they speak|(?:video|talk) (?:is )?in|audio (?:is )?in) ({names})\b|\b({names}) (?:video|talk|audio|speech)\b",
        low,
    ):
        return _LANGUAGE[spoken[1] or spoken[2]]
    asked = re.search(rf"\b(?:in|into|to) ({names})\b", low)
    if asked and asked[1] != "english":
        raise WishError(
            f"Hookline does not translate: captions and words are in the language that is spoken. Leave out “in {asked[1].title()}”; "
            f"if {asked[1].title()} is spoken in the video, say “spoken in {asked[1].title()}”."
        )
    return "en" if asked else None
