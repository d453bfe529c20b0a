"""SageMaker with a memory: training jobs and an asynchronous endpoint, both carried out by the real container processes of this checkout."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from tests import ROOT
from tests.fakes.service import Refused, Service

COMMAND = (sys.executable, "-m", "evals.training.job")
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/"


def environ(**more: str) -> dict[str, str]:
    """What a container has: nothing of ours but the checkout and the packages, and no way to AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOOKLINE_"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *(p for p in sys.path if p.endswith("site-packages"))]),
        **more,
    }


def train(root: Path, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """The training container over ``root`` as its /opt/ml."""
    return subprocess.run(
        [*COMMAND, "train"],
        cwd=root,
        env=environ(HOOKLINE_ML=str(root)),
        capture_output=True,
        text=True,
        timeout=seconds,
    )


@contextlib.contextmanager
def served(port: int, **more: str) -> Iterator[str]:
    """The serving container; its address once it answers a ping."""
    process = subprocess.Popen([*COMMAND, "serve"], env=environ(SAGEMAKER_BIND_TO_PORT=str(port), **more), cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/ping", timeout=2).close()
                break
            assert process.poll() is None, "the door did not open"
            assert time.monotonic() < until, "the door does not answer"
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


class SageMaker(Service):
    """Training jobs over ``s3``: a job ends at the second question about it, carried out in ``folder`` by the container's process."""

    name = "sagemaker"

    def __init__(self, s3: Any, folder: Path, without: str = "") -> None:
        super().__init__()
        self.s3, self.folder, self.without = s3, folder, without
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, str] = {}

    def create_training_job(self, **asked: Any) -> dict[str, Any]:
        name = asked["TrainingJobName"]
        if name in self.jobs:
            raise Refused("ResourceInUse", "Training job names must be unique within an AWS account and region")
        if asked["ResourceConfig"]["InstanceType"] == self.without:
            raise Refused(
                "ResourceLimitExceeded",
                f"The account-level service limit '{self.without} for training job usage' is 0 Instances",
            )
        if (
            asked.get("EnableManagedSpotTraining")
            and asked["StoppingCondition"].get("MaxWaitTimeInSeconds", 0)
            < asked["StoppingCondition"]["MaxRuntimeInSeconds"]
        ):
            raise Refused("ValidationException", "MaxWaitTimeInSeconds must be at least MaxRuntimeInSeconds")
        if "CheckpointConfig" in asked and not asked["CheckpointConfig"]["LocalPath"].startswith("/opt/ml/"):
            raise Refused("ValidationException", "LocalPath must lie below /opt/ml")
        for metric in asked["AlgorithmSpecification"].get("MetricDefinitions", ()):
            assert re.compile(metric["Regex"]).groups == 1, metric
        self.asked[name] = asked
        self.jobs[name] = {
            "TrainingJobName": name, "TrainingJobArn": ARN + name, "TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting",
            "ModelArtifacts": {"S3ModelArtifacts": f"{asked['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/output/model.tar.gz"}, "StoppingCondition": asked["StoppingCondition"], "CreationTime": time.time(),
        }  # fmt: skip
        return {"TrainingJobArn": ARN + name}

    def describe_training_job(self, TrainingJobName: str) -> dict[str, Any]:
        job = self.jobs.get(TrainingJobName)
        if job is None:
            raise Refused("ResourceNotFound", "Requested resource not found.")
        if job["SecondaryStatus"] == "Starting":
            job["SecondaryStatus"] = "Training"
        elif job["TrainingJobStatus"] == "InProgress":
            self._carry_out(TrainingJobName, job)
        return job

    def _carry_out(self, name: str, job: dict[str, Any]) -> None:
        asked, root = self.asked[name], self.folder / name
        config = root / "input" / "config"
        config.mkdir(parents=True)
        (config / "hyperparameters.json").write_text(json.dumps(asked.get("HyperParameters", {})))
        for channel in asked["InputDataConfig"]:
            source = channel["DataSource"]["S3DataSource"]["S3Uri"]
            self._down(source, root / "input" / "data" / channel["ChannelName"])
        (root / "model").mkdir()
        done = train(root)
        self.logs[name] = done.stdout + done.stderr
        failure = root / "output" / "failure"
        job |= {"TrainingTimeInSeconds": 120, "BillableTimeInSeconds": 40, "TrainingStartTime": job["CreationTime"]}
        if done.returncode:
            why = failure.read_text()[:1024] if failure.exists() else f"exit code {done.returncode}"
            job |= {
                "TrainingJobStatus": "Failed",
                "SecondaryStatus": "Failed",
                "FailureReason": f"AlgorithmError: {why}",
            }
            return
        packed = BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(root / "model", arcname=".")
        bucket, key = place(asked["OutputDataConfig"]["S3OutputPath"])
        key = f"{key.rstrip('/')}/{name}/output/model.tar.gz"
        self.s3.put_object(Bucket=bucket, Key=key, Body=packed.getvalue())
        metrics = [
            {"MetricName": each["Name"], "Value": float(found[-1]), "Timestamp": time.time()}
            for each in asked["AlgorithmSpecification"].get("MetricDefinitions", ())
            if (found := re.findall(each["Regex"], done.stdout))
        ]
        job |= {
            "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed", "FinalMetricDataList": metrics,
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://{bucket}/{key}"},
        }  # fmt: skip

    def _down(self, source: str, into: Path) -> None:
        bucket, prefix = place(source)
        for item in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            path = into / item["Key"][len(prefix) :]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())


