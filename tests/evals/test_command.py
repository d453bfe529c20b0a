import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doors.command.main import Doors
from evals.find import MEETINGS, load, queries

TURNS = [["A", "Welcome to the meeting, everybody."], ["B", "Pricing is per seat, and pricing starts at nine dollars."]]


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def evals(*arguments: str) -> Result:
    return CliRunner().invoke(Doors(), ["evals", *arguments])


def meetings(path: Path, **changes: object) -> Path:
    row = {"id": "m", "turns": TURNS, "queries": [{"query": "What about pricing?", "spans": [[1, 1]]}], **changes}
    with gzip.open(path, "wt") as file:
        file.write(json.dumps(row) + "\n")
    return path


def test_the_verb_predicts_every_query_within_the_turns_of_its_meeting(tmp_path: Path) -> None:
    data, out = meetings(tmp_path / "m.jsonl.gz"), tmp_path / "p.jsonl"
    told = evals("--suite", "find", "--lexical", "--data", str(data), "--predictions", str(out), "--out", "report")
    assert told.exit_code == 0, told.output
    (line,) = [json.loads(text) for text in out.read_text().splitlines()]
    assert (line["id"], line["query"]) == ("m", 0)
    assert all(0 <= first <= last < len(TURNS) for first, last in line["spans"])
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["scores"]["find"]["agent"]["m/0"] == {"F1": 1.0, "hit": 1.0}
    assert "m/0" in report["timelines"]["find"]


def test_a_meeting_that_is_wrong_is_named_by_file_and_line(tmp_path: Path) -> None:
    told = evals("--suite", "find", "--data", str(meetings(tmp_path / "m.jsonl.gz", turns=[["only one"]])))
    assert told.exit_code == 1
    assert "m.jsonl.gz, line 1: turns.0" in told.output
    (tmp_path / "broken.jsonl.gz").write_bytes(b"no gzip")
    assert "broken.jsonl.gz, line 1: can't be read as gz" in evals("--data", "broken.jsonl.gz").output
    assert not (tmp_path / "evals-report").exists()


def test_data_that_is_not_there_is_refused_before_anything_starts(tmp_path: Path) -> None:
    told = evals("--data", "none.gz", "--predictions", str(tmp_path / "p"))
    assert told.exit_code == 2
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("option", ["--model", "--judge"])
def test_a_run_without_credentials_says_so_before_it_starts(option: str, tmp_path: Path) -> None:
    told = evals("--suite", "cut", option, "aws")
    assert told.exit_code == 4
    assert "HOOKLINE_MODEL=aws needs AWS credentials and found none" in told.output
    assert "bakery" not in told.output
    assert not (tmp_path / "evals-report").exists()


def test_a_model_that_is_none_is_refused_in_a_sentence() -> None:
    told = evals("--suite", "cut", "--model", "claude")
    assert told.exit_code == 2
    assert "model is 'claude'; give local, aws or module:Class" in told.output


def test_cassettes_that_are_none_of_these_cases_are_told(tmp_path: Path) -> None:
    (tmp_path / "tapes").mkdir()
    told = evals("--cassettes", "tapes")
    assert told.exit_code == 1
    assert "tapes holds no cassette of these 24 cases; make some with --model aws --record tapes" in told.output
    assert evals("--cassettes", "tapes", "--record", "tapes").exit_code == 2


def test_a_calibration_without_thumbs_says_where_they_come_from() -> None:
    told = evals("calibrate", "--judge", "local")
    assert told.exit_code == 3
    assert "Nobody has given a thumb yet." in told.output


def test_a_run_that_never_was_is_not_replayed() -> None:
    told = evals("replay", "never")
    assert told.exit_code == 3
    assert "There is no run 'never'" in told.output


def test_the_meetings_that_come_along_have_passages_for_every_query() -> None:
    known = load(MEETINGS)
    assert len(known) == 4
    assert len(list(queries(known))) == sum(len(meeting.queries) for meeting in known) == 24
