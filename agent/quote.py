"""What would happen, how long it takes and what it costs, told before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.wish import platform, shown
from tools.schema import Noun

if TYPE_CHECKING:
    from agent.again import Next
    from agent.loop import Studio
    from agent.wish import Reading

WAIT, LISTEN, LOOK, COVER, RENDER = 5.0, 5.0, 9.0, 3.0, 1.5
"""Seconds: at least; for a minute of video to listen and to look; for a cover; for a second of promo and shape.  Measured on 2 cores of a
laptop, 2026-11; what this machine took for its last runs goes before them."""
TRANSCRIBE, STILL, STILLS, EDITOR = 0.024, 0.002, 20, 0.10
"""Dollars: a minute of Amazon Transcribe; a still by two of Rekognition's APIs; stills of a video; a run of Claude as the editor (2026-11, us-east-1)."""


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


def request(studio: Studio, reading: Reading, duration: float, cap: float) -> Quote:
    """A first request over ``duration`` seconds of video."""
    minutes, count, shapes = duration / 60, reading.count, len(reading.shapes)
    pace = _pace(studio)
    seconds = WAIT + (pace or LISTEN + LOOK) * minutes + count * (COVER * shapes + RENDER * shapes * reading.target)
    steps = [
        "listen",
        "look",
        "find moments",
        f"cut {reading.target:g} s",
        "write for " + ", ".join(map(platform, reading.platforms)),
    ]
    steps += [f"cover and render {shown(reading.shapes)}" + (f", {count} promos" if count > 1 else "")]
    return Quote(
        understood=str(reading),
        steps=tuple(steps),
        seconds=round(seconds),
        dollars=round(_dollars(studio, minutes, count), 4),
        cap=cap * count,
    )


def revision(studio: Studio, planned: Next, understood: str, cap: float) -> Quote:
    """A revision that is decided."""
    model: Any = planned.model
    steps = []
    if model is None:
        steps = ["find moments", "cut", "write", "cover", "render"]
    else:
        steps += ["cut by arithmetic"] if model.picks is not None else []
        steps += ["write again"] if model.write is not None else []
        steps += ["cover"] if model.cover else []
        steps += [f"render {shown(planned.render)}"] if planned.render else ["take the files over; nothing is rendered"]
    shapes = len(planned.brief.shapes)
    seconds = (
        1 + RENDER * planned.length * len(planned.render) + (COVER * shapes if model is None or model.cover else 0)
    )
    dollars = (
        0.0
        if model is not None and model.write is None
        else _writing(studio) + (EDITOR if model is None and _paid(studio) else 0.0)
    )
    return Quote(
        understood=understood,
        steps=tuple(steps),
        seconds=round(seconds),
        dollars=round(dollars, 4),
        cap=cap if dollars else 0.0,
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
            from tools.workspace import Workspace

            length = Workspace(path.parent).source.duration
            return sum(took.values()) / max(0.2, length / 60)
    return 0.0


def _paid(studio: Studio) -> bool:
    from agent.planner import Planner

    return not isinstance(studio.model, Planner)


def _writing(studio: Studio) -> float:
    return 0.01 if studio.engines.fallback_copywriter is not None else 0.0


def _dollars(studio: Studio, minutes: float, count: int) -> float:
    engines = studio.engines
    listens = 0.0 if getattr(engines.transcriber, "price", None) == 0.0 else max(0.25, minutes) * TRANSCRIBE
    looks = STILLS * STILL if getattr(engines.analyst, "price", 0.0) else 0.0
    return listens + looks + count * (_writing(studio) + (EDITOR if _paid(studio) else 0.0))


def of_request(video: str, wish: str) -> Quote:
    """A quote for the command line."""
    from agent import understand
    from agent.make import local, studio
    from agent.settings import load
    from tools import media

    settings = load()
    path = local(video)
    at = studio(settings)
    source = media.probe(path.resolve(), path.name)
    return request(at, understand.wish(at, wish), source.duration, settings.dollars_per_run)


def of_revision(run: str, wish: str) -> Quote:
    """The same for a change of a run."""
    from agent.again import revision as planned
    from agent.chat import changes_of
    from agent.make import studio
    from agent.settings import load

    settings = load()
    at = studio(settings)
    changes = changes_of(at, run, wish)
    return revision(at, planned(at, run, wish, changes), "; ".join(map(str, changes)), settings.dollars_per_run)
