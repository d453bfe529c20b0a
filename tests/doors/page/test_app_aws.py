"""The same contract behind Lambda's gateway: from a form for an upload to outputs behind links, with S3's stand-in and the durable runner."""

# ruff: noqa: F811

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner
from mangum import Mangum

from agent.settings import load
from doors.page.app import build
from doors.upload.door import carry, desk
from tests.agent.test_loop import video  # noqa: F401
from tests.doors.page.test_app import GHOST, WISH, studio
from tests.fakes.buckets import account
from tools.aws.functions import Function
from tools.aws.s3 import S3

pytestmark = [pytest.mark.aws, pytest.mark.usefixtures("rendered_once")]


class Edit:
    """Lambda as far as an asynchronous invocation sees it: 202, and the event is kept."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:
        assert (FunctionName, InvocationType) == ("hookline-edit:live", "Event")
        assert len(Payload) < 256_000
        self.events.append(json.loads(Payload))
        return {"StatusCode": 202}


class Stage:
    def __init__(self, folder: Path, **more: str) -> None:
        self.s3 = boto3.client("s3")
        for bucket in ("inbox", "outbox"):
            self.s3.create_bucket(Bucket=bucket)
        self.settings = load(
            environ={},
            home=str(folder),
            inbox_bucket="inbox",
            inbox_prefix="uploads/",
            outbox_bucket="outbox",
            edit_function="hookline-edit:live",
            **more,
        )
        local = studio(folder)
        self.studio = replace(local, engines=replace(local.engines, store=S3("outbox")))
        self.engines = self.studio.engines
        self.app = build(self.settings, self.studio)
        self.edit, self.sandboxes = Edit(), 0
        self.app.state.desk.worker.edit = Function("hookline-edit:live", api=self.edit)
        self.door = Mangum(self.app, lifespan="off")

    def ask(
        self, method: str, path: str, body: Any = None, sub: str | None = None, **headers: str
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers, as API Gateway would have them; ``sub`` is who the JWT authorizer says it is."""
        authorizer = (
            {"jwt": {"claims": {"sub": sub}}} if sub else {"iam": {"userArn": "arn:aws:iam::123456789012:user/ada"}}
        )
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "10.0.0.1", "userAgent": "test"}
        event = {
            "version": "2.0",
            "routeKey": "ANY /{proxy+}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"host": "x.execute-api.us-east-1.amazonaws.com", "content-type": "application/json", **headers},
            "requestContext": {"http": http, "authorizer": authorizer, "stage": "$default", "requestId": "r"},
            "body": json.dumps(body) if body is not None else "",
            "isBase64Encoded": False,
        }
        answer = self.door(event, None)
        text = answer["body"]
        return answer["statusCode"], json.loads(text) if text[:1] in "{[" and text else text, answer["headers"]

    def carry(self, event: dict[str, Any], whole: bool = False) -> Any:
        """What the edit function makes of an event: the first record's answer, or the ``whole``."""
        self.sandboxes += 1
        fresh = replace(self.studio, home=self.studio.home.with_name(f"sandbox-{self.sandboxes}"))
        at = desk(self.settings, fresh, S3("inbox"))

        def edit(event: Any, ctx: Any) -> Any:
            return carry(event, ctx, at)

        with DurableFunctionTestRunner(durable_execution(edit)) as runner:
            result = runner.run(input=json.dumps(event), execution_timeout=480)
        assert result.status.value == "SUCCEEDED", result.error
        answer = json.loads(result.result)
        return answer if whole else answer["records"][0]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with account():
        yield Stage(tmp_path)


def uploaded(stage: Stage, video: Path, sub: str | None = None) -> str:
    """The id of a video that was posted as the form says; moto takes a put in the post's place."""
    status, form, _ = stage.ask("POST", "/videos", {"name": "../../my tålk.mp4"}, sub)
    assert status == 200
    assert form["fields"]["x-amz-meta-wish"] == "later"
    assert form["expires_in"] <= 900
    stage.s3.put_object(Bucket="inbox", Key=form["fields"]["key"], Body=video.read_bytes(), Metadata={"wish": "later"})
    (found,) = stage.ask("GET", "/videos", sub=sub)[1]["videos"]
    assert found["name"] == "my tålk.mp4"
    return found["id"]


