"""Switch off each guard once, in a copy of the code, and see the suite go red: ``python -m tests.fire.ablate [NAME ...]``.

A guard whose absence nothing notices is untested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.fire.ground import ROOT

FIRE = "tests/fire/test_fire.py"


class Guard(NamedTuple):
    name: str
    edits: tuple[tuple[str, str, str], ...]
    """File, what stands there, what stands there instead."""
    notices: tuple[str, ...]
    """Arguments of pytest that must fail without it."""


GUARDS = (
    Guard(
        "sniffing and the forced demuxer",
        (
            ("tools/media/facts.py", "container = intake.sniff(file.read(intake.HEAD))", 'container = ""'),
            ("tools/media/opening.py", "format=container,", "format=container or None,"),
        ),
        (FIRE, "-k", "every_hostile_file"),
    ),
    Guard(
        "fence",
        (("agent/record/records.py", "if row is None or row.fence != claim.fence:", "if row is None:"),),
        ("tests/agent/record/test_records.py", "-k", "old_fence or frozen"),
    ),
    Guard(
        "fence, seen by a run",
        (("agent/record/records.py", "if row is None or row.fence != claim.fence:", "if row is None:"),),
        (FIRE, "-k", "killed_or_frozen"),
    ),
    Guard(
        "the first answer of a step counts",
        (("agent/record/records.py", "            if known is not None:\n                return known.result\n", ""),),
        ("tests/agent/record/test_records.py", "-k", "first_answer"),
    ),
    Guard(
        "a video is taken over whole",
        (("agent/loop.py", 'part = workspace.folder / ".part-source"', "part = workspace.video"),),
        (FIRE, "-k", "full_disk"),
    ),
    Guard(
        "a silent connection is closed",
        (("agent/record/database.py", "SET SESSION wait_timeout = %s", "SELECT %s"),),
        ("tests/agent/record/test_records.py", "-k", "frozen_within"),
    ),
    Guard(
        "a share of the day goes with its run",
        (("agent/record/purse.py", "self.cap, claim)", "self.cap)"),),
        ("tests/agent/record/test_dollars.py", "-k", "killed_runs_share"),
    ),
    Guard(
        "a finished promo is measured",
        (("tools/rendering/measured.py", "return Certificate(checks=checks)", "return Certificate(checks=())"),),
        (FIRE, "-k", "left_half_made"),
    ),
    Guard(
        "a call is recorded before it acts",
        (
            (
                "agent/deciding/ledger.py",
                '        self.records.decide(self.claim, seq, kind="tool", name=name, args=args)\n        try:',
                "        try:",
            ),
        ),
        ("tests/agent/test_loop.py", "-k", "script_of_ids"),
    ),
    Guard(
        "a finished step is answered from the record",
        (
            (
                "agent/steps/recorded.py",
                'is not None:\n            self.progress(name, 1.0, "from the record")',
                'is Ellipsis:\n            self.progress(name, 1.0, "from the record")',
            ),
        ),
        ("tests/agent/record/test_records.py", "tests/agent/steps/test_recorded.py", "-k", "killed or finished_step"),
    ),
    Guard(
        "sanitiser",
        (
            (
                "tools/text.py",
                "    text = str(value)[: 8 * limit + 64]\n",
                "    return str(value)[:limit]\n    text = str(value)\n",
            ),
        ),
        ("tests/tools/test_text.py",),
    ),
    Guard(
        "caps",
        (("agent/budget.py", "        if spent >= cap:\n", "        if spent >= cap * 1000:\n"),),
        ("tests/agent/test_loop.py", FIRE, "-k", "cap_on_model_calls or comes_to_its_mind"),
    ),
    Guard(
        "loops",
        (("agent/deciding/ledger.py", "if self._seen[key] >= REPEATS:", "if self._seen[key] >= 10**9:"),),
        ("tests/agent/test_loop.py", "-k", "repeats_itself"),
    ),
    Guard(
        "the request's authority",
        (
            ("tools/cut.py", "if target_seconds is not None and not abs(", "if False and not abs("),
            (
                "tools/cut.py",
                "picks or ranked(runtime.context)),",
                "picks or ranked(runtime.context), target_seconds),",
            ),
        ),
        (FIRE, "-k", "OWN-000"),
    ),
    Guard(
        "contacts are taken out of what is published",
        (("tools/text.py", "def contacts(", "def contacts(*given, **more):\n    return []\n\n\ndef contacts_("),),
        ("tests/tools/test_text.py", "-k", "leads_elsewhere or planted"),
    ),
    Guard(
        "escaping in the report",
        (("report/page.py", "autoescape=True", "autoescape=False"),),
        (FIRE, "-k", "xss"),
    ),
)


def without(guard: Guard, folder: Path) -> tuple[bool, str]:
    """Whether the tests that should notice fail without the guard, and their last line."""
    copy = folder / "main"
    for name in ("agent", "tools", "prompts", "doors", "report", "tests", "sam", "evals", "examples"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "lambda_handler.py"):
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, copy / name)
    for file, old, new in guard.edits:
        text = (copy / file).read_text("utf-8")
        if old not in text:
            raise LookupError(f"{file} has no {old!r} any more; say anew where the guard {guard.name!r} stands")
        (copy / file).write_text(text.replace(old, new, 1), "utf-8")
    argv = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *guard.notices]
    done = subprocess.run(argv, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True)
    last = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1:]
    return done.returncode == 1, "".join(last)


def main() -> int:
    unnoticed = 0
    for guard in GUARDS:
        if sys.argv[1:] and not any(name in guard.name for name in sys.argv[1:]):
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="hookline-ablate-") as folder:
            red, last = without(guard, Path(folder))
        unnoticed += not red
        seconds = time.monotonic() - began
        print(f"{'red' if red else 'NOT NOTICED':<12} without {guard.name:<46} {seconds:5.0f} s  {last}", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
