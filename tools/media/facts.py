"""The first look at a file, in a child with limits, since that is where a bomb goes off."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import re
import stat
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.files import intake
from tools.files.whole import fingerprint
from tools.media import hearing
from tools.media.opening import open_video, reel_tag, seek, stamp
from tools.media.process import ProcessFailed, run
from tools.troubles import Refusal

if TYPE_CHECKING:
    from tools.schema import Source


PROBE_WALL = 60.0

PROBE_MEMORY = 1536
"""Megabytes of address space; Python and the libraries alone map about 600."""


BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from tools.media.facts import child; child(*sys.argv[2:])"


def probe(path: Path, name: str, identity: str = "") -> Source:
    """What measuring the file told.  ``Refusal`` with a code of ``intake.CODES`` when it can't be used.

    ``name`` is only shown, never opened.  ``identity`` stands for the SHA-256 of a file that is not here whole.
    """
    from tools.media import reels
    from tools.schema import Source

    try:
        facts = _inspect(path)
        takes = reels.read(facts.pop("reel", ""), facts["duration"], Fraction(facts["rate"]))
        sha = identity or fingerprint(path)
        return Source(name=name[:255], sha256=sha, bytes=path.stat().st_size, takes=takes, **facts)
    except intake.Refused as refused:
        raise Refusal(refused.code, refused.sentence) from refused


def _inspect(path: Path) -> dict[str, Any]:
    container = _sniff(path)
    root = str(Path(__file__).resolve().parents[2])
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


def child(path: str, container: str) -> None:
    """The probe's child: one line of JSON, the facts or the verdict."""
    try:
        print(json.dumps(_measure_file(path, container)))
    except intake.Refused as refused:
        print(json.dumps({"code": refused.code, "detail": refused.detail}))
    except MemoryError:
        print(json.dumps({"code": "corrupt", "detail": "Reading it takes more memory than a video may."}))


DEFAULT = 1


def _measure_file(path: str, container: str) -> dict[str, Any]:
    import av

    size = os.path.getsize(path)
    try:
        with open_video(path, container) as file:
            if len(file.streams) > intake.STREAMS:
                raise intake.Refused("too_many_streams", f"It has {len(file.streams)}.")
            video, audio = chosen(file)
            if video is None and audio is not None:
                return hearing.measure(file, audio, container, size) | {"reel": reel_tag(file)}
            if video is None and container in intake.SOUND:
                raise intake.Refused("corrupt", "No sound in it can be read.")
            if video is None:
                raise intake.Refused("no_video")
            if container in intake.SOUND:
                raise intake.Refused("unsupported", "This is Ogg with a moving picture.")
            if video.codec_context is None:
                raise intake.Refused("unsupported", "Its video codec is unknown.")
            start = (file.start_time or 0) / av.time_base
            picture, head = _picture(file, video)
            first, end, rate, variable = _timing(file, video, head, size, start)
            if container != "mov":
                _same_shape(file, video, picture["width"] / picture["height"], picture["rotation"], (first, end))
            facts = picture | {"video_index": video.index} | _numbered(path, container, file, video, rate)
            facts["reel"] = reel_tag(file)
            if audio is not None:
                facts |= hearing.told(file, audio, start)
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


_CODE = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d[:;.,]\d{2,3}")


def _numbered(path: str, container: str, file: Any, video: Any, rate: Fraction) -> dict[str, Any]:
    """The camera's time code of the first frame and how many frames it counts a second; nothing where there is none that holds."""
    others = [stream for stream in file.streams.get() if stream.type == "data"]
    told = [{k.lower(): v for k, v in each.metadata.items()}.get("timecode") for each in (video, *others, file)]
    code = next((each.strip() for each in told if each), "")
    second = (_counted(Path(path)) if container == "mov" else 0) or round(rate)
    if not _CODE.fullmatch(code) or not 0 < second <= intake.FASTEST or int(code[9:]) >= second:
        return {}
    return {"timecode": code[:8] + (";" if code[8] in ";," else ":") + code[9:], "timecode_second": second}


