"""Amazon Rekognition for stills: what it is told to see by file, and the service's own limits on images."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import cv2
import numpy as np

from tests.fakes.service import Refused, Service

MOST_BYTES = 5 * 1024 * 1024
LEAST_SIDE, LARGEST_SIDE = 80, 10_000


class Rekognition(Service):
    """``sees(jpeg, what)`` answers the list of what is there; ``by`` overrides it for the SHA-256 of one image."""

    name = "rekognition"
    invalid = "InvalidParameterException"

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, list[dict[str, Any]]] = {
            "Labels": [],
            "FaceDetails": [],
            "TextDetections": [],
            "ModerationLabels": [],
        }
        self.rate = 0
        """Calls that it takes a second, 5 in small regions; 0 takes all."""
        self._lately: list[float] = []
        self.by: dict[str, dict[str, list[dict[str, Any]]]] = {}

    def _busy(self) -> bool:
        """Whether this second's calls are used up."""
        now = time.monotonic()
        self._lately = [each for each in self._lately if now - each < 1.0]
        full = len(self._lately) >= self.rate
        self._lately += [] if full else [now]
        return full

    def _look(self, what: str, image: dict[str, Any]) -> dict[str, Any]:
        data = image.get("Bytes")
        if data is None:
            raise Refused("InvalidParameterException", "The stand-in takes bytes only.")
        if len(data) > MOST_BYTES:
            raise Refused("ImageTooLargeException", "Image size is too large.")
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        if picture is None or data[:2] != b"\xff\xd8":
            raise Refused("InvalidImageFormatException", "Request has invalid image format.")
        if min(picture.shape[:2]) < LEAST_SIDE:
            raise Refused("InvalidParameterException", "The image is smaller than 80 pixels.")
        if max(picture.shape[:2]) > LARGEST_SIDE:
            raise Refused("InvalidParameterException", "The image is larger than 10000 pixels.")
        if self.rate and self._busy():
            raise Refused("ProvisionedThroughputExceededException", "Provisioned rate exceeded.")
        return {what: self.by.get(hashlib.sha256(data).hexdigest(), self.seen).get(what, [])}

    def detect_labels(
        self, Image: dict[str, Any], MaxLabels: int = 1000, MinConfidence: float = 55, **_: Any
    ) -> dict[str, Any]:
        labels = [
            label for label in self._look("Labels", Image)["Labels"] if label.get("Confidence", 100) >= MinConfidence
        ]
        return {"Labels": labels[:MaxLabels], "LabelModelVersion": "3.0"}

    def detect_faces(self, Image: dict[str, Any], Attributes: list[str] | None = None) -> dict[str, Any]:
        faces = self._look("FaceDetails", Image)["FaceDetails"]
        kept = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
        whole = "ALL" in (Attributes or [])
        return {"FaceDetails": [face if whole else {k: v for k, v in face.items() if k in kept} for face in faces]}

    def detect_text(self, Image: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**self._look("TextDetections", Image), "TextModelVersion": "3.0"}

    def detect_moderation_labels(self, Image: dict[str, Any], MinConfidence: float = 50, **_: Any) -> dict[str, Any]:
        labels = [
            label
            for label in self._look("ModerationLabels", Image)["ModerationLabels"]
            if label.get("Confidence", 100) >= MinConfidence
        ]
        return {"ModerationLabels": labels, "ModerationModelVersion": "7.0"}
