"""The grammar of wishes and revisions: from tokens to lengths, times, names and looks, each a typed span.

Rules are carried out in their order; each puts what it understands together to one token, so that a later one reads over it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from agent.reading.facts import SOURCE, read_facts
from agent.reading.text import Found, Text, Token, tokenise
from agent.reading.tongues import units, word_set
from agent.reading.unmade import HOOK
from tools.schema import LONGEST, SHORTEST, Shape
from tools.text import clean
from tools.words.languages import NAMES

USUAL = 30.0
"""Seconds of a promo where none were asked."""
LOOSE = 0.1
"""Share by which "about 45 seconds" may be missed where it can't be met."""
EDGE = 0.5
"""Seconds kept off a bound, since a promo may miss its target by as much."""


class Length(NamedTuple):
    """Seconds asked of a promo, and those between which it may lie where a range was said."""

    target: float
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        if self.least is None and self.most is None:
            return f"{self.target:g} s"
        low, high = self.least, self.most
        if low is not None and high is not None:
            return f"{self.target:g} s ({low:g} to {high:g} s)"
        return (
            f"{self.target:g} s (at most {high:g} s)" if high is not None else f"{self.target:g} s (at least {low:g} s)"
        )


class Stretch(NamedTuple):
    """From where to where of the video: seconds, those below zero from its end; shares of it where ``share``."""

    start: float = 0.0
    end: float | None = None
    share: bool = False
    asked: bool = False
    """Whether it must be in the promo, and is not only where the promo is taken from."""
    out: bool = False
    """Whether nothing may be taken from it."""


NOUN = (
    r"(?:promos?|promotional|videos?|clips?|teasers?|trailers?|cuts?|versions?|edits?|ones?|highlights?|highlight reel|summary|summaries|recaps?|"
    r"variants?|variations?|options?|alternatives?|moments?|snippets?|ads?|advert|spots?|montages?|posts?|pieces?|soundbites?|bites?|excerpts?|"
    r"sizzles?|takes?|bits?|parts?|sections?|quotes?|films?|stories|story|content|masters?|cutdowns?|previews?|intro video)"
)
UNIT_S = r"(?:s|sec|secs|second|seconds|secons|segs|seconde)"
UNIT_M = r"(?:m|min|mins|minute|minutes|minuts)"
UNIT_H = r"(?:h|hr|hrs|hour|hours)"
N = r"(?:\d+(?:\.\d+)?)"
PLATFORMS: tuple[tuple[str, str], ...] = (
    ("shorts", r"(?:youtube|yt) shorts?|shorts"),
    ("youtube", r"youtube|yt|you tube"),
    ("tiktok", r"tiktoks?|tik tok|tick tock|tt"),
    (
        "reels",
        r"(?:instagram|insta|ig) reels?|(?<!sizzle )(?<!highlight )(?<!highlights )(?<!demo )(?<!show )reels?(?! to reel)|instagram|insta|ig",
    ),
    ("linkedin", r"linkedin|linked in|li(?= (?:,|;|and|$|/|plus))"),
    ("x", r"x\.com|twitter|(?:x )?(?:\( )?formerly twitter"),
)
NAMED_ELSEWHERE = r"(?:facebook|fb|snapchat|pinterest|whatsapp|telegram|vimeo|bluesky|mastodon|twitch|reddit|tripadvisor|spotify|product hunt|intranet)"
ELSEWHERE = r"(?:snap|threads|discord|indeed|(?:our |the )?careers page|(?:our |the )?intranet|(?:instagram|insta|ig) (?:stories|story|feed)|(?:a |the |our |my )?(?:website|web site|homepage|landing page|newsletter|email|e mail|blog)|tv|cinema)"
SHAPES: dict[str, Shape] = {
    r"vertical|vertically|portrait|tall|upright|9:16": "9x16",
    r"square|1:1": "1x1",
    r"horizontal|horizontally|landscape|wide ?screen|wide screen|wide(?= (?:format|mode|version|aspect))|16:9": "16x9",
}
LANGUAGES = {"mandarin": "zh", "castilian": "es", "brazilian portuguese": "pt"} | {
    called.lower(): code for code, called in NAMES.items()
}
"""What a wish calls a language, with its code."""
CAPTION = r"(?:captions?|captioning|subtitles?|subtitling|subs|on screen text|text on (?:the )?screen|burned in (?:captions?|subtitles?|text))"
DEAD = r"(?:silences?|silent (?:parts?|bits?|gaps?)|pauses?|long pauses|dead air|gaps?|fillers?|likes|air|filler words?|ums?|uhs?|ahs?|ums and (?:uhs|ahs|ers)|uhms?|ehs?|hesitations?|stutters?|stammering)"
NEGATIVE = (
    r"(?:do not|don't|dont|never|no|not|without|skip|skipping|drop|dropping|remove|removing|cut out|cut off|cut|leave out|leaving out|leave off|take out|"
    r"ignore|ignoring|exclude|excluding|minus|lose|trim|trim off|avoid|avoiding|except|except for|but not|get rid of|chop off|chop|omit|delete|rather than|instead of|strip|strip out)"
)
TONES = (
    "funny|romantic|romantico|romántico|atmospheric|authentic|inclusive|encouraging|high energy|playful|serious|formal|casual|professional|friendly|dramatic|warm|upbeat|provocative|inspiring|inspirational|calm|punchy|witty|dry|confident|humble|energetic|sober|cheeky|"
    "hype|hyped|dignified|moody|sad|happy|uplifting|romantic|respectful|lively|dynamic|strong|honest|sincere|wholesome|chill|epic|dark|cozy|kind|polite|positive|joyful|tender|solemn|crisp|seriös|sachlich|lustig|locker|witzig|motivacional|motivacionales|motivacionais|misterioso|divertido|divertida|serio|sérieux|drôle|sérieuse|élégant|emocional|emocionante|emozionante|elegante|alegre|dynamique|snappy|emotional|motivational|educational|bold|edgy|relaxed|humorous|conversational|informative|light|lighthearted|urgent|elegant|quirky|sincere|heartfelt|optimistic|engaging|catchy|"
    "businesslike|corporate|informal|excited|exciting|fun|intense|mysterious|sarcastic|ironic|enthusiastic|candid|authoritative|hopeful|neutral|matter of fact|personal|thoughtful"
)


