"""An upload's whole way on AWS, in processes of their own, with every service's stand-in on loopback and ffmpeg for real."""

import json
import re
from collections import Counter
from types import SimpleNamespace

import pytest
from aws_durable_execution_sdk_python_testing.executor import Executor

from agent.answers import explain
from agent.price import price
from agent.settings import load
from agent.wiring import engines
from tests.stage import DRAWN, OUTPUTS, SECONDS, answer, footage, mind, notification, outbox, staged
from tools.aws.rekognition import TOGETHER

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]
fire = pytest.mark.fire


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return footage(tmp_path_factory.mktemp("film"))


@pytest.fixture
def stage(film, mariadb, tmp_path, monkeypatch):
    # A killed sandbox is replaced at once, and as often as it takes.
    monkeypatch.setattr(Executor, "RETRY_BACKOFF_SECONDS", 0)
    monkeypatch.setattr(Executor, "MAX_CONSECUTIVE_FAILED_ATTEMPTS", 100)
    with staged(film, mariadb.create(), tmp_path) as stage:
        yield stage


TIMED = {"run.json", "report.html"}
"""Outputs that tell how long the run took."""


def moments(history):
    """Before, within and after each step of a run, as (name, where), in the order in which they come."""
    for event in history:
        name = event.get("Name") or ""
        if re.match(r"intake$|outcome$|\d{3}\.", name):
            if event["EventType"] == "ContextStarted":
                yield name, "pre"
            elif event["EventType"] == "ContextSucceeded":
                yield from ((name, "mid"), (name, "post"))


def asked(stage):
    """What the services and ffmpeg were asked to do, each with how often."""
    models = [f"{request['modelId']} turn {len(request['messages'])}" for request in stage.bedrock.requests]
    others = [name for name, _ in (*stage.listen.calls, *stage.watch.calls) if name != "GetTranscriptionJob"]
    lines = stage.renders.read_text().splitlines()
    # Temporary names differ from call to call.
    return Counter([*models, *others, *(re.sub(r"[.\w/-]*\.part-\S+|/tmp/\S+", "FILE", line) for line in lines)])


def rows(stage, run):
    """The record of a run without what is of the clock, and its id, which is of the object's version."""
    of_clock = {"run", "ms", "at", "answered", "created", "ended", "id"}

    def still(row):
        return {name: value for name, value in row.items() if name not in of_clock}

    why = stage.records.why(run, 1)
    return {
        "decisions": [still(row) for row in stage.records.decisions(run)],
        "candidates": [still(row) for row in stage.records.candidates(run)],
        "clips": why["clips"],
        "clip": still(why["clip"]),
        "artifacts": sorted(
            (each["name"], each["sha256"])
            for each in stage.records.run(run)["outcome"]["artifacts"]
            if each["name"] not in TIMED
        ),
    }


def kept(stage):
    return {name: sha for name, sha in outbox(stage).items() if name not in TIMED}


@pytest.fixture(scope="module")
def calm(film, mariadb, tmp_path_factory):
    """What an uninterrupted run did and left, for others to be compared with."""
    with staged(film, mariadb.create(), tmp_path_factory.mktemp("calm")) as stage:
        one, history = answer(stage, notification(stage))
        run = one["run"]
        decisions = stage.records.decisions(run)
        told = SimpleNamespace(
            one=one, moments=list(moments(history)), asked=asked(stage), rows=rows(stage, run), kept=kept(stage),
            outbox=set(outbox(stage)), bedrock=stage.bedrock, watched=list(stage.watch.calls), started=stage.function.started,
            run=stage.records.run(run), decisions=decisions, quoted=quoted(decisions[0]["model_id"], SECONDS), cost=stage.records.cost(run), why=stage.records.why(run, 1),
        )  # fmt: skip
    return told


def test_an_upload_fills_the_outbox_and_every_decision_is_a_row(calm, capsys):
    assert calm.one["status"] in ("done", "done with warnings"), json.dumps(calm.one)
    assert calm.outbox >= OUTPUTS
    assert not calm.bedrock.refused
    assert not calm.bedrock.broken
    assert calm.started == 1
    seen = [
        block
        for request in calm.bedrock.requests
        for message in request["messages"]
        for result in message["content"]
        for block in result.get("toolResult", {}).get("content", [])
        if "image" in block
    ]
    assert seen, "the editor sees, so it is shown the stills"
    decisions = calm.decisions
    assert [d["name"] for d in decisions if d["kind"] == "tool"] == [
        "transcribe", "look", "find", "cut", "write", "cover", "assemble",
    ]  # fmt: skip
    assert all(d["verdict"] == "accepted" for d in decisions)
    spent = {d["name"]: d["dollars"] for d in decisions if d["kind"] == "tool"}
    assert spent["transcribe"] == pytest.approx(0.024, rel=0.01), "a minute of Transcribe"
    stills = sum(dollars for name, dollars in spent.items() if name not in ("transcribe", "write"))
    assert stills == pytest.approx(0.001 * len(calm.watched)), "each image by each API, whichever tool asked"
    assert 0 < spent["write"] < 0.01
    cost = calm.cost["dollars"]
    assert cost == pytest.approx(sum(d["dollars"] for d in decisions))
    told = calm.quoted
    assert cost <= told <= 2 * cost, "the quote is no less than what was billed, and not much more"
    length = calm.run["outcome"]["cut"]["length"]
    assert abs(length - 10.0) <= 0.5
    text = explain(calm.why)
    assert "says it best" in text
    with capsys.disabled():
        print(f"\n\n{calm.one['status']} in the outbox: {', '.join(sorted(calm.outbox))}\n")
        for row in decisions:
            spent = f"{row['tokens_in'] or 0:>6} in {row['tokens_out'] or 0:>4} out ${row['dollars'] or 0:.4f}"
            print(
                f"{row['seq']:>3} {row['kind']:<5} {row['name']:<10} {row['verdict']:<8} {spent} {row['ms'] or 0:>6} ms"
            )
        print(f"\nquoted ${told:.4f}, billed ${cost:.4f}")
        print(f"\nwhy this cut?\n{text}\ncost: {calm.cost}")


