"""The phrases of a request: what is asked for of a promo, what it is about, and what nothing was understood of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from agent.reading.grammar import CAPTION, DEAD, NEGATIVE, NOUN, TONES, N, Stretch
from agent.reading.text import Found, Text, Token
from agent.reading.tongues import word_set
from agent.reading.unmade import COVER, FINE, UNMADE, UNSEEN
from tools.text import clean

Head = Literal["topic", "without", "unseen", "cover", "first", "last", "any"]

SOFT = word_set("<len> <length> <pf> <shape> <noshape> <elsewhere> <lang> <clock> <count> <tone> <quote> <window>")
"""What may stand in a topic, where nothing parts it from its words."""
_JOINS = word_set("and but plus also then or , / with in for of at as a an the on to it please too by")
_ASKING = word_set(
    """no not don't dont do without with make keep use start open begin end close finish add put give show we please need should must only just try cut
    remove skip leave avoid exclude include mention title call so also maybe i it's its this that it let's then strictly otherwise you can could nothing
    never ideally"""
)
"""Words that after a comma begin something else that is asked."""
_VERBAL = word_set("about how to why we i you they he she who that which what when not and or of without")

FILLER = frozenset(
    re.findall(
        r"[\w']+",
        """make makes making made create creates creating produce cut cuts build generate do does doing give get got gets me us a an the please pls plz thanks thank thx hi hey hello dear ok okay now just so
        i i'd i'm i'll we we'd you your it its this that that's it's these those my our their want wants wanted need needs needed would like love could can will let let's lets should must have has having
        had be is are was were am of for in on to from with and or but as at by into out up about around some any all each every them em one ones
        promo promos video videos clip clips version versions teaser teasers trailer trailers reel reels short shorts highlight highlights edit edits
        summary recap talk recording footage piece pieces something smth sth anything whatever fits fit rest best good great nice cool snippet excerpt cutdown ad spot
        caption captions subtitle subtitles subs long length lasting lasts last post posts social media platform platforms format shape different distinct
        separate new more other others what very really tone style voice use keep include take turn if possible kindly prepare produce provide
        main point points key most important part parts moments moment re m s d t ll ve also too then plus total overall exactly roughly approximately somewhere
        where he she they him her we're talks talking says said speaks speaking explain explains there here his full whole entire original source
        looking thing stuff sure well ones say says maybe perhaps im id pm could've would've guess hmm um uh lol yeah yes duration version go see gimme wanna gonna kind sort bit
        same both only strictly ofc asap today ready me sir ma'am madam team guys everyone works work going""",
    )
)
"""Words that ask for nothing by themselves."""


class Asked(NamedTuple):
    """One thing that is asked of the promo's words: what it is about, what it leaves out, what must be in it."""

    head: Head
    text: str


def phrase(text: Text) -> None:
    """Put together what is asked for, and what it is asked of."""
    _looks(text)
    _others(text)
    _counts(text)
    _tones(text)
    _heads(text)
    _runs(text)


LOOKS = {"plain": "clean", "simple": "clean", "standard": "clean", "normal": "clean", "regular": "clean"}


