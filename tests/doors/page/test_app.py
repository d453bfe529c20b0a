"""The HTTP contract over the real loop: a small video, the embedded planner, and whatever someone may send."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from agent.deciding import PLANNER
from agent.deciding.planner import Planner
from agent.deciding.scripted import Scripted
from agent.record.records import Records
from agent.settings import load
from agent.studio import Studio
from doors.page.app import OPERATIONS, build
from doors.page.contract import Said
from report.page import report
from tests import ROOT
from tests.agent.test_loop import Heard, Unseeing, video  # noqa: F401
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.ports import Engines

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]

WISH = "make a 16s square promo for LinkedIn without captions"
GHOST = "0" * 20


def studio(folder: Path) -> Studio:
    records = Records(f"sqlite:///{folder / 'record.sqlite3'}")
    records.migrate()
    engines = Engines(transcriber=Heard(), analyst=Unseeing(), copywriter=Extractive(), store=Folder(folder / "outbox"))
    return Studio(
        engines=engines, model=Planner(), model_id=PLANNER, records=records, home=folder / "runs", report=report
    )


def opened(folder: Path) -> TestClient:
    settings = load(environ={}, home=str(folder), outbox=str(folder / "outbox"))
    return TestClient(build(settings, studio(folder)), base_url="http://127.0.0.1:8765", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def door(folder: Path) -> Any:
    with opened(folder) as client:
        yield client


def ended(door: TestClient, run: str, seconds: float = 600) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = door.get(f"/runs/{run}").json()
        if told["status"] not in ("queued", "working"):
            return told
        time.sleep(0.2)
    raise AssertionError(f"run {run} has not ended: {told}")


@pytest.fixture(scope="module")
def talk(door: TestClient, video: Path) -> str:  # noqa: F811
    """The id of the uploaded video."""
    with video.open("rb") as file:
        answer = door.post("/videos", files={"file": ("../../etc/tålk \u202e.mp4", file, "video/mp4")})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture(scope="module")
def made(door: TestClient, talk: str) -> dict[str, Any]:
    """A finished run."""
    answer = door.post("/chat", json={"message": WISH, "video": talk})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/runs/{answer.json()['run_id']}"
    return ended(door, answer.json()["run_id"])


def test_an_upload_is_kept_under_an_id_and_its_name_is_only_shown(door: TestClient, talk: str, folder: Path) -> None:
    told = next(each for each in door.get("/videos").json()["videos"] if each["id"] == talk)
    assert told["name"] == "tålk .mp4"
    assert told["seconds"] == pytest.approx(42, abs=0.2)
    assert [path.name for path in (folder / "videos").iterdir()] == [talk]


def test_a_request_in_words_becomes_a_run_with_steps_outputs_and_cost(door: TestClient, made: dict[str, Any]) -> None:
    assert made["status"].startswith("done"), made
    assert made["length"] == pytest.approx(16, abs=0.5)
    assert {"transcribe", "look", "cut", "write", "cover", "assemble"} <= {step["name"] for step in made["steps"]}
    assert "promo_1x1.mp4" in {output["name"] for output in made["outputs"]}
    assert made["cost"]["tool_calls"] >= 6
    assert f"{made['length']:.1f} s in {len(made['clips'])} clips" in made["reply"]
    assert made["run_id"] in {run["run_id"] for run in door.get("/runs").json()["runs"]}


def test_a_run_can_be_watched_until_it_has_ended(door: TestClient, made: dict[str, Any]) -> None:
    with door.stream("GET", f"/runs/{made['run_id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = "".join(answer.iter_text())
    assert json.loads(text.split("data: ")[1].split("\n")[0])["run_id"] == made["run_id"]
    assert text.rstrip().endswith("event: end\ndata: {}")


def test_a_runs_own_files_come_whole_and_in_ranges_and_nothing_else_does(
    door: TestClient, made: dict[str, Any], folder: Path
) -> None:
    base = f"/runs/{made['run_id']}/files"
    part = door.get(f"{base}/promo_1x1.mp4", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content), part.headers["content-type"]) == (206, 100, "video/mp4")
    page = door.get(f"/runs/{made['run_id']}/report")
    assert page.status_code == 200
    assert page.url.path.endswith("/files/report.html")
    next((folder / "outbox").glob(f"*/{made['run_id']}"), folder).joinpath("stray.txt").write_text("not of this run")
    for name in ("stray.txt", "source.bin", "..%2f..%2frecord.sqlite3", "%2e%2e/run.json", "nothing"):
        assert door.get(f"{base}/{name}").status_code == 404


def test_a_question_is_answered_from_the_record_and_makes_nothing(door: TestClient, made: dict[str, Any]) -> None:
    before = len(door.get("/runs").json()["runs"])
    answer = door.post("/chat", json={"message": "why this cut?", "thread": made["thread"]})
    assert answer.status_code == 200
    assert "A (" in answer.json()["reply"]
    assert len(door.get("/runs").json()["runs"]) == before


def test_a_promo_is_approved_and_the_last_word_counts(door: TestClient, made: dict[str, Any]) -> None:
    base = f"/runs/{made['run_id']}"
    assert made["approval"] is None
    assert door.post(f"{base}/approval", json={"verdict": "rejected"}).json()["verdict"] == "rejected"
    told = door.post(f"{base}/approval", json={"verdict": "approved"}).json()
    assert (told["verdict"], bool(told["who"]), bool(told["at"])) == ("approved", True, True)
    assert door.get(base).json()["approval"] == told
    assert door.post(f"{base}/approval", json={"verdict": "maybe"}).status_code == 422
    assert door.post(f"/runs/{GHOST}/approval", json={"verdict": "approved"}).status_code == 404


def test_a_file_of_this_machine_alone_is_not_shared_by_a_link(door: TestClient, made: dict[str, Any]) -> None:
    answer = door.post(f"/runs/{made['run_id']}/share", json={"name": "promo_1x1.mp4"})
    assert (answer.status_code, answer.json()["code"]) == (422, "here")
    assert door.post(f"/runs/{made['run_id']}/share", json={"name": "nothing"}).status_code == 404


def test_a_plan_says_time_and_cost_and_makes_nothing(door: TestClient, talk: str, made: dict[str, Any]) -> None:
    first = door.post("/chat", json={"message": WISH, "video": talk, "plan": True})
    change = door.post("/chat", json={"message": "drop the last clip", "thread": made["thread"], "plan": True})
    for answer in (first, change):
        assert answer.status_code == 200, answer.text
        assert answer.json()["plan"]["seconds"] > 0
        assert answer.json()["run_id"] is None
    assert change.json()["changes"]


def test_a_revision_is_the_next_version_and_an_earlier_one_can_be_had_again(
    door: TestClient, made: dict[str, Any]
) -> None:
    answer = door.post("/chat", json={"message": "drop the last clip", "thread": made["thread"]})
    assert answer.status_code == 202, answer.text
    told = ended(door, answer.json()["run_id"])
    assert told["status"].startswith("done"), told
    assert (told["thread"], told["parent"]) == (made["thread"], made["run_id"])
    assert told["version"] > made["version"]
    assert len(told["clips"]) == len(made["clips"]) - 1
    assert told["changes"]
    back = door.post("/chat", json={"message": "undo", "thread": made["thread"]})
    assert back.status_code == 202, back.text
    assert len(ended(door, back.json()["run_id"])["clips"]) == len(made["clips"])


def test_the_reading_model_is_asked_once_for_a_revision_and_what_it_was_told_to_be_is_made(
    door: TestClient, folder: Path, made: dict[str, Any]
) -> None:
    reader = Scripted(
        turns=[("understood", {"changes": [{"what": "drop", "clips": [-1]}]}), "The rest is for the rules."]
    )
    at = replace(studio(folder), model=reader, model_id="reader")
    desk = build(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), at).state.desk
    desk.worker.stop()
    said = Said(message="My honest feeling is that it ends a little late", thread=made["thread"])
    status, answer = desk.say(said)
    assert (status, answer["understood"]) == (202, "without the last clip")
    shutil.rmtree(at.home.parent / "readings")
    (row,) = at.records.requests("local", waiting=True)
    desk.carry(row, desk.worker)
    at.records.end("local", row["key"])
    told = door.get(f"/runs/{answer['run_id']}").json()
    assert (told["status"].split()[0], told["version"], told["changes"]) == (
        "done",
        answer["version"],
        answer["changes"],
    )
    assert sum(str(messages[0].content).startswith("You read how a person") for messages in reader.asked) == 1


def test_a_revision_that_waits_from_before_it_was_handed_over_is_still_made(
    door: TestClient, folder: Path, made: dict[str, Any]
) -> None:
    desk = build(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), studio(folder)).state.desk
    job = {"kind": "revise", "parent": made["run_id"], "message": "only vertical"}
    row = desk.records.ask(
        "local", "one:old", "0", {"status": 202, "body": {}}, thread=made["thread"], run="e" * 20, job=job
    )
    desk.carry(row, desk.worker)
    desk.records.end("local", row["key"])
    assert door.get(f"/runs/{'e' * 20}").json()["status"].startswith("done")


def test_the_same_key_answers_the_same_and_another_body_is_refused_after_a_restart_too(
    door: TestClient, folder: Path, talk: str, made: dict[str, Any]
) -> None:
    body, key = {"message": WISH, "video": talk}, {"Idempotency-Key": "one-and-only"}
    first = door.post("/chat", json=body, headers=key)
    again = door.post("/chat", json=body, headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.json()["run_id"] == made["run_id"]
    ended(door, made["run_id"])
    with opened(folder) as restarted:
        assert restarted.post("/chat", json=body, headers=key).json() == first.json()
        other = restarted.post("/chat", json={**body, "message": "make a 20s promo"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "key-taken")


def test_what_waited_when_the_door_was_closed_is_made_after_the_next_start(
    folder: Path, door: TestClient, talk: str
) -> None:
    desk = build(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), studio(folder)).state.desk
    desk.worker.stop()  # the process dies before it begins
    _, answer = desk.say(Said(message="make a 10s square promo without captions for LinkedIn", video=talk))
    assert door.get(f"/runs/{answer['run_id']}").json()["status"] == "queued"
    with opened(folder) as restarted:
        assert ended(restarted, answer["run_id"])["status"].startswith("done")


def test_a_clean_master_is_asked_for_by_a_field_and_is_another_request_than_without(
    door: TestClient, folder: Path, talk: str, made: dict[str, Any]
) -> None:
    desk = build(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), studio(folder)).state.desk
    desk.worker.stop()
    _, answer = desk.say(Said(message=WISH, video=talk, clean=True))
    assert answer["understood"].endswith("each with a clean master")
    assert answer["run_id"] != made["run_id"]
    (row,) = desk.records.requests("local", run=answer["run_id"])
    assert row["job"]["reading"]["clean"] is True
    desk.records.end("local", row["key"])
    plan = door.post("/chat", json={"message": WISH, "video": talk, "clean": True, "plan": True}).json()["plan"]
    assert "render a clean master of each" in plan["steps"]
    change = door.post("/chat", json={"message": "only vertical", "thread": made["thread"], "clean": True})
    assert (change.status_code, change.json()["code"]) == (422, "clean")


def test_thumbs_are_kept_as_labels_and_the_last_word_counts(door: TestClient, made: dict[str, Any]) -> None:
    place = f"/runs/{made['run_id']}/thumbs"
    door.post(place, json={"clip": 1, "thumb": "up"})
    assert door.post(place, json={"clip": 1, "thumb": "down"}).json() == {"thumbs": {"1": "down"}}
    assert door.get(f"/runs/{made['run_id']}").json()["clips"][0]["thumb"] == "down"
    assert door.post(place, json={"clip": 99, "thumb": "up"}).status_code == 422


def test_what_is_not_yours_and_what_never_was_are_told_alike(
    door: TestClient, made: dict[str, Any], folder: Path
) -> None:
    from tools.schema import Brief

    foreign = "f" * 20
    records = Records(f"sqlite:///{folder / 'record.sqlite3'}")
    records.claim(Brief(run=foreign, video="secret.mp4", wish="theirs"), tenant="someone else")
    records.close()
    for path in ("/runs/{}", "/runs/{}/events", "/runs/{}/report", "/runs/{}/files/run.json"):
        told = [door.get(path.format(name)) for name in (foreign, GHOST)]
        assert [each.status_code for each in told] == [404, 404]
        assert told[0].json() == told[1].json()
    said = [door.post("/chat", json={"message": "shorter", "thread": name}) for name in (foreign, GHOST)]
    assert [each.status_code for each in said] == [404, 404]
    assert said[0].json() == said[1].json()
    assert door.get(f"/runs/{made['run_id'][:12]}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": ""}, 422),
        ({"message": "  \n "}, 422),
        ({"message": "make a 30s promo " * 600}, 422),
        ({"message": "make a 0 s promo"}, 422),
        ({"message": "make a 4000 s promo"}, 422),
        ({"message": "make a\x00 promo"}, 422),
        ({"message": "make a \x1b[31mpromo"}, 422),
        ({"message": "\ud800"}, 422),
        ({"message": 7}, 422),
        ({"message": None}, 422),
        ({"message": ["make"]}, 422),
        ({"message": "make a promo", "plan": "yes"}, 422),
        ({"message": "make a promo", "more": 1}, 422),
        ({"message": "make a promo", "video": "../../etc"}, 422),
        ({"message": "make a promo", "video": GHOST}, 404),
        ({"message": "make a promo in German"}, 422),
        ([], 422),
        (None, 422),
    ],
    ids=lambda given: json.dumps(given)[:40],
)
def test_bad_input_is_told_in_words_with_what_to_do(door: TestClient, talk: str, body: Any, status: int) -> None:
    whole = {"video": talk, **body} if isinstance(body, dict) else body
    answer = door.post("/chat", content=json.dumps(whole).encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
    assert answer.json()["to_do"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"[" * 60_000, "application/json", 400),
        (b'{"message": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b" " * 70_000, "application/json", 413),
        (b"message=make", "application/x-www-form-urlencoded", 415),
    ],
    ids=["deep", "NaN", "not UTF-8", "long", "a form"],
)
def test_what_is_no_json_object_is_refused(door: TestClient, content: bytes, kind: str, status: int) -> None:
    assert door.post("/chat", content=content, headers={"Content-Type": kind}).status_code == status


def test_an_upload_that_is_no_video_or_too_large_leaves_nothing(door: TestClient, folder: Path, talk: str) -> None:
    before = sorted((folder / "videos").iterdir())
    assert door.post("/videos", files={"file": ("a.mp4", b"no video at all", "video/mp4")}).status_code == 422
    assert door.post("/videos", files={"other": ("a.mp4", b"x", "video/mp4")}).status_code == 422
    assert door.post(
        "/videos", content=b"--x\r\nrubbish", headers={"Content-Type": "multipart/form-data; boundary=x"}
    ).status_code in (400, 422)
    assert door.post("/videos", content=b"x").status_code == 415
    shelf = door.app.state.desk.shelf  # type: ignore[attr-defined]
    largest, shelf.largest = shelf.largest, 1000
    try:
        assert door.post("/videos", files={"file": ("a.mp4", b"x" * 5000, "video/mp4")}).status_code == 413
    finally:
        shelf.largest = largest
    assert sorted((folder / "videos").iterdir()) == before


def test_another_name_for_this_machine_and_another_sites_page_are_refused(door: TestClient, talk: str) -> None:
    assert door.get("/runs", headers={"Host": "evil.example:8765"}).status_code == 421
    assert door.get("/runs", headers={"Host": "localhost:8765"}).status_code == 200
    assert door.get("/runs", headers={"Host": "[::1]:8765"}).status_code == 200
    body = {"message": WISH, "video": talk, "plan": True}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert door.post("/chat", json=body, headers=headers).status_code == 403
    assert door.post("/chat", json=body, headers={"Origin": "http://127.0.0.1:8765"}).status_code == 200


def test_every_answer_carries_the_headers_that_keep_a_browser_safe(door: TestClient) -> None:
    for path in ("/", "/runs", "/nothing", "/static/page.js"):
        headers = door.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]


def test_the_document_names_every_route_and_every_status_that_was_seen(door: TestClient) -> None:
    told = door.get("/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert {(op.path, op.method.lower()) for op in OPERATIONS} == {
        (path, method) for path, methods in told["paths"].items() for method in methods
    }


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_no_request_that_the_document_allows_or_forbids_breaks_the_door(
    folder: Path, talk: str, made: dict[str, Any], mode: str
) -> None:
    """Schemathesis makes them up, by the document and against it; each answer is one that the document tells of."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.generation import GenerationMode

    app = build(
        load(environ={}, home=str(folder), outbox=str(folder / "outbox")), studio(folder), names=("testserver",)
    )
    app.state.desk.worker.stop()  # what is asked for is kept, and not made
    tried: dict[str, set[int]] = {}
    counted = 0

    def fuzz(told: Any) -> Any:
        def sent(case: Any) -> None:
            nonlocal counted
            if case.path_parameters and counted % 2:
                case.path_parameters |= {"run_id": made["run_id"]} if case.method != "DELETE" else {}
            if isinstance(case.body, dict) and "message" in case.body and (counted % 3 or mode == "positive"):
                of = ({"video": "f" * 20, "thread": None}, {"video": talk}, {"thread": made["thread"]})
                case.body |= of[counted % 3]
                if isinstance(case.body["message"], str) and mode == "positive" and counted % 3 < 2:
                    # Made-up words alone ask for nothing, and nothing is made of them.
                    case.body["message"] = f"make a 10s promo about {case.body['message']}"[:2000]
            answer = case.call(timeout=20)
            counted += 1
            tried.setdefault(told.label, set()).add(answer.status_code)
            known = {int(status) for status in told.definition.raw["responses"]} | {404, 405}
            assert answer.status_code < 500, (case, answer.text)
            assert answer.status_code in known, (case, answer.status_code, answer.text)

        return sent

    limits = settings(
        max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    for result in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
        operation = result.ok()
        if mode == "negative" and not (operation.body or operation.query or operation.headers):
            continue  # nothing of it can be wrong but an id, and that is what no id is told as
        limits(given(operation.as_strategy(generation_mode=GenerationMode(mode)))(fuzz(operation)))()
    print(mode, counted, {name: sorted(seen) for name, seen in tried.items()})
    assert counted >= (250 if mode == "positive" else 100)
    assert tried["POST /chat"] >= ({202, 404, 422} if mode == "positive" else {422})


def test_serve_opens_the_page_with_the_named_video_and_ends_by_ctrl_c(tmp_path: Path, video: Path) -> None:  # noqa: F811
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environ = {**os.environ, "HOOKLINE_HOME": str(tmp_path / "home"), "HOOKLINE_OUTBOX": str(tmp_path / "out")}
    command = [sys.executable, "-m", "doors.command.main", "serve", str(video), "--port", port]
    root = ROOT
    served = subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert served.stdout is not None
        assert served.stdout.readline().strip() == f"http://127.0.0.1:{port}/"
        until = time.monotonic() + 60
        while True:
            try:
                page = httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                assert time.monotonic() < until
                time.sleep(0.2)
        assert "talk.mp4" in page.text
        served.send_signal(signal.SIGINT)
        assert served.wait(20) in (0, 130)
    finally:
        served.kill()
        served.communicate()


def test_html_in_a_name_or_a_wish_is_shown_as_text_and_in_json_as_it_was(door: TestClient, folder: Path) -> None:
    from tools.schema import Brief

    hostile, name = '<img src=x onerror="alert(1)"></title><script>alert(1)</script>', "d" * 20
    records = Records(f"sqlite:///{folder / 'record.sqlite3'}")
    records.claim(Brief(run=name, video=hostile, wish=hostile))
    records.close()
    for path in ("/", f"/?run={name}"):
        text = door.get(path).text
        assert "<img src=x" not in text
        assert "alert(1)</script>" not in text
        assert "&lt;img src=x" in text
    assert door.get(f"/runs/{name}").json()["wish"] == hostile
    assert door.get(f"/runs/{name}").json()["status"] == "working"


@pytest.mark.parametrize("asked", ["run=x", "run=" + GHOST, "with=../..", "video=%3Cimg"])
def test_the_page_of_what_is_not_there_is_a_404_and_never_breaks(door: TestClient, asked: str) -> None:
    told = door.get(f"/?{asked}", headers={"Accept": "text/html"})
    assert (told.status_code, told.headers["content-type"].split(";")[0]) == (404, "text/html")
    assert "There is no such" in told.text
    assert door.get(f"/?{asked}").json()["code"] == "unknown"
