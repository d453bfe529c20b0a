"""What is asked for and never made, and which platforms and shapes are not wanted, as phrases of a request."""

from __future__ import annotations

import re

from agent.reading.grammar import N
from agent.reading.text import Found, Text
from agent.reading.unmade import FINE, ORDER, SIZE, UNHEARD, UNMADE, WHEN
from tools.text import clean

_BOUND = re.compile(
    r"\b(?:no|not|never|must|should|may|bigger|larger|smaller|heavier|lighter|less|greater|over|above|under|below|within|up to|at most|max|maximum|limit|exceed|exceeding|files?|sizes?|filesize|weigh|or smaller|tops|each)\b"
)
"""What tells that the size of a file is bounded, and not that it is spoken of."""


def read_unmade(text: Text) -> None:
    """What is never made: told with what does it, or passed over where none of it is wanted."""
    never = r"(?:no|without|without any|with no|don't (?:add|use|put|want|need)(?: any)?|do not (?:add|use|put|want)(?: any)?|avoid|skip|not|kill|drop|leave out|remove|zero|never)"
    text.reduce(
        rf"(?:(?:and|but|,) )?{never} (?:any |the |a |added |extra |background |fancy |fake |stupid |crazy )*{FINE}(?: (?:and|or|/|,) (?:no |any )?{FINE})*(?: (?:please|needed|at all))?",
        "fine",
    )
    text.reduce(
        r"(?:no|without|don't|do not|with no|not) (?:(?:any|omissions|or|and|re) )*(?:jump ?cuts?|reordering|rearranging|omissions|rearrange|reorder|shuffle|shuffling)(?: (?:it|them|anything|clips))?|(?:keep (?:it|them|everything|this) )?in (?:the |its |their |that )?(?:original |same |right |chronological )?order(?! to)",
        "unmade",
        lambda f: (clean(f[0], 80), ORDER),
    )
    text.reduce(
        r"(?:without|no|with no) (?:any )?(?:sound|audio)|(?:without|no) (?:anyone|anybody|people|voices|one) (?:talking|speaking)|no (?:talking|speech)(?= (?:,|;|and|$)| $)",
        "unmade",
        lambda f: (clean(f[0], 80), UNHEARD),
    )
    some = r"(?:everything|anything|all|whatever|what)(?: that)?(?: (?:comes|is|was|happens|said))? (?:before|after|until)(?: (?!and |<(?!quote)|,|;)\S+){1,8}"
    text.reduce(
        rf"(?:skip|drop|ignore|leave out|cut out|cut|cut off|remove|without|omit|use|only|don't use|not) {some}(?: and {some})?",
        "unmade",
        lambda f: (clean(f[0], 160), WHEN) if "<window>" not in f.form() else None,
    )
    thing = r"(?:the|a|an|each|every|all|its?|file|files|size|sizes|filesize|video|videos|promo|clip|export|it|them|weigh|weighing)"
    bound = r"(?:no|not|never|must|should|can|may|has to|have to|needs to|be|is|stay|stays|keep|keeping|kept|make|made|get|bigger|larger|smaller|heavier|lighter|more|less|greater|than|over|above|under|below|within|up to|at most|max|maximum|limit|limited to|limit of|of|to|exceed|exceeding|about|around|roughly|=|,|a|with|less|in|for)"
    text.reduce(
        rf"(?:(?:{thing}|{bound}) ){{0,10}}{N} ?(?:mb|mbs|megabytes?|megs?|gb|gigs?|gigabytes?|kb|kilobytes?)(?: (?:or less|or smaller|max|maximum|at most|limit|each|file|files|in size|total|in total|tops|per (?:file|video|promo)))*",
        "unmade",
        lambda f: (
            (clean(f[0].strip(" ,"), 80), SIZE)
            if _BOUND.search(f.form()) or f.form()[0] == "," or f.before in ("", ",", ";")
            else None
        ),
    )
    lead = r"(?:(?:and|with|add|adding|use|using|a|an|the|some|put|our|my|want|need|have|has|include|including|also|please|plus|in|make|the|it|do|needs|any|on|to|nice|cool|couple of|few|lots of|only|too|must have|end with|finish with|start with|open with|close with|ending with|ending on|apply|insert|throw in) )*"
    for pattern, why in UNMADE:
        text.reduce(
            rf"{lead}(?:{pattern})(?= (?:,|;|<|and|or|at|on|over|in|with|for|please|to|of|from|that|under|when|about|if|too|as|but|where|by|who|instead|underneath|not|\(|/|$|$))|{lead}(?:{pattern})(?= $)",
            "unmade",
            lambda f, why=why: None if _is_source(f) else (clean(_bare(f), 80), why),  # type: ignore[misc]
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
        r"(?:(?:only|just|use|the|from|take|of) )*(?:the )?(?:q and a|q ?& ?a|question and answers?|questions and answers|question and answer (?:session|part|section)|qa(?: session| part| section)?|audience questions)(?: (?:session|part|section))?(?: only)?",
        "unmade",
        lambda f: (
            (clean(f[0], 80), WHEN)
            if f.form().split()[0] in ("only", "just", "from", "use", "take", "of") or f.form().endswith(" only")
            else None
        ),
    )
    text.reduce(
        r"(?:(?:for|on|to) )?(?P<no>(?:no|not|except|without|but not|all platforms (?:but|except)|everything (?:but|except)|not for|every platform (?:but|except)|minus|skip) )(?:for |on )?(?:the )?(?P<what><pf>|<shape>)(?: (?:or|and|,) (?P<more><pf>|<shape>))?",
        "less",
        lambda f: tuple(t.value for g in ("what", "more") for t in f.inside(g)),
    )


def _is_source(f: Found) -> bool:
    """Whether a podcast is what something is made of: “from this podcast”."""
    if f.form().split()[-1] == "slide":
        return f.before not in ("", ",", ";", "and", "or", "as", "plus")
    return f.form().split()[-1] == "podcast" and f.before in ("this", "that", "your", "of", "from", "into")


def _bare(f: Found) -> str:
    said = re.sub(
        r"^(?:(?:and|with|add|adding|use|using|a|an|the|some|put|our|my|want|need|have|has|include|including|also|please|plus|in|make|it|do|on|to)\s+)+",
        "",
        f[0],
        flags=re.IGNORECASE,
    )
    return said or f[0]
