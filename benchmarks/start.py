"""What it takes to start: CPU seconds and memory of the imports, before any work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.pairs import ROOT, Spread

DOORS = {
    "lambda_handler": "import lambda_handler",
    "lambda_handler and all that its first event imports": "import lambda_handler, agent.uploads, agent.loop, agent.make",
    "hookline --help": "import agent.cli",
}
# Not ru_maxrss: on Linux a process inherits it over fork and exec, so the parent's memory would stand there.
TOLD = """import json, os, pathlib
held = next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps([sum(os.times()[:2]), int(held.split()[1]) / 1024]))"""


def started(code: str, times: int = 5) -> tuple[Spread, Spread]:
    """CPU seconds, and resident megabytes at their most, of a fresh interpreter that runs ``code``; byte code is there already."""
    runs: list[Sequence[float]] = []
    for _ in range(times + 1):
        said = subprocess.run(
            [sys.executable, "-c", f"{code}\n{TOLD}"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            check=True,
            capture_output=True,
            timeout=120,
        ).stdout
        runs.append(json.loads(said.splitlines()[-1]))
    return Spread(tuple(run[0] for run in runs[1:])), Spread(tuple(run[1] for run in runs[1:]))
