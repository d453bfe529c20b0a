"""The verb ``mcp``: the door for other people's agents."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

from doors.command.serve import listen, put_on_shelf
from tools.troubles import NotReady


@click.command("mcp")
@click.argument("videos", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--http",
    is_flag=True,
    help="Listen over streamable HTTP, at /mcp of the page, instead of standard input and output.",
)
@click.option("--port", default=8765, show_default=True, type=click.IntRange(1, 65535), help="With --http: the port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: the address to listen on.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder for what is made; else HOOKLINE_OUTBOX, else ./outbox."
)
def mcp_command(videos: tuple[Path, ...], http: bool, port: int, host: str, out: Path | None) -> None:
    """Serve other people's agents by the Model Context Protocol, with VIDEOS ready to be chosen.  Agents name ids, never paths."""
    from agent.settings import load

    settings = load(outbox=str(out)) if out else load()
    if http:
        base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        if host not in ("127.0.0.1", "localhost", "::1"):
            click.echo("Whoever reaches this address may use it: there is no password.", err=True)
        app = _module("doors.mcp.http").build(settings, base, names=(host,))
        listen(app, videos, host, port, f"{base}/mcp")
        return
    server = _module("doors.mcp.server")
    from doors.page.app import wired

    desk = wired(settings)
    put_on_shelf(desk, videos)
    server.build(desk).run()


def _module(name: str) -> Any:
    """A module that needs the SDK.  Raises ``NotReady`` where that is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise NotReady("The MCP server needs the package mcp: pip install 'mcp>=2.3,<3', or make install.") from missing
