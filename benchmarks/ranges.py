"""A whole run that reads an object in parts, beside fetching that object: what is read, and how long it is waited for."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.brief import make_brief
from agent.deciding import PLANNER
from agent.reading.wish import read_wish
from benchmarks import material
from benchmarks.assembly import Unseeing
from benchmarks.bucket import bucket
from benchmarks.pairs import timed
from doors.upload.events import Verdict
from doors.upload.object import Object
from tools.local.folder import Folder
from tools.ports import Engines, Transcriber
from tools.schema import Speech, Word
from tools.workspace import Workspace

SAID = (
    "We asked every customer who left why they left, and price was never the first answer.",
    "Half of them said that nobody had told them what the product could do.",
    "So we wrote to each new customer on the third day, with one question and no offer.",
    "Churn fell by a third in two months, and nothing else had changed.",
    "The lesson is that pricing is what people say when they mean something else.",
    "If you try one thing this week, ask the last ten people who left.",
)


class Told(Transcriber):
    """A transcriber that has listened elsewhere, as Amazon Transcribe does."""

    engine = "told"

    def transcribe(self, source: Any, workspace: Any, steps: Any, language: str | None = None) -> Any:

        words: list[Word] = []
        at, line = 1.0, 0
        while at < source.duration - 12:
            for text in SAID[line % len(SAID)].split():
                words.append(Word(start=round(at, 3), end=round(at + 0.26, 3), text=text, confidence=0.95))
                at += 0.3
            at += 0.6
            line += 1
        return Speech(words=tuple(words), engine=self.engine)


def run(folder: Path, upload: Any | None, video: Path, target: int = 30, shape: str = "") -> str:
    """The loop with the embedded planner over ``video``, or over ``upload`` in parts; the run's status."""
    from agent import loop
    from agent.deciding.planner import Planner
    from agent.record.records import Records
    from agent.steps.durable import Lazy
    from tools.local.extract import Extractive

    records = Records(f"sqlite:///{folder}/record.sqlite3")
    records.migrate()
    engines = Engines(Told(), Unseeing(), Extractive(), Folder(folder / "outbox"))
    opened = (lambda path: Lazy(path, upload.fetch, upload.reach)) if upload else Workspace
    studio = loop.Studio(engines, Planner(), PLANNER, records, folder / "runs", open=opened)
    wish = " ".join(f"make a {target}s {shape} promo for LinkedIn about pricing".split())
    asked = make_brief(video.name, "1", read_wish(wish), wish=wish)
    outcome = loop.run(asked, studio, lambda into: shutil.copyfile(video, into) and None)
    records.close()
    if not outcome.artifacts:
        raise RuntimeError(f"the run ended as {outcome.status}: {outcome.reason}")
    return str(outcome.status)


def compare(minutes: int = 60, rate: float = 40e6, target: int = 30) -> dict[str, float]:
    """Bytes and requests of a run in parts that makes a promo of ``target`` seconds, seconds that it waited for them, and the same of the object fetched whole."""

    video = material.talk(minutes)
    size = video.stat().st_size
    verdict = Verdict(verdict="run", code="", reason="", key="talk.mp4", etag="bench", size=size)
    with tempfile.TemporaryDirectory(prefix="hookline-bench-") as name:
        folder = Path(name)
        with bucket(video, rate) as store:
            upload = Object(store.s3, verdict)
            waited = [0.0]
            upload.reach = _watched(upload.reach, waited)  # type: ignore[method-assign]
            whole_run = timed(lambda: run(folder, upload, video, target))
            sent, asked = store.sent, store.asked
            began = time.monotonic()
            store.s3.fetch("talk.mp4", folder / "whole.mp4")
            fetched = time.monotonic() - began
            hands = store.asked - asked
    return {
        "share": sent / size,
        "bytes": sent,
        "requests": asked,
        "waited": waited[0],
        "fetched": fetched,
        "whole_requests": hands,
        "run": whole_run["wall"],
        "cpu": whole_run["cpu"],
    }


def _watched(reach: Callable[[Path], Any], waited: list[float]) -> Callable[[Path], Any]:
    """``reach``, of whose parts the time is taken in which bytes are waited for."""

    def reached(path: Path) -> Any:
        began = time.monotonic()
        parts = reach(path)
        waited[0] += time.monotonic() - began
        if parts is None:
            raise RuntimeError("the object was to be fetched whole")
        need = parts.need

        def timed_need(ranges: Any) -> None:
            began = time.monotonic()
            need(ranges)
            waited[0] += time.monotonic() - began

        parts.need = timed_need
        return parts

    return reached


def main() -> None:
    print(json.dumps(compare()))


if __name__ == "__main__":
    main()
