"""From an upload to the outbox over MiniStack (``--ministack``): its S3 tells its EventBridge, whose rule is the template's, and the functions
may do what the template's own policies allow, since MiniStack enforces them.

Two things are not as on AWS.  Its rules invoke a durable function without beginning an execution, so a function with the chat door's role stands
between, which begins one.  And it does not take up an execution that polls, so Transcribe's stand-in is through at once; waiting is tested by
``test_handler_whole``.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from agent.record.records import Records
from tests.fakes.bedrock import Bedrock
from tests.fakes.rekognition import Rekognition
from tests.fakes.transcribe import Transcribe
from tests.house.ministack import ACCOUNT, REGION, code, served, template
from tests.stage import KEY, OUTPUTS, WISH, document, footage, mind

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.ministack]
NOTHING = object()
"""What ``AWS::NoValue`` stands for; it is left out of lists."""

RELAY = """
import json, boto3
def relay(event, context):
    boto3.client("lambda").invoke(FunctionName="edit:live", InvocationType="Event", Payload=json.dumps(event).encode())
"""


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a MiniStack of our own."""
    with served(Path(request.config.getoption("ministack")), tmp_path_factory.mktemp("ministack")) as address:
        yield address


class Template:
    """What the template says, as CloudFormation would fill it in for a stack that is named hookline."""

    def __init__(self) -> None:
        self.whole = template()
        self.known: dict[str, Any] = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
        self.known |= {
            "AWS::NoValue": NOTHING,
            "AWS::StackName": "hookline",
            "Edit.Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:edit",
        }
        self.known |= {name: each.get("Default") for name, each in self.whole["Parameters"].items()}
        for name in ("Inbox", "Outbox"):
            self.known[name] = self.filled(self.properties(name)["BucketName"])
            self.known[f"{name}.Arn"] = f"arn:aws:s3:::{self.known[name]}"

    def properties(self, name: str) -> Any:
        return self.whole["Resources"][name]["Properties"]

    def filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [made for each in value if (made := self.filled(each)) is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name == "Ref":
                return self.known[given]
            if name == "Fn::If":
                return self.filled(given[1] if self.holds({"Condition": given[0]}) else given[2])
            if name == "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda found: str(self.known[found[1]]), given)
            if name.startswith("Fn::"):  # of services that are stand-ins here: the key, the secret, models
                return self.known.get(".".join(map(str, given)), f"arn:aws:none:{REGION}:{ACCOUNT}:none")
        return {name: self.filled(each) for name, each in value.items()}

    def holds(self, condition: dict[str, Any]) -> bool:
        ((name, given),) = condition.items()
        if name == "Condition":
            return self.holds(self.whole["Conditions"][given])
        if name == "Fn::Equals":
            one, other = self.filled(given)
            return str(one) == str(other)
        each = [self.holds(one) for one in given]
        return {"Fn::Not": not each[0], "Fn::And": all(each), "Fn::Or": any(each)}[name]


def packed(name: str, source: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(f"{name}.py", source)
    return made.getvalue()


@contextlib.contextmanager
def deployed(address: str, folder: Path, without: str = "") -> Iterator[tuple[Any, Records, Template]]:
    """The path from the inbox to the outbox; ``without`` leaves a statement of the edit function's role out."""
    template = Template()

    def api(name: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
        return boto3.client(name, endpoint_url=address, config=Config(retries={"max_attempts": 1}), **keys)

    s3, iam, functions, events = map(api, ("s3", "iam", "lambda", "events"))
    for name in ("Inbox", "Outbox"):
        s3.create_bucket(Bucket=template.known[name])
        s3.put_bucket_versioning(Bucket=template.known[name], VersioningConfiguration={"Status": "Enabled"})
    told = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=template.known["Inbox"], NotificationConfiguration=told)

    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    # What AWSLambdaBasicDurableExecutionRolePolicy allows, which SAM adds.
    durable = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]
    for name in ("Edit", "Chat"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        (policy,) = template.filled(template.properties(name)["Policies"])
        rows = [row for row in policy["Statement"] if row["Sid"] != without]
        rows += [{"Effect": "Allow", "Action": durable, "Resource": "*"}] if name == "Edit" else []
        document_ = json.dumps({"Version": "2012-10-17", "Statement": rows})
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document_)

    # MiniStack's name for a durable function, which AWS's interface does not have.
    def enable(params: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        if "DurableConfig" in body:
            params["body"] = json.dumps(body | {"DurableConfig": {**body["DurableConfig"], "Enabled": True}}).encode()

    functions.meta.events.register("before-call.lambda.CreateFunction", enable)
    records = Records(f"sqlite:///{folder / 'records.sqlite3'}")
    records.migrate()
    video, words = footage(folder)
    with contextlib.ExitStack() as open_:
        open_.callback(records.close)
        listen = Transcribe(lambda b, k, data: s3.put_object(Bucket=b, Key=k, Body=data), document(words), delay=0)
        bedrock = open_.enter_context(Bedrock(mind))
        environ = {f"AWS_ENDPOINT_URL_{name}": address for name in ("S3", "LAMBDA")}
        environ |= {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock.url}
        for name, service in (("TRANSCRIBE", listen), ("REKOGNITION", Rekognition())):
            environ[f"AWS_ENDPOINT_URL_{name}"], stop = service.serve()
            open_.callback(stop)
        environ |= {"HOOKLINE_BACKEND": "aws", "HOOKLINE_DATABASE": f"sqlite:///{folder / 'records.sqlite3'}"}
        environ |= {"HOOKLINE_INBOX_BUCKET": template.known["Inbox"], "HOOKLINE_INBOX_PREFIX": "uploads/"}
        environ |= {"HOOKLINE_OUTBOX_BUCKET": template.known["Outbox"], "HOOKLINE_HOME": str(folder / "sandbox")}
        usual: dict[str, Any] = {"Runtime": "python3.11", "Environment": {"Variables": environ}, "Timeout": 600}
        functions.create_function(
            FunctionName="edit", Handler="door.edit", Code={"ZipFile": packed("door", code("lambda_handler.edit"))},
            Role=f"arn:aws:iam::{ACCOUNT}:role/Edit", MemorySize=1024,
            DurableConfig={"ExecutionTimeout": 21600, "RetentionPeriodInDays": 14}, **usual,
        )  # fmt: skip
        version = functions.publish_version(FunctionName="edit")["Version"]
        functions.create_alias(FunctionName="edit", Name="live", FunctionVersion=version)
        relay = functions.create_function(
            FunctionName="relay", Handler="door.relay", Code={"ZipFile": packed("door", RELAY)},
            Role=f"arn:aws:iam::{ACCOUNT}:role/Chat", **usual,
        )  # fmt: skip
        pattern = template.filled(template.properties("Edit")["Events"]["Upload"]["Properties"]["Pattern"])
        events.put_rule(Name="upload", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="upload", Targets=[{"Id": "1", "Arn": relay["FunctionArn"]}])
        s3.put_object(Bucket=template.known["Inbox"], Key="elsewhere/talk.mp4", Body=b"x")
        s3.put_object(Bucket=template.known["Inbox"], Key="uploads/empty.mp4", Body=b"")
        s3.put_object(Bucket=template.known["Inbox"], Key=KEY, Body=video.read_bytes(), Metadata={"wish": WISH})
        yield s3, records, template


def ended(records: Records, seconds: float = 180.0) -> list[dict[str, Any]]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        rows = records.runs(10)
        if rows and all(row["state"] not in ("queued", "working") for row in rows):
            return rows
        time.sleep(0.5)
    raise AssertionError(f"not ended: {records.runs(10)}")


def test_an_upload_fills_the_outbox_by_the_templates_own_rule_and_roles(stack: str, tmp_path: Path) -> None:
    with deployed(stack, tmp_path) as (s3, records, template):
        (row,) = ended(records)
        assert row["state"] in ("done", "done with warnings"), row
        assert row["video"] == KEY.rpartition("/")[2]
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=template.known["Outbox"])["Contents"]]
    made = {key.rpartition("/")[2] for key in keys if f"/{row['run']}/" in key and not key.startswith(("work/", "."))}
    assert made >= OUTPUTS


def test_what_the_role_does_not_allow_is_not_done(stack: str, tmp_path: Path) -> None:
    with deployed(stack, tmp_path, without="WriteOutputs") as (s3, records, template):
        (row,) = ended(records)
        assert row["state"] == "failed", row
        assert not s3.list_objects_v2(Bucket=template.known["Outbox"]).get("Contents")
