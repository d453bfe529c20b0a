"""An upload's whole way on AWS, in processes of their own, with every service's stand-in on loopback and ffmpeg for real.

Event, durable handler behind the runtime interface, Bedrock calling tools by ids, Transcribe, Rekognition, S3, rows in MariaDB.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import boto3
import pytest
from aws_durable_execution_sdk_python_testing.executor import Executor
from aws_durable_execution_sdk_python_testing.runner import WebRunner, WebRunnerConfig
from aws_durable_execution_sdk_python_testing.web.server import WebServiceConfig

from agent.answers import explain
from agent.quote import price
from agent.records import Records
from agent.settings import engines, load
from tests.fakes.bedrock import Bedrock, call
from tests.fakes.buckets import account, serve
from tests.fakes.functions import Function
from tests.fakes.rekognition import Rekognition
from tests.fakes.transcribe import Transcribe
from tests.test_loop import TALK
from tools import media
from tools.aws.rekognition import TOGETHER

pytestmark = [pytest.mark.aws, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "media" / "speech" / "openboard_wannaworktogether.mp4"
SECONDS = 60
WISH = "make a square 10s promo for LinkedIn about sharing without captions"
KEY = "uploads/Team talk #1 (café).mp4"


# --- what the services say ----------------------------------------------------------------------------------------------


def footage(folder):
    """A short video and its words as (text, start, end): a real one where the shared files are, else colours and a tone."""
    path = folder / "talk.mp4"
    if REAL.exists():
        given, words = ["-t", str(SECONDS), "-i", str(REAL)], []
        heard = json.loads(REAL.with_suffix(".whisper-base.json").read_text())
        for segment in heard["segments"]:
            words += [(w["w"].strip(), w["s"], w["e"]) for w in segment["words"] if w["e"] < SECONDS - 0.5]
    else:
        given, words, at = (
            ["-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={SECONDS}", "-f", "lavfi", "-i", f"sine=220:d={SECONDS}"],
            [],
            0.3,
        )
        for text in TALK.split():
            words.append((text, at, at + 0.28))
            at += 0.3 + (0.5 if text[-1] in ".?" else 0.0)
        words = [word for word in words if word[2] < SECONDS - 0.5]
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
    subprocess.run([media.ffmpeg(), "-v", "error", *made, str(path)], check=True, stdin=subprocess.DEVNULL, timeout=120)
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


def mind(asked, n):
    """What a careful model says, and the tokens that the service would count: four letters of text each, 300 a picture, the prefix from the cache."""
    said = says(asked)
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


def says(asked):
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
        lambda: ("cut", {"picks": picks(answers[0])}),
        lambda: ("write", {"plan_id": "P1"}),
        lambda: ("cover", {"plan_id": "P1"}),
        lambda: ("assemble", {"plan_id": "P1"}),
    ]
    if len(answers) == len(moves):
        return "Made P1."
    return [call(*moves[len(answers)](), number=len(answers) + 1)]


CHOSEN = (
    (("These people know", "hook"), ("To understand", "context"))
    if REAL.exists()
    else (("We lost half", "hook"), ("Churn fell", "payoff"), ("Thirty one", "proof"))
)


def picks(transcript):
    """The sentences that begin so, by the ids that the transcript's view gives them."""
    found = {words: re.search(rf"^(S\d+) .*{words}", transcript, re.MULTILINE)[1] for words, _ in CHOSEN}
    return [{"ids": [found[words]], "role": role, "reason": f"says it best: {words}"} for words, role in CHOSEN]


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

    def run(event, seconds=900):
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


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return footage(tmp_path_factory.mktemp("film"))


