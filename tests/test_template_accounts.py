"""What an account refuses, or does otherwise than it reads, of a template that every linter passes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.decode import decode

from agent.bedrock import unknown
from agent.settings import Settings
from tests.test_template import PATH, statements


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
    assert "`BackupDays=1`" in (PATH.parents[1] / "docs" / "aws.md").read_text()


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
