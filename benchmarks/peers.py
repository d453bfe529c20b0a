"""The same promo by other tools, from a throwaway environment that holds them: ``--peers VENV``.  None is a dependency of the project."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks import material
from benchmarks.pairs import Side
from tools.media.process import ffmpeg

ENCODING = (
    "-preset",
    "veryfast",
    "-crf",
    "20",
    "-maxrate",
    "12M",
    "-bufsize",
    "24M",
    "-g",
    "60",
    "-pix_fmt",
    "yuv420p",
)


def sides(minutes: int, seconds: float, venv: Path | None) -> dict[str, Side | None]:
    """A side for each peer; None for one that is not installed."""

    given = (str(material.talk(minutes)), str(minutes), f"{seconds:g}", ffmpeg())
    found: dict[str, Side | None] = {"one trim filter over the file": Side("benchmarks.peers:trim", given)}
    python = venv / "bin" / "python" if venv else None
    there = python is not None and _imports(python, "moviepy")
    found["moviepy"] = Side("benchmarks.peers:moviepy", given, str(python)) if there else None
    there = python is not None and _imports(python, "smartcut")
    found["smartcut (copies what lies between key frames)"] = (
        Side("benchmarks.peers:smartcut", given, str(python)) if there else None
    )
    # Since 29 a package that fetches a program when it is first run, from where nothing can be pinned.
    found["auto-editor"] = None
    return found


def _imports(python: Path, name: str) -> bool:
    return (
        python.exists() and subprocess.run([str(python), "-c", f"import {name}"], capture_output=True).returncode == 0
    )


def trim(video: str, minutes: str, seconds: str, ffmpeg: str) -> Callable[[], object]:
    """The file decoded from its beginning, the clips cut out by filters."""
    each, starts = float(seconds) / material.CLIPS, material.starts(int(minutes), float(seconds))
    parts = []
    for n, at in enumerate(starts):
        parts.append(f"[0:v]trim={at}:{at + each},setpts=PTS-STARTPTS[v{n}]")
        parts.append(f"[0:a]atrim={at}:{at + each},asetpts=PTS-STARTPTS[a{n}]")
    joined = "".join(f"[v{n}][a{n}]" for n in range(len(starts))) + f"concat=n={len(starts)}:v=1:a=1[v][a]"
    out = material.home() / "peer-trim.mp4"
    argv = [ffmpeg, "-v", "error", "-nostdin", "-y", "-i", video, "-filter_complex", ";".join([*parts, joined])]
    argv += ["-map", "[v]", "-map", "[a]", "-c:v", "libx264", *ENCODING, "-c:a", "aac", "-b:a", "192k", str(out)]
    return lambda: subprocess.run(argv, check=True, timeout=1800)


def smartcut(video: str, minutes: str, seconds: str, ffmpeg: str) -> Callable[[], object]:
    import sys

    each, starts = float(seconds) / material.CLIPS, material.starts(int(minutes), float(seconds))
    kept = ",".join(f"{at:.3f},{at + each:.3f}" for at in starts)
    argv = [str(Path(sys.executable).with_name("smartcut")), video, str(material.home() / "peer-smartcut.mp4")]
    return lambda: subprocess.run([*argv, "--keep", kept], check=True, capture_output=True, timeout=1800)


def moviepy(video: str, minutes: str, seconds: str, ffmpeg: str) -> Callable[[], object]:
    from moviepy import VideoFileClip, concatenate_videoclips  # type: ignore[import-not-found]

    each, starts = float(seconds) / material.CLIPS, material.starts(int(minutes), float(seconds))

    def work() -> None:
        whole = VideoFileClip(video)
        joined = concatenate_videoclips([whole.subclipped(at, at + each) for at in starts])
        joined.write_videofile(
            str(material.home() / "peer-moviepy.mp4"),
            codec="libx264",
            audio_codec="aac",
            audio_bitrate="192k",
            preset="veryfast",
            ffmpeg_params=["-crf", "20", "-maxrate", "12M", "-bufsize", "24M", "-g", "60", "-pix_fmt", "yuv420p"],
            logger=None,
        )

    return work
