from __future__ import annotations

import time

import numpy as np
import pytest

from tools.finding import embed, ranking
from tools.schema import Face, Frame, Observation, Sentence, Shot, Transcript, Word

LINES = """Hello everyone, can you all hear me?
Thank you for coming tonight.
Last January our pricing page was quietly killing the company.
We had nine plans, four kinds of seat, and a calculator.
What share of our customers do you think we lost every single month?
Six percent of them, every month.
We thought we were too expensive, and we were wrong.
So we called forty customers who had left us.
They could not explain the bill.
A quick detour while I find my notes, we are hiring two engineers.
Marta runs a bakery in Porto and gets up at three in the morning.
She said that she thought a seat was a chair in the bakery.
We paid every cent of it back that same afternoon.
So we threw away all nine plans and wrote three new ones on a napkin.
The result was that churn fell from six percent to two percent in a year.
If you remember one thing, make your price something a customer can repeat.
Thank you for listening.""".splitlines()


def talk(lines: list[str] = LINES, pause: float = 0.6) -> Transcript:
    sentences, at = [], 1.0
    for number, text in enumerate(lines, 1):
        words = tuple(
            Word(start=at + n * 0.35, end=at + n * 0.35 + 0.3, text=word) for n, word in enumerate(text.split())
        )
        sentences.append(Sentence(id=f"S{number}", start=words[0].start, end=words[-1].end, text=text, words=words))
        at = words[-1].end + pause
    return Transcript(sentences=tuple(sentences))


def ranked(topic: str = "", transcript: Transcript | None = None, levels: np.ndarray | None = None):
    return ranking.rank(transcript or talk(), None, topic, levels)


def test_greetings_and_housekeeping_are_never_offered_and_say_why() -> None:
    rows = ranked()
    left = {row.ids for row in rows if not row.kept}
    assert {("S1",), ("S2",), ("S17",)} <= left
    assert all("greeting" in row.reason for row in rows if not row.kept)
    assert not [row for row in rows if row.kept and {"S1", "S2", "S17"} & set(row.ids)]


def test_every_row_says_why_in_words_and_in_parts() -> None:
    for row in ranked("pricing"):
        assert row.reason
        assert 0 <= row.score <= 1
        if row.kept:
            assert set(row.parts) == {"relevance", "salience", "alone", "delivery", "position", "cues", "novelty"}


def test_passages_are_one_to_four_sentences_in_a_row() -> None:
    for row in ranked():
        numbers = [int(name[1:]) for name in row.ids]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) <= ranking.MOST


def test_a_topic_brings_its_passage_to_the_top() -> None:
    assert {"S11", "S12"} & set(ranked("the baker from Porto")[0].ids)
    assert "S10" in ranked("hiring engineers")[0].ids


def test_without_a_topic_an_aside_is_not_the_best() -> None:
    assert "S10" not in {name for row in ranked()[:5] for name in row.ids}


def test_what_leans_on_what_came_before_is_worth_less_alone() -> None:
    told = ranking._Talk(talk().sentences, "", None)
    assert told.alone(8, 8) < told.alone(2, 2) == 1.0


def test_the_same_said_twice_is_offered_for_less() -> None:
    lines = [*LINES[:15], LINES[14].replace("The result was", "In the end the result was"), *LINES[15:]]
    rows = {row.ids: row for row in ranked(transcript=talk(lines)) if row.kept}
    assert min(rows[("S15",)].parts["novelty"], rows[("S16",)].parts["novelty"]) < 0.4


def test_a_lively_voice_is_preferred() -> None:
    transcript = talk()
    loud = np.full(int(transcript.sentences[-1].end * 100) + 100, -30.0, np.float32)
    spot = transcript.sentences[3]
    loud[int(spot.start * 100) : int(spot.end * 100)] = -22
    parts = {row.ids: row.parts["delivery"] for row in ranked(levels=loud) if row.kept}
    plain = {row.ids: row.parts["delivery"] for row in ranked(levels=np.full_like(loud, -30.0)) if row.kept}
    assert parts[("S4",)] > plain[("S4",)]


def test_the_same_input_gives_the_same_ranks() -> None:
    assert ranked("pricing") == ranked("pricing")


def test_a_talk_of_three_hours_is_ranked_in_seconds() -> None:
    long = talk([line.replace("nine", str(n)) for n in range(150) for line in LINES])
    start = time.perf_counter()
    rows = ranked("", long)
    assert time.perf_counter() - start < 15
    assert 0 < sum(row.kept for row in rows) <= ranking.KEPT


@pytest.mark.skipif(not embed.available(), reason="the packages of the sentence model are not installed")
def test_a_wish_in_other_words_finds_its_passage() -> None:
    assert {"S13", "S12"} & {name for row in ranked("giving money back to a client")[:2] for name in row.ids}


@pytest.mark.skipif(not embed.available(), reason="the packages of the sentence model are not installed")
def test_the_sentence_model_is_let_go_of_and_found_again() -> None:
    before = embed.embed(["money back"])
    embed.let_go()
    assert embed.load.cache_info().currsize == 0
    assert (embed.embed(["money back"]) == before).all()


def frame(
    shot: str, sharpness: float = 100.0, face: float = 0.0, gates: tuple[str, ...] = (), phash: str = "0"
) -> Frame:
    faces = (Face(x=0.4, y=0.2, w=face, h=face, score=0.9),) if face else ()
    return Frame(at=1, shot=shot, file="f.jpg", sharpness=sharpness, faces=faces, gates=gates, phash=phash)


def test_without_speech_shots_are_ranked_by_what_is_seen() -> None:
    shots = tuple(Shot(id=f"V{n}", start=4.0 * n, end=4.0 * n + 4, level=-30.0) for n in range(1, 5))
    frames = (frame("V1", 10), frame("V2", 200, 0.3), frame("V3", 100), frame("V4", gates=("black",)))
    rows = ranking.rank(None, Observation(shots=shots, frames=frames), "", None)
    assert rows[0].ids == ("V2",)
    assert "face" in rows[0].reason
    assert not rows[-1].kept
    assert "black" in rows[-1].reason


def test_what_is_too_short_to_play_is_ranked_among_the_rejected() -> None:
    rows = ranked("bills", talk(["Bills.", "Yes.", "We sent them all."], pause=4.0))
    assert [(row.ids, row.kept, row.reason) for row in rows[1:]] == [
        (("S1",), False, "too short to play by itself"),
        (("S2",), False, "too short to play by itself"),
    ]
    assert rows[0].ids == ("S3",)
    assert rows[1].score > 0


def test_with_nothing_there_is_nothing_to_rank() -> None:
    assert ranking.rank(None, None, "", None) == []
