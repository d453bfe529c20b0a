"""The run that a revision begins from: what it was, what it made, and where it stands in its conversation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.brief import PIPELINE, identity
from agent.reading.change import RevisionError
from tools.schema import Brief, CutList, Outcome

if TYPE_CHECKING:
    from agent.record.records import Records
    from agent.studio import Studio


def read_origin(row: dict[str, Any]) -> tuple[Brief, Outcome]:
    """What was asked of a run and what came of it.  Raises ``RevisionError`` for one that has not ended."""
    if not row["outcome"]:
        raise RevisionError(f"Run {row['run'][:12]} is {row['state']}, so there is nothing to change yet.")
    return Brief.model_validate(row["brief"]), Outcome.model_validate(row["outcome"])


def demand_cut(outcome: Outcome) -> CutList:
    """The cut of a run.  Raises ``RevisionError`` where there is none."""
    if outcome.cut is None:
        raise RevisionError(
            f"Run {outcome.run[:12]} ended as {outcome.status}: {outcome.reason or 'there is no cut'} Ask for a promo first."
        )
    return outcome.cut


def recall_folder(studio: Studio, run: str) -> Path:
    """The folder of a run that has ended.  Raises ``RevisionError`` where it is gone."""
    folder = studio.home / run
    if not studio.recall(folder):
        raise RevisionError(
            f"What run {run[:12]} had heard and seen is no longer here, so it can't be changed; make it again from the video."
        )
    return folder


def identify(parent: str, wish: str, what: Any) -> str:
    """The id of a revision: the same words that come to the same are the same run."""
    said = " ".join(wish.split()).encode("utf-8", "replace")
    return identity(b"revision", parent.encode(), said, json.dumps(what, sort_keys=True).encode(), PIPELINE.encode())


def trace_lineage(studio: Studio, row: dict[str, Any]) -> dict[str, Any]:
    """Where the next version stands, for the record."""
    thread = row["thread"] or row["run"]
    last = max((each["version"] or 1 for each in list_versions(studio.records, row["run"])), default=1)
    return {"parent": row["run"], "thread": thread, "version": last + 1, "tenant": row["tenant"]}


def list_versions(records: Records, run: str, tenant: str | None = None) -> list[dict[str, Any]]:
    """All versions of the conversation that a run belongs to, oldest first."""
    row = records.run(run, tenant=tenant)
    thread = row["thread"] or row["run"]
    later = records.runs(1000, thread=thread, tenant=tenant)
    try:
        root = [records.run(thread, tenant=tenant)]
    except LookupError:
        root = []
    return sorted(
        {each["run"]: each for each in [*root, *later]}.values(), key=lambda each: (each["version"], each["created"])
    )
