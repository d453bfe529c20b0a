"""The image: what its Dockerfile copies is all that the handlers need; and a built one answers behind Lambda's runtime interface (``--image``)."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from agent.record.records import Records
from tests import ROOT
from tests.fakes.functions import Function
from tests.stage import OUTPUTS, answer, footage, notification, outbox, staged

pytestmark = pytest.mark.aws

DOCKERFILE = (ROOT / "sam" / "Dockerfile").read_text()
EVENTS = ROOT / "sam" / "events"
COPIED = [name for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]
WHOLE = """
import importlib, json, os, pathlib, pkgutil, sys
here = os.getcwd()
import lambda_handler
from agent.settings import WIRING
from doors.upload.door import Desk
for name in ("agent", "tools", "prompts", "report", "doors"):
    package = importlib.import_module(name)
    # Engines of a laptop import models that the image does not carry.
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        if not module.name.startswith(("tools.local", "agent.record.migrations")):
            importlib.import_module(module.name)
import prompts
for page in pathlib.Path("prompts").glob("*.md"):
    assert prompts.load(page.stem).digest
from doors.page.app import build
assert lambda_handler.migrate({}, None)["Status"] == "SUCCESS"
ours = ("agent", "tools", "prompts", "report", "doors", "lambda_handler", "evals", "examples", "benchmarks", "tests")
found = {name: module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] in ours and module.__file__}
print(json.dumps([name for name, file in found.items() if not file.startswith(here)]))
"""


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    """/var/task as the Dockerfile's COPY lines make it of what .dockerignore lets through."""
    into = tmp_path_factory.mktemp("task")
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert ignored[0] == "*"
    for name in COPIED:
        assert f"!{name}" in ignored, f"{name} is copied, and .dockerignore holds it back"
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, into / name)
    return into


def test_what_the_dockerfile_copies_is_all_that_the_handlers_need(task, tmp_path):
    environ = {
        "PATH": os.environ["PATH"],
        "HOOKLINE_DATABASE": f"sqlite:///{tmp_path / 'r.sqlite3'}",
        "HOOKLINE_HOME": str(tmp_path),
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", WHOLE], cwd=task, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [], "found beside what is copied, not within"


def test_all_that_is_copied_is_compiled_and_may_be_read_by_whoever_lambda_runs_it_as():
    (compiled,) = re.findall(r"-m compileall -q ([^&]+) &&", DOCKERFILE)
    code = {name for name in COPIED if name.endswith(".py") or list((ROOT / name).rglob("*.py"))}
    assert set(compiled.split()) == code
    assert "UV_COMPILE_BYTECODE=1" in DOCKERFILE, "and so are the packages"
    assert "chmod -R a+rX /var/task" in DOCKERFILE


def test_the_builder_is_sent_neither_packages_nor_videos():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    assert not any(fnmatch.fnmatch(name, each) for each in allowed for name in (".venv", ".git", "outbox", "tests"))


# --- a built image ------------------------------------------------------------------------------------------------------


@pytest.fixture
def inside(request):
    return shlex.split(request.config.getoption("image"))


@pytest.fixture
def place(mariadb):
    return {
        "HOOKLINE_BACKEND": "aws",
        "HOOKLINE_DATABASE": mariadb.create(),
        "HOOKLINE_INBOX_BUCKET": "hookline-inbox",
        "HOOKLINE_INBOX_PREFIX": "uploads/",
        "HOOKLINE_OUTBOX_BUCKET": "hookline-outbox",
        "HOOKLINE_EDIT_FUNCTION": "hookline-edit:live",
    }


@pytest.mark.image
def test_in_the_image_migrate_makes_the_tables_and_chat_answers_from_them(inside, place, tmp_path, brief):
    with Function("lambda_handler.migrate", place, tmp_path / "log", inside=inside) as migrate:
        failed, answer = migrate.invoke(b"{}")
    assert (failed, json.loads(answer)["Status"]) == (False, "SUCCESS"), (tmp_path / "log").read_text()[-3000:]
    records = Records(place["HOOKLINE_DATABASE"])
    assert records.claim(brief).fresh
    records.close()
    with Function("lambda_handler.chat", place, tmp_path / "log", inside=inside) as chat:
        failed, answer = chat.invoke((EVENTS / "chat.json").read_bytes())
    told = json.loads(answer)
    assert (failed, told["statusCode"]) == (False, 200), (told, (tmp_path / "log").read_text()[-3000:])
    assert json.loads(told["body"])["runs"] is not None


@pytest.mark.image
@pytest.mark.slow
def test_in_the_image_an_upload_fills_the_outbox_and_what_is_none_gets_a_verdict(inside, mariadb, tmp_path, capsys):
    # With captions, so that libass and the fonts of the image are used.
    wish = "make a square 10s promo for LinkedIn about sharing"
    with staged(footage(tmp_path), mariadb.create(), tmp_path, inside, wish) as stage:
        for name, verdict in (("foreign", ("refused", "bucket")), ("folder", ("ignored", "folder"))):
            one, _ = answer(stage, json.loads((EVENTS / f"{name}.json").read_text()))
            assert (one["status"], one["code"]) == verdict
        one, _ = answer(stage, notification(stage))
        assert one["status"] in ("done", "done with warnings"), json.dumps(one)
        assert set(outbox(stage)) >= OUTPUTS
        assert not stage.bedrock.refused
        assert not stage.function.deaths
        (promo,) = [
            each for each in stage.records.run(one["run"])["outcome"]["artifacts"] if each["name"].endswith(".mp4")
        ]
        stage.s3.download_file("hookline-outbox", key(stage, "promo_1x1.mp4"), str(tmp_path / "promo_1x1.mp4"))
        stage.s3.download_file("hookline-outbox", key(stage, "cover_1x1.jpg"), str(tmp_path / "cover_1x1.jpg"))
        with capsys.disabled():
            print(f"\n{one}\n{promo}\n{', '.join(sorted(outbox(stage)))}\nleft in {tmp_path}")


def key(stage, name):
    listed = stage.s3.list_objects_v2(Bucket="hookline-outbox")["Contents"]
    (found,) = [each["Key"] for each in listed if each["Key"].endswith(f"/{name}") and "work/" not in each["Key"]]
    return found
