"""Everything that opens a video or starts a process: probe, audio, keyframes, grab, scan, render, measure.

A file from outside is opened in two ways only: by PyAV with the demuxer that its own first bytes name, and by an
ffmpeg child with the same demuxer forced.  Both may read one local file and nothing else.  The first look at a file
happens in a child with limits, since that is where a bomb goes off.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import intake

if TYPE_CHECKING:  # The probe's child imports this file: pydantic and numpy would be most of its time.
    import numpy as np
    from numpy.typing import NDArray

    from tools.kept import Stretch
    from tools.schema import Certificate, CutList, Piece, Shape, Source
    from tools.sound import Sound
    from tools.workspace import Workspace

    Image = NDArray[np.uint8]
    """(height, width, 3), BGR."""

Progress = Callable[[float], None]
"""Told the share done, 0 to 1."""

MEGABYTE = 1 << 20


class ProcessFailed(RuntimeError):
    """A child ended badly: killed, out of time, or with an error.  ``tail`` is the end of what it said."""

    def __init__(self, message: str, tail: str = "") -> None:
        super().__init__(f"{message}\n{tail}".rstrip())
        self.tail = tail


class Unreadable(Exception):
    """The part of the source that a clip needs is damaged; other parts may be fine."""


# --- children -------------------------------------------------------------------------------------------------------


def run(
    argv: Sequence[str],
    folder: Path,
    wall: float,
    *,
    memory: int = 6144,
    largest: int = 2048,
    on_line: Callable[[str], None] | None = None,
    inherit: Sequence[int] = (),
    keep: int = 64 * 1024,
) -> tuple[bytes, str]:
    """Run a child in ``folder`` and give its standard output and the tail of its standard error.

    The child has no shell, no input, an environment of two names, a session of its own that is killed whole, and
    limits: ``wall`` seconds, ``memory`` and ``largest`` (a file it writes) in megabytes.  ``on_line`` takes its output
    line by line instead of keeping it.
    """
    started = time.monotonic()
    child = subprocess.Popen(
        list(argv),
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=tuple(inherit),
    )
    _limit(child.pid, wall, memory, largest)
    said, told = bytearray(), bytearray()
    late = False
    try:
        late = not _drain(child, started + wall, said, told, keep, on_line)
    finally:
        _kill(child)
    tail = told.decode("utf-8", "replace")[-4000:]
    if "No space left on device" in tail:
        raise OSError(errno.ENOSPC, f"No space left for the run folder {folder.name}: free some and run again")
    name = Path(argv[0]).name
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
    from tools.ports import NotReady

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
    arguments: Sequence[str], folder: Path, wall: float, *, total: float = 0.0, progress: Progress | None = None
) -> str:
    """Run ffmpeg with ``arguments`` in ``folder``; what it said.  ``total`` seconds of output are the whole of progress."""

    def on_line(line: str) -> None:
        key, _, value = line.partition("=")
        if progress and total and key == "out_time_us" and value.lstrip("-").isdigit():
            progress(min(1.0, max(0.0, int(value) / 1e6 / total)))

    # A damaged stream is played as far as it goes: what may not be missing is measured afterwards.
    argv = [ffmpeg(), "-hide_banner", "-nostdin", "-y", "-max_error_rate", "1", "-loglevel", "info", "-nostats"]
    # A hole in a transport stream stays as long as it is: times of words and frames are counted over it.
    argv += ["-dts_delta_threshold", "1000000", "-progress", "pipe:1", *arguments]
    return run(argv, folder, wall, on_line=on_line)[1]


# --- probe ----------------------------------------------------------------------------------------------------------

OPENING = {
    "protocol_whitelist": "file",
    "max_pixels": str(intake.PIXELS),
    "max_streams": str(intake.STREAMS + 1),
    "probesize": "5000000",
    "analyzeduration": "5000000",
    "threads": "1",
}
"""For every file from outside.  PyAV hands them to the demuxer and to the decoders that guess the streams."""

PROBE_WALL = 60.0
PROBE_MEMORY = 1536
"""Megabytes of address space; Python and the libraries alone map about 600."""

BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from tools.media import _child; _child(*sys.argv[2:])"


def probe(path: Path, name: str) -> Source:
    """What measuring the file told.  ``Refusal`` with a code of ``intake.CODES`` when it can't be used.

    ``name`` is only shown, never opened.
    """
    from tools.ports import Refusal
    from tools.schema import Source

    try:
        facts = _inspect(path)
        return Source(name=name[:255], sha256=_digest(path), bytes=path.stat().st_size, **facts)
    except intake.Refused as refused:
        raise Refusal(refused.code, refused.sentence) from refused


def _inspect(path: Path) -> dict[str, Any]:
    container = _sniff(path)
    root = str(Path(__file__).resolve().parent.parent)
    argv = [sys.executable, "-I", "-c", BOOT, root, str(path.resolve()), container]
    try:
        said, _ = run(argv, path.resolve().parent, PROBE_WALL, memory=PROBE_MEMORY, largest=1)
        answer = json.loads(said.splitlines()[-1])
    except (ProcessFailed, ValueError, IndexError) as error:
        if "Traceback" in str(error) and ", in _child" not in str(error):
            raise  # the probe itself did not start, which says nothing about the file
        raise intake.Refused("corrupt", "Reading it failed.") from error
    if "code" in answer:
        raise intake.Refused(answer["code"], answer["detail"])
    return dict(answer)


def _sniff(path: Path) -> str:
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(path)):
        raise intake.Refused("url")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise intake.Refused("not_found") from None
    except OSError as error:
        raise intake.Refused("unreadable") from error
    if stat.S_ISDIR(mode):
        raise intake.Refused("directory")
    if not stat.S_ISREG(mode):
        raise intake.Refused("not_regular")
    try:
        with path.open("rb") as file:
            container = intake.sniff(file.read(intake.HEAD))
            if container == "mov":
                intake.check_boxes(file, path.stat().st_size)
    except PermissionError as error:
        raise intake.Refused("unreadable") from error
    return container


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _child(path: str, container: str) -> None:
    """The probe's child: one line of JSON, the facts or the verdict."""
    try:
        print(json.dumps(_measure_file(path, container)))
    except intake.Refused as refused:
        print(json.dumps({"code": refused.code, "detail": refused.detail}))
    except MemoryError:
        print(json.dumps({"code": "corrupt", "detail": "Reading it takes more memory than a video may."}))


