"""What is kept of a plan for who looks at it: what leans on what, what pays what it sets up, why a passage near by was not taken."""

from pathlib import Path

import numpy as np

from tests.tools.cutting.test_story import readings
from tests.tools.test_cut import bench, pick
from tools.cutting import links
from tools.cutting.plan import plan


def test_a_link_says_whether_what_a_sentence_needs_plays_where_it_needs_it(tmp_path: Path) -> None:
    cut = plan(bench(tmp_path), [pick("S2 S3", "hook"), pick("S6", "proof"), pick("S9")])
    assert [clip.ids for clip in cut.clips] == [("S2", "S3"), ("S6",), ("S9",)]
    read = readings(14, leans={2: 0.9, 5: 0.8, 8: 0.3}, sets_up={1: 0.7, 5: 0.9, 8: 0.6})
    told = {(link.id, link.kind): (link.other, link.plays) for link in links.links(cut, read)}
    assert told == {
        ("S2", "sets up"): ("S3", True),
        ("S3", "leans"): ("S2", True),
        ("S6", "leans"): ("S5", False),
        ("S6", "sets up"): ("S9", True),
        ("S9", "sets up"): ("S10", False),
    }


def test_a_passage_that_was_not_taken_tells_what_it_lacks_beside_what_plays(tmp_path: Path) -> None:
    desk = bench(tmp_path)
    cut = plan(desk, [pick("S2 S3", "hook"), pick("S6", "proof"), pick("S9")])
    near = np.zeros(14)
    near[[1, 2, 5, 8, 11]] = 0.8
    links.save(desk.workspace, cut, readings(14, leans={7: 0.9}, worth=dict.fromkeys((1, 2, 5, 8), 2.0)), near)
    kept = links.load(desk.workspace, cut)
    assert links.why_not(kept, cut, ("S8",)).startswith("leans on S7, which would have to play too (90% sure); less of")
    assert links.why_not(kept, cut, ("S12",)).startswith("worth less: 0.0 of 3, what plays 2.0")
    assert links.why_not(kept, cut, ("V1",)) == ""
    assert links.why_not(kept, cut, ("S99",)) == "", "an id that a model made up"
    assert links.why_not(links.Kept(), cut, ("S8",)) == "", "a talk that was not read"


def test_every_plan_of_a_talk_that_was_read_keeps_its_links(tmp_path: Path) -> None:
    desk = bench(tmp_path)
    cut = plan(desk, [pick("S2 S3", "hook"), pick("S6", "proof"), pick("S9")])
    kept = links.load(desk.workspace, cut)
    assert len(kept.read) == len(kept.near) == 14
    assert all(link.id in {name for clip in cut.clips for name in clip.ids} for link in kept.links)
