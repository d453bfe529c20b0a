"""Reads a wish in words without a model: lengths, shapes, platforms, what it is about and what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from agent.reading import request
from agent.reading.counts import asks_for_moments
from agent.reading.grammar import TAKEN, Length, Stretch, parse
from agent.reading.heads import Asked
from agent.reading.looks import read_translations
from agent.reading.residue import fragment, residue
from agent.reading.text import Text
from agent.reading.tongues import word_set
from agent.reading.unmade import MUSIC
from tools.posts.platforms import named
from tools.schema import LONGEST, NOTHING, SHORTEST, Noun, Options, Part, Seconds, Shape, Style, Window
from tools.text import clean
from tools.words.languages import NAMES, listed
from tools.words.numerals import ONES, TENS

WISH_BYTES = 2000

SHAPES_OF: dict[str, tuple[Shape, ...]] = {
    "youtube": ("16x9",),
    "shorts": ("9x16",),
    "tiktok": ("9x16",),
    "reels": ("9x16",),
    "linkedin": ("16x9", "1x1", "9x16"),
    "x": ("16x9", "1x1", "9x16"),
}
SHAPES = SHAPES_OF
ALL: tuple[Shape, ...] = ("16x9", "9x16", "1x1")
USUAL = 30.0
NUMBERS = (*ONES, *TENS, "a", "an")
MOST = 5
"""Promos of one wish."""
MOMENTS = 20
"""Whole moments of one wish."""
FEW = 5
"""Of them where no number was said."""
MOMENT = 15.0, 60.0
"""Seconds that one lasts at least and at most where no length was said."""
TONGUES = 6
"""Languages of the captions of one promo."""
PARTS = 4
"""Passages that one promo can be asked to have."""
KEPT = "“cut … from … to …” is taken for what to use; say “leave out … from … to …” to have it left out."
ONE_WINDOW = "say from when to when it may be taken instead."
OTHER_OPENING = "A second opening is not made here: say “replace the first clip” of the finished promo for one."
GUESSED = "is taken for what the promo is about; say “about …” to be sure."
WISH_EXAMPLES = "For example: make a 30s promo · 15 seconds for TikTok · a vertical one about pricing, no captions · 20 to 40 s, not about hiring · three different ones."


def name_shapes(shapes: Iterable[str]) -> str:
    """Shapes as people write them: ``16:9 + 1:1``."""
    return " + ".join(shape.replace("x", ":") for shape in shapes)


def name_platform(name: str) -> str:
    """A platform's own spelling."""
    known = named([name])[0]
    return known[0].name if known else name


class WishError(ValueError):
    """The wish can't be read or met; the message says what to ask instead."""


class Each(Noun):
    """What one of several promos has of its own."""

    target: Seconds
    least: Seconds | None = None
    most: Seconds | None = None
    shapes: tuple[Shape, ...] = ()
    platforms: tuple[str, ...] = ()
    topic: str = ""

    def __str__(self) -> str:
        words = [f"{self.target:g} s", *((name_shapes(self.shapes),) if self.shapes else ())]
        words += [f"for {', '.join(map(name_platform, self.platforms))}"] if self.platforms else []
        return " ".join([*words, *((f"about “{self.topic}”",) if self.topic else ())])


