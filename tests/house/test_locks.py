"""The locks: one a purpose, by hash, of one mind; and an install that a missing carrier does not stop."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests import ROOT

FOLDER = ROOT / "requirements"
LAYERS = ("build", "core", "local", "demo", "aws", "base", "sign", "train", "dev", "senses")
USER = ("build", "core", "local", "demo")
"""What `make demo` installs."""


def locked(layer: str) -> dict[str, str]:
    text = (FOLDER / f"{layer}.lock").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("layer", LAYERS)
def test_every_package_of_a_lock_has_its_hashes(layer: str) -> None:
    entries = re.split(r"^(?=[a-z0-9])", (FOLDER / f"{layer}.lock").read_text(), flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked(layer))
    assert not [entry for entry in entries if "--hash=sha256:" not in entry]


def test_no_two_locks_name_two_versions_of_a_package() -> None:
    seen: dict[str, str] = {}
    for layer in LAYERS:
        for name, version in locked(layer).items():
            assert seen.setdefault(name, version) == version, (layer, name)


def test_what_is_asked_for_is_locked_in_its_layer_or_below() -> None:
    below = {
        "demo": USER,
        "local": ("core", "local"),
        "base": ("base",),
        "aws": ("core", "aws"),
        "sign": ("core", "local", "sign"),
        "train": ("core", "local", "train"),
    }
    for layer in LAYERS[:-1]:
        there = {name for each in below.get(layer, LAYERS) for name in locked(each)}
        wanted = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", (FOLDER / f"{layer}.in").read_text(), re.MULTILINE)
        assert wanted
        assert {re.sub(r"[-_.]+", "-", name).lower() for name in wanted} <= there, layer


def test_a_user_is_given_no_tool_of_tests_no_aws_and_nothing_under_the_gpl() -> None:
    given = {name for layer in USER for name in locked(layer)}
    assert not given & {
        "pytest",
        "mypy",
        "ruff",
        "boto3",
        "botocore",
        "scipy",
        "playwright",
        "espeakng-loader",
        "scikit-image",
    }
    assert not given & {"zstandard", "hf-xet"}


def test_every_carrier_is_locked_and_says_what_goes_without_it() -> None:
    told = dict(re.findall(r"^([a-z0-9-]+): (.+)$", (FOLDER / "carriers.txt").read_text(), re.MULTILINE))
    assert set(told) <= {name for layer in LAYERS for name in locked(layer)}
    assert all(len(each) > 10 for each in told.values())


@pytest.mark.parametrize(
    ("file", "layers"), [("Dockerfile", ["core", "aws"]), ("model.Dockerfile", ["core", "local", "base", "train"])]
)
def test_an_image_is_filled_by_hash_from_its_layers_alone(file: str, layers: list[str]) -> None:
    text = (ROOT / "sam" / file).read_text()
    assert re.findall(r"-r requirements/(\w+)\.lock", text) == layers
    assert "--require-hashes --no-deps" in text


# --- an install ---------------------------------------------------------------------------------------------------------


def wheel(folder: Path, name: str) -> str:
    """A wheel with nothing in it; its line of a lock."""
    module = name.replace("-", "_")
    path = folder / f"{module}-1.0-py3-none-any.whl"
    info = f"{module}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{module}.py", "")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose layers are three empty packages: one that is needed, and two carriers."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "install", tmp_path / ".ci")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "wheels").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    for layer, name in (("build", "needed"), ("core", "carrier-of-one"), ("local", "carrier-of-two")):
        (tmp_path / "requirements" / f"{layer}.lock").write_text(wheel(tmp_path / "wheels", name))
    (tmp_path / "requirements" / "carriers.txt").write_text(
        "# carriers\ncarrier-of-one: no ones\ncarrier-of-two: no twos\n"
    )
    return tmp_path


def install(project: Path) -> subprocess.CompletedProcess[str]:
    script = (
        (project / ".ci" / "install").read_text().replace('own="--no-deps --no-build-isolation --editable ."', "own=")
    )
    (project / ".ci" / "install").write_text(script)  # there is no project to install
    there = {
        "PATH": f"{Path(shutil.which('uv') or ROOT / '.venv' / 'bin' / 'uv').parent}{os.pathsep}{os.environ['PATH']}"
    }
    offline = {
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(project / "wheels"),
        "UV_NO_CONFIG": "1",
        "UV_NO_CACHE": "1",
    }
    return subprocess.run(
        ["sh", ".ci/install", "venv", "core", "local"],
        cwd=project,
        env=there | offline,
        capture_output=True,
        text=True,
        timeout=120,
    )


def there(project: Path) -> set[str]:
    return {path.name.split("-")[0] for path in (project / "venv").glob("lib/python*/site-packages/*.dist-info")} - {
        "pip",
        "setuptools",
        "uv",
    }


def test_all_of_the_layers_are_installed(project: Path) -> None:
    done = install(project)
    assert done.returncode == 0, done.stderr
    assert there(project) == {"needed", "carrier_of_one", "carrier_of_two"}
    assert "left out" not in done.stdout


def test_a_carrier_that_is_gone_costs_its_feature_and_not_the_install(project: Path) -> None:
    (project / "wheels" / "carrier_of_two-1.0-py3-none-any.whl").unlink()
    done = install(project)
    assert done.returncode == 0, done.stderr
    assert there(project) == {"needed", "carrier_of_one"}
    assert "left out carrier-of-two, which can't be had: no twos" in done.stdout
    assert "carrier-of-one" not in done.stdout


def test_a_carrier_of_other_bytes_than_its_hash_is_left_out(project: Path) -> None:
    with zipfile.ZipFile(project / "wheels" / "carrier_of_one-1.0-py3-none-any.whl", "a") as file:
        file.writestr("more.py", "")
    done = install(project)
    assert done.returncode == 0, done.stderr
    assert there(project) == {"needed", "carrier_of_two"}


def test_what_is_no_carrier_must_be_there(project: Path) -> None:
    (project / "wheels" / "needed-1.0-py3-none-any.whl").unlink()
    done = install(project)
    assert done.returncode != 0
    assert "needed" in done.stderr
