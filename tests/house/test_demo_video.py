"""The demo video's truth holds together, and the file is what the truth says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from examples.demo import ensure, script, truth_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    video = ensure(tmp_path_factory.mktemp("demo"), seconds=12)
    return video, json.loads(truth_of(video).read_text("utf-8"))


def test_the_script_says_numbers_in_words_and_shows_only_slides_it_has():
    talk = script()
    known = {slide["id"] for slide in talk["slide"]}
    lines = [line for section in talk["section"] for line in section["lines"]]
    shots = [section["shot"] for section in talk["section"]] + [line["shot"] for line in lines if "shot" in line]
    assert 55 <= len(lines) <= 70
    assert not [line["say"] for line in lines if re.search(r"[0-9%$]", line["say"])]
    assert {shot.partition(":")[2] for shot in shots} - {""} == known
    assert {shot.partition(":")[0] for shot in shots} == {"wide", "close", "both", "slide"}


def test_no_good_passage_is_housekeeping_or_off_topic():
    lines = [line for section in script()["section"] for line in section["lines"]]
    good = [line for line in lines if line.get("good")]
    assert len(good) >= 25
    assert not [line for line in good if {"housekeeping", "off-topic"} & set(line["tags"])]
    assert "housekeeping" in lines[0]["tags"]


def test_words_lie_inside_their_sentences_in_order(made: tuple[Path, dict]):
    _, truth = made
    for sentence in truth["sentences"]:
        words = [word for word in truth["words"] if word["sentence"] == sentence["id"]]
        assert " ".join(word["text"] for word in words) == sentence["text"]
        assert (words[0]["start"], words[-1]["end"]) == (sentence["start"], sentence["end"])
    starts = [word["start"] for word in truth["words"]]
    assert starts == sorted(starts)
    assert all(word["start"] < word["end"] <= truth["duration"] for word in truth["words"])


def test_shots_cover_the_film_and_no_cut_falls_inside_a_word(made: tuple[Path, dict]):
    _, truth = made
    shots = truth["shots"]
    assert shots[0]["start"] == 0
    assert shots[-1]["end"] == pytest.approx(truth["duration"], abs=0.001)
    assert all(one["end"] == after["start"] for one, after in zip(shots, shots[1:], strict=False))
    for cut in truth["cuts"]:
        assert not [word for word in truth["words"] if word["start"] < cut < word["end"]]


def test_the_file_is_as_long_and_as_large_as_its_truth_says(made: tuple[Path, dict]):
    import av

    video, truth = made
    with av.open(str(video)) as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        assert (picture.width, picture.height, picture.average_rate) == (1920, 1080, 30)
        assert (picture.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert film.duration / 1e6 == pytest.approx(truth["duration"], abs=0.1)
        assert picture.frames == round(truth["duration"] * 30)
    assert b"moov" in video.read_bytes()[:64_000]


def test_it_is_made_once(made: tuple[Path, dict]):
    video, _ = made
    before = video.stat().st_mtime_ns
    assert ensure(video.parent.parent, seconds=12) == video
    assert video.stat().st_mtime_ns == before
    assert not list(video.parent.parent.glob(".making-*"))
