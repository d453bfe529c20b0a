"""A recording without a picture goes the whole way: a promo that is drawn, words, covers, report, and each promise measured on the files."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from agent.deciding.planner import Planner
from agent.loop import run
from agent.outcome import place
from agent.record.records import Records
from agent.studio import Studio
from report.page import report
from tests.agent.test_loop import TALK, Heard, Unseeing, brief, fetch
from tools.assemble import _certified
from tools.brand.colours import rgb
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.media.process import ffmpeg
from tools.media.process import run as start
from tools.picture import viewer
from tools.ports import Engines
from tools.rendering.audiogram import PITCH, lay_out
from tools.schema import CutList, Options, Outcome
from tools.workspace import Workspace

RATE = 48_000
RED = (40, 30, 200)
"""Of the art, blue first."""


def spoken(folder: Path, seconds: int = 42) -> Path:
    """A tone wherever ``Heard`` hears a word of the talk, as a WAV."""
    tone, at = np.zeros(seconds * RATE), 0.3
    for text in TALK.split():
        first, length = round(at * RATE), round(0.28 * RATE)
        part = 0.3 * np.sin(2 * np.pi * 220 * np.arange(length) / RATE) * np.hanning(length)
        tone[first : first + length] = part[: max(0, len(tone) - first)]
        at += 0.3 + (0.5 if text[-1] in ".?" else 0.0)
    with wave.open(str(folder / "said.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    return folder / "said.wav"


def recording(folder: Path, broken: bool = False) -> Path:
    """An mp3 that carries a red square, whole or in shreds."""
    spoken(folder)
    art = cv2.imencode(".jpg", np.full((800, 800, 3), RED, np.uint8))[1].tobytes()
    (folder / "art.jpg").write_bytes(art)
    given = [ffmpeg(), "-v", "error", "-y", "-i", "said.wav", "-i", "art.jpg", "-map", "0", "-map", "1", "-c:v", "copy"]
    coded = ["-c:a", "libmp3lame", "-id3v2_version", "3", "-disposition:v:0", "attached_pic", "talk.mp3"]
    start([*given, *coded], folder, wall=60)
    data = bytearray((folder / "talk.mp3").read_bytes())
    if broken:
        at = data.index(art) + 20
        data[at : at + len(art) - 20] = b"\x13" * (len(art) - 20)
        (folder / "talk.mp3").write_bytes(data)
    return folder / "talk.mp3"


class Made:
    def __init__(self, folder: Path, video: Path, **asked: object) -> None:
        records = Records(f"sqlite:///{folder / 'record.sqlite3'}")
        records.migrate()
        engines = Engines(
            transcriber=Heard(), analyst=Unseeing(), copywriter=Extractive(), store=Folder(folder / "outbox")
        )
        studio = Studio(
            engines=engines, model=Planner(), model_id="planner", records=records, home=folder / "runs", report=report, keep=True
        )  # fmt: skip
        asked_for = brief(video="talk.mp3", **asked)
        self.outcome: Outcome = run(asked_for, studio, fetch(video))
        self.folder = folder / "outbox" / place(asked_for)
        self.workspace = Workspace(folder / "runs" / asked_for.run)

    @property
    def cut(self) -> CutList:
        assert self.outcome.cut
        return self.outcome.cut

    def pictures(self, name: str = "promo_1x1.mp4") -> Iterator[np.ndarray]:
        with av.open(str(self.folder / name)) as file:
            for frame in file.decode(video=0):
                yield frame.to_ndarray(format="bgr24")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("sound")
    return Made(folder, recording(folder), options=Options(clean=True))


@pytest.fixture(scope="module")
def pictures(made: Made) -> list[np.ndarray]:
    return list(made.pictures())


def checks(made: Made, of: str = "viewer") -> dict[str, object]:
    told = getattr(next(each for each in made.outcome.artifacts if each.name == "promo_1x1.mp4"), of)
    return {check.name: True if check.passed else check.value for check in told.checks}


def test_a_recording_is_done_and_nobody_is_warned_of_a_missing_picture(made: Made) -> None:
    assert made.outcome.status in ("done", "done with warnings")
    assert not [each for each in made.outcome.warnings if "picture" in each or "plain card" in each]
    names = {each.name for each in made.outcome.artifacts}
    assert names >= {
        "promo_1x1.mp4",
        "promo_1x1.srt",
        "cover_1x1.jpg",
        "post.json",
        "cut.otio",
        "report.html",
        "promo_1x1_clean.mp4",
    }


def test_every_promise_of_a_promo_is_measured_and_holds(made: Made) -> None:
    assert set(checks(made, "certificate").values()) == {True}
    assert checks(made, "certificate").keys() >= {
        "length",
        "frames",
        "loudness",
        "silent under words",
        "caption offset",
    }
    assert checks(made) == dict.fromkeys(
        ["empty picture", "frozen picture", "waveform", "caption contrast", "captions in the safe box", "time to read"],
        True,
    )


def test_it_has_as_many_pictures_as_its_length_says(made: Made, pictures: list[np.ndarray]) -> None:
    assert len(pictures) == made.cut.frames
    assert abs(len(pictures) / 30 - 12.0) <= 0.5


def test_the_art_stands_in_its_place_all_the_time(pictures: list[np.ndarray]) -> None:
    x, y, wide, tall = lay_out("1x1", True).art or (0, 0, 0, 0)
    for picture in (pictures[0], pictures[len(pictures) // 2], pictures[-1]):
        middle = picture[y + tall // 4 : y + 3 * tall // 4, x + wide // 4 : x + 3 * wide // 4].reshape(-1, 3)
        assert np.abs(middle.mean(axis=0) - RED).max() < 12


def test_a_master_without_captions_has_the_waveform_and_no_words(made: Made, pictures: list[np.ndarray]) -> None:
    clean = list(made.pictures("promo_1x1_clean.mp4"))
    x, y, wide, tall = lay_out("1x1", True).wave
    assert len(clean) == len(pictures)
    apart = [
        np.abs(one.astype(int) - two.astype(int)).max(axis=2)
        for one, two in zip(clean[::60], pictures[::60], strict=True)
    ]
    assert max(float(each[y : y + tall, x : x + wide].mean()) for each in apart) < 3
    assert max(int(each[y + tall + 60 :].max()) for each in apart) > 150


def test_the_waveform_is_high_under_words_and_low_between_them(made: Made, pictures: list[np.ndarray]) -> None:
    words = [
        word
        for each in (made.workspace.transcript.sentences if made.workspace.transcript else ())
        for word in each.words
    ]
    x, y, wide, tall = lay_out("1x1", True).wave
    column, colour = x + wide // 2, np.array(rgb("#ffd53b")[::-1])
    high, low = [], []
    for clip, begins in zip(made.cut.clips, made.cut.starts(), strict=True):
        for n in range(clip.frames):
            at = (clip.first_frame + n + 0.5) / 30
            near = [abs(at - (word.start + word.end) / 2) for word in words]
            bar = (
                np.abs(pictures[begins + n][y : y + tall, column - 2 : column + 2].astype(int) - colour)
                .max(axis=2)
                .mean(axis=1)
            )
            lit = int((bar < 70).sum())
            (high if min(near) < 0.03 else low if min(near) > 0.3 else []).append(lit)
    assert np.median(high) > 0.6 * tall
    assert np.median(low) < 0.2 * tall
    assert wide % PITCH == 0


def test_a_waveform_that_has_nothing_to_do_with_what_is_heard_is_told(made: Made) -> None:
    # as if other words played: a stretch a third of a second away, in which pauses and words have changed places
    moved = [
        clip.model_copy(update={"first_frame": clip.first_frame + 400 - 8 * n}) for n, clip in enumerate(made.cut.clips)
    ]
    other = made.cut.model_copy(update={"clips": tuple(moved)})
    path, wave = made.folder / "promo_1x1.mp4", lay_out("1x1", True).wave
    told = viewer.certificate(made.workspace, path, other, "1x1", (), None, wave)
    assert not next(each for each in told.checks if each.name == "waveform").passed


def test_the_cover_shows_the_art_and_a_hook(made: Made) -> None:
    cover = made.outcome.covers[0]
    image = cv2.imread(str(made.folder / "cover_1x1.jpg"))
    assert image is not None
    red = (np.abs(image.astype(int) - RED).max(axis=2) < 30).mean()
    assert red > 0.12
    assert cover.reason.startswith("the picture that the file carries")


def test_an_editors_program_is_given_sound_and_no_picture(made: Made) -> None:
    edl = (made.folder / "cut.edl").read_text()
    assert " V " not in edl
    assert " A " in edl
    assert "* LOC:" in edl
    assert "hasVideo" not in (made.folder / "cut.fcpxml").read_text()
    assert "<mediatype>video" not in (made.folder / "cut.fcp7.xml").read_text()
    assert '"kind": "Video"' not in (made.folder / "cut.otio").read_text()


def test_its_sound_is_certified_where_it_lies(made: Made) -> None:
    told, _ = _certified(made.workspace, made.folder / "promo_1x1.mp4", made.cut, "1x1")
    assert told.passed
    late = made.cut.model_copy(
        update={"clips": tuple(c.model_copy(update={"first_frame": c.first_frame + 6}) for c in made.cut.clips)}
    )
    told, _ = _certified(made.workspace, made.folder / "promo_1x1.mp4", late, "1x1")
    assert "caption offset" in {each.name for each in told.failures}


def test_broken_art_is_told_and_the_promo_stands_on_a_plain_ground(tmp_path: Path) -> None:
    made = Made(tmp_path, recording(tmp_path, broken=True), target=8.0)
    assert made.outcome.status == "done with warnings"
    assert [each for each in made.outcome.warnings if "is damaged: embed it again" in each]
    assert set(checks(made).values()) == {True}


def test_a_recording_in_which_nobody_speaks_is_told_so(tmp_path: Path) -> None:
    given = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-t", "20", "silent.wav"]
    start(given, tmp_path, wall=60)
    records = Records(f"sqlite:///{tmp_path / 'record.sqlite3'}")
    records.migrate()
    engines = Engines(
        transcriber=Heard(""), analyst=Unseeing(), copywriter=Extractive(), store=Folder(tmp_path / "outbox")
    )
    studio = Studio(engines=engines, model=Planner(), model_id="planner", records=records, home=tmp_path / "runs")
    told = run(brief(video="silent.wav"), studio, fetch(tmp_path / "silent.wav"))
    assert told.status == "nothing to make"
    assert told.reason.startswith("Nobody was heard to speak")
