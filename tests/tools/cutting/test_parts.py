"""What is asked for by name plays where it was asked to, inside the story that the search tells."""

from pathlib import Path

import pytest
from langchain_core.tools import ToolException

from tests.tools.test_cut import bench
from tests.tools.test_cut import transcript as heard
from tools.cutting.plan import automatic
from tools.schema import Options, Part

TALK = [
    "Every team we met lost two days a week to meetings.",
    "That is a quarter of a working life.",
    "We wrote the new rule on a napkin in a cafe.",
    "No meeting without a written question.",
    "Within a month half of the meetings were gone.",
    "Nobody missed a single one of them.",
    "Our customers noticed that replies came faster.",
    "A written question forces you to think before you speak.",
    "People who write well are finally heard.",
    "The quiet engineers had the best ideas all along.",
    "A calendar is a budget, and time is the only money in it.",
    "Cancel your next meeting and write a question instead.",
]


@pytest.mark.parametrize(
    ("part", "place", "sentence"),
    [
        (Part(query="the napkin", place="first"), 0, "napkin"),
        (Part(query="the quiet engineers", place="first"), 0, "quiet engineers"),
        (Part(query="a quarter of a working life", place="last"), -1, "quarter of a working life"),
        (Part(query="a calendar is a budget", place="last"), -1, "calendar is a budget"),
    ],
    ids=str,
)
def test_what_is_to_open_opens_and_what_is_to_close_closes(
    tmp_path: Path, part: Part, place: int, sentence: str
) -> None:
    desk = bench(tmp_path, heard(TALK), target=16.0, options=Options(parts=(part,)))
    made = automatic(desk)
    assert abs(made.length - 16.0) <= 0.5
    assert sentence in made.clips[place].text
    texts = [text for clip in made.clips for text in TALK if text in clip.text]
    assert len(texts) == len(set(texts)) >= 3, "what was asked for and a story around it, nothing twice"


def test_what_must_play_somewhere_plays_whole(tmp_path: Path) -> None:
    parts = (Part(query="customers noticed faster replies"), Part(query="the napkin", place="first"))
    desk = bench(tmp_path, heard(TALK), target=16.0, options=Options(parts=parts))
    made = automatic(desk)
    assert "napkin" in made.clips[0].text
    assert any("Our customers noticed that replies came faster." in clip.text for clip in made.clips)


def test_what_nobody_speaks_of_is_refused_by_its_name(tmp_path: Path) -> None:
    parts = (Part(query="submarine volcanoes of Iceland", place="first"),)
    desk = bench(tmp_path, heard(TALK), target=16.0, options=Options(parts=parts))
    with pytest.raises(ToolException, match="opens with “submarine volcanoes of Iceland”"):
        automatic(desk)
