"""What a translated line must hold of what was said: numbers, money, versions and names, told by code in whatever language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tools.words.languages import base
from tools.words.numerals import numbers

SMALL = 10
"""Numbers below it may be written as words, and are then not looked for: "one of the two" is no figure."""

_FIGURE = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+)*(?: \d{3}(?!\d))*")
_SEPARATORS = str.maketrans({"٫": ".", "٬": ",", "。": ".", "\u2009": "\u202f"})
_GAPS = str.maketrans(dict.fromkeys("'’\u00a0\u202f ", ","))
_EAST = {
    "兆": 1e12,
    "조": 1e12,
    "億": 1e8,
    "亿": 1e8,
    "억": 1e8,
    "万": 1e4,
    "萬": 1e4,
    "만": 1e4,
    "千": 1e3,
    "천": 1e3,
    "百": 1e2,
    "백": 1e2,
}
_SCALES: tuple[tuple[float, str], ...] = (
    (1e9, r"mil mill(?:ones|ón)|mil milhões|milliard\w*|miliard\w*|miljard\w*|milyar\w*|miliar|млрд|миллиард\w*|мільярд\w*|مليار\w*|מיליארד\w*|tỷ|δισεκατομμύρι\w*|bilh\w+|bn|พันล้าน|अरब"),
    (1e6, r"million\w*|millón|millones|milh\w+|milion\w*|miljo\w+|milli[óo]\w*|milj\w*|млн|миллион\w*|мільйон\w*|مليون\w*|ملايين|מיליון\w*|triệu|juta|milyon\w*|εκατ\w*|मिलियन|ล้าน|mio|mln|m"),
    (1e3, r"thousand|mil|mille|mila|tausend|tusen\w*|tuhat\w*|tisíc\w*|tys|тысяч\w*|тыс|тисяч\w*|ألف|آلاف|אלף|nghìn|ngàn|ribu|bin|duizend|ezer|χιλιάδες|हज़ार|हजार|พัน|k"),
    (1e7, "करोड़|करोड"),
    (1e5, "लाख"),
)  # fmt: skip
"""Words of scale beside a figure; the first that fits the word after it."""
_BILLION = re.compile(r"(?:billion\w*|billones?|billón|biljo\w*|bilion\w*)(?!\w)")
_LONG = frozenset({"de", "es", "fr", "it", "nl", "sv", "da", "no", "fi", "pl", "cs", "hu"})
"""Languages in which a billion is a million millions."""

_MARKS: dict[str, str] = {
    "per cent": r"%|٪|％|percent|per cent|por cien|por cent|pour cent|prozent|per cento|procent|prosent|パーセント|퍼센트|프로|百分|بالمئة|بالمائة|في المئة|في المائة|процент|відсот|אחוז|yüzde|persen|phần trăm|เปอร์เซ็นต์|τοις εκατό|प्रतिशत|फ़ीसदी|फीसदी|százalék|la sută",
    "dollars": r"\$|＄|usd|dollar|bucks|dólar|dolar|dollár|ドル|달러|美元|美金|دولار|доллар|долар|δολάρι|डॉलर|דולר|đô|ดอลลาร์",
    "euros": r"€|euro|eur\b|евро|євро|يورو|ユーロ|유로|欧元|歐元|ευρώ|यूरो|אירו|יורו|ยูโร",
    "pounds": r"£|gbp|pounds? sterling|sterling|pounds?\b|pfund|libra|livre|sterlin|pond|pund|ポンド|파운드|英镑|英鎊|جنيه|фунт|λίρ|पाउंड|ליש|puntaa|font|funt|paun|bảng|ปอนด์",
    "yen": r"¥|￥|\byen\b|円|엔|日元|ين|иен|γεν|येन|ין|เยน|yenes|jen",
}
"""Signs and words of a unit, in all languages at once."""

_VERSION = re.compile(
    r"(?:(?P<led>\b[vV]|\b[vV]ersion |\b[A-Z][\w+#-]* ?-?))?(?P<number>\d+(?:\.\d+)+)(?P<after>\s?(?:%|percent|per cent|\w+illion|k\b))?"
)
_ORDINARY = re.compile(
    "At|In|About|Only|Over|Nearly|Just|From|To|Of|Than|The|And|But|Or|With|Under|Around|Almost|By|For|Up|Down|Plus|Minus|Is|Was|It|They|We"
)
"""What a number follows that is no name of a version."""
_STRONG = re.compile(r"\b(?:[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z]\w*)\b")
"""Names that are written alike in every language: iPhone, GitHub, B2B."""
_NAME = re.compile(r"(?<![.?!…:\"“] )(?<!^)(?<![\w'’])[A-Z][\w&+-]*[a-z][\w&+-]*(?:['’]s)?")


class Fault(NamedTuple):
    """What a translated line does wrong."""

    text: str
    hard: bool = True
    """Whether it can't be left so; what is soft is only told."""


class Figure(NamedTuple):
    values: frozenset[float]
    """All that it may be read as: 1.200 is twelve hundred or a little over one."""
    text: str


