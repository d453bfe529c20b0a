"""Weights learned from what a team chose, here or by SageMaker: one job either way, and one judgement of what comes of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evals.choices import save
from evals.find import Meeting
from evals.training import job
from tools.files import whole
from tools.finding import learned
from tools.ports import ObjectStore

if TYPE_CHECKING:
    from tools.aws.training import Training

DATA = "choices.jsonl.gz"
PLACE = "learned"
"""Folder of the outbox under which weights lie for runs elsewhere, by what is in them."""


class Made(NamedTuple):
    """The files of a job, none where held-out scores fell, and its scores; or why it failed."""

    files: Mapping[str, bytes]
    scores: Mapping[str, Any]
    dollars: float = 0.0
    failure: str = ""


def here(rows: Sequence[Meeting], base: Path | None, told: Mapping[str, str], say: Callable[[str], None]) -> Made:
    """Carry the job out in this process, over a folder laid out as SageMaker lays out /opt/ml."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        whole.write(root / "input" / "config" / "hyperparameters.json", json.dumps(dict(told)).encode())
        save(rows, root / "input" / "data" / "train" / DATA)
        for name, path in of_base(base).items():
            whole.write(root / "input" / "data" / "base" / name, path.read_bytes())
        if job.train(root, say):
            return Made({}, {}, failure=(root / "output" / "failure").read_text("utf-8"))
        files = {name: path.read_bytes() for name in learned.KNOWN if (path := root / "model" / name).is_file()}
        return Made(files, json.loads((root / "model" / job.SCORES).read_text()))


def there(rows: Sequence[Meeting], base: Path | None, told: Mapping[str, str], training: Training) -> Made:
    """Have SageMaker carry it out.  Raises ``tools.aws.training.JobFailed``."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / DATA
        save(rows, data)
        result = training.train(data, of_base(base), told, Path(folder))
        return Made(result.files, result.scores, result.dollars)


def of_base(folder: Path | None) -> dict[str, Path]:
    """The files of the weights in use; none where those that come along are."""
    return {name: folder / name for name in (learned.LIST, *learned.there(folder))} if folder else {}


def bring(made: Made, out: Path, store: ObjectStore) -> str:
    """Write the weights into ``out`` and put them into the outbox; the name by which runs elsewhere ask for them."""
    learned.publish(out, made.files, made.scores)
    place = f"{PLACE}/{whole.fingerprint(out / learned.LIST)[:12]}"
    for name in (*made.files, learned.LIST):
        store.put(
            f"{place}/{name}", out / name, "application/json" if name.endswith(".json") else "application/octet-stream"
        )
    return f"outbox:{place}"


def told(scores: Mapping[str, Any]) -> str:
    """Scores on talks that were held out, a line each: mean F1 over so many wishes."""
    words = {"own": "your choices", "marks": "the marks that come along"}
    lines = []
    for name, parts in scores.items():
        for part, each in parts.items():
            verdict = "fell" if each["after"] < each["before"] else "held"
            lines.append(
                f"{name}: on {words.get(part, part)} F1 {each['before']:.4f} before, {each['after']:.4f} after, over {each['queries']} wishes: {verdict}"
            )
    return "\n".join(lines)
