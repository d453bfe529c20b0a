"""What every object store promises.  With ``--live`` the account's bucket, too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.account import spread, wired
from tools.local.folder import Folder
from tools.ports import ObjectStore

pytestmark = pytest.mark.aws


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    spread(metafunc, "store")


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    if request.param == "local":
        yield Folder(tmp_path / "outbox")
    else:
        with wired(request.param, tmp_path) as at:
            yield at.engines.store


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def make(data: bytes) -> Path:
        path = tmp_path / f"given-{hashlib.sha256(data).hexdigest()[:8]}"
        path.write_bytes(data)
        return path

    return make


def test_it_is_a_store(store: ObjectStore) -> None:
    assert isinstance(store, ObjectStore)


@pytest.mark.parametrize("data", [b"", b"x", b"0123456789" * 300_000], ids=["empty", "one byte", "3 MB"])
def test_what_was_put_is_fetched_byte_for_byte(
    store: ObjectStore, file: Callable[[bytes], Path], tmp_path: Path, data: bytes
) -> None:
    assert store.put("talk/1a/promo.mp4", file(data), "video/mp4") == hashlib.sha256(data).hexdigest()
    store.fetch("talk/1a/promo.mp4", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data


def test_putting_the_same_again_is_fine_and_other_bytes_are_refused(
    store: ObjectStore, file: Callable[[bytes], Path], tmp_path: Path
) -> None:
    first = store.put("a/run.json", file(b"one"), "application/json")
    assert store.put("a/run.json", file(b"one"), "application/json") == first
    with pytest.raises(FileExistsError, match=r"run\.json"):
        store.put("a/run.json", file(b"two"), "application/json")
    store.fetch("a/run.json", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"one"


def test_of_many_writers_at_once_one_wins_and_the_object_is_whole(
    store: ObjectStore, file: Callable[[bytes], Path], tmp_path: Path
) -> None:
    texts = [bytes([65 + n]) * 200_000 for n in range(8)]

    def put(data: bytes) -> bool:
        try:
            store.put("a/x", file(data), "text/plain")
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(put, texts)) == 1
    store.fetch("a/x", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() in texts
    assert store.names("a") == ["a/x"]


def test_a_missing_object_is_said_and_leaves_nothing(store: ObjectStore, tmp_path: Path) -> None:
    into = tmp_path / "into" / "back"
    into.parent.mkdir()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        store.fetch("nowhere/x", into)
    assert list(into.parent.iterdir()) == []


def test_fetching_replaces_what_was_there_only_when_all_came(
    store: ObjectStore, file: Callable[[bytes], Path], tmp_path: Path
) -> None:
    into = tmp_path / "back"
    into.write_bytes(b"before")
    with pytest.raises(FileNotFoundError):
        store.fetch("nowhere", into)
    assert into.read_bytes() == b"before"
    store.put("x", file(b"after"), "text/plain")
    store.fetch("x", into)
    assert into.read_bytes() == b"after"


def test_names_are_those_below_a_folder_sorted(store: ObjectStore, file: Callable[[bytes], Path]) -> None:
    keys = ["a/1/x", "a/1/y", "a/10/x", "a/2", "b/ümlaut 😀.txt"]
    for key in reversed(keys):
        store.put(key, file(key.encode()), "text/plain")
    assert store.names("") == keys
    assert store.names("a/1") == store.names("a/1/") == ["a/1/x", "a/1/y"]
    assert store.names("b") == ["b/ümlaut 😀.txt"]
    assert store.names("none") == []


def test_what_is_removed_is_gone_and_its_neighbours_stay(store: ObjectStore, file: Callable[[bytes], Path]) -> None:
    for key in ("talk/1a/run.json", "talk/1a/cut.edl", "talk/1ab/run.json", "talk/2/run.json"):
        store.put(key, file(key.encode()), "text/plain")
    assert store.remove("talk/1a") == 2
    assert store.names("talk") == ["talk/1ab/run.json", "talk/2/run.json"]
    assert store.remove("talk/1a") == 0
    with pytest.raises(ValueError, match="."):
        store.remove("")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a/..", "a//x", "a/", ".", "a/./x", "a/\0", "a/\nb", "\ud800"]
)
def test_a_key_that_is_no_plain_name_is_refused(
    store: ObjectStore, file: Callable[[bytes], Path], tmp_path: Path, key: str
) -> None:
    with pytest.raises(ValueError, match="key"):
        store.put(key, file(b"x"), "text/plain")
    with pytest.raises(ValueError, match="key"):
        store.fetch(key, tmp_path / "back")
    assert not (tmp_path / "back").exists()
