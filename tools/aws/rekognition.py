"""Amazon Rekognition as the frame analyst: labels, faces, text on screen and what is unsafe, on chosen stills only."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from tools.aws.clients import client, code, passing
from tools.ports import UNSEEN, Bill, FrameAnalyst, Steps
from tools.schema import Box, Face, Frame, Label
from tools.text import clean
from tools.workspace import Workspace

PER_CALL = 0.001
"""Dollars an image and API, us-east-1, 2026-11."""
MOST = 60
"""Images of one run, and one for each two seconds of a short video."""
MOST_BYTES = 5 * 1024 * 1024
LEAST_SIDE = 80
"""Pixels, by the service's documentation."""
TOGETHER = 8
"""Images of one step, looked at side by side; a killed run pays for these again."""
LABELS, LINES, FACES = 15, 12, 15
SURE, READABLE, UNSAFE = 60.0, 80.0, 60.0
"""Confidence in percent from which a label, a line of text and a warning are kept."""
NOTHING = frozenset({"black", "white", "flat"})
"""Gates of stills with nothing to see, which are not paid for."""
SPOILED = frozenset({"InvalidImageFormatException", "ImageTooLargeException", "InvalidParameterException"})
"""Errors about one image, not about us."""


@dataclass
class Rekognition(FrameAnalyst):
    """Looks at up to ``most`` stills by each of ``apis``; what went wrong with single ones is left in ``warnings``."""

    region: str | None = None
    apis: Sequence[str] = ("labels", "faces", "text", "moderation")
    most: int = MOST
    allowed: frozenset[str] = frozenset()
    """Names of warnings that do not bar a still, for example ``Alcohol``."""
    api: Any = None
    engine: str = "Amazon Rekognition"
    warnings: list[str] = field(default_factory=list)
    """Of the last call of ``analyse``."""
    images: int = 0
    """Stills that were paid for in the last call of ``analyse``."""
    spent: Bill = field(default_factory=Bill)
    lasting: bool = True

    @cached_property
    def rekognition(self) -> Any:
        return self.api or client("rekognition", self.region, attempts=8, read=20.0)

    @property
    def price(self) -> float:
        """Dollars an image."""
        return PER_CALL * len(self.apis)

    @property
    def settings(self) -> str:
        return repr((tuple(self.apis), self.most, sorted(self.allowed)))

    def cap(self, duration: float) -> int:
        """Stills that may be looked at in a video of so many seconds."""
        return min(self.most, max(1, math.ceil(duration / 2)))

    def analyse(self, frames: Sequence[Frame], workspace: Workspace, steps: Steps) -> tuple[Frame, ...]:
        """The same frames in the same order with faces, labels, text and what is unsafe filled in."""
        chosen = worth(frames, self.cap(workspace.source.duration))
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(chosen), TOGETHER):
            some = chosen[start : start + TOGETHER]
            # Named by what is looked at: a tool may look twice, at other stills.
            name = hashlib.sha256("\n".join(frame.file for frame in some).encode()).hexdigest()[:12]
            found |= steps.step(f"rekognition-{name}", partial(self._several, some, workspace))
            steps.progress("look", min(1.0, (start + TOGETHER) / len(chosen)), "looking at stills")
        self.images = sum(1 for told in found.values() if not told["spoiled"])
        self.spent.add(self.price * self.images, f"look at {self.images} stills")
        self.warnings = [
            f"The still at {frame.at:.1f} s was not looked at: {why}."
            for frame in chosen
            if (why := found[frame.file]["why"])
        ]
        self.lasting = not any(each["why"] and not each["spoiled"] for each in found.values())
        if left := sum(1 for frame in frames if frame.file not in found and not NOTHING & set(frame.gates)):
            self.warnings.append(f"{left} stills over the cap of {len(chosen)} were not looked at.")
        return tuple(self._filled(frame, found.get(frame.file)) for frame in frames)

    def _several(self, frames: Sequence[Frame], workspace: Workspace) -> dict[str, dict[str, Any]]:
        with ThreadPoolExecutor(TOGETHER) as pool:
            return dict(
                zip(
                    (frame.file for frame in frames),
                    pool.map(lambda frame: self._look(workspace, frame), frames),
                    strict=True,
                )
            )

    def _look(self, workspace: Workspace, frame: Frame) -> dict[str, Any]:
        """What one still shows, as JSON; ``why`` it was not looked at, where it was not."""
        from botocore.exceptions import BotoCoreError, ClientError

        told: dict[str, Any] = {"why": "", "spoiled": False}
        try:
            image = {"Bytes": picture((workspace.folder / frame.file).read_bytes())}
            for name in self.apis:
                told |= _APIS[name](self.rekognition, image)
        except (ValueError, OSError) as error:
            return told | {"why": clean(error, 200), "spoiled": True}
        except (ClientError, BotoCoreError) as error:
            if code(error) not in SPOILED and not passing(error):
                raise
            return told | {"why": clean(code(error) or type(error).__name__, 80), "spoiled": code(error) in SPOILED}
        return told

    def _filled(self, frame: Frame, told: dict[str, Any] | None) -> Frame:
        checked = told is not None and "unsafe" in told
        unsafe = tuple(name for name in (told or {}).get("unsafe", ()) if name not in self.allowed)
        gates = [*frame.gates, *(["unsafe"] if unsafe else [])]
        if not checked and "moderation" in self.apis and not NOTHING & set(frame.gates):
            gates.append(UNSEEN)
        if told is None:
            return frame.model_copy(update={"gates": tuple(dict.fromkeys(gates))})
        return frame.model_copy(
            update={
                "gates": tuple(dict.fromkeys(gates)),
                "unsafe": tuple(dict.fromkeys((*frame.unsafe, *unsafe))),
                "faces": tuple(Face.model_validate(face) for face in told.get("faces", ())) or frame.faces,
                "labels": tuple(Label.model_validate(label) for label in told.get("labels", ())) or frame.labels,
                "text": tuple(told.get("text", ())) or frame.text,
                "text_boxes": tuple(tuple(box) for box in told.get("text_boxes", ())) or frame.text_boxes,
            }
        )


