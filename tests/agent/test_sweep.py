"""What is put away: dead workers' runs, old runs and runs that someone wants forgotten."""

from __future__ import annotations

import io
import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent import sweep
from agent.outcome import place
from agent.record.database import now
from agent.record.records import Busy, Fenced, Records
from doors.command import logs
from tests.agent.record.test_records import _set, lapse, rows
from tools.local.folder import Folder
from tools.memory import Heard, Memory
from tools.schema import Brief, Outcome, Source, Speech
from tools.workspace import Workspace


@pytest.fixture
def outbox(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "outbox")


def published(outbox: Folder, asked: Brief, home: Path) -> None:
    (home / asked.run).mkdir(parents=True)
    (home / asked.run / "source.bin").write_bytes(b"video")
    for name in ("promo_1x1.mp4", "run.json"):
        outbox.put(f"{place(asked)}/{name}", home / asked.run / "source.bin", "video/mp4")


def test_a_run_whose_worker_is_gone_ends_and_can_be_asked_for_again(
    records: Records, database: str, brief: Brief
) -> None:
    claim = records.claim(brief)
    records.save_step(claim, "intake", {"seconds": 3})
    assert sweep.give_up(records, grace=0) == []
    lapse(database, brief.run)
    assert sweep.give_up(records, grace=3600) == []
    assert sweep.give_up(records, grace=0) == [brief.run]
    assert records.run(brief.run)["state"] == "failed"
    with pytest.raises(Fenced):
        records.save_step(claim, "cut", {})
    again = records.claim(brief)
    assert again.outcome is None
    assert records.step(again, "intake") is not None


def test_a_run_that_is_worked_on_is_not_given_up(records: Records, database: str, brief: Brief) -> None:
    lapse_then_taken = records.claim(brief)
    lapse(database, brief.run)
    records.renew(lapse_then_taken)
    assert sweep.give_up(records, grace=0) == []
    with pytest.raises(Busy):
        records.claim(brief)


def test_forgetting_leaves_a_tombstone_and_no_file(
    records: Records, database: str, brief: Brief, outbox: Folder, tmp_path: Path
) -> None:
    home = tmp_path / "runs"
    other = brief.model_copy(update={"run": "b" * 20})
    for asked in (brief, other):
        published(outbox, asked, home)
        records.finish(records.claim(asked), Outcome(run=asked.run, status="done", reason="said in private"))
    assert sweep.forget(records, outbox, home, brief.run) == (brief.run, [])
    assert records.run(brief.run)["state"] == "deleted"
    assert brief.video not in json.dumps([records.run(brief.run)], default=str)
    assert not (home / brief.run).exists()
    assert [name for name in outbox.names("") if brief.run in name] == []
    assert len([name for name in outbox.names("") if other.run in name]) == 2
    late = records.claim(brief).outcome
    assert late is not None
    assert late.status == "refused"


def test_what_engines_answered_is_forgotten_with_the_run(
    records: Records, brief: Brief, outbox: Folder, tmp_path: Path
) -> None:
    memory, home = Folder(tmp_path / "memory"), tmp_path / "runs"
    published(outbox, brief, home)
    records.finish(records.claim(brief), Outcome(run=brief.run, status="done"))
    workspace = Workspace(home / brief.run)
    source = Source(name="v", sha256="1" * 64, bytes=1, container="mov", duration=1.0)
    workspace.save("source.json", source)
    known = Memory(memory, "local", brief.run)
    known.keep(known.place(source.sha256, "heard", "ear"), Heard(run=brief.run, speech=Speech(words=())), workspace)
    assert len(memory.names("")) == 2
    assert sweep.forget(records, outbox, home, brief.run, memory) == (brief.run, [])
    assert memory.names("") == []


def test_the_video_on_the_shelf_goes_with_the_last_run_of_it(
    records: Records, brief: Brief, outbox: Folder, tmp_path: Path
) -> None:
    home, shelf = tmp_path / "runs", tmp_path / "videos"
    other, elsewhere = (brief.model_copy(update={"run": name * 20}) for name in "bc")
    for asked, sha in ((brief, "1" * 64), (other, "1" * 64), (elsewhere, "2" * 64)):
        published(outbox, asked, home)
        (home / asked.run / "source.json").write_text(json.dumps({"sha256": sha}))
        (shelf / sha[:20]).mkdir(parents=True, exist_ok=True)
        records.finish(records.claim(asked), Outcome(run=asked.run, status="done"))
    sweep.forget(records, outbox, home, brief.run)
    assert (shelf / ("1" * 20)).exists()
    sweep.forget(records, outbox, home, other.run)
    assert [path.name for path in shelf.iterdir()] == ["2" * 20]


