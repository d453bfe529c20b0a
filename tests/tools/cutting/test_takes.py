"""No clip of a reel runs from one recording into another, whoever chooses: the search, the ranking, a model, or a revision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from langchain_core.tools import ToolException

from agent.reading.change import Change, RevisionError
from agent.revising.recut import recut
from tests.tools.cutting.test_parts import TALK
from tests.tools.test_cut import bench
from tools.cutting import certify
from tools.cutting.choice import _lengths
from tools.cutting.edges import Material
from tools.cutting.highlights import Bounds, _runs
from tools.cutting.plan import automatic, plan
from tools.ids import Stretch
from tools.ports import Bench
from tools.propose import proposed
from tools.schema import CutList, Observation, Options, Pick, Sentence, Shot, Source, Take, Transcript, Word
from tools.words.reeled import of_source

STOP, GO = 30.0, 31.0
"""Seconds at which the first recording ends and the second begins."""
TAKES = (Take(name="keynote.mp4", start=0.0, end=STOP), Take(name="interview.mp4", start=GO, end=62.0))


def words() -> Iterator[Word]:
    """Half of the talk in each recording, close to where they meet: the last word of one runs on into the black, the first of the other begins in it."""
    for take, half in zip(TAKES, (TALK[:6], TALK[6:]), strict=True):
        said = " ".join(half).split()
        at = take.end - len(said) * 0.45 - 5 * 0.5 if take is TAKES[0] else take.start
        for text in said:
            yield Word(text=text, start=max(0.0, at - 0.2 * (at == GO)), end=at + 0.43)
            at += 0.45 + (0.5 if text[-1] == "." else 0.0)


def desk(folder: Path, target: float = 16.0, **options: object) -> Bench:
    """A run of a reel whose two recordings were heard."""
    made = bench(
        folder, Transcript(), rate="25/1", duration=62.0, target=target, options=Options.model_validate(options)
    )
    source = made.workspace.source.model_copy(update={"duration": 62.0, "takes": TAKES})
    made.workspace.save("source.json", source)
    heard = Transcript(sentences=of_source(words(), "en", source), takes=tuple(take.name for take in TAKES))
    made.workspace.save("transcript.json", heard)
    shots = (Shot(id="V1", start=0, end=STOP), Shot(id="V2", start=STOP, end=GO), Shot(id="V3", start=GO, end=62.0))
    made.workspace.save("observation.json", Observation(shots=shots))
    return made


def sentences(made: Bench) -> tuple[Sentence, ...]:
    heard = made.workspace.transcript
    assert heard
    return heard.sentences


def border(made: Bench) -> int:
    """The number of the last sentence of the first recording."""
    return sum(each.take == 0 for each in sentences(made))


def of_one(made: CutList) -> bool:
    """Whether every frame of each clip is of one recording, by seconds alone."""
    return all(
        any(take.start - 1e-6 <= clip.start and clip.end <= take.end + 1e-6 for take in TAKES) for clip in made.clips
    )


def test_words_are_cut_to_their_recording_and_no_sentence_is_of_two(tmp_path: Path) -> None:
    made = desk(tmp_path)
    said = sentences(made)
    assert [each.text for each in said] == TALK
    assert [each.take for each in said] == [0] * 6 + [1] * 6
    assert said[6].words[0].start == GO
    assert said[5].words[-1].end <= STOP


def test_unpunctuated_words_part_where_the_recordings_do() -> None:
    source = reel()
    run = [Word(text=f"w{n}", start=at, end=at + 0.2) for n, at in enumerate([29.4, 29.7, 31.1, 31.4])]
    assert [each.text for each in of_source(run, "en", source)] == ["w0 w1", "w2 w3"]
    lost = Word(text="hum", start=30.3, end=30.6)
    assert "hum" not in " ".join(each.text for each in of_source([*run[:2], lost, *run[2:]], "en", source))


def reel() -> Source:
    return Source(name="r.mp4", sha256="", bytes=1, container="mov", duration=62.0, takes=TAKES)


@pytest.mark.parametrize("target", [10.0, 16.0, 24.0, 34.0])
def test_the_search_offers_no_clip_of_two_and_plays_both_where_the_length_needs_both(
    tmp_path: Path, target: float
) -> None:
    made = desk(tmp_path, target)
    cut = automatic(made)
    assert of_one(cut)
    assert all(check.passed for clip in cut.clips for check in clip.certificate.checks if check.name == "one recording")
    assert sum(check.name == "one recording" for clip in cut.clips for check in clip.certificate.checks) == len(
        cut.clips
    )
    if target > 30:
        assert {clip.original.name for clip in cut.clips if clip.original} == {"keynote.mp4", "interview.mp4"}


def test_a_tightened_cut_stays_within_its_recordings(tmp_path: Path) -> None:
    made = desk(tmp_path, 20.0, tighten=True)
    assert of_one(automatic(made))


def test_whole_moments_are_of_one_recording(tmp_path: Path) -> None:
    made = desk(tmp_path, 12.0, highlights=6, least=6.0, most=25.0)
    found = proposed(made).highlights
    assert found
    said = {each.id: each.take for each in sentences(made)}
    assert all(len({said[name] for name in each.ids}) == 1 for each in found)


def test_no_run_that_is_weighed_as_a_moment_is_of_two(tmp_path: Path) -> None:
    said = sentences(desk(tmp_path))
    runs = list(_runs(said, Bounds(2.0, 60.0), set(), np.zeros(len(said), bool)))
    assert (0, 5) in runs
    assert (6, 11) in runs
    assert all(said[first].take == said[last].take for first, last in runs)


def test_a_story_goes_on_within_a_recording_alone(tmp_path: Path) -> None:
    said = sentences(desk(tmp_path))
    after = _lengths(said, 0.1).after
    assert after[6] > 1e6
    assert max(after[:6]) < 100
    assert max(after[7:]) < 100


def test_the_pause_at_the_border_is_each_recordings_own(tmp_path: Path) -> None:
    made = desk(tmp_path)
    material = Material.of(made.workspace.source, made.workspace.transcript, made.workspace.observation)
    assert material.gap(5, "end")[1] == STOP
    assert material.gap(6, "start")[0] == GO
    assert material.gap(5, "start") == material.gaps[5]


def picked(role: str, first: int, last: int) -> Pick:
    return Pick(ids=Stretch("S", first - 1, last - 1).ids, role=role, reason="x")  # type: ignore[arg-type]


def test_a_pick_across_the_border_is_refused_by_the_recordings_names(tmp_path: Path) -> None:
    made = desk(tmp_path)
    last = border(made)
    with pytest.raises(ToolException) as no:
        plan(made, [picked("hook", last, last + 1)])
    assert f"pick 1: S{last}-S{last + 1} runs from keynote.mp4 into interview.mp4; pick them apart" in str(no.value)


@pytest.mark.parametrize("ids", [("V1", "V2"), ("V2",), ("V2", "V3")], ids="-".join)
def test_the_black_between_is_no_shot_to_pick(tmp_path: Path, ids: tuple[str, ...]) -> None:
    made = desk(tmp_path)
    with pytest.raises(ToolException, match=r"runs (into the black|from keynote.mp4 into interview.mp4)"):
        plan(made, [Pick(ids=ids, role="hook", reason="x")])


def test_two_picks_on_either_side_of_the_border_are_two_clips(tmp_path: Path) -> None:
    made = desk(tmp_path, 12.0, least=6.0, most=30.0)
    last = border(made)
    cut = plan(made, [picked("hook", last - 1, last), picked("close", last + 1, last + 2)])
    assert of_one(cut)
    assert len(cut.clips) == 2


def test_a_certificate_that_is_given_a_clip_of_two_fails(tmp_path: Path) -> None:
    made = desk(tmp_path)
    material = Material.of(made.workspace.source, made.workspace.transcript, made.workspace.observation)
    cut = automatic(made)
    first = round(29.0 * material.rate)
    forged = cut.clips[0].model_copy(update={"first_frame": first, "frames": round(3 * material.rate)})
    told = certify.against(cut.model_copy(update={"clips": (forged,)}), material).clips[0].certificate
    check = next(each for each in told.checks if each.name == "one recording")
    assert (check.passed, check.value) == (False, "1, 2")


@pytest.mark.parametrize("by", [None, 1.0, 4.0])
def test_a_clip_at_the_border_grows_within_its_recording_or_not_at_all(tmp_path: Path, by: float | None) -> None:
    made = desk(tmp_path, 14.0, least=6.0, most=30.0)
    last = border(made)
    cut = plan(made, [picked("hook", last - 1, last), picked("close", last + 2, last + 3)])
    try:
        changed = recut(made, cut, (Change(what="extend", clips=(1,), by=by),))
    except RevisionError as no:
        assert "there is no room" in str(no)  # noqa: PT017
        return
    assert f"S{last + 1}" not in changed.picks[0].ids
    frames = next(pin for ids, pin in changed.pins.items() if ids.endswith(f"S{last}"))
    assert float((frames[0] + frames[1]) / cut.fps) <= STOP + 1e-6
    if by is None:
        assert changed.picks[0].ids[0] == f"S{last - 2}", "it grows to the front, where there is more of its own"


def test_an_edge_moves_to_the_end_of_its_recording_and_not_into_the_black(tmp_path: Path) -> None:
    made = desk(tmp_path, 14.0, least=6.0, most=30.0)
    last = border(made)
    cut = plan(made, [picked("hook", last - 2, last), picked("close", last + 2, last + 3)])
    with pytest.raises(RevisionError, match="can't end later"):
        recut(made, cut, (Change(what="edge", clips=(1,), side="end", by=2.5),))


def test_a_video_that_is_no_reel_crosses_nothing(tmp_path: Path) -> None:
    made = desk(tmp_path)
    material = Material.of(
        made.workspace.source.model_copy(update={"takes": ()}), made.workspace.transcript, made.workspace.observation
    )
    assert not any(material.crosses(Stretch("S", first, 11)) for first in range(12))
    assert material.bounds(Stretch("S", 0, 0)) == (0, material.frames)
