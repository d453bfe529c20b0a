"""From records of runs and thumbs over a training job to weights in use by the next run; and what becomes of one that fails."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from agent.outcome import place
from agent.record.records import Records
from agent.settings import load
from agent.wiring import build, weights, weights_folder
from doors.command.main import Doors, main
from tests.conftest import absent
from tests.evals.team import talk
from tests.evals.test_choices import cut
from tests.fakes.buckets import account, serve
from tests.fakes.sagemaker import SageMaker
from tests.stage import document, footage
from tools.finding import learned
from tools.finding.passages import PassageFinder
from tools.schema import Brief, Outcome, Sentence, Transcript
from tools.troubles import NotReady

pytestmark = [pytest.mark.aws, pytest.mark.slow]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/hookline-model@sha256:" + "0" * 64
ROLE = "arn:aws:iam::123456789012:role/HooklineModel"
ASKED = (
    "--image",
    IMAGE,
    "--role",
    ROLE,
    "--set",
    "rounds=6",
    "--set",
    "learning_rate=0.06",
    "--set",
    "min_child_samples=40",
    "--set",
    "embeddings=0",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An account of stand-ins in the environment, and the settings of a team that keeps its finished sets there."""
    with account():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="outbox")
        with serve() as s3:
            told = {
                "AWS_ENDPOINT_URL_S3": s3,
                "HOOKLINE_STORE": "aws",
                "HOOKLINE_OUTBOX_BUCKET": "outbox",
                "HOOKLINE_HOME": str(tmp_path / "home"),
            }
            for name, value in told.items():
                monkeypatch.setenv(name, value)
            monkeypatch.chdir(tmp_path)
            yield tmp_path
    learned.use(None)


@pytest.fixture
def service(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SageMaker]:
    made = SageMaker(boto3.client("s3", region_name="us-east-1"), home / "jobs")
    address, stop = made.serve()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", address)
    monkeypatch.setattr("tools.aws.training.Training.every", 0.05)
    yield made
    stop()


def judged(count: int) -> None:
    """Runs of a team with a taste, their transcripts published, a thumb for either clip of each."""
    settings = load()
    settings.home.mkdir(parents=True, exist_ok=True)
    records, store = Records(settings.database), build("store", settings.store, settings)
    records.migrate()
    for number in range(count):
        made = talk(number)
        sentences = tuple(Sentence(id=f"S{n}", start=n, end=n + 1, text=text) for n, text in enumerate(made.texts, 1))
        for n, asked in enumerate(made.queries):
            brief = Brief(run=f"{number:010}{n:010}", video=f"talk {number}.mp4", topic=asked.query)
            path = settings.home / "transcript.json"
            path.write_text(Transcript(sentences=sentences).model_dump_json())
            store.put(f"{place(brief)}/transcript.json", path, "application/json")
            clips = [
                " ".join(f"S{at + 1}" for at in range(first, last + 1))
                for first, last in (*asked.spans, *asked.refused)
            ]
            records.finish(records.claim(brief), Outcome(run=brief.run, status="done", cut=cut(*clips)))
            records.rate(brief.run, 1, 1)
            records.rate(brief.run, 2, -1)
    records.close()


def evals(*arguments: str) -> Result:
    return CliRunner().invoke(Doors(), ["evals", "train", *arguments])


def keeps_the_early_one() -> float:
    """The share of wishes for unseen talks whose best window is the passage that the team would keep."""
    found = [
        PassageFinder().spans(each.texts, asked.query, 3 * 12)[0][0] < 30
        for number in range(50, 56)
        for each in [talk(number)]
        for asked in each.queries
    ]
    return sum(found) / len(found)