def english() -> frozenset[str]:
    """The words that the grammar itself knows, by which English is told from other languages."""
    return _ENGLISH


_ENGLISH = word_set(
    """delete all remove lose kill clips film films trailer trailers videos reel reels new different rewrite titles hooks tags again reorder order third fourth
    fifth everything nothing little promos teasers title extra please shorts ones final opening closing make a an the of in for about with without and or but not don't do no more less than under over between to from at on video promo clip short second
    seconds minute minutes captions subtitles bold karaoke vertical square version versions start end open drop remove keep only use include mention leave
    out avoid shorter longer please that this is it two three four five six seven eight nine ten twenty thirty forty fifty sixty ninety hundred half first
    last best moments cut create give me us want need we i you my our focus skip just another one ones talk talking make teaser intro where when how what
    why everything part bit his her their they he she exclude except add tone long get turn into them up down so swap move replace put undo back linkedin
    youtube"""
)


def parse(said: str) -> Text:
    """What was said, with numbers, lengths, times and names told from the rest."""
    text = tokenise(said, english())
    _say_once(text)
    _mend_units(text)
    _names(text)
    _lengths(text)
    read_facts(text)
    _bounds(text)
    _times(text)
    _clocks(text)
    return text


TYPO = 0.8
"""How alike a word after a number and a unit must be for the one to be the other, misspelt: a letter off in five."""


def _mend_units(text: Text) -> None:
    """Seconds and minutes that were misspelt, where a number stands before them: "1 minut", "30 secnods"."""
    known = units(text.language)
    for at, (before, token) in enumerate(pairwise(text.tokens), 1):
        form = token.form
        if (shape := _misspelt(form, _SHAPE_WORDS)) and not form.startswith(shape) and not shape.startswith(form):
            text.tokens[at] = token._replace(form=shape)
            continue
        number = before.form == "one" or re.fullmatch(N, before.form)
        if not number or len(form) < 5 or not form.isalpha() or form in known or form in _ENGLISH:
            continue
        if near := _misspelt(form, tuple(known)):
            text.tokens[at] = token._replace(form=known[near])
    text.become(text.tokens)


_SHAPE_WORDS = ("vertical", "horizontal", "landscape")


def _misspelt(form: str, words: Sequence[str]) -> str:
    """The one of ``words`` that this is, a letter in five off; empty where it is none."""
    if len(form) < 5 or not form.isalpha():
        return ""
    from rapidfuzz.distance import OSA

    near = max(words, key=lambda word: OSA.normalized_similarity(form, word))
    return near if OSA.normalized_similarity(form, near) >= TYPO else ""


