"""A cover as a model is shown it: small, beside the stills of the run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from tools.schema import Shape

if TYPE_CHECKING:
    from tools.media.frames import Image

LONGEST = 512
"""Pixels of its longer side."""


def shown_as(shape: Shape) -> str:
    """Where in the run folder it lies."""
    return f"frames/cover-{shape}.jpg"


def preview(image: Image) -> bytes:
    """The picture as a small JPEG."""
    scale = LONGEST / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
