"""Words that a person puts right: found among what was heard, and carried to the files that hold them and no others."""

from __future__ import annotations

import json

import pytest

from agent.deciding.planner import Planner
from agent.loop import run
from agent.reading.change import RevisionError
from agent.revising.correction import plan_correction
from agent.revising.planned import carry
from tests.agent.test_loop import brief, fetch, studio, video  # noqa: F401
from tools.schema import Sentence, Transcript, Word
from tools.words import corrections

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]


def told(*texts: str) -> Transcript:
    said = []
    for n, text in enumerate(texts):
        words = tuple(Word(start=9 * n + k, end=9 * n + k + 0.8, text=token) for k, token in enumerate(text.split()))
        said.append(Sentence(id=f"S{n + 1}", start=9 * n, end=words[-1].end, text=text, words=words))
    return Transcript(sentences=tuple(said))


def put(transcript: Transcript, said: str) -> list[str]:
    found = corrections.find(transcript, *corrections.read(said))
    return [sentence.text for sentence in corrections.apply(transcript, found, corrections.read(said)[1]).sentences]


@pytest.mark.parametrize(
    ("heard", "right", "said"),
    [
        ("We run cooper netties, of course.", "Kubernetes", "We run Kubernetes, of course."),
        ("We run kubernetes.", "Kubernetes", "We run Kubernetes."),
        ("I am John Pierce, a lecturer.", "Jon Peirce", "I am Jon Peirce, a lecturer."),
        ("Ask post gress for it.", "Postgres", "Ask Postgres for it."),
        ("The promo is cut by hook line today.", "Hookline", "The promo is cut by Hookline today."),
    ],
)
def test_a_name_is_found_by_its_letters_or_its_sound(heard: str, right: str, said: str) -> None:
    assert put(told(heard), right) == [said]


@pytest.mark.parametrize(
    ("heard", "right"),
    [
        ("We lost half of our customers.", "Kubernetes"),
        ("The government is new.", "Kubernetes"),
        ("It was a great price.", "Grace Hopper"),
        ("We run Kubernetes already.", "Kubernetes"),
    ],
)
def test_what_only_looks_a_little_alike_is_left(heard: str, right: str) -> None:
    assert corrections.find(told(heard), "", right) == []


def test_what_was_heard_can_be_said_and_is_then_changed_everywhere_and_nowhere_else() -> None:
    assert put(told("The ai is on.", "Ai is it."), "ai=A.I.") == ["The A.I. is on.", "A.I. is it."]
    assert put(told("The aid is on."), "ai=A.I.") == ["The aid is on."]


def test_words_keep_the_time_that_they_had_together() -> None:
    transcript = told("We run cooper netties, of course.")
    found = corrections.find(transcript, "", "Kubernetes")
    words = corrections.apply(transcript, found, "Kubernetes").sentences[0].words
    assert [(word.text, word.start, word.end) for word in words[2:3]] == [("Kubernetes,", 2.0, 3.8)]
    assert words[3] == transcript.sentences[0].words[4]


@pytest.mark.parametrize("said", ["", "=", "a=", "=b", "AI"])
def test_a_correction_that_says_too_little_is_refused_with_what_to_say(said: str) -> None:
    with pytest.raises(ValueError, match="say"):
        corrections.read(said)


def digests(outcome, *names: str) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return {each.name: each.sha256 for each in outcome.artifacts if each.name.startswith(names)}


def test_a_word_in_the_cut_is_burned_anew_and_one_outside_it_renders_nothing(studio, video, tmp_path) -> None:  # noqa: F811
    at = studio(Planner())
    first = run(brief(), at, fetch(video))
    assert first.cut is not None, first.reason
    inside = {name for clip in first.cut.clips for name in clip.ids}
    transcript = Transcript.model_validate_json((at.home / first.run / "transcript.json").read_bytes())
    sentence = next(s for s in transcript.sentences if s.id in inside)
    word = max((w.text.strip(".,?") for w in sentence.words), key=len)
    planned = plan_correction(at, first.run, [f"{word}=Zanzibar"])
    assert planned.render == ("1x1",)
    second = carry(at, planned)
    assert second.status.startswith("done"), second.reason
    assert second.cut is not None
    assert [(c.first_frame, c.frames) for c in second.cut.clips] == [(c.first_frame, c.frames) for c in first.cut.clips]
    out = next((tmp_path / "outbox").glob(f"*/{second.run}"))
    for name in ("promo_1x1.srt", "promo_1x1.ass", "captions.vtt", "transcript.json"):
        assert "Zanzibar" in (out / name).read_text(), name
    assert word not in (out / "promo_1x1.srt").read_text()
    assert any("Zanzibar" in clip.text for clip in second.cut.clips)
    assert word not in json.dumps(json.loads((out / "post.json").read_text())), "hooks and titles follow"
    assert digests(first, "promo_1x1.mp4") != digests(second, "promo_1x1.mp4")

    said = " ".join(s.text for s in transcript.sentences if s.id in inside).casefold()
    outside = [w.text.strip(".,?") for s in transcript.sentences if s.id not in inside for w in s.words]
    other = max((word for word in outside if word.casefold() not in said), key=len)
    planned = plan_correction(at, first.run, [f"{other}=Timbuktu"])
    assert planned.render == ()
    third = carry(at, planned)
    assert digests(third, "promo_1x1") == digests(first, "promo_1x1")
    assert "Timbuktu" in (next((tmp_path / "outbox").glob(f"*/{third.run}")) / "captions.srt").read_text()
    assert at.records.run(third.run)["parent"] == first.run


def test_a_word_that_was_not_heard_is_told_and_nothing_is_made(studio, video) -> None:  # noqa: F811
    at = studio(Planner())
    first = run(brief(), at, fetch(video))
    with pytest.raises(RevisionError, match="Nothing that was heard sounds like"):
        plan_correction(at, first.run, ["Kubernetes"])
    assert len(at.records.runs(10)) == 1
