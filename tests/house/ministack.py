"""MiniStack, and the template as it can be made there: what it lacks is named in ``LACKING``, each with the narrow thing that stands in."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.decode import decode

from tests.stage import ROOT, free_port

ACCOUNT, REGION = "000000000000", "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
LACKING = {
    "image functions": "want Docker: the same handlers run from a file of code, out of this checkout and its packages",
    "durable functions of a stack": "its CloudFormation drops DurableConfig: it is set on the function that was made, which is published anew",
    "durable executions by a rule": "its rules invoke and begin none: a function with the right to begin runs stands between",
    "durable executions that poll": "are not taken up again: Transcribe is through at once",
    "metric-math alarms": "AlarmDollars is left out",
    "RDS": "wants Docker and makes no secret: the stack is given a database of its own, MariaDB, and a network",
    "Ref of a secret": "is its name there: its attribute Id is the ARN, there as on AWS",
    "TLS": "it is served without, which the buckets would refuse: TlsOnly is left out; of the database none is asked on loopback",
}
# Behind our packages, so that a function and what it starts find their own.
SERVE = "import sys; sys.path.append({folder!r}); from ministack.app import main; main()"
RELAY = """
import json, os, boto3
def relay(event, context):
    boto3.client("lambda").invoke(FunctionName=os.environ["EDIT"], InvocationType="Event", Payload=json.dumps(event).encode())
"""


@contextlib.contextmanager
def served(venv: Path, home: Path) -> Iterator[str]:
    """The address of a MiniStack out of ``venv``, which enforces policies; its files lie in ``home``."""
    port = free_port()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "BIND_HOST": "127.0.0.1"}
    environ |= {"GATEWAY_PORT": str(port), "AUTH": "true", "IOT_MTLS_ENABLED": "0"}
    with (home / "log").open("wb") as log:
        (packages,) = venv.absolute().glob("lib/python*/site-packages")
        command = [sys.executable, "-c", SERVE.format(folder=str(packages))]
        running = subprocess.Popen(command, cwd=home, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 300
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/_ministack/health", timeout=5).close()
                break
            assert running.poll() is None, (home / "log").read_text()[-2000:]
            assert time.monotonic() < until, "it does not answer"
            time.sleep(0.2)
        yield address
    finally:
        running.kill()  # it keeps nothing
        running.wait()


def template() -> dict[str, Any]:
    whole, wrong = decode(str(ROOT / "sam" / "template.yaml"))
    assert not wrong
    plain: dict[str, Any] = json.loads(json.dumps(whole))
    return plain


def code(handler: str, checkout: Path = ROOT) -> str:
    """A file of code that is ``handler`` of ``checkout``, with the packages of these tests."""
    path = [str(checkout), *(each for each in sys.path if each.endswith("site-packages"))]
    module, _, name = handler.rpartition(".")
    return f"import sys; sys.path[:0] = {path!r}; from {module} import {name}"


def makeable(variables: dict[str, str], checkout: Path = ROOT) -> dict[str, Any]:
    """The template with the stand-ins for what is ``LACKING``; functions have ``variables`` too and run out of ``checkout``."""
    by_name, by_arn = (json.dumps(each) for each in ({"Ref": "PageKey"}, {"Fn::GetAtt": ["PageKey", "Id"]}))
    made: dict[str, Any] = json.loads(json.dumps(template()).replace(by_name, by_arn))
    resources = made["Resources"]
    made["Globals"]["Function"]["Environment"]["Variables"] |= variables
    for one in resources.values():
        properties = one.get("Properties", {})
        if properties.get("PackageType") == "Image":
            handler = properties.pop("ImageConfig")["Command"][0]
            properties |= {
                "PackageType": "Zip",
                "Runtime": "python3.11",
                "Handler": f"index.{handler.rpartition('.')[2]}",
            }
            properties["InlineCode"] = code(handler, checkout)
            del one["Metadata"]
    for name in ("InboxPolicy", "OutboxPolicy"):
        told = resources[name]["Properties"]["PolicyDocument"]
        told["Statement"] = [row for row in told["Statement"] if row["Sid"] != "TlsOnly"]
    del resources["InboxPolicy"]  # says nothing else
    edit = resources["Edit"]["Properties"]
    resources["Relay"] = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.11", "Handler": "index.relay", "InlineCode": RELAY,
            "Environment": {"Variables": {"EDIT": {"Fn::Sub": "${Edit}:live"}}},
            "Policies": [{"Version": "2012-10-17", "Statement": resources["Chat"]["Properties"]["Policies"][0]["Statement"][:1]}],
            "Events": edit.pop("Events"),
        },
    }  # fmt: skip
    assert "Metrics" in resources.pop("AlarmDollars")["Properties"]
    return made
