"""Six brands in three shapes: what was measured of each promo, and a picture of its moments to look at.

``python -m benchmarks.brands VIDEO FOLDER [SECONDS]``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from doors.laptop import make_promos
from examples import brands
from tools.schema import SIZES, Artifact, Outcome

MOMENTS = (1.2, 3.6, 0.55, 1.0)
"""Title and name in seconds; the middle and the last frame in shares of the length."""
HIGH = 480


def main(video: str, folder: Path, seconds: float = 10.0) -> None:
    """Make the promos of all six below ``folder``; a row for each file, and a sheet of pictures for each brand."""
    print(
        "| brand | file | asked, s | is, s | brand in the safe box | contrast of captions | captions in the safe box | other |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for kit in brands.write(folder / "kits"):
        name = kit.parent.name
        ((outcome, place),) = make_promos(video, f"make a {seconds:g} second promo", out=folder / "out", brand=str(kit))
        for each in outcome.artifacts:
            if each.name.endswith(".mp4"):
                print(row(name, each, seconds), flush=True)
        sheet(outcome, place).save(folder / f"{name}.png")


def row(name: str, each: Artifact, asked: float) -> str:
    """What was measured of one promo."""
    checks = {check.name: check for check in (each.viewer.checks if each.viewer else ())}
    known = [name for name in checks if "contrast" in name or "safe box" in name]
    told = [f"{checks[n].value}{'' if checks[n].passed else ' FAILS'}" for n in sorted(known)]
    rest = [f"{n} {c.value}" for n, c in checks.items() if not c.passed and n not in known]
    return f"| {name} | {each.name} | {asked:g} | {each.duration:.2f} | {' | '.join(told)} | {'; '.join(rest) or 'all held'} |"


def sheet(outcome: Outcome, place: Path) -> Any:
    """The moments of every shape side by side."""
    from PIL import Image

    pictures = [
        frame(place / f"promo_{shape}.mp4", at if at > 1 else at * (outcome.cut.length if outcome.cut else 0.0) - 0.2)
        for shape in SIZES
        for at in MOMENTS
    ]
    whole = Image.new("RGB", (sum(each.width for each in pictures), HIGH))
    left = 0
    for each in pictures:
        whole.paste(each, (left, 0))
        left += each.width
    return whole


def frame(path: Path, at: float) -> Any:
    """The picture of a promo at ``at`` seconds."""
    import av

    with av.open(str(path)) as file:
        shown = None
        for one in file.decode(video=0):
            shown = one
            if one.time is not None and one.time >= at:
                break
        assert shown is not None
        image = shown.to_image()
        return image.resize((round(image.width * HIGH / image.height), HIGH))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 10.0)
