"""Several recordings as one video: the reel that a wish for more than one is made of, kept on this machine by what it is made of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.sweep import REELS
from doors.laptop import find_sidecar, find_video
from doors.studio import writable
from tools.files.whole import fingerprint, whole, write
from tools.rendering import reel
from tools.schema import Sentence, Source, Take
from tools.text import clean
from tools.troubles import Refusal
from tools.words import reeled, sidecar
from tools.words.sentences import sentences

Say = Callable[[str], None]


def reel_of(videos: Sequence[str], home: Path, say: Say, progress: Callable[[float], None]) -> Path:
    """The reel of local recordings, in order, made where it is not kept yet; a transcript of all of them lies beside it where each has one.

    Raises ``Refusal`` that names the recording that can't be used, before anything is made.
    """
    paths = [find_video(each) for each in videos]
    sources = reel.probe(paths)
    folder = home / REELS / reel.digest(sources)
    writable(folder, "HOOKLINE_HOME")
    kept = folder / _name(sources)
    if not kept.is_file():
        seconds = sum(each.duration for each in sources)
        say(f"joining {len(paths)} recordings of {seconds / 60:.1f} min, once: {_shape(sources)}")
        reel.make(paths, sources, folder, kept, progress)
    transcribed(paths, sources, kept, say)
    return kept


def known(videos: Sequence[str], home: Path) -> Path:
    """The reel of local recordings that was made before.  Raises ``Refusal`` where it was not."""
    sources = reel.probe([find_video(each) for each in videos])
    kept = home / REELS / reel.digest(sources) / _name(sources)
    if not kept.is_file():
        raise Refusal(
            "reel",
            "These are not joined yet, and a plan is of what is there: leave out --dry-run, or join them first by hookline join.",
        )
    return kept


def _name(sources: Sequence[Source]) -> str:
    """How a reel is called: by the recordings in it."""
    first, *rest = (Path(each.name).stem for each in sources)
    shown = f"{first} + {rest[0]}" if len(rest) == 1 else f"{first} + {len(rest)} more"
    return f"{clean(shown, 80, max_bytes=200).replace('/', '-')}.mp4"


def _shape(sources: Sequence[Source]) -> str:
    layout = reel.lay_out(sources)
    return (
        f"{layout.width} by {layout.height}, {float(layout.rate):.5g} frames a second"
        if layout.width
        else "sound alone"
    )


def transcribed(paths: Sequence[Path], sources: Sequence[Source], kept: Path, say: Say) -> None:
    """Lay the recordings' own transcripts beside a reel, as one on its clock, where each of them has one that can be read."""
    into = kept.with_suffix(".vtt")
    into.unlink(missing_ok=True)
    beside = [find_sidecar(path) for path in paths]
    if not any(beside):
        return
    if missing := [source.name for source, each in zip(sources, beside, strict=True) if each is None]:
        say(f"No transcript lies beside {', '.join(missing)}, so those of the others are not used.")
        return
    said: list[tuple[Take, Sequence[Sentence]]] = []
    timed, languages = True, []
    for source, each, take in zip(sources, beside, reel.takes(sources, reel.lay_out(sources)), strict=True):
        assert each
        try:
            speech, own = sidecar.read(each, source.duration)
        except Refusal as no:
            say(f"The transcript beside {source.name} can't be used, so none is: {no}.")
            return
        timed &= own
        languages.append(speech.language)
        said.append((take, sentences(speech.words, speech.language, source.duration)))
    write(into, reeled.captions(said, languages[0], timed).encode())


def join(videos: Sequence[str], into: Path, home: Path, say: Say, progress: Callable[[float], None]) -> Path:
    """The reel of local recordings as the file ``into``, its transcript beside it.  Raises ``Refusal`` where another file lies there."""
    if into.suffix.lower() != ".mp4":
        raise Refusal("into", f"{clean(into.name, 80)} is to be an mp4; name it as one, such as interviews.mp4.")
    if not into.parent.is_dir():
        raise Refusal("into", f"{clean(into.parent, 200)} is no folder; name one that is there.")
    kept = reel_of(videos, home, say, progress)
    if into.exists() and (not into.is_file() or fingerprint(into) != fingerprint(kept)):
        raise Refusal(
            "into", f"{clean(into, 200)} is there already and is something else; name another file, or move that one."
        )
    for path in (kept, kept.with_suffix(".vtt")):
        if path.is_file():
            with whole(into.with_suffix(path.suffix)) as part:
                shutil.copyfile(path, part)
                os.chmod(part, 0o644)
    return into
