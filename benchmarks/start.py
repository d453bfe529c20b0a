"""What it takes to start: CPU seconds and memory of the imports, before any work."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.pairs import ROOT, Spread, environment

WIRED = """import os, tempfile
os.environ |= {"HOOKLINE_BACKEND": "aws", "HOOKLINE_INBOX_BUCKET": "bench-inbox", "HOOKLINE_OUTBOX_BUCKET": "bench-outbox",
    "HOOKLINE_HOME": tempfile.mkdtemp(), "HOOKLINE_DATABASE": "sqlite://", "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
import lambda_handler
lambda_handler._desk()
os.rmdir(os.environ["HOOKLINE_HOME"])"""
"""All that its first event imports and wires before it judges a record: settings checked, engines, model, record, clients."""
DOORS = {
    "lambda_handler": "import lambda_handler",
    "lambda_handler, wired as for its first event": WIRED,
    "the same and all that a run's agent imports": f"{WIRED}\nimport agent.deciding.ledger, agent.deciding.planner, agent.deciding.stills_shown, langchain.agents, tools; tools.TOOLS",
    "hookline --help": "import doors.command.main",
}
# Not ru_maxrss: on Linux a process inherits it over fork and exec, so the parent's memory would stand there.
TOLD = """import json, os, pathlib
held = next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps([sum(os.times()[:2]), int(held.split()[1]) / 1024]))"""


def started(code: str, times: int = 5) -> tuple[Spread, Spread]:
    """CPU seconds, and resident megabytes at their most, of a fresh interpreter that runs ``code``; byte code is there already,
    as in the image: the first run, which is not counted, writes what is missing."""
    runs: list[Sequence[float]] = []
    for _ in range(times + 1):
        said = subprocess.run(
            [sys.executable, "-c", f"{code}\n{TOLD}"],
            env=environment(),
            cwd=ROOT,
            check=True,
            capture_output=True,
            timeout=120,
        ).stdout
        runs.append(json.loads(said.splitlines()[-1]))
    return Spread(tuple(run[0] for run in runs[1:])), Spread(tuple(run[1] for run in runs[1:]))
