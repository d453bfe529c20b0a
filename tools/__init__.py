"""What can be done to a video.  ``TOOLS`` is the menu, ``SCOUTING`` that of a run which only proposes; they are read on first use, since langchain is slow to import."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name not in ("TOOLS", "SCOUTING"):
        raise AttributeError(f"module 'tools' has no attribute {name!r}")
    from tools.assemble import assemble
    from tools.cover import cover
    from tools.cut import cut
    from tools.find import find, read
    from tools.look import look
    from tools.propose import propose
    from tools.transcribe import correct, transcribe
    from tools.write import write

    if name == "SCOUTING":
        return [transcribe, look, propose]
    return [transcribe, correct, look, find, read, cut, write, cover, assemble]
