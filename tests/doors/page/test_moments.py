"""The best moments over HTTP: proposed first, and those rendered that a person chooses, then or later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.settings import load
from doors.page.app import build
from tests.agent.test_clips import TALK
from tests.agent.test_loop import Heard, video  # noqa: F401
from tests.doors.page.test_app import GHOST, ended, studio

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

WISH = "the 2 best moments, 6 to 12 seconds, square, no captions, for LinkedIn"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("moments")
    at = studio(folder)
    at = replace(at, engines=replace(at.engines, transcriber=Heard(TALK)))
    app = build(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), at)
    with TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def talk(door: TestClient, video: Path) -> str:  # noqa: F811
    with video.open("rb") as file:
        return str(door.post("/videos", files={"file": ("talk.mp4", file, "video/mp4")}).json()["id"])


@pytest.fixture(scope="module")
def sheet(door: TestClient, talk: str) -> dict[str, Any]:
    """A run that proposed two moments and rendered none."""
    answer = door.post("/chat", json={"message": WISH, "video": talk, "sheet": True})
    assert answer.status_code == 202, answer.text
    return ended(door, answer.json()["run_id"])


@pytest.fixture(scope="module")
def chosen(door: TestClient, sheet: dict[str, Any]) -> dict[str, Any]:
    """The run that rendered the second of them."""
    answer = door.post(f"/runs/{sheet['run_id']}/moments", json={"only": [2]})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/runs/{answer.json()['run_id']}"
    return ended(door, answer.json()["run_id"])


def test_a_sheet_tells_its_moments_with_numbers_and_renders_none(door: TestClient, sheet: dict[str, Any]) -> None:
    assert sheet["status"].startswith("done"), sheet
    assert [each["n"] for each in sheet["moments"]] == [1, 2]
    assert all(6 <= each["seconds"] <= 12 and each["text"] and each["reason"] for each in sheet["moments"])
    assert {each["run_id"] for each in door.get("/runs").json()["runs"]} == {sheet["run_id"]}


def test_what_is_chosen_is_rendered_and_nothing_else(
    door: TestClient, sheet: dict[str, Any], chosen: dict[str, Any]
) -> None:
    assert chosen["status"].startswith("done"), chosen
    assert chosen["length"] == pytest.approx(sheet["moments"][1]["seconds"], abs=0.5)
    assert chosen["thread"] == sheet["run_id"]
    now = door.get(f"/runs/{sheet['run_id']}").json()["moments"]
    assert [each["run_id"] for each in now] == [None, chosen["run_id"]]
    assert len(door.get("/runs").json()["runs"]) == 2


def test_another_is_chosen_later_as_a_further_version(
    door: TestClient, sheet: dict[str, Any], chosen: dict[str, Any]
) -> None:
    answer = door.post(f"/runs/{sheet['run_id']}/moments", json={"only": [1]}).json()
    assert answer["version"] == chosen["version"] + 1
    assert ended(door, answer["run_id"])["version"] == answer["version"]
    assert all(each["run_id"] for each in door.get(f"/runs/{sheet['run_id']}").json()["moments"])


@pytest.mark.parametrize(
    ("only", "code"),
    [([3], "only"), ([], "body"), ([0], "body"), (["1"], "body")],
    ids=["too high", "none", "zero", "text"],
)
def test_numbers_that_a_sheet_has_not_are_refused_with_what_it_has(
    door: TestClient, sheet: dict[str, Any], only: list[Any], code: str
) -> None:
    answer = door.post(f"/runs/{sheet['run_id']}/moments", json={"only": only})
    assert answer.status_code == 422
    assert answer.json()["to_do"]
    if code == "only":
        assert answer.json()["error"] == "There is no moment 3; the sheet has 1 to 2."


def test_only_a_run_that_proposed_moments_has_some_to_choose(door: TestClient, chosen: dict[str, Any]) -> None:
    answer = door.post(f"/runs/{chosen['run_id']}/moments", json={"only": [1]})
    assert (answer.status_code, answer.json()["code"]) == (422, "no-moments")
    assert door.post(f"/runs/{GHOST}/moments", json={"only": [1]}).status_code == 404


def test_a_sheet_is_asked_for_with_a_wish_for_moments_alone(
    door: TestClient, talk: str, chosen: dict[str, Any]
) -> None:
    answer = door.post("/chat", json={"message": "make a 12s promo", "video": talk, "sheet": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "sheet")
    assert "the 8 best moments" in answer.json()["to_do"]
    change = {"message": "no captions", "thread": chosen["thread"], "sheet": True}
    assert door.post("/chat", json=change).status_code == 422


def test_the_page_has_a_box_for_each_moment_that_is_not_made(
    door: TestClient, sheet: dict[str, Any], chosen: dict[str, Any]
) -> None:
    page = door.get("/", params={"run": sheet["run_id"]}).text
    boxes = [line for line in page.splitlines() if "data-moment" in line]
    assert len(boxes) == 2
    assert "disabled" in boxes[1]
    assert f"/?run={chosen['run_id']}" in page
    assert 'id="sheet"' in door.get("/").text
