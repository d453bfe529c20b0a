"""What an account refuses, or does otherwise than it reads, of a template that every linter passes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from cfnlint.decode import decode

from agent.deciding.bedrock import unknown
from agent.settings import Settings
from tests import ROOT
from tests.fakes.service import SESSION
from tests.house.test_template import PATH, statements


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    found, wrong = decode(str(PATH))
    assert not wrong
    return found


def functions(told: Any) -> Iterator[str]:
    """The names of all intrinsic functions below ``told``."""
    if isinstance(told, dict):
        for name, value in told.items():
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                yield name
            yield from functions(value)
    elif isinstance(told, list):
        for part in told:
            yield from functions(part)


RULES = (
    "And",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "Not",
    "Or",
    "RefAll",
    "ValueOf",
    "ValueOfAll",
)
"""All functions that CloudFormation takes below ``Rules`` beside ``Ref``; any other is a format error when the change set is made."""


def test_rules_use_only_the_functions_that_rules_may_use(template):
    assert set(functions(template["Rules"])) <= {"Ref", *(f"Fn::{name}" for name in RULES)}


def test_a_new_account_may_have_what_the_parameters_ask_for_by_default(template):
    memory = template["Parameters"]["EditMemory"]
    assert template["Resources"]["Edit"]["Properties"]["MemorySize"] == {"Ref": "EditMemory"}
    assert memory["Default"] <= 3008, "Lambda's most until an account has been used for a while"
    assert memory["MaxValue"] == 10240


def test_what_a_failed_first_deployment_made_is_not_in_the_way_of_the_second(template):
    """A name that is fixed and kept when the creation is rolled back is a conflict at the next attempt."""
    kept = [name for name, one in template["Resources"].items() if one.get("DeletionPolicy") == "Retain"]
    assert kept == [], "RetainExceptOnCreate keeps it of a stack that is deleted, and of no other"


OF_THE_FUNCTION = {"Policies", "Events", "ReservedConcurrentExecutions", "VersionDescription", "Tags"}
"""What of the edit function holds for all its versions, or makes them."""


def named(told: Any) -> Iterator[str]:
    """Parameters and resources that ``told`` refers to, however it does."""
    if isinstance(told, dict):
        for name, value in told.items():
            if name == "Ref":
                yield value
            elif name == "Fn::GetAtt":
                yield (value if isinstance(value, str) else value[0]).partition(".")[0]
            elif name == "Fn::Sub":
                yield from re.findall(r"\$\{([A-Za-z0-9:]+)", value if isinstance(value, str) else value[0])
            else:
                yield from named(value)
    elif isinstance(told, list):
        for part in told:
            yield from named(part)


def test_all_that_a_version_of_the_edit_function_keeps_publishes_a_new_one_when_it_changes(template):
    """A version keeps its network too, and groups and subnets that it is in can't be deleted."""
    edit = template["Resources"]["Edit"]["Properties"]
    kept = {name: value for name, value in edit.items() if name not in OF_THE_FUNCTION}
    wanted = {name for name in named([kept, template["Globals"]]) if not name.startswith("AWS::")}
    assert {"SubnetA", "SubnetIds", "OwnNetworkGroup", "EditMemory", "DefaultWish"} <= wanted
    assert wanted <= set(named(template["Resources"]["MigrateNow"]["Properties"]["Settings"]))


def test_an_account_on_the_free_plan_can_have_the_database(template):
    """It refuses more than one day of backups; the docs say so where they say what an account may lack."""
    days = template["Parameters"]["BackupDays"]
    assert template["Resources"]["Database"]["Properties"]["BackupRetentionPeriod"] == {"Ref": "BackupDays"}
    assert (days["MinValue"], days["MaxValue"]) == (1, 35)
    assert "`BackupDays=1`" in (ROOT / "docs" / "aws.md").read_text()


def test_the_database_has_no_way_in_that_no_function_uses(template):
    """By IAM somebody may log in where a role has ``rds-db:connect``, and here none has."""
    used = "rds-db:connect" in json.dumps(template["Resources"])
    assert template["Resources"]["Database"]["Properties"].get("EnableIAMDatabaseAuthentication", False) == used


