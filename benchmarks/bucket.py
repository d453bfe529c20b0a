"""A bucket on loopback that gives one file in ranges, no faster than told: what S3 is to a function, for the time it takes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RATE, LATENCY = 40e6, 0.03
"""Bytes a second over all connections, and seconds before the first byte of an answer."""
ETAG = '"bench"'
SLICE = 256 << 10


class Gate:
    """Lets bytes through at a rate, whoever asks."""

    def __init__(self, rate: float) -> None:
        self._rate, self._free, self._lock = rate, time.monotonic(), threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self._free = max(self._free, time.monotonic()) + count / self._rate
            wait = self._free - time.monotonic()
        if wait > 0:
            time.sleep(wait)


@contextmanager
def bucket(path: Path, rate: float = RATE, latency: float = LATENCY) -> Iterator[Any]:
    """An ``S3`` whose bucket holds ``path`` under every key; its ``sent`` counts the bytes of answers and ``asked`` the requests."""
    gate, size = Gate(rate), path.stat().st_size

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            time.sleep(latency)
            told = self.headers.get("Range", "")
            low, _, high = told.removeprefix("bytes=").partition("-")
            first, last = int(low or 0), min(int(high or size - 1), size - 1)
            self.send_response(206 if told else 200)
            self.send_header("Content-Length", str(last - first + 1))
            self.send_header("ETag", ETAG)
            self.send_header("Accept-Ranges", "bytes")
            if told:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.end_headers()
            if not body:
                return
            store.asked += 1
            with path.open("rb") as file:
                while first <= last:
                    data = os.pread(file.fileno(), min(SLICE, last - first + 1), first)
                    gate(len(data))
                    self.wfile.write(data)
                    first += len(data)
                    store.sent += len(data)

        def log_message(self, *_: Any) -> None:
            """Nothing is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    store = _Bucket(f"http://127.0.0.1:{server.server_port}", size)
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()


class _Bucket:
    def __init__(self, address: str, size: int) -> None:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        from tools.aws.s3 import S3, Pin

        config = Config(signature_version=UNSIGNED, max_pool_connections=16, s3={"addressing_style": "path"})
        api = boto3.client("s3", endpoint_url=address, region_name="us-east-1", config=config)
        self.sent = self.asked = 0
        self.s3 = S3("bench", api=api, pins={"talk.mp4": Pin(ETAG, size)})
