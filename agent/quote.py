"""What would happen, how long it takes and what it costs, told before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.price import deciding, price, writing
from agent.reading.wish import name_platform, name_shapes
from tools.schema import Noun
from tools.words.languages import listed
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.reading.wish import Reading
    from agent.revising.planned import Next
    from agent.studio import Studio

WAIT, LISTEN, LOOK, COVER, RENDER = 5.0, 5.0, 9.0, 3.0, 1.5
"""Seconds: at least; for a minute of video to listen and to look; for a cover; for a second of promo and shape.  Measured on 2 cores of a
laptop, 2026-11; what this machine took for its last runs goes before them."""


class Quote(Noun):
    """A plan before it is carried out."""

    understood: str
    steps: tuple[str, ...]
    seconds: float
    """About how long it takes here."""
    dollars: float
    """About what it costs."""
    cap: float
    """What it can't cost more than."""
    changes: str = ""
    """For a revision, what it would change."""
    length: float | None = None

    def __str__(self) -> str:
        lines = [f"understood: {self.understood}"]
        lines += [f"changes: {self.changes}"] if self.changes else []
        lines += [f"would: {', '.join(self.steps)}"]
        lines += [
            f"takes about {_time(self.seconds)}, costs about ${self.dollars:.2f}, never more than ${self.cap:.2f}"
        ]
        return "\n".join(lines)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def quote_request(studio: Studio, reading: Reading, duration: float, cap: float, editor: str = "") -> Quote:
    """A first request over ``duration`` seconds of video; ``editor`` is the model that will decide, if not the studio's own."""
    minutes, count = duration / 60, reading.count
    each = [reading.one(n) for n in range(count)]
    shapes = sum(len(one.shapes) for one in each)
    pace = _pace(studio)
    seconds = (
        WAIT
        + (pace or LISTEN + LOOK) * minutes
        + COVER * shapes
        + sum(RENDER * len(one.shapes) * (1 + reading.clean) * one.target for one in each)
    )
    steps = [
        "listen",
        "look",
        "find moments",
        f"cut {' and '.join(dict.fromkeys(f'{one.target:g} s' for one in each))}",
        "write for " + ", ".join(map(name_platform, reading.platforms)),
    ]
    steps += [f"cover and render {name_shapes(reading.shapes)}" + (f", {count} promos" if count > 1 else "")]
    steps += [f"translate captions into {listed(reading.tongues)}"] if reading.tongues else []
    steps += ["render a clean master of each"] if reading.clean else []
    return Quote(
        understood=str(reading),
        steps=tuple(steps),
        seconds=round(seconds),
        dollars=round(
            price(studio.engines, editor or studio.model_id, duration, count, len(reading.tongues), reading.target), 4
        ),
        cap=cap * count,
    )


def quote_revision(studio: Studio, planned: Next, understood: str, cap: float, editor: str = "") -> Quote:
    """A revision that is decided; ``editor`` as for a first request."""
    moves, steps = planned.moves, []
    deciding_costs = deciding(editor or studio.model_id, 10.0)
    decides = moves is None or (moves.edits and (studio.language_model or deciding_costs > 0))
    if moves is None:
        steps = ["find moments", "cut", "write", "cover", "render"]
    else:
        by = "cut by the editor, within the rules" if decides else "cut by arithmetic"
        steps += [by] if moves.picks is not None else []
        steps += ["write again"] if moves.write is not None else []
        steps += ["cover"] if moves.cover else []
        steps += (
            [f"render {name_shapes(planned.render)}"]
            if planned.render
            else ["take the files over; nothing is rendered"]
        )
    shapes = len(planned.brief.shapes)
    seconds = (
        1 + RENDER * planned.length * len(planned.render) + (COVER * shapes if moves is None or moves.cover else 0)
    )
    costs = 0.0 if moves is not None and moves.write is None else writing(studio.engines)
    costs += deciding_costs if decides else 0.0
    return Quote(
        understood=understood,
        steps=tuple(steps),
        seconds=round(seconds),
        dollars=round(costs, 4),
        cap=cap if costs else 0.0,
        changes=planned.diff,
        length=planned.length,
    )


def _pace(studio: Studio) -> float:
    """Seconds that listening and looking took for a minute of video in the last run that did both; 0 where none did."""
    for row in studio.records.runs(10):
        took = {
            d["name"]: (d["ms"] or 0) / 1000
            for d in studio.records.decisions(row["run"])
            if d["name"] in ("transcribe", "look")
        }
        path = studio.home / row["run"] / "source.json"
        if len(took) == 2 and path.is_file() and row["state"].startswith("done"):
            length = Workspace(path.parent).source.duration
            return sum(took.values()) / max(0.2, length / 60)
    return 0.0
