"""``make bench``: seconds of work per minute of video, by step, and the peak memory of the process tree."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path


def tree_memory(pid: int) -> int:
    """Resident bytes of a process and all below it, from /proc; 0 where there is none."""
    total, todo = 0, [pid]
    while todo:
        at = todo.pop()
        try:
            total += int(Path(f"/proc/{at}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in Path(f"/proc/{at}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ValueError):
            continue
    return total


def whole_run(video: Path, wish: str) -> dict[str, object]:
    """One run of the command in a process of its own: its outcome, its decisions, wall seconds and peak bytes."""
    with tempfile.TemporaryDirectory() as home:
        settings = {**os.environ, "HOOKLINE_HOME": home, "HOOKLINE_OUTBOX": f"{home}/outbox"}
        began = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "make", str(video), wish, "--json"],
            stdout=subprocess.PIPE,
            env=settings,
        )
        peak, over = 0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not over.wait(0.1):
                peak = max(peak, tree_memory(child.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        said, _ = child.communicate()
        over.set()
        watcher.join()
        wall = time.monotonic() - began
        if child.returncode != 0:
            raise SystemExit(f"hookline make ended with {child.returncode}")
        outcome = json.loads(said)
        from agent.records import Records

        records = Records(f"sqlite:///{home}/hookline.sqlite3")
        decisions = records.decisions(outcome["run"])
        records.close()
        return {"outcome": outcome, "decisions": decisions, "wall": wall, "peak": peak}


def main() -> None:
    ask = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    ask.add_argument("video", nargs="?", type=Path, help="a video; the demo's where none is named")
    ask.add_argument("--wish", default="make a 30s promo about pricing")
    asked = ask.parse_args()
    if asked.video is None:
        from examples.demo import ensure

        asked.video = ensure()
    from tools.media import probe

    minutes = probe(asked.video, asked.video.name).duration / 60
    found = whole_run(asked.video, asked.wish)
    rows: dict[str, float] = {}
    for decision in found["decisions"]:  # type: ignore[attr-defined]
        if decision["kind"] == "tool":
            rows[decision["name"]] = rows.get(decision["name"], 0.0) + (decision["ms"] or 0) / 1000
    print(f"{asked.video.name}: {minutes:.2f} min, load {os.getloadavg()[0]:.1f}")
    print(f"{'step':<12}{'s':>8}{'s per minute of video':>24}")
    for name, seconds in rows.items():
        print(f"{name:<12}{seconds:>8.1f}{seconds / minutes:>24.2f}")
    wall = float(found["wall"])  # type: ignore[arg-type]
    print(f"{'whole run':<12}{wall:>8.1f}{wall / minutes:>24.2f}")
    print(f"peak memory of the process tree: {int(found['peak']) / 1e6:.0f} MB")  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