class Reading(Noun):
    """What was understood of a wish."""

    target: Seconds = USUAL
    least: Seconds | None = None
    most: Seconds | None = None
    """Between which the length may lie where a range was asked."""
    shapes: tuple[Shape, ...] = ALL
    platforms: tuple[str, ...] = tuple(SHAPES_OF)
    topic: str = ""
    without: tuple[str, ...] = ()
    """What may not be spoken of."""
    captions: Style = "clean"
    styled: bool = False
    """Whether the style of captions was said, so that no brand's stands in its place."""
    tongues: tuple[str, ...] = ()
    """Languages into which captions are translated; the first is burned in."""
    language: str | None = None
    parts: tuple[Part, ...] = ()
    window: tuple[Window, ...] = ()
    """Where in the video it is taken from; all of it where there is none."""
    tone: str = ""
    count: int = Field(default=1, ge=1, le=MOMENTS)
    """Promos that share nothing with one another."""
    highlights: bool = False
    """Each is a whole moment of the video, chosen as the best of it; none is put together of several."""
    openings: int = Field(default=1, ge=1, le=2)
    """Promos that differ in their first clip alone."""
    each: tuple[Each, ...] = ()
    """Where several promos differ, what each has of its own; these may share what they say."""
    clean: bool = False
    """Beside each promo its master without captions."""
    tighten: bool = False
    unmet: tuple[str, ...] = ()
    """What was asked and is not done, each with what does it."""
    unread: str = ""
    """Words in which nothing was understood, for the person to see."""
    options: Options = NOTHING

    @property
    def left(self) -> tuple[str, ...]:
        """Every wish that the promo will not meet, in sentences."""
        unread = (f"Not understood, and left out: “{self.unread}”.",) if self.unread else ()
        return (*self.unmet, *unread)

    def one(self, n: int) -> Reading:
        """The reading of the n-th promo of several, from 0."""
        if not self.each:
            return self
        own = {name: value for name, value in dict(self.each[n]).items() if value not in ((), None, "")}
        return self.model_copy(update={"least": None, "most": None, **own})

    def _lasting(self) -> str:
        if self.least is None and self.most is None:
            return f"{self.target:g} s"
        return (
            f"{SHORTEST if self.least is None else self.least:g} to {LONGEST if self.most is None else self.most:g} s"
        )

    def __str__(self) -> str:
        length = str(Length(self.target, self.least, self.most))
        if self.highlights:
            words = [f"{self.count} whole moment{'s' if self.count > 1 else ''} of {self._lasting()}"]
        elif self.each:
            words = [" + ".join(map(str, self.each))]
        else:
            words = [f"{self.count} × {length}" if self.count > 1 else length]
        words.append(name_shapes(self.shapes))
        every = set(self.platforms) == set(SHAPES_OF)
        words.append("for every platform" if every else f"for {', '.join(map(name_platform, self.platforms))}")
        if not any(each.topic for each in self.each):
            words.append(f"about “{self.topic}”" if self.topic else "about its main point")
        words += [f"nothing about {' or '.join(f'“{each}”' for each in self.without)}"] if self.without else []
        words += [f"from {' and '.join(map(str, self.window))} of the video"] if self.window else []
        words += [str(part) for part in self.parts]
        words.append("no captions" if self.captions == "none" else f"{self.captions} captions")
        words += [f"translated into {listed(self.tongues)}{_burned(self)}"] if self.tongues else []
        words += [f"{self.openings} openings"] if self.openings > 1 else []
        words += ["each with a clean master"] if self.clean else []
        words += ["pauses and fillers taken out"] if self.tighten else []
        words += [f"tone {self.tone}"] if self.tone else []
        words += [f"spoken in {NAMES.get(self.language, self.language)}"] if self.language else []
        words += [f"not done: {each}" for each in self.unmet]
        words += [f"not understood: “{self.unread}”"] if self.unread else []
        return ", ".join(words)


