"""Bedrock's Converse and ConverseStream on loopback: a script answers, and what the service would refuse is refused.

``script(request, n)`` is given the n-th accepted request, from 1, and answers text, a dict (content, stopReason, usage), a ``Fault`` or ``Raw``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
import struct
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

from tests.fakes.service import SESSION, Refused, faults, revive

MODEL = SESSION.get_service_model("bedrock-runtime")
UNFORCED = re.compile(r"claude-(sonnet|opus|haiku)-5")
"""Models that refuse a forced tool choice."""
THINKS = re.compile(r"claude-(sonnet|opus|haiku)-5")
"""Models that think before they answer unless they are told otherwise."""
THOUGHTS = {"low": 40, "medium": 160, "high": 600, "": 1500}
"""Tokens of a thought by effort, which are tokens out; without one told, a model thinks as much as it likes."""
PROFILE = re.compile(r"(global|us|eu|apac|jp|au|us-gov)\.")


@dataclass
class Fault:
    """An error of the service, before or, with ``midway``, within a stream."""

    code: str
    status: int = 400
    message: str = ""
    midway: bool = False


@dataclass
class Raw:
    """Bytes as they are: truncated after ``reset``, or sent with ``pause`` seconds before each."""

    body: bytes = b""
    status: int = 200
    reset: int | None = None
    pause: float = 0.0
    hang: float = 0.0


def call(name: str, arguments: Any, number: int | str = 1) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": f"t{number}", "name": name, "input": arguments}}


@dataclass
class Bedrock:
    script: Callable[[dict[str, Any], int], Any]
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    hits: int = 0
    """Requests that came, refused ones included."""
    broken: list[str] = field(default_factory=list)
    """Faults of the script itself."""
    thinks: bool = False
    """Models that think do: their answers begin with a thought that is signed or, every second turn, redacted, bound to all before it."""
    unformed: Collection[str] = ()
    """Parts of the names of models that refuse structured output here, as some do by region, endpoint and profile."""

    def __enter__(self) -> Bedrock:
        bedrock = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                bedrock._post(self)

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _post(self, http: Any) -> None:
        self.hits += 1
        body = json.loads(http.rfile.read(int(http.headers.get("Content-Length") or 0)) or b"{}")
        _, _, name, operation = http.path.split("/", 3)
        try:
            asked = check({"modelId": unquote(name), **body}, self.unformed)
            if reason := next(_unbound(asked), ""):
                raise Refused("ValidationException", reason)
        except Refused as no:
            self.refused.append(no.message)
            return _send(http, _fault(Fault(no.code, no.status, no.message)))
        self.requests.append(asked)
        said = self.script(asked, len(self.requests))
        if isinstance(said, Fault) and not (said.midway and operation == "converse-stream"):
            return _send(http, _fault(said))
        if isinstance(said, Raw):
            return _send(http, said)
        events = [said] if isinstance(said, Fault) else None
        answer = whole("" if events else said)
        if self.thinks and THINKS.search(asked["modelId"]):
            answer = _thought(asked, answer, redacted=len(asked["messages"]) % 4 == 3)
        if wrong := list(faults(MODEL.operation_model("Converse").output_shape, answer)):
            self.broken += wrong
        if operation == "converse":
            return _send(http, Raw(json.dumps(answer, default=_base64).encode()))
        data = b"".join(_event(*event) for event in (_midway(said) if isinstance(said, Fault) else stream(answer)))
        return _send(http, Raw(data), "application/vnd.amazon.eventstream")


def whole(said: Any) -> dict[str, Any]:
    """An answer of Converse from text, content blocks, or some of its members."""
    if isinstance(said, str):
        said = {"content": [{"text": said or "…"}]}
    elif isinstance(said, list):
        said = {"content": said}
    content = said["content"]
    uses = any("toolUse" in block for block in content)
    usage = {"inputTokens": 100, "outputTokens": 20, **said.get("usage", {})}
    usage.setdefault("totalTokens", usage["inputTokens"] + usage["outputTokens"] + usage.get("cacheReadInputTokens", 0))
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": said.get("stopReason") or ("tool_use" if uses else "end_turn"),
        "usage": usage,
        "metrics": {"latencyMs": 1},
    }


def check(asked: dict[str, Any], unformed: Collection[str] = ()) -> dict[str, Any]:
    """The request as its model has it.  Raises ``Refused`` with the service's own reasons."""
    shape = MODEL.operation_model("Converse").input_shape
    asked = revive(shape, asked)
    if wrong := list(faults(shape, asked)):
        raise Refused("ValidationException", "; ".join(wrong))
    if "textFormat" in asked.get("outputConfig", {}) and any(part in asked["modelId"] for part in unformed):
        raise Refused("ValidationException", "output_config.format: Extra inputs are not permitted")
    if reason := next(_reasons(asked), ""):
        raise Refused("ValidationException", reason)
    return asked


