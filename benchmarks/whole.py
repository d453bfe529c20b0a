"""One run of the command in a process of its own, watched from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.pairs import environment, tree_memory


def whole_run(video: Path, wish: str, home: str) -> dict[str, Any]:
    """What a run under ``home`` printed and left: its outcome and decisions (None and none where it had no outcome), exit code,
    last line, wall seconds and peak bytes of the process tree."""

    settings = {**environment(), "HOOKLINE_HOME": home, "HOOKLINE_OUTBOX": f"{home}/outbox"}
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "doors.command.main", "make", str(video), wish, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=settings,
    )
    peak, over = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.1):
            peak = max(peak, tree_memory(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, told = child.communicate()
    over.set()
    watcher.join()
    wall = time.monotonic() - began
    outcome, decisions = None, []
    if said.strip().startswith(b"{"):
        outcome = json.loads(said)
        from agent.record.records import Records

        records = Records(f"sqlite:///{home}/hookline.sqlite3")
        decisions = records.decisions(outcome["run"])
        records.close()
    last = told.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
    return {
        "outcome": outcome,
        "decisions": decisions,
        "code": child.returncode,
        "last": last,
        "wall": wall,
        "peak": peak,
    }
