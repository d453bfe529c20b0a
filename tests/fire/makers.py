"""How files are made for tests: by ffmpeg, by hand, and one out of another."""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "48k", "-ac", "1", "-ar", "44100")

Make = Callable[[Path], None]


def ffmpeg(*argv: str) -> None:
    from tools.media.process import ffmpeg as program

    command = [program(), "-v", "error", "-y", "-nostdin", *argv]
    done = subprocess.run(command, timeout=120, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)[:2000]}: {done.stderr[-500:]}")


def written(content: bytes | str) -> Make:
    data = content.encode() if isinstance(content, str) else content
    return lambda path: path.write_bytes(data) and None


def by(*argv: str) -> Make:
    """A file by ffmpeg; its container is the last of ``argv``."""
    return lambda path: ffmpeg(*argv[:-1], "-f", argv[-1], str(path))


def moving(seconds: float = 3, size: str = "320x180", rate: str = "25") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}")


def sine(seconds: float = 3, more: str = "") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=330:d={seconds}{more}")


PLAIN = by(*moving(), *sine(), *X264, *AAC, "mp4")
INDEX_FIRST = by(*moving(6), *sine(6), *X264, *AAC, "-movflags", "+faststart", "mp4")
STREAM = by(*moving(6), *sine(6), *X264, *AAC, "mpegts")


@cache
def _data(make: Make) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain"
        make(path)
        return path.read_bytes()


def of(make: Make, change: Callable[[bytes], bytes]) -> Make:
    """Another file of the bytes of one."""
    return lambda path: path.write_bytes(change(_data(make))) and None


def remade(make: Make, *argv: str, before: tuple[str, ...] = ()) -> Make:
    """What ffmpeg makes of a file."""

    def made(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "plain"
            plain.write_bytes(_data(make))
            ffmpeg(*before, "-i", str(plain), *argv[:-1], "-f", argv[-1], str(path))

    return made


def beside(text: str, *argv: str) -> Make:
    """What ffmpeg makes of the plain film and of ``words``, a file with ``text``."""

    def made(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "plain").write_bytes(_data(PLAIN))
            (Path(folder) / "words").write_text(text)
            given = [each.replace("WORDS", f"{folder}/words") for each in argv]
            ffmpeg("-i", f"{folder}/plain", *given[:-1], "-f", given[-1], str(path))

    return made


def patched(data: bytes, name: bytes, after: int, value: bytes, track: int = 0) -> bytes:
    """``value`` written ``after`` bytes behind the name of the ``track``-th box of that name."""
    at = [found.start() for found in re.finditer(re.escape(name), data)][track] + 4 + after
    return data[:at] + value + data[at + len(value) :]


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body
