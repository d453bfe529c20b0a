"""What a file is by its own bytes, what is let in, and the verdict on what is not.  Pure: it reads bytes handed to it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

HEAD = 4096
"""Bytes of the file's start that ``sniff`` wants."""

LONGEST = 4 * 3600.0
WIDEST, TALLEST = 4096, 2304
"""Either way round: an upright phone video is 2304 wide at most and 4096 tall."""
PIXELS = WIDEST * TALLEST
FASTEST = 240
SLOWEST = 0.1
STREAMS = 32
SMALLEST = 16

CODES = {
    "empty": "The file holds no bytes: the upload did not finish. Upload it again.",
    "not_found": "There is no such file. Check the name.",
    "directory": "That is a folder. Give one video file.",
    "url": "That is an address, not a file. Download the video and give the file.",
    "not_regular": "That is a link or a device, not a plain file. Give the video file itself.",
    "unreadable": "The file may not be read. Allow reading it and try again.",
    "not_media": "This is neither a video nor a sound file, whatever its name says. Give an mp4, mov, mkv, webm, ts, avi or flv, or an mp3, wav, m4a, flac, ogg or opus file.",
    "no_video": "There is neither a moving picture nor sound in this file. Give a video or a sound file.",
    "unsupported": "Files of this kind are not taken. Convert video to mp4 with H.264 and AAC, sound to mp3 or wav, and try again.",
    "corrupt": "The file is damaged or was cut off on its way. Export or upload it again.",
    "too_many_streams": f"The file has more than {STREAMS} streams. Export it with one video and one audio stream.",
    "too_large_dims": f"The picture is larger than {WIDEST} by {TALLEST} pixels. Export it at 4K or less.",
    "too_small": f"The picture is smaller than {SMALLEST} by {SMALLEST} pixels. Give the original video.",
    "too_long": f"The video is longer than {LONGEST / 3600:.0f} hours. Cut it into parts and give them one at a time.",
}
"""Every code of a refusal with its sentence: what was wrong, and what to do."""


class Refused(Exception):
    """A verdict against a file, before it is told to anyone: ``code`` is of ``CODES``."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    @property
    def sentence(self) -> str:
        return f"{self.detail} {CODES[self.code]}" if self.detail else CODES[self.code]


_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"8BPS", b"\x00\x00\x01\x00")
_STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"}
_OTHER_VIDEO = {
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "Windows Media",
    b"\x00\x00\x01\xba": "an MPEG program stream",
    b"\x00\x00\x01\xb3": "a bare MPEG stream",
    b"\x06\x0e\x2b\x34": "MXF",
    b".RMF": "RealMedia",
    b"GIF8": "an animated picture",
}
_OTHER_SOUND = {b"MThd": "MIDI", b"#!AMR": "AMR", b"wvPK": "WavPack", b"caff": "Core Audio", b"MAC ": "Monkey's Audio"}
SOUND = ("mp3", "aac", "wav", "flac", "ogg")
"""Demuxers of files that hold sound alone, and perhaps a picture that stands for it."""
_BOXES = {
    b"ftyp",
    b"moov",
    b"mdat",
    b"free",
    b"skip",
    b"wide",
    b"pnot",
    b"styp",
    b"moof",
    b"sidx",
    b"uuid",
    b"prft",
    b"emsg",
    b"pdin",
}


def sniff(head: bytes) -> str:
    """The demuxer to force for a file that starts with ``head``: mov, matroska, mpegts, avi or flv, or one of ``SOUND``.

    Nothing else is ever opened, so a playlist, a script of a demuxer or a picture under a video's name stays bytes.
    """
    if not head:
        raise Refused("empty")
    if len(head) >= 8 and head[4:8] in _BOXES:
        if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
            raise Refused("no_video", "This is a still picture.")
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF":
        if head[8:12] == b"AVI ":
            return "avi"
        if head[8:12] != b"WAVE":
            raise Refused("no_video", "This is not a video.")
    if head[:4] == b"FLV\x01":
        return "flv"
    if _transport(head):
        return "mpegts"
    if sound := _sound(head):
        return sound
    for magic, name in (_OTHER_VIDEO | _OTHER_SOUND).items():
        if head.startswith(magic):
            raise Refused("unsupported", f"This is {name}.")
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        raise Refused("unsupported", "This is AIFF.")
    if head.startswith(_IMAGES):
        raise Refused("no_video", "This is a still picture.")
    if _subtitles(head):
        raise Refused("no_video", "These are subtitles.")
    raise Refused("not_media")


def _sound(head: bytes) -> str:
    """The demuxer of a file of sound; empty for any other.  What follows a tag that is longer than ``head`` is taken for MPEG's."""
    if head[:3] == b"ID3" and len(head) > 10:
        size = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        return "mp3" if size >= len(head) else _sound(head[size:].lstrip(b"\0"))
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    for magic, demuxer in ((b"fLaC", "flac"), (b"OggS", "ogg")):
        if head.startswith(magic):
            return demuxer
    return _mpeg(head[:4])


