"""What every request passes and every answer carries: whose host, whose origin, how many bytes, which headers."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY = 64 << 10
"""Bytes of a JSON body at most."""


def policy(hosts: str = "") -> str:
    """What a page of ours may load and where it may send; ``hosts`` are those of videos and uploads that lie elsewhere."""
    own = f"'self' {hosts}".rstrip()
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {own} data:; media-src {own}; connect-src {own}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
SAFE = ("GET", "HEAD", "OPTIONS")


class No(Exception):
    """A request that is not carried out.  ``code`` is stable; the words say what was wrong and what to do."""

    def __init__(self, status: int, code: str, error: str, to_do: str) -> None:
        super().__init__(error)
        self.status, self.code, self.error, self.to_do = status, code, error, to_do

    def answer(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        body = {"code": self.code, "error": self.error, "to_do": self.to_do}
        return JSONResponse(body, self.status, dict(headers or {}))


def unknown(what: str) -> No:
    """Another's and what never was are told alike."""
    return No(404, "unknown", f"There is no such {what}.", "Ask for the list, and take an id from it.")


class Guard:
    """ASGI middleware.  ``names`` are the host names that this door answers to; None behind a gateway that knows its own.

    An address by number is always answered: only a name can be pointed at this machine from outside.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str] | None) -> None:
        self.app, self.names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if (no := self._refused(scope)) is not None:
            await no.answer()(scope, receive, dressed)
            return
        await self.app(scope, receive, dressed)

    def _refused(self, scope: Scope) -> No | None:
        if self.names is None:
            return None
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._ours(host):
            return No(
                421, "host", "This address is not served under that name.", "Open it as http://127.0.0.1 and its port."
            )
        if scope["method"] not in SAFE and foreign(headers, host):
            return No(
                403,
                "origin",
                "The request came from another site's page.",
                "Send it from this page, or without a browser.",
            )
        return None

    def _ours(self, host: str) -> bool:
        name = host.rsplit("]", 1)[0].lstrip("[") if host.startswith("[") else host.rsplit(":", 1)[0]
        try:
            ipaddress.ip_address(name)
            return True
        except ValueError:
            return name.lower() in (self.names or ())


def foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that another site's page sent a request."""
    origin = headers.get("origin")
    if origin is not None:
        return origin not in (f"http://{host}", f"https://{host}")
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


async def told(request: Request, model: type[BaseModel]) -> Any:
    """The request's JSON body as ``model``.  Raises ``No`` for one that is too long, no JSON, or of another shape."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise No(415, "media-type", "The body is not JSON.", "Send JSON with Content-Type: application/json.")
    body = await _body(request)
    try:
        value = json.loads(body, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise No(400, "json", "The body can't be read as JSON.", "Send one JSON object in UTF-8.") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise No(422, "shape", faults(error), "See /openapi.json for what is taken.") from None


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY:
            raise No(413, "too-long", f"The body has more than {BODY} bytes.", "Say it in a sentence or two.")
    return bytes(data)


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def faults(error: ValidationError) -> str:
    """What was wrong, field by field, without what was sent."""
    told = []
    for fault in error.errors(include_input=False, include_url=False)[:5]:
        where = ".".join(str(part)[:40] for part in fault["loc"])
        # A field's name is sent too; only our own are repeated.
        where = "a field" if fault["type"] == "extra_forbidden" else where
        told.append(f"{where or 'The body'}: {fault['msg'].removeprefix('Value error, ')}")
    return "; ".join(told) + "."
