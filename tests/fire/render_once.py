"""ffmpeg for tests of what happens around a render: coded as quickly as can be, and the same arguments on the same bytes once.

Only the standard library, since it starts as often as ffmpeg does.  Whatever the arguments name in the working folder is part of the
key, by content; a call that reads an open descriptor, or writes under a name of its own, or fails, is never answered from the folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

PART = re.compile(r"\.part-[\w]+")
"""Names that are drawn by chance: the n-th of a call stands for the n-th of another."""
TEXT = 1 << 20
"""Bytes up to which a named file may itself name others: a filter's script, a list."""


def quick(argv: list[str]) -> list[str]:
    """The same work with x264's quickest choices, and still of its profile High: how well it is coded is no claim of these tests."""
    argv = list(argv)
    for n, each in enumerate(argv[:-1]):
        if each.startswith("-preset"):
            argv[n + 1] = "ultrafast"
        if each.startswith("-x264-params"):
            argv[n + 1] += ":cabac=1:8x8dct=1"
    return argv


def kept_of(argv: list[str]) -> bool:
    """Whether all that a call makes is said, or lies under a name drawn by chance; and nothing is read from its input."""
    stream = ("-", "pipe:1")
    given = [argv[n + 1] for n, each in enumerate(argv[:-1]) if each == "-i"]
    return bool(argv) and (argv[-1] in stream or bool(PART.search(argv[-1]))) and not {"-", "pipe:0"} & {*given}


def named(text: str, there: list[str]) -> list[str]:
    """Which of the files ``there`` a text names, and which those name in turn."""
    found: list[str] = []
    texts = [text]
    while texts:
        each = texts.pop()
        for name in there:
            if name not in found and os.path.basename(name) in each:
                found.append(name)
                if os.path.getsize(name) <= TEXT and name.endswith((".txt", ".ass", ".filter", ".graph")):
                    with open(name, encoding="utf-8", errors="replace") as file:
                        texts.append(file.read())
    return sorted(found)


def files() -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(root, name), ".")
        for root, _, names in os.walk(".")
        for name in names
        if os.path.isfile(os.path.join(root, name))
    )


def main(ffmpeg: str, folder: str) -> None:
    argv = sys.argv[1:]
    with open(os.path.join(folder, f"argv-{os.getppid()}.log"), "a", encoding="utf-8", errors="surrogateescape") as log:
        log.write("".join(f"{each}\n" for each in argv))
    if any("/dev/fd" in each or "/proc" in each for each in argv) or not kept_of(argv):
        os.execv(ffmpeg, [ffmpeg, *argv])
    argv = quick(argv)
    told = "\0".join(argv)
    parts = list(dict.fromkeys(PART.findall(told)))
    stand_in = {name: f".part#{number}" for number, name in enumerate(parts)}
    before = {name: _content(name) for name in named(told, files())}
    key = hashlib.sha256(PART.sub(lambda each: stand_in[each[0]], told).encode("utf-8", "surrogateescape"))
    for name, content in sorted((PART.sub(lambda each: stand_in[each[0]], n), c) for n, c in before.items()):
        key.update(f"\0{name}\0{content}".encode())
    kept = os.path.join(folder, "rendered", key.hexdigest())
    if not os.path.isdir(kept):
        status = _render(ffmpeg, argv, kept, before, stand_in)
        if status:
            sys.exit(status)
    _answer(kept, {f"out{number}": name for name, number in _numbers(stand_in)})


def _numbers(stand_in: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, each.removeprefix(".part#")) for name, each in stand_in.items()]


def _render(ffmpeg: str, argv: list[str], kept: str, before: dict[str, str], stand_in: dict[str, str]) -> int:
    """Run the real one; keep what it said and the parts that it wrote.  Its status, 0 where that is kept."""
    done = subprocess.run([ffmpeg, *argv], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    wrote = [name for name in files() if PART.search(name) and _content(name) != before.get(name)]
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    if done.returncode:
        sys.stdout.buffer.write(done.stdout)
        sys.stderr.buffer.write(done.stderr)
        sys.stdout.flush()
        if done.returncode < 0:
            os.kill(os.getpid(), -done.returncode)
        return done.returncode
    made = tempfile.mkdtemp(dir=os.path.dirname(kept))
    for stream, content in (("stdout", done.stdout), ("stderr", done.stderr)):
        with open(os.path.join(made, stream), "wb") as file:
            file.write(content)
    for name in wrote:
        part = PART.search(name)
        if part and part[0] in stand_in:
            number = stand_in[part[0]].removeprefix(".part#")
            shutil.copyfile(name, os.path.join(made, f"out{number}"))
            with open(os.path.join(made, f"name{number}"), "w", encoding="utf-8") as file:
                file.write(name.replace(part[0], "\0"))
    try:
        os.rename(made, kept)
    except OSError:  # another was as quick
        shutil.rmtree(made, ignore_errors=True)
    return 0


def _answer(kept: str, parts: dict[str, str]) -> None:
    for out, part in parts.items():
        if os.path.isfile(os.path.join(kept, out)):
            with open(os.path.join(kept, out.replace("out", "name")), encoding="utf-8") as file:
                name = file.read().replace("\0", part)
            shutil.copyfile(os.path.join(kept, out), name)
    for stream, where in (("stdout", sys.stdout), ("stderr", sys.stderr)):
        with open(os.path.join(kept, stream), "rb") as file:
            where.buffer.write(file.read())


def _content(name: str) -> str:
    with open(name, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
