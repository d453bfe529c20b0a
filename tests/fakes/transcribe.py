"""Amazon Transcribe with a memory: jobs by name, conflicts, delays, failures, and a document in the bucket that was asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tests.fakes.service import Refused, Service


class Transcribe(Service):
    """``put(bucket, key, bytes)`` stores the result; a job ends at the ``delay``-th question."""

    name = "transcribe"
    invalid = "BadRequestException"

    def __init__(
        self, put: Callable[[str, str, bytes], None], document: Any = None, delay: int = 1, failure: str = ""
    ) -> None:
        super().__init__()
        self.put, self.document, self.delay, self.failure = put, document, delay, failure
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, int] = {}
        self.places: dict[str, tuple[str, str]] = {}
        self.full = 0
        """Starts still to be refused with LimitExceededException."""

    def start_transcription_job(self, **asked: Any) -> dict[str, Any]:
        name, settings = asked["TranscriptionJobName"], asked.get("Settings", {})
        if self.full:
            self.full -= 1
            raise Refused("LimitExceededException", "You have too many jobs.", 429)
        if name in self.jobs:
            raise Refused("ConflictException", "The requested job name already exists.", 409)
        ways = [bool(asked.get(way)) for way in ("LanguageCode", "IdentifyLanguage", "IdentifyMultipleLanguages")]
        if sum(ways) != 1:
            raise Refused("BadRequestException", "Give a language code or ask to identify it, not both.")
        if "MaxSpeakerLabels" in settings and not settings.get("ShowSpeakerLabels"):
            raise Refused("BadRequestException", "MaxSpeakerLabels needs ShowSpeakerLabels.")
        if asked.get("IdentifyLanguage") and "VocabularyName" in settings:
            raise Refused("BadRequestException", "With IdentifyLanguage a vocabulary is named in LanguageIdSettings.")
        if len(asked.get("LanguageOptions", ["", ""])) < 2:
            raise Refused("BadRequestException", "LanguageOptions needs two languages or more.")
        self.jobs[name] = {
            "TranscriptionJobName": name,
            "TranscriptionJobStatus": "IN_PROGRESS",
            "Media": asked["Media"],
            "CreationTime": time.time(),
            **({"LanguageCode": asked["LanguageCode"]} if "LanguageCode" in asked else {"IdentifyLanguage": True}),
        }
        self.asked[name] = 0
        self.places[name] = (asked["OutputBucketName"], asked["OutputKey"])
        return {"TranscriptionJob": self.jobs[name]}

    def get_transcription_job(self, TranscriptionJobName: str) -> dict[str, Any]:
        job = self.jobs.get(TranscriptionJobName)
        if job is None:
            raise Refused("BadRequestException", "The requested job couldn't be found.")
        self.asked[TranscriptionJobName] = self.asked.get(TranscriptionJobName, 0) + 1
        if job["TranscriptionJobStatus"] == "IN_PROGRESS" and self.asked[TranscriptionJobName] >= self.delay:
            if self.failure:
                job |= {"TranscriptionJobStatus": "FAILED", "FailureReason": self.failure}
            else:
                bucket, key = self.places[TranscriptionJobName]
                body = self.document if isinstance(self.document, bytes) else json.dumps(self.document).encode()
                self.put(bucket, key, body)
                job |= {
                    "TranscriptionJobStatus": "COMPLETED",
                    "LanguageCode": "en-US",
                    "Transcript": {"TranscriptFileUri": f"https://s3.us-east-1.amazonaws.com/{bucket}/{key}"},
                }
        return {"TranscriptionJob": job}
