"""Pictures for a model that sees: the stills that ``look`` tells of, the covers that ``cover`` made and the promos that ``assemble`` made, as sheets.

They go beside the tool's words into what is sent next, and nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.tools import ToolException

from tools.covers.previews import shown_as
from tools.look import shots_of
from tools.picture.sheets import sheets
from tools.ports import Bench
from tools.schema import Covers, Frame
from tools.words.compact import clock

EACH = 8
"""Stills beside one answer of ``look``; of 640 by 360 pixels each is about 300 tokens."""
MOST = 20
"""Images that Converse takes in one request, by its documentation."""
SOFT = 0.35
"""Sharpness, as a share of the usual one, under which a still is blurred or empty beside the others."""
SAME = 4
"""Bits in which two pictures differ at most that show the same."""
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
    """``messages`` with pictures in the answers that the model has not seen yet, ``MOST`` in all.

    Once: what it made of them stands in its own words, and eight of them in each later call cost more than a whole transcript.
    But a model's signed thoughts are bound to all that came before them, so where it has thought, what was sent stays.
    """
    last = max((place for place, message in enumerate(messages) if isinstance(message, AIMessage)), default=None)
    if last is None:
        return list(messages)
    if any(_has_thought(message) for message in messages):
        last = -1
    calls: Any = {call["id"]: call for message in messages for call in getattr(message, "tool_calls", ())}
    left, made = MOST, list(messages)
    for place, message in enumerate(messages):
        if place > last and isinstance(message, ToolMessage) and message.status == "success":
            pictures = _pictures(calls.get(message.tool_call_id), bench)[:left]
            left -= len(pictures)
            if pictures:
                made[place] = _with(message, pictures, bench)
    return made


def _has_thought(message: AnyMessage) -> bool:
    blocks = message.content if isinstance(message, AIMessage) and isinstance(message.content, list) else []
    return any(isinstance(each, dict) and "reasoning" in str(each.get("type")) for each in blocks)


def _pictures(call: Any, bench: Bench) -> list[tuple[str, str]]:
    """What to say of each picture of an answer, and its file."""
    if call is None or call["name"] not in ("look", "cover", "assemble"):
        return []
    if call["name"] == "assemble":
        cut = bench.workspace.plan(str(call["args"].get("plan_id")))
        # By the call, so that what was sent of one stays as it was when another is made.
        name = f"made-{hashlib.sha256(str(call['id']).encode()).hexdigest()[:12]}"
        return sheets(bench.workspace, cut, name) if cut else []
    if call["name"] == "look":
        return [(f"{one.shot} at {clock(one.at)}:", one.file) for one in chosen(bench, call["args"].get("ids"))]
    made = bench.workspace.load("covers.json", Covers)
    told = [(f"cover {each.shape}:", shown_as(each.shape)) for each in (made.covers if made else ()) if each.chosen]
    return [(text, file) for text, file in told if (bench.workspace.folder / file).is_file()]


def chosen(bench: Bench, ids: Sequence[str] | None) -> list[Frame]:
    """Up to ``EACH`` stills of the shots that were asked for, in the order of time.

    Each shot's best before any shot's second, those with faces or text first and then the longest; none that is blurred or
    empty beside the others, or much like one before it, unless there is nothing else.
    """
    seen = bench.workspace.observation
    if seen is None:
        return []
    try:
        wanted = shots_of(seen, bench, ids) if ids else {shot.id for shot in seen.shots}
    except ToolException:
        return []
    there = [frame for frame in seen.frames if frame.shot in wanted and not HIDDEN & set(frame.gates)]
    usual = median(frame.sharpness for frame in there) if there else 0.0
    clear = [frame for frame in there if not frame.gates and frame.sharpness >= SOFT * usual] or there
    lasts = {shot.id: shot.length for shot in seen.shots}
    turns: Counter[str] = Counter()
    order = []
    for frame in sorted(clear, key=lambda one: (not (one.faces or one.text), -one.sharpness, one.at)):
        order.append((turns[frame.shot], not (frame.faces or frame.text), -lasts.get(frame.shot, 0.0), frame.at, frame))
        turns[frame.shot] += 1
    picked: list[Frame] = []
    for *_, frame in sorted(order, key=lambda row: row[:-1]):
        if not any(frame.phash and frame.distance(other) <= SAME for other in picked):
            picked.append(frame)
    return sorted(picked[:EACH], key=lambda frame: frame.at)


def _with(message: ToolMessage, pictures: Sequence[tuple[str, str]], bench: Bench) -> ToolMessage:
    blocks: list[Any] = [{"type": "text", "text": message.text}]
    for text, file in pictures:
        data = base64.b64encode((bench.workspace.folder / file).read_bytes()).decode()
        blocks.append({"type": "text", "text": text})
        blocks.append({"type": "image", "base64": data, "mime_type": "image/jpeg"})
    return message.model_copy(update={"content": blocks})
