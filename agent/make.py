"""The laptop's door: a file and a wish in, a folder of finished things out."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import wish as wishes
from agent.brief import brief as make_brief
from agent.settings import Settings, engines, load, model
from agent.settings import records as open_records
from tools.ports import Refusal
from tools.schema import Outcome
from tools.text import clean

if TYPE_CHECKING:
    from agent.loop import Progress, Studio
    from agent.records import Records

SIDECARS = (".srt", ".vtt", ".json")


def records(settings: Settings) -> Records:
    """The record of this machine, its schema up to date."""
    writable(Path(settings.home), "HOOKLINE_HOME")
    opened = open_records(settings)
    opened.migrate()
    return opened


def studio(settings: Settings, progress: Progress | None = None, record: Records | None = None) -> Studio:
    """The wiring of ``settings``, ready to run; over this machine's record unless another is given."""
    from agent.ledger import Budget
    from agent.loop import Studio
    from web.report import report

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
        report=report,
        names={
            "model": settings.model_id,
            "transcriber": wired.transcriber.engine,
            "analyst": wired.analyst.engine,
            "copywriter": wired.copywriter.engine,
        },
    )
    return replace(studio, progress=progress) if progress else studio


def make(
    video: str,
    wish: str,
    out: Path | None = None,
    options: dict[str, Any] | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Outcome, Path]:
    """The outcome of a wish for a local file, and the folder in the outbox that holds it."""
    from agent.loop import place, run

    path = local(video)
    reading = wishes.read(wish)
    settings = load(outbox=str(out)) if out else load()
    version = fingerprint(path)
    extra = dict(options or {})
    if beside := sidecar(path):
        extra["sidecar"] = fingerprint(beside)
    asked = make_brief(path.name, version, reading, wish=clean(wish, wishes.WISH_BYTES), **extra)
    if fresh:
        asked = make_brief(path.name, version, reading, wish=asked.wish, fresh=os.urandom(8).hex(), **extra)
    writable(Path(settings.outbox), "--out or HOOKLINE_OUTBOX")
    say(f"{path.name}: {reading}")

    def fetch(into: Path) -> None:
        shutil.copyfile(path, into)
        if beside:
            shutil.copyfile(beside, into.parent / f"sidecar{beside.suffix.lower()}")

    outcome = run(asked, studio(settings, progress), fetch)
    return outcome, Path(settings.outbox) / place(asked)


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


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
