"""Putting away: runs whose worker is gone, runs whose time is over, and runs that someone wants forgotten."""

from __future__ import annotations

import json
import logging
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from agent.record.records import Records
    from tools.ports import ObjectStore
    from tools.schema import Brief

log = logging.getLogger("hookline")

REELS = "reels"
"""Beside the run folders: what several recordings were joined into, each in a folder of its own."""
GRACE = 3600.0
"""Seconds after its lease that a run is given up; a worker that only waits renews it long before."""
SHELF = "videos"
"""Beside the run folders: what was uploaded to the page, by the first 20 characters of its SHA-256."""
GONE = "Its worker is gone. Ask for the same again: it goes on from its last finished step."


def give_up(records: Records, grace: float = GRACE) -> list[str]:
    """End the runs whose worker has not been heard of for ``grace`` seconds after its lease; their ids.

    The run is taken over first, so a worker that wakes meets a higher fence; whoever was quicker keeps it.
    """
    from agent.record.records import Busy, Fenced
    from tools.schema import Brief, Outcome

    ended = []
    for row in records.abandoned(grace=grace):
        try:
            claim = records.claim(Brief.model_validate(row["brief"]))
            if claim.outcome is None:
                records.finish(claim, Outcome(run=row["run"], status="failed", reason=GONE))
                ended.append(row["run"])
                log.info("run given up", extra={"run": row["run"], "attempts": claim.attempts})
        except (Busy, Fenced):
            continue
    return ended


def forget(
    records: Records, store: ObjectStore, home: Path, run: str, memory: ObjectStore | None = None
) -> tuple[str, list[str]]:
    """Delete a run: its rows but for a tombstone, its run folder, and what it published; its id and what could not be deleted.

    The video on the page's shelf goes with the last run of it, a reel with the last run of that, and so does what is known of it in ``memory``.  The rows go first, so that
    no worker can publish again behind this.
    """
    from tools.schema import Brief

    found = records.run(run)
    name = str(found["run"])
    asked = Brief.model_validate(found["brief"]) if found["brief"] else None
    records.delete(name)
    video, reel = _video(home / name), _reel(home, name)
    shutil.rmtree(home / name, ignore_errors=True)
    if video and video not in _in_use(home):
        shutil.rmtree(home.parent / SHELF / video, ignore_errors=True)
    if reel and reel not in {_reel(home, path.parent.name) for path in home.glob("*/source.json")}:
        shutil.rmtree(reel, ignore_errors=True)
    left = [] if asked is None else _unpublish(store, asked)
    left += _unlearn(memory, name) if memory is not None else []
    log.info("run forgotten", extra={"run": name, "left": len(left)})
    return name, left


def _unpublish(store: ObjectStore, asked: Brief) -> list[str]:
    from agent.outcome import place

    left: list[str] = []
    for each in (place(asked), f"work/{asked.run}"):
        try:
            store.remove(each)
        except PermissionError as no:
            log.warning("not deleted", extra={"run": asked.run, "why": str(no)})
            left += store.names(f"{each}/") or [f"{each}/ (older versions)"]
    return left


def _unlearn(memory: ObjectStore, run: str) -> list[str]:
    """Delete what only this run knew; the keys that only the owner of the store may delete."""
    from tools import memory as memories

    try:
        memories.forget(memory, run)
    except PermissionError as no:
        log.warning("not deleted", extra={"run": run, "why": str(no)})
        return memory.names(f"{memories.RUNS}/{run}/")
    return []


def _video(folder: Path) -> str:
    """The id on the shelf of the video that a run folder is of; empty where the folder does not tell."""
    try:
        return str(json.loads((folder / "source.json").read_bytes())["sha256"])[:20]
    except (OSError, ValueError, KeyError):  # no look at it was finished
        return ""


def _reel(home: Path, run: str) -> Path | None:
    """The folder of the reel that a run is of; None where it is of a person's own file."""
    from tools.workspace import LINK

    try:
        path = Path(unquote(urlsplit((home / run / LINK).read_text("ascii")).path))
    except OSError:
        return None
    kept = home.parent.resolve() / REELS
    return path.parent if path.parent.parent == kept else None


def _in_use(home: Path) -> set[str]:
    return {_video(path.parent) for path in home.glob("*/source.json")}


def retain(
    records: Records, store: ObjectStore, home: Path, days: float, memory: ObjectStore | None = None
) -> list[str]:
    """Forget every run that ended more than ``days`` ago, and videos on the shelf as old that no run is of; the runs' ids."""
    forgotten = [forget(records, store, home, row["run"], memory)[0] for row in records.expired(days)]
    used, oldest = _in_use(home), time.time() - 86400 * days
    for path in (home.parent / SHELF).glob("*/about.json"):
        if path.parent.name not in used and path.stat().st_mtime < oldest:
            shutil.rmtree(path.parent, ignore_errors=True)
    return forgotten
