"""Who is told when a run has ended: a webhook, signed as Standard Webhooks says, at least once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.schema import Brief, Outcome

log = logging.getLogger("hookline")

WAITS = (0.0, 2.0, 8.0)
"""Seconds before each try; what they do not bring lies there for the next run or the next start."""
PATIENCE = 10.0
"""Seconds that an answer may take."""
DAYS = 3
"""After which an end is told no more."""


def key(secret: str) -> bytes:
    """The bytes to sign by, of ``whsec_`` and base64.  Raises ``ValueError``, which does not repeat it."""
    try:
        found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        found = b""
    if not 24 <= len(found) <= 64:
        raise ValueError("webhook_secret is not whsec_ and 24 to 64 bytes in base64; make one: openssl rand -base64 32")
    return found


def sound(url: str) -> bool:
    """Whether what is sent there can't be read on the way: https, or this machine."""
    parts = urlsplit(url)
    near = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and near))


def signed(secret: bytes, name: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a message: https://www.standardwebhooks.com, symmetric, version 1."""
    mark = hmac.new(secret, b".".join([name.encode(), str(at).encode(), body]), hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }


@dataclass(frozen=True)
class Webhook:
    """Messages lie in ``folder`` from before an end is recorded until somebody has taken them."""

    url: str
    secret: bytes
    folder: Path
    waits: tuple[float, ...] = WAITS
    clock: Callable[[], float] = time.time

    def keep(self, brief: Brief, outcome: Outcome, place: str) -> None:
        """Lay down what is to be told of a run; its id is the message's, by which a second one is known."""
        told: dict[str, Any] = {
            "run": brief.run, "status": outcome.status, "reason": outcome.reason, "video": brief.video, "place": place,
            "files": [artifact.name for artifact in outcome.artifacts], "dollars": outcome.dollars,
            "understood": outcome.understood, "warnings": list(outcome.warnings),
        }  # fmt: skip
        at = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.folder / f".{brief.run}.part"
        part.write_text(json.dumps({"type": "run.ended", "timestamp": at, "data": told}), "utf-8")
        os.replace(part, self.folder / f"{brief.run}.json")

    def deliver(self) -> None:
        """Send all that lies there, oldest first, until one is not taken; that one and what follows stay."""
        for path in sorted(self.folder.glob("*.json"), key=_laid):
            if self.clock() - _laid(path) > DAYS * 86400:
                log.error("nobody took the end of a run", extra={"run": path.stem, "days": DAYS})
            elif not self._sent(path):
                return
            path.unlink(missing_ok=True)

    def _sent(self, path: Path) -> bool:
        try:
            body = path.read_bytes()
        except FileNotFoundError:  # another process was faster
            return True
        for wait in self.waits:
            time.sleep(wait)
            why = self._post(f"run_{path.stem}", body)
            if not why:
                return True
            log.warning("the webhook did not take the end of a run", extra={"run": path.stem, "why": why})
        return False

    def _post(self, name: str, body: bytes) -> str:
        """Empty when it was taken, else why it was not."""
        headers = signed(self.secret, name, int(self.clock()), body) | {"content-type": "application/json"}
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with urllib.request.build_opener(_Stays).open(request, timeout=PATIENCE):
                return ""
        except urllib.error.HTTPError as error:
            error.close()
            return f"it answered {error.code}"
        except (OSError, HTTPException) as error:
            return f"{type(error).__name__}: {error}"


class _Stays(urllib.request.HTTPRedirectHandler):
    """A message goes to the address that was named and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _laid(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
