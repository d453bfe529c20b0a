"""In what tone it is to be written, as phrases of a request."""

from __future__ import annotations

import re

from agent.reading.grammar import NOUN, TONES
from agent.reading.text import Text


def read_tones(text: Text) -> None:
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
