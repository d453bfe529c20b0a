"""What went wrong, as an answer: an error that a person can mend in words, a bug as one."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.reading.change import RevisionError
from agent.reading.wish import WishError
from agent.record.records import Busy, RecordsDown
from doors.page.guard import No
from doors.page.shelf import refused
from tools.troubles import NotReady, Refusal


async def _no(request: Request, error: Exception) -> Response:
    no = as_no(error)
    path = request.url.path
    if (path == "/" or path.startswith("/login")) and "text/html" in request.headers.get("accept", ""):
        from doors.page.page import render_trouble

        return HTMLResponse(render_trouble(no.error, no.to_do), no.status)
    return no.answer(getattr(error, "headers", None))


def as_no(error: Exception) -> No:
    """An error as an answer; status 500 for a bug, which is told as one."""
    if isinstance(error, No):
        return error
    if isinstance(error, Refusal):
        return refused(error)
    if isinstance(error, WishError | RevisionError):
        return No(422, "wish", str(error), "Say it in another way.")
    if isinstance(error, Busy):
        return No(409, "working", str(error), "Wait until it has ended.")
    if isinstance(error, NotReady | RecordsDown | OSError):
        return No(503, "not-ready", str(error), "Run hookline doctor on this machine.")
    if isinstance(error, HTTPException):
        to_do = "See /openapi.json for what there is."
        return No(error.status_code, "unknown" if error.status_code == 404 else "method", f"{error.detail}.", to_do)
    return No(500, "bug", "Something broke here.", "See the log of hookline serve; nothing finished is lost.")


HANDLERS: dict[Any, Any] = dict.fromkeys(
    (No, Refusal, WishError, RevisionError, Busy, NotReady, RecordsDown, OSError, HTTPException, Exception), _no
)
