"""What SageMaker runs in the image of sam/model.Dockerfile, and what `hookline evals train --on local` runs here: ``train`` and ``serve``.

``train`` keeps to the contract of training containers, below /opt/ml (``HOOKLINE_ML`` in tests):

    input/config/hyperparameters.json   strings by name
    input/data/train/                   one file of talks with a team's choices (evals.choices)
    input/data/base/                    the weights in use, to go on from; without it those that come along
    checkpoints/                        embeddings, so that a job that spot took away begins where it was
    model/                              the new weights with their list, where no held-out score fell; the scores always
    output/failure                      why it failed

A job that is told to stop (SIGTERM: spot, a person, the clock) leaves no weights and ends with 143.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from evals import find, train_find
from evals.cases import DataError
from evals.training import reader
from tools.files import whole
from tools.finding import learned
from tools.finding.passages import Embed
from tools.local.speech_door import serve
from tools.text import clean
from tools.troubles import NotReady

STOPPED = 128 + signal.SIGTERM
WHY = 1024
"""Characters of ``failure`` that SageMaker reads."""
SCORES = "scores.json"


class Given(NamedTuple):
    """Hyperparameters: which weights are learned, and how."""

    of: str = "trees"
    rounds: int = 10
    learning_rate: float = 0.03
    num_leaves: int = 15
    min_child_samples: int = 200
    embeddings: int = 1
    """0 leaves out the trees that go by embeddings, which runs on AWS have none of."""


BOUNDS: Mapping[str, tuple[float, float]] = {
    "rounds": (1, 500), "learning_rate": (0.001, 1), "num_leaves": (2, 64), "min_child_samples": (1, 100_000), "embeddings": (0, 1),
}  # fmt: skip
KINDS = ("trees", "reader")


class Stopped(BaseException):
    """The job was told to stop."""


def given(told: Mapping[str, str]) -> Given:
    """Hyperparameters out of strings.  Raises ``DataError`` that names a wrong one, its value and what would be right."""
    found: dict[str, Any] = {}
    for name, text in told.items():
        if name.startswith("sagemaker_"):  # an SDK's own
            continue
        if name not in Given._fields:
            raise DataError(f"hyperparameter {name} is unknown; known are {', '.join(Given._fields)}")
        if name == "of":
            if text not in KINDS:
                raise DataError(f"hyperparameter of is {text!r}; give {' or '.join(KINDS)}")
            found[name] = text
            continue
        low, high = BOUNDS[name]
        kind = type(Given._field_defaults[name])
        try:
            value = kind(text)
        except (TypeError, ValueError):
            value = None
        if value is None or not low <= value <= high:
            raise DataError(
                f"hyperparameter {name} is {text!r}; give {'a number' if kind is float else 'a whole number'} from {low:g} to {high:g}"
            )
        found[name] = value
    return Given(**found)


def train(root: Path, say: Callable[[str], None] = print) -> int:
    """Carry out a job below ``root``; its exit status."""
    try:
        _train(root, say)
    except Stopped:
        say("stopped: no weights were written")
        return STOPPED
    except (DataError, NotReady, OSError, ValueError, ImportError) as error:
        whole.write(root / "output" / "failure", clean(f"{type(error).__name__}: {error}", WHY).encode())
        say(f"failed: {error}")
        return 1
    return 0


def _train(root: Path, say: Callable[[str], None]) -> None:
    told = root / "input" / "config" / "hyperparameters.json"
    asked = given(json.loads(told.read_text("utf-8") or "{}") if told.is_file() else {})
    data, base = _one(root / "input" / "data" / "train"), _base(root / "input" / "data" / "base")
    if asked.of == "reader":
        reader.check()
    files, scores = _trees(asked, find.load(data), base, root / "checkpoints", say)
    model = root / "model"
    whole.write(model / SCORES, (json.dumps(scores, indent=1) + "\n").encode())
    if files:
        learned.publish(model, files, scores)
    say(f"{len(files)} files of weights are written" if files else "held-out scores fell: no weights are written")


def _trees(
    asked: Given, own: list[find.Meeting], base: Mapping[str, Path], kept: Path, say: Callable[[str], None]
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files of trees whose held-out scores did not fall, and the scores of all."""
    if find_spec("lightgbm") is None:
        raise NotReady("the trees are learned by lightgbm, which nothing else needs: pip install lightgbm")
    settings = {
        **train_find.SETTINGS,
        **{name: getattr(asked, name) for name in ("learning_rate", "num_leaves", "min_child_samples")},
    }
    marks = find.load(find.MEETINGS)
    files: dict[str, bytes] = {}
    scores: dict[str, Any] = {}
    kept.mkdir(parents=True, exist_ok=True)
    embedders: dict[str, Embed | None] = {"passages_lexical.json": None}
    save: Callable[[], None] = lambda: None  # noqa: E731
    if asked.embeddings and (embed := find.embedder()) is not None:
        embedders["passages.json"], save = train_find.remembered(embed, kept / "vectors.npz")
    for name, by in embedders.items():
        try:
            made = train_find.go_on(own, marks, base[name], by, settings, asked.rounds)
        finally:
            save()
        scores[name] = made.scores
        for part, figures in made.scores.items():
            say(f"{name} {part} F1 before {figures['before']:.4f} after {figures['after']:.4f}")
        if made.holds:
            files[name] = (json.dumps(made.document, separators=(",", ":")) + "\n").encode()
    return files, scores


def _one(channel: Path) -> Path:
    """The one file of a channel."""
    files = sorted(path for path in channel.rglob("*.jsonl*") if path.is_file()) if channel.is_dir() else []
    if len(files) != 1:
        raise DataError(f"channel {channel.name} holds {len(files)} files of talks; one .jsonl or .jsonl.gz is right")
    return files[0]


def _base(channel: Path) -> dict[str, Path]:
    """Where to go on from, by name."""
    team = learned.there(channel) if (channel / learned.LIST).is_file() else {}
    return {name: channel / name if name in team else learned.OWN / name for name in learned.KNOWN}


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def main(arguments: list[str]) -> int:
    if arguments == ["train"]:
        signal.signal(signal.SIGTERM, _stop)
        return train(Path(os.environ.get("HOOKLINE_ML", "/opt/ml")), lambda text: print(text, flush=True))
    if arguments == ["serve"]:
        serve(int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")))
        return 0
    print("give train or serve, as SageMaker does", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
