"""An upload's whole way on AWS on one stage: an account of stand-ins on loopback, and the durable handler in a process of its own.

Event, durable handler behind the runtime interface, Bedrock calling tools by ids, Transcribe, Rekognition, S3, rows in a database.
"""

import contextlib
import json
import math
import re
import socket
import subprocess
import threading
import time
import urllib.request
from types import SimpleNamespace
from urllib.parse import quote

import boto3
from aws_durable_execution_sdk_python_testing.runner import WebRunner, WebRunnerConfig
from aws_durable_execution_sdk_python_testing.web.server import WebServiceConfig

from agent.record.records import Records
from tests import ROOT
from tests.agent.test_loop import TALK
from tests.fakes.bedrock import Bedrock, call
from tests.fakes.buckets import account, serve
from tests.fakes.functions import Function
from tests.fakes.rekognition import Rekognition
from tests.fakes.sagemaker import Runtime
from tests.fakes.transcribe import Transcribe
from tools.media import process

SECONDS = 60
WISH = "make a square 10s promo for LinkedIn about sharing without captions"
KEY = "uploads/Team talk #1 (café).mp4"
OUTPUTS = {
    "promo_1x1.mp4", "cover_1x1.jpg", "transcript.json", "captions.srt", "captions.vtt", "post.json",
    "cut.otio", "cut.edl", "cut.fcp7.xml", "report.html", "run.json",
}  # fmt: skip


# --- what the services say ----------------------------------------------------------------------------------------------

DRAWN = (("We lost half", "hook"), ("Churn fell", "proof"), ("A price is a promise", "payoff"))
"""What is chosen of the talk that goes with colours and a tone."""


def footage(folder, seconds=SECONDS):
    """A video of colours and a tone, and its words as (text, start, end): a talk said over and over."""
    path = folder / "talk.mp4"
    given = ["-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={seconds}", "-f", "lavfi", "-i", f"sine=220:d={seconds}"]
    words, at = [], 0.3
    for text in TALK.split() * math.ceil(seconds / SECONDS):
        words.append((text, at, at + 0.28))
        at += 0.3 + (0.5 if text[-1] in ".?" else 0.0)
    words = [word for word in words if word[2] < seconds - 0.5]
    made = [
        *given,
        "-vf",
        "scale=320:180",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
    ]
    subprocess.run(
        [process.ffmpeg(), "-v", "error", *made, str(path)], check=True, stdin=subprocess.DEVNULL, timeout=120
    )
    return path, words


def document(words):
    """Transcribe's own form of a result."""
    items = []
    for text, start, end in words:
        bare = text.rstrip(".,?!;:")
        times = {"start_time": f"{start:.2f}", "end_time": f"{end:.2f}"}
        items.append(
            {**times, "type": "pronunciation", "alternatives": [{"confidence": "0.98", "content": bare or text}]}
        )
        if bare and bare != text:
            items.append({"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": text[len(bare)]}]})
    said = {
        "language_code": "en-US",
        "transcripts": [{"transcript": " ".join(word[0] for word in words)}],
        "items": items,
    }
    return {"jobName": "j", "accountId": "123456789012", "status": "COMPLETED", "results": said}


