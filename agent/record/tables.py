"""The rows, and the types that keep poison out of them: no value of a run can make its record fail.

A string is stored without lone surrogates and NUL and no longer than its column; a number that is not finite is stored as NULL; JSON is
kept as text, since MySQL's own type reorders keys.  Keep to SQL that SQLite, MariaDB and MySQL 8 share.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from pydantic import BaseModel
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

TEXT = 1_000_000
"""Bytes kept of one long text; the rest is cut, and the text says so."""
RESULT = 8_000_000
"""Bytes of one step's answer; servers refuse packets of 16 MiB.  What is larger belongs into the run folder."""
DEPTH = 64
_FAR = 2**63 - 1


def storable(text: str) -> str:
    """``text`` without what a driver or a reader of rows chokes on."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def plain(value: Any, depth: int = DEPTH) -> Any:
    """``value`` as JSON can hold it: what is unknown becomes text, what is not finite None, what is too deep a remark."""
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -_FAR <= value <= _FAR else str(hex(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if depth == 0:
        return "[nested too deeply]"
    if isinstance(value, BaseModel):
        return plain(value.model_dump(), depth)
    if isinstance(value, dict):
        return {storable(str(key)): plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth - 1) for item in value]
    return storable(str(value))


def cut(text: str, most: int) -> str:
    """The beginning of ``text`` within ``most`` bytes of UTF-8, with a remark where something was left out."""
    data = text.encode()
    if len(data) <= most:
        return text
    return data[: most - 60].decode(errors="ignore") + f" … [cut; {len(text)} characters in all]"


def _length(kind: TypeDecorator[str]) -> int:
    return int(getattr(kind.impl, "length", None) or 255)


class Key(TypeDecorator[str]):
    """A string that rows are found by.  What can't be stored as it is gets a digest instead of its tail, so two never become one.

    ``utf8mb4_bin`` compares without trailing spaces, so a key that ends in one counts as such.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if value is None:
            return None
        kept, most = storable(value), _length(self)
        if kept == value and len(kept) <= most and not kept.endswith(" "):
            return kept
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{kept.rstrip()[: most - 17]}~{digest}"


class Short(TypeDecorator[str]):
    """A string of a row, cut to its column."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        most = _length(self)
        return None if value is None else (kept if len(kept := storable(value)) <= most else kept[: most - 1] + "…")


class Long(TypeDecorator[str]):
    """Text of any length, cut to ``TEXT`` bytes."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(mysql.MEDIUMTEXT() if dialect.name in ("mysql", "mariadb") else Text())

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else cut(storable(value), TEXT)


