"""The one place that makes boto3's clients, and that tells a passing trouble from a lasting one."""

from __future__ import annotations

import re
from typing import Any

from tools.troubles import NotReady

ATTEMPTS = 5
"""Calls in all, the first included; between them up to 20 s, drawn at random from a range that doubles."""

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded", "LimitExceededException", "ModelNotReadyException", "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown", "Throttling", "ThrottledException",
        "ThrottlingException", "TooManyRequestsException",
    }
)  # fmt: skip
"""Codes of "later": compared without regard to case, since streams spell them with a small first letter."""

PASSING = frozenset(
    {
        "InternalServerException",
        "ModelStreamErrorException",
        "ModelTimeoutException",
        "RequestTimeout",
        "ServiceUnavailableException",
    }
)


def config(attempts: int = ATTEMPTS, read: float = 60.0, **more: Any) -> Any:
    """botocore's settings for a client that tries ``attempts`` times and waits ``read`` seconds for each part of an answer."""
    from botocore.config import Config

    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5.0,
        read_timeout=read,
        max_pool_connections=16,
        tcp_keepalive=True,
        user_agent_extra="hookline",
        **more,
    )


def client(
    service: str,
    region: str | None = None,
    attempts: int = ATTEMPTS,
    read: float = 60.0,
    endpoint: str | None = None,
    **more: Any,
) -> Any:
    """A client with ``config``.  Credentials and region are found as boto3 finds them.

    Raises ``NotReady`` where there are none.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    session = boto3.session.Session()
    try:
        made = session.client(service, region_name=region, endpoint_url=endpoint, config=config(attempts, read, **more))
    except BotoCoreError as error:
        raise NotReady(
            f"{service} on AWS can't be reached: {error} Set AWS_REGION and credentials, or use the local engines."
        ) from error
    if session.get_credentials() is None:
        raise NotReady(
            f"{service} on AWS needs credentials and none were found. Set AWS_PROFILE or a role, or use the local engines."
        )
    return made


def code(error: BaseException) -> str:
    """AWS's code of an error, such as ``NoSuchKey`` or ``404``; empty for what AWS did not say."""
    response = getattr(error, "response", None)
    found = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    return found[:1].upper() + found[1:]


def status(error: BaseException) -> int:
    response = getattr(error, "response", None)
    return response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) if isinstance(response, dict) else 0


def throttled(error: BaseException) -> bool:
    return code(error) in THROTTLED or status(error) == 429


def spent_today(error: BaseException) -> bool:
    """Whether a quota of the day is used up, as new accounts' are soon: throttling that no wait of ours outlasts."""
    return throttled(error) and re.search(r"(tokens|requests) per day", str(error), re.IGNORECASE) is not None


def passing(error: BaseException) -> bool:
    """Whether the same call may succeed later: throttling, 5xx, a dropped line.  Never a 4xx of another kind."""
    from botocore.exceptions import ConnectionError as Unreachable
    from botocore.exceptions import HTTPClientError

    if isinstance(error, Unreachable | HTTPClientError):
        return True
    return throttled(error) or code(error) in PASSING or status(error) >= 500