@pytest.mark.slow
def test_thumbs_become_weights_by_a_training_job_and_the_next_run_goes_by_them(
    home: Path, service: SageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec("lightgbm") is None:
        absent("lightgbm")
    judged(6)
    before = keeps_the_early_one()
    told = evals("--on", "sagemaker", *ASKED)
    assert told.exit_code == 0, (told.output, service.logs)
    assert "18 wishes for 6 talks: 18 passages chosen, 18 refused" in told.output
    scores = [
        float(each) for each in re.findall(r"on your choices F1 ([0-9.]+) before, ([0-9.]+) after", told.output)[0]
    ]
    assert scores[1] > scores[0] + 0.1, told.output
    (asked,) = service.asked.values()
    assert (asked["EnableNetworkIsolation"], asked["EnableManagedSpotTraining"]) == (True, True)
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    (job,) = service.jobs.values()
    metrics = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    assert (metrics["passages_lexical_own_before"], metrics["passages_lexical_own_after"]) == tuple(scores)

    (name,) = re.findall(r"HOOKLINE_WEIGHTS=(outbox:\S+)", told.output)
    monkeypatch.setenv("HOOKLINE_WEIGHTS", name)
    film, words = footage(home, seconds=40)
    film.with_suffix(".json").write_text(json.dumps(document(words)))
    made = CliRunner().invoke(main, ["make", str(film), "make a square 10s promo for LinkedIn about churn", "--json"])
    assert made.exit_code == 0, made.output
    records = Records(load().database)
    newest = records.runs(1)[0]["run"]
    engines = records.run(newest)["outcome"]["engines"]
    records.close()
    sha = learned.there(home / "home" / "weights")["passages_lexical.json"]
    assert engines["weights"] == f"passages_lexical.json {sha[:12]}"
    assert keeps_the_early_one() > before


def test_a_job_is_asked_for_once_whoever_repeats_the_command(home: Path, service: SageMaker) -> None:
    judged(3)
    outcomes = []
    for _ in range(2):
        monkeyed = packed(
            {"scores.json": b'{"passages_lexical.json": {"own": {"before": 0.5, "after": 0.4, "queries": 9}}}'}
        )
        done(service, monkeyed)
        outcomes.append(evals("--on", "sagemaker", *ASKED))
    assert [each.exit_code for each in outcomes] == [6, 6], outcomes[0].output
    assert "F1 0.5000 before, 0.4000 after, over 9 wishes: fell" in outcomes[0].output
    assert "Nothing is written" in outcomes[0].output
    assert len(service.jobs) == 1
    assert not (home / "home" / "weights").exists()


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def done(service: SageMaker, result: bytes, at: str = "s3://outbox/") -> None:
    """Let jobs end with this result, without the container."""

    def carry_out(name: str, job: dict[str, Any]) -> None:
        key = f".work/training/{name}/model.tar.gz"
        service.s3.put_object(Bucket="outbox", Key=key, Body=result)
        job |= {
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": at + key},
        }

    service._carry_out = carry_out  # type: ignore[method-assign]


BAD = json.dumps(
    {
        "names": ["a"],
        "roots": [0],
        "feature": [0, -1, -1],
        "threshold": [0, 0, 0],
        "left": [0, 1, 2],
        "right": [0, 1, 2],
    }
).encode()
SOUND = BAD.replace(b'"left": [0,', b'"left": [1,').replace(b'"right": [0,', b'"right": [2,')


@pytest.mark.parametrize(
    ("result", "at", "says"),
    [
        (
            packed({"passages.json": BAD}),
            "s3://outbox/",
            "passages.json of hookline-.* is no set of weights: node 0 leads nowhere",
        ),
        (
            packed({"passages.json": SOUND, "weights.json": b'{"files": {"passages.json": "0"}}'}),
            "s3://outbox/",
            "its list says otherwise",
        ),
        (packed({"passages.json": SOUND}), "s3://theirs/", "which is not in outbox"),
        (b"no tar", "s3://outbox/", "can't be read"),
        (packed({"../../etc/passwd": b"x", "scores.json": b"{}"}), "s3://outbox/", "Nothing is written"),
    ],
)
def test_a_result_that_is_no_set_of_weights_is_not_taken(
    home: Path, service: SageMaker, result: bytes, at: str, says: str
) -> None:
    judged(3)
    done(service, result, at)
    told = evals("--on", "sagemaker", *ASKED)
    assert told.exit_code in (1, 6)
    assert re.search(says, told.output), told.output
    assert not (home / "home" / "weights").exists()


def test_a_job_that_fails_tells_the_containers_reason_and_the_same_again_is_a_new_job(
    home: Path, service: SageMaker
) -> None:
    judged(2)
    told = evals("--on", "sagemaker", *ASKED)
    assert told.exit_code == 1
    wanted = "choices of 2 talks are there" if importlib.util.find_spec("lightgbm") else "lightgbm"
    assert "ended as Failed: AlgorithmError:" in told.output
    assert wanted in told.output
    assert evals("--on", "sagemaker", *ASKED).exit_code == 1
    assert [name.count("-") for name in service.jobs] == [1, 2]


def test_an_account_without_such_machines_is_told_what_to_ask_for(home: Path, service: SageMaker) -> None:
    judged(3)
    service.without = "ml.m5.large"
    told = evals("--on", "sagemaker", *ASKED)
    assert told.exit_code == 1
    assert "the account may have no ml.m5.large for spot training" in told.output
    assert "Service Quotas" in told.output


def test_a_job_waits_for_the_days_dollars_like_a_run(
    home: Path, service: SageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(3)
    monkeypatch.setenv("HOOKLINE_DOLLARS_PER_DAY", "0.05")
    told = evals("--on", "sagemaker", *ASKED)
    assert told.exit_code != 0
    assert "of today's $0.05 are left" in told.output
    assert service.jobs == {}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--image", "hookline", "--role", ROLE), "--image is 'hookline'"),
        (("--image", IMAGE, "--role", "me"), "--role is 'me'"),
    ],
)
def test_what_can_not_be_an_image_or_a_role_is_told_before_anything_is_sent(
    home: Path, service: SageMaker, arguments: tuple[str, ...], says: str
) -> None:
    judged(3)
    told = evals("--on", "sagemaker", *arguments)
    assert told.exit_code == 4
    assert says in told.output
    assert service.calls == []