class Runtime(Service):
    """The endpoint ``endpoint``: a request is carried by the door at ``door``, and its answer put into S3 or handed back."""

    name = "sagemaker-runtime"
    invalid = "ValidationError"

    def __init__(
        self, s3: Any, door: str, endpoint: str = "hookline-speech", output: str = "s3://outbox/.work/speech/"
    ) -> None:
        super().__init__()
        self.s3, self.door, self.endpoint, self.output = s3, door, endpoint, output
        self.threads: list[Thread] = []
        self.headers: dict[str, str] = {}
        """Of the answer to the request in hand."""

    def reply(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """REST: the operation is told by the path, its members by path, headers and body, as the model says."""
        plain = {key.lower(): value.decode() if isinstance(value, bytes) else value for key, value in headers.items()}
        _, _, name, last = urlsplit(path).path.split("/")
        operation = {"async-invocations": "InvokeEndpointAsync", "invocations": "InvokeEndpoint"}[last]
        asked: dict[str, Any] = {"EndpointName": unquote(name)}
        model = self.model.operation_model(operation)
        for member, shape in model.input_shape.members.items():
            told = plain.get(shape.serialization.get("name", "").lower())
            if shape.serialization.get("location") == "header" and told is not None:
                asked[member] = int(told) if shape.type_name == "integer" else told
        if operation == "InvokeEndpoint" or body:
            asked["Body"] = body
        try:
            said = self.answer(operation, asked)
        except Refused as no:
            told = {"Code": no.code, "Message": no.message, "message": no.message}
            return (
                no.status,
                {"content-type": "application/json", "x-amzn-errortype": no.code},
                json.dumps(told).encode(),
            )
        out = {"content-type": "application/json", "x-amzn-requestid": "0"}
        sent: Any = {}
        for member, value in said.items():
            shape = model.output_shape.members[member]
            if shape.serialization.get("location") == "header":
                out[shape.serialization["name"]] = value
            elif member == "Body":
                sent = value
            else:
                sent[member] = value
        return model.http.get("responseCode", 200), out, sent if isinstance(sent, bytes) else json.dumps(sent).encode()

    def invoke_endpoint(self, EndpointName: str, Body: bytes, **asked: Any) -> dict[str, Any]:
        self._known(EndpointName)
        status, said = self._heard(Body, asked)
        if status != 200:
            raise Refused(
                "ModelError", f"Received client error ({status}) from primary with message {said.decode()!r}", 424
            )
        return {"Body": said, "ContentType": "application/json", "InvokedProductionVariant": "all"}

    def invoke_endpoint_async(self, EndpointName: str, InputLocation: str, **asked: Any) -> dict[str, Any]:
        self._known(EndpointName)
        bucket, key = place(InputLocation)
        name = asked.get("Filename") or f"{len(self.calls)}.out"
        words, failure = f"{self.output}{name}", f"{self.output}failed/{name}-error.out"

        def work() -> None:
            status, said = self._heard(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read(), asked)
            where = place(words if status == 200 else failure)
            message = (
                said
                if status == 200
                else json.dumps(f"Received client error ({status}) from primary with message {said.decode()}").encode()
            )
            self.s3.put_object(Bucket=where[0], Key=where[1], Body=message)

        self.threads.append(Thread(target=work))
        self.threads[-1].start()
        return {
            "InferenceId": asked.get("InferenceId", "made-here"),
            "OutputLocation": words,
            "FailureLocation": failure,
        }

    def _known(self, endpoint: str) -> None:
        if endpoint != self.endpoint:
            raise Refused("ValidationError", f"Endpoint {endpoint} of account 123456789012 not found.")

    def _heard(self, sound: bytes, asked: dict[str, Any]) -> tuple[int, bytes]:
        sent = {"Content-Type": asked.get("ContentType", "application/octet-stream")}
        if about := asked.get("CustomAttributes"):
            sent["X-Amzn-SageMaker-Custom-Attributes"] = about
        request = urllib.request.Request(f"{self.door}/invocations", sound, sent)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as no:
            return no.code, no.read()


def place(uri: str) -> tuple[str, str]:
    """Bucket and key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
