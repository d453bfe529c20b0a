"""Faces and text in stills on this machine: YuNet by OpenCV, and RapidOCR.

YuNet's weights lie in ``data``, RapidOCR's in its own wheel.  Neither reaches for a network.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.files import packaged
from tools.local import landmarks
from tools.ports import FrameAnalyst, Steps
from tools.schema import Box, Face, Frame
from tools.text import clean
from tools.workspace import Workspace

if TYPE_CHECKING:
    from tools.media.frames import Image

WEIGHTS = Path(__file__).parent / "data" / "face_detection_yunet_2023mar.onnx"
"""YuNet, MIT; its licence lies beside it."""

SURE = 0.7
"""Least score of a face."""

SMALLEST = 0.035
"""Least height of a face, of the frame's height: people in the background frame nothing."""

READABLE = 0.6
"""Least score of a line of text."""

LINES, LENGTH = 24, 120
"""Lines kept of one frame, and characters of a line."""

READ = 16
"""Frames of one call in which text is read; it takes ten times as long as finding faces."""

MEASURED = 2
"""Faces of a still of which lids and lips are measured, the largest first."""

SAME = 5
"""Bits in which two hashes may differ for the text of one frame to be taken for the other's."""


class Vision(FrameAnalyst):
    """The local ``FrameAnalyst``: faces with eyes, turn and smile as estimates, and text.  Labels need another engine."""

    engine = "yunet+rapidocr"

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], list[Frame]] = {}
        """Frames that were read, by run folder and shot: the tools that come later look at the same pictures again."""

    def analyse(self, frames: Sequence[Frame], workspace: Workspace, steps: Steps) -> tuple[Frame, ...]:
        """The same frames in the same order with faces in all and text in up to ``READ`` of them."""
        pictures = [_load(workspace.folder / frame.file) for frame in frames]
        found = [
            frame if image is None else frame.model_copy(update={"faces": self.faces(image)})
            for frame, image in zip(frames, pictures, strict=True)
        ]
        for at, frame in enumerate(found):
            if same := _same(frame, self._known.get((str(workspace.folder), frame.shot), [])):
                found[at] = frame.model_copy(update={"text": same.text, "text_boxes": same.text_boxes})
        fresh = [
            at
            for at, frame in enumerate(found)
            if not _same(frame, self._known.get((str(workspace.folder), frame.shot), []))
        ]
        chosen = [fresh[n] for n in worth_reading([found[at] for at in fresh])]
        for number, at in enumerate(chosen):
            image = pictures[at]
            if image is not None:
                lines, boxes = self.text(image)
                found[at] = found[at].model_copy(update={"text": lines, "text_boxes": boxes})
                self._known.setdefault((str(workspace.folder), found[at].shot), []).append(found[at])
            steps.progress("look", 0.6 + 0.4 * (number + 1) / len(chosen), "reading what is on screen")
        return tuple(
            frame.model_copy(update={"text": same.text, "text_boxes": same.text_boxes})
            if at in fresh
            and at not in chosen
            and (same := _same(frame, [found[m] for m in chosen if found[m].shot == frame.shot]))
            else frame
            for at, frame in enumerate(found)
        )

    @property
    def settings(self) -> str:
        meshes = landmarks.installed()
        return f"rapidocr {packaged.version('rapidocr')} landmarks {meshes} {packaged.code('tools.local', 'tools.picture')}"

    def recall(self, frames: Sequence[Frame], workspace: Workspace) -> None:
        for frame in frames:
            if frame.text:
                self._known.setdefault((str(workspace.folder), frame.shot), []).append(frame)

    def let_go(self) -> None:
        """Free the models, which are read again when they are next asked."""
        for name in ("_detector", "_landmarks", "_reader"):
            self.__dict__.pop(name, None)

    def faces(self, image: Image) -> tuple[Face, ...]:
        """Faces in a BGR image, the largest first."""
        height, width = image.shape[:2]
        if min(height, width) < 24:
            return ()
        scale = min(1.0, 640 / max(height, width))
        small = image
        if scale < 1:
            size = (round(width * scale), round(height * scale))
            small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._detector.detect(small)
        found = [_face(row, small) for row in (rows if rows is not None else ())]
        large = sorted((face for face in found if face.h >= SMALLEST), key=lambda face: -face.w * face.h)
        return (*(self._measured(image, face) for face in large[:MEASURED]), *large[MEASURED:])

    def _measured(self, image: Image, face: Face) -> Face:
        """The face with its lids and lips, and what they tell of its eyes."""
        seen = self._landmarks.measure(image, face) if self._landmarks else face
        if seen.lids is None:
            return face
        return seen.model_copy(update={"eyes_open": round(float(np.interp(seen.lids, [0.12, 0.2], [0.0, 1.0])), 2)})

    def text(self, image: Image) -> tuple[tuple[str, ...], tuple[Box, ...]]:
        """Lines of text from the top, and a box in shares of the frame for each."""
        if min(image.shape[:2]) < 32 or self._reader is None:
            return (), ()
        answer = self._reader(image, use_det=True, use_cls=False, use_rec=True)
        if answer.txts is None or answer.boxes is None:
            return (), ()
        height, width = image.shape[:2]
        found = []
        for line, score, corners in zip(answer.txts, answer.scores, answer.boxes, strict=True):
            words = clean(line, LENGTH)
            if float(score) >= READABLE and len(words) > 1:
                (left, top), (right, bottom) = np.min(corners, 0), np.max(corners, 0)
                found.append((words, _box(left / width, top / height, (right - left) / width, (bottom - top) / height)))
        found = sorted(found, key=lambda each: (round(each[1][1], 2), each[1][0]))[:LINES]
        return tuple(words for words, _ in found), tuple(box for _, box in found)

    @cached_property
    def _detector(self) -> Any:
        cv2.utils.logging.setLogLevel(
            cv2.utils.logging.LOG_LEVEL_ERROR
        )  # OpenCV 5 warns at every start that its new engine has no targets
        return cv2.FaceDetectorYN.create(str(WEIGHTS), "", (320, 320), SURE)

    @cached_property
    def _landmarks(self) -> landmarks.Landmarks | None:
        """None where what carries them is not installed: edges tell of eyes, then."""
        return landmarks.Landmarks() if landmarks.installed() else None

    @cached_property
    def _reader(self) -> Any:
        """None where rapidocr is not installed: text on screen is a help, not a need."""
        try:
            from rapidocr import RapidOCR
        except ImportError:
            logging.getLogger(__name__).warning("rapidocr is not installed: text on screen is not read")
            return None
        # Its own default enlarges the shorter side to 736 pixels: four times the time for no more lines.
        return RapidOCR(params={"Global.log_level": "critical", "Det.limit_type": "max", "Det.limit_side_len": 640})


