"""The command ``hookline``.  Results go to stdout, progress to stderr; engines are imported only by the verbs that need them."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from doors.command import logs
from doors.command.conversation import of_request
from doors.command.doctor import examine
from doors.command.outcome import INTERRUPTED, MISSING, OK, code_of, code_of_error, plain, tell
from tools.words.languages import NAMES, listed

if TYPE_CHECKING:
    from agent.record.records import Records
    from doors.command.doctor import Finding
    from doors.command.progress import Board


ELSEWHERE: dict[str, str] = {
    "again": "doors.command.conversation:again_command",
    "batch": "doors.command.batch:batch_command",
    "brand": "doors.command.brand:brand_command",
    "chat": "doors.command.conversation:chat_command",
    "evals": "evals.command:evals_command",
    "fix": "doors.command.fix:fix_command",
    "forget": "doors.command.sweep:forget_command",
    "origin": "doors.command.origin:origin_command",
    "join": "doors.command.join:join_command",
    "mcp": "doors.command.mcp:mcp_command",
    "serve": "doors.command.serve:serve_command",
    "sweep": "doors.command.sweep:sweep_command",
}
"""Verbs that live in files of their own, as ``module:command``; those files import at the top only what ``--help`` needs."""


class Doors(click.Group):
    """Turns the errors that a person can mend into one sentence and the right exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = ELSEWHERE[cmd_name].partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), name))

    def invoke(self, ctx: click.Context) -> Any:
        given = list(ctx.args)
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as no:
            raise click.NoSuchOption(no.option_name, no.message + _hint(no.option_name, given), ctx=no.ctx) from no
        except KeyboardInterrupt:
            click.echo("Interrupted; nothing is lost. The same command goes on from the last finished step.", err=True)
            sys.exit(INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            code = code_of_error(error)
            if code is None:
                raise
            click.echo(f"hookline: {error}", err=True)
            sys.exit(code)


def _hint(option: str, given: list[str]) -> str:
    """How to name a file whose name begins like an option, where that was meant."""
    file = next((each for each in given if each.startswith(option) and ("." in each or Path(each).exists())), "")
    return f" If {plain(file)} is a file, write ./{plain(file)}, or -- before it." if file else ""


@click.group(cls=Doors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hookline")
def main() -> None:
    """Turn a video into what a content team publishes."""
    if level := os.environ.get("HOOKLINE_LOG"):
        logs.begin(level)


@main.command()
@click.argument("video")
@click.argument("wish", required=False)
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="VIDEO",
    help="Make the promo of this video too, which plays after the first; may be given several times.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for what is made; else HOOKLINE_OUTBOX, else ./outbox."
)
@click.option("--strict", is_flag=True, help="Refuse a cut that carries a risk to the speaker's meaning.")
@click.option("--tighten", is_flag=True, help="Take fillers and long silences out of the clips.")
@click.option(
    "--music",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Lay this music (mp3, wav, m4a, flac, ogg) under the voice, quieter while someone speaks.",
)
@click.option(
    "--brand", metavar="NAME", help="The look of your team: a brand kit's name, or the path of its brand.toml."
)
@click.option(
    "--sign",
    metavar="KEY",
    help="Sign each promo with where it came from (C2PA): a PEM file with your key and certificates, or kms:KEY; else HOOKLINE_SIGN.",
)
@click.option(
    "--captions",
    type=click.Choice(["clean", "bold", "karaoke", "none"]),
    help='How captions are burned in; the same as "karaoke captions" or "no captions" in WISH.',
)
@click.option(
    "--captions-in",
    metavar="LANGUAGES",
    help='Translate the captions, by codes: es,ar,ja; the first is burned in, and all come as files. The same as "with Spanish subtitles" in WISH.',
)
@click.option(
    "--openings",
    type=click.IntRange(1, 2),
    default=1,
    help='2 makes the promo twice, the second time with another first clip, for a test; the same as "two openings" in WISH.',
)
@click.option("--clean", is_flag=True, help="Render beside each promo its master without captions.")
@click.option("--fresh", is_flag=True, help="Make it again even when this request was made before.")
@click.option(
    "--only",
    metavar="RANKS",
    help='Of the moments that WISH asks for ("8 best moments as shorts"), render these alone: 1,3 or 2-4.',
)
@click.option(
    "--sheet", is_flag=True, help="Propose the moments that WISH asks for on a contact sheet, and render none."
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would happen, how long it takes and what it costs; make nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
def make(
    video: str,
    wish: str | None,
    others: tuple[str, ...],
    out: Path | None,
    strict: bool,
    tighten: bool,
    music: Path | None,
    brand: str | None,
    sign: str | None,
    captions: str | None,
    captions_in: str | None,
    openings: int,
    clean: bool,
    fresh: bool,
    only: str | None,
    sheet: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make promos, covers and words from VIDEO as WISH says, for example "make a 30s promo for LinkedIn about pricing"; without WISH a promo of 30 seconds.

    VIDEO may be a folder: each video in it is made, with one table at the end, and the same command goes on with what is not made.
    """
    from agent.clips import read_chosen
    from agent.reading.wish import WISH_EXAMPLES, WishError, read_wish
    from doors.command.progress import Board
    from doors.laptop import make_promos
    from tools.schema import Options

    if wish is not None and not wish.strip():
        raise WishError(
            f"The wish is empty; leave it out for a promo of 30 seconds, or say what you want. {WISH_EXAMPLES}"
        )
    wish = wish or ""
    if captions:
        wish = f"{'no' if captions == 'none' else captions} captions, {wish}".removesuffix(", ")
    if captions_in:
        wish = f"captions in {listed(_codes(captions_in))}, {wish}".removesuffix(", ")
    if openings > 1:
        wish = f"{wish or 'make a 30 second promo'}, two openings"
    if sheet and only:
        raise click.UsageError("--sheet renders nothing, and --only says what is rendered; give one of them.")
    chosen = () if sheet else read_chosen(only) if only else None
    options = Options(strict=strict, tighten=tighten, clean=clean)
    if Path(video).expanduser().is_dir():
        from doors.command import batch

        if chosen is not None or brand or sign or others:
            raise click.UsageError("--with, --sheet, --only, --brand and --sign are for one video; VIDEO is a folder.")
        folder = Path(video).expanduser()
        jobs = batch.read_folder(folder, wish, options, music)
        if dry_run:
            batch.quote_all(jobs, as_json)
            return
        batch.make_all(jobs, folder.resolve().name, out, fresh, as_json)
    if dry_run:
        quote = of_request(_joined(video, others) if others else video, wish)
        click.echo(quote.model_dump_json() if as_json else str(quote))
        return
    if others:
        read_wish(wish)
    with Board() as board:
        made = make_promos(
            _joined(video, others, board) if others else video,
            wish,
            out=out,
            options=options,
            fresh=fresh,
            music=music,
            brand=brand or "",
            sign=sign or "",
            progress=board.step,
            say=board.say,
            only=chosen,
        )
    if as_json and len(made) > 1:
        click.echo(json.dumps({"outcomes": [outcome.model_dump(mode="json") for outcome, _ in made]}))
    else:
        for outcome, place in made:
            tell(outcome, place, as_json, beside=len(made) - 1)
    sys.exit(max(code_of(outcome) for outcome, _ in made))


def _joined(video: str, others: tuple[str, ...], board: Board | None = None) -> str:
    """The path of the reel of several videos; without a board, only where it was made before."""
    from agent.settings import load
    from doors.reels import known, reel_of

    home = Path(load().home)
    if board is None:
        return str(known((video, *others), home))
    return str(reel_of((video, *others), home, board.say, lambda share: board.step("join", share)))


def _codes(given: str) -> tuple[str, ...]:
    """Languages by their codes.  Raises ``click.UsageError`` for one that is not known."""
    found = tuple(dict.fromkeys(code.strip().lower() for code in given.split(",") if code.strip()))
    if unknown := [plain(code) for code in found if code not in NAMES] or ([] if found else ["nothing"]):
        raise click.UsageError(f"--captions-in names {', '.join(unknown)}; known are {', '.join(sorted(NAMES))}.")
    return found


@main.command()
@click.option("--limit", default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def runs(limit: int, as_json: bool) -> None:
    """List what was made, newest first."""
    rows = _records().runs(limit)
    if as_json:
        click.echo(json.dumps(rows, default=str))
        return
    for row in rows:
        click.echo(
            f"{row['run'][:12]}  {row['created']}  {row['state']:<18}  ${row['dollars']:.2f}  {plain(row['video'])}  {plain(row['wish'])}"
        )
    if not rows:
        click.echo('No runs yet. Begin with: hookline make VIDEO "make a 30s promo"', err=True)


@main.command()
@click.argument("run")
@click.option(
    "--why", type=int, metavar="N", help="Why clip N was chosen, what was rejected beside it, and what it cost."
)
@click.option("--json", "as_json", is_flag=True)
def show(run: str, why: int | None, as_json: bool) -> None:
    """Show a run's outcome and decisions, or why one clip was chosen."""
    from agent.answers import explain, summary

    records = _records()
    data = records.why(run, why) if why is not None else records.run(run)
    if as_json:
        click.echo(json.dumps(data, default=str))
    else:
        told = explain(data) if why is not None else summary(data, records.decisions(data["run"]), _folder(data))
        click.echo(told)


def _folder(row: dict[str, Any]) -> str:
    """Where a run's files lie; empty where they are no longer there."""
    from agent.outcome import place
    from agent.settings import load
    from tools.schema import Brief

    found = Path(load().outbox) / place(Brief.model_validate(row["brief"]))
    return str(found) if found.is_dir() else ""


@main.command("open")
@click.argument("run", default="")
def open_(run: str) -> None:
    """Open a run's report in the browser; without RUN the newest one's."""
    from agent.settings import load

    records = _records()
    newest = run or next((row["run"] for row in records.runs(1)), "")
    if not newest:
        raise LookupError('No runs yet. Begin with: hookline make VIDEO "make a 30s promo"')
    found = records.run(newest)
    pages = list(Path(load().outbox).glob(f"*/{found['run']}/report.html"))
    if not pages:
        raise LookupError(f"Run {found['run']} has no report in the outbox; its status is {found['state']}.")
    click.echo(pages[0])
    click.launch(str(pages[0].resolve()))


@main.command()
@click.option(
    "--aws", is_flag=True, help="Look at the AWS account of the environment instead; nothing is changed there."
)
def doctor(aws: bool) -> None:
    """Say what is installed, what is missing and how to mend it."""
    sound = True
    for finding in _account() if aws else examine():
        sound &= finding.ok or not finding.needed
        click.echo(
            f"{'ok     ' if finding.ok else 'MISSING' if finding.needed else 'absent '} {finding.what}: {finding.note}"
        )
    sys.exit(OK if sound else MISSING)


def _account() -> list[Finding]:
    from agent.settings import load
    from doors.command.account import examine_account

    return examine_account(load())


def _records() -> Records:
    from agent.settings import load
    from doors.studio import open_records

    return open_records(load())


if __name__ == "__main__":
    main()
