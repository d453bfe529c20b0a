"""``python -m benchmarks.promos FOLDER [--only NAME=SECONDS …] [--out FILE]``: promos of real videos, measured on the rendered files.

A row per video: length asked and measured, cuts inside a word by the gaps and by transcribing the promo again, loudness, true peak,
drift of sound and picture, seconds per minute of video, peak memory; or the refusal.  Rows are JSON lines in ``--out``; what is there
already is not made again.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from benchmarks.whole import whole_run

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


def row(video: Path, target: float) -> dict[str, Any]:
    """What one run made, measured."""
    with tempfile.TemporaryDirectory() as home:
        found = whole_run(video, f"make a {target:g}s promo", home)
        told: dict[str, Any] = {
            "video": video.name,
            "asked": target,
            "code": found["code"],
            "wall": round(found["wall"], 1),
        }
        told |= {"peak_mb": round(found["peak"] / 1e6), "ended": (found["outcome"] or {}).get("status", "failed")}
        outcome = found["outcome"]
        if not outcome or not outcome["cut"]:
            return told | {"said": (outcome or {}).get("reason") or found["last"]}
        from tools import media

        folder = next(Path(home, "outbox").glob("*/*/run.json")).parent
        source = media.probe(video, video.name)
        told["seconds_per_minute"] = round(found["wall"] / source.duration * 60, 1)
        told["clips"] = len(outcome["cut"]["clips"])
        told["shapes"] = [_measured(path, outcome["cut"]) for path in sorted(folder.glob("promo_*.mp4"))]
        told["inside_word"] = max(
            (
                check["value"] or 0
                for clip in outcome["cut"]["clips"]
                for check in clip["certificate"]["checks"]
                if check["name"] == "inside a word"
            ),
            default=None,
        )
        told["failed_checks"] = [
            check["name"]
            for holder in (*outcome["cut"]["clips"], *outcome["artifacts"])
            for check in (holder.get("certificate") or {"checks": []})["checks"]
            if not check["passed"]
        ]
        told["edge_words"] = _edges(next(folder.glob("promo_*.mp4")), outcome["cut"])
        told["warnings"] = outcome["warnings"]
        return told


def _measured(path: Path, cut: dict[str, Any]) -> dict[str, Any]:
    from tools import media

    made = media.measure(path)
    video, sound = float(made.frames / made.rate), made.samples / made.sample_rate if made.sample_rate else 0.0
    return {
        "name": path.stem,
        "seconds": round(video, 3),
        "lufs": round(made.loudness, 2),
        "peak_dbtp": round(made.true_peak, 2),
        "drift_ms": round(abs(video - sound) * 1000, 1),
        "size": f"{made.width}x{made.height}",
        "click": round(made.click, 2),
        "errors": made.errors,
    }


def _edges(promo: Path, cut: dict[str, Any]) -> dict[str, Any] | None:
    """First and last words of the clips that are heard again in the promo, and the error over all words; None without speech."""
    from agent.steps import Plain
    from tools import media
    from tools.local.speech import Recogniser
    from tools.workspace import Workspace

    clips = [_plain(clip["text"]) for clip in cut["clips"] if clip["ids"][0].startswith("S")]
    if not clips:
        return None
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.video.write_bytes(promo.read_bytes())
        source = media.probe(workspace.video, promo.name)
        workspace.save("source.json", source)
        heard = Recogniser().transcribe(source, workspace, Plain(), None)
    again = _plain(" ".join(word.text for word in heard.words))
    wanted = [word for clip in clips for word in clip]
    kept: set[int] = set()
    for step in Levenshtein.opcodes(wanted, again):
        if step.tag == "equal":
            kept |= set(range(step.src_start, step.src_end))
    edges, at = [], 0
    for clip in clips:
        edges += [at, at + len(clip) - 1]
        at += len(clip)
    lost = [wanted[edge] for edge in edges if edge not in kept]
    return {"edges": len(edges), "lost": lost, "wer": round(Levenshtein.normalized_distance(wanted, again), 3)}


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.casefold())


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    lines = [
        "| video | asked | made | LUFS | dBTP | drift ms | in a word | edge words lost | s/min | MB | end |",
        "|---" * 11 + "|",
    ]
    for one in rows:
        shapes = one.get("shapes") or []

        def span(name: str, shapes: list[dict[str, Any]] = shapes) -> str:
            values = sorted({shape[name] for shape in shapes})
            return "–" if not values else f"{values[0]}" if len(values) == 1 else f"{values[0]} to {values[-1]}"

        edge = one.get("edge_words")
        lost = f"{len(edge['lost'])} of {edge['edges']} {' '.join(edge['lost'])}".strip() if edge else "–"
        end = one["ended"] + (f": {one['said'][:110]}" if one.get("said") else "")
        cells = [one["video"], f"{one['asked']:g}", span("seconds"), span("lufs"), span("peak_dbtp"), span("drift_ms")]
        cells += [
            str(one.get("inside_word", "–")),
            lost,
            str(one.get("seconds_per_minute", "–")),
            str(one["peak_mb"]),
            end,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    ask = argparse.ArgumentParser(prog="benchmarks.promos", description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--only", nargs="*", default=[], metavar="NAME=SECONDS")
    ask.add_argument("--out", type=Path, default=Path("promos.jsonl"))
    asked = ask.parse_args()
    videos = {name: float(seconds) for name, _, seconds in (one.partition("=") for one in asked.only)} or VIDEOS
    rows = [json.loads(line) for line in asked.out.read_text().splitlines()] if asked.out.exists() else []
    there = {(one["video"], one["asked"]) for one in rows}
    for name, seconds in videos.items():
        if (Path(name).name, seconds) in there:
            continue
        made = row(asked.folder / name, seconds)
        rows.append(made)
        with asked.out.open("a") as file:
            file.write(json.dumps(made) + "\n")
        print(table([made]).splitlines()[-1], flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
