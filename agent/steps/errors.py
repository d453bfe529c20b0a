"""What goes wrong in a durable run, and errors as JSON that can be raised again after replay."""

from __future__ import annotations

import builtins
import importlib
import json
from typing import Any

ERROR = 20_000
"""Bytes of an error in a checkpoint."""
MESSAGE = 4000


class Interrupted(BaseException):
    """This worker must stop and leave the run as it is: its record is away, or another worker has it.

    Passes ``except Exception``, so that no block on the way closes the run.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Failed(Exception):
    """A step failed with an error that can't be carried through a checkpoint; the message begins with its type."""


class TooLarge(ValueError):
    """A step's answer is larger than can be kept."""


def packed(error: BaseException) -> dict[str, Any]:
    """An error as JSON: enough to raise the same again after replay."""
    kind = type(error)
    try:
        carried = {
            "module": kind.__module__,
            "name": kind.__qualname__,
            "args": list(error.args),
            "state": dict(vars(error)),
        }
        text = json.dumps(carried)
        known = _kind(carried) is kind and len(text) <= ERROR and json.loads(text) == carried
    except (TypeError, ValueError, RecursionError):
        known = False
    if known:
        return carried
    return {"module": __name__, "name": "Failed", "args": [f"{kind.__name__}: {error}"[:MESSAGE]], "state": {}}


def unpacked(carried: dict[str, Any]) -> Exception:
    kind = _kind(carried) or Failed
    error = kind.__new__(kind, *carried["args"])
    error.args = tuple(carried["args"])
    vars(error).update(carried["state"])
    return error


def _kind(carried: dict[str, Any]) -> type[Exception] | None:
    """The class of a packed error, if it is one of Python's, ours or langchain's."""
    module, name = carried["module"], carried["name"]
    if module != builtins.__name__ and module.partition(".")[0] not in ("agent", "tools", "langchain_core"):
        return None
    found = getattr(importlib.import_module(module), name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None
