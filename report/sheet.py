"""The contact sheet of a run that proposes moments: one page to choose from, no network, opens from disk."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from report.page import hash_inline, pages
from report.strip import picture
from tools.schema import Highlight, Outcome
from tools.text import clean
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.record.records import Records


def sheet(outcome: Outcome, workspace: Workspace, records: Records) -> str:
    """The page as HTML: of each moment a picture, its words, length, rank and reason.  All that came from a video is escaped text."""
    style = (Path(__file__).parent / "sheet.css").read_text("utf-8")
    run = records.run(outcome.run)
    return pages.get_template("sheet.html.j2").render(
        outcome=outcome,
        run=run,
        source=workspace.source,
        cards=[(each, _still(workspace, each)) for each in outcome.highlights],
        command=command(run["video"], run["wish"]),
        style=style,
        style_hash=hash_inline(style),
    )


def command(video: str, wish: str) -> str:
    """What renders two of the moments, for a terminal."""
    return f"{shlex.join(['hookline', 'make', clean(video, 200), clean(wish, 300)])} --only 1,2"


def _still(workspace: Workspace, one: Highlight) -> str:
    return picture(workspace.folder / one.still, width=480) if one.still else ""
