"""The same stack by the Serverless Framework: its one source is the template, and all that it adds is the image."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import MariaDB
from tests.house.ministack import KEYS, served, template
from tests.house.test_deploy import Life
from tests.stage import ROOT

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/hookline@sha256:" + "0" * 64
OWN = {"ServerlessDeploymentBucket", "ServerlessDeploymentBucketPolicy", "ServerlessDeploymentBucketName"}
"""Where the framework keeps what it uploads."""


def images(resources: dict[str, Any]) -> set[str]:
    return {name for name, one in resources.items() if one.get("Properties", {}).get("PackageType") == "Image"}


def test_what_is_added_to_the_template_is_the_image_of_exactly_its_image_functions() -> None:
    source, added = yaml.safe_load((ROOT / "serverless.yml").read_text())["resources"]
    assert source == "${file(sam/template.yaml)}"
    named = {name: {"Properties": {"ImageUri": "${env:HOOKLINE_IMAGE}"}} for name in images(template()["Resources"])}
    assert added == {"Resources": named}


def package(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The framework packages what it reads of this checkout, with no account."""
    shutil.copy(ROOT / "serverless.yml", folder)
    shutil.copytree(ROOT / "sam", folder / "sam")
    return framework(folder, "package", **environ)


def framework(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command of the framework in ``folder``, on this machine's Node or on the one that `make serverless` takes out of a package."""
    (tool,) = re.findall(r"^SERVERLESS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    (node,) = re.findall(r"^NODE := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    npx = [path] if (path := shutil.which("npx")) else [uvx(), "--quiet", "--from", node, "npx"]
    command = [*npx, "--yes", tool, *arguments]
    return subprocess.run(command, cwd=folder, env=environ | environment(), capture_output=True, text=True, timeout=600)


def uvx() -> str:
    return str(Path(sys.executable).parent / "uvx")


def environment() -> dict[str, str]:
    """Of this process's, what npm and uv need."""
    kept = re.compile(r"(PATH|HOME|NODE_.*|npm_.*|UV_.*|SSL_.*|https?_proxy|no_proxy)$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if kept.match(name)}


@pytest.mark.ministack
def test_with_nothing_set_it_is_packaged_to_look_at_and_not_deployed(tmp_path: Path) -> None:
    for name in ("sam", "requirements", ".ci"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("Makefile", "pyproject.toml", "serverless.yml"):
        shutil.copy2(ROOT / name, tmp_path)
    make = ["make", "serverless", f"VENV={Path(sys.executable).parent.parent}"]
    asked = {"cwd": tmp_path, "env": environment(), "capture_output": True, "text": True, "timeout": 600}
    done = subprocess.run(make, **asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "an image that does not exist" in done.stdout
    assert (tmp_path / ".serverless" / "cloudformation-template-update-stack.json").exists()
    refused = subprocess.run([*make, "ARGS=deploy"], **asked)
    assert refused.returncode == 2
    assert "HOOKLINE_IMAGE names the pushed image" in refused.stderr


@pytest.mark.ministack
def test_what_is_packaged_without_an_account_is_the_template_but_for_the_image(tmp_path: Path) -> None:
    done = package(tmp_path, HOOKLINE_IMAGE=IMAGE)
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads((tmp_path / ".serverless" / "cloudformation-template-update-stack.json").read_text())
    for section in ("Resources", "Outputs"):
        made[section] = {name: one for name, one in made[section].items() if name not in OWN}
    given = [made["Resources"][name]["Properties"].pop("ImageUri") for name in images(made["Resources"])]
    assert given == [IMAGE] * len(images(template()["Resources"]))
    whole = template()
    assert made.pop("Transform") == [whole.pop("Transform")]
    assert made == whole


@pytest.mark.ministack
def test_a_missing_image_is_named(tmp_path: Path) -> None:
    done = package(tmp_path)
    assert done.returncode != 0
    assert "Edit.Properties.ImageUri" in done.stdout + done.stderr


@pytest.mark.aws
@pytest.mark.ministack
def test_what_was_packaged_is_deployed_updated_and_removed(
    tmp_path: Path, request: pytest.FixtureRequest, mariadb: MariaDB
) -> None:
    """Over MiniStack, with the stand-ins of ``tests.house.ministack`` for what that lacks, and the framework's bucket without TLS."""
    assert package(tmp_path, HOOKLINE_IMAGE=IMAGE).returncode == 0
    home = tmp_path / "account"
    home.mkdir()
    with served(Path(request.config.getoption("ministack")), home) as address:
        life = Life(address, home, mariadb)
        life.variables = {"HOOKLINE_HOME": str(home / "sandbox"), "AWS_ENDPOINT_URL_SECRETS_MANAGER": address}
        made = shutil.copytree(tmp_path / ".serverless", tmp_path / "packaged")
        for path in made.glob("cloudformation-template-*.json"):
            path.write_text(json.dumps(plainly(json.loads(path.read_text()), life.made())))
        state = json.loads((made / "serverless-state.json").read_text())
        provider = state["service"]["provider"]
        provider["compiledCloudFormationTemplate"] = plainly(provider["compiledCloudFormationTemplate"], life.made())

        def carry_out(*arguments: str, **changed: str) -> str:
            given = (life.parameters | changed).items()
            told = [{"ParameterKey": name, "ParameterValue": value} for name, value in given]
            (tmp_path / "parameters.json").write_text(json.dumps(told))
            provider["stackParameters"] = told  # a package holds those that it was made with
            (made / "serverless-state.json").write_text(json.dumps(state))
            done = framework(tmp_path, *arguments, **KEYS, AWS_ENDPOINT_URL=address, HOOKLINE_IMAGE=IMAGE)
            assert done.returncode == 0, done.stdout + done.stderr
            return life.status() if arguments[0] == "deploy" else ""

        deploy = ("deploy", "--package", str(made), "--force")
        assert carry_out(*deploy) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        assert life.environment()["HOOKLINE_DOLLARS_PER_DAY"] == "20"
        assert carry_out(*deploy, DollarsPerDay="50") == "UPDATE_COMPLETE"
        assert life.environment()["HOOKLINE_DOLLARS_PER_DAY"] == "50"
        carry_out("remove")
        stacks = life.cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])
        assert "hookline" not in [each["StackName"] for each in stacks["StackSummaries"]]
        assert len(life.buckets()) == 2, "what was kept is kept"


def plainly(packaged: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """What the framework packaged, with what MiniStack can't make as it can."""
    own = {name: one for name, one in packaged["Resources"].items() if name in OWN}
    own.pop("ServerlessDeploymentBucketPolicy", None)  # says that TLS is wanted, and nothing else
    if "Edit" not in packaged["Resources"]:
        return packaged | {"Resources": own}
    outputs = {name: one for name, one in packaged["Outputs"].items() if name in OWN}
    return made | {"Resources": made["Resources"] | own, "Outputs": made["Outputs"] | outputs}
