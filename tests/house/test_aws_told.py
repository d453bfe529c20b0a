"""What the documents of AWS tell in figures is what the template makes and sets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import ROOT
from tests.house.ministack import template

NUMBERS = {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
STANDS = {
    "AWS::EC2::VPCEndpoint": "Endpoint for",
    "AWS::RDS::DBInstance": "RDS",
    "AWS::KMS::Key": "KMS key",
    "AWS::CloudWatch::Alarm": "Alarms",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::Serverless::Function": "ECR",
}
"""Kinds of resources that cost while they stand, and the word of the row that says how much.  A function's image lies in ECR."""
ENDPOINTS = {"bedrock-runtime": "Bedrock", "secretsmanager": "Secrets Manager", "sagemaker.runtime": "SageMaker"}
ENDPOINTS |= {"translate": "Amazon Translate"}
"""What the documents call a service whose endpoint has another name."""


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    return template()["Resources"]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_the_hours_that_an_event_and_a_run_may_last_are_those_of_the_template(resources):
    edit = resources["Edit"]["Properties"]
    event = re.search(r"for (\w+) hours \(`MaximumEventAgeInSeconds`\)", page("scale.md"))
    assert NUMBERS[event[1]] * 3600 == edit["EventInvokeConfig"]["MaximumEventAgeInSeconds"]
    for name in ("scale.md", "aws.md"):
        lasts = re.findall(r"execution (?:lasts|may take) (\d+) hours", page(name))
        assert lasts, name
        assert {int(one) * 3600 for one in lasts} == {edit["DurableConfig"]["ExecutionTimeout"]}, name


def test_each_kind_of_resource_that_costs_while_it_stands_has_a_row(resources):
    made = {one["Type"] for one in resources.values()}
    told = "\n".join(rows(page("cost.md").partition("## What is paid when nothing is made")[2]))
    missing = [word for kind, word in STANDS.items() if kind in made and word not in told]
    assert missing == []


def test_each_endpoint_of_the_network_has_its_row_and_what_is_paid_only_by_a_parameter_is_in_brackets(resources):
    ways = {name: one for name, one in resources.items() if one["Type"] == "AWS::EC2::VPCEndpoint"}
    told = {
        row[1]: float(row[2].strip("()"))
        for row in (
            re.match(r"\| Endpoint for ([\w ]+?)(?: \(|,| \|).*\| ([\d.()]+) \|$", line)
            for line in rows(page("cost.md"))
        )
        if row
    }
    assert len(told) == len(ways)
    for way in ways.values():
        service = way["Properties"]["ServiceName"]["Fn::Sub"].partition("AWS::Region}.")[2]
        name = ENDPOINTS.get(service, {"s3": "S3"}.get(service, service.capitalize()))
        assert (told[name] == 0) is (way["Properties"]["VpcEndpointType"] == "Gateway"), name
        (line,) = [row for row in rows(page("cost.md")) if row.startswith(f"| Endpoint for {name}")]
        assert line.endswith(") |") is (way["Condition"] != "MakeNetwork"), name


def test_the_number_of_alarms_that_is_priced_is_that_of_the_template(resources):
    alarms = sum(one["Type"] == "AWS::CloudWatch::Alarm" for one in resources.values())
    assert int(re.search(r"\| (\d+) alarms, 1 dashboard", page("cost.md"))[1]) == alarms


def test_what_the_documents_deploy_of_an_image_that_you_push_is_named_by_its_digest():
    """SAM tags by digest; of an image that is pushed under a known tag no version is published, so the new code would reach no run."""
    used = re.findall(r"(?:Image=|--image )(\S+\.amazonaws\.com\S*)", page("aws.md"))
    assert used
    assert [one for one in used if "@sha256:" not in one] == []
    assert "named by its digest" in page("aws.md")
