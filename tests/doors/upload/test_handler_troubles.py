"""An upload on AWS whose services refuse, forget or kill: the run still ends, and its end says what was wrong."""

import json

import pytest
from aws_durable_execution_sdk_python_testing.executor import Executor
from sqlalchemy import create_engine, text

from agent.steps.errors import BEGINS
from tests.stage import answer, footage, notification, staged

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]


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


def spent_today(stage):
    """Dollars that are set aside or spent of the day."""
    engine = create_engine(stage.database)
    with engine.connect() as db:
        micros = db.execute(text("SELECT SUM(micros) FROM spend")).scalar_one()
    engine.dispose()
    return float(micros) / 1e6


@pytest.mark.parametrize("where", ["look", "assemble"])
def test_a_step_in_which_the_function_dies_each_time_is_given_up_and_its_dollars_stay_spent(stage, where):
    number = {"look": "004", "assemble": "014"}[where]
    stage.function.kills = [f"{number}.{where}:mid"] * 20
    found, _ = stage.run(notification(stage))
    assert found["Status"] == "FAILED"
    assert stage.function.deaths == ["signal 9"] * BEGINS
    told = json.dumps(found)
    assert f"{number}.{where} was begun 3 times" in told
    (run,) = stage.records.runs()
    assert (run["state"], "out of memory or of time" in run["reason"]) == ("failed", True)
    paid = 0.024 + 0.001 * len(stage.watch.calls)
    assert spent_today(stage) >= paid + stage.records.cost(run["run"])["dollars"] - 0.024


def test_a_step_that_waits_is_begun_as_often_as_it_takes(stage):
    """Each question whether a job has ended begins the steps around it again."""
    stage.listen.delay = 12
    one, _ = answer(stage, notification(stage))
    assert one["status"] in ("done", "done with warnings"), json.dumps(one)
    assert not stage.function.deaths