_PAIRS = r"(?:16 (?:by|x) 9|9 (?:by|x) 16|16 to 9(?! <| seconds?| minutes?| s | sec)|9 to 16(?! <| seconds?| minutes?| s | sec)|4 (?:by|x) 5|4 (?:by|x) 3|3 (?:by|x) 4|2 (?:by|x) 3|21 (?:by|x) 9)"
_AS_SHAPE = r"(?:format|ratio|aspect|shape|video|aspect ratio|promo|crop|picture)"


def _spoken_ratios(text: Text) -> None:
    """Shapes that were said in numbers: "sixteen by nine"; "one by one" only where it is called a shape."""
    said = text.tokens
    text.reduce(
        rf"{_PAIRS}|(?:one|1) (?:by|to|x) (?:one|1)(?= {_AS_SHAPE})|(?:4 to 5|4 to 3|3 to 4|2 to 3)(?= {_AS_SHAPE})",
        "ratio",
        lambda f: ":".join({"one": "1"}.get(part, part) for part in re.split(r" (?:by|to|x) ", f.form())),
    )
    if text.tokens is not said:
        text.become([t._replace(form=t.value, value=None) if t.form == "<ratio>" else t for t in text.tokens])


def _names(text: Text) -> None:
    _spoken_ratios(text)
    text.reduce(
        rf"{NAMED_ELSEWHERE}(?: (?:page|feed|canvas|channel|story|stories|status|group))?", "elsewhere", lambda f: f[0]
    )
    text.reduce(
        ELSEWHERE,
        "elsewhere",
        lambda f: f[0] if f.before in ("for", "on", "to", "and", ",", "or", "/", "the", "our", "my") else None,
    )
    for name, pattern in PLATFORMS:
        text.reduce(pattern, "pf", lambda f, name=name: name)  # type: ignore[misc]
    text.reduce(
        r"(?<= a )short|(?<= as a )short|(?<= youtube )short",
        "pf",
        lambda f: "shorts" if f.after in ("", ",", ";", "about", "on", "of", "for", "with", "please", "from") else None,
    )
    text.reduce("x", "pf", lambda f: "x" if _is_platform(f) else None)
    for pattern, shape in SHAPES.items():
        text.reduce(
            rf"(?:in )?(?:{pattern})(?: (?:formats?|mode|orientation|aspect|ratio|shape|aspect ratio))*",
            "shape",
            lambda f, shape=shape: shape,  # type: ignore[misc]
        )
    text.reduce(
        r"(?:in )?(?:4:5|4:3|3:4|2:3|21:9)(?: (?:format|ratio|aspect ratio|version))*", "noshape", lambda f: f.form()
    )
    text.reduce("|".join(LANGUAGES), "lang", lambda f: LANGUAGES[f.form()])


def _is_platform(f: Found) -> bool:
    """Whether a lone X is where posts go, and no unknown or part of a name."""
    beside = ("for", "on", "to", "but", "except", "and", "or", ",", "/", "plus", "not", "<pf>")
    after = f.after
    return f.before in beside and (
        after in ("", ",", ";", "and", "or", "/", "too", "please", "with", "only") or after[0] == "<"
    )


def _loose(asked: float) -> Length:
    return Length(asked, round(asked * (1 - LOOSE), 1), round(asked * (1 + LOOSE), 1))


def _num(form: str) -> float:
    return {"one": 1.0, "a": 1.0, "an": 1.0, "half": 0.5}.get(form) or float(form or 0)


def _both(f: Found) -> float | None:
    """Minutes and seconds of one length; over a comma only where they can be no two: "the last 10 minutes, 60 seconds"."""
    minutes, seconds = _num(f.form("m")), _num(f.form("s"))
    apart = f.form("join") == ", " and (minutes > 3 or f.before in ("first", "last", "opening", "final", "closing"))
    return None if seconds >= 60 or apart else minutes * 60 + seconds


