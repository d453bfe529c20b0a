"""The way to the database: an engine that verifies whom it talks to, whole transactions tried again, and errors in a sentence."""

from __future__ import annotations

import ipaddress
import logging
import random
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from agent.record.tables import Moment

T = TypeVar("T")
log = logging.getLogger("hookline")

HEAD = "0004"
"""The last migration."""
IDLE = 60.0
"""Seconds without a word after which a MySQL server closes a connection: one that froze within a transaction holds its rows no longer."""
CONTENDED = {1020, 1205, 1213}
"""Changed since read, lock wait timeout, deadlock."""
AWAY = {0, 1040, 1053, 1290, 1836, 1927, 2003, 2006, 2013, 4031}
"""Lost, shutting down, full, or a primary that has become a replica."""
REFUSED = 1045
"""The user or the password is wrong: one that is kept may have rotated, and is read again once."""
_SENTENCES = {
    1044: "The database user may not use this database; grant it the tables' rights",
    1045: "The database refused the user or the password",
    1049: "The database does not exist; create it first",
    1142: "The database user lacks a right that this needs",
    1146: "The tables are not there; migrate first",
    2003: "The database does not answer; see that it runs and can be reached",
}


class RecordsDown(Exception):
    """The record can't be read or written; the message says why and what to do."""


class now(FunctionElement[Any]):
    """The database's clock in UTC, ``seconds`` from now.  Only this clock judges leases, so a worker's own can't."""

    type = Moment()
    inherit_cache = True
    name = "now"

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(text("0") if not seconds else _literal(seconds))


def _literal(seconds: float) -> Any:
    from sqlalchemy import literal

    return literal(float(seconds))


@compiles(now, "sqlite")
def _sqlite_now(element: now, compiler: Any, **kw: Any) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', {compiler.process(element.clauses, **kw)} || ' seconds')"


@compiles(now, "mysql")
@compiles(now, "mariadb")
def _mysql_now(element: now, compiler: Any, **kw: Any) -> str:
    return f"(UTC_TIMESTAMP(6) + INTERVAL {compiler.process(element.clauses, **kw)} SECOND)"


class Transactions(Protocol):
    """What the record asks of a database."""

    def read(self, work: Callable[[Connection], T]) -> T: ...

    def write(self, work: Callable[[Connection], T]) -> T:
        """``work`` in one transaction, as often as it takes: it must be safe to repeat."""
        ...


class Database:
    def __init__(
        self,
        url: str,
        *,
        ca: str | Path | None,
        password: Callable[[], str] | None,
        pool: int,
        patience: float,
        idle: float = IDLE,
    ) -> None:
        self._url = _parsed(url)
        self._patience = patience
        self._reached = False
        self.engine = (
            _sqlite(self._url)
            if self._url.get_backend_name() == "sqlite"
            else _mysql(self._url, ca, password, pool, idle)
        )

    def read(self, work: Callable[[Connection], T]) -> T:
        return self._carry(work, "DEFERRED")

    def write(self, work: Callable[[Connection], T]) -> T:
        return self._carry(work, "IMMEDIATE")

    def close(self) -> None:
        self.engine.dispose()

    def _carry(self, work: Callable[[Connection], T], begin: str) -> T:
        until = time.monotonic() + self._patience
        wait = 0.02
        while True:
            try:
                with self.engine.connect() as db:
                    db.execution_options(begin=begin)
                    with db.begin():
                        answer = work(db)
                self._reached = True
                return answer
            except (DBAPIError, PoolTimeout) as error:
                if isinstance(error, IntegrityError | DataError):
                    raise
                if not self._worth_waiting(error) or time.monotonic() + wait > until:
                    if isinstance(error, ProgrammingError) and _code(error) not in _SENTENCES:
                        raise
                    raise RecordsDown(self._sentence(error)) from error
                log.info("database busy or away", extra={"code": _code(error), "wait": round(wait, 2)})
            time.sleep(wait * (0.5 + random.random()))
            wait = min(2.0, wait * 2)

    def _worth_waiting(self, error: Exception) -> bool:
        code = _code(error)
        if code in AWAY:
            if code in (1290, 1836):  # the connection is alive but leads to what is now a replica
                self.engine.dispose()
            return self._reached or code == 1040
        return code in CONTENDED or "database is locked" in str(error) or "database table is locked" in str(error)

    def _sentence(self, error: Exception) -> str:
        where = self._url.render_as_string(hide_password=True)
        cause = str(getattr(error, "orig", None) or error)
        if "certificate" in cause.lower() or "ssl" in cause.lower():
            return f"The database at {where} could not prove who it is ({cause}); name the file of its authorities in HOOKLINE_DATABASE_CA"
        if "no such table" in cause:
            return f"The tables are not there in {where}; migrate first"
        if "disk is full" in cause or "unable to open" in cause or "readonly" in cause or "disk I/O" in cause:
            return f"The database file of {where} can't be written ({cause}); free some space or choose another folder in HOOKLINE_HOME"
        known = _SENTENCES.get(_code(error))
        return f"{known} ({where}: {cause})" if known else f"The record at {where} is out of reach: {cause}"

    def migrate(self) -> None:
        """Bring the tables to ``HEAD``.  Alembic is loaded only when there is something to do.

        Tables of a later release are left alone, as an update that is rolled back finds them: migrations only add.
        """

        def version(db: Connection) -> str | None:
            if not inspect(db).has_table("alembic_version"):
                return None
            return db.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()

        found = self.read(version)
        if found is not None and found.isdecimal() and found >= HEAD:
            if found > HEAD:
                log.warning("the tables are of a later release", extra={"found": found, "known": HEAD})
            return
        if self._url.get_backend_name() == "sqlite":
            self.write(_upgrade)  # the write lock is held throughout
            return
        with self.engine.connect() as guard:
            if guard.execute(text("SELECT GET_LOCK('hookline_migrate', 60)")).scalar_one() != 1:
                raise RecordsDown("Another migration has held the database for a minute; try again when it is through.")
            try:
                guard.rollback()
                with guard.begin():
                    _upgrade(guard)
            finally:
                guard.rollback()
                guard.execute(text("SELECT RELEASE_LOCK('hookline_migrate')"))


