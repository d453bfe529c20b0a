from __future__ import annotations

import subprocess
import wave
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.media import audio, facts, process, voices
from tools.rendering import loudness, mix, soundtrack
from tools.schema import Clip, CutList, Source
from tools.workspace import Workspace

RATE, SECONDS = 16_000, 24

Sound = NDArray[np.float32]


def voice(seed: int, turns: bool | None = None, loud: float = 0.2) -> Sound:
    """Syllables of a gliding voice with gaps and pauses; ``turns`` is whether it speaks in the even or odd six seconds only."""
    dice = np.random.default_rng(seed)
    found = np.zeros(RATE * SECONDS, np.float32)
    at = 0.2
    while at < SECONDS - 0.5:
        length = dice.uniform(0.12, 0.26)
        if turns is None or (int(at // 6) % 2 == 0) is turns:
            t = np.arange(int(length * RATE)) / RATE
            pitch = dice.uniform(100, 160) * (1 + 0.15 * t / length)
            tones = sum(np.sin(2 * np.pi * n * np.cumsum(pitch) / RATE) / n for n in range(1, 14))
            begin = int(at * RATE)
            found[begin : begin + len(t)] += (loud * tones * np.hanning(len(t))).astype(np.float32)
        at += length + (dice.uniform(0.3, 0.7) if dice.random() < 0.15 else dice.uniform(0.03, 0.1))
    return found


def tone(hertz: float, loud: float = 0.1) -> Sound:
    return (loud * np.sin(2 * np.pi * hertz * np.arange(RATE * SECONDS) / RATE)).astype(np.float32)


def chords(loud: float = 0.1) -> Sound:
    """Held chords that change every two seconds, with a slow swell."""
    t = np.arange(RATE * SECONDS) / RATE
    root = 220 * 2 ** (np.array([0, 5, 7, 3])[(t // 2).astype(int) % 4] / 12)
    tones = sum(np.sin(2 * np.pi * np.cumsum(root * step) / RATE) for step in (1, 1.26, 1.5))
    return (loud * tones / 3 * (1 + 0.3 * np.sin(2 * np.pi * 0.4 * t))).astype(np.float32)


NOTHING = np.zeros(RATE * SECONDS, np.float32)


@pytest.fixture
def film(tmp_path: Path):
    """Makes a run of a video with these tracks, each of one or two channels, and languages where they are told."""
    numbers = count()

    def make(*tracks: tuple[Sound, ...], languages: tuple[str, ...] = ()) -> tuple[Workspace, Source]:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        given = ["-f", "lavfi", "-i", f"color=gray:s=64x36:r=10:d={SECONDS}"]
        maps = ["-map", "0:v"]
        for n, channels in enumerate(tracks):
            with wave.open(str(folder / f"{n}.wav"), "wb") as file:
                file.setparams((len(channels), 2, RATE, 0, "NONE", ""))
                file.writeframes((np.clip(np.stack(channels, axis=1), -1, 1) * 32767).astype("<i2").tobytes())
            given += ["-i", f"{n}.wav"]
            maps += ["-map", f"{n + 1}:a", *([f"-metadata:s:a:{n}", f"language={languages[n]}"] if languages else [])]
        coded = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac", "-f", "matroska", "run.bin"]
        subprocess.run([process.ffmpeg(), "-v", "error", *given, *maps, *coded], cwd=folder, check=True, timeout=60)
        workspace = Workspace(folder / "run")
        (folder / "run.bin").rename(workspace.video)
        source = voices.choose(workspace, facts.probe(workspace.video, "v.mkv"))
        workspace.save("source.json", source)
        return workspace, source

    return make


def test_speech_is_told_from_hum_music_and_silence() -> None:
    half = [each[::2] for each in (voice(1), voice(2), tone(220), tone(50), chords(), NOTHING)]
    shares = [voices.spoken(each).mean() for each in half]
    assert min(shares[:2]) > 0.7
    assert max(shares[2:]) < 0.1


@pytest.mark.parametrize(
    ("tracks", "chosen", "also", "told"),
    [
        ([tone(220), voice(1)], 1, [], "second is used, the only one with speech"),
        ([NOTHING, voice(1)], 1, [], "second is used, the only one with speech"),
        ([chords(), tone(50), voice(1)], 2, [], "third is used, the only one with speech"),
        ([voice(1), chords()], 0, [], "first is used, the only one with speech"),
        ([voice(1, True), voice(2, False)], 0, [1], "first is used together with the second"),
        ([voice(1), voice(2)], 0, [], "first is used; the second has speech too"),
        ([voice(1, True), voice(1, True) + voice(2, False)], 1, [], "second is used; the first has speech too"),
        ([tone(220), chords()], 0, [], "no speech was found on any"),
    ],
)
def test_the_track_with_the_voice_is_heard_or_all_that_speak_in_turn(
    film, tracks: list[Sound], chosen: int, also: list[int], told: str
) -> None:
    _, source = film(*[(track,) for track in tracks])
    assert source.audio_index == 1 + chosen
    assert source.audio_also == tuple(1 + each for each in also)
    assert told in source.heard


def test_a_dub_is_not_mixed_with_what_it_is_a_dub_of(film) -> None:
    _, source = film((voice(1, True),), (voice(2, False),), languages=("eng", "spa"))
    assert (source.audio_index, source.audio_also) == (1, ())


def test_one_track_leaves_nothing_to_choose_or_tell(film) -> None:
    _, source = film((voice(1), 0.8 * voice(1) + 0.2 * voice(3)))
    assert (source.sides, source.heard, source.audio_also) == ("", "", ())


ONE_SIDED: dict[str, tuple[Sound, Sound, str]] = {
    "out of phase": (voice(1), -voice(1), "left"),
    "the right one only": (NOTHING, voice(1), "right"),
    "hum beside a voice": (tone(100, 0.3), voice(1), "right"),
    "music beside a voice": (voice(1), chords(0.2), "left"),
    "a voice on each": (voice(1, True), voice(2, False), "both"),
}


@pytest.mark.parametrize("kind", ONE_SIDED)
def test_a_voice_on_one_side_or_against_itself_plays_on_both(film, kind: str) -> None:
    left, right, sides = ONE_SIDED[kind]
    workspace, source = film((left, right))
    assert source.sides == sides
    assert source.heard
    path = audio.extract(workspace)
    with wave.open(str(path)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    wanted = {"left": left, "right": right, "both": (left + right) / 2}[sides]
    size = min(len(heard), len(wanted))
    assert np.corrcoef(heard[:size], wanted[:size])[0, 1] > 0.98
    made = soundtrack.master(workspace, source, whole())
    assert mix.folded(made) == pytest.approx(0, abs=0.2)
    assert mix.lopsided(made) == pytest.approx(0, abs=0.2)
    assert abs(loudness.loudness(made) - loudness.TARGET) <= 0.7


def whole() -> CutList:
    clip = Clip(label="A", ids=("S1",), role="hook", reason="x", start=0, end=20, first_frame=0, frames=400)
    return CutList(id="P1", target=20, length=20, rate="20/1", clips=(clip,))


def test_tracks_that_speak_in_turn_are_heard_together_in_words_and_in_the_promo(film) -> None:
    one, two = voice(1, True), voice(2, False)
    workspace, source = film((one,), (two,))
    with wave.open(str(audio.extract(workspace))) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    assert np.corrcoef(heard[: len(one)], (one + two)[: len(heard)])[0, 1] > 0.98
    made = soundtrack.master(workspace, source, whole())
    loud = [loudness.loudness(made[48_000 * at : 48_000 * (at + 5)]) for at in (0, 7, 13)]
    assert max(loud) - min(loud) < 3


def test_sound_that_a_speaker_would_lose_is_centred_clip_by_clip() -> None:
    one = voice(1)[: RATE * 4].repeat(3)[:, None]
    plain, against = np.hstack([one, one]), np.hstack([one, -one])
    assert mix.folded(plain) == pytest.approx(0, abs=0.1)
    assert mix.folded(against) > 30
    assert mix.centred(plain) is plain
    for bad in (against, np.hstack([one, 0 * one])):
        better = mix.centred(bad)
        assert mix.folded(better) == pytest.approx(0, abs=0.1)
        assert mix.lopsided(better) == pytest.approx(0, abs=0.1)
