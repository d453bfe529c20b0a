"""Prompts are files beside this one, with ``$names``; a missing or unknown value is an error."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template


@dataclass(frozen=True)
class Prompt:
    name: str
    text: str

    @property
    def digest(self) -> str:
        """16 hex digits of the text's SHA-256: which wording a decision was made under."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(Template(self.text).get_identifiers())

    def fill(self, **values: object) -> str:
        """The text with its names replaced.  Raises ``KeyError`` for a missing value and for one that it has no name for."""
        if unknown := sorted(set(values) - self.names):
            raise KeyError(f"prompt {self.name} has no {', '.join(unknown)}; it has {', '.join(sorted(self.names)) or 'no names'}")
        if missing := sorted(self.names - set(values)):
            raise KeyError(f"prompt {self.name} needs {', '.join(missing)}")
        return Template(self.text).substitute({name: str(value) for name, value in values.items()})


@cache
def load(name: str) -> Prompt:
    """The prompt in ``name.md``."""
    path = Path(__file__).parent / f"{name}.md"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in Path(__file__).parent.glob("*.md")))
        raise LookupError(f"there is no prompt {name!r}; there are {known}")
    return Prompt(name, path.read_text("utf-8"))
