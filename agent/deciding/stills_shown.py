"""Pictures for a model that sees: the stills that ``look`` tells of go beside its words into what is sent, and nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.tools import ToolException

from tools.look import shots_of
from tools.ports import Bench
from tools.schema import Frame
from tools.words.compact import clock

EACH = 8
"""Stills beside one answer of ``look``; of 640 by 360 pixels each is about 300 tokens."""
MOST = 20
"""Images that Converse takes in one request, by its documentation."""
HIDDEN = frozenset({"unsafe", "unseen", "black", "white", "flat"})
"""Gates of stills that are not shown."""


class Sight(AgentMiddleware):
    """Stands inside the ledger, so that rows and checkpoints hold the words alone."""

    def wrap_model_call(self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse]) -> ModelResponse:
        bench: Any = getattr(request.runtime, "context", None)
        return handler(request.override(messages=shown(request.messages, bench)))


def sight(model: BaseChatModel) -> list[AgentMiddleware]:
    """What a model that sees needs beside the ledger; nothing for one that does not, or of which that is not known."""
    known = model.profile or {}
    return [Sight()] if known.get("image_inputs") and known.get("image_tool_message") else []


def shown(messages: Sequence[AnyMessage], bench: Bench) -> list[AnyMessage]:
    """``messages`` with pictures in the answers of ``look``, ``MOST`` in all; the same ones each time, since prompts are cached."""
    asked = {
        call["id"]: call["args"]
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["name"] == "look"
    }
    left, made = MOST, list(messages)
    for place, message in enumerate(messages):
        if isinstance(message, ToolMessage) and message.tool_call_id in asked and message.status == "success":
            stills = chosen(bench, asked[message.tool_call_id].get("ids"))[:left]
            left -= len(stills)
            if stills:
                made[place] = _with(message, stills, bench)
    return made


def chosen(bench: Bench, ids: Sequence[str] | None) -> list[Frame]:
    """Up to ``EACH`` stills of the shots that were asked for, in their order, spread over all of them."""
    seen = bench.workspace.observation
    if seen is None:
        return []
    try:
        wanted = shots_of(seen, bench, ids) if ids is not None else {shot.id for shot in seen.shots}
    except ToolException:
        return []
    there = [frame for frame in seen.frames if frame.shot in wanted and not HIDDEN & set(frame.gates)]
    if len(there) <= EACH:
        return there
    return [there[round(k * (len(there) - 1) / (EACH - 1))] for k in range(EACH)]


def _with(message: ToolMessage, stills: Sequence[Frame], bench: Bench) -> ToolMessage:
    blocks: list[Any] = [{"type": "text", "text": message.text}]
    for frame in stills:
        data = base64.b64encode((bench.workspace.folder / frame.file).read_bytes()).decode()
        blocks.append({"type": "text", "text": f"{frame.shot} at {clock(frame.at)}:"})
        blocks.append({"type": "image", "base64": data, "mime_type": "image/jpeg"})
    return message.model_copy(update={"content": blocks})