def _looks(text: Text) -> None:
    lead = r"(?:(?:with|use|using|has|have|having|add|adding|and|in|the|a|an|please|want|need|put|show|including|include) )*"
    bare = r"(?:clean|caption free|captionless|subtitle free|text free|textless|uncaptioned)"
    none = rf"(?:without|with no|free of) (?:any |the )?(?:burned in )?{CAPTION}"
    beside = r"(?:(?:and|with|also|plus|including|as well as|in addition|,|a|an|the|one|another) )*"
    text.reduce(
        rf"{beside}(?:{bare} )+masters?(?: (?:copy|copies|files?|versions?))?(?: ,? ?{none})?(?: (?:too|as well|beside it|each))?"
        rf"|{beside}{bare} (?:versions?|copy|copies|files?|cuts?|ones?) ,? ?{none}"
        rf"|(?:(?:with|also|plus|and|including|as well as) )+(?:a |an |one )?(?:{bare} )+(?:versions?|copy|copies|files?)"
        rf"|(?:(?:also|plus|as well as|and) )+(?:a |an |one )(?:(?:version|copy|file) )?{none}"
        rf"|(?:both )?with and without {CAPTION}|{none} (?:and|plus) (?:one )?with",
        "master",
    )
    text.reduce(
        rf"(?:{lead}<lang> {CAPTION}|{CAPTION} (?:are |be |must be |should be |translated )?(?:in|into|to|,) <lang>|{CAPTION} <lang>|translate(?:d)?(?: (?:it|this|the {CAPTION}|everything|them))?(?: (?:in|into|to) <lang>)?|translation(?: (?:in|into|to) <lang>)?|dub(?:bed)?(?: (?:it|this))? (?:in|into|to) <lang>|(?:{CAPTION} )?both in <lang> and <lang>|<lang> translation)",
        "translation",
        lambda f: f.value("lang") or "another language",
    )
    style = r"(?:bold|karaoke|clean|plain|simple|standard|normal|regular)"
    negated = r"(?:no|without|without any|with no|w o|drop|skip|remove|leave out|don't want|do not want|don't use|don't add|don't need|hide|turn off|kill|not|never|zero)"
    text.reduce(
        rf"(?:(?:and|but|with|,) )*{negated} (?:any |the |burned in |hard )*{CAPTION}(?: (?:at all|please|on it|burned in|this time|needed))*|{CAPTION} (?:off|: no|: none|: off|not needed)",
        "captions",
        lambda f: "none" if not f.after.startswith("<captions") else None,
    )
    text.reduce(
        rf"{lead}(?P<a>{style})(?:er)?(?: (?:style|animated))? {CAPTION}|{lead}{CAPTION} (?:(?:in|:|are|should be|must be|be) )*(?:a )?(?P<b>{style})(?: (?:style|please))?|{lead}(?P<c>karaoke)(?: style)?",
        "captions",
        lambda f: (name := f.form("a") or f.form("b") or f.form("c")) and LOOKS.get(name, name),
    )
    text.reduce(
        r"(?:srt|subtitle|captions?|subtitles)(?: (?:sidecar|file|files))* not burned in|srt(?: (?:sidecar|file|only|files))*(?: (?:instead|only))|(?:captions?|subtitles?) not burned in",
        "captions",
        lambda f: "none",
    )
    text.reduce(
        rf"(?:with|add|adding|show|include|including|needs?|must have|want|plus|use|and|have) (?:the |some |burned in )*{CAPTION}(?: (?:on|please|on it|burned in|turned on))?|{CAPTION} (?:on|please|: yes|: on|burned in)",
        "captions",
        lambda f: (
            "clean"
            if not re.match(r"in|like|with|:|are|should|must|at|be|bigger|larger|lower|smaller|white", f.after)
            else None
        ),
    )
    text.reduce(
        rf"(?:(?:and|please|also|with|all|the|,) )*(?:(?:{NEGATIVE}|kill|tighten up|shorten|clean up|tighten|no) (?:out )?(?:any |all |the |his |her |my |our |those |awkward |long |every |big )*{DEAD}(?: (?:and|or) (?:the |any |all )?{DEAD})*(?: (?:in between|out|please|between sentences|too))*|de um|jump cut it|silence removal|auto cut silences?|kill air|tighten(?: (?:it|everything)(?: up)?)?(?= (?:,|;|and|$))|(?:with )?jump cuts)",
        "tighten",
    )


def _others(text: Text) -> None:
    """What is never made: told with what does it, or passed over where none of it is wanted."""
    never = r"(?:no|without|without any|with no|don't (?:add|use|put|want|need)(?: any)?|do not (?:add|use|put|want)(?: any)?|avoid|skip|not|kill|drop|leave out|remove|zero|never)"
    text.reduce(
        rf"(?:(?:and|but|,) )?{never} (?:any |the |a |added |extra |background |fancy |fake |stupid |crazy )*{FINE}(?: (?:and|or|/|,) (?:no |any )?{FINE})*(?: (?:please|needed|at all))?",
        "fine",
    )
    lead = r"(?:(?:and|with|add|adding|use|using|a|an|the|some|put|our|my|want|need|have|has|include|including|also|please|plus|in|make|the|it|do|needs|any|on|to|nice|cool|couple of|few|lots of|only|too|must have|end with|finish with|start with|open with|close with|ending with|ending on|apply|insert|throw in) )*"
    for pattern, why in UNMADE:
        text.reduce(
            rf"{lead}(?:{pattern})(?= (?:,|;|<|and|or|at|on|over|in|with|for|please|to|of|from|that|under|when|about|if|too|as|but|where|by|who|instead|underneath|not|\(|/|$|$))|{lead}(?:{pattern})(?= $)",
            "unmade",
            lambda f, why=why: (clean(_bare(f), 80), why),  # type: ignore[misc]
        )
    text.reduce(
        r"(?:(?:for|on|to|and|our|the|my|a) )*<elsewhere>",
        "unmade",
        lambda f: (
            str(f.value("elsewhere")),
            "Words are written for YouTube, YouTube Shorts, TikTok, Instagram Reels, LinkedIn and X.",
        ),
    )
    text.reduce(
        r"<noshape>",
        "unmade",
        lambda f: (str(f.value("noshape")).removeprefix("in "), "Shapes are 16:9, 9:16 and 1:1; say which."),
    )
    text.reduce(
        r"(?:(?:only|just|use|the|from|take) )*(?:the )?(?:q and a|q ?& ?a|question and answers?|questions and answers|question and answer (?:session|part|section)|qa(?: session| part| section)?|audience questions)(?: (?:session|part|section))?",
        "unmade",
        lambda f: (
            (clean(f[0], 80), "Say from when to when it lasts, for example “only 32:00 to 45:00”.")
            if f.form().split()[0] in ("only", "just", "from", "use", "take")
            else None
        ),
    )
    text.reduce(
        r"(?:(?:for|on|to) )?(?P<no>(?:no|not|except|without|but not|all platforms (?:but|except)|everything (?:but|except)|not for|every platform (?:but|except)|minus|skip) )(?:for |on )?(?:the )?(?P<what><pf>|<shape>)(?: (?:or|and|,) (?P<more><pf>|<shape>))?",
        "less",
        lambda f: tuple(t.value for g in ("what", "more") for t in f.inside(g)),
    )


