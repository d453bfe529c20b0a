"""The verb ``serve``: the page and the HTTP doors on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from doors.page.desk import Desk


@click.command("serve")
@click.argument("videos", nargs=-1, type=click.Path(path_type=Path))
@click.option("--port", default=8765, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; others than this machine's are not asked who they are.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for what is made; else HOOKLINE_OUTBOX, else ./outbox."
)
def serve_command(videos: tuple[Path, ...], port: int, host: str, out: Path | None) -> None:
    """Open the page on this machine, with VIDEOS ready to be chosen.  Ends with Ctrl-C; what is not finished goes on next time."""
    from agent.settings import load
    from doors.page.app import build

    settings = load(outbox=str(out)) if out else load()
    if host not in ("127.0.0.1", "localhost", "::1") and not settings.login_key:
        click.echo("Whoever reaches this address may use it: there is no password.", err=True)
    listen(build(settings, names=(host,)), videos, host, port, f"http://{f'[{host}]' if ':' in host else host}:{port}/")


def listen(app: Starlette, videos: tuple[Path, ...], host: str, port: int, address: str) -> None:
    """Serve ``app`` until it is interrupted, with ``videos`` on its shelf.  Raises ``Refusal`` for what is no video."""
    import uvicorn

    put_on_shelf(app.state.desk, videos)
    click.echo(address)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


def put_on_shelf(desk: Desk, videos: tuple[Path, ...]) -> None:
    """Copy files onto a desk's shelf, where each is kept once.  Raises ``Refusal`` for what is no video."""
    from doors.laptop import find_video

    shelf: Any = desk.shelf
    for video in videos:
        added = shelf.copy(find_video(str(video)))
        click.echo(f"{added['name']}: {added['seconds']:.0f} s", err=True)
