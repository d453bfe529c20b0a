"""A finished run once more from its ledger: the model's answers and all outside work from the record, the ranking and the cut done anew.

Nothing is asked of a model or a cloud, nothing is rendered, and the record is only read.  What comes out must be the same cut list, byte
for byte: where it is not, the code that comes after the model has changed what it makes of the same decisions.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from langchain_core.messages import AIMessage, BaseMessage

from agent import loop
from agent.budget import Budget
from agent.deciding import PLANNER
from agent.deciding.planner import Planner
from agent.deciding.turns import Turns
from agent.record.records import Records
from agent.steps.recorded import Plain, Replayed
from evals.solvers import Blind, Written
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.ports import Engines, Json
from tools.schema import Brief, CutList, Outcome, Speech
from tools.workspace import Workspace

ANEW = re.compile(r"\d+\.(?:find|read|cut)\Z")
"""Tool calls that are carried out again; the steps inside them are answered from the record, like every other."""
VIDEO = re.compile(r"\d+\.(transcribe|look|cover|assemble)\Z")
"""Tools that can't be carried out without the video."""
FILES = re.compile(r"\d+\.(cover|assemble)\Z")
MADE = "artifacts.json"
"""What says that there is a promo; put back where the record says that it was assembled, and not before."""


class Unmodelled(Turns):
    """Stands where the model was; its answers are in the record, so it is never asked."""

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        raise LookupError("the record holds no further answer of the model")


class Again(Plain):
    """Steps as they were answered, but for those of ``anew``, and what is not known; notes which of these answer otherwise than they did."""

    def __init__(
        self,
        known: Callable[[str], Json | None],
        made: Callable[[str], None],
        anew: re.Pattern[str] = ANEW,
    ) -> None:
        """``known`` answers a step as it was, ``made`` is called with the name of a tool whose files are taken as they were."""
        super().__init__()
        self.other: list[str] = []
        self._known, self._made, self._anew = known, made, anew

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        then = self._known(name)
        if then is None:
            if (tool := VIDEO.match(name)) is not None:
                raise LookupError(f"{tool[1]} is called where it was not called then, and it needs the video")
            return super().step(name, do)
        if not self._anew.match(name):
            self.progress(name, 1.0, "from the record")
            if (tool := FILES.match(name)) and then["status"] == "success":
                self._made(tool[1])
            return then
        now = super().step(name, do)
        if (then["content"], then["status"]) != (now["content"], now["status"]):
            self.other.append(name)
        return now


class Replay(NamedTuple):
    """The cut list as it was recorded and as it came out again, as JSON; empty where there is none."""

    run: str
    recorded: bytes
    made: bytes
    other: tuple[str, ...]
    """Tool calls that answer otherwise than they did."""

    @property
    def same(self) -> bool:
        return self.recorded == self.made


def replay(run: str, records: Records, home: Path) -> Replay:
    """Carry out a finished run again.  ``home`` holds the folders of runs.

    Raises ``LookupError`` where the run, its end, a step of its record, or its folder is not there.
    """
    row = records.run(run)
    if not row["outcome"]:
        raise LookupError(f"Run {row['run'][:12]} has not ended; it is {row['state']}. Only a finished run replays.")
    brief, ended = Brief.model_validate(row["brief"]), Outcome.model_validate(row["outcome"])
    if not (home / brief.run / "source.json").exists():
        raise LookupError(
            f"The folder of run {brief.run[:12]} is gone from {home}, and with it the words and pictures that its ids mean."
        )
    by_planner = all(each["model_id"] == PLANNER for each in records.decisions(brief.run) if each["kind"] == "model")
    with tempfile.TemporaryDirectory(prefix="hookline-replay-") as place:
        workspace = _copied(home / brief.run, Path(place) / "run")
        then = Replayed(records, brief.run)
        steps = Again(
            lambda name: then.step(name, lambda: None),
            lambda tool: _put_back(home / brief.run, workspace.folder) if tool == "assemble" else None,
        )
        again = _carried(brief, workspace, steps, by_planner)
    return Replay(brief.run, _bytes(ended.cut), _bytes(again.cut), tuple(steps.other))


def _carried(brief: Brief, workspace: Workspace, steps: Again, by_planner: bool) -> Outcome:
    """The loop's own way through the run, with a record of its own that is thrown away."""
    records = Records(f"sqlite:///{workspace.folder.parent / 'records.db'}")
    try:
        records.migrate()
        studio = loop.Studio(
            engines=Engines(Written(Speech(words=())), Blind(), Extractive(), Folder(workspace.folder.parent)),
            model=Planner() if by_planner else Unmodelled(),
            model_id=PLANNER,
            records=records,
            home=workspace.folder.parent,
        )
        return loop.carry(brief, studio, records.claim(brief), workspace, steps, Budget(), _no_video)
    finally:
        records.close()


def _no_video(into: Path) -> None:
    raise LookupError("the record does not hold what the video is")


def _copied(folder: Path, into: Path) -> Workspace:
    """A run folder with everything but its plans, its video and what was made of it."""
    left = {MADE, *(path.name for path in folder.glob("plan-P*.json"))}
    into.mkdir(parents=True)
    for path in folder.iterdir():
        if path.is_file() and path.name not in left and (path.suffix == ".json" or path.name == "audio.wav"):
            shutil.copy2(path, into / path.name)
    return Workspace(into)


def _put_back(folder: Path, into: Path) -> None:
    if (folder / MADE).exists():
        shutil.copy2(folder / MADE, into / MADE)


def _bytes(cut: CutList | None) -> bytes:
    return cut.model_dump_json(indent=1).encode() if cut else b""


def difference(again: Replay) -> str:
    """Where two cut lists part, as a unified diff."""
    then, now = (side.decode().splitlines() for side in (again.recorded, again.made))
    return "\n".join(unified_diff(then, now, "recorded", "made again", lineterm="", n=1))
