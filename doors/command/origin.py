"""The verb ``origin``: reads what a signed file says of where it came from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doors.command.outcome import CHECK_FAILED, OK
from tools.troubles import Refusal

if TYPE_CHECKING:
    from tools.provenance.credentials import Credentials


@click.command("origin")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def origin_command(file: Path, as_json: bool) -> None:
    """Say who signed FILE, whether it is as it was signed, and what was done to make it."""
    from tools.provenance.credentials import read

    if not file.is_file():
        raise Refusal("not-found", f"{file} is no file; name a promo.")
    told = read(file)
    click.echo(told.model_dump_json() if as_json else _shown(told))
    sys.exit(OK if told.unchanged else CHECK_FAILED)


def _shown(told: Credentials) -> str:
    if not told.signed_by:
        return f"Nobody signed this file, or what they wrote is gone ({', '.join(told.faults)})."
    state = "as it was signed" if told.unchanged else f"CHANGED since it was signed ({', '.join(told.faults)})"
    lines = [f"signed by {told.signed_by}, {state}", *(f"made from {source}" for source in told.sources)]
    for each in told.actions:
        by = (each.get("softwareAgent") or {}).get("name", "")
        model = " (a model)" if each.get("digitalSourceType") else ""
        lines.append(f"  {each['action']:<22} {each.get('description', '')}{f', by {by}{model}' if by else ''}")
    return "\n".join(lines)
