"""The short form: a sample of every group, against the real code; ``python -m tests.fire --full`` is the long one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MariaDB
from tests.fire import doors, honest, media, once, outages, replies, variants, words
from tests.fire.ground import Tally

pytestmark = pytest.mark.slow


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Counts one test's cases; whatever failed in it fails the test."""
    made = Tally(request.node.name)
    yield made
    assert made.cases
    assert not made.failures, "\n".join(made.failures[:20])


@pytest.fixture
def rendered(render_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two tests that render the same talk the second is answered from a folder."""
    monkeypatch.setenv("HOOKLINE_FFMPEG", str(render_folder))


def test_every_hostile_file_gets_its_verdict_and_a_refusal_costs_next_to_nothing(tally: Tally) -> None:
    media.intake(tally)
    assert tally.cases == len(media.cases())


def test_hostile_files_of_our_own_get_their_verdict(tally: Tally, tmp_path: Path) -> None:
    variants.own(tally, tmp_path, every=3)


@pytest.mark.parametrize(
    "name",
    ["hole_of_20_seconds.ts", "before_zero.mkv", "alpha_prores.mov", "turned_90.mp4", "hdr_pq.mp4"],
)
def test_odd_but_honest_files_become_sound_promos(tally: Tally, tmp_path: Path, name: str) -> None:
    media.pipeline(tally, tmp_path, [name], {name: "accept"})


def test_odd_but_honest_files_come_out_upright_and_in_time_with_their_sound(tally: Tally, tmp_path: Path) -> None:
    names = ("turned_and_mirrored.mp4", "picture_late.mpegts", "sound_late.mpegts", "begun_midway.ts", "trimmed.mp4")
    honest.files(tally, tmp_path, names=names)
    assert tally.cases == len(names)


def test_each_event_key_and_result_gets_its_verdict(tally: Tally) -> None:
    for throw in (doors.events, doors.keys, doors.transcripts):
        throw(tally)


def test_no_name_of_a_file_leaves_its_folder(tally: Tally, tmp_path: Path) -> None:
    doors.names(tally, tmp_path)


def test_mutants_of_good_files_get_a_verdict(tally: Tally, tmp_path: Path) -> None:
    media.mutants(tally, tmp_path, 20)


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize(
    ("name", "position"),
    [("OWN-000", "last"), ("filter-1", "mixed"), ("xss-1", "first")],
)
def test_a_model_that_obeys_the_video_breaks_nothing(tally: Tally, tmp_path: Path, name: str, position: str) -> None:
    words.attacks(tally, tmp_path, [case for case in words.injections() if case["id"] == name], [position])


@pytest.mark.usefixtures("rendered")
def test_a_model_that_does_whatever_comes_to_its_mind_ends_within_its_caps(tally: Tally, tmp_path: Path) -> None:
    words.chaos(tally, tmp_path, 30, calls=30)


@pytest.mark.usefixtures("rendered")
@pytest.mark.aws
@pytest.mark.parametrize("name", ["BR-002", "BR-038"])
def test_a_bad_answer_in_the_middle_of_a_run_ends_it_honestly(tally: Tally, tmp_path: Path, name: str) -> None:
    replies.replies(tally, tmp_path, [case for case in replies.cases() if case["id"] == name], ["middle"])


@pytest.mark.usefixtures("rendered")
def test_the_same_event_at_once_is_one_run(tally: Tally, tmp_path: Path, database: str) -> None:
    once.crowd(tally, database, tmp_path / "crowd", 12)


@pytest.mark.usefixtures("rendered")
def test_faults_at_every_port_lose_and_double_nothing(tally: Tally, tmp_path: Path, database: str) -> None:
    once.thousand(tally, database, tmp_path / "events", 8, workers=2, share=0.1)


@pytest.mark.usefixtures("rendered")
def test_a_worker_killed_or_frozen_leaves_one_whole_set(tally: Tally, tmp_path: Path, mariadb: MariaDB) -> None:
    once.kills(tally, mariadb.create, tmp_path / "kills", ("pre", "mid", "post"), pairs=0, every=25)


def test_a_full_disk_is_told_and_costs_nothing_that_was_done(tally: Tally, tmp_path: Path) -> None:
    outages.full(tally, tmp_path, sizes=(60, 300))


def test_a_promo_that_ffmpeg_left_half_made_is_not_called_done(tally: Tally, tmp_path: Path) -> None:
    outages.lies(tally, tmp_path, some=("leaves half",))
