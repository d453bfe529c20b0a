"""Whether a wish that somebody else wrote was read as they meant it: exact, told what was left out, or silently wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

from agent.reading.change import Change, RevisionError
from agent.reading.changes import hear_changes
from agent.reading.grammar import LANGUAGES
from agent.reading.tongues import word_set
from agent.reading.wish import Reading, WishError, demand_promo
from tools.words.numerals import ONES

Verdict = Literal["exact", "told", "silent"]
Means = dict[str, Any]
PLATFORMS = {
    "instagram": "reels",
    "instagram reels": "reels",
    "insta": "reels",
    "twitter": "x",
    "youtube shorts": "shorts",
}
KNOWN = {"youtube", "shorts", "tiktok", "reels", "linkedin", "x"}
NUMBERS = {word: str(n) for n, word in enumerate(ONES)}
LITTLE = word_set(
    """the a an of in on to and or for with my our his her their is it where when talks about les le la las los el der die das un una une de du di
    solo parte dei just only part bit"""
)


def score(row: dict[str, Any]) -> tuple[Verdict, str]:
    """The verdict over a row, and what was wrong where it was silently so."""
    return (_request if row["kind"] == "request" else _revision)(row["said"], row["means"])


def _words(text: Any) -> set[str]:
    return {NUMBERS.get(word, word[:5]) for word in re.findall(r"[^\W_]+", str(text).lower())} - LITTLE


def _says(texts: Iterable[str], wanted: Any, share: float = 0.5) -> bool:
    """Whether one of ``texts`` has that share of the words of ``wanted``."""
    need = _words(wanted)
    return any(len(need & _words(text)) >= share * max(1, len(need)) for text in texts)


def _request(said: str, means: Means) -> tuple[Verdict, str]:
    try:
        reading = demand_promo(said)
    except WishError as no:
        return ("exact" if means.get("contradiction") else "told"), str(no)
    verdicts = [(name, _field(name, value, reading, means)) for name, value in means.items()]
    wrong = [f"{name}: {means[name]!r}" for name, verdict in verdicts if verdict == "silent"]
    if wrong:
        return "silent", f"{'; '.join(wrong)} | {reading}"
    return ("told" if any(verdict == "told" for _, verdict in verdicts) or reading.left else "exact"), str(reading)


def _field(name: str, value: Any, reading: Reading, means: Means) -> Verdict:
    left = reading.left
    shown = (reading.topic, *(part.query for part in reading.parts), *(each.topic for each in reading.each))
    shown = (*shown, " ".join(shown), reading.tone)

    def told(wanted: Any) -> Verdict:
        return "told" if _says(left, wanted, 0.3) else "silent"

    if name == "seconds":
        lengths = [each.target for each in reading.each] or [reading.target]
        asked = value if isinstance(value, list) else [value]
        if (
            lengths == asked
            or set(lengths) == set(asked) == {asked[0]}
            or (len(asked) == 1 and (reading.least or 0) <= asked[0] <= (reading.most or 0))
        ):
            return "exact"
        return told(" ".join(f"{each:g}" for each in asked if each not in lengths))
    if name == "range":
        low, high = value
        if (reading.least, reading.most) == (low, high) or (low, high) == (reading.target, reading.target):
            return "exact"
        inside = (low or 0) <= reading.target <= (high or 1e9)
        return "exact" if inside and (reading.least or reading.most) else "silent" if not left else "told"
    if name == "count":
        beside = 1 + reading.clean  # a clean master is the second of two
        return "exact" if value in (reading.count, reading.count * beside) else told(value)
    if name in ("platforms", "shapes"):
        want = {PLATFORMS.get(str(each).lower(), str(each).lower().replace(":", "x")) for each in value}
        have = set(reading.platforms if name == "platforms" else reading.shapes)
        have |= {each for one in reading.each for each in (one.platforms if name == "platforms" else one.shapes)}
        known = want & (KNOWN if name == "platforms" else {"16x9", "9x16", "1x1"})
        if known - have or (known and name == "shapes" and not reading.each and have - known):
            return told(" ".join(known - have))
        return "exact" if known == want else ("told" if left else "silent")
    if name in ("about", "parts"):
        if _says(shown, value) or (name == "parts" and (reading.window or _says(reading.without, value))):
            return "exact"
        return told(value)
    if name == "not_about":
        if any(
            _says([reading.topic, *(p.query for p in reading.parts)], each, 0.99) and not _says(reading.without, each)
            for each in value
        ):
            return "silent"
        done = [
            _says(reading.without, each)
            or (re.search("intro|générique|credits|outro|générique", str(each)) and reading.window)
            for each in value
        ]
        return (
            "exact"
            if all(done)
            else ("told" if left or all(d or "intro" in str(v) for d, v in zip(done, value, strict=True)) else "silent")
        )
    if name == "tone":
        return "exact" if _says([reading.tone, reading.topic], value, 0.5) else told(value)
    if name == "source":
        start, end = value
        spans = [(w.start, w.end) for w in reading.window]
        if any(
            abs(a - start) < 2 and (b == end or (b is not None and end is not None and abs(b - end) < 2))
            for a, b in spans
        ):
            return "exact"
        return "exact" if any(re.search(r"\d:\d\d", p.query) for p in reading.parts) else ("told" if left else "silent")
    if name == "captions":
        asked_in = {LANGUAGES[word] for word in re.findall(r"[a-z]+", str(value).lower()) if word in LANGUAGES}
        if asked_in and asked_in == set(reading.tongues):
            return "exact"
        if value == reading.captions or (value in ("English", "en") and not left):
            return "exact"
        return "told" if left or reading.captions != "clean" else "silent"
    if name == "music":
        return "exact" if value is False or any("--music" in each for each in left) else ("told" if left else "silent")
    if name == "speaker":
        return "exact" if _says((*shown, *reading.without), value) else told(value)
    if name == "silences":
        return "exact" if reading.tighten else ("told" if left else "silent")
    if name == "contradiction":
        return "told" if left else "silent"
    if name in ("vague", "strict"):
        return "exact"
    if name in ("first", "last"):
        placed = [part.query for part in reading.parts if part.place == name]
        return "exact" if _says(placed, value) else told(value)
    if name == "unsaid":
        return "exact" if _says(reading.without, value) else told(value)
    if name == "source_not":
        around = {(w.start, w.end) for w in reading.window}
        if around == {(0.0, value[0]), (value[1], None)}:
            return "exact"
        return "silent" if around or not left else "told"
    if name == "never":
        return "silent" if any(_HAS[each](reading) for each in value) else "exact"
    if name == "other":
        everything = (f"{reading} srt {'ums likes remove' if reading.tighten else ''}",)
        return "exact" if all(_says(everything, each, 0.6) for each in value) else ("told" if left else "silent")
    return "told" if left else "silent"


_HAS: dict[str, Callable[[Reading], bool]] = {
    "window": lambda reading: bool(reading.window),
    "platforms": lambda reading: set(reading.platforms) != KNOWN,
    "tighten": lambda reading: reading.tighten,
    "parts": lambda reading: bool(reading.parts),
    "no captions": lambda reading: reading.captions == "none",
}
"""What a wish was once taken to ask for by words that ask for no such thing."""


def tail(row: dict[str, Any]) -> set[str]:
    """Words of the topic that was read, and of what must be in it, which the person meant for neither."""
    try:
        reading = demand_promo(row["said"])
    except WishError:
        return set()
    means = row["means"]
    meant = " ".join(
        str(means.get(name, "")) for name in ("about", "about_", "parts", "first", "last", "other", "source")
    )
    subject = (reading.topic, *(part.query for part in reading.parts), *(each.topic for each in reading.each))
    return _words(" ".join(subject)) - _words(meant) - _words(row.get("hint", ""))


def needless(row: dict[str, Any]) -> list[str]:
    """Courtesies, reasons and words about the source that are told as not understood, or taken for what is asked."""
    try:
        reading = demand_promo(row["said"])
    except WishError:
        return []
    told = (reading.unread, reading.topic, *reading.without, *(part.query for part in reading.parts))
    return [each for each in row.get("idle", ()) if _words(each) & _words(" ".join(told))]


DOES = {
    "fix": set(),
    "drop": {"drop", "keep", "length", "captions", "trim", "words"},
    "keep": {"keep", "drop", "add"},
    "longer": {"length", "extend", "add"},
    "shorter": {"length", "trim"},
    "retime": {"length", "trim", "extend"},
    "extend": {"extend", "length"},
    "trim": {"trim", "length"},
    "recaption": {"captions"},
    "restyle": {"shapes", "captions", "words"},
    "reword": {"words"},
    "undo": {"undo", "version"},
    "restart": {"another", "words", "replace"},
    "move": {"move", "open", "close", "swap", "order"},
    "replace": {"replace", "open", "close"},
    "add": {"add", "open", "close"},
    "recover": set(),
    "other": set(),
}


def _revision(said: str, means: Means) -> tuple[Verdict, str]:
    try:
        changes, left = hear_changes(said)
    except (RevisionError, WishError) as no:
        return "told", str(no)
    asked = means["do"] if isinstance(means["do"], list) else [means]
    told = "; ".join(map(str, changes))
    if len(changes) > max(len(asked), 2):
        return "silent", f"{asked} | {told}"
    for each in asked:
        if not any(change.what in DOES.get(each["do"], set()) and _same(each, change) for change in changes):
            return ("told" if left else "silent"), f"{each} | {told} | {left}"
    return ("told" if left else "exact"), told


def _same(means: Means, change: Change) -> bool:
    if "clip" in means and change.clips and means["clip"] not in change.clips:
        return False
    if "clip" in means and not change.clips and not change.query:
        return False
    if "about" in means and not change.clips and change.query and not _says([change.query], means["about"]):
        return False
    if "seconds" in means and change.what == "length" and change.seconds != means["seconds"]:
        return False
    if means.get("captions") not in (None, "none", "clean", "bold", "karaoke") and change.what == "captions":
        return False
    return not ("by" in means and change.what == "length" and abs(change.by or 0) != abs(means["by"]))
