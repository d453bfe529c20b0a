"""What moves before a camera that stands still draws the eye; a camera that moves tells nothing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.tools.picture.test_framing import clip, face
from tools.picture import framing, second_look, stills
from tools.schema import CutList, Frame, Observation, Shape, Shot, Source
from tools.workspace import Workspace

WIDE = Source(
    name="v", sha256="0", bytes=1, container="mp4", duration=60, width=1280, height=720, rate="25/1", video_index=0
)
CUT = CutList(id="P1", clips=(clip(0, 100),), length=4.0, target=4.0, rate="25/1")


def seen(folder: Path, images: list[np.ndarray], **more: object) -> Observation:
    workspace = Workspace(folder)
    shots = (Shot(id="V1", start=0, end=60),)
    frames = [
        stills.keep(workspace, Frame(at=n, shot="V1", file=f"frames/{n}.jpg", **more), image)  # type: ignore[arg-type]
        for n, image in enumerate(images)
    ]
    return second_look.moving(workspace, CUT, Observation(shots=shots, frames=tuple(frames)))


def room() -> np.ndarray:
    """A room with something in every part of it."""
    noise = np.random.default_rng(3).integers(60, 190, (12, 20, 3), np.uint8)
    return cv2.resize(noise, (640, 360), interpolation=cv2.INTER_CUBIC)


def thrown() -> list[np.ndarray]:
    """A white ball that moves at the right of it."""
    made = []
    for x, y in ((520, 80), (540, 180), (590, 260), (570, 300)):
        image = room()
        cv2.circle(image, (x, y), 28, (250, 250, 250), -1)
        made.append(image)
    return made


@pytest.mark.parametrize("shape", ["9x16", "1x1"])
def test_a_crop_goes_to_what_moves_before_a_camera_that_stands_still(tmp_path: Path, shape: Shape) -> None:
    box = framing.choose(WIDE, seen(tmp_path, thrown()).frames, shape).box
    assert box[0] <= 520 / 640
    assert box[0] + box[2] >= 590 / 640


def test_where_the_camera_moves_or_somebody_is_seen_nothing_is_added(tmp_path: Path) -> None:
    panned = [np.roll(room(), 150 * n, axis=1) for n in range(4)]
    assert [f.columns for f in seen(tmp_path / "a", panned).frames] == [stills.attention(i)[0] for i in panned]
    there = seen(tmp_path / "b", thrown(), faces=(face(0.1),)).frames
    assert [f.columns for f in there] == [stills.attention(i)[0] for i in thrown()]
