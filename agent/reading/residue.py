"""What is left of a request when everything else is understood: a topic that stands alone, or words in which nothing was."""

from __future__ import annotations

import re

from agent.reading.grammar import N
from agent.reading.text import Text, Token
from agent.reading.tongues import word_set
from tools.text import clean

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
        top webinar podcast another
        boil condense pull ship extract film episode wanting require brief itself takes where he she they him her we're talks talking says said speaks speaking explain explains there here his full whole entire original source
        looking thing stuff sure well ones say says maybe perhaps im id pm could've would've guess hmm um uh lol yeah yes duration version go see gimme wanna gonna kind sort bit
        same both only strictly ofc asap today ready me sir ma'am madam team guys everyone works work going""",
    )
)
"""Words that ask for nothing by themselves."""


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
        if token.form in (",", ";") or (token.form[0] == "<" and len(token.form) > 1 and token.form not in _SAID):
            close()
        else:
            run.append(at)
    close()
    return clean("; ".join(dict.fromkeys(" ".join(part.split()) for part in parts)), 300)


_SAID = ("<quote>", "<lang>", "<clock>")
"""What is a word of the person's where no phrase took it."""


def _means(token: Token) -> bool:
    form = token.form
    if form in _SAID:
        return True
    if re.fullmatch(N, form):
        return True
    return any(char.isalpha() for char in form) and not all(word in FILLER or len(word) < 2 for word in form.split())
