"""Amazon Transcribe as the transcriber: one job a run, whatever is repeated, and nothing billed while it works."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tools.aws.clients import client, code, throttled
from tools.aws.s3 import S3
from tools.media import audio
from tools.ports import Bill, Diariser, Steps, Transcriber
from tools.schema import Source, Speech, Word
from tools.text import clean
from tools.troubles import Refusal
from tools.words.results import parse_transcribe
from tools.workspace import Workspace

PER_MINUTE = 0.024
"""Dollars, us-east-1, 2026-11; billed by the second from 15 s."""
LEAST = 15.0
LARGEST = 2_000_000_000
"""Bytes of a media file that the service takes, by its documentation."""
DOCUMENT = 64 << 20
"""Bytes of a result that are read."""
WORK = ".work"
"""Folder of what is not published; no run's place begins with a dot.  Let a lifecycle rule empty it."""
NAME = re.compile(r"[0-9a-zA-Z._-]{1,200}")
DIRECT = {"mov"}
"""Containers, by ffmpeg's name, that the service opens by itself."""
PLAIN = re.compile(r"[A-Za-z0-9!_.*'()/-]{1,1024}")
"""Keys that mean the same in a URI, decoded or not."""
USUAL = {
    "ar": "ar-SA",
    "de": "de-DE",
    "en": "en-US",
    "es": "es-US",
    "fr": "fr-FR",
    "nl": "nl-NL",
    "pt": "pt-BR",
    "zh": "zh-CN",
    "no": "no-NO",
    "sw": "sw-KE",
}
"""Which variety is meant where a brief names only the language."""


def _opens(source: Source) -> bool:
    """Whether the service can open the video itself and would hear the same sound as we."""
    return source.container in DIRECT and source.bytes <= LARGEST and source.audio_first


class Labels(Diariser):
    """Nobody else tells voices apart: the service names its speakers itself."""

    engine = ""

    def tell_apart(self, words: Sequence[Word], workspace: Workspace, steps: Steps) -> tuple[Word, ...]:
        return tuple(words)


class Foreign(Exception):
    """A job of this run's name exists and is about another file."""


