"""ffmpeg and its kin inside a function: they end before the sandbox does, so that somebody is left to say what was wrong."""

import sys
import time

import pytest

from tools.media import process
from tools.media.process import OutOfTime, ProcessFailed, run, within

GREEDY = "x = bytearray(900 << 20)"
SLOW = "import time; time.sleep(30)"


@pytest.fixture(autouse=True)
def unbound():
    yield
    within(None)


def child(code, folder, wall=60.0):
    return run([sys.executable, "-I", "-c", code], folder, wall)


def test_a_child_may_take_less_memory_than_the_function_has(tmp_path, monkeypatch):
    child(GREEDY, tmp_path)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1300")
    with pytest.raises(ProcessFailed, match="MemoryError"):
        child(GREEDY, tmp_path)


@pytest.mark.parametrize(("size", "left"), [("3008", 2496), ("4096", 3584), ("10240", 6144), ("", 6144)])
def test_what_a_child_may_take_lies_below_the_functions_memory(size, left, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", size)
    assert process.memory_left() == left


def test_a_child_ends_before_the_invocation_and_says_so(tmp_path):
    began = time.monotonic()
    within(process.SPARE + 1.0)
    with pytest.raises(OutOfTime, match="before this invocation"):
        child(SLOW, tmp_path)
    assert time.monotonic() - began < 15
    with pytest.raises(OutOfTime, match="not started"):
        child(SLOW, tmp_path)


def test_a_child_that_its_own_wall_ends_has_failed_whatever_is_left(tmp_path):
    within(600.0)
    with pytest.raises(ProcessFailed, match="did not end within 1 s"):
        child(SLOW, tmp_path, wall=1.0)
