"""Whether words for a post say only what their evidence says, and fit the platform.  Pure; no engine may skip it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from tools.schema import Copy, Line, Platform, Transcript
from tools.text import clean, contacts
from tools.words.numerals import numbers

MOST_HOOKS = 10


_RANKED = (
    "half halves halved third thirds quarter quarters fifth fifths tenth double doubled doubles twice triple tripled thrice quadruple quadrupled tenfold dozen dozens "
    "hundreds thousands millions billions majority most all every none never always everyone nobody first only best worst biggest largest fastest guaranteed"
)
_QUANTITIES = frozenset(_RANKED.split())
"""Words that count or rank as a number does; a claim may use one only where its evidence does."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_QUOTED = re.compile(
    r"“([^”]{2,400})”|\"([^\"]{2,400})\"|«([^»]{2,400})»|„([^“”]{2,400})[“”]|(?<!\w)['‘]([^'’‘]{4,400})['’](?!\w)"
)
_COMMON = """
    a about after all am an and another any are as ask at back be because been before behind being better between big bring build but by can can't change choose come could cut
    day did didn't discover do does doesn't don't down each easy ever every everything fewer find first fix for forget found four from full get give go good got great had hard has have he
    hear help her here here's his how i i'd i'll i'm i've if imagine in inside into is isn't it it's its join just keep know learn less let let's listen little long look lose made make making
    many meet might more most much must my need never new next no not nothing now of off on once one only or our out over own people pick read ready real really same save say see
    she should show simple simply small so some someone something start still stop story take talk tell than thank that that's the their them then there there's these they think this those
    three through time to too true try turn two under understand until up us use using want was watch way we we're we've well went were what what's when where which while who why will with
    without won't work works worth would yes yet you you're your"""
_PLAIN = frozenset(_COMMON.split())
"""Words that may be capitalised at a beginning, or in a title, without naming anything."""


