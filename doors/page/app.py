"""The HTTP doors: one ASGI app, the same contract under uvicorn and in Lambda."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.settings import Settings
from doors.page import contract, endpoints
from doors.page.desk import Desk
from doors.page.document import Operation, write_document
from doors.page.guard import Guard
from doors.page.local import Local
from doors.page.login import Login, Members, Seal
from doors.page.remote import Remote
from doors.page.troubles import HANDLERS
from tools.aws.secrets import read_secret

if TYPE_CHECKING:
    from agent.studio import Studio


def build(settings: Settings, studio: Studio | None = None, names: tuple[str, ...] = ()) -> Starlette:
    """The app of ``settings``.  ``names`` are further host names that it answers to."""
    desk = wired(settings, studio)

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(desk.resume)
        yield
        desk.worker.stop()

    hosts = None if desk.names is None else desk.names | {name.lower() for name in names}
    routes = [Route(op.path, op.do, methods=[op.method]) for op in OPERATIONS]
    routes += [Route("/", endpoints.page), Route("/static/{name}", endpoints.static), *login_routes(settings)]
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


def wired(settings: Settings, studio: Studio | None = None) -> Desk:
    """The desk of ``settings``.  Runs are made by the edit function where there is one, else here."""
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


async def openapi(request: Request) -> Response:
    return JSONResponse(write_document(OPERATIONS))


RUN = {"name": "run_id", "in": "path", "required": True, "schema": {"type": "string"}}
VIDEO = {"name": "video_id", "in": "path", "required": True, "schema": {"type": "string"}}
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
        "POST", "/chat", endpoints.chat, "Ask for a promo, for a change of the last one, or a question",
        {202: ("It is in the queue; Location leads to its run", contract.Answer), 200: ("Words or a plan suffice; nothing is made", contract.Answer)},
        takes=contract.Said, parameters=(KEY,), troubles=(*JSON_TROUBLES, 404, 409, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/fix", endpoints.fix, "Put right what was heard wrong: in the captions, the words and the transcript",
        {202: ("It is in the queue; Location leads to its run", contract.Answer)},
        takes=contract.Fix, parameters=(RUN, KEY), troubles=(*JSON_TROUBLES, 404, 409, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/moments", endpoints.moments, "Render some of the moments that a run has proposed, each a short of its own",
        {202: ("They are in the queue; Location leads to the first one's run", contract.Answer)},
        takes=contract.Chosen, parameters=(RUN, KEY), troubles=(*JSON_TROUBLES, 404, 409, 503),
    ),
    Operation(
        "DELETE", "/runs/{run_id}", endpoints.forget, "Delete a run that has ended: its rows, its files and what it published; its video with the last run of it",
        {200: ("What could not be deleted", contract.Forgotten)}, parameters=(RUN,), troubles=(403, 404, 409, 421, 422, 503),
    ),
    Operation("GET", "/runs", endpoints.runs, "List what was made, newest first", {200: ("Runs", contract.Runs)}, parameters=(LIMIT,), troubles=(421, 422, 503)),
    Operation("GET", "/runs/{run_id}", endpoints.run, "Tell all of a run", {200: ("The run", contract.Run)}, parameters=(RUN,), troubles=(404, 421, 503)),
    Operation(
        "GET", "/runs/{run_id}/events", endpoints.events, "Watch a run: it is sent again whenever it has changed, until it has ended",
        {200: ("Events named run, each a Run, and at last one named end", "text/event-stream")}, parameters=(RUN,), troubles=(404, 421, 503),
    ),
    Operation("GET", "/runs/{run_id}/report", endpoints.report, "Go to a run's report page", {303: ("Its address", "")}, parameters=(RUN,), troubles=(404, 421, 503)),
    Operation(
        "GET", "/runs/{run_id}/files/{name}", endpoints.files, "One of a run's own files, whole or a range",
        {200: ("The file", "*/*"), 206: ("A part of it", "*/*"), 307: ("On AWS: an address that holds for a quarter of an hour", ""), 416: ("No such part", "*/*")}, parameters=(RUN, NAME), troubles=(400, 404, 421, 503),
    ),
    Operation(
        "GET", "/runs/{run_id}/files.zip", endpoints.zipped, "All files of a run in one zip (where they are on the machine that answers)",
        {200: ("The zip", "application/zip")}, parameters=(RUN,), troubles=(404, 421, 422, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/thumbs", endpoints.thumbs, "Keep what a person thinks of a clip; the last word counts",
        {200: ("All thumbs of the run, by clip", contract.Thumbs)}, takes=contract.Thumb, parameters=(RUN,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/approval", endpoints.approval, "Approve or reject a promo; the last word counts",
        {200: ("Who decided, and when", contract.Approval)}, takes=contract.Decided, parameters=(RUN,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation(
        "POST", "/runs/{run_id}/share", endpoints.share, "Make a link by which anyone may have one of a run's own files (on AWS)",
        {200: ("An address that holds for a quarter of an hour", contract.Link)}, takes=contract.Share, parameters=(RUN,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation("GET", "/videos", endpoints.videos, "List the videos, newest first", {200: ("Videos", contract.Videos)}, troubles=(421, 503)),
    Operation(
        "POST", "/videos", endpoints.upload, "Upload a video, or sound alone, as the part named file of a form, or ask by JSON for the form to post (always so on AWS)",
        {200: ("The form: post all fields, then the video as file, to its address", contract.Form), 201: ("The video", contract.Video), 303: ("For a browser's form: the page with the video chosen", "")},
        takes="multipart/form-data", or_takes=contract.Wanted, file="video/*, audio/*", troubles=(400, 403, 413, 415, 421, 422, 503),
    ),
    Operation(
        "POST", "/videos/{video_id}/transcript", endpoints.transcript, "Give a transcript (.srt, .vtt, Transcribe's .json) that is used instead of listening, as the part named file",
        {201: ("The video", contract.Video)}, takes="multipart/form-data", file="text/*", parameters=(VIDEO,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation(
        "DELETE", "/videos/{video_id}/transcript", endpoints.listen, "Have a video listened to again",
        {200: ("The video", contract.Video)}, parameters=(VIDEO,), troubles=(403, 404, 421, 422, 503),
    ),
    Operation(
        "POST", "/videos/{video_id}/music", endpoints.music, "Give music (mp3, wav, m4a, flac, ogg) that a promo may have under the voice, as the part named file",
        {201: ("The video", contract.Video)}, takes="multipart/form-data", file="audio/*", parameters=(VIDEO,), troubles=(*JSON_TROUBLES, 404, 503),
    ),
    Operation("GET", "/openapi.json", openapi, "This document", {200: ("OpenAPI 3.1", "application/json")}),
)  # fmt: skip
