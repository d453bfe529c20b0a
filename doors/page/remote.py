"""The desk on AWS: videos lie in the inbox, the edit function makes the runs, and outputs are handed out by links."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.reading.wish import Reading, without_openings
from agent.settings import Settings, SettingsError
from agent.steps import shelved
from agent.wiring import connect_records
from doors.page.beside import Beside
from doors.page.desk import Desk
from doors.page.guard import No, unknown
from doors.studio import studio
from tools.aws.functions import Function
from tools.aws.s3 import S3
from tools.ports import ObjectStore
from tools.schema import Brief
from tools.text import clean

if TYPE_CHECKING:
    from agent.record.records import Records
    from agent.revising.planned import Next
    from agent.studio import Studio

HOUSE = "inbox"
"""The tenant behind IAM, and of uploads that come without a name: the account itself."""

EVENT = 250_000
"""Bytes of JSON that an asynchronous invocation takes, and some room; a transcript that was put right goes along."""
ON_ONES_OWN = "Do it on a machine of your own, by hookline serve or hookline make."


class Inbox:
    """Videos of the inbox bucket.  A person who is known by a token has a folder of their own below the prefix."""

    def __init__(self, bucket: S3, prefix: str) -> None:
        self.bucket, self.prefix, self.largest = bucket, prefix, bucket.largest

    def folder(self, tenant: str) -> str:
        return self.prefix if tenant == HOUSE else f"{self.prefix}@{tenant}/"

    def videos(self, tenant: str) -> list[dict[str, Any]]:
        """Every video of a tenant, newest first."""
        below = self.folder(tenant)
        return [self._shown(item) for item in self.bucket.objects(below) if "@" not in item["key"][len(below) :][:1]]

    def video(self, name: str, tenant: str) -> dict[str, Any]:
        """One video by its id.  Raises ``No`` for another's, or one that never was."""
        found = next((video for video in self.videos(tenant) if video["id"] == name), None)
        if found is None:
            raise unknown("video")
        return found

    async def receive(self, chunks: AsyncIterator[bytes], content_type: str) -> dict[str, Any]:
        raise No(415, "media-type", "Videos are posted to the bucket itself.", "Ask for the form by JSON, with a name.")

    def beside(self, name: str, tenant: str, music: str | None = None) -> Beside:
        if music:
            raise unknown("music")
        return Beside()

    async def give(self, name: str, what: str, chunks: AsyncIterator[bytes], content_type: str) -> dict[str, Any]:
        raise No(422, "elsewhere", f"No {what} is taken here: the video is all that is uploaded.", ON_ONES_OWN)

    def drop_transcript(self, name: str) -> dict[str, Any]:
        raise No(422, "elsewhere", "No transcript is taken here, so there is none to drop.", ON_ONES_OWN)

    def _shown(self, item: dict[str, Any]) -> dict[str, Any]:
        whole = f"{item['key']}\0{item['etag']}\0{item['size']}"
        return {
            "id": hashlib.sha256(whole.encode()).hexdigest()[:20],
            "name": clean(item["key"].rsplit("/", 1)[-1], 120, max_bytes=200) or "video",
            "bytes": item["size"],
            "seconds": None,
            "added": item["added"],
            "sha256": f"{item['etag']}/{item['size']}",
            "object": item,
        }


class Sender:
    """Hands jobs to the edit function; stands where the laptop's queue does."""

    def __init__(self, edit: Function, records: Records) -> None:
        self.edit, self.records, self.at = edit, records, ""
        self.shares: dict[str, tuple[float, str]] = {}

    def put(self, row: dict[str, Any]) -> None:
        self.edit.begin({"hookline": row["job"]["event"]})
        self.records.end(row["tenant"], row["key"])  # Lambda keeps it from here

    def stop(self, seconds: float = 0.0) -> None:
        """Nothing runs here."""


