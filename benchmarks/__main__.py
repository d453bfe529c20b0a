"""``make bench``: ratios against the floor and against peers, what a start takes, and seconds per minute of video by step.

Every ratio is the median of interleaved pairs with its range.  An absolute time means nothing on a shared machine, so the load is printed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import assembly, dollars, material, peers, ranges, sampling, start
from benchmarks.pairs import PAIRS, Cost, Ratio, Side, Spread, interleaved
from benchmarks.whole import whole_run

SHORT, BRIEF = 12.0, 6.0
"""Seconds of promos in the short form: in three shapes, and beside peers."""
ONE, THREE = "≤ 1.15, CPU ≤ 1.1", "≤ 1.25, CPU ≤ 1.15, ≤ 900 MB"


class Row(NamedTuple):
    what: str
    wall: str
    cpu: str
    peak: str
    goal: str


def sampled(full: bool) -> Iterator[Row]:
    """Sixty stills of ten minutes and of sixty, and of what is harder to open elsewhere than at a key frame."""
    ten, sixty, held = str(material.talk(10)), str(material.talk(60)), str(material.handheld(10))
    seeks = sampling.STILLS if full else sampling.OPENCV
    seconds = 600.0 if full else sampling.DECODED
    costs = interleaved(
        [
            Side("benchmarks.sampling:hookline", (ten,)),
            Side("benchmarks.sampling:floor", (ten,)),
            Side("benchmarks.sampling:hookline", (sixty,)),
            *_beside(ten, seeks, seconds),
            Side("benchmarks.sampling:hookline", (held,)),
            Side("benchmarks.sampling:floor", (held,)),
            *_beside(held, seeks, seconds),
            Side("benchmarks.sampling:floor", (sixty,)),
        ]
    )
    yield row("60 stills, meeting: Hookline / floor", over(costs, 0, 1), "≤ 1.2")
    yield row("60 stills, hand-held: Hookline / floor", over(costs, 5, 6), "≤ 1.2")
    yield row("60 stills, meeting: 60-minute / 10-minute source", over(costs, 2, 0), "≤ 1.05")
    yield row("60 stills, meeting: 60-minute / 10-minute source of the floor", over(costs, 9, 1), "")
    for kind, ours, theirs in (("hand-held", 5, 7), ("meeting", 0, 3)):
        part, share = over(costs, theirs, ours, sampling.STILLS / seeks), over(costs, theirs + 1, ours, 600 / seconds)
        yield row(f"60 stills, {kind}: OpenCV's seeks ({seeks} done) / Hookline", part, "≥ 20")
        yield row(f"60 stills, {kind}: full decode ({seconds:g} s done) / Hookline", share, "≥ 50")


def _beside(video: str, seeks: int, seconds: float) -> tuple[Side, Side]:
    return (
        Side("benchmarks.sampling:opencv", (video, str(seeks))),
        Side("benchmarks.sampling:decoded", (video, str(seconds))),
    )


def one_shape(full: bool) -> Iterator[Row]:
    """30 s in one shape without captions."""
    costs = interleaved(
        [
            Side("benchmarks.assembly:hookline", ("10", "30", "16x9", "none")),
            Side("benchmarks.assembly:floor", ("30", "16x9")),
        ],
        warm=full,
    )
    yield row("30 s of 6 clips, one shape: the pass alone / floor", over(costs, 0, 1, part="pass"), ONE)
    yield row("30 s of 6 clips, one shape: all of assemble / floor", over(costs, 0, 1), "")


def length_and_peers(full: bool, venv: Path | None) -> Iterator[Row]:
    """A promo of a longer talk, and the same by other tools."""
    seconds, minutes = (30.0, 10) if full else (BRIEF, 2)
    told = f"{seconds:g}"
    others = peers.sides(minutes, seconds, venv)
    costs = interleaved(
        [
            Side("benchmarks.assembly:hookline", ("10", told, "16x9", "none")),
            Side("benchmarks.assembly:hookline", ("60", told, "16x9", "none")),
            *(side for side in others.values() if side),
        ]
    )
    yield row(f"{told} s of 6 clips, all of assemble: 60-minute / 10-minute source", over(costs, 1, 0), "≤ 1.05")
    place = 2
    for name, side in others.items():
        if side is None:
            yield Row(f"{name} / Hookline", "not installed", "", "", "> 1")
        else:
            what = f"{told} s of 6 clips: {name} of {minutes} minutes / all of assemble of 10"
            yield row(what, over(costs, place, 0), "> 1")
            place += 1


def three_shapes(full: bool) -> Iterator[Row]:
    """Three shapes with captions, and what a small change to them costs of what the first rendering did."""
    seconds = "30" if full else f"{SHORT:g}"
    costs = interleaved(
        [
            Side("benchmarks.assembly:hookline", ("10", seconds, assembly.THREE, "bold", "drop", "words")),
            Side("benchmarks.assembly:floor", (seconds, assembly.THREE)),
        ],
        warm=full,
    )
    what = f"{seconds} s, three shapes with captions"
    yield row(f"{what}: the pass alone / floor", over(costs, 0, 1, part="pass"), THREE)
    yield row(f"{what}: all of assemble / floor", over(costs, 0, 1), "")
    yield row(f"{what}: a clip dropped / first rendering", over(costs, 0, 0, part="drop"), "≤ 0.5")
    yield row(f"{what}: a word of the captions / first rendering", over(costs, 0, 0, part="words"), "≤ 0.5")


def parts(times: int) -> None:
    """A whole run on AWS over an object of an hour, on loopback at a rate."""
    found = [ranges.compare() for _ in range(times)]
    share, waited = (
        Spread(tuple(each[name] / each[of] if of else each[name] for each in found))
        for name, of in (("share", ""), ("waited", "fetched"))
    )
    print(
        f"bytes read of a 60-minute object by a whole run, {times} done: {share} of it, in {found[0]['requests']:.0f} requests  (to reach: ≤ 0.05)"
    )
    print(f"waiting for them / fetching it whole at the same 40 MB/s: {waited}  (to reach: ≤ 0.25)", flush=True)


def over(costs: list[tuple[Cost, ...]], one: int, other: int, times: float = 1.0, part: str = "") -> Ratio:
    """Side ``one``, or a part of it, over side ``other``."""
    return Ratio(tuple((each[one].parts[part] if part else each[one], each[other]) for each in costs), times)


def row(what: str, found: Ratio, goal: str) -> Row:
    return Row(what, str(found.wall), str(found.cpu), f"{found.peak.middle:.0f}", goal)


def starts() -> None:
    for name, code in start.DOORS.items():
        cpu, held = start.started(code)
        goal = "  (to reach: ≤ 1.3 s, ≤ 160 MB)" if name.startswith("lambda_handler") else ""
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
    ask.add_argument("--full", action="store_true", help="every promo of 30 s, all seeks, all frames: about two hours")
    ask.add_argument("--peers", type=Path, metavar="VENV", help="an environment with moviepy, to be measured beside")
    ask.add_argument(
        "--only",
        nargs="*",
        default=["sampling", "one", "three", "peers", "start", "parts", "dollars", "steps"],
        help="some of: %(default)s",
    )
    asked = ask.parse_args()
    tables: dict[str, Callable[[], Iterable[Row]]] = {
        "sampling": lambda: sampled(asked.full),
        "one": lambda: one_shape(asked.full),
        "three": lambda: three_shapes(asked.full),
        "peers": lambda: length_and_peers(asked.full, asked.peers),
    }
    others: dict[str, Callable[[], None]] = {
        "start": starts,
        "parts": lambda: parts(PAIRS if asked.full else 1),
        "dollars": dollars.main,
        "steps": lambda: whole_runs(asked.video, asked.wish, asked.full),
    }
    began = time.monotonic()
    material.all_of_it()
    print(f"the material: {time.monotonic() - began:.0f} s")
    print(f"medians of {PAIRS} interleaved pairs (least–most)\n")
    print("| ratio | wall | CPU | MB | to reach | machine |\n|---|---|---|---|---|---|", flush=True)
    spent: dict[str, float] = {}
    for name in [*(one for one in tables if one in asked.only), *(one for one in others if one in asked.only)]:
        start = time.monotonic()
        for found in tables[name]() if name in tables else ():
            print("| " + " | ".join([*found, load()]) + " |", flush=True)
        if name in others:
            print()
            others[name]()
        spent[name] = time.monotonic() - start
    told = ", ".join(f"{name} {seconds:.0f}" for name, seconds in spent.items())
    print(f"\nall of it: {time.monotonic() - began:.0f} s ({told})")


def whole_runs(video: Path | None, wish: str, full: bool) -> None:
    steps(video or material.demo(), wish)
    if full:
        steps(material.demos(4), wish)


if __name__ == "__main__":
    main()
