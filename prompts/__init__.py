"""Prompts are files beside this one: ``load(name).fill(**values)``, and a digest that the record keeps."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
_NAME = re.compile(r"[a-z][a-z_]*\Z")


@dataclass(frozen=True)
class Prompt:
    """A prompt's text with its ``$names``."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """16 hex digits that change with the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def names(self) -> frozenset[str]:
        """What ``fill`` must be given."""
        return frozenset(Template(self.text).get_identifiers())

    def fill(self, **values: object) -> str:
        """The text with every ``$name`` given.  A value missing, or one that the prompt has no place for, is an error."""
        missing, unknown = self.names - values.keys(), values.keys() - self.names
        if missing or unknown:
            wrong = [f"{name} is missing" for name in sorted(missing)] + [
                f"{name} has no place in it" for name in sorted(unknown)
            ]
            raise KeyError(f"prompt {self.name}: {', '.join(wrong)}")
        return Template(self.text).substitute({name: str(value) for name, value in values.items()})


def load(name: str) -> Prompt:
    """The prompt of that name."""
    if not _NAME.match(name):
        raise LookupError(f"{name!r} is no prompt's name")
    path = HERE / f"{name}.md"
    try:
        return Prompt(name, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(each.stem for each in HERE.glob("*.md")))
        raise LookupError(f"there is no prompt {name!r}; there are {known}") from None


def named(text: str) -> str:
    """The name of the prompt that ``text`` begins with, whatever it was filled with; empty where it begins with none."""
    return next((path.stem for path in sorted(HERE.glob("*.md")) if _form(load(path.stem).text).match(text)), "")


def _form(text: str) -> re.Pattern[str]:
    """What matches every text that a prompt is filled to."""
    parts = re.split(r"\$[a-z_]+", text.rstrip())
    return re.compile(".*?".join(re.escape(part.replace("$$", "$")) for part in parts), re.DOTALL)
