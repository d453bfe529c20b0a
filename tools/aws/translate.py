"""Amazon Translate as the translator of captions: one request for all lines, or one for each where they do not come back as many."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tools.aws.clients import client, code
from tools.ports import Bill, Translator
from tools.schema import Said, Translated
from tools.text import clean
from tools.troubles import Unwritten
from tools.words.languages import NAMES, base

PRICE = 15e-6
"""Dollars a character of what is sent, 2026-11."""
MOST = 9_000
"""Bytes of one request, of 10,000 that are taken."""


@dataclass
class Translate(Translator):
    """It knows no names and takes no feedback: what it loses stays as it was said."""

    region: str | None = None
    api: Any = None
    spent: Bill = field(default_factory=Bill)
    engine = "Amazon Translate"
    accepts_feedback = False

    @cached_property
    def service(self) -> Any:
        return self.api or client("translate", self.region, read=30.0)

    def cost(self, characters: int) -> float:
        """Dollars of translating so many characters into one language."""
        return PRICE * characters

    def speaks(self, language: str | None, into: str) -> bool:
        """Whether it translates between two languages: all that have a name here."""
        return into in NAMES and (language is None or base(language) in NAMES)

    def translate(
        self,
        lines: Sequence[Said],
        language: str,
        into: str,
        keep: Sequence[str] = (),
        feedback: Mapping[str, Sequence[str]] | None = None,
        before: Sequence[Translated] = (),
    ) -> tuple[Translated, ...]:
        """``lines`` in the language ``into``.  Raises ``Unwritten`` where the service refuses or is out of reach."""
        found: list[Translated] = []
        for some in _batches(lines):
            texts = self._ask("\n".join(each.text for each in some), language, into).split("\n")
            if len(texts) != len(some):
                texts = [self._ask(each.text, language, into) for each in some]
            found += [Translated(id=each.id, text=text) for each, text in zip(some, texts, strict=True)]
        return tuple(found)

    def _ask(self, text: str, language: str, into: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self.service.translate_text(
                Text=text, SourceLanguageCode=base(language), TargetLanguageCode=into, Settings={"Brevity": "ON"}
            )
        except ClientError as error:
            raise Unwritten(f"{self.engine} was refused by the service: {code(error)}") from error
        except BotoCoreError as error:
            raise Unwritten(f"{self.engine} was not to be reached: {type(error).__name__}") from error
        self.spent.add(PRICE * len(text), f"{self.engine}, {len(text)} characters")
        return str(answer["TranslatedText"])


def _batches(lines: Sequence[Said]) -> list[list[Said]]:
    """Lines that go into one request each, none of which holds a line break."""
    made: list[list[Said]] = [[]]
    size = 0
    for each in lines:
        one = each.model_copy(update={"text": re.sub(r"\s+", " ", clean(each.text, 600)) or "…"})
        taken = len(one.text.encode()) + 1
        if made[-1] and size + taken > MOST:
            made.append([])
            size = 0
        made[-1].append(one)
        size += taken
    return made