def _bare(f: Found) -> str:
    said = re.sub(
        r"^(?:(?:and|with|add|adding|use|using|a|an|the|some|put|our|my|want|need|have|has|include|including|also|please|plus|in|make|it|do|on|to)\s+)+",
        "",
        f[0],
        flags=re.IGNORECASE,
    )
    return said or f[0]


def _counts(text: Text) -> None:
    kind = r"(?:different|separate|distinct|short|vertical|square|horizontal|new|good|alternative|more|promo|other|of them|best|top|great|nice|single|strongest|funniest|social|small|little|seconds?|video|similar|of the|most|interesting|viral|important|quick|key|<len>|<length>|<shape>|<pf>|<tone>|,|long|x|of|the|individual)"
    word = rf"(?:{NOUN}|<pf>|moments?|tiktoks)"
    text.reduce(
        rf"(?P<n>\d+|a couple of|a couple|a few|several|couple of|few)(?= (?:{kind} )*{word} )", "count", _count
    )
    text.reduce(
        r"(?P<n>\d+)(?= (?:x|times|different) )|(?P<m>\d+) x(?= <len>)|(?P<k>\d+) (?:different|separate|distinct)(?= ,| ;| $)",
        "count",
        lambda f: int(f.form("n") or f.form("m") or f.form("k")),
    )


def _count(f: Found) -> int | None:
    few = {"a couple of": 2, "a couple": 2, "couple of": 2, "a few": 3, "few": 3, "several": 3}
    if f.before in (
        "clip",
        "part",
        "number",
        "version",
        "season",
        "episode",
        "step",
        "chapter",
        "section",
        "of",
        "ep",
        "top",
        "#",
        ":",
    ) and f.before not in ("top", "of", ":"):
        return None
    return few.get(f.form("n")) or int(f.form("n"))


def _tones(text: Text) -> None:
    one = rf"(?:(?:more|very|really|super|a bit|quite|slightly|kind of|not too) )?(?:{TONES})"
    many = rf"{one}(?:(?: ,| and| , and| but| yet| &) {one}){{0,3}}"
    text.reduce(
        r"in (?:a|an|his|her) (?P<a>[a-z]+(?:(?: ,| and| , and)? [a-z]+)?) (?:tone|voice|style|way|mood)(?: of voice)?",
        "tone",
        lambda f: f["a"],
    )
    text.reduce(
        rf"(?:tone|vibe|mood|style)(?: of voice)? ?(?:,|is|should be|must be|be)? (?P<a>{many})|(?:(?:sound(?:ing)?|feel(?:ing)?|keep it|make it|should be|be|with a|something|make them|keep the tone|in a|a|is|tone) )*(?P<b>{many}) (?:tone|vibe|mood|feel|voice)(?: of voice)?",
        "tone",
        lambda f: f["a"] or f["b"],
    )
    text.reduce(
        rf"(?:sound(?:ing)?|feel(?:ing)?|keep it|make it|should be|make them|keep them|make this|something) (?:all )?(?P<b>{many})(?! captions)",
        "mood",
        lambda f: f["b"],
    )
    text.reduce(
        rf"(?P<c>{many})(?= (?:<len>|<length>|<count>|<pf>|<shape>|<quote>|one|ones|,|;|and|for|but|please|{NOUN}|hooks?|copy|titles?|words|$))",
        "tone",
        lambda f: (
            f["c"]
            if f.before
            in ("", ",", ";", "a", "an", "and", "but", "be", "it", "please", "something", "short", "is", "the")
            or f.before[0] == "<"
            or re.fullmatch(NOUN, f.before)
            else None
        ),
    )