class Talks:
    """A mind for several promos of one talk: each conversation chooses the same words where they are said the next time."""

    def __init__(self):
        self.begun = 0

    def __call__(self, asked, n):
        if "toolConfig" in asked and len(asked["messages"]) == 1:
            self.begun += 1
        return mind(asked, n, DRAWN, self.begun - 1)


def quoted(model, seconds, count=1):
    wired = engines(load(backend="aws", database="local", outbox_bucket="hookline-outbox"))
    return price(wired, model, seconds, count)


@fire
def test_ten_minutes_and_three_promos_cost_no_more_than_was_quoted_and_half_of_it_at_least(mariadb, tmp_path, capsys):
    wish = "make three different square 10s promos for LinkedIn about churn without captions"
    with staged(footage(tmp_path, 600), mariadb.create(), tmp_path, wish=wish, mind=Talks()) as stage:
        one, _ = answer(stage, notification(stage))
        assert one["status"] in ("done", "done with warnings"), json.dumps(one)
        runs = [one["run"], *(each["run"] for each in one["more"])]
        costs = [stage.records.cost(run)["dollars"] for run in runs]
        model = stage.records.decisions(runs[0])[0]["model_id"]
        alone, all_ = quoted(model, 600), quoted(model, 600, 3)
    with capsys.disabled():
        print(f"\none of ten minutes: quoted ${alone:.4f}, billed ${costs[0]:.4f}")
        print(f"three: quoted ${all_:.4f}, billed ${sum(costs):.4f} ({', '.join(f'{each:.4f}' for each in costs)})")
    assert len(runs) == 3
    assert costs[0] <= alone <= 2 * costs[0]
    assert sum(costs) <= all_ <= 2 * sum(costs)


def kinds(names):
    """The first step of each kind: another turn of the model is a step like the first, and so is another answer that is kept."""
    kind = re.compile(r"^(?:.*/|\d{3}\.)|[- ](?:[0-9a-z]+-)?[0-9a-f]{12,}$| #\d+$|-P\d.*$")
    return list({kind.sub("", name): name for name in reversed(names)}.values())[::-1]


@pytest.mark.parametrize(
    ("points", "taken"),
    [
        pytest.param(("pre", "mid", "post"), kinds, id="each kind in turn"),
        pytest.param(("pre", "mid", "post"), list, id="each in turn", marks=fire),
        pytest.param(("pre",), list, id="before each", marks=fire),
        pytest.param(("mid",), list, id="within each", marks=fire),
        pytest.param(("post",), list, id="after each", marks=fire),
    ],
)
def test_a_process_killed_at_each_step_changes_nothing(calm, stage, points, taken):
    all_names = list(dict.fromkeys(name for name, _ in calm.moments))
    assert len(all_names) > 20
    names = taken(all_names)
    assert len(names) > 8
    turn = {name: points[n % len(points)] for n, name in enumerate(names)}
    given = [f"{name}:{at}" for name, at in calm.moments if turn.get(name) == at]
    stage.function.kills = list(given)
    one, _ = answer(stage, notification(stage))
    assert stage.function.deaths == ["signal 9"] * len(given), stage.function.kills
    assert stage.function.started == len(given) + 1
    assert one["status"] in ("done", "done with warnings")
    assert rows(stage, one["run"]) == calm.rows
    assert kept(stage) == calm.kept
    more = asked(stage) - calm.asked
    assert not calm.asked - asked(stage)
    # What was done and not yet checkpointed is done again: one action, or one batch of stills by four APIs.
    stills = sum(more.pop(name, 0) for name in [each for each in more if each.startswith("Detect")])
    batches = -(-stills // (4 * TOGETHER))
    assert sum(more.values()) + batches <= sum(not name.endswith(":post") for name in given), more
    assert all(times <= calm.asked[what] for what, times in more.items()), more
    assert asked(stage)["StartTranscriptionJob"] <= 2
