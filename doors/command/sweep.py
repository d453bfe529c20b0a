"""The verbs ``forget`` and ``sweep``: what is put away by hand, and what is due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.sweep import forget, give_up, retain

if TYPE_CHECKING:
    from agent.record.records import Records
    from tools.ports import ObjectStore


def _opened() -> tuple[Records, ObjectStore, Path, int, ObjectStore]:
    from agent.settings import load
    from agent.wiring import engines, memory
    from doors.studio import open_records

    settings = load()
    home = Path(settings.home) / "runs"
    return open_records(settings), engines(settings).store, home, settings.keep_days, memory(settings)


@click.command("forget")
@click.argument("run")
@click.confirmation_option(prompt="Delete this run, its files and its rows for good?")
def forget_command(run: str) -> None:
    """Delete RUN: all that it made and all that is recorded of it.  Only its id and its dates stay."""
    records, store, home, _, memory = _opened()
    name, left = forget(records, store, home, run, memory)
    click.echo(f"Run {name[:12]} is forgotten.")
    if left:
        click.echo(f"Still in the outbox, where only its owner may delete: {', '.join(left[:20])}", err=True)
        raise SystemExit(1)


@click.command("sweep")
def sweep_command() -> None:
    """End runs whose worker is gone, and forget runs older than the setting keep_days."""
    records, store, home, days, memory = _opened()
    for name in give_up(records):
        click.echo(f"{name[:12]}  given up: its worker is gone")
    for name in retain(records, store, home, days, memory):
        click.echo(f"{name[:12]}  forgotten: older than {days} days")
