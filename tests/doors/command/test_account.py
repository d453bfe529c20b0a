"""``hookline doctor --aws``: what an account lacks is named with what mends it, and nothing is changed there."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from click.testing import CliRunner

from agent.settings import load
from doors.command.account import examine_account
from doors.command.main import main
from doors.command.outcome import MISSING
from tests.fakes.service import Refused
from tests.fakes.told import Told

pytestmark = pytest.mark.aws

EDITOR = "anthropic.claude-sonnet-5-5"
SHOWN = "Claude Sonnet 5.5"
QUOTA = "Global cross-region model inference tokens per minute for Anthropic Claude Sonnet 5.5"
PROFILE = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.{EDITOR}"
MODEL = f"arn:aws:bedrock:us-east-1::foundation-model/{EDITOR}"


def quotas(**changed: float) -> dict[str, Any]:
    values = {QUOTA: 2e6, QUOTA.replace("Global cross", "Cross"): 0.0, f"{QUOTA}.1": 0.0, "Other": 0.0} | changed
    return {"Quotas": [{"QuotaName": name, "Value": value} for name, value in values.items()]}


SOUND: dict[tuple[str, str], Any] = {
    ("sts", "GetCallerIdentity"): {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me", "UserId": "A"},
    ("bedrock", "GetInferenceProfile"): {
        "inferenceProfileName": "x", "inferenceProfileArn": PROFILE, "inferenceProfileId": f"global.{EDITOR}",
        "models": [{"modelArn": MODEL}], "status": "ACTIVE", "type": "SYSTEM_DEFINED",
    },
    ("bedrock", "GetFoundationModelAvailability"): {
        "modelId": EDITOR, "agreementAvailability": {"status": "AVAILABLE"}, "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE",
    },
    ("bedrock", "GetFoundationModel"): {"modelDetails": {"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/" + EDITOR, "modelId": EDITOR, "modelName": SHOWN}},
    ("service-quotas", "ListServiceQuotas"): quotas(),
    ("lambda", "GetAccountSettings"): {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}},
    ("transcribe", "ListTranscriptionJobs"): {},
    ("rekognition", "ListCollections"): {},
    ("s3", "HeadBucket"): {},
    ("s3", "GetBucketVersioning"): {"Status": "Enabled"},
    ("s3", "GetBucketNotificationConfiguration"): {"EventBridgeConfiguration": {}},
}  # fmt: skip


def looked(*changed: tuple[str, str, Any], **settings: Any) -> tuple[dict[str, Any], Told]:
    """The findings by what they are of, for an account that differs from a sound one by ``changed``."""
    told = Told(copy.deepcopy(SOUND) | {(service, operation): said for service, operation, said in changed})
    given = {
        "database": "local",
        "inbox_bucket": "in",
        "outbox_bucket": "out",
        "writer_model": f"global.{EDITOR}",
    } | settings
    return {one.what: one for one in examine_account(load(backend="aws", **given), told)}, told


def test_a_sound_account_lacks_nothing_and_is_only_read() -> None:
    found, told = looked()
    assert [one for one in found.values() if not one.ok] == []
    assert all(re.match("Get|List|Head", operation) for _, operation, _ in told.asked)
    assert ("bedrock", "GetFoundationModelAvailability", {"modelId": EDITOR}) in told.asked


AGREED = SOUND["bedrock", "GetFoundationModelAvailability"]
NOT_FOUND = Refused("ResourceNotFoundException", "no", 404)
LACKS = [
    ("agreement", ("bedrock", "GetFoundationModelAvailability", AGREED | {"agreementAvailability": {"status": "NOT_AVAILABLE"}}), "create-foundation-model-agreement"),
    ("agreement", ("bedrock", "GetFoundationModelAvailability", AGREED | {"authorizationStatus": "NOT_AUTHORIZED"}), "put-use-case-for-model-access"),
    ("agreement", ("bedrock", "GetFoundationModelAvailability", AGREED | {"regionAvailability": "NOT_AVAILABLE"}), "another model or region"),
    ("agreement", ("bedrock", "GetFoundationModelAvailability", AGREED | {"agreementAvailability": {"status": "PENDING"}}), "in some minutes"),
    ("editor's model", ("bedrock", "GetInferenceProfile", NOT_FOUND), "begins with global."),
    ("quota", ("service-quotas", "ListServiceQuotas", quotas(**{QUOTA: 0.0})), "Service Quotas"),
    ("Lambda", ("lambda", "GetAccountSettings", {"AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}}), "MaxRuns=0"),
    ("Transcribe", ("transcribe", "ListTranscriptionJobs", EndpointConnectionError(endpoint_url="https://transcribe")), "see that the region has the service"),
    ("Rekognition", ("rekognition", "ListCollections", Refused("ThrottlingException", "slow down")), "ThrottlingException: slow down"),
    ("inbox", ("s3", "HeadBucket", Refused("404", "", 404)), "HOOKLINE_INBOX_BUCKET"),
    ("outbox", ("s3", "HeadBucket", Refused("301", "", 301)), "HOOKLINE_REGION"),
    ("inbox", ("s3", "GetBucketNotificationConfiguration", {}), "put-bucket-notification-configuration"),
    ("outbox", ("s3", "GetBucketVersioning", {}), "put-bucket-versioning"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changed", "mends"), LACKS, ids=[f"{what}-{mends[:12]}" for what, _, mends in LACKS])
def test_a_lack_is_named_with_what_mends_it(what: str, changed: Any, mends: str) -> None:
    found, _ = looked(changed)
    one = next(one for name, one in found.items() if what in name)
    assert (one.ok, one.needed) == (False, True)
    assert mends in one.note


def test_who_may_not_look_is_told_the_right_that_it_takes_and_the_account_is_not_blamed() -> None:
    found, _ = looked(("lambda", "GetAccountSettings", Refused("AccessDeniedException", "no", 403)))
    assert (found["Lambda"].ok, found["Lambda"].needed) == (False, False)
    assert "lambda:GetAccountSettings" in found["Lambda"].note


def test_an_account_that_does_not_answer_is_asked_nothing_more() -> None:
    found, told = looked(("sts", "GetCallerIdentity", Refused("InvalidClientTokenId", "The token is invalid", 403)))
    assert list(found) == ["account"]
    assert "The token is invalid" in found["account"].note
    assert len(told.asked) == 1


def test_a_database_that_is_not_there_is_named_with_its_address() -> None:
    found, _ = looked(database="mysql+pymysql://hookline@127.0.0.1:1/hookline")
    assert not found["database"].ok
    assert "127.0.0.1:1" in found["database"].note


def test_the_command_ends_with_what_is_missing_where_there_are_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    done = CliRunner().invoke(main, ["doctor", "--aws"])
    assert done.exit_code == MISSING
    assert "AWS_PROFILE" in done.output
