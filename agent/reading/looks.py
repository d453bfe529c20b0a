"""How the captions are to look, in what languages, with a master beside them or tightened, as phrases of a request."""

from __future__ import annotations

import re

from agent.reading.grammar import CAPTION, DEAD, NEGATIVE
from agent.reading.text import Found, Text

TONGUES = (
    r"(?:both )?<lang>(?: (?:, )?(?:and |plus |& |or |also |as well as |and (?:one|once|another) (?:with|in) )?<lang>)*"
)
LOOKS = {"plain": "clean", "simple": "clean", "standard": "clean", "normal": "clean", "regular": "clean"}


def read_translations(text: Text) -> None:
    """Captions in other languages, each phrase with the codes that it names; and a voice in another one, which is not made."""
    lead = r"(?:(?:with|use|using|has|have|having|add|adding|and|in|the|a|an|please|want|need|put|show|including|include|translated|burned in|also) )*"
    text.reduce(
        rf"(?:dub(?:bed|bing)?|voiced?|voice over|spoken over)(?: (?:it|this))? (?:in|into|to) {TONGUES}", "dub", _codes
    )
    text.reduce(
        rf"(?:{lead}{TONGUES} {CAPTION}|{lead}{CAPTION} (?:(?:are|be|must be|should be|translated|also|all) )*(?:in|into|to|,) {TONGUES}|{lead}{CAPTION} (?:also )?{TONGUES}|"
        rf"(?:please )?translate(?:d)?(?: (?:it|this|the {CAPTION}|{CAPTION}|everything|them))?(?: (?:in|into|to) {TONGUES})?(?: with {CAPTION})?|"
        rf"(?:with |and )*(?:a |the )?translations?(?: (?:in|into|to) {TONGUES})?|(?:{CAPTION} )?both in <lang> and <lang>|(?:with |and )*(?:a |an )?{TONGUES} translations?|(?:with |in )<lang> ones)",
        "translation",
        _codes,
    )


def _codes(f: Found) -> tuple[str, ...]:
    return tuple(token.value for token in f.text.tokens[f.tokens] if token.form == "<lang>")


def read_looks(text: Text) -> None:
    lead = r"(?:(?:with|use|using|has|have|having|add|adding|and|in|the|a|an|please|want|need|put|show|including|include) )*"
    bare = r"(?:clean|caption free|captionless|subtitle free|text free|textless|uncaptioned)"
    none = rf"(?:without|with no|free of) (?:any |the )?(?:burned in )?{CAPTION}"
    beside = r"(?:(?:and|with|also|plus|including|as well as|in addition|,|a|an|the|one|another) )*"
    text.reduce(
        rf"{beside}(?:{bare} )+masters?(?: (?:copy|copies|files?|versions?))?(?: ,? ?{none})?(?: (?:too|as well|beside it|each))?"
        rf"|{beside}{bare} (?:versions?|copy|copies|files?|cuts?|ones?) ,? ?{none}"
        rf"|(?:(?:with|also|plus|and|including|as well as) )+(?:a |an |one )?(?:{bare} )+(?:versions?|copy|copies|files?)"
        rf"|(?:(?:also|plus|as well as|and) )+(?:a |an |one )(?:(?:version|copy|file) )?{none}"
        rf"|(?:both )?with and without {CAPTION}|(?:and |, )*(?:the )?same (?:film|video|promo|one|cut|clip|thing) {none}(?: at all)?|{none} (?:and|plus) (?:one )?with",
        "master",
    )
    style = r"(?:bold|karaoke|clean|plain|simple|standard|normal|regular)"
    negated = r"(?:no|without|without any|with no|w o|drop|skip|remove|leave out|don't want|do not want|don't use|don't add|don't need|hide|turn off|kill|not|never|zero)"
    text.reduce(
        rf"(?:(?:and|but|with|,) )*{negated} (?:any |the |burned in |hard )*{CAPTION}(?: (?:at all|please|on it|burned in|this time|needed))*|{CAPTION} (?:off|: no|: none|: off|not needed)",
        "captions",
        lambda f: "none" if not f.after.startswith("<captions") else None,
    )
    text.reduce(
        rf"{lead}(?P<a>{style})(?:er)?(?: (?:style|animated))? {CAPTION}|{lead}{CAPTION} (?:(?:in|:|are|should be|must be|be) )*(?:a )?(?P<b>{style})(?: (?:style|please))?|{lead}(?P<d>{style})(?= <translation>)|{lead}(?P<c>karaoke)(?: style)?",
        "captions",
        lambda f: (name := f.form("a") or f.form("b") or f.form("c") or f.form("d")) and LOOKS.get(name, name),
    )
    text.reduce(
        r"(?:(?:with|and|also|,) )*(?:2|two) (?:different |alternative |other )?(?:openings|beginnings|starts)(?: (?:for|to) (?:a |an )?(?:a b )?(?:test|testing|compare|choose from))*",
        "openings",
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
            "shown"
            if not re.match(r"in|like|with|:|are|should|must|at|be|bigger|larger|lower|smaller|white", f.after)
            else None
        ),
    )
    text.reduce(
        rf"(?:(?:and|please|also|with|all|the|,) )*(?:(?:{NEGATIVE}|kill|tighten up|shorten|clean up|tighten|no) (?:out )?(?:any |all |the |his |her |my |our |those |awkward |long |every |big )*{DEAD}(?: (?:and|or) (?:the |any |all )?{DEAD})*(?: (?:in between|out|please|between sentences|too))*|de um|jump cut it|silence removal|auto cut silences?|kill air|tighten(?: (?:it|everything)(?: up)?)?(?= (?:,|;|and|$))|(?<!no )(?<!without )(?<!any )(?:with )?jump cuts)",
        "tighten",
    )
