"""How the captions are to look, in what language, with a master beside them or tightened, as phrases of a request."""

from __future__ import annotations

import re

from agent.reading.grammar import CAPTION, DEAD, NEGATIVE
from agent.reading.text import Text

LOOKS = {"plain": "clean", "simple": "clean", "standard": "clean", "normal": "clean", "regular": "clean"}


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