def test_a_video_that_nothing_was_made_of_is_kept_for_the_same_days(
    records: Records, outbox: Folder, tmp_path: Path
) -> None:
    for name, age in (("old", 91), ("young", 89)):
        about = tmp_path / "videos" / name / "about.json"
        about.parent.mkdir(parents=True)
        about.write_text("{}")
        os.utime(about, (time.time() - 86400 * age,) * 2)
    sweep.retain(records, outbox, tmp_path / "runs", 90)
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["young"]


class Kept:
    """A store whose objects only their owner may delete."""

    def __init__(self, folder: Folder) -> None:
        self.names = folder.names

    def remove(self, prefix: str) -> int:
        raise PermissionError(f"{prefix} may not be deleted")


def test_what_may_not_be_deleted_is_told_by_name(
    records: Records, brief: Brief, outbox: Folder, tmp_path: Path
) -> None:
    published(outbox, brief, tmp_path / "runs")
    records.finish(records.claim(brief), Outcome(run=brief.run, status="done"))
    _, left = sweep.forget(records, Kept(outbox), tmp_path / "runs", brief.run)  # type: ignore[arg-type]
    assert left == [
        f"{place(brief)}/promo_1x1.mp4",
        f"{place(brief)}/run.json",
        f"work/{brief.run}/ (older versions)",
    ]


def test_only_runs_older_than_the_days_kept_are_forgotten(
    records: Records, database: str, brief: Brief, outbox: Folder, tmp_path: Path
) -> None:
    young = brief.model_copy(update={"run": "c" * 20})
    for asked in (brief, young):
        records.finish(records.claim(asked), Outcome(run=asked.run, status="done"))
    _set(database, brief.run, finished=now(-91 * 86400.0))
    assert sweep.retain(records, outbox, tmp_path, 90) == [brief.run]
    assert records.run(young.run)["state"] == "done"
    assert sweep.retain(records, outbox, tmp_path, 90) == []


def test_the_verbs_forget_and_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brief: Brief) -> None:
    from doors.command.main import main

    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path))
    monkeypatch.setenv("HOOKLINE_OUTBOX", str(tmp_path / "outbox"))
    records = Records(f"sqlite:///{tmp_path / 'hookline.sqlite3'}")
    records.migrate()
    records.finish(records.claim(brief), Outcome(run=brief.run, status="done"))
    done = CliRunner().invoke(main, ["forget", "--yes", brief.run[:8]])
    assert (done.exit_code, "is forgotten" in done.output) == (0, True), done.output
    assert records.run(brief.run)["state"] == "deleted"
    assert CliRunner().invoke(main, ["sweep"]).exit_code == 0
    assert rows(f"sqlite:///{tmp_path / 'hookline.sqlite3'}")
    records.close()


# Log lines


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    logger, stream = logging.getLogger("hookline"), io.StringIO()
    before = (logger.handlers[:], logger.level, logger.propagate)
    logs.begin("INFO", stream)
    yield stream
    logger.handlers[:], logger.level, logger.propagate = before


def test_an_event_is_one_line_of_json_whatever_is_in_it(heard: io.StringIO) -> None:
    log = logging.getLogger("hookline")
    log.info('ok\r\n{"level":"INFO","event":"approved"}', extra={"run": "a\u2028b\x1b[2J\ud800", "ms": 3})
    log.info("x" * 100_000, extra={"large": "y" * 100_000})
    log.info("deep", extra={"made": {"a": [object()]}})
    lines = heard.getvalue().split("\n")[:-1]
    assert len(lines) == 3
    assert all(len(line) <= logs.LONGEST and line.isascii() and line.isprintable() for line in lines)
    assert json.loads(lines[0])["run"] == "a\u2028b\x1b[2J\ud800"


@pytest.mark.parametrize(
    "secret",
    [
        "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA1/x&X-Amz-Signature=5ecre7&X-Amz-Security-Token=5ecre7",
        "mysql+pymysql://root:5ecre7@db.example/x",
        "password=5ecre7",
        "{'SecretString': '5ecre7', 'aws_secret_access_key': '5ecre7', 'session_token': '5ecre7'}",
        "Authorization: 5ecre7",
    ],
)
def test_no_secret_gets_into_a_line(heard: io.StringIO, secret: str) -> None:
    log = logging.getLogger("hookline")
    log.info(secret, extra={"error": secret})
    try:
        raise RuntimeError(secret)
    except RuntimeError as error:
        log.error("failed", exc_info=error)
    assert "5ecre7" not in heard.getvalue()