@dataclass
class Transcribe(Transcriber):
    """Speech from WAV that is put beside the results, or with ``direct`` from the uploaded video itself.

    Both lie in ``bucket`` below ``prefix``, in a folder of the run's own.  All of these are bound by whoever makes the
    engine; no model can name them.
    """

    bucket: str
    prefix: str = ""
    source_bucket: str = ""
    source_key: str = ""
    direct: bool = False
    """Let the service open the video where it can: its sound need not be read, nor put (2 MB a minute)."""
    latest: Callable[[], bool] = lambda: True
    """Whether the object is still the one that the run is about; the service knows no versions."""
    languages: Sequence[str] = ()
    """Languages to choose from where none is given; one is as if it were given, and all that the service knows when empty."""
    vocabularies: Mapping[str, str] = field(default_factory=dict)
    """Names of custom vocabularies by language code, for example ``{"en-US": "products"}``."""
    speakers: int = 10
    """The most speakers told apart, 2 to 30; fewer than 2 tells none apart."""
    kms_key: str | None = None
    region: str | None = None
    every: float = 10.0
    """Seconds between two questions whether it is done."""
    patience: float = 3600.0
    """Seconds to wait for room in the service's queue, and for a job beyond three times the sound's length."""
    api: Any = None
    store: S3 | None = None
    engine: str = "Amazon Transcribe"
    spent: Bill = field(default_factory=Bill)
    lasting: bool = True

    @property
    def settings(self) -> str:
        return repr((tuple(self.languages), sorted(self.vocabularies.items()), self.speakers))

    @cached_property
    def transcribe_api(self) -> Any:
        return self.api or client("transcribe", self.region)

    @cached_property
    def results(self) -> S3:
        return self.store or S3(self.bucket, kms_key=self.kms_key, region=self.region, largest=DOCUMENT)

    def cost(self, seconds: float) -> float:
        """Dollars of listening to so many seconds."""
        return PER_MINUTE / 60 * max(LEAST, seconds)

    def transcribe(self, source: Source, workspace: Workspace, steps: Steps, language: str | None = None) -> Speech:
        """Words with times on the source's clock.  A job that fails gives none, and a warning that says why."""
        self.lasting = True
        if not source.has_audio:
            return Speech(
                words=(),
                language=language or "en",
                engine=self.engine,
                warnings=("The video has no sound, so there is no transcript.",),
            )
        run = workspace.folder.name
        job = f"hookline-{run}"
        if not NAME.fullmatch(f"{job}-wav"):
            raise ValueError(
                f"{job[:80]!r} can't name a job: it wants 200 letters, digits, dots, dashes and underscores at most"
            )
        place = f"{self.prefix}{WORK}/{run}/transcribe.json"
        steps.progress("transcribe", 0.0, "sending the sound")
        uri = steps.step("media", lambda: self._media(source, workspace, run))
        ended = self._heard(job, uri, place, source, language, steps)
        if ended["status"] == "FAILED" and uri == self._object:
            # Of a QuickTime file it opens some sound and not other, and says so only now.
            uri = steps.step("media as wav", lambda: self._sound(workspace, run))
            ended = self._heard(f"{job}-wav", uri, place, source, language, steps, " as wav")
        if ended["status"] != "NOT BEGUN":
            self.spent.add(self.cost(source.duration), f"transcribe {source.duration:.0f} s")
        if ended["status"] != "COMPLETED":
            return self._without(ended["reason"], language)
        if uri == self._object and not steps.step("latest", self.latest):
            return self._without("the video was replaced while it was listened to; upload it again", language)
        # The service counts from the first sound.
        late = source.audio_start if uri == self._object else 0.0
        return self._words(workspace, place, source.duration, language, late)

    def _media(self, source: Source, workspace: Workspace, run: str) -> str:
        """Where the service finds the sound: the object itself where it can open it, else WAV on the source's clock."""
        if self.direct and _opens(source) and PLAIN.fullmatch(self.source_key) and self.latest():
            return self._object
        return self._sound(workspace, run)

    def _heard(
        self, job: str, uri: str, place: str, source: Source, language: str | None, steps: Steps, how: str = ""
    ) -> dict[str, Any]:
        """How a job ended, and why: ``NOT BEGUN`` where the service had no room for it."""
        asked = self._asked(job, uri, place, language)
        since = steps.step(f"since{how}", time.time)
        begun = steps.poll(
            f"start{how}",
            lambda: self._start(asked, since),
            lambda answer: answer["ok"] or bool(answer["reason"]),
            every=self.every,
        )
        if begun["reason"]:
            return {"status": "NOT BEGUN", "reason": begun["reason"]}
        longest = 3 * source.duration + self.patience
        ended: dict[str, Any] = steps.poll(
            f"wait{how}",
            lambda: self._state(job, longest),
            lambda answer: answer["status"] in ("COMPLETED", "FAILED"),
            every=self.every,
        )
        return ended

    def _sound(self, workspace: Workspace, run: str) -> str:
        """Where the sound lies as WAV, on the source's clock."""
        path = audio.extract(workspace)
        if path is None:
            raise ValueError("a source with sound gave none")
        name = f"{self.prefix}{WORK}/{run}/audio.wav"
        self.results.put(name, path, "audio/wav")
        return f"s3://{self.bucket}/{name}"

    @property
    def _object(self) -> str:
        return f"s3://{self.source_bucket}/{self.source_key}"

    def _asked(self, job: str, uri: str, place: str, language: str | None) -> dict[str, Any]:
        settings: dict[str, Any] = (
            {"ShowSpeakerLabels": True, "MaxSpeakerLabels": min(30, self.speakers)} if self.speakers >= 2 else {}
        )
        asked: dict[str, Any] = {
            "TranscriptionJobName": job,
            "Media": {"MediaFileUri": uri},
            "OutputBucketName": self.bucket,
            "OutputKey": place,
        }
        known = self._code(language or (self.languages[0] if len(self.languages) == 1 else None))
        if known:
            asked["LanguageCode"] = known
            settings |= {"VocabularyName": self.vocabularies[known]} if known in self.vocabularies else {}
        else:
            asked["IdentifyLanguage"] = True
            if len(self.languages) >= 2:
                asked["LanguageOptions"] = list(self.languages)
            if self.vocabularies:
                asked["LanguageIdSettings"] = {
                    name: {"VocabularyName": words} for name, words in list(self.vocabularies.items())[:5]
                }
        if settings:
            asked["Settings"] = settings
        if self.kms_key:
            asked["OutputEncryptionKMSKeyId"] = self.kms_key
        return asked

    def _code(self, language: str | None) -> str | None:
        """The service's code of a BCP 47 language; None for one that it does not know, which it is then left to find."""
        if not language:
            return None
        codes = self.transcribe_api.meta.service_model.shape_for("LanguageCode").enum
        exact = [known for known in codes if known.lower() == language.replace("_", "-").lower()]
        first = re.split("[-_]", language.lower())[0]
        near = [USUAL[first]] if first in USUAL else sorted(known for known in codes if known.split("-")[0] == first)
        return next(iter(exact + near), None)

    def _start(self, asked: dict[str, Any], since: float) -> dict[str, Any]:
        """Begun, or already ours; or why it can't be; or neither, while the service has no room."""
        from botocore.exceptions import ClientError

        try:
            self.transcribe_api.start_transcription_job(**asked)
        except ClientError as error:
            if throttled(error):
                late = time.time() - since > self.patience
                return {"ok": False, "reason": "Amazon Transcribe had no room for another job" if late else ""}
            if code(error) != "ConflictException":
                raise
            self._ours(asked["TranscriptionJobName"], asked["Media"]["MediaFileUri"])
        return {"ok": True, "reason": ""}

    def _ours(self, job: str, uri: str) -> None:
        there = self.transcribe_api.get_transcription_job(TranscriptionJobName=job)["TranscriptionJob"]
        if there.get("Media", {}).get("MediaFileUri") != uri:
            raise Foreign(
                f"the transcription job {job} exists and is about another file; delete it, or ask for the video anew"
            )

    def _state(self, job: str, longest: float) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        try:
            there = self.transcribe_api.get_transcription_job(TranscriptionJobName=job)["TranscriptionJob"]
        except ClientError as error:
            if throttled(error):
                return {"status": "UNKNOWN", "reason": ""}
            raise
        status = there["TranscriptionJobStatus"]
        created = there.get("CreationTime")
        if (
            status not in ("COMPLETED", "FAILED")
            and created is not None
            and time.time() - created.timestamp() > longest
        ):
            return {"status": "FAILED", "reason": f"it had not ended after {longest / 60:.0f} minutes"}
        return {"status": status, "reason": clean(there.get("FailureReason", ""), 300)}

    def _words(
        self, workspace: Workspace, place: str, duration: float, language: str | None, late: float = 0.0
    ) -> Speech:
        path = workspace.folder / "transcribe.json"
        try:
            if not path.exists():
                self.results.fetch(place, path)
            speech = parse_transcribe(path.read_bytes(), duration - late)
        except (FileNotFoundError, PermissionError, Refusal) as error:
            return self._without(f"its result could not be read: {error}", language)
        words = tuple(
            word.model_copy(update={"start": word.start + late, "end": word.end + late}) for word in speech.words
        )
        return speech.model_copy(update={"engine": self.engine, **({"words": words} if late else {})})

    def _without(self, reason: str, language: str | None) -> Speech:
        self.lasting = False
        told = clean(reason, 400).rstrip(".") or "it gave no reason"
        return Speech(
            words=(),
            language=language or "en",
            engine=self.engine,
            warnings=(f"There is no transcript: {told}. The cut goes by what is seen.",),
        )