def _mpeg(head: bytes) -> str:
    """``mp3`` for the header of a frame of MPEG's layers II and III, ``aac`` for one of ADTS; empty for none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    version, layer, bits, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if layer == 0 and head[1] & 0xF0 == 0xF0:
        return "aac" if head[2] >> 2 & 15 < 13 else ""
    return "mp3" if version != 1 and layer in (1, 2) and 0 < bits < 15 and rate < 3 else ""


def _transport(head: bytes) -> bool:
    """Whether these are packets of a transport stream: of 188 bytes, 192 with a time before, 204 with parity after.

    A recording may begin within a packet; then more of them must be there to be seen.
    """
    for first, packet in ((0, 188), (4, 192)):
        marks = head[first::packet]
        if len(marks) >= 4 and set(marks[:8]) == {0x47}:
            return True
    return any(
        head[first] == 0x47 and len(head[first::packet]) >= 16 and set(head[first::packet]) == {0x47}
        for packet in (188, 192, 204)
        for first in range(min(packet, len(head)))
    )


def sniff_sound(head: bytes) -> str:
    """The demuxer for a sound file that starts with ``head``: a bed of music, a person's own."""
    found = _sound(head) or ("mov" if head[4:8] == b"ftyp" else "")
    if not found:
        raise Refused("not_media", "The music is not an mp3, wav, m4a, flac or ogg file.")
    return found


def _subtitles(head: bytes) -> bool:
    text = head[:400].removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith((b"[Script Info]", b"WEBVTT")) or (text[:1].isdigit() and b"-->" in text)


@dataclass(frozen=True)
class Box:
    kind: bytes
    start: int
    """Of its content."""
    end: int


def boxes(file: BinaryIO, start: int, end: int, limit: int = 4096) -> Iterator[Box]:
    """The boxes of an mp4 or mov between two offsets, not what is in them.  Stops at the first that can't be."""
    at = start
    for _ in range(limit):
        if end - at < 8:
            return
        file.seek(at)
        head = file.read(16)
        size, kind, body = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at:
            return
        yield Box(kind, body, at + size)
        at += size


def check_boxes(file: BinaryIO, size: int) -> None:
    """Refuse what an mp4's or mov's outline already tells: no index, a packed or nested one, tracks or frames without end.

    libavformat would find out too, after unpacking a header a thousandfold, opening a decoder for each track, or
    filling a gigabyte with the frames that twenty bytes claim.
    """
    outline = [
        Box(box.kind, box.start, min(box.end, size)) for box in boxes(file, 0, size, MOST_BOXES) if box.start <= size
    ]
    index = next((box for box in reversed(outline) if box.kind == b"moov"), None)
    if index is None and all(box.kind != b"moof" for box in outline):
        raise Refused("corrupt", "Its index is missing.")
    if index is not None:
        _check_tracks(file, index)
    tables = [box for box in outline if box.kind not in (b"mdat", b"free", b"skip", b"ftyp")]
    if sum(box.end - box.start for box in tables) > LARGEST_INDEX:
        raise Refused("corrupt", "Its index is larger than that of a video can be.")
    listed = _listed(file, index) if index is not None else []
    packed = _packed(file, index, listed) if index is not None else {}
    others = (table for box in tables if box != index for table in _tables(file, box.start, box.end))
    if _claimed(file, chain(listed, others), size, packed) > MOST_PACKETS:
        raise Refused("corrupt", "Its index claims more frames than a video can have.")


def _check_tracks(file: BinaryIO, index: Box) -> None:
    tracks = 0
    for box in boxes(file, index.start, index.end):
        if box.kind == b"cmov":
            raise Refused("unsupported", "Its index is compressed, as no program has written for twenty years.")
        if box.kind == b"moov":
            raise Refused("corrupt", "Its index holds another index.")
        tracks += box.kind == b"trak"
    if tracks > STREAMS:
        raise Refused("too_many_streams", f"It has {tracks}.")


MOST_BOXES = 100_000
MOST_PACKETS = int(LONGEST * (FASTEST + 96_000 / 1024))
"""Frames and packets of sound of the longest video that is taken."""
LARGEST_INDEX = 256 << 20
"""Bytes."""
_TABLES = re.compile(rb"stsz|stz2|stts|stsc|stco|co64|trun")


