"""What is given with a video of the laptop's shelf: a transcript, and music to lay under the voice; each under the digest of its bytes."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doors.laptop import SIDECARS
from doors.page.guard import No, unknown
from tools.files.whole import fingerprint, write
from tools.rendering import soundtrack
from tools.text import clean
from tools.troubles import Refusal
from tools.words import sidecar

GIVEN = "transcript.json"
"""Which transcript is the video's, and what it was called; those before it stay for requests that wait."""


@dataclass(frozen=True)
class Beside:
    """The files that a request uses; None where there is none."""

    transcript: Path | None = None
    music: Path | None = None


def about(folder: Path) -> dict[str, Any]:
    """What was given with the video in ``folder``, as ``contract.Video`` tells it."""
    known = [json.loads(path.read_bytes()) for path in sorted(folder.glob("music-*.json"))]
    return {"transcript": _transcript(folder).get("name"), "music": known}


def find(folder: Path, music: str | None = None) -> Beside:
    """What a request for the video in ``folder`` uses now.  Raises ``No`` for music that was not given with it."""
    told = _transcript(folder)
    transcript = folder / told["file"] if told else None
    if not music:
        return Beside(transcript)
    path = folder / f"music-{music}.bin"
    if not re.fullmatch(r"[0-9a-f]{20}", music) or not path.is_file():
        raise unknown("music")
    return Beside(transcript, path)


def keep_transcript(folder: Path, path: Path, name: str, seconds: float | None) -> None:
    """Take over a file as the transcript of the video in ``folder``.  Raises ``No`` for one that can't be used; the one before stays."""
    shown = clean(name, 120) or "transcript"
    ending = Path(shown).suffix.lower()
    if ending not in SIDECARS:
        raise No(
            422,
            "transcript",
            f"{shown} is no transcript that is known.",
            "Give an .srt, a .vtt, or Amazon Transcribe's .json.",
        )
    kept = path.with_name(f"{path.name}{ending}")
    os.replace(path, kept)
    try:
        sidecar.read(kept, seconds)
    except Refusal as no:
        kept.unlink()
        raise No(
            422, "transcript", f"{shown} can't be used as the transcript: {no}.", "Give another, or export it again."
        ) from no
    known = folder / f"transcript-{fingerprint(kept)[:20]}{ending}"
    os.replace(kept, known)
    write(folder / GIVEN, json.dumps({"file": known.name, "name": shown}).encode())


def drop_transcript(folder: Path) -> None:
    """Have the video in ``folder`` listened to again."""
    (folder / GIVEN).unlink(missing_ok=True)


def keep_music(folder: Path, path: Path, name: str) -> None:
    """Take over a file of music.  Raises ``Refusal`` for what can't be played."""
    known, shown = fingerprint(path)[:20], clean(name, 120) or "music"
    try:
        soundtrack.check_music(path)
    except Refusal as no:
        raise Refusal(no.code, str(no).replace(clean(path.name, 80), shown)) from no
    told = {"id": known, "name": shown, "bytes": path.stat().st_size}
    os.replace(path, folder / f"music-{known}.bin")
    write(folder / f"music-{known}.json", json.dumps(told).encode())


def _transcript(folder: Path) -> dict[str, str]:
    path = folder / GIVEN
    found: dict[str, str] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found