def _lengths(text: Text) -> None:
    one = rf"(?P<n>{N}|one|a|an)"
    text.reduce(rf"(?P<m>{N}|one|a) {UNIT_M} (?P<join>and |, )?(?P<s>{N}) {UNIT_S}", "len", _both)
    text.reduce(
        rf"(?P<m>{N}|one|a|an) {UNIT_M} (?P<s>\d\d)",
        "len",
        lambda f: (
            _num(f.form("m")) * 60 + int(f.form("s"))
            if int(f.form("s")) < 60 and not re.match(rf"(?:{UNIT_M}|<)", f.after)
            else None
        ),
    )
    text.reduce(
        rf"(?:{one} (?:and|&) a half|(?P<k>\d+) ½) {UNIT_M}",
        "len",
        lambda f: (_num(f.form("n") or f.form("k")) + 0.5) * 60,
    )
    text.reduce(rf"{one} {UNIT_M} and (?:a )?quarter", "len", lambda f: (_num(f.form("n")) + 0.25) * 60)
    text.reduce(
        rf"(?P<n>{N}) ?ish {UNIT_S}|(?P<m>{N}) ?ish {UNIT_M}",
        "length",
        lambda f: _loose(_num(f.form("n") or f.form("m")) * (1 if f.form("n") else 60)),
    )
    text.reduce(rf"{one} {UNIT_M} and (?:a |one )?half", "len", lambda f: (_num(f.form("n")) + 0.5) * 60)
    text.reduce(rf"(?:a )?half(?: a| an)?(?: of a)? {UNIT_M}", "len", lambda f: 30.0)
    text.reduce(rf"(?:a )?quarter(?: of)?(?: a| an)? {UNIT_M}", "len", lambda f: 15.0)
    text.reduce(rf"(?:3|three) quarters? of (?:a|an) {UNIT_M}", "len", lambda f: 45.0)
    text.reduce(r"(?:a )?half(?: an| a)? hour", "len", lambda f: 1800.0)
    text.reduce(r"(?:a )?(?:quarter of an hour|quarter hour)", "len", lambda f: 900.0)
    text.reduce(
        rf"(?P<h>{N}|one|an) {UNIT_H} (?:and )?(?P<m>{N})(?: {UNIT_M})?",
        "len",
        lambda f: _num(f.form("h")) * 3600 + _num(f.form("m")) * 60,
    )
    text.reduce(r"(?:an |one )?hour and a half", "len", lambda f: 5400.0)
    text.reduce(rf"(?:a )?couple(?: of)? {UNIT_M}", "len", lambda f: 120.0)
    text.reduce(
        r"(?:the )?(?:single )?(?:best|top|strongest|funniest) minute(?! of (?:the|my|our))", "len", lambda f: 60.0
    )
    text.reduce(
        rf"(?P<n>{N}|one|a|an) (?:of )?(?P<u>{UNIT_S}|{UNIT_M}|{UNIT_H})",
        "len",
        lambda f: (
            None
            if f.form("n") == "a" and f.form("u") in ("second", "m", "s", "h")
            else _num(f.form("n")) * {"s": 1, "m": 60, "h": 3600}[f.form("u")[0]]
        ),
    )
    # a clock that stands where only a length can
    text.reduce(
        rf"<clock>(?= (?:long|{NOUN}|<pf>|<shape>))",
        "len",
        lambda f: f.value("clock") if f.before not in ("at", "from", "to", "until") else None,
    )
    text.reduce(rf"<clock>(?: (?:{UNIT_M}|{UNIT_S}))", "len", lambda f: f.value("clock"))
    text.reduce(
        r"(?<= trt )<clock>|(?<= runtime )<clock>|(?<= duration )<clock>|(?<= down to )<clock>|(?<= cut to )<clock>|(?<= cut it to )<clock>|(?<= a )<clock>|(?<= length of )<clock>|(?<= lasts )<clock>",
        "len",
        lambda f: f.value("clock"),
    )


_BEFORE_SOURCE = ("from", "use", "take", "keep", "include", "at", "only", "just", "cut", "clip")


def _fact(f: Found, seconds: float) -> float | None:
    """The video's own length; "it is 30 seconds" may as well be a wish, so that "it" must be longer than a promo can be."""
    said = f.form().strip(" ,").split()[0]
    return seconds if said not in ("it", "its", "it's", "which") or seconds > LONGEST or f.before == "," else None


def _of_a_thing(f: Found) -> bool:
    """Whether a length only describes something: "about a 15 minute city"."""
    plain = bool(f.after) and f.after[0].isalpha() and not re.fullmatch(NOUN, f.after)
    return (
        " a <len>" in f.form()
        and plain
        and f.after not in ("about", "for", "on", "with", "long", "and", "of", "in", "please", "or", "max")
    )


def _a_topic(f: Found) -> bool:
    """Whether "about" tells what a promo is about whose length was told before: "a 30s promo about ten minutes of silence"."""
    told = any(token.form in ("<len>", "<length>") for token in f.text.tokens[: f.tokens.start])
    return told and f.form().split()[0] == "about" and bool(re.fullmatch(NOUN, f.before))


def _promo_lengths(f: Found, names: str) -> list[float] | None:
    """The numbers of these groups where each is a length that a promo can have."""
    found = [float(f.form(name)) for name in names]
    return found if all(SHORTEST <= each <= LONGEST for each in found) else None