def read_wish(wish: str) -> Reading:
    """What a wish asks, by the grammar.  Raises ``WishError`` for what no promo can be, what contradicts itself, or a wish too long to be one."""
    if len(wish.encode("utf-8", "replace")) > WISH_BYTES:
        raise WishError(f"The wish is longer than {WISH_BYTES} bytes; say in a sentence or two what you want.")
    text = parse(clean_lines(wish))
    found: dict[str, Any] = {}
    if spoken := _language(text):
        found["language"] = spoken
    request.phrase(text)
    if tongues := _tongues(text):
        found["tongues"] = tongues
        if len(text.values("translation")) > 1 and len(tongues) > 1:
            found["unmet"] = (_one_burned(tongues),)
    asked: list[Asked] = text.values("topic", "without", "part")
    found |= {"unmet": (), **found} | _subjects(asked, found.get("unmet", ()))
    if text.values("placed") and len(found["parts"]) == 1 and found["parts"][0].place == "any":
        found["parts"] = (found["parts"][0].model_copy(update={"place": "first"}),)
    whole = asks_for_moments(text)
    found |= _lengths(text, MOMENTS if whole else MOST)
    found |= _own_topics(text, found)
    if whole and not found.get("each"):
        found |= _moments(text, found)
    for fact in text.values("fact"):
        for part in found["parts"]:
            if re.search(r"\b(?:whole|full|entire|all)\b", part.query) and fact > found.get("target", USUAL):
                raise WishError(
                    f"“{part.query}” lasts {fact:g} s, as the wish says, and the promo {found.get('target', USUAL):g} s; ask for more time, or for less of it."
                )
    found |= _forms(text)
    found |= _sources(text, found)
    if looks := text.values("captions"):
        if len(set(looks)) > 1 and "none" in looks:
            raise WishError(
                "Captions are asked for and declined in one wish; say which, or ask for a clean master beside the promo."
            )
        found["captions"] = "clean" if looks[-1] == "shown" else looks[-1]
        found["styled"] = looks[-1] not in ("shown", "none")
    if tones := list(dict.fromkeys(text.values("tone", "mood"))):
        found["tone"] = clean(", ".join(tones), 100)
    found["clean"] = bool(text.values("master"))
    found["openings"] = 2 if text.values("openings") else 1
    found["tighten"] = bool(text.values("tighten"))
    found["unmet"] = (*found.get("unmet", ()), *_unmet(text))
    return _guessed(wish, text, Reading(**found, unread=residue(text)))


def _burned(reading: Reading) -> str:
    """Which of several languages is seen."""
    seen = len(reading.tongues) > 1 and reading.captions != "none"
    return f" ({NAMES[reading.tongues[0]]} burned in)" if seen else ""


def _tongues(text: Text) -> tuple[str, ...]:
    """The languages of captions.  Raises ``WishError`` where none is named, or a voice in another one is asked."""
    if dubbed := [code for codes in text.values("dub") for code in codes]:
        raise WishError(
            f"The voice stays as it was recorded. Captions can be in {listed(tuple(dubbed))}: say “with {NAMES[dubbed[0]]} subtitles”."
        )
    asked = text.values("translation")
    found = tuple(dict.fromkeys(code for codes in asked for code in codes))
    if asked and not found:
        raise WishError(
            "A translation is asked for, and no language that is known: say, for example, “with Spanish subtitles”."
        )
    if len(found) > TONGUES:
        raise WishError(f"Captions are translated into {TONGUES} languages at most; {len(found)} were asked.")
    return found


def _one_burned(tongues: Sequence[str]) -> str:
    seen, other = NAMES[tongues[0]], NAMES[tongues[1]]
    return (
        f"{len(tongues)} languages: {seen} is burned in, and all come as .srt and .vtt; "
        f"say “captions in {other}” of the finished promo for another one with those."
    )


def _guessed(wish: str, text: Text, reading: Reading) -> Reading:
    """The reading with what nothing else was understood of as its topic, where one thing stands alone beside what was asked."""
    guess = fragment(text) if asks_for_promo(wish, reading) and not _subject(reading) else None
    if guess is None:
        return reading
    topic = trim_passage(guess[0])
    text.become([*text.tokens[: guess[1]], *text.tokens[guess[2] :]])
    told = {"topic": topic, "unmet": (*reading.unmet, f"“{topic}” {GUESSED}"), "unread": residue(text)}
    return reading.model_copy(update=told)


def _subject(reading: Reading) -> bool:
    return bool(reading.topic or reading.parts or any(each.topic for each in reading.each))


def clean_lines(wish: str) -> str:
    """The wish as one line in which what stood on lines of their own is still apart."""
    lines = (_MARK.sub("", " ".join(line.split())) for line in wish.splitlines() if line.strip())
    return clean("; ".join(lines), WISH_BYTES)


