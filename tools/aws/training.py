"""A training job of SageMaker: data to the outbox, one job for what was asked whoever repeats it, its weights fetched and looked at."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.aws.clients import client, code, throttled
from tools.aws.s3 import S3
from tools.aws.transcribe import WORK
from tools.files import whole
from tools.finding import learned
from tools.text import clean
from tools.troubles import NotReady, Refusal

LONGEST = 3600
"""Seconds that a job may run; a team's choices take minutes."""
PATIENCE = 2 * 3600
"""Seconds in all, the wait for spot's capacity included."""
HOURLY = {
    "ml.m5.large": 0.115, "ml.m5.xlarge": 0.23, "ml.m5.2xlarge": 0.461, "ml.c5.xlarge": 0.204, "ml.c5.2xlarge": 0.408,
    "ml.m7i.large": 0.121, "ml.m7i.xlarge": 0.242, "ml.m7i.2xlarge": 0.484,
}  # fmt: skip
"""Dollars an hour on demand, us-east-1, 2026-11, from secondary sources; spot is billed below."""
UNKNOWN = 2.0
"""Dollars an hour that another instance is taken to cost."""
RESULT = 128 << 20
"""Bytes of a result that are read, packed or not."""
SCORES = "scores.json"
ENDED = ("Completed", "Failed", "Stopped")
IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+(:[\w.-]+|@sha256:[0-9a-f]{64})")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
METRICS = [
    {"Name": f"{name}_{part}_{when}", "Regex": rf"{name}\.json {part} F1 .*{when} ([0-9.]+)"}
    for name in ("passages", "passages_lexical")
    for part in ("own", "marks")
    for when in ("before", "after")
]


class JobFailed(Exception):
    """The job ended without a result; the message says why and what to do."""


@dataclass
class Result:
    """What came of a job."""

    files: dict[str, bytes]
    """Weights by name: none where held-out scores fell."""
    scores: dict[str, Any]
    job: str
    dollars: float
    """What the seconds that were billed cost, by ``HOURLY``."""