def _bounds(text: Text) -> None:
    """Ranges, bounds and rough lengths; first what is said of the video's own length, which is no wish."""
    text.reduce(
        rf"(?:,? ?)?(?:(?:the|this|my|our|whole|full|original) )*(?:{SOURCE} (?:is|was|runs|lasts|takes)|it's|its|it is|it runs|it lasts|which runs|which is)(?: (?:about|around|for|over|almost|nearly|of))* <len>(?: (?:long|in total|now|already|apparently))*(?= (?:,|;|and|but|of|so|cut|make|need|can|$))",
        "fact",
        lambda f: _fact(f, float(f.value("len"))),
    )

    def between(f: Found) -> Length | None:
        low, high = f.form("low"), float(f.value("len", 1 if "<len>" in f.form("low") else 0))
        least = float(f.value("len")) if low == "<len>" else _num(low) * (60 if high >= 60 and _num(low) < 6 else 1)
        source = f.form("from") == "from" or f.before in _BEFORE_SOURCE
        if (
            least >= high
            or high > LONGEST
            or (source and not re.match(rf"(?:long|{NOUN})", f.after) and f.form("join") in ("-", "to", "and"))
        ):
            return None
        return Length(round((least + high) / 2, 1), least, high)

    text.reduce(
        rf"(?:(?P<from>anywhere between|somewhere between|anywhere from|between|from|about|around) )?(?P<low><len>|{N}) (?P<join>-|to|and|or|maybe|, maybe|, or) <len>(?: long| in length)?",
        "length",
        lambda f: between(f) if f.form("join") != "and" or "between" in f.form("from") else None,
    )

    def most(f: Found) -> Length | None:
        limit = float(f.value("len"))
        return Length(min(USUAL, max(limit - EDGE, SHORTEST)), None, limit)

    def least(f: Found) -> Length | None:
        limit = float(f.value("len"))
        return Length(max(USUAL, min(limit + EDGE, LONGEST)), limit, None)

    # a number beside a length, or after a bound, is of its unit
    for _ in range(4):
        text.reduce(rf"(?P<n>{N})(?= (?:and|,|/|, and|or) <len>)", "len", lambda f: _like(f, f.form("n")))
    text.reduce(
        rf"a (?P<a>{N}) and a (?P<b>{N})(?= (?:,|;|of|about|versions?|cuts?|for|on))",
        "lens",
        lambda f: _promo_lengths(f, "ab"),
    )
    text.reduce(
        rf"(?P<a>{N}) , (?P<b>{N})(?: ,)? and (?P<c>{N})(?= (?:,|;|of|$|versions?|cuts?))",
        "lens",
        lambda f: _promo_lengths(f, "abc"),
    )
    _spread(text)
    text.reduce(
        rf"between (?P<a>{N}) and (?P<b>{N})(?= (?:,|;|for|about|$))",
        "length",
        lambda f: (
            Length(round((float(f.form("a")) + float(f.form("b"))) / 2, 1), float(f.form("a")), float(f.form("b")))
            if SHORTEST <= float(f.form("a")) < float(f.form("b")) <= LONGEST
            else None
        ),
    )
    text.reduce(
        rf"(?<= {{}} ){N}".replace("{}", "less than")
        + rf"(?= (?:,|;|$))|(?<= more than ){N}(?= (?:,|;|$))|(?<= under ){N}(?= (?:,|;|$|<))|(?<= at least ){N}(?= (?:,|;|$))|(?<= up to ){N}(?= (?:,|;|$))|(?<= max ){N}(?= (?:,|;|$))",
        "len",
        lambda f: float(f.form()) if SHORTEST <= float(f.form()) <= LONGEST else None,
    )
    under = r"(?:< =|<=|≤|<|=<|under|below|less than|fewer than|no more than|no longer than|not more than|not longer than|not over|no over|at most|at the most|a max of|a maximum of|max of|maximum of|max|maximum|up to|shorter than|within|not to exceed|not exceeding|capped at|or under|not be longer than|not be more than|not be over|not last longer than|not last more than|not run longer than|not run over|shouldn't be longer than|shouldn't exceed|not exceed|not be longer|may not exceed|can't exceed|nothing over|nothing longer than|can't be longer than|cannot be longer than|must not exceed|doesn't exceed|should not exceed|stay under|keep it under|keep under)"
    over = r"(?:at least|at the least|over|more than|longer than|no less than|not less than|no shorter than|not under|a minimum of|minimum of|min of|minimum|not shorter than)"
    text.reduce(rf"{under} <len>(?: long| in length| total)?", "length", most)
    text.reduce(
        r"(?:a )?<len>(?: long)? (?:(?:is |as )?(?:a |the |at )?(?:max|maximum|most|tops|limit|cap|ceiling)|or less|or under|or shorter|and under|at the most|and no more|and not longer|and no longer)",
        "length",
        most,
    )
    text.reduce(rf"{over} <len>(?: long)?", "length", least)
    text.reduce(r"<len>(?: long)? (?:(?:at )?(?:minimum|least)|or more|or longer|and up|and over)", "length", least)

    def loose(f: Found) -> Length | None:
        return _loose(float(f.value("len")))

    text.reduce(
        r"(?:somewhere |anywhere )?(?:about|around|roughly|approximately|approx|circa|ca|some|nearly|almost|close to|more or less|something like|like|or so|round about)(?: (?:a|the))? <len>(?: (?:or so|ish|long))?",
        "length",
        lambda f: (
            None
            if _of_a_thing(f) or _a_topic(f) or (f.form().split()[0] == "like" and f.after not in ("", ",", ";"))
            else loose(f)
        ),
    )
    text.reduce(
        r"<len>(?: long)? (?:or so|ish|give or take|more or less|roughly|approximately|or thereabouts)", "length", loose
    )
    text.reduce(
        r"(?:exactly|precisely|sharp|a full|full) <len>|<len> (?:exactly|precisely|sharp|on the dot)",
        "length",
        lambda f: Length(float(f.value("len"))),
    )


