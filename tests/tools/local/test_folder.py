"""What the local store adds to the contract: nothing leaves its folder, and nothing half-written is seen."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT
from tools.local import folder as module
from tools.local.folder import Folder


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "given"
    path.write_bytes(b"promo" * 100_000)
    return path


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("key", [r"a\..\x", "C:/x", "c:x/y", ".part-x", "a" * 300, "a/\x7f"])
def test_names_that_another_system_would_read_otherwise_are_refused(outbox: Path, given: Path, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Folder(outbox).put(key, given, "text/plain")
    assert not outbox.exists()


def test_no_link_is_followed_neither_as_folder_nor_as_file(outbox: Path, given: Path, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "x").write_text("secret")
    outbox.mkdir()
    (outbox / "way").symlink_to(secret)
    (outbox / "file").symlink_to(secret / "x")
    store = Folder(outbox)
    for key in ("way/x", "file", "way/new"):
        with pytest.raises(ValueError, match="symbolic link"):
            store.put(key, given, "text/plain")
        with pytest.raises(ValueError, match="symbolic link"):
            store.fetch(key, tmp_path / "back")
    with pytest.raises(ValueError, match="symbolic link"):
        store.names("way")
    assert store.names("") == []
    assert everything(secret) == ["x"]


def test_a_folder_is_not_an_object(outbox: Path, given: Path, tmp_path: Path) -> None:
    store = Folder(outbox)
    store.put("a/b", given, "text/plain")
    with pytest.raises(FileExistsError):
        store.put("a", given, "text/plain")
    with pytest.raises(FileNotFoundError):
        store.fetch("a", tmp_path / "back")
    with pytest.raises(OSError, match="A file is where a folder should be|exists"):
        store.put("a/b/c", given, "text/plain")
    assert everything(outbox) == ["a", "a/b"]


def test_a_full_disk_is_a_sentence_and_leaves_no_part(outbox: Path, given: Path) -> None:
    """A limit on file size stands in for the disk: the write fails in the middle."""
    code = f"""
import errno, resource, signal, sys
from tools.local import folder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
folder._SENTENCES[errno.EFBIG] = folder._SENTENCES[errno.ENOSPC]
from pathlib import Path
try:
    folder.Folder({str(outbox)!r}).put("a/x", Path({str(given)!r}), "text/plain")
except OSError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "The disk is full; free some space" in done.stdout
    assert everything(outbox) == ["a"]
    assert resource.RLIMIT_FSIZE is not None


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_what_the_disk_says_is_told_with_what_to_do(
    outbox: Path, given: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fails(*_: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="free some space|another outbox") as told:
        Folder(outbox).put("a/x", given, "text/plain")
    assert told.value.errno == code
    assert everything(outbox) == ["a"]


def test_fetching_onto_a_full_disk_leaves_no_part(
    outbox: Path, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Folder(outbox)
    store.put("x", given, "text/plain")
    (tmp_path / "work").mkdir()

    def fails(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="The disk is full"):
        store.fetch("x", tmp_path / "work" / "source.bin")
    assert everything(tmp_path / "work") == []


def test_a_writer_killed_in_the_middle_leaves_no_name(outbox: Path, given: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from tools.local.folder import Folder
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
Folder({str(outbox)!r}).put("a/x", Path({str(given)!r}), "text/plain")
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == -signal.SIGKILL
    store = Folder(outbox)
    assert store.names("") == []
    store.put("a/x", given, "text/plain")
    assert store.names("") == ["a/x"]


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_links_works_too(
    outbox: Path, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(module.os, "link", fails)
    store = Folder(outbox)
    sha = store.put("x", given, "text/plain")
    assert store.put("x", given, "text/plain") == sha
    other = tmp_path / "other"
    other.write_text("other")
    with pytest.raises(FileExistsError):
        store.put("x", other, "text/plain")
    assert everything(outbox) == ["x"]


def test_a_published_file_can_be_read_like_the_one_given(outbox: Path, given: Path) -> None:
    given.chmod(0o644)
    Folder(outbox).put("x", given, "text/plain")
    assert (outbox / "x").stat().st_mode & 0o777 == 0o644
