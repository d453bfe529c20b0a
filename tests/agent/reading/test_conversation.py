"""What people say and what comes of it: every line of ``wishes.jsonl``, by rules and through Bedrock, and a few made for real."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.deciding.bedrock import Editor
from agent.deciding.planner import Planner
from agent.deciding.scripted import Scripted
from agent.loop import run
from agent.outcome import place
from agent.reading import intent
from agent.reading.change import RevisionError
from agent.reading.changes import read_changes
from agent.reading.understand import TRIES, understand_changes, understand_wish
from agent.reading.wish import WishError, read_wish
from agent.record.records import Records
from agent.revising.diff import played
from agent.revising.planned import carry
from agent.revising.revision import plan_revision
from agent.studio import Studio
from tests.agent.test_loop import Heard, Unseeing
from tests.fakes.bedrock import Bedrock, call
from tests.fakes.buckets import account
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.media.facts import probe
from tools.media.process import ffmpeg
from tools.ports import Engines
from tools.schema import Brief, Options, Outcome, Read

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

SAID = [json.loads(row) for row in (Path(__file__).parent / "wishes.jsonl").read_text("utf-8").splitlines()]
REQUESTS = [row for row in SAID if row["kind"] == "request"]
REVISIONS = [row for row in SAID if row["kind"] == "revision"]
TALK = (
    "Welcome everyone, can you hear me at the back? We lost half of our customers every single year. "
    "Nobody could read the price page, so nobody stayed. We called forty people and asked one question. "
    "Thirty one of them did not know what they paid. That was the whole problem. "
    "So we threw nine plans away and kept three. Churn fell from six percent to two. "
    "Then we looked at onboarding, which took eleven days. A new customer met five people before the first report. "
    "Now it takes one afternoon and nobody waits. The joke is that the old form asked for a fax number. "
    "Support wrote to us that the phones went quiet in June. We hired two engineers in Lisbon with what we saved. "
    "A price is a promise, and a promise must be short. Thank you for coming."
)
PICKS = [
    {"ids": ["S2"], "role": "hook", "reason": "a number"},
    {"ids": ["S5", "S6"], "role": "context", "reason": "what they found"},
    {"ids": ["S7", "S8"], "role": "proof", "reason": "what they did"},
    {"ids": ["S15"], "role": "close", "reason": "the lesson"},
]
FIRST = "f" * 20
ROUNDABOUT = "Speaking as the one who pays, my honest feeling is:"
"""Said before a revision, it is no longer read by rules."""


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("said") / "talk.mp4"
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=70", "-f", "lavfi", "-i", "sine=220:d=70")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest")
    subprocess.run(
        [ffmpeg(), "-v", "error", *inputs, *codecs, str(path)], check=True, stdin=subprocess.DEVNULL, timeout=120
    )
    return path


@pytest.fixture(scope="module")
def studio(tmp_path_factory, video) -> Studio:
    """A studio in which the run ``FIRST`` made four clips, A to D."""
    folder = tmp_path_factory.mktemp("studio")
    records = Records(f"sqlite:///{folder / 'record.sqlite3'}")
    records.migrate()
    turns = [
        ("transcribe", {}),
        ("look", {}),
        ("cut", {"picks": PICKS, "target_seconds": 18.0}),
        ("write", {"platforms": ["linkedin"]}),
        ("cover", {"plan_id": "P1"}),
        ("assemble", {"plan_id": "P1", "shapes": ["1x1"], "captions": "clean"}),
        "Made.",
    ]
    made = Studio(
        engines=Engines(
            transcriber=Heard(TALK), analyst=Unseeing(), copywriter=Extractive(), store=Folder(folder / "outbox")
        ),
        model=Scripted(turns=turns),
        model_id="scripted",
        records=records,
        home=folder / "runs",
        names={"model": "scripted", "transcriber": "a test"},
    )
    brief = Brief(run=FIRST, video="talk.mp4", target=18.0, shapes=("1x1",), platforms=("linkedin",))
    outcome = run(brief, made, lambda into: shutil.copyfile(video, into))
    assert [clip.ids for clip in outcome.cut.clips] == [tuple(pick["ids"]) for pick in PICKS]
    return made


def understood(row) -> str:
    if row["kind"] == "request":
        return str(read_wish(row["said"]))
    return "; ".join(map(str, read_changes(row["said"])))


@pytest.mark.parametrize("row", [row for row in SAID if "no" not in row], ids=lambda row: row["said"][:40])
def test_what_is_said_is_understood_as_the_table_has_it(row):
    assert understood(row) == row["understood"]


@pytest.mark.parametrize("row", [r for r in REQUESTS if "no" in r], ids=lambda row: row["said"][:30])
def test_a_request_that_can_not_be_met_says_why(row):
    with pytest.raises(WishError) as told:
        read_wish(row["said"])
    assert str(told.value) == row["no"]


@pytest.mark.parametrize("row", REVISIONS, ids=lambda row: row["said"][:40])
def test_a_revision_changes_what_was_named_and_nothing_else(studio, row):
    if "no" in row:
        with pytest.raises(RevisionError) as told:
            plan_revision(studio, FIRST, row["said"], read_changes(row["said"]))
        assert str(told.value) == row["no"]
        return
    planned = plan_revision(studio, FIRST, row["said"], read_changes(row["said"]))
    assert planned.diff == row["changed"]
    assert list(planned.render) == row["rendered"]


@pytest.fixture
def asked(studio, request):
    """The first run once more under another id, asked for with further options."""
    name = "b" * 19 + str(len(studio.records.runs(1000)) % 10)
    first = studio.records.run(FIRST)
    brief = Brief.model_validate(first["brief"]).model_copy(update={"run": name, "options": request.param})
    claim = studio.records.claim(brief)
    studio.records.finish(claim, Outcome.model_validate(first["outcome"]).model_copy(update={"run": name}))
    (studio.home / name).symlink_to(studio.home / FIRST)
    yield name
    (studio.home / name).unlink()
    studio.records.delete(name)


@pytest.mark.parametrize(
    "asked", [Options(strict=True, tighten=True, clean=True, music="m", sidecar="s", tone="dry")], indirect=True
)
def test_another_one_keeps_what_is_asked_of_every_promo(studio, asked):
    kept = plan_revision(studio, asked, "another one", read_changes("another one")).brief.options
    assert (kept.strict, kept.tighten, kept.clean, kept.music, kept.sidecar) == (True, True, True, "m", "s")
    assert kept.tone == ""


@pytest.mark.parametrize("asked", [Options(read=Read(by="a model", dollars=1.0))], indirect=True)
@pytest.mark.parametrize("said", ["drop the second clip", "another one"])
@pytest.mark.parametrize("paid", [None, Read(by="a model", dollars=0.25)], ids=["by rules", "by a model"])
def test_a_revision_pays_for_its_own_reading_and_for_no_other(studio, asked, said, paid):
    planned = plan_revision(studio, asked, said, read_changes(said), read=paid)
    assert planned.brief.options.read == paid


@pytest.fixture
def bedrock():
    """The editor on the fake endpoint, which answers with what is put into ``.says``."""
    with account(), Bedrock(lambda request, n: [call("understood", made.says, n)]) as made:
        made.says = {}
        model = Editor(
            model="global.anthropic.claude-sonnet-5-5", base_url=made.url, max_tokens=500, region_name="us-east-1"
        )
        yield made, model
        assert not made.broken
        assert not made.refused


def through(studio: Studio, model, tmp_path) -> Studio:
    return replace(studio, model=model, model_id="global.anthropic.claude-sonnet-5-5", home=tmp_path / "runs")


def test_the_same_wishes_are_read_through_bedrock(studio, bedrock, tmp_path):
    endpoint, model = bedrock
    there = through(studio, model, tmp_path)
    asked = 0
    for row in REQUESTS:
        if "no" in row:
            continue
        reading = read_wish(row["said"])
        told = reading.model_dump(mode="json", exclude_defaults=True, exclude={"language", "options", "unread"})
        endpoint.says = told
        heard = understand_wish(there, row["said"])
        assert heard.options.read.dollars > 0
        assert str(heard) == str(reading.model_copy(update={"unread": ""}))
        asked += 1
    assert len(endpoint.requests) == asked, "one call reads a wish"


def test_the_same_revisions_are_read_through_bedrock_and_change_the_same(studio, bedrock, tmp_path):
    endpoint, model = bedrock
    there = through(studio, model, tmp_path)
    for row in REVISIONS:
        if "no" in row:
            continue
        changes = read_changes(row["said"])
        with pytest.raises(RevisionError):
            read_changes(f"{ROUNDABOUT} {row['said']}")
        endpoint.says = {"changes": [change.model_dump(mode="json", exclude_defaults=True) for change in changes]}
        heard, paid, _ = understand_changes(there, f"{ROUNDABOUT} {row['said']}", [pick["reason"] for pick in PICKS])
        assert plan_revision(studio, FIRST, row["said"], heard).diff == row["changed"], row["said"]
        assert paid.dollars > 0
    first = json.dumps(endpoint.requests[0], default=str)
    assert "drop" in first
    assert str(studio.home) not in first


def test_what_the_rules_understand_needs_no_model(studio, bedrock, tmp_path):
    endpoint, model = bedrock
    assert (
        str(understand_changes(through(studio, model, tmp_path), "drop the second clip", [])[0][0]) == "without clip 2"
    )
    assert endpoint.requests == []


def test_a_model_that_can_not_read_either_leaves_the_examples(studio, bedrock, tmp_path):
    endpoint, model = bedrock
    endpoint.says = {"changes": [{"what": "explode"}]}
    with pytest.raises(RevisionError, match="For example: shorter"):
        understand_changes(through(studio, model, tmp_path), f"{ROUNDABOUT} drop it like it is hot", ["a"])
    assert len(endpoint.requests) == TRIES


# --- made for real ------------------------------------------------------------------------------------------------------


def carried(studio: Studio, run: str, said: str):
    """A change by the rules, as where no language model is."""
    studio = replace(studio, model=Planner(), model_id="planner")
    planned = plan_revision(studio, run, said, read_changes(said))
    return planned, carry(studio, planned), studio.engines.store.root / place(planned.brief)


def test_a_revision_is_a_run_of_its_own_and_the_older_one_stays(studio):
    before = studio.records.run(FIRST)["outcome"]
    _, outcome, folder = carried(studio, FIRST, "drop the second clip")
    assert outcome.status.startswith("done"), outcome.reason
    old = {clip.ids: clip for clip in studio_cut(studio).clips}
    assert [clip.ids for clip in outcome.cut.clips] == [("S2",), ("S7", "S8"), ("S15",)]
    for clip in outcome.cut.clips:
        assert (clip.first_frame, clip.frames) == (old[clip.ids].first_frame, old[clip.ids].frames)
    assert abs(probe(folder / "promo_1x1.mp4", "promo_1x1.mp4").duration - outcome.cut.length) < 0.1
    assert studio.records.run(FIRST)["outcome"] == before
    row = studio.records.run(outcome.run)
    assert (row["parent"], row["thread"], row["version"]) == (FIRST, FIRST, row["version"])
    assert row["version"] > 1
    assert studio.engines.transcriber.calls == 1, "a revision listens to nothing again"

    back, undone, there = carried(studio, outcome.run, "undo")
    assert back.render == ()
    assert played(undone.cut) == played(studio_cut(studio))
    first = studio.engines.store.root / place(Brief.model_validate(studio.records.run(FIRST)["brief"]))
    assert (there / "promo_1x1.mp4").read_bytes() == (first / "promo_1x1.mp4").read_bytes()

    forth, redone, _ = carried(studio, undone.run, f"version {row['version']}")
    assert forth.render == ()
    assert played(redone.cut) == played(outcome.cut)


def test_three_different_ones_share_nothing_and_are_three_versions_of_one_conversation(studio, video):
    from agent.settings import load
    from doors.laptop import make_reading

    settings = load(environ={}, home=str(studio.home.parent), outbox=str(studio.engines.store.root))
    said = "three different 7s square ones about the price, no captions"
    listened = studio.engines.transcriber.calls
    at = replace(studio, model=Planner(), model_id="planner")
    made = [outcome for outcome, _ in make_reading(str(video), said, read_wish(said), settings, at)]
    assert [outcome.status.split()[0] for outcome in made] == ["done"] * 3, [outcome.reason for outcome in made]
    used = [{name for clip in outcome.cut.clips for name in clip.ids} for outcome in made]
    assert not used[0] & used[1] | used[1] & used[2] | used[0] & used[2]
    assert all(abs(outcome.cut.length - 7) <= 0.5 for outcome in made)
    rows = [studio.records.run(outcome.run) for outcome in made]
    assert [row["version"] for row in rows] == [1, 2, 3]
    assert {row["thread"] or row["run"] for row in rows} == {made[0].run}
    assert studio.engines.transcriber.calls == listened + 1, "the second and third are not listened to again"
    for outcome in made:
        timeline = studio.home / outcome.run / "out" / "cut.edl"
        assert f"* FROM FILE: {video.resolve().as_uri()}" in timeline.read_text(), (
            "the original is linked where it lies"
        )


def test_the_same_bytes_under_another_name_are_a_run_of_that_name_and_not_listened_to_again(studio, video, tmp_path):
    from agent.settings import load
    from doors.laptop import make_reading

    settings = load(environ={}, home=str(studio.home.parent), outbox=str(studio.engines.store.root))
    said = "make a 9s square promo about the price, no captions"
    at = replace(studio, model=Planner(), model_id="planner")
    other, told = tmp_path / "board meeting.mp4", []
    shutil.copyfile(video, other)

    def made(path):
        return make_reading(str(path), said, read_wish(said), settings, at, say=told.append)[0]

    first, folder = made(video)
    listened = studio.engines.transcriber.calls
    second, place_of_second = made(other)
    assert second.run != first.run
    assert studio.records.run(second.run)["brief"]["video"] == "board meeting.mp4"
    assert place_of_second.parent.name == "board meeting"
    assert second.cut.clips == first.cut.clips
    assert studio.engines.transcriber.calls == listened, "what was heard of the same bytes is used"
    assert any("under another name" in line for line in told)
    assert made(other)[0].run == second.run
    assert made(video)[0].run == first.run


@pytest.mark.parametrize("said", ["hello", "thanks!", "asdf qwer", "make it good"])
def test_words_that_ask_for_nothing_make_nothing(studio, bedrock, tmp_path, said):

    endpoint, model = bedrock
    for at in (replace(studio, model=Planner()), through(studio, model, tmp_path)):
        with pytest.raises(WishError, match="asks for nothing that is understood here. For example"):
            understand_wish(at, said)
    endpoint.says = {"topic": "pricing"}
    heard = understand_wish(through(studio, model, tmp_path / "other"), said)
    assert heard.topic == "pricing", "a model may understand what no rule does"


def test_what_a_model_says_can_not_be_done_is_told_and_the_rest_is_made(studio, bedrock, tmp_path):
    endpoint, model = bedrock
    endpoint.says = {"topic": "pricing", "target": 30, "cannot": ["an aerial shot"]}
    heard = understand_wish(through(studio, model, tmp_path), "30s about pricing with an aerial shot")
    assert heard.topic == "pricing"
    assert any("“an aerial shot” can't be done here" in each for each in heard.left)
    endpoint.says = {"cannot": ["a hologram of the speaker"]}
    with pytest.raises(WishError, match="hologram"):
        understand_wish(through(studio, model, tmp_path / "other"), "make a promo as a hologram of the speaker")
    endpoint.says = {"topic": "onboarding and churn", "cannot": ["a topic and a platform of its own for each promo"]}
    both = "a 30s about onboarding for LinkedIn and a 15s one about churn for TikTok"
    heard = understand_wish(through(studio, model, tmp_path / "both"), both)
    assert [each.topic for each in heard.each] == ["onboarding", "churn"], (
        "the grammar has read what the model held for impossible"
    )
    assert not any("of its own" in each for each in heard.left)


def test_what_was_not_understood_is_shown_back(studio):
    assert read_wish("30s about pricing, with fireworks, for LinkedIn").unread == "fireworks"
    assert "not understood: “fireworks”" in str(read_wish("30s, with fireworks"))
    assert all(
        not read_wish(row["said"]).unread
        for row in REQUESTS
        if "not understood" not in row.get("understood", "not understood")
    )


def test_the_same_revision_again_is_the_same_run(studio):
    _, one, _ = carried(studio, FIRST, "keep only 1 and 4")
    _, two, _ = carried(studio, FIRST, "keep only 1 and 4")
    assert one == two


def test_a_run_that_is_not_there_and_one_of_another_tenant_answer_alike(studio):
    for tenant in (None, "someone"):
        with pytest.raises(LookupError):
            plan_revision(studio, "0" * 20, "shorter", read_changes("shorter"), tenant=tenant)
    with pytest.raises(LookupError):
        plan_revision(studio, FIRST, "shorter", read_changes("shorter"), tenant="someone else")


def test_a_question_is_a_question_and_a_new_request_a_new_promo(studio):
    assert isinstance(intent.hear(studio, "why this cut?", FIRST), intent.Question)
    assert isinstance(intent.hear(studio, "drop the second clip", FIRST), intent.Revision)
    assert intent.hear(studio, "make a 12s promo about onboarding", FIRST).target == 12
    assert intent.hear(studio, "make a 12s promo about onboarding", None).topic == "onboarding"
    assert intent.hear(studio, "three different ones", FIRST).count == 3
    with pytest.raises(RevisionError, match="no change that is understood"):
        intent.hear(studio, "the first clip makes me yawn", FIRST)
    with pytest.raises(WishError, match="Say what you want"):
        intent.hear(studio, "  ", FIRST)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("hello", "Nothing is changed"),
        ("thanks, looks good!", "Say what to change"),
        ("help", "Say what to change"),
        ("what can you do?", "You can ask"),
        ("why this cut?", "A (hook"),
        ("why clip 2?", "Clip B (context)"),
        ("why clip 9?", "There is no clip 9"),
        ("what is clip 3 about?", "nine plans"),
        ("how long is it?", "18."),
        ("what are the hooks?", "LinkedIn:"),
        ("does it mention nine plans?", "C (proof)"),
        ("does it mention Marta?", "No clip of this cut says"),
        ("what did it cost?", "tool calls"),
        ("how long did it take?", "s in all"),
        ("which engines?", "model: scripted"),
        ("what changed?", "first version"),
        ("what is the meaning of life?", "You can ask"),
    ],
)
def test_a_question_is_answered_from_the_record(studio, said, told):
    from agent import answers

    assert isinstance(intent.hear(studio, said, FIRST), intent.Question)
    assert told in answers.answer(studio.records, FIRST, said)


def test_what_went_wrong_is_every_warning_or_that_nothing_did(studio):
    from agent import answers

    warnings = studio.records.run(FIRST)["outcome"]["warnings"]
    told = answers.answer(studio.records, FIRST, "what went wrong?").splitlines()
    assert told == (warnings or ["Nothing: every check held and nothing was refused."])


def studio_cut(studio: Studio):
    from tools.schema import Outcome

    return Outcome.model_validate(studio.records.run(FIRST)["outcome"]).cut


def test_a_conversation_on_the_command_line(video, tmp_path, monkeypatch):
    from doors.command.main import main

    talk = tmp_path / "talk.mp4"
    shutil.copyfile(video, talk)
    words, at, blocks = TALK.split(". "), 0.3, []
    for number, sentence in enumerate(words, 1):
        length = 0.3 * len(sentence.split())
        blocks.append(f"{number}\n{clock(at)} --> {clock(at + length)}\n{sentence.rstrip('.')}.\n")
        at += length + 0.5
    talk.with_suffix(".srt").write_text("\n".join(blocks), "utf-8")
    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOOKLINE_OUTBOX", str(tmp_path / "outbox"))
    lines = ["make a 12s square promo about pricing", "why this cut?", "drop clip 9", "no captions", "undo", ""]
    told = CliRunner().invoke(main, ["chat", str(talk)], input="\n".join(lines) + "\n", catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert "There is no clip 9" in told.stderr
    runs = Records(f"sqlite:///{tmp_path / 'home' / 'hookline.sqlite3'}").runs(10)
    assert [row["version"] for row in runs] == [3, 2, 1], told.output
    assert len({row["thread"] or row["run"] for row in runs}) == 1
    assert all(row["state"].startswith("done") for row in runs)


def clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{round((seconds - whole) * 1000):03}"
