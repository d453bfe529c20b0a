"""The desk on one's own machine: videos lie on its shelf, and runs are made one at a time by its queue."""

from __future__ import annotations

import copy
import getpass
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.outcome import place
from agent.reading.intent import changes_of
from agent.reading.wish import Reading
from agent.settings import Settings
from agent.sweep import forget
from doors.laptop import make_reading
from doors.page.desk import OPEN, Desk
from doors.page.guard import No, unknown
from doors.page.queue import Queue
from doors.page.shelf import Folder
from tools.schema import MEDIA_TYPES, Brief, Options
from tools.text import clean

if TYPE_CHECKING:
    from agent.revising.planned import Next
    from agent.studio import Studio


class Local(Desk):
    names = frozenset({"localhost"})
    waits = own = True
    tenant = "local"
    shelf: Folder

    def __init__(self, settings: Settings, studio: Studio | None = None) -> None:
        super().__init__(settings, studio)
        self.shelf = Folder(Path(settings.home) / "videos")
        self.worker = Queue(
            self.carry, lambda row, reason: self.records.end(row["tenant"], row["key"], clean(reason, 1000))
        )

    def resume(self) -> None:
        for row in self.records.requests(self.tenant, waiting=True):
            self.worker.put(row)

    def of(self, scope: Any) -> Local:
        """There is one shelf, whoever has logged in."""
        if "hookline.person" not in scope:
            return self
        _ = self.studio  # wired once, not by each copy
        desk = copy.copy(self)
        desk.person = scope["hookline.person"]
        return desk

    def who(self) -> str:
        return super().who() if self.person else _user()

    def form(self, name: str) -> dict[str, Any]:
        return {"url": "/videos", "fields": {}, "expires_in": 900}

    def link(self, run: str, name: str) -> str | None:
        return None

    def file(self, run: str, name: str) -> tuple[Path, str]:
        outbox = Path(getattr(self.studio.engines.store, "root", self.settings.outbox))
        path = outbox / place(self.published(run, name)) / name
        if not path.is_file():
            raise unknown("file")
        return path, MEDIA_TYPES.get(path.suffix, "application/octet-stream")

    def all_files(self, run: str) -> list[Path]:
        names = [made["name"] for made in (self.row(run)["outcome"] or {}).get("artifacts", ())]
        paths = [self.file(run, name)[0] for name in dict.fromkeys([*names, "run.json"])]
        return [path for path in paths if path.is_file()]

    def forget(self, run: str) -> list[str]:
        if self.row(run)["state"] in OPEN:
            raise No(409, "working", "The run is still being made.", "Wait until it has ended, then delete it.")
        at = self.studio
        _, left = forget(at.records, at.engines.store, at.home, run, at.memory)
        return left

    def errand(self, brief: Brief, reading: Reading, video: dict[str, Any], lineage: dict[str, Any]) -> dict[str, Any]:
        return {}

    def carry(self, row: dict[str, Any], worker: Queue) -> None:
        """Make what a request asks for."""
        job, at = row["job"], replace(self.studio, progress=worker.progress)
        if job["kind"] == "make":
            video, message = self.shelf.video(job["video"]), job["message"]
            path = str(self.shelf.path(job["video"]))
            more: dict[str, Any] = {"name": video["name"], "lineage": job["lineage"], "began": worker.began}
            for name, what in (("transcript", "sidecar"), ("music", "music")):
                more |= {what: Path(path).with_name(job[name])} if job.get(name) else {}
            more |= {"only": tuple(job["only"])} if "only" in job else {}
            options = Options.model_validate(job.get("options", {}))
            make_reading(path, message, _reading(job, at), self.settings, at, options, **more)
            return
        from agent.revising.planned import Next, carry

        planned = Next.model_validate(job["revision"]) if "revision" in job else _plan_anew(row, at)
        worker.began(row["run"])
        carry(at, planned)


def _user() -> str:
    """Whose machine it is."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return "local"


def _reading(job: dict[str, Any], at: Studio) -> Reading:
    """What the desk understood; one that has waited since jobs held words only is read anew."""
    if "reading" in job:
        return Reading.model_validate(job["reading"])
    from agent.reading.understand import understand_wish

    return understand_wish(at, job["message"])


def _plan_anew(row: dict[str, Any], at: Studio) -> Next:
    """A revision that has waited since jobs held its words only, with the id that was told."""
    from agent.revising.revision import plan_revision

    parent, said = row["job"]["parent"], row["job"]["message"]
    meant = changes_of(at, parent, said)
    planned = plan_revision(at, parent, said, meant.changes, read=meant.read, left=meant.left)
    return planned.model_copy(update={"brief": planned.brief.model_copy(update={"run": row["run"]})})
