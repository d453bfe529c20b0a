"""``python -m benchmarks.quality``: what x264's presets, threads and lookahead cost, and how the picture holds beside a slow encoding.

The same pictures by Hookline's own settings with one of them changed; VMAF against the pictures that were encoded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from benchmarks import material
from benchmarks.assembly import coding
from benchmarks.pairs import PAIRS, Spread
from tools.media import process


class Setting(NamedTuple):
    preset: str
    threads: int
    lookahead: int | None = None
    """Frames that x264 looks ahead; None for the preset's own, which is 10 of veryfast."""

    def __str__(self) -> str:
        return f"{self.preset}, {self.threads}" + ("" if self.lookahead is None else f", {self.lookahead}")


OURS = Setting("veryfast", 2)
TRIED = (
    Setting("ultrafast", 2), Setting("superfast", 2), Setting("veryfast", 1), OURS, Setting("veryfast", 4),
    Setting("veryfast", 2, 7), Setting("veryfast", 2, 5), Setting("veryfast", 2, 0),
    Setting("faster", 2), Setting("medium", 2), Setting("slow", 2),
)  # fmt: skip
"""The last is the slow reference."""


class Tried(NamedTuple):
    wall: float
    cpu: float
    megabytes: float


def encoded(given: Path, out: Path, setting: Setting, seconds: float) -> Tried:
    """``given`` encoded to ``out`` as a promo is, but for what ``setting`` says."""
    from tools.rendering import graph as render

    encoding = {**render._encoding(Fraction(material.RATE), setting.threads), "preset": setting.preset}
    if setting.lookahead is not None:
        encoding["x264-params"] += f":rc-lookahead={setting.lookahead}"
    silent = {name: value for name, value in encoding.items() if name not in ("acodec", "audio_bitrate", "ar", "ac")}
    argv = [
        process.ffmpeg(),
        "-v",
        "error",
        "-nostdin",
        "-y",
        "-t",
        f"{seconds:g}",
        "-i",
        str(given),
        "-an",
        *coding(silent),
    ]
    began = time.perf_counter()
    child = subprocess.Popen([*argv, str(out)])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"ffmpeg ended with {child.returncode} with {setting}")
    return Tried(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6)


def vmaf(given: Path, made: Path, seconds: float) -> tuple[float, float]:
    """Mean, and the least of any frame, 0 to 100."""

    with tempfile.TemporaryDirectory() as folder:
        graph = f"[0:v]settb=1/{material.RATE},setpts=N[a];[1:v]settb=1/{material.RATE},setpts=N[b];[a][b]libvmaf=n_threads=2:log_fmt=json:log_path=v.json"
        argv = [process.ffmpeg(), "-v", "error", "-nostdin", "-i", str(made), "-t", f"{seconds:g}", "-i", str(given)]
        subprocess.run([*argv, "-lavfi", graph, "-f", "null", "-"], check=True, timeout=900, cwd=folder)
        found = json.loads((Path(folder) / "v.json").read_text())["pooled_metrics"]["vmaf"]
    return found["mean"], found["min"]


def rows(seconds: float, rounds: int) -> Iterator[str]:
    given = material.handheld(1)
    with tempfile.TemporaryDirectory() as name:
        files = {each: Path(name) / f"{n}.mp4" for n, each in enumerate(TRIED)}
        costs: dict[Setting, list[Tried]] = {each: [] for each in TRIED}
        for _ in range(rounds):
            for each, path in files.items():
                costs[each].append(encoded(given, path, each, seconds))
        now = costs[OURS]
        for each, path in files.items():
            mean, least = vmaf(given, path, seconds)
            pairs = list(zip(costs[each], now, strict=True))
            wall, cpu = (Spread(tuple(one[n] / base[n] for one, base in pairs)) for n in (0, 1))
            held = max(one.megabytes for one in costs[each])
            rate = path.stat().st_size * 8 / seconds / 1e6
            yield f"| {each} | {wall} | {cpu} | {held:.0f} | {rate:.2f} | {mean:.2f} | {least:.2f} |"


def main() -> None:
    ask = argparse.ArgumentParser(prog="benchmarks.quality", description=__doc__)
    ask.add_argument("--seconds", type=float, default=6.0, help="of the hand-held talk to encode; default %(default)s")
    ask.add_argument("--rounds", type=int, default=PAIRS, help="of each, in turn; default %(default)s")
    asked = ask.parse_args()
    print(
        "| preset, threads, lookahead | wall / veryfast, 2 | CPU / veryfast, 2 | MB | Mbit/s | VMAF | its least |\n|---|---|---|---|---|---|---|"
    )
    for each in rows(asked.seconds, asked.rounds):
        print(each, flush=True)


if __name__ == "__main__":
    main()
