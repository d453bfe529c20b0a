"""Makes the demo video on first use: ``python -m examples.demo`` prints its path.

Beside ``demo.mp4`` lies ``demo.truth.json``: what is said, shown and heard in it, and when.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import wave
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache" / "demo"
PAUSE = 0.45
"""Seconds of quiet after a line that does not say otherwise."""
LEAD = 0.6


def ensure(folder: Path | None = None, *, seconds: float | None = None) -> Path:
    """The path of the demo video, made on first use; ``seconds`` gives a short one for tests.

    It is kept under ``folder`` (default: ``.cache/demo`` of the checkout) by the digest of what it is made from.
    """
    root = folder or CACHE
    home = root / (_digest() + (f"-{seconds:g}s" if seconds else ""))
    video = home / "demo.mp4"
    if video.exists() and truth_of(video).exists():
        return video
    root.mkdir(parents=True, exist_ok=True)
    if folder is None:
        (CACHE.parent / ".gitignore").write_text("*\n")
    work = Path(tempfile.mkdtemp(prefix=".making-", dir=root))
    try:
        _make(work, seconds)
        work.chmod(0o755)
        try:
            work.rename(home)
        except OSError:
            if not video.exists():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return video


def truth_of(video: Path) -> Path:
    """Where a demo video's truth lies."""
    return video.with_name("demo.truth.json")


def script() -> dict[str, Any]:
    """The talk as written."""
    return tomllib.loads((HERE / "script.toml").read_text("utf-8"))


def _digest() -> str:
    files = [HERE / name for name in ("demo.py", "voice.py", "picture.py", "portrait.webp", "script.toml")]
    have = "".join(name for name in ("hibari", "espeakng_loader") if find_spec(name))
    return hashlib.sha256(b"\0".join([file.read_bytes() for file in files] + [have.encode()])).hexdigest()[:12]


def _lines(talk: dict[str, Any], seconds: float | None) -> list[dict[str, Any]]:
    """Every line with its section's topic and its shot; a short film keeps the first and then the good ones."""
    lines, shot = [], ""
    for number, section in enumerate(talk["section"]):
        shot = section["shot"]
        for line in section["lines"]:
            shot = line.get("shot", shot)
            lines.append({"topic": section["topic"], "section": number, "music": section.get("music", False)} | line)
            lines[-1]["shot"] = shot
    if seconds is None:
        return lines
    kept: list[dict[str, Any]] = []
    room = seconds
    for line in [lines[0]] + [line for line in lines if line.get("good")]:
        room -= len(line["say"].split()) / 2.6 + line.get("pause", PAUSE)
        if room < 0 and len(kept) >= 3:
            break
        kept.append(line)
    return kept


