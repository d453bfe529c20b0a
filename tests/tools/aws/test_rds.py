"""The database's password on AWS: read from its secret as RDS writes it, read again after it rotated, never told."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from agent.settings import load
from agent.wiring import connect_records
from tests.fakes.buckets import account
from tools.aws.rds import KEPT, Secret, Token
from tools.troubles import NotReady

pytestmark = pytest.mark.aws
HOST = "hookline.abc.us-east-1.rds.amazonaws.com"


@pytest.fixture
def vault():
    with account(), mock_aws():
        yield boto3.client("secretsmanager", region_name="us-east-1")


def kept(vault, value: str) -> str:
    return vault.create_secret(Name="hookline", SecretString=value)["ARN"]


def test_the_password_is_that_of_the_secret_and_a_rotated_one_is_used_soon(vault):
    now = [0.0]
    arn = kept(vault, json.dumps({"username": "hookline", "password": "one"}))
    password = Secret(arn, "us-east-1", clock=lambda: now[0])
    assert password() == "one"
    vault.put_secret_value(SecretId=arn, SecretString=json.dumps({"username": "hookline", "password": "two"}))
    assert password() == "one", "a secret is not read for each connection"
    now[0] += KEPT
    assert password() == "two"


@pytest.mark.parametrize("value", ["s3cret", "[]", '{"username": "x"}', '{"password": ""}', '{"password": 5}'])
def test_a_secret_without_a_password_is_named_and_not_shown(vault, value):
    with pytest.raises(NotReady, match='JSON with a "password"') as told:
        Secret(kept(vault, value), "us-east-1")()
    assert "s3cret" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_secret_that_is_not_there_is_named_with_what_the_role_needs(vault):
    with pytest.raises(NotReady, match="ResourceNotFoundException.*secretsmanager:GetSecretValue"):
        Secret("arn:aws:secretsmanager:us-east-1:123456789012:secret:none", "us-east-1")()


def test_a_token_is_signed_for_the_host_and_the_user_and_lasts_fifteen_minutes():
    with account():
        token = urlsplit("//" + Token(HOST, "hookline", "us-east-1")())
    asked = parse_qs(token.query)
    assert token.netloc == f"{HOST}:3306"
    assert (asked["Action"], asked["DBUser"], asked["X-Amz-Expires"]) == (["connect"], ["hookline"], ["900"])


@pytest.mark.parametrize(
    "more", [{"database_secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"}, {"database_iam": True}]
)
def test_the_record_of_a_deployed_function_can_be_opened(vault, more):
    settings = load(environ={}, database="aws", database_host=HOST, region="us-east-1", **more)
    connect_records(settings).close()
