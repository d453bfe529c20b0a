"""``python -m benchmarks.promos FOLDER [--targets 10,15,30,60] [--only NAME=SECONDS …] [--out FILE]``: promos of real videos, measured.

A row per video and length: status, length asked and measured or the refusal with the lengths that it names, cuts inside a
word by alignment and by transcribing the promo again, openings and endings that the rules object to, joins, drift,
loudness, captions against the promo's own sound, seconds per minute of video, peak memory.  Rows are JSON lines in
``--out``, each written as it is made; what is there already is not made again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.whole import whole_run
from tools.media import facts

VIDEOS = {
    "speech/openboard_wannaworktogether.mp4": 30,
    "speech/videogrep_manifesto.mp4": 30,
    "speech/autoeditor_example.mp4": 15,
    "speech/w3c_perspective-video.mp4": 10,
    "speech/opencast_audiovideo.mov": 7,
    "speech/facerec_short_hamilton.mp4": 9,
    "speech/aws_mie_sample_video.mp4": 6,
    "speech/psychopy_jwpIntro.mp4": 30,
    "speech/autocut_test004.flv": 8,
    "visual/gradio_world.mp4": 15,
    "visual/musetalk_sun.mp4": 10,
    "visual/libopenshot_test.avi": 10,
    "odd/mei_flir.mp4": 8,
    "odd/mediabunny_transparency.webm": 8,
    "odd/gen_vfr.mp4": 9,
    "odd/gen_truncated_b.mp4": 10,
    "speech/GEN_composite_long.mp4": 30,
}
"""Video and seconds asked: speech and none, upright and wide, with and without faces, odd containers, one that can't be used."""

TOO_SHORT = re.compile("a promo lasts .* at least|No length from")
"""What a refusal says where there is no length to name."""

OPENINGS = ("dangling opening", "pronoun opening", "housekeeping opening", "answer without its question")
ENDINGS = ("ends on a question", "ends before its payoff", "unfinished ending")


def row(video: Path, target: float, shapes: str, home: Path) -> dict[str, Any]:
    """What one run made, measured."""
    among = "" if shapes == "all" else " in " + " and ".join(shapes.replace("x", ":").split(","))
    found = whole_run(video, f"make a {target:g}s promo{among}", str(home))
    outcome = found["outcome"]
    told: dict[str, Any] = {
        "video": video.name,
        "asked": target,
        "code": found["code"],
        "wall": round(found["wall"], 1),
        "peak_mb": round(found["peak"] / 1e6),
        "ended": (outcome or {}).get("status", "failed"),
    }
    if not outcome or not outcome["cut"]:
        said = " ".join(filter(None, [(outcome or {}).get("reason"), (outcome or {}).get("offer")])) or found["last"]
        return told | {"said": said}
    return told | _made(video, outcome, next(home.glob("outbox/*/*/run.json")).parent, found["wall"])


def _made(video: Path, outcome: dict[str, Any], folder: Path, wall: float) -> dict[str, Any]:
    from benchmarks import heard
    from tools.schema import CutList, Transcript

    cut = CutList.model_validate(outcome["cut"])
    source = facts.probe(video, video.name)
    transcript = Transcript.model_validate_json((folder / "transcript.json").read_bytes())
    promos = sorted(folder.glob("promo_*.mp4"))
    promo, sound = heard.samples(promos[0]), heard.samples(video)
    flags = [flag for clip in outcome["cut"]["clips"] for flag in clip["flags"]]
    return {
        "seconds_per_minute": round(wall / source.duration * 60, 1),
        "clips": len(cut.clips),
        "words_from": transcript.engine,
        "shapes": [_measured(path, cut) for path in promos],
        "inside_word": max(_values(outcome, "inside a word"), default=None),
        "failed_checks": [
            check["name"]
            for holder in (*outcome["cut"]["clips"], *outcome["artifacts"], outcome["cut"])
            for check in (holder.get("certificate") or {"checks": []})["checks"]
            if not check["passed"]
        ],
        "edge_words": heard.edges(promo, sound, cut, transcript.language),
        "openings": [flag for flag in flags if flag.startswith(OPENINGS)],
        "endings": [flag for flag in flags if flag.startswith(ENDINGS)],
        "captions": heard.offsets(promo, cut, transcript) if transcript.words else [],
        "warnings": outcome["warnings"],
    }


