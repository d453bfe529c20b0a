"""The command's exit codes, its two streams, and its completion."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import av
import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from agent.record.records import Records
from doors.command.main import main
from doors.command.outcome import UNSOUND, code_of
from tests.agent.test_loop import video  # noqa: F401
from tests.fakes.senses import SETTINGS
from tools.schema import Artifact, Certificate, Check, Outcome

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

SPOKEN = (
    "We lost half of our customers every year.",
    "Nobody could read the price page.",
    "So we threw nine plans away.",
    "Churn fell from six percent to two.",
    "A price is a promise to keep.",
)


@pytest.fixture
def talk(tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    """A video with its transcript beside it, and a home of its own; nothing is heard or seen of it."""
    path = tmp_path / "talk.mp4"
    path.write_bytes(video.read_bytes())
    blocks = [f"{n}\n00:00:{4 * n - 3:02},200 --> 00:00:{4 * n:02},000\n{text}\n" for n, text in enumerate(SPOKEN, 1)]
    path.with_suffix(".srt").write_text("\n".join(blocks), "utf-8")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOOKLINE_OUTBOX", str(tmp_path / "outbox"))
    return path


def said(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_0_is_made_and_one_object_goes_to_standard_output(talk: Path) -> None:
    told = said("make", str(talk), "a 10s square promo without captions", "--json")
    assert told.exit_code == 0, told.stderr
    outcome = json.loads(told.stdout)
    assert outcome["status"].startswith("done")
    assert "understood" in told.stderr or "talk.mp4:" in told.stderr
    shown = said("show", outcome["run"][:12], "--json")
    assert json.loads(shown.stdout)["run"] == outcome["run"]
    assert json.loads(said("runs", "--json").stdout)[0]["run"] == outcome["run"]
    planned = said("again", outcome["run"], "only vertical", "--dry-run", "--json")
    assert json.loads(planned.stdout)["changes"] == "+9:16, −1:1"
    assert said("again", outcome["run"], "drop clip 9").exit_code == 3


def test_a_clean_master_lies_beside_the_promo_and_differs_from_it_by_its_captions_only(talk: Path) -> None:
    told = said("make", str(talk), "a 10s square promo for LinkedIn", "--clean", "--json")
    assert told.exit_code == 0, told.stderr
    made = {each["name"]: each for each in json.loads(told.stdout)["artifacts"]}
    assert made["promo_1x1_clean.mp4"]["duration"] == pytest.approx(made["promo_1x1.mp4"]["duration"])
    folder = next((talk.parent / "outbox").glob("*/*/promo_1x1_clean.mp4")).parent
    assert json.loads((folder / "run.json").read_text("utf-8"))["artifacts"] == list(made.values())
    lit = []
    for name in ("promo_1x1.mp4", "promo_1x1_clean.mp4"):
        with av.open(str(folder / name)) as file:
            lit.append(
                [each.to_ndarray(format="gray").astype(int) for each in islice(file.decode(video=0), 0, None, 10)]
            )
    changed = [np.abs(one - two) > 60 for one, two in zip(*lit, strict=True)]
    assert any(each.any() for each in changed)
    assert not any(each[: each.shape[0] // 2].any() for each in changed), "captions are in the lower half"
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("data-src=") == 1, "the player shows promos; the master is one of the files"
    assert "clean masters" in page


def test_1_is_what_this_machine_could_not_do(talk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (talk.parent / "file").write_text("")
    told = said("make", str(talk), "a 10s promo", "--out", str(talk.parent / "file" / "below"))
    assert (told.exit_code, "--out" in told.stderr) == (1, True)


@pytest.mark.parametrize(
    "words", [("make",), ("make", "a.mp4", "--nothing"), ("nothing",), ("show", "x", "--why", "x")]
)
def test_2_is_a_command_that_is_none(words: tuple[str, ...]) -> None:
    assert said(*words).exit_code == 2


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (" ", "The wish is empty"),
        ("about pricing " * 800, "2000 bytes"),
        ("0 seconds", "6 to 180"),
        ("4000 seconds", "6 to 180"),
        ("in German", "with German subtitles"),
        ("hello", "asks for nothing"),
        ("asdf qwer", "asks for nothing"),
    ],
)
def test_3_is_a_wish_that_can_not_be_used_and_nothing_is_made(talk: Path, wish: str, why: str) -> None:
    told = said("make", str(talk), wish)
    assert (told.exit_code, why in told.stderr) == (3, True), told.stderr
    assert told.stdout == ""
    assert not (talk.parent / "outbox").exists() or not list((talk.parent / "outbox").iterdir())


@pytest.mark.parametrize(
    "words", [("make", "gone.mp4"), ("again", "0" * 20, "shorter"), ("show", "zzz"), ("open", "zzz")]
)
def test_3_is_a_video_or_a_run_that_is_not_there(talk: Path, words: tuple[str, ...]) -> None:
    assert said(*words).exit_code == 3


def test_4_is_what_is_not_installed(talk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOKLINE_FFMPEG", "/nowhere/ffmpeg")
    told = said("make", str(talk), "a 10s promo")
    assert (told.exit_code, "HOOKLINE_FFMPEG" in told.stderr) == (4, True), told.stderr


def test_5_is_a_day_whose_dollars_are_spent(talk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("HOOKLINE_COPYWRITER", "aws")
    monkeypatch.setenv("HOOKLINE_DOLLARS_PER_DAY", "1")
    (talk.parent / "home").mkdir()
    records = Records(f"sqlite:///{talk.parent / 'home' / 'hookline.sqlite3'}")
    records.migrate()
    records.reserve("local", 1.0, 1.0)
    told = said("make", str(talk), "a 10s promo")
    assert told.exit_code == 5, told.stderr


def test_6_is_a_promo_whose_checks_did_not_hold() -> None:
    wrong = Certificate(checks=(Check(name="length", value=31.0, limit="30 ± 0.5", passed=False),))
    made: dict[str, Any] = {"name": "promo_1x1.mp4", "sha256": "0", "bytes": 1, "media_type": "video/mp4"}
    assert code_of(Outcome(run="a", status="done with warnings", artifacts=(Artifact(**made, certificate=wrong),))) == 6
    assert code_of(Outcome(run="a", status="done with warnings", artifacts=(Artifact(**made),))) == 0
    unmade = "Nothing was made of P1, for what was rendered twice fails its checks:\n- 1x1: length is 31"
    assert code_of(Outcome(run="a", status="nothing to make", reason=unmade)) == 6
    assert code_of(Outcome(run="a", status="nothing to make", reason="Too short.")) == 3
    assert UNSOUND in Path("tools/assemble.py").read_text("utf-8"), "what assemble says of such a promo"


def test_6_is_also_what_fix_says_of_a_promo_that_it_took_over_and_whose_checks_did_not_hold(talk: Path) -> None:
    made = json.loads(said("make", str(talk), "a 10s square promo without captions", "--json").stdout)
    outside = next(text for text in SPOKEN if all(text not in clip["text"] for clip in made["cut"]["clips"]))
    path = talk.parent / "home" / "runs" / made["run"] / "artifacts.json"
    kept = json.loads(path.read_text("utf-8"))
    promo = next(each for each in kept["artifacts"] if each["name"] == "promo_1x1.mp4")
    promo["certificate"]["checks"][0]["passed"] = False
    path.write_text(json.dumps(kept), "utf-8")
    word = max(outside.strip(".").split(), key=len)
    told = said("fix", made["run"], f"{word}=Zanzibar")
    assert told.exit_code == 6, told.stderr


@pytest.mark.slow
def test_130_is_interrupted_and_the_same_command_goes_on(talk: Path) -> None:
    words = [sys.executable, "-m", "doors.command.main", "make", str(talk), "a 10s promo for YouTube"]
    began = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert began.stderr is not None
    seen = ""
    for line in began.stderr:
        seen += line
        if line.startswith("listen"):
            break
    time.sleep(0.2)
    began.send_signal(signal.SIGINT)
    _, rest = began.communicate(timeout=60)
    assert began.returncode == 130, seen + rest
    assert "nothing is lost" in rest
    again = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 0, again.stderr
    rows = json.loads(said("runs", "--json").stdout)
    assert len(rows) == 1, "the interrupted run is the one that went on"


@pytest.mark.parametrize(("shell", "begun"), [("bash", "hookline ma"), ("zsh", "hookline ma"), ("fish", "hookline ma")])
def test_a_shell_completes_verbs(shell: str, begun: str) -> None:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    offered = kind(main, {}, "hookline", "_HOOKLINE_COMPLETE").get_completions(begun.split()[1:-1], begun.split()[-1])
    assert [each.value for each in offered] == ["make"]
    source = subprocess.run(
        [Path(sys.executable).parent / "hookline"],
        env={**os.environ, "_HOOKLINE_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if shell != "bash" or source.returncode == 0:  # click asks bash itself for its version
        assert "_HOOKLINE_COMPLETE" in source.stdout, source.stderr


def test_a_part_of_a_wish_that_is_not_met_is_told_everywhere_and_refused_where_that_was_asked(talk: Path) -> None:
    wish = "a 6 to 8s square promo for LinkedIn, not about pricing, with fireworks and an outro"
    made = CliRunner().invoke(main, ["make", str(talk), wish, "--json"])
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert told["status"] == "done with warnings"
    assert "nothing about “pricing”" in told["understood"]
    assert any("outro" in warning for warning in told["warnings"])
    assert any("fireworks" in warning for warning in told["warnings"])
    assert "fireworks" in made.stderr.split("listen")[0], "told before work begins"
    assert not any("price" in clip["text"].lower() for clip in told["cut"]["clips"])
    folder = next((talk.parent / "outbox").glob(f"*/{told['run']}"))
    published = json.loads((folder / "run.json").read_text("utf-8"))
    assert (published["understood"], published["warnings"]) == (told["understood"], told["warnings"])
    page = (folder / "report.html").read_text("utf-8")
    assert "nothing about" in page
    assert "fireworks" in page
    strict = CliRunner().invoke(main, ["make", str(talk), wish, "--strict"])
    assert strict.exit_code == 3
    assert "fireworks" in strict.stderr

    shown = CliRunner().invoke(main, ["show", told["run"]])
    assert shown.exit_code == 0, shown.output
    for what in ("clips:", "promo_1x1.mp4", "next:", "hookline again", str(folder)):
        assert what in shown.stdout


def test_a_file_whose_name_begins_with_a_dash_is_told_how_to_be_named(talk: Path) -> None:
    told = CliRunner().invoke(main, ["make", "-x.mp4"])
    assert told.exit_code == 2
    assert "./-x.mp4" in told.stderr
    assert "-- before it" in told.stderr


def test_make_names_the_next_step(talk: Path) -> None:
    made = CliRunner().invoke(main, ["make", str(talk), "a 10s square promo without captions"])
    assert made.exit_code == 0, made.output
    assert "next: hookline open" in made.stderr
    assert "hookline again" in made.stderr


def test_a_conversation_goes_on_from_what_was_made_of_the_video_before_whatever_it_was_called(talk: Path) -> None:
    def chat(path: Path, line: str) -> Result:
        return CliRunner().invoke(main, ["chat", str(path)], input=f"{line}\n", catch_exceptions=False)

    assert "Nothing has been made yet" in chat(talk, "why clip 1?").stdout
    run = json.loads(said("make", str(talk), "a 10s square promo without captions", "--json").stdout)["run"]
    other = talk.with_name("the same.mp4")
    other.write_bytes(talk.read_bytes())
    for path in (talk, other):
        told = chat(path, "why clip 1?")
        assert f"Made before: run {run[:12]}" in told.stderr
        assert "Clip A" in told.stdout


HOUSE_WORDS = (
    r"\b(ledgers?|purse|bench|studio|desk|shelf|tombstones?|sidecars?|brief|outbox folder|working folder|rows)\b"
)


@pytest.mark.parametrize("verb", ["", *main.list_commands(click.Context(main))])
def test_help_speaks_a_persons_words(verb: str) -> None:
    told = said(*([verb] if verb else []), "--help").stdout
    assert re.findall(HOUSE_WORDS, told, re.IGNORECASE) == []