def _make(work: Path, seconds: float | None) -> None:
    from examples.picture import FPS, H, Stage, W
    from examples.voice import RATE, best

    began = time.monotonic()
    name, voice = best()
    talk = script()
    lines = _lines(talk, seconds)
    sound, truth = _speak(lines, voice, RATE)
    _tell(f"spoken by {name}: {len(lines)} lines, {len(sound) / RATE:.1f} s", began)

    frames = int(np.ceil(len(sound) / RATE * FPS))
    sound = np.pad(sound, (0, round(frames * RATE / FPS) - len(sound)))
    duration = frames / FPS
    music, silences, mixed = _mix(sound, truth["sentences"], RATE)
    with wave.open(str(work / "demo.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(mixed, -1, 1) * 32767).astype("<i2").tobytes())

    stage = Stage(talk["slide"])
    shots = _shots(truth["sentences"], frames, FPS)
    _film(work, stage, shots, frames)
    (work / "demo.wav").unlink()
    kinds = {"wide": "speaker", "close": "speaker", "both": "slide+speaker", "slide": "slide"}
    for shot in shots:
        shot["layout"] = kinds[shot["look"].partition(":")[0]]
        shot["face"] = shot["layout"] != "slide"
    truth |= {
        "title": talk["title"],
        "duration": duration,
        "width": W,
        "height": H,
        "fps": FPS,
        "voice": name,
        "shots": shots,
        "cuts": [shot["start"] for shot in shots[1:]],
        "music": music,
        "silences": silences,
        "passages": _passages(truth["sentences"]),
    }
    (work / "demo.truth.json").write_text(json.dumps(truth, indent=1), "utf-8")
    _tell(f"rendered {duration:.1f} s, {(work / 'demo.mp4').stat().st_size / 1e6:.1f} MB", began)


def _tell(text: str, began: float) -> None:
    print(f"demo: {text} ({time.monotonic() - began:.1f} s)", file=sys.stderr, flush=True)


def _speak(lines: list[dict], voice: Any, rate: int) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """The lines one after another, at one loudness, and the times of all that was said."""
    parts = [np.zeros(int(LEAD * rate), np.float32)]
    at = len(parts[0])
    words: list[dict] = []
    sentences: list[dict] = []
    for number, line in enumerate(lines):
        speaker = line.get("speaker", "host")
        speech = voice(line["say"], speaker)
        level = float(np.sqrt(np.mean(speech.samples[np.abs(speech.samples) > 0.01] ** 2)))
        for text, start, end in speech.words:
            words.append(
                {
                    "text": text,
                    "start": round(at / rate + start, 3),
                    "end": round(at / rate + end, 3),
                    "sentence": number,
                }
            )
        here = words[-len(speech.words) :]
        sentences.append(
            {
                "id": number,
                "text": line["say"],
                "start": here[0]["start"],
                "end": here[-1]["end"],
                "topic": line["topic"],
                "section": line["section"],
                "speaker": speaker,
                "tags": line["tags"],
                "good": line.get("good", False),
                "look": line["shot"],
                "under_music": line["music"],
                "silent_after": line.get("silent", False),
            }
        )
        quiet = np.zeros(int(line.get("pause", PAUSE) * rate), np.float32)
        parts += [np.clip(speech.samples * (0.11 / level), -0.95, 0.95), quiet]
        at += len(speech.samples) + len(quiet)
    return np.concatenate(parts), {"sentences": sentences, "words": words}


def _mix(sound: NDArray, sentences: list[dict], rate: int) -> tuple[list[dict], list[dict], NDArray]:
    """Speech with a room behind it and music under its parts; true silence where the script asks for it."""
    seconds = len(sound) / rate
    noise = np.random.default_rng(7).standard_normal(len(sound)).astype(np.float32)
    room = np.convolve(noise, np.ones(12, np.float32) / 12, mode="same") * 0.0012
    gate = np.ones(len(sound), np.float32)
    silences = []
    for one, after in zip(sentences, sentences[1:] + [None], strict=True):
        if one["silent_after"] and after:
            span = {"start": round(one["end"] + 0.35, 3), "end": round(after["start"] - 0.05, 3)}
            silences.append(span)
            gate[int(span["start"] * rate) : int(span["end"] * rate)] = 0
    music, bed = [], np.zeros(len(sound), np.float32)
    starts = [s for s in sentences if s["under_music"]]
    for section in sorted({s["section"] for s in starts}):
        inside = [s for s in starts if s["section"] == section]
        start = max(0.0, inside[0]["start"] - 0.6)
        end = min(seconds, inside[-1]["end"] + 1.8)
        music.append({"start": round(start, 3), "end": round(end, 3)})
        chord = _chords(end - start, rate)
        first = int(start * rate)
        chord = chord[: len(bed) - first]
        bed[first : first + len(chord)] += chord
    return music, silences, (sound + room + bed) * gate


def _chords(seconds: float, rate: int) -> NDArray[np.float32]:
    """Four soft chords in turn, about 22 dB under the voice."""
    t = np.arange(int(seconds * rate)) / rate
    out = np.zeros(len(t))
    chords = [(220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7), (164.8, 196.0, 246.9)]
    for place in range(int(seconds / 3) + 1):
        here = (t >= place * 3) & (t < place * 3 + 3)
        local = t[here] - place * 3
        shape = np.minimum(1, local / 0.6) * np.minimum(1, (3 - local) / 0.5)
        for tone in chords[place % 4]:
            out[here] += shape * (np.sin(2 * np.pi * tone * local) + 0.3 * np.sin(4 * np.pi * tone * local))
    fade = np.minimum(1, t / 0.8) * np.minimum(1, (seconds - t) / 1.5)
    return (out * fade * 0.0045).astype(np.float32)


def _shots(sentences: list[dict], frames: int, fps: int) -> list[dict]:
    """A shot lasts until a sentence asks for another look; the cut falls 0.15 s before its first word."""
    shots = [{"look": sentences[0]["look"], "frame": 0}]
    for before, one in zip(sentences, sentences[1:], strict=False):
        if one["look"] != shots[-1]["look"]:
            middle = (before["end"] + one["start"]) / 2
            shots.append({"look": one["look"], "frame": round(max(middle, one["start"] - 0.15) * fps)})
    ends = [shot["frame"] for shot in shots[1:]] + [frames]
    return [
        {
            "look": shot["look"],
            "frame": shot["frame"],
            "start": round(shot["frame"] / fps, 3),
            "end": round(end / fps, 3),
        }
        for shot, end in zip(shots, ends, strict=True)
    ]


def _film(work: Path, stage: Any, shots: list[dict], frames: int) -> None:
    """Encodes each look once, as a loop, and lays the loops end to end under the sound."""
    import imageio_ffmpeg

    from examples.picture import FPS, LOOP

    ends = [shot["frame"] for shot in shots[1:]] + [frames]
    longest: dict[str, int] = {}
    for shot, end in zip(shots, ends, strict=True):
        longest[shot["look"]] = max(longest.get(shot["look"], 0), min(end - shot["frame"], LOOP))
    loops = {}
    for look, wanted in longest.items():
        loops[look] = _encode(stage, look, wanted)
        print(f"demo: look {len(loops)} of {len(longest)}", file=sys.stderr, flush=True)
    with open(work / "demo.h264", "wb") as file:
        for shot, end in zip(shots, ends, strict=True):
            loop = loops[shot["look"]]
            file.writelines(loop[frame % len(loop)] for frame in range(end - shot["frame"]))

    ffmpeg = os.environ.get("HOOKLINE_FFMPEG") or imageio_ffmpeg.get_ffmpeg_exe()
    picture = ["-f", "h264", "-framerate", str(FPS), "-i", str(work / "demo.h264")]
    sound = ["-i", str(work / "demo.wav"), "-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2"]
    command = [ffmpeg, "-v", "error", "-nostdin", "-y", *picture, *sound, "-c:v", "copy", "-movflags", "+faststart"]
    # A bare stream has no clock: give every frame, the last one too, its whole thirtieth.
    command += ["-bsf:v", f"setts=ts=N/({FPS}*TB):duration=1/({FPS}*TB)", "-video_track_timescale", str(FPS * 1000)]
    done = subprocess.run([*command, str(work / "demo.mp4")], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(f"ffmpeg ended with {done.returncode}: {done.stderr[-800:]}")
    (work / "demo.h264").unlink()


def _encode(stage: Any, look: str, frames: int) -> list[bytes]:
    """One loop of a look, a frame an item; the first stands alone and none looks ahead, so it may end anywhere."""
    import av

    from examples.picture import FPS, H, W

    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = W, H, "yuv420p"
    coder.framerate, coder.time_base, coder.gop_size, coder.max_b_frames = Fraction(FPS), Fraction(1, FPS), 2 * FPS, 0
    colour = "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"
    coder.options = {"preset": "veryfast", "crf": "22", "x264-params": f"bframes=0:scenecut=0:{colour}"}
    packets = []
    for number in range(frames):
        planes = stage.frame(look, number / FPS)
        frame = av.VideoFrame.from_ndarray(np.concatenate([part.ravel() for part in planes]).reshape(-1, W), "yuv420p")
        frame.pts = number
        packets += coder.encode(frame)
    packets += coder.encode(None)
    return [bytes(packet) for packet in packets]


def _passages(sentences: list[dict]) -> list[dict]:
    """Runs of good sentences of one section: what a promo may well be made of."""
    runs: list[list[dict]] = []
    for one in sentences:
        if one["good"] and runs and runs[-1][-1]["id"] == one["id"] - 1 and runs[-1][-1]["section"] == one["section"]:
            runs[-1].append(one)
        elif one["good"]:
            runs.append([one])
    return [
        {
            "topic": run[0]["topic"],
            "start": run[0]["start"],
            "end": run[-1]["end"],
            "sentences": [one["id"] for one in run],
        }
        for run in runs
    ]


def main() -> None:
    """Makes the video where it is not yet made; progress on stderr, the path alone on stdout."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=main.__doc__)
    parser.add_argument("--folder", type=Path, help="where to keep it (default: .cache/demo)")
    parser.add_argument("--seconds", type=float, help="a short one of about this length")
    asked = parser.parse_args()
    print(ensure(asked.folder, seconds=asked.seconds))


if __name__ == "__main__":
    main()
