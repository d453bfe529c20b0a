"""Lambda on loopback: its Invoke and its runtime interface, with a process of its own that is started anew when it died.

The process is AWS's own runtime client where that is installed, else ``tests.fakes.bootstrap``, which speaks the same interface.
"""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests import ROOT

LOOPBACK = Path(__file__).parent / "loopback"
"""Holds a ``sitecustomize`` that shuts every way out of a process but loopback."""
RUNTIME = "/2018-06-01/runtime"
CLIENT = "awslambdaric" if importlib.util.find_spec("awslambdaric") else "tests.fakes.bootstrap"


class Function:
    """One function with one sandbox at a time.  ``kills`` are failpoints: each new process takes the next one.

    ``inside`` is a command that runs another within a built image, whose own Python, packages and code are then used.
    """

    def __init__(
        self, handler: str, environ: dict[str, str], log: Path, client: str = CLIENT, inside: Sequence[str] = ()
    ) -> None:
        self.handler, self.environ, self.log, self.client, self.inside = handler, environ, log, client, inside
        self.kills: list[str] = []
        self.deaths: list[str] = []
        """How processes ended, by signal or code."""
        self.started = 0
        self.busy = 0.0
        """Seconds of invocations in all, starts of a process included."""
        self._process: subprocess.Popen[bytes] | None = None
        self._events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers: dict[str, tuple[bool, bytes]] = {}
        self._one = threading.Lock()
        function = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == f"{RUNTIME}/invocation/next":
                    function._next(self)
                else:
                    function._send(self, 404, b"{}")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                if self.path.startswith(f"{RUNTIME}/"):
                    *_, name, end = self.path.split("/")
                    if end in ("response", "error"):
                        function._answers[name] = (end == "error", body)
                    return function._send(self, 202, b"{}")
                failed, answer = function.invoke(body)
                more = {"X-Amz-Function-Error": "Unhandled"} if failed else {}
                return function._send(self, 200, answer, more)

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.place = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> Function:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: bytes) -> tuple[bool, bytes]:
        """Whether it failed, and the answer or the error."""
        with self._one:
            began = time.monotonic()
            try:
                return self._invoke(event)
            finally:
                self.busy += time.monotonic() - began

    def _invoke(self, event: bytes) -> tuple[bool, bytes]:
        name = str(uuid.uuid4())
        if self._process is None or self._process.poll() is not None:
            self._start()
        self._events.put((name, event))
        while name not in self._answers:
            if self._process is not None and (code := self._process.poll()) is not None:
                time.sleep(0.05)  # an answer may be on its way
                if name in self._answers:
                    break
                self.deaths.append(f"signal {-code}" if code < 0 else f"exit {code}")
                self._events = queue.Queue()
                error = {
                    "errorType": "Runtime.ExitError",
                    "errorMessage": f"RequestId: {name} Error: {self.deaths[-1]}",
                }
                return True, json.dumps(error).encode()
            time.sleep(0.01)
        return self._answers.pop(name)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self.started += 1
        environ = {
            "LANG": "C.UTF-8",
            "AWS_LAMBDA_RUNTIME_API": self.place,
            "AWS_LAMBDA_FUNCTION_NAME": "hookline-edit",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "4096",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HF_HUB_OFFLINE": "1",
            **self.environ,
            **({"HOOKLINE_FAILPOINT": self.kills.pop(0)} if self.kills else {}),
        }
        here = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}{os.pathsep}{LOOPBACK}"}
        command = [sys.executable, "-m", self.client, self.handler]
        if self.inside:
            told = (f"{name}={value}" for name, value in environ.items())
            here, command = (
                dict(os.environ),
                [*self.inside, "env", *told, "python3", "-m", "awslambdaric", self.handler],
            )
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=here if self.inside else here | environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _next(self, http: Any) -> None:
        process = self._process
        while process is self._process and process is not None and process.poll() is None:
            try:
                name, event = self._events.get(timeout=0.05)
            except queue.Empty:
                continue
            more = {
                "Lambda-Runtime-Aws-Request-Id": name,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 900) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:hookline-edit:live",
                "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
            }
            return self._send(http, 200, event, more)
        http.close_connection = True

    @staticmethod
    def _send(http: Any, status: int, body: bytes, more: dict[str, str] | None = None) -> None:
        try:
            http.send_response(status)
            for key, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **(more or {}),
            }.items():
                http.send_header(key, value)
            http.end_headers()
            http.wfile.write(body)
        except OSError:
            http.close_connection = True  # who asked was killed