_MENTION = r"(?:mention(?:ing|s)?(?: of)?|talk(?:ing|s)? about|use where|include|including|go(?:ing)? into|cover(?:ing)?|bring(?:ing)? up|touch(?:ing)? on|discuss(?:ing)?|speak(?:ing)? about|refer(?:ring)? to|reference|references to|use|using|have|put|feature|get into|want|say|focus on|quote)"
WITHOUT = (
    rf"(?:but |and |just |please |so )?(?:not about|not a (?:single )?word (?:about|on|of)|not one word (?:about|on)|nothing (?:at all )?about|nothing on|nothing regarding|no mention of|no mentions of|no reference (?:shall be made )?to|no references to|no talk of|no talk about|no talking about|not the (?:part|bit|section)s? (?:about|on|where|with)"
    rf"|(?:don't|do not|dont|never|must not|should not|shouldn't|mustn't|can't|cannot|may not|not|without|w/o|avoid|avoiding|stop|no) {_MENTION}(?: (?:any|anything about|anything on|anything|the (?:part|bit|section)s? (?:about|on|where|with)))?"
    rf"|without(?: any| the (?:part|bit|section|stuff)s? (?:about|on|where|with))?|leave out|leaving out|leave off|keep out|avoid(?:ing)?|exclud(?:e|es|ing)|except(?:ing)?(?: for)?|but not|skip(?:ping)?|omit(?:ting)?|stay(?:ing)? away from|steer clear of|stay clear of|keep away from"
    rf"|anything but|rather than|instead of|other than|apart from|aside from|ignore|ignoring|minus|free of|save for|cut out|drop|remove|take out|get rid of|not|no|everything (?:but|except(?: for)?))(?: (?:any|the (?:part|bit|section|stuff|segment)s? (?:about|on|where|with|when)|anything (?:about|on)|all|mention of))?"
)
_FORGET = r"(?:don't|do not|dont|never|not to|not|without) (?:forget|leave out|leaving out|skip|skipping|miss|missing|omit|omitting|cut|cutting|drop|dropping|lose|losing|exclude|leave off|cut out)(?: (?:to )?(?:mention|include|use|keep|have|add))?|must not (?:miss|leave out|omit|skip|lose)"
_TOPIC = (
    r"(?:talking about|talks about|talk about|speaks about|speaking about|all about|about|on the topic of|on the subject of|on the theme of|covering|covers|regarding|concerning|(?:with (?:a |the )?)?(?:focus(?:ing|ed|es)?|emphasis) (?:mainly |only |just |more )?on|focus(?:ing|ed)? around|(?:around|with) the (?:topic|subject|theme) (?:of|:)?|centred on|centered on|centered around|"
    r"(?:topic|subject|theme)(?: (?:is|:|=|,|should be|be|of))+|(?:topic|subject|theme)(?= )|highlighting|explaining(?= how| why| what| the)|which (?:explains|covers|describes|shows|is about)|that (?:explains|covers|describes|is about)|to explain|concentrate on|dealing with|related to|having to do with|dedicated to|(?:(?:the|a|that|find|every) )?(?:bits?|parts?|moments?|sections?|segments?|passages?|clips?|scenes?|pieces?|stor(?:y|ies)) (?:where|in which|when|of)|find where|in which|where(?= (?:he|she|they|i|we|mr|mrs|ms|dr|[a-z]+ (?:talks|says|explains|speaks|tells|discusses|describes|mentions|shows))))"
)
_FIRST = r"(?:open(?:s|ing)?|start(?:s|ing)?|begin(?:s|ning)?|lead(?:s|ing)?|kick(?:s|ing)? off|hook)(?: it| the promo| the video| the clip| this| out| off)? (?:with|on|by|off with|from)(?: (?:where|when))?"
_LAST = r"(?:end(?:s|ing)?|finish(?:es|ing)?|clos(?:e|es|ing)|conclud(?:e|es|ing)|wrap(?:s|ping)? up|land)(?: it| the promo| the video| the clip| this| off| up)? (?:with|on|by)"
_HAS = r"(?:(?:make sure|be sure|ensure)(?: that)?(?: you| to| it| we)* (?:include|includes|mention|mentions|feature|features|keep|keeps|use|uses|has|have)|(?:must|has to|have to|should|needs to|need to|definitely|please|and|it must|it should) (?:include|includes|mention|mentions|feature|features|keep|contain|contains)|includ(?:e|es|ing)|mention(?:s|ing)?|featur(?:e|es|ing)|contains?|containing|keep)"