@pytest.fixture
def stage(film, mariadb, tmp_path, monkeypatch):
    """A made-up account with an upload in its inbox; ``stage.run()`` sends the event of that upload."""
    # A killed sandbox is replaced at once, and as often as it takes.
    monkeypatch.setattr(Executor, "RETRY_BACKOFF_SECONDS", 0)
    monkeypatch.setattr(Executor, "MAX_CONSECUTIVE_FAILED_ATTEMPTS", 100)
    video, words = film
    with contextlib.ExitStack() as open_:
        open_.enter_context(account())
        s3 = boto3.client("s3", region_name="us-east-1")
        for bucket in ("hookline-inbox", "hookline-outbox"):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        put = s3.put_object(Bucket="hookline-inbox", Key=KEY, Body=video.read_bytes(), Metadata={"wish": WISH})
        listen = Transcribe(
            lambda bucket, key, data: s3.put_object(Bucket=bucket, Key=key, Body=data), document(words), delay=3
        )
        watch = Rekognition()
        bedrock = open_.enter_context(Bedrock(mind))
        endpoints = {"S3": open_.enter_context(serve()), "BEDROCK_RUNTIME": bedrock.url}
        for name, service in (("TRANSCRIBE", listen), ("REKOGNITION", watch)):
            endpoints[name], stop = service.serve()
            open_.callback(stop)
        ffmpeg = tmp_path / "ffmpeg"
        ffmpeg.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/renders\nexec {media.ffmpeg()} "$@"\n')
        ffmpeg.chmod(0o755)
        environ = {
            "HOOKLINE_FFMPEG": str(ffmpeg),
            **{f"AWS_ENDPOINT_URL_{name}": address for name, address in endpoints.items()},
            "HOOKLINE_BACKEND": "aws",
            "HOOKLINE_DATABASE": mariadb.create(),
            "HOOKLINE_INBOX_BUCKET": "hookline-inbox",
            "HOOKLINE_INBOX_PREFIX": "uploads/",
            "HOOKLINE_OUTBOX_BUCKET": "hookline-outbox",
            "HOOKLINE_HOME": str(tmp_path / "sandbox-{sandbox}"),
        }
        records = Records(environ["HOOKLINE_DATABASE"])
        records.migrate()
        open_.callback(records.close)
        function = open_.enter_context(Function("lambda_handler.edit", environ, tmp_path / "log"))
        service = open_.enter_context(durable(function))
        environ["AWS_ENDPOINT_URL_LAMBDA"] = service.address
        yield SimpleNamespace(
            s3=s3, put=put, listen=listen, watch=watch, bedrock=bedrock, records=records, function=function,
            size=video.stat().st_size, log=tmp_path / "log", run=service.run, renders=tmp_path / "renders",
        )  # fmt: skip


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


OUTPUTS = {
    "promo_1x1.mp4", "cover_1x1.jpg", "transcript.json", "captions.srt", "captions.vtt", "post.json",
    "cut.otio", "cut.edl", "cut.fcp7.xml", "report.html", "run.json",
}  # fmt: skip
TIMED = {"run.json", "report.html"}
"""Outputs that tell how long the run took."""


def moments(history):
    """Before, within and after each step of a run, as (name, where), in the order in which they come."""
    for event in history:
        name = event.get("Name") or ""
        if re.match(r"intake$|outcome$|\d{3}\.", name):
            if event["EventType"] == "ContextStarted":
                yield name, "pre"
            elif event["EventType"] == "ContextSucceeded":
                yield from ((name, "mid"), (name, "post"))


def asked(stage):
    """What the services and ffmpeg were asked to do, each with how often."""
    models = [f"{request['modelId']} turn {len(request['messages'])}" for request in stage.bedrock.requests]
    others = [name for name, _ in (*stage.listen.calls, *stage.watch.calls) if name != "GetTranscriptionJob"]
    lines = stage.renders.read_text().splitlines()
    # Temporary names differ from call to call.
    return Counter([*models, *others, *(re.sub(r"[.\w/-]*\.part-\S+|/tmp/\S+", "FILE", line) for line in lines)])


def rows(stage, run):
    """The record of a run without what is of the clock, and its id, which is of the object's version."""
    of_clock = {"run", "ms", "at", "answered", "created", "ended", "id"}

    def still(row):
        return {name: value for name, value in row.items() if name not in of_clock}

    why = stage.records.why(run, 1)
    return {
        "decisions": [still(row) for row in stage.records.decisions(run)],
        "candidates": [still(row) for row in stage.records.candidates(run)],
        "clips": why["clips"],
        "clip": still(why["clip"]),
        "artifacts": sorted(
            (each["name"], each["sha256"])
            for each in stage.records.run(run)["outcome"]["artifacts"]
            if each["name"] not in TIMED
        ),
    }


def kept(stage):
    return {name: sha for name, sha in outbox(stage).items() if name not in TIMED}


@pytest.fixture(scope="module")
def calm():
    """What an uninterrupted run did and left, for others to be compared with."""
    return {}


