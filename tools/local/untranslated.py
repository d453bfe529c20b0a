"""The translator of a machine without one: it speaks nothing, and what is asked of it is refused before anything is done."""

from __future__ import annotations

from tools.ports import Translator


class Untranslated(Translator):
    """Nothing that comes inside a package translates well enough to be put under somebody's voice."""

    engine = "none"
