"""A language model's conversation about a whole video is kept and played with neither model nor video; what changed since is told."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from click.testing import CliRunner

from agent.settings import load as settings
from evals import conversations, rerun
from evals.cases import DataError, digest
from evals.cassettes import Stale, specs
from evals.command import play_command
from evals.conversations import Conversation, packed, record, there, unpacked, without_words
from prompts import load as prompt
from prompts import named
from tests.agent.test_loop import video  # noqa: F401
from tests.fakes.bedrock import call
from tests.relay import WHAT, Desk, asked_for, relayed, unusable
from tools import TOOLS
from tools.files.whole import fingerprint
from tools.media.levels import read
from tools.troubles import Refusal
from tools.workspace import Workspace

pytestmark = [pytest.mark.aws, pytest.mark.usefixtures("rendered_once")]

WISH, CHANGE = (
    "a square promo of ten seconds for linkedin about price pages, no captions",
    "could you stand it upright for phones",
)
EDITS: list[tuple[str, dict[str, Any]]] = [
    ("transcribe", {}),
    ("look", {}),
    ("find", {"query": "price pages"}),
    ("cut", {"picks": [{"ids": ["S2"], "role": "payoff", "reason": "no hook"}]}),
    ("cut", {"picks": []}),
    ("write", {"plan_id": "P1"}),
    ("cover", {"plan_id": "P1"}),
    ("assemble", {"plan_id": "P1"}),
]


def answer(asked: dict[str, Any], n: int) -> Any:
    """What a careless model says to a request of this conversation, from the request alone."""
    tools = [each["toolSpec"]["name"] for each in asked.get("toolConfig", {}).get("tools", []) if "toolSpec" in each]
    if tools == ["understood"]:
        changes = {"changes": [{"what": "shapes", "shapes": ["9x16"], "how": "only"}]}
        wish = {"target": 10, "shapes": ["1x1"], "platforms": ["linkedin"], "topic": "price pages", "captions": "none"}
        return [call("understood", changes if "how a person wants" in asked["system"][0]["text"] else wish, n)]
    if not tools:
        return lines(asked["messages"][0]["content"][0]["text"])
    done = sum("toolUse" in block for message in asked["messages"] for block in message["content"])
    return [call(*EDITS[done], n)] if done < len(EDITS) else "Made it; nobody says what came of the calls."


def lines(text: str) -> str:
    name, said = re.findall(r"^(S\d+) (.*)$", text.split("The sentences of the cut")[1], re.MULTILINE)[0]
    line = {"text": said[:100], "evidence": [name]}
    copy = {"platform": "linkedin", "hooks": [line], "title": None, "description": line, "tags": []}
    return json.dumps({"copies": [copy]})


@pytest.fixture(scope="module")
def kept(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A folder with one conversation of a request and a change, over the whole client of Bedrock."""
    folder = tmp_path_factory.mktemp("kept")
    licensed(folder, video)
    recorded(folder, video, tmp_path_factory.mktemp("run"))
    return folder


def licensed(folder: Path, video: Path, more: str = "") -> None:  # noqa: F811
    told = f'[{fingerprint(video)}]\nname = "talk.mp4"\nlicence = "Apache-2.0"\ncredit = "these tests"\n{more}'
    (folder / "videos.toml").write_text(told)


def recorded(folder: Path, video: Path, run: Path) -> Conversation:  # noqa: F811
    with relayed(run, answer) as bedrock, patch.dict("os.environ", ENGINES):
        made, _ = record(str(video), [WISH, CHANGE], settings(), folder, "a script", WHAT, "talk")
        assert not bedrock.refused + bedrock.broken
    return made


ENGINES = {"HOOKLINE_TRANSCRIBER": "tests.agent.test_loop:Heard", "HOOKLINE_ANALYST": "tests.agent.test_loop:Unseeing"}


@pytest.fixture
def conversation(kept: Path) -> Conversation:
    return conversations.load(there(kept)[0])


@pytest.mark.parametrize("path", [None, *there()], ids=lambda path: path.name if path else "recorded here")
def test_each_kept_conversation_plays_to_its_end_and_breaks_nothing(path: Path | None, kept: Path) -> None:
    told = rerun.told(conversations.load(path or there(kept)[0]))
    print(*told.lines, sep="\n")
    assert told.sound, "\n".join(told.lines)


def test_a_conversation_plays_to_the_same_end_with_no_model_and_no_video(conversation: Conversation) -> None:
    again = rerun.rerun(conversation)
    assert again.drift == again.broken == ()
    assert again.tally == conversation.tally
    assert again.tally.ends == ("done with warnings", "done with warnings")
    assert (again.tally.calls, again.tally.tools, again.tally.refusals) == (13, 10, 1)
    assert [turn.name for turn in conversation.turns] == ["wish", *["editor"] * 9, "revision"]
    assert again.tally.dollars > 0


