"""A transcript that lies beside the video: SubRip, WebVTT, Amazon Transcribe's JSON and its kin, read into Speech.

Everything here is from outside: what can't be a word at a time is dropped, and the rest is told as a warning.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from tools.schema import Word
from tools.troubles import Refusal
from tools.words.captions import STRAYS, parse_captions
from tools.words.compact import clock
from tools.words.results import parse_transcribe
from tools.words.rows import Read

LARGEST = 64 << 20
"""Bytes of a sidecar that are read."""

ENDINGS = (".json", ".vtt", ".srt")
"""Sidecars in the order of what they tell: words with times first."""


def find(folder: Path) -> Path | None:
    """The sidecar of the run in ``folder``, under the fixed names that the intake gave it."""
    return next((path for ending in ENDINGS if (path := folder / f"sidecar{ending}").is_file()), None)


def read(path: Path, duration: float | None = None) -> Read:
    """What the sidecar says.  Raises ``Refusal`` with INVALID_TRANSCRIPT for one that can't be understood."""
    if path.stat().st_size > LARGEST:
        raise Refusal("INVALID_TRANSCRIPT", f"the transcript is larger than {LARGEST >> 20} MB")
    text = decoded(path.read_bytes())
    if path.suffix == ".json":
        speech = parse_transcribe(text, duration)
        if duration is not None and speech.warnings:
            _same_cut(parse_transcribe(text).words, duration)
        return Read(speech, timed=True)
    return parse_captions(text, duration)


def _same_cut(words: Sequence[Word], duration: float) -> None:
    past = [word for word in words if word.start >= duration]
    if len(past) > STRAYS * len(words):
        raise Refusal(
            "INVALID_TRANSCRIPT",
            f"{len(past)} of its {len(words)} words are said after {clock(duration)}, where the video ends: they are of another cut",
        )


MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file may begin with, and the encoding that it names; the longer of two that begin alike first."""


def decoded(data: bytes) -> str:
    """The text of a file in whatever encoding it was saved.  Raises ``Refusal`` for bytes that are no text in any."""
    named = next((name for mark, name in MARKS if data.startswith(mark)), None)
    # Without a mark, every second byte of Latin text in UTF-16 is zero, and no other text holds any.
    wide = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be" if data[:1] == b"\0" else None
    for encoding in (named, wide, "utf-8"):
        if encoding is not None:
            with contextlib.suppress(UnicodeDecodeError):
                return _whole(data.decode(encoding))
    return _whole(_guessed(data))


ALPHABETS = (
    (
        "cp1252",
        ("àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúüªº", "àáâãçéêíóôõúü", "àèéìíòóùú", "åäöæøéü", "éèëêïíóöü", "áæðéíóöúýþ"),
    ),
    ("cp1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýžäľĺŕô", "áéíóöőúüű", "čćđšž", "ăâîşţ")),
    ("cp1254", ("çğıiöşüâîû",)),
    ("mac_roman", ("àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúüªº", "àáâãçéêíóôõúü", "àèéìíòóùú", "åäöæøéü")),
)
"""Encodings of one byte a letter, commonest first, and what the languages that are saved in each add to ASCII's letters."""


def _guessed(data: bytes) -> str:
    """The text of bytes that are no UTF: in the first encoding that makes it one language's letters, else as it looks most like text."""
    from charset_normalizer import from_bytes

    for encoding, alphabets in ALPHABETS:
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            added = {char for char in text.casefold() if char.isalpha() and not char.isascii()}
            within = re.search(r"[^\W\d_][^\w\s'’‘´`.,:;/&@·…*+–—-][^\W\d_]", text)
            if not within and any(added <= {*alphabet, "ß", "i", "\u0307"} for alphabet in alphabets):
                return text
    found = from_bytes(data, threshold=0.3).best()
    if found is None:
        raise Refusal("INVALID_TRANSCRIPT", "its letters are in no encoding that is known; save it as UTF-8")
    return str(found)


def _whole(text: str) -> str:
    if "\ufffd" in text or "\0" in text:
        raise Refusal("INVALID_TRANSCRIPT", "some of its letters were lost when it was saved; export it again as UTF-8")
    return text