def worth(frames: Sequence[Frame], most: int) -> list[Frame]:
    """Up to ``most`` stills that show something, in their order: those without a gate first, the sharpest of each shot before others."""
    shown = [frame for frame in frames if not NOTHING & set(frame.gates)]
    turn: dict[str, int] = {}
    ranked = []
    for frame in sorted(shown, key=lambda frame: (bool(frame.gates), -frame.sharpness)):
        turn[frame.shot] = turn.get(frame.shot, 0) + 1
        ranked.append((bool(frame.gates), turn[frame.shot], -frame.sharpness, frame.file))
    kept = {name for *_, name in sorted(ranked)[:most]}
    return [frame for frame in shown if frame.file in kept]


def picture(data: bytes) -> bytes:
    """The JPEG as the service takes it: made smaller over 5 MB.  Raises ``ValueError`` for what it would refuse."""
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data[:2] == b"\xff\xd8" else None
    if image is None:
        raise ValueError("it is no JPEG")
    height, width = image.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise ValueError(f"it is {width} by {height} pixels, and {LEAST_SIDE} are the least")
    while len(data) > MOST_BYTES:
        height, width = image.shape[:2]
        image = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
    return data


def labels(api: Any, image: dict[str, bytes]) -> dict[str, Any]:
    found = api.detect_labels(Image=image, MaxLabels=LABELS, MinConfidence=SURE).get("Labels", ())
    rows = [{"name": clean(each.get("Name", ""), 60), "confidence": _share(each.get("Confidence"))} for each in found]
    return {"labels": [row for row in rows if row["name"]]}


def faces(api: Any, image: dict[str, bytes]) -> dict[str, Any]:
    found = [
        face
        for each in api.detect_faces(Image=image, Attributes=["ALL"]).get("FaceDetails", ())
        if (face := _face(each))
    ]
    return {"faces": sorted(found, key=lambda face: -face["w"] * face["h"])[:FACES]}


def text(api: Any, image: dict[str, bytes]) -> dict[str, Any]:
    found = api.detect_text(Image=image).get("TextDetections", ())
    rows = [
        (words, box)
        for each in found
        if each.get("Type") == "LINE" and each.get("Confidence", 0.0) >= READABLE
        if (words := clean(each.get("DetectedText", ""), 120)) and (box := _box(each.get("Geometry", {})))
    ]
    return {"text": [words for words, _ in rows[:LINES]], "text_boxes": [box for _, box in rows[:LINES]]}


def moderation(api: Any, image: dict[str, bytes]) -> dict[str, Any]:
    found = api.detect_moderation_labels(Image=image, MinConfidence=UNSAFE).get("ModerationLabels", ())
    return {"unsafe": list(dict.fromkeys(clean(each.get("Name", ""), 60) or "unnamed" for each in found))}


_APIS: dict[str, Callable[[Any, dict[str, bytes]], dict[str, Any]]] = {
    "labels": labels,
    "faces": faces,
    "text": text,
    "moderation": moderation,
}


def _face(told: dict[str, Any]) -> dict[str, Any] | None:
    box = _box(told)
    if box is None:
        return None
    eyes = told.get("EyesOpen") or {}
    sure = _share(eyes.get("Confidence"))
    yaw = (told.get("Pose") or {}).get("Yaw")
    return {
        **dict(zip("xywh", box, strict=True)),
        "score": _share(told.get("Confidence")),
        "eyes_open": None if "Value" not in eyes else sure if eyes["Value"] else 1.0 - sure,
        "yaw": float(yaw) if yaw is not None and math.isfinite(yaw) else None,
    }


def _box(told: dict[str, Any]) -> Box | None:
    """The part of a box that lies in the picture; the service's may reach beyond it."""
    box = told.get("BoundingBox") or {}
    left, top = float(box.get("Left", 0.0)), float(box.get("Top", 0.0))
    right, bottom = left + float(box.get("Width", 0.0)), top + float(box.get("Height", 0.0))
    left, top, right, bottom = (
        min(1.0, max(0.0, edge)) if math.isfinite(edge) else 0.0 for edge in (left, top, right, bottom)
    )
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def _share(percent: Any) -> float:
    value = float(percent) if percent is not None else 0.0
    return min(1.0, max(0.0, value / 100)) if math.isfinite(value) else 0.0
