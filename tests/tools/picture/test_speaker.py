"""Who of several faces speaks: by motion of mouths that is drawn here, and on two real videos side by side."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tools.picture import framing, speaker
from tools.schema import Face, Frame, Source

LEFT, RIGHT = (0.1, 0.2, 0.2, 0.5), (0.65, 0.25, 0.2, 0.5)


def pictures(talks: str, sways: str = "", count: int = 36) -> list[tuple[float, np.ndarray]]:
    """Two drawn faces at 12 pictures a second; the mouth of one opens and closes, the head of one sways."""
    made = []
    for n in range(count):
        image = np.full((360, 640, 3), 60, np.uint8)
        for name, (x, y, w, h) in (("left", LEFT), ("right", RIGHT)):
            shift = round(4 * np.sin(n / 3)) if name in sways else 0
            centre = (round((x + w / 2) * 640) + shift, round((y + h / 2) * 360))
            cv2.ellipse(image, centre, (round(w * 320), round(h * 180)), 0, 0, 360, (150, 180, 210), -1)
            for side in (-28, 28):
                cv2.circle(image, (centre[0] + side, centre[1] - 20), 8, (30, 30, 30), -1)
            opened = round(4 + 10 * abs(np.sin(n * 1.3))) if name in talks else 4
            cv2.ellipse(image, (centre[0], centre[1] + 46), (24, opened), 0, 0, 360, (40, 30, 120), -1)
        noise = np.random.default_rng(n).normal(0, 2, image.shape)
        made.append((n / 12, np.clip(image + noise, 0, 255).astype(np.uint8)))
    return made


def scores(talks: str, sways: str = "") -> list[float]:
    return [speaker.activity(pictures(talks, sways), face) for face in (LEFT, RIGHT)]


@pytest.mark.parametrize(("talks", "found"), [("left", 0), ("right", 1), ("", None), ("left right", None)])
def test_who_speaks_is_whose_mouth_moves_and_no_one_where_that_is_not_clear(talks: str, found: int | None) -> None:
    assert speaker.speaker([scores(talks)]) == found


def test_a_head_that_sways_does_not_speak() -> None:
    assert speaker.speaker([scores("left", sways="right")]) == 0


def test_of_two_who_answer_one_another_neither_is_the_speaker() -> None:
    left, right = scores("left"), scores("right")
    assert speaker.speaker([left, left, right]) is None
    assert speaker.speaker([left, left, [0.001, 0.002]]) == 0


def test_a_mouth_that_moves_with_the_sound_counts_more() -> None:
    shown = pictures("left")
    moved = np.abs(np.diff([abs(np.sin(n * 1.3)) for n in range(36)]))
    loud = np.interp(np.arange(300), np.arange(35) * 100 / 12 + 4, moved * 40 - 50).astype(np.float32)
    steady = np.full(300, -30, np.float32)
    assert speaker.activity(shown, LEFT, steady) == speaker.activity(shown, LEFT)
    assert speaker.activity(shown, LEFT, loud) > 1.2 * speaker.activity(shown, LEFT)


SOURCE = Source(
    name="v", sha256="0", bytes=1, container="mp4", duration=60, width=1920, height=1080, rate="25/1", video_index=0
)


@pytest.mark.parametrize("speaks", [0, 1])
def test_of_two_far_apart_the_crop_is_on_who_speaks(speaks: int) -> None:
    faces = [Face(x=x, y=0.3, w=0.12, h=0.25, score=0.9, speaking=(n == speaks)) for n, x in enumerate((0.08, 0.8))]
    frames = [Frame(at=n, shot="V1", file=f"{n}.jpg", faces=tuple(faces)) for n in range(3)]
    laid = framing.choose(SOURCE, frames, "9x16")
    assert laid.mode == "crop"
    middle = laid.box[0] + laid.box[2] / 2
    assert abs(middle - faces[speaks].centre[0]) < 0.12
    silent = [
        f.model_copy(update={"faces": tuple(g.model_copy(update={"speaking": None}) for g in f.faces)}) for f in frames
    ]
    assert framing.choose(SOURCE, silent, "9x16").mode == "split"
