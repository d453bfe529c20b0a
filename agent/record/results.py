"""Rows of what a run made: its clips, its words and its files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, func, insert, select

from agent.record import tables
from agent.record.questions import decisions
from tools.schema import Artifact, Copy, CutList, Line


def put_new(db: Connection, table: Table, where: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ``rows`` unless there are rows of this key already."""
    mine = and_(*(table.c[name] == value for name, value in where.items()))
    if rows and db.execute(select(func.count()).select_from(table).where(mine)).scalar_one() == 0:
        for row in rows:
            db.execute(insert(table).values(**where, **row))


def save_clips(db: Connection, run: str, cut: CutList) -> None:
    rows, seq = [], _chosen_by(db, run, cut.id)
    for n, clip in enumerate(cut.clips, 1):
        names = (
            "label",
            "ids",
            "role",
            "reason",
            "text",
            "start",
            "end",
            "first_frame",
            "frames",
            "certificate",
            "flags",
        )
        rows.append({"n": n, "seq": seq} | {name: getattr(clip, name) for name in names})
    put_new(db, tables.clip, {"run": run, "plan": cut.id}, rows)


def _chosen_by(db: Connection, run: str, plan: str) -> int | None:
    """The decision that made a plan: the first accepted cut whose answer names it, else the last accepted cut."""
    cuts = [row for row in decisions(db, run) if row["name"] == "cut" and row["verdict"] == "accepted"]
    named = [row for row in cuts if re.search(rf"\b{re.escape(plan)}\b", json.dumps(row["answer"]))]
    return named[0]["seq"] if named else cuts[-1]["seq"] if cuts else None


def save_lines(db: Connection, run: str, copies: Sequence[Copy]) -> None:
    for copy in copies:
        kinds: dict[str, tuple[Line | None, ...]] = {
            "hook": copy.hooks,
            "title": (copy.title,),
            "description": (copy.description,),
            "tag": copy.tags,
        }
        for kind, lines in kinds.items():
            rows = [{"n": n, "text": line.text, "evidence": line.evidence} for n, line in enumerate(lines, 1) if line]
            put_new(db, tables.line, {"run": run, "platform": copy.platform, "kind": kind}, rows)


def save_artifacts(db: Connection, run: str, artifacts: Sequence[Artifact]) -> None:
    for made in artifacts:
        row = {name: getattr(made, name) for name in ("sha256", "bytes", "media_type", "duration", "certificate")}
        put_new(db, tables.artifact, {"run": run, "name": made.name}, [row])
