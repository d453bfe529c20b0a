"""The picture that a file of sound carries to stand for it: a podcast's art, a record's sleeve."""

from __future__ import annotations

import struct
from pathlib import Path

from tools.files.whole import whole
from tools.media.opening import options, reading
from tools.media.process import ProcessFailed, ffmpeg, run
from tools.workspace import Workspace

FILE = "art.png"
"""In the run folder, at most ``SHOWN`` pixels a side."""
SHOWN, LEAST = 1200, 64
LARGEST = 6000
"""Pixels a side of art that is decoded: twice what shops of podcasts ask for."""
MEMORY, WALL = 1024, 30.0
"""Megabytes and seconds that decoding it may take."""


def of_run(workspace: Workspace) -> tuple[Path | None, str]:
    """The art as a PNG, and why there is none where the file carries one that can't be shown."""
    source = workspace.source
    if source.art_index is None:
        return None, ""
    path = workspace.folder / FILE
    if path.exists():
        return path, ""
    given = options(reading(source) | {"max_pixels": LARGEST * LARGEST})
    scale = f"scale='min({SHOWN},iw)':'min({SHOWN},ih)':force_original_aspect_ratio=decrease:flags=area"
    seen = ["-map", f"0:{source.art_index}", "-frames:v", "1", "-vf", f"{scale},setsar=1,format=rgb24"]
    try:
        with whole(path) as part:
            argv = [ffmpeg(), "-v", "error", "-nostdin", "-y", "-xerror", "-err_detect", "explode", *given]
            argv += ["-i", f"file:{workspace.video.name}", *seen, "-c:v", "png", "-f", "image2pipe", part.name]
            run(argv, workspace.folder, WALL, memory=MEMORY, largest=64)
    except ProcessFailed as error:
        large = "Picture size" in error.tail
        most = f"it is larger than {LARGEST} by {LARGEST} pixels: embed one of 3000 by 3000 or less"
        return None, _unshown(most if large else "it is damaged: embed it again as JPEG or PNG")
    if min(size := _size(path)) < LEAST:
        path.unlink()
        return None, _unshown(f"it has {size[0]} by {size[1]} pixels: embed one of {SHOWN} by {SHOWN} or more")
    return path, ""


def _size(png: Path) -> tuple[int, int]:
    """Width and height of a PNG, by its header."""
    with png.open("rb") as file:
        wide, tall = struct.unpack(">16xII", file.read(24).ljust(24, b"\0"))
    return wide, tall


def _unshown(why: str) -> str:
    return f"The picture that the file carries can't be shown, for {why}. The promo stands on a plain ground."