def test_learning_here_without_choices_says_what_makes_some(home: Path) -> None:
    told = evals("--on", "local")
    assert told.exit_code == 3
    assert "Nobody has judged a promo" in told.output


# --- weights in use -------------------------------------------------------------------------------------------------------


def kept(folder: Path) -> Path:
    learned.publish(folder, {"passages_lexical.json": (learned.OWN / "passages_lexical.json").read_bytes()}, {})
    return folder


def test_weights_of_a_folder_are_read_in_place_of_those_that_come_along(home: Path) -> None:
    folder = kept(home / "w")
    settings = load(weights=str(folder))
    (sha,) = learned.there(folder).values()
    assert weights(settings, build("store", "local", settings)) == {"passages_lexical.json": sha[:12]}
    assert learned.place("passages_lexical.json") == folder / "passages_lexical.json"
    assert learned.place("passages.json") == learned.OWN / "passages.json"


def test_weights_of_the_outbox_are_fetched_once(home: Path) -> None:
    folder = kept(home / "w")
    settings = load(weights="outbox:learned/abc")
    store = build("store", "aws", settings)
    for path in folder.iterdir():
        store.put(f"learned/abc/{path.name}", path, "application/json")
    assert list(weights(settings, store)) == ["passages_lexical.json"]
    store.remove("learned/abc")
    assert list(weights(settings, store)) == ["passages_lexical.json"]


def test_weights_that_the_outbox_has_forgotten_leave_those_that_come_along_and_the_record_says_so(home: Path) -> None:
    settings = load(weights="outbox:learned/gone")
    assert weights(settings, build("store", "aws", settings)) == {
        "those that come along": "outbox:learned/gone is gone"
    }
    assert learned.place("passages.json") == learned.OWN / "passages.json"


@pytest.mark.parametrize("harm", ["gone", "changed", "stranger", "no list"])
def test_a_folder_that_is_not_what_its_list_says_is_refused(home: Path, harm: str) -> None:
    folder = kept(home / "w")
    trees = folder / "passages_lexical.json"
    if harm == "gone":
        trees.unlink()
    elif harm == "changed":
        trees.write_bytes(trees.read_bytes() + b" ")
    elif harm == "stranger":
        (folder / "weights.json").write_text('{"files": {"../x": "0"}}')
    else:
        (folder / "weights.json").unlink()
    settings = load(weights=str(folder))
    with pytest.raises(NotReady, match="train"):
        weights(settings, build("store", "local", settings))
    with contextlib.suppress(NotReady):
        assert weights_folder(settings, build("store", "local", settings)) == folder
