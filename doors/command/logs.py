"""One JSON object a line for each event, without what a reader of logs could choke on or must not see."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import IO, Any

LONGEST = 8000
"""Characters of a line."""
VALUE = 1000
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_HIDDEN = (
    (re.compile(r"(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s\"']+"), r"\1…"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "…"),
    (re.compile(r"(://[^/\s:@]*:)[^@/\s]+@"), r"\1…@"),
    (
        re.compile(
            r"(?i)\b((?:\w*(?:password|passwd|pwd|secret|token(?!s)|access_?key|authorization)\w*)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+"
        ),
        r"\1…",
    ),
)
"""Signatures, access keys, and passwords in addresses or settings, wherever a text carries them."""


def hidden(text: str) -> str:
    """``text`` without signatures, keys and passwords."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text


class Lines(logging.Formatter):
    """A record as one line of ASCII JSON: time, level, event, and what ``extra`` gave."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": hidden(record.getMessage())[:VALUE],
        }
        event |= {name: _plain(value) for name, value in vars(record).items() if name not in _KNOWN}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            event["error"] = hidden(f"{type(error).__name__}: {error}")[:VALUE]
        line = json.dumps(event, default=str)
        if len(line) > LONGEST:
            line = json.dumps(
                {**{name: event[name] for name in ("at", "level")}, "event": event["event"][:200], "cut": len(line)}
            )
        return line


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else hidden(str(value))[:VALUE]


def begin(level: str = "INFO", stream: IO[str] | None = None) -> None:
    """Send the events of Hookline to ``stream``, standard error where it is not given, and nowhere else."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    logger = logging.getLogger("hookline")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