_MARK = re.compile(r"\((?:[a-e]|i{1,3}|iv)\) ", re.IGNORECASE)
"""What counts the things of a list: "(a) pricing and (b) churn"."""


def _subjects(asked: Sequence[Asked], unmet: tuple[str, ...]) -> dict[str, Any]:
    topics = [each.text for each in asked if each.head == "topic"]
    without = [part for each in asked if each.head == "without" for part in request.split_list(each.text)]
    parts = [Part(query=each.text, place=each.head) for each in asked if each.head in ("first", "last", "any")]
    found: dict[str, Any] = {"topic": clean("; ".join(dict.fromkeys(topics)), 400)}
    found["without"] = tuple(dict.fromkeys(map(trim_passage, without)))[:8]
    found["parts"] = tuple(parts[:PARTS])
    if over := parts[PARTS:]:
        found["unmet"] = unmet + tuple(
            f"{PARTS} passages can be asked for in one promo; left out: “{part.query}”." for part in over
        )
    if found["topic"] and found["topic"].lower() in {each.lower() for each in found["without"]}:
        raise WishError(f"“{found['topic']}” is asked for and ruled out in one wish; say which.")
    return found


_ORDINAL = word_set("one another other first second third fourth fifth next last")


def _own_topics(text: Text, found: dict[str, Any]) -> dict[str, Any]:
    """Several promos that are each about something else: where each has a length of its own, or is counted with its topic."""
    each = found.get("each", ())
    if each:
        if sum(bool(one.topic) for one in each) > 1:
            return {"topic": ""}
        return {"each": tuple(one.model_copy(update={"topic": ""}) for one in each)}
    places = [n for n, token in enumerate(text.tokens) if token.form == "<topic>"]
    counted = [n for n in places if _ORDINAL & {token.form for token in text.tokens[max(0, n - 2) : n]}]
    shared = ""
    if len(counted) > 1 and len(counted) == found.get("count") and counted == places[1:]:
        shared, places = f"{text.tokens[places[0]].value.text}: ", counted
    if len(places) < 2 or counted != places or found.get("count", 1) not in (1, len(places)):
        return {}
    _count([len(places)])
    length = {name: found[name] for name in ("least", "most") if name in found}
    said = {at for n in places for at in range(max(0, n - 2), n) if text.tokens[at].form in _ORDINAL}
    own = [Each(target=found.get("target", USUAL), topic=shared + text.tokens[n].value.text, **length) for n in places]
    text.become([token._replace(form=",") if at in said else token for at, token in enumerate(text.tokens)])
    return {"each": tuple(own), "count": len(own), "topic": ""}


def _moments(text: Text, found: dict[str, Any]) -> dict[str, Any]:
    """What is asked of whole moments; a bound alone is met by the other that is usual."""
    made: dict[str, Any] = {"highlights": True, "parts": ()}
    if not text.values("count"):
        made["count"] = FEW
    low, high = found.get("least"), found.get("most")
    if not text.values("len", "length"):
        made |= {"least": MOMENT[0], "most": MOMENT[1]}
    elif low is None and high is not None:
        made["least"] = max(SHORTEST, min(MOMENT[0], round(high / 2, 1)))
    elif high is None and low is not None:
        made["most"] = min(LONGEST, max(MOMENT[1], 2 * low))
    if found["parts"]:
        told = "; ".join(str(part) for part in found["parts"])
        made["unmet"] = (
            *found.get("unmet", ()),
            f"{told}: a whole moment plays as it was said, so nothing is put into it.",
        )
    return made


