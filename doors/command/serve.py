"""The verb ``serve``: the page and the HTTP doors on this machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("serve")
@click.argument("videos", nargs=-1, type=click.Path(path_type=Path))
@click.option("--port", default=8765, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; others than this machine's are not asked who they are.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The outbox folder; default from the settings.")
def serve_command(videos: tuple[Path, ...], port: int, host: str, out: Path | None) -> None:
    """Open the page on this machine, with VIDEOS ready to be chosen.  Ends with Ctrl-C; what is not finished goes on next time."""
    import uvicorn

    from agent.settings import load
    from doors.laptop import find_video
    from doors.page.app import build

    settings = load(outbox=str(out)) if out else load()
    app = build(settings, names=(host,))
    for video in videos:
        added = app.state.desk.shelf.copy(find_video(str(video)))
        click.echo(f"{added['name']}: {added['seconds']:.0f} s", err=True)
    if host not in ("127.0.0.1", "localhost", "::1") and not settings.login_key:
        click.echo("Whoever reaches this address may use it: there is no password.", err=True)
    click.echo(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)
