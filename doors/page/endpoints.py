"""What each route of the HTTP doors does: a request in, the desk asked, an answer out."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from doors.page import contract
from doors.page.bundle import bundle
from doors.page.desk import OPEN, Desk
from doors.page.guard import No, policy, told, unknown

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


async def chat(request: Request) -> Response:
    key = _key(request)
    said: contract.Said = await told(request, contract.Said)
    if said.video is None and said.thread is None:
        raise No(
            422,
            "no-video",
            "Neither a video nor a thread is given.",
            "Give the id of a video from /videos, or a thread.",
        )
    status, body = await run_in_threadpool(_desk(request).say, said, key)
    headers = _place(body) if status == 202 else {}
    return JSONResponse(contract.Answer.model_validate(body, strict=False).model_dump(mode="json"), status, headers)


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(contract.KEY, key):
        raise No(
            422, "key", "The idempotency key is not 1 to 128 visible ASCII characters.", "Send a UUID, for example."
        )
    return key


def _place(body: dict[str, Any]) -> dict[str, str]:
    return {"Location": f"/runs/{body['run_id']}"}


async def fix(request: Request) -> Response:
    said: contract.Fix = await told(request, contract.Fix)
    status, body = await run_in_threadpool(_desk(request).correct, _id(request), said.words, _key(request))
    return JSONResponse(
        contract.Answer.model_validate(body, strict=False).model_dump(mode="json"), status, _place(body)
    )


async def moments(request: Request) -> Response:
    said: contract.Chosen = await told(request, contract.Chosen)
    status, body = await run_in_threadpool(_desk(request).choose, _id(request), said.only, _key(request))
    return JSONResponse(
        contract.Answer.model_validate(body, strict=False).model_dump(mode="json"), status, _place(body)
    )


async def forget(request: Request) -> Response:
    name = _id(request)
    left = await run_in_threadpool(_desk(request).forget, name)
    return JSONResponse({"run_id": name, "left": left})


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


async def zipped(request: Request) -> Response:
    """All files of a run in one."""
    name = _id(request)
    paths = await run_in_threadpool(_desk(request).all_files, name)
    folder = f"{paths[0].parent.parent.name}-{name[:12]}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(folder)}.zip",
        "Content-Security-Policy": FILE_CSP,
    }
    return StreamingResponse(bundle(paths, folder), media_type="application/zip", headers=headers)


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
    return JSONResponse({"videos": [_told(video) for video in found]})


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
    return JSONResponse(_told(about), 201)


async def transcript(request: Request) -> Response:
    return await _given(request, "transcript")


async def music(request: Request) -> Response:
    return await _given(request, "music")


async def _given(request: Request, what: str) -> Response:
    """Take a file that goes with a video, from a program or from a browser's form."""
    desk, name = _desk(request), _video(request)
    await run_in_threadpool(desk.shelf.video, name, desk.tenant)
    about = await desk.shelf.give(name, what, request.stream(), request.headers.get("content-type", ""))
    return JSONResponse(_told(about), 201)


async def listen(request: Request) -> Response:
    desk, name = _desk(request), _video(request)
    await run_in_threadpool(desk.shelf.video, name, desk.tenant)
    return JSONResponse(_told(await run_in_threadpool(desk.shelf.drop_transcript, name)))


def _video(request: Request) -> str:
    name = str(request.path_params["video_id"])
    if not re.fullmatch(contract.ID, name):
        raise unknown("video")
    return name


def _told(video: dict[str, Any]) -> dict[str, Any]:
    return contract.tell_video(video).model_dump(mode="json")


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


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk.of(request.scope)


def _id(request: Request) -> str:
    name = str(request.path_params["run_id"])
    if not re.fullmatch(contract.ID, name):
        raise unknown("run")
    return name
