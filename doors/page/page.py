"""The live page: the same sections as a run's report, with a conversation above them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

import report.page
from doors.page.desk import OPEN, Desk
from report.page import SHAPE_NAMES, facts
from tools.schema import Outcome
from tools.workspace import Workspace

HOMES = Path(__file__).parent, Path(report.__file__).parent
"""Where templates, styles and scripts of the page lie: its own, and those that it shares with the report."""
pages = report.page.pages.overlay(loader=FileSystemLoader(HOMES))

SETTLES = 300
"""Seconds after a run's end in which its folder may still be on its way to where it is kept."""
FIRST = (
    "make a 30s promo",
    "15 seconds for TikTok, bold captions",
    "a vertical one about pricing, no captions",
    "three different ones of 20 seconds",
)
"""What a person may say at the beginning, for example."""


def render_page(desk: Desk, run: str = "", other: str = "", video: str = "") -> str:
    """The page as HTML: of a run where one is named, beside another version where that is; else the beginning.

    Raises ``No`` for a run that is not there.
    """
    asks = {"person": desk.person, "may": desk.may(), "shares": bool(desk.hosts()), "own": desk.own}
    if not run:
        begin: dict[str, Any] = {
            "told": None,
            "soon": False,
            "videos": desk.shelf.videos(desk.tenant),
            "video": video,
            "says": FIRST,
        }
        return pages.get_template("page.html.j2").render(
            **begin, **asks, made=_made(desk), private=not desk.settings.spends
        )
    told = desk.told(run)
    beside = desk.told(other) if other else None
    shown = _shown(desk, run)
    # On AWS a run's folder is kept right after its end was recorded.
    soon = shown is None and not desk.waits and bool(told["clips"]) and _lately(desk.row(run)["finished"])
    whole: dict[str, Any] = {
        "soon": soon,
        "told": told,
        "other": beside,
        "shown": shown is not None,
        "aside": "ask.html.j2",
        "shapes": SHAPE_NAMES,
        "talk": desk.talk(told["thread"]),
        "versions": desk.versions(told["thread"]),
        "says": _says(told),
        "both": [shape for shape in _shapes(told) if shape in _shapes(beside)] if beside else [],
        "base": f"/runs/{run}/files/",
        # What changes something is shown with thumbs.
        "thumbs": (desk.thumbs(run) if desk.may() else None) if shown else {},
    }
    return pages.get_template("page.html.j2").render(**(shown or {}), **whole, **asks)


def render_trouble(error: str, to_do: str) -> str:
    """The page for a person who came to what is not there."""
    return pages.get_template("trouble.html.j2").render(error=error, to_do=to_do)


def _lately(moment: str | None) -> bool:
    """Whether a time of the record is less than ``SETTLES`` seconds ago."""
    if not moment:
        return False
    at = datetime.fromisoformat(moment)
    return datetime.now(UTC) - (at if at.tzinfo else at.replace(tzinfo=UTC)) < timedelta(seconds=SETTLES)


def _says(told: dict[str, Any]) -> list[str]:
    """What could be said next, for example; nothing while it works."""
    if told["status"] in OPEN:
        return []
    if not told["clips"]:
        return ["make a 20s promo", "what went wrong?"]
    some = ["shorter"] + (["drop clip 2", "swap 1 and 2"] if len(told["clips"]) > 2 else [])
    return [*some, "no captions", "another one", "why this cut?", *(["undo"] if told["parent"] else [])]


def _made(desk: Desk) -> list[dict[str, Any]]:
    """Each conversation by its newest version, newest first."""
    found: dict[str, dict[str, Any]] = {}
    for line in desk.lines(60):
        shown = found.setdefault(line["thread"], {**line, "versions": 0, "cover": _cover(desk, line["run_id"])})
        shown["versions"] += 1
    return list(found.values())[:24]


def _cover(desk: Desk, run: str) -> str:
    """The address of a run's cover; empty where there is none."""
    names = {artifact["name"] for artifact in (desk.row(run)["outcome"] or {}).get("artifacts", ())}
    name = next((name for shape in SHAPE_NAMES if (name := f"cover_{shape}.jpg") in names), "")
    return f"/runs/{run}/files/{name}" if name else ""


def _shapes(told: dict[str, Any]) -> list[str]:
    promos = [output["name"][6:-4] for output in told["outputs"] if output["name"].endswith(".mp4")]
    return [shape for shape in promos if shape in SHAPE_NAMES]


def _shown(desk: Desk, run: str) -> dict[str, Any] | None:
    """What the report shows of a run; None where there is no outcome or its working folder is gone."""
    row = desk.row(run)
    folder = desk.studio.home / run
    if not row["outcome"] or not row["outcome"]["cut"]:
        return None
    if not (folder / "source.json").is_file():
        desk.studio.recall(folder)
    if not (folder / "source.json").is_file():
        return None
    found = facts(Outcome.model_validate(row["outcome"]), Workspace(folder), desk.records)
    found.pop("shapes")
    return found
