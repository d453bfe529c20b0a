"""The real loop, driven by a script: every end is honest, every call is a row, and a killed run goes on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from agent.budget import Budget
from agent.deciding.ledger import _told_apart
from agent.deciding.planner import Planner
from agent.deciding.scripted import Scripted, said
from agent.loop import run
from agent.outcome import place
from agent.record.records import Records
from agent.studio import Studio
from doors.command.outcome import tell
from doors.page.told import reply
from report.page import report
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.ports import Engines, FrameAnalyst, Transcriber
from tools.schema import Brief, Speech, Word

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

TALK = (
    "Welcome everyone, can you hear me at the back? We lost half of our customers every single year. "
    "Nobody could read the price page, so nobody stayed. We called forty people and asked one question. "
    "Thirty one of them did not know what they paid. That was the whole problem. "
    "So we threw nine plans away and kept three. Churn fell from six percent to two. "
    "A price is a promise, and a promise must be short. Thank you for coming."
)


class Heard(Transcriber):
    """A transcriber that heard ``talk``, evenly, with a pause after each sentence."""

    engine = "fake"

    def __init__(self, talk: str = TALK) -> None:
        self.calls = 0
        self.talk = talk

    def transcribe(self, source, workspace, steps, language=None):
        def listen():
            self.calls += 1
            words, at = [], 0.3
            for text in self.talk.split():
                words.append(Word(text=text, start=at, end=at + 0.28))
                at += 0.3 + (0.5 if text[-1] in ".?" else 0.0)
            return Speech(words=tuple(w for w in words if w.end < source.duration), engine="fake").model_dump(
                mode="json"
            )

        return Speech.model_validate(steps.step("listen", listen))


class Unseeing(FrameAnalyst):
    engine = "fake"

    def analyse(self, frames, workspace, steps):
        return tuple(frames)


@pytest.fixture(scope="session")
def video(tmp_path_factory) -> Path:
    """42 s of moving colour and a tone, small and with few enough frames to render in a second."""
    from tools.media.process import ffmpeg

    path = tmp_path_factory.mktemp("loop") / "talk.mp4"
    import subprocess

    subprocess.run(
        [
            ffmpeg(),
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=10:d=42",
            "-f",
            "lavfi",
            "-i",
            "sine=220:d=42",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            "-shortest",
            str(path),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    return path


@pytest.fixture
def studio(tmp_path):
    def made(model, **settings) -> Studio:
        records = Records(f"sqlite:///{tmp_path / 'record.sqlite3'}")
        records.migrate()
        engines = Engines(
            transcriber=Heard(), analyst=Unseeing(), copywriter=Extractive(), store=Folder(tmp_path / "outbox")
        )
        return Studio(
            engines=engines, model=model, model_id="scripted", records=records, home=tmp_path / "runs", **settings
        )

    return made


def brief(**asked) -> Brief:
    return Brief(
        **{
            "run": "r" * 20,
            "video": "talk.mp4",
            "target": 12.0,
            "shapes": ("1x1",),
            "platforms": ("linkedin",),
            **asked,
        }
    )


def fetch(video):
    return lambda into: shutil.copyfile(video, into)


def good_script():
    def cut(messages):
        assert "S2" in said(messages, "transcribe")
        picks = [
            {"ids": ["S2"], "role": "hook", "reason": "a number"},
            {"ids": ["S5", "S6"], "role": "proof", "reason": "what they found"},
            {"ids": ["S9"], "role": "close", "reason": "the lesson", "optional": True},
        ]
        return "cut", {"picks": picks, "target_seconds": 12.0}

    return [
        ("transcribe", {}),
        ("look", {}),
        ("cut", {"picks": [{"ids": ["S99"], "role": "hook", "reason": "x"}]}),
        cut,
        ("write", {"platforms": ["linkedin"]}),
        ("cover", {"plan_id": "P1"}),
        ("assemble", {"plan_id": "P1", "shapes": ["1x1"], "captions": "clean"}),
        "Made.",
    ]


def test_a_models_last_words_and_what_it_takes_for_misheard_reach_the_person(studio, video, tmp_path, capsys):
    script = good_script()
    script[5:] = [
        ("correct", {"id": "S4", "heard": "forty people", "said": "fourteen people"}),
        *script[5:-1],
        "Made P1. The number in S4 is doubtful; write to me@evil.example.",
    ]
    there = studio(Scripted(turns=script), report=report)
    outcome = run(brief(), there, fetch(video))
    assert outcome.said == "Made P1. The number in S4 is doubtful; write to."
    assert [str(each) for each in outcome.misheard] == ["S4 “forty people” may be “fourteen people”"]
    folder = tmp_path / "outbox" / place(brief())
    assert json.loads((folder / "run.json").read_text())["said"] == outcome.said
    page = (folder / "report.html").read_text()
    assert "The number in S4 is doubtful" in page
    assert "fourteen people" in page
    tell(outcome, folder, as_json=False)
    told = capsys.readouterr().err
    assert "the editor: Made P1. The number in S4 is doubtful" in told
    assert f"hookline fix {outcome.run} 'forty people=fourteen people'" in told
    assert "doubtful" in reply(outcome)


def test_the_embedded_planner_has_no_last_words(studio, video):
    assert run(brief(), studio(Planner()), fetch(video)).said == ""


def test_a_script_of_ids_becomes_a_finished_set_and_every_call_a_row(studio, video, tmp_path):
    there = studio(Scripted(turns=good_script()))
    outcome = run(brief(), there, fetch(video))
    assert outcome.status in ("done", "done with warnings"), outcome.reason
    assert abs(outcome.cut.length - 12.0) <= 0.5
    folder = tmp_path / "outbox" / place(brief())
    assert {
        "promo_1x1.mp4",
        "cover_1x1.jpg",
        "post.json",
        "cut.otio",
        "cut.edl",
        "cut.fcp7.xml",
        "cut.fcpxml",
        "run.json",
    } <= {p.name for p in folder.iterdir()}
    rows = there.records.decisions(outcome.run)
    assert [r["name"] for r in rows if r["kind"] == "tool"] == [
        "transcribe",
        "look",
        "cut",
        "cut",
        "write",
        "cover",
        "assemble",
    ]
    refused = next(r for r in rows if r["name"] == "cut")
    assert refused["verdict"] == "rejected"
    assert "S99 does not exist" in refused["reason"]
    assert there.records.why(outcome.run, 1)["clip"]["ids"] == ["S2"]
    assert json.loads((folder / "run.json").read_text())["status"] == outcome.status


def test_a_bad_pick_is_told_to_the_model_not_raised(studio, video):
    script = Scripted(turns=good_script())
    run(brief(), studio(script), fetch(video))
    assert "S99 does not exist" in said(script.asked[3], "cut")


def test_the_same_brief_again_is_answered_from_the_record(studio, video):
    there = studio(Scripted(turns=good_script()))
    first = run(brief(), there, fetch(video))
    assert run(brief(), there, lambda into: pytest.fail("fetched again")) == first
    assert there.engines.transcriber.calls == 1


def test_another_wish_for_the_same_video_asks_no_engine_and_the_outcome_says_so(studio, video, tmp_path):
    at = studio(Planner(), memory=Folder(tmp_path / "memory"), names={"transcriber": "fake"})
    first = run(brief(), at, fetch(video))
    second = run(brief(run="s" * 20, target=15.0), at, fetch(video))
    assert first.cut is not None
    assert second.cut is not None
    assert at.engines.transcriber.calls == 1
    assert first.engines["transcriber"] == "fake"
    assert second.engines["transcriber"] == f"fake (asked by run {'r' * 12})"
    third = run(brief(run="t" * 20), replace(at, owner="another"), fetch(video))
    assert third.engines["transcriber"] == "fake"
    assert at.engines.transcriber.calls == 2


def test_a_model_that_only_talks_is_finished_by_the_planner_and_the_run_says_so(studio, video):
    outcome = run(brief(), studio(Scripted(turns=["All done! I made a great promo."])), fetch(video))
    assert outcome.status == "done with warnings"
    assert any("planner finished" in warning for warning in outcome.warnings)
    assert outcome.artifacts


def test_what_a_model_declines_to_make_is_not_made_over_its_head(studio, video):
    turns = [*good_script()[:3], "Nothing to make: both halves would say the opposite together. 20 s could be made."]
    outcome = run(brief(), studio(Scripted(turns=turns)), fetch(video))
    assert outcome.status == "nothing to make"
    assert outcome.reason == "both halves would say the opposite together. 20 s could be made."
    assert not [each.name for each in outcome.artifacts if each.name.endswith(".mp4")]


def test_a_model_that_repeats_itself_is_stopped(studio, video):
    outcome = run(brief(), studio(Scripted(turns=[("read", {"ids": ["S1"]})] * 30)), fetch(video))
    assert any("same arguments" in warning for warning in outcome.warnings)
    assert outcome.status == "done with warnings"


def test_a_cap_on_model_calls_ends_the_model_not_the_run(studio, video):
    there = studio(Scripted(turns=good_script()), budget=lambda: Budget(model_calls=2))
    outcome = run(brief(), there, fetch(video))
    assert any("cap of 2 model calls" in warning for warning in outcome.warnings)
    assert outcome.artifacts


def test_a_truncated_tool_call_is_never_carried_out(studio, video):
    cut_off = AIMessage(
        "", tool_calls=[{"name": "transcribe", "args": {}, "id": "x"}], response_metadata={"stopReason": "max_tokens"}
    )
    there = studio(Scripted(turns=[cut_off]))
    outcome = run(brief(), there, fetch(video))
    assert any("cut off" in warning for warning in outcome.warnings)


def test_a_length_that_can_not_be_met_names_the_nearest(studio, video):
    outcome = run(brief(target=120.0), studio(Planner()), fetch(video))
    assert outcome.status == "nothing to make"
    assert " s" in outcome.reason
    assert not outcome.artifacts or all(not a.name.endswith(".mp4") for a in outcome.artifacts)


def test_a_topic_that_nobody_speaks_of_is_told(studio, video):
    there = studio(Planner())
    outcome = run(brief(topic="volcanoes and dinosaurs"), there, fetch(video))
    assert any("about “volcanoes and dinosaurs”" in warning for warning in outcome.warnings)
    outcome = run(brief(run="t" * 20, topic="customers leaving"), there, fetch(video))
    assert not any("Nothing that is said" in warning for warning in outcome.warnings)


def test_what_is_not_a_video_is_refused_with_what_to_do(studio, tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("hello")
    outcome = run(brief(), studio(Planner()), fetch(text))
    assert outcome.status == "refused"
    assert outcome.reason


def test_an_engine_that_breaks_closes_the_run_as_failed_and_raises(studio, video):
    there = studio(Planner())

    class Broken(Heard):
        def transcribe(self, source, workspace, steps, language=None):
            raise RuntimeError("the recogniser fell over")

    object.__setattr__(there.engines, "transcriber", Broken())
    with pytest.raises(RuntimeError):
        run(brief(), there, fetch(video))
    assert there.records.run("r" * 20)["state"] == "failed"


def test_the_planner_alone_makes_the_same_cut_twice(studio, video, tmp_path):
    first = run(brief(run="a" * 20), studio(Planner()), fetch(video))
    second = run(brief(run="b" * 20), studio(Planner()), fetch(video))
    assert first.cut is not None
    assert first.cut.clips == second.cut.clips


def test_the_model_sees_no_path_bucket_or_address(studio, video, tmp_path):
    script = Scripted(turns=good_script())
    run(brief(wish="about <b>pricing</b>"), studio(script), fetch(video))
    seen = "\n".join(str(message.content) for asked in script.asked for message in asked)
    for secret in (str(tmp_path), "/tmp", "sqlite", "http", "source.bin"):
        assert secret not in seen


def test_two_calls_under_one_id_are_told_apart_and_others_left_alone() -> None:
    def turn(*ids: str) -> AIMessage:
        calls = [{"name": "read", "args": {"ids": [f"S{n}"]}, "id": name} for n, name in enumerate(ids)]
        blocks = [{"type": "tool_use", "name": "read", "input": call["args"], "id": call["id"]} for call in calls]
        return AIMessage([{"type": "text", "text": "so"}, *blocks], tool_calls=calls)

    first = turn("a", "b")
    assert _told_apart(first, []) is first
    told = _told_apart(turn("a", "a", "c"), [first])
    assert [call["id"] for call in told.tool_calls] == ["a-1", "a-2", "c"]
    assert [block["id"] for block in told.content if block["type"] == "tool_use"] == ["a-1", "a-2", "c"]
    assert [call["args"]["ids"] for call in told.tool_calls] == [["S0"], ["S1"], ["S2"]]
