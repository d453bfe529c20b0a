"""The same stack by the Serverless Framework: its one source is the template, and all that it adds is the image."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.ministack import template
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
    """The framework over what it reads of this checkout, with no account: of the environment it has what npm needs."""
    npx = shutil.which("npx")
    if not npx:
        pytest.skip("node 20 is not installed here; the Serverless Framework is written for it")
    (tool,) = re.findall(r"^SERVERLESS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shutil.copy(ROOT / "serverless.yml", folder)
    shutil.copytree(ROOT / "sam", folder / "sam")
    kept = re.compile(r"(PATH|HOME|NODE_.*|npm_.*|SSL_.*|https?_proxy|no_proxy)$", re.IGNORECASE)
    environ |= {name: value for name, value in os.environ.items() if kept.match(name)}
    command = [npx, "--yes", tool, "package"]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300)


@pytest.mark.ministack
def test_what_is_packaged_without_an_account_is_the_template_but_for_the_image(tmp_path: Path) -> None:
    done = package(tmp_path, HOOKLINE_IMAGE=IMAGE)
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads((tmp_path / ".serverless" / "cloudformation-template-update-stack.json").read_text())
    for section in ("Resources", "Outputs"):
        made[section] = {name: one for name, one in made[section].items() if name not in OWN}
    given = [made["Resources"][name]["Properties"].pop("ImageUri") for name in images(made["Resources"])]
    assert given == [IMAGE] * 3
    whole = template()
    assert made.pop("Transform") == [whole.pop("Transform")]
    assert made == whole


@pytest.mark.ministack
def test_a_missing_image_is_named(tmp_path: Path) -> None:
    done = package(tmp_path)
    assert done.returncode != 0
    assert "Edit.Properties.ImageUri" in done.stdout + done.stderr