class Json(Long):
    """A JSON value as text.  One that is too large keeps the beginning of its text under ``cut``."""

    cache_ok = True
    most = TEXT

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        if value is None:
            return None
        text = dumps(plain(value))
        return text if len(text.encode()) <= self.most else dumps({"cut": cut(text, self.most // 3)})

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


class Result(Json):
    """A step's answer, whole: ``Records.save_step`` refuses what is over ``RESULT``."""

    cache_ok = True
    most = RESULT


class Real(TypeDecorator[float]):
    """A finite number, or NULL."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Any) -> float | None:
        return float(value) if value is not None and math.isfinite(value) else None


class Count(TypeDecorator[int]):
    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Any) -> int | None:
        return None if value is None else max(-_FAR, min(_FAR, int(value)))


class Moment(TypeDecorator[Any]):
    """A time in UTC, always from the database's clock."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(mysql.DATETIME(fsp=6) if dialect.name in ("mysql", "mariadb") else DateTime())


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


metadata = MetaData()
WORKING, DELETED = "working", "deleted"
"""States of a run that has no outcome, beside those that are an outcome's status."""
RUN = 64
"""Characters of a run's id at most: a SHA-256 in hex."""
_MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def _table(name: str, *columns: Any) -> Table:
    return Table(name, metadata, *columns, **_MYSQL)


def _of_run() -> Column[Any]:
    return Column("run", Key(RUN), ForeignKey("run.run"), primary_key=True)


run = _table(
    "run",
    Column("run", Key(RUN), primary_key=True),
    Column("tenant", Key(64), nullable=False),
    Column("video", Short(1024), nullable=False),
    Column("wish", Long, nullable=False),
    Column("brief", Json, nullable=False),
    Column("state", String(32), nullable=False),
    Column("reason", Long, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("owner", String(128), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("finished", Moment),
    Column("dollars", Real),
    Column("seconds", Real),
    Column("engines", Json),
    Column("outcome", Result),
    Column("plan", Key(64)),
    Column("parent", Key(RUN)),
    Column("version", Integer, nullable=False),
    Column("thread", Key(128)),
    Index("run_by_age", "tenant", "created"),
    Index("run_by_lease", "state", "lease_until"),
    Index("run_by_thread", "thread"),
)
step = _table(
    "step",
    _of_run(),
    Column("name", Key(191), primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("result", Result),
    Column("ms", Count),
    Column("at", Moment, nullable=False),
)
decision = _table(
    "decision",
    _of_run(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("fence", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", Short(128), nullable=False),
    Column("model_id", Short(255), nullable=False),
    Column("prompt_digest", Short(64), nullable=False),
    Column("args", Json),
    Column("at", Moment, nullable=False),
)
answer = _table(
    "answer",
    _of_run(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("fence", Integer, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Long, nullable=False),
    Column("answer", Json),
    Column("tokens_in", Count, nullable=False),
    Column("tokens_out", Count, nullable=False),
    Column("tokens_cached", Count, nullable=False),
    Column("dollars", Real),
    Column("ms", Count, nullable=False),
    Column("at", Moment, nullable=False),
)
"""How a decision ended.  A row of its own, so that both tables are only ever inserted into."""
candidate = _table(
    "candidate",
    _of_run(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("ids", Json, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("score", Real),
    Column("parts", Json, nullable=False),
    Column("reason", Long, nullable=False),
)
clip = _table(
    "clip",
    _of_run(),
    Column("plan", Key(64), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer),
    Column("label", Short(16), nullable=False),
    Column("ids", Json, nullable=False),
    Column("role", Short(32), nullable=False),
    Column("reason", Long, nullable=False),
    Column("text", Long, nullable=False),
    Column("start", Real),
    Column("end", Real),
    Column("first_frame", Count, nullable=False),
    Column("frames", Count, nullable=False),
    Column("certificate", Json, nullable=False),
    Column("flags", Json, nullable=False),
)
line = _table(
    "line",
    _of_run(),
    Column("platform", Key(64), primary_key=True),
    Column("kind", Key(32), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("text", Long, nullable=False),
    Column("evidence", Json, nullable=False),
)
artifact = _table(
    "artifact",
    _of_run(),
    Column("name", Key(191), primary_key=True),
    Column("sha256", Short(64), nullable=False),
    Column("bytes", Count, nullable=False),
    Column("media_type", Short(128), nullable=False),
    Column("duration", Real),
    Column("certificate", Json),
)
label = _table(
    "label",
    _of_run(),
    Column("clip", Integer, primary_key=True, autoincrement=False),
    Column("thumb", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
"""What a person thought of a clip: 1 is thumb up, -1 is thumb down."""
approval = _table(
    "approval",
    _of_run(),
    Column("verdict", Integer, nullable=False),
    Column("who", Short(255), nullable=False),
    Column("at", Moment, nullable=False),
)
"""What a person decided about a promo: 1 is approved, -1 is rejected."""
spend = _table(
    "spend",
    Column("day", Date, primary_key=True),
    Column("tenant", Key(64), primary_key=True),
    Column("micros", Count, nullable=False),
)
"""Millionths of a dollar reserved by a tenant's runs on a day."""
hold = _table(
    "hold",
    Column("run", Key(RUN), primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("tenant", Key(64), nullable=False),
    Column("micros", Count, nullable=False),
)
"""What of ``spend`` a run holds until it is settled."""

request = _table(
    "request",
    Column("tenant", Key(64), primary_key=True),
    Column("key", Key(160), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("thread", Key(128)),
    Column("run", Key(RUN)),
    Column("job", Json),
    Column("answer", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ended", Moment),
    Column("reason", Long, nullable=False),
    Index("request_by_thread", "thread"),
    Index("request_by_run", "run"),
)
"""What was said to a door and what it answered.  One with a ``job`` begins a run, and waits until it has ended."""

OF_RUN = (step, answer, decision, candidate, clip, line, artifact, label, approval, request, hold)
"""What is deleted with a run."""
