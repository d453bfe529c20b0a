"""The words that follow a head, up to where something else is asked."""

from __future__ import annotations

import re

from agent.reading.grammar import NOUN
from agent.reading.heads import Asked
from agent.reading.text import Text, Token
from agent.reading.tongues import word_set
from agent.reading.unmade import COVER, UNSEEN
from tools.text import clean

SOFT = word_set("<len> <length> <pf> <shape> <noshape> <elsewhere> <lang> <clock> <count> <tone> <quote> <window>")
"""What may stand in a topic, where nothing parts it from its words."""
SAID = word_set("line lines sentence sentences remark joke")
"""What a passage is called, too, before "about"."""


_JOINS = word_set("and but plus also then or , / with in for of at as a an the on to it please too by")
_ASKING = word_set(
    """no not don't dont do without with make keep use start open begin end close finish add put give show we please need should must only just try cut
    remove skip retain preserve trim boil squeeze condense shorten summarise summarize leave avoid exclude include mention title call so also maybe i it's its this that it let's then strictly otherwise you can could nothing
    never ideally"""
)
"""Words that after a comma begin something else that is asked."""


_EMPTY = word_set(
    """fluff nonsense jargon bs bullshit buzzwords clickbait cheese cringe spam problem worries length limit limits rush stress idea need one swearing fuss
    frills"""
)


def read_passages(text: Text) -> None:
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
        if (
            head in ("any", "first", "last")
            and first < stop
            and tokens[first].form == "<quote>"
            and _stands(tokens, first)
        ):
            stop = first + 1
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


def _stands(tokens: list[Token], at: int) -> bool:
    """Whether a quotation is all of what is named: not in "the 'first week' story"."""
    after = tokens[at + 1].form if at + 1 < len(tokens) else ""
    return (
        after in ("", "and", "then", "but", "with", "into", "in", "so", "at", "on", "for", "written", "as")
        or not after[0].isalpha()
    )


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
        or tokens[here].form in SAID
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
        if head == "topic" and at > first and form in (",", "and", "plus", "then", "&") and _begins_another(tokens, at):
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


_ANOTHER = re.compile(
    r"(?:(?:,|and|plus|then|also|&) )*(?:"
    rf"(?:(?:the |a )?(?:one|another|other|first|second|third|fourth|fifth|next|last)(?: one)?|a)(?: (?:{NOUN}|<pf>|<len>|<length>|<shape>))* <head>"
    rf"|(?:another|one|a)(?: (?:{NOUN}|<pf>|<shape>))* (?:<len>|<length>)(?= (?:{NOUN}|<pf>|<shape>|<head>|,|;|and|for|long)|$))(?= |$)"
)


def _begins_another(tokens: list[Token], at: int) -> bool:
    """Whether another promo of its own begins here: "… and one about hiring", "… and another 40 s"."""
    some = tokens[at : at + 9]
    found = _ANOTHER.match(" ".join(token.form for token in some))
    if found is None:
        return False
    heads = [token.value for token in some if token.form == "<head>"]
    return not found[0].endswith("<head>") or heads[0] == "topic"


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
    if head == "topic" and _speaks(clause):
        return True
    listed = any(word in ("or", "nor", "and") for word in clause[:3]) or _list_ahead(tokens, at)
    if head == "without":
        return not listed
    return not (
        listed
        or (head == "topic" and len(clause) > 1)
        or clause[0]
        in ("how", "why", "what", "which", "when", "where", "who", "especially", "particularly", "including", "such")
    )


_SUBJECTS = word_set("i we he she they my our everybody everyone people nobody which")
_FINITE = word_set(
    """would will won't want wants need needs hate hates love loves like likes is are isn't aren't was were has have hasn't haven't says said thinks can can't don't
    doesn't didn't must should may expects asked told"""
)


def _speaks(clause: list[str]) -> bool:
    """Whether a clause has a subject and a verb of its own, and is no part of a list."""
    return bool(clause) and clause[0] in _SUBJECTS and bool(_FINITE & set(clause[1:5]))


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
