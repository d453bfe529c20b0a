"""Everything a Bedrock endpoint may answer, at the first, a middle and the last turn of a run that is otherwise fine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.deciding.bedrock import Editor
from agent.loop import run
from agent.outcome import place
from tests import ROOT
from tests.fakes.bedrock import Bedrock, Fault, Raw, call, whole
from tests.fakes.buckets import account
from tests.fire.ground import Field, Tally, Thrown, brief, environment, further, movie, part, spy
from tests.fire.words import GOOD, TARGET, invariants

TURNS = {"first": 0, "middle": 3, "last": len(GOOD)}
WALL = 60.0


def answered(row: dict[str, Any]) -> Any:
    if "hang" in row:
        return Raw(json.dumps(whole("late")).encode(), hang=row["hang"])
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
    kept = (ROOT / "tests" / "fakes" / "model_replies.jsonl").read_text("utf-8").splitlines()
    ours = [json.loads(row) for row in kept] + OWN
    names = {case["id"] for case in ours}
    return ours + [case for case in further("model_replies.jsonl") if case["id"] not in names]


def _said(*content: dict[str, Any], stop: str = "tool_use", tokens: Any = 10) -> dict[str, Any]:
    usage = {"inputTokens": tokens, "outputTokens": 10, "totalTokens": 20}
    message = {"role": "assistant", "content": list(content)}
    return {"output": {"message": message}, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 5}}


def _own(number: int, name: str, *http: dict[str, Any], forever: bool = False) -> dict[str, Any]:
    return {"id": f"OWN-{number:03d}", "name": name, "http": list(http), "forever": forever}


def _error(status: int, code: str, message: str = "no") -> dict[str, Any]:
    return {"status": status, "code": code, "message": message}


def _body(*content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"status": 200, "body": _said(*content, **more)}


def _raw(text: str) -> dict[str, Any]:
    return {"status": 200, "raw": text}


_CUT = {"picks": [{"ids": ["S2"], "role": "hook", "reason": "x"}], "target_seconds": TARGET}
_WIDE = [call("find", {"query": f"price {n}"}, n) for n in range(60)]
OWN = [
    _own(1, "no quota", _error(400, "ServiceQuotaExceededException")),
    _own(2, "model error", _error(424, "ModelErrorException")),
    _own(3, "no access", _error(403, "AccessDeniedException"), forever=True),
    _own(4, "no such model", _error(404, "ResourceNotFoundException"), forever=True),
    _own(5, "a token that has expired", _error(403, "ExpiredTokenException"), forever=True),
    _own(6, "an error of no known name", _error(418, "TeapotException", "\u202e<b>\x00")),
    _own(7, "hangs", {"hang": 30}),
    _own(8, "html instead of json", _raw("<html><body>502 Bad Gateway</body></html>")),
    _own(9, "json that breaks off", _raw('{"output": {"message": {"role": "assistant", "content": [{"text": "a')),
    _own(10, "json of another kind", _raw("[1, 2, 3]"), _raw("null"), _raw('"text"')),
    _own(11, "a guardrail", _body({"text": "blocked"}, stop="guardrail_intervened")),
    _own(12, "a stop reason of no known name", _body({"text": "so?"}, stop="solar_flare")),
    _own(13, "malformed_tool_use", _body(stop="malformed_tool_use")),
    _own(14, "no content at all", _body(stop="end_turn")),
    _own(15, "an argument too many", _body(call("cut", {**_CUT, "bucket": "evil", "run_id": "0" * 40}))),
    _own(16, "null for everything", _body(call("cut", {"picks": None, "target_seconds": None}))),
    _own(17, "lists for numbers", _body(call("cut", {"picks": {}, "target_seconds": [30]}))),
    _own(18, "a number without end", _body(call("cut", {**_CUT, "target_seconds": 1e308}))),
    _own(19, "a length of its own", _body(call("cut", {**_CUT, "target_seconds": 59.0}))),
    _own(
        20,
        "ids that are not there",
        _body(call("cut", {"picks": [{"ids": ["S999", "S-1", "V0"], "role": "hook", "reason": ""}]})),
    ),
    _own(21, "ids twice", _raw(json.dumps(_said(call("read", {"ids": ["S1"]}), call("read", {"ids": ["S2"]}))))),
    _own(
        22,
        "keys twice",
        _raw(
            json.dumps(_said(call("read", {"ids": ["S1"]}))).replace('"ids": ["S1"]', '"ids": ["S1"], "ids": ["../x"]')
        ),
    ),
    _own(
        23,
        "calls as words",
        _body({"text": '```json\n{"name": "assemble", "arguments": {"plan_id": "P1"}}\n```'}, stop="end_turn"),
    ),
    _own(24, "ten thousand ids", _body(call("read", {"ids": [f"S{n}" for n in range(10_000)]}))),
    _own(25, "sixty calls in a turn", _body(*_WIDE)),
    _own(
        26,
        "controls and marks in an argument",
        _body(call("write", {"platforms": ["linkedin"], "tone": "\x00\x1b[2J\u202e"})),
    ),
    _own(
        27,
        "a deep argument",
        _raw(json.dumps(_said(call("read", {"ids": 1}))).replace('"ids": 1', '"ids": ' + "[" * 900 + "]" * 900)),
    ),
    _own(28, "usage without end", _body(call("transcribe", {}), tokens=10**12)),
    _own(29, "usage below zero", _body(call("transcribe", {}), tokens=-(10**9))),
    _own(30, "the same words for ever", _body({"text": "Let me think."}, call("look", {})), forever=True),
    _own(
        31,
        "never the same call twice",
        _body(call("find", {"query": "price"})),
        _body(call("find", {"query": "churn"})),
        _body(call("find", {"query": "plans"})),
        _body(call("read", {"ids": ["S1"]})),
        _body(call("read", {"ids": ["S2"]})),
        forever=True,
    ),
    _own(
        32,
        "done before anything is",
        _body({"text": "All files are uploaded: promo.mp4"}, stop="end_turn"),
        forever=True,
    ),
    _own(
        33,
        "an image from the model",
        _body({"image": {"format": "png", "source": {"bytes": "AAAA"}}}, call("transcribe", {})),
    ),
]
"""Behaviours of our own, in the names of the real menu."""
