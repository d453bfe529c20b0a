"""A run's folder that begins with what another one of the same video knows."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.brand import shelf
from tools.files.whole import whole
from tools.rendering import reuse
from tools.schema import Artifacts, Covers, CutList, Noun, Shape, Transcript
from tools.words import cues
from tools.workspace import LINK, Workspace


@dataclass(frozen=True)
class Kept:
    """What a revision takes over from the run before it."""

    plan: bool
    promos: tuple[Shape, ...]
    words: bool
    covers: tuple[Shape, ...]


class Seed(Noun):
    """What a revision's run folder is filled with before it begins: the folder of the run ``base``, as far as it is ``kept``."""

    base: str
    cut: CutList | None
    kept: Kept
    right: Transcript | None = None
    """What was heard, put right: it stands in the old one's place, in the captions of the whole video and in the cut's own words too."""

    def sow(self, home: Path, into: Path) -> None:
        """Fill the folder ``into`` from the base's own below ``home``."""
        seed(home / self.base, into, self.cut, self.kept, self.right)


def seed(old: Path, into: Path, cut: CutList | None, kept: Kept, right: Transcript | None = None) -> None:
    """Give a new run folder what the old one knows: sound, words, stills, and of its results what is ``kept``.

    Files are linked where the disk can; both folders replace and never rewrite them.  The video comes last: while it is
    missing the folder counts as empty; ``right`` is written before it.
    """
    before, after = Workspace(old), Workspace(into)
    for name in (
        "audio.wav",
        "transcript.json",
        "out/transcript.json",
        "out/captions.srt",
        "out/captions.vtt",
        "music.bin",
        LINK,
    ):
        _link(old / name, into / name)
    for path in (*old.glob("frames/*.jpg"), *old.glob("sidecar.*"), *old.glob(f"{shelf.FOLDER}/*")):
        (into / path.relative_to(old)).parent.mkdir(exist_ok=True)
        _link(path, into / path.relative_to(old))
    closer = f"observation-{cut.id}.json" if cut else ""
    seen = closer if closer and not kept.plan and (old / closer).is_file() else "observation.json"
    _link(old / seen, into / "observation.json")
    if kept.plan and cut is not None:
        for name in (f"plan-{cut.id}.json", f"links-{cut.id}.json", closer):
            _link(old / name, into / name)
    if kept.words:
        for name in ("copies.json", "out/post.json"):
            _link(old / name, into / name)
    covers = before.load("covers.json", Covers)
    if kept.covers and covers is not None:
        after.save(
            "covers.json",
            covers.model_copy(update={"covers": tuple(c for c in covers.covers if c.shape in kept.covers)}),
        )
        for shape in kept.covers:
            _link(old / "out" / f"cover_{shape}.jpg", into / "out" / f"cover_{shape}.jpg")
    made = before.load("artifacts.json", Artifacts)
    if kept.promos and made is not None:
        prefixes = tuple(f"promo_{shape}" for shape in kept.promos) + ("cut.",)
        same = tuple(artifact for artifact in made.artifacts if artifact.name.startswith(prefixes))
        after.save("artifacts.json", made.model_copy(update={"artifacts": same}))
        for artifact in same:
            _link(old / "out" / artifact.name, into / "out" / artifact.name)
    if right is not None and cut is not None:
        _put_right(after, right, cut)
    files, known = reuse.carried(before)
    for path, name in files.items():
        (into / name).parent.mkdir(exist_ok=True)
        _link(path, into / name)
    after.save(f"{reuse.FOLDER}/{reuse.LIST}", known)
    _link(old / "source.bin", into / "source.bin")


def _put_right(workspace: Workspace, transcript: Transcript, cut: CutList) -> None:
    """Write the right words: transcript, captions of the whole video, the plan's text."""
    by_id = {sentence.id: sentence.text for sentence in transcript.sentences}
    clips = tuple(
        clip.model_copy(update={"text": " ".join(by_id[name] for name in clip.ids)}) if clip.ids[0] in by_id else clip
        for clip in cut.clips
    )
    cues.publish(workspace, transcript)
    workspace.save(f"plan-{cut.id}.json", cut.model_copy(update={"clips": clips}))


def _link(path: Path, into: Path) -> None:
    if not path.is_file():
        return
    into.unlink(missing_ok=True)
    try:
        os.link(path, into)
    except OSError:
        with whole(into) as part:
            shutil.copyfile(path, part)
