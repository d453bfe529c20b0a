"""The verb ``brand``: checks a kit, shows what it looks like in every shape, and keeps it by its name."""

from __future__ import annotations

from pathlib import Path

import click

from agent.settings import load
from tools.brand import shelf
from tools.troubles import Refusal


@click.group("brand")
def brand_command() -> None:
    """Check, show, keep and list brand kits: logo, colours, font, captions, title, end card and words of a team."""


@brand_command.command("check")
@click.argument("kit")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("brand.png"),
    show_default=True,
    help="Where the picture of every shape goes.",
)
def check(kit: str, out: Path) -> None:
    """Check KIT, a name or the path of a brand.toml, and draw it in every shape."""
    from tools.rendering.specimen import specimen

    given = shelf.open_kit(kit, Path(load().home))
    out.write_bytes(specimen(given))
    click.echo(f"{given.brand.name}, version {given.digest[:12]}, is sound; {out} shows it.")


@brand_command.command("keep")
@click.argument("kit")
@click.option("--name", default="", help="The name to keep it by; else the brand's own.")
def keep(kit: str, name: str) -> None:
    """Keep KIT, the path of a brand.toml, so that --brand NAME finds it; a kit of that name is kept beside it by its version."""
    path, digest, older = shelf.keep(Path(kit), Path(load().home), name)
    click.echo(f"{path.name}, version {digest[:12]}, is kept in {path}.")
    if older:
        click.echo(f"The version before it is kept as {older}.")


@brand_command.command("list")
def list_() -> None:
    """List the kits that are kept."""
    home = Path(load().home)
    names = shelf.names(home)
    for name in names:
        try:
            given = shelf.open_kit(name, home)
            click.echo(f"{name}  {given.digest[:12]}  {given.brand.name}")
        except Refusal as refusal:
            click.echo(f"{name}  can't be used: {refusal}")
    if not names:
        click.echo("No brand is kept yet. Begin with: hookline brand keep FOLDER/brand.toml", err=True)
