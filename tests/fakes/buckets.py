"""S3 by moto, plus what moto lets pass: long keys, sums that do not match, bodies that break off, refusals on demand."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from tests.fakes.service import Raw, unmock


@contextlib.contextmanager
def account() -> Iterator[None]:
    """Credentials that are nobody's, and S3 in this process."""
    from moto import mock_aws

    names = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with patch.dict(os.environ, names), mock_aws():
        yield


class Strict:
    """Stands before moto: holds what S3 holds and moto does not, answers ``troubles`` first, and cuts bodies short at ``breaks``."""

    def __init__(self, client: Any) -> None:
        self.troubles: list[tuple[str, int, str]] = []
        """(operation, status, code) still to be answered with; status 0 is an answer that got lost after the work was done."""
        self.breaks: list[int] = []
        """Bytes after which the next bodies break off."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._params: dict[str, Any] = {}
        self._moto = unmock(client)
        client.meta.events.register("provide-client-params.s3", self._asked)
        client.meta.events.register_first("before-send.s3", self._sent)
        client.meta.events.register("after-call.s3.GetObject", self._got)

    def _asked(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._params = {**params, "operation": model.name}
        self.calls.append((model.name, dict(params)))

    def _sent(self, event_name: str, request: Any, **_: Any) -> AWSResponse:
        operation = self._params["operation"]
        for index, (wanted, status, code) in enumerate(self.troubles):
            if wanted == operation:
                del self.troubles[index]
                if status == 0:
                    self._moto(event_name, request)
                    raise ConnectionClosedError(endpoint_url=request.url)
                return _refusal(request.url, status, code)
        key = unquote(urlsplit(request.url).path).lstrip("/")
        if len(key.encode()) > 1024:
            return _refusal(request.url, 400, "KeyTooLongError")
        told = request.headers.get("x-amz-checksum-sha256")
        if told and request.body is not None and operation in ("PutObject", "UploadPart"):
            body = request.body
            place = body.tell() if hasattr(body, "tell") else 0
            data = body.read() if hasattr(body, "read") else body
            if hasattr(body, "seek"):
                body.seek(place)
            if base64.b64encode(hashlib.sha256(data).digest()).decode() != (
                told.decode() if isinstance(told, bytes) else told
            ):
                return _refusal(request.url, 400, "BadDigest")
        answered: AWSResponse = self._moto(event_name, request)
        return answered

    def _got(self, parsed: dict[str, Any], **_: Any) -> None:
        if self.breaks and "Body" in parsed:
            parsed["Body"]._raw_stream = Short(parsed["Body"]._raw_stream, self.breaks.pop(0))


class Short:
    """A stream that ends before its length: urllib3 gives what came, botocore sees that it is too little."""

    def __init__(self, raw: Any, size: int) -> None:
        self.raw, self.left = raw, size

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        taken = self.raw.read(min(self.left, amount) if amount else self.left) if self.left else b""
        self.left -= len(taken)
        return taken

    def close(self) -> None:
        """Nothing is held."""


def _refusal(url: str, status: int, code: str) -> AWSResponse:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    return AWSResponse(url, status, {"content-type": "application/xml"}, Raw(body))


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """moto's S3 of this process at an address on loopback, for clients of another process; within ``account``."""
    from botocore.awsrequest import AWSRequest
    from moto.core.models import botocore_stubber

    one = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            asked = AWSRequest(self.command, f"https://s3.us-east-1.amazonaws.com{self.path}", headers, body)
            with one:
                said = botocore_stubber("before-send.s3", asked.prepare())
            data = said.raw.read() if said.raw is not None else b""
            self.send_response(said.status_code)
            for name, value in {**said.headers, **self.shown()}.items():
                if name.lower() not in ("content-length", "connection", "server", "date"):
                    self.send_header(name, value)
            length = said.headers.get("content-length", "0") if self.command == "HEAD" else str(len(data))
            self.send_header("Content-Length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def shown(self) -> dict[str, str]:
            """Whose page may read the answer, by the bucket's rules: moto says it of a look ahead alone."""
            if "Origin" not in self.headers or self.command == "OPTIONS":
                return {}
            asked = {"Origin": self.headers["Origin"], "Access-Control-Request-Method": self.command}
            ahead = AWSRequest("OPTIONS", f"https://s3.us-east-1.amazonaws.com{self.path}", asked)
            with one:
                said = botocore_stubber("before-send.s3", ahead.prepare())
            return {
                name: value for name, value in said.headers.items() if name.lower() == "access-control-allow-origin"
            }

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_OPTIONS = answer

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