def _lengths(text: Text, limit: int = MOST) -> dict[str, Any]:
    places = [n for n, token in enumerate(text.tokens) if token.form in ("<len>", "<length>")]
    if not places:
        counts = text.values("count")
        return {"count": _count(counts, limit)}
    lengths = [_length(text.tokens[n].value) for n in places]
    if len(lengths) > 1 and _corrected(text, places[-2], places[-1]):
        lengths, places = lengths[-1:], places[-1:]
    bounds = [each for each in lengths if each.least is not None or each.most is not None]
    exact = list(dict.fromkeys(each for each in lengths if each not in bounds))
    _demand_possible(exact, bounds)
    if len(exact) > 1:
        if all(_listed(text, one, other) for one, other in zip(places, places[1:], strict=False)):
            return _several(text, places)
        told = " and ".join(f"{each.target:g} s" for each in exact)
        raise WishError(
            f"{told} are asked of one promo; say one length, or “a {exact[0].target:g}s and a {exact[1].target:g}s version” for two."
        )
    one = _narrowed(exact[0] if exact else None, bounds)
    return {"target": one.target, "least": one.least, "most": one.most, "count": _count(text.values("count"), limit)}


def _length(value: Length | float) -> Length:
    return value if isinstance(value, Length) else Length(float(value))


def _demand_possible(exact: Sequence[Length], bounds: Sequence[Length]) -> None:
    for each in exact:
        if not SHORTEST <= each.target <= LONGEST:
            raise WishError(f"A promo lasts {SHORTEST:g} to {LONGEST:g} seconds; {each.target:g} s was asked.")
    least = max((each.least for each in bounds if each.least is not None), default=0.0)
    most = min((each.most for each in bounds if each.most is not None), default=LONGEST)
    if least > LONGEST or most < SHORTEST:
        raise WishError(
            f"A promo lasts {SHORTEST:g} to {LONGEST:g} seconds; {(least if least > LONGEST else most):g} s was asked."
        )
    if least > most:
        raise WishError(f"At least {least:g} s and at most {most:g} s are asked of one promo; no length is both.")
    for each in exact:
        if not least <= each.target <= most:
            raise WishError(f"{each.target:g} s is asked, and {least:g} to {most:g} s; say one of them.")


def _narrowed(exact: Length | None, bounds: Sequence[Length]) -> Length:
    """One length within every bound."""
    least = max((each.least for each in bounds if each.least is not None), default=None)
    most = min((each.most for each in bounds if each.most is not None), default=None)
    if exact is not None:
        return exact
    if len(bounds) == 1:
        return bounds[0]._replace(
            least=max(least, SHORTEST) if least is not None else None,
            most=min(most, LONGEST) if most is not None else None,
        )
    low, high = least or SHORTEST, most or LONGEST
    return Length(
        round(min(max(USUAL, low), high) if least is None or most is None else (low + high) / 2, 1), least, most
    )


_CORRECTION = word_set("wait actually sorry rather no correction nope scratch")


def _corrected(text: Text, one: int, other: int) -> bool:
    """Whether a length takes back the one before: "a one minute, no wait, ninety seconds"."""
    between = [token.form for token in text.tokens[one + 1 : other]]
    return bool(_CORRECTION & set(between)) or "mean" in between or "make that" in " ".join(between)


def _listed(text: Text, one: int, other: int) -> bool:
    """Whether two lengths are of two promos: joined by "and", a comma or the like, the second not said of the first."""
    between = [token.form for token in text.tokens[one + 1 : other]]
    return (
        bool({"and", ",", "plus", "/", ";", "also", "or", "&", "as", "then", "another", "one"} & set(between))
        and "of" not in between[-3:]
    )


