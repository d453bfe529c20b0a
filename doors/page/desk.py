"""Behind the HTTP doors: what is meant by a message, what is made of it, and what is told of a run."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from agent import answers
from agent.brief import make_highlight
from agent.clips import choose, rendered
from agent.quote import quote_request, quote_revision
from agent.reading.intent import Question, Revision, hear
from agent.reading.wish import WISH_BYTES, Reading, demand_whole, without_music
from agent.revising.origin import list_versions
from agent.settings import Settings
from doors.laptop import briefs, given_with
from doors.page.contract import BESIDE, Said
from doors.page.guard import No, unknown
from doors.page.login import Person
from doors.page.ports import Shelf, Worker
from doors.page.talk import tell_talk
from doors.page.told import tell_line, tell_run, tell_steps, tell_waiting
from doors.studio import studio
from tools.aws.s3 import LINK_SECONDS
from tools.schema import Brief, Options, Outcome
from tools.text import clean

if TYPE_CHECKING:
    from agent.record.records import Records
    from agent.revising.planned import Next
    from agent.studio import Studio

Meant = tuple[int, dict[str, Any], dict[str, Any] | None]
"""The status and the body of an answer, and the job where something is to be made."""
READ = ("clean", "tighten")
"""What words may ask for, too."""
UNMEASURED = 600.0
"""Seconds that a video is taken to last for a plan where nobody has measured it yet."""
OPEN = ("queued", "working")
THUMBS = {1: "up", -1: "down"}
VERDICTS = {1: "approved", -1: "rejected"}


class Desk(ABC):
    """A door for one tenant at a time.  The studio is wired when it is first needed."""

    names: ClassVar[frozenset[str] | None] = None
    """Host names that it answers to; None behind a gateway."""
    waits: ClassVar[bool]
    """Whether an answer may last until a run has ended."""
    own: ClassVar[bool]
    """Whether videos and files lie on this machine: then transcripts and music are taken, files are packed, and runs deleted."""
    tenant: str
    person: Person | None = None
    """Who has logged in; None where nobody needs to."""
    shelf: Shelf
    worker: Worker

    def __init__(self, settings: Settings, studio: Studio | None = None) -> None:
        self.settings = settings
        self._studio = studio
        self._turn = threading.Lock()

    @abstractmethod
    def resume(self) -> None:
        """Take up again what was asked for and not ended when this door was last closed."""

    @abstractmethod
    def of(self, scope: Any) -> Desk:
        """The desk of who sent a request."""

    @abstractmethod
    def form(self, name: str) -> dict[str, Any]:
        """Where and how a video is to be posted."""

    @abstractmethod
    def link(self, run: str, name: str) -> str | None:
        """Another address from which a run's file may be had; None where it is here."""

    @abstractmethod
    def file(self, run: str, name: str) -> tuple[Path, str]:
        """Where one of a run's own files lies, and its media type.  Raises ``No`` for every other name."""

    @abstractmethod
    def all_files(self, run: str) -> list[Path]:
        """Where all of a run's own files lie.  Raises ``No`` where there are none, and where they are not here."""

    @abstractmethod
    def errand(self, brief: Brief, reading: Reading, video: dict[str, Any], lineage: dict[str, Any]) -> dict[str, Any]:
        """What else the job of a promo holds for whoever makes it."""

    @abstractmethod
    def forget(self, run: str) -> list[str]:
        """Delete a run that has ended, with all its copies; the names of what could not be.  Raises ``No`` where that is not done here."""

    def possible(self, reading: Reading) -> Reading:
        """What of a reading is made here; the rest is told by it."""
        return reading

    def hosts(self) -> str:
        """Other hosts at which videos lie and to which they are posted, as a page's policy names them."""
        return ""

    def who(self) -> str:
        """Whoever sent a request, for the record."""
        return self.person.name if self.person else self.tenant

    def may(self) -> bool:
        """Whether whoever sent a request may change something."""
        return self.person is None or self.person.role == "editor"

    def hand_over(self, planned: Next) -> dict[str, Any]:
        """What the job of a planned revision holds, so that whoever makes it plans nothing anew."""
        return {"revision": planned.model_dump(mode="json")}

    @cached_property
    def studio(self) -> Studio:
        return self._studio or studio(self.settings)

    @property
    def records(self) -> Records:
        return self.studio.records

    def say(self, said: Said, key: str | None = None) -> tuple[int, dict[str, Any]]:
        """The status and the answer to a message; what is to be made is in the queue by then.

        The same key and message are answered the same; the same key and another message raise ``No``.
        """
        words = said.model_dump(exclude=set(BESIDE) - set(said.beside))
        return self._once(key, words, said.message, lambda: self._meant(said))

    def correct(self, run: str, words: list[str], key: str | None = None) -> tuple[int, dict[str, Any]]:
        """The same for words that were heard wrong in a run.  Raises ``RevisionError`` for what can't be read or isn't there."""
        asked = {"run": run, "fix": words}
        return self._once(key, asked, f"fix {', '.join(words)}", lambda: self._corrected(run, words))

    def choose(self, run: str, only: list[int], key: str | None = None) -> tuple[int, dict[str, Any]]:
        """The same for moments that a run proposed and that are to be rendered.  Raises ``No`` or ``Refusal`` for numbers that it has not."""
        said = f"render moments {', '.join(map(str, only))}"
        return self._once(key, {"run": run, "only": only}, said, lambda: self._chosen(run, only))

    def _once(
        self, key: str | None, asked: dict[str, Any], said: str, do: Callable[[], Meant]
    ) -> tuple[int, dict[str, Any]]:
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        name = f"key:{key}" if key else f"one:{os.urandom(12).hex()}"
        with self._turn:
            row = self.records.request(self.tenant, name) if key else None
            if row is None:
                status, answer, job = do()
                row = self.records.ask(
                    self.tenant,
                    name,
                    digest,
                    {"status": status, "body": answer, "said": said},
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

    def _meant(self, said: Said) -> Meant:
        thread = self._thread(said.thread) if said.thread else []
        current = next((row for row in reversed(thread) if row["state"].startswith("done")), None)
        meant = hear(self.studio, said.message, current["run"] if current else None)
        root = (thread[0]["thread"] or thread[0]["run"]) if thread else None
        if isinstance(meant, Question):
            about = current or (thread[-1] if thread else None)
            reply = answers.answer(self.records, about["run"], said.message) if about else answers.NOTHING
            return 200, {"thread": root, "run_id": about["run"] if about else None, "reply": reply}, None
        if not said.plan:
            _demand_ended(thread)
        if isinstance(meant, Revision):
            if beside := next(iter(said.beside), ""):
                raise No(
                    422,
                    beside,
                    f"{BESIDE[beside]} is asked for with a new promo.",
                    f"Leave {beside} out of this change.",
                )
            return self._revised(said, str(current["run"]) if current else "", meant)
        return self._made(said, meant, thread, root)

    def _corrected(self, run: str, words: list[str]) -> Meant:
        from agent.revising.correction import plan_correction

        row = self.row(run)
        _demand_ended(self._thread(row["thread"] or run))
        planned = plan_correction(self.studio, run, words, tenant=self.tenant)
        told = {"thread": planned.lineage["thread"], "understood": planned.diff, "changes": planned.diff}
        return self._queued(told, planned, run, f"fix {', '.join(words)}")

    def _chosen(self, run: str, only: list[int]) -> Meant:
        row = self.row(run)
        proposed = Outcome.model_validate(row["outcome"]).highlights if row["outcome"] else ()
        job = next((each["job"] for each in self.records.requests(self.tenant, run=run) if each["job"]), None)
        if not proposed or job is None:
            what = "Its moments were asked for elsewhere" if proposed else "This run has proposed no moments"
            raise No(422, "no-moments", f"{what}.", "Ask here for the best moments as shorts, with sheet.")
        chosen = choose(proposed, tuple(only))
        thread = self._thread(row["thread"] or run)
        _demand_ended(thread)
        last = max(each["version"] or 1 for each in thread)
        lineage = {"thread": row["thread"] or run, "version": last}  # the first of those that follow is one further
        first = make_highlight(Brief.model_validate(row["brief"]), chosen[0])
        told = {"thread": lineage["thread"], "run_id": first.run, "version": last + 1, "status": "queued"}
        named = ("moment " if len(chosen) == 1 else "moments ") + ", ".join(str(each.rank) for each in chosen)
        told |= {"understood": f"{named} of run {run[:12]}", "changes": named}
        return 202, told, self.with_only(job, only, lineage)

    def with_only(self, job: dict[str, Any], only: list[int], lineage: dict[str, Any]) -> dict[str, Any]:
        """The job of a sheet, of whose moments ``only`` these are rendered."""
        return {**job, "only": only, "lineage": lineage}

    def _revised(self, said: Said, run: str, meant: Revision) -> Meant:
        from agent.revising.revision import plan_revision

        planned = plan_revision(self.studio, run, said.message, meant.changes, read=meant.read, left=meant.left)
        told = {"thread": planned.lineage["thread"], "understood": str(meant), "changes": planned.diff}
        if said.plan:
            cap = self.settings.dollars_per_run
            priced = quote_revision(self.studio, planned, str(meant), cap, self.settings.model_id)
            return 200, {**told, "plan": priced.model_dump(mode="json")}, None
        return self._queued(told, planned, run, said.message)

    def _queued(self, told: dict[str, Any], planned: Next, run: str, said: str) -> Meant:
        asked = {"run_id": planned.brief.run, "version": planned.lineage["version"], "status": "queued"}
        job = {"kind": "revise", "parent": run, "message": said, **self.hand_over(planned)}
        return 202, {**told, **asked}, job

    def _made(self, said: Said, reading: Reading, thread: list[dict[str, Any]], root: str | None) -> Meant:
        video = self._video(said, root)
        beside = self.shelf.beside(video["id"], self.tenant, said.music)
        reading = without_music(reading) if said.music else reading
        reading = self.possible(reading).model_copy(update={name: True for name in READ if getattr(said, name)})
        if said.strict:
            demand_whole(reading)
        if said.sheet and not reading.highlights:
            raise No(
                422,
                "sheet",
                "This wish asks for no moments to propose.",
                "Say, for example: the 8 best moments as shorts.",
            )
        if said.plan:
            seconds, cap = video["seconds"] or UNMEASURED, self.settings.dollars_per_run
            priced = quote_request(self.studio, reading, seconds, cap, self.settings.model_id)
            return 200, {"thread": root, "understood": str(reading), "plan": priced.model_dump(mode="json")}, None
        wish = clean(said.message, WISH_BYTES)
        options = given_with(Options(strict=said.strict), beside.transcript, beside.music, said.fresh)
        first = next(
            briefs(video["name"], video["sha256"], reading, wish, options, [], records=self.records, tenant=self.tenant)
        )
        lineage = {"thread": root, "version": max(row["version"] for row in thread) + 1} if root else {}
        told = {"thread": root or first.run, "run_id": first.run, "version": lineage.get("version", 1)}
        job = {
            "kind": "make",
            "video": video["id"],
            "message": said.message,
            "lineage": lineage,
            "reading": reading.model_dump(mode="json"),
            "options": options.model_dump(mode="json"),
            "transcript": beside.transcript.name if beside.transcript else None,
            "music": beside.music.name if beside.music else None,
        }
        job |= self.errand(first, reading, video, lineage)
        job = self.with_only(job, [], lineage) if said.sheet else job
        return 202, {**told, "understood": str(reading), "status": "queued"}, job

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
        video = asked["job"].get("video")
        return tell_waiting(asked, self.shelf.video(video, self.tenant)["name"] if video else "")

    def lines(self, limit: int = 50) -> list[dict[str, Any]]:
        """Runs, newest first, those that wait before all others."""
        rows = [row for row in self.records.runs(limit, tenant=self.tenant) if row["state"] != "deleted"]
        there = {row["run"] for row in rows}
        waiting = [row for row in self.records.requests(self.tenant, waiting=True) if row["run"] not in there]
        return [tell_line(row) for row in ([self._waiting(row) for row in reversed(waiting)] + rows)[:limit]]

    def told(self, run: str) -> dict[str, Any]:
        """All that is told of a run, as ``contract.Run``."""
        row = self.row(run)
        outcome = Outcome.model_validate(row["outcome"]) if row["outcome"] else None
        live = self.worker.shares if self.worker.at == run else {}
        steps = tell_steps(self.records.decisions(run) if row["brief"] else (), live)
        thumbs = self.thumbs(run) if outcome and outcome.cut else {}
        asked = next((each for each in self.records.requests(self.tenant, run=run) if each["job"]), None)
        changes = asked["answer"]["body"].get("changes", "") if asked else ""
        cost = self.records.cost(run) if row["brief"] else {}
        made = rendered(self.records, run) if outcome and outcome.highlights else {}
        return {**tell_run(row, outcome, steps, thumbs, changes, cost, made), "approval": self.approval(run)}

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

    def approval(self, run: str) -> dict[str, str] | None:
        found = self.records.approval(run)
        return found and {"verdict": VERDICTS[found["verdict"]], "who": found["who"], "at": found["at"]}

    def approve(self, run: str, verdict: str) -> dict[str, str] | None:
        """Keep who approves or rejects a promo.  Raises ``No`` where nothing was made that one could decide about."""
        if not (self.row(run)["outcome"] or {}).get("cut"):
            raise No(422, "no-promo", "This run has made no promo.", "Decide about a run that is done.")
        self.records.approve(run, 1 if verdict == "approved" else -1, self.who())
        return self.approval(run)

    def share(self, run: str, name: str) -> dict[str, Any]:
        """A link to one of a run's own files.  Raises ``No`` where files are on this machine alone, and for every other name."""
        url = self.link(run, name)
        if url is None:
            self.published(run, name)
            raise No(
                422, "here", "The file is on this machine, where nobody else can fetch it.", "Send the file itself."
            )
        return {"url": url, "expires_in": LINK_SECONDS}

    def published(self, run: str, name: str) -> Brief:
        """What was asked of the run whose own file ``name`` is.  Raises ``No`` for every other name."""
        row = self.row(run)
        outcome = row["outcome"] or {}
        names = {artifact["name"] for artifact in outcome.get("artifacts", ())} | ({"run.json"} if outcome else set())
        if name not in names:
            raise unknown("file")
        return Brief.model_validate(row["brief"])

    def versions(self, thread: str) -> list[dict[str, Any]]:
        """The runs of a conversation as ``contract.Line``, oldest first."""
        return [tell_line(row) for row in self._thread(thread) if row["state"] != "deleted"]

    def talk(self, thread: str) -> list[dict[str, Any]]:
        """What was said in a conversation and what was answered, oldest first; runs that were asked for elsewhere are told too."""
        return tell_talk(self.records, self.tenant, thread, self._thread(thread), self.row)


def _demand_ended(thread: list[dict[str, Any]]) -> None:
    """Raises ``No`` where something of a conversation is still being made."""
    if thread and thread[-1]["state"] in OPEN:
        raise No(409, "working", "This conversation's last request is still being made.", "Wait until it has ended.")
