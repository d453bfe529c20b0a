"""An upload on AWS whose services refuse, forget or kill: the run still ends, and its end says what was wrong."""

import json

import pytest
from aws_durable_execution_sdk_python_testing.executor import Executor

from tests.stage import answer, footage, notification, staged

pytestmark = [pytest.mark.aws, pytest.mark.slow]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return footage(tmp_path_factory.mktemp("film"))


@pytest.fixture
def stage(film, mariadb, tmp_path, monkeypatch):
    monkeypatch.setattr(Executor, "RETRY_BACKOFF_SECONDS", 0)
    monkeypatch.setattr(Executor, "MAX_CONSECUTIVE_FAILED_ATTEMPTS", 100)
    with staged(film, mariadb.create(), tmp_path) as stage:
        yield stage


def post(stage):
    """What was published beside the promo."""
    (key,) = [
        item["Key"]
        for item in stage.s3.list_objects_v2(Bucket="hookline-outbox")["Contents"]
        if item["Key"].endswith("/post.json") and not item["Key"].startswith(("work/", ".work/"))
    ]
    return json.loads(stage.s3.get_object(Bucket="hookline-outbox", Key=key)["Body"].read())


def test_a_writer_whose_schema_is_refused_still_writes(stage):
    stage.bedrock.unformed = ("haiku",)
    one, _ = answer(stage, notification(stage))
    assert one["status"] in ("done", "done with warnings"), json.dumps(one)
    (linkedin,) = post(stage)["platforms"].values()
    assert "haiku" in linkedin["written_by"]
    assert linkedin["hooks"]
    assert len(stage.bedrock.refused) == 1