class Remote(Desk):
    waits = own = False
    shelf: Inbox
    caller = ""
    """Who signed a request, by IAM."""

    def __init__(
        self, settings: Settings, studio: Studio | None = None, inbox: S3 | None = None, edit: Function | None = None
    ) -> None:
        if not settings.inbox_bucket:
            raise SettingsError(
                "inbox_bucket is not set, so there are no videos to talk about; set HOOKLINE_INBOX_BUCKET"
            )
        at = studio or _studio(settings)
        store = at.engines.store
        # A folder of its own, since what was recalled for one request makes room for the next.
        home = at.home.with_name("recalled")
        super().__init__(settings, replace(at, home=home, recall=lambda folder: recalled(store, folder)))
        region = settings.region or None
        self.tenant = HOUSE
        self.shelf = Inbox(inbox or S3(settings.inbox_bucket, region=region, foreign=True), settings.inbox_prefix)
        self.worker = Sender(edit or Function(settings.edit_function, region), self.records)

    def resume(self) -> None:
        """Lambda keeps what waits."""

    def of(self, scope: Any) -> Remote:
        """Whoever the gateway's authorizer knows by a token sees their own runs and videos; those behind IAM and the page's login
        share the account's."""
        context = (scope.get("aws.event") or {}).get("requestContext", {})
        authorizer = context.get("authorizer") or {}
        subject = authorizer.get("jwt", {}).get("claims", {}).get("sub")
        if "aws.event" in scope and not authorizer and "hookline.person" not in scope:
            raise No(401, "login", "Nobody vouches for this request.", "Ask the door that is behind IAM or a login.")
        desk = copy.copy(self)
        desk.person, desk.caller = scope.get("hookline.person"), authorizer.get("iam", {}).get("userArn", "")
        if subject:
            desk.tenant = "jwt-" + hashlib.sha256(str(subject).encode()).hexdigest()[:16]
        return desk

    def who(self) -> str:
        return self.person.name if self.person else self.caller or self.tenant

    def hosts(self) -> str:
        found = (self.shelf.bucket.form("x", {})["url"], str(self.store.link("x", "x")))
        return " ".join(sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, found)}))

    @property
    def store(self) -> Any:
        return self.studio.engines.store

    def form(self, name: str) -> dict[str, Any]:
        shown = clean(name.replace("\\", "/").rsplit("/", 1)[-1], 100, max_bytes=180).strip(" .") or "video"
        key = f"{self.shelf.folder(self.tenant)}{os.urandom(8).hex()}/{shown}"
        made: dict[str, Any] = self.shelf.bucket.form(key, {"wish": "later"})
        return made

    def link(self, run: str, name: str) -> str | None:
        from agent.outcome import place

        return str(self.store.link(place(self.published(run, name)), name))

    def file(self, run: str, name: str) -> tuple[Path, str]:
        raise unknown("file")  # each has a link

    def all_files(self, run: str) -> list[Path]:
        self.row(run)
        raise No(
            422,
            "elsewhere",
            "The files lie in the outbox, and this door has no room to pack them.",
            "Fetch each by its own address.",
        )

    def forget(self, run: str) -> list[str]:
        self.row(run)
        raise No(
            422, "elsewhere", "Nothing is deleted by this door, which has no right to.", "See docs/aws.md, Clean up."
        )

    def possible(self, reading: Reading) -> Reading:
        return without_openings(reading)

    def errand(self, brief: Brief, reading: Reading, video: dict[str, Any], lineage: dict[str, Any]) -> dict[str, Any]:
        item = video["object"]
        known = {"key": item["key"], "etag": item["etag"], "size": item["size"], "tenant": self.tenant}
        if reading.count > 1 or reading.highlights:
            known["reading"] = reading.model_dump(mode="json")
        return {"event": {"brief": brief.model_dump(mode="json"), "lineage": lineage, **known}}

    def with_only(self, job: dict[str, Any], only: list[int], lineage: dict[str, Any]) -> dict[str, Any]:
        made = super().with_only(job, only, lineage)
        return {**made, "event": {**job["event"], "only": only, "lineage": lineage}}

    def hand_over(self, planned: Next) -> dict[str, Any]:
        """The same as an event, and the object that the video is."""
        scratch = self.studio.home / planned.seed.base / ".list"
        found = shelved.listed(self.studio.engines.store, planned.seed.base, scratch)
        if found is None:  # deleted since it was recalled
            raise unknown("run")
        event = {
            "brief": planned.brief.model_dump(mode="json"),
            "lineage": {name: value for name, value in planned.lineage.items() if name != "tenant"},
            "tenant": self.tenant,
            **found.upload.model_dump(mode="json"),
            **super().hand_over(planned),
        }
        if len(json.dumps(event)) > EVENT:
            raise No(
                413, "too-long", "The transcript is too long to be handed over with a word put right.", ON_ONES_OWN
            )
        return {"event": event}


def recalled(store: ObjectStore, folder: Path) -> bool:
    """What is needed of a run's folder to plan a revision is there: words, what was seen, plans, sound.  Others make room."""
    for other in folder.parent.glob("*"):
        if other.name != folder.name:
            shutil.rmtree(other, ignore_errors=True)
    return shelved.restore(store, folder, lambda name: "/" not in name) is not None


def _studio(settings: Settings) -> Studio:
    """For reading the record and signing links: no model is asked by this door, and wishes are read by rules."""
    plain = settings.model_copy(update={"model": "local"})
    return studio(plain, record=connect_records(settings))
