"""What an account refuses, or does otherwise than it reads, of a template that every linter passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.decode import decode

from tests.test_template import PATH


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
