"""What the stand-ins share: strict checks against botocore's model, and a service on a client's ``before-send``."""

from __future__ import annotations

import base64
import datetime
import json
import math
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.model import Shape
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

SESSION = botocore.session.Session()


class Refused(Exception):
    """The service says no: a typed error of its model, or one that every service has."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(message or code)
        self.code, self.message, self.status = code, message or code, status


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Where ``value`` departs from the model: kinds, required and unknown members, bounds, patterns, enums, unions."""
    kinds = {
        "structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "blob": bytes,
        "integer": int, "long": int, "float": (int, float), "double": (int, float), "timestamp": (int, float, datetime.datetime),
    }  # fmt: skip
    if getattr(shape, "is_document_type", False):
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            yield f"{path}: not JSON"
        return
    if not isinstance(value, kinds[shape.type_name]) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"{path}: {type(value).__name__} is not a {shape.type_name}"
        return
    limits = shape.metadata
    size = (
        value
        if shape.type_name in ("integer", "long", "float", "double")
        else len(value)
        if hasattr(value, "__len__")
        else None
    )
    if isinstance(size, float) and not math.isfinite(size):
        yield f"{path}: {size}"
    elif size is not None and not limits.get("min", -math.inf) <= size <= limits.get("max", math.inf):
        yield f"{path}: {size} is not within {limits.get('min')} and {limits.get('max')}"
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name}: missing"
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            yield f"{path}: one member is wanted, not {sorted(value)}"
        for name, part in value.items():
            if name not in shape.members:
                yield f"{path}.{name}: unknown"
            else:
                yield from faults(shape.members[name], part, f"{path}.{name}")
    elif shape.type_name == "list":
        for index, part in enumerate(value):
            yield from faults(shape.member, part, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, part in value.items():
            yield from faults(shape.key, key, f"{path}.{key}")
            yield from faults(shape.value, part, f"{path}.{key}")
    elif shape.type_name == "string":
        if "enum" in limits and value not in limits["enum"]:
            yield f"{path}: {value[:40]!r} is not one of {limits['enum'][:6]}"
        if (pattern := _pattern(limits.get("pattern"))) and not pattern.fullmatch(value):
            yield f"{path}: {value[:60]!r} does not match {limits['pattern'][:80]}"


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error:  # a few are written for Java
        return None


def revive(shape: Shape, value: Any) -> Any:
    """JSON as it came over the wire, with its blobs as bytes."""
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    if getattr(shape, "is_document_type", False):
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: revive(shape.members[name], part) if name in shape.members else part for name, part in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [revive(shape.member, part) for part in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: revive(shape.value, part) for name, part in value.items()}
    return value


class Service:
    """A service of AWS's own JSON or CBOR protocol: an operation is a method named as in the model, in snake case.

    ``install`` puts it in front of a client; ``serve`` listens on loopback, for clients of another process.
    """

    name: str

    def __init__(self) -> None:
        self.model = SESSION.get_service_model(self.name)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.troubles: list[Refused] = []
        """Errors to answer with first, one a call."""

    def install(self, client: Any) -> Any:
        unmock(client)
        client.meta.events.register_first(f"before-send.{self.name}", self._sent)
        return client

    def count(self, operation: str) -> int:
        return sum(1 for name, _ in self.calls if name == operation)

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        model = self.model.operation_model(operation)
        self.calls.append((operation, asked))
        if wrong := list(faults(model.input_shape, asked)):
            raise Refused(self.invalid, "; ".join(wrong))
        if self.troubles:
            raise self.troubles.pop(0)
        said = getattr(self, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())(**asked)
        if wrong := list(faults(model.output_shape, said)):
            raise AssertionError(f"the stand-in answered what {self.name} can't: {wrong}")
        return said

    invalid = "ValidationException"

    def reply(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        plain = {key.lower(): value.decode() if isinstance(value, bytes) else value for key, value in headers.items()}
        cbor = plain.get("smithy-protocol") == "rpc-v2-cbor"
        operation = path.rsplit("/", 1)[-1] if cbor else plain["x-amz-target"].rsplit(".", 1)[-1]
        model = self.model.operation_model(operation)
        asked = _uncbor(body) if cbor else revive(model.input_shape, json.loads(body))
        try:
            status, said = 200, self.answer(operation, asked)
        except Refused as no:
            status, said = (
                no.status,
                {"__type": f"com.amazonaws#{no.code}", "message": no.message, "Message": no.message},
            )
        sent = {"content-type": "application/cbor" if cbor else "application/x-amz-json-1.1", "x-amzn-requestid": "0"}
        if cbor:
            sent["smithy-protocol"] = "rpc-v2-cbor"
            return status, sent, _cbor(said, model.output_shape if status == 200 else None)
        return status, sent, json.dumps(said, default=lambda at: at.timestamp()).encode()

    def _sent(self, request: Any, **_: Any) -> AWSResponse:
        body = request.body or b""
        status, headers, data = self.reply(
            request.url, dict(request.headers), body if isinstance(body, bytes) else body.encode()
        )
        return AWSResponse(request.url, status, headers, Raw(data))

    def serve(self) -> tuple[str, Callable[[], None]]:
        """The address on loopback, and how to stop."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, data = service.reply(self.path, dict(self.headers), body)
                self.send_response(status)
                for key, value in {**headers, "content-length": str(len(data))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

        def stop() -> None:
            server.shutdown()
            server.server_close()

        return f"http://127.0.0.1:{server.server_port}", stop


def unmock(client: Any) -> Any:
    """Take moto out of one client, since every ``before-send`` is called even where an earlier one has answered; gives it back."""
    from moto.core.models import botocore_stubber

    client.meta.events.unregister("before-send", botocore_stubber)
    return botocore_stubber


class Raw:
    """The body of an ``AWSResponse``."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.data

    def read(self, size: int | None = None) -> bytes:
        size = len(self.data) if size is None or size < 0 else size
        taken, self.data = self.data[:size], self.data[size:]
        return taken


def _uncbor(body: bytes) -> Any:
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}


def _cbor(value: dict[str, Any], shape: Shape | None) -> bytes:
    out = bytearray()
    if shape is None:
        out += bytes([0xA0 + len(value)])
        for key, text in value.items():
            for part in (key.encode(), text.encode()):
                out += b"\x79" + len(part).to_bytes(2, "big") + part
        return bytes(out)
    RpcV2CBORSerializer(None)._serialize_data_item(out, value, shape)
    return bytes(out)
