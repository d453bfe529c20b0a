"""What the person ruled out, and what lies outside of where they asked to look, may not play."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.steps.recorded import Plain
from tools.cutting.plan import lengths_asked
from tools.finding.eligible import barred
from tools.ports import Bench
from tools.schema import Brief, Options, Sentence, Source, Transcript, Window, Word
from tools.workspace import Workspace

SAID = (
    "We lost half of our customers every single year.",
    "Nobody could read the price page.",
    "That is why they left us so fast.",
    "Then we looked at onboarding, which took eleven days.",
    "Pricing was one thing, and hiring another.",
    "We hired two engineers in Lisbon.",
    "Thank you for coming.",
)


def spoken(text: str, n: int) -> Sentence:
    words = text.split()
    start = 10.0 * n
    made = tuple(Word(start=start + i, end=start + i + 0.9, text=word) for i, word in enumerate(words))
    return Sentence(id=f"S{n + 1}", text=text, start=start, end=made[-1].end, words=made)


def bench(folder: Path, **options) -> Bench:
    workspace = Workspace(folder)
    source = Source(name="a", sha256="a" * 64, bytes=1, container="mp4", duration=70.0, rate="25/1")
    workspace.save("source.json", source)
    workspace.save("transcript.json", Transcript(sentences=tuple(spoken(text, n) for n, text in enumerate(SAID))))
    brief = Brief(run="r", video="a.mp4", options=Options(**options))
    return Bench(brief=brief, workspace=workspace, engines=None, steps=Plain())


def test_what_is_ruled_out_is_known_by_its_words_and_takes_along_what_leans_on_it(tmp_path):
    gone = barred(bench(tmp_path, without=("pricing",)))
    assert {"S2", "S5"} <= gone.keys()
    assert not {"S1", "S4", "S6"} & gone.keys()
    assert "“pricing”" in gone["S2"]


def test_an_exclusion_of_several_words_needs_most_of_them(tmp_path):
    assert set(barred(bench(tmp_path, without=("the engineers in Lisbon",)))) == {"S6"}


def test_what_nobody_speaks_of_rules_nothing_out(tmp_path):
    assert barred(bench(tmp_path, without=("quantum chromodynamics",))) == {}


@pytest.mark.parametrize(
    ("window", "left"),
    [
        (Window(start=29.0), {"S4", "S5", "S6", "S7"}),
        (Window(start=0.0, end=29.0), {"S1", "S2", "S3"}),
        (Window(start=-22.0), {"S6", "S7"}),
        (Window(start=0.5, end=1.0, share=True), {"S5", "S6", "S7"}),
    ],
)
def test_a_window_leaves_what_lies_within_it(tmp_path, window, left):
    gone = barred(bench(tmp_path, window=(window,)))
    assert {f"S{n + 1}" for n in range(len(SAID))} - gone.keys() == left


def test_a_change_may_ask_by_name_for_what_was_ruled_out(tmp_path):
    assert set(barred(bench(tmp_path, without=("pricing",), used=("S7",), opening="any"))) == {"S7"}


def test_of_a_range_the_target_is_tried_first_and_then_what_is_near_it():
    tried = lengths_asked(Brief(run="r", video="v", target=30.0, options=Options(least=20.0, most=40.0)))
    assert tried[0] == 30.0
    assert min(tried) >= 20.5
    assert max(tried) <= 39.5
    assert all(abs(one - 30) <= abs(other - 30) for one, other in zip(tried[1:], tried[2:], strict=False))
    assert lengths_asked(Brief(run="r", video="v", target=30.0)) == [30.0]
