"""The verbs of a conversation: ``again`` changes what a run made, ``chat`` goes on until there is nothing more to say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doors.command.outcome import INTERRUPTED, code_of, plain, tell
from tools.media import facts

if TYPE_CHECKING:
    from agent.quote import Quote
    from agent.settings import Settings
    from agent.steps.recorded import Progress
    from tools.schema import Outcome


@click.command("again")
@click.argument("run")
@click.argument("wish")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for what is made; else HOOKLINE_OUTBOX, else ./outbox."
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would change, how long it takes and what it costs; make nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def again_command(run: str, wish: str, out: Path | None, dry_run: bool, as_json: bool) -> None:
    """Change what RUN made, as WISH says: "shorter", "drop the second clip", "start with the bit about pricing", "undo"."""
    from doors.command.progress import Board

    if dry_run:
        quote = of_revision(run, wish)
        click.echo(quote.model_dump_json() if as_json else str(quote))
        return
    with Board() as board:
        outcome, place, changed = again(run, wish, out, board.step, board.say)
    tell(outcome, place, as_json, changed=changed)
    sys.exit(code_of(outcome))


@click.command("chat")
@click.argument("video")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for what is made; else HOOKLINE_OUTBOX, else ./outbox."
)
def chat_command(video: str, out: Path | None) -> None:
    """Talk about VIDEO: ask for a promo, look at it, say what to change, ask why.  Each line of standard input is one thing said.

    It goes on from what was made of VIDEO before.  An empty line or end of input leaves.
    """
    from agent import answers
    from agent.outcome import place
    from agent.reading.change import RevisionError
    from agent.reading.intent import Question, Revision, hear
    from agent.reading.wish import WishError
    from agent.revising.planned import carry
    from agent.revising.revision import plan_revision
    from agent.settings import load
    from doors.command.progress import Board
    from doors.laptop import make_reading
    from doors.studio import studio

    settings = load(outbox=str(out)) if out else load()
    run = _goes_on(video, settings)
    live = sys.stdin.isatty()
    while True:
        said = _line(live)
        if not said:
            return
        with Board() as board:
            at = studio(settings, board.step)
            try:
                meant = hear(at, said, run)
                if isinstance(meant, Question):
                    click.echo(answers.answer(at.records, run, said) if run else answers.NOTHING)
                    continue
                if isinstance(meant, Revision):
                    board.say(f"understood: {meant}")
                    planned = plan_revision(at, str(run), said, meant.changes, read=meant.read, left=meant.left)
                    board.say(f"version {planned.lineage['version']}: {planned.diff}")
                    outcome = carry(at, planned)
                    made = [(outcome, Path(settings.outbox) / place(planned.brief))]
                else:
                    made = make_reading(video, said, meant, settings, at, say=board.say)
            except (WishError, RevisionError, LookupError) as no:
                click.echo(f"hookline: {no}", err=True)
                continue
            except KeyboardInterrupt:
                click.echo("Interrupted; nothing is lost. Say the same again to go on.", err=True)
                if not live:
                    sys.exit(INTERRUPTED)
                continue
        for outcome, folder in made:
            tell(outcome, folder, False)
            if outcome.cut is not None:
                run = outcome.run


def _goes_on(video: str, settings: Settings) -> str | None:
    """The newest promo of a video, told to the person; None where there is none."""
    from doors.laptop import find_earlier
    from doors.studio import open_records

    earlier = find_earlier(open_records(settings), Path(settings.home) / "runs", video)
    if not earlier:
        return None
    row = earlier[0]
    more = f", the newest of {len(earlier)}" if len(earlier) > 1 else ""
    wish = f" “{plain(row['wish'])}”" if row["wish"] else ""
    click.echo(
        f"Made before: run {row['run'][:12]}{wish}{more}. Say what to change of it, or ask for another.", err=True
    )
    return str(row["run"])


def _line(live: bool) -> str:
    if live:
        click.echo("> ", nl=False, err=True)
    return sys.stdin.readline().strip()


def of_request(video: str, wish: str) -> Quote:
    """A quote for the command line."""
    from agent.quote import quote_request
    from agent.reading.understand import understand_wish
    from agent.settings import load
    from doors.laptop import find_video
    from doors.studio import studio

    settings = load()
    path = find_video(video)
    at = studio(settings)
    source = facts.probe(path.resolve(), path.name)
    return quote_request(at, understand_wish(at, wish), source.duration, settings.dollars_per_run)


def of_revision(run: str, wish: str) -> Quote:
    """The same for a change of a run."""
    from agent.quote import quote_revision
    from agent.reading.intent import changes_of
    from agent.revising.revision import plan_revision
    from agent.settings import load
    from doors.studio import studio

    settings = load()
    at = studio(settings)
    meant = changes_of(at, run, wish)
    return quote_revision(
        at,
        plan_revision(at, run, wish, meant.changes, read=meant.read, left=meant.left),
        str(meant),
        settings.dollars_per_run,
    )


def again(
    run: str,
    wish: str,
    out: Path | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Outcome, Path, str]:
    """The outcome of a revision, its folder in the outbox, and what changed in words."""
    from agent.outcome import place
    from agent.reading.intent import changes_of
    from agent.revising.planned import carry
    from agent.revising.revision import plan_revision
    from agent.settings import load
    from doors.studio import studio, writable

    settings = load(outbox=str(out)) if out else load()
    writable(Path(settings.outbox), "--out or HOOKLINE_OUTBOX")
    at = studio(settings, progress)
    meant = changes_of(at, run, wish)
    say(f"understood: {meant}")
    planned = plan_revision(at, run, wish, meant.changes, read=meant.read, left=meant.left)
    say(f"version {planned.lineage['version']}: {planned.diff}")
    return carry(at, planned), Path(settings.outbox) / place(planned.brief), planned.diff
