"""A reel: recordings of different size, rate and channels as one file, each whole, upright, unstretched and as loud as the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tools.media import facts
from tools.media.process import ffmpeg
from tools.media.process import run as start
from tools.rendering import reel
from tools.rendering.loudness import loudness
from tools.schema import Source
from tools.troubles import Refusal

pytestmark = pytest.mark.slow


def film(
    path: Path,
    *,
    size: str,
    rate: str,
    seconds: float,
    pitch: int,
    volume: float,
    channels: int = 2,
    more: tuple[str, ...] = (),
) -> Path:
    """A grey film with a white square of a quarter of its height in the middle, and a tone."""
    _, tall = map(int, size.split("x"))
    side = tall // 4
    square = f"color=c=0x404040:s={size}:r={rate}:d={seconds},drawbox=x=(iw-{side})/2:y=(ih-{side})/2:w={side}:h={side}:color=white:t=fill"
    given = ["-f", "lavfi", "-i", square, "-f", "lavfi", "-i", f"sine={pitch}:d={seconds}:r=44100,volume={volume}dB"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", str(channels)]
    start([ffmpeg(), "-v", "error", "-y", *given, *coded, *more, path.name], path.parent, wall=60)
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """A wide one, an upright one that is quieter and has one channel, and sound alone."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "other").mkdir()
    wide = film(folder / "talk.mp4", size="320x180", rate="25", seconds=6, pitch=220, volume=-3)
    tall = film(
        folder / "other/talk.mp4", size="180x320", rate="30000/1001", seconds=4, pitch=330, volume=-25, channels=1,
        more=("-timecode", "01:00:00:00"),
    )  # fmt: skip
    said = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "sine=440:d=3,volume=-12dB", "said =;#.mp3"]
    start(said, folder, wall=60)
    return wide, tall, folder / "said =;#.mp3"


class Made:
    def __init__(self, paths: tuple[Path, ...], folder: Path) -> None:
        self.sources = reel.probe(paths)
        self.layout = reel.lay_out(self.sources)
        self.path, self.shares = folder / "reel.mp4", list[float]()
        reel.make(paths, self.sources, folder, self.path, self.shares.append)
        self.source: Source = facts.probe(self.path, "reel.mp4")

    def frame(self, at: float) -> np.ndarray[Any, Any]:
        with av.open(str(self.path)) as file:
            file.seek(int(at * 1e6))
            return next(f for f in file.decode(video=0) if f.time >= at - 1e-6).to_ndarray(format="gray")

    def sound(self, start_at: float, end: float) -> np.ndarray[Any, Any]:
        with av.open(str(self.path)) as file:
            resampler = av.AudioResampler("flt", "stereo", 48_000)
            parts = [each.to_ndarray().reshape(-1, 2) for f in file.decode(audio=0) for each in resampler.resample(f)]
        return np.concatenate(parts)[round(start_at * 48_000) : round(end * 48_000)]


