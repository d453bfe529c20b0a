"""A run on Lambda: nothing that finished is done again, whatever sandbox goes on and whatever stops it."""

import json
import shutil
import time
from copy import copy
from pathlib import Path

import pytest
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration
from aws_durable_execution_sdk_python.exceptions import InvocationError
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import ToolException, tool

from agent.budget import Budget
from agent.deciding.ledger import Ledger
from agent.record.records import Busy, Records, RecordsDown
from agent.steps import durable
from agent.steps import held as held_record
from agent.steps.durable import Durable, Lazy
from agent.steps.errors import BEGINS, Failed, Interrupted, TooLarge, packed, unpacked
from agent.steps.held import Held, Patient
from tests.agent.test_loop import Heard, Unseeing
from tools.files.whole import fingerprint
from tools.local.extract import Extractive
from tools.ports import Bench, Engines
from tools.schema import Brief, Outcome
from tools.troubles import NotReady, Refusal
from tools.workspace import Workspace


class Shelf:
    """An object store in memory, as strict as the port."""

    def __init__(self):
        self.objects: dict[str, bytes] = {}
        self.puts: list[str] = []
        self.fetches: list[str] = []

    def put(self, key, path, media_type):
        data = Path(path).read_bytes()
        if self.objects.setdefault(key, data) != data:
            raise FileExistsError(key)
        self.puts.append(key)
        return fingerprint(Path(path))

    def fetch(self, key, into):
        self.fetches.append(key)
        if key not in self.objects:
            raise FileNotFoundError(key)
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_bytes(self.objects[key])

    def names(self, prefix):
        return sorted(key for key in self.objects if key.startswith(prefix))


class Throttled(Exception):
    pass


class Stage:
    """Carries ``work(steps, workspace)`` durably; each invocation is in a new sandbox unless ``warm``."""

    def __init__(self, folder, work, warm=False):
        self.folder, self.work, self.warm = folder, work, warm
        self.shelf, self.done, self.invocations, self.seen = Shelf(), [], 0, []
        self.result = None

    def steps(self, ctx, **more):
        self.invocations += 1
        sandbox = self.folder / ("warm" if self.warm else f"sandbox-{self.invocations}") / "run1"
        return Durable(
            ctx,
            self.shelf,
            Lazy(sandbox, self.video),
            *more.pop("watchers", ()),
            passing=lambda error: isinstance(error, Throttled),
            **more,
        )

    def video(self, path):
        self.done.append("video")
        path.write_bytes(b"video")

    def do(self, name, answer=None):
        """A step's work that is noted each time it is really done."""

        def work():
            self.done.append(name)
            return name if answer is None else answer

        return work

    def run(self):
        @durable_execution
        def handler(event, ctx):
            steps = self.steps(ctx)
            return self.work(self, steps, steps._workspace)

        with DurableFunctionTestRunner(handler) as runner:
            self.result = runner.run(input="{}", execution_timeout=60)
            self.history = runner._store.load(self.result_arn(runner)).operations
        return self.result

    def result_arn(self, runner):
        return next(iter(runner._store._store))

    def answer(self):
        result = self.run()
        assert result.status.value == "SUCCEEDED", result.error
        return json.loads(result.result)


@pytest.fixture(params=["new sandboxes", "one warm sandbox"])
def stage(request, tmp_path):
    return lambda work: Stage(tmp_path, work, warm=request.param == "one warm sandbox")


def test_finished_steps_are_not_done_again_when_a_wait_ends(stage):
    def work(stage, steps, workspace):
        one = steps.step("one", stage.do("one"))
        ready = steps.poll(
            "wait", stage.do("asked", len(stage.done)), lambda answer: stage.done.count("asked") >= 4, every=10
        )
        return [one, ready > 0, steps.step("two", stage.do("two"))]

    made = stage(work)
    assert made.answer() == ["one", True, "two"]
    assert made.done == ["one", "asked", "asked", "asked", "asked", "two"]
    assert made.invocations == 4