def _asks(f: Found) -> bool:
    """Whether a head stands where something new may be asked, and not amid a topic."""
    before = f.before
    return (
        before
        in (
            "",
            ",",
            ";",
            "and",
            "but",
            "then",
            "please",
            "also",
            "should",
            "must",
            "to",
            "that",
            "which",
            "it",
            "or",
            "just",
            "so",
            "can",
            "could",
            "you",
            "then",
            "maybe",
            "only",
            "otherwise",
            "i",
            "we",
            "then",
            "always",
        )
        or before[0] == "<"
        or bool(re.fullmatch(NOUN, before))
    )


def _heads(text: Text) -> None:
    text.reduce(_FORGET, "head", lambda f: "any")
    text.reduce(
        _FIRST,
        "head",
        lambda f: "first" if _asks(f) and f.after not in ("", ",", ";", "<pf>", "<shape>", "<captions>") else None,
    )
    text.reduce(_LAST, "head", lambda f: "last" if _asks(f) and f.after not in ("", ",", ";", "<captions>") else None)
    text.reduce(
        _HAS,
        "head",
        lambda f: (
            "any"
            if _asks(f)
            and f.after
            not in (
                "",
                ",",
                ";",
                "it",
                "them",
                "this",
                "in",
                "<len>",
                "<length>",
                "<captions>",
                "<tone>",
                "to",
                "under",
                "<window>",
                "<shape>",
            )
            else None
        ),
    )
    text.reduce(
        r"(?:(?:i want|want|the|a|and|with|use|make|put) )*(?:cover|thumbnail|thumb|poster)(?: (?:pic|picture|image|frame|photo|shot))?(?: (?:with|of|where|saying|showing|should|=|,|is|w|must|be))+",
        "head",
        lambda f: "cover" if _asks(f) and f.after not in ("", ";") else None,
    )
    text.reduce(
        r"(?:don't|do not|dont|never|must not|can't|cannot|without|no) (?:show|showing|film|put|see|displaying?)(?: the| any)?",
        "head",
        lambda f: "unseen",
    )
    text.reduce(WITHOUT, "head", _excludes)
    text.reduce(
        _TOPIC,
        "head",
        lambda f: "topic" if f.after not in ("", ";", ",") and f.before not in ("how", "what") else None,
    )
    text.reduce(r"(?:on|of)", "head", lambda f: "topic" if _opens(f) else None)
    text.reduce(
        r"(?:only|just)(?: use| keep| show| take| with| want)*(?= (?:the|my|our|what|when|her|his|their) )",
        "head",
        lambda f: (
            "topic"
            if _asks(f)
            and f.before not in ("it's", "its", "i", "we")
            and "topic" not in [t.value for t in text.tokens if t.form == "<head>"]
            else None
        ),
    )
    text.reduce(
        r"re(?= ,)(?: ,)?|(?:the )?(?:message|idea|subject|topic|theme)(?: (?:is|here is|,|should be|=))+|the subject(?= the)",
        "head",
        lambda f: "topic" if f.after not in ("", ";") else None,
    )


_OF = re.compile(
    r"(?:it|this|that|them|these|us|(?:the|my|this|our|that|a)(?: (?:whole|full|entire|original|same))* (?:videos?|talk|recording|footage|episode|podcast|interview|webinar|source|file|film|stream|session|day|call|meeting|thing|lot|conference|lecture|sort|kind|best|footage|clip|lectures?|show|conversation|presentation)\b)(?! (?:on|about|where|with))"
)


def _opens(f: Found) -> bool:
    """Whether "on" or "of" begins what a promo is about: "30 seconds on denoising", "a clip of the ace"."""
    at, before, after = f.tokens.stop, f.before, f.after
    if after in (
        "",
        ",",
        ";",
        "social",
        "x",
        "it",
        "screen",
        "top",
        "this",
        "that",
        "them",
        "each",
        "all",
        "saturday",
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
    ) or (after[0] == "<" and after != "<quote>"):
        return False
    rest = " ".join(token.form for token in f.text.tokens[at : at + 5])
    if f.form() == "of":
        return before in (
            "<len>",
            "<length>",
            "promo",
            "clip",
            "clips",
            "video",
            "teaser",
            "trailer",
            "highlight",
            "highlights",
            "summary",
            "edit",
            "recap",
            "soundbites",
        ) and not _OF.match(rest)
    return (
        bool(re.fullmatch(NOUN, before))
        or before in (",", ";", "")
        or (before[0] == "<" and before not in ("<head>", "<pf>", "<topic>", "<unmade>", "<captions>", "<fine>"))
    )