@pytest.fixture(scope="module")
def made(films: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(films, tmp_path_factory.mktemp("reel"))


def white(picture: np.ndarray[Any, Any]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is white."""
    return tuple(cv2.boundingRect((picture > 180).astype(np.uint8)))  # type: ignore[return-value]


def test_it_tells_what_is_in_it_and_a_player_sees_chapters(made: Made) -> None:
    assert [(take.name, take.start, take.end) for take in made.source.takes] == [
        ("talk.mp4", 0.0, 6.0), ("talk.mp4 (2)", 7.0, 11.0), ("said =;#.mp3", 12.0, 15.0),
    ]  # fmt: skip
    assert [take.sha256 for take in made.source.takes] == [source.sha256 for source in made.sources]
    assert made.source.takes[1].timecode == "01:00:00:00"
    with av.open(str(made.path)) as file:
        assert [chapter["metadata"]["title"] for chapter in file.chapters()] == [t.name for t in made.source.takes]


def test_it_has_the_size_and_rate_that_most_of_its_picture_has_and_even_frames(made: Made) -> None:
    source = made.source
    assert (source.width, source.height, source.rate, source.variable_rate) == (320, 180, "25/1", False)
    assert source.duration == 15.0
    assert (source.channels, source.sample_rate) == (2, 48_000)


def test_no_take_is_stretched_and_what_is_beside_it_is_black(made: Made) -> None:
    left, top, width, height = white(made.frame(2.0))
    assert abs(width - height) <= 2
    assert abs(left + width / 2 - 160) <= 2
    picture = made.frame(9.0)
    left, top, width, height = white(picture)
    assert abs(width - height) <= 2, "an upright square stays one"
    assert abs(width - 180 / 4) <= 3, "it is as large as fits"
    assert abs(left + width / 2 - 160) <= 2
    assert picture[:, :90].max() < 30
    assert picture[90, 120] > 40


def test_each_take_begins_on_its_frame_and_black_and_silence_lie_between(made: Made) -> None:
    for take in made.source.takes:
        assert made.frame(take.start).max() > 15
        assert made.frame(take.end - 0.04).max() > 15
    for gap in ((6.0, 7.0), (11.0, 12.0)):
        assert max(made.frame(at).max() for at in (gap[0], gap[1] - 0.04)) < 5
        assert np.abs(made.sound(gap[0] + 0.03, gap[1] - 0.03)).max() < 1e-3


def test_all_takes_are_as_loud_as_each_other_by_one_gain(made: Made) -> None:
    loud = [loudness(made.sound(take.start, take.end)) for take in made.source.takes]
    assert max(loud) - min(loud) <= 1.0, loud
    tone = made.sound(7.5, 10.5)[:, 0].astype(float)
    crest = np.abs(tone).max() / np.sqrt((tone**2).mean())
    assert abs(crest - np.sqrt(2)) < 0.1, "a tone that was only made louder is a tone still"


def test_a_take_whose_peaks_leave_no_room_lowers_all() -> None:
    assert reel.gains([(-23.0, -10.0), (-30.0, -20.0), (-99.0, -99.0)]) == [7.0, 14.0, 0.0]
    assert reel.gains([(-23.0, -2.0), (-30.0, -20.0)]) == [1.0, 8.0]


def test_progress_is_told_to_the_end_and_nothing_of_the_making_is_left(made: Made) -> None:
    assert made.shares == sorted(made.shares)
    assert made.shares[-1] == 1.0
    assert sorted(path.name for path in made.path.parent.iterdir()) == ["reel.mp4", "takes.txt", "told.txt"]


def test_who_was_stopped_goes_on_with_the_takes_that_are_missing(films: tuple[Path, ...], tmp_path: Path) -> None:
    sources = reel.probe(films[:2])

    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.75:
            raise Stopped

    with pytest.raises(Stopped):
        reel.make(films[:2], sources, tmp_path, tmp_path / "reel.mp4", stop)
    kept = (tmp_path / "take-0.mp4").stat().st_mtime_ns
    assert not (tmp_path / "reel.mp4").exists()
    seen: list[int] = []

    def look(share: float) -> None:
        seen.extend(path.stat().st_mtime_ns for path in tmp_path.glob("take-0.mp4"))

    reel.make(films[:2], sources, tmp_path, tmp_path / "reel.mp4", look)
    assert set(seen) == {kept}
    assert len(facts.probe(tmp_path / "reel.mp4", "reel.mp4").takes) == 2


def test_sound_alone_is_a_reel_of_sound(films: tuple[Path, ...], tmp_path: Path) -> None:
    start([ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "sine=500:d=2", "b.wav"], tmp_path, wall=60)
    made = Made((films[2], tmp_path / "b.wav"), tmp_path)
    assert not made.source.has_video
    assert [(take.start, take.end) for take in made.source.takes] == [(0.0, 3.0), (4.0, 6.0)]


def test_a_turned_recording_is_upright_and_one_without_sound_is_silent(films: tuple[Path, ...], tmp_path: Path) -> None:
    turn = ["-display_rotation:0", "90", "-i", str(films[0].resolve()), "-map", "0:v", "-c", "copy", "turned.mp4"]
    start([ffmpeg(), "-v", "error", *turn], tmp_path, wall=60)
    made = Made((films[0], tmp_path / "turned.mp4"), tmp_path)
    assert (made.sources[1].width, made.sources[1].height) == (180, 320)
    _, _, width, height = white(made.frame(9.0))
    assert abs(width - height) <= 2
    assert abs(height - 180 * 45 / 320) <= 3, "it is laid upright into the height"
    assert np.abs(made.sound(7.1, 12.9)).max() < 1e-3


def refused(paths: list[Path]) -> str:
    with pytest.raises(Refusal) as no:
        reel.probe(paths)
    return str(no.value)


def test_what_can_not_be_joined_is_named_before_anything_is_made(films: tuple[Path, ...], tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video at all")
    assert "broken.mp4 can't be joined: " in refused([films[0], tmp_path / "broken.mp4"])
    (tmp_path / "twin.mp4").write_bytes(films[0].read_bytes())
    assert "twin.mp4 and talk.mp4 are the same recording" in refused([films[0], tmp_path / "twin.mp4"])
    assert refused([films[0]]).startswith("1 recordings were given; 2 to 24")


def test_together_they_last_no_longer_than_a_video_may(films: tuple[Path, ...]) -> None:
    one, two, _ = (source.model_copy(update={"duration": 7199.5}) for source in reel.probe(films))
    reel.check_length([one, two])
    with pytest.raises(Refusal, match=r"Together they last 4\.0 hours, and 4 are the most"):
        reel.check_length([one, two.model_copy(update={"duration": 7200.0})])


def test_the_same_recordings_in_another_order_are_another_reel(films: tuple[Path, ...]) -> None:
    one, two, _ = reel.probe(films)
    assert reel.digest([one, two]) == reel.digest([one, two]) != reel.digest([two, one])


TAG = (
    "ffmetadata",
    [
        '{"version":1,"takes":[{"name":"a","start":0,"end":3},{"name":"b","start":3,"end":9999}]}',
        "{" * 9000,
        "x" * 60_000,
    ],
)


@pytest.mark.parametrize("tag", TAG[1], ids=["longer than the file", "nested", "long"])
def test_a_hostile_tag_is_ignored_and_the_file_is_a_video_like_any(
    tag: str, films: tuple[Path, ...], tmp_path: Path
) -> None:
    (tmp_path / "told.txt").write_text(f";FFMETADATA1\nhookline_reel={tag}\n")
    given = ["-i", str(films[0].resolve()), "-f", "ffmetadata", "-i", "told.txt", "-map", "0", "-map_metadata", "1"]
    start([ffmpeg(), "-v", "error", *given, "-c", "copy", "-movflags", "use_metadata_tags", "x.mp4"], tmp_path, wall=60)
    with av.open(str(tmp_path / "x.mp4")) as file:
        assert file.metadata["hookline_reel"]
    found = facts.probe(tmp_path / "x.mp4", "x.mp4")
    assert found.takes == ()
    assert found.duration == 6.0
