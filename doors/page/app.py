"""The HTTP doors: one ASGI app, the same contract under uvicorn and in Lambda."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.settings import Settings
from doors.page import contract
from doors.page.desk import OPEN, Desk
from doors.page.document import Operation, write_document
from doors.page.guard import Guard, No, policy, told, unknown
from doors.page.local import Local
from doors.page.login import Login, Members, Seal
from doors.page.remote import Remote
from doors.page.troubles import HANDLERS
from tools.aws.secrets import read_secret

if TYPE_CHECKING:
    from agent.studio import Studio

STATIC = {
    "report.css": "text/css",
    "page.css": "text/css",
    "report.js": "text/javascript",
    "page.js": "text/javascript",
}
EVERY = 0.4
"""Seconds between two looks at a run that someone watches."""
# What runs in a report is allowed by the hashes that it carries itself; a header can only narrow that.
REPORT_CSP = "default-src 'none'; img-src data:; media-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FILE_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"


def build(settings: Settings, studio: Studio | None = None, names: tuple[str, ...] = ()) -> Starlette:
    """The app of ``settings``.  ``names`` are further host names that it answers to."""
    desk = _wired(settings, studio)

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(desk.resume)
        yield
        desk.worker.stop()

    hosts = None if desk.names is None else desk.names | {name.lower() for name in names}
    routes = [Route(op.path, op.do, methods=[op.method]) for op in OPERATIONS]
    routes += [Route("/", page), Route("/static/{name}", static), *login_routes(settings)]
    members = [Middleware(Members, seal=functools.partial(seal_of, settings))] if settings.login_key else []
    app = Starlette(
        routes=_joined(routes),
        middleware=[Middleware(Guard, names=hosts), *members],
        exception_handlers=HANDLERS,
        lifespan=life,
    )
    app.router.redirect_slashes = False
    app.state.desk = desk
    return app


def build_login(settings: Settings) -> Starlette:
    """The login alone, which must reach its provider, where the app has no way out."""
    return Starlette(
        routes=login_routes(settings), middleware=[Middleware(Guard, names=None)], exception_handlers=HANDLERS
    )


def login_routes(settings: Settings) -> list[Route]:
    if not settings.login_issuer:
        return []
    seal = functools.partial(seal_of, settings)
    return Login(settings.login_issuer, settings.login_client, settings.login_groups, seal).routes()


@functools.cache
def seal_of(settings: Settings) -> Seal:
    """What seals the sessions, read when it is first needed."""
    key = settings.login_key
    if not key.startswith("arn:"):
        return Seal(key)
    return Seal(read_secret(key, "HOOKLINE_LOGIN_KEY", settings.region or None))


def _wired(settings: Settings, studio: Studio | None) -> Desk:
    """Runs are made by the edit function where there is one, else here."""
    if not settings.edit_function:
        return Local(settings, studio)

    return Remote(settings, studio)


def _joined(routes: list[Route]) -> list[Route]:
    """One route a path, so that a method that is not taken is told as that."""
    by_path: dict[str, list[Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    return [_one(path, found) if len(found) > 1 else found[0] for path, found in by_path.items()]


def _one(path: str, routes: list[Route]) -> Route:
    by_method = {method: route.endpoint for route in routes for method in route.methods or ()}

    async def chosen(request: Request) -> Response:
        answer: Response = await by_method[request.method](request)
        return answer

    return Route(path, chosen, methods=list(by_method))


async def chat(request: Request) -> Response:
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(contract.KEY, key):
        raise No(
            422, "key", "The idempotency key is not 1 to 128 visible ASCII characters.", "Send a UUID, for example."
        )
    said: contract.Said = await told(request, contract.Said)
    if said.video is None and said.thread is None:
        raise No(
            422,
            "no-video",
            "Neither a video nor a thread is given.",
            "Give the id of a video from /videos, or a thread.",
        )
    status, body = await run_in_threadpool(_desk(request).say, said, key)
    headers = {"Location": f"/runs/{body['run_id']}"} if status == 202 else {}
    return JSONResponse(contract.Answer.model_validate(body, strict=False).model_dump(mode="json"), status, headers)


async def runs(request: Request) -> Response:
    limit = request.query_params.get("limit", "50")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= 1000:
        raise No(422, "limit", "limit is not a whole number from 1 to 1000.", "Leave it out for 50.")
    return JSONResponse({"runs": await run_in_threadpool(_desk(request).lines, int(limit))})


async def run(request: Request) -> Response:
    return JSONResponse(await run_in_threadpool(_desk(request).told, _id(request)))


async def events(request: Request) -> Response:
    """Server-sent events: the run as it is, again whenever it has changed, until it has ended."""
    desk, name = _desk(request), _id(request)
    await run_in_threadpool(desk.row, name)
    return StreamingResponse(_watched(desk, name, request), media_type="text/event-stream")


async def _watched(desk: Desk, name: str, request: Request) -> AsyncIterator[str]:
    before, quiet = "", 0.0
    while True:
        now = await run_in_threadpool(desk.told, name)
        text = json.dumps(now)
        if text != before:
            before, quiet = text, 0.0
            yield f"event: run\ndata: {text}\n\n"
        if not desk.waits:
            yield "retry: 3000\n\n"
            return
        if now["status"] not in OPEN:
            yield "event: end\ndata: {}\n\n"
            return
        if quiet > 15:
            quiet = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(EVERY)
        quiet += EVERY
        if await request.is_disconnected():
            return


async def report(request: Request) -> Response:
    name = _id(request)
    if not (await run_in_threadpool(_desk(request).told, name))["report"]:
        raise unknown("report")
    return RedirectResponse(f"/runs/{name}/files/report.html", 303)


async def files(request: Request) -> Response:
    if link := await run_in_threadpool(_desk(request).link, _id(request), request.path_params["name"]):
        return RedirectResponse(link, 307)
    path, kind = await run_in_threadpool(_desk(request).file, _id(request), request.path_params["name"])
    headers = {
        "Content-Security-Policy": REPORT_CSP if path.name == "report.html" else FILE_CSP,
        "Cache-Control": "private, no-cache",
    }
    return FileResponse(path, media_type=kind, headers=headers)


async def thumbs(request: Request) -> Response:
    thumb: contract.Thumb = await told(request, contract.Thumb)
    return JSONResponse({"thumbs": await run_in_threadpool(_desk(request).rate, _id(request), thumb.clip, thumb.thumb)})


async def approval(request: Request) -> Response:
    said: contract.Decided = await told(request, contract.Decided)
    return JSONResponse(await run_in_threadpool(_desk(request).approve, _id(request), said.verdict))


async def share(request: Request) -> Response:
    said: contract.Share = await told(request, contract.Share)
    return JSONResponse(await run_in_threadpool(_desk(request).share, _id(request), said.name))


async def videos(request: Request) -> Response:
    desk = _desk(request)
    found = await run_in_threadpool(desk.shelf.videos, desk.tenant)
    return JSONResponse({"videos": [_shown(video) for video in found]})


async def upload(request: Request) -> Response:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() == "application/json":
        wanted: contract.Wanted = await told(request, contract.Wanted)
        return JSONResponse(await run_in_threadpool(_desk(request).form, wanted.name))
    shelf = _desk(request).shelf
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > shelf.largest + (1 << 20):
        raise No(413, "too-large", f"The video has more than {shelf.largest >> 20} MB.", "Export it smaller.")
    about = await shelf.receive(request.stream(), request.headers.get("content-type", ""))
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"/?video={about['id']}", 303)
    return JSONResponse(_shown(about), 201)


def _shown(video: dict[str, Any]) -> dict[str, Any]:
    return {name: video[name] for name in contract.Video.model_fields}


async def page(request: Request) -> Response:
    from doors.page.page import render_page

    asked = {name: request.query_params.get(name, "") for name in ("run", "with", "video")}
    if any(value and not re.fullmatch(contract.ID, value) for value in asked.values()):
        raise unknown("run")
    desk = _desk(request)
    made = await run_in_threadpool(render_page, desk, asked["run"], asked["with"], asked["video"])
    return HTMLResponse(made, headers={"Content-Security-Policy": policy(await run_in_threadpool(desk.hosts))})


async def static(request: Request) -> Response:
    from doors.page.page import HOMES

    name = request.path_params["name"]
    if name not in STATIC:
        raise unknown("file")
    path = next(home / name for home in HOMES if (home / name).is_file())
    return FileResponse(path, media_type=STATIC[name], headers={"Cache-Control": "no-cache"})


async def openapi(request: Request) -> Response:
    return JSONResponse(write_document(OPERATIONS))


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk.of(request.scope)


def _id(request: Request) -> str:
    name = str(request.path_params["run_id"])
    if not re.fullmatch(contract.ID, name):
        raise unknown("run")
    return name


RUN = {"name": "run_id", "in": "path", "required": True, "schema": {"type": "string"}}
NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": contract.KEY},
}
LIMIT = {
    "name": "limit",
    "in": "query",
    "required": False,
    "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
}
JSON_TROUBLES = (400, 413, 415, 421, 403, 422)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST", "/chat", chat, "Ask for a promo, for a change of the last one, or a question",
        {202: ("It is in the queue; Location leads to its run", contract.Answer), 200: ("Words or a plan suffice; nothing is made", contract.Answer)},
        takes=contract.Said, parameters=(KEY,), troubles=(*JSON_TROUBLES, 404, 409, 503),
    ),
    Operation("GET", "/runs", runs, "List what was made, newest first", {200: ("Runs", contract.Runs)}, parameters=(LIMIT,), troubles=(421, 422, 503)),
    Operation("GET", "/runs/{run_id}", run, "Tell all of a run", {200: ("The run", contract.Run)}, parameters=(RUN,), troubles=(404, 421, 503)),
    Operation(
        "GET", "/runs/{run_id}/events", events, "Watch a run: it is sent again whenever it has changed, until it has ended",
        {200: ("Events named run, each a Run, and at last one named end", "text/event-stream")}, parameters=(RUN,), troubles=(404, 421, 503),
    ),
    Operation("GET", "/runs/{run_id}/report", report, "Go to a run's report page", {303: ("Its address", "")}, parameters=(RUN,), troubles=(404, 421, 503)),
    Operation(
        "GET", "/runs/{run_id}/files/{name}", files, "One of a run's own files, whole or a range",
        {200: ("The file", "*/*"), 206: ("A part of it", "*/*"), 307: ("On AWS: an address that holds for a quarter of an hour", ""), 416: ("No such part", "*/*")}, parameters=(RUN, NAME), troubles=(400, 404, 421, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/thumbs", thumbs, "Keep what a person thinks of a clip; the last word counts",
        {200: ("All thumbs of the run, by clip", contract.Thumbs)}, takes=contract.Thumb, parameters=(RUN,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/approval", approval, "Approve or reject a promo; the last word counts",
        {200: ("Who decided, and when", contract.Approval)}, takes=contract.Decided, parameters=(RUN,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/share", share, "Make a link by which anyone may have one of a run's own files (on AWS)",
        {200: ("An address that holds for a quarter of an hour", contract.Link)}, takes=contract.Share, parameters=(RUN,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation("GET", "/videos", videos, "List the videos, newest first", {200: ("Videos", contract.Videos)}, troubles=(421, 503)),
    Operation(
        "POST", "/videos", upload, "Upload a video as the part named file of a form, or ask by JSON for the form to post (always so on AWS)",
        {200: ("The form: post all fields, then the video as file, to its address", contract.Form), 201: ("The video", contract.Video), 303: ("For a browser's form: the page with the video chosen", "")},
        takes="multipart/form-data", or_takes=contract.Wanted, troubles=(400, 403, 413, 415, 421, 422, 503),
    ),
    Operation("GET", "/openapi.json", openapi, "This document", {200: ("OpenAPI 3.1", "application/json")}),
)  # fmt: skip