def _values(outcome: dict[str, Any], name: str) -> list[float]:
    return [
        check["value"] or 0.0
        for clip in outcome["cut"]["clips"]
        for check in clip["certificate"]["checks"]
        if check["name"] == name
    ]


def _measured(path: Path, cut: Any) -> dict[str, Any]:
    from tools.rendering import graph, measured

    made = measured.measure(path, graph.joins(cut))
    video, sound = made.video_duration, made.audio_duration
    return {
        "name": path.stem,
        "seconds": round(video, 3),
        "lufs": round(made.loudness, 2),
        "peak_dbtp": round(made.true_peak, 2),
        "drift_ms": round((abs(video - sound) + abs(made.start_gap)) * 1000, 1),
        "frame_ms": round(1000 / float(made.rate), 1),
        "size": f"{made.width}x{made.height}",
        "click": round(made.click, 2),
        "errors": made.errors,
    }


def summary(rows: Iterable[dict[str, Any]]) -> str:
    """What is held to a figure, over all rows, as Markdown."""
    rows = list(rows)
    made = [one for one in rows if one.get("shapes")]
    files = [(one, shape) for one in made for shape in one["shapes"]]
    exact = sum(all(abs(shape["seconds"] - one["asked"]) <= 0.5 for shape in one["shapes"]) for one in made)
    refused = [one for one in rows if not one.get("shapes")]
    named = sum("nearest lengths" in one.get("said", "") for one in refused)
    short = sum(bool(TOO_SHORT.search(one.get("said", ""))) for one in refused)
    edges = [one["edge_words"] for one in made if one.get("edge_words")]
    lost = [word for each in edges for word in each["lost"]]
    openings, endings = ([flag for one in made for flag in one[name]] for name in ("openings", "endings"))
    lines = ["| what | measured |", "|---|---|"]

    def line(what: str, value: object) -> None:
        lines.append(f"| {what} | {value} |")

    line("asked: videos × lengths", f"{len(rows)}, of them made {len(made)} ({len(files)} files)")
    line(
        "within 0.5 s in every shape + refused with the nearest lengths + told that no length can be made",
        f"{exact} + {named} + {short} of {len(rows)}",
    )
    deepest = max((one["inside_word"] or 0 for one in made), default=0)
    line(
        "cuts inside a word by alignment (deepest, s)", f"{sum(bool(one['failed_checks']) for one in made)} ({deepest})"
    )
    clipped = sum(word["clipped"] for word in lost)
    line(
        "edge words not heard in the promo transcribed again; clipped",
        f"{len(lost)} of {sum(each['edges'] for each in edges)}; {clipped}",
    )
    line("openings the rules object to", _counted(openings))
    line("endings the rules object to", _counted(endings))
    if files:
        line("join click, most", max(shape["click"] for _, shape in files))
        line("drift in frames, most", f"{max(shape['drift_ms'] / shape['frame_ms'] for _, shape in files):.2f}")
        heard = [shape for _, shape in files if shape["lufs"] > -55]
        line("loudness off −14 LUFS, most", f"{max((abs(shape['lufs'] + 14) for shape in heard), default=0):.2f}")
        line("true peak, most dBTP", max(shape["peak_dbtp"] for _, shape in files))
        line("decode errors", sum(shape["errors"] for _, shape in files))
    apart = [one["captions"] for one in made if one.get("captions")]
    if apart:
        each = sorted(_p95(one) for one in apart)
        line(
            "captions off the promo heard again, p95, ms",
            f"{_p95([off for one in apart for off in one])} of all {sum(map(len, apart))} words; {each[len(each) // 2]} in the middle promo, {each[-1]} in the worst",
        )
    objections = [
        f"- {one['video']}, {one['asked']:g} s: {flag}" for one in made for flag in (*one["openings"], *one["endings"])
    ]
    return "\n".join([*lines, "", *objections])