def _like(f: Found, number: str) -> float | None:
    """A number in the unit of the length that follows it."""
    length = next((t for t in f.text.tokens[f.tokens.stop :] if t.form == "<len>"), None)
    value = float(number)
    if (
        length is None
        or not SHORTEST <= value <= LONGEST
        or f.before in ("from", "between", "top", "clip", "part", "at")
    ):
        return None
    return value if length.value < 60 or value >= 10 else value * 60


def _spread(text: Text) -> None:
    """Lengths that were said as one list, each a token."""
    made = []
    for token in text.tokens:
        if token.form != "<lens>":
            made.append(token)
            continue
        for n, value in enumerate(token.value):
            made += [token._replace(form=",", value=None)] if n else []
            made.append(token._replace(form="<len>", value=value))
    text.become(made)


TAKEN = r"(?:(?:of|in|from|into) (?:the|my|this|our|that|a) (?:original |source |full |whole |long )?(?:video|talk|recording|footage|episode|podcast|interview|webinar|source|file|film|stream|session|call|meeting|presentation|keynote|lecture|show|speech|conversation|panel|clip|thing|original|demo))"


def _times(text: Text) -> None:
    at = r"(?:<clock>|<len>|<length>|minutes? \d+(?:\.\d+)?|seconds? \d+)"

    def moment(f: Found, group: str) -> float:
        token = f.inside(group)
        form = f.form(group)
        if form.startswith(("minute", "second")):
            return float(form.split()[1]) * (60 if form[0] == "m" else 1)
        value = token[-1].value
        return float(value.target if isinstance(value, Length) else value)

    text.reduce(
        r"(?:(?:that|which|it|must|should|a) )*(?:(?:hooks?|hooking|grabs?|catch(?:es)?|que enganche|engaging) )?(?:(?:you|me|people|them|viewers|attention) )?(?:in|within) the first <len>",
        "unmade",
        lambda f: (clean(f[0], 80), HOOK) if f.value("len") < SHORTEST else None,
    )

    def edge(f: Found) -> Stretch | None:
        if not f.match["lead"] and f.before not in ("", ",", ";"):
            return None
        seconds = float(f.value("len") or {"hour": 3600, "minute": 60}[f.form("unit")])
        first = f.form("which") in ("first", "opening", "initial", "1st")
        if f.match["no"]:
            return Stretch(seconds) if first else Stretch(0.0, -seconds)
        return Stretch(0.0, seconds) if first else Stretch(-seconds)

    text.reduce(
        rf"(?:(?P<no>{NEGATIVE}|forget|nothing) (?:use |include |show |touch )?)?(?:(?:anything|everything|something|a promo|only|just|the best|use|using|take|take only|from|of|in|within|with|keep|out of|<pf>|everything in) )*(?P<lead>the |its |my |(?<=only )|(?<=use )|(?<=skip )|(?<=drop )|(?<=cut )|(?<=from )|(?<=of )|(?<=remove ))?(?P<which>first|opening|initial|1st|last|final|closing) (?:<len>|(?P<unit>hour|minute))(?: {TAKEN})?(?: only)?",
        "window",
        edge,
    )
    text.reduce(
        rf"(?:(?P<no>{NEGATIVE}) (?:use |include |show )?)?(?:(?:only|just|use|take|from|of|in|within|keep|using|with|out of|content|material|moments|anything|something) )*the (?P<which>first|second|last|latter|2nd|1st|final|middle|opening|closing) (?P<part>half|third|quarter|2 thirds|3 quarters)(?: {TAKEN}|(?! of))(?: only)?",
        "window",
        _half,
    )

    def span(f: Found) -> Stretch | None:
        low = f.form("a")
        end = moment(f, "b")
        if low and re.fullmatch(N, low):
            if f.form("b").startswith("<clock>"):
                return None
            start = _num(low) * (60 if end >= 60 and _num(low) * 60 < end else 1)
        else:
            start = moment(f, "a")
        if (
            start > end
            or f.before in ("a", "an")
            or f.form("no") in ("cut", "trim")
            or (f.form("join") == "and" and not f.match["from"])
        ):
            return None
        return Stretch(start, end, False, f.match["only"] is None, bool(f.match["no"]))

    begins = r"(?:(?:it|that|which|this|he|she|starts?|starting|begins?|beginning|commences?|commencing|runs?|running|from|at|around|about|like|roughly) )+"
    ends = r"(?:(?:,|and|-|to|it|then|which|ends?|ending|concludes?|concluding|finish(?:es|ing)?|stops?|stopping|goes|until|till|through|up|at|around|about|like|roughly) )+"
    text.reduce(
        rf"(?:the (?:bit|part|passage|section|segment|clip) )?{begins}(?P<a>{at})(?: mark)? {ends}(?P<b>{at})(?: mark)?(?: {TAKEN})?",
        "window",
        lambda f: _from_to(f, moment(f, "a"), moment(f, "b")),
    )

    text.reduce(
        rf"(?:(?P<no>{NEGATIVE}) )?(?:(?P<only>only|just) )?(?:(?:use|using|take|keep|include|show|cut|clip|add|with|need|want|grab|feature|the|part|section|bit|segment|stretch|clip|footage|everything|video|of|that goes|moment|passage|something|anything) )*(?P<from>from |between )?(?:the |about )?(?P<a>{at}|{N})(?: mark)? (?P<join>to|till|til|until|-|through|and go until|and|up to|and go to)(?: the| about)* (?P<b>{at})(?: only| mark)?(?: {TAKEN})?",
        "window",
        span,
    )

    text.reduce(
        rf"(?:(?:only|just|use|take|from|between|keep|the) )*minutes? (?P<a>{N}) (?:to|-|until|and|through) (?:the )?(?:minutes? )?(?P<b>{N})(?: {TAKEN})?",
        "window",
        lambda f: (
            Stretch(60 * float(f.form("a")), 60 * float(f.form("b")))
            if float(f.form("a")) < float(f.form("b"))
            else None
        ),
    )

    def starts(f: Found) -> Stretch | None:
        if f.match["no"]:
            return Stretch(0.0, moment(f, "a"))
        if "len" in f.form("a") and not (f.match["on"] or f.form("verb") in ("after", "past")):
            return None
        return Stretch(moment(f, "a"))

    on = r"(?: (?P<on>(?:mark |point )?(?:onwards?|on|in|into it|and on|forward|and after|into|mark)(?: the (?:video|talk|recording))?|to the end))?"
    text.reduce(
        rf"(?P<no>(?!))?(?:(?:that|which|it|should|must|to|please|only|use|take|everything|anything|stuff|content|just|<noun>) )*(?P<verb>start|starts|starting|begin|begins|beginning|start it|begin it)(?: (?:at|from|around|the video at|the video from))+ (?:the |about )?(?P<a>{at}){on}(?: {TAKEN})?",
        "window",
        lambda f: starts(f) or (Stretch(moment(f, "a")) if "<len>" not in f.form("a") else None),
    )
    text.reduce(
        rf"(?:(?P<no>{NEGATIVE}) )?(?:(?:only|use|take|everything|anything|stuff|content|just|what's said|what is said|starting|that comes|what comes|from) )*(?P<verb>after|from|past|since)(?: the)? (?P<a>{at}){on}(?: {TAKEN})?",
        "window",
        lambda f: (
            starts(f)
            if f.match["on"] or f.form("verb") != "from" or "<clock>" in f.form("a") or "minute" in f.form("a")
            else None
        ),
    )
    text.reduce(
        rf"(?:(?P<no>{NEGATIVE}) )?(?:(?:only|use|take|everything|anything|stuff|content|just|that|and|should|go|goes|run|it|keep going|from) )*(?:up to|until|till|before|(?<= , )to(?= (?:around |about )*<clock>)|stop at|stops at|stopping at|stop by|end at|ends at|ending at|ends around|end around|to minutes? (?=\d))(?: (?:the|about|around))* ?(?P<a>{at})(?: mark)?(?: {TAKEN})?",
        "window",
        lambda f: Stretch(moment(f, "a")) if f.match["no"] else Stretch(0.0, moment(f, "a")),
    )
    text.reduce(
        rf"at(?: the| about| around| like| roughly)* (?P<a><clock>|<len>|<length>|minutes? \d+)(?: mark)?(?: {TAKEN})?",
        "window",
        lambda f: (
            Stretch(moment(f, "a"), moment(f, "a"), False, True)
            if "len" not in f.form("a") or moment(f, "a") > LONGEST or "mark" in f.form()
            else None
        ),
    )
    if text.values("window"):
        text.reduce(
            r"(?:(?:,|and|in|it) )*(?:as is|as it is|verbatim|uncut|unedited|untouched|in full|word for word|in one piece|the whole (?:thing|passage|of it)|completely)",
            "whole",
        )
    begin = r"(?:intro|introduction|introductions|opening|beginning|start|welcome|greetings?|opening remarks|preamble|housekeeping|cold open|pleasantries|small talk)"
    finish = r"(?:outro|ending|end|closing|goodbyes?|credits|end credits|wrap up|closing remarks|farewell|sign off)"
    no = r"(?:skip|skipping|drop|remove|removing|cut out|cut off|cut|leave out|leaving out|leave off|without|no|ignore|ignoring|exclude|excluding|minus|lose|omit|trim|trim off|avoid|don't use|don't include|do not use|do not include|don't show|not|except|chop off)"
    text.reduce(
        rf"{no} (?:the |any |my |his |her |their |all |all the |long |boring )*(?P<what>{begin}|{finish})(?: (?:and|or) (?:the )?(?P<more>{begin}|{finish}))?(?: part| bit| section| stuff)?(?: {TAKEN})?",
        "window",
        lambda f: _without_edges(f, begin),
    )


