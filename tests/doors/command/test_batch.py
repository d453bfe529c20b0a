"""Many videos by one command: what is read of a folder or a table, what comes of each, and one table at the end."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.record.records import Records
from agent.settings import load
from doors.command.batch import Job, Row, carry, keep_table, read_folder, read_rows, show_table, sum_up
from doors.command.main import main
from tests.agent.test_loop import video  # noqa: F401
from tests.doors.page.test_app import studio
from tools.schema import Options
from tools.troubles import Refusal

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

WISH = "a 10s square promo without captions for LinkedIn"


@pytest.fixture
def folder(tmp_path: Path, video: Path) -> Path:  # noqa: F811
    """A folder of which half can't be used: two videos, one called otherwise than it is, and what lies about."""
    made = tmp_path / "talks"
    made.mkdir()
    (made / "a talk.mp4").write_bytes(video.read_bytes())
    (made / "b.mp4").write_bytes(b"no video at all")
    (made / "c.mov").write_bytes(b"")
    (made / "d").write_bytes(video.read_bytes() + b"\0" * 8)
    (made / "e.mkv").mkdir()
    (made / "notes.txt").write_text("read me")
    (made / "notes.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello there.\n")
    (made / ".hidden.mp4").write_bytes(video.read_bytes())
    return made


def ran(jobs: list[Job], tmp_path: Path) -> list[Row]:
    settings = load(environ={}, home=str(tmp_path / "home"), outbox=str(tmp_path / "home" / "outbox"))
    at = studio(tmp_path / "home")
    return [row for rows in carry(jobs, settings, at, False, lambda text: None) for row in rows]


def test_of_a_folder_each_video_and_what_is_called_one_is_taken_by_name(folder: Path) -> None:
    assert [job.video.name for job in read_folder(folder, WISH)] == ["a talk.mp4", "b.mp4", "c.mov", "d"]
    empty = folder / "e.mkv"
    with pytest.raises(Refusal, match="holds no video"):
        read_folder(empty, WISH)


def test_a_folder_that_is_half_unreadable_ends_with_a_row_for_each_and_the_same_again_makes_nothing_anew(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    rows = ran(read_folder(folder, WISH), tmp_path)
    assert [(row.video, row.status.split()[0]) for row in rows] == [
        ("a talk.mp4", "done"), ("b.mp4", "refused"), ("c.mov", "refused"), ("d", "done"),
    ]  # fmt: skip
    assert all(row.reason for row in rows if row.status == "refused")
    assert all(Path(row.place, "promo_1x1.mp4").is_file() for row in rows if row.status.startswith("done"))
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "home" / "outbox").rglob("*.mp4")}
    again = ran(read_folder(folder, WISH), tmp_path)
    assert [(row.run, row.status) for row in again] == [(row.run, row.status) for row in rows]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "home" / "outbox").rglob("*.mp4")} == written


def test_rows_say_what_each_video_is_to_become(tmp_path: Path) -> None:
    table = tmp_path / "week.csv"
    table.write_text(
        "﻿Video;wish;music;clean;strict\ntalks/a.mp4;make a 20s promo, vertical;bed.wav;yes;\nb.mp4;;;;x\nc.mp4;;;perhaps;\n;w;;;\n",
        "utf-8",
    )
    a, b, c, d = read_rows(table, "make a 30s promo", Options(tighten=True))
    assert (a.video, a.wish, a.music) == (tmp_path / "talks/a.mp4", "make a 20s promo, vertical", tmp_path / "bed.wav")
    assert (a.options.clean, a.options.tighten, a.options.strict) == (True, True, False)
    assert (b.wish, b.options.strict, b.music) == ("make a 30s promo", True, None)
    assert "write yes or no" in c.wrong
    assert "names no video" in d.wrong


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "has no column"),
        (b"film,wish\na.mp4,x\n", "film"),
        (b"wish\nx\n", "has no column"),
        (b"video,wish\n", "0 rows"),
        (b"video,vidoe\na,b\n", "vidoe"),
        (b"\xff\xfe\x00\xd8", "UTF-8"),
        (b"video\n" + b"a.mp4\n" * 1001, "1001 rows"),
    ],
    ids=["empty", "another column", "no video", "no rows", "a typo", "not text", "too many"],
)
def test_a_file_that_is_no_such_table_is_refused_with_what_is_wrong(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data)
    with pytest.raises(Refusal, match=says):
        read_rows(path)


def test_a_row_that_can_not_be_met_is_told_and_the_next_one_is_made(tmp_path: Path, video: Path) -> None:  # noqa: F811
    (tmp_path / "home").mkdir()
    jobs = [
        Job(tmp_path / "not there.mp4", WISH),
        Job(Path("https://example.com/a.mp4"), WISH),
        Job(video, "a 20 s promo of one minute"),
        Job(video, WISH, music=tmp_path / "no music.mp3"),
        Job(video, "a 10s promo with fireworks", Options(strict=True)),
        Job(video, WISH),
    ]
    rows = ran(jobs, tmp_path)
    assert [row.status.split()[0] for row in rows] == ["refused"] * 5 + ["done"]
    assert all(row.code == 3 for row in rows[:5])


def test_once_the_days_dollars_are_spent_the_others_wait(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "none"), ("AWS_SECRET_ACCESS_KEY", "none"), ("AWS_DEFAULT_REGION", "us-east-1"),
        ("HOOKLINE_COPYWRITER", "aws"), ("HOOKLINE_DOLLARS_PER_DAY", "1"),
        ("HOOKLINE_HOME", str(tmp_path / "home")), ("HOOKLINE_OUTBOX", str(tmp_path / "outbox")),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    (tmp_path / "home").mkdir()
    records = Records(f"sqlite:///{tmp_path / 'home' / 'hookline.sqlite3'}")
    records.migrate()
    records.reserve("local", 1.0, 1.0)
    told = CliRunner().invoke(main, ["make", str(folder), WISH, "--json"], catch_exceptions=False)
    assert told.exit_code == 5, told.stderr
    rows = json.loads(told.stdout)["rows"]
    assert [row["status"] for row in rows] == ["waiting"] * 4
    assert "day" in rows[0]["reason"]
    kept = list(csv.DictReader((tmp_path / "outbox" / "talks.batch.csv").read_text("utf-8").splitlines()))
    assert [(row["video"], row["status"]) for row in kept] == [(row["video"], row["status"]) for row in rows]


def test_a_plan_for_a_folder_adds_up_and_makes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOOKLINE_OUTBOX", str(tmp_path / "outbox"))
    told = CliRunner().invoke(main, ["make", str(folder), WISH, "--dry-run"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "2 videos take about" in told.stdout
    assert "2 can't be used" in told.stdout
    assert not (tmp_path / "outbox").exists()


def test_the_table_is_whole_and_holds_no_formula(tmp_path: Path) -> None:
    rows = [
        Row(video="=cmd()|a.mp4", status="done", length=10.0, dollars=0.5),
        Row(video="b", status="refused", reason="no, “b”"),
    ]
    keep_table(tmp_path / "t.csv", rows)
    kept = list(csv.DictReader((tmp_path / "t.csv").read_text("utf-8").splitlines()))
    assert [row["video"] for row in kept] == ["'=cmd()|a.mp4", "b"]
    assert kept[1]["reason"] == "no, “b”"
    assert len(show_table(rows).splitlines()) == 2
    assert sum_up(rows) == "2 promos: 1 done, 1 refused; $0.50"
