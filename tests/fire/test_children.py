"""Children that hang, fork, flood, crash or lie: each ends in time, with its group, and is told for what it did."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.fire.ground import SECRET, environment
from tools.media import process


def sh(script: str, folder: Path, wall: float = 2.0, **limits: int) -> tuple[bytes, str]:
    return process.run(["/bin/sh", "-c", script], folder, wall, **limits)  # type: ignore[arg-type]


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().split()[2] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("sleep 60", "did not end within"),
        ("trap '' TERM INT HUP; while :; do sleep 1; done", "did not end within"),
        ("sleep 60 & wait", "did not end within"),
        ("kill -SEGV $$", "SIGSEGV"),
        ("kill -KILL $$", "SIGKILL"),
        ("echo broken >&2; exit 7", "failed with 7"),
        ("while :; do :; done", "did not end within"),
    ],
)
def test_a_child_that_misbehaves_ends_in_time_and_is_told_for_it(tmp_path: Path, script: str, told: str) -> None:
    began = time.monotonic()
    with pytest.raises(process.ProcessFailed, match=told):
        sh(script, tmp_path, wall=1.0)
    assert time.monotonic() - began < 5


def test_a_grandchild_that_holds_the_pipe_is_killed_with_the_group(tmp_path: Path) -> None:
    began = time.monotonic()
    said, _ = sh("sleep 60 & echo $!", tmp_path, wall=20)
    assert time.monotonic() - began < 10
    time.sleep(0.2)
    assert not alive(int(said))


def test_a_flood_of_complaints_is_kept_short(tmp_path: Path) -> None:
    with pytest.raises(process.ProcessFailed) as failed:
        sh("yes complaint | head -c 50000000 >&2; exit 1", tmp_path, wall=30)
    assert len(str(failed.value)) < 10_000


def test_a_file_that_grows_without_end_is_stopped_at_its_limit(tmp_path: Path) -> None:
    with pytest.raises(process.ProcessFailed):
        # The limit is set from outside once the child runs; on a busy machine it could have written 8 MB before.
        sh("sleep 0.5; exec cat /dev/zero > big", tmp_path, wall=30, largest=8)
    assert (tmp_path / "big").stat().st_size <= 8 << 20


def test_a_child_gets_no_secret_and_no_way_back(tmp_path: Path) -> None:
    with environment(AWS_SECRET_ACCESS_KEY=SECRET):
        said, _ = sh("env; ls /proc/self/fd | wc -l; cat", tmp_path)
    assert SECRET.encode() not in said
    assert {line.split(b"=")[0] for line in said.splitlines() if b"=" in line} <= {
        b"PATH",
        b"LC_ALL",
        b"MALLOC_ARENA_MAX",
        b"PWD",
        b"_",
        b"SHLVL",
        b"OLDPWD",
    }


@pytest.mark.parametrize(("cores", "each"), [(1, (1, 1, 1)), (2, (2, 1, 1)), (6, (3, 3, 2)), (16, (4, 4, 4))])
def test_encoders_that_are_busy_at_once_share_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int, each: tuple[int, ...]
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert tuple(process.threads(at_once) for at_once in (1, 2, 3)) == each


def test_no_child_outlives_the_parents_interest(tmp_path: Path) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    before = {name for name in os.listdir("/proc") if name.isdigit()}
    with pytest.raises(KeyboardInterrupt):
        process.run(["/bin/sh", "-c", "echo 1; sleep 61.5"], tmp_path, 60, on_line=stop)
    time.sleep(0.2)
    left = [n for n in set(os.listdir("/proc")) - before if n.isdigit() and alive(int(n)) and b"61.5" in _command(n)]
    assert left == []


def _command(number: str) -> bytes:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""
