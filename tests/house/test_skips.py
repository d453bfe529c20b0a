"""What a run of the tests says of itself: what it installs, what it skips and why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

PROGRAMS = {
    "id": "echo {user}",
    "apt-get": 'echo apt-get "$@" >>"{folder}/called"',
    "mktemp": "/usr/bin/env -i /bin/mktemp",
    "env": "",
}


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["one process", "two processes"])
def test_the_end_of_a_run_counts_what_was_skipped_and_why(tmp_path: Path, processes: list[str]) -> None:
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(3))\n"
        "def test_lacks(n):\n    pytest.skip('no fiddle is installed here')\n"
        "@pytest.mark.skipif(True, reason='no harp is installed here')\n"
        "def test_lacks_another():\n    pass\n"
        "@pytest.mark.image\n"
        "def test_of_an_image():\n    raise AssertionError\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *processes, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    at = next(n for n, line in enumerate(told) if " 4 skipped " in line and line.startswith("="))
    assert [line.split(maxsplit=1) for line in told[at + 1 : at + 4]] == [
        ["3", "no fiddle is installed here"],
        ["1", "no harp is installed here"],
        ["1", "not asked for: --image"],
    ]


def said(folder: Path, user: int, programs: list[str], *given: str) -> tuple[int, str]:
    """What ``tests/system.sh`` says on a machine with no browser, whose path holds ``programs``."""
    for name in programs:
        path = folder / name
        path.write_text("#!/bin/sh\n" + PROGRAMS[name].format(user=user, folder=folder) + "\n")
        path.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "tests" / "system.sh"), *given],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("user", "programs"), [(1000, ["id", "apt-get"]), (1000, ["id"]), (0, ["id"])])
def test_where_nothing_may_be_installed_one_line_says_what_to_run(
    tmp_path: Path, user: int, programs: list[str]
) -> None:
    status, told = said(tmp_path, user, programs)
    assert status == 0
    assert len(told.splitlines()) == 1
    assert "chromium" in told
    assert told.endswith("make system\n")
    assert not (tmp_path / "called").exists()


def test_without_apt_the_verb_says_what_is_wanted_and_fails(tmp_path: Path) -> None:
    status, told = said(tmp_path, 1000, ["id"], "now")
    assert status == 1
    assert "chromium" in told
    assert "on the path" in told
