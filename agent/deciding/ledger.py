"""The record as it happens: one Decision per model call and tool call, budgets, and which errors the model is told."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import AIMessage, ToolMessage, message_to_dict, messages_from_dict
from langchain_core.tools import ToolException

from agent.budget import Budget, CapReached, Truncated
from agent.record.records import Claim, Records
from tools.ports import Bench, Bill, Engines, Json, Steps
from tools.prices import dollars

REPEATS = 3
"""The same call with the same arguments this many times ends the run: a model that loops does not stop by itself."""


class Scoped:
    """Steps of one tool call: the same step name in two calls is two steps."""

    def __init__(self, steps: Steps, scope: str) -> None:
        self._steps, self._scope = steps, scope

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        return self._steps.step(f"{self._scope}/{name}", do)

    def poll(self, name: str, check: Callable[[], Json], done: Callable[[Json], bool], every: float = 5.0) -> Json:
        return self._steps.poll(f"{self._scope}/{name}", check, done, every)

    def progress(self, name: str, share: float, note: str = "") -> None:
        self._steps.progress(name, share, note)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _take(engines: Engines, bill: Bill) -> None:
    """Move what engines that cost have spent onto ``bill``."""
    for engine in (engines.transcriber, engines.analyst, engines.copywriter, engines.translator):
        bill.take(engine.spent if engine else None)


def _told_apart(message: Any, before: Sequence[Any]) -> Any:
    """``message`` with an id of its own for each tool call; two answers under one id are a conversation that no service takes up again."""
    if not isinstance(message, AIMessage):
        return message
    taken = {call["id"] for each in before if isinstance(each, AIMessage) for call in each.tool_calls}
    ids = [call["id"] for call in message.tool_calls]
    if all(ids) and len({*ids, *taken}) == len(ids) + len(taken):
        return message
    own: list[str] = []
    for name in ids:
        number, mine = 1, name or "call"
        while mine in taken or mine in own:
            number, mine = number + 1, f"{name or 'call'}-{number}"
        own.append(mine)
    calls = [{**call, "id": mine} for call, mine in zip(message.tool_calls, own, strict=True)]
    content = message.content
    if isinstance(content, list):
        used = [each for each in content if isinstance(each, dict) and each.get("type") == "tool_use"]
        named = dict(zip(map(id, used), own, strict=False))
        content = [
            {**each, "id": named[id(each)]} if isinstance(each, dict) and id(each) in named else each
            for each in content
        ]
    return message.model_copy(update={"content": content, "tool_calls": calls})


BYTES = "__base64__"
"""The one name of an object that stands for bytes, which JSON has not."""


def _kept(value: Any) -> Json:
    """A message as JSON: a thought that the service has redacted is bytes, and goes back to it as they were."""
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: _kept(part) for name, part in value.items()}
    return [_kept(part) for part in value] if isinstance(value, list | tuple) else value


def _as_it_was(value: Json) -> Any:
    if isinstance(value, dict):
        if value.keys() == {BYTES}:
            return base64.b64decode(value[BYTES])
        return {name: _as_it_was(part) for name, part in value.items()}
    return [_as_it_was(part) for part in value] if isinstance(value, list) else value


class Ledger(AgentMiddleware):
    """Outermost middleware: every call is a step of the run and a row of the record.

    A tool call is recorded before it acts.  ``ToolException`` is told to the model; any other error propagates and ends the run.
    """

    def __init__(
        self, records: Records, claim: Claim, steps: Steps, budget: Budget, model_id: str, first: int = 0
    ) -> None:
        super().__init__()
        self.records, self.claim, self.steps, self.budget, self.model_id = records, claim, steps, budget, model_id
        self.seq = first
        self._seen: Counter[str] = Counter()

    def wrap_model_call(self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse]) -> ModelResponse:
        self.budget.before_model()
        seq = self._next()
        prompt = digest(request.system_message.text if request.system_message else "")

        def call() -> Json:
            began = time.monotonic()
            response = handler(request)
            message = _told_apart(response.result[0], request.messages)
            usage: Any = (message.usage_metadata if isinstance(message, AIMessage) else None) or {}
            tokens_in, tokens_out = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
            details = usage.get("input_token_details") or {}
            cached, written = details.get("cache_read", 0), details.get("cache_creation", 0)
            return {
                "message": _kept(message_to_dict(message)),
                "tokens_in": tokens_in,
                "tokens_out": tokens_out,
                "tokens_cached": cached,
                "dollars": dollars(self.model_id, tokens_in, tokens_out, cached, written),
                "ms": round(1000 * (time.monotonic() - began)),
            }

        answer = self.steps.step(f"{seq:03d}.model", call)
        self.budget.spend(answer["dollars"], answer["tokens_in"], answer["tokens_out"])
        message = messages_from_dict([_as_it_was(answer["message"])])[0]
        calls = getattr(message, "tool_calls", [])
        self.records.decide(
            self.claim,
            seq,
            kind="model",
            name="model",
            model_id=self.model_id,
            prompt_digest=prompt,
            args={"messages": len(request.messages)},
        )
        self.records.answer(
            self.claim,
            seq,
            verdict="accepted",
            answer={"text": message.text, "calls": [{"name": c["name"], "args": c["args"]} for c in calls]},
            **{key: answer[key] for key in ("tokens_in", "tokens_out", "tokens_cached", "dollars", "ms")},
        )
        stop = str(message.response_metadata.get("stopReason") or message.response_metadata.get("stop_reason") or "")
        if stop == "max_tokens":
            raise Truncated(
                "the model's answer was cut off at its token limit; raise max_tokens or shorten the request"
            )
        return ModelResponse(result=[message])

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]) -> ToolMessage:
        name, args = request.tool_call["name"], request.tool_call["args"]
        seq = self._next()
        scope = f"{seq:03d}.{name}"
        self.records.decide(self.claim, seq, kind="tool", name=name, args=args)
        try:
            self.budget.before_tool()
            self._same(name, args)
        except CapReached as cap:
            self.records.answer(self.claim, seq, verdict="rejected", reason=str(cap))
            raise
        runtime: Any = request.runtime
        bench: Bench = replace(runtime.context, steps=Scoped(self.steps, scope), candidates=[], bill=Bill())

        def act() -> Json:
            began = time.monotonic()
            _take(bench.engines, Bill())  # what a call that failed or was suspended left behind is none of this one's
            try:
                changed: Any = {"runtime": replace(runtime, context=bench)}
                message = handler(request.override(**changed))
            except ToolException as told:
                message = ToolMessage(str(told), tool_call_id=request.tool_call["id"], status="error")
            _take(bench.engines, bench.bill)
            return {
                "content": message.content,
                "status": message.status,
                "candidates": [candidate.model_dump() for candidate in bench.candidates],
                "dollars": bench.bill.dollars,
                "ms": round(1000 * (time.monotonic() - began)),
            }

        answer = self.steps.step(scope, act)
        self.budget.spend(answer["dollars"])
        verdict = "accepted" if answer["status"] == "success" else "rejected"
        self.records.answer(
            self.claim,
            seq,
            verdict=verdict,
            reason="" if verdict == "accepted" else str(answer["content"])[:1000],
            answer=answer["content"],
            dollars=answer["dollars"],
            ms=answer["ms"],
        )
        if answer["candidates"]:
            self.records.add_candidates(self.claim, seq, answer["candidates"])
        return ToolMessage(answer["content"], tool_call_id=request.tool_call["id"], name=name, status=answer["status"])

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _same(self, name: str, args: Any) -> None:
        key = digest(json.dumps([name, args], sort_keys=True, default=str))
        self._seen[key] += 1
        if self._seen[key] >= REPEATS:
            raise CapReached(f"{name} was called {REPEATS} times with the same arguments")