def test_a_kept_conversation_is_small_and_says_what_it_is(kept: Path, conversation: Conversation) -> None:
    assert there(kept)[0].stat().st_size < 60_000
    assert conversation.what.startswith("Answers of a language model over the relay")
    assert "not of Bedrock" in conversation.what
    assert (conversation.answered_by, conversation.rights.credit) == ("a script", "these tests")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", conversation.recorded)


def test_what_the_model_was_shown_is_counted_and_not_kept(conversation: Conversation) -> None:
    assert [turn.pictures for turn in conversation.turns].count(0) < len(conversation.turns)


@pytest.mark.parametrize(
    ("name", "told"), [("editor", "call 1 of conversation 2: the prompt editor"), ("wish", "call 1: the prompt wish")]
)
def test_a_prompt_that_changed_fails_and_is_named(conversation: Conversation, name: str, told: str) -> None:
    before = digest(prompt(name).text.replace("You", "Thou"))
    turns = [turn.model_copy(update={"prompt": before}) if turn.name == name else turn for turn in conversation.turns]
    stale = rerun.told(conversation.model_copy(update={"turns": tuple(turns)}))
    assert not stale.sound
    assert told in stale.lines[0]


def test_the_copywriters_prompt_that_changed_fails_and_is_named(conversation: Conversation) -> None:
    pages = [page.model_copy(update={"prompt": "another"}) for page in conversation.pages]
    with pytest.raises(Stale, match="the prompt copy changed"):
        rerun.rerun(conversation.model_copy(update={"pages": tuple(pages)}))


def test_a_tools_description_that_changed_fails_and_is_named(conversation: Conversation) -> None:
    tool = next(each for each in TOOLS if each.name == "cut")
    other = tool.model_copy(update={"description": tool.description + " Quickly."})
    turns = [
        turn.model_copy(update={"tools": turn.tools | specs([other])}) if "cut" in turn.tools else turn
        for turn in conversation.turns
    ]
    stale = rerun.told(conversation.model_copy(update={"turns": tuple(turns)}))
    assert not stale.sound
    assert "the tool cut changed" in stale.lines[0]


def test_a_tool_that_answers_otherwise_is_drift_and_the_conversation_is_played_on(conversation: Conversation) -> None:
    steps = dict(conversation.runs[0].steps)
    steps["006.find"] = steps["006.find"] | {"content": "1 place, best first: S1"}
    turns = [
        turn.model_copy(update={"heard": (("find", "otherwise"),)}) if turn.heard[0][0] == "find" else turn
        for turn in conversation.turns
    ]
    first = conversation.runs[0].model_copy(update={"steps": steps})
    drifted = conversation.model_copy(update={"turns": tuple(turns), "runs": (first, conversation.runs[1])})
    told = rerun.told(drifted)
    assert told.sound
    assert told.lines == ("drift: 2, first the answer of find",)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda run: {"outcome": run.outcome.model_copy(update={"status": "nothing to make"})}, "it ended as nothing"),
        (
            lambda run: {"files": run.files | {"artifacts.json": '{"plan": "P9", "artifacts": []}'}},
            "it can't be played to its end",
        ),
        (lambda run: {"files": {**run.files, "artifacts.json": of_plan(run, "P9")}}, "a plan that there is not"),
    ],
    ids=["another end", "nothing made", "another plan"],
)
def test_what_must_hold_of_any_run_is_asked_of_this_one(
    conversation: Conversation, change: Callable[[Any], dict[str, Any]], told: str
) -> None:
    run = conversation.runs[0]
    broken = rerun.told(conversation.model_copy(update={"runs": (run.model_copy(update=change(run)),)}))
    assert not broken.sound
    assert any(told in line for line in broken.lines), broken.lines


def test_length_ids_and_checks_of_a_promo_are_asked_for(conversation: Conversation, tmp_path: Path) -> None:
    run, workspace = conversation.runs[0], Workspace(tmp_path)
    rerun._lay(run, workspace)
    assert list(rerun._promo(workspace, run.brief, run.outcome)) == []
    cut = run.outcome.cut
    assert cut is not None
    asked = run.brief.model_copy(update={"target": 20.0})
    assert list(rerun._promo(workspace, asked, run.outcome)) == [
        f"{cut.length:.2f} s is not the length that was asked, 20 s"
    ]
    strange = cut.clips[0].model_copy(update={"ids": ("S99", "S99")})
    told = run.outcome.model_copy(update={"cut": cut.model_copy(update={"clips": (strange, *cut.clips[1:])})})
    assert list(rerun._promo(workspace, run.brief, told)) == [
        "S99 is not in the video",
        "S99 is not in the video",
        "a sentence plays twice",
    ]


def of_plan(run: Any, plan: str) -> str:
    return json.dumps(json.loads(run.files["artifacts.json"]) | {"plan": plan})


