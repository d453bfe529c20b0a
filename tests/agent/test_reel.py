"""Two recordings become one promo: one plan, one certificate, no clip out of both, and everything after it as for one video."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.answers import summary
from agent.deciding.planner import Planner
from agent.deciding.scripted import Scripted
from agent.loop import run
from agent.outcome import place
from agent.reading.change import Change
from agent.record.records import Records
from agent.revising.planned import carry
from agent.revising.revision import plan_revision
from agent.studio import Studio
from report.page import report
from tests.agent.test_loop import TALK, Unseeing, brief, fetch
from tests.tools.rendering.test_reel import film
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.ports import Engines, Transcriber
from tools.rendering import reel
from tools.schema import Outcome, Speech, Take, Word
from tools.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

OTHER = (
    "I asked the same question in our shop last winter. People paid for shelves that they never opened. "
    "We measured every shelf for a month and wrote it down. Two shelves in ten brought in most of the money. "
    "So we took the other shelves out, and the room felt twice as large. Nobody has missed a single one of them."
)


class BothHeard(Transcriber):
    """Hears a talk in each take, and as recognisers do begins the second in the silence before it and ends the first in that behind it."""

    engine = "fake"

    def transcribe(self, source, workspace, steps, language=None):  # type: ignore[no-untyped-def]
        words = [word for take, talk in zip(source.takes, (TALK, OTHER), strict=True) for word in _said(take, talk)]
        heard = Speech(words=tuple(words), engine="fake")
        return Speech.model_validate(steps.step("listen", lambda: heard.model_dump(mode="json")))


def _said(take: Take, talk: str) -> list[Word]:
    words, at = [], take.start + 0.1
    for text in talk.split():
        words.append(Word(text=text, start=at, end=at + 0.25))
        at += 0.27 + (0.4 if text[-1] in ".?" else 0.0)
    words = [word for word in words if word.end < take.end]
    first, last = words[0], words[-1]
    words[0] = first.model_copy(update={"start": max(0.0, first.start - 0.3)})
    words[-1] = last.model_copy(update={"end": take.end + 0.2})
    return words


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("joined")
    one = film(folder / "keynote.mp4", size="320x180", rate="25", seconds=24, pitch=220, volume=-3)
    two = film(
        folder / "interview.mp4", size="180x320", rate="30000/1001", seconds=20, pitch=330, volume=-25, channels=1,
        more=("-timecode", "10:00:00:00"),
    )  # fmt: skip
    paths = (one, two)
    reel.make(paths, reel.probe(paths), folder, folder / "reel.mp4", lambda share: None)
    return folder / "reel.mp4"


class Made:
    def __init__(self, folder: Path, video: Path, model: Any, **asked: object) -> None:
        records = Records(f"sqlite:///{folder / 'record.sqlite3'}")
        records.migrate()
        engines = Engines(
            transcriber=BothHeard(), analyst=Unseeing(), copywriter=Extractive(), store=Folder(folder / "outbox")
        )
        self.studio = Studio(
            engines=engines, model=model, model_id="scripted", records=records, home=folder / "runs", report=report, keep=True
        )  # fmt: skip
        asked_for = brief(video="reel.mp4", **asked)
        self.outcome: Outcome = run(asked_for, self.studio, fetch(video))
        self.folder = folder / "outbox" / place(asked_for)
        self.workspace = Workspace(folder / "runs" / self.outcome.run)


@pytest.fixture(scope="module")
def both(joined: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A length that neither recording alone has."""
    return Made(tmp_path_factory.mktemp("both"), joined, Planner(), target=28.0)


def takes_of(made: Made, outcome: Outcome | None = None) -> list[set[int]]:
    """The takes in which any frame of each clip lies, by its seconds alone."""
    takes, cut = made.workspace.source.takes, (outcome or made.outcome).cut
    assert cut
    return [
        {n for n, take in enumerate(takes) if take.start < clip.end - 1e-6 and clip.start + 1e-6 < take.end}
        for clip in cut.clips
    ]


def outside(made: Made, outcome: Outcome | None = None) -> list[str]:
    """The clips that hold something of the black between."""
    takes, cut = made.workspace.source.takes, (outcome or made.outcome).cut
    assert cut
    return [
        clip.label
        for clip in cut.clips
        if not any(take.start - 1e-6 <= clip.start and clip.end <= take.end + 1e-6 for take in takes)
    ]


