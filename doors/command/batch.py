"""Many videos by one command: a folder or a file of rows, each made in its turn, and one table of what came of them.

Whoever gives the same command again goes on: what is made is found, what was under way continues.
"""

from __future__ import annotations

import csv
import json
import logging
import mimetypes
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click

from agent.settings import Settings, load
from doors.command import feed
from doors.command.conversation import of_request
from doors.command.outcome import BAD_INPUT, FAILED, OK, OVER_BUDGET, code_of, code_of_error, plain
from doors.laptop import find_video, make_reading
from doors.studio import studio, writable
from tools.files import intake
from tools.files.whole import whole
from tools.schema import NOTHING, Noun, Options
from tools.text import clean
from tools.troubles import NotReady, Refusal

if TYPE_CHECKING:
    from agent.studio import Studio
    from tools.schema import Outcome

log = logging.getLogger("hookline")

MOST = 1000
"""Rows of one batch at most."""
FLAGS = ("tighten", "clean", "strict")
COLUMNS = ("video", "wish", "music", *FLAGS)
YES, NO = ("yes", "true", "1", "x"), ("", "no", "false", "0")
RECORDINGS = (".mp3", ".wav", ".m4a", ".flac", ".ogg", ".opus", ".aac")
"""How files of sound alone are called."""
WAITS = "waiting"
"""What is not begun, since the day's dollars are spent or the command was interrupted."""
WIDTH = 100
"""Characters of a reason in the table; the file has all of it."""


@dataclass(frozen=True)
class Job:
    """One video and what is asked of it; ``wrong`` where its row can't be read."""

    video: Path
    wish: str = ""
    options: Options = NOTHING
    music: Path | None = None
    wrong: str = ""
    title: str = ""
    """By what it is shown, where that is not the file's name."""

    @property
    def shown(self) -> str:
        return self.title or self.video.name


class Row(Noun):
    """What came of one promo."""

    video: str
    wish: str = ""
    status: str
    length: float | None = None
    seconds: float = 0.0
    dollars: float = 0.0
    run: str = ""
    place: str = ""
    reason: str = ""
    code: int = OK
    """The exit code that it alone would have had."""


def read_folder(folder: Path, wish: str, options: Options = NOTHING, music: Path | None = None) -> list[Job]:
    """A job for each video in ``folder``, by name.  What neither is a video nor is called one is passed over; folders in it are.

    Raises ``Refusal`` where there is none.
    """
    bed = music.resolve() if music else None
    there = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.resolve() != bed]
    found = [path for path in there if _video(path)]
    if not found:
        raise Refusal(
            "folder",
            f"{clean(folder.name, 200)} holds no video and no recording; name a folder of mp4, mov, mkv, webm, ts, avi or flv files, or of mp3, wav, m4a, flac, ogg or opus.",
        )
    return [Job(path, wish, options, music) for path in found[:MOST]]


def _video(path: Path) -> bool:
    """Whether a file is a video or a recording by its first bytes, or should be one by its name: then it is told why it is none."""
    if not path.is_file():
        return False
    if (mimetypes.guess_type(path.name)[0] or "").startswith("video/") or path.suffix.lower() in RECORDINGS:
        return True
    try:
        with path.open("rb") as file:
            intake.sniff(file.read(intake.HEAD))
    except (OSError, intake.Refused):
        return False
    return True