def _upgrade(db: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = db
    command.upgrade(config, "head")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise RecordsDown(
            "The database is not an address; give sqlite:///path or mysql+pymysql://user@host/name."
        ) from error
    if parsed.get_backend_name() == "sqlite":
        return parsed
    if parsed.get_backend_name() in ("mysql", "mariadb"):
        return parsed.set(drivername="mysql+pymysql")
    raise RecordsDown(
        f"{parsed.get_backend_name()} is not a database that Hookline keeps records in; use SQLite, MySQL or MariaDB."
    )


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        path = Path(url.database).expanduser()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise RecordsDown(
                f"The folder {path.parent} can't be made ({error.strerror}); choose another in HOOKLINE_HOME."
            ) from error
        url = url.set(database=str(path))
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _open(connection: Any, record: Any) -> None:
        connection.isolation_level = (
            None  # we say BEGIN ourselves: the driver's own comes too late for a read before a write
        )
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'IMMEDIATE')}")

    return engine


def _mysql(url: URL, ca: str | Path | None, password: Callable[[], str] | None, pool: int, idle: float) -> Engine:
    arguments: dict[str, Any] = {"charset": "utf8mb4", "connect_timeout": 5, "read_timeout": 30, "write_timeout": 30}
    if context := _tls(url, ca):
        arguments["ssl"] = context
    try:
        engine = create_engine(
            url, connect_args=arguments, pool_size=pool, max_overflow=0, pool_pre_ping=True, pool_recycle=300
        )
    except ModuleNotFoundError as error:
        raise RecordsDown(
            f"{url.get_backend_name()} needs the package {error.name}: pip install 'hookline[aws]'."
        ) from error

    @event.listens_for(engine, "connect")
    def _strict(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION wait_timeout = %s", (round(idle),))
            cursor.execute("SELECT @@sql_mode")
            mode = str(cursor.fetchone()[0])
        if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(mode.split(",")):
            raise RecordsDown("The database cuts values silently; add STRICT_TRANS_TABLES to the server's sql_mode.")

    if password is not None:

        @event.listens_for(engine, "do_connect")
        def _token(dialect: Any, record: Any, args: Any, params: dict[str, Any]) -> Any:
            params["password"] = password()
            forget = getattr(password, "forget", None)
            if forget is None:
                return None
            try:
                return dialect.connect(*args, **params)
            except dialect.loaded_dbapi.OperationalError as error:
                if error.args[0] != REFUSED:
                    raise
            forget()
            params["password"] = password()
            return None

    return engine


def _tls(url: URL, ca: str | Path | None) -> ssl.SSLContext | None:
    """A context that checks certificate and host name; None only for this machine itself."""
    if weak := [name for name in url.query if name.startswith("ssl")]:
        raise RecordsDown(
            f"Leave {weak[0]} out of the database's address; name the file of its authorities in HOOKLINE_DATABASE_CA instead."
        )
    if ca is None and ("unix_socket" in url.query or _loopback(url.host or "localhost")):
        return None
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise RecordsDown(f"HOOKLINE_DATABASE_CA names {ca}, which is not a file of certificates ({error}).") from error


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _code(error: Exception) -> int:
    """The server's or driver's number; -1 where there is none."""
    args = getattr(getattr(error, "orig", None), "args", ())
    return args[0] if args and isinstance(args[0], int) else -1
