"""The laptop's door: a file and a wish in, a folder of finished things out."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import wish as wishes
from agent.brief import brief as make_brief
from agent.folders import fingerprint
from agent.settings import Settings, engines, load, model
from agent.settings import records as open_records
from agent.wish import Reading
from tools.ports import Refusal
from tools.schema import Brief, Outcome
from tools.text import clean

if TYPE_CHECKING:
    from agent.loop import Progress, Studio
    from agent.notices import Webhook
    from agent.records import Records
    from tools.workspace import Workspace

SIDECARS = (".srt", ".vtt", ".json")


def records(settings: Settings) -> Records:
    """The record of this machine, its schema up to date."""
    writable(Path(settings.home), "HOOKLINE_HOME")
    opened = open_records(settings)
    opened.migrate()
    return opened


def studio(settings: Settings, progress: Progress | None = None, record: Records | None = None) -> Studio:
    """The wiring of ``settings``, ready to run; over this machine's record unless another is given."""
    from agent.budget import Budget
    from agent.loop import Studio

    wired = engines(settings)
    studio = Studio(
        engines=wired,
        model=model(settings),
        model_id=settings.model_id,
        records=record or records(settings),
        home=Path(settings.home) / "runs",
        budget=lambda: Budget(
            model_calls=settings.model_calls,
            tool_calls=settings.tool_calls,
            tokens_in=settings.tokens_in,
            tokens_out=settings.tokens_out,
            dollars=settings.dollars_per_run,
        ),
        daily=settings.dollars_per_day if settings.spends else math.inf,
        report=_report,
        notices=_notices(settings),
        names={
            "model": settings.model_id,
            "transcriber": wired.transcriber.engine,
            "analyst": wired.analyst.engine,
            "copywriter": wired.copywriter.engine,
        },
    )
    return replace(studio, progress=progress) if progress else studio


def _notices(settings: Settings) -> Webhook | None:
    """The webhook of ``settings``; what was not taken before is sent meanwhile."""
    if not settings.webhook:
        return None
    from agent.notices import Webhook, key

    made = Webhook(settings.webhook, key(settings.webhook_secret), Path(settings.home) / "notices")
    threading.Thread(target=made.deliver, daemon=True).start()
    return made


def _report(outcome: Outcome, workspace: Workspace, records: Records) -> str:
    """The page of a run that has ended; till then nothing of it is imported."""
    from web.report import report

    return report(outcome, workspace, records)


def make(
    video: str,
    wish: str,
    out: Path | None = None,
    options: dict[str, Any] | None = None,
    fresh: bool = False,
    music: Path | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> list[tuple[Outcome, Path]]:
    """The outcomes of a wish for a local file, each with the folder in the outbox that holds it: one, unless more were asked for.

    ``music`` is laid under the voice.  Raises ``Refusal`` for what can't be played, before anything else is done.
    """
    from agent import understand
    from tools import media

    local(video)
    if music is not None:
        media.check_music(music)
    wishes.read(wish)
    settings = load(outbox=str(out)) if out else load()
    at = studio(settings, progress)
    return many(video, wish, understand.wish(at, wish), settings, at, options, fresh, say, music)


def many(
    video: str,
    wish: str,
    reading: Reading,
    settings: Settings,
    at: Studio,
    options: dict[str, Any] | None = None,
    fresh: bool = False,
    say: Callable[[str], None] = lambda text: None,
    music: Path | None = None,
    name: str = "",
    lineage: dict[str, Any] | None = None,
    began: Callable[[str], None] = lambda run: None,
) -> list[tuple[Outcome, Path]]:
    """The same for a wish that is read already.  Of several promos, each shares nothing with those before it.

    ``name`` is shown in the file's place, ``lineage`` is the first promo's, and ``began`` hears each run's id before it begins.
    """
    from agent.loop import place, run

    path = local(video)
    extra = dict(options or {})
    beside = sidecar(path)
    if beside:
        extra["sidecar"] = fingerprint(beside)
    if music:
        extra["music"] = fingerprint(music)
    if fresh:
        extra["fresh"] = os.urandom(8).hex()
    writable(Path(settings.outbox), "--out or HOOKLINE_OUTBOX")
    name = name or path.name
    say(f"{name}: {reading}")

    def fetch(into: Path) -> None:
        if made and knows(at.home / made[0][0].run, into):
            return
        if music:
            shutil.copyfile(music, into.parent / "music.bin")
        shutil.copyfile(path, into)
        if beside:
            shutil.copyfile(beside, into.parent / f"sidecar{beside.suffix.lower()}")

    made: list[tuple[Outcome, Path]] = []
    for asked in briefs(name, fingerprint(path), reading, clean(wish, wishes.WISH_BYTES), extra, made):
        began(asked.run)
        outcome = run(asked, replace(at, lineage=following(lineage or {}, made)), fetch)
        made.append((outcome, Path(settings.outbox) / place(asked)))
    return made


def briefs(
    video: str, version: str, reading: Reading, wish: str, options: dict[str, Any], made: list[tuple[Outcome, Path]]
) -> Iterator[Brief]:
    """A brief for each promo of a wish; of what ``made`` holds by then nothing is used again.  Ends where one can't be made."""
    for n in range(reading.count):
        if n and made and made[-1][0].cut is None:
            return
        used = sorted({name for outcome, _ in made if outcome.cut for clip in outcome.cut.clips for name in clip.ids})
        more: dict[str, Any] = {**options, "used": used} if used else options
        yield make_brief(video, version, reading, wish=wish, **more)


def following(first: dict[str, Any], made: list[tuple[Outcome, Path]]) -> dict[str, Any]:
    """Where the next of several promos stands in its conversation."""
    if not made:
        return first
    return {"thread": made[0][0].run, "version": 1, **first} | {"version": first.get("version", 1) + len(made)}


def knows(old: Path, into: Path) -> bool:
    """Take over what a run of the same video heard and saw; False where that is no longer there."""
    from agent.seed import Kept, seed

    if not (old / "source.bin").is_file():
        return False
    seed(old, into.parent, None, Kept(False, (), False, ()))
    return True


def writable(folder: Path, setting: str) -> None:
    """Make ``folder`` and try it, before hours of work are spent on what can't be kept.  Raises ``OSError`` that names the setting."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}; choose another folder by {setting}", str(folder)) from error


def local(video: str) -> Path:
    """The path of a local video.  Raises ``Refusal`` for a URL, a folder, and what is not there."""
    if "://" in video:
        raise Refusal(
            "url",
            f"{clean(video, 80)} is an address. Hookline reads local files: download the video first, then name the file.",
        )
    path = Path(video).expanduser()
    if path.is_dir():
        raise Refusal("directory", f"{clean(video, 200)} is a folder; name one video file in it.")
    if not path.exists():
        raise Refusal("not-found", f"{clean(video, 200)} does not exist; check the path.")
    if not path.is_file():
        raise Refusal("not-a-file", f"{clean(video, 200)} is not a regular file; name a video file.")
    return path


def sidecar(path: Path) -> Path | None:
    """A transcript that lies beside the video under its name, or None."""
    return next((other for suffix in SIDECARS if (other := path.with_suffix(suffix)).is_file()), None)
