"""A stack's life over MiniStack (``--ministack``), by the commands of docs/aws.md: refused once, made, used, changed, rolled back, deleted.

The tests are one life and run in this order.  What is not as on AWS is named in ``tests.ministack.LACKING``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from agent.record import database
from tests.conftest import MariaDB
from tests.fakes.bedrock import Bedrock
from tests.fakes.rekognition import Rekognition
from tests.fakes.transcribe import Transcribe
from tests.house.ministack import ACCOUNT, KEYS, REGION, makeable, served
from tests.stage import KEY, OUTPUTS, ROOT, WISH, document, footage, mind

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.ministack]

NEXT = f"{int(database.HEAD) + 1:04}"
MIGRATION = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{NEXT}", "{database.HEAD}", None, None
def upgrade():
    op.create_table("later", sa.Column("n", sa.Integer(), primary_key=True))
"""


class Life:
    """An account with a network and a database in it, and the commands of a person who keeps a stack there."""

    def __init__(self, address: str, folder: Path, server: MariaDB) -> None:
        self.address, self.folder, self.server = address, folder, server
        self.variables: dict[str, str] = {}
        self.video = folder / "talk.mp4"
        self.cloudformation, self.s3, self.functions = self.api("cloudformation"), self.api("s3"), self.api("lambda")
        network = self.api("ec2")
        vpc = network.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        subnets = [network.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24")["Subnet"]["SubnetId"] for n in (0, 1)]
        password = secrets.token_hex(8)
        server.run("CREATE DATABASE hookline", f"CREATE USER hookline@'%' IDENTIFIED BY '{password}'")
        server.run("GRANT ALL ON hookline.* TO hookline@'%'")
        self.secret, self.wrong = self.kept("right", password), self.kept("wrong", "no")
        self.parameters = {"VpcId": vpc, "SubnetIds": ",".join(subnets), "DatabaseCa": "", "MaxRuns": "0"}
        self.parameters |= {"DatabaseHost": f"127.0.0.1:{server.port}", "DatabaseSecretArn": self.secret}

    def api(self, name: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
        return boto3.client(name, endpoint_url=self.address, config=Config(retries={"max_attempts": 1}), **keys)

    def kept(self, name: str, password: str) -> str:
        told = json.dumps({"username": "hookline", "password": password})
        arn: str = self.api("secretsmanager").create_secret(Name=name, SecretString=told)["ARN"]
        return arn

    def sam(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        uvx = shutil.which("uvx") or str(Path(sys.executable).with_name("uvx"))
        (tool,) = re.findall(r"aws-sam-cli==[\d.]+", (ROOT / "Makefile").read_text())
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOOKLINE_"))}
        environ |= KEYS | {"AWS_ENDPOINT_URL": self.address, "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.5"}
        command = [uvx, "--quiet", "--from", tool, "sam", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=900)

    def deploy(self, made: dict[str, Any], *flags: str, **changed: str) -> subprocess.CompletedProcess[str]:
        path = self.folder / "template.json"
        path.write_text(json.dumps(made))
        given = [f'{name}="{value}"' for name, value in (self.parameters | changed).items()]
        told = ["--no-confirm-changeset", "--template-file", str(path), "--parameter-overrides", *given, *flags]
        return self.sam("deploy", "--config-file", str(ROOT / "sam" / "samconfig.toml"), *told)

    def delete(self) -> subprocess.CompletedProcess[str]:
        return self.sam("delete", "--stack-name", "hookline", "--no-prompts", "--region", REGION)

    def made(self) -> dict[str, Any]:
        return makeable(self.variables)

    def status(self) -> str:
        (stack,) = self.cloudformation.describe_stacks(StackName="hookline")["Stacks"]
        return str(stack["StackStatus"])

    def output(self, name: str) -> str:
        (stack,) = self.cloudformation.describe_stacks(StackName="hookline")["Stacks"]
        (value,) = [one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == name]
        return str(value)

    def buckets(self) -> set[str]:
        return {one["Name"] for one in self.s3.list_buckets()["Buckets"] if one["Name"].startswith("hookline-")}

    def environment(self) -> dict[str, str]:
        """Of the version that events call."""
        found: dict[str, str] = self.functions.get_function_configuration(FunctionName=self.output("EditBy"))[
            "Environment"
        ]["Variables"]
        return found

    def durable(self) -> None:
        """What ``DurableConfig`` does on AWS."""
        name, _, alias = self.output("EditBy").partition(":")

        # MiniStack's name for a durable function, which AWS's interface does not have.
        def enable(params: dict[str, Any], **_: Any) -> None:
            config = json.loads(params["body"])["DurableConfig"] | {"Enabled": True}
            params["body"] = json.dumps({"DurableConfig": config}).encode()

        self.functions.meta.events.register("before-call.lambda.UpdateFunctionConfiguration", enable)
        config = makeable({})["Resources"]["Edit"]["Properties"]["DurableConfig"]
        self.functions.update_function_configuration(FunctionName=name, DurableConfig=config)
        version = self.functions.publish_version(FunctionName=name)["Version"]
        self.functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)

    def listen(self) -> None:
        """Subscribe a queue to the ends of runs, which must take what the topic sends."""
        arn, topic = f"arn:aws:sqs:{REGION}:{ACCOUNT}:ends", self.output("EndedAt")
        only = {"ArnEquals": {"aws:SourceArn": topic}}
        may = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = json.dumps({"Statement": [{**may, "Resource": arn, "Condition": only}]})
        queue = self.api("sqs").create_queue(QueueName="ends", Attributes={"Policy": policy})["QueueUrl"]
        raw = {"RawMessageDelivery": "true"}
        self.api("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
        self.queue = queue

    def told(self) -> list[str]:
        """The keys of the outcomes that were told since."""
        found = self.api("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=20)
        return [json.loads(message["Body"])["data"]["key"] for message in found.get("Messages", [])]

    def tables(self) -> str:
        with contextlib.closing(self.server.connect("hookline")) as open_, open_.cursor() as cursor:
            cursor.execute("SELECT version_num FROM alembic_version")
            return str(cursor.fetchone()[0])

    def ask(
        self, method: str, path: str, body: Any = None, signed: bool = True, door: str = "ChatAt"
    ) -> tuple[int, Any]:
        """A door's answer to a request that is signed by IAM."""
        api = self.output(door).removeprefix("https://").partition(".")[0]
        url = f"{self.address}/_aws/execute-api/{api}/$default{path}"
        headers = {"content-type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        asked = AWSRequest(method, url, headers, data)
        if signed:
            SigV4Auth(boto3.Session("test", "test").get_credentials(), "execute-api", REGION).add_auth(asked)
        request = urllib.request.Request(asked.prepare().url, data, dict(asked.headers), method=method)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ended(self, count: int, seconds: float = 900.0) -> list[dict[str, Any]]:
        """The runs as the door tells them, when there are ``count`` and all are through."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            status, told = self.ask("GET", "/runs")
            assert status == 200, told
            runs: list[dict[str, Any]] = told["runs"]
            if len(runs) >= count and all(run["status"] not in ("queued", "working") for run in runs):
                return runs
            time.sleep(1)
        raise AssertionError(f"not ended: {told}")


@pytest.fixture(scope="module")
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mariadb: MariaDB) -> Iterator[Life]:
    home = tmp_path_factory.mktemp("account")
    with contextlib.ExitStack() as open_:
        address = open_.enter_context(served(Path(request.config.getoption("ministack")), home))
        one = Life(address, home, mariadb)
        _, words = footage(home)
        hears = Transcribe(lambda b, k, data: one.s3.put_object(Bucket=b, Key=k, Body=data), document(words), delay=0)
        environ = {
            "HOOKLINE_HOME": str(home / "sandbox"),
            "AWS_ENDPOINT_URL_S3": address,
            "AWS_ENDPOINT_URL_LAMBDA": address,
        }
        environ |= {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": address,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": open_.enter_context(Bedrock(mind)).url,
        }
        for name, service in (("TRANSCRIBE", hears), ("REKOGNITION", Rekognition())):
            environ[f"AWS_ENDPOINT_URL_{name}"], stop = service.serve()
            open_.callback(stop)
        one.variables = environ
        yield one


def well(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_a_first_attempt_made_is_not_in_the_way_of_the_second(life: Life) -> None:
    failed = life.deploy(life.made(), DatabaseSecretArn=life.wrong)
    assert failed.returncode != 0
    assert "1045" in failed.stdout + failed.stderr, failed.stdout + failed.stderr
    assert life.status() == "ROLLBACK_COMPLETE"
    assert not life.buckets()
    well(life.delete())
    well(life.deploy(life.made()))
    assert life.status() == "CREATE_COMPLETE"
    assert len(life.buckets()) == 2


def test_an_upload_fills_the_outbox(life: Life) -> None:
    life.durable()
    life.listen()
    inbox, outbox = (
        life.output(name).removeprefix("s3://").partition("/")[0] for name in ("UploadTo", "FindResultsIn")
    )
    life.s3.put_object(Bucket=inbox, Key=KEY, Body=life.video.read_bytes(), Metadata={"wish": WISH})
    (run,) = life.ended(1)
    assert run["status"] in ("done", "done with warnings"), run
    keys = [item["Key"] for item in life.s3.list_objects_v2(Bucket=outbox)["Contents"]]
    made = {
        key.rpartition("/")[2] for key in keys if f"/{run['run_id']}/" in key and not key.startswith(("work/", "."))
    }
    assert made >= OUTPUTS
    assert life.told() == [f"{KEY.rpartition('/')[2].removesuffix('.mp4')}/{run['run_id']}/run.json"]


def test_the_door_makes_what_is_asked_in_words_and_refuses_who_does_not_sign(life: Life) -> None:
    assert life.ask("GET", "/runs", signed=False)[0] == 403
    (run,) = life.ended(1)
    status, told = life.ask("POST", "/chat", {"message": "swap 1 and 2", "thread": run["run_id"]})
    assert status == 202, told
    changed = next(one for one in life.ended(2) if one["run_id"] == told["run_id"])
    assert changed["status"] in ("done", "done with warnings"), life.ask("GET", f"/runs/{told['run_id']}")
    assert changed["version"] == 2


def test_a_changed_parameter_reaches_the_version_that_events_call(life: Life) -> None:
    well(life.deploy(life.made(), DollarsPerDay="50"))
    assert life.status() == "UPDATE_COMPLETE"
    assert life.environment()["HOOKLINE_DOLLARS_PER_DAY"] == "50"


def test_a_page_that_is_asked_for_is_for_those_who_log_in_and_the_door_stays_as_it_was(life: Life) -> None:
    well(life.deploy(life.made(), DollarsPerDay="50", PageLogin="cognito"))
    people = life.api("cognito-idp")
    pool = life.output("PagePeople")
    assert {one["GroupName"] for one in people.list_groups(UserPoolId=pool)["Groups"]} == {"viewer", "editor"}
    (client,) = people.list_user_pool_clients(UserPoolId=pool, MaxResults=9)["UserPoolClients"]
    told = people.describe_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"])["UserPoolClient"]
    assert told["CallbackURLs"] == [f"{life.output('PageAt')}login/back"]
    status, answer = life.ask("GET", "/runs", signed=False, door="PageAt")
    assert (status, json.loads(answer)["code"]) == (401, "login")
    (rule,) = life.s3.get_bucket_cors(Bucket=life.output("UploadTo").removeprefix("s3://").partition("/")[0])[
        "CORSRules"
    ]
    assert rule["AllowedOrigins"] == [life.output("PageAt").rstrip("/")]
    assert life.ask("GET", "/runs", signed=False)[0] == 403
    assert life.ask("GET", "/runs")[0] == 200


def test_an_update_that_is_rolled_back_over_its_migration_leaves_a_stack_that_works(life: Life) -> None:
    broken = makeable(life.variables, later(life.folder / "later"))
    broken["Resources"]["MigrateNow"]["Properties"]["Schema"] = NEXT
    nobody = f"arn:aws:lambda:{REGION}:000000000000:function:nobody"
    broken["Resources"]["Broken"] = {
        "Type": "Custom::Broken",
        "DependsOn": "MigrateNow",
        "Properties": {"ServiceToken": nobody},
    }
    assert life.deploy(broken).returncode != 0
    assert life.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert life.tables() == NEXT
    assert life.environment()["HOOKLINE_DOLLARS_PER_DAY"] == "50"
    assert life.ask("GET", "/runs")[0] == 200


def test_a_deleted_stack_leaves_its_buckets_and_what_is_in_them(life: Life) -> None:
    outbox = life.output("FindResultsIn").removeprefix("s3://").strip("/")
    well(life.delete())
    assert len(life.buckets()) == 2
    assert life.s3.list_objects_v2(Bucket=outbox)["KeyCount"]


def later(checkout: Path) -> Path:
    """A version of this checkout that brings one more migration."""
    tested = shutil.ignore_patterns(
        ".*", "tests", "docs", "benchmarks", "evals", "examples", "__pycache__", "outbox", "node_modules"
    )
    shutil.copytree(ROOT, checkout, ignore=tested)
    module = checkout / Path(database.__file__).relative_to(ROOT)
    module.write_text(module.read_text().replace(f'HEAD = "{database.HEAD}"', f'HEAD = "{NEXT}"'))
    (module.parent / "migrations" / "versions" / f"{NEXT}_later.py").write_text(MIGRATION)
    return checkout
