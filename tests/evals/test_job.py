"""The training job: what a team chose becomes rows, and the container's process weights of them, or says why not."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals import choices, train_find
from evals.training import job
from evals.training.job import STOPPED, given
from tests.conftest import absent
from tests.evals.team import talks
from tests.fakes.sagemaker import COMMAND, environ, train
from tools.finding import learned
from tools.finding.passages import Trees, planted


def laid_out(root: Path, count: int = 6, **told: str) -> Path:
    """/opt/ml as SageMaker lays it out before it starts the container."""
    config = root / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(
        json.dumps({"rounds": "6", "learning_rate": "0.06", "min_child_samples": "40", "embeddings": "0", **told})
    )
    if count:
        choices.save(talks(count), root / "input" / "data" / "train" / "choices.jsonl.gz")
    (root / "model").mkdir()
    return root


def failure(root: Path) -> str:
    return (root / "output" / "failure").read_text()


@pytest.fixture
def lightgbm() -> None:
    if importlib.util.find_spec("lightgbm") is None:
        absent("lightgbm")


@pytest.mark.slow
def test_the_container_writes_weights_that_are_better_on_talks_it_had_not_seen(tmp_path: Path, lightgbm: None) -> None:
    root = laid_out(tmp_path)
    done = train(root)
    assert done.returncode == 0, done.stdout + done.stderr
    scores = json.loads((root / "model" / "scores.json").read_text())["passages_lexical.json"]
    assert scores["own"]["after"] > scores["own"]["before"] + 0.1, scores
    assert scores["marks"]["after"] >= scores["marks"]["before"], scores
    assert (
        f"passages_lexical.json own F1 before {scores['own']['before']:.4f} after {scores['own']['after']:.4f}"
        in done.stdout
    )
    assert "passages_lexical.json" in learned.there(root / "model")
    old, new = (planted(path / "passages_lexical.json") for path in (learned.OWN, root / "model"))
    assert len(new.roots) == len(old.roots) + 6
    assert not (root / "output").exists()


@pytest.mark.parametrize(
    ("count", "told", "says"),
    [
        (0, {}, "channel train holds 0 files of talks"),
        (6, {"rounds": "many"}, "hyperparameter rounds is 'many'; give a whole number from 1 to 500"),
        (6, {"rounds": "0"}, "hyperparameter rounds is '0'"),
        (6, {"learning_rate": "nan"}, "hyperparameter learning_rate is 'nan'"),
        (6, {"speed": "3"}, "hyperparameter speed is unknown; known are of, rounds"),
        (6, {"of": "hooks"}, "hyperparameter of is 'hooks'; give trees or reader"),
    ],
)
def test_what_is_wrong_is_told_in_the_file_that_sagemaker_reads(
    tmp_path: Path, count: int, told: dict[str, str], says: str
) -> None:
    root = laid_out(tmp_path, count, **told)
    assert job.train(root, lambda text: None) == 1
    assert says in failure(root)
    assert list((root / "model").iterdir()) == []


def test_the_process_itself_ends_with_1_and_the_reason(tmp_path: Path) -> None:
    root = laid_out(tmp_path, 0)
    done = train(root)
    assert done.returncode == 1, done.stderr
    assert failure(root).startswith("DataError: channel train holds 0 files")


def test_two_files_of_talks_are_one_too_many(tmp_path: Path) -> None:
    root = laid_out(tmp_path)
    choices.save(talks(3), root / "input" / "data" / "train" / "more.jsonl.gz")
    assert job.train(root, lambda text: None) == 1
    assert "channel train holds 2 files" in failure(root)


def test_choices_of_too_few_talks_are_refused_with_what_to_do(tmp_path: Path, lightgbm: None) -> None:
    root = laid_out(tmp_path, 2)
    assert job.train(root, lambda text: None) == 1
    assert "choices of 2 talks are there and 3 are the fewest" in failure(root)


def test_the_reader_of_sentences_says_what_it_would_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed
    root = laid_out(tmp_path, of="reader")
    assert job.train(root, lambda text: None) == 1
    assert "trained by torch" in failure(root)


def test_hyperparameters_are_strings_and_those_of_an_sdk_are_left_alone() -> None:
    assert given({"rounds": "7", "learning_rate": "0.1", "sagemaker_region": "eu-west-1"}) == job.Given(
        rounds=7, learning_rate=0.1
    )


@pytest.mark.slow
def test_a_job_that_spot_takes_away_ends_at_once_and_leaves_no_weights(tmp_path: Path, lightgbm: None) -> None:
    root = laid_out(tmp_path)
    running = subprocess.Popen(
        [*COMMAND, "train"],
        env=environ(HOOKLINE_ML=str(root)),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    while "meetings read" not in running.stderr.readline():
        assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == STOPPED
    assert "no weights were written" in out
    assert list((root / "model").iterdir()) == []
    assert not (root / "output").exists(), "no failure: SageMaker begins it again"


def test_added_trees_add_up_as_the_two_sets_do() -> None:
    one: dict[str, Any] = {
        "names": ["a", "b"],
        "roots": [0],
        "feature": [1, -1, -1],
        "threshold": [0.5, -1.0, 1.0],
        "left": [1, 1, 2],
        "right": [2, 1, 2],
    }
    two = {**one, "names": ["c", "a"], "threshold": [2.0, 0.25, -0.75]}
    both = train_find.joined(one, two)
    assert learned.unsound(json.dumps(both).encode()) == ""
    columns = {"a": np.array([1.0, 3.0]), "b": np.array([0.0, 1.0]), "c": np.array([9.0, 9.0])}

    def grown(told: dict[str, Any]) -> Trees:
        arrays = {key: np.array(told[key]) for key in ("roots", "feature", "threshold", "left", "right")}
        return Trees(names=told["names"], **arrays)

    sums = [np.log(p / (1 - p)) for p in (grown(each)(columns) for each in (one, two, both))]
    assert sums[2] == pytest.approx(sums[0] + sums[1])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"left": [0, 1, 2]}, "node 0 leads nowhere"),
        ({"right": [9, 1, 2]}, "node 0 leads nowhere"),
        ({"feature": [5, -1, -1]}, "node 0 leads nowhere"),
        ({"roots": [3]}, "a root lies outside"),
        ({"threshold": [0.5]}, "several lengths"),
        ({"names": None}, "TypeError"),
    ],
)
def test_trees_that_could_not_be_walked_are_no_weights(change: dict[str, Any], why: str) -> None:
    good: dict[str, Any] = {
        "names": ["a"],
        "roots": [0],
        "feature": [0, -1, -1],
        "threshold": [0.5, -1.0, 1.0],
        "left": [1, 1, 2],
        "right": [2, 1, 2],
    }
    assert learned.unsound(json.dumps(good).encode()) == ""
    assert why in learned.unsound(json.dumps(good | change).encode())
    assert learned.unsound(b"<html>") != ""
