"""What the tools of the MCP server answer: the page's contract, with addresses that an agent can read."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from agent.outcome import place
from doors.page import contract
from doors.page.desk import OPEN, Desk
from tools.schema import Brief
from tools.text import clean


class File(contract.Model):
    """One of a run's own files."""

    name: str
    uri: str = Field(description="To be read as a resource, or by the tool file")
    place: str = Field(description="Where it lies below the outbox folder of the machine that runs the server")
    url: str | None = Field(default=None, description="Where it can be fetched over HTTP; null where it can't")
    media_type: str
    bytes: int
    seconds: float | None = None


class Files(contract.Model):
    run_id: str
    files: list[File]


class Made(contract.Line):
    """A run, as far as it is."""

    reply: str = Field(description="What came of it, in a sentence")
    understood: str
    changes: str = Field(description="What a change did to the version before, in words")
    reason: str
    offer: str = Field(description="What to ask for instead, where nothing could be made")
    length: float | None = Field(description="Seconds of the promo")
    clips: list[contract.Clip]
    misheard: list[contract.Misheard]
    warnings: list[str]
    files: list[File]
    next: str = Field(description="What can be called next")


class Reply(contract.Model):
    run_id: str
    reply: str


def tell_made(desk: Desk, run: str, base: str = "") -> Made:
    """All that an agent needs of a run; ``base`` is the address of the HTTP doors, where they are open."""
    told = desk.told(run)
    known = {name: told[name] for name in Made.model_fields if name in told}
    return Made.model_validate({**known, "files": list_files(desk, run, told, base), "next": _next(told)}, strict=False)


def list_files(desk: Desk, run: str, told: dict[str, Any], base: str = "") -> list[File]:
    row = desk.row(run)
    if not told["outputs"]:
        return []
    below = place(Brief.model_validate(row["brief"]))
    return [
        File(
            name=made["name"],
            uri=f"hookline://runs/{run}/files/{made['name']}",
            place=f"{below}/{made['name']}",
            url=desk.link(run, made["name"]) or (f"{base}{made['url']}" if base else None),
            media_type=made["media_type"],
            bytes=made["bytes"],
            seconds=made["seconds"],
        )
        for made in told["outputs"]
    ]


def _next(told: dict[str, Any]) -> str:
    run, thread = told["run_id"], told["thread"]
    if told["status"] in OPEN:
        return f"It is still being made: call run with run_id {run} until its status is another than queued or working."
    if not told["clips"]:
        return clean(f"Nothing was made. {told['offer'] or 'Ask make for another length or topic.'}", 500)
    return f"change with thread {thread} makes another version in words; why with run_id {run} says why each clip is there; file reads a file."
