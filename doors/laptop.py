"""The laptop's door: a file and a wish in, a folder of finished things out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.brief import make_brief, make_highlight, make_sheet
from agent.clips import TABLE, Chosen, choose, table
from agent.reading.change import Change, RevisionError
from agent.reading.wish import WISH_BYTES, Reading, WishError, demand_whole, read_wish, without_music
from agent.settings import Settings, load
from doors.studio import studio, writable
from tools.brand import shelf
from tools.brand.shelf import Given
from tools.files import whole
from tools.files.whole import fingerprint
from tools.schema import NOTHING, Brief, Options, Outcome
from tools.text import clean
from tools.troubles import Refusal
from tools.workspace import LINK

if TYPE_CHECKING:
    from agent.record.records import Records
    from agent.steps.recorded import Progress
    from agent.studio import Studio
    from tools.ports import Signer

OPENING = "another opening, for a test"
"""What is asked of the first version where two openings are."""
_QUIET = re.compile(
    r"\b(?:no|without(?: any| the)?|skip the|drop the|ohne|sin|sans|senza|sem) (?:background )?(?:music|musik|música|musique|musica)\b",
    re.I,
)
"""Words that decline a brand's music."""
SIDECARS = (".srt", ".vtt", ".json")


def make_promos(
    video: str,
    wish: str,
    out: Path | None = None,
    options: Options = NOTHING,
    fresh: bool = False,
    music: Path | None = None,
    brand: str = "",
    sign: str = "",
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
    only: Chosen | None = None,
) -> list[tuple[Outcome, Path]]:
    """The outcomes of a wish for a local file, each with the folder in the outbox that holds it: one, unless more were asked for.

    ``music`` is laid under the voice; ``brand`` is the name or the path of a kit that they wear; ``only`` says which of the moments of a
    wish for several are rendered.  Raises ``Refusal`` for what can't be played or used, before anything else is done.
    """
    from agent.reading.understand import understand_wish
    from tools.rendering import soundtrack

    find_video(video)
    if music is not None:
        soundtrack.check_music(music)
    settings = load(outbox=str(out) if out else None, sign=sign or None)
    kit = shelf.open_kit(brand, Path(settings.home)) if brand else None
    if kit and kit.brand.sign.key and not settings.sign:
        settings = settings.model_copy(update={"sign": kit.brand.sign.key})
    if kit and kit.music and music is None and not _QUIET.search(wish):
        soundtrack.check_music(kit.music)
        music = kit.music
    wish = wish or (kit.brand.usual.wish if kit else "")
    read_wish(wish)
    at = studio(settings, progress)
    return make_reading(
        video, wish, understand_wish(at, wish), settings, at, options, fresh, say, music, only=only, kit=kit
    )


