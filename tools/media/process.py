"""Children: started without a shell, with limits, and killed with all that they started.  The only file that starts a process."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import math
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.troubles import NotReady

Progress = Callable[[float], None]
"""Told the share done, 0 to 1."""


MEGABYTE = 1 << 20
MOST = 6144
"""Megabytes of address space of a child, where nothing says how many this machine may have."""
LARGEST = 2048
"""Megabytes of a file that a child writes, where nothing else is said."""
OURS = 512
"""Megabytes that a function on Lambda keeps for itself: a child that takes more than the rest ends, and not the sandbox with it."""
SPARE = 20.0
"""Seconds of an invocation that are left to say how a child ended."""


class OutOfTime(Exception):
    """A child would have outlived what is left of this invocation; with a whole one it may have been through."""


class _Bounds:
    """When the children of this process have to be through, by its monotonic clock."""

    end = math.inf


def within(seconds: float | None) -> None:
    """Let no child run for longer than so many seconds from now, less ``SPARE``; None for as long as its own wall says."""
    _Bounds.end = math.inf if seconds is None else time.monotonic() + seconds - SPARE


def memory_left() -> int:
    """Megabytes that a child may take: ``MOST``, or below what Lambda gives this function."""
    given = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return min(MOST, max(OURS, int(given) - OURS)) if given.isdecimal() else MOST


class ProcessFailed(RuntimeError):
    """A child ended badly: killed, out of time, or with an error.  ``tail`` is the end of what it said."""

    def __init__(self, message: str, tail: str = "") -> None:
        super().__init__(f"{message}\n{tail}".rstrip())
        self.tail = tail


ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
"""Of a child.  Of glibc's heaps, one for every few threads, each keeps what pictures have left; with one ffmpeg holds 55 MB less."""


def run(
    argv: Sequence[str],
    folder: Path,
    wall: float,
    *,
    memory: int = MOST,
    largest: int = LARGEST,
    on_line: Callable[[str], None] | None = None,
    inherit: Sequence[int] = (),
    keep: int = 64 * 1024,
) -> tuple[bytes, str]:
    """Run a child in ``folder`` and give its standard output and the tail of its standard error.

    The child has no shell, no input, ``ENVIRONMENT`` and no more, a session of its own that is killed whole, and
    limits: ``wall`` seconds, ``memory`` and ``largest`` (a file it writes) in megabytes, and those of the function that
    it runs in.  ``on_line`` takes its output line by line instead of keeping it.
    """
    started = time.monotonic()
    left = _Bounds.end - started
    if left <= 0:
        raise OutOfTime(f"{Path(argv[0]).name} was not started: no time is left in this invocation")
    child = subprocess.Popen(
        list(argv),
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=tuple(inherit),
    )
    _limit(child.pid, wall, min(memory, memory_left()), largest)
    said, told = bytearray(), bytearray()
    late = False
    try:
        late = not _drain(child, started + min(wall, left), said, told, keep, on_line)
    finally:
        _kill(child)
    tail = told.decode("utf-8", "replace")[-4000:]
    if "No space left on device" in tail:
        raise OSError(errno.ENOSPC, f"No space left for the run folder {folder.name}: free some and run again")
    name = Path(argv[0]).name
    if late and left < wall:
        raise OutOfTime(f"{name} was ended after {left:.0f} s, before this invocation was")
    if late:
        raise ProcessFailed(f"{name} did not end within {wall:.0f} s and was killed", tail)
    if child.returncode < 0:
        raise ProcessFailed(f"{name} was ended by {signal.Signals(-child.returncode).name}", tail)
    if child.returncode > 0:
        raise ProcessFailed(f"{name} failed with {child.returncode}", tail)
    return bytes(said), told.decode("utf-8", "replace")