def _from_to(f: Found, start: float, end: float) -> Stretch | None:
    """A stretch of which it is told where it begins and where it ends, in so many words."""
    told = re.search(r"\b(?:start|begin|commenc|run)", f.form()) and re.search(
        r"\b(?:end|conclu|finish|stop|to|until|till)", f.form()
    )
    return Stretch(start, end, False, True) if told and start < end else None


def _say_once(text: Text) -> None:
    """A number that is said again in figures, as contracts have it: "two (2) clips", "forty-five (45) seconds"."""
    tokens, kept, at = text.tokens, [], 0
    while at < len(tokens):
        kept.append(tokens[at])
        one, opened, again, closed = (token.form for token in (*tokens[at : at + 4], *[_NONE] * 4)[:4])
        at += 4 if re.fullmatch(N, one) and one == again and opened == closed == "," else 1
    text.become(kept)


_NONE = Token("", 0, 0)


def _clocks(text: Text) -> None:
    """A clock that stands alone is a length where none was said."""
    if not text.values("len", "length"):
        text.reduce(r"(?<= , )<clock>(?= (?:,|;|$))|(?<= ; )<clock>(?= (?:,|;|$))", "len", lambda f: f.value("clock"))
        if text.form.strip() == "<clock>":
            text.reduce("<clock>", "len", lambda f: f.value("clock"))


_SHARES = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "2 thirds": 2 / 3, "3 quarters": 0.75}
INTRO = 0.08
"""Share of a video that "skip the intro" and "skip the outro" leave out."""


def _half(f: Found) -> Stretch | None:
    share, which = _SHARES[f.form("part")], f.form("which")
    if which == "second" and share != 0.5:
        start, end = share, 2 * share
    elif which == "middle":
        start, end = (1 - share) / 2, (1 + share) / 2
    elif which in ("first", "1st", "opening"):
        start, end = 0.0, share
    else:
        start, end = 1 - share, 1.0
    if f.match["no"]:
        if which == "middle":
            return None
        start, end = (end, 1.0) if start == 0 else (0.0, start)
    return Stretch(round(start, 3), round(end, 3), True)


def _without_edges(f: Found, begin: str) -> Stretch | None:
    edges = [bool(re.fullmatch(begin, f.form(name))) for name in ("what", "more") if f.match[name]]
    if re.match(r"<|with|at|on|clip|music|to\b", f.after) and f.after not in ("<len>", "<length>", "<pf>", "<shape>"):
        return None
    return Stretch(INTRO if any(edges) else 0.0, 1.0 if all(edges) else round(1 - INTRO, 3), True)