def test_a_promo_of_both_holds_every_certificate_and_no_clip_is_of_two(both: Made) -> None:
    outcome = both.outcome
    assert outcome.status.startswith("done"), outcome.reason
    assert outcome.cut
    assert abs(outcome.cut.length - 28.0) <= 0.5
    assert outcome.cut.certificate.passed
    assert all(clip.certificate.passed for clip in outcome.cut.clips)
    found = takes_of(both)
    assert all(len(each) == 1 for each in found)
    assert set.union(*found) == {0, 1}, "both play where the length needs both"
    assert outside(both) == []
    for clip in outcome.cut.clips:
        assert next(check for check in clip.certificate.checks if check.name == "one recording").passed
    promo = next(each for each in outcome.artifacts if each.name == "promo_1x1.mp4")
    assert promo.certificate
    assert promo.certificate.passed


def test_no_sentence_is_of_two_and_every_word_lies_in_its_recording(both: Made) -> None:
    transcript, takes = both.workspace.transcript, both.workspace.source.takes
    assert transcript
    assert transcript.takes == ("keynote.mp4", "interview.mp4")
    assert {each.take for each in transcript.sentences} == {0, 1}
    for each in transcript.sentences:
        assert all(takes[each.take].start <= word.start <= word.end <= takes[each.take].end for word in each.words)
    assert [each.id for each in transcript.sentences] == [f"S{n + 1}" for n in range(len(transcript.sentences))]


def test_each_clip_names_its_recording_by_seconds_and_time_code_wherever_it_is_told_of(both: Made) -> None:
    told = json.loads((both.folder / "run.json").read_text())["cut"]["clips"]
    late = next(clip for clip in told if clip["original"]["name"] == "interview.mp4")
    begins = both.workspace.source.takes[1].start
    assert late["original"]["start"] == pytest.approx(late["start"] - begins, abs=1e-3)
    assert late["original"]["timecode"].startswith("10:00:")
    row = both.studio.records.run(both.outcome.run)
    assert f"[interview.mp4 {late['original']['start']:.2f} to " in summary(row, [])
    for name in ("cut.edl", "cut.fcp7.xml", "cut.fcpxml", "cut.otio"):
        assert f"[interview.mp4 at {late['original']['timecode']}]" in (both.folder / name).read_text(), name
    assert "interview.mp4" in (both.folder / "report.html").read_text()


PICKS = Callable[[Made | None], Sequence[dict[str, Any]]]


def scripted(*picks: dict[str, Any]) -> Scripted:
    return Scripted(
        turns=[
            ("transcribe", {}),
            ("look", {}),
            ("cut", {"picks": list(picks)}),
            ("write", {"platforms": ["linkedin"]}),
            ("cover", {"plan_id": "P1"}),
            ("assemble", {"plan_id": "P1", "shapes": ["1x1"], "captions": "clean"}),
            "Made.",
        ]
    )


def pick(role: str, first: int, last: int) -> dict[str, Any]:
    return {"ids": [f"S{n}" for n in range(first, last + 1)], "role": role, "reason": "x"}


@pytest.fixture(scope="module")
def border(both: Made) -> int:
    """The number of the last sentence of the first recording."""
    transcript = both.workspace.transcript
    assert transcript
    return sum(each.take == 0 for each in transcript.sentences)


def test_a_pick_across_the_border_is_refused_by_name_and_the_model_is_told_what_to_do(
    joined: Path, border: int, tmp_path: Path
) -> None:
    made = Made(tmp_path, joined, scripted(pick("hook", border, border + 1)), target=12.0)
    refused = [row for row in made.studio.records.decisions(made.outcome.run) if row["verdict"] == "rejected"]
    assert f"S{border}-S{border + 1} runs from keynote.mp4 into interview.mp4; pick them apart" in refused[0]["reason"]
    said = next(row["answer"] for row in made.studio.records.decisions(made.outcome.run) if row["name"] == "transcribe")
    assert "-- from interview.mp4 --" in str(said)


def test_a_clip_at_the_border_grows_only_within_its_recording(joined: Path, border: int, tmp_path: Path) -> None:
    picks = pick("hook", border - 1, border), pick("close", border + 2, border + 3)
    made = Made(tmp_path, joined, scripted(*picks), target=15.0, options={"least": 6.0, "most": 40.0})
    cut = made.outcome.cut
    assert cut, made.outcome.reason
    planned = plan_revision(made.studio, made.outcome.run, "extend clip 1", (Change(what="extend", clips=(1,)),))
    longer = carry(made.studio, planned)
    assert longer.cut
    assert longer.cut.length > cut.length
    assert f"S{border - 2}" in longer.cut.clips[0].ids, "it grows to the front, where there is more of its own"
    assert all(len(each) == 1 for each in takes_of(made, longer))
    assert outside(made, longer) == []
    assert longer.cut.certificate.passed
    assert longer.cut.clips[0].original
