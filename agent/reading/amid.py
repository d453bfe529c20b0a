"""What stands amid a topic and asks for nothing: the length in "the ten-minute rule", the exclusion in "a world without ads"."""

from __future__ import annotations

import re

from agent.reading.grammar import NOUN
from agent.reading.text import Text, Token
from agent.reading.tongues import word_set

_LENGTHS = ("<len>", "<length>")
_PARTING = word_set(", ; and but plus then also please or")
"""What stands before something else that is asked."""
_EXCLUDING = re.compile(r"without(?: any)?|(?:skip|drop|remov|avoid|ignor)(?:p?ing|e)?")
"""An exclusion that as often is part of what is told: "a world without ads", "countries can skip steps"."""
_DEMANDING = re.compile(r"\b(?:about|make|be|ensure|must|please|definitely|it|don't|not|never)\b")
"""What is in a head that asks for something wherever it stands."""
_ANOTHER = word_set("one other another first second third next last it")


def read_amid(text: Text) -> None:
    """Turn back into words what seems to ask for something and stands, parted by nothing, amid what a promo is about."""
    made: list[Token] = []
    amid = lengths = False
    for at, token in enumerate(text.tokens):
        before = text.tokens[at - 1].form if at else ""
        after = text.tokens[at + 1].form if at + 1 < len(text.tokens) else ""
        if amid and token.form[0] == "<" and _only_said(text, at, before, after, lengths):
            token = Token(text.original(at, at + 1).lower(), token.start, token.end)
        elif token.form == "<head>":
            amid = token.value == "topic"
        elif token.form == ";" or (
            token.form[0] == "<" and token.form not in (*_LENGTHS, "<quote>", "<tone>", "<count>")
        ):
            amid = False
        lengths = lengths or (token.form in _LENGTHS and not amid)
        made.append(token)
    text.become(made)


def _only_said(text: Text, at: int, before: str, after: str, lengths: bool) -> bool:
    token = text.tokens[at]
    if before in _PARTING or not after and token.form == "<head>":
        return False
    if token.form in _LENGTHS:
        return lengths and before not in _ANOTHER | {"for"}
    if token.form != "<head>" or before == "<head>":
        return False
    said = text.original(at, at + 1).lower()
    if token.value == "without":
        return bool(_EXCLUDING.fullmatch(said))
    another = before in _ANOTHER or re.fullmatch(NOUN, before)
    return token.value in ("topic", "any") and not another and not _DEMANDING.search(said)
