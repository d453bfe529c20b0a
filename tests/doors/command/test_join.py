"""Several recordings by the command line: joined once, refused by name, with their transcripts, and forgotten with the last run of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.sweep import REELS, _reel
from doors import reels
from doors.command.main import main
from tests.tools.rendering.test_reel import film
from tools.files.whole import fingerprint
from tools.media import facts
from tools.troubles import Refusal
from tools.words import sidecar
from tools.workspace import LINK

pytestmark = pytest.mark.slow

SAID = "1\n00:00:00,500 --> 00:00:02,000\nThe price <i>is</i> R&D.\n\n2\n00:00:02,500 --> 00:00:04,000\nIt is short.\n"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    film(folder / "a.mp4", size="160x90", rate="25", seconds=5, pitch=220, volume=-3)
    film(folder / "b.mp4", size="90x160", rate="30", seconds=4, pitch=330, volume=-25, channels=1)
    return folder


@pytest.fixture(scope="module")
def home(films: Path) -> Path:
    """A home that holds the reel of both."""
    reels.reel_of([str(films / "a.mp4"), str(films / "b.mp4")], films / "home", lambda text: None, lambda share: None)
    return films / "home"


@pytest.fixture
def both(films: Path, tmp_path: Path) -> list[str]:
    """The two films in a folder of this test's own."""
    return [str(shutil.copy(films / name, tmp_path / name)) for name in ("a.mp4", "b.mp4")]


def asked(home: Path, monkeypatch: pytest.MonkeyPatch, *args: str) -> tuple[int, str, str]:
    monkeypatch.setenv("HOOKLINE_HOME", str(home))
    ran = CliRunner().invoke(main, list(args))
    return ran.exit_code, ran.stdout, ran.stderr


def test_join_makes_one_file_that_says_what_is_in_it_and_makes_it_once(
    home: Path, both: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = next((home / REELS).glob("*/*.mp4"))
    before = kept.stat().st_mtime_ns
    into = tmp_path / "day.mp4"
    code, out, err = asked(home, monkeypatch, "join", *both, "--into", str(into))
    assert (code, out.strip()) == (0, str(into))
    assert "hookline make" in err
    assert [take.name for take in facts.probe(into, "day.mp4").takes] == ["a.mp4", "b.mp4"]
    assert fingerprint(into) == fingerprint(kept)
    assert kept.stat().st_mtime_ns == before, "what was joined before is not joined again"
    assert asked(home, monkeypatch, "join", *both, "--into", str(into))[0] == 0


def test_join_takes_no_other_files_place(
    home: Path, both: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.mp4").write_bytes(b"mine")
    code, _, err = asked(home, monkeypatch, "join", *both, "--into", str(tmp_path / "mine.mp4"))
    assert code == 3
    assert "is something else" in err
    assert (tmp_path / "mine.mp4").read_bytes() == b"mine"
    code, _, err = asked(home, monkeypatch, "join", *both, "--into", str(tmp_path / "day.mkv"))
    assert code == 3
    assert "name it as one, such as interviews.mp4" in err


def test_what_can_not_be_joined_is_named_and_nothing_is_kept(
    both: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.mp4").write_text("no video")
    for args in (["join", both[0], str(tmp_path / "notes.mp4"), "--into", str(tmp_path / "x.mp4")],
                 ["make", both[0], "--with", str(tmp_path / "notes.mp4"), "30s"]):  # fmt: skip
        code, _, err = asked(tmp_path / "home", monkeypatch, *args)
        assert code == 3
        assert "notes.mp4 can't be joined" in err
    assert not list((tmp_path / "home").rglob("*.mp4"))


def test_a_plan_of_recordings_that_are_not_joined_says_so(
    both: list[str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = ["make", both[0], "--with", both[1], "10s", "--dry-run"]
    code, _, err = asked(tmp_path / "home", monkeypatch, *args)
    assert code == 3
    assert "leave out --dry-run" in err
    assert asked(home, monkeypatch, *args)[0] == 0


def test_a_wish_that_can_not_be_read_is_told_before_anything_is_joined(
    both: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, _ = asked(tmp_path / "home", monkeypatch, "make", both[0], "--with", both[1], "a promo of 9000 seconds")
    assert code == 3
    assert not (tmp_path / "home" / REELS).exists()


def beside(both: list[str], home: Path) -> tuple[Path, list[str]]:
    """The transcript beside the reel, and what was said while it was made."""
    said: list[str] = []
    return reels.reel_of(both, home, said.append, lambda share: None).with_suffix(".vtt"), said


def test_transcripts_beside_every_recording_are_one_on_the_reels_clock(both: list[str], home: Path) -> None:
    for each in both:
        Path(each).with_suffix(".srt").write_text(SAID)
    path, said = beside(both, home)
    assert said == []
    words = sidecar.read(path, 10.0).speech.words
    assert " ".join(word.text for word in words) == "The price is R&D. It is short. The price is R&D. It is short."
    assert [words[0].start, words[7].start] == pytest.approx([0.5, 6.5], abs=0.05)
    assert sidecar.read(path, 10.0).timed is False


def test_one_transcript_that_is_missing_or_can_not_be_read_leaves_all_unused_and_is_told(
    both: list[str], home: Path
) -> None:
    Path(both[0]).with_suffix(".srt").write_text(SAID)
    path, said = beside(both, home)
    assert said == ["No transcript lies beside b.mp4, so those of the others are not used."]
    Path(both[1]).with_suffix(".srt").write_text("nothing")
    path, said = beside(both, home)
    assert said[0].startswith("The transcript beside b.mp4 can't be used, so none is: ")
    assert not path.exists()


def test_a_reel_goes_with_the_last_run_of_it_and_a_persons_own_file_never(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    kept = tmp_path / REELS / ("d" * 20) / "a + b.mp4"
    for name, path in (("r1", kept), ("r2", tmp_path / "talk.mp4")):
        (runs / name).mkdir(parents=True)
        (runs / name / LINK).write_text(path.resolve().as_uri(), "ascii")
    assert _reel(runs, "r1") == kept.parent.resolve()
    assert _reel(runs, "r2") is None
    assert _reel(runs, "gone") is None


def test_names_of_recordings_make_the_name_of_the_reel(both: list[str]) -> None:
    with pytest.raises(Refusal, match="1 recordings were given"):
        reels.reel_of(both[:1], Path("home"), lambda text: None, lambda share: None)
