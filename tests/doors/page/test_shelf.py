"""Videos on this machine: kept once by their bytes and name."""

from __future__ import annotations

from pathlib import Path

import pytest

from doors.command.batch import RECORDINGS, read_folder
from doors.page.shelf import Folder
from tests import ROOT
from tools.media.process import ffmpeg, run


def test_the_same_bytes_under_another_name_keep_their_own_name(tmp_path: Path) -> None:
    given = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1", "-c:v", "libx264", "a.mp4"]
    run(given, tmp_path, wall=60)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "board meeting.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    shelf = Folder(tmp_path / "videos")
    first = shelf.copy(tmp_path / "a.mp4")
    other = shelf.copy(tmp_path / "b" / "board meeting.mp4")
    assert (first["name"], other["name"]) == ("a.mp4", "board meeting.mp4")
    assert first["sha256"] == other["sha256"]
    assert first["id"] != other["id"]
    assert shelf.path(other["id"]).read_bytes() == shelf.path(first["id"]).read_bytes()
    assert shelf.copy(tmp_path / "a.mp4") == first
    assert shelf.copy(tmp_path / "b" / "board meeting.mp4") == other


@pytest.mark.parametrize("ending", RECORDINGS)
def test_a_recording_is_kept_as_a_video_is_and_the_page_offers_it(tmp_path: Path, ending: str) -> None:
    kind = {".aac": ("-f", "adts"), ".opus": ("-c:a", "libopus")}.get(ending, ())
    given = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "sine=300:d=3:r=48000", *kind, f"talk{ending}"]
    run(given, tmp_path, wall=60)
    kept = Folder(tmp_path / "videos").copy(tmp_path / f"talk{ending}")
    assert kept["seconds"] == pytest.approx(3, abs=0.1)
    page = (ROOT / "doors/page/page.html.j2").read_text("utf-8")
    (offered,) = (line for line in page.splitlines() if 'id="file"' in line)
    assert ending in offered.partition('accept="')[2].partition('"')[0].split(",")


def test_a_folder_of_recordings_is_a_batch_and_its_own_music_is_no_part_of_it(tmp_path: Path) -> None:
    for name in ("b.mp3", "a.opus", "bed.wav", "notes.txt", "list.m3u"):
        (tmp_path / name).write_bytes(b"x")
    jobs = read_folder(tmp_path, "30s", music=tmp_path / "bed.wav")
    assert [job.video.name for job in jobs] == ["a.opus", "b.mp3"]
