"""An upload's door over the bucket's stand-in: several promos of one upload, and uploads that are gone or were replaced."""

# ruff: noqa: F811

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doors.upload.object import SMALL, Object
from tests.agent.test_loop import video  # noqa: F401
from tests.agent.test_sound_alone import recording
from tests.doors.page.test_app_aws import Stage
from tests.fakes.buckets import account
from tools.aws.s3 import S3
from tools.troubles import Refusal

pytestmark = [pytest.mark.aws, pytest.mark.usefixtures("rendered_once")]
KEY = "uploads/talk.mp4"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with account():
        yield Stage(tmp_path)


def put(stage: Stage, video: Path, wish: str, key: str = KEY) -> dict[str, Any]:
    """An upload with a wish, and its event."""
    about = {"wish": wish} if wish else {}
    made = stage.s3.put_object(Bucket="inbox", Key=key, Body=video.read_bytes(), Metadata=about)
    thing = {"key": key, "size": video.stat().st_size, "etag": made["ETag"].strip('"')}
    if "VersionId" in made:
        thing["version-id"] = made["VersionId"]
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "inbox"}, "object": thing},
    }


@pytest.mark.slow
def test_an_upload_that_asks_for_two_gets_two_that_share_nothing_and_is_heard_once(stage: Stage, video: Path) -> None:
    event = put(stage, video, "make two different square 6s promos for X")
    answer = stage.carry(event)
    (other,) = answer["more"]
    first, second = (stage.studio.records.run(each["run"])["outcome"] for each in (answer, other))
    ids = [{name for clip in one["cut"]["clips"] for name in clip["ids"]} for one in (first, second)]
    assert not ids[0] & ids[1]
    keys = {item["Key"] for item in stage.s3.list_objects_v2(Bucket="outbox")["Contents"]}
    for outcome in (first, second):
        assert outcome["status"].startswith("done")
        assert abs(outcome["cut"]["length"] - 6) <= 0.5
        assert {f"talk/{outcome['run']}/{name}" for name in ("promo_1x1.mp4", "run.json")} <= keys
    rows = [stage.studio.records.run(each["run"]) for each in (answer, other)]
    assert [(row["thread"], row["version"]) for row in rows[1:]] == [(answer["run"], 2)]
    assert stage.engines.transcriber.calls == 1  # type: ignore[attr-defined]
    assert stage.carry(event) == answer, "the same event again is the same two runs"


@pytest.mark.slow
def test_an_uploaded_recording_becomes_a_set_whatever_its_name_ends_in(stage: Stage, tmp_path: Path) -> None:
    answer = stage.carry(put(stage, recording(tmp_path), "a square 8s promo for X", "uploads/episode 12.bin"))
    assert answer["status"].startswith("done"), answer["reason"]
    outcome = stage.studio.records.run(answer["run"])["outcome"]
    promo = next(each for each in outcome["artifacts"] if each["name"] == "promo_1x1.mp4")
    assert all(check["passed"] for of in ("certificate", "viewer") for check in promo[of]["checks"])
    assert not [each for each in answer["warnings"] if "picture" in each]


@pytest.mark.slow
def test_an_upload_that_asks_for_moments_gets_their_sheet_each_of_them_and_a_table(stage: Stage, video: Path) -> None:
    event = put(stage, video, "2 clips of 6 to 12 seconds for X, square, no captions")
    answer = stage.carry(event)
    proposed = stage.studio.records.run(answer["run"])["outcome"]["highlights"]
    shorts = [stage.studio.records.run(each["run"])["outcome"] for each in answer["more"]]
    assert [short["status"].split()[0] for short in shorts] == ["done"] * len(shorts), [s["reason"] for s in shorts]
    assert [short["cut"]["clips"][0]["ids"] for short in shorts] == [each["ids"] for each in proposed] != []
    assert stage.engines.transcriber.calls == 1  # type: ignore[attr-defined]
    sheet = f"talk/{answer['run']}"
    table = stage.s3.get_object(Bucket="outbox", Key=f"{sheet}/clips.csv")["Body"].read().decode()
    keys = {item["Key"] for item in stage.s3.list_objects_v2(Bucket="outbox")["Contents"]}
    assert f"{sheet}/report.html" in keys
    for short in shorts:
        assert f"talk/{short['run']}/promo_1x1.mp4" in keys
        assert f"../{short['run']}/promo_1x1.mp4" in table
    assert stage.carry(event) == answer, "the same event again is the same runs"