@pytest.mark.slow
def test_a_request_in_words_is_handed_to_the_edit_function_and_its_outputs_come_by_links(
    stage: Stage, video: Path
) -> None:
    name = uploaded(stage, video)
    body = {"message": WISH, "video": name}
    status, told, headers = stage.ask("POST", "/chat", body, **{"idempotency-key": "k1"})
    assert (status, headers["location"]) == (202, f"/runs/{told['run_id']}")
    assert stage.ask("GET", f"/runs/{told['run_id']}")[1]["status"] == "queued"
    assert stage.ask("POST", "/chat", body, **{"idempotency-key": "k1"})[1] == told
    (event,) = stage.edit.events
    assert stage.carry(event)["status"].startswith("done")
    status, run, _ = stage.ask("GET", f"/runs/{told['run_id']}")
    assert run["status"].startswith("done")
    status, _, headers = stage.ask("GET", f"/runs/{told['run_id']}/files/promo_1x1.mp4")
    assert status == 307
    assert "X-Amz-Expires=900" in headers["location"]
    assert stage.ask("GET", f"/runs/{told['run_id']}/files/nothing")[0] == 404
    status, text, _ = stage.ask("GET", f"/runs/{told['run_id']}/events")
    assert "event: run" in text
    assert "retry:" in text
    reply = stage.ask("POST", "/chat", {"message": "why this cut?", "thread": told["thread"]})[1]["reply"]
    assert "A (" in reply


def said(stage: Stage, thread: str, message: str) -> dict[str, Any]:
    """The run that a change in words made, carried in a sandbox of its own."""
    status, told, _ = stage.ask("POST", "/chat", {"message": message, "thread": thread})
    assert status == 202, told
    answer = stage.carry(stage.edit.events[-1])
    assert answer["status"].startswith("done"), answer
    run: dict[str, Any] = stage.ask("GET", f"/runs/{told['run_id']}")[1]
    return {**run, "changes": told["changes"]}


def published(stage: Stage, run: dict[str, Any], name: str) -> bytes:
    (key,) = [
        item["Key"]
        for item in stage.s3.list_objects_v2(Bucket="outbox")["Contents"]
        if item["Key"].endswith(f"{run['run_id']}/{name}")
    ]
    return bytes(stage.s3.get_object(Bucket="outbox", Key=key)["Body"].read())


@pytest.mark.slow
def test_a_promo_is_changed_in_words_as_on_a_laptop(stage: Stage, video: Path) -> None:
    name = uploaded(stage, video)
    thread = stage.ask("POST", "/chat", {"message": WISH, "video": name})[1]["thread"]
    assert stage.carry(stage.edit.events[-1])["status"].startswith("done")
    first = stage.ask("GET", f"/runs/{thread}")[1]
    assert len(first["clips"]) > 1

    status, told, _ = stage.ask("POST", "/chat", {"message": "drop clip 9", "thread": thread})
    assert (status, told["code"]) == (422, "wish")
    assert "There is no clip 9" in told["error"]
    status, told, _ = stage.ask("POST", "/chat", {"message": "drop the last clip", "thread": thread, "plan": True})
    assert status == 200
    assert told["plan"]["changes"]
    assert len(stage.edit.events) == 1, "a plan begins nothing"

    second = said(stage, thread, "drop the last clip")
    assert second["version"] == 2
    assert second["changes"].startswith("−")
    assert [clip["ids"] for clip in second["clips"]] == [clip["ids"] for clip in first["clips"]][:-1]
    assert stage.engines.transcriber.calls == 1, "a change listens to nothing again"
    third = said(stage, thread, "undo")
    assert third["version"] == 3
    assert published(stage, third, "promo_1x1.mp4") == published(stage, first, "promo_1x1.mp4")
    assert third["length"] == first["length"]
    names = {item["name"] for item in stage.ask("GET", f"/runs/{third['run_id']}")[1]["outputs"]}
    assert {"promo_1x1.mp4", "cover_1x1.jpg", "post.json", "report.html"} <= names

    for item in stage.s3.list_objects_v2(Bucket="outbox", Prefix=f"work/{third['run_id']}/")["Contents"]:
        stage.s3.delete_object(Bucket="outbox", Key=item["Key"])
    status, told, _ = stage.ask("POST", "/chat", {"message": "shorter", "thread": thread})
    assert status == 422
    assert "no longer here" in told["error"]


