"""Amazon Transcribe with a memory: jobs by name, conflicts, delays, failures, and a document in the bucket that was asked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from tests.fakes.service import Refused, Service

KEY = re.compile(r"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)/[\w/-]+)|alias/[\w/-]+|(mrk-)?[0-9a-f-]{32,36}")


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
        self.unreadable = ""
        """A pattern of the addresses of media that it begins with and can't open, as QuickTime with PCM."""
        self.encrypted: dict[str, str] = {}
        """The key that a result is to be encrypted with, by its place."""

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
        if len(asked.get("LanguageOptions", [])) > 5:
            raise Refused("BadRequestException", "LanguageOptions takes five languages at most.")
        if not asked["Media"]["MediaFileUri"].startswith("s3://"):
            raise Refused("BadRequestException", "The S3 URI that you provided doesn't point to your S3 object.")
        if key := asked.get("OutputEncryptionKMSKeyId"):
            if not KEY.fullmatch(key):
                raise Refused("BadRequestException", "The KMS key that you specified isn't an id, an alias or an ARN.")
            self.encrypted[asked["OutputKey"]] = key
        self.jobs[name] = {
            "TranscriptionJobName": name,
            "TranscriptionJobStatus": "QUEUED",
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
        if job["TranscriptionJobStatus"] == "QUEUED":
            job |= {"TranscriptionJobStatus": "IN_PROGRESS", "StartTime": time.time()}
        if job["TranscriptionJobStatus"] == "IN_PROGRESS" and self.asked[TranscriptionJobName] >= self.delay:
            job["CompletionTime"] = time.time()
            if self.failure or self.unreadable and re.search(self.unreadable, job["Media"]["MediaFileUri"]):
                why = self.failure or "The media format that you specified doesn't match the detected media format."
                job |= {"TranscriptionJobStatus": "FAILED", "FailureReason": why}
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