def test_an_upload_that_is_gone_before_its_event_is_refused_and_its_neighbour_is_not_lost(
    stage: Stage, video: Path
) -> None:
    away, later = put(stage, video, "", "uploads/away.mp4"), put(stage, video, "later")
    stage.s3.delete_object(Bucket="inbox", Key="uploads/away.mp4")
    records = [
        {"eventSource": "aws:sqs", "messageId": str(n), "body": json.dumps(e)} for n, e in enumerate((away, later))
    ]
    answers = stage.carry({"Records": records}, whole=True)
    assert [(each["status"], each["code"]) for each in answers["records"]] == [
        ("refused", "gone"),
        ("ignored", "later"),
    ]
    assert answers["batchItemFailures"] == [], "what is gone is not sent again"


def test_an_upload_that_was_taken_back_is_not_made_though_its_version_is_there(stage: Stage, video: Path) -> None:
    stage.s3.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})
    event = put(stage, video, "")
    stage.s3.delete_object(Bucket="inbox", Key=KEY)
    version = event["detail"]["object"]["version-id"]
    assert stage.s3.head_object(Bucket="inbox", Key=KEY, VersionId=version)["ContentLength"]
    answer = stage.carry(event)
    assert (answer["status"], answer["code"]) == ("refused", "gone")
    put(stage, video, "later")
    assert stage.carry(put(stage, video, "later"))["code"] == "later", "one that was put again is"


def verdict(stage: Stage, event: dict[str, Any]) -> Any:
    from doors.upload.events import read

    return read(event, "inbox", "uploads/")[0]


@pytest.mark.parametrize("small", [SMALL, 0], ids=["whole", "in parts"])
def test_an_upload_that_goes_while_it_is_worked_on_is_refused(
    stage: Stage, video: Path, tmp_path: Path, small: int
) -> None:
    thing = Object(S3("inbox", foreign=True), verdict(stage, put(stage, video, "")), small)
    stage.s3.delete_object(Bucket="inbox", Key=KEY)

    def brought() -> None:
        if thing.reach(tmp_path / "source.bin") is None:
            thing.fetch(tmp_path / "source.bin")

    with pytest.raises(Refusal, match="upload it again") as told:
        brought()
    assert told.value.code == "gone"


def test_an_upload_that_was_replaced_is_refused_by_its_old_event_and_made_by_its_new_one(
    stage: Stage, video: Path, tmp_path: Path
) -> None:
    old = put(stage, video, "")
    longer = tmp_path / "longer.mp4"
    longer.write_bytes(video.read_bytes() + bytes(8))
    new = put(stage, longer, "")
    with pytest.raises(Refusal) as told:
        Object(S3("inbox", foreign=True), verdict(stage, old)).fetch(tmp_path / "one")
    assert told.value.code == "changed"
    Object(S3("inbox", foreign=True), verdict(stage, new)).fetch(tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == longer.read_bytes()


def test_with_versions_an_old_event_makes_its_own_bytes(stage: Stage, video: Path, tmp_path: Path) -> None:
    stage.s3.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})
    old = put(stage, video, "")
    longer = tmp_path / "longer.mp4"
    longer.write_bytes(video.read_bytes() + bytes(8))
    put(stage, longer, "")
    Object(S3("inbox", foreign=True), verdict(stage, old)).fetch(tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == video.read_bytes()
