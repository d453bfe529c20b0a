"""What it takes to start: CPU seconds and memory of the imports, before any work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.pairs import ROOT, Spread

DOORS = {"lambda_handler": "import lambda_handler, agent.uploads, agent.loop", "hookline --help": "import agent.cli"}
TOLD = "import json, resource; u = resource.getrusage(resource.RUSAGE_SELF); print(json.dumps([u.ru_utime + u.ru_stime, u.ru_maxrss / 1024]))"


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