def test_a_step_may_hold_steps_and_waits_at_any_depth(stage):
    def work(stage, steps, workspace):
        def outer():
            stage.done.append("outer")
            a = steps.step("tool/a", stage.do("a"))

            def middle():
                b = steps.step("tool/b", stage.do("b"))
                steps.poll("tool/wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 2)
                return b

            return [a, steps.step("tool/middle", middle), steps.step("tool/c", stage.do("c"))]

        return [steps.step("tool", outer), steps.step("after", stage.do("after"))]

    made = stage(work)
    assert made.answer() == [["a", "b", "c"], "after"]
    assert [name for name in made.done if name != "outer"] == ["a", "b", "asked", "asked", "c", "after"]


def test_the_run_folder_survives_a_new_sandbox_without_video_or_sound(stage):
    def work(stage, steps, workspace):
        def look():
            workspace.video.read_bytes()
            workspace.audio.write_bytes(b"sound")
            workspace.write("frames/1.jpg", b"still")
            workspace.write("observation.json", b"{}")
            return None

        workspace.write("source.json", b"source")
        steps.step("look", look)
        steps.poll("wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 3)
        assert (workspace.folder / "source.json").read_bytes() == b"source"
        assert (workspace.folder / "frames/1.jpg").read_bytes() == b"still"
        return sorted(path.name for path in workspace.folder.rglob("*") if path.is_file() and ".kept" not in path.parts)

    made = stage(work)
    names = made.answer()
    assert {"1.jpg", "observation.json", "source.json"} <= set(names)
    assert made.done.count("video") == 1, "a run that only waits does not fetch the video again"
    assert b"video" not in made.shelf.objects.values()
    assert b"sound" not in made.shelf.objects.values()
    assert all(key.startswith("work/run1/") for key in made.shelf.objects)
    assert len(made.shelf.puts) == len(set(made.shelf.puts)), "nothing is sent twice"


def test_a_new_sandbox_fetches_the_video_where_it_is_asked_for(tmp_path):
    def work(stage, steps, workspace):
        steps.step("intake", lambda: len(workspace.video.read_bytes()))
        steps.poll("wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 2)
        return steps.step("render", lambda: len(workspace.video.read_bytes()))

    made = Stage(tmp_path, work)
    assert made.answer() == 5
    assert made.done == ["video", "asked", "video"] or made.done == ["video", "asked", "asked", "video"]


def test_on_replay_the_folder_shows_no_file_of_the_future(stage):
    """Work outside steps decides by what is in the folder, and must decide as it did."""

    def work(stage, steps, workspace):
        stage.seen.append((workspace.folder / "plan-P1.json").exists())
        steps.step("cut", lambda: str(workspace.write("plan-P1.json", b"first").name))
        stage.seen.append((workspace.folder / "plan-P1.json").read_bytes())

        def tool():
            if (workspace.folder / "late.json").exists():
                return "late"
            steps.step("tool/inner", stage.do("inner"))
            workspace.write("late.json", b"late")  # outside any inner step
            steps.poll("tool/wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 2)
            return "early"

        made = steps.step("tool", tool)
        steps.step("change", lambda: str(workspace.write("plan-P1.json", b"second").name))
        steps.poll("wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 4)
        return [made, (workspace.folder / "plan-P1.json").read_text(), (workspace.folder / "late.json").exists()]

    made = stage(work)
    assert made.answer() == ["early", "second", True]
    assert made.seen == [False, b"first"] * made.invocations
    assert made.invocations >= 3
    assert made.done.count("inner") == 1


def test_a_file_that_a_step_took_away_stays_away(stage):
    def work(stage, steps, workspace):
        steps.step("make", lambda: str(workspace.write("draft.json", b"draft").name))
        steps.step("drop", lambda: (workspace.folder / "draft.json").unlink())
        steps.poll("wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 2)
        return (workspace.folder / "draft.json").exists()

    assert stage(work).answer() is False


ERRORS = [
    ToolException("S41 does not exist"),
    Refusal("too_long", "The video is too long."),
    NotReady("No model."),
    LookupError("nothing"),
    ValueError("a", 1),
    FileNotFoundError("gone"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_a_step_is_the_same_error_at_every_replay(stage, error):
    def work(stage, steps, workspace):
        def fail():
            stage.done.append("tried")
            raise error

        with pytest.raises(type(error)) as told:
            steps.step("fails", fail)
        stage.seen.append((type(told.value), told.value.args, vars(told.value)))
        steps.poll("wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 2)
        return str(told.value)

    made = stage(work)
    assert made.answer() == str(error)
    assert made.done.count("tried") == 1, "a tool that failed is not tried again by itself"
    assert made.seen == [(type(error), error.args, vars(error))] * made.invocations


def test_a_store_that_may_not_be_written_ends_the_run_and_is_not_tried_for_ever(stage):
    def work(stage, steps, workspace):
        def make():
            stage.done.append("tried")
            (workspace.folder / "made.json").write_text("{}")

        def forbidden(key, path, media_type):
            raise PermissionError("the role needs s3:PutObject")

        stage.shelf.put = forbidden
        steps.step("makes", make)

    made = stage(work)
    result = made.run()
    assert result.status.value == "FAILED"
    assert "the role needs s3:PutObject" in result.error.message
    assert made.done == ["tried"]


def test_an_error_that_cannot_be_carried_says_what_it_was(stage):
    class Odd(Exception):
        pass

    def work(stage, steps, workspace):
        def fail():
            raise Odd("as odd as can be", object())

        with pytest.raises(Failed, match="^Odd: .*as odd as can be"):
            steps.step("fails", fail)
        return True

    assert stage(work).answer() is True


def test_no_class_of_elsewhere_is_loaded_from_a_checkpoint():
    for module, name in (
        ("os", "error"),
        ("subprocess", "CalledProcessError"),
        ("builtins", "print"),
        ("agent.record.records", "Records"),
    ):
        error = unpacked({"module": module, "name": name, "args": ["x"], "state": {}})
        assert type(error) is Failed
    assert type(unpacked(packed(KeyError("k")))) is KeyError


def test_a_throttled_call_is_made_again_after_waits_that_nobody_pays_for(stage):
    def work(stage, steps, workspace):
        def ask():
            stage.done.append("ask")
            if stage.done.count("ask") < 4:
                raise Throttled("slow down")
            return "answer"

        return [steps.step("before", stage.do("before")), steps.step("001.model", ask)]

    made = stage(work)
    assert made.answer() == ["before", "answer"]
    assert made.done == ["before", "ask", "ask", "ask", "ask"]
    waits = [each.wait_details for each in made.history if each.wait_details]
    assert len(waits) == 3
    assert made.invocations == 4


def test_a_call_that_stays_throttled_fails_with_its_reason_and_is_not_tried_for_ever(stage):
    def work(stage, steps, workspace):
        def ask():
            stage.done.append("ask")
            raise Throttled("slow down")

        with pytest.raises(Failed, match="Throttled: slow down"):
            steps.step("tool", lambda: steps.step("tool/model", ask))
        return stage.done.count("ask")

    assert stage(work).answer() == len(durable.LATER) + 1


def test_a_poll_goes_on_over_a_passing_trouble(stage):
    def work(stage, steps, workspace):
        def ask():
            stage.done.append("ask")
            if stage.done.count("ask") in (1, 3):
                raise Throttled("slow down")
            return stage.done.count("ask")

        return steps.poll("wait", ask, lambda answer: answer >= 4)

    assert stage(work).answer() == 4


def test_no_checkpoint_is_larger_than_lambda_takes_and_large_answers_come_back_whole(stage):
    large = {"text": "é" * 300_000, "n": [1.5, None, True]}

    def work(stage, steps, workspace):
        for n in range(300):
            workspace.write(f"frames/{n:04d}.jpg", b"%d" % n)
        back = steps.step("large", stage.do("large", large))
        steps.poll("wait", stage.do("asked", "x" * 170_000), lambda _: stage.done.count("asked") >= 2)
        return back == large

    made = stage(work)
    assert made.answer() is True
    assert made.done.count("large") == 1
    sizes = [len(text) for each in made.history for text in texts(each)]
    assert 100_000 < max(sizes) < 262_144


def texts(operation):
    for details in (operation.step_details, operation.context_details):
        if details is not None and details.result:
            yield details.result.encode()


@pytest.mark.parametrize("limit", ["LARGEST", "NAMES"])
def test_what_is_too_large_to_keep_is_refused_with_its_size(stage, monkeypatch, limit):
    monkeypatch.setattr(durable, limit, 1000)

    def work(stage, steps, workspace):
        if limit == "NAMES":
            for n in range(20):
                workspace.write(f"{n}.json", b"%d" % n)
            steps.step("many", stage.do("many"))
        else:
            with pytest.raises(TooLarge, match="200002 bytes; 1000 are the most"):
                steps.step("large", stage.do("large", "x" * 200_000))
        return True

    result = stage(work).run()
    if limit == "NAMES":
        assert result.status.value == "FAILED"
        assert "20 files" in result.error.message
    else:
        assert result.status.value == "SUCCEEDED"


def test_answers_pass_through_json_on_the_first_pass_as_on_replay(stage):
    def work(stage, steps, workspace):
        stage.seen.append(steps.step("pair", lambda: {"a": (1, 2)}))
        steps.poll("wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 2)
        with pytest.raises(TypeError):
            steps.step("set", lambda: {1, 2})
        return True

    made = stage(work)
    assert made.answer() is True
    assert made.seen == [{"a": [1, 2]}] * made.invocations


def test_a_name_that_the_model_made_up_can_name_a_step(stage):
    name = "003.sprich „deutsch“\n" + "x" * 900
    assert stage(lambda stage, steps, workspace: steps.step(name, stage.do("done"))).answer() == "done"


def test_what_was_kept_and_changed_since_is_not_believed(tmp_path):
    def work(stage, steps, workspace):
        steps.step("make", lambda: str(workspace.write("a.json", b"true").name))
        for key in stage.shelf.objects:
            stage.shelf.objects[key] = b"forged"
        steps.poll("wait", stage.do("asked", 1), lambda _: stage.done.count("asked") >= 2)
        return True

    result = Stage(tmp_path, work).run()
    assert result.status.value == "FAILED"
    assert "other bytes" in result.error.message


# --- with LangChain's loop ------------------------------------------------------------------------------------------


class Script(BaseChatModel):
    """Says what it was given, one message a turn."""

    turns: list
    asked: list = []

    @property
    def _llm_type(self):
        return "script"

    def bind_tools(self, tools, **settings):
        return self

    def _generate(self, messages, stop=None, run_manager=None, **settings):
        turn = sum(isinstance(message, AIMessage) for message in messages)
        self.asked.append(turn)
        return ChatResult(generations=[ChatGeneration(message=self.turns[turn])])


def called(*names):
    return AIMessage(
        "", tool_calls=[{"name": name, "args": {"n": n}, "id": f"call-{name}-{n}"} for n, name in enumerate(names)]
    )


@pytest.fixture
def records(tmp_path):
    made = Records(f"sqlite:///{tmp_path / 'record.sqlite3'}")
    made.migrate()
    yield made
    made.close()


def test_suspension_passes_langgraph_and_every_block_of_ours(stage, records, tmp_path):
    """Two calls in one turn, the first of which waits: neither is done twice, and the record has each once."""
    blocks = []

    @tool
    def slow(n: int) -> str:
        """Wait for something outside."""
        made, steps = stages[-1], benches[-1]
        try:
            steps.step(f"slow-{n}/start", made.do(f"start-{n}"))
            steps.poll(f"slow-{n}/wait", made.do(f"asked-{n}", 1), lambda _: made.done.count(f"asked-{n}") >= 2)
            return f"slow {n}"
        except Exception:
            blocks.append("except")
            raise
        finally:
            blocks.append("finally")

    @tool
    def quick(n: int) -> str:
        """Answer at once."""
        stages[-1].done.append(f"quick-{n}")
        return f"quick {n}"

    stages, benches = [], []
    model = Script(turns=[called("slow", "quick", "slow"), called("quick"), AIMessage("Done.")])
    brief = Brief(run="run1", video="a.mp4")

    def work(stage, steps, workspace):
        benches.append(steps)
        held = steps._records
        ledger = Ledger(held, steps._claim, steps, Budget(), "script")
        agent = create_agent(model, [slow, quick], middleware=[ledger], context_schema=Bench)
        bench = Bench(
            brief=brief, workspace=workspace, engines=Engines(Heard(), Unseeing(), Extractive(), None), steps=steps
        )
        state = agent.invoke(
            {"messages": [("user", "go")]}, context=bench, config={"max_concurrency": 1, "recursion_limit": 50}
        )
        return [message.text for message in state["messages"] if isinstance(message, ToolMessage | AIMessage)]

    made = stage(work)
    stages.append(made)
    plain = made.steps

    def with_record(ctx):
        held = Held(records, ctx, "inbox")
        claim = held.claim(brief)
        steps = plain(ctx)
        steps._records, steps._claim = held, claim
        held.watch(steps)
        return steps

    made.steps = with_record
    assert made.answer() == ["", "slow 0", "quick 1", "slow 2", "", "quick 0", "Done."]
    assert model.asked == [0, 1, 2], "no model call is made twice"
    for name in ("start-0", "start-2", "quick-1", "quick-0"):
        assert made.done.count(name) == 1
    assert "except" not in blocks
    assert made.invocations > 2
    decisions = records.decisions("run1")
    assert [row["name"] for row in decisions] == ["model", "slow", "quick", "slow", "model", "quick", "model"]
    assert all(row["verdict"] == "accepted" for row in decisions)


# --- the record -----------------------------------------------------------------------------------------------------


def carried(handler, runner_timeout=60, **options):
    with DurableFunctionTestRunner(durable_execution(handler), **options) as runner:
        return runner.run(input="{}", execution_timeout=runner_timeout)


BRIEF = Brief(run="run1", video="a.mp4")


def test_the_claim_is_a_checkpoint_and_a_second_execution_is_told_busy(records):
    fences = []

    def first(event, ctx):
        held = Held(records, ctx, "inbox")
        fences.append(held.claim(BRIEF).fence)
        ctx.wait(Duration.from_seconds(30))
        return True

    assert carried(first).status.value == "SUCCEEDED"
    assert fences == [1, 1]

    def second(event, ctx):
        with pytest.raises(Busy):
            Held(records, ctx, "inbox").claim(BRIEF)
        return True

    assert carried(second).status.value == "SUCCEEDED"
    assert records.run("run1")["tenant"] == "inbox"


def test_a_claim_whose_checkpoint_was_lost_is_waited_for_and_taken_over(records, monkeypatch):
    """Killed after the row was written and before the checkpoint was: the same execution finds the run held, by itself."""
    monkeypatch.setattr(held_record, "LEASE", 2.0)
    invocations = []

    def handler(event, ctx):
        invocations.append(1)
        held = Held(records, ctx, "inbox")
        if len(invocations) == 1:
            held._claimed = lambda brief, more: (records.claim(brief, lease=2.0), killed())
        claim = held.claim(BRIEF)
        return claim.fence

    def killed():
        raise Interrupted(InvocationError("killed"))

    def guarded(event, ctx):
        try:
            return handler(event, ctx)
        except Interrupted as stop:
            raise stop.error from stop

    result = carried(guarded, skip_time=False)
    assert (result.status.value, json.loads(result.result)) == ("SUCCEEDED", 2)


def test_a_record_that_is_away_interrupts_the_invocation_and_does_not_close_the_run(records):
    class Away:
        """The record, away at the second question of its first invocation."""

        def __init__(self):
            self.calls = 0

        def read(self, work):
            return records.db.read(work)

        def write(self, work):
            self.calls += 1
            if self.calls == 3:
                raise RecordsDown("no connection")
            return records.db.write(work)

    away, done = copy(records), []
    away.db = Away()

    def handler(event, ctx):
        held = Held(away, ctx, "inbox")
        claim = held.claim(BRIEF)
        try:
            try:
                held.decide(claim, 1, kind="model", name="model")
                done.append("decided")
                held.decide(claim, 2, kind="model", name="model")
                held.finish(claim, Outcome(run="run1", status="done"))
            except Exception:
                done.append("closed as failed")
                raise
        except Interrupted as stop:
            raise InvocationError(str(stop)) from stop
        return True

    assert carried(handler).status.value == "SUCCEEDED"
    assert done == ["decided", "decided"]
    assert [row["seq"] for row in records.decisions("run1")] == [1, 2]
    assert records.run("run1")["state"] == "done"


def test_a_run_that_another_has_taken_stops_before_it_does_or_writes_anything(records, tmp_path):
    done = []

    def handler(event, ctx):
        held = Held(records, ctx, "inbox")
        claim = held.claim(BRIEF)
        records.db.write(lambda db: db.exec_driver_sql("update run set fence = 7"))
        steps = Durable(ctx, Shelf(), Workspace(tmp_path / "run1"), held, claim)
        try:
            steps.step("one", lambda: done.append("one"))
        except Interrupted as stop:
            return type(stop.error).__name__
        return "went on"

    assert json.loads(carried(handler).result) == "Fenced"
    assert done == []


def test_a_name_that_one_tool_asks_for_over_and_over_is_not_taken_for_a_step_that_dies(records, tmp_path):
    def handler(event, ctx):
        held = Held(records, ctx, "inbox")
        steps = Durable(ctx, Shelf(), Workspace(tmp_path / "run1"), held, held.claim(BRIEF))
        asked = [steps.poll("wait", lambda n=n: n, lambda _: True) for n in range(BEGINS + 2)]
        return [asked, steps.step("tool", lambda: [steps.step("tool/look", lambda n=n: n) for n in range(BEGINS + 2)])]

    result = carried(handler)
    assert result.status.value == "SUCCEEDED", result.error
    assert json.loads(result.result) == [list(range(BEGINS + 2))] * 2


def test_a_run_that_waits_for_dollars_goes_on_as_soon_as_another_gives_back(records, monkeypatch):
    today = records.reserve("inbox", 9.0, 10.0)
    leases = []

    def handler(event, ctx):
        held = Held(records, ctx, "inbox")
        claim, budget = held.claim(BRIEF), Budget(dollars=2.0)
        with Patient(ctx, 10.0, "inbox").share(held, claim, budget):
            budget.spend(0.5)
        return claim.fence

    real = Records.renew
    monkeypatch.setattr(
        Records,
        "renew",
        lambda self, claim, lease=None: (leases.append(lease), real(self, claim, lease), self.settle(today, 0.0)),
    )
    result = carried(handler)
    assert (result.status.value, result.result) == ("SUCCEEDED", "1")
    assert len(leases) == 1
    assert leases[0] > held_record.LEASE
    waits = [operation for operation in result.operations if operation.operation_type.value == "WAIT"]
    assert len(waits) == 1
    left = records.reserve("inbox", 9.5, 10.0)
    assert left.dollars == 9.5


def test_a_run_without_dollars_for_a_whole_day_lets_go_and_may_be_asked_for_again(records):
    records.reserve("inbox", 10.0, 10.0)

    def handler(event, ctx):
        held = Held(records, ctx, "inbox")
        with Patient(ctx, 10.0, "inbox").share(held, held.claim(BRIEF), Budget(dollars=2.0)):
            raise AssertionError("it began")

    result = carried(handler)
    assert result.status.value == "FAILED"
    assert "today's $10.00 are left" in result.error.message
    waits = [operation for operation in result.operations if operation.operation_type.value == "WAIT"]
    assert len(waits) >= held_record.HOLD / held_record.SELDOM - 1
    assert len(result.operations) < 200, "of the 3,000 that Lambda takes"
    row = records.run("run1")
    assert (row["state"], row["attempts"]) == ("failed", 0)
    assert "hours' dollars" in row["reason"]
    assert records.claim(BRIEF).outcome is None


def test_the_clock_of_a_run_begins_where_its_first_invocation_did(records):
    began = []

    def handler(event, ctx):
        held = Held(records, ctx, "inbox")
        held.claim(BRIEF)
        began.append(held.began)
        time.sleep(0.05)
        ctx.wait(Duration.from_seconds(1))
        return True

    carried(handler)
    assert len(set(began)) == 1
    assert len(began) == 2


def test_the_lazy_folder_is_a_run_folder(tmp_path):
    fetched = []

    def fetch(path):
        fetched.append(path)
        shutil.copyfile(__file__, path)

    folder = Lazy(tmp_path / "run", fetch)
    folder.write("a.json", b"{}")
    assert fetched == []
    assert folder.video.exists()
    assert folder.video.read_bytes()
    assert fetched == [tmp_path / "run" / "source.bin"]