def _reasons(asked: dict[str, Any]) -> Iterator[str]:
    model, messages, tools = asked["modelId"], asked.get("messages", []), asked.get("toolConfig", {})
    if "anthropic" in model and not (PROFILE.match(model) or model.startswith("arn:")):
        yield f"Invocation of model ID {model} with on-demand throughput isn't supported. Retry with an inference profile."
    choice = tools.get("toolChoice", {})
    if UNFORCED.search(model) and ("any" in choice or "tool" in choice):
        yield "tool_choice forces tool use, which this model does not support."
    names = [tool["toolSpec"]["name"] for tool in tools.get("tools", []) if "toolSpec" in tool]
    if len(set(names)) < len(names):
        yield "Tool names must be unique."
    for tool in tools.get("tools", []):
        if "toolSpec" in tool and tool["toolSpec"]["inputSchema"]["json"].get("type") != "object":
            yield "toolConfig.tools.inputSchema.json.type must be object."
        if lost := sorted(set(_refs(tool)) - {f"#/$defs/{name}" for name in _defs(tool)}):
            yield f"toolConfig.tools.inputSchema.json: {lost[0]} can't be resolved."
        if "toolSpec" in tool and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool["toolSpec"]["name"]):
            yield f"toolConfig.tools.name {tool['toolSpec']['name']!r} is no name."
    yield from _pictures(messages)
    if form := asked.get("outputConfig", {}).get("textFormat"):
        yield from _formed(json.loads(form["structure"]["jsonSchema"]["schema"]))
    if not messages or messages[0]["role"] != "user":
        yield "A conversation must start with a user message."
    if any(one["role"] == other["role"] for one, other in zip(messages, messages[1:], strict=False)):
        yield "A conversation must alternate between user and assistant roles."
    if messages and messages[-1]["role"] != "user":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    points = sum(
        "cachePoint" in block
        for block in [*asked.get("system", []), *tools.get("tools", []), *(b for m in messages for b in m["content"])]
    )
    if points > 4:
        yield f"{points} cache points; 4 are the most."
    open_uses: set[str] = set()
    seen: set[str] = set()
    for at, message in enumerate(messages):
        blocks = [block for block in message["content"] if "cachePoint" not in block]
        if not blocks:
            yield f"The content field in the Message object at messages.{at} is empty."
        if any("text" in block and not block["text"].strip() for block in blocks):
            yield f"The text field in the ContentBlock object at messages.{at} is blank."
        results = [block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block]
        uses = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]
        if (results or uses) and not names:
            yield "The toolConfig field must be defined when using toolUse and toolResult content blocks."
        if set(results) - open_uses:
            yield f"messages.{at}: unexpected toolUseId in toolResult: {sorted(set(results) - open_uses)}."
        if open_uses - set(results):
            yield f"messages.{at}: Expected toolResult blocks for the following Ids: {sorted(open_uses - set(results))}"
        if len(set(results)) < len(results) or seen & set(uses) or len(set(uses)) < len(uses):
            yield f"messages.{at}: tool use ids must be unique."
        if uses and message["role"] == "user" or results and message["role"] == "assistant":
            yield f"messages.{at}: tool blocks of the wrong role."
        seen |= set(uses)
        open_uses = set(uses)


