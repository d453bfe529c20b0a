"""Whisper behind an asynchronous endpoint of SageMaker as the transcriber: one request a run, and nothing billed here while it works.

The endpoint is that of sam/speech.yaml, whose container is ``tools.local.speech_door``; it scales to zero, so that the first talk after a
pause waits some minutes for its instance.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from tools.aws.clients import client, code, passing, status
from tools.aws.s3 import S3
from tools.aws.transcribe import DOCUMENT, WORK
from tools.media import audio
from tools.ports import Bill, Steps, Transcriber
from tools.schema import Source, Speech
from tools.text import clean
from tools.troubles import NotReady, Refusal
from tools.workspace import Workspace

LARGEST = 1 << 30
"""Bytes of sound that an asynchronous endpoint takes."""
HEARING = 0.15
"""Seconds of an instance of eight cores for a second of sound, as it is reckoned: not measured on such a machine."""
AROUND = 20 * 60
"""Seconds of an instance beside the hearing: it starts for a talk and stands idle after it, as sam/speech.yaml scales it."""
LONGEST = 3600
"""Seconds that one talk may be heard, by SageMaker."""
WAITS = 6 * 3600
"""Seconds that a talk may wait for its turn, by SageMaker."""


@dataclass
class Whisper(Transcriber):
    """Speech by the endpoint ``endpoint``; sound and words lie in ``bucket`` below ``prefix``, in a folder of the run's own."""

    bucket: str
    endpoint: str
    prefix: str = ""
    per_hour: float = 0.43
    """Dollars of the endpoint's instance: ml.c7i.2xlarge, us-east-1, 2026-11."""
    kms_key: str | None = None
    region: str | None = None
    every: float = 10.0
    """Seconds between two looks for the words."""
    patience: float = WAITS + LONGEST
    """Seconds after the request when nothing comes any more."""
    api: Any = None
    store: S3 | None = None
    spent: Bill = field(default_factory=Bill)

    @property
    def engine(self) -> str:
        return f"SageMaker endpoint {self.endpoint}"

    @cached_property
    def runtime(self) -> Any:
        # One attempt: a request that was lost on its way back would be heard twice.
        return self.api or client("sagemaker-runtime", self.region, attempts=1)

    @cached_property
    def results(self) -> S3:
        return self.store or S3(self.bucket, kms_key=self.kms_key, region=self.region, largest=DOCUMENT)

    def cost(self, seconds: float) -> float:
        """Dollars of an instance that starts, hears and stands idle for this talk alone; talks that share it cost less."""
        return self.per_hour / 3600 * (AROUND + HEARING * seconds)

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        """Words with times on the source's clock.  A request that fails gives none, and a warning that says why."""
        if not source.has_audio:
            return self._without("the video has no sound", language)
        folder = f"{self.prefix}{WORK}/{workspace.folder.name}"
        steps.progress("transcribe", 0.0, "sending the sound")
        sent = steps.step("media", lambda: self._sound(workspace, f"{folder}/audio.wav"))
        if sent["bytes"] > LARGEST:
            return self._without(f"its sound has {sent['bytes']} bytes, and {LARGEST} are the most", language)
        since = steps.step("since", time.time)
        asked = steps.poll(
            "ask",
            lambda: self._ask(folder, sent["uri"], language, workspace, since),
            lambda answer: bool(answer["words"] or answer["reason"]),
            every=self.every,
        )
        if asked["reason"]:
            return self._without(asked["reason"], language)
        ended = steps.poll(
            "wait", lambda: self._state(asked, since), lambda answer: bool(answer["status"]), every=self.every
        )
        self.spent.add(self.cost(source.duration), f"hear {source.duration:.0f} s")
        if ended["status"] != "COMPLETED":
            return self._without(ended["reason"], language)
        return self._words(workspace, asked["words"], source.duration, language)

    def _sound(self, workspace: Workspace, name: str) -> dict[str, Any]:
        """Where the sound lies as WAV, on the source's clock."""
        path = audio.extract(workspace)
        if path is None:
            raise ValueError("a source with sound gave none")
        size = path.stat().st_size
        if size <= LARGEST:
            self.results.put(name, path, "audio/wav")
        return {"uri": f"s3://{self.bucket}/{name}", "bytes": size}

    def _ask(self, folder: str, uri: str, language: str | None, workspace: Workspace, since: float) -> dict[str, Any]:
        """Where words and failure will lie, or why they won't; neither while the endpoint has no room.

        The request has no name by which SageMaker would know it again, so that it was made is written beside the sound: who is killed
        after that asks no second time.  Killed within the call itself, the same words would come to the same place twice.
        """
        from botocore.exceptions import ClientError

        nothing = {"words": "", "failure": "", "reason": ""}
        note, path = f"{folder}/asked.json", workspace.folder / "asked.json"
        try:
            self.results.fetch(note, path)
            known: dict[str, Any] = json.loads(path.read_bytes())
            return known
        except (FileNotFoundError, PermissionError):
            pass  # not asked yet; a role that may not list is told 403
        try:
            told = self.runtime.invoke_endpoint_async(**self._asked(workspace.folder.name, uri, language))
        except ClientError as error:
            if code(error) == "ValidationError":
                raise NotReady(
                    f"SageMaker refuses HOOKLINE_SPEECH_ENDPOINT={self.endpoint}: {clean(str(error), 300)} Make it by sam/speech.yaml, or set HOOKLINE_TRANSCRIBER=aws."
                ) from error
            if not passing(error):
                raise
            late = time.time() - since > WAITS
            return {**nothing, "reason": "the endpoint took no request for six hours" if late else ""}
        places = {"words": told["OutputLocation"], "failure": told.get("FailureLocation", "")}
        found = {**nothing, **{name: self._key(where) for name, where in places.items()}}
        path.write_text(json.dumps(found))
        self.results.put(note, path, "application/json")
        return found

    def _asked(self, run: str, uri: str, language: str | None) -> dict[str, Any]:
        name = hashlib.sha256(run.encode()).hexdigest()[:26]
        return {
            "EndpointName": self.endpoint,
            "InputLocation": uri,
            "ContentType": "audio/wav",
            "Accept": "application/json",
            "InferenceId": f"hookline-{name}",
            "Filename": f"{name}.json",
            "InvocationTimeoutSeconds": LONGEST,
            "RequestTTLSeconds": WAITS,
            **({"CustomAttributes": f"language={language}"} if language else {}),
        }

    def _key(self, where: str) -> str:
        """The key in our bucket of a place that SageMaker named.  Raises ``NotReady`` for one elsewhere."""
        ours = f"s3://{self.bucket}/"
        if where and not where.startswith(ours):
            raise NotReady(
                f"the endpoint {self.endpoint} puts its words to {clean(where, 200)}, which is not in {self.bucket}; give sam/speech.yaml the outbox"
            )
        return where.removeprefix(ours)

    def _state(self, asked: dict[str, Any], since: float) -> dict[str, Any]:
        """How the request ended and why; an empty status while it has not."""
        if self._there(asked["words"]):
            return {"status": "COMPLETED", "reason": ""}
        if asked["failure"] and self._there(asked["failure"]):
            return {"status": "FAILED", "reason": self._failure(asked["failure"])}
        if time.time() - since > self.patience:
            return {"status": "FAILED", "reason": f"nothing came after {self.patience / 3600:.0f} hours"}
        return {"status": "", "reason": ""}

    def _there(self, key: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            self.results.s3.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            # 403 is what a role that may not list is told of what is not there.
            if status(error) in (403, 404) or passing(error):
                return False
            raise
        return True

    def _failure(self, key: str) -> str:
        body = self.results.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read(4096).decode("utf-8", "replace")
        told = re.search(r'"error": ?"((?:[^"\\]|\\.)*)"', body.replace('\\"', '"'))
        return clean(told[1] if told else body, 300)

    def _words(self, workspace: Workspace, key: str, duration: float, language: str | None) -> Speech:
        path = workspace.folder / "sagemaker.json"
        try:
            if not path.exists():
                self.results.fetch(key, path)
            speech = Speech.model_validate_json(path.read_bytes())
        except (FileNotFoundError, PermissionError, Refusal, ValidationError) as error:
            return self._without(f"its result could not be read: {error}", language)
        words = tuple(
            word.model_copy(update={"end": min(word.end, duration), "text": clean(word.text, 80)})
            for word in speech.words
            if word.start < duration and clean(word.text, 80)
        )
        return speech.model_copy(update={"words": words, "engine": f"{self.engine}, {clean(speech.engine, 80)}"})

    def _without(self, reason: str, language: str | None) -> Speech:
        told = clean(reason, 400).rstrip(".") or "it gave no reason"
        return Speech(
            words=(),
            language=language or "en",
            engine=self.engine,
            warnings=(f"There is no transcript: {told}. The cut goes by what is seen.",),
        )
