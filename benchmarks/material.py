"""What is measured on, of two kinds: a recorded meeting of 10 and of 60 minutes, and ten minutes from a camera held in a hand.

Each is a short piece of the demo talk encoded once, and its packets again and again.

Made by recipe and kept outside the checkout, under ``HOOKLINE_BENCH_HOME`` or the user's cache folder.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.media.process import ffmpeg

RATE = 30
CLIPS, OFFSET, STEP = 6, 4.03, 8.7
"""A clip begins ``OFFSET`` + n · ``STEP`` seconds into its minute, so that a talk of any length gives the same pictures."""
LIKE = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", "60", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k")  # fmt: skip
"""A key frame every two seconds, as recorders of meetings write: a camera that stands still, 1.5 Mbit/s."""
MOVED = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "8M", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k")
"""x264's own key frames (at cuts, and 250 frames apart at most), at the 8 Mbit/s that YouTube asks for 1080p at 30 frames a second."""
SWAY = "crop=1920:1080:x='96+70*sin(2*PI*0.17*t)+22*sin(2*PI*0.61*t)':y='54+36*sin(2*PI*0.23*t+1)+14*sin(2*PI*0.83*t)'"
"""Up to 160 pixels a second, out of a picture a tenth larger."""


def home() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "hookline-bench"
    folder = Path(os.environ.get("HOOKLINE_BENCH_HOME") or base)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def demo() -> Path:
    from examples.demo import ensure

    return ensure()


def minute() -> Path:
    """A minute of talk, 1920 by 1080 at 30 frames a second."""
    noise = ("-vf", f"noise=alls=10:allf=t+u,fps={RATE}")
    return _made(f"{demo().parent.name}-minute.mp4", ("-ss", "20", "-t", "60", "-i", str(demo()), *noise, *LIKE))


def talk(minutes: int) -> Path:
    """That minute again and again; its packets are copied."""
    given = ("-stream_loop", str(minutes - 1), "-i", str(minute()), "-c", "copy", "-t", str(60 * minutes))
    return _made(f"{demo().parent.name}-{minutes}.mp4", given)


def handheld(minutes: int = 10) -> Path:
    """Half a minute of talk from a camera that sways, again and again."""
    sways = f"scale=2112:1188:flags=fast_bilinear,{SWAY},noise=alls=10:allf=t+u,fps={RATE}"
    half = _made(f"{demo().parent.name}-sway.mp4", ("-ss", "20", "-t", "30", "-i", str(demo()), "-vf", sways, *MOVED))
    given = ("-stream_loop", str(2 * minutes - 1), "-i", str(half), "-c", "copy", "-t", str(60 * minutes))
    return _made(f"{demo().parent.name}-sway-{minutes}.mp4", given)


def all_of_it() -> None:
    """Everything that the short form measures on, where it is not there."""
    talk(2), talk(10), talk(60), handheld(10)


def read(*paths: str) -> None:
    """Bring files into the machine's cache, so that the first who is measured does not wait for the disk."""
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.read(16 << 20):
                pass


def demos(times: int) -> Path:
    """The demo talk so many times in a row, for what should not depend on a video's length."""
    return demo() if times == 1 else _made(
        f"{demo().parent.name}-x{times}.mp4", ("-stream_loop", str(times - 1), "-i", str(demo()), "-c", "copy")
    )  # fmt: skip


def starts(minutes: int, seconds: float) -> list[float]:
    """Where the clips of a promo of ``seconds`` begin in a talk, spread over all of it."""
    return [60 * round(n * (minutes - 1) / (CLIPS - 1)) + OFFSET + n * STEP for n in range(CLIPS)]


def alone(seconds: float) -> Path:
    """The pictures and the sound of those clips and nothing else, for the floor."""
    each, parts = seconds / CLIPS, []
    for n in range(CLIPS):
        begin = OFFSET + n * STEP
        parts.append(f"[0:v]trim={begin}:{begin + each},setpts=PTS-STARTPTS[v{n}]")
        parts.append(f"[0:a]atrim={begin}:{begin + each},asetpts=PTS-STARTPTS[a{n}]")
    joined = "".join(f"[v{n}][a{n}]" for n in range(CLIPS)) + f"concat=n={CLIPS}:v=1:a=1[v][a]"
    graph = ("-filter_complex", ";".join([*parts, joined]), "-map", "[v]", "-map", "[a]")
    return _made(f"{demo().parent.name}-alone-{seconds:g}.mp4", ("-i", str(minute()), *graph, *LIKE))


def _made(name: str, arguments: Sequence[str]) -> Path:

    path = home() / name
    if not path.exists():
        part = path.with_name(f".making-{os.getpid()}-{name}")
        try:
            subprocess.run([ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments, str(part)], check=True, timeout=1800)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path