def _open(path: str | Path, container: str, threads: int = 1) -> Any:
    import av

    av.logging.set_level(None)
    return av.open(str(path), format=container, options=OPENING | {"threads": str(threads)}, metadata_errors="replace")


ATTACHED_PICTURE = 1024
DEFAULT = 1


def _measure_file(path: str, container: str) -> dict[str, Any]:
    import av

    size = os.path.getsize(path)
    try:
        with _open(path, container) as file:
            if len(file.streams) > intake.STREAMS:
                raise intake.Refused("too_many_streams", f"It has {len(file.streams)}.")
            video = _choose(s for s in file.streams.video if not int(s.disposition) & ATTACHED_PICTURE)
            audio = _choose(s for s in file.streams.audio if s.codec_context and s.codec_context.sample_rate)
            if video is None:
                raise intake.Refused("no_video")
            if video.codec_context is None:
                raise intake.Refused("unsupported", "Its video codec is unknown.")
            start = (file.start_time or 0) / av.time_base
            picture, head = _picture(file, video)
            first, end, rate, variable = _timing(file, video, head, size, start)
            facts = picture | {"video_index": video.index}
            if audio is not None:
                facts |= {
                    "audio_index": audio.index,
                    "audio_codec": audio.codec_context.codec.canonical_name,
                    "channels": audio.codec_context.channels,
                    "sample_rate": audio.codec_context.sample_rate,
                }
    except MemoryError:
        raise
    except (av.error.FFmpegError, ValueError, OSError, IndexError, OverflowError, ZeroDivisionError) as error:
        if isinstance(error, av.error.FFmpegError) and error.errno == errno.ENOMEM:
            raise intake.Refused("too_many_streams") from error
        raise intake.Refused("corrupt", "Reading it failed.") from error
    intake.check_time(end - start, float(rate))
    shown = _promo_rate(rate)
    return facts | {
        "container": container,
        "duration": round(end - start, 6),
        "rate": f"{shown.numerator}/{shown.denominator}",
        "variable_rate": variable or shown != rate,
        "start": start,
        "video_start": round(max(0.0, first - start), 6),
    }


def _choose(streams: Iterator[Any]) -> Any:
    """The stream marked as default, else the first."""
    found = list(streams)
    return next((s for s in found if int(s.disposition) & DEFAULT), found[0] if found else None)


def _picture(file: Any, video: Any) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    """What a few decoded frames are, whatever the header says; and the times of the packets at the start."""
    import av

    claimed = video.codec_context.width * video.codec_context.height
    video.codec_context.options = {"max_pixels": str(intake.PIXELS), "threads": "1"}
    base = float(video.time_base)
    frames: list[Any] = []
    head: list[tuple[float, float]] = []
    for tried, packet in enumerate(file.demux(video)):
        at = _stamp(packet)
        if packet.size and at is not None and not packet.is_corrupt:
            head.append((at * base, (packet.duration or 0) * base))
        if len(frames) < 8 and tried < 400:
            with contextlib.suppress(av.error.FFmpegError):
                frames += packet.decode()
        if len(head) >= 240 or tried > 2000:
            break
    if not frames:
        if claimed == 0 or claimed > intake.PIXELS:
            raise intake.Refused("too_large_dims")
        raise intake.Refused("corrupt", "No picture in it can be read.")
    frame = frames[-1]
    intake.check_picture(frame.width, frame.height)
    sar = video.sample_aspect_ratio or Fraction(1)
    sar = Fraction(sar) if Fraction(1, 4) <= Fraction(sar) <= 4 else Fraction(1)
    rotation = (
        round(-frame.rotation / 90) * 90 % 360 if abs(frame.rotation) <= 360 else 0
    )  # a broken matrix is not a number
    width, height = round(frame.width * sar), frame.height
    if rotation % 180:
        width, height = height, width
    colour = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}.get(int(frame.colorspace), "")
    facts = {
        "width": width,
        "height": height,
        "rotation": rotation,
        "hdr": int(frame.color_trc) in (16, 18),
        "interlaced": sum(bool(f.interlaced_frame) for f in frames) * 2 > len(frames),
        "video_codec": video.codec_context.codec.canonical_name,
        "colour": colour or ("bt709" if frame.height >= 720 else "bt601"),
    }
    return facts, sorted(head)


