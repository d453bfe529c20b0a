"""What an AWS account has and lacks before the first upload, asked without changing anything; each lack says what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from agent.settings import Settings
from agent.wiring import connect_records
from doors.command.doctor import Finding
from tools.aws.clients import client, code
from tools.troubles import NotReady

Client = Callable[[str], Any]

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
RUNS, OTHERS, LEFT = 10, 11, 100
"""``MaxRuns`` of the template, what its chat door and its migration reserve, and what Lambda wants to stay unreserved."""
TOKENS = 20_000
"""Tokens a minute below which a run waits more than it works: a turn of the editor sends about 12,000 (docs/cost.md)."""
REGIONAL = ("global.", "us.", "eu.", "apac.", "jp.", "au.", "us-gov.")


def examine_account(settings: Settings, clients: Client | None = None) -> list[Finding]:
    """Findings in the order in which a deployment and a run would need them; of an account that does not answer only that."""
    ask: Client = clients or partial(client, region=settings.region or None, attempts=2, read=20.0)
    who = _found("account", "sts:GetCallerIdentity", lambda: _identity(ask("sts")))
    if not who.ok:
        return [who]
    models = {settings.editor_model: "the editor's model"}
    models.setdefault(settings.writer_model, "the writer's model")
    found = [who]
    for name, what in models.items():
        found += _model(what, name, ask)
    found.append(_found("Lambda", "lambda:GetAccountSettings", lambda: _lambda(ask("lambda"))))
    found.append(
        _found(
            "Transcribe",
            "transcribe:ListTranscriptionJobs",
            lambda: _answers(ask("transcribe").list_transcription_jobs),
        )
    )
    found.append(
        _found("Rekognition", "rekognition:ListCollections", lambda: _answers(ask("rekognition").list_collections))
    )
    for what, name in (("inbox", settings.inbox_bucket), ("outbox", settings.outbox_bucket)):
        found.append(_found(what, "s3:ListBucket, s3:GetBucket*", partial(_bucket, what, name, ask)))
    return [*found, _database(settings)]


def _found(what: str, action: str, look: Callable[[], tuple[bool, str]]) -> Finding:
    """A finding by ``look``; who may not look is told which right that takes, which is no lack of the account's."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return Finding(what, *look())
    except NotReady as error:
        return Finding(what, False, str(error))
    except ClientError as error:
        if code(error) in DENIED:
            return Finding(what, False, f"you may not look ({code(error)}); it takes {action}", needed=False)
        return Finding(what, False, f"{code(error)}: {error.response['Error'].get('Message', '')}")
    except BotoCoreError as error:
        return Finding(what, False, f"{error}; see that the region has the service and that this machine reaches it")


def _identity(sts: Any) -> tuple[bool, str]:
    who = sts.get_caller_identity()
    return True, f"{who['Account']} in {sts.meta.region_name}, as {who['Arn'].rpartition(':')[2]}"


def _model(what: str, name: str, ask: Client) -> Iterator[Finding]:
    """Of a model: its profile, the agreement and the rights to it, and how much of it a minute."""
    bare = name.partition(".")[2] if name.startswith(REGIONAL) else name
    kind = "global cross-region" if name.startswith("global.") else "cross-region" if bare != name else "on-demand"
    if bare != name:
        yield _found(f"{what}, {name}", "bedrock:GetInferenceProfile", lambda: _profile(name, ask("bedrock")))
    look = partial(_agreed, bare, ask)
    yield _found(f"agreement to {bare}", "bedrock:GetFoundationModelAvailability", look)
    rights = "servicequotas:ListServiceQuotas, bedrock:GetFoundationModel"
    yield _found(f"quota of {bare}", rights, partial(_quota, bare, kind, ask))


def _profile(name: str, bedrock: Any) -> tuple[bool, str]:
    from botocore.exceptions import ClientError

    try:
        found = bedrock.get_inference_profile(inferenceProfileIdentifier=name)
    except ClientError as error:
        if code(error) not in ("ResourceNotFoundException", "ValidationException"):
            raise
        return (
            False,
            f"is not offered in {bedrock.meta.region_name}; take a profile that begins with global., or another region",
        )
    return True, f"{found['status'].lower()}, in {len(found['models'])} region{'s' * (len(found['models']) > 1)}"


