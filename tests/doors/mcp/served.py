"""The MCP server in a process of its own, as `hookline mcp` runs it, over the engines of the tests: ``FOLDER [PORT]``."""

import sys
from pathlib import Path

import uvicorn

from agent.settings import load
from doors.mcp import http, server
from doors.page.app import wired
from tests.doors.page.test_app import studio

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    settings = load(environ={}, home=str(folder), outbox=str(folder / "outbox"))
    if len(sys.argv) > 2:
        base = f"http://127.0.0.1:{sys.argv[2]}"
        uvicorn.run(http.build(settings, base, studio(folder)), port=int(sys.argv[2]), log_level="warning")
    else:
        server.build(wired(settings, studio(folder))).run()
