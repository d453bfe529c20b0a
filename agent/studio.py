"""Where runs happen, as every room of the agent knows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.budget import Budget
from agent.record.purse import Purse
from agent.record.records import Claim, Records
from agent.steps.recorded import Progress, Recorded
from tools.ports import Engines, ObjectStore, Signer, Steps
from tools.schema import Outcome
from tools.workspace import Workspace

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.notices import Webhook


def _silent(name: str, share: float, note: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Studio:
    """Where runs happen: engines, the model, the record, the folder for run folders, and the outbox's look."""

    engines: Engines
    model: BaseChatModel
    model_id: str
    records: Records
    home: Path
    spare: BaseChatModel | None = None
    """Who finishes a run that the model could not; the embedded planner where there is none."""
    budget: Callable[[], Budget] = Budget
    purse: Purse | None = None
    """The day's dollars, of which a run holds its share; none where nothing costs."""
    report: Callable[[Outcome, Workspace, Records], str] | None = None
    """The HTML page of a finished run; a door passes ``report.page``."""
    progress: Progress = _silent
    steps: Callable[[Records, Claim, Progress], Steps] = Recorded
    open: Callable[[Path], Workspace] = Workspace
    """Opens the run's folder; one that may have been left behind in another sandbox fetches the video anew."""
    began: Callable[[], float] = time.monotonic
    """When the run began, by this process's monotonic clock; before the process did, for a run that goes on from another."""
    keep: bool = True
    """Keep the run folder after the run, so that a revision need not look and listen again."""
    recall: Callable[[Path], bool] = lambda folder: (folder / "source.bin").is_file()
    """Whether the folder of a run that has ended is there to be revised; where folders are kept elsewhere, it is fetched."""
    notices: Webhook | None = None
    """Who is told of each run's end, last of all."""
    lineage: dict[str, Any] = field(default_factory=dict)
    """For the record: the run that this one revises, the conversation and the version's number in it."""
    names: dict[str, str] = field(default_factory=dict)
    """Engines by name, for the record."""
    memory: ObjectStore | None = None
    """Where it is kept what engines answered about a video; None keeps nothing."""
    signer: Signer | None = None
    """A person's key, by which promos are signed."""
    owner: str = "local"
    """Whose runs these are: what is kept is told to nobody else's."""

    @property
    def language_model(self) -> bool:
        """Whether a language model decides, and not a plan of our own."""
        from agent.deciding.planner import Planner

        return not isinstance(self.model, Planner)
