"""``make bench``: ratios against the floor and against peers, what a start takes, and seconds per minute of video by step.

Every ratio is the median of interleaved pairs with its range.  An absolute time means nothing on a shared machine, so the load is printed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import assembly, dollars, material, peers, ranges, sampling, start
from benchmarks.pairs import PAIRS, Cost, Ratio, Side, Spread, interleaved
from benchmarks.whole import whole_run


class Row(NamedTuple):
    what: str
    wall: str
    cpu: str
    peak: str
    goal: str


def sampled(full: bool) -> Iterator[Row]:
    """Sixty stills of ten minutes and of sixty."""
    ten, sixty = str(material.talk(10)), str(material.talk(60))
    count = sampling.STILLS if full else sampling.OPENCV
    seconds = 600.0 if full else sampling.DECODED
    costs = interleaved(
        [
            Side("benchmarks.sampling:hookline", (ten,)),
            Side("benchmarks.sampling:floor", (ten,)),
            Side("benchmarks.sampling:hookline", (sixty,)),
            Side("benchmarks.sampling:opencv", (ten, str(count))),
            Side("benchmarks.sampling:decoded", (ten, str(seconds))),
        ]
    )
    yield row("60 stills: Hookline / floor", over(costs, 0, 1), "≤ 1.2")
    yield row("60 stills: 60-minute / 10-minute source", over(costs, 2, 0), "≤ 1.05")
    yield row(
        f"60 stills: OpenCV's seeks ({count} done) / Hookline", over(costs, 3, 0, sampling.STILLS / count), "≥ 20"
    )
    yield row(f"60 stills: full decode ({seconds:g} s done) / Hookline", over(costs, 4, 0, 600 / seconds), "≥ 50")


def one_shape(full: bool, venv: Path | None) -> Iterator[Row]:
    """One shape without captions, and the same by peers."""
    seconds = 30.0 if full else 9.0
    told = f"{seconds:g}"
    others = peers.sides(10, seconds, venv)
    costs = interleaved(
        [
            Side("benchmarks.assembly:rendered", ("10", told, "16x9", "none")),
            Side("benchmarks.assembly:floor", (told, "16x9")),
            Side("benchmarks.assembly:rendered", ("60", told, "16x9", "none")),
            Side("benchmarks.assembly:hookline", ("10", told, "16x9", "none")),
            *(side for side in others.values() if side),
        ]
    )
    yield row(f"{told} s of 6 clips, one shape: Hookline / floor", over(costs, 0, 1), "≤ 1.15, CPU ≤ 1.1")
    yield row(f"{told} s of 6 clips, one shape, its checks too / floor", over(costs, 3, 1), "")
    yield row(f"{told} s of 6 clips: 60-minute / 10-minute source", over(costs, 2, 0), "≤ 1.05")
    place = 4
    for name, side in others.items():
        if side is None:
            yield Row(f"{name} / Hookline", "not installed", "", "", "> 1")
        else:
            yield row(f"{name} / Hookline", over(costs, place, 0), "> 1")
            place += 1


def three_shapes(full: bool) -> Iterator[Row]:
    seconds = "30" if full else "9"
    costs = interleaved(
        [
            Side("benchmarks.assembly:rendered", ("10", seconds, assembly.THREE, "bold")),
            Side("benchmarks.assembly:floor", (seconds, assembly.THREE)),
        ]
    )
    yield row(f"{seconds} s, three shapes with captions / floor", over(costs, 0, 1), "≤ 1.25, CPU ≤ 1.15, ≤ 900 MB")


def revision(full: bool) -> Iterator[Row]:
    """What a small change to a promo in three shapes costs, of what its first rendering did."""
    seconds = "30" if full else "9"
    given = ("10", seconds, assembly.THREE, "bold")
    costs = interleaved(
        [
            Side("benchmarks.assembly:hookline", given),
            Side("benchmarks.assembly:revised", (*given, "drop")),
            Side("benchmarks.assembly:revised", (*given, "words")),
        ]
    )
    yield row(f"{seconds} s, three shapes: a clip dropped / first rendering", over(costs, 1, 0), "≤ 0.5")
    yield row(f"{seconds} s, three shapes: a word of the captions / first rendering", over(costs, 2, 0), "≤ 0.5")


def parts() -> None:
    """A whole run on AWS over an object of an hour, on loopback at a rate."""
    found = [ranges.compare() for _ in range(3)]
    share, waited = (
        Spread(tuple(each[name] / each[of] if of else each[name] for each in found))
        for name, of in (("share", ""), ("waited", "fetched"))
    )
    print(
        f"bytes read of a 60-minute object by a whole run: {share} of it, in {found[0]['requests']:.0f} requests  (to reach: ≤ 0.05)"
    )
    print(f"waiting for them / fetching it whole at the same 40 MB/s: {waited}  (to reach: ≤ 0.25)", flush=True)


def over(costs: list[tuple[Cost, ...]], one: int, other: int, times: float = 1.0) -> Ratio:
    return Ratio(tuple((each[one], each[other]) for each in costs), times)


def row(what: str, found: Ratio, goal: str) -> Row:
    return Row(what, str(found.wall), str(found.cpu), f"{found.peak.middle:.0f}", goal)


def starts() -> None:
    for name, code in start.DOORS.items():
        cpu, held = start.started(code)
        goal = "  (to reach: ≤ 1.3 s, ≤ 160 MB)" if name == "lambda_handler" else ""
        print(f"start of {name}: {cpu} s of CPU, {held.middle:.0f} MB{goal}", flush=True)


def steps(video: Path, wish: str) -> None:
    """A whole run: seconds per minute of video by step, and the most memory of its process tree."""
    from tools.media import probe

    minutes = probe(video, video.name).duration / 60
    with tempfile.TemporaryDirectory() as home:
        found = whole_run(video, wish, home)
    if found["code"] != 0:
        raise SystemExit(f"hookline make ended with {found['code']}: {found['last']}")
    rows: dict[str, float] = {}
    for decision in found["decisions"]:
        if decision["kind"] == "tool":
            rows[decision["name"]] = rows.get(decision["name"], 0.0) + (decision["ms"] or 0) / 1000
    print(f"\n{video.name}: {minutes:.2f} min, {load()}")
    print(f"{'step':<12}{'s':>8}{'s per minute of video':>24}")
    for name, seconds in rows.items():
        print(f"{name:<12}{seconds:>8.1f}{seconds / minutes:>24.2f}")
    wall = found["wall"]
    print(f"{'whole run':<12}{wall:>8.1f}{wall / minutes:>24.2f}")
    print(f"peak memory of the process tree: {found['peak'] / 1e6:.0f} MB  (to reach: ≤ 1200 MB)", flush=True)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def main() -> None:
    ask = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    ask.add_argument("video", nargs="?", type=Path, help="a video for the whole run; the demo's where none is named")
    ask.add_argument("--wish", default="make a 30s promo about pricing")
    ask.add_argument("--full", action="store_true", help="promos of 30 s, all seeks, all frames: about an hour")
    ask.add_argument("--peers", type=Path, metavar="VENV", help="an environment with moviepy, to be measured beside")
    ask.add_argument(
        "--only",
        nargs="*",
        default=["sampling", "one", "three", "revision", "start", "parts", "dollars", "steps"],
        help="some of: %(default)s",
    )
    asked = ask.parse_args()
    tables = {
        "sampling": lambda: sampled(asked.full),
        "one": lambda: one_shape(asked.full, asked.peers),
        "three": lambda: three_shapes(asked.full),
        "revision": lambda: revision(asked.full),
    }
    print(f"medians of {PAIRS} interleaved pairs (least–most)\n")
    print("| ratio | wall | CPU | MB | to reach | machine |\n|---|---|---|---|---|---|", flush=True)
    for name in asked.only:
        for found in tables[name]() if name in tables else ():
            print("| " + " | ".join([*found, load()]) + " |", flush=True)
    print()
    if "start" in asked.only:
        starts()
    if "parts" in asked.only:
        parts()
    if "dollars" in asked.only:
        dollars.main()
    if "steps" in asked.only:
        steps(asked.video or material.demo(), asked.wish)
        if asked.full:
            steps(material.demos(4), asked.wish)


if __name__ == "__main__":
    main()
