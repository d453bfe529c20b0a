"""What a team said of its promos becomes rows to learn from: thumbs, and clips kept and dropped in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.outcome import place
from agent.record.records import Records
from evals import choices
from evals.choices import kept_and_dropped, meetings
from tests.evals.team import talk
from tools.local.folder import Folder
from tools.schema import Brief, Clip, CutList, Outcome, Sentence, Transcript

SAID = Transcript(sentences=tuple(Sentence(id=f"S{n}", start=n, end=n + 1, text=f"Said {n}.") for n in range(1, 13)))


class Team:
    """Runs of one talk, as the record and the outbox hold them."""

    def __init__(self, folder: Path) -> None:
        self.records, self.store, self.folder = (
            Records(f"sqlite:///{folder / 'r.db'}"),
            Folder(folder / "outbox"),
            folder,
        )
        self.records.migrate()

    def run(
        self, name: str, *clips: str, topic: str = "pricing", parent: str = "", wish: str = "", said: Transcript = SAID
    ) -> str:
        brief = Brief(run=name, video="v.mp4", topic=topic, wish=wish)
        lineage = {"parent": parent, "thread": parent, "version": 2} if parent else {}
        claim = self.records.claim(brief, **lineage)
        self.records.finish(claim, Outcome(run=name, status="done", cut=cut(*clips)))
        path = self.folder / "transcript.json"
        path.write_text(said.model_dump_json())
        self.store.put(f"{place(brief)}/transcript.json", path, "application/json")
        return name

    def rows(self) -> list[dict[str, object]]:
        return [
            {"query": asked.query, "spans": asked.spans, "refused": asked.refused}
            for each in meetings(self.records, self.store)
            for asked in each.queries
        ]


def cut(*clips: str) -> CutList:
    made = tuple(
        Clip(start=n, end=n + 1, label="ABCDEFGH"[n], ids=tuple(ids.split()), role="proof", reason="", text=ids)
        for n, ids in enumerate(clips)
    )
    return CutList(id="P1", target=2, length=2, rate="25/1", clips=made)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    yield made
    made.records.close()


def test_thumbs_are_passages_chosen_and_refused(team: Team) -> None:
    run = team.run("a" * 20, "S2 S3", "S5", "S7 S8 S9")
    team.records.rate(run, 1, 1)
    team.records.rate(run, 3, -1)
    assert team.rows() == [{"query": "pricing", "spans": ((1, 2),), "refused": ((6, 8),)}]


def test_a_clip_on_which_nobody_said_anything_teaches_nothing(team: Team) -> None:
    team.run("a" * 20, "S2 S3", "S5")
    assert team.rows() == []


def test_who_drops_a_clip_keeps_the_others(team: Team) -> None:
    team.run("a" * 20, "S2 S3", "S5", "S7 S8")
    team.run("b" * 20, "S2 S3", "S7 S8", parent="a" * 20, wish="drop the second clip")
    assert team.rows() == [{"query": "pricing", "spans": ((1, 2), (6, 7)), "refused": ((4, 4),)}]


def test_a_thumb_outweighs_what_a_change_says(team: Team) -> None:
    team.run("a" * 20, "S2 S3", "S5")
    team.run("b" * 20, "S2 S3", parent="a" * 20, wish="drop clip 2")
    team.records.rate("a" * 20, 1, -1)
    team.records.rate("a" * 20, 2, 1)
    assert team.rows() == [{"query": "pricing", "spans": ((4, 4),), "refused": ((1, 2),)}]


@pytest.mark.parametrize(
    ("wish", "verdicts"),
    [
        ("keep only clip 1", {1: True, 2: False, 3: False}),
        ("drop the last clip", {1: True, 2: True, 3: False}),
        ("replace clip 2", {1: True, 2: False, 3: True}),
        ("make it 15 seconds", {}),
        ("swap clips 1 and 2", {}),
        ("what a lovely day", {}),
        ("make a 30s promo about pricing", {}),
    ],
)
def test_only_words_about_clips_say_which_are_wanted(wish: str, verdicts: dict[int, bool]) -> None:
    assert kept_and_dropped(wish, cut("S1", "S2", "S3").clips) == verdicts


def test_wishes_for_one_talk_are_one_row_and_those_without_a_topic_none(team: Team) -> None:
    for name, topic in (("a" * 20, "pricing"), ("b" * 20, "hiring"), ("c" * 20, "")):
        team.records.rate(team.run(name, "S2", topic=topic), 1, 1)
    (row,) = meetings(team.records, team.store)
    assert [each.query for each in row.queries] == ["pricing", "hiring"]
    assert row.texts[1] == "Said 2."


def test_shots_are_no_passages_and_a_talk_that_is_gone_is_left_out(team: Team) -> None:
    team.records.rate(team.run("a" * 20, "V1 V2"), 1, 1)
    other = SAID.model_copy(update={"language": "de"})
    run = team.run("b" * 20, "S2", said=other)
    team.records.rate(run, 1, 1)
    (team.folder / "outbox" / "v" / run / "transcript.json").unlink()
    assert team.rows() == []


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        choices.save([talk(1), talk(2)], tmp_path / f"{name}.jsonl.gz")
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    assert choices.told([talk(1)]) == "3 wishes for 1 talks: 3 passages chosen, 3 refused"
