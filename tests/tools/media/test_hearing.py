"""What a file of sound alone is: by its bytes, its packets and the first of its sound, whatever its name or header says."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tools.files import intake
from tools.media import art, audio, facts, levels, process, voices
from tools.troubles import Refusal
from tools.workspace import Workspace

SECONDS = 12
KINDS = {
    "mp3": (("-c:a", "libmp3lame"), "mp3"),
    "aac": (("-c:a", "aac", "-f", "adts"), "aac"),
    "wav": (("-c:a", "pcm_s16le"), "wav"),
    "flac": (("-c:a", "flac"), "flac"),
    "ogg": (("-c:a", "libvorbis"), "ogg"),
    "opus": (("-c:a", "libopus"), "ogg"),
    "m4a": (("-c:a", "aac"), "mov"),
    "mkv": (("-c:a", "flac"), "matroska"),
    "ts": (("-c:a", "aac", "-f", "mpegts"), "mpegts"),
}
BEEPS = f"sine=f=900:d={SECONDS}:r=48000,volume='if(between(mod(t,2),1,1.2),1,0.003)':eval=frame"
"""A beep in the second half of every other second over something soft."""


def made(folder: Path, name: str, *coded: str, sound: str = BEEPS) -> Path:
    argv = [process.ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", sound, *coded, name]
    process.run(argv, folder, wall=60)
    return folder / name


def with_art(folder: Path, size: str, name: str = "art.mp3", kind: str = "png") -> Path:
    """An mp3 that carries a picture of ``size``."""
    given = [
        process.ffmpeg(),
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        BEEPS,
        "-f",
        "lavfi",
        "-i",
        f"color=0x2060c0:s={size}:d=1",
    ]
    coded = [
        "-map",
        "0:a",
        "-map",
        "1:v",
        "-frames:v",
        "1",
        "-c:v",
        kind,
        "-c:a",
        "libmp3lame",
        "-id3v2_version",
        "3",
        "-disposition:v:0",
        "attached_pic",
    ]
    process.run([*given, *coded, name], folder, wall=60)
    return folder / name


def run_of(folder: Path, path: Path) -> Workspace:
    workspace = Workspace(folder / "run")
    workspace.video.write_bytes(path.read_bytes())
    workspace.save("source.json", voices.choose(workspace, facts.probe(workspace.video, path.name)))
    return workspace


@pytest.mark.parametrize("kind", KINDS)
def test_sound_alone_is_measured_in_every_container_that_is_taken(tmp_path: Path, kind: str) -> None:
    coded, container = KINDS[kind]
    source = facts.probe(made(tmp_path, f"talk.{kind}", *coded), "talk")
    assert (source.container, source.has_video, source.has_audio) == (container, False, True)
    assert source.duration == pytest.approx(SECONDS, abs=0.1)
    assert (source.rate, source.art_index) == ("30/1", None)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_heard_lies_where_it_sounds(tmp_path: Path, kind: str) -> None:
    workspace = run_of(tmp_path, made(tmp_path, f"talk.{kind}", *KINDS[kind][0]))
    audio.extract(workspace)
    heard = levels.read(workspace.audio)
    loud = np.flatnonzero(heard > heard.max() - 12) / 100
    begins = [float(at) for at, before in zip(loud, [-1.0, *loud], strict=False) if at - before > 0.5]
    assert begins == pytest.approx([1, 3, 5, 7, 9, 11], abs=0.06)


def test_a_header_that_lies_about_the_length_is_not_believed(tmp_path: Path) -> None:
    told = bytearray(made(tmp_path, "talk.mp3", "-c:a", "libmp3lame").read_bytes())
    at = next(told.index(mark) for mark in (b"Info", b"Xing") if mark in told)
    told[at + 8 : at + 12] = struct.pack(">I", 40_000)  # packets: a quarter of an hour
    (tmp_path / "lies.mp3").write_bytes(told)
    assert facts.probe(tmp_path / "lies.mp3", "lies.mp3").duration == pytest.approx(SECONDS, abs=0.1)


def test_a_file_that_was_cut_off_lasts_as_long_as_what_is_there(tmp_path: Path) -> None:
    whole = made(tmp_path, "talk.wav", "-c:a", "pcm_s16le").read_bytes()
    (tmp_path / "half.wav").write_bytes(whole[: len(whole) // 2])
    assert facts.probe(tmp_path / "half.wav", "half.wav").duration == pytest.approx(SECONDS / 2, abs=0.1)


BAD = {
    "nothing but a header of MPEG": (b"\xff\xfb\x90\x00" + bytes(50) + b"x" * 4000, "corrupt"),
    "text in UTF-16": ("\ufeffThis is a letter to you.".encode("utf-16"), "not_media"),
    "a tag before a playlist": (b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"#EXTM3U\nhttp://127.0.0.1/x\n", "not_media"),
    "MIDI": (b"MThd\0\0\0\6\0\1\0\1\0\x60" + bytes(60), "unsupported"),
    "AIFF": (b"FORM\0\0\1\0AIFFCOMM" + bytes(60), "unsupported"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_no_sound_can_be_read_of_is_refused_with_what_to_do(tmp_path: Path, what: str) -> None:
    data, code = BAD[what]
    (tmp_path / "x.mp3").write_bytes(data)
    with pytest.raises(Refusal) as refused:
        facts.probe(tmp_path / "x.mp3", "x.mp3")
    assert refused.value.code == code
    assert str(refused.value).startswith(("No ", "This ", "The ", "Reading "))


def test_ogg_with_a_moving_picture_is_refused_as_such(tmp_path: Path) -> None:
    argv = [
        process.ffmpeg(),
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=160x90:r=10:d=2",
        "-c:v",
        "libtheora",
        "v.ogg",
    ]
    process.run(argv, tmp_path, wall=60)
    with pytest.raises(Refusal, match="Ogg with a moving picture"):
        facts.probe(tmp_path / "v.ogg", "v.ogg")


def test_music_is_known_by_the_same_bytes_as_a_recording() -> None:
    assert [intake.sniff_sound(head) for head in (b"\xff\xfb\x90\x00", b"fLaC", b"OggS", b"\0\0\0\x20ftypM4A ")] == [
        "mp3",
        "flac",
        "ogg",
        "mov",
    ]


def test_art_is_taken_out_of_the_file_small_enough_to_be_drawn(tmp_path: Path) -> None:
    workspace = run_of(tmp_path, with_art(tmp_path, "1600x1600"))
    assert workspace.source.art_index == 1
    path, why = art.of_run(workspace)
    assert (path, why) == (workspace.folder / art.FILE, "")
    assert struct.unpack(">16xII", path.read_bytes()[:24]) == (1200, 1200)


@pytest.mark.parametrize(("size", "told"), [("10000x10000", "larger than 6000 by 6000"), ("16x16", "16 by 16 pixels")])
def test_art_that_is_too_large_or_too_small_is_told_and_not_shown(tmp_path: Path, size: str, told: str) -> None:
    workspace = run_of(tmp_path, with_art(tmp_path, size))
    path, why = art.of_run(workspace)
    assert path is None
    assert told in why
    assert "embed one of" in why
    assert not (workspace.folder / art.FILE).exists()


def test_broken_art_is_told_and_not_shown(tmp_path: Path) -> None:
    path = with_art(tmp_path, "900x900", kind="mjpeg")
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xd8\xff") + 30
    data[at : at + 2000] = b"\x13" * 2000
    path.write_bytes(data)
    shown, why = art.of_run(run_of(tmp_path, path))
    assert shown is None
    assert "damaged" in why