_NOT_WITHOUT = word_set(
    """to only just even enough all yet too more less longer necessary sure matter so wait really need it problem idea always worries one an very later necessarily
    <len> <length> <unmade> <tone> <fine>"""
) | {""}
"""What follows a "no" or "not" that rules nothing out."""
_DOING = word_set("skip skipping drop remove avoid avoiding ignore ignoring cut take get leave leaving")
_BEING = word_set("is are was do does did can will could should would be it's its")
_WISHING = word_set("sure want like need try have us you prefer please")


def _excludes(f: Found) -> str | None:
    """Whether what looks like an exclusion is one: "why we do not discount" and "mistakes to avoid" are topics."""
    form, before, after = f.form(), f.before, f.after
    negation = form in ("not", "no", "but not", "without")
    if after in ("", ",", ";") or (negation and after in _NOT_WITHOUT):
        return None
    if form == "not" and (
        before in _VERBAL | _BEING or (after.endswith("ing") and before not in ("", ",", ";", "and", "but"))
    ):
        return None
    if form.split()[0] in _DOING and not _asks(f):
        return None
    if before == "to" and f.text.tokens[max(0, f.tokens.start - 2)].form not in _WISHING:
        return None
    if before in ("about", "how", "why", "we", "they", "mistakes", "people") and not re.search(r"mention|about", form):
        return None
    if form.startswith("without") and before.endswith("ing") and "mention" not in form:
        return None
    if form in ("no", "not", "drop", "remove") and not _asks(f):
        return None
    return "without"


_EMPTY = word_set(
    """fluff nonsense jargon bs bullshit buzzwords clickbait cheese cringe spam problem worries length limit limits rush stress idea need one swearing fuss
    frills"""
)


def _runs(text: Text) -> None:
    """Each head with the words that follow it, up to where something else is asked."""
    made: list[Token] = []
    at, tokens = 0, text.tokens
    while at < len(tokens):
        token = tokens[at]
        if token.form != "<head>":
            made.append(token)
            at += 1
            continue
        head, first = token.value, _past(tokens, at + 1)
        if head == "topic":
            first = at + 1
        stop = _end(text, first, head)
        if head == "without" and _goes_on(tokens, first, stop):
            first = stop + 1
            stop = _end(text, first, head)
        kept, peeled = _peeled(text, first, stop, head)
        said = _passage(text.original(first, kept))
        if head == "without":
            said = re.sub(r"\s+(?:in it|in there|at all|please|anywhere|whatsoever)$", "", said, flags=re.IGNORECASE)
            said = re.sub(
                r"^(?:from|in|of|with|where|when|any|anything|to|hablar de)\s+", "", said, flags=re.IGNORECASE
            )
        if not said or (head == "without" and said.lower().split()[0] in _EMPTY):
            form = "about" if head == "topic" else _words(text, at)
            made += [Token(form, token.start, token.end), *tokens[at + 1 : stop]]
        elif head == "cover":
            made.append(
                Token("<unmade>", token.start, tokens[kept - 1].end, (clean(text.original(at, kept), 80), COVER))
            )
            made += peeled
        elif head == "unseen":
            made.append(
                Token("<unmade>", token.start, tokens[kept - 1].end, (clean(text.original(at, kept), 80), UNSEEN))
            )
            made += peeled
        else:
            made.append(
                Token(
                    f"<{'topic' if head == 'topic' else 'without' if head == 'without' else 'part'}>",
                    token.start,
                    tokens[kept - 1].end,
                    Asked(head, said),
                )
            )
            made += peeled
        at = stop
    text.become(made)


def _goes_on(tokens: list[Token], first: int, stop: int) -> bool:
    """Whether what may not be said is named after an "about" of its own: "without me talking about my ex"."""
    here = stop < len(tokens) and tokens[stop].form == "<head>" and tokens[stop].value == "topic"
    return here and first < stop <= first + 5 and tokens[stop - 1].form not in ("and", "but", "instead", "just", "only")


def _past(tokens: list[Token], at: int) -> int:
    """Where the words of a head begin, past "the part about"."""
    here = at
    while here < len(tokens) and (
        tokens[here].form in ("the", "that", "a", "my", "his", "her", "our", "any")
        or re.fullmatch(NOUN, tokens[here].form)
    ):
        here += 1
    return here + 1 if here < len(tokens) and tokens[here].form == "<head>" and tokens[here].value == "topic" else at


def _words(text: Text, at: int) -> str:
    return text.original(at, at + 1).lower()