def test_an_upload_fills_the_outbox_and_every_decision_is_a_row(stage, calm, capsys):
    one, history = answer(stage, notification(stage))
    assert one["status"] in ("done", "done with warnings"), json.dumps(one)
    assert set(outbox(stage)) >= OUTPUTS
    assert not stage.bedrock.refused
    assert not stage.bedrock.broken
    assert stage.function.started == 1

    run = one["run"]
    calm |= {"moments": list(moments(history)), "asked": asked(stage), "rows": rows(stage, run), "kept": kept(stage)}
    seen = [
        block
        for request in stage.bedrock.requests
        for message in request["messages"]
        for result in message["content"]
        for block in result.get("toolResult", {}).get("content", [])
        if "image" in block
    ]
    assert seen, "the editor sees, so it is shown the stills"
    decisions = stage.records.decisions(run)
    assert [d["name"] for d in decisions if d["kind"] == "tool"] == [
        "transcribe", "look", "find", "cut", "write", "cover", "assemble",
    ]  # fmt: skip
    assert all(d["verdict"] == "accepted" for d in decisions)
    spent = {d["name"]: d["dollars"] for d in decisions if d["kind"] == "tool"}
    assert spent["transcribe"] == pytest.approx(0.024, rel=0.01), "a minute of Transcribe"
    stills = sum(dollars for name, dollars in spent.items() if name not in ("transcribe", "write"))
    assert stills == pytest.approx(0.001 * len(stage.watch.calls)), "each image by each API, whichever tool asked"
    assert 0 < spent["write"] < 0.01
    cost = stage.records.cost(run)["dollars"]
    assert cost == pytest.approx(sum(d["dollars"] for d in decisions))
    told = price(
        engines(load(backend="aws", database="local", outbox_bucket="hookline-outbox")),
        decisions[0]["model_id"],
        SECONDS,
    )
    assert cost <= told <= 2 * cost, "the quote is no less than what was billed, and not much more"
    length = stage.records.run(run)["outcome"]["cut"]["length"]
    assert abs(length - 10.0) <= 0.5
    text = explain(stage.records.why(run, 1))
    assert "says it best" in text
    with capsys.disabled():
        print(f"\n\n{one['status']} in the outbox: {', '.join(sorted(outbox(stage)))}\n")
        for row in decisions:
            spent = f"{row['tokens_in'] or 0:>6} in {row['tokens_out'] or 0:>4} out ${row['dollars'] or 0:.4f}"
            print(
                f"{row['seq']:>3} {row['kind']:<5} {row['name']:<10} {row['verdict']:<8} {spent} {row['ms'] or 0:>6} ms"
            )
        print(f"\nquoted ${told:.4f}, billed ${cost:.4f}")
        print(f"\nwhy this cut?\n{text}\ncost: {stage.records.cost(run)}")


WHERE = {"each in turn": ("pre", "mid", "post")}
if os.environ.get("HOOKLINE_FIRE"):
    WHERE |= {"before each": ("pre",), "within each": ("mid",), "after each": ("post",)}


@pytest.mark.parametrize("where", WHERE)
def test_a_process_killed_at_each_step_changes_nothing(stage, calm, where):
    if not calm:
        pytest.skip("needs the test of an uninterrupted run before it, to compare with")
    points = WHERE[where]
    names = list(dict.fromkeys(name for name, _ in calm["moments"]))
    assert len(names) > 20
    turn = {name: points[n % len(points)] for n, name in enumerate(names)}
    given = [f"{name}:{at}" for name, at in calm["moments"] if turn[name] == at]
    stage.function.kills = list(given)
    one, _ = answer(stage, notification(stage))
    assert stage.function.deaths == ["signal 9"] * len(given), stage.function.kills
    assert stage.function.started == len(given) + 1
    assert one["status"] in ("done", "done with warnings")
    assert rows(stage, one["run"]) == calm["rows"]
    assert kept(stage) == calm["kept"]
    more = asked(stage) - calm["asked"]
    assert not calm["asked"] - asked(stage)
    # What was done and not yet checkpointed is done again: one action, or one batch of stills by four APIs.
    stills = sum(more.pop(name, 0) for name in [each for each in more if each.startswith("Detect")])
    batches = -(-stills // (4 * TOGETHER))
    assert sum(more.values()) + batches <= sum(not name.endswith(":post") for name in given), more
    assert all(times <= calm["asked"][what] for what, times in more.items()), more
    assert asked(stage)["StartTranscriptionJob"] <= 2
