"""The MCP server, spoken to by the SDK's own client over standard input and output and over streamable HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from agent.settings import SettingsError, load
from doors.mcp import http
from doors.page.shelf import Folder
from tests import ROOT
from tests.agent.test_loop import video  # noqa: F401
from tests.doors.page.test_app import GHOST, WISH, opened

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

TOOLS = {"videos", "runs", "plan", "make", "change", "fix", "run", "why", "files", "file"}


def spoken(folder: Path, talk: Callable[[Client], Awaitable[Any]], *command: str, **environ: str) -> Any:
    """What a conversation with a server in a process of its own came to."""
    given = command or ("-m", "tests.doors.mcp.served", str(folder))
    server = StdioServerParameters(
        command=sys.executable, args=list(given), env={**os.environ, **environ, "PYTHONPATH": str(ROOT)}, cwd=str(ROOT)
    )

    async def whole() -> Any:
        async with Client(stdio_client(server)) as client:
            return await talk(client)

    return asyncio.run(whole())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, video: Path) -> Path:  # noqa: F811
    made = tmp_path_factory.mktemp("mcp")
    Folder(made / "videos").copy(video)
    return made


@pytest.fixture(scope="module")
def talk(folder: Path) -> str:
    return Folder(folder / "videos").videos()[0]["id"]


@pytest.fixture(scope="module")
def made(folder: Path, talk: str) -> dict[str, Any]:
    """A run that an agent asked for, and the progress that it was told on the way."""
    heard: list[tuple[float, float | None, str | None]] = []

    async def told(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async def asks(client: Client) -> Any:
        return await client.call_tool(
            "make", {"message": WISH, "video": talk, "wait": 600}, progress_callback=told, read_timeout_seconds=600
        )

    answer = spoken(folder, asks)
    assert not answer.is_error, answer.content
    return {**answer.structured_content, "progress": heard}


def test_an_agent_finds_the_tools_and_each_says_what_it_takes_and_gives(folder: Path) -> None:
    found = {tool.name: tool for tool in spoken(folder, lambda client: client.list_tools()).tools}
    assert set(found) == TOOLS
    assert all(tool.description and tool.annotations for tool in found.values())
    assert {name for name, tool in found.items() if not tool.annotations.read_only_hint} == {"make", "change", "fix"}
    taken = {name for tool in found.values() for name in tool.input_schema["properties"]}
    assert not taken & {"path", "folder", "url", "out"}


def test_an_agent_makes_a_promo_and_hears_how_far_it_is(made: dict[str, Any]) -> None:
    assert made["status"].startswith("done"), made
    assert made["length"] == pytest.approx(16, abs=0.5)
    shares = [share for share, _, _ in made["progress"]]
    assert shares == sorted(shares)
    assert len(shares) > 2
    assert made["progress"][-1][0] == made["progress"][-1][1]
    assert made["thread"] in made["next"]


def test_a_plan_makes_nothing_and_says_what_it_would_cost(folder: Path, talk: str) -> None:
    async def asks(client: Client) -> Any:
        before = await client.call_tool("runs", {})
        plan = await client.call_tool("plan", {"message": WISH, "video": talk})
        return before, plan, await client.call_tool("runs", {})

    before, plan, after = spoken(folder, asks)
    assert plan.structured_content["plan"]["seconds"] > 0
    assert plan.structured_content["plan"]["cap"] >= plan.structured_content["plan"]["dollars"]
    assert before.structured_content == after.structured_content


def test_an_agent_changes_a_promo_and_is_told_why_it_is_as_it_is(folder: Path, made: dict[str, Any]) -> None:
    async def asks(client: Client) -> Any:
        change = await client.call_tool(
            "change",
            {"message": "drop the last clip", "thread": made["thread"], "wait": 600},
            read_timeout_seconds=600,
        )
        return change, await client.call_tool("why", {"run_id": made["run_id"], "question": "why clip 1?"})

    change, why = spoken(folder, asks)
    told = change.structured_content
    assert told["status"].startswith("done"), change.content
    assert (len(told["clips"]), told["parent"]) == (len(made["clips"]) - 1, made["run_id"])
    assert told["changes"]
    assert "Clip A" in why.structured_content["reply"]


def test_a_word_that_was_misheard_is_put_right_by_an_agent(folder: Path, made: dict[str, Any]) -> None:
    word = max(made["clips"][0]["text"].split(), key=len).strip(".,?!")

    async def asks(client: Client) -> Any:
        given = {"run_id": made["run_id"], "words": [f"{word}=Hookline"], "wait": 600}
        return await client.call_tool("fix", given, read_timeout_seconds=600)

    told = spoken(folder, asks).structured_content
    assert told["status"].startswith("done"), told
    assert "Hookline" in told["clips"][0]["text"]
    assert word not in told["clips"][0]["text"].split()


def test_the_files_of_a_run_are_listed_and_read_as_text_pictures_and_resources(
    folder: Path, made: dict[str, Any]
) -> None:
    async def asks(client: Client) -> Any:
        files = (await client.call_tool("files", {"run_id": made["run_id"]})).structured_content["files"]
        read = {
            name: (await client.call_tool("file", {"run_id": made["run_id"], "name": name})).content[0]
            for name in ("post.json", "promo_1x1.srt", "cover_1x1.jpg", "promo_1x1.mp4")
        }
        uri = next(file["uri"] for file in files if file["name"] == "cover_1x1.jpg")
        return files, read, (await client.read_resource(uri)).contents[0]

    files, read, resource = spoken(folder, asks)
    assert all((folder / "outbox" / file["place"]).stat().st_size == file["bytes"] for file in files)
    assert json.loads(read["post.json"].text)
    assert "-->" in read["promo_1x1.srt"].text
    assert read["cover_1x1.jpg"].mime_type == "image/jpeg"
    assert read["promo_1x1.mp4"].type == "resource_link"
    assert resource.blob == read["cover_1x1.jpg"].data


MISTAKES = (
    ("make", {"message": "make a 30s promo", "video": GHOST}, "There is no such video."),
    ("make", {"message": "make a 30s promo", "video": "../../etc"}, "pattern"),
    ("make", {"message": "a 20 s promo of one minute"}, "say one length"),
    ("make", {"message": "make a\x00 promo"}, "control characters"),
    ("make", {"message": "hello"}, "Nothing was made of it"),
    ("make", {"message": "make a 30s promo with fireworks", "strict": True}, "Nothing is made"),
    ("plan", {"message": "make a 30s promo"}, "Neither a video nor a thread"),
    ("change", {"message": "shorter", "thread": GHOST}, "There is no such run."),
    ("run", {"run_id": GHOST}, "There is no such run."),
    ("why", {"run_id": GHOST}, "There is no such run."),
    ("file", {"name": "../../../record.sqlite3"}, "There is no such file."),
    ("fix", {"words": ["=="]}, "=="),
)


@pytest.fixture(scope="module")
def mistakes(folder: Path, talk: str, made: dict[str, Any]) -> list[Any]:
    """What was answered to each of ``MISTAKES``, in one conversation."""
    own = {"make": {"video": talk}, "file": {"run_id": made["run_id"]}, "fix": {"run_id": made["run_id"]}}

    async def asks(client: Client) -> Any:
        return [await client.call_tool(tool, {**own.get(tool, {}), **given}) for tool, given, _ in MISTAKES]

    return list(spoken(folder, asks))


@pytest.mark.parametrize("n", range(len(MISTAKES)), ids=[f"{tool} {says}" for tool, _, says in MISTAKES])
def test_what_an_agent_can_mend_is_told_as_the_tools_error(mistakes: list[Any], n: int) -> None:
    told = mistakes[n].content[0].text
    assert mistakes[n].is_error
    assert MISTAKES[n][2] in told, told
    assert "Traceback" not in told


def test_an_answer_comes_within_the_time_that_was_given_and_the_work_goes_on(folder: Path, talk: str) -> None:
    async def asks(client: Client) -> Any:
        wish = "make a 10s square promo without captions"
        begun = await client.call_tool("make", {"message": wish, "video": talk, "wait": 0})
        run = begun.structured_content["run_id"]
        return begun, await client.call_tool("run", {"run_id": run, "wait": 600}, read_timeout_seconds=600)

    begun, ended = spoken(folder, asks)
    assert begun.structured_content["status"] in ("queued", "working")
    assert begun.structured_content["run_id"] in begun.structured_content["next"]
    assert ended.structured_content["status"].startswith("done")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A server over HTTP in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.doors.mcp.served", str(folder), str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    base, until = f"http://127.0.0.1:{port}", time.monotonic() + 120
    while True:
        try:
            httpx.get(f"{base}/videos")
            break
        except httpx.ConnectError:
            assert time.monotonic() < until, "the server has not begun to listen"
            time.sleep(0.1)
    yield base
    server.terminate()
    server.wait(30)


def test_the_same_is_had_over_http_where_files_have_addresses(address: str, made: dict[str, Any]) -> None:
    async def asks() -> Any:
        async with Client(f"{address}/mcp") as client:
            await client.call_tool("videos", {})
            return await client.call_tool("run", {"run_id": made["run_id"]})

    told = asyncio.run(asks()).structured_content
    assert (told["status"], told["clips"]) == (made["status"], made["clips"])
    promo = next(file for file in told["files"] if file["name"] == "promo_1x1.mp4")
    assert len(httpx.get(promo["url"]).content) == promo["bytes"]


def test_another_sites_page_and_another_name_are_refused_over_http(address: str) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    for headers, status in (({"Host": "evil.example"}, 421), ({"Origin": "https://evil.example"}, 403)):
        assert httpx.post(f"{address}/mcp", json=call, headers={**accept, **headers}).status_code == status


def test_a_page_for_those_who_log_in_is_no_door_for_agents(tmp_path: Path) -> None:
    keys = {"login_issuer": "https://id.example", "login_client": "x", "login_key": "k" * 32}
    with pytest.raises(SettingsError, match="HOOKLINE_LOGIN_KEY"):
        http.build(load(environ={}, home=str(tmp_path), **keys), "http://127.0.0.1:8765")


def test_what_an_agent_made_is_on_the_page_of_the_same_home(folder: Path, made: dict[str, Any]) -> None:
    with opened(folder) as door:
        assert door.get(f"/runs/{made['run_id']}").json()["clips"] == made["clips"]


def test_the_verb_serves_the_video_that_it_was_started_with(tmp_path: Path, video: Path) -> None:  # noqa: F811
    command = ("-m", "doors.command.main", "mcp", str(video))
    places = {"HOOKLINE_HOME": str(tmp_path), "HOOKLINE_OUTBOX": str(tmp_path / "outbox")}
    told = spoken(tmp_path, lambda client: client.call_tool("videos", {}), *command, **places)
    assert [each["name"] for each in told.structured_content["videos"]] == [video.name]