def mind(asked, n, chosen=DRAWN, nth=0):
    """What a careful model says, and the tokens that the service would count: four letters of text each, 300 a picture, the prefix from the cache."""
    said = says(asked, chosen, nth)
    sent = json.dumps(asked, default=lambda picture: "")
    pictures = sum(
        "image" in part
        for m in asked["messages"]
        for b in m["content"]
        for part in b.get("toolResult", {}).get("content", [])
    )
    last = json.dumps(asked["messages"][-2:], default=lambda picture: "") if len(asked["messages"]) > 1 else sent
    tokens, new = len(sent) // 4 + 300 * pictures, len(last) // 4
    usage = (
        {"inputTokens": new, "cacheReadInputTokens": tokens - new} if "toolConfig" in asked else {"inputTokens": tokens}
    )
    blocks = [{"text": said}] if isinstance(said, str) else said
    return {"content": blocks, "usage": {**usage, "outputTokens": len(json.dumps(blocks)) // 4 + 60}}


def says(asked, chosen, nth):
    """As editor the next tool call by ids, as writer lines that stand in the sentences it is given."""
    texts = [block["text"] for message in asked["messages"] for block in message["content"] if "text" in block]
    if "haiku" in asked["modelId"]:
        (ident, text), *_ = re.findall(r"^(S\d+) (.+)$", "\n".join(texts), re.MULTILINE)
        line = {"text": text[:90], "evidence": [ident]}
        copies = [{"platform": "linkedin", "hooks": [line], "title": line, "description": line, "tags": []}]
        return json.dumps({"copies": copies})
    answers = [
        block["toolResult"]["content"][0]["text"]
        for message in asked["messages"]
        for block in message["content"]
        if "toolResult" in block
    ]
    moves = [
        lambda: ("transcribe", {}),
        lambda: ("look", {}),
        lambda: ("find", {"query": "sharing"}),
        lambda: ("cut", {"picks": picks(answers[0], chosen, nth)}),
        lambda: ("write", {"plan_id": "P1"}),
        lambda: ("cover", {"plan_id": "P1"}),
        lambda: ("assemble", {"plan_id": "P1"}),
    ]
    if len(answers) == len(moves):
        return "Made P1."
    return [call(*moves[len(answers)](), number=len(answers) + 1)]


def picks(transcript, chosen, nth=0):
    """The sentences that begin so, by the ids that the transcript's view gives them; of those that are said again, the ``nth``."""
    found = {words: re.findall(rf"^(S\d+) .*{words}", transcript, re.MULTILINE)[nth] for words, _ in chosen}
    return [{"ids": [found[words]], "role": role, "reason": f"says it best: {words}"} for words, role in chosen]


# --- the stage ----------------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def durable(function):
    """The local service of durable executions; starts one and answers how it ended."""
    port = free_port()
    config = WebRunnerConfig(
        web_service=WebServiceConfig(host="127.0.0.1", port=port),
        lambda_endpoint=f"http://{function.place}",
        local_runner_endpoint=f"http://127.0.0.1:{port}",
        local_runner_region="us-east-1",
        skip_time=True,
    )
    address = f"http://127.0.0.1:{port}"

    def ask(path, body=None):
        request = urllib.request.Request(
            address + path, json.dumps(body).encode() if body else None, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def run(event, seconds=3600):
        asked = {
            "AccountId": "123456789012",
            "FunctionName": "hookline-edit",
            "FunctionQualifier": "live",
            "ExecutionName": f"test-{time.monotonic_ns()}",
            "ExecutionTimeoutSeconds": 21600,
            "ExecutionRetentionPeriodDays": 14,
            "Input": json.dumps(event),
        }
        arn = quote(ask("/start-durable-execution", asked)["ExecutionArn"], safe="")
        until = time.monotonic() + seconds
        while (found := ask(f"/2025-12-01/durable-executions/{arn}"))["Status"] == "RUNNING":
            assert time.monotonic() < until, "the execution did not end"
            time.sleep(0.05)
        history = ask(f"/2025-12-01/durable-executions/{arn}/history?MaxItems=1000")
        return found, history["Events"]

    with WebRunner(config) as runner:
        thread = threading.Thread(target=runner.serve_forever, daemon=True)
        thread.start()
        try:
            yield SimpleNamespace(address=address, run=run)
        finally:
            runner._server.shutdown()


@contextlib.contextmanager
def staged(film, database, folder, inside=(), wish=WISH, mind=mind, door=""):
    """A made-up account with an upload in its inbox; ``run(event)`` of what it gives sends an event of that upload.

    ``inside`` is a command that runs another within a built image; without it the function is a process of this environment.
    ``door`` is the address of a serving container that hears in Transcribe's place, behind an endpoint of SageMaker.
    """
    video, words = film
    with contextlib.ExitStack() as open_:
        open_.enter_context(account())
        s3 = boto3.client("s3", region_name="us-east-1")
        for bucket in ("hookline-inbox", "hookline-outbox"):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        put = s3.put_object(Bucket="hookline-inbox", Key=KEY, Body=video.read_bytes(), Metadata={"wish": wish})
        listen = Transcribe(
            lambda bucket, key, data: s3.put_object(Bucket=bucket, Key=key, Body=data), document(words), delay=3
        )
        watch, runtime = Rekognition(), Runtime(s3, door, output="s3://hookline-outbox/.work/speech/")
        bedrock = open_.enter_context(Bedrock(mind, thinks=True))
        endpoints = {"S3": open_.enter_context(serve()), "BEDROCK_RUNTIME": bedrock.url}
        for name, service in (("TRANSCRIBE", listen), ("REKOGNITION", watch), ("SAGEMAKER_RUNTIME", runtime)):
            endpoints[name], stop = service.serve()
            open_.callback(stop)
        environ = {
            **{f"AWS_ENDPOINT_URL_{name}": address for name, address in endpoints.items()},
            "HOOKLINE_BACKEND": "aws",
            "HOOKLINE_DATABASE": database,
            "HOOKLINE_INBOX_BUCKET": "hookline-inbox",
            "HOOKLINE_INBOX_PREFIX": "uploads/",
            "HOOKLINE_OUTBOX_BUCKET": "hookline-outbox",
        }
        if door:
            environ |= {"HOOKLINE_TRANSCRIBER": "sagemaker", "HOOKLINE_SPEECH_ENDPOINT": runtime.endpoint}
        if not inside:
            environ |= {"HOOKLINE_HOME": str(folder / "sandbox"), "HOOKLINE_FFMPEG": str(counted(folder))}
        records = Records(database)
        records.migrate()
        open_.callback(records.close)
        function = open_.enter_context(Function("lambda_handler.edit", environ, folder / "log", inside=inside))
        service = open_.enter_context(durable(function))
        environ["AWS_ENDPOINT_URL_LAMBDA"] = service.address
        yield SimpleNamespace(
            s3=s3, put=put, database=database, listen=listen, watch=watch, runtime=runtime, bedrock=bedrock, records=records, function=function,
            size=video.stat().st_size, log=folder / "log", run=service.run, renders=folder / "renders",
        )  # fmt: skip


def counted(folder):
    """An ffmpeg that writes down what it was asked, in ``renders``."""
    ffmpeg = folder / "ffmpeg"
    ffmpeg.write_text(f'#!/bin/sh\necho "$*" >> {folder}/renders\nexec {process.ffmpeg()} "$@"\n')
    ffmpeg.chmod(0o755)
    return ffmpeg


def notification(stage):
    """The upload's event as S3 itself sends it."""
    event = json.loads((ROOT / "sam/events/s3.json").read_text())
    event["Records"][0]["s3"]["object"] |= {
        "key": quote(KEY, safe="/").replace("%20", "+"),
        "size": stage.size,
        "eTag": stage.put["ETag"].strip('"'),
        "versionId": stage.put["VersionId"],
    }
    return event


def answer(stage, event):
    """What became of the event's one record, and the names of the durable steps."""
    found, history = stage.run(event)
    assert found["Status"] == "SUCCEEDED", (found, stage.log.read_text()[-3000:])
    (one,) = json.loads(found["Result"])["records"]
    return one, history


def outbox(stage):
    """What was published: name, and SHA-256 as stored; the steps' own files aside."""
    listed = stage.s3.list_objects_v2(Bucket="hookline-outbox").get("Contents", [])
    keys = [item["Key"] for item in listed if not item["Key"].startswith(("work/", ".work/"))]
    return {
        key.rpartition("/")[2]: stage.s3.head_object(Bucket="hookline-outbox", Key=key)["Metadata"]["sha256"]
        for key in keys
    }