def _timing(
    file: Any, video: Any, head: list[tuple[float, float]], size: int, start: float
) -> tuple[float, float, Fraction, bool]:
    """First and last presentation time in the file's own seconds, rate, and whether the rate varies; by packets."""
    index = video.index_entries
    base = float(video.time_base)
    if len(index) > intake.LONGEST * intake.FASTEST:
        raise intake.Refused("corrupt", "Its index claims more frames than a video can have.")
    last = next((e for e in reversed(index) if e.size == 0 or e.pos + e.size <= size), None) if len(index) else None
    claimed = (file.duration or 0) / 1e6
    first = head[0][0] if head else start
    goal = last.timestamp * base if last is not None else start + claimed
    tail: list[tuple[float, float]] = []
    for back in (1.0, 30.0, math.inf):  # some demuxers land after the goal, or on nothing
        _seek(file, video, max(start, goal - back) if back < math.inf else start)
        tail = _packets(file, video, None, size)
        if tail:
            break
    seen = head + tail
    if not seen:
        raise intake.Refused("corrupt", "No picture in it can be read.")
    end = max(at + length for at, length in seen)
    windows = [head, tail[-240:]]
    if end - first > 20 and len(index) + 1:
        for share in (0.25, 0.5, 0.75):
            _seek(file, video, first + (end - first) * share)
            windows.append(_packets(file, video, 120))
    rate, variable = pace(windows, video.average_rate)
    longest = max((length for _, length in seen), default=0)
    if not longest:
        end += 1 / float(rate)
    return first, end, rate, variable


def _seek(file: Any, video: Any, at: float) -> None:
    import av

    with contextlib.suppress(av.error.FFmpegError):
        file.seek(int(at / float(video.time_base)), stream=video, backward=True)


def _stamp(packet: Any) -> int | None:
    """When a packet is shown; AVI only says when it is decoded."""
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None else int(stamp)


def _packets(file: Any, video: Any, most: int | None, size: int | None = None) -> list[tuple[float, float]]:
    """(presentation time, length) of whole packets from where the file stands, in order of time."""
    import av

    found: list[tuple[float, float]] = []
    base = float(video.time_base)
    try:
        for packet in file.demux(video):
            at = _stamp(packet)
            if at is None or packet.size == 0:
                continue
            if packet.is_corrupt or (size and packet.pos is not None and packet.pos + packet.size > size):
                break
            found.append((at * base, (packet.duration or 0) * base))
            if most and len(found) >= most:
                break
    except av.error.FFmpegError:
        pass
    return sorted(found)


STANDARD = [
    Fraction(n, d)
    for n, d in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1), (60000, 1001))
] + [Fraction(60), Fraction(15), Fraction(12), Fraction(10), Fraction(120000, 1001), Fraction(120), Fraction(240)]