_IDIOMS = re.compile(
    r"\b(?:after all|at all|all about|all in all|above all|all along|first of all|once and for all|at first|never ?mind|at best|best of luck|"
    r"for the first time|the only way is|double[- ]check\w*|second to none)\b",
    re.IGNORECASE,
)
"""Words of rank and number that count nothing."""
_ALL = re.compile(
    r"(?<!\bit )(?<!\bthat )(?<!\bthis )(?<!\bwhich )\ball(?= (?:of )?(?:(?:the|our|my|your|his|her|their|its|these|those|us|them) )?"
    r"(?:(?!(?:i|you|we|he|she|it|they|that|this|who|what|there|about|in|at|for|is|was)\b)\w+ )?(?:\w*[^\Wsiu]s|people|children|men|women|staff)\b"
    r"| of (?:us|them|you)\b)",
    re.IGNORECASE,
)
"""“All” that counts: before a plural, and not in “all you hope for”."""
_SELF = frozenset(
    [
        "i",
        "me",
        "my",
        "mine",
        "myself",
        "we",
        "us",
        "our",
        "ours",
        "ourselves",
        "i'm",
        "i've",
        "i'll",
        "i'd",
        "we're",
        "we've",
        "we'll",
        "we'd",
    ]
)
_FUNCTION = (
    frozenset(
        [
            "a",
            "about",
            "after",
            "again",
            "against",
            "all",
            "also",
            "although",
            "always",
            "am",
            "an",
            "and",
            "any",
            "are",
            "as",
            "at",
            "away",
            "back",
            "be",
            "because",
            "been",
            "before",
            "being",
            "between",
            "both",
            "but",
            "by",
            "can",
            "can't",
            "could",
            "did",
            "didn't",
            "do",
            "does",
            "doesn't",
            "doing",
            "don't",
            "down",
            "during",
            "each",
            "either",
            "else",
            "ever",
            "every",
            "few",
            "for",
            "from",
            "further",
            "had",
            "has",
            "hasn't",
            "have",
            "haven't",
            "having",
            "he",
            "her",
            "here",
            "hers",
            "him",
            "his",
            "how",
            "if",
            "in",
            "instead",
            "into",
            "is",
            "isn't",
            "it",
            "it's",
            "its",
            "just",
            "less",
            "let",
            "like",
            "lot",
            "many",
            "may",
            "maybe",
            "might",
            "more",
            "most",
            "much",
            "must",
            "neither",
            "never",
            "no",
            "none",
            "nor",
            "not",
            "nothing",
            "now",
            "of",
            "off",
            "often",
            "on",
            "once",
            "one",
            "only",
            "or",
            "other",
            "our",
            "out",
            "over",
            "own",
            "per",
            "perhaps",
            "please",
            "quite",
            "rather",
            "really",
            "s",
            "same",
            "she",
            "should",
            "since",
            "so",
            "some",
            "something",
            "soon",
            "still",
            "such",
            "t",
            "than",
            "that",
            "that's",
            "the",
            "their",
            "them",
            "then",
            "there",
            "these",
            "they",
            "thing",
            "things",
            "this",
            "those",
            "though",
            "through",
            "to",
            "together",
            "too",
            "under",
            "until",
            "up",
            "upon",
            "very",
            "was",
            "wasn't",
            "we",
            "well",
            "were",
            "weren't",
            "what",
            "whatever",
            "when",
            "where",
            "whether",
            "which",
            "while",
            "who",
            "whom",
            "whose",
            "why",
            "will",
            "with",
            "without",
            "won't",
            "would",
            "yes",
            "yet",
            "you",
            "your",
            "yours",
        ]
    )
    | _SELF
)
_PEOPLE = frozenset(
    [
        "patient",
        "doctor",
        "nurse",
        "surgeon",
        "founder",
        "ceo",
        "boss",
        "manager",
        "employee",
        "worker",
        "customer",
        "client",
        "buyer",
        "seller",
        "user",
        "shopper",
        "student",
        "teacher",
        "professor",
        "researcher",
        "scientist",
        "expert",
        "engineer",
        "developer",
        "designer",
        "lawyer",
        "judge",
        "investor",
        "parent",
        "mother",
        "father",
        "mum",
        "mom",
        "dad",
        "child",
        "kid",
        "baby",
        "wife",
        "husband",
        "friend",
        "neighbor",
        "neighbour",
        "colleague",
        "stranger",
        "owner",
        "baker",
        "farmer",
        "driver",
        "pilot",
        "politician",
        "president",
        "minister",
        "voter",
        "citizen",
        "journalist",
        "critic",
        "actor",
        "singer",
        "artist",
        "writer",
        "author",
        "guest",
        "host",
        "audience",
        "viewer",
        "listener",
        "speaker",
    ]
)
"""Who is spoken of is a fact, as a name is."""
_CLAUSES = re.compile(r"(?<=[.!?…;:])\s+|\n+")


def stem(word: str) -> str:
    """``word`` in lower case without a possessive or its commonest endings."""
    word = re.sub(r"['’]s$|['’]$", "", word.casefold())
    for end in ("ings", "ing", "ies", "ied", "ed", "es", "s"):
        if word.endswith(end) and len(word) - len(end) > 2 and not word.endswith("ss"):
            word = word[: -len(end)]
            break
    return word.rstrip("ey") if len(word) > 3 else word


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def names(text: str) -> list[str]:
    """The capitalised words that could name something.  A common word at the beginning of a sentence is none."""
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        if not any(char.isupper() for char in word):
            continue
        before = text[: match.start()].rstrip(" \"'“‘«„([-—–#")
        opens = not before or before[-1] in ".!?…:;|\n"
        if word.casefold().replace("’", "'") in _PLAIN and (opens or word[1:].islower() or len(word) == 1):
            continue
        found.append(word)
    return found


def quotations(text: str) -> list[str]:
    """What ``text`` puts in quotation marks: two words or more."""
    told = (next(part for part in match.groups() if part) for match in _QUOTED.finditer(text))
    return [quote for quote in told if len(words(quote)) > 1]


