import gzip
import json
from pathlib import Path

from click.testing import CliRunner

from agent.cli import Doors

TURNS = [["A", "Welcome to the meeting, everybody."], ["B", "Pricing is per seat, and pricing starts at nine dollars."]]


def test_the_verb_predicts_every_query_within_the_turns_of_its_meeting(tmp_path: Path) -> None:
    data, out = tmp_path / "m.jsonl.gz", tmp_path / "p.jsonl"
    row = {"id": "m", "turns": TURNS, "queries": [{"query": "What about pricing?", "spans": [[1, 1]]}]}
    with gzip.open(data, "wt") as file:
        file.write(json.dumps(row) + "\n")
    told = CliRunner().invoke(
        Doors(), ["evals", "--suite", "find", "--lexical", "--data", str(data), "--predictions", str(out)]
    )
    assert told.exit_code == 0, told.output
    (line,) = [json.loads(text) for text in out.read_text().splitlines()]
    assert (line["id"], line["query"]) == ("m", 0)
    assert all(0 <= first <= last < len(TURNS) for first, last in line["spans"])


def test_data_that_is_not_there_is_refused_before_anything_starts(tmp_path: Path) -> None:
    told = CliRunner().invoke(Doors(), ["evals", "--data", "none.gz", "--predictions", str(tmp_path / "p")])
    assert told.exit_code == 2
    assert not (tmp_path / "p").exists()