@pytest.mark.slow
def test_several_promos_of_one_request_are_versions_of_its_conversation_that_share_nothing(
    stage: Stage, video: Path
) -> None:
    name = uploaded(stage, video)
    body = {"message": "make two different square 6s promos for X", "video": name}
    status, told, _ = stage.ask("POST", "/chat", body)
    assert status == 202, told
    answer = stage.carry(stage.edit.events[-1])
    assert answer["run"] == told["run_id"], "the run that was told of is the first"
    (other,) = answer["more"]
    runs = [stage.ask("GET", f"/runs/{name}")[1] for name in (answer["run"], other["run"])]
    assert all(run["status"].startswith("done") for run in runs)
    assert [(run["thread"], run["version"]) for run in runs] == [(told["thread"], 1), (told["thread"], 2)]
    ids = [{name for clip in run["clips"] for name in clip["ids"]} for run in runs]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert stage.engines.transcriber.calls == 1  # type: ignore[attr-defined]
    assert len(published(stage, runs[1], "promo_1x1.mp4")) > 10_000


@pytest.mark.slow
def test_moments_are_proposed_first_and_the_chosen_one_is_handed_to_the_edit_function(
    stage: Stage, video: Path
) -> None:
    wish = "2 clips of 6 to 12 seconds for X, square, no captions"
    status, told, _ = stage.ask("POST", "/chat", {"message": wish, "video": uploaded(stage, video), "sheet": True})
    assert status == 202
    assert stage.carry(stage.edit.events[-1]).get("more", []) == []
    sheet = stage.ask("GET", f"/runs/{told['run_id']}")[1]
    assert sheet["moments"]
    assert {each["run_id"] for each in sheet["moments"]} == {None}
    status, chosen, _ = stage.ask("POST", f"/runs/{told['run_id']}/moments", {"only": [1]})
    assert (status, chosen["thread"], chosen["version"]) == (202, told["run_id"], 2)
    (one,) = stage.carry(stage.edit.events[-1])["more"]
    assert one["run"] == chosen["run_id"]
    assert stage.ask("GET", f"/runs/{told['run_id']}")[1]["moments"][0]["run_id"] == one["run"]
    assert stage.engines.transcriber.calls == 1  # type: ignore[attr-defined]


def test_an_upload_that_waits_for_words_begins_no_run(stage: Stage, video: Path) -> None:
    uploaded(stage, video)
    (item,) = stage.s3.list_objects_v2(Bucket="inbox")["Contents"]
    thing = {"key": item["Key"], "size": item["Size"], "etag": item["ETag"].strip('"')}
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "inbox"}, "object": thing},
    }
    assert stage.carry(event)["code"] == "later"


def test_a_video_is_posted_to_the_bucket_and_the_door_says_so(stage: Stage) -> None:
    status, told, _ = stage.ask("POST", "/videos", "a video", **{"content-type": "multipart/form-data; boundary=x"})
    assert (status, told["code"]) == (415, "media-type")
    assert "form by JSON" in told["to_do"]


def test_one_persons_videos_and_runs_are_unknown_to_another(stage: Stage, video: Path) -> None:
    name = uploaded(stage, video, sub="ada")
    assert stage.ask("GET", "/videos", sub="eve")[1]["videos"] == []
    assert stage.ask("GET", "/videos")[1]["videos"] == []
    body = {"message": WISH, "video": name}
    assert stage.ask("POST", "/chat", body, sub="eve")[0] == 404
    run = stage.ask("POST", "/chat", body, sub="ada")[1]["run_id"]
    assert stage.ask("GET", f"/runs/{run}", sub="ada")[0] == 200
    assert stage.ask("GET", f"/runs/{run}", sub="eve")[:2] == stage.ask("GET", f"/runs/{GHOST}", sub="eve")[:2]
    assert stage.ask("GET", f"/runs/{run}")[0] == 404


def test_a_request_that_no_gateway_vouches_for_is_refused(stage: Stage) -> None:
    event = {
        "version": "2.0",
        "rawPath": "/runs",
        "rawQueryString": "",
        "headers": {"host": "x.execute-api.us-east-1.amazonaws.com"},
        "requestContext": {
            "http": {"method": "GET", "path": "/runs", "sourceIp": "10.0.0.1"},
            "stage": "$default",
            "requestId": "r",
        },
        "isBase64Encoded": False,
    }
    assert stage.door(event, None)["statusCode"] == 401