def _agreed(name: str, ask: Client) -> tuple[bool, str]:
    bedrock = ask("bedrock")
    told = bedrock.get_foundation_model_availability(modelId=name)
    agreement = told["agreementAvailability"]
    if told["regionAvailability"] != "AVAILABLE":
        return False, f"is not offered in {bedrock.meta.region_name}; take another model or region"
    if told["authorizationStatus"] != "AUTHORIZED":
        return False, (
            "the account may not use it; an administrator sends the use-case form once "
            "(aws bedrock put-use-case-for-model-access) and sees that no policy of the organisation denies it"
        )
    if agreement["status"] == "PENDING":
        return False, "the agreement is being made; ask again in some minutes"
    if agreement["status"] != "AVAILABLE" or told["entitlementAvailability"] != "AVAILABLE":
        return False, (
            f"nobody has agreed to its terms {agreement.get('errorMessage', '')}; an administrator does it once: "
            f"aws bedrock list-foundation-model-agreement-offers --model-id {name}, then create-foundation-model-agreement"
        )
    return True, "made, and the account may use it"


def _quota(name: str, kind: str, ask: Client) -> tuple[bool, str]:
    """The least of the quotas of tokens a minute and a day that bear the model's own name, as calls of ``kind`` count."""
    shown = ask("bedrock").get_foundation_model(modelIdentifier=name)["modelDetails"]["modelName"]
    quotas: dict[str, float] = {}
    for page in ask("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="bedrock"):
        quotas |= {one["QuotaName"]: one["Value"] for one in page["Quotas"]}
    wanted = re.compile(rf"{kind}.* tokens per .*{re.escape(shown)}(?![.\d])", re.IGNORECASE)
    named = {what: value for what, value in quotas.items() if wanted.match(what)}
    if not named:
        return True, f"none of tokens is listed for {shown}"
    least = min(named, key=lambda what: named[what])
    enough = named[least] >= TOKENS
    return enough, f"{named[least]:,.0f}: {least}" + (
        "" if enough else "; ask for a rise in the console under Service Quotas"
    )


def _lambda(functions: Any) -> tuple[bool, str]:
    """Runs at once.  Lambda tells no limit of memory: accounts whose concurrency is reduced may have 3,008 MB at most."""
    limit = functions.get_account_settings()["AccountLimit"]
    most, free = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    if free - LEFT >= RUNS + OTHERS:
        return True, f"{most} executions at once, {free} of them not reserved"
    can = max(0, free - LEFT - OTHERS)
    rise = "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000"
    return (
        False,
        f"{most} executions at once, {free} not reserved; deploy with MaxRuns={can}, no function over 3008 MB, or ask for a rise: {rise}",
    )


def _answers(operation: Callable[..., Any]) -> tuple[bool, str]:
    operation(MaxResults=1)
    return True, "answers"


def _bucket(what: str, name: str, ask: Client) -> tuple[bool, str]:
    from botocore.exceptions import ClientError

    if not name:
        return True, f"none is named (HOOKLINE_{what.upper()}_BUCKET); a stack makes its own"
    s3 = ask("s3")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in ("301", "PermanentRedirect"):
            return False, f"{name} lies in another region; set HOOKLINE_REGION to it"
        if code(error) not in ("404", "NoSuchBucket"):
            raise
        return False, f"there is no bucket {name}; see HOOKLINE_{what.upper()}_BUCKET"
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        return (
            False,
            f"{name} keeps no versions, so an upload that is replaced is lost to its run: aws s3api put-bucket-versioning",
        )
    told = s3.get_bucket_notification_configuration(Bucket=name)
    if what == "inbox" and "EventBridgeConfiguration" not in told:
        return False, f"{name} tells EventBridge of no upload: aws s3api put-bucket-notification-configuration"
    return True, f"{name} is there and keeps versions"


def _database(settings: Settings) -> Finding:
    from agent.record.database import RecordsDown

    if not settings.database.startswith("mysql"):
        return Finding("database", True, "none is named (HOOKLINE_DATABASE_HOST); a stack makes its own", needed=False)
    try:
        opened = connect_records(settings)
        try:
            opened.runs(1)
        finally:
            opened.close()
    except (RecordsDown, NotReady) as error:
        return Finding("database", False, f"{error}; a stack's own answers only within its network")
    return Finding("database", True, "answers, and proved who it is")
