"""How an outcome is told on a terminal, and as an exit code."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tools.text import clean
from tools.troubles import NotReady, Refusal

if TYPE_CHECKING:
    from tools.schema import Misheard, Outcome


OK, FAILED, USAGE, BAD_INPUT, MISSING, OVER_BUDGET, CHECK_FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


CODES = {"done": OK, "done with warnings": OK, "nothing to make": BAD_INPUT, "refused": BAD_INPUT, "failed": FAILED}


UNSOUND = "fails its checks"
"""What ``assemble`` says of a promo that was rendered and is not what was promised."""


def code_of(outcome: Outcome) -> int:
    """The exit code of a run that has ended: a promo or a cut whose checks did not hold is another thing than bad input."""
    certificates = [made.certificate for made in outcome.artifacts]
    certificates += [clip.certificate for clip in outcome.cut.clips] if outcome.cut else []
    if UNSOUND in outcome.reason or any(each is not None and not each.passed for each in certificates):
        return CHECK_FAILED
    return CODES[outcome.status]


def code_of_error(error: Exception) -> int | None:
    """The exit code of an error that a person can mend; None for a bug, which is shown whole."""
    from agent.settings import SettingsError

    if isinstance(error, NotReady):
        return MISSING
    if isinstance(error, SettingsError):
        return USAGE
    if isinstance(error, Refusal) or type(error).__name__ in ("WishError", "RevisionError"):
        return BAD_INPUT
    if isinstance(error, LookupError) and type(error) is LookupError:
        return BAD_INPUT
    if type(error).__name__ in ("CapReached", "OverBudget"):
        return OVER_BUDGET
    if isinstance(error, OSError) or type(error).__name__ in ("Busy", "RecordsDown"):
        return FAILED
    return None


def plain(text: str) -> str:
    """Text from outside, safe for a terminal."""
    return clean(text, 200)


def fix(run: str, one: Misheard) -> str:
    """The command by which a person confirms what was said."""
    return shlex.join(["hookline", "fix", run, f"{plain(one.heard)}={plain(one.said)}"])


def tell(outcome: Outcome, place: Path, as_json: bool, changed: str = "", beside: int = 0) -> None:
    """Results to standard output, what else is to be known to standard error; ``beside`` others were made with it."""
    if as_json:
        told = outcome.model_dump(mode="json")
        click.echo(json.dumps({**told, "changed": changed} if changed else told))
        return
    if outcome.status in ("done", "done with warnings"):
        for path in sorted(place.iterdir()):
            click.echo(path)
    if outcome.said:
        click.echo(f"the editor: {clean(outcome.said, 1200)}", err=True)
    for one in outcome.misheard:
        click.echo(f"misheard? {plain(str(one))}; if so: {fix(outcome.run, one)}", err=True)
    for warning in outcome.warnings:
        click.echo(f"note: {plain(warning)}", err=True)
    if outcome.highlights:
        _propose(outcome)
    length = f", {outcome.cut.length:.2f} s in {len(outcome.cut.clips)} clips" if outcome.cut else ""
    click.echo(
        f"{outcome.status}{length}, {outcome.seconds:.0f} s, ${outcome.dollars:.2f}, run {outcome.run}", err=True
    )
    if outcome.reason:
        click.echo(plain(outcome.reason), err=True)
    if outcome.offer and outcome.offer not in outcome.reason:
        click.echo(plain(outcome.offer), err=True)
    if outcome.highlights and not beside:
        click.echo(
            f"next: hookline open {outcome.run[:12]}  ·  the same command with --only 1,3, or without --sheet for all",
            err=True,
        )
    if outcome.cut is not None:
        click.echo(f'next: hookline open {outcome.run[:12]}  ·  hookline again {outcome.run[:12]} "shorter"', err=True)


def _propose(outcome: Outcome) -> None:
    """A line a moment that is proposed: its rank, length, place, first words and reason."""
    from tools.words.compact import clock

    for each in outcome.highlights:
        line = f"{each.rank:>3}  {each.lasts:5.1f} s  {clock(each.start)}  {plain(each.hook)}  ({plain(each.reason)})"
        click.echo(line, err=True)
