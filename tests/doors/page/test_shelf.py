"""Videos on this machine: kept once by their bytes and name."""

from __future__ import annotations

from pathlib import Path

from doors.page.shelf import Folder
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