class Table(NamedTuple):
    """Whatever looks like a table of an index."""

    kind: bytes
    begins: int
    at: int
    """Where what it holds begins, behind its kind and length."""
    length: int
    """Of all of it."""


def _listed(file: BinaryIO, index: Box) -> list[Table]:
    """The tables of the index, read once for all that asks about them."""
    found = list(islice(_tables(file, index.start, index.end), MOST_BOXES + 1))
    if len(found) > MOST_BOXES:
        raise Refused("corrupt", "Its index holds more tables than that of a video can.")
    return found


def _claimed(file: BinaryIO, tables: Iterable[Table], size: int, packed: dict[int, int]) -> int:
    """Packets that ``tables`` claim.

    A table of sizes takes four bytes for each packet, but one of packets of one size is twenty bytes whatever it claims.
    """
    total = 0
    for kind, _, at, length in tables:
        alike, count = _numbers(file, at + 4, 2)
        if at in packed:
            total += packed[at]
        elif kind == b"stsz" and alike:
            if count > max(100_000, size // 8):
                raise Refused("corrupt", "Its index claims more frames than the file can hold.")
            total += count
        elif kind in (b"stsz", b"stz2"):
            total += min(count, 2 * length)
        elif kind == b"trun":
            total += alike
    return total


def _packed(file: BinaryIO, index: Box, listed: Sequence[Table]) -> dict[int, int]:
    """Where tables stand that count single samples of sound, and into how many packets libavformat packs these.

    It packs up to 1024 of a chunk where each lasts one tick.  Only tables in their own place are taken at their word.
    """
    found = {}
    for track in boxes(file, index.start, index.end):
        if track.kind != b"trak":
            continue
        table: Box | None = track
        for name in (b"mdia", b"minf", b"stbl"):
            inside = boxes(file, table.start, min(table.end, track.end)) if table else ()
            table = next((box for box in inside if box.kind == name), None)
        if table is None:
            continue
        own = {box.kind: box.start for box in boxes(file, table.start, min(table.end, track.end))}
        there = (each for each in listed if track.start <= each.begins and each.begins + each.length <= track.end)
        seen = sorted((each.at, each.kind) for each in there)
        if seen != sorted((at, kind) for kind, at in own.items() if _TABLES.fullmatch(kind)):
            continue
        if not {b"stsz", b"stts", b"stsc"} <= own.keys() or _numbers(file, own[b"stts"] + 4, 3)[::2] != (1, 1):
            continue
        place = own.get(b"stco") or own.get(b"co64")
        chunks = _numbers(file, place + 4, 1)[0] if place else 0
        rows = min(_numbers(file, own[b"stsc"] + 4, 1)[0], 100_000)
        runs = _numbers(file, own[b"stsc"] + 8, 3 * rows)
        starts = [*runs[::3], chunks + 1]
        found[own[b"stsz"]] = sum(
            max(0, starts[n + 1] - starts[n]) * -(-each // 1024) for n, each in enumerate(runs[1::3])
        )
    return found


def _numbers(file: BinaryIO, at: int, count: int) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(f">{count}I", file.read(4 * count).ljust(4 * count, b"\0"))


def _tables(file: BinaryIO, start: int, end: int, block: int = 1 << 20) -> Iterator[Table]:
    """Whatever looks like a table between two offsets: libavformat reads it wherever it is nested."""
    for at in range(start, end, block):
        file.seek(at)
        data = file.read(min(block + 16, end - at))
        for found in _TABLES.finditer(data, 4):
            begins, body = found.start() - 4, found.end()
            size = int.from_bytes(data[begins : begins + 4], "big")
            if size == 1:
                size, body = int.from_bytes(data[body : body + 8], "big"), body + 8
            elif size == 0:
                size = end - at - begins
            if begins < block and 16 <= size <= end - at - begins:
                yield Table(found.group(), at + begins, at + body, size)


def check_picture(width: int, height: int) -> None:
    """``width`` and ``height`` in stored pixels."""
    if width * height > PIXELS or max(width, height) > WIDEST:
        raise Refused("too_large_dims", f"It is {width} by {height}.")
    if min(width, height) < SMALLEST:
        raise Refused("too_small", f"It is {width} by {height}.")


def check_time(seconds: float, frames_per_second: float) -> None:
    if seconds > LONGEST:
        raise Refused("too_long", f"It lasts {seconds / 3600:.1f} hours.")
    if seconds <= 0:
        raise Refused("corrupt", "It has no length.")
    if frames_per_second > FASTEST * 1.01:
        raise Refused("unsupported", f"It has {frames_per_second:.0f} frames a second, more than {FASTEST}.")
    if frames_per_second < SLOWEST:
        raise Refused("unsupported", "It has less than one frame in ten seconds.")