def test_a_video_of_which_no_licence_is_known_is_refused_before_anything_is_asked(video: Path, tmp_path: Path) -> None:  # noqa: F811
    with relayed(tmp_path / "run", answer) as bedrock, pytest.raises(Refusal, match=r"is not in .*videos\.toml"):
        record(str(video), [WISH], settings(), tmp_path, "a script", WHAT)
    assert bedrock.hits == 0


def test_of_words_that_may_not_be_kept_only_figures_and_digests_are(conversation: Conversation) -> None:
    bare = without_words(conversation)
    text = bare.model_dump_json()
    assert "customers" in conversation.model_dump_json()
    assert "customers" not in text
    assert bare.tally == conversation.tally
    assert len(bare.digests) == conversation.tally.calls
    assert rerun.told(bare).lines == ("its words are not kept, so it is not played",)


def test_levels_come_back_to_a_hundredth_of_a_decibel_also_from_the_sound_made_of_them(tmp_path: Path) -> None:
    levels = np.random.default_rng(3).uniform(-70, -3, 500).astype(np.float32)
    again = unpacked(packed(levels))
    rerun._sound(again, tmp_path / "audio.wav")
    assert np.abs(again - levels).max() <= 0.0051
    assert np.abs(read(tmp_path / "audio.wav") - again).max() < 0.02


def test_a_file_that_is_no_conversation_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(b"not gzip")
    with pytest.raises(DataError, match=r"x\.json\.gz is no kept conversation"):
        conversations.load(tmp_path / "x.json.gz")


def test_the_verb_prints_a_line_for_each_conversation_and_ends_with_6_where_one_is_stale(
    kept: Path, conversation: Conversation, tmp_path: Path
) -> None:
    done = CliRunner().invoke(play_command, [str(kept)])
    assert done.exit_code == 0, done.output
    assert re.search(r"^talk +13 +10 +1 ", done.output, re.MULTILINE)
    conversations.save(conversation.model_copy(update={"turns": ()}), tmp_path)
    assert CliRunner().invoke(play_command, [str(tmp_path)]).exit_code == 6


# --- the relay ------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked() -> dict[str, Any]:
    jpeg = b"\xff\xd8\xff\xe0 a picture"
    return {
        "modelId": "m",
        "system": [{"text": "x" * 8000}, {"cachePoint": {"type": "default"}}],
        "messages": [{"role": "user", "content": [{"text": "hello"}, {"image": {"source": {"bytes": jpeg}}}]}],
    }


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[Callable[[int, str], None]]:
    """Types answers a moment after it is asked to."""
    threads: list[threading.Thread] = []

    def type_(n: int, text: str) -> None:
        def late() -> None:
            while not (tmp_path / f"{n:02d}.request.json").exists():
                time.sleep(0.02)
            (tmp_path / f"{n:02d}.answer.json").write_text(text)

        threads.append(threading.Thread(target=late, daemon=True))
        threads[-1].start()

    yield type_
    for each in threads:
        each.join(5)


def test_a_request_lies_in_the_folder_with_its_pictures_and_the_answer_is_taken_from_there(
    tmp_path: Path, asked: dict[str, Any], typed: Callable[[int, str], None]
) -> None:
    desk = Desk(tmp_path)
    typed(1, '{"content": [{"text": "Hello."}]}')
    said = desk(asked, 1)
    assert said["content"] == [{"text": "Hello."}]
    request = json.loads((tmp_path / "01.request.json").read_text())
    assert request["messages"][0]["content"][1] == {"image": "01.image01.jpg"}
    assert (tmp_path / "01.image01.jpg").read_bytes().endswith(b"a picture")


def test_what_was_sent_before_a_mark_of_the_cache_is_counted_as_read_from_it(
    tmp_path: Path, asked: dict[str, Any]
) -> None:
    desk, said = Desk(tmp_path), {"content": [{"text": "Hello."}]}
    first, second = desk.usage(asked, said), desk.usage(asked, said)
    assert first["cacheReadInputTokens"] == second["cacheWriteInputTokens"] == 0
    assert first["cacheWriteInputTokens"] == second["cacheReadInputTokens"] > 2000
    assert first["inputTokens"] < 100


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON"),
        ("[]", "no list named content"),
        ('{"content": [{"text": " "}]}', "each part"),
        ('{"content": [{"toolUse": {"name": "cut"}}]}', "toolUse holds"),
        ('{"content": [{"text": "Done."}]}', ""),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_and_waited_for_again(text: str, why: str) -> None:
    assert (why in unusable(text)) if why else not unusable(text)


def test_a_conversation_is_not_kept_without_the_name_of_who_answered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        asked_for(["folder", "talk.mp4", "30s", "--record"])
    assert "--record needs --by MODEL" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["editor", "wish", "revision", "copy"])
def test_a_prompt_is_known_by_its_text_whatever_it_was_filled_with(name: str) -> None:
    one = prompt(name)
    assert named(one.fill(**dict.fromkeys(one.names, "7 of $9 (x)\n")) + "\n\nand more") == name
    assert not named("You are somebody else's editor.")
