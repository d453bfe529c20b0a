"""A transcript that lies beside the video: SubRip, WebVTT, Amazon Transcribe's JSON and its kin, read into Speech.

Everything here is from outside: what can't be a word at a time is dropped, and the rest is told as a warning.
"""

from __future__ import annotations

from pathlib import Path

from tools.troubles import Refusal
from tools.words.captions import parse_captions
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
    text = path.read_bytes().decode("utf-8-sig", "replace")
    if path.suffix == ".json":
        return Read(parse_transcribe(text, duration), timed=True)
    return parse_captions(text, duration)
