"""Words after which it is said what a promo is about, what it leaves out, and what it opens and closes with."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from agent.reading.facts import SOURCE
from agent.reading.grammar import NOUN
from agent.reading.text import Found, Text
from agent.reading.tongues import word_set

Head = Literal["topic", "without", "unseen", "cover", "first", "last", "any"]


_VERBAL = word_set("about how to why we i you they he she who that which what when not and or of without")


class Asked(NamedTuple):
    """One thing that is asked of the promo's words: what it is about, what it leaves out, what must be in it."""

    head: Head
    text: str


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
_HAS = r"(?:(?:make sure|be sure|ensure)(?: that)?(?: you| to| it| we)* (?:include|includes|mention|mentions|feature|features|keep|keeps|use|uses|has|have)|(?:must|has to|have to|should|needs to|need to|definitely|please|and|it must|it should) (?:include|includes|mention|mentions|feature|features|keep|contain|contains)|includ(?:e|es|ing)|mention(?:s|ing)?|featur(?:e|es|ing)|contains?|containing|keep|retain|preserve)"


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


def read_heads(text: Text) -> None:
    text.reduce(
        r"(?:(?:only|just|use|keep|show|take) )*(?:the )?(?:segments?|parts?|moments?|bits?|shots?|scenes?|clips?|footage) (?:where|in which|when)(?= (?:(?!<|,|;)\S+ ){1,5}(?:visible|on screen|in frame|in shot|on camera|shown|seen)(?: |$))",
        "head",
        lambda f: "unseen",
    )
    text.reduce(_FORGET, "head", lambda f: "any")
    text.reduce(
        _FIRST,
        "head",
        lambda f: "first" if _asks(f) and f.after not in ("", ",", ";", "<pf>", "<shape>", "<captions>") else None,
    )
    text.reduce(_LAST, "head", lambda f: "last" if _asks(f) and f.after not in ("", ",", ";", "<captions>") else None)
    text.reduce(
        r"(?:keep|put|place|leave|have)(?= (?:(?!<|,|;)\S+ ){1,4}(?:on|at|in) (?:the )?(?:top|bottom|left|right|corner|middle|centre|center)(?: |$))",
        "head",
        lambda f: "unseen" if _asks(f) else None,
    )
    text.reduce(
        _HAS,
        "head",
        lambda f: (
            "any"
            if _asks(f)
            and not _STATE & {token.form for token in f.text.tokens[f.tokens.stop : f.tokens.stop + 4]}
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
        r"(?:(?:use|with|just|only|the|a|that) )*(?:(?:bits?|parts?|moments?|lines?|passages?|clips?|sentences?|phrases?) )?(?:where|when|in which) (?:(?!<|,|;)\S+ ){1,4}(?:says?|said|goes|tells|asks)(?= <quote>)"
        r"|(?:(?:with|the|a|that|by|saying) )*(?:line|sentence|phrase|words|quote)(?= <quote>)",
        "head",
        lambda f: "any" if not f.before.startswith("<head") else None,
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
        lambda f: (
            "topic"
            if f.after not in ("", ";", ",")
            and f.before not in ("how", "what")
            and not (f.after in ("nothing", "nobody") and f.form().endswith(("which", "where", "when")))
            and not (f.form().endswith(" of") and f.after in ("<len>", "<length>"))
            else None
        ),
    )
    text.reduce(r"(?:on|of)", "head", lambda f: "topic" if _opens(f) else None)
    text.reduce(
        r"(?:and )?(?:start|starts|starting|open|opens|begin|begins)(?: it)?(?: right)? (?:there|with (?:that|this|it)|on (?:that|this|it)|at that point)",
        "placed",
    )
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
    ahead = [token.form for token in f.text.tokens[at : at + 8]]
    if f.form() == "of" and re.fullmatch(SOURCE, after):
        return False
    if f.form() == "of" and "<head>" in ahead and not {",", ";"} & set(ahead[: ahead.index("<head>")]):
        return False
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
        or before in (",", ";", "", "other", "another", "first", "second", "third")
        or (before[0] == "<" and before not in ("<head>", "<pf>", "<topic>", "<unmade>", "<captions>", "<fine>"))
    )


_NOT_WITHOUT = word_set(
    """to only just even enough all yet too more less longer necessary sure matter so wait really need it problem idea always worries one an very later necessarily
    <len> <length> <unmade> <tone> <fine>"""
) | {""}
"""What follows a "no" or "not" that rules nothing out."""
_DOING = word_set("skip skipping drop remove avoid avoiding ignore ignoring cut take get leave leaving")
_STATE = word_set("audible visible readable intact together")
"""In what state something is to be kept, which is no passage."""
_BEING = word_set("is are was do does did can will could should would be it's its")
_WISHING = word_set("sure want like need try have us you prefer please")


def _excludes(f: Found) -> str | None:
    """Whether what looks like an exclusion is one: "why we do not discount" and "mistakes to avoid" are topics."""
    form, before, after = f.form(), f.before, f.after
    negation = form in ("not", "no", "but not", "without")
    if after in ("é", "es", "è", "est", "ist") and negation:
        return None
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