def worth_reading(frames: Sequence[Frame], most: int = READ) -> list[int]:
    """Which frames to read text in: one a shot first, then those that differ most from what is read already."""
    usable = [n for n, frame in enumerate(frames) if not {"black", "white", "flat"} & set(frame.gates)]
    by_shot: dict[str, list[int]] = {}
    for n in usable:
        by_shot.setdefault(frames[n].shot, []).append(n)
    middles = [group[len(group) // 2] for group in by_shot.values()]
    chosen = (
        middles if len(middles) <= most else [middles[round(k * (len(middles) - 1) / (most - 1))] for k in range(most)]
    )
    rest = [n for n in usable if n not in chosen]
    while rest and len(chosen) < most:
        gaps = {n: min(frames[n].distance(frames[m]) for m in chosen) for n in rest}
        best = max(rest, key=gaps.__getitem__)
        if gaps[best] <= SAME:
            break
        chosen.append(best)
        rest.remove(best)
    return sorted(chosen)


def _same(frame: Frame, read: Sequence[Frame]) -> Frame | None:
    """The one of ``read`` that shows the same picture."""
    same = [other for other in read if other.distance(frame) <= SAME]
    return min(same, key=lambda other: abs(other.at - frame.at), default=None)


def _load(path: Path) -> Image | None:
    image = cv2.imread(str(path))
    return None if image is None else image.astype(np.uint8, copy=False)


def _box(x: float, y: float, w: float, h: float) -> Box:
    """Clipped to the frame and rounded to what a pixel of the largest frame is."""
    left, top = min(max(float(x), 0.0), 1.0), min(max(float(y), 0.0), 1.0)
    right, bottom = min(max(float(x + w), left), 1.0), min(max(float(y + h), top), 1.0)
    return round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4)


def _face(row: NDArray[np.float32], image: Image) -> Face:
    """A row of YuNet: x, y, w, h, then right eye, left eye, nose, right and left corner of the mouth, then the score."""
    height, width = image.shape[:2]
    x, y, w, h = _box(row[0] / width, row[1] / height, row[2] / width, row[3] / height)
    points = np.asarray(row[4:14], np.float64).reshape(5, 2)
    turn = yaw(points)
    return Face(
        x=x, y=y, w=w, h=h,
        score=round(min(1.0, max(0.0, float(row[14]))), 3),
        eyes_open=eyes_open(image, points) if abs(turn) < 45 else None,
        yaw=round(turn, 1),
        smile=smile(points) if abs(turn) < 25 else None,
    )  # fmt: skip


def yaw(points: NDArray[np.float64]) -> float:
    """Degrees that a face is turned, from how far its nose lies off the middle of its eyes; positive to the viewer's right."""
    across = points[1] - points[0]
    apart = float(np.hypot(*across)) or 1.0
    off = float(((points[2] - (points[0] + points[1]) / 2) @ across) / apart**2)
    return float(np.degrees(np.arctan(1.6 * off)))


def smile(points: NDArray[np.float64]) -> float:
    """A guess from how wide the mouth is for the distance of the eyes: 0.8 at rest, 1.1 in a broad smile."""
    apart = float(np.hypot(*(points[1] - points[0]))) or 1.0
    wide = float(np.hypot(*(points[4] - points[3]))) / apart
    return round(min(1.0, max(0.0, (wide - 0.8) / 0.3)), 2)


def eyes_open(image: Image, points: NDArray[np.float64]) -> float | None:
    """A guess of how open the eyes are: 0.3 and less is closed, 0.7 and more is open.  The wider of the two counts.

    None where too little of the eyes is seen to tell: fewer than 24 pixels apart, or soft.
    """
    apart = float(np.hypot(*(points[1] - points[0])))
    if apart < 24:
        return None
    angle = float(np.degrees(np.arctan2(*(points[1] - points[0])[::-1])))
    seen = [value for n in (0, 1) if (value := openness(_patch(image, points[n], apart, angle))) is not None]
    return round(min(1.0, max(0.0, (max(seen) - 0.24) / 0.14)), 2) if seen else None


def _patch(image: Image, eye: NDArray[np.float64], apart: float, angle: float) -> Image:
    """One eye upright, 48 by 32 pixels, 0.6 by 0.4 of the distance of the eyes."""
    turn = np.asarray(cv2.getRotationMatrix2D((float(eye[0]), float(eye[1])), angle, 80 / apart), np.float64)
    turn[:, 2] += np.array([24.0, 16.0]) - eye
    patch = cv2.warpAffine(
        cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), turn, (48, 32), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    return patch.astype(np.uint8)


def openness(patch: Image) -> float | None:
    """Share of an eye's edges that are upright; None where it is too soft or too flat to tell.

    An iris has sides, a closed lid is one level line.  On five talking heads closed eyes were 0.21 to 0.28, open ones
    0.34 to 0.47.
    """
    inner = patch[4:30, 6:42].astype(np.float32)
    spread = float(inner.std())
    if spread < 8 or float(np.abs(cv2.Laplacian(inner, cv2.CV_32F)).mean()) < 0.15 * spread:
        return None
    soft = cv2.GaussianBlur(patch, (3, 3), 0).astype(np.float32)[4:30, 6:42]
    across = float(np.abs(cv2.Sobel(soft, cv2.CV_32F, 1, 0)).mean())
    down = float(np.abs(cv2.Sobel(soft, cv2.CV_32F, 0, 1)).mean())
    return across / (across + down + 1)
