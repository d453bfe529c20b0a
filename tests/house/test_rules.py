"""Which room may know of which: read from the source, so that a rule can't be broken by an import that no test reaches."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT

ROOMS = ("agent", "tools", "prompts", "web", "evals")
DOORS = ("lambda_handler.py",)
AWS = ("boto3", "botocore", "s3transfer", "aiobotocore")
MODELS = ("faster_whisper", "ctranslate2", "onnxruntime", "rapidocr", "tokenizers")
PROCESSES = (
    "subprocess",
    "multiprocessing",
    "pty",
    "concurrent.futures.process",
    "concurrent.futures.ProcessPoolExecutor",
)
STARTS = ("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile")
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "manager", "service", "base", "common", "core", "misc"}

RULES: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = [
    # who, in words          where it holds   what it may not import                            except in
    ("tools know no agent", "tools/", ("agent", "web", "evals", "examples", "lambda_handler"), ()),
    ("prompts are a leaf", "prompts/", ("agent", "tools", "web", "evals", "examples", "lambda_handler"), ()),
    ("the agent knows no evals", "agent/", ("evals", "lambda_handler"), ("doors/command/main.py",)),
    ("the web knows no evals", "web/", ("evals", "lambda_handler"), ()),
    (
        "only tools/aws, the model and the doors ask AWS",
        "",
        AWS,
        ("tools/aws/", "agent/deciding/bedrock.py", "agent/wiring.py", "lambda_handler.py"),
    ),
    ("only tools/media/process.py starts a process", "", PROCESSES, ("tools/media/process.py",)),
    ("only tools/local runs a model", "", MODELS, ("tools/local/",)),
    ("nothing that ships imports the tests", "", ("tests", "pytest", "moto"), ()),
]


def sources() -> list[str]:
    """Every Python file that ships, relative to the root."""
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")] + [
        ROOT / door for door in DOORS if (ROOT / door).exists()
    ]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that is imported anywhere in a file, and names imported from it, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from (
                (word.value, node.lineno)
                for word in node.args[:1]
                if isinstance(word, ast.Constant) and isinstance(word.value, str)
            )


def broken(path: str, text: str) -> list[str]:
    """The rules that a file breaks, with the line."""
    tree = ast.parse(text)
    faults = []
    for rule, where, forbidden, exceptions in RULES:
        if path.startswith(where) and not (exceptions and path.startswith(exceptions)):
            faults += [
                f"{path}:{line}: {rule}, but {name} is imported"
                for name, line in imported(tree)
                if _within(name, forbidden)
            ]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        started = (
            isinstance(node.value, ast.Name)
            and node.value.id == "os"
            and (node.attr in STARTS or node.attr.startswith(("exec", "spawn")))
        )
        if started or node.attr in ("create_subprocess_exec", "create_subprocess_shell"):
            faults.append(f"{path}:{node.lineno}: no file starts a process by {node.attr}")
        if node.attr.startswith("FaceDetectorYN") and not path.startswith("tools/local/"):
            faults.append(f"{path}:{node.lineno}: only tools/local runs a model, but {node.attr} is used")
    return faults


def _within(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


@pytest.mark.parametrize("path", sources())
def test_each_file_keeps_the_rules(path: str) -> None:
    assert broken(path, (ROOT / path).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tools/cut.py", "from agent.record.records import Records"),
        ("tools/cut.py", "def f():\n    import report.page"),
        ("tools/cut.py", "import importlib\nimportlib.import_module('agent.loop')"),
        ("prompts/__init__.py", "from tools.text import clean"),
        ("agent/loop.py", "import evals"),
        ("agent/loop.py", "import boto3"),
        ("tools/local/folder.py", "from botocore.exceptions import ClientError"),
        ("doors/laptop.py", "import subprocess"),
        ("tools/aws/s3.py", "from subprocess import run"),
        ("doors/page/app.py", "from concurrent.futures import ProcessPoolExecutor"),
        ("tools/rendering/promo.py", "import os\nos.system('ls')"),
        ("doors/laptop.py", "import os\nos.execvp('ls', [])"),
        ("doors/page/app.py", "import asyncio\nasyncio.create_subprocess_exec('ls')"),
        ("tools/look.py", "from faster_whisper import WhisperModel"),
        ("tools/look.py", "import cv2\ncv2.FaceDetectorYN.create('x')"),
        ("agent/loop.py", "from tests.fakes import x"),
    ],
)
def test_a_file_that_breaks_a_rule_is_found(path: str, text: str) -> None:
    assert broken(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("doors/command/main.py", "import evals.run"),
        ("tools/aws/clients.py", "import boto3"),
        ("tools/media/process.py", "import subprocess"),
        ("tools/local/vision.py", "import cv2\ncv2.FaceDetectorYN.create('x')"),
        ("doors/page/app.py", "from agent.loop import run"),
        ("tools/cut.py", "from tools.schema import Clip"),
        ("agent/agents.py", "import agentic, toolsmith"),
    ],
)
def test_a_file_that_keeps_them_is_not(path: str, text: str) -> None:
    assert broken(path, text) == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in sources() if set(Path(path).with_suffix("").parts) & EMPTY_WORDS] == []


def loaded(code: str, *names: str) -> list[str]:
    """Which of ``names`` a fresh process has loaded after ``code``."""
    told = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint('loaded', *[name for name in {names!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


def test_asking_for_help_loads_nothing_heavy() -> None:
    assert (
        loaded(
            "import doors.command.main; doors.command.main.main(['--help'], standalone_mode=False)",
            "boto3",
            "botocore",
            "langchain",
            "langchain_core",
            "cv2",
            "numpy",
            "sqlalchemy",
        )
        == []
    )


def test_the_laptops_engines_leave_aws_unloaded() -> None:
    assert (
        loaded(
            "from agent.settings import load; from agent.wiring import *; s = load(environ={}); engines(s); model(s)",
            "boto3",
            "botocore",
        )
        == []
    )


def test_the_first_event_on_aws_is_judged_before_agent_eyes_and_ears_are_imported() -> None:
    from benchmarks.start import WIRED

    # langchain's agents bring langgraph; cv2 and av are tens of megabytes; the tools bring all of these.
    heavy = (
        "langchain.agents",
        "langgraph",
        "numpy",
        "cv2",
        "av",
        "opentimelineio",
        "report.page",
        "tools.cut",
        "tools.look",
        "faster_whisper",
    )
    code = f"exec({WIRED!r})"
    assert loaded(code, "langchain_aws", "tools.aws.s3", *heavy) == ["langchain_aws", "tools.aws.s3"]
