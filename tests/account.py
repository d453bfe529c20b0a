"""The AWS account of the contract suites: stand-ins on loopback, or with ``--live`` the one that the environment names.

Both are wired as a run is, by the project's own settings; the environment is all that differs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from langchain_core.language_models import BaseChatModel

from agent.settings import Settings, SettingsError, load
from agent.wiring import engines, model
from tests.fakes.bedrock import Bedrock, call
from tests.fakes.buckets import account, serve
from tests.fakes.rekognition import Rekognition
from tests.fakes.transcribe import Transcribe
from tools.ports import Engines
from tools.troubles import NotReady

SAID = "We cut our prices by forty percent, and nobody left."
SHOWN = "PRICES 2026"
TALK = {"S1": "We cut our prices by 40 percent.", "S2": "And nobody left."}
"""What the suites have heard, shown and written from; the stand-ins answer accordingly."""


def spread(metafunc: pytest.Metafunc, *fixtures: str) -> None:
    """Run what uses one of ``fixtures`` for the engine here, for AWS's over stand-ins, and with ``--live`` for the account's."""
    live = [pytest.param("live", marks=pytest.mark.live)] if metafunc.config.getoption("live") else []
    for name in set(fixtures) & set(metafunc.fixturenames):
        metafunc.parametrize(name, ["local", "aws", *live], indirect=True)


class NotUsable(Exception):
    """The environment names no account that can be used; the message says what to set."""


@dataclass(frozen=True)
class Wired:
    settings: Settings
    engines: Engines

    @property
    def model(self) -> BaseChatModel:
        return model(self.settings)


def check() -> None:
    """Make sure that the environment names an account, before the first test.  Raises ``NotUsable``."""
    try:
        assert _wire(_settings(Path("/nonexistent"))).model
    except (SettingsError, NotReady) as error:
        raise NotUsable(str(error)) from error


@contextlib.contextmanager
def wired(which: str, folder: Path) -> Iterator[Wired]:
    """``aws`` over stand-ins or ``live``, below a folder of the bucket that is emptied afterwards."""
    with contextlib.ExitStack() as open_:
        if which == "aws":
            open_.enter_context(stand_ins())
        token = os.urandom(8).hex()
        settings = _settings(folder)
        settings = settings.model_copy(update={"outbox_prefix": f"{settings.outbox_prefix}hookline-live/{token}/"})
        at = _wire(settings)
        try:
            yield at
        finally:
            whole: Any = replace(at.engines.store, prefix="")
            whole.remove(settings.outbox_prefix)


def _settings(folder: Path) -> Settings:
    settings = load(backend="aws", database="local", home=folder / "home")
    if not settings.outbox_bucket:
        raise NotUsable(
            "no bucket is named; set HOOKLINE_OUTBOX_BUCKET to one that the tests may write to and delete from"
        )
    return settings


def _wire(settings: Settings) -> Wired:
    return Wired(settings, engines(settings))


@contextlib.contextmanager
def stand_ins() -> Iterator[None]:
    """An account on loopback, in the environment: a bucket, Transcribe, Rekognition and Bedrock that know the suites' material."""
    with contextlib.ExitStack() as open_:
        open_.enter_context(account())
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="outbox")
        s3.put_bucket_versioning(Bucket="outbox", VersioningConfiguration={"Status": "Enabled"})
        hears = Transcribe(lambda bucket, key, data: s3.put_object(Bucket=bucket, Key=key, Body=data), document(SAID))
        addresses = {
            "S3": open_.enter_context(serve()),
            "BEDROCK_RUNTIME": open_.enter_context(Bedrock(_answer)).url,
        }
        for name, service in (("TRANSCRIBE", hears), ("REKOGNITION", Sees())):
            addresses[name], stop = service.serve()
            open_.callback(stop)
        environ = {f"AWS_ENDPOINT_URL_{name}": address for name, address in addresses.items()}
        environ["HOOKLINE_OUTBOX_BUCKET"] = "outbox"
        with patch.dict(os.environ, environ):
            yield


def document(said: str) -> dict[str, Any]:
    """Transcribe's own form of a result, a word each 0.3 s."""
    items: list[dict[str, Any]] = []
    for n, word in enumerate(said.split()):
        times = {"start_time": f"{0.3 + 0.3 * n:.2f}", "end_time": f"{0.55 + 0.3 * n:.2f}", "speaker_label": "spk_0"}
        bare = word.rstrip(".,")
        items.append({**times, "type": "pronunciation", "alternatives": [{"confidence": "0.98", "content": bare}]})
        if bare != word:
            mark = {"confidence": "0.0", "content": word[len(bare) :]}
            items.append({"type": "punctuation", "alternatives": [mark]})
    results = {"language_code": "en-US", "transcripts": [{"transcript": said}], "items": items}
    return {"jobName": "j", "accountId": "123456789012", "status": "COMPLETED", "results": results}


class Sees(Rekognition):
    """Sees a face in a picture of many colours, and the line in one of few."""

    def _look(self, what: str, image: dict[str, Any]) -> dict[str, Any]:
        import cv2
        import numpy as np

        shown = cv2.imdecode(np.frombuffer(image["Bytes"], np.uint8), cv2.IMREAD_COLOR)
        box = {"Left": 0.3, "Top": -0.1, "Width": 0.3, "Height": 0.5}
        face = {"BoundingBox": box, "Confidence": 99.0}
        line = {"DetectedText": SHOWN, "Type": "LINE", "Id": 0, "Confidence": 97.0, "Geometry": {"BoundingBox": box}}
        many = len(np.unique(shown.reshape(-1, 3) // 8, axis=0)) > 500
        seen = {"FaceDetails": [face]} if many else {"TextDetections": [line]}
        self.by[hashlib.sha256(image["Bytes"]).hexdigest()] = seen
        return super()._look(what, image)


def _answer(asked: dict[str, Any], n: int) -> Any:
    """The editor listens and is content; the writer quotes what it is given."""
    if "toolConfig" in asked:
        heard = any("toolResult" in block for message in asked["messages"] for block in message["content"])
        return "Made P1." if heard else [call("transcribe", {})]
    text = asked["messages"][0]["content"][0]["text"]
    ident, said = re.findall(r"^(S\d+) (.+)$", text, re.MULTILINE)[0]
    line = {"text": said, "evidence": [ident]}
    parts = {"hooks": [line], "title": line, "description": line, "tags": []}
    return json.dumps({"copies": [{"platform": name, **parts} for name in ("youtube", "x")]})