def _passage(said: str) -> str:
    said = re.sub(
        r"^(?:the |that |this )?(?:bits?|parts?|passages?|sections?|segments?|moments?|clips?)(?: of (?:the|my|our) (?:talk|video))? (?:about|where|on|with|when|in which) ",
        "",
        said.strip(),
        flags=re.IGNORECASE,
    )
    return clean(said, 400).strip(" \"'“”«».,:;!?()-–—")


def _end(text: Text, at: int, head: str) -> int:
    """The token before which the words of a head end."""
    tokens = text.tokens
    first = at
    while at < len(tokens):
        form = tokens[at].form
        after = tokens[at + 1].form if at + 1 < len(tokens) else ""
        if form == "<unmade>" and (at == first or not _led(text, at)) and tokens[at - 1].form != ",":
            at += 1
            continue
        if (
            head in ("without", "unseen")
            and at > first
            and form in ("just", "only", "please", "make", "keep", "use", "give", "cut", "but", "no", "not")
        ):
            return at
        if (
            form == "<head>"
            and at > first
            and head == tokens[at].value == "topic"
            and tokens[at - 1].form not in (",", "and")
        ):
            at += 1
            continue
        if (
            form == ";"
            or (form[0] == "<" and form[-1] == ">" and form not in SOFT and at > first)
            or (form in ("<head>", "<captions>", "<unmade>", "<master>", "<tighten>", "<fine>") and at == first)
        ):
            return at
        if form == "," and _apart(text, at, head):
            return at
        if form in ("and", "but", "then", "plus", "with", "in", "as", "also", "of") and _typed(
            tokens, at + 1, head, form
        ):
            return at
        if (
            form == "for"
            and after in ("<pf>", "<elsewhere>", "<unmade>", "our", "my", "the")
            and (after[0] == "<" or (at + 2 < len(tokens) and tokens[at + 2].form in ("<pf>", "<elsewhere>")))
        ):
            return at
        if form in ("for", "of", "at", "in") and after in ("<length>",):
            return at
        if (
            form in ("and", "but", "then")
            and after in ("make", "keep", "please", "don't", "add")
            and at + 2 < len(tokens)
            and tokens[at + 2].form
            in ("it", "the", "sure", "them", "this", "<captions>", "a", "<len>", "<length>", "<count>")
        ):
            return at
        if form == "please":
            return at
        at += 1
    return at


def _led(text: Text, at: int) -> bool:
    """Whether what is not made is asked for by a word such as "with" or "add"."""
    return text.original(at, at + 1).lower().split()[0] in (
        "for",
        "on",
        "to",
        "with",
        "add",
        "and",
        "plus",
        "also",
        "adding",
        "use",
        "using",
        "put",
        "w",
        "include",
    )


def _typed(tokens: list[Token], at: int, head: str, join: str) -> bool:
    while at < len(tokens) and tokens[at].form in (
        "and",
        "also",
        "a",
        "an",
        "the",
        "in",
        "with",
        "for",
        "of",
        "please",
        "as",
        "then",
        "at",
    ):
        at += 1
    if at >= len(tokens):
        return False
    form = tokens[at].form
    if form[0] != "<" or form == "<quote>":
        return False
    if form not in SOFT:
        return True
    after = tokens[at + 1].form if at + 1 < len(tokens) else ""
    ends = (
        after in ("", ",", ";", "and", "please", "for", "with", "in", "or", "too")
        or after[0] == "<"
        or bool(re.fullmatch(NOUN, after))
    )
    return (
        ends
        and form in ("<len>", "<length>", "<shape>", "<noshape>", "<window>", "<count>")
        and join != "and"
        or (ends and form in ("<shape>", "<length>", "<window>", "<tone>"))
    )


def _apart(text: Text, at: int, head: str) -> bool:
    """Whether a comma parts something else from the words of a head."""
    tokens = text.tokens
    nxt = at + 1
    while nxt < len(tokens) and tokens[nxt].form in _JOINS | {","}:
        nxt += 1
    if nxt >= len(tokens):
        return True
    form = tokens[nxt].form
    if (form[0] == "<" and form != "<quote>") or form in _ASKING or tokens[at + 1].form in _ASKING | {"with"}:
        return True
    clause = []
    for token in tokens[at + 1 :]:
        if token.form in (",", ";") or token.form[0] == "<":
            break
        clause.append(token.form)
    listed = any(word in ("or", "nor", "and") for word in clause[:3]) or _list_ahead(tokens, at)
    if head == "without":
        return not listed
    return not (
        listed
        or clause[0]
        in ("how", "why", "what", "which", "when", "where", "who", "especially", "particularly", "including", "such")
    )


