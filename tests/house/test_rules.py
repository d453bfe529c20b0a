"""Which room may know of which: read from the source, so that a rule can't be broken by an import that no test reaches.

An import inside a function or for types alone is an arrow like any other.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import ROOT
from tests.conftest import SLOWEST

HOUSES = ("agent", "tools", "prompts", "doors", "report", "evals", "benchmarks", "examples")
SHIPPED = ("agent", "tools", "prompts", "doors", "report", "evals", "lambda_handler")
TOOLS = tuple(
    f"tools.{name}" for name in ("transcribe", "look", "find", "propose", "cut", "write", "cover", "assemble")
)
"""The tools: each one file, and none knows another."""
LEAVES = "tools.schema tools.ids tools.text tools.troubles tools.prices"
STORES = f"{LEAVES} tools.files tools.workspace tools.ports"
MEDIA = f"{STORES} tools.words tools.media"
ROOMS_OF_TOOLS = f"{MEDIA} tools.brand tools.posts tools.finding tools.picture tools.rendering tools.cutting tools.covers tools.memory tools.provenance"
RUNNING = "agent.studio agent.loop agent.outcome agent.settings agent.wiring agent.steps agent.record agent.reading agent.revising agent.deciding"
AGENT = f"{RUNNING} agent.brief agent.budget agent.price agent.quote agent.answers agent.clips agent.sweep agent.notices agent.tongues agent.signing"

MAY_KNOW: dict[str, str] = {
    # a room            the rooms that it may import; tools/* stands for every room of tools, but for the tools
    "prompts": "",
    "tools.schema": "",
    "tools.ids": "",
    "tools.text": "",
    "tools.troubles": "",
    "tools.prices": "",
    "tools.files": LEAVES,
    "tools.workspace": f"{LEAVES} tools.files",
    "tools.brand": f"{LEAVES} tools.files tools.workspace",
    "tools.ports": f"{LEAVES} tools.workspace",
    "tools.memory": STORES,
    "tools.words": STORES,
    "tools.media": f"{STORES} tools.words",
    "tools.posts": MEDIA,
    "tools.finding": f"{MEDIA} tools.posts",
    "tools.rendering": f"{MEDIA} tools.brand",
    "tools.picture": f"{MEDIA} tools.rendering tools.brand",
    "tools.cutting": f"{MEDIA} tools.finding",
    "tools.provenance": STORES,
    "tools.covers": f"{MEDIA} tools.picture tools.rendering tools.finding tools.brand",
    "tools.local": ROOMS_OF_TOOLS,
    "tools.aws": f"{ROOMS_OF_TOOLS} prompts",
    **dict.fromkeys(TOOLS, ROOMS_OF_TOOLS),
    "tools": " ".join(TOOLS),
    "agent.record": "tools/* agent.budget",
    "agent.budget": "tools/*",
    "agent.price": "tools/*",
    "agent.notices": "tools/*",
    "agent.tongues": "tools/*",
    "agent.signing": "tools/* agent.studio",
    "agent.steps": "tools/* agent.record",
    "agent.studio": "tools/* agent.notices agent.record agent.steps agent.budget agent.deciding",
    "agent.outcome": "tools/* agent.studio agent.budget agent.signing",
    "agent.deciding": "tools/* agent.record agent.budget tools.aws tools.look",
    "agent.reading": "tools/* agent.studio agent.deciding prompts",
    "agent.brief": "tools/* agent.reading",
    "agent.loop": "tools/* agent.studio agent.outcome agent.steps agent.record agent.budget agent.price agent.tongues agent.signing agent.deciding prompts tools tools.find",
    "agent.revising": f"tools/* {' '.join(TOOLS)} agent.loop agent.studio agent.steps agent.record agent.reading agent.brief agent.deciding",
    "agent.quote": "tools/* agent.studio agent.price agent.reading agent.revising",
    "agent.answers": "tools/* agent.record agent.reading agent.revising",
    "agent.clips": "tools/* agent.brief agent.outcome agent.record",
    "agent.sweep": "tools/* agent.record agent.outcome agent.studio agent.steps",
    "agent.settings": "tools/* agent.deciding agent.notices",
    "agent.wiring": "tools/* agent.settings agent.deciding agent.record",
    "agent": "agent.loop agent.studio tools/*",
    "report": "tools/* agent.answers agent.record",
    "doors.offers": "",
    "doors.studio": f"tools/* {AGENT} report",
    "doors.laptop": f"tools/* {AGENT} doors.studio",
    "doors.reels": "tools/* agent.sweep doors.studio doors.laptop",
    "doors.command": f"tools/* {AGENT} doors.studio doors.laptop doors.reels doors.page doors.mcp tools.aws evals",
    "doors.mcp": f"tools/* {AGENT} doors.studio doors.laptop doors.page",
    "doors.page": f"tools/* {AGENT} doors.studio doors.laptop report tools.aws",
    "doors.upload": f"tools/* {AGENT} doors.studio doors.laptop tools.aws",
    "lambda_handler": f"tools/* {AGENT} doors.studio doors.upload doors.page",
    "evals": f"tools/* {AGENT} {' '.join(TOOLS)} doors.studio doors.laptop report prompts tools.local tools.aws examples",
    "benchmarks": f"tools/* {AGENT} {' '.join(TOOLS)} doors.studio doors.laptop doors.upload tools tools.local tools.aws evals examples",
    "examples": "tools/*",
}

AWS = ("boto3", "botocore", "s3transfer", "aiobotocore")
MODELS = ("faster_whisper", "ctranslate2", "onnxruntime", "rapidocr", "tokenizers")
PROCESSES = (
    "subprocess",
    "multiprocessing",
    "pty",
    "concurrent.futures.process",
    "concurrent.futures.ProcessPoolExecutor",
)
OUTSIDE: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    # who, in words                        what ships may not import it   except in
    ("only tools/aws, the model and the doors ask AWS", AWS, ("tools.aws", "agent.deciding.bedrock", "agent.wiring", "doors.command.account", "lambda_handler")),
    ("only tools/media/process.py starts a process", PROCESSES, ("tools.media.process",)),
    ("only tools/local and the finder run a model", MODELS, ("tools.local", "tools.finding", "evals.training")),
    ("nothing that ships imports the tests", ("tests", "pytest", "moto"), ()),
]  # fmt: skip

STARTS = ("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile")
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "manager", "service", "base", "common", "core", "misc"}
HEAVY = {
    "PIL", "alembic", "av", "aws_durable_execution_sdk_python", "aws_lambda_powertools", "boto3", "botocore", "cv2", "faster_whisper", "ffmpeg",
    "fontTools", "genai_prices", "jinja2", "langchain", "langchain_aws", "langchain_core", "langgraph", "mangum", "mcp", "numpy", "onnxruntime",
    "opentimelineio", "pocketsphinx", "pydantic", "pysubs2", "rapidfuzz", "rapidocr", "rich", "sentencex", "sqlalchemy", "starlette", "tokenizers",
    "uvicorn",
}  # fmt: skip
"""Libraries that take long to import: for their sake alone a module of ours may be imported inside a function."""


class Arrow(NamedTuple):
    """One import: of a module of ours, or by the name of one from outside."""

    of: str
    line: int
    kind: str
    """``top``, ``lazy`` inside a function, or ``types``."""


def named(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


@cache
def modules() -> dict[str, str]:
    """Every module of the houses and the Lambda handler, with its file."""
    found = [path for house in HOUSES for path in (ROOT / house).rglob("*.py")] + [ROOT / "lambda_handler.py"]
    return {named(file): file for path in found for file in [path.relative_to(ROOT).as_posix()]}


def arrows(text: str, known: Iterable[str]) -> Iterator[Arrow]:
    """The imports anywhere in a source, each of the deepest module of ``known`` that it names."""
    known = set(known)

    def walk(node: ast.AST, kind: str) -> Iterator[Arrow]:
        for child in ast.iter_child_nodes(node):
            inner = kind
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                inner = "lazy"
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                inner = "types"
            if isinstance(child, ast.Import):
                yield from (Arrow(alias.name, child.lineno, inner) for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.level == 0 and child.module:
                for alias in child.names:
                    deep = f"{child.module}.{alias.name}"
                    yield Arrow(
                        deep if deep in known or child.module not in known else child.module, child.lineno, inner
                    )
            elif isinstance(child, ast.Call) and ast.unparse(child.func).split(".")[-1] in (
                "import_module",
                "__import__",
            ):
                for word in child.args[:1]:
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        yield Arrow(word.value, child.lineno, "lazy")
            yield from walk(child, inner)

    return walk(ast.parse(text), "top")


@cache
def graph() -> dict[str, tuple[Arrow, ...]]:
    return {name: tuple(arrows((ROOT / file).read_text("utf-8"), modules())) for name, file in modules().items()}


def room(module: str) -> str:
    """The deepest entry of ``MAY_KNOW`` that holds ``module``."""
    parts = module.split(".")
    return next((name for n in range(len(parts), 0, -1) if (name := ".".join(parts[:n])) in MAY_KNOW), "")


def allowed(one: str) -> set[str]:
    known = set(MAY_KNOW[one].split())
    return known | (set(ROOMS_OF_TOOLS.split()) if "tools/*" in known else set()) | {one}


def uphill(module: str, found: Iterable[Arrow]) -> list[str]:
    """The arrows of a module that its room may not draw, and what it may not import from outside."""
    faults = []
    for arrow in found:
        ours = arrow.of in modules() or arrow.of.split(".")[0] in {*HOUSES, "lambda_handler"}
        if ours and room(arrow.of) not in allowed(room(module)):
            faults.append(
                f"{module}:{arrow.line}: {room(module)} may not know {room(arrow.of)}, but {arrow.of} is imported"
            )
        if module.split(".")[0] in SHIPPED:
            faults += [
                f"{module}:{arrow.line}: {rule}, but {arrow.of} is imported"
                for rule, forbidden, exceptions in OUTSIDE
                if _within(arrow.of, forbidden) and not _within(module, exceptions)
            ]
    return faults


def _within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def circles(drawn: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The circles among modules, each once (Tarjan, SIAM J. Comput. 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(one: str) -> None:
        index[one] = low[one] = len(index)
        stack.append(one)
        for other in drawn.get(one, ()):
            if other not in index:
                visit(other)
                low[one] = min(low[one], low[other])
            elif other in stack:
                low[one] = min(low[one], index[other])
        if low[one] == index[one]:
            at = stack.index(one)
            ring = stack[at:]
            del stack[at:]
            if len(ring) > 1:
                found.append(sorted(ring))

    for each in drawn:
        if each not in index:
            visit(each)
    return found


@cache
def weight(module: str) -> frozenset[str]:
    """The heavy libraries that are loaded when ``module`` is."""
    heavy: set[str] = set()
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        each = waiting.pop()
        parts = each.split(".")
        waiting += [
            name for n in range(1, len(parts)) if (name := ".".join(parts[:n])) in modules() and name not in seen
        ]
        seen.add(each)
        for arrow in graph()[each]:
            if arrow.kind == "top" and arrow.of in modules():
                waiting += [arrow.of] if arrow.of not in seen else []
            elif arrow.kind == "top":
                heavy |= {arrow.of.split(".")[0]} & HEAVY
    return frozenset(heavy)


def test_each_arrow_keeps_the_rules_between_rooms() -> None:
    faults = [fault for module, found in graph().items() for fault in uphill(module, found)]
    assert faults == []
    inner = sum(arrow.of in modules() for found in graph().values() for arrow in found)
    print(f"{len(modules())} modules, {inner} arrows between them, {len(MAY_KNOW)} rooms")
    assert len(modules()) > 150
    assert inner > 1000


def test_no_circle_among_modules_lazy_and_type_imports_counted() -> None:
    assert circles({name: [a.of for a in found if a.of in modules()] for name, found in graph().items()}) == []


def test_a_circle_is_found() -> None:
    assert circles({"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": []}) == [["a", "b", "c"]]


def test_an_import_inside_a_function_is_there_for_its_weight() -> None:
    """It brings a library that takes long to import, which the module does without until then."""
    idle = [
        f"{modules()[name]}:{arrow.line}: {arrow.of} weighs nothing more; import it at the top"
        for name, found in graph().items()
        for arrow in found
        if name.split(".")[0] in SHIPPED and arrow.kind == "lazy" and arrow.of in modules()
        if not weight(arrow.of) - weight(name) and (name, arrow.of) not in LATE
    ]
    assert idle == []


LATE: set[tuple[str, str]] = {
    ("tools.finding.ranker", "tools.finding.embed"),  # its model is read on import of what it needs
}
"""Arrows inside functions for another reason than weight, which stands beside each."""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tools/cut.py", "from agent.record.records import Records"),
        ("tools/cut.py", "def f():\n    import report.page"),
        ("tools/cut.py", "import importlib\nimportlib.import_module('agent.loop')"),
        ("tools/cut.py", "from tools.find import moments"),
        ("tools/cutting/edges.py", "from tools.cut import plan"),
        ("tools/finding/ranking.py", "def f():\n    from tools.cutting.material import working"),
        ("tools/media/facts.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tools.rendering.graph import Promo"),
        ("prompts/__init__.py", "from tools.text import clean"),
        ("agent/loop.py", "import evals"),
        ("agent/loop.py", "import boto3"),
        ("agent/loop.py", "from doors.studio import studio"),
        ("agent/record/records.py", "from agent.loop import run"),
        ("tools/local/folder.py", "from botocore.exceptions import ClientError"),
        ("doors/laptop.py", "import subprocess"),
        ("doors/upload/door.py", "from doors.page.app import build"),
        ("report/page.py", "from doors.page.desk import Desk"),
        ("tools/aws/s3.py", "from subprocess import run"),
        ("doors/page/app.py", "from concurrent.futures import ProcessPoolExecutor"),
        ("tools/look.py", "from faster_whisper import WhisperModel"),
        ("agent/loop.py", "from tests.fakes import x"),
    ],
)  # fmt: skip
def test_an_arrow_against_the_rules_is_found(path: str, text: str) -> None:
    assert uphill(named(path), arrows(text, modules()))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("doors/command/main.py", "import evals.command"),
        ("tools/aws/clients.py", "import boto3"),
        ("tools/media/process.py", "import subprocess"),
        ("doors/page/app.py", "from agent.loop import run"),
        ("tools/cut.py", "from tools.schema import Clip"),
        ("agent/agents.py", "import agentic, toolsmith"),
    ],
)
def test_an_arrow_with_the_rules_is_not(path: str, text: str) -> None:
    assert uphill(named(path), arrows(text, modules())) == []


def outside(path: str, text: str) -> list[str]:
    """Processes that a file starts without an import, and models that it runs."""
    faults = []
    for node in ast.walk(ast.parse(text)):
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


@pytest.mark.parametrize("path", sorted(file for name, file in modules().items() if name.split(".")[0] in SHIPPED))
def test_each_file_starts_no_process_and_runs_no_model_by_other_ways(path: str) -> None:
    assert outside(path, (ROOT / path).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tools/rendering/promo.py", "import os\nos.system('ls')"),
        ("doors/laptop.py", "import os\nos.execvp('ls', [])"),
        ("doors/page/app.py", "import asyncio\nasyncio.create_subprocess_exec('ls')"),
        ("tools/look.py", "import cv2\ncv2.FaceDetectorYN.create('x')"),
    ],
)
def test_a_file_that_does_is_found(path: str, text: str) -> None:
    assert outside(path, text)


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in modules().values() if set(Path(path).with_suffix("").parts) & EMPTY_WORDS] == []


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


def test_each_file_that_is_named_among_the_slowest_is_there() -> None:
    named = SLOWEST.read_text("utf-8").split()
    assert [name for name in named if not (ROOT / name).is_file()] == []
    assert len(named) == len(set(named))
