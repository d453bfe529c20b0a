"""``make bench``: seconds of work per minute of video, by step, and the peak memory of the process tree."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.whole import whole_run


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
    with tempfile.TemporaryDirectory() as home:
        found = whole_run(asked.video, asked.wish, home)
    if found["code"] != 0:
        raise SystemExit(f"hookline make ended with {found['code']}: {found['last']}")
    rows: dict[str, float] = {}
    for decision in found["decisions"]:
        if decision["kind"] == "tool":
            rows[decision["name"]] = rows.get(decision["name"], 0.0) + (decision["ms"] or 0) / 1000
    print(f"{asked.video.name}: {minutes:.2f} min, load {os.getloadavg()[0]:.1f}")
    print(f"{'step':<12}{'s':>8}{'s per minute of video':>24}")
    for name, seconds in rows.items():
        print(f"{name:<12}{seconds:>8.1f}{seconds / minutes:>24.2f}")
    wall = found["wall"]
    print(f"{'whole run':<12}{wall:>8.1f}{wall / minutes:>24.2f}")
    print(f"peak memory of the process tree: {int(found['peak']) / 1e6:.0f} MB")  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