def split_tag(tag: str) -> list[str]:
    """The words of a tag or CamelCase hashtag."""
    apart = re.sub(
        r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])",
        " ",
        tag.lstrip("#"),
    )
    return words(apart)


def ungrounded(text: str, evidence: str, tag: bool = False, asked: str = "") -> list[str]:
    """What ``text`` claims that ``evidence`` does not say, in words.

    ``asked`` is the person's own topic: its names and people may be spoken of, and it makes tags, but it proves no number, rank or quotation.
    """
    wrong: list[str] = []
    said = numbers(evidence)
    for number in numbers(text):
        if not any(
            abs(number.value - known.value) < 1e-9 * max(1.0, abs(known.value)) and number.unit in ("", known.unit)
            for known in said
        ):
            wrong.append(f"the number {number.text!r} is not in its evidence")
    known = {stem(word) for word in words(evidence)}
    subject = known | {stem(word) for word in words(asked)}
    told = split_tag(text) if tag else words(text)
    lowered = {word.casefold() for word in words(evidence)}
    wrong += [
        f"{word!r} counts or ranks, and is not in its evidence"
        for word in (split_tag(text) if tag else words(_counting(text)))
        if word.casefold() in _QUANTITIES - lowered and stem(word) not in known
    ]
    wrong += [
        f"{word!r} is somebody who is not in its evidence"
        for word in told
        if stem(word) in _STEMS and stem(word) not in subject
    ]
    wrong += [] if tag else _put_into_the_mouth(text, known)
    counted = {token for number in numbers(text) for token in re.findall(r"\w+", number.text)}
    if tag:
        subject |= {stem(word) for word in split_tag(evidence)}  # "3D" is a word there, and two parts in a tag
        digits = {word.casefold() for word in words(evidence)} | {f"{known_number.value:g}" for known_number in said}
        wrong += [
            f"{word!r} is not in its evidence"
            for word in told
            if stem(word) not in subject and word.casefold() not in digits
        ]
    else:
        wrong += [
            f"the name {name!r} is not in its evidence"
            for name in names(text)
            if stem(name) not in subject and name.casefold() not in counted
        ]
    run = f" {_run(evidence)} "
    wrong += [
        f"“{clean(quote, 80)}” is not what was said" for quote in quotations(text) if f" {_run(quote)} " not in run
    ]
    return wrong


_STEMS = frozenset(map(stem, _PEOPLE))


def _counting(text: str) -> str:
    """``text`` without what counts or ranks in form alone."""
    text = _IDIOMS.sub(" ", text)
    return re.sub(
        r"\ball\b", lambda found: found[0] if _ALL.match(text, found.start()) else " ", text, flags=re.IGNORECASE
    )


def _put_into_the_mouth(text: str, known: set[str]) -> list[str]:
    """What a statement in the first person has the speaker say that is not in the sentences; a question says nothing."""
    wrong = []
    for clause in _CLAUSES.split(text):
        said = words(clause)
        if clause.rstrip(" \"'”’)").endswith("?") or not _SELF & {word.casefold().replace("’", "'") for word in said}:
            continue
        own = [
            word
            for word in said
            if word.casefold().replace("’", "'") not in _FUNCTION and stem(word) not in known and not numbers(word)
        ]
        wrong += [
            f"“{clean(clause, 80)}” has the speaker say {word!r}, which is not in its evidence" for word in own[:3]
        ]
    return wrong


def _run(text: str) -> str:
    return " ".join(word.casefold().replace("’", "'") for word in words(text))


def evidence_text(ids: Iterable[str], said: Mapping[str, str]) -> str:
    """The words of ``ids`` in spoken order, whatever order they were given in."""
    wanted = set(ids)
    return " ".join(text for name, text in said.items() if name in wanted)


