"""What a request may have beside its words, over HTTP: a transcript, music, strictness; and what may be done to a run: a fix, one zip, deletion."""

from __future__ import annotations

import io
import json
import wave
import zipfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.settings import load
from doors.page.app import build
from doors.page.contract import Said
from tests.agent.test_loop import video  # noqa: F401
from tests.doors.page.test_app import GHOST, WISH, ended, opened, studio

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

LINES = (
    "We lost half of our customers in the first week.",
    "Then we asked the ones who had stayed what they wanted.",
    "They said that the Kubernetes page was never clear to them.",
    "So we wrote it again in plain words for everyone.",
    "Churn fell by a third within the next month.",
    "Thirty one percent of the others came back after that.",
    "That is what a clear page is worth to a team.",
)


def captions() -> bytes:
    """A SubRip file of seven sentences, each of five seconds."""
    rows = [f"{n + 1}\n00:00:{6 * n:02},200 --> 00:00:{6 * n + 5:02},200\n{line}\n" for n, line in enumerate(LINES)]
    return "\n".join(rows).encode()


def tune() -> bytes:
    """Two seconds of a square wave as WAV."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((b"\x00\x10" * 20 + b"\x00\xf0" * 20) * 400)
    return held.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("beside")


@pytest.fixture(scope="module")
def door(folder: Path) -> Any:
    with opened(folder) as client:
        yield client


@pytest.fixture(scope="module")
def talk(door: TestClient, video: Path) -> str:  # noqa: F811
    with video.open("rb") as file:
        return door.post("/videos", files={"file": ("talk.mp4", file)}).json()["id"]


@pytest.fixture(scope="module")
def given(door: TestClient, talk: str) -> dict[str, Any]:
    """The video with a transcript and with music."""
    first = door.post(f"/videos/{talk}/transcript", files={"file": ("words.srt", captions())})
    assert first.status_code == 201, first.text
    second = door.post(f"/videos/{talk}/music", files={"file": ("../tune.wav", tune())})
    assert second.status_code == 201, second.text
    return second.json()


@pytest.fixture(scope="module")
def made(door: TestClient, talk: str, given: dict[str, Any]) -> dict[str, Any]:
    body = {"message": WISH, "video": talk, "music": given["music"][0]["id"], "tighten": True}
    answer = door.post("/chat", json=body)
    assert answer.status_code == 202, answer.text
    return ended(door, answer.json()["run_id"])


def test_a_transcript_and_music_that_were_given_are_told_with_their_video(
    door: TestClient, talk: str, given: dict[str, Any]
) -> None:
    (told,) = [each for each in door.get("/videos").json()["videos"] if each["id"] == talk]
    assert told == given
    assert (told["transcript"], [each["name"] for each in told["music"]]) == ("words.srt", ["tune.wav"])


def test_a_run_uses_what_was_given_and_is_the_run_that_was_told(made: dict[str, Any], folder: Path) -> None:
    assert made["status"].startswith("done"), made
    heard = json.loads(next((folder / "outbox").glob(f"*/{made['run_id']}/transcript.json")).read_text())
    assert "Kubernetes" in json.dumps(heard)
    assert (folder / "runs" / made["run_id"] / "music.bin").read_bytes() == tune()


def test_what_can_not_be_used_is_refused_and_what_was_given_before_stays(
    door: TestClient, talk: str, given: dict[str, Any], folder: Path
) -> None:
    before = sorted(path.name for path in (folder / "videos" / talk).iterdir())
    for what, name, data, says in (
        ("transcript", "talk.docx", b"words", "Give an .srt"),
        ("transcript", "talk.srt", b"no captions at all", "can't be used as the transcript"),
        ("transcript", "talk.json", b"{", "can't be used as the transcript"),
        ("music", "song.mp3", b"no music at all", "song.mp3 can't be used as music"),
    ):
        answer = door.post(f"/videos/{talk}/{what}", files={"file": (name, data)})
        assert answer.status_code == 422, answer.text
        assert says in answer.json()["error"] + answer.json()["to_do"]
    assert sorted(path.name for path in (folder / "videos" / talk).iterdir()) == before
    for place in (GHOST, "..%2f" + talk, talk[:12]):
        assert door.post(f"/videos/{place}/music", files={"file": ("a.wav", tune())}).status_code == 404
    assert door.post("/chat", json={"message": WISH, "video": talk, "music": GHOST}).status_code == 404


def test_a_video_is_listened_to_again_once_its_transcript_is_taken_back(folder: Path, video: Path) -> None:  # noqa: F811
    with opened(folder) as door:
        with video.open("rb") as file:
            other = door.post("/videos", files={"file": ("another name.mp4", file)}).json()["id"]
        door.app.state.desk.worker.stop()  # type: ignore[attr-defined]  # what is asked for is kept, and not made
        runs = []
        for change in (None, "give", "drop"):
            if change == "give":
                door.post(f"/videos/{other}/transcript", files={"file": ("words.srt", captions())})
            if change == "drop":
                assert door.delete(f"/videos/{other}/transcript").json()["transcript"] is None
            runs.append(door.post("/chat", json={"message": WISH, "video": other}).json()["run_id"])
        records = door.app.state.desk.records  # type: ignore[attr-defined]
        for row in records.requests("local", waiting=True):
            records.end("local", row["key"])
    assert runs[0] == runs[2] != runs[1]


def test_a_strict_request_makes_nothing_of_a_wish_that_is_not_met_whole(door: TestClient, talk: str) -> None:
    body = {"message": "make a 16s promo with fireworks", "video": talk, "plan": True}
    assert "not understood" in door.post("/chat", json=body).json()["understood"]
    answer = door.post("/chat", json={**body, "strict": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "wish")


def test_each_field_makes_another_request_and_fresh_a_new_one_each_time(folder: Path, talk: str) -> None:
    desk = build(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), studio(folder)).state.desk
    desk.worker.stop()
    asked = ({}, {"tighten": True}, {"strict": True}, {"clean": True}, {"fresh": True}, {"fresh": True})
    runs = [desk.say(Said(message=WISH, video=talk, **more))[1]["run_id"] for more in asked]
    for row in desk.records.requests("local", waiting=True):
        desk.records.end("local", row["key"])
    assert len(set(runs)) == len(asked)


@pytest.mark.parametrize("field", ["clean", "strict", "tighten", "fresh", "music"])
def test_what_is_asked_with_a_new_promo_is_refused_with_a_change(
    door: TestClient, made: dict[str, Any], field: str
) -> None:
    body = {"message": "only vertical", "thread": made["thread"], field: GHOST if field == "music" else True}
    answer = door.post("/chat", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, field)


def test_a_word_is_put_right_as_a_version_of_its_own(door: TestClient, made: dict[str, Any]) -> None:
    word = max(made["clips"][0]["text"].split(), key=len).strip(".,")
    place, key = f"/runs/{made['run_id']}/fix", {"Idempotency-Key": "fix-1"}
    answer = door.post(place, json={"words": [f"{word}=Hookline"]}, headers=key)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/runs/{answer.json()['run_id']}"
    told = ended(door, answer.json()["run_id"])
    assert (told["parent"], told["version"] > made["version"]) == (made["run_id"], True)
    assert "Hookline" in told["clips"][0]["text"]
    assert door.post(place, json={"words": [f"{word}=Hookline"]}, headers=key).json() == answer.json()
    for words, status in ((["zzyzx=Kubernetes"], 422), ([], 422), (["a\x00=b"], 422), (["=="], 422)):
        assert door.post(place, json={"words": words}).status_code == status
    assert door.post(f"/runs/{GHOST}/fix", json={"words": ["a=b"]}).status_code == 404


def test_all_files_of_a_run_come_as_one_zip(door: TestClient, made: dict[str, Any]) -> None:
    base = f"/runs/{made['run_id']}/files"
    answer = door.get(f"{base}.zip")
    assert answer.headers["content-type"] == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert packed.testzip() is None
    names = {name.split("/")[-1]: name for name in packed.namelist()}
    assert set(names) == {output["name"] for output in made["outputs"]} | {"run.json"}
    assert packed.read(names["promo_1x1.mp4"]) == door.get(f"{base}/promo_1x1.mp4").content
    assert door.get(f"/runs/{GHOST}/files.zip").status_code == 404


def test_a_run_is_deleted_with_its_files_but_not_while_it_waits(door: TestClient, folder: Path, talk: str) -> None:
    wish = {"message": "make a 10s square promo without captions for LinkedIn", "video": talk}
    run = door.post("/chat", json=wish).json()["run_id"]
    assert ended(door, run)["status"].startswith("done")
    assert door.delete(f"/runs/{run}").json() == {"run_id": run, "left": []}
    assert door.get(f"/runs/{run}").status_code == door.delete(f"/runs/{run}").status_code == 404
    assert not list(folder.glob(f"*/{run}")) + list((folder / "outbox").glob(f"*/{run}"))
    desk = build(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), studio(folder)).state.desk
    desk.worker.stop()
    _, answer = desk.say(Said(message="make a 12s square promo", video=talk))
    waiting = door.delete(f"/runs/{answer['run_id']}")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "working")
    for row in desk.records.requests("local", waiting=True):
        desk.records.end("local", row["key"])
