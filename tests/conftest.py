"""What several tests stand on: a record on SQLite and on a MariaDB server of the tests' own."""

from __future__ import annotations

import contextlib
import ctypes
import getpass
import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import hypothesis
import pymysql
import pytest

from agent.record.records import Records
from tools.media import process
from tools.schema import Brief

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("untimed")
LEFT_OUT = pytest.StashKey[Counter[str]]()
DATABASES = ("sqlite", "mariadb")
_numbers = itertools.count(1)


LOOPBACK = ["127.0.0.1", "::1", "localhost"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live",
        action="store_true",
        help="run the contract suites against the AWS account of the environment, too (docs/aws.md); it costs a few cents",
    )
    parser.addoption(
        "--image",
        metavar="COMMAND",
        help="run the handlers of a built image, too: the command that runs another in it, such as "
        "'buildah run --isolation chroot CONTAINER --' or 'docker run --rm --network host --entrypoint= hookline'",
    )
    parser.addoption(
        "--shared",
        metavar="FOLDER",
        help="run over more real videos, labelled text and hostile files than come along, too: a folder with media, bench and hostile",
    )
    parser.addoption(
        "--fire",
        action="store_true",
        help="run what takes minutes, too: a sandbox that dies before, within and after every step",
    )
    parser.addoption(
        "--ministack",
        metavar="FOLDER",
        help="run a stack's life and the path from S3 to the outbox over MiniStack, too, whose own environment `make deploy-test` makes",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = Counter()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Workers(config))
    if config.getoption("shared"):
        from tests.fire.ground import take_further

        take_further(Path(config.getoption("shared")) / "hostile")
    if config.getoption("live"):
        from tests.account import NotUsable, check

        try:
            check()
        except NotUsable as error:
            raise pytest.UsageError(f"--live: {error}") from error


@pytest.fixture(autouse=True)
def unbounded() -> Iterator[None]:
    """The time that one test's invocation had left is not that of the next."""
    yield
    process.within(None)


SLOWEST = Path(__file__).parent / "slowest.txt"
"""Files of tests, by the processor time that they took when it was last measured."""
OPTIONS = ("image", "ministack", "shared", "fire")
"""Markers of tests that run only where the option of that name asks for them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take longest come first (``slowest.txt``), so that none is begun when the other processes have ended.

    Tests over stand-ins of AWS reach nothing but this machine: pytest-socket refuses every other address.
    """
    for name in OPTIONS:
        if not config.getoption(name):
            asked = [item for item in items if item.get_closest_marker(name)]
            items[:] = [item for item in items if item not in asked]
            config.hook.pytest_deselected(items=asked)
            config.stash[LEFT_OUT][f"--{name}"] += len(asked)
    first = {config.rootpath / line: number for number, line in enumerate(SLOWEST.read_text("utf-8").split())}
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (first.get(item.path, len(first)), item.path not in slow))
    for item in items:
        if item.get_closest_marker("aws") and not item.get_closest_marker("live"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of pytest-xdist tells the one that prints what it left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


class Workers:
    """Hears what each process left out: all of them leave out the same."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was skipped and why, counted; then what runs only where an option asks for it."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[told.removeprefix("Skipped: ")] += 1
    rows = [
        *reasons.most_common(),
        *((f"not asked for: {option}", n) for option, n in config.stash[LEFT_OUT].items() if n),
    ]
    terminalreporter.section(f"{reasons.total()} skipped")
    for why, count in rows:
        terminalreporter.line(f"{count:>6}  {why}")


def absent(what: str) -> None:
    """Skip for want of ``what``; in CI, where it can be installed, that is an error."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed, and CI must have it")
    pytest.skip(f"{what} is not installed here: make system, or make develop")


class MariaDB:
    """A server on loopback with its data in ``folder``; ends with the tests, whatever ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._install()
        self.start()

    def _install(self) -> None:
        install = _program("mariadb-install-db")
        options = (
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={self.folder / 'data'}",
            "--skip-test-db",
        )
        done = subprocess.run(
            [install, *options, "--auth-root-authentication-method=normal"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def start(self, *options: str) -> None:
        """Returns when the server answers; ``options`` are for this start."""
        arguments = [
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={self.folder / 'data'}",
            f"--port={self.port}",
        ]
        arguments += ["--bind-address=127.0.0.1", f"--socket={self.folder / 's'}", f"--pid-file={self.folder / 'pid'}"]
        arguments += ["--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=2", "--skip-log-bin", *options]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [_program("mariadbd"), *arguments], stdout=log, stderr=log, preexec_fn=_die_with_parent
            )
        until = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
                return
            except pymysql.err.OperationalError:
                if self._server.poll() is not None or time.monotonic() > until:
                    self.stop()
                    pytest.fail(f"mariadbd did not start: {(self.folder / 'log').read_text()[-2000:]}")
                time.sleep(0.05)

    def stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.wait(30)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()

    def connect(self, database: str | None = None) -> pymysql.Connection:
        """Straight to the server as root, not through our own engine."""
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            database=database,
            autocommit=True,
            connect_timeout=5,
            read_timeout=30,
        )

    def run(self, *statements: str) -> None:
        with contextlib.closing(self.connect()) as server, server.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def create(self) -> str:
        """The address of a new, empty database."""
        name = f"test{next(_numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """One server for all tests."""
    if not (_program("mariadbd") and _program("mariadb-install-db")):
        absent("mariadb-server")
    folder = Path("/tmp") / f"hookline-test-{os.getpid()}"  # the path of a socket must be short
    folder.mkdir(mode=0o700)
    server = None
    try:
        server = MariaDB(folder)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database: each test runs on SQLite and on MariaDB."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite3'}"
    server: MariaDB = request.getfixturevalue("mariadb")
    return server.create()


@pytest.fixture
def records(database: str) -> Iterator[Records]:
    """A migrated record on ``database``."""
    opened = Records(database)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this session that its processes have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def render_folder(shared: Path) -> Path:
    from tests.fire.ground import spy

    return spy(shared / "rendered")


@pytest.fixture(scope="module")
def rendered_once(render_folder: Path) -> Iterator[None]:
    """ffmpeg is asked for the same work on the same bytes once in a session: for tests of what happens around a render."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOKLINE_FFMPEG", str(render_folder))
        yield


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Take an installed package away, as far as its files and its version are asked for."""

    def lack(package: str) -> None:
        there = metadata.distribution

        def distribution(name: str) -> metadata.Distribution:
            if name == package:
                raise metadata.PackageNotFoundError(name)
            return there(name)

        monkeypatch.setattr(metadata, "distribution", distribution)

    return lack


@pytest.fixture
def brief() -> Brief:
    return Brief(run="5a3f0c1e9b7d2846a1c0", video="talk.mp4", wish="make a 30s promo about pricing", topic="pricing")


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Even when the tests are killed, the kernel ends the server (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