def _several(text: Text, places: Sequence[int]) -> dict[str, Any]:
    """Promos of different lengths, each with the shapes and platforms that stand with it; what stands with the last alone is of all."""
    cuts = [0]
    for one, other in zip(places, places[1:], strict=False):
        joints = [
            n
            for n in range(one + 1, other)
            if text.tokens[n].form in ("and", ",", "plus", "/", ";", "also", "or", "&", "one")
        ]
        cuts.append(joints[-1] if joints else other)
    cuts.append(len(text.tokens))
    found = []
    for place, start, stop in zip(places, cuts, cuts[1:], strict=False):
        inside = text.tokens[start:stop]
        length = _length(text.tokens[place].value)
        own = Each(
            target=length.target,
            least=length.least,
            most=length.most,
            shapes=tuple(dict.fromkeys(token.value for token in inside if token.form == "<shape>")),
            platforms=_platforms(token.value for token in inside if token.form == "<pf>"),
            topic="; ".join(token.value.text for token in inside if token.form == "<topic>"),
        )
        counts = [token.value for token in inside if token.form == "<count>" and token.value != len(places)]
        topics = [token.value.text for token in inside if token.form == "<topic>"]
        if counts and len(topics) == counts[0] > 1:
            found += [own.model_copy(update={"topic": topic}) for topic in topics]
        else:
            found += [own] * (counts[0] if counts else 1)
    _count([len(found)])
    alone = {name for name in ("shapes", "platforms") if sum(bool(getattr(one, name)) for one in found) == 1}
    shared = {name for name in alone if getattr(found[-1], name)}
    each = [one.model_copy(update=dict.fromkeys(shared, ())) for one in found]
    each = [one.model_copy(update={"shapes": one.shapes or _shapes_of(one.platforms)}) for one in each]
    return {
        "each": tuple(each),
        "count": len(each),
        "target": each[0].target,
        "least": each[0].least,
        "most": each[0].most,
    }


def _count(counts: Sequence[int], limit: int = MOST) -> int:
    number = counts[0] if counts else 1
    if not 1 <= number <= limit:
        what = "promos are made of one wish" if limit == MOST else "moments are proposed of one video"
        more = f"; say “the {number} best moments” for as many" if limit == MOST and number <= MOMENTS else ""
        raise WishError(f"1 to {limit} {what}; {number} were asked{more}.")
    return number


def _platforms(names: Iterable[str]) -> tuple[str, ...]:
    called = set(names)
    return tuple(name for name in ("shorts", "youtube", "tiktok", "reels", "linkedin", "x") if name in called)


def _shapes_of(platforms: Iterable[str]) -> tuple[Shape, ...]:
    return tuple(dict.fromkeys(shape for name in platforms for shape in SHAPES_OF[name]))


_BESIDE = re.compile(r"<pf> and (?:a|an|one) (?:[a-z]+ )?<shape>|<shape> (?:\S+ )?and (?:a|an|one) <pf>")
"""A platform's own shape and another one: "a YouTube Short and a square one"."""


def _forms(text: Text) -> dict[str, Any]:
    less = {name for names in text.values("less") for name in names}
    called = _platforms(text.values("pf"))
    if (not called or less & set(called)) and less & set(SHAPES_OF):
        called = tuple(name for name in SHAPES_OF if name not in less)
    shapes = tuple(shape for shape in ("9x16", "1x1", "16x9") if shape in text.values("shape"))
    found: dict[str, Any] = {}
    if called:
        found["platforms"] = called
        found["shapes"] = _shapes_of(called)
    if shapes:
        own = _shapes_of(called) if text.values("pf") and _BESIDE.search(text.form) else ()
        found["shapes"] = tuple(dict.fromkeys((*own, *shapes)))
    if less & set(ALL):
        found["shapes"] = tuple(shape for shape in found.get("shapes", ALL) if shape not in less)
        if not found["shapes"]:
            raise WishError("Every shape is ruled out; say which one to make: 16:9, 9:16 or 1:1.")
    return found


