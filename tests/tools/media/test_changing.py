"""A picture that changes within a recording, as broadcasts and screen recorders have it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tools.media import facts, process
from tools.rendering import promo
from tools.schema import Clip, CutList, Framing, Piece
from tools.troubles import Refusal
from tools.workspace import Workspace

HALVES = {
    "smaller": ("640x360", 25, "320x180", 25),
    "larger": ("320x180", 25, "1280x720", 25),
    "twice the rate": ("640x360", 25, "640x360", 50),
    "both": ("640x360", 50, "426x240", 25),
}


def film(folder: Path, one: str, rate: int, two: str, then: int, container: str = "mpegts") -> Workspace:
    """Six seconds of white above black, and six more of another size or rate."""
    workspace = Workspace(folder)
    parts = []
    for n, (size, fps) in enumerate(((one, rate), (two, then))):
        drawn = f"color=black:s={size}:r={fps}:d=6,drawbox=0:0:iw:ih/2:white:fill"
        given = ["-f", "lavfi", "-i", drawn, "-f", "lavfi", "-i", "sine=440:r=48000:d=6"]
        coded = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-output_ts_offset", str(6 * n)]
        path = folder / f"{n}.ts"
        subprocess.run(
            [process.ffmpeg(), "-v", "error", *given, *coded, "-f", container, str(path)], check=True, timeout=60
        )
        parts.append(path.read_bytes())
    workspace.video.write_bytes(b"".join(parts))
    return workspace


@pytest.mark.parametrize("kind", HALVES)
def test_a_clip_over_a_change_of_size_or_rate_has_its_frames_and_its_picture(tmp_path: Path, kind: str) -> None:
    workspace = film(tmp_path, *HALVES[kind])
    source = facts.probe(workspace.video, "v.ts")
    workspace.save("source.json", source)
    first, frames = round(4 * source.fps), round(4 * source.fps)
    clip = Clip(label="A", ids=("V1",), role="hook", reason="x", start=4, end=8, first_frame=first, frames=frames)
    cut = CutList(id="P1", target=4, length=float(frames / source.fps), rate=source.rate, clips=(clip,))
    piece = Piece(clip="A", first_frame=first, frames=frames, framing=Framing())
    promo.render(workspace, source, cut, {"16x9": [piece]}, {}, {"16x9": workspace.out / "p.mp4"})
    raw = subprocess.run(
        [process.ffmpeg(), "-v", "error", "-i", str(workspace.out / "p.mp4"), "-vf", "scale=16:10,format=gray"]
        + ["-fps_mode", "passthrough", "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    shown = np.frombuffer(raw, np.uint8).reshape(-1, 10, 16)
    assert len(shown) == frames
    assert (shown[:, 1] > 200).all()
    assert (shown[:, 8] < 40).all()


@pytest.mark.parametrize("later", ["640x480", "360x640"])
def test_a_picture_that_changes_its_shape_is_refused_with_when_and_what_to_do(tmp_path: Path, later: str) -> None:
    workspace = film(tmp_path, "640x360", 25, later, 25)
    with pytest.raises(
        Refusal, match=rf"changes its shape in the middle: at 0:0\d it is {later.replace('x', ' by ')}.*Convert"
    ):
        facts.probe(workspace.video, "v.ts")


def test_a_recording_without_an_index_whose_window_changed_its_shape_is_refused_too(tmp_path: Path) -> None:
    for n, size in enumerate(("320x180", "320x180", "320x180", "240x320")):
        made = [
            "-f",
            "lavfi",
            "-i",
            f"testsrc2=s={size}:r=5:d=40",
            "-c:v",
            "libvpx",
            "-deadline",
            "realtime",
            "-g",
            "20",
        ]
        subprocess.run(
            [process.ffmpeg(), "-v", "error", *made, "-cpu-used", "8", str(tmp_path / f"{n}.webm")],
            check=True,
            timeout=60,
        )
    (tmp_path / "list").write_text("".join(f"file {n}.webm\n" for n in range(4)))
    path = tmp_path / "recorded.webm"
    joined = ["-f", "concat", "-i", "list", "-c", "copy", "-live", "1", "-f", "webm", str(path)]
    subprocess.run([process.ffmpeg(), "-v", "error", *joined], cwd=tmp_path, check=True, timeout=60)
    with pytest.raises(Refusal, match="changes its shape in the middle: at 2:.. it is 240 by 320"):
        facts.probe(path, "recorded.webm")