MOST_PICTURES, HEAVIEST = 20, 3_750_000
"""Images of a request, and bytes of one."""
MAGIC = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG", "gif": b"GIF8", "webp": b"RIFF"}
UNHELD = {"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems", "pattern", "default"}
"""Keywords that a schema of tools may have, and one that answers are held to may not."""


def _pictures(messages: Sequence[dict[str, Any]]) -> Iterator[str]:
    blocks = [block for message in messages for block in message["content"]]
    inner = [part for block in blocks for part in block.get("toolResult", {}).get("content", [])]
    pictures = [block["image"] for block in [*blocks, *inner] if "image" in block]
    if len(pictures) > MOST_PICTURES:
        yield f"too many images and documents: {len(pictures)} + 0 > {MOST_PICTURES}"
    for picture in pictures:
        data = picture["source"].get("bytes", b"")
        if len(data) > HEAVIEST:
            yield f"image exceeds 3.75 MB maximum: {len(data)} bytes"
        if not data.startswith(MAGIC[picture["format"]]):
            yield f"Could not process image: it is not {picture['format']}."


def _formed(schema: Any, path: str = "schema") -> Iterator[str]:
    """What of a schema answers can't be held to."""
    if isinstance(schema, list):
        for part in schema:
            yield from _formed(part, path)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield f"output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false ({path})"
    for name, part in schema.items():
        if name in UNHELD and not path.endswith(".properties"):
            yield f"output_config.format.schema: property '{name}' is not supported ({path})"
        yield from _formed(part, f"{path}.{name}")


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "$ref":
                yield part
            yield from _refs(part)
    elif isinstance(value, list):
        for part in value:
            yield from _refs(part)


def _defs(tool: dict[str, Any]) -> dict[str, Any]:
    return dict(tool.get("toolSpec", {}).get("inputSchema", {}).get("json", {}).get("$defs", {}))


# --- thoughts -----------------------------------------------------------------------------------------------------------


def effort(asked: dict[str, Any]) -> str:
    """How hard the request has the model think."""
    more = asked.get("additionalModelRequestFields", {}).get("output_config", {})
    return str(more.get("effort") or asked.get("outputConfig", {}).get("effort") or "")


def bound(asked: dict[str, Any], message: int, block: int, text: str) -> str:
    """The signature of a thought: of its text and of all that stands before it, but for the marks of the cache."""
    messages = asked["messages"][:message]
    if message < len(asked["messages"]):
        messages = [*messages, {**asked["messages"][message], "content": asked["messages"][message]["content"][:block]}]
    before = {"system": asked.get("system", []), "messages": [one for one in messages if one["content"]]}
    told = json.dumps([_unmarked(before), text], default=_base64, sort_keys=True)
    return base64.b64encode(hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()).decode()


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unmarked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_unmarked(part) for part in value if not (isinstance(part, dict) and "cachePoint" in part)]
    return value


HIDDEN = b"\xff\x00redacted "
"""How a redacted thought begins: no text of any encoding."""


def _thought(asked: dict[str, Any], answer: dict[str, Any], redacted: bool) -> dict[str, Any]:
    """``answer`` after a thought, cut off where both together are longer than was allowed."""
    text = f"  Let me see \u2026 {len(asked['messages'])}\u2028\n"
    signature = bound(asked, len(asked["messages"]), 0, text)
    told: dict[str, Any] = {"reasoningText": {"text": text, "signature": signature}}
    if redacted:
        told = {"redactedContent": HIDDEN + bound(asked, len(asked["messages"]), 0, "").encode()}
    content = [{"reasoningContent": told}, *answer["output"]["message"]["content"]]
    usage, stop = dict(answer["usage"]), answer["stopReason"]
    usage["outputTokens"] += THOUGHTS[effort(asked)]
    most = asked.get("inferenceConfig", {}).get("maxTokens", math.inf)
    if usage["outputTokens"] > most:
        content, stop, usage["outputTokens"] = content[:1], "max_tokens", int(most)
    usage["totalTokens"] = sum(usage.get(name, 0) for name in ("inputTokens", "outputTokens", "cacheReadInputTokens"))
    return {
        **answer,
        "output": {"message": {"role": "assistant", "content": content}},
        "usage": usage,
        "stopReason": stop,
    }


