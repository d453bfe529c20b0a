"""What a run is about to cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tools.prices import dollars

if TYPE_CHECKING:
    from tools.ports import Engines


CLOSER, COVERS = 8, 10
"""Stills that an engine which costs is usually shown closer up within the clips, and for a cover."""


NEAR, FAR = 2.0, 10.0
"""Seconds from still to still at which about every second one looks like its neighbour and is left out, and at which hardly one does."""


TURNS, BASE, ANSWERS, MINUTE, OUTLINE, SAYS = 10, 2800, 5500, 350, 12_000, 350
"""The editor's calls in a run; tokens of the instructions and the tools' description, of what tools answer beside the transcript (eight
stills included), of a minute of transcript and of the longest one that is shown whole, and of what the editor says in a call."""


SPOKEN = 15.0
"""Characters that are said in a second."""


def price(
    engines: Engines, editor: str, duration: float, count: int = 1, tongues: int = 0, length: float = 30.0
) -> float:
    """Dollars that ``count`` promos of a video of ``duration`` seconds are about to cost, from the prices that the record is kept by.

    The captions of each, of ``length`` seconds, are translated into so many ``tongues``.

    Later promos hear and see nothing again but what is in their own clips.
    """
    cap = engines.analyst.cap(duration)
    new = min(1.0, 0.5 + 0.5 * max(0.0, duration / cap - NEAR) / (FAR - NEAR))
    stills = math.ceil(new * cap) + count * (min(CLOSER, cap) + min(COVERS, cap))
    listens = engines.transcriber.cost(duration)
    return float(
        listens
        + stills * engines.analyst.price
        + count * (writing(engines) + deciding(editor, duration / 60) + translating(engines, tongues, length))
    )


def writing(engines: Engines) -> float:
    """A platform's words take a call, and every second time another that puts them right."""
    return 1.5 * engines.copywriter.cost()


def translating(engines: Engines, tongues: int, length: float) -> float:
    """A language takes a call, and every second time another for the lines that lost something."""
    return 1.5 * tongues * engines.translator.cost(round(SPOKEN * length)) if engines.translator else 0.0


def deciding(editor: str, minutes: float) -> float:
    """The editor's calls: each sends all that was said before, which is read from the cache; nothing for the embedded planner."""
    known = BASE + ANSWERS + min(OUTLINE, round(MINUTE * minutes)) + TURNS * SAYS
    read = round(TURNS * known * 0.6)
    return dollars(editor, known + read, TURNS * SAYS, read, known)
