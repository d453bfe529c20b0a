"""The template as CloudFormation would take it: linted, its environment known, its roles narrow, its limits agreeing with the code."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from agent import durable
from agent.settings import Settings, strangers
from tools.aws.s3 import LARGEST

PATH = Path(__file__).parent.parent / "sam" / "template.yaml"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    found, wrong = decode(str(PATH))
    assert not wrong
    return found


def of(template, kind: str) -> dict[str, Any]:
    return {name: one.get("Properties", {}) for name, one in template["Resources"].items() if one["Type"] == kind}


def statements(function) -> list[dict[str, Any]]:
    return [s for policy in function["Policies"] if isinstance(policy, dict) for s in policy.get("Statement", [])]


def each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_cfn_lint_finds_nothing():
    done = subprocess.run(
        [sys.executable, "-c", "from cfnlint.runner import main; main()", str(PATH)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_is_read_by_something(template):
    variables = dict(template["Globals"]["Function"]["Environment"]["Variables"])
    for function in of(template, "AWS::Serverless::Function").values():
        variables |= function.get("Environment", {}).get("Variables", {})
    assert strangers(dict.fromkeys(variables, "x")) == []
    assert {"HOOKLINE_OUTBOX_BUCKET", "HOOKLINE_DATABASE_HOST", "HOOKLINE_DATABASE_SECRET"} <= set(variables)
    assert "HOOKLINE_BACKEND" in variables
    assert all(
        name.removeprefix("HOOKLINE_").lower() in Settings.model_fields
        for name in variables
        if name.startswith("HOOKLINE_")
    )


def test_the_certificates_that_the_template_names_are_in_the_image(template):
    image = (PATH.parent / "Dockerfile").read_text()
    assert f" {template['Parameters']['DatabaseCa']['Default']}\n" in image


def test_every_handler_is_there(template):
    functions = of(template, "AWS::Serverless::Function")
    assert len(functions) == 3
    for function in functions.values():
        module, _, name = function["ImageConfig"]["Command"][0].rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))


def test_a_function_has_policies_of_its_own_and_no_role_shared(template):
    for name, function in of(template, "AWS::Serverless::Function").items():
        assert "Role" not in function, name
        assert statements(function), name


def test_no_action_on_data_is_allowed_everywhere(template):
    data = re.compile(r"^(?:s3|secretsmanager|kms|lambda|rds-db|bedrock):")
    for name, function in of(template, "AWS::Serverless::Function").items():
        for statement in statements(function):
            actions, resources = each(statement["Action"]), each(statement["Resource"])
            assert not any(action.endswith(":*") or action == "*" for action in actions), (name, statement)
            if any(data.match(action) for action in actions):
                assert "*" not in resources, (name, statement)


def test_only_the_two_models_may_be_called_whoever_made_them(template):
    edit = template["Resources"]["Edit"]["Properties"]
    (decide,) = [s for s in statements(edit) if s["Sid"] == "Decide"]
    for model, names in (
        ("global.anthropic.claude-sonnet-5-5", ("anthropic.claude-sonnet-5-5",)),
        ("us.amazon.nova-pro-v1:0", ("amazon.nova-pro-v1:0",)),
        ("amazon.nova-lite-v1:0", ("amazon.nova-lite-v1:0",)),
    ):
        given = [arn(one, {"EditorModel": model, "WriterModel": model}) for one in decide["Resource"]]
        assert f"arn:aws:bedrock:us-east-1:1:inference-profile/{model}" in given
        for name in names:
            called = f"arn:aws:bedrock:us-east-1::foundation-model/{name}"
            assert any(fnmatch(called, one) for one in given), model
        other = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5-5"
        assert not any(fnmatch(other, one) for one in given), model


def arn(told: Any, parameters: dict[str, str]) -> str:
    """A text as CloudFormation makes it, as far as this template goes."""
    known = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "1", **parameters}
    if isinstance(told, str):
        return told
    ((name, value),) = told.items()
    if name == "Fn::Sub":
        return re.sub(r"\$\{([^}]+)\}", lambda found: known[found[1]], value)
    if name == "Fn::Join":
        return str(value[0]).join(arn(part, parameters) for part in value[1])
    assert name == "Fn::Select"
    separator, text = value[1]["Fn::Split"]
    return arn(text, parameters).split(separator)[int(value[0])]


LISTS = {"Chat": ["s3:ListBucket"], "Edit": ["s3:ListBucket", "s3:ListBucketVersions"]}
"""The door shows uploads; the edit function must be told that one is missing."""


def test_nothing_is_deleted_and_only_uploads_are_listed(template):
    for name, function in of(template, "AWS::Serverless::Function").items():
        actions = [action for statement in statements(function) for action in each(statement["Action"])]
        assert not [action for action in actions if "Delete" in action or "Acl" in action], name
        assert [action for action in actions if "List" in action] == LISTS.get(name, []), name


def test_all_functions_together_leave_connections_to_the_smallest_database(template):
    most = template["Parameters"]["MaxRuns"]["MaxValue"]
    fixed = [f["ReservedConcurrentExecutions"]["Fn::If"][1] for f in of(template, "AWS::Serverless::Function").values()]
    assert fixed.count({"Ref": "MaxRuns"}) == 1
    assert most + sum(one for one in fixed if isinstance(one, int)) <= 60


def test_the_door_is_never_open(template):
    (route,) = of(template, "AWS::ApiGatewayV2::Route").values()
    assert route["RouteKey"] == "$default", "a path of its own would go by other rules"
    assert route["AuthorizationType"] == {"Fn::If": ["HasJwt", "JWT", "AWS_IAM"]}


def test_a_run_that_fails_is_alarmed_by_its_execution_not_by_an_invocation(template):
    alarms = of(template, "AWS::CloudWatch::Alarm").values()
    assert {"DurableExecutionFailed", "DurableExecutionTimedOut"} <= {alarm["MetricName"] for alarm in alarms}


def test_a_run_that_waits_a_day_for_dollars_has_six_hours_left_for_its_work(template):
    longest = template["Resources"]["Edit"]["Properties"]["DurableConfig"]["ExecutionTimeout"]
    assert longest >= durable.HOLD + durable.SELDOM + 6 * 3600


def test_the_alarm_of_slowness_is_at_four_fifths_of_the_timeout(template):
    (slow,) = [a for a in of(template, "AWS::CloudWatch::Alarm").values() if a["MetricName"] == "Duration"]
    assert slow["ExtendedStatistic"] == "p95"
    assert slow["Threshold"] == 0.8 * 1000 * template["Resources"]["Edit"]["Properties"]["Timeout"]


def test_the_dashboard_and_the_alarm_ask_for_figures_that_the_code_gives(template):
    source = (PATH.parents[1] / "agent" / "uploads.py").read_text()
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    asked = set(re.findall(r'MetricName=\\"(\w+)', body)) | set(re.findall(r'"(Tokens\w+|Dollars)"', body))
    assert {"Runs", "Seconds", "TokensIn", "TokensOut", "Dollars"} == asked
    assert all(f'"{name}"' in source for name in asked)


def test_an_upload_of_the_largest_size_fits_the_disk(template):
    edit = template["Resources"]["Edit"]["Properties"]
    assert edit["EphemeralStorage"]["Size"] << 20 >= 1.5 * LARGEST


@pytest.mark.parametrize("bucket", ["Inbox", "Outbox"])
def test_a_bucket_is_private_encrypted_versioned_and_tls_only(template, bucket):
    found = template["Resources"][bucket]["Properties"]
    assert set(found["PublicAccessBlockConfiguration"].values()) <= {True, "true"}
    assert len(found["PublicAccessBlockConfiguration"]) == 4
    assert found["VersioningConfiguration"]["Status"] == "Enabled"
    rule = found["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    policy = template["Resources"][f"{bucket}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert any(s["Effect"] == "Deny" and "aws:SecureTransport" in str(s.get("Condition")) for s in policy)


def test_what_is_kept_of_a_deleted_stack_can_still_be_read(template):
    policies = {name: one.get("DeletionPolicy") for name, one in template["Resources"].items()}
    kept = {name for name, policy in policies.items() if policy in ("Retain", "Snapshot")}
    assert kept == {"Inbox", "Outbox", "Database", "Key"}
    assert all(template["Resources"][name]["UpdateReplacePolicy"] == policies[name] for name in kept)
    for name in kept - {"Key"}:
        assert "Key.Arn" in str(template["Resources"][name]) or "['Key', 'Arn']" in str(template["Resources"][name])


def test_what_is_given_up_is_kept_and_told(template):
    edit = template["Resources"]["Edit"]["Properties"]
    assert "Dead" in str(edit) or "Dead" in str(template["Resources"])
    watched = {alarm["MetricName"] for alarm in of(template, "AWS::CloudWatch::Alarm").values()}
    assert {"Errors", "ApproximateNumberOfMessagesVisible", "Duration", "Dollars"} <= watched
    assert all(alarm["AlarmActions"] for alarm in of(template, "AWS::CloudWatch::Alarm").values())
    assert all("RetentionInDays" in group for group in of(template, "AWS::Logs::LogGroup").values())


def test_outputs_name_what_a_person_needs_next(template):
    assert {"UploadTo", "FindResultsIn", "ChatAt", "GivenUp", "Logs", "Look", "RecordAt"} <= set(template["Outputs"])
    assert all(output["Description"] for output in template["Outputs"].values())
