"""The verb ``brand`` and the option ``--brand``: checked, drawn, kept by name; mistakes are a sentence and a code."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from doors.command.main import main
from doors.command.outcome import BAD_INPUT
from tests.agent.test_loop import video  # noqa: F401
from tests.doors.command.test_main import said, talk  # noqa: F401
from tests.tools.brand.test_kit import SOUND, laid

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("HOOKLINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def ask(*words: str) -> Result:
        return CliRunner().invoke(main, ["brand", *words])

    return ask


def test_a_kit_is_checked_and_drawn_in_every_shape(asked, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    told = asked("check", str(laid(tmp_path / "kit")), "--out", str(tmp_path / "shown.png"))
    assert told.exit_code == 0, told.output
    assert "Ledgerleaf, version" in told.output
    picture = Image.open(tmp_path / "shown.png")
    assert picture.width > 4 * 640, "three grounds and the end card in a row"
    colours = picture.convert("RGB").getcolors(1 << 24)
    assert (
        max(n for n, colour in colours if max(abs(a - b) for a, b in zip(colour, (20, 35, 63), strict=True)) <= 4)
        > 100_000
    )


def test_a_mistake_is_one_sentence_and_nothing_is_drawn(asked, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    told = asked("check", str(laid(tmp_path / "kit", SOUND.replace("#14233f", "navy"))))
    assert told.exit_code == BAD_INPUT
    assert "write it as #rrggbb" in told.stderr
    assert "Traceback" not in told.output
    assert not (tmp_path / "brand.png").exists()


def test_a_kit_is_kept_by_its_name_and_listed(asked, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert asked("keep", str(laid(tmp_path / "kit"))).exit_code == 0
    assert "Ledgerleaf" in asked("list").output
    again = asked("keep", str(laid(tmp_path / "kit", SOUND.replace("own", "real"))))
    assert "The version before it is kept as Ledgerleaf@" in again.output


@pytest.mark.parametrize(
    ("kit", "wish", "told"),
    [("Nobody", "make a 30s promo", "is no brand"), ("kit", "make an 8s promo", "ask for 8.5 s or more")],
    ids=["no such brand", "a card that leaves too little"],
)
def test_make_refuses_a_brand_that_can_not_be_worn_before_anything_is_made(
    asked,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    kit: str,
    wish: str,
    told: str,
) -> None:
    laid(tmp_path / "kit")
    (tmp_path / "talk.mp4").write_bytes(b"never read")
    made = CliRunner().invoke(main, ["make", "talk.mp4", wish, "--brand", kit, "--out", str(tmp_path / "out")])
    assert made.exit_code == BAD_INPUT
    assert told in made.stderr
    assert not list((tmp_path / "home" / "runs").glob("*"))


def test_a_run_wears_its_brand_and_so_does_its_next_version(talk: Path, tmp_path: Path) -> None:  # noqa: F811
    kit = str(laid(tmp_path / "kit"))
    told = said("make", str(talk), "a 10s square promo", "--brand", kit, "--json")
    assert told.exit_code == 0, told.stderr
    outcome = json.loads(told.stdout)
    assert outcome["brand"]["brand"]["name"] == "Ledgerleaf"
    assert abs(outcome["cut"]["length"] - 10) <= 0.5
    played = sum(clip["frames"] for clip in outcome["cut"]["clips"])
    rate = float(Fraction(outcome["cut"]["rate"]))
    assert played / rate == pytest.approx(outcome["cut"]["length"] - 2.5, abs=0.05), "the end card is inside the length"
    row = json.loads(said("show", outcome["run"], "--json").stdout)
    assert row["brief"]["options"]["brand"] == outcome["brand"]["digest"]
    again = said("again", outcome["run"], "bold captions", "--json")
    assert again.exit_code == 0, again.stderr
    after = json.loads(again.stdout)
    after = after.get("outcome", after)
    assert after["brand"] == outcome["brand"]
    assert after["cut"]["length"] == pytest.approx(outcome["cut"]["length"])
    assert after["cut"]["card"] == outcome["cut"]["card"]