@dataclass
class Training:
    """Jobs of one bucket and role; ``image`` is that of sam/model.Dockerfile, pushed to ECR."""

    bucket: str
    image: str
    role: str
    prefix: str = ""
    instance: str = "ml.m5.large"
    kms_key: str | None = None
    region: str | None = None
    spot: bool = True
    every: float = 15.0
    api: Any = None
    store: S3 | None = None
    say: Callable[[str], None] = field(default=print)

    def __post_init__(self) -> None:
        if not IMAGE.fullmatch(self.image):
            raise NotReady(
                f"--image is {self.image!r}; give the pushed image, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/hookline-model@sha256:… (docs/aws.md)"
            )
        if not ROLE.fullmatch(self.role):
            raise NotReady(f"--role is {self.role!r}; give the ARN of the role that SageMaker takes (docs/aws.md)")

    @property
    def most(self) -> float:
        """Dollars that a job can cost: its longest run on demand."""
        return HOURLY.get(self.instance, UNKNOWN) * LONGEST / 3600

    @cached_property
    def sagemaker(self) -> Any:
        return self.api or client("sagemaker", self.region)

    @cached_property
    def outbox(self) -> S3:
        return self.store or S3(self.bucket, kms_key=self.kms_key, region=self.region, largest=RESULT)

    def train(self, data: Path, base: Mapping[str, Path], told: Mapping[str, str], scratch: Path) -> Result:
        """The weights that a job learned from ``data``, going on from the files of ``base``.  The same again is the same job.

        Raises ``JobFailed``.
        """
        sums = {name: whole.fingerprint(path) for name, path in {"data": data, **base}.items()}
        name = _named([self.image, self.instance, sums, dict(told)])
        for n in range(1, 10):
            job = name if n == 1 else f"{name}-{n}"
            self._begin(job, f"{self.prefix}{WORK}/training/{name}", data, base, told)
            ended = self._ended(job)
            if ended["TrainingJobStatus"] == "Completed":
                return self._result(job, ended, scratch)
            if ended["CreationTime"].timestamp() > self._began:
                raise JobFailed(_why(job, ended))
            self.say(f"{job} had ended as {ended['TrainingJobStatus']} before; asking anew")
        raise JobFailed(f"{name} failed nine times; {_why(job, ended)}")

    def _begin(self, job: str, place: str, data: Path, base: Mapping[str, Path], told: Mapping[str, str]) -> None:
        from botocore.exceptions import ClientError

        self._began = time.time() - 1
        self.outbox.put(f"{place}/train/{data.name}", data, "application/gzip")
        for name, path in base.items():
            self.outbox.put(f"{place}/base/{name}", path, "application/octet-stream")
        try:
            self.sagemaker.create_training_job(**self._asked(job, place, bool(base), told))
        except ClientError as error:
            if code(error) == "ResourceInUse":
                return
            if code(error) == "ResourceLimitExceeded":
                raise JobFailed(
                    f"the account may have no {self.instance} for {'spot ' if self.spot else ''}training: {clean(str(error), 300)} "
                    "Ask for one in Service Quotas (SageMaker), or name another by --instance."
                ) from error
            raise
        self.say(f"{job} is asked for: {self.instance}{', spot' if self.spot else ''}, ${self.most:.2f} at the most")

    def _asked(self, job: str, place: str, based: bool, told: Mapping[str, str]) -> dict[str, Any]:
        def channel(name: str) -> dict[str, Any]:
            source = {
                "S3DataType": "S3Prefix",
                "S3Uri": f"s3://{self.bucket}/{place}/{name}/",
                "S3DataDistributionType": "FullyReplicated",
            }
            return {"ChannelName": name, "DataSource": {"S3DataSource": source}}

        key = {"KmsKeyId": self.kms_key} if self.kms_key else {}
        disk = {"VolumeKmsKeyId": self.kms_key} if self.kms_key else {}
        return {
            "TrainingJobName": job,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": METRICS,
            },
            "RoleArn": self.role,
            "HyperParameters": dict(told),
            "InputDataConfig": [channel(name) for name in ("train", *(("base",) if based else ()))],
            "OutputDataConfig": {
                "S3OutputPath": f"s3://{self.bucket}/{place}/result/",
                "CompressionType": "GZIP",
                **key,
            },
            "ResourceConfig": {"InstanceType": self.instance, "InstanceCount": 1, "VolumeSizeInGB": 10, **disk},
            "StoppingCondition": {
                "MaxRuntimeInSeconds": LONGEST,
                **({"MaxWaitTimeInSeconds": PATIENCE} if self.spot else {}),
            },
            "EnableManagedSpotTraining": self.spot,
            # Nothing is fetched at run time, and a team's talks go nowhere.
            "EnableNetworkIsolation": True,
            **(
                {
                    "CheckpointConfig": {
                        "S3Uri": f"s3://{self.bucket}/{place}/checkpoints/",
                        "LocalPath": "/opt/ml/checkpoints",
                    }
                }
                if self.spot
                else {}
            ),
            "Tags": [{"Key": "app", "Value": "hookline"}],
        }

    def _ended(self, job: str) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        shown = ""
        while True:
            try:
                there: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=job)
            except ClientError as error:
                if not throttled(error):
                    raise
                there = {"TrainingJobStatus": "", "SecondaryStatus": shown}
            if there["TrainingJobStatus"] in ENDED:
                return there
            if there["SecondaryStatus"] != shown:
                shown = there["SecondaryStatus"]
                self.say(f"{job}: {shown}")
            time.sleep(self.every)

    def _result(self, job: str, ended: Mapping[str, Any], scratch: Path) -> Result:
        at = ended["ModelArtifacts"]["S3ModelArtifacts"]
        ours = f"s3://{self.bucket}/"
        if not at.startswith(ours):
            raise JobFailed(
                f"{job} put its result to {clean(at, 200)}, which is not in {self.bucket}; nothing is taken"
            )
        packed = scratch / "model.tar.gz"
        try:
            self.outbox.fetch(at.removeprefix(ours), packed)
            files = unpacked(packed)
        except (FileNotFoundError, Refusal, tarfile.TarError, EOFError, OSError) as error:
            raise JobFailed(f"the result of {job} can't be read: {error}") from error
        scores = json.loads(files.pop(SCORES, b"{}"))
        listed = json.loads(files.pop(learned.LIST, b"{}")).get("files", {})
        for name, data in files.items():
            wrong = learned.unsound(data) if name.endswith(".json") else ""
            if wrong or listed.get(name) != hashlib.sha256(data).hexdigest():
                raise JobFailed(
                    f"{name} of {job} is no set of weights: {wrong or 'its list says otherwise'}; nothing is taken"
                )
        hours = ended.get("BillableTimeInSeconds", 0) / 3600
        return Result(files, scores, job, round(hours * HOURLY.get(self.instance, UNKNOWN), 4))


def unpacked(path: Path) -> dict[str, bytes]:
    """The files of known names in a result, and no other; in all at most ``RESULT`` bytes."""
    found: dict[str, bytes] = {}
    left = RESULT
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            if not member.isfile() or name not in (*learned.KNOWN, learned.LIST, SCORES):
                continue
            left -= member.size
            if left < 0:
                raise tarfile.TarError(f"it holds more than {RESULT} bytes")
            file = archive.extractfile(member)
            found[name] = file.read() if file else b""
    return found


def _named(what: Any) -> str:
    return f"hookline-{hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:20]}"


def _why(job: str, ended: Mapping[str, Any]) -> str:
    told = clean(ended.get("FailureReason", ""), 600) or ended.get("SecondaryStatus", "it gave no reason")
    return f"{job} ended as {ended['TrainingJobStatus']}: {told}"
