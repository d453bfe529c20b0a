"""Fillers and long silences inside clips are taken out, and nothing else is."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.reading.change import Change
from agent.revising.recut import recut
from tests.tools.test_cut import bench, pick
from tools.cutting import tighten
from tools.cutting.edges import Material, at
from tools.cutting.material import working
from tools.cutting.plan import plan
from tools.ports import Bench
from tools.schema import Sentence, Shot, Transcript, Word
from tools.words.sentences import sentences

SAID = "We sold, um, half of all that we had in it. | Nobody minded … at all, and nobody ever asked us why. | Prices fell uh by ten percent. | Then we slept. | Sales rose again."
RATES = ["25", "30000/1001", "24000/1001", "60"]


def talk(text: str = SAID, hole: float = 1.1) -> Transcript:
    """Words of 0.3 s, 0.06 s apart; ``…`` is a silence of ``hole`` seconds, and so is the end of each second sentence."""
    words, now = [], 0.5
    for number, sentence in enumerate(text.split(" | ")):
        for token in sentence.split():
            if token == "…":
                now += hole
                continue
            words.append(Word(start=round(now, 3), end=round(now + 0.3, 3), text=token))
            now += 0.36
        now += hole if number % 2 else 0.5
    parts = sentences(words)
    return Transcript(sentences=parts)


def loud(folder: Path, heard: Transcript, holes: float = 0.0) -> None:
    """A tone while someone speaks, and one of ``holes`` of full scale between."""
    seconds = heard.sentences[-1].end + 1.0
    sound = holes * np.sin(2 * np.pi * 300 * np.arange(int(seconds * 16000)) / 16000)
    for word in heard.words:
        span = slice(int(word.start * 16000), int(word.end * 16000))
        sound[span] = 0.3 * np.sin(2 * np.pi * 200 * np.arange(span.stop - span.start) / 16000)
    with wave.open(str(folder / "audio.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes((sound * 32767).astype("<i2").tobytes())


def desk(
    folder: Path, holes: float = 0.0, rate: str = "30000/1001", shots: tuple[Shot, ...] = (), target: float = 11.3
) -> Bench:
    heard = talk()
    made = bench(folder, heard, shots, rate, target=target, options={"tighten": True, "opening": "any"})
    loud(folder, heard, holes)
    return made


@pytest.mark.parametrize("rate", RATES)
def test_a_tightened_plan_is_exact_and_plays_every_word_but_the_fillers(tmp_path: Path, rate: str) -> None:
    at_work = desk(tmp_path, rate=rate)
    made = plan(at_work, [pick("S1 S2", "hook"), pick("S3"), pick("S5", "close")])
    assert abs(sum(clip.frames for clip in made.clips) / Fraction(rate) - 11.3) <= 0.5
    assert [clip.label for clip in made.clips] == ["A", "A2", "A3", "B", "B2", "C"]
    assert all(clip.certificate.passed for clip in made.clips)
    said = " ".join(clip.text for clip in made.clips)
    assert (
        said
        == "We sold, half of all that we had in it. Nobody minded at all, and nobody ever asked us why. Prices fell by ten percent. Sales rose again."
    )
    assert max(one.end - one.start for one in made.clips) < 8


def test_each_removal_is_a_decision_in_the_record(tmp_path: Path) -> None:
    at_work = desk(tmp_path)
    plan(at_work, [pick("S1 S2", "hook"), pick("S3"), pick("S5", "close")])
    told = [row.reason for row in at_work.candidates if row.reason.startswith("tightened")]
    assert len(told) == 3
    assert any("um," in each for each in told)
    assert any("s of silence" in each and "minded" in each for each in told)


def test_laughter_and_what_is_shown_in_a_silence_stay(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    noisy = working(desk(tmp_path / "one", holes=0.2))[1]
    assert noisy is not None
    assert all("silence" not in each.reason for each in noisy.gone)
    heard = talk()
    hole = next(one.end for one, two in zip(heard.words, heard.words[1:], strict=False) if one.text == "minded")
    shots = (Shot(id="V1", start=0, end=hole + 0.8), Shot(id="V2", start=hole + 0.8, end=60))
    shown = working(desk(tmp_path / "two", shots=shots))[1]
    assert shown is not None
    assert not any("minded" in each.reason for each in shown.gone)
    assert any("silence" in each.reason for each in shown.gone)


def test_without_the_wish_nothing_is_taken_out(tmp_path: Path) -> None:
    made = bench(tmp_path, talk(), target=14.0)
    loud(tmp_path, talk())
    assert working(made)[1] is None


def test_a_revision_of_a_tightened_cut_keeps_what_it_does_not_name(tmp_path: Path) -> None:
    at_work = desk(tmp_path)
    made = plan(at_work, [pick("S1 S2", "hook"), pick("S3"), pick("S5", "close")])
    _, tight = working(at_work)
    assert tight is not None
    old = tighten.joined(made, tight)
    assert [clip.label for clip in old.clips] == ["A", "B", "C"]
    again = recut(at_work, old, [Change(what="drop", clips=(2,))])
    assert [each.ids for each in again.picks] == [("S1", "S2"), ("S5",)]
    spread = tighten.spread(old, tight, at_work.workspace.transcript.sentences)  # type: ignore[union-attr]
    assert [(c.label, c.first_frame, c.frames, c.text) for c in spread.clips] == [
        (c.label, c.first_frame, c.frames, c.text) for c in made.clips
    ]


tokens = st.sampled_from(["one", "two.", "um,", "Uh", "three", "hmm.", "four?", "erm"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(tokens, st.floats(0.02, 0.6), st.sampled_from([0.0, 0.02, 0.3, 0.9, 2.5])), min_size=3, max_size=24
    ),
    st.sampled_from(RATES),
    st.data(),
)
def test_no_word_but_a_filler_is_touched_and_every_other_frame_plays_once(talked, rate, data) -> None:
    words, now = [], 0.3
    for text, length, gap in talked:
        words.append(Word(start=round(now, 3), end=round(now + length, 3), text=text))
        now += length + gap
    fps = Fraction(rate)
    heard: tuple[Sentence, ...] = sentences(words)
    material = Material(heard, (), fps, now + 1, np.full(int(now * 100) + 200, -90, np.float32))
    tight = tighten.removals(material)
    assert all(one.last <= two.first for one, two in zip(tight.gone, tight.gone[1:], strict=False))
    kept = [w for s in heard for w in s.words if not tighten.FILLER.fullmatch(w.text)]
    for gone in tight.gone:
        for word in kept:
            low, high = max(at(gone.first, fps), word.start), min(at(gone.last, fps), word.end)
            assert high - low <= 0.5 / float(fps) + 1e-6
    total = material.frames - sum(each.last - each.first for each in tight.gone)
    first = data.draw(st.integers(0, max(0, total - 2)))
    count = data.draw(st.integers(1, max(1, total - first)))
    played = [n for begin, frames in tight.stretches(first, count) for n in range(begin, begin + frames)]
    assert len(played) == count
    assert [tight.frame(n) for n in played] == list(range(first, first + count))
    assert not any(each.first <= n < each.last for each in tight.gone for n in played)
    short = tighten.squeezed(material, tight)
    moments = [edge for s in short.sentences for w in s.words for edge in (w.start, w.end)]
    assert moments == sorted(moments)
