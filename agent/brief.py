"""What was asked: from a wish in words and a video's bytes to a Brief whose id is the run's."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from agent.reading.wish import Reading
from tools.schema import NOTHING, Brief, Options

PIPELINE = "1"
"""Raised when the same request must give another result, so that old runs are not taken for new ones."""


def identity(*parts: bytes) -> str:
    """80 bits of the SHA-256 over length-prefixed parts, in hex: no two lists of parts share one by concatenation."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:20]


def make_brief(
    video: str,
    version: str,
    reading: Reading,
    wish: str = "",
    tenant: str = "",
    key: str = "",
    options: Options = NOTHING,
) -> Brief:
    """The brief of a request; ``version`` names the exact bytes: a SHA-256, an S3 version id, or ETag and size."""
    asked: dict[str, Any] = {
        "target": reading.target,
        "shapes": list(reading.shapes),
        "platforms": list(reading.platforms),
        "captions": reading.captions,
        "language": reading.language,
        "topic": reading.topic,
        "options": options.but(
            parts=reading.parts,
            tone=reading.tone,
            clean=options.clean or reading.clean,
            tighten=options.tighten or reading.tighten,
            least=reading.least,
            most=reading.most,
            without=reading.without,
            window=reading.window,
            left=reading.left,
            read=reading.options.read,
        ).model_dump(mode="json"),
    }
    run = identity(
        tenant.encode(),
        key.encode(),
        version.encode(),
        wish.encode("utf-8", "replace"),
        json.dumps(asked, sort_keys=True).encode(),
        PIPELINE.encode(),
    )
    return Brief(run=run, video=video, wish=wish, understood=str(reading), **asked)
