"""The three doors on AWS: thin, strict about what comes in, and clear about what became of it."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner

import lambda_handler
from agent.record.records import Records, RecordsDown
from tests import ROOT

pytestmark = pytest.mark.aws

EVENTS = ROOT / "sam" / "events"


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """The environment of a function, with local engines; no run of these tests gets as far as to use them."""
    for name in [name for name in os.environ if name.startswith("HOOKLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOOKLINE_INBOX_BUCKET", "hookline-inbox")
    monkeypatch.setenv("HOOKLINE_INBOX_PREFIX", "uploads/")
    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOOKLINE_OUTBOX", str(tmp_path / "outbox"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.chdir(tmp_path)
    for kept in (lambda_handler._settings, lambda_handler._desk, lambda_handler._app):
        kept.cache_clear()
    yield tmp_path
    for kept in (lambda_handler._settings, lambda_handler._desk, lambda_handler._app):
        kept.cache_clear()


def edited(event):
    with DurableFunctionTestRunner(lambda_handler.edit) as runner:
        return runner.run(input=json.dumps(event), execution_timeout=60)


def answers(event):
    result = edited(event)
    assert result.status.value == "SUCCEEDED", result.error
    return json.loads(result.result)["records"]


def event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ("ignored", "nothing")),
        ({"what": "is this"}, ("refused", "shape")),
        ({"Event": "s3:TestEvent", "Bucket": "hookline-inbox"}, ("ignored", "test")),
        ("foreign", ("refused", "bucket")),
        ("outside", ("refused", "prefix")),
        ("folder", ("ignored", "folder")),
        ("empty", ("refused", "empty")),
        ("deleted", ("ignored", "not_created")),
    ],
    ids=str,
)
def test_what_begins_no_run_is_told_with_a_reason_and_is_no_failure(given, told):
    answer = answers(event(given) if isinstance(given, str) else given)
    assert [(each["status"], each["code"]) for each in answer] == [told]
    assert answer[0]["reason"]


def test_each_record_is_judged_on_its_own():
    mixed = event("foreign")
    mixed["Records"] += event("folder")["Records"] + event("empty")["Records"] + [None, 7]
    assert [each["code"] for each in answers(mixed)] == ["bucket", "folder", "empty", "shape", "shape"]


def test_a_wrong_setting_stops_the_first_invocation_with_the_fix(monkeypatch):
    monkeypatch.setenv("HOOKLINE_DOLLARS_PER_RUN", "a lot")
    result = edited(event("foreign"))
    assert result.status.value == "FAILED"
    assert "dollars_per_run is 'a lot' (set by the environment)" in result.error.message


def test_an_inbox_that_is_not_set_is_said_and_not_taken_for_foreign_events(monkeypatch):
    monkeypatch.delenv("HOOKLINE_INBOX_BUCKET")
    result = edited(event("foreign"))
    assert result.status.value == "FAILED"
    assert "HOOKLINE_INBOX_BUCKET" in result.error.message


def test_input_and_output_that_overlap_stop_before_a_loop_begins(monkeypatch):
    monkeypatch.setenv("HOOKLINE_OUTBOX_BUCKET", "hookline-inbox")
    assert "outputs would start runs" in edited(event("s3")).error.message


def test_the_doors_load_no_engine_until_they_are_used():
    code = "import lambda_handler, sys; print([m for m in ('langchain', 'cv2', 'av', 'mangum', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


# --- migrate ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def formation():
    """CloudFormation's end of a custom resource: what was put there."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/answer", told
    server.shutdown()
    server.server_close()


def test_migrate_makes_the_tables_and_tells_cloudformation(formation, database, monkeypatch, brief):
    address, told = formation
    monkeypatch.setenv("HOOKLINE_DATABASE", database)
    for _ in range(2):
        lambda_handler.migrate(event("migrate") | {"ResponseURL": address}, None)
    assert [each["Status"] for each in told] == ["SUCCESS", "SUCCESS"]
    given = event("migrate")
    assert all(told[0][name] == given[name] for name in ("StackId", "RequestId", "LogicalResourceId"))
    assert told[0]["Data"] == told[1]["Data"], "the same settings publish no version"
    given["ResourceProperties"]["Settings"][-1] = "50"
    lambda_handler.migrate(given | {"ResponseURL": address}, None)
    assert told[2]["Data"] != told[0]["Data"], "another one does"
    opened = Records(database)
    assert opened.claim(brief).fresh
    opened.close()


def test_a_migration_that_fails_is_told_at_once_and_a_stack_is_deleted_without_a_database(formation, monkeypatch):
    address, told = formation
    monkeypatch.setenv("HOOKLINE_DATABASE", "mysql+pymysql://nobody@127.0.0.1:9/none")
    lambda_handler.migrate(event("migrate") | {"ResponseURL": address}, None)
    lambda_handler.migrate(event("migrate") | {"ResponseURL": address, "RequestType": "Delete"}, None)
    assert [each["Status"] for each in told] == ["FAILED", "SUCCESS"]
    assert "does not answer" in told[0]["Reason"]
    with pytest.raises(RecordsDown):
        lambda_handler.migrate({}, None)


def test_migrate_may_be_asked_by_hand():
    assert lambda_handler.migrate({}, None)["Status"] == "SUCCESS"