def _list_ahead(tokens: list[Token], at: int) -> bool:
    """Whether what follows a comma is a list that ends with "and" or "or", in few words."""
    few = 0
    for token in tokens[at + 1 : at + 14]:
        if token.form in ("or", "and", "nor", "&"):
            return few <= 4
        if token.form == ";" or token.form[0] == "<":
            return False
        few = 0 if token.form == "," else few + 1
    return False


_PEEL = word_set("in for of at as a an and the , with on to under")


def _peeled(text: Text, at: int, stop: int, head: str) -> tuple[int, list[Token]]:
    """Where the words of a head end once lengths, shapes and the like are taken off, and what was taken off."""
    tokens, end = text.tokens, stop
    while end > at:
        form = tokens[end - 1].form
        if form in ("<len>", "<length>", "<shape>", "<noshape>", "<window>", "<count>") or (
            form in ("<pf>", "<tone>", "<elsewhere>") and end - 2 > at and tokens[end - 2].form in ("for", ",")
        ):
            bare = end - 2 < at or tokens[end - 2].form not in _PEEL
            if form == "<shape>" and bare and end - 1 > at:
                break
            end -= 1
            continue
        if (
            form in ("long", "video", "promo", "please", "max", "tops", "too", "only")
            and end - 1 > at
            and tokens[end - 2].form in ("<len>", "<length>", "<shape>", "<pf>", "<tone>")
        ):
            end -= 1
            continue
        if form in _PEEL and (end < stop or form in ("and", ",", "with")):
            end -= 1
            continue
        if form in ("please", "only", "thanks"):
            end -= 1
            continue
        break
    return end, list(tokens[end:stop])


def fragment(text: Text) -> tuple[str, int, int] | None:
    """What stands by itself between stops and has no other meaning, if there is one such thing: likely what it is about."""
    found: list[tuple[str, int, int]] = []
    start = 0
    forms = [token.form for token in text.tokens]
    for at in range(len(forms) + 1):
        if at < len(forms) and not (
            forms[at] in (",", ";") or (forms[at][0] == "<" and len(forms[at]) > 1 and forms[at] != "<quote>")
        ):
            continue
        inside = forms[start:at]
        if inside and any(_means(token) for token in text.tokens[start:at]):
            found.append((text.original(start, at), start, at))
        start = at + 1
    whole = [each for each in found if _names(forms[each[1] : each[2]])]
    return whole[0] if len(found) == len(whole) == 1 else None


def _names(forms: list[str]) -> bool:
    """Whether a fragment names a thing or asks how and why, rather than tells or orders."""
    if forms == ["<quote>"]:
        return True
    if forms[0] in ("how", "why", "what", "when") and len(forms) > 2:
        return True
    plain = not any(word in _ORDERS or not word[0].isalpha() for word in forms)
    return (
        plain
        and 2 <= len(forms) <= 6
        and len([word for word in forms if word not in FILLER]) >= (1 if forms[0] in ("the", "our", "my") else 2)
    )


_ORDERS = word_set(
    """make keep use start open begin end close finish add put give show i we please need should must only just cut remove skip leave avoid exclude include
    not no don't without with for in on to is are was it's it that by from as if so because be want like do can you he she they at"""
)


def residue(text: Text) -> str:
    """The words in which nothing was understood, in the person's own: each stretch of them from its first to its last."""
    parts: list[str] = []
    run: list[int] = []

    def close() -> None:
        meaning = [n for n in run if _means(text.tokens[n])]
        if meaning:
            parts.append(text.original(meaning[0], meaning[-1] + 1))
        run.clear()

    for at, token in enumerate(text.tokens):
        if token.form in (",", ";") or (token.form[0] == "<" and len(token.form) > 1 and token.form != "<quote>"):
            close()
        else:
            run.append(at)
    close()
    return clean("; ".join(dict.fromkeys(" ".join(part.split()) for part in parts)), 300)


def _means(token: Token) -> bool:
    form = token.form
    if form == "<quote>":
        return True
    if re.fullmatch(N, form):
        return True
    return any(char.isalpha() for char in form) and not all(word in FILLER or len(word) < 2 for word in form.split())


def split_list(said: str) -> Iterator[str]:
    """The things of a list: "pricing, churn or the price of hiring"."""
    for part in re.split(r"\s*(?:,|;|/|\bor\b|\bnor\b)\s*(?:or\s+|nor\s+|and\s+)?", said):
        if part.strip():
            yield part.strip()


def stretches(text: Text) -> Iterable[Stretch]:
    return text.values("window")
