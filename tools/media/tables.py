"""Where the samples of an mp4 or mov lie, by its sample tables, read in a child with limits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.files import intake
from tools.files.holes import Parts, Samples, Whole
from tools.files.whole import temporary
from tools.media.facts import chosen, sounds
from tools.media.opening import open_video
from tools.media.process import ProcessFailed, run

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from tools.media.tables import child; child(*sys.argv[2:])"
WALL, MEMORY, ANSWER = 90.0, 2560, 256
"""Seconds, megabytes of address space and megabytes of what it writes."""
MOST = int(intake.LONGEST) * 1000
"""Samples of a stream."""


def begin(parts: Parts) -> None:
    """Make a file of holes ready to be read from.  Raises ``Whole`` where it must come whole."""
    parts.outline()
    parts.lay_out(tables(parts.path))


def tables(path: Path) -> dict[str, Samples]:
    """The samples of the streams that the probe chooses, by ``video`` and ``audio``.  Raises ``Whole``."""
    import numpy as np

    root = str(Path(__file__).resolve().parents[2])
    folder = path.resolve().parent
    with temporary(folder, ".npy") as told:
        try:
            run(
                [sys.executable, "-I", "-c", BOOT, root, str(path.resolve()), str(told.resolve())],
                folder,
                WALL,
                memory=MEMORY,
                largest=ANSWER,
            )
            with told.open("rb") as file:
                found = {
                    kind: Samples(*(np.load(file, allow_pickle=False) for _ in Samples._fields))
                    for kind in ("video", "audio")
                }
        except (ProcessFailed, ValueError, EOFError) as error:
            if "Traceback" in str(error) and ", in child" not in str(error):
                raise  # the child did not start, which says nothing about the file
            raise Whole("its sample tables can't be read") from error
    return {kind: samples for kind, samples in found.items() if len(samples.pos)}


def child(path: str, into: str) -> None:
    """Write position, size, time and key of both streams' samples, as numpy's files one after another."""
    import numpy as np

    with open_video(path, "mov") as file:
        if len(sounds(file)) > 1:
            raise ValueError("each of several tracks of sound has to be heard")
        start = (file.start_time or 0) / 1e6
        with open(into, "wb") as out:
            for stream in chosen(file):
                for column in _columns(stream, start):
                    np.save(out, column, allow_pickle=False)


def _columns(stream: Any, start: float) -> tuple[NDArray[Any], ...]:
    import numpy as np

    entries = stream.index_entries if stream is not None else ()
    if len(entries) > MOST:
        raise ValueError("more samples than a video can have")
    rows = [(entry.pos, entry.size, entry.timestamp, entry.is_keyframe) for entry in entries]
    whole = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3)
    base = float(stream.time_base) if stream is not None else 0.0
    keys = np.array([row[3] for row in rows], np.bool_)
    return whole[:, 0], whole[:, 1], whole[:, 2] * base - start, keys
