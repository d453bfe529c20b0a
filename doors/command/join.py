"""The verb ``join``: several recordings as one video, for doors that take one file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("join")
@click.argument("videos", nargs=-1, required=True)
@click.option("--into", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The mp4 to make.")
def join_command(videos: tuple[str, ...], into: Path) -> None:
    """Join VIDEOS into one file, in which they play one after the other; it says itself what it is made of, and where.

    It can be uploaded, served or made into promos like any video: no clip of a promo runs from one of them into another.
    """
    from agent.settings import load
    from doors.command.progress import Board
    from doors.reels import join

    home = Path(load().home)
    with Board() as board:
        made = join(videos, into, home, board.say, lambda share: board.step("join", share))
    click.echo(made)
    click.echo(f'Next: hookline make {made} "make a 30s promo"', err=True)
