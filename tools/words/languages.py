"""The languages that wishes name: what they are called, and a letter that each is written with."""

from __future__ import annotations

NAMES = {
    "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "nl": "Dutch", "ja": "Japanese", "zh": "Chinese",
    "en": "English", "ko": "Korean", "ar": "Arabic", "hi": "Hindi", "ru": "Russian", "pl": "Polish", "tr": "Turkish",
    "sv": "Swedish", "da": "Danish", "no": "Norwegian", "fi": "Finnish", "cs": "Czech", "el": "Greek", "he": "Hebrew", "uk": "Ukrainian",
    "vi": "Vietnamese", "th": "Thai", "id": "Indonesian", "ro": "Romanian", "hu": "Hungarian",
}  # fmt: skip
"""By their codes of ISO 639."""
LETTERS = {
    "ja": "語あ",
    "zh": "语",
    "ko": "말",
    "ar": "ع",
    "he": "ע",
    "hi": "ह",
    "th": "ภ",
    "ru": "Я",
    "uk": "Ї",
    "el": "Ω",
    "vi": "ữ",
}
"""Letters by which it is told whether a font has those of a language; the others are written in Latin ones."""


def base(language: str) -> str:
    """A language without its country: ``pt`` of ``pt-BR``."""
    return language.split("-")[0].lower()


def name(language: str) -> str:
    """What a language is called in English; its code where that is not known."""
    return NAMES.get(base(language), language)


def listed(languages: tuple[str, ...]) -> str:
    """Names as people write them: Spanish, Arabic and Japanese."""
    names = [name(each) for each in languages]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
