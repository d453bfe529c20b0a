"""Who holds a run: a process by name, so that a run whose process was killed on this machine need not wait for its lease."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from functools import lru_cache
from pathlib import Path


def me() -> str:
    """This process: the place it runs in, its number there, when it began, and a word that tells one claim from the next."""
    return f"{_place()}/{os.getpid()}/{_began(os.getpid())}/{secrets.token_hex(8)}"


def gone(owner: str) -> bool:
    """Whether ``owner`` ran in this place and is there no more; False where that can't be known."""
    place, number, began = (*owner.split("/"), "", "", "")[:3]
    if place != _place() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _began(int(number)) != began


@lru_cache
def _place() -> str:
    """A digest of host, boot and process namespace: numbers of processes mean the same only within one."""
    parts = [platform.node()]
    for read in (lambda: Path("/proc/sys/kernel/random/boot_id").read_text(), lambda: os.readlink("/proc/self/ns/pid")):
        try:
            parts.append(read())
        except OSError:
            parts.append("")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _began(number: int) -> str:
    """Clock ticks from boot to the process's start; empty where the system doesn't tell or the process is a corpse."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