def _counted(path: Path) -> int:
    """Frames a second by the entry of a QuickTime time code track; 0 without one.

    Behind its kind, six bytes of zero and a reference: reserved, flags, time scale, length of a frame, frames a second.
    """
    with path.open("rb") as file:

        def inside(box: intake.Box, *kinds: bytes) -> Iterator[intake.Box]:
            if not kinds:
                yield box
                return
            for each in intake.boxes(file, box.start, box.end):
                if each.kind == kinds[0]:
                    yield from inside(each, *kinds[1:])

        whole = intake.Box(b"", 0, path.stat().st_size)
        for entry in inside(whole, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
            file.seek(entry.start)
            data = file.read(41)
            if data[12:16] == b"tmcd":
                return data[40] if len(data) > 40 else 0
    return 0


def chosen(file: Any) -> tuple[Any, Any]:
    """The streams of picture and of sound that count; None where there is none."""
    return (
        _choose(s for s in file.streams.video if not hearing.is_art(s)),
        _choose(iter(sounds(file))),
    )


def sounds(file: Any) -> list[Any]:
    """The streams of sound that can be heard."""
    return [s for s in file.streams.audio if s.codec_context and s.codec_context.sample_rate]


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
        at = stamp(packet)
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
    sar = _pixel(video)
    rotation, mirrored = _turn(frame)
    width, height = round(frame.width * sar), frame.height
    if rotation % 180:
        width, height = height, width
    colour = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}.get(int(frame.colorspace), "")
    facts = {
        "width": width,
        "height": height,
        "rotation": rotation,
        "mirrored": mirrored,
        "hdr": int(frame.color_trc) in (16, 18),
        "interlaced": sum(bool(f.interlaced_frame) for f in frames) * 2 > len(frames),
        "video_codec": video.codec_context.codec.canonical_name,
        "colour": colour or ("bt709" if frame.height >= 720 else "bt601"),
    }
    return facts, sorted(head)


GLANCES, PATIENCE = 16, 10.0
"""Places at which it is seen whether a picture keeps its shape, and seconds that this may take."""


def _same_shape(file: Any, video: Any, shape: float, rotation: int, span: tuple[float, float]) -> None:
    """Refuse a picture that is wider or narrower further on: what was framed by its beginning would be drawn out of shape."""
    for frame in _glances(file, video, *span):
        intake.check_picture(frame.width, frame.height)
        seen = frame.width * float(_pixel(video)) / frame.height
        seen = 1 / seen if rotation % 180 else seen
        if abs(seen / shape - 1) > 0.03:
            at = max(0.0, (frame.time or 0.0) - span[0])
            raise intake.Refused(
                "unsupported",
                f"Its picture changes its shape in the middle: at {int(at) // 60}:{int(at) % 60:02d} it is {frame.width} by {frame.height}.",
            )


def _glances(file: Any, video: Any, first: float, end: float) -> Iterator[Any]:
    """Key frames from all over a file; one after another in a file without an index, as a browser records it."""
    until, step = time.monotonic() + PATIENCE, (end - first) / GLANCES
    for glance in range(GLANCES):
        at = first + step * (glance + 0.5)
        seek(file, video, at)
        frame = next(_keys(file, video, until, 0.0), None)
        if frame is None:
            continue
        if at - (frame.time or at) > max(30.0, 4 * step):
            break
        yield frame
    else:
        return
    seek(file, video, first)
    yield from _keys(file, video, until, step)


def _keys(file: Any, video: Any, until: float, step: float) -> Iterator[Any]:
    """The pictures of key frames from where the file stands, at least ``step`` seconds apart; others are decoded only until one comes out."""
    import av

    owed, after = False, -math.inf
    with contextlib.suppress(av.error.FFmpegError):
        for packet in file.demux(video):
            at = float((stamp(packet) or 0) * video.time_base)
            if time.monotonic() > until:
                return
            if packet.is_keyframe and at >= after:
                owed, after = True, at + step
            for frame in packet.decode() if owed else ():
                owed = False
                yield frame
                break


def _pixel(video: Any) -> Fraction:
    """Width of a pixel over its height."""
    sar = video.sample_aspect_ratio or Fraction(1)
    return Fraction(sar) if Fraction(1, 4) <= Fraction(sar) <= 4 else Fraction(1)


def _turn(frame: Any) -> tuple[int, bool]:
    """Degrees clockwise, in quarters, that make a frame upright, and whether it is mirrored before; by its matrix.

    The matrix is ISO/IEC 14496-12's: nine 32-bit numbers a b u, c d v, x y w, of which a, b, c, d turn.
    """
    from av.sidedata.sidedata import Type

    given = frame.side_data.get(Type.DISPLAYMATRIX)
    if given is None:
        return 0, False
    a, b, _, c, d = struct.unpack("=5i", bytes(given)[:20])
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360, mirrored


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
        seek(file, video, max(start, goal - back) if back < math.inf else start)
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
            seek(file, video, first + (end - first) * share)
            windows.append(_packets(file, video, 120))
    rate, variable = pace(windows, video.average_rate)
    longest = max((length for _, length in seen), default=0)
    if not longest:
        end += 1 / float(rate)
    return first, end, rate, variable


def _packets(file: Any, video: Any, most: int | None, size: int | None = None) -> list[tuple[float, float]]:
    """(presentation time, length) of whole packets from where the file stands, in order of time."""
    import av

    found: list[tuple[float, float]] = []
    base = float(video.time_base)
    try:
        for packet in file.demux(video):
            at = stamp(packet)
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
