"""A changed cut is heard as by a stranger: what the change broke is mended where nothing that was named is touched, and else it is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.reading.changes import read_changes
from agent.revising.recut import MENDED, recut
from agent.revising.stories import whole
from tests.tools.cutting.test_story import readings
from tests.tools.test_cut import bench, pick, transcript
from tools.cutting.material import working
from tools.cutting.plan import plan
from tools.cutting.revised import told
from tools.ids import Stretch

TALK = [
    "Last January our pricing page was quietly killing the company.",
    "Every month, six out of every hundred shops walked out of the door.",
    "Then we stopped guessing and called forty customers who had left.",
    "Thirty one of them could not tell us which plan they had been on.",
    "They left because they could not explain the bill.",
    "Let me tell you about Marta.",
    "Marta runs a bakery in Porto and she gets up at three in the morning.",
    "She was paying us for twelve seats.",
    "I asked her who the other eleven people were.",
    "She said, I thought a seat was a chair in the bakery.",
    "She had counted her chairs.",
    "We paid every cent of it back that same afternoon.",
    "We are hiring two engineers in Lisbon.",
    "So we threw away all nine plans and wrote three new ones on a napkin.",
    "A scary change you choose is better than a slow leak you ignore.",
]
STORY = ("S7", "S8", "S9", "S10", "S11", "S12")


@pytest.fixture
def desk(tmp_path):
    return bench(tmp_path, transcript(TALK), target=30.0)


def changed(desk, said, *picks):
    cut = plan(desk, [pick(ids, "hook" if not n else "proof") for n, ids in enumerate(picks)], sum_of(desk, picks))
    return recut(desk, cut, read_changes(said))


def sum_of(desk, picks):
    """About the seconds that picks last."""
    said = working(desk)[0].sentences
    runs = [Stretch.of(pick(ids).ids) for ids in picks]
    return sum(said[run.last].end - said[run.first].start + 0.3 for run in runs)


def runs(made):
    return [str(Stretch.of(each.ids)) for each in made.picks]


def words(desk, made):
    """What a person would be told of the cut that the rules came to."""
    brief = desk.brief.model_copy(update={"options": desk.brief.options.but(opening="any", pins=made.pins)})
    cut = plan(replace(desk, brief=brief), made.picks, made.target)
    return told(made.revised, cut, desk.workspace.transcript)


# --- a story is told whole ------------------------------------------------------------------------------------------


def test_a_story_that_is_asked_for_is_brought_whole_and_in_order(desk):
    made = changed(desk, "start with the story of the baker", "S1 S2", "S3 S4 S5", "S14 S15")
    assert made.picks[0].ids[: len(STORY)] == STORY
    assert made.picks[0].role == "hook"


def test_a_story_of_which_some_plays_is_put_together_and_plays_once(desk):
    made = changed(desk, "start with the story of the baker", "S1 S2", "S3 S4 S5", "S7", "S9 S10", "S15")
    assert made.picks[0].ids[: len(STORY)] == STORY
    played = [name for each in made.picks for name in each.ids]
    assert len(played) == len(set(played))


def test_a_story_goes_on_no_longer_than_its_share_and_rests(desk):
    material, _ = working(desk)
    leans = dict.fromkeys(range(7, 14), 0.9)
    read = readings(15, leans=leans, sets_up={9: 0.9})
    assert whole(material, read, Stretch("S", 6, 6), 60.0, ()).last == 13
    short = material.sentences[9].end - material.sentences[6].start + 0.1
    assert whole(material, read, Stretch("S", 6, 6), short, ()).last == 8, "S10 leaves something hanging"
    assert whole(material, read, Stretch("S", 8, 8), 60.0, ()).first == 6, "it begins where it leans on nothing"
    assert whole(material, read, Stretch("S", 6, 6), 60.0, ("S9",)).last == 7, "what may not play ends it"


# --- what a change breaks -------------------------------------------------------------------------------------------


def test_what_leaned_on_a_clip_that_moves_goes_with_it(desk):
    made = changed(desk, "move clip 2 to the end", "S2", "S7", "S8", "S9 S10", "S14 S15")
    assert made.picks[-1].ids == ("S7", "S8", "S9", "S10")
    assert MENDED in made.notes


def test_what_leaned_on_a_clip_that_goes_does_not_stay_behind(desk):
    made = changed(desk, "drop clip 3", "S2", "S3 S4 S5", "S7", "S8", "S14 S15")
    assert "S7" not in {name for each in made.picks for name in each.ids}, "it was dropped by name"
    assert "S8" not in runs(made), "nobody would know who was paying"
    assert {"S2", "S3-S5", "S14-S15"} <= set(runs(made)), "what does not lean on it stays as it was"


def test_what_can_be_followed_all_the_same_is_left_as_it_was(desk):
    made = changed(desk, "drop clip 3", "S2", "S3", "S4", "S5", "S14 S15")
    assert runs(made) == ["S2", "S3", "S5", "S14-S15"]
    assert made.notes == ()


def test_what_can_not_be_mended_without_what_was_named_is_said_with_what_puts_it_back(desk):
    made = changed(desk, "keep only 3 and 4", "S2", "S7", "S8", "S14 S15")
    assert runs(made) == ["S8", "S14-S15"]
    first = words(desk, made)[0]
    assert first.startswith("Clip 1 now says “she” of what no longer plays: “Marta runs a bakery in Porto")
    assert read_changes(first.rpartition("“")[2].rstrip("”."))[0].what == "open", (
        "the words that put it back are understood"
    )


def test_a_cut_that_could_not_be_followed_before_is_not_blamed_on_the_change(desk):
    made = changed(desk, "drop the last clip", "S2", "S8", "S3 S4 S5", "S15")
    assert runs(made) == ["S2", "S8", "S3-S5"]
    assert words(desk, made) == []


def test_clips_that_make_room_though_nobody_named_them_are_told(desk):
    made = changed(desk, "start with the story of the baker", "S1 S2", "S3 S4 S5", "S14 S15")
    gone = [each for each in words(desk, made) if each.startswith("Beside what was named, clip 1 (“Last January")]
    assert len(gone) == 1
    assert gone[0].endswith("of the version before play no more.")