@pytest.mark.parametrize("parameter", ["EditorModel", "WriterModel"])
def test_a_model_by_default_is_called_by_a_profile_that_every_region_has(template, parameter):
    model = template["Parameters"][parameter]["Default"]
    assert model.startswith("global.")
    assert model == Settings.model_fields[re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).lower()].default
    assert not unknown(model)


def test_a_job_of_transcribe_is_begun_by_a_right_that_its_action_knows(template):
    """The action has no resource type, so that a right on a job may match nothing; what it may write to is bounded instead."""
    rights = {one["Sid"]: one for one in statements(template["Resources"]["Edit"]["Properties"])}
    begin, ask = rights["Listen"], rights["AskListener"]
    assert (begin["Action"], begin["Resource"]) == ("transcribe:StartTranscriptionJob", "*")
    bucket = template["Resources"]["Outbox"]["Properties"]["BucketName"]
    assert begin["Condition"] == {"StringEquals": {"transcribe:OutputBucketName": bucket}}
    assert ask["Action"] == "transcribe:GetTranscriptionJob"
    assert ask["Resource"]["Fn::Sub"].endswith(":transcription-job/hookline-*")


def test_nothing_is_set_that_a_durable_function_does_not_heed(template):
    """Its retries are those of the execution; the number for asynchronous calls counts for other functions only."""
    edit = template["Resources"]["Edit"]["Properties"]
    assert "DurableConfig" in edit
    assert set(edit["EventInvokeConfig"]) == {"MaximumEventAgeInSeconds"}


def test_only_the_rules_of_the_stack_may_fill_the_queue_of_what_they_could_not_deliver(template):
    (allowed,) = template["Resources"]["EventDeadPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    mays = [{"Fn::GetAtt": ["EditUpload", "Arn"]}, {"Fn::GetAtt": ["EndedRule", "Arn"]}]
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": mays}}
    assert "Upload" in template["Resources"]["Edit"]["Properties"]["Events"], "of which the rule's name is made"


def test_a_stack_of_the_longest_name_that_the_docs_allow_can_name_its_buckets(template):
    told = re.search(r"digits and dashes and (\d+) of them", (ROOT / "docs" / "aws.md").read_text())
    known = {"AccountId": "1" * 12, "Region": "ap-northeast-1", "StackName": "x" * int(told[1])}
    for name in ("Inbox", "Outbox"):
        bucket = template["Resources"][name]["Properties"]["BucketName"]["Fn::Sub"]
        assert len(re.sub(r"\$\{AWS::(\w+)\}", lambda found: known[found[1]], bucket)) <= 63


@pytest.mark.parametrize(("tool", "plain"), [("docker", True), ("podman", False), ("buildah", False)])
def test_an_image_is_built_as_lambda_takes_it(tool, plain, tmp_path):
    """docker may attach provenance, which makes an index where Lambda wants a manifest; the others attach none, and know no such flag."""
    told = tmp_path / "told"
    for name in ("docker", "podman", "buildah"):
        answers = f'[ "$1" = info ] || echo "$@" > {told}' if name == tool else "exit 1"
        (tmp_path / name).write_text(f"#!/bin/sh\n{answers}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["make", "image"], cwd=ROOT, env={"PATH": path}, check=True, capture_output=True)
    assert ("--provenance=false --sbom=false" in told.read_text()) is plain
    assert told.read_text().startswith("build ")


def test_who_subscribes_to_the_models_is_told_by_commands_that_there_are(template):
    """The first call subscribes, for which its caller needs rights of the marketplace: an administrator's, and no run's."""
    told = re.findall(r"^aws bedrock ([a-z-]+)", (ROOT / "docs" / "aws.md").read_text(), re.MULTILINE)
    known = {xform_name(name, "-") for name in SESSION.get_service_model("bedrock").operation_names}
    assert set(told) <= known
    assert {"get-foundation-model-availability", "create-foundation-model-agreement"} <= set(told)
    for function in template["Resources"].values():
        assert "aws-marketplace" not in str(function.get("Properties", {}).get("Policies", ""))