def read_rows(path: Path, wish: str = "", options: Options = NOTHING) -> list[Job]:
    """A job for each row of a CSV file with a column ``video``, further columns of ``COLUMNS``; paths are from the file's folder.

    ``wish`` and ``options`` hold where a row says nothing.  Raises ``Refusal`` for a file that is no such table.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(
            "batch", f"{clean(path.name, 80)} is no text in UTF-8; save the table as CSV in UTF-8."
        ) from error
    lines = text.splitlines()
    comma = max(",;\t", key=lines[0].count) if lines else ","
    read = csv.DictReader(lines, delimiter=comma, restkey="")
    names = [(name or "").strip().lower() for name in read.fieldnames or ()]
    strange = [name for name in names if name not in COLUMNS]
    if "video" not in names or strange:
        what = f"has a column “{clean(strange[0], 40)}”" if strange else "has no column “video”"
        raise Refusal("batch", f"{clean(path.name, 80)} {what}; its first line names columns: {', '.join(COLUMNS)}.")
    rows = [dict(zip(names, (value or "" for value in row.values()), strict=False)) for row in read]
    if not rows or len(rows) > MOST:
        raise Refusal("batch", f"{clean(path.name, 80)} has {len(rows)} rows; give 1 to {MOST}.")
    return [_job(path.parent, row, wish, options) for row in rows]


def _job(folder: Path, row: dict[str, Any], wish: str, options: Options) -> Job:
    told = {name: str(row.get(name, "")).strip() for name in COLUMNS}
    if wrong := next((name for name in FLAGS if told[name].lower() not in (*YES, *NO)), ""):
        return Job(Path(told["video"]), told["wish"], wrong=f"{wrong} is “{plain(told[wrong])}”; write yes or no.")
    if not told["video"]:
        return Job(Path(), told["wish"], wrong="The row names no video.")
    set_here = {name: True for name in FLAGS if told[name].lower() in YES}
    music = folder / Path(told["music"]).expanduser() if told["music"] else None
    given = told["video"] if "://" in told["video"] else folder / Path(told["video"]).expanduser()
    return Job(Path(given), told["wish"] or wish, options.but(**set_here), music)


def read_feed(path: Path, wish: str = "", options: Options = NOTHING) -> list[Job]:
    """A job for each episode of a podcast's feed, named by its title; paths are from the feed's folder.  What lies elsewhere says what to do.

    Raises ``Refusal`` for a file that is no feed.
    """
    items = feed.read(path)
    if not 1 <= len(items) <= MOST:
        raise Refusal("feed", f"{clean(path.name, 80)} has {len(items)} episodes; give a feed with 1 to {MOST}.")
    return [_episode(path.parent, each, wish, options) for each in items]


def _episode(folder: Path, item: feed.Item, wish: str, options: Options) -> Job:
    """What is to be made of an episode."""
    if not item.url:
        return Job(Path(), wish, title=item.title, wrong="The episode has no enclosure; it names no recording.")
    try:
        asked = urlsplit(item.url)
    except ValueError:
        return Job(Path(), wish, title=item.title, wrong=f"{clean(item.url, 120)} is no address of a file.")
    if asked.scheme in ("", "file") and asked.netloc in ("", "localhost"):
        path = Path(unquote(asked.path))
        return Job(path if path.is_absolute() else folder / path, wish, options, title=item.title)
    told = f"{clean(item.url, 120)} lies elsewhere, and Hookline fetches nothing: download it beside the feed, and write the file's name as its url."
    return Job(Path(Path(unquote(asked.path)).name), wish, title=item.title, wrong=told)


def carry(
    jobs: Iterable[Job], settings: Settings, at: Studio, fresh: bool, say: Callable[[str], None]
) -> Iterator[list[Row]]:
    """What came of each job, in turn.  After one that the day's dollars did not reach for, the others wait."""
    spent = ""
    for job in jobs:
        rows = [_row(job, WAITS, reason=spent, code=OVER_BUDGET)] if spent else _carried(job, settings, at, fresh, say)
        spent = next((row.reason for row in rows if row.code == OVER_BUDGET), spent)
        yield rows


def _carried(job: Job, settings: Settings, at: Studio, fresh: bool, say: Callable[[str], None]) -> list[Row]:
    from agent.reading.understand import understand_wish
    from tools.rendering import soundtrack

    if job.wrong:
        return [_row(job, "refused", reason=job.wrong, code=BAD_INPUT)]
    try:
        find_video(str(job.video))
        if job.music is not None:
            soundtrack.check_music(job.music)
        reading = understand_wish(at, job.wish)
        made = make_reading(
            str(job.video),
            job.wish,
            reading,
            settings,
            at,
            job.options,
            fresh=fresh,
            say=say,
            music=job.music,
            title=job.title,
        )
    except NotReady:
        raise  # no other would fare better
    except Exception as error:
        if code_of_error(error) is None:
            log.exception("a video of the batch failed", extra={"video": job.video.name})
        return [_missed(job, error)]
    return [_told(job, outcome, place) for outcome, place in made]


def _missed(job: Job, error: Exception) -> Row:
    """An error as the job's end: one that a person can mend in words, a bug as one."""
    code = code_of_error(error)
    if code is None:
        return _row(job, "failed", reason=f"{type(error).__name__}: {clean(str(error), 300)}", code=FAILED)
    status = {BAD_INPUT: "refused", OVER_BUDGET: WAITS}.get(code, "failed")
    return _row(job, status, reason=clean(str(error), 500), code=code)


def _row(job: Job, status: str, **more: Any) -> Row:
    return Row(video=clean(job.shown, 200), wish=clean(job.wish, 300), status=status, **more)


def _told(job: Job, outcome: Outcome, place: Path) -> Row:
    reason = outcome.reason or " ".join(outcome.warnings[:1])
    return _row(
        job,
        outcome.status,
        length=round(outcome.cut.length, 2) if outcome.cut else None,
        seconds=round(outcome.seconds, 1),
        dollars=round(outcome.dollars, 4),
        run=outcome.run,
        place=str(place),
        reason=clean(reason, 500),
        code=code_of(outcome),
    )