def test_who_approves_behind_iam_is_told_by_their_arn(stage: Stage, video: Path) -> None:
    name = uploaded(stage, video)
    run = stage.ask("POST", "/chat", {"message": WISH, "video": name})[1]["run_id"]
    status, told, _ = stage.ask("POST", f"/runs/{run}/approval", {"verdict": "approved"})
    assert (status, told["code"]) == (422, "no-promo")
    assert stage.carry(stage.edit.events[-1])["status"].startswith("done")
    status, told, _ = stage.ask("POST", f"/runs/{run}/approval", {"verdict": "approved"})
    assert (status, told["verdict"], told["who"]) == (200, "approved", "arn:aws:iam::123456789012:user/ada")
    assert stage.ask("GET", f"/runs/{run}")[1]["approval"] == told
    status, link, _ = stage.ask("POST", f"/runs/{run}/share", {"name": "promo_1x1.mp4"})
    assert (status, link["expires_in"], "X-Amz-Expires=900" in link["url"]) == (200, 900, True)
    assert stage.ask("POST", f"/runs/{run}/share", {"name": "source.bin"})[0] == 404


def test_what_the_edit_function_is_handed_is_checked_again(stage: Stage) -> None:
    assert stage.carry({"hookline": {"brief": "rubbish"}})["code"] == "shape"
    brief = {"run": GHOST, "video": "a.mp4"}
    foreign = {"brief": brief, "tenant": "inbox", "key": "elsewhere/a.mp4", "etag": "x", "size": 1}
    assert stage.carry({"hookline": foreign})["code"] == "prefix"


def test_a_shut_home_is_not_needed_to_read(stage: Stage) -> None:
    shutil.rmtree(stage.studio.home, ignore_errors=True)
    assert stage.ask("GET", "/runs")[:2] == (200, {"runs": []})
    assert stage.ask("GET", "/")[0] == 200


@pytest.mark.slow
def test_a_word_is_put_right_as_on_a_laptop(stage: Stage, video: Path) -> None:
    name = uploaded(stage, video)
    run = stage.ask("POST", "/chat", {"message": WISH, "video": name})[1]["run_id"]
    assert stage.carry(stage.edit.events[-1])["status"].startswith("done")
    word = max(stage.ask("GET", f"/runs/{run}")[1]["clips"][0]["text"].split(), key=len).strip(".,")
    status, told, _ = stage.ask("POST", f"/runs/{run}/fix", {"words": [f"{word}=Hookline"]})
    assert status == 202, told
    assert stage.carry(stage.edit.events[-1])["status"].startswith("done")
    fixed = stage.ask("GET", f"/runs/{told['run_id']}")[1]
    assert (fixed["parent"], "Hookline" in fixed["clips"][0]["text"]) == (run, True)


def test_what_is_asked_beside_words_goes_along_to_the_edit_function(stage: Stage, video: Path) -> None:
    name = uploaded(stage, video)
    for more in ({"tighten": True}, {"strict": True}, {"clean": True}):
        assert stage.ask("POST", "/chat", {"message": WISH, "video": name, **more})[0] == 202
        assert stage.edit.events[-1]["hookline"]["brief"]["options"].items() >= more.items()
    for _ in range(2):
        stage.ask("POST", "/chat", {"message": WISH, "video": name, "fresh": True})
    first, second = (event["hookline"]["brief"]["run"] for event in stage.edit.events[-2:])
    assert first != second
    several = {"message": "make two different square 6s promos for X", "video": name, "strict": True}
    assert stage.ask("POST", "/chat", several)[0] == 202
    assert stage.edit.events[-1]["hookline"]["brief"]["options"]["strict"] is True


def test_what_is_had_on_ones_own_machine_alone_is_refused_with_what_to_do(stage: Stage, video: Path) -> None:
    name = uploaded(stage, video)
    run = stage.ask("POST", "/chat", {"message": WISH, "video": name})[1]["run_id"]
    form = {"content-type": "multipart/form-data; boundary=x"}
    asked = [("POST", f"/videos/{name}/{what}", form) for what in ("transcript", "music")]
    asked += [
        ("DELETE", f"/videos/{name}/transcript", {}),
        ("GET", f"/runs/{run}/files.zip", {}),
        ("DELETE", f"/runs/{run}", {}),
    ]
    for method, path, headers in asked:
        status, told, _ = stage.ask(method, path, **headers)
        assert (status, told["code"]) == (422, "elsewhere"), path
        assert told["to_do"]
        assert stage.ask(method, path.replace(name, GHOST).replace(run, GHOST), **headers)[0] == 404
    assert stage.ask("POST", "/chat", {"message": WISH, "video": name, "music": GHOST})[0] == 404
    page = stage.ask("GET", "/")[1]
    assert 'id="tighten"' in page
    assert 'id="song"' not in page
