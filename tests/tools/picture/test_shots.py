"""Shot changes: each cut at its frame, none where a picture only moves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from tools.media import facts, process
from tools.picture import shots

RATE = 25


def film(path: Path, pictures: list[np.ndarray]) -> Path:
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x90", "-r", str(RATE), "-i", "pipe:0"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", str(path)]
    data = b"".join(picture.astype(np.uint8).tobytes() for picture in pictures)
    subprocess.run([process.ffmpeg(), "-v", "error", *raw, *coded], input=data, check=True, timeout=60)
    return path


def ground(seed: int) -> np.ndarray:
    rough = np.random.default_rng(seed).integers(20, 230, (9, 16))
    return np.kron(rough, np.ones((10, 10)))


def found(path: Path) -> list[float]:
    return [shot.start for shot in shots.shots(path, facts.probe(path, path.name))][1:]


def test_each_cut_is_found_at_its_frame(tmp_path: Path) -> None:
    cuts = [50, 87, 160]
    pictures = [ground(sum(n >= cut for cut in cuts)) for n in range(220)]
    assert found(film(tmp_path / "cuts.mp4", pictures)) == pytest.approx([cut / RATE for cut in cuts], abs=0.5 / RATE)


def test_a_picture_that_moves_is_one_shot(tmp_path: Path) -> None:
    rough = np.random.default_rng(5)
    across = sum(
        cv2.resize(rough.normal(0, size, (90 // size + 2, 320 // size + 2)), (320, 90)) for size in (3, 6, 12, 24)
    )
    across = 128 + 90 * across / np.abs(across).max()
    assert found(film(tmp_path / "pan.mp4", [across[:, n : n + 160] for n in range(150)])) == []


def test_a_flash_is_no_shot(tmp_path: Path) -> None:
    pictures = [np.full((90, 160), 250.0) if n == 70 else ground(1) for n in range(150)]
    assert found(film(tmp_path / "flash.mp4", pictures)) == []


def test_a_dissolve_is_one_change_with_its_length(tmp_path: Path) -> None:
    one, two = ground(1), ground(2)
    share = [min(1.0, max(0.0, (n - 60) / 25)) for n in range(150)]
    path = film(tmp_path / "dissolve.mp4", [one * (1 - part) + two * part for part in share])
    made = shots.shots(path, facts.probe(path, path.name))
    assert len(made) == 2
    assert made[1].start == pytest.approx(72.5 / RATE, abs=0.2)
    assert 0.5 <= made[1].fade <= 1.4


def test_shots_cover_the_video_without_gaps(tmp_path: Path) -> None:
    path = film(tmp_path / "cuts.mp4", [ground(n // 40) for n in range(200)])
    source = facts.probe(path, path.name)
    made = shots.shots(path, source)
    assert made[0].start == 0
    assert made[-1].end == pytest.approx(source.duration, abs=1e-6)
    assert [shot.end for shot in made[:-1]] == [shot.start for shot in made[1:]]