def make_reading(
    video: str,
    wish: str,
    reading: Reading,
    settings: Settings,
    at: Studio,
    options: Options = NOTHING,
    fresh: bool = False,
    say: Callable[[str], None] = lambda text: None,
    music: Path | None = None,
    name: str = "",
    lineage: dict[str, Any] | None = None,
    began: Callable[[str], None] = lambda run: None,
    only: Chosen | None = None,
    kit: Given | None = None,
    sidecar: Path | None = None,
    title: str = "",
) -> list[tuple[Outcome, Path]]:
    """The same for a wish that is read already.  Of several promos, each shares nothing with those before it.

    ``name`` is shown in the file's place, ``title`` too but that the file stays a person's own, ``lineage`` is the first promo's, and ``began`` hears each run's id before it begins.
    ``sidecar`` is a transcript that takes the place of one beside the file.
    """
    from agent.loop import run
    from agent.outcome import place

    path = find_video(video)
    if only is not None and not reading.highlights:
        raise WishError(
            "--only and --sheet choose among the moments of a wish such as “the 8 best moments as shorts”; this wish asks for none."
        )
    reading = without_music(reading) if music else reading
    openings, reading = reading.openings, reading.model_copy(update={"openings": 1})
    reading = dressed(reading, kit) if kit else reading
    if options.strict:
        demand_whole(reading)
    beside = sidecar or find_sidecar(path)
    options = given_with(options, beside, music, fresh)
    own, name = not name, name or (f"{title.replace('/', '-')}{path.suffix}" if title else path.name)
    if own:  # the page has told the run's id before, and signs whatever it makes
        options = options.but(sign=signed_by(at.signer))
    if kit:
        options = options.but(brand=kit.digest, card=kit.brand.card, styled=reading.styled)
    writable(Path(settings.outbox), "--out or HOOKLINE_OUTBOX")
    say(f"{name}: {reading}")

    def fetch(into: Path) -> None:
        if own:
            (into.parent / LINK).write_text(path.resolve().as_uri(), "ascii")
        known = [each[0].run for each in made[:1]] + [twins[each] for each in (into.parent.name,) if each in twins]
        if any(knows(at.home / run, into) for run in known):
            return
        if music:
            shutil.copyfile(music, into.parent / "music.bin")
        if kit:
            kit.lay(into.parent)
        shutil.copyfile(path, into)
        if beside:
            shutil.copyfile(beside, into.parent / f"sidecar{beside.suffix.lower()}")

    made: list[tuple[Outcome, Path]] = []
    twins: dict[str, str] = {}
    for asked in briefs(
        name,
        fingerprint(path),
        reading,
        clean(wish, WISH_BYTES),
        options,
        made,
        records=at.records,
        twins=twins,
        only=only,
    ):
        if asked.run in twins:
            say(f"{name}: the same video was here under another name; what was heard and seen of it is used")
        began(asked.run)
        outcome = run(asked, replace(at, lineage=following(lineage or {}, made)), fetch)
        made.append((outcome, Path(settings.outbox) / place(asked)))
        if reading.highlights:
            folder = made[0][1]
            if folder.is_dir():
                whole.write(folder / TABLE, table(at.records, made[0][0], folder).encode())
    if openings > 1 and not reading.highlights:
        made += [other for outcome, _ in tuple(made) for other in other_opening(at, outcome, settings, say)]
    return made


def other_opening(
    at: Studio, first: Outcome, settings: Settings, say: Callable[[str], None]
) -> list[tuple[Outcome, Path]]:
    """The same promo with another first clip, for a test: a version of it, of which that clip alone is rendered; none where nothing else opens it."""
    from agent.outcome import place
    from agent.revising.planned import carry
    from agent.revising.revision import plan_revision

    if first.cut is None:
        return []
    try:
        planned = plan_revision(at, first.run, OPENING, (Change(what="replace", clips=(1,)),))
    except RevisionError as no:
        say(f"a second opening was not made: {no}")
        return []
    say(f"the other opening: {planned.diff}")
    return [(carry(at, planned), Path(settings.outbox) / place(planned.brief))]


def dressed(reading: Reading, kit: Given) -> Reading:
    """The reading with what is usual for a brand where nothing else was asked.  Raises ``Refusal`` where its end card leaves too little."""
    for n in range(reading.count):
        kit.brand.fits(reading.one(n).target)
    return reading.model_copy(
        update={
            "captions": reading.captions if reading.styled else kit.brand.style(reading.captions),
            "tone": reading.tone or kit.brand.words.tone,
        }
    )


def signed_by(signer: Signer | None) -> str:
    """Which key signs, for a request: another one is another request.  One that signs nothing is told of at the end."""
    try:
        return hashlib.sha256(signer.certificates().encode()).hexdigest()[:20] if signer else ""
    except Refusal:
        return signer.engine if signer else ""


def given_with(options: Options, sidecar: Path | None, music: Path | None, fresh: bool = False) -> Options:
    """The options with what comes in files beside the video, by their digests; ``fresh`` for a request that is made anew."""
    return options.but(
        sidecar=fingerprint(sidecar) if sidecar else "",
        music=fingerprint(music) if music else "",
        fresh=os.urandom(8).hex() if fresh else options.fresh,
    )