def _drain(
    child: subprocess.Popen[bytes],
    deadline: float,
    said: bytearray,
    told: bytearray,
    keep: int,
    on_line: Callable[[str], None] | None,
) -> bool:
    """Read both pipes until the child ends; False when the deadline came first.

    A grandchild may hold the pipes open after the child is gone, so the child's end counts and not the pipes'.
    """
    assert child.stdout
    assert child.stderr
    line = bytearray()
    with selectors.DefaultSelector() as pipes:
        pipes.register(child.stdout, selectors.EVENT_READ, said)
        pipes.register(child.stderr, selectors.EVENT_READ, told)
        while pipes.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            ready = pipes.select(min(left, 0.5))
            if not ready and child.poll() is not None:
                break
            for key, _ in ready:
                data = os.read(key.fd, 65536)
                if not data:
                    pipes.unregister(key.fileobj)
                elif key.data is told or on_line is None:
                    key.data.extend(data)
                    if key.data is told or len(said) > 64 * MEGABYTE:
                        del key.data[:-keep]
                else:
                    line += data
                    *whole, rest = line.split(b"\n")
                    line = bytearray(rest[-keep:])
                    for each in whole:
                        on_line(each.decode("utf-8", "replace"))
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe:
            pipe.close()


def _limit(pid: int, wall: float, memory: int, largest: int) -> None:
    """From outside, right after the start: a hook between fork and exec is not safe in a program with threads."""
    try:
        import resource

        limits = {
            resource.RLIMIT_AS: memory * MEGABYTE,
            resource.RLIMIT_CPU: int(wall * 8) + 10,
            resource.RLIMIT_FSIZE: largest * MEGABYTE,
            resource.RLIMIT_CORE: 0,
        }
        for which, value in limits.items():
            resource.prlimit(pid, which, (value, value))
    except (ImportError, AttributeError, ProcessLookupError):
        pass  # not Linux: the wall clock and the group kill remain


def ffmpeg() -> str:
    """The binary to run: ``HOOKLINE_FFMPEG``, else the one that imageio-ffmpeg carries."""
    named = os.environ.get("HOOKLINE_FFMPEG")
    if named:
        if not os.access(named, os.X_OK):
            raise NotReady(f"HOOKLINE_FFMPEG names {named}, which can't be run; name an ffmpeg binary or unset it")
        return named
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise NotReady("imageio-ffmpeg is not installed; install it or name a binary in HOOKLINE_FFMPEG") from error
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def convert(
    arguments: Sequence[str],
    folder: Path,
    wall: float,
    *,
    total: float = 0.0,
    progress: Progress | None = None,
    largest: int = LARGEST,
) -> str:
    """Run ffmpeg with ``arguments`` in ``folder``; what it said.  ``total`` seconds of output are the whole of progress.

    ``largest`` is a file that it writes, in megabytes.
    """

    def on_line(line: str) -> None:
        key, _, value = line.partition("=")
        if progress and total and key == "out_time_us" and value.lstrip("-").isdigit():
            progress(min(1.0, max(0.0, int(value) / 1e6 / total)))

    # A damaged stream is played as far as it goes: what may not be missing is measured afterwards.
    argv = [ffmpeg(), "-hide_banner", "-nostdin", "-y", "-max_error_rate", "1", "-loglevel", "info", "-nostats"]
    # A hole in a transport stream stays as long as it is: times of words and frames are counted over it.
    argv += ["-dts_delta_threshold", "1000000", "-progress", "pipe:1", *arguments]
    return run(argv, folder, wall, on_line=on_line, largest=largest)[1]


def threads(at_once: int = 1) -> int:
    """For each of so many encoders or decoders that are busy at once; more would only hold pictures in memory."""
    cores = os.cpu_count() or 2
    return max(1, min(4, max(2, cores // 2), cores // at_once))


def give_back() -> None:
    """Return freed memory to the system, for the children to take; glibc keeps what lies below anything that is still used."""
    # Not everywhere: musl and macOS have no such call, and need none.
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
