"""A conversation with Bedrock is kept in a file and played back to the same result; what changed since is told, loudly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool

from agent.deciding.bedrock import Editor
from agent.record.records import Records
from evals.cases import Case, DataError, cases
from evals.cassettes import Cassette, Player, Recorder, Stale, load, place, specs
from evals.scorers import Attempt, score
from evals.solvers import Stage, rehearse
from evals.suites import AGENT, Given, attempted, run
from tests.fakes.bedrock import Bedrock, call
from tests.fakes.buckets import account
from tools import TOOLS
from tools.cut import CutArgs

pytestmark = pytest.mark.aws

SONNET = "global.anthropic.claude-sonnet-5-5"
CASE = cases()[0]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("transcribe", {}),
    ("find", {"query": "throwing away less bread"}),
    ("cut", {"picks": []}),
    ("write", {"plan_id": "P1", "platforms": ["linkedin"]}),
]


@pytest.fixture(scope="module")
def attempt(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Attempt]:
    """The attempt at a case by a model, in a home of its own."""

    def made(case: Case, model: Callable[[Case], Any]) -> Attempt:
        home = tmp_path_factory.mktemp("home")
        records = Records(f"sqlite:///{home / 'r.db'}")
        try:
            records.migrate()
            return rehearse(case, Stage(records, home, model, SONNET))
        finally:
            records.close()

    return made


@pytest.fixture(scope="module")
def recorded(attempt: Callable[..., Attempt], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Attempt]:
    """The folder of a conversation over the whole Bedrock client, and what came of it."""
    folder = tmp_path_factory.mktemp("cassettes")
    with account(), Bedrock(lambda asked, n: [call(*CALLS[n - 1], n)]) as bedrock:
        inner = Editor(model=SONNET, base_url=bedrock.url, region_name="us-east-1", max_tokens=500)

        def model(case: Case) -> Recorder:
            return Recorder(inner=inner, path=place(folder, case), case=case.id, model_id=SONNET)

        made = attempt(CASE, model)
        assert not bedrock.broken
        assert len(bedrock.requests) == len(CALLS)
    return folder, made


@pytest.fixture
def cassette(recorded: tuple[Path, Attempt]) -> Cassette:
    return load(place(recorded[0], CASE))


def player(cassette: Cassette, tools: Any = TOOLS) -> Player:
    return Player(cassette=cassette).bind_tools(tools)


def test_a_conversation_with_bedrock_plays_to_the_same_scores_with_no_bedrock(
    recorded: tuple[Path, Attempt], attempt: Callable[..., Attempt]
) -> None:
    before = recorded[1]
    again = attempt(CASE, lambda case: Player(cassette=load(place(recorded[0], case))))
    assert before.cut is not None
    assert again.cut == before.cut
    then, now = score(CASE, before), score(CASE, again)
    assert {**now, "seconds": 0} == {**then, "seconds": 0}
    assert now["dollars"] == pytest.approx(4 * (100 * 2 + 20 * 10) / 1e6)


def test_a_changed_prompt_makes_it_stale(cassette: Cassette) -> None:
    asked = [SystemMessage("You are somebody else's editor."), HumanMessage("make it")]
    with pytest.raises(
        Stale, match=r"bakery/a .* is stale at call 1: the prompt editor, the request changed; record it anew"
    ):
        player(cassette).invoke(asked)


def test_a_changed_tool_makes_it_stale_and_is_named(cassette: Cassette) -> None:
    @tool("cut", args_schema=CutArgs)
    def cut(picks: list) -> str:
        """Make a plan in another way."""
        return ""

    changed = [cut if each.name == "cut" else each for each in TOOLS]
    with pytest.raises(Stale, match=r"the tool cut changed|, the tool cut,"):
        player(cassette, changed).invoke([SystemMessage("x"), HumanMessage("y")])
    assert [name for name, told in specs(changed).items() if told != cassette.turns[0].tools[name]] == ["cut"]


def test_a_tool_that_answers_otherwise_makes_it_stale_in_the_loop(
    cassette: Cassette, attempt: Callable[..., Attempt]
) -> None:
    lines = list(CASE.talk.lines)
    lines[5] = lines[5].model_copy(update={"say": "We opened the very first shop in a barn that my uncle had left."})
    other = Case(CASE.talk.model_copy(update={"lines": tuple(lines)}), CASE.wish)
    with pytest.raises(Stale, match="at call 2: the answer of transcribe changed"):
        attempt(other, lambda case: Player(cassette=cassette))


def test_a_conversation_that_goes_on_past_its_end_is_stale(cassette: Cassette, attempt: Callable[..., Attempt]) -> None:
    short = cassette.model_copy(update={"turns": cassette.turns[:2]})
    with pytest.raises(Stale, match="at call 3: the conversation goes on where it had ended"):
        attempt(CASE, lambda case: Player(cassette=short))


def test_a_stale_cassette_fails_the_report_by_name(cassette: Cassette) -> None:
    stale = cassette.model_copy(update={"turns": ()})
    report = run(["copy"], [CASE], Given(model=lambda case: Player(cassette=stale), model_id=SONNET))
    (line,) = report["gates"]
    assert line.startswith("bakery/a: agent crashed: Stale('the cassette of bakery/a")


def test_another_wish_has_another_cassette(tmp_path: Path) -> None:
    assert len({place(tmp_path, case) for case in cases()}) == len(cases())


def test_a_file_that_is_no_cassette_is_named_by_line(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"case": "a"}\n')
    with pytest.raises(DataError, match=r"x\.jsonl, line 1: model_id: Field required"):
        load(tmp_path / "x.jsonl")


def test_a_crash_is_the_agents_and_not_the_suites() -> None:
    assert (
        attempted(
            CASE, AGENT, lambda case: player(Cassette(case="x", model_id="m", recorded="d", turns=())).invoke("x")
        ).status
        == "crashed"
    )