def briefs(
    video: str,
    version: str,
    reading: Reading,
    wish: str,
    options: Options,
    made: list[tuple[Outcome, Path]],
    key: str = "",
    records: Records | None = None,
    twins: dict[str, str] | None = None,
    only: Chosen | None = None,
    tenant: str = "local",
) -> Iterator[Brief]:
    """A brief for each promo of a wish; of what ``made`` holds by then nothing is used again, unless they differ in length.  Ends where one can't be made.

    Of a wish for moments the first is that of the run which proposes them, and then one for each that is chosen.

    Where ``records`` know the run of the same bytes under another name, this is a run of its own, and that one is put into ``twins``.
    """
    if reading.highlights:
        known = records.briefs(tenant) if records is not None else ()
        sheet = make_sheet(known, video, version, reading, wish, key, options)
        if records is not None and _other_name(records, sheet):
            sheet = make_sheet(known, video, version, reading, wish, f"{key}\0{video}", options)
        yield sheet
        if made:
            sheet = sheet.model_copy(update={"run": made[0][0].run})
            yield from (make_highlight(sheet, each) for each in choose(made[0][0].highlights, only))
        return
    for n in range(reading.count):
        if n and made and made[-1][0].cut is None:
            return
        before = [] if reading.each else made  # cuts of several lengths may tell the same
        used = sorted({name for outcome, _ in before if outcome.cut for clip in outcome.cut.clips for name in clip.ids})
        more = options.but(used=used)
        asked = make_brief(video, version, reading.one(n), wish, key=key, options=more)
        if records is not None and (other := _other_name(records, asked)):
            asked = make_brief(video, version, reading.one(n), wish, key=f"{key}\0{video}", options=more)
            if twins is not None:
                twins[asked.run] = other
        yield asked


def _other_name(records: Records, asked: Brief) -> str:
    """The id of a brief whose run was asked of the same video under another name; empty where there is none."""
    try:
        row = records.run(asked.run)
    except LookupError:
        return ""
    return asked.run if row["brief"]["video"] != asked.video else ""


def following(first: dict[str, Any], made: list[tuple[Outcome, Path]]) -> dict[str, Any]:
    """Where the next of several promos stands in its conversation."""
    if not made:
        return first
    return {"thread": made[0][0].run, "version": 1, **first} | {"version": first.get("version", 1) + len(made)}


def knows(old: Path, into: Path) -> bool:
    """Take over what a run of the same video heard and saw; False where that is no longer there."""
    from agent.revising.carried_over import Kept, seed

    if not (old / "source.bin").is_file():
        return False
    seed(old, into.parent, None, Kept(False, (), False, ()))
    return True


def find_earlier(records: Records, home: Path, video: str) -> list[dict[str, Any]]:
    """The runs that made a promo of a local video, by its bytes, newest first.  Raises ``Refusal`` for what is no file."""
    known = fingerprint(find_video(video))
    done = [row for row in records.runs(200) if row["state"].startswith("done")]
    return [row for row in done if _heard(home / row["run"]) == known]


def _heard(folder: Path) -> str:
    """The SHA-256 of the video that a run folder is of; empty where the folder is gone."""
    try:
        return str(json.loads((folder / "source.json").read_bytes())["sha256"])
    except FileNotFoundError:
        return ""


def find_video(video: str) -> Path:
    """The path of a local video.  Raises ``Refusal`` for a URL, a folder, and what is not there."""
    if "://" in video:
        raise Refusal(
            "url",
            f"{clean(video, 80)} is an address. Hookline reads local files: download the video first, then name the file.",
        )
    path = Path(video).expanduser()
    if path.is_dir():
        raise Refusal("directory", f"{clean(video, 200)} is a folder; name one file in it.")
    if not path.exists():
        raise Refusal("not-found", f"{clean(video, 200)} does not exist; check the path.")
    if not path.is_file():
        raise Refusal("not-a-file", f"{clean(video, 200)} is not a regular file; name a video or a recording.")
    return path


def find_sidecar(path: Path) -> Path | None:
    """A transcript that lies beside the video under its name, or None."""
    return next((other for suffix in SIDECARS if (other := path.with_suffix(suffix)).is_file()), None)


NAMES = {
    "join": "join",
    "intake": "read the video",
    "transcribe": "listen",
    "look": "look",
    "find": "find moments",
    "propose": "choose moments",
    "cut": "cut",
    "write": "write",
    "cover": "cover",
    "assemble": "assemble",
}