def check(
    copy: Copy,
    transcript: Transcript,
    limits: Platform,
    allowed: str = "",
    chosen: Iterable[str] | None = None,
    topic: str = "",
) -> list[str]:
    """Everything that is wrong with ``copy``, each beginning with the line it is about; empty when it may be published.

    ``allowed`` are the words of who asked: an address in them may be used, though never in a tag.  ``chosen`` narrows
    the evidence to the ids in the cut.  ``topic`` is theirs too, and may be named in titles and tags.
    """
    return [
        f"{copy.platform} {where}: {what}"
        for where, _, what in _problems(copy, transcript, limits, allowed, chosen, topic)
    ]


def repair(
    copy: Copy,
    transcript: Transcript,
    limits: Platform,
    allowed: str = "",
    chosen: Iterable[str] | None = None,
    topic: str = "",
) -> Copy:
    """``copy`` without what fails, and with a warning for each line that was dropped."""
    copy = tidy(copy)
    picked = None if chosen is None else list(chosen)
    warnings = list(copy.warnings)
    for _ in range(4):  # dropping a line can only mend, but a text that is too long is seen once its lines are
        found = list(_problems(copy, transcript, limits, allowed, picked, topic))
        if not found:
            break
        gone = {where for where, _, _ in found}
        warnings += [f"{where} was dropped: {what}" for where, _, what in found]
        copy = copy.model_copy(
            update={
                "hooks": tuple(line for n, line in enumerate(copy.hooks, 1) if f"hook {n}" not in gone),
                "title": None if "title" in gone else copy.title,
                "description": None if "description" in gone else copy.description,
                "tags": tuple(line for n, line in enumerate(copy.tags, 1) if f"tag {n}" not in gone),
            }
        )
    return copy.model_copy(update={"warnings": tuple(dict.fromkeys(warnings))})


def mended(first: Copy, kept: Copy, again: Copy) -> Copy:
    """What was ``kept`` of a ``first`` try, and in the place of what was refused what was written ``again``."""
    return again.model_copy(
        update={
            "hooks": (*kept.hooks, *again.hooks)[: max(len(first.hooks), len(kept.hooks), 1)],
            "title": kept.title or again.title,
            "description": kept.description or again.description,
            "tags": (*kept.tags, *again.tags)[: max(len(first.tags), len(kept.tags))],
        }
    )


def tidy(copy: Copy) -> Copy:
    """``copy`` in plain visible text, without angle brackets, empty lines or repeats, tags without their sign."""
    return copy.model_copy(
        update={
            "hooks": _unique(_tidied(copy.hooks, 400)),
            "title": next(iter(_tidied([copy.title] if copy.title else [], 400)), None),
            "description": next(iter(_tidied([copy.description] if copy.description else [], 6000, lines=True)), None),
            "tags": _unique(line for line in _tidied(copy.tags, 120)),
        }
    )


def _tidied(given: Iterable[Line], limit: int, lines: bool = False) -> list[Line]:
    told = []
    for line in given:
        text = clean(line.text.replace("<", "").replace(">", ""), limit, lines=lines).strip().lstrip("#").strip()
        evidence = tuple(dict.fromkeys(clean(each, 12) for each in line.evidence))
        if text and evidence:
            told.append(Line(text=text, evidence=evidence))
    return told


