"""Everything a Bedrock endpoint may answer, at the first, a middle and the last turn of a run that is otherwise fine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.bedrock import Editor
from agent.loop import place, run
from tests.fakes.bedrock import Bedrock, Fault, Raw, call, whole
from tests.fakes.buckets import account
from tests.fire.ground import Field, Tally, Thrown, brief, environment, lines, movie, part, spy
from tests.fire.words import GOOD, TARGET, invariants

TURNS = {"first": 0, "middle": 3, "last": len(GOOD)}
WALL = 60.0


def answered(row: dict[str, Any]) -> Any:
    if "drip_s_per_byte" in row:
        return Raw(json.dumps(whole("slow")).encode(), pause=row["drip_s_per_byte"])
    if "reset_after" in row:
        return Raw(json.dumps(whole("reset me in the middle")).encode(), reset=row["reset_after"])
    if row["status"] != 200:
        return Fault(row["code"], row["status"], row.get("message", ""))
    return Raw(row["raw"].encode() if "raw" in row else json.dumps(row["body"]).encode())


class Endpoint:
    """Answers the benign promo's turns by how far the conversation is, and the case's replies at one of them."""

    def __init__(self, case: dict[str, Any] | None, at: int) -> None:
        self.rows = list(case["http"]) if case else []
        self.forever, self.at, self.said = bool(case and case.get("forever")), at, 0

    def __call__(self, request: dict[str, Any], number: int) -> Any:
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        if self.rows and turn >= self.at:
            left = self.said < len(self.rows)
            if left or self.forever:
                self.said += 1
                row = self.rows[(self.said - 1) % len(self.rows)]
                return _own_ids(answered(row), number) if "body" in row else answered(row)
        done = turn - min(self.said, turn - self.at) if self.rows and turn > self.at else turn
        if done < len(GOOD):
            return [call(*GOOD[done], f"{id(self)}-{number}")]
        return "Made."


def _own_ids(raw: Raw, number: int) -> Raw:
    """Tool calls under ids that no earlier turn had, as the service gives them."""
    body = json.loads(raw.body)
    for place_, block in enumerate(body.get("output", {}).get("message", {}).get("content", [])):
        if "toolUse" in block:
            block["toolUse"]["toolUseId"] = f"h{number}-{place_}"
    return Raw(json.dumps(body).encode(), raw.status)


def reply(case: dict[str, Any], position: str, folder: Path, video: Path) -> tuple[list[str], str]:
    """What is wrong with how the run ended, and with how it goes on once the endpoint is well again."""
    field, asked = Field(folder, video=video), brief(f"{case['id']} {position}", target=TARGET)
    settings = {"max_tokens": 500, "region_name": "us-east-1", "sleep": lambda seconds: None, "deadline": 4.0}
    model_id = "global.anthropic.claude-sonnet-5-5"
    wrong: list[str] = []
    try:
        with account(), Bedrock(Endpoint(case, TURNS[position])) as endpoint:
            model = Editor(model=model_id, base_url=endpoint.url, **settings)
            try:
                outcome = run(asked, field.studio(model, model_id=model_id), field.fetch)
                end = outcome.status
                wrong += invariants(field, asked, outcome, [[]], [])
                if not (field.outbox / place(asked) / "run.json").is_file():
                    wrong.append("ended without run.json")
            except Exception as error:
                end = f"failed: {type(error).__name__}"
                state = field.records.run(asked.run)
                if state["state"] != "failed" or not state["reason"]:
                    wrong.append(f"raised {type(error).__name__} and left the run {state['state']}")
                if isinstance(error, KeyError | TypeError | AttributeError | AssertionError | RecursionError):
                    wrong.append(f"{type(error).__name__}: {str(error)[:300]}")
            if endpoint.hits > 60:
                wrong.append(f"asked {endpoint.hits} times")
            wrong += endpoint.refused[:2]
        if end.startswith("failed"):
            before = [row for row in field.records.decisions(asked.run) if row["kind"] == "tool" and row["verdict"]]
            with account(), Bedrock(Endpoint(None, 0)) as endpoint:
                model = Editor(model=model_id, base_url=endpoint.url, **settings)
                try:
                    again = run(asked, field.studio(model, model_id=model_id), field.fetch)
                except Exception as error:
                    return [*wrong, f"once the endpoint was well: {type(error).__name__}: {str(error)[:300]}"], end
            after = field.records.decisions(asked.run)
            if not again.status.startswith("done"):
                wrong.append(f"once the endpoint was well the run ended as {again.status}: {again.reason}")
            if [row for row in after if row["seq"] in {row["seq"] for row in before}] != before:
                wrong.append("finished calls were done again")
        return wrong, end
    finally:
        field.close()


def replies(
    tally: Tally, folder: Path, cases: Sequence[dict[str, Any]], positions: Sequence[str], workers: int = 1
) -> None:
    video = movie(folder / "talk.mp4")

    def case(job: tuple[dict[str, Any], str]) -> Thrown:
        row, position = job
        return Thrown(
            f"{row['id']} {row['name']} {position}", *reply(row, position, folder / f"{row['id']}-{position}", video)
        )

    with environment(HOOKLINE_FFMPEG=str(spy(folder))):
        tally.throw(part([(row, position) for row in cases for position in positions]), case, workers)


def cases() -> list[dict[str, Any]]:
    return lines("model_replies.jsonl")
