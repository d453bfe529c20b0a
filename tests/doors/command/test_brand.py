"""The verb ``brand`` and the option ``--brand``: checked, drawn, kept by name; mistakes are a sentence and a code."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from doors.command.main import main
from doors.command.outcome import BAD_INPUT
from tests.tools.brand.test_kit import SOUND, laid


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
    assert max(n for n, colour in colours if max(abs(a - b) for a, b in zip(colour, (20, 35, 63), strict=True)) <= 4) > 100_000


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