def faults(
    said: str, written: str, language: str, into: str, keep: Sequence[str] = (), names: Mapping[str, str] | None = None
) -> list[Fault]:
    """What ``written``, in the language ``into``, lost of ``said``.

    ``keep`` are names that stay as they are written; ``names`` are those of the line with how the translation writes each, None from
    an engine that does not tell them.
    """
    plain, told = digits(said), digits(written)
    versions = list(_versions(plain))
    found = [Fault(f"the version {each} is not there as it was said") for each in versions if each not in told]
    for each in versions:
        plain = plain.replace(each, " ")
    there = figures(told, into)
    wanted = _said(plain, language)
    found += [
        Fault(f"the number {each.text} is not there; write it in digits") for each in wanted if not _held(each, there)
    ]
    worded = base(language) == "en"  # in other languages what is said in words can't be read
    known = [*wanted, *figures(plain, language), *(Figure(frozenset({n.value}), n.text) for n in numbers(plain))]
    found += [
        Fault(f"the number {each.text} was not said")
        for each in (there if worded else ())
        if min(each.values, default=0) > SMALL and not _held(each, known) and not any(each.text in v for v in versions)
    ]
    low, other = plain.lower(), told.lower()
    if figures(plain, language) or numbers(plain):
        for unit, marks in _MARKS.items():
            if re.search(rf"(?<![\w]){'(?:' + marks + ')'}", low) and not re.search(marks, other):
                found.append(Fault(f"{unit}: the unit is not there"))
    return [*found, *_names(said, written, language, keep, names)]


def digits(text: str) -> str:
    """``text`` with digits of every script as 0 to 9, and their marks as points and commas."""
    wide = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    return wide.translate(_SEPARATORS)


def figures(text: str, language: str) -> list[Figure]:
    """The numbers in digits of ``text``, whose digits are 0 to 9.

    Chinese and Japanese say 120,000,000 as 1 of one scale and 2000 of the next: that is one number.
    """
    found: list[Figure] = []
    last = -1
    for match in _FIGURE.finditer(text):
        values, after = _readings(match[0]), text[match.end() :]
        scale = _scale(after, language)
        shown = frozenset(value * scale for value in values)
        if match.start() == last:
            before = found.pop()
            shown = frozenset(one + other for one in before.values for other in shown)
        found.append(Figure(shown, text[match.start() : match.end()]))
        last = match.end() + used if (used := _east(after)) else -1
    return found


def _readings(figure: str) -> frozenset[float]:
    plain = figure.translate(_GAPS)
    marks = [char for char in plain if char in ".,"]
    parts = re.split(r"[.,]", plain)
    grouped = len(marks) > 0 and len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])
    if not marks:
        return frozenset({float(plain)})
    if len(marks) == 1:
        decimal = float(plain.replace(",", "."))
        return frozenset({float("".join(parts)), decimal} if grouped else {decimal})
    if len(set(marks)) == 1:
        return frozenset({float("".join(parts))}) if grouped else frozenset()
    return frozenset({float("".join(parts[:-1]) + "." + parts[-1])})


def _scale(after: str, language: str) -> float:
    """What the word after a figure multiplies it by; 1 where it is no word of scale."""
    if used := _east(after):
        made = 1.0
        for char in after[:used]:
            made *= _EAST[char]
        return made
    low = after.lstrip(" \u00a0\u202f").lower()[:24]
    if _BILLION.match(low):
        return 1e12 if base(language) in _LONG else 1e9
    return next((size for size, words in _SCALES if re.match(rf"(?:{words})(?!\w)", low)), 1.0)


def _east(after: str) -> int:
    used = 0
    while after[used : used + 1] in _EAST and after[used : used + 1]:
        used += 1
    return used


def _said(text: str, language: str) -> list[Figure]:
    """The numbers that must be found again: all in digits, and in English those in words from ten on or with a unit."""
    if base(language) != "en":
        return figures(text, language)
    return [
        Figure(frozenset({each.value}), each.text)
        for each in numbers(text)
        if any(char.isdigit() for char in each.text) or each.value >= SMALL or each.unit
    ]


def _held(one: Figure, there: Sequence[Figure]) -> bool:
    return any(any(abs(a - b) <= 1e-9 * max(1.0, abs(a)) for a in one.values for b in other.values) for other in there)


def _versions(text: str) -> Iterator[str]:
    """Numbers that are names: 3.12 of Python 3.12, 2.1.4."""
    for match in _VERSION.finditer(text):
        led = (match["led"] or "").strip(" -")
        named = bool(led) and not _ORDINARY.fullmatch(led)
        if match["number"].count(".") > 1 or (named and not match["after"]):
            yield match["number"]


def _names(
    said: str, written: str, language: str, keep: Sequence[str], names: Mapping[str, str] | None
) -> Iterator[Fault]:
    kept = [each for each in keep if re.search(rf"(?<!\w){re.escape(each)}", said)]
    alike = list(dict.fromkeys([*kept, *_STRONG.findall(said)]))
    alike = [each for each in alike if not re.fullmatch(r"\d+\w{0,2}|v\d+", each)]
    yield from (Fault(f"the name {each} must stay as it is written") for each in alike if each not in written)
    if names is None:
        return
    for name, shown in names.items():
        if shown and shown not in written:
            yield Fault(f"the name {name} is said to be written {shown}, which is not in the line")
    if base(language) == "de":  # where every noun has a capital letter
        return
    told = " ".join(name for name, shown in names.items() if shown)
    for found in _NAME.findall(said):
        word = re.sub(r"['’]s$", "", found)
        if word not in written and word not in told and not any(word in each for each in alike):
            yield Fault(f"the name {word} is not there, and not in the list of names", hard=False)
