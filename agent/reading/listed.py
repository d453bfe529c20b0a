"""Several promos that are each about one thing of a list: "3 shorts: pricing, churn and hiring"."""

from __future__ import annotations

from itertools import dropwhile, takewhile

from agent.reading.heads import Asked
from agent.reading.text import Text, Token
from agent.reading.tongues import word_set

_JOINTS = (",", "and", "&", "plus")
_LONGEST = 8
"""Words of one thing."""
_COUNTING = word_set("the one first second third fourth fifth another other last a about on")
_NO_THING = word_set("each every all both with without no not please make keep use skip only just max at for in")


def read_lists(text: Text) -> None:
    """Where a number of promos is followed by a colon and as many things, each of them is what one promo is about."""
    counts = [token.value for token in text.tokens if token.form == "<count>" and 1 < token.value <= 5]
    if not counts:
        return
    for at, token in enumerate(text.tokens):
        if token.form in (",", ";") and ":" in text.said[token.start : token.end]:
            stop = _end(text.tokens, at + 1)
            things, stop = _things(text, at + 1, stop)
            if len(things) in counts and _of_counted(text.tokens, at):
                text.become([*text.tokens[:at], token, *_each(things), *text.tokens[stop:]])
                return


def _of_counted(tokens: list[Token], at: int) -> bool:
    """Whether what stands before the colon names what is counted, or the topics."""
    clause: list[str] = []
    for token in reversed(tokens[:at]):
        if token.form == ";":
            break
        clause.append(token.form)
    return bool({"<count>", "topics", "subjects", "themes", "topic"} & set(clause))


def _end(tokens: list[Token], at: int) -> int:
    while at < len(tokens) and tokens[at].form != ";" and (tokens[at].form[0] != "<" or tokens[at].form == "<quote>"):
        at += 1
    return at


def _things(text: Text, at: int, stop: int) -> tuple[list[Token], int]:
    """The things of a list, each as a topic, and where it ends: before what asks for something else."""
    found: list[Token] = []
    while at < stop:
        part = list(takewhile(lambda token: token.form not in _JOINTS, text.tokens[at:stop]))
        named = list(dropwhile(lambda token: set(token.form.split()) <= _COUNTING, part))
        if part and (not named or len(named) > _LONGEST or named[0].form in _NO_THING):
            return found, at
        if named:
            said = text.said[named[0].start : named[-1].end].strip(" \"'")
            found.append(Token("<topic>", named[0].start, named[-1].end, Asked("topic", said)))
        at += len(part) + 1
    return found, stop


def _each(things: list[Token]) -> list[Token]:
    """Each thing said as the topic of one promo."""
    return [each for thing in things for each in (Token("one", thing.start, thing.start), thing)]
