"""TODO."""

from __future__ import annotations


class NotReady(Exception):
    """A dependency, model or credential is missing; the message names it and what to do."""


class Refusal(Exception):
    """The input can't be used.  ``code`` is stable; the message says what was wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unwritten(Exception):
    """A copywriter or a translator could not write: it refused, was cut off, or answered what can't be read.  What there was before stays."""
