"""The wheel: all that a run reads lies in it, its version is the project's, and what it needs is what the locks hold."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests import ROOT

PACKAGES = ("agent", "tools", "prompts", "doors", "report", "evals", "examples")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built of a copy, so that nothing is written into the checkout."""
    copy = tmp_path_factory.mktemp("project")
    for name in (*PACKAGES, "requirements"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "lambda_handler.py"):
        shutil.copy(ROOT / name, copy)
    build = "import setuptools.build_meta as b; print(b.build_wheel('.'))"
    done = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return zipfile.ZipFile(copy / done.stdout.split()[-1])


def test_all_that_lies_in_a_package_lies_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    there = set(wheel.namelist())
    ours = {
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert sorted(ours - there) == []


def test_the_wheel_has_the_version_and_the_needs_of_the_project(wheel: zipfile.ZipFile) -> None:
    (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    told = wheel.read(metadata).decode().partition("\n\n")[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Version: {project['version']}" in told.splitlines()
    needs = {
        re.match(r"[A-Za-z0-9._-]+", each)[0]
        for each in re.findall(r"^Requires-Dist: ([^\n]+)$", told, re.MULTILINE)
        if "extra ==" not in each
    }
    wanted = {
        re.match(r"[A-Za-z0-9._-]+", line)[0]
        for layer in ("core", "local")
        for line in (ROOT / "requirements" / f"{layer}.in").read_text().splitlines()
        if line and line[0] != "#"
    }
    assert needs == wanted, "whoever names the wheel alone is given what hears, sees and renders, and no engine of AWS"
    assert set(re.findall(r"^Provides-Extra: (.+)$", told, re.MULTILINE)) == {
        *("local", "local-base", "aws", "sign", "train"),
    }


def test_what_came_along_of_others_says_under_which_licence(wheel: zipfile.ZipFile) -> None:
    for data, licence, word in (
        ("tools/local/data/face_detection_yunet_2023mar.onnx", "tools/local/data/yunet.txt", "MIT"),
        ("tools/finding/weights/tokenizer.json", "tools/finding/weights/tokenizer.md", "Apache License 2.0"),
        ("examples/portrait.webp", "examples/README.md", "public domain"),
    ):
        assert data in wheel.namelist()
        assert word in wheel.read(licence).decode(), Path(licence)