def _sources(text: Text, found: dict[str, Any]) -> dict[str, Any]:
    """The window of the source; a stretch that fits into the promo whole must be in it."""
    windows: list[Window] = []
    parts: list[Part] = list(found["parts"])
    lasting = 0.0
    made: dict[str, Any] = {}
    outs = [each for each in request.stretches(text) if each.out]
    for each in request.stretches(text):
        if each.out:
            continue
        lasts = (each.end or 0.0) - each.start if not each.share and each.start >= 0 and each.end is not None else 0.0
        if each.asked and text.values("whole") and _fits(text, lasts):
            made |= {"target": lasts, "least": max(SHORTEST, lasts - 1.0), "most": min(LONGEST, lasts + 1.0)}
        elif each.asked and lasts and lasts <= found.get("target", USUAL) + 0.5:
            parts.append(Part(query=f"{_clock(each.start)} to {_clock(each.end or 0.0)}"))
            continue
        windows.append(_window(each))
        lasting = max(lasting, lasts or (-each.start if each.start < 0 else 0.0))
    if windows and not text.values("len", "length") and 0 < lasting < USUAL + 1:
        if lasting < SHORTEST:
            raise WishError(
                f"A promo lasts {SHORTEST:g} to {LONGEST:g} seconds; it was asked of {lasting:g} s of the video."
            )
        made |= {"target": lasting, "least": max(SHORTEST, round(lasting / 2, 1)), "most": lasting}
    if outs and all(not each.share and each.start >= 0 and each.end is not None for each in windows):
        windows = _less(windows, outs)
    elif outs:
        told = " and ".join(map(str, (_window(each) for each in outs)))
        made["unmet"] = (*found.get("unmet", ()), f"“{told}” is ruled out beside where to take it from; {ONE_WINDOW}")
    if _CUTS.search(text.form):
        made["unmet"] = (*found.get("unmet", ()), *made.get("unmet", ()), KEPT)
    return made | {"window": _met(windows), "parts": tuple(parts[:PARTS])}


def _fits(text: Text, lasts: float) -> bool:
    """Whether a stretch is asked for whole, and can be a promo."""
    return SHORTEST <= lasts <= LONGEST and not text.values("len", "length")


def _less(windows: Sequence[Window], outs: Sequence[Stretch]) -> list[Window]:
    """What is left of windows, or of the whole video, where stretches are ruled out."""
    found: list[Window] = []
    for window in windows or (Window(start=0.0),):
        start, end = window.start, window.end
        for each in sorted(outs):
            if (each.end or 0.0) <= start or (end is not None and each.start >= end):
                continue
            found += [Window(start=start, end=each.start)] if each.start > start else []
            start = each.end or start
        found += [Window(start=start, end=end)] if end is None or start < end else []
    if not found:
        raise WishError("All that may be used is ruled out too; say from when to when to take it.")
    return found


_CUTS = re.compile(r" cut (?:the|that|my|our) (?:[a-z]+ ){1,3}<window>(?! (?:into|to|down|as|for))")
"""Where "cut" may ask for a part or rule it out."""


