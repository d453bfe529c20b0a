"""The arithmetic and the watching of the benchmarks; what they measure is judged by nobody but their reader."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from benchmarks.material import starts
from benchmarks.pairs import Cost, Ratio, Side, Spread, timed_laps, watched
from benchmarks.start import started


def test_a_ratio_is_taken_pair_by_pair_and_tells_its_range() -> None:
    found = Ratio(tuple((Cost(wall, 1, 2_000_000), Cost(2.0, 4, 0)) for wall in (2.0, 8.0, 4.0)))
    assert str(found.wall) == "2.00 (1.00–4.00)"
    assert found.cpu.middle == 0.25
    assert found.peak.middle == 2.0


def test_a_part_of_the_work_is_told_for_the_whole() -> None:
    assert Ratio(((Cost(1, 1, 0), Cost(2, 2, 0)),), times=5).wall.middle == 2.5


def test_nothing_measured_has_no_median() -> None:
    assert str(Spread(())) == "–"


def test_memory_of_a_grandchild_is_seen() -> None:
    inner = "held = bytearray(b'x' * 120_000_000); import time; time.sleep(1.0)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    child = subprocess.Popen([sys.executable, "-c", outer])
    with watched(child.pid) as peak:
        child.wait(30)
        time.sleep(0.05)
    assert peak[0] > 120_000_000


def test_a_side_that_fails_says_what_it_said() -> None:
    with pytest.raises(RuntimeError, match="There is no such file"):
        Side("benchmarks.sampling:hookline", ("not-a-video",)).cost()


def test_clips_lie_at_the_same_place_of_their_minute_in_every_talk() -> None:
    assert [at % 60 for at in starts(10, 30)] == pytest.approx([at % 60 for at in starts(60, 30)])


def test_what_is_timed_after_the_first_call_is_not_counted_with_it() -> None:
    part = {"wall": 0.25, "cpu": 0.5}
    found = timed_laps({"": lambda: {"pass": part}, "drop": lambda: time.sleep(0.2)})
    assert list(found) == ["", "pass", "drop"]
    assert found["pass"] == part
    assert found[""]["wall"] < 0.1 < found["drop"]["wall"]


def test_memory_of_a_start_is_not_that_of_who_starts_it() -> None:
    held = bytearray(b"x" * 200_000_000)
    _, megabytes = started("pass", times=1)
    assert 5 < megabytes.middle < 60 < len(held) / 1e6
