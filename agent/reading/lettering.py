"""The font, the colour, the size and the place of captions: which words of a wish ask for those, wherever they stand about the captions."""

from __future__ import annotations

import re

from agent.reading.looks import LOOKS
from agent.reading.text import Text, Token
from agent.reading.tongues import word_set
from agent.reading.unmade import LETTERING
from tools.text import clean

_LETTERS = word_set(
    "captions caption subtitles subtitle subs text letters lettering leters font fonts writing typeface schrift scritte lettere"
)
_COLOURS = word_set(
    """white black yellow red blue green pink orange purple gold golden grey gray cream navy teal cyan brown beige neon coloured colored coloring colour color colours colors
    colourful colorful bright dark transparent"""
)
_FORMS = word_set(
    """big bigger large larger huge small smaller tiny thick thin medium readable legible discreet lowercase uppercase caps capitals serif sans monospace mono italic handwritten
    dyslexia outline outlined shadow background edge highlighted highlight lower higher bottom top centered centred middle center centre elegant minimal minimalist animated flashy subtle
    fancy gentle pretty line lines"""
)
_JOINING = word_set(
    "and or in at on of the a with be are is must should have to my our pls please word words key not all more bit very most friendly style like , - for about on them by one time 2 but"
)
_EVERYDAY = word_set("text letters writing font fonts")
_STYLES = word_set("bold karaoke clean plain simple")


def read_lettering(text: Text) -> None:
    """Put what is asked of the captions' letters together to one token each, which tells where that is set."""
    text.reduce(
        r"(?:no|without|don't put) (?:captions|subtitles|text) (?:over|across|covering|in front of|on top of)(?: (?!<|,|;)\S+){1,5}",
        "unmade",
        lambda f: (clean(f[0], 80), LETTERING),
    )
    made: list[Token] = []
    at, tokens = 0, text.tokens
    while at < len(tokens):
        span = _span(tokens, at) if tokens[at].form in _LETTERS else None
        if span and tokens[at].form in _EVERYDAY and _spoken_of(tokens, span[0]):
            span = None
        if span is None:
            made.append(tokens[at])
            at += 1
            continue
        first, stop = span
        del made[len(made) - (at - first) :]
        if made and made[-1].form in _STYLES:
            made[-1] = made[-1]._replace(form="<captions>", value=LOOKS.get(made[-1].form, made[-1].form))
        made.append(
            Token(
                "<unmade>",
                tokens[first].start,
                tokens[stop - 1].end,
                (clean(text.original(first, stop), 80), LETTERING),
            )
        )
        at = stop
    text.become(made)


def _spoken_of(tokens: list[Token], first: int) -> bool:
    """Whether letters are part of what a promo is about: "about dark mode and large text"."""
    clause: list[str] = []
    for token in reversed(tokens[:first]):
        if token.form in (",", ";"):
            break
        clause.append(token.form)
    return bool({"about", "on", "how", "why", "that"} & set(clause)) and clause[0] not in ("with", "use", "using", "in")


def _span(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """From which token to which the letters named at ``at`` are told how to look, if they are."""
    first, stop = at, at + 1
    while first and _dresses(tokens[first - 1].form):
        first -= 1
    while stop < len(tokens) and (_dresses(tokens[stop].form) or tokens[stop].form in _JOINING | _LETTERS):
        stop += 1
    while stop > at + 1 and not (
        _dresses(tokens[stop - 1].form) or tokens[stop - 1].form in _LETTERS | {"time", "pls", "please"}
    ):
        stop -= 1
    inside = [token.form for token in tokens[first:stop]]
    return (first, stop) if any(map(_dresses, inside)) else None


def _dresses(form: str) -> bool:
    return (
        form in _COLOURS | _FORMS or bool(re.fullmatch(r"#?[0-9a-f]{6}", form)) and any(char.isdigit() for char in form)
    )