def _met(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Several windows: what begins and what ends one are one, else each is a place to take from."""
    starts = [each for each in windows if each.end is None and not each.share and each.start > 0]
    ends = [each for each in windows if each.end is not None and each.start == 0 and not each.share]
    if len(windows) == 2 and len(starts) == len(ends) == 1 and (ends[0].end or 0) > starts[0].start:
        return (starts[0].model_copy(update={"end": ends[0].end}),)
    if len(windows) == 2 and all(each.share for each in windows):
        start, end = max(each.start for each in windows), min(each.end or 1.0 for each in windows)
        return (Window(start=start, end=end, share=True),) if start < end else tuple(windows)
    return tuple(dict.fromkeys(windows))


def _window(stretch: Stretch) -> Window:
    return Window(start=stretch.start, end=stretch.end, share=stretch.share)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )


def _unmet(text: Text) -> tuple[str, ...]:
    told: dict[str, list[str]] = {}
    for what, why in text.values("unmade", "purpose"):
        told.setdefault(why, []).append(what)
    return tuple(f"“{', '.join(dict.fromkeys(whats))}”: {why}" for why, whats in told.items())


def without_music(reading: Reading) -> Reading:
    """The reading where the music that it asks for was given."""
    return reading.model_copy(update={"unmet": tuple(each for each in reading.unmet if MUSIC not in each)})


def without_openings(reading: Reading) -> Reading:
    """The reading where a second opening is not made, which is told."""
    told = (OTHER_OPENING,) if reading.openings > 1 else ()
    return reading.model_copy(update={"unmet": (*reading.unmet, *told), "openings": 1})


def demand_whole(reading: Reading) -> None:
    """Raises ``WishError`` where a part of the wish will not be met: what a strict run refuses."""
    if reading.left:
        raise WishError(
            f"Nothing is made, since the run is strict: {' '.join(reading.left)} Leave that out, or leave out --strict."
        )


_NOUN = re.compile(
    r"\b(?:promos?|videos?|clips?|teasers?|trailers?|reels?|shorts?|cuts?|versions?|ones?|highlights?|summary|summar\w+|best (?:of|bits?|moments?)|something|edits?|recap|snippets?)\b",
    re.IGNORECASE,
)


def asks_for_promo(said: str, reading: Reading) -> bool:
    """Whether words ask for a promo at all: a greeting does not."""
    plain = Reading(unread=reading.unread)
    return not said.strip() or reading != plain or bool(_NOUN.search(said)) or find_seconds(said) is not None


def demand_promo(said: str) -> Reading:
    """The reading of a wish that asks for something.  Raises ``WishError`` for words that ask for nothing."""
    reading = read_wish(said)
    if not asks_for_promo(said, reading):
        raise asks_nothing(said)
    return reading


def asks_nothing(said: str) -> WishError:
    return WishError(f"“{clean(said, 120)}” asks for nothing that is understood here. {WISH_EXAMPLES}")


def find_platforms(said: str) -> tuple[str, ...]:
    """The platforms that words name."""
    return _platforms(parse(said).values("pf"))


def trim_passage(said: str) -> str:
    """The words that name a passage, without what surrounds them."""
    return clean(said, 400).strip(" \"'“”.,:;!?")


def find_seconds(said: str) -> float | None:
    """The first length that words name."""
    text = parse(said)
    lengths = [_length(value).target for value in text.values("len", "length")]
    return lengths[0] if lengths else next(iter(text.values("clock")), None)


def no_translation(language: str) -> str:
    return (
        f"What is spoken stays as it is: for captions in {language} say “with {language} subtitles”; "
        f"if {language} is spoken in the video, say “spoken in {language}”."
    )


def find_tongues(said: str) -> tuple[str, ...]:
    """The languages of captions, where words ask for those and nothing else.  Raises ``WishError`` as ``read_wish`` does."""
    text = parse(said)
    read_translations(text)
    return _tongues(text) if all(token.form in ("<translation>", "<dub>", ",", ";") for token in text.tokens) else ()


def find_language(said: str) -> str | None:
    """The language that words say is spoken.  Raises ``WishError`` where they ask for a translation."""
    return _language(parse(said))


def _language(text: Text) -> str | None:
    spoken: list[str] = []
    text.reduce(
        rf"(?:(?:and|it's|it is|the|,) )*(?:spoken in|(?:they|we|he|she|i|people|speakers?) (?:all )?(?:speak|speaks|talk|talks)(?: in)?|{_TALK} (?:is |are |was )?(?:spoken )?in|audio (?:is )?in) <lang>(?: {TAKEN})?|<lang> (?:{_TALK}|audio|speech|spoken|language)",
        "spoken",
        lambda f: spoken.append(f.value("lang")) or f.value("lang"),  # type: ignore[func-returns-value]
    )
    read_translations(text)
    if spoken:
        return spoken[0]
    asked: list[str] = []
    text.reduce(
        r"(?:in|into|to) <lang>(?! captions| subtitles)",
        "translated",
        lambda f: asked.append(f.value("lang")) or f.value("lang"),  # type: ignore[func-returns-value]
    )
    if asked and asked[0] != "en":
        raise WishError(no_translation(NAMES.get(asked[0], asked[0])))
    return "en" if asked else None


_TALK = r"(?:video|talk|webinar|recording|interview|podcast|lecture|speech|original|source|footage)"
