"""Behind the HTTP doors: what is meant by a message, what is made of it, and what is told of a run."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import answers, quote
from agent.reading import wish as wishes
from agent.reading.intent import Question, Revision, hear
from agent.reading.wish import Reading
from agent.settings import Settings
from doors.laptop import NAMES, briefs, many
from doors.page.contract import Said
from doors.page.guard import No, unknown
from doors.page.shelf import Shelf
from doors.page.worker import Worker
from tools.schema import MEDIA_TYPES, Brief, Outcome
from tools.text import clean

if TYPE_CHECKING:
    from agent.record.records import Records
    from agent.revising.planned import Next
    from agent.studio import Studio

TENANT = "local"
UNMEASURED = 600.0
"""Seconds that a video is taken to last for a plan where nobody has measured it yet."""
OPEN = ("queued", "working")
THUMBS = {1: "up", -1: "down"}


class Desk:
    """One machine's door.  The studio is wired when it is first needed."""

    names: frozenset[str] | None = frozenset({"localhost"})
    """Host names that it answers to; None behind a gateway."""
    waits = True
    """Whether an answer may last until a run has ended."""
    shelf: Any
    worker: Any

    def __init__(self, settings: Settings, studio: Studio | None = None) -> None:
        self.settings = settings
        self._studio = studio
        self.tenant = TENANT
        self._turn = threading.Lock()
        self.shelf = Shelf(Path(settings.home) / "videos")
        self.worker = Worker(
            self._carry, lambda row, reason: self.records.end(row["tenant"], row["key"], clean(reason, 1000))
        )

    @cached_property
    def studio(self) -> Studio:
        from doors.studio import studio

        return self._studio or studio(self.settings)

    @property
    def records(self) -> Records:
        return self.studio.records

    def resume(self) -> None:
        """Put in the queue again what was asked for and not ended when this machine last stopped."""
        for row in self.records.requests(self.tenant, waiting=True):
            self.worker.put(row)

    # --- what is said -----------------------------------------------------------------------------------------------

    def say(self, said: Said, key: str | None = None) -> tuple[int, dict[str, Any]]:
        """The status and the answer to a message; what is to be made is in the queue by then.

        The same key and message are answered the same; the same key and another message raise ``No``.
        """
        digest = hashlib.sha256(json.dumps(said.model_dump(), sort_keys=True).encode()).hexdigest()
        name = f"key:{key}" if key else f"one:{os.urandom(12).hex()}"
        with self._turn:
            row = self.records.request(self.tenant, name) if key else None
            if row is None:
                status, answer, job = self._meant(said)
                row = self.records.ask(
                    self.tenant,
                    name,
                    digest,
                    {"status": status, "body": answer, "said": said.message},
                    thread=answer.get("thread"),
                    run=answer.get("run_id"),
                    job=job,
                )
        if row["digest"] != digest:
            raise No(
                409,
                "key-taken",
                "This key came with another request before.",
                "Send every new request with a key of its own.",
            )
        if row["job"] is not None and row["ended"] is None:
            self.worker.put(row)
        return row["answer"]["status"], row["answer"]["body"]

    def _meant(self, said: Said) -> tuple[int, dict[str, Any], dict[str, Any] | None]:
        thread = self._thread(said.thread) if said.thread else []
        current = next((row for row in reversed(thread) if row["state"].startswith("done")), None)
        meant = hear(self.studio, said.message, current["run"] if current else None)
        root = (thread[0]["thread"] or thread[0]["run"]) if thread else None
        if isinstance(meant, Question):
            about = current or (thread[-1] if thread else None)
            reply = answers.answer(self.records, about["run"], said.message) if about else answers.NOTHING
            return 200, {"thread": root, "run_id": about["run"] if about else None, "reply": reply}, None
        if thread and thread[-1]["state"] in OPEN and not said.plan:
            raise No(
                409, "working", "This conversation's last request is still being made.", "Wait until it has ended."
            )
        if isinstance(meant, Revision):
            return self._revised(said, str(current["run"]) if current else "", meant)
        return self._made(said, meant, thread, root)

    def _revised(self, said: Said, run: str, meant: Revision) -> tuple[int, dict[str, Any], dict[str, Any] | None]:
        from agent.revising.revision import plan_revision

        planned = plan_revision(self.studio, run, said.message, meant.changes)
        told = {"thread": planned.lineage["thread"], "understood": str(meant), "changes": planned.diff}
        if said.plan:
            cap = self.settings.dollars_per_run
            priced = quote.revision(self.studio, planned, str(meant), cap, self.settings.model_id)
            return 200, {**told, "plan": priced.model_dump(mode="json")}, None
        asked = {"run_id": planned.brief.run, "version": planned.lineage["version"], "status": "queued"}
        job = {"kind": "revise", "parent": run, "message": said.message, **self._handed(planned)}
        return 202, {**told, **asked}, job

    def _handed(self, planned: Next) -> dict[str, Any]:
        """What the job holds of a planned revision, so that whoever makes it plans nothing anew."""
        return {"revision": planned.model_dump(mode="json")}

    def _made(
        self, said: Said, reading: Reading, thread: list[dict[str, Any]], root: str | None
    ) -> tuple[int, dict[str, Any], dict[str, Any] | None]:
        video = self._video(said, root)
        if said.plan:
            seconds, cap = video["seconds"] or UNMEASURED, self.settings.dollars_per_run
            priced = quote.request(self.studio, reading, seconds, cap, self.settings.model_id)
            return 200, {"thread": root, "understood": str(reading), "plan": priced.model_dump(mode="json")}, None
        wish = clean(said.message, wishes.WISH_BYTES)
        first = next(briefs(video["name"], video["sha256"], reading, wish, {}, []))
        lineage = {"thread": root, "version": max(row["version"] for row in thread) + 1} if root else {}
        told = {"thread": root or first.run, "run_id": first.run, "version": lineage.get("version", 1)}
        job = {"kind": "make", "video": video["id"], "message": said.message, "lineage": lineage}
        job |= self._errand(first, reading, video, lineage)
        return 202, {**told, "understood": str(reading), "status": "queued"}, job

    def _errand(self, brief: Brief, reading: Reading, video: dict[str, Any], lineage: dict[str, Any]) -> dict[str, Any]:
        """What else the job must hold, where another machine makes it."""
        return {}

    def of(self, scope: Any) -> Desk:
        """The desk of who sent a request; on one's own machine there is nobody else."""
        return self

    def form(self, name: str) -> dict[str, Any]:
        """Where and how a video is to be posted."""
        return {"url": "/videos", "fields": {}, "expires_in": 900}

    def link(self, run: str, name: str) -> str | None:
        """Another address from which a run's file may be had; None where it is here."""
        return None

    def _video(self, said: Said, thread: str | None) -> dict[str, Any]:
        """The video that is meant: named, or the one that the conversation is about."""
        if said.video:
            return self.shelf.video(said.video, self.tenant)
        for row in self.records.requests(self.tenant, thread=thread) if thread else []:
            if (row["job"] or {}).get("video"):
                return self.shelf.video(row["job"]["video"], self.tenant)
        raise No(
            422, "no-video", "The message says what to make and names no video.", "Give the id of a video from /videos."
        )

    def _thread(self, name: str) -> list[dict[str, Any]]:
        """The runs of a conversation, oldest first, those that wait included."""
        from agent.revising.origin import list_versions

        try:
            rows = list_versions(self.records, self.row(name)["run"], self.tenant)
        except LookupError:
            rows = []
        there = {row["run"] for row in rows}
        waiting = [
            row for row in self.records.requests(self.tenant, thread=name) if row["job"] and row["run"] not in there
        ]
        if not rows and not waiting:
            raise unknown("thread")
        return rows + [self._waiting(row) for row in waiting]

    # --- what is made -----------------------------------------------------------------------------------------------

    def _carry(self, row: dict[str, Any], worker: Worker) -> None:
        job, at = row["job"], replace(self.studio, progress=worker.progress)
        if job["kind"] == "make":
            from agent.reading.understand import wish

            video, message = self.shelf.video(job["video"]), job["message"]
            path = str(self.shelf.path(job["video"]))
            more: dict[str, Any] = {"name": video["name"], "lineage": job["lineage"], "began": worker.began}
            many(path, message, wish(at, message), self.settings, at, **more)
            return
        from agent.revising.planned import Next, carry

        planned = Next.model_validate(job["revision"]) if "revision" in job else self._planned_anew(row, at)
        worker.began(row["run"])
        carry(at, planned)

    def _planned_anew(self, row: dict[str, Any], at: Studio) -> Next:
        """A revision that has waited since jobs held its words only, with the id that was told."""
        from agent.reading.intent import changes_of
        from agent.revising.revision import plan_revision

        parent, said = row["job"]["parent"], row["job"]["message"]
        planned = plan_revision(at, parent, said, changes_of(at, parent, said))
        return planned.model_copy(update={"brief": planned.brief.model_copy(update={"run": row["run"]})})

    # --- what is told -----------------------------------------------------------------------------------------------

    def row(self, run: str) -> dict[str, Any]:
        """A run by its whole id, or the request that waits for it.  Raises ``No`` for any other."""
        try:
            found = self.records.run(run, tenant=self.tenant)
        except LookupError:
            found = {"run": ""}
        if found["run"] == run and found["state"] != "deleted":
            return found
        asked = [row for row in self.records.requests(self.tenant, run=run) if row["job"]]
        if not asked or found["run"] == run:
            raise unknown("run")
        return self._waiting(asked[-1])

    def _waiting(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A request that waits, in the shape of a run."""
        job, body = asked["job"], asked["answer"]["body"]
        state = "failed" if asked["reason"] else "queued"
        blank: dict[str, Any] = {
            "outcome": None,
            "brief": {},
            "seconds": 0.0,
            "dollars": 0.0,
            "parent": job.get("parent"),
        }
        known = {
            "run": asked["run"],
            "wish": job["message"],
            "created": asked["at"],
            "reason": asked["reason"],
            "state": state,
        }
        video = self.shelf.video(job["video"], self.tenant)["name"] if job.get("video") else ""
        return {**blank, **known, "video": video, "version": body["version"], "thread": asked["thread"]}

    def lines(self, limit: int = 50) -> list[dict[str, Any]]:
        """Runs, newest first, those that wait before all others."""
        rows = [row for row in self.records.runs(limit, tenant=self.tenant) if row["state"] != "deleted"]
        there = {row["run"] for row in rows}
        waiting = [row for row in self.records.requests(self.tenant, waiting=True) if row["run"] not in there]
        return [line(row) for row in ([self._waiting(row) for row in reversed(waiting)] + rows)[:limit]]

    def told(self, run: str) -> dict[str, Any]:
        """All that is told of a run, as ``contract.Run``."""
        row = self.row(run)
        outcome = Outcome.model_validate(row["outcome"]) if row["outcome"] else None
        cost = self.records.cost(run) if row["brief"] else {}
        files = [
            {"name": a.name, "bytes": a.bytes, "media_type": a.media_type, "seconds": a.duration}
            for a in (outcome.artifacts if outcome else ())
        ]
        names = {file["name"] for file in files}
        return {
            **line(row),
            "reply": reply(outcome),
            "changes": next(
                (
                    r["answer"]["body"].get("changes", "")
                    for r in self.records.requests(self.tenant, run=run)
                    if r["job"]
                ),
                "",
            ),
            "reason": clean(row["reason"] or "", 1000),
            "offer": outcome.offer if outcome else "",
            "length": outcome.cut.length if outcome and outcome.cut else None,
            "steps": self._steps(row),
            "clips": self._clips(run, outcome),
            "outputs": [{**file, "url": f"/runs/{run}/files/{file['name']}"} for file in files],
            "cost": {k: cost.get(k, 0) for k in ("dollars", "tokens_in", "tokens_out", "model_calls", "tool_calls")},
            "warnings": list(outcome.warnings) if outcome else [],
            "report": f"/runs/{run}/report" if "report.html" in names else None,
        }

    def _steps(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """The tools that were called, in order, and what is under way."""
        live = self.worker.shares if self.worker.at == row["run"] else {}
        steps = []
        if "intake" in live:
            steps.append(_step("intake", "done" if live["intake"][0] >= 1 else "working", share=live["intake"][0]))
        for d in self.records.decisions(row["run"]) if row["brief"] else ():
            if d["kind"] != "tool":
                continue
            state = {"accepted": "done", "rejected": "refused", "error": "failed"}.get(d["verdict"] or "", "working")
            share = max((s for name, (s, _) in live.items() if name.startswith(d["name"])), default=0.0)
            note = d["reason"] or (d["answer"] if isinstance(d["answer"], str) else "") or ""
            first = clean(str(note).split("\n")[0], 160)
            # Beneath a heading, and between bars, stands what is for a model to read.
            first = "" if state == "done" and (first.endswith(":") or " | " in first) else first
            took = {"seconds": (d["ms"] or 0) / 1000, "dollars": d["dollars"] or 0.0}
            steps.append(_step(d["name"], state, first, 1.0 if state != "working" else share, **took))
        return steps

    def _clips(self, run: str, outcome: Outcome | None) -> list[dict[str, Any]]:
        if outcome is None or outcome.cut is None:
            return []
        thumbs = self.thumbs(run)
        keep = ("label", "role", "start", "end", "text", "reason")
        return [
            {"n": n, "ids": list(clip.ids), "thumb": thumbs.get(str(n)), **{k: getattr(clip, k) for k in keep}}
            for n, clip in enumerate(outcome.cut.clips, 1)
        ]

    def thumbs(self, run: str) -> dict[str, str]:
        return {str(clip): THUMBS[thumb] for clip, thumb in self.records.labels(run).items()}

    def rate(self, run: str, clip: int, thumb: str) -> dict[str, str]:
        """Keep a thumb as a label.  Raises ``No`` for a clip that is not in the cut."""
        cut = (self.row(run)["outcome"] or {}).get("cut") or {}
        count = len(cut.get("clips", ()))
        if clip > count:
            raise No(
                422,
                "no-clip",
                f"This run has {count} clips; there is no clip {clip}.",
                "Give the number of one of its clips.",
            )
        self.records.rate(run, clip, 1 if thumb == "up" else -1)
        return self.thumbs(run)

    def file(self, run: str, name: str) -> tuple[Path, str]:
        """Where one of a run's own files lies, and its media type.  Raises ``No`` for every other name."""
        from agent.loop import place

        row = self.row(run)
        outcome = row["outcome"] or {}
        if name not in {artifact["name"] for artifact in outcome.get("artifacts", ())} | (
            {"run.json"} if outcome else set()
        ):
            raise unknown("file")
        path = (
            Path(getattr(self.studio.engines.store, "root", self.settings.outbox))
            / place(Brief.model_validate(row["brief"]))
            / name
        )
        if not path.is_file():
            raise unknown("file")
        return path, MEDIA_TYPES.get(path.suffix, "application/octet-stream")

    def versions(self, thread: str) -> list[dict[str, Any]]:
        """The runs of a conversation as ``contract.Line``, oldest first."""
        return [line(row) for row in self._thread(thread) if row["state"] != "deleted"]

    def talk(self, thread: str) -> list[dict[str, Any]]:
        """What was said in a conversation and what was answered, oldest first; runs that were asked for elsewhere are told too."""
        rows = {row["run"]: row for row in self._thread(thread) if row["state"] != "deleted"}
        turns = []
        for asked in self.records.requests(self.tenant, thread=thread):
            body = asked["answer"]["body"]
            if asked["job"]:
                row = rows.pop(asked["run"], None)
                turns += [self._exchange(row, body, _said(asked))] if row else []
            elif body.get("reply") and asked["answer"].get("said"):
                turns.append({**_BLANK, "said": asked["answer"]["said"], "reply": body["reply"], "at": asked["at"]})
        turns += [self._exchange(row, {}, row["wish"]) for row in rows.values()]
        return sorted(turns, key=lambda turn: turn["at"])

    def _exchange(self, row: dict[str, Any], body: dict[str, Any], said: str) -> dict[str, Any]:
        """One version in a conversation, as the page shows it."""
        row = self.row(row["run"])
        outcome = Outcome.model_validate(row["outcome"]) if row["outcome"] else None
        changes = body.get("changes") or (answers.changed(self.records, row) if outcome and row["parent"] else "")
        known = {"run_id": row["run"], "version": row["version"] or 1, "done": row["state"].startswith("done")}
        told = {"changes": changes, "reply": reply(outcome), "understood": body.get("understood", "")}
        return {**known, **told, "said": said, "at": row["created"]}


_BLANK: dict[str, Any] = {"run_id": None, "version": None, "done": False, "changes": "", "understood": ""}


def _said(row: dict[str, Any]) -> str:
    return str((row["job"] or {}).get("message", ""))


def _step(
    name: str, state: str, note: str = "", share: float = 0.0, seconds: float = 0.0, dollars: float = 0.0
) -> dict[str, Any]:
    return {
        "name": name,
        "title": NAMES.get(name, name),
        "state": state,
        "note": note,
        "share": min(1.0, max(0.0, share)),
        "seconds": seconds,
        "dollars": dollars,
    }


def line(row: dict[str, Any]) -> dict[str, Any]:
    """A run in a list, as ``contract.Line``."""
    return {
        "run_id": row["run"],
        "thread": row["thread"] or row["run"],
        "version": row["version"] or 1,
        "parent": row["parent"],
        "video": clean(row["video"], 200),
        "wish": clean(row["wish"], 2000),
        "status": row["state"],
        "created": row["created"],
        "seconds": row["seconds"],
        "dollars": row["dollars"],
    }


def reply(outcome: Outcome | None) -> str:
    """What came of a run, in a sentence."""
    if outcome is None:
        return ""
    if outcome.cut is None:
        offer = outcome.offer if outcome.offer not in outcome.reason else ""
        return clean(f"{outcome.status.capitalize()}: {outcome.reason} {offer}", 1200)
    shapes = [a.name[6:-4].replace("x", ":") for a in outcome.artifacts if a.name.endswith(".mp4")]
    count = len(outcome.cut.clips)
    look = f" {len(outcome.warnings)} things to look at." if outcome.warnings else ""
    return f"{outcome.cut.length:.1f} s in {count} clip{'s' if count != 1 else ''}, as {', '.join(shapes)}.{look}"
