"""The promo's sound: fades that leave words whole, mono and surround sources, joins without a click."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from tools.media import audio, facts, process
from tools.media.levels import decibels
from tools.rendering import loudness, mix, placement, soundtrack
from tools.rendering.measured import click
from tools.schema import Clip, CutList, Sentence, Transcript, Word
from tools.workspace import Workspace

RATE = loudness.RATE


def tone(seconds: float, loud: float = 0.3, hertz: float = 440.0) -> np.ndarray:
    wave = loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
    return np.stack([wave, wave], 1).astype(np.float32)


def test_a_fade_lasts_as_long_as_it_is_told() -> None:
    made = mix.join([tone(1.0), tone(1.0)], [(0.006, 0.03), (0.0, 0.03)], [0.0, 0.0])
    assert np.abs(made[: RATE // 1000]).max() < 0.1
    assert np.abs(made[int(0.008 * RATE) : int(0.012 * RATE)]).max() > 0.29
    assert np.abs(made[RATE : RATE + RATE // 200]).max() > 0.29


def test_the_shortest_fade_does_not_click() -> None:
    made = mix.join([tone(1.0, hertz=300), tone(1.0, hertz=500)], [(mix.BRIEF, mix.BRIEF)] * 2, [0.0, 0.0])
    assert click(made, [1.0]) <= 1.0
    bare = mix.join([tone(1.0, hertz=300), -tone(1.0, hertz=501.3)[37:]], [(0.0, 0.0)] * 2, [0.0, 0.0])
    assert click(bare, [1.0]) > 1.0


@pytest.mark.parametrize("late", [-0.12, -0.004, 0.0, 0.05, 0.15])
def test_sound_that_comes_late_is_told_by_how_much(late: float) -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, 4 * audio.RATE).astype(np.float32)
    room, shift = round(placement.REACH * audio.RATE), round(late * audio.RATE)
    wide = noise[audio.RATE - room : 3 * audio.RATE + room]
    made = 0.3 * noise[audio.RATE - shift : 3 * audio.RATE - shift]
    assert placement.lag(made, wide) == pytest.approx(late, abs=1e-4)
    other = np.random.default_rng(4).normal(0, 0.1, len(made)).astype(np.float32)
    assert placement.lag(other, wide) is None
    assert placement.lag(np.zeros_like(made), wide) is None


def test_a_tone_that_repeats_itself_is_not_taken_for_late():
    room = round(placement.REACH * audio.RATE)
    wide = np.sin(2 * np.pi * 220 * np.arange(3 * audio.RATE + 2 * room) / audio.RATE).astype(np.float32)
    noise = np.random.default_rng(3).normal(0, 0.01, 3 * audio.RATE).astype(np.float32)
    assert abs(placement.lag(wide[room:-room] + noise, wide)) < 0.5 / 220


def test_a_stretch_past_the_ends_of_a_recording_is_silent_there(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, audio.RATE, 0, "NONE", ""))
        file.writeframes(np.full(audio.RATE, 16384, "<i2").tobytes())
    found = placement.stretch(tmp_path / "a.wav", -0.5, 1.25)
    assert len(found) == 1.75 * audio.RATE
    assert (found[: audio.RATE // 2] == 0).all()
    assert (found[audio.RATE // 2 : 3 * audio.RATE // 2] == 0.5).all()
    assert (found[3 * audio.RATE // 2 :] == 0).all()


def desk(folder: Path, channels: str, first_word: float = 0.5) -> tuple[Workspace, CutList]:
    """Three seconds of a tone in the one channel that ``channels`` names."""
    folder.mkdir(exist_ok=True)
    layout, place = channels.split(":")
    count = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    graph = f"sine=440:r=48000:d=3,volume=4,pan={layout}|" + "|".join(
        f"c{n}={'c0' if n == int(place) else '0*c0'}" for n in range(count)
    )
    grey = ["-f", "lavfi", "-i", "color=gray:s=64x36:r=25:d=3", "-f", "lavfi", "-i", graph]
    path = folder / "talk.mp4"
    subprocess.run(
        [process.ffmpeg(), "-v", "error", *grey, "-c:a", "aac", "-b:a", "384k", str(path)], check=True, timeout=60
    )
    workspace = Workspace(folder / "run")
    shutil.copyfile(path, workspace.video)
    workspace.save("source.json", facts.probe(workspace.video, "talk.mp4"))
    word = Word(start=first_word, end=2.5, text="One.")
    workspace.save(
        "transcript.json",
        Transcript(sentences=(Sentence(id="S1", start=first_word, end=2.5, text="One.", words=(word,)),)),
    )
    clip = Clip(label="A", ids=("S1",), role="hook", reason="x", start=0.4, end=2.6, first_frame=10, frames=55)
    return workspace, CutList(id="P1", target=2.2, length=2.2, rate="25/1", clips=(clip,))


@pytest.mark.parametrize("channels", ["mono:0", "stereo:0", "5.1:2", "5.1:0"])
def test_what_is_said_in_any_channel_is_heard_at_the_right_loudness(tmp_path: Path, channels: str) -> None:
    workspace, cut = desk(tmp_path, channels)
    made = soundtrack.master(workspace, workspace.source, cut)
    assert abs(loudness.loudness(made) - loudness.TARGET) <= 0.7
    assert decibels(loudness.crests(made).max()) <= -1.0
    left, right = np.sqrt(np.mean(made**2, axis=0))
    if channels in ("mono:0", "5.1:2"):
        assert left == pytest.approx(right, rel=0.02), "what comes from the middle stays there"


def test_a_fade_never_reaches_into_the_first_word(tmp_path: Path) -> None:
    workspace, cut = desk(tmp_path, "mono:0", first_word=0.402)
    near = soundtrack.master(workspace, workspace.source, cut)
    workspace, cut = desk(tmp_path / "far", "mono:0", first_word=0.5)
    far = soundtrack.master(workspace, workspace.source, cut)
    at = slice(int(0.007 * RATE), int(0.012 * RATE))
    assert np.abs(near[at]).max() > 1.3 * np.abs(far[at]).max()
