"""The live page: the same sections as a run's report, with a conversation above them."""

from __future__ import annotations

from typing import Any

from tools.schema import Outcome
from tools.workspace import Workspace
from web.desk import Desk
from web.report import SHAPE_NAMES, facts, pages


def page(desk: Desk, run: str = "", other: str = "", video: str = "") -> str:
    """The page as HTML: of a run where one is named, beside another version where that is; else the beginning.

    Raises ``No`` for a run that is not there.
    """
    told = desk.told(run) if run else None
    beside = desk.told(other) if run and other else None
    shown = _shown(desk, run) if told else None
    whole: dict[str, Any] = {
        "told": told,
        "other": beside,
        "shown": shown is not None,
        "shapes": SHAPE_NAMES,
        "video": video,
    }
    whole |= {"videos": desk.shelf.videos(desk.tenant), "runs": [] if told else desk.lines(30)}
    whole |= {
        "talk": desk.talk(told["thread"]) if told else [],
        "versions": desk.versions(told["thread"]) if told else [],
    }
    whole |= {"both": [shape for shape in _shapes(told) if shape in _shapes(beside)] if told and beside else []}
    whole |= {"base": f"/runs/{run}/files/", "thumbs": desk.thumbs(run) if shown else {}}
    return pages.get_template("page.html.j2").render(**(shown or {}), **whole)


def _shapes(told: dict[str, Any]) -> list[str]:
    return [output["name"][6:-4] for output in told["outputs"] if output["name"].endswith(".mp4")]


def _shown(desk: Desk, run: str) -> dict[str, Any] | None:
    """What the report shows of a run; None where there is no outcome or its working folder is gone."""
    row = desk.row(run)
    folder = desk.studio.home / run
    if not row["outcome"] or not row["outcome"]["cut"] or not (folder / "source.json").is_file():
        return None
    found = facts(Outcome.model_validate(row["outcome"]), Workspace(folder), desk.records)
    found.pop("shapes")
    return found
