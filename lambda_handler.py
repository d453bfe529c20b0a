"""The doors on AWS, four handlers in one image: ``edit`` (durable), ``chat`` (HTTP), ``login`` (HTTP) and ``migrate`` (at deploy)."""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import logging
import os
import urllib.request
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution

from agent.settings import Settings, load, strangers
from agent.wiring import connect_records
from doors.studio import studio

if TYPE_CHECKING:
    from doors.upload.door import Desk

log = logging.getLogger("hookline")
log.setLevel(logging.INFO)


@durable_execution
def edit(event: Any, ctx: DurableContext) -> dict[str, Any]:
    """Make what each upload in ``event`` asks for: S3 notification, EventBridge, or either in messages of a queue."""
    from doors.upload.door import carry

    return carry(event, ctx, _desk())


def chat(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    answer: dict[str, Any] = _app()(event, context)
    return answer


def login(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of a login to the page; outside the network, since the provider is."""
    answer: dict[str, Any] = _login()(event, context)
    return answer


def migrate(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Bring the record's tables up to date; for CloudFormation, or asked by hand with ``{}``."""
    if event.get("RequestType") == "Delete":
        return _tell(event, "SUCCESS", "Nothing is deleted: the tables stay with their database.")
    try:
        opened = connect_records(_settings())
        try:
            opened.migrate()
        finally:
            opened.close()
    except Exception as error:
        log.exception("migration failed")
        if "ResponseURL" not in event:
            raise
        # CloudFormation waits an hour for who does not answer.
        return _tell(event, "FAILED", f"{type(error).__name__}: {error}")
    return _tell(event, "SUCCESS", "The tables are up to date.")


@functools.cache
def _settings() -> Settings:
    """The environment, checked once; a wrong one stops the first invocation with the fix named."""
    # Lambda lets nothing be written but /tmp.
    elsewhere: dict[str, Any] = {} if os.environ.get("HOOKLINE_HOME") else {"home": "/tmp/hookline"}
    settings = load(**elsewhere)
    for name in strangers():
        log.warning("a variable that nothing reads", extra={"variable": name})
    return settings


@functools.cache
def _desk() -> Desk:
    from doors.upload.door import desk

    # Not migrated here: that is done once, at deploy.
    return desk(_settings(), studio(_settings(), record=connect_records(_settings())))


@functools.cache
def _app() -> Any:
    from mangum import Mangum

    return Mangum(importlib.import_module("doors.page.app").build(_settings()), lifespan="off")


@functools.cache
def _login() -> Any:
    from mangum import Mangum

    return Mangum(importlib.import_module("doors.page.app").build_login(_settings()), lifespan="off")


def _tell(event: dict[str, Any], status: str, reason: str) -> dict[str, Any]:
    """Answer CloudFormation at the address that it gave; an answer for who asked by hand.

    ``Settings`` of the answer is a digest of those that were given, by which a change of one publishes a version.
    """
    answer: dict[str, Any] = {"Status": status, "Reason": reason[:1000], "PhysicalResourceId": "hookline-record"}
    if settings := event.get("ResourceProperties", {}).get("Settings"):
        answer |= {"Data": {"Settings": hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]}}
    if address := event.get("ResponseURL"):
        names = ("StackId", "RequestId", "LogicalResourceId")
        body = json.dumps(answer | {name: event[name] for name in names}).encode()
        request = urllib.request.Request(address, body, {"Content-Type": ""}, method="PUT")
        with urllib.request.urlopen(request, timeout=30):
            pass
    return answer
