"""Probe files, each in a process of its own, and print what it came to: ``python -m tests.fire.one FILE ...``.

Light on purpose: the memory of a case is that of the probe and its child, not of the harness.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.media import facts
from tools.troubles import Refusal


def verdict(path: Path) -> dict[str, Any]:
    try:
        source = facts.probe(path, path.name)
    except Refusal as refusal:
        return {"verdict": f"reject:{refusal.code}", "sentence": str(refusal)}
    return {"verdict": "accept", "source": source.model_dump(mode="json")}


def judged(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """For each file its verdict, seconds of processor, and megabytes at the most; an exception is a verdict of its own."""
    for path in paths:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                answer = verdict(path)
            except BaseException as error:
                answer = {"verdict": f"exception:{type(error).__name__}", "sentence": str(error)[:500]}
            os.close(read)
            with os.fdopen(write, "w") as pipe:
                json.dump(answer, pipe)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            answer = json.loads(pipe.read() or '{"verdict": "exception:died"}')
        _, _, used = os.wait4(child, 0)
        yield {**answer, "file": str(path), "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}


if __name__ == "__main__":
    for each in judged([Path(name) for name in sys.argv[1:] or sys.stdin.read().splitlines()]):
        print(json.dumps(each), flush=True)
