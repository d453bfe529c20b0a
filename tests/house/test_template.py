"""The template as CloudFormation would take it: linted, its environment known, its roles narrow, its limits agreeing with the code."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from typing import Any, get_args

import pytest
from cfnlint.decode import decode

from agent.record.database import HEAD
from agent.settings import Settings, strangers
from agent.steps import held, shelved
from doors.page.login import Person
from doors.upload.figures import Meter, count_run
from tests import ROOT
from tools.aws.s3 import LARGEST

PATH = ROOT / "sam" / "template.yaml"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    found, wrong = decode(str(PATH))
    assert not wrong
    return found


def of(template, kind: str) -> dict[str, Any]:
    return {name: one.get("Properties", {}) for name, one in template["Resources"].items() if one["Type"] == kind}


def statements(function) -> list[dict[str, Any]]:
    rows = [s for policy in function["Policies"] if isinstance(policy, dict) for s in policy.get("Statement", [])]
    # One that is there under a condition counts.
    return [row["Fn::If"][1] if "Fn::If" in row else row for row in rows]


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
    assert variables["HOOKLINE_DATABASE_USER"] == template["Resources"]["Database"]["Properties"]["MasterUsername"]
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
    assert len(functions) == 4
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
            for region in ("us-east-1", "") if model.startswith("global.") else ("us-east-1",):
                called = f"arn:aws:bedrock:{region}::foundation-model/{name}"
                assert any(fnmatch(called, one) for one in given), (model, region)
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
    routes = of(template, "AWS::ApiGatewayV2::Route").values()
    (route,) = [route for route in routes if route["ApiId"] == {"Ref": "Door"}]
    assert route["RouteKey"] == "$default", "a path of its own would go by other rules"
    assert route["AuthorizationType"] == {"Fn::If": ["HasJwt", "JWT", "AWS_IAM"]}


def test_the_page_is_there_where_it_is_asked_for_and_for_who_has_logged_in(template):
    assert template["Parameters"]["PageLogin"]["Default"] == "none"
    page = {name for name, one in template["Resources"].items() if name.startswith(("Page", "Login"))}
    assert len(page) > 15
    assert {name for name in page if template["Resources"][name].get("Condition") != "HasPage"} == set()
    chat, login = (template["Resources"][name]["Properties"] for name in ("Chat", "Login"))
    # What holds the record lets nobody in without a session, and only who asks the provider has a way out.
    assert chat["Environment"]["Variables"]["HOOKLINE_LOGIN_KEY"] == {"Fn::If": ["HasPage", {"Ref": "PageKey"}, ""]}
    assert "VpcConfig" not in login
    assert [row["Sid"] for row in statements(login)] == ["ReadSessions"]
    keys = {
        one["RouteKey"]
        for one in of(template, "AWS::ApiGatewayV2::Route").values()
        if one["ApiId"] == {"Ref": "PageDoor"}
    }
    assert keys == {"$default", "GET /login", "GET /login/{proxy+}"}


def test_the_pages_client_has_no_secret_and_knows_the_code_flow_alone(template):
    client = template["Resources"]["PageClient"]["Properties"]
    assert (client["GenerateSecret"], client["AllowedOAuthFlows"]) == (False, ["code"])
    assert template["Resources"]["PageUsers"]["Properties"]["AdminCreateUserConfig"] == {
        "AllowAdminCreateUserOnly": True
    }
    groups = {one["GroupName"] for one in of(template, "AWS::Cognito::UserPoolGroup").values()}
    assert groups == set(get_args(Person.model_fields["role"].annotation))


def test_a_run_that_fails_is_alarmed_by_its_execution_not_by_an_invocation(template):
    alarms = of(template, "AWS::CloudWatch::Alarm").values()
    assert {"DurableExecutionFailed", "DurableExecutionTimedOut"} <= {alarm.get("MetricName") for alarm in alarms}


def test_a_changed_parameter_reaches_the_version_that_is_called(template):
    edit, now = template["Resources"]["Edit"]["Properties"], template["Resources"]["MigrateNow"]["Properties"]
    assert edit["AutoPublishAlias"]
    assert edit["VersionDescription"] == {"Fn::GetAtt": ["MigrateNow", "Settings"]}, "of which a change replaces it"
    assert template["Resources"]["Edit"]["UpdateReplacePolicy"] == "Retain", (
        "executions end in the version that they began in"
    )
    assert "DeletionPolicy" not in template["Resources"]["Edit"], "it would pass to the versions, which SAM keeps"
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert "Environment" not in edit
    changeable = [value for value in variables.values() if "Ref" in str(value) or "If" in str(value)]
    assert len(changeable) == 17
    assert [value for value in changeable if value not in now["Settings"]] == []


def test_an_update_that_brings_a_migration_carries_it_out_before_a_run_needs_it(template):
    assert template["Resources"]["MigrateNow"]["Properties"]["Schema"] == HEAD


def test_a_run_that_waits_a_day_for_dollars_has_six_hours_left_for_its_work(template):
    longest = template["Resources"]["Edit"]["Properties"]["DurableConfig"]["ExecutionTimeout"]
    assert longest >= held.HOLD + held.SELDOM + 6 * 3600
    late = template["Resources"]["AlarmLate"]["Properties"]
    assert f" {longest // 3600} hours" in late["AlarmDescription"]


@pytest.mark.parametrize("function", ["Edit", "Chat"])
def test_the_alarm_of_slowness_is_at_four_fifths_of_the_timeout_and_tells_of_a_single_hour(template, function):
    (slow,) = [
        alarm
        for alarm in of(template, "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "Duration" and alarm["Dimensions"][0]["Value"] == {"Ref": function}
    ]
    assert slow["ExtendedStatistic"] == "p95"
    assert slow["Threshold"] == 0.8 * 1000 * template["Resources"][function]["Properties"]["Timeout"]
    assert slow["EvaluationPeriods"] == 1, "where uploads are rare, several periods in a row never breach"


def emitted(capsys) -> dict[str, set[frozenset[str]]]:
    """The names of the figures that the code gave, each with the sets of dimensions it came with."""
    found: dict[str, set[frozenset[str]]] = {}
    for line in capsys.readouterr().out.splitlines():
        for metrics in json.loads(line)["_aws"]["CloudWatchMetrics"]:
            assert metrics["Namespace"] == "Hookline"
            for metric in metrics["Metrics"]:
                found.setdefault(metric["Name"], set()).update(frozenset(names) for names in metrics["Dimensions"])
    return found


def test_the_dashboard_and_the_alarm_ask_for_figures_as_the_code_gives_them(
    template, capsys, monkeypatch, records, brief
):
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    for name in ("POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"):
        monkeypatch.setenv(name, variables[name])
    records.claim(brief)
    count_run(records, brief.run, "done")
    meter = Meter()
    for share in (0.0, 1.0):
        meter("007.cut", share, "")
    given = emitted(capsys)
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[^}]+\}", "x", body))["widgets"]
    asked: dict[str, set[frozenset[str]]] = {}
    for told in (row for widget in widgets for row in widget["properties"]["metrics"]):
        if isinstance(told[0], dict):
            names, metric = re.search(
                r"SEARCH\('\{Hookline,([\w,]+)\} MetricName=\"(\w+)\"", told[0]["expression"]
            ).groups()
            asked.setdefault(metric, set()).add(frozenset(names.split(",")))
        else:  # a dot is what the row before has in that place
            assert told[2:] in (["service", "hookline"], [".", "."])
            asked.setdefault(told[1], set()).add(frozenset({"service"}))
    assert asked == given
    (dollars,) = [
        m["MetricStat"] for m in template["Resources"]["AlarmDollars"]["Properties"]["Metrics"] if "MetricStat" in m
    ]
    assert dollars["Metric"]["Namespace"] == "Hookline"
    dimensions = dollars["Metric"]["Dimensions"]
    assert {frozenset(each["Name"] for each in dimensions)} == given[dollars["Metric"]["MetricName"]]
    assert [each["Value"] for each in dimensions] == [variables["POWERTOOLS_SERVICE_NAME"]]


def test_the_alarm_of_dollars_tells_before_runs_are_held_back(template):
    alarm = template["Resources"]["AlarmDollars"]["Properties"]
    (share,) = [m for m in alarm["Metrics"] if "Expression" in m]
    assert share["Expression"] == {"Fn::Sub": "100 * dollars / ${DollarsPerDay}"}
    assert alarm["Threshold"] == 80, "all of it is never spent: a run that would go over is held back"
    assert template["Parameters"]["DollarsPerDay"]["MinValue"] > 0


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
    kept = {name for name, policy in policies.items() if policy in ("RetainExceptOnCreate", "Snapshot")}
    assert kept == {"Inbox", "Outbox", "Database", "Key"}
    replaced = {name: template["Resources"][name]["UpdateReplacePolicy"] for name in kept}
    assert replaced == {"Inbox": "Retain", "Outbox": "Retain", "Key": "Retain", "Database": "Snapshot"}
    for name in kept - {"Key"}:
        assert "Key.Arn" in str(template["Resources"][name]) or "['Key', 'Arn']" in str(template["Resources"][name])


def test_what_is_given_up_is_kept_and_told(template):
    edit = template["Resources"]["Edit"]["Properties"]
    assert edit["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}
    upload = edit["Events"]["Upload"]["Properties"]
    assert upload["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["EventDead", "Arn"]}}
    (allowed,) = template["Resources"]["EventDeadPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (allowed["Principal"], allowed["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
    watched = {alarm.get("MetricName") for alarm in of(template, "AWS::CloudWatch::Alarm").values()}
    assert {"Errors", "ApproximateNumberOfMessagesVisible", "Duration"} <= watched
    assert all(alarm["AlarmActions"] for alarm in of(template, "AWS::CloudWatch::Alarm").values())
    assert all("RetentionInDays" in group for group in of(template, "AWS::Logs::LogGroup").values())


def test_an_upload_is_told_apart_by_prefix_and_size(template):
    detail = template["Resources"]["Edit"]["Properties"]["Events"]["Upload"]["Properties"]["Pattern"]["detail"]
    assert detail["object"] == {"key": [{"prefix": {"Ref": "InboxPrefix"}}], "size": [{"numeric": [">", 0]}]}
    bucket = template["Resources"]["Inbox"]["Properties"]
    assert detail["bucket"]["name"] == [bucket["BucketName"]]
    assert bucket["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"] in (True, "true")


@pytest.mark.parametrize("page", ["README.md", "docs/aws.md"])
def test_the_command_that_is_told_deploys_by_the_configuration_that_is_there(page):
    told = re.findall(r"^sam deploy (.*?) *(?:#.*)?$", (PATH.parents[1] / page).read_text(), re.MULTILINE)
    assert told
    assert all(each.startswith("--config-file sam/samconfig.toml") for each in told), (
        "without it SAM looks beside the README"
    )
    deploy = tomllib.loads((PATH.parent / "samconfig.toml").read_text())["default"]["deploy"]["parameters"]
    assert deploy["capabilities"] == "CAPABILITY_IAM"
    assert deploy["resolve_image_repos"]


def test_an_end_is_told_by_the_outcome_which_is_put_last_and_by_nothing_else_in_the_outbox(template):
    rule = template["Resources"]["EndedRule"]["Properties"]
    (told,) = rule["EventPattern"]["detail"]["object"]["key"]
    run = "talk/5a3f0c1e9b7d2846a1c0"
    names = [
        f"{run}/run.json",
        f"{run}/post.json",
        f"work/5a3f/{shelved.LIST}",
        f"work/5a3f/{'0' * 64}",
        ".hookline/run.json.part",
    ]
    assert [name for name in names if name.endswith(told["suffix"])] == names[:1]
    (topic,) = rule["Targets"]
    assert topic["Arn"] == {"Ref": "Ended"}
    assert topic["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["EventDead", "Arn"]}}
    assert not re.search(r'"<\w+>"', topic["InputTransformer"]["InputTemplate"]), "a quote in a name would break it"
    for policy, action in (("EndedPolicy", "sns:Publish"), ("EventDeadPolicy", "sqs:SendMessage")):
        (may,) = template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
        assert (may["Principal"], may["Action"]) == ({"Service": "events.amazonaws.com"}, action)
        assert {"Fn::GetAtt": ["EndedRule", "Arn"]} in each(may["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert "EventBridgeConfiguration" in template["Resources"]["Outbox"]["Properties"]["NotificationConfiguration"]


def test_outputs_name_what_a_person_needs_next(template):
    needed = {
        "UploadTo",
        "FindResultsIn",
        "ChatAt",
        "Look",
        "Logs",
        "TellMe",
        "GivenUp",
        "NotDelivered",
        "EditBy",
        "EndedAt",
    }
    needed |= {"MigrateBy", "RecordAt", "RecordSecret", "EncryptedBy", "PageAt", "PagePeople"}
    assert set(template["Outputs"]) == needed
    assert all(output["Description"] for output in template["Outputs"].values())