def pace(windows: Sequence[Sequence[tuple[float, float]]], average: Fraction | None) -> tuple[Fraction, bool]:
    """Frames per second of packets at (time, length), and whether they are unevenly spaced.

    A clock of milliseconds makes even frames look uneven by 1 ms: that much is forgiven.
    """
    steps = sorted(b[0] - a[0] for times in windows for a, b in zip(times, times[1:], strict=False) if b[0] > a[0])
    if not steps:
        return Fraction(average).limit_denominator(1001) if average else Fraction(25), False
    middle = steps[len(steps) // 2]
    slack = max(0.0015, middle * 0.1)
    uneven = sum(abs(step - middle) > slack for step in steps)
    variable = uneven > 0.01 * len(steps)
    usual = [step for step in steps if abs(step - middle) <= slack]
    measured = len(usual) / sum(usual)
    near = min(STANDARD, key=lambda rate: abs(float(rate) / measured - 1))
    if abs(float(near) / measured - 1) < (0.02 if variable else 0.0004):
        return near, variable
    return Fraction(measured).limit_denominator(1001), variable


def _promo_rate(rate: Fraction) -> Fraction:
    """The rate that promos are cut at: the source's, a fraction of it above 60, a multiple of it below 20."""
    if rate > 60:
        return rate / math.ceil(rate / 60)
    if rate < 20:
        return rate * math.ceil(20 / rate)
    return rate


# --- listening ------------------------------------------------------------------------------------------------------


def reading(source: Source) -> dict[str, Any]:
    """ffmpeg's options before ``-i`` for a source: what it is and what it may do."""
    return {
        "f": source.container,
        "protocol_whitelist": "file",
        "max_streams": intake.STREAMS + 1,
        "probesize": 5_000_000,
        "analyzeduration": 5_000_000,
        "max_pixels": intake.PIXELS,
    }


def _options(given: dict[str, Any]) -> list[str]:
    return [word for name, value in given.items() for word in (f"-{name}", str(value))]


def audio(workspace: Workspace) -> Path | None:
    """The run's ``audio.wav``, 16 kHz mono on the source's clock, made once; None for a source without sound.

    Sound that starts late is preceded by silence, and holes are filled: sample n is second n / 16000 of the source.
    """
    source = workspace.source
    if not source.has_audio:
        return None
    if workspace.audio.exists():
        return workspace.audio
    late = "aresample=16000:async=1:first_pts=0:min_hard_comp=0.02,apad"
    with _whole(workspace.audio) as part:
        convert(
            [
                *_options(reading(source)),
                *("-vn", "-sn", "-dn", "-i", f"file:{workspace.video.name}", "-map", f"0:{source.audio_index}"),
                *("-af", late, "-ac", "1", "-t", f"{source.duration:.6f}", "-map_metadata", "-1"),
                *("-c:a", "pcm_s16le", "-bitexact", "-f", "wav", part.name),
            ],
            workspace.folder,
            wall=60 + source.duration,
        )
    return workspace.audio


@contextlib.contextmanager
def _whole(path: Path, folder: Path | None = None) -> Iterator[Path]:
    """A temporary name, beside ``path`` or in ``folder``, that becomes ``path`` if the block ends well and vanishes if not."""
    handle, name = tempfile.mkstemp(dir=folder or path.parent, prefix=".part-", suffix=path.suffix)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


# --- looking --------------------------------------------------------------------------------------------------------


def keyframes(path: Path, source: Source, times: Sequence[float], width: int = 640) -> list[tuple[float, Image]]:
    """The keyframe nearest each time, by index seek, each once, in order of time.

    ``width`` is the most of the longer side; nothing is enlarged.  Upright, square pixels, SDR.
    """
    found: dict[int, tuple[float, Image]] = {}
    with _open(path, source.container) as file:
        video = file.streams[source.video_index]
        video.codec_context.skip_frame = "NONKEY"
        stamps = _key_stamps(file, video, source)
        base = float(video.time_base)
        for at in sorted(set(times)):
            goal = (at + source.start) / base
            if stamps:
                nearest = min(stamps, key=lambda stamp: abs(stamp - goal)) if len(stamps) < 64 else _near(stamps, goal)
                if nearest in found:
                    continue
                frame = _key_at(file, video, nearest)
                mark = nearest
            else:
                frame = _key_at(file, video, int(goal))
                mark = int(frame.pts) if frame is not None and frame.pts is not None else -1
            if frame is not None and mark not in found and frame.pts is not None:
                found[mark] = (max(0.0, frame.pts * base - source.start), _shown(frame, source, width))
    unique = {round(at, 6): (at, image) for at, image in found.values()}
    return [unique[key] for key in sorted(unique)]


def _key_stamps(file: Any, video: Any, source: Source) -> list[int]:
    """Where the keyframes are, by the file's index; empty when it has none that reaches to the end.

    Matroska reads its index at the first seek; a transport stream has none.
    """
    if source.container == "mpegts":
        return []
    if source.container in ("matroska", "flv"):
        _seek(file, video, source.start + source.duration)
    stamps = sorted(e.timestamp for e in video.index_entries if e.is_keyframe and not e.is_discard)
    reach = (stamps[-1] * float(video.time_base) - source.start) / source.duration if stamps else 0.0
    return stamps if source.container == "mov" or (reach > 0.6 and len(stamps) > 2) else []


def _near(stamps: list[int], goal: float) -> int:
    import bisect

    right = bisect.bisect_left(stamps, goal)
    return min(stamps[max(0, right - 1) : right + 1], key=lambda stamp: abs(stamp - goal))


def _key_at(file: Any, video: Any, stamp: int) -> Any:
    """The first keyframe from a seek to ``stamp``; None past the end or where nothing decodes."""
    import av

    try:
        file.seek(stamp, stream=video, backward=True)
        for tried, packet in enumerate(file.demux(video)):
            if packet.size and not packet.is_keyframe and tried < 2000:
                continue
            for frame in packet.decode():
                return frame
            if packet.size == 0 or tried > 2000:
                return None
            # A decoder that reorders gives the keyframe only when it is asked for the rest.
            for frame in video.codec_context.decode(None):
                return frame
            video.codec_context.flush_buffers()
    except av.error.FFmpegError:
        return None
    return None


def grab(path: Path, source: Source, at: float, width: int | None = None) -> Image:
    """The frame that is shown at ``at``, decoded exactly.  Upright, square pixels, SDR, even sides."""
    best = None
    with _open(path, source.container, threads=2) as file:
        video = file.streams[source.video_index]
        video.codec_context.thread_type = "AUTO"
        base = float(video.time_base)
        goal = at + source.start + 1e-4
        for back in (0.0, 2.0, 20.0, math.inf):
            _seek(file, video, max(source.start, goal - back) if back < math.inf else source.start - 1)
            for frame in _frames(file, video):
                if frame.pts is None:
                    continue
                if frame.pts * base > goal:
                    break
                best = frame
            if best is not None:
                return _shown(best, source, width)
    raise ProcessFailed(f"no frame could be decoded at {at:.3f} s of {source.duration:.3f} s")


def _frames(file: Any, video: Any) -> Iterator[Any]:
    """Decoded frames from the first keyframe on; a damaged packet is skipped."""
    import av

    started = False
    try:
        for number, packet in enumerate(file.demux(video)):
            started = started or packet.is_keyframe or packet.size == 0 or number > 600
            if not started:
                continue
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                continue
    except av.error.FFmpegError:
        return


def scan(path: Path, source: Source, width: int = 320) -> Iterator[tuple[float, Image]]:
    """The one whole decode: every frame that others refer to, small, with its time on the source's clock.

    Frames that nothing refers to may be left out where the decoder can tell, which halves the work.
    """
    with _open(path, source.container, threads=2) as file:
        video = file.streams[source.video_index]
        video.codec_context.thread_type = "AUTO"
        video.codec_context.skip_frame = "NONREF"
        base = float(video.time_base)
        for frame in _frames(file, video):
            if frame.pts is not None:
                yield max(0.0, frame.pts * base - source.start), _shown(frame, source, width)


def _shown(frame: Any, source: Source, width: int | None) -> Image:
    """A decoded frame as a viewer sees it, in BGR, its longer side ``width`` at most."""
    import numpy as np

    turned = source.rotation % 180 != 0
    shown = (source.height, source.width) if turned else (source.width, source.height)
    scale = min(1.0, width / max(shown)) if width else 1.0
    wide, tall = (max(2, round(side * scale / 2) * 2) for side in shown)
    import av

    if source.hdr:
        deep = frame.reformat(
            width=wide, height=tall, format="rgb48le", src_colorspace=_SWS.get(source.colour)
        ).to_ndarray()
        image = _tone(deep, frame.color_trc)
    else:
        image = frame.reformat(
            width=wide,
            height=tall,
            format="bgr24",
            src_colorspace=_SWS.get(source.colour),
            interpolation=av.video.reformatter.Interpolation.AREA
            if scale < 1
            else av.video.reformatter.Interpolation.BICUBIC,
        ).to_ndarray()
    if source.rotation:
        image = np.rot90(image, -source.rotation // 90)
    return np.ascontiguousarray(image)


_SWS = {"bt709": 1, "bt601": 5, "bt2020": 9}
"""libswscale's numbers of colour matrices."""


# --- the promo ------------------------------------------------------------------------------------------------------

VIDEO = "file:source.bin"


def render(
    workspace: Workspace,
    source: Source,
    cut: CutList,
    pieces: Mapping[Shape, Sequence[Piece]],
    subtitles: Mapping[Shape, str | None],
    out: Mapping[Shape, Path],
    progress: Progress | None = None,
    *,
    clean: Mapping[Shape, Path] | None = None,
    music: str | None = None,
    known: Mapping[Shape, Sequence[Stretch | None]] | None = None,
) -> None:
    """Make the promo in every shape of ``out``; each file appears whole under its name, or not at all.

    ``subtitles`` are names of .ass files in the run folder, None for no captions.  ``clean`` are further files without
    them.  ``music`` is the name of a sound file in the run folder to lay under the voice.  ``known`` are clips that were
    rendered before: their packets are copied, and only the others are encoded.
    """
    wanted = [(shape, subtitles.get(shape), path) for shape, path in out.items()]
    wanted += [(shape, None, path) for shape, path in (clean or {}).items()]
    fresh = _fresh(cut, known) if known and not clean else None
    with contextlib.ExitStack() as stack:
        parts = [stack.enter_context(_whole(path, workspace.folder)) for _, _, path in wanted]
        sound = stack.enter_context(_temporary(workspace.folder, ".f32"))
        master(workspace, source, cut, music).astype("<f4").tofile(sound)
        names = [(shape, part.name, captions) for (shape, captions, _), part in zip(wanted, parts, strict=True)]
        if (
            fresh is None
            or not known
            or not _reused(workspace, source, cut, pieces, names, sound, fresh, known, progress)
        ):
            _encoded(workspace, source, cut, pieces, names, sound, progress)
        for part in parts:
            if part.stat().st_size == 0:
                raise ProcessFailed("ffmpeg ended well but wrote nothing")
            if not _shows(part):
                raise Unreadable("no picture can be read in one of these clips: the video is damaged there")
            _correct(part, sound, workspace.folder)


def _encoded(
    workspace: Workspace,
    source: Source,
    cut: CutList,
    pieces: Mapping[Shape, Sequence[Piece]],
    promos: Sequence[tuple[Shape, str, str | None]],
    sound: Path,
    progress: Progress | None,
) -> None:
    """The one pass over the clips of ``cut``; ``promos`` are shape, name and captions of each file."""
    from tools import render as graph

    starts = [graph.first_time(source, clip, Fraction(cut.rate)) for clip in cut.clips]
    arguments = graph.picture_arguments(
        source,
        VIDEO,
        reading(source),
        cut,
        pieces,
        [graph.Promo(*promo) for promo in promos],
        sound.name,
        fonts(workspace.folder) if any(captions for _, _, captions in promos) else "fonts",
        threads(),
        leads(workspace.video, source, starts),
    )
    wall = 120 + 40 * float(cut.length) * max(1, len(promos))
    convert(arguments, workspace.folder, wall, total=float(cut.length), progress=progress)


def _fresh(cut: CutList, known: Mapping[Shape, Sequence[Stretch | None]]) -> list[int] | None:
    """Numbers of the clips that are to be encoded in some shape; None where that is all of them."""
    found = [n for n in range(len(cut.clips)) if any(each[n] is None for each in known.values())]
    return found if len(found) < len(cut.clips) else None


def _reused(
    workspace: Workspace,
    source: Source,
    cut: CutList,
    pieces: Mapping[Shape, Sequence[Piece]],
    promos: Sequence[tuple[Shape, str, str | None]],
    sound: Path,
    fresh: Sequence[int],
    known: Mapping[Shape, Sequence[Stretch | None]],
    progress: Progress | None,
) -> bool:
    """Encode the clips ``fresh`` and lay them and copies of the others together; False where they do not fit together."""
    from tools import kept
    from tools import render as graph

    clips = tuple(cut.clips[n] for n in fresh)
    frames = sum(clip.frames for clip in clips)
    part = cut.model_copy(update={"clips": clips, "length": float(frames / Fraction(cut.rate))})
    with contextlib.ExitStack() as stack:
        new = {shape: stack.enter_context(_temporary(workspace.folder, ".mp4")) for shape, _, _ in promos}
        if fresh:
            shown = []
            for shape, _, captions in promos:
                moved = None
                if captions:
                    moved = stack.enter_context(_temporary(workspace.folder, ".ass"))
                    text = (workspace.folder / captions).read_text("utf-8")
                    moved.write_text(kept.moved(text, cut, fresh), "utf-8")
                shown.append((shape, new[shape].name, moved.name if moved else None))
            # Sound is laid under the whole afterwards; what is under a part is thrown away.
            quiet = stack.enter_context(_temporary(workspace.folder, ".f32"))
            quiet.write_bytes(b"\0" * (8 * round(frames / Fraction(cut.rate) * graph.SAMPLES)))
            _encoded(workspace, source, part, pieces, shown, quiet, progress)
        for shape, name, _ in promos:
            stretches, done = [], 0
            for number, clip in enumerate(cut.clips):
                before = known[shape][number]
                if number in fresh or before is None:
                    stretches.append((new[shape], done, clip.frames))
                    done += clip.frames
                else:
                    stretches.append((workspace.folder / before.file, before.first, before.frames))
            joined = stack.enter_context(_temporary(workspace.folder, ".mp4"))
            if not _laid(stretches, Fraction(cut.rate), joined):
                return False
            convert(graph.resound_arguments(joined.name, sound.name, name), workspace.folder, wall=300)
    return True


def _laid(stretches: Sequence[tuple[Path, int, int]], rate: Fraction, into: Path) -> bool:
    """Packets of promos of ours, each (file, first frame, frames), one after another; False where one can't follow another."""
    import av

    with av.open(str(into), "w", format="mp4") as out:
        stream, head, done = None, None, 0
        for path, first, count in stretches:
            with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
                video = file.streams.video[0]
                head = head or video.codec_context.extradata
                if video.codec_context.extradata != head:
                    return False
                stream = stream or out.add_stream_from_template(video)
                packets = _stretch(file, video, rate, first, count)
                if packets is None:
                    return False
                by = round((done - first) / rate / Fraction(video.time_base or 1))
                for packet in packets:
                    packet.pts, packet.dts = packet.pts + by, packet.dts + by
                    packet.stream = stream
                    out.mux(packet)
            done += count
    return True


def _stretch(file: Any, video: Any, rate: Fraction, first: int, count: int) -> list[Any] | None:
    """The packets of ``count`` frames from ``first`` in order of decoding; None unless they stand on their own."""
    origin = video.start_time or 0
    found = []
    file.seek(origin + round(first / rate / video.time_base), stream=video, backward=True)
    for packet in file.demux(video):
        if packet.pts is None or packet.dts is None:
            continue
        number = round((packet.pts - origin) * video.time_base * rate)
        if number >= first + count and packet.is_keyframe:
            break
        if number >= first:
            found.append(packet)
            if len(found) == 1 and not (packet.is_keyframe and number == first):
                return None
    numbers = sorted(round((packet.pts - origin) * video.time_base * rate) for packet in found)
    return found if numbers == list(range(first, first + count)) else None


def leads(path: Path, source: Source, times: Sequence[Fraction]) -> list[Fraction]:
    """How much earlier to seek for each time, so that the first key frame from there is not later than it.

    0 where there is an index of even frames.  A transport stream has none, and where frames are held, the index is in
    the order of decoding and points too late.
    """
    import av

    found = []
    with _open(path, source.container) as file:
        video = file.streams[source.video_index]
        base = float(video.time_base)
        for at in times:
            goal = float(at) + source.start
            for lead in (0, 1, 3, 12, 60, math.ceil(at) + 1):
                first = None
                with contextlib.suppress(av.error.FFmpegError):
                    file.seek(int(max(source.start, goal - lead) * av.time_base), backward=True)
                    first = next(
                        (p.pts for p in file.demux(video) if p.size and p.is_keyframe and p.pts is not None), None
                    )
                if first is not None and first * base <= goal + 1e-3:
                    break
            found.append(Fraction(lead))
    return found


def master(workspace: Workspace, source: Source, cut: CutList, music: str | None = None) -> Sound:
    """The promo's sound: the clips' spans alone, faded at joins, matched, at its loudness; silence without a track."""
    import numpy as np

    from tools import render as graph
    from tools import sound

    bounds = graph.sample_bounds(cut)
    length = bounds[-1][1]
    if source.has_audio:
        with _temporary(workspace.folder, ".f32") as spans:
            starts = [graph.first_time(source, clip, Fraction(cut.rate)) for clip in cut.clips]
            ahead = leads(workspace.video, source, starts)
            arguments = graph.sound_arguments(source, VIDEO, reading(source), cut, spans.name, ahead)
            convert(arguments, workspace.folder, wall=120 + 4 * float(cut.length))
            raw = np.fromfile(spans, "<f4")
        if len(raw) != 2 * length:
            raise ProcessFailed(f"the sound of the clips has {len(raw) // 2} samples, {length} were asked for")
        raw = np.nan_to_num(raw.reshape(-1, 2), posinf=0, neginf=0)
    else:
        raw = np.zeros((length, 2), np.float32)
    clips = [raw[first:last] for first, last in bounds]
    flows = [graph.runs_on(a, b) for a, b in zip(cut.clips, cut.clips[1:], strict=False)]
    fades = [
        (0.0 if before else rise, 0.0 if after else fall)
        for (rise, fall), before, after in zip(_fades(cut, workspace), [False, *flows], [*flows, False], strict=True)
    ]
    gains = sound.match([sound.loudness(clip) for clip in clips])
    for index, flow in enumerate(flows):
        if flow:
            gains[index + 1] = gains[index]
    voice = sound.join(clips, fades, gains)
    if music:
        voice = voice + sound.duck(_bed(workspace, music, float(cut.length)), voice)
    return sound.master(voice)


def _fades(cut: CutList, workspace: Workspace) -> list[tuple[float, float]]:
    """Seconds to fade each clip in and out: within the pause before its first word and after its last."""
    from tools.sound import BRIEF, FADE

    spoken = workspace.transcript.words if workspace.transcript else ()
    found = []
    for clip in cut.clips:
        mine = [word for word in spoken if clip.start <= (word.start + word.end) / 2 < clip.end]
        rooms = (mine[0].start - clip.start, clip.end - mine[-1].end) if mine else (FADE, FADE)
        found.append((min(FADE, max(BRIEF, rooms[0])), min(FADE, max(BRIEF, rooms[1]))))
    return found


MUSIC_BYTES = 200_000_000
"""Most bytes of a file of music: half an hour as WAV."""


def check_music(path: Path) -> None:
    """Raises ``Refusal`` unless ``path`` is a file of music that can be played."""
    import av

    from tools.ports import Refusal
    from tools.text import clean

    name = clean(path.name, 80)
    if not path.is_file():
        raise Refusal("music", f"{name}, given as music, is not there; name an mp3, wav, m4a, flac or ogg file.")
    if path.stat().st_size > MUSIC_BYTES:
        raise Refusal("music", f"{name}, given as music, is over {MUSIC_BYTES // 1_000_000} MB; give a shorter piece.")
    try:
        with path.open("rb") as file:
            demuxer = intake.sniff_sound(file.read(intake.HEAD))
        with av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"}) as played:
            heard = sum(frame.samples for frame, _ in zip(played.decode(audio=0), range(50), strict=False))
    except intake.Refused as refused:
        raise Refusal("music", f"{name} can't be used as music: it is no mp3, wav, m4a, flac or ogg file.") from refused
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Refusal(
            "music", f"{name} can't be played, so it can't be laid under the voice; save it again as wav or mp3."
        ) from error
    if not heard:
        raise Refusal("music", f"{name} holds no sound, so it can't be laid under the voice; give another file.")


def _bed(workspace: Workspace, music: str, seconds: float) -> Sound:
    """A person's own music, decoded; the demuxer is chosen by the file's first bytes, as for a video."""
    import numpy as np

    with (workspace.folder / music).open("rb") as file:
        demuxer = intake.sniff_sound(file.read(intake.HEAD))
    with _temporary(workspace.folder, ".f32") as part:
        convert(
            [
                *("-f", demuxer, "-protocol_whitelist", "file", "-vn", "-t", f"{seconds:.3f}", "-i", f"file:{music}"),
                *("-map", "0:a:0", "-f", "f32le", "-ar", "48000", "-ac", "2", part.name),
            ],
            workspace.folder,
            wall=120,
        )
        return np.fromfile(part, "<f4").reshape(-1, 2)


def _correct(promo: Path, sound: Path, folder: Path) -> None:
    """Once more with quieter peaks or another gain where encoding moved the sound out of bounds; the picture is copied."""
    import numpy as np

    from tools import render as graph
    from tools import sound as sounds

    loud, peak, _ = _heard(promo, picture=False)
    if loud < sounds.QUIET or (abs(loud - sounds.TARGET) <= 0.5 and peak <= -1.1):
        return
    given = np.fromfile(sound, "<f4").reshape(-1, 2)
    ceiling = sounds.CEILING - max(0.0, peak + 1.3)
    better = sounds.master(given, sounds.TARGET + (sounds.TARGET - loud), ceiling)
    with _temporary(folder, ".f32") as other, _temporary(folder, ".mp4") as part:
        better.astype("<f4").tofile(other)
        convert(graph.resound_arguments(promo.name, other.name, part.name), folder, wall=300)
        os.replace(part, promo)


FONTS = ("Manrope-Regular.ttf", "Manrope-SemiBold.ttf", "Manrope-Bold.ttf", "Manrope-ExtraBold.ttf")


def fonts(folder: Path) -> str:
    """The name of a folder in the run folder that holds the caption fonts; ``NotReady`` without them."""
    from importlib.metadata import PackageNotFoundError, distribution

    from tools.ports import NotReady

    there = folder / "fonts"
    there.mkdir(exist_ok=True)
    try:
        carrier = distribution("font-manrope")
        for name in FONTS:
            if not (there / name).exists():
                with _whole(there / name) as part:
                    shutil.copyfile(Path(str(carrier.locate_file(f"font_manrope/files/{name}"))), part)
    except (PackageNotFoundError, FileNotFoundError) as error:
        raise NotReady("the caption font is missing; install font-manrope 0.0.2") from error
    return there.name


def threads() -> int:
    """For each encoder and decoder; more would only take memory, as three encoders run at once."""
    return max(2, min(4, (os.cpu_count() or 2) // 2))


@contextlib.contextmanager
def _temporary(folder: Path, suffix: str) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".part-", suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


# --- measuring what was made ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """What decoding a finished file told."""

    bytes: int
    video_codec: str
    profile: str
    pix_fmt: str
    width: int
    height: int
    rate: Fraction
    frames: int
    constant_rate: bool
    key_gap: float
    """Longest stretch from one key frame to the next or to the end, seconds."""
    audio_codec: str
    sample_rate: int
    channels: int
    samples: int
    start_gap: float
    """First sound after first picture, seconds."""
    faststart: bool
    errors: int
    """Complaints of the decoder over the whole file."""
    loudness: float
    """LUFS; -70 and below is silence."""
    true_peak: float
    """dBTP."""
    click: float
    """See ``sound.click``."""

    @property
    def video_duration(self) -> float:
        return float(self.frames / self.rate) if self.rate else 0.0

    @property
    def audio_duration(self) -> float:
        return self.samples / self.sample_rate if self.sample_rate else 0.0


def measure(path: Path, joins: Sequence[float] = ()) -> Measured:
    """Decode a finished mp4 whole and count.  ``joins`` are the seconds at which to listen for clicks."""
    import av
    import numpy as np

    from tools import sound as sounds

    with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
        video, track = file.streams.video[0], file.streams.audio[0]
        base, rate = video.time_base or Fraction(1), Fraction(video.average_rate or 1)
        stamps, keys = [], []
        for packet in file.demux(video):
            if packet.size and packet.pts is not None:
                stamps.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(float(packet.pts * base))
        stamps.sort()
        steps = {b - a for a, b in zip(stamps, stamps[1:], strict=False)}
        context = video.codec_context
        shape = (context.codec.name, context.profile or "", context.pix_fmt or "", context.width, context.height)
        first = float(stamps[0] * base) if stamps else 0.0
        end = len(stamps) / float(rate)
        file.seek(0)
        frames = list(file.decode(track))
        begins = frames[0].pts if frames else None
        late = float(begins * (track.time_base or Fraction(1))) - first if begins is not None else 0.0
        heard = (
            np.concatenate([frame.to_ndarray() for frame in frames], axis=1).T
            if frames
            else np.zeros((0, 2), np.float32)
        )
        codec, sample_rate, channels = (
            track.codec_context.name,
            track.codec_context.sample_rate,
            track.codec_context.channels,
        )
    loud, peak, (count, errors) = _heard(path)
    return Measured(
        path.stat().st_size,
        *shape,
        rate,
        count,
        len(steps) <= 1 or max(steps) - min(steps) <= 1,
        max((b - a for a, b in zip(keys, [*keys[1:], first + end], strict=True)), default=0.0),
        codec,
        sample_rate,
        channels,
        len(heard),
        late,
        _faststart(path),
        errors,
        loud,
        peak,
        sounds.click(heard.astype(np.float32), joins),
    )


def _heard(path: Path, picture: bool = True) -> tuple[float, float, tuple[int, int]]:
    """Loudness, true peak, and (frames decoded, complaints), by one ffmpeg over the whole file or its sound alone."""
    said: list[str] = []
    argv = [
        *(ffmpeg(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+info", "-progress", "pipe:1"),
        *("-f", "mov", "-protocol_whitelist", "file", "-i", f"file:{path.name}"),
        *(("-map", "0:v:0", "-fps_mode", "passthrough", "-f", "null", "-") if picture else ("-vn",)),
        *("-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"),
    ]
    _, told = run(argv, path.parent, wall=600, on_line=said.append)
    count = next((int(line[6:]) for line in reversed(said) if line.startswith("frame=")), 0)
    errors = len(re.findall(r"\[(?:error|fatal|panic)\]", told))
    loud = re.findall(r"I:\s+(-?[\d.]+|-inf|nan) LUFS", told)
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf|nan) dBFS", told)
    return _number(loud), _number(peak), (count, errors)


def _number(found: Sequence[str]) -> float:
    value = float(found[-1]) if found else -math.inf
    return value if math.isfinite(value) else -120.0


def _shows(path: Path) -> bool:
    import av

    with av.open(str(path), format="mov", options={"protocol_whitelist": "file"}) as file:
        return len(file.streams.video) > 0


def _faststart(path: Path) -> bool:
    with path.open("rb") as file:
        kinds = [box.kind for box in intake.boxes(file, 0, path.stat().st_size)]
    return b"moov" in kinds and b"mdat" in kinds and kinds.index(b"moov") < kinds.index(b"mdat")


def certificate(measured: Measured, cut: CutList, shape: Shape) -> Certificate:
    """Each promise about a finished promo, with what was measured and the limit."""
    from tools.schema import SIZES, Certificate, Check
    from tools.sound import QUIET, TARGET

    rate = Fraction(cut.rate)
    frame = float(1 / rate)
    planned = sum(clip.frames for clip in cut.clips)
    length = measured.frames / float(rate)
    drift = abs(measured.audio_duration - measured.video_duration) + abs(measured.start_gap)
    silent = measured.loudness < QUIET

    def check(name: str, value: float | str, limit: str, passed: bool) -> Check:
        return Check(
            name=name, value=round(value, 3) if isinstance(value, float) else value, limit=limit, passed=passed
        )

    width, height = SIZES[shape]
    kind = f"{measured.video_codec} {measured.profile} {measured.pix_fmt}, {measured.audio_codec} {measured.sample_rate} Hz {measured.channels} channels"
    checks = [
        check("length", length, f"{cut.target:g} ± 0.5 s", abs(length - cut.target) <= 0.5),
        check("frames", float(measured.frames), f"{planned} ± 1", abs(measured.frames - planned) <= 1),
        check("drift", drift, f"≤ {frame:.3f} s", drift <= frame + 1e-6),
        check(
            "loudness",
            measured.loudness,
            "silent" if silent else f"{TARGET:g} ± 0.7 LUFS",
            silent or abs(measured.loudness - TARGET) <= 0.7,
        ),
        check("true peak", measured.true_peak, "≤ -1 dBTP", measured.true_peak <= -1.0),
        check("join click", measured.click, "≤ 1", measured.click <= 1.0),
        check("decode errors", float(measured.errors), "0", measured.errors == 0),
        check(
            "size",
            f"{measured.width}x{measured.height}",
            f"{width}x{height}",
            (measured.width, measured.height) == (width, height),
        ),
        check(
            "even rate",
            str(measured.rate),
            str(rate),
            measured.constant_rate and abs(float(measured.rate / rate) - 1) < 1e-4,
        ),
        check("key frames", measured.key_gap, "≤ 2 s apart", measured.key_gap <= 2.0 + frame),
        check(
            "codecs",
            kind,
            "h264 High yuv420p, aac 48000 Hz 2 channels",
            (
                measured.video_codec,
                measured.profile,
                measured.pix_fmt,
                measured.audio_codec,
                measured.sample_rate,
                measured.channels,
            )
            == ("h264", "High", "yuv420p", "aac", 48000, 2),
        ),
        check("plays while it loads", "yes" if measured.faststart else "no", "yes", measured.faststart),
    ]
    return Certificate(checks=tuple(checks))


def _tone(deep: NDArray[np.uint16], curve: int) -> Image:
    """BT.2020 PQ or HLG in 16-bit RGB to BT.709 BGR in 8: SMPTE ST 2084 or ARIB STD-B67, Hable's curve."""
    import numpy as np

    code = np.linspace(0, 1, 1024, dtype=np.float32)
    if int(curve) == 16:
        power = code ** (1 / 78.84375)
        nits = 10000 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    else:
        nits = (
            1000
            * np.where(code <= 0.5, code**2 / 3, (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12) ** 1.2
        )
    light = (nits / 203).astype(np.float32)[deep >> 6]
    matrix = np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
    )
    light = np.clip(light @ matrix.T, 0, None)

    def hable(x: Any) -> Any:
        return (x * (0.15 * x + 0.05) + 0.004) / (x * (0.15 * x + 0.5) + 0.06) - 0.02 / 0.3

    flat = np.clip(hable(light * 2.0) / hable(np.float32(11.2)), 0, 1) ** (1 / 2.2)
    return (flat[..., ::-1] * 255 + 0.5).astype(np.uint8)