def _unique(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple({_run(line.text) or line.text: line for line in reversed(list(lines))}.values())[::-1]


Problem = tuple[str, Line | None, str]
"""Where, the line, and what is wrong with it."""


def _problems(
    copy: Copy, transcript: Transcript, limits: Platform, allowed: str, chosen: Iterable[str] | None, topic: str
) -> Iterator[Problem]:
    said = {sentence.id: sentence.text for sentence in transcript.sentences}
    usable = said.keys() if chosen is None else said.keys() & set(chosen)
    granted = {each.text.casefold() for each in contacts(clean(allowed, 2000))}
    for where, line in _lines(copy):
        tag = where.startswith("tag")
        plain = clean(line.text, 8000, lines=True)
        if plain != line.text:
            yield where, line, "it holds signs that can't be seen, or white space to spare"
        missing = [name for name in line.evidence if name not in usable]
        if missing:
            why = "is not in the cut" if any(name in said for name in missing) else "does not exist"
            yield where, line, f"evidence {', '.join(missing[:5])} {why}"
        evidence = evidence_text((name for name in line.evidence if name in usable), said)
        for what in ungrounded(plain, evidence, tag, topic if tag or where == "title" else ""):
            yield where, line, what
        for contact in contacts(plain):
            if tag or contact.text.casefold() not in granted:
                yield (
                    where,
                    line,
                    f"it holds {'an' if contact.kind[0] in 'aeiou' else 'a'} {contact.kind}, {contact.text!r}",
                )
        if tag and not re.fullmatch(r"[^\W_][\w '&-]{0,49}", plain):
            yield where, line, f"{plain!r} is no tag: 1 to 50 letters, digits and spaces are right"
        if tag and not any(char.isalpha() for char in plain):
            yield where, line, f"{plain!r} is a bare number, which nobody looks for"
        for what in _too_long(where, plain, limits):
            yield where, line, what
    yield from _counts(copy, limits)


def _lines(copy: Copy) -> Iterator[tuple[str, Line]]:
    yield from ((f"hook {n}", line) for n, line in enumerate(copy.hooks, 1))
    if copy.title:
        yield "title", copy.title
    if copy.description:
        yield "description", copy.description
    yield from ((f"tag {n}", line) for n, line in enumerate(copy.tags, 1))


def _too_long(where: str, text: str, limits: Platform) -> Iterator[str]:
    most = None
    if where.startswith("hook"):
        most = limits.hook_characters
    elif where == "title":
        most = limits.title_characters if limits.has_title else 100
    elif where == "description":
        most = limits.text_limit
    if most is not None and weight(text, limits) > most:
        yield f"it is {weight(text, limits)} characters long, {most} are allowed"
    if (
        where == "description"
        and limits.description_bytes is not None
        and len(text.encode()) > limits.description_bytes
    ):
        yield f"it is {len(text.encode())} bytes long, {limits.description_bytes} are allowed"


def weight(text: str, limits: Platform) -> int:
    """Characters as the platform counts them: on X, a wide letter or an emoji is two."""
    if limits.id != "x":
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" or ord(char) > 0xFFFF else 1 for char in text)


def _counts(copy: Copy, limits: Platform) -> Iterator[Problem]:
    for n, line in enumerate(copy.hooks[MOST_HOOKS:], MOST_HOOKS + 1):
        yield f"hook {n}", line, f"there are {len(copy.hooks)} hooks, {MOST_HOOKS} are allowed"
    most = limits.tags_max or 3 * limits.tags_ours
    for n, line in enumerate(copy.tags[most:], most + 1):
        yield f"tag {n}", line, f"there are {len(copy.tags)} tags, {most} are allowed"
    used = 0
    for n, line in enumerate(copy.tags, 1):
        used += len(line.text) + 1 + 2 * (" " in line.text)  # a tag with a space is counted with quotation marks
        if limits.tags_characters is not None and used > limits.tags_characters:
            yield f"tag {n}", line, f"the tags together are longer than {limits.tags_characters} characters"
    last = copy.tags[-1] if copy.tags else copy.description
    if (
        last is not None
        and limits.caption_characters is not None
        and weight(post(copy), limits) > limits.caption_characters
    ):
        where = f"tag {len(copy.tags)}" if copy.tags else "description"
        yield (
            where,
            last,
            f"the post is {weight(post(copy), limits)} characters long with its tags, {limits.caption_characters} are allowed",
        )


def hashtag(tag: str) -> str:
    """``customer churn`` as ``#CustomerChurn``; the letters inside a word stay as they are."""
    return "#" + "".join(word[:1].upper() + word[1:] for word in words(tag.replace("'", "").replace("’", "")))


def post(copy: Copy) -> str:
    """The text to paste: description, or else the first hook, with hashtags."""
    body = copy.description or (copy.hooks[0] if copy.hooks else None)
    tags = " ".join(hashtag(line.text) for line in copy.tags)
    return "\n\n".join(part for part in (body.text if body else "", tags) if part)
