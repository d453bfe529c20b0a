"""``make bench``: ratios against the floor and against peers, what a start takes, and seconds per minute of video by step.

Every ratio is the median of interleaved pairs with its range.  An absolute time means nothing on a shared machine, so the load is printed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks import assembly, dollars, material, peers, ranges, sampling, start
from benchmarks.pairs import PAIRS, Cost, Ratio, Side, Spread, interleaved
from benchmarks.whole import whole_run
from tools.media.facts import probe

SHORT, BRIEF = 9.0, 6.0
"""Seconds of promos in the short form: in one shape, and in three."""
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
    material.read(ten, sixty, held)
    seeks = sampling.STILLS if full else sampling.OPENCV
    seconds = 600.0 if full else sampling.DECODED
    sides = {
        "ten": Side("benchmarks.sampling:hookline", (ten,)),
        "ten floor": Side("benchmarks.sampling:floor", (ten,)),
        "sixty": Side("benchmarks.sampling:hookline", (sixty,)),
        "sixty floor": Side("benchmarks.sampling:floor", (sixty,)),
        "held": Side("benchmarks.sampling:hookline", (held,)),
        "held floor": Side("benchmarks.sampling:floor", (held,)),
    }
    for kind, video in (("held", held), ("ten", ten)):
        sides[f"{kind} opencv"] = Side("benchmarks.sampling:opencv", (video, str(seeks)))
        sides[f"{kind} decoded"] = Side("benchmarks.sampling:decoded", (video, str(seconds)))
    costs = together(sides, warm=full)
    yield row("60 stills, meeting: Hookline / floor", costs("ten", "ten floor"), "≤ 1.2")
    yield row("60 stills, hand-held: Hookline / floor", costs("held", "held floor"), "≤ 1.2")
    yield row("60 stills, meeting: 60-minute / 10-minute source", costs("sixty", "ten"), "≤ 1.05")
    yield row("60 stills, meeting: 60-minute / 10-minute source of the floor", costs("sixty floor", "ten floor"), "")
    for kind, told in (("held", "hand-held"), ("ten", "meeting")):
        part = costs(f"{kind} opencv", kind, sampling.STILLS / seeks)
        share = costs(f"{kind} decoded", kind, 600 / seconds)
        yield row(f"60 stills, {told}: OpenCV's seeks ({seeks} done) / Hookline", part, "≥ 20")
        yield row(f"60 stills, {told}: full decode ({seconds:g} s done) / Hookline", share, "≥ 50")


def one_shape(full: bool, venv: Path | None) -> Iterator[Row]:
    """One shape without captions, of talks of ten minutes and of sixty, beside the floor and beside other tools."""
    seconds, minutes = (30.0, 10) if full else (SHORT, 2)
    told = f"{seconds:g}"
    others = peers.sides(minutes, seconds, venv)
    sides = {
        "ten": Side("benchmarks.assembly:hookline", ("10", told, "16x9", "none")),
        "floor": Side("benchmarks.assembly:floor", (told, "16x9")),
        "sixty": Side("benchmarks.assembly:hookline", ("60", told, "16x9", "none")),
        **{name: side for name, side in others.items() if side},
    }
    costs = together(sides, warm=full)
    what = f"{told} s of 6 clips, one shape"
    yield row(f"{what}: the pass alone / floor", costs("ten", "floor", part="pass"), ONE)
    yield row(f"{what}: all of assemble / floor", costs("ten", "floor"), "")
    yield row(
        f"{what}: 60-minute / 10-minute source, the pass alone",
        costs("sixty", "ten", part="pass", beside="pass"),
        "≤ 1.05",
    )
    yield row(f"{what}: 60-minute / 10-minute source, all of assemble", costs("sixty", "ten"), "≤ 1.05")
    for name, side in others.items():
        if side is None:
            yield Row(f"{name} / Hookline", "not installed", "", "", "> 1")
        else:
            yield row(f"{what}: {name} of {minutes} minutes / all of assemble of 10", costs(name, "ten"), "> 1")


def three_shapes(full: bool) -> Iterator[Row]:
    """Three shapes with captions, and what a small change to them costs of what the first rendering did."""
    seconds = "30" if full else f"{BRIEF:g}"
    sides = {
        "ours": Side("benchmarks.assembly:hookline", ("10", seconds, assembly.THREE, "bold", "drop", "words")),
        "floor": Side("benchmarks.assembly:floor", (seconds, assembly.THREE)),
    }
    costs = together(sides, warm=full)
    what = f"{seconds} s, three shapes with captions"
    yield row(f"{what}: the pass alone / floor", costs("ours", "floor", part="pass"), THREE)
    yield row(f"{what}: all of assemble / floor", costs("ours", "floor"), "")
    yield row(f"{what}: a clip dropped / first rendering", costs("ours", "ours", part="drop"), "≤ 0.5")
    yield row(f"{what}: a word of the captions / first rendering", costs("ours", "ours", part="words"), "≤ 0.5")


class together:
    """The costs of sides by name, measured in turn; called with two of the names it is the ratio of the first to the second."""

    def __init__(self, sides: Mapping[str, Side], warm: bool) -> None:
        self._places = {name: place for place, name in enumerate(sides)}
        self._costs = interleaved(list(sides.values()), warm=warm)

    def __call__(self, one: str, other: str, times: float = 1.0, part: str = "", beside: str = "") -> Ratio:
        """Of ``one``, or a ``part`` of it, to ``other``, or the part ``beside`` of that."""
        first, second = self._places[one], self._places[other]
        return Ratio(tuple((_part(each[first], part), _part(each[second], beside)) for each in self._costs), times)


def _part(cost: Cost, name: str) -> Cost:
    return cost.parts[name] if name else cost


def parts(times: int, target: int) -> None:
    """A whole run on AWS over an object of an hour, on loopback at a rate."""
    found = [ranges.compare(target=target) for _ in range(times)]
    share, waited = (
        Spread(tuple(each[name] / each[of] if of else each[name] for each in found))
        for name, of in (("share", ""), ("waited", "fetched"))
    )
    print(
        f"bytes read of a 60-minute object by a whole run to a promo of {target} s, {times} done: {share} of it, in {found[0]['requests']:.0f} requests  (to reach: ≤ 0.05)"
    )
    print(f"waiting for them / fetching it whole at the same 40 MB/s: {waited}  (to reach: ≤ 0.25)", flush=True)


def row(what: str, found: Ratio, goal: str) -> Row:
    return Row(what, str(found.wall), str(found.cpu), f"{found.peak.middle:.0f}", goal)


def starts() -> None:
    for name, code in start.DOORS.items():
        cpu, held = start.started(code)
        goal = "  (to reach: ≤ 1.3 s, ≤ 160 MB)" if name.startswith("lambda_handler") else ""
        print(f"start of {name}: {cpu} s of CPU, {held.middle:.0f} MB{goal}", flush=True)


def steps(video: Path, wish: str) -> None:
    """A whole run: seconds per minute of video by step, and the most memory of its process tree."""

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
        default=["sampling", "one", "three", "start", "parts", "dollars", "steps"],
        help="some of: %(default)s",
    )
    asked = ask.parse_args()
    tables: dict[str, Callable[[], Iterable[Row]]] = {
        "sampling": lambda: sampled(asked.full),
        "one": lambda: one_shape(asked.full, asked.peers),
        "three": lambda: three_shapes(asked.full),
    }
    others: dict[str, Callable[[], None]] = {
        "start": starts,
        "parts": lambda: parts(PAIRS, 30) if asked.full else parts(1, 15),
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