def keep_table(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows as CSV, whole or not at all."""
    names = [name for name in Row.model_fields if name != "code"]
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, names, extrasaction="ignore")
        table.writeheader()
        table.writerows({name: _cell(value) for name, value in row} for row in rows)


def _cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def show_table(rows: Iterable[Row]) -> str:
    """The rows for a terminal."""
    lines = []
    for row in rows:
        length = f"{row.length:.2f} s" if row.length is not None else "–"
        told = f"{row.status:<18}  {length:>9}  {row.seconds:>6.1f} s  ${row.dollars:.2f}  {row.run[:12]:<12}"
        lines.append(f"{told}  {plain(row.video)}{f': {clean(row.reason, WIDTH)}' if row.reason else ''}")
    return "\n".join(lines)


def sum_up(rows: list[Row]) -> str:
    """How many ended how, and what they cost together."""
    kinds = dict.fromkeys(row.status for row in rows)
    counted = ", ".join(f"{sum(row.status == kind for row in rows)} {kind}" for kind in kinds)
    return f"{len(rows)} promos: {counted}; ${sum(row.dollars for row in rows):.2f}"


def make_all(jobs: list[Job], name: str, out: Path | None, fresh: bool, as_json: bool) -> None:
    """Carry out ``jobs`` and tell what came of them; ends the process with the highest of their exit codes."""
    settings = load(outbox=str(out)) if out else load()
    writable(Path(settings.outbox), "--out or HOOKLINE_OUTBOX")
    table, rows = Path(settings.outbox) / f"{clean(name, 80)}.batch.csv", []
    at = studio(settings)
    try:
        for n, found in enumerate(carry(jobs, settings, at, fresh, lambda text: click.echo(text, err=True)), 1):
            rows += found
            keep_table(table, [*rows, *(_row(job, WAITS) for job in jobs[n:])])
            click.echo(f"{n} of {len(jobs)}: {show_table(found)}", err=True)
    finally:
        click.echo(json.dumps({"rows": [row.model_dump() for row in rows]}) if as_json else show_table(rows))
        click.echo(f"{sum_up(rows)}. The table: {table}. The same command goes on with what is not made.", err=True)
    sys.exit(max(row.code for row in rows))


def quote_all(jobs: list[Job], as_json: bool) -> None:
    """Tell what each of ``jobs`` would take, and all together; nothing is made."""
    quotes, wrong = [], []
    for job in jobs:
        try:
            quotes.append((job, of_request(str(job.video), job.wish)))
        except Exception as error:
            if code_of_error(error) is None:
                raise
            wrong.append((job, str(error)))
    if as_json:
        told = [{"video": job.shown, **quote.model_dump(mode="json")} for job, quote in quotes]
        click.echo(json.dumps({"plans": told, "refused": [{"video": job.shown, "reason": no} for job, no in wrong]}))
        return
    for job, quote in quotes:
        click.echo(f"{quote.seconds:>6.0f} s  ${quote.dollars:.2f}  {plain(job.shown)}: {quote.understood}")
    for job, no in wrong:
        click.echo(f"refused  {plain(job.shown)}: {plain(no)}")
    seconds, dollars = (sum(getattr(quote, name) for _, quote in quotes) for name in ("seconds", "dollars"))
    click.echo(
        f"{len(quotes)} videos take about {seconds / 60:.0f} min and cost about ${dollars:.2f}; {len(wrong)} can't be used."
    )


@click.command("batch")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("wish", required=False)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for what is made; else HOOKLINE_OUTBOX, else ./outbox."
)
@click.option(
    "--strict", is_flag=True, help="For every line: refuse a cut that carries a risk to the speaker's meaning."
)
@click.option("--tighten", is_flag=True, help="For every line: take fillers and long silences out of the clips.")
@click.option(
    "--clean", "clean_", is_flag=True, help="For every line: render beside each promo its master without captions."
)
@click.option("--fresh", is_flag=True, help="Make all again even when they were made before.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as one JSON object.")
def batch_command(
    file: Path,
    wish: str | None,
    out: Path | None,
    strict: bool,
    tighten: bool,
    clean_: bool,
    fresh: bool,
    as_json: bool,
) -> None:
    """Make what each line of FILE asks: a table as CSV with the columns video, wish, music, tighten, clean, strict, all but the first as you like.

    FILE may be a podcast's feed (RSS or Atom) instead, whose recordings lie on this machine: each episode is made, by its title.
    WISH holds for lines that have none.  The same command again goes on with what is not made.
    """
    options = Options(strict=strict, tighten=tighten, clean=clean_)
    read = read_feed if feed.is_feed(file) else read_rows
    make_all(read(file, wish or "", options), file.stem, out, fresh, as_json)
