"""Engines that sense nothing, named by settings (``HOOKLINE_TRANSCRIBER=tests.fakes.senses:Silence``): where what is heard and seen is no part of the claim."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.ports import Diariser, FrameAnalyst, Transcriber
from tools.schema import Frame, Speech, Word


class Silence(Transcriber):
    """Hears no word, in the video or in the promo: the words are those that lie beside it."""

    engine = "silence"

    def transcribe(self, source: Any, workspace: Any, steps: Any, language: str | None = None) -> Speech:
        return Speech(words=(), engine=self.engine)

    def again(self, sound: Path, language: str) -> tuple[Word, ...] | None:
        return None


class Darkness(FrameAnalyst):
    """Sees nothing in any still."""

    engine = "darkness"

    def analyse(self, frames: Sequence[Frame], workspace: Any, steps: Any) -> tuple[Frame, ...]:
        return tuple(frames)


class OneVoice(Diariser):
    """Tells no voices apart."""

    engine = "one voice"

    def tell_apart(self, words: Sequence[Word], workspace: Any, steps: Any) -> tuple[Word, ...]:
        return tuple(words)


SETTINGS = {
    "HOOKLINE_TRANSCRIBER": f"{__name__}:{Silence.__name__}",
    "HOOKLINE_ANALYST": f"{__name__}:{Darkness.__name__}",
    "HOOKLINE_DIARISER": f"{__name__}:{OneVoice.__name__}",
}
"""The environment of a run that senses nothing."""