def _unbound(asked: dict[str, Any]) -> Iterator[str]:
    """Thoughts that are not what the service said there."""
    for at, message in enumerate(asked["messages"]):
        for nth, block in enumerate(block for block in message["content"] if "cachePoint" not in block):
            thought = block.get("reasoningContent", {})
            if "redactedContent" in thought:
                kept = thought["redactedContent"] == HIDDEN + bound(asked, at, nth, "").encode()
            elif "reasoningText" in thought:
                told = thought["reasoningText"]
                kept = told.get("signature") == bound(asked, at, nth, told["text"])
            else:
                continue
            if not kept:
                yield f"messages.{at}.content.{nth}: block is bound to a different conversation"


def _base64(value: Any) -> str:
    return base64.b64encode(value).decode()


# --- over the wire --------------------------------------------------------------------------------------------------------


def _fault(fault: Fault) -> Raw:
    raw = Raw(json.dumps({"message": fault.message or fault.code}).encode(), fault.status)
    raw.code = fault.code  # type: ignore[attr-defined]
    return raw


def _send(http: Any, raw: Raw, kind: str = "application/json") -> None:
    try:
        time.sleep(raw.hang)
        http.send_response(raw.status)
        http.send_header("Content-Type", kind)
        http.send_header("Content-Length", str(len(raw.body)))
        if hasattr(raw, "code"):
            http.send_header("x-amzn-ErrorType", raw.code)
        http.end_headers()
        if raw.reset is not None:
            http.wfile.write(raw.body[: raw.reset])
            http.close_connection = True
            return
        step = 1 if raw.pause else max(1, len(raw.body))
        for at in range(0, len(raw.body), step):
            http.wfile.write(raw.body[at : at + step])
            http.wfile.flush()
            time.sleep(raw.pause)
    except OSError:
        http.close_connection = True  # the client did not wait


def stream(answer: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """ConverseStream's events of an answer, text in two deltas and arguments in three."""
    yield "messageStart", {"role": "assistant"}
    for at, block in enumerate(answer["output"]["message"]["content"]):
        parts: Sequence[dict[str, Any]]
        if "toolUse" in block:
            use = block["toolUse"]
            yield (
                "contentBlockStart",
                {"contentBlockIndex": at, "start": {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}},
            )
            text = json.dumps(use["input"])
            parts = [
                {"toolUse": {"input": text[i : i + len(text) // 3 + 1]}}
                for i in range(0, len(text), len(text) // 3 + 1)
            ]
        elif "reasoningContent" in block:
            thought = block["reasoningContent"]
            told = thought.get("reasoningText", thought)
            parts = [{"reasoningContent": {name: value}} for name, value in told.items()]
        else:
            text = block["text"]
            parts = [{"text": text[: len(text) // 2]}, {"text": text[len(text) // 2 :]}]
        for part in parts:
            yield "contentBlockDelta", {"contentBlockIndex": at, "delta": part}
        yield "contentBlockStop", {"contentBlockIndex": at}
    yield "messageStop", {"stopReason": answer["stopReason"]}
    yield "metadata", {"usage": answer["usage"], "metrics": answer["metrics"]}


def _midway(fault: Fault) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "messageStart", {"role": "assistant"}
    yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Let me"}}
    yield f"!{fault.code}", {"message": fault.message or fault.code}


def _event(name: str, payload: dict[str, Any]) -> bytes:
    """One frame of ``application/vnd.amazon.eventstream``: lengths and their CRC, headers, payload, CRC of all."""
    kind, key = ("exception", ":exception-type") if name[0] == "!" else ("event", ":event-type")
    head = b""
    for field_name, value in ((":message-type", kind), (key, name.lstrip("!")), (":content-type", "application/json")):
        head += (
            struct.pack("!B", len(field_name))
            + field_name.encode()
            + struct.pack("!BH", 7, len(value))
            + value.encode()
        )
    body = json.dumps(payload, default=_base64).encode()
    prelude = struct.pack("!II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack("!I", binascii.crc32(prelude)) + head + body
    return message + struct.pack("!I", binascii.crc32(message))