def _p95(apart: Sequence[int]) -> int:
    """The size of milliseconds that 95 of 100 do not exceed."""
    return sorted(map(abs, apart))[max(0, math.ceil(0.95 * len(apart)) - 1)]


def _counted(flags: Iterable[str]) -> str:
    counts = Counter(flag.partition(":")[0] for flag in flags)
    return f"{sum(counts.values())}: " + ", ".join(f"{kind} {n}" for kind, n in counts.items()) if counts else "0"


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    heads = "video | asked | made | LUFS | dBTP | drift ms | click | in a word | edge words lost | objections | captions p95 ms | s/min | MB | end"
    return "\n".join([f"| {heads} |", "|---" * (heads.count("|") + 1) + "|", *map(_line, rows)])


def _line(one: dict[str, Any]) -> str:
    shapes = one.get("shapes") or []

    def span(name: str) -> str:
        values = sorted({shape[name] for shape in shapes})
        return "–" if not values else f"{values[0]}" if len(values) == 1 else f"{values[0]} to {values[-1]}"

    edge = one.get("edge_words")
    lost = [word["word"] + ("!" if word["clipped"] else "") for word in edge["lost"]] if edge else []
    told = f"{len(lost)} of {edge['edges']} {' '.join(lost)}".strip() if edge else "–"
    kinds = [flag.partition(":")[0] for flag in (*one.get("openings", ()), *one.get("endings", ()))]
    p95 = str(_p95(one["captions"])) if one.get("captions") else "–"
    end = one["ended"] + (f": {one['said'][:140]}" if one.get("said") else "")
    names = ("seconds", "lufs", "peak_dbtp", "drift_ms", "click")
    cells = [one["video"], f"{one['asked']:g}", *map(span, names), str(one.get("inside_word", "–")), told]
    cells += [", ".join(kinds) or "–", p95, str(one.get("seconds_per_minute", "–")), str(one["peak_mb"]), end]
    return "| " + " | ".join(cells) + " |"


def _asked(only: list[str], targets: str, folder: Path) -> Iterator[tuple[str, float]]:
    """Videos under ``folder`` and the lengths asked of each."""
    if only:
        pairs = [one.partition("=") for one in only]
        yield from ((name, float(seconds)) for name, _, seconds in pairs)
    elif targets:
        kinds = {".mp4", ".mov", ".flv", ".webm", ".mkv", ".avi"}
        names = sorted(path for path in (folder / "speech").iterdir() if path.suffix in kinds)
        for path in sorted(names, key=lambda path: path.stat().st_size):
            yield from ((f"speech/{path.name}", float(seconds)) for seconds in targets.split(","))
    else:
        yield from ((name, float(seconds)) for name, seconds in VIDEOS.items())


def main() -> None:
    ask = argparse.ArgumentParser(prog="benchmarks.promos", description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--only", nargs="*", default=[], metavar="NAME=SECONDS")
    ask.add_argument("--targets", default="", metavar="S,S", help="these lengths of every video in FOLDER/speech")
    ask.add_argument("--shapes", default="all", help="all, or some of 16x9,9x16,1x1")
    ask.add_argument("--out", type=Path, default=Path("promos.jsonl"))
    ask.add_argument("--keep", type=Path, help="keep what the runs made in folders here, to look at")
    asked = ask.parse_args()
    rows = [json.loads(line) for line in asked.out.read_text().splitlines()] if asked.out.exists() else []
    there = {(one["video"], one["asked"]) for one in rows}
    for name, seconds in _asked(asked.only, asked.targets, asked.folder):
        video = asked.folder / name
        if (video.name, seconds) in there:
            continue
        with contextlib.ExitStack() as stack:
            if asked.keep:
                home = asked.keep / f"{video.stem}-{seconds:g}"
                home.mkdir(parents=True, exist_ok=True)
            else:
                home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            made = row(video, seconds, asked.shapes, home.resolve())
        rows.append(made)
        with asked.out.open("a") as file:
            file.write(json.dumps(made, ensure_ascii=False) + "\n")
        print(_line(made), flush=True)
    print(table(rows), summary(rows), sep="\n\n")


if __name__ == "__main__":
    main()
