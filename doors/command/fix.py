"""The verb ``fix``: puts right what was heard wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from doors.command.outcome import code_of, tell


@click.command("fix")
@click.argument("run")
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for what is made; else HOOKLINE_OUTBOX, else ./outbox."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fix_command(run: str, words: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Put right what was heard wrong in RUN: "Kubernetes", or "cooper netties=Kubernetes" to say what was heard."""
    from agent.outcome import place
    from agent.revising.correction import plan_correction
    from agent.revising.planned import carry
    from agent.settings import load
    from doors.command.progress import Board
    from doors.studio import studio, writable

    settings = load(outbox=str(out)) if out else load()
    writable(Path(settings.outbox), "--out or HOOKLINE_OUTBOX")
    with Board() as board:
        at = studio(settings, board.step)
        planned = plan_correction(at, run, words)
        board.say(planned.diff)
        outcome = carry(at, planned)
    tell(outcome, Path(settings.outbox) / place(planned.brief), as_json, changed=planned.diff)
    sys.exit(code_of(outcome))
