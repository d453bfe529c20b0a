"""Hostile files through intake, and those that are let in through the whole pipeline to a finished promo."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

from langchain_core.tools import ToolException

from agent.deciding.planner import Planner
from agent.loop import run
from agent.outcome import place
from agent.steps.recorded import Plain
from tests import ROOT
from tests.fire import ground
from tests.fire.collection import hostile
from tests.fire.ground import SECRET, SEED, Canary, Field, Tally, Thrown, brief, part
from tools.ports import Bench
from tools.schema import Brief
from tools.workspace import Workspace

MEMORY, CPU = 300.0, 2.0
"""Megabytes and seconds of processor that a refused file may cost."""
UPRIGHT = {"turned_90.mp4": (180, 320), "rotated_90.mp4": (180, 320)}


def cases() -> list[dict[str, Any]]:
    """Each file's name and verdict: ours, and those of a further collection."""
    ours = [{"file": each.file, "expect": each.expect} for each in hostile()]
    return ours + ground.further_whole("media/index.json")


def probed(paths: Sequence[Path], workers: int = 1) -> list[dict[str, Any]]:
    """What ``tests.fire.one`` tells of each file, by so many processes at once."""
    with ThreadPoolExecutor(workers) as pool:
        rows = list(pool.map(_probed, [paths[n::workers] for n in range(workers)]))
    return [rows[n % workers][n // workers] for n in range(len(paths))]


def _probed(paths: Sequence[Path]) -> list[dict[str, Any]]:
    names = "\n".join(str(path) for path in paths)
    done = subprocess.run(
        [sys.executable, "-m", "tests.fire.one"], input=names, capture_output=True, text=True, cwd=ROOT, check=False
    )
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert len(rows) == len(paths), done.stderr[-2000:]
    return rows


def intake(tally: Tally) -> dict[str, dict[str, Any]]:
    """Every file's verdict, cost, and the canary's silence."""
    answers = {}
    with Canary() as canary:
        for case, got in zip(cases(), probed([ground.media(case["file"]) for case in cases()]), strict=True):
            wrong = []
            if got["verdict"].startswith("exception") or case["expect"] not in ("either", got["verdict"]):
                wrong.append(f"expected {case['expect']}, got {got['verdict']} {got.get('sentence', '')}")
            refused = got["verdict"] != "accept"
            if refused and not got.get("sentence", "").strip():
                wrong.append("refused without a sentence")
            if refused and (got["memory"] > MEMORY or got["cpu"] > CPU):
                wrong.append(f"refusing took {got['memory']:.0f} MB and {got['cpu']:.2f} s")
            tally.case(case["file"], wrong, got["cpu"], got["memory"])
            answers[case["file"]] = got
        if canary.hits:
            tally.failures.append(f"the canary was called {canary.hits} times")
        tally.notes.append(f"{canary.hits} canary hits")
    return answers


def pipeline(tally: Tally, folder: Path, files: Sequence[str], expect: dict[str, str], workers: int = 1) -> None:
    """Each file from intake to promo by the embedded planner: an honest end, a sound file, nothing of another tenant."""

    def case(name: str) -> Thrown:
        return Thrown(name, *_one(folder / name, ground.media(name), expect[name]))

    with Canary() as canary:
        tally.throw(part(files), case, workers)
        if canary.hits:
            tally.failures.append(f"the canary was called {canary.hits} times")
        tally.notes.append(f"{canary.hits} canary hits")


def _one(folder: Path, video: Path, expect: str) -> tuple[list[str], str]:
    field = Field(folder, video=video)
    try:
        duration = _duration(video)
        asked = brief(video.name, video=video.name, target=max(6.0, min(8.0, round(duration * 0.6, 1))))
        try:
            outcome = run(asked, field.studio(Planner()), field.fetch)
        except Exception as error:  # what breaks is the case's failure, and the next case goes on
            return [f"{type(error).__name__}: {str(error)[:400]}"], "exception"
        wrong = []
        if outcome.status == "failed" or (outcome.status == "refused" and expect == "accept"):
            wrong.append(f"{outcome.status}: {outcome.reason}")
        if outcome.status in ("refused", "nothing to make") and not outcome.reason:
            wrong.append("no reason was given")
        if outcome.status.startswith("done"):
            wrong += sound(field.outbox / place(asked), asked.target)
        elif outcome.status == "nothing to make" and duration >= LEAST:
            seconds = min(2.0, 0.6 * duration)
            field.records.close()
            try:
                whole(_bench(field, asked), seconds)
            except ToolException as told:
                return [] if expect == "either" else [f"rendering: {told}"], "damaged, and told so"
            except Exception as error:
                return [f"rendering: {type(error).__name__}: {str(error)[:1500]}"], "exception"
            wrong += sound(folder / "runs" / asked.run / "out", seconds)
        if outcome.status != "refused":
            wrong += _upright(folder / "runs" / asked.run / "source.json", video.name)
        wrong += leaks(field.outbox)
        return wrong, outcome.status
    finally:
        field.close()


LEAST = 0.5
"""Seconds of which something is rendered, though no person would be given so short a promo."""


def _bench(field: Field, asked: Brief) -> Bench:
    workspace = Workspace(field.folder / "runs" / asked.run)
    return Bench(brief=asked, workspace=workspace, engines=field.studio(Planner()).engines, steps=Plain())


def whole(bench: Bench, seconds: float) -> float:
    """``assemble`` on a plan of the middle of the file, whatever the tools would plan of it; the second it starts at."""
    from tools import assemble
    from tools.cutting.edges import Material
    from tools.media.starts import first_time
    from tools.schema import Clip, CutList

    workspace = bench.workspace
    source = workspace.source
    rate = Material.of(source, workspace.transcript, workspace.observation, None).rate
    frames, first = max(2, int(seconds * rate)), int(0.2 * source.duration * rate)
    span = {"start": float(first / rate), "end": float((first + frames) / rate)}
    clip = Clip(label="A", ids=("V1",), role="hook", reason="harness", first_frame=first, frames=frames, **span)
    plan = CutList(id="P1", target=float(frames / rate), length=float(frames / rate), rate=source.rate, clips=(clip,))
    workspace.save("plan-P1.json", plan)
    assemble.make(bench, "P1", ["1x1"], "none")
    return float(first_time(source, clip, rate))


def _upright(facts: Path, name: str) -> list[str]:
    told = json.loads(facts.read_text())
    wanted = UPRIGHT.get(name)
    if wanted and (told["width"], told["height"]) != wanted:
        return [f"read as {told['width']} by {told['height']}, upright it is {wanted[0]} by {wanted[1]}"]
    return []


def _duration(video: Path) -> float:
    from tools.media.facts import probe
    from tools.troubles import Refusal

    try:
        return probe(video, video.name).duration
    except Refusal:
        return 10.0


def sound(folder: Path, target: float) -> list[str]:
    """What is wrong with the promos of a finished run: measured here with PyAV, not by the code under test."""
    import av

    wrong = []
    promos = sorted(folder.glob("promo_*.mp4"))
    if not promos:
        wrong.append("called done without a promo")
    for promo in promos:
        with av.open(str(promo)) as file:
            video = file.streams.video[0]
            rate = Fraction(video.average_rate)
            count, magenta = 0, 0
            for frame in file.decode(video):
                count += 1
                if count % 10 == 1:
                    small = frame.reformat(32, 32, "rgb24").to_ndarray().reshape(-1, 3).astype(int)
                    pink = (small[:, 0] > 180) & (small[:, 2] > 180) & (small[:, 1] < 80)
                    magenta += int(pink.mean() > 0.9)
            seconds = float(count / rate)
            if abs(seconds - target) > 0.5:
                wrong.append(f"{promo.name} lasts {seconds:.2f} s, {target:g} were asked")
            if video.width % 2 or video.height % 2 or video.codec_context.pix_fmt != "yuv420p":
                wrong.append(f"{promo.name} is {video.width} by {video.height}, {video.codec_context.pix_fmt}")
            if video.codec_context.color_trc in (16, 18):
                wrong.append(f"{promo.name} is not SDR")
            if magenta:
                wrong.append(f"{promo.name} shows another tenant's picture")
    return wrong


def leaks(folder: Path) -> list[str]:
    """Files below ``folder`` that hold the canary's secret."""
    return [
        f"{path.name} holds the secret"
        for path in folder.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


# Mutants

GOOD = (
    "good_talk_12s.mp4", "matroska_named.mp4", "clock_from_26_hours.ts", "fragments_without_length.mp4", "mpeg4_mp3.avi"
)  # fmt: skip


def mutant(data: bytes, chance: random.Random) -> bytes:
    """``data`` with one kind of damage: flipped bits, a lying number, a cut, a hole, a repeat, two files in one."""
    out = bytearray(data)
    kind = chance.randrange(7)
    head = chance.choice((64, 512, 4096, len(out)))
    if kind == 0:
        for _ in range(chance.choice((1, 4, 64, 1024))):
            out[chance.randrange(min(head, len(out)))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        at = chance.randrange(max(1, min(head, len(out)) - 4))
        out[at : at + 4] = chance.choice(
            (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0")
        )
    elif kind == 2:
        del out[chance.randrange(len(out)) :]
    elif kind == 3:
        at = chance.randrange(len(out))
        del out[at : at + chance.choice((1, 7, 188, 5000))]
    elif kind == 4:
        at, size = chance.randrange(len(out)), chance.choice((8, 188, 4096))
        out[at:at] = out[at : at + size] * chance.choice((1, 3, 50))
    elif kind == 5:
        at = chance.randrange(len(out))
        out[at : at + 256] = chance.randbytes(256)
    else:
        name = chance.choice((b"moov", b"trak", b"mdat", b"stsz", b"stts", b"ctts", b"elst", b"avcC", b"stco", b"mvhd"))
        at = out.find(name)
        if at >= 0:
            at += 4 + chance.randrange(32)
            out[at : at + 4] = chance.randbytes(4)
        else:
            out[chance.randrange(len(out))] = 0xFF
    return bytes(out)


def mutants(tally: Tally, folder: Path, count: int, workers: int = 1) -> None:
    """Seeded damage to good files: a verdict each time, never an exception or a hang."""
    goods = [(name, ground.media(name).read_bytes()) for name in GOOD]
    tally.seed = SEED
    with Canary() as canary:
        for start in part(range(0, count, 200)):
            chance, paths = random.Random(SEED + start), []
            for number in range(start, min(start + 200, count)):
                name, data = goods[number % len(goods)]
                paths.append(folder / f"{number:05d}-{name}")
                paths[-1].write_bytes(mutant(data, chance))
            for path, got in zip(paths, probed(paths, workers), strict=True):
                verdict = got["verdict"]
                wrong = [f"{verdict} {got.get('sentence', '')}"] if verdict.startswith("exception") else []
                wrong += [f"took {got['cpu']:.1f} s"] if got["cpu"] > 10 else []
                tally.case(path.name, wrong, got["cpu"], got["memory"], verdict)
                if not wrong:
                    path.unlink()
        if canary.hits:
            tally.failures.append(f"the canary was called {canary.hits} times")
        tally.notes.append(f"{canary.hits} canary hits")
