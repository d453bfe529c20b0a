"""The end of a run is told by a signed webhook: last, at least once, to the address that was named and no other."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from agent.deciding.planner import Planner
from agent.loop import run
from agent.notices import DAYS, Webhook, key, signed
from agent.outcome import place
from agent.record.records import Records
from agent.settings import SettingsError, load
from agent.studio import Studio
from tests.agent.test_loop import Heard, Unseeing
from tools.local.extract import Extractive
from tools.local.folder import Folder
from tools.ports import Engines
from tools.schema import Brief, Outcome

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Receiver:
    """Answers with ``answers`` in turn, then with 204; ``heard`` keeps what came."""

    def __init__(self, *answers: int) -> None:
        self.answers, self.heard = list(answers), []
        self.url = ""

    def look(self) -> None:
        """For who looks around when a message comes."""

    @contextlib.contextmanager
    def open(self) -> Iterator[Receiver]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append((dict(self.headers), body))
                receiver.look()
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", f"{receiver.url}elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def told(receiver: Receiver, folder: Path, brief: Brief, status: Any = "done") -> Webhook:
    made = Webhook(receiver.url, key(SECRET), folder, waits=(0.0, 0.0, 0.0))
    made.keep(brief, Outcome(run=brief.run, status=status), f"talk/{brief.run}")
    made.deliver()
    return made


def test_the_signature_is_that_of_the_specifications_example() -> None:
    body = b'{"test": 2432232314}'
    made = signed(key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_end_is_told_once_signed_and_then_forgotten(tmp_path: Path, brief: Brief) -> None:
    with Receiver().open() as receiver:
        told(receiver, tmp_path, brief).deliver()
        ((headers, body),) = receiver.heard
    mark = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(bytes(range(32)), mark, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    said = json.loads(body)
    assert (said["type"], said["data"]["run"], said["data"]["status"]) == ("run.ended", brief.run, "done")
    assert not list(tmp_path.iterdir())


def test_what_is_not_taken_is_tried_again_under_the_same_id(tmp_path: Path, brief: Brief) -> None:
    with Receiver(500, 503).open() as receiver:
        told(receiver, tmp_path, brief)
    assert [headers["Webhook-Id"] for headers, _ in receiver.heard] == [f"run_{brief.run}"] * 3


def test_what_nobody_took_is_sent_by_the_next_start_and_given_up_after_some_days(tmp_path: Path, brief: Brief) -> None:
    with Receiver(500, 500, 500).open() as receiver:
        made = told(receiver, tmp_path, brief)
        assert [path.name for path in tmp_path.iterdir()] == [f"{brief.run}.json"]
        made.deliver()
        assert len(receiver.heard) == 4
        made.keep(brief, Outcome(run=brief.run, status="done"), "talk")
        old = time.time() - DAYS * 86400 - 1
        os.utime(tmp_path / f"{brief.run}.json", (old, old))
        made.deliver()
        assert len(receiver.heard) == 4
    assert not list(tmp_path.iterdir())


def test_a_redirect_is_not_followed(tmp_path: Path, brief: Brief) -> None:
    with Receiver(302, 307, 308).open() as receiver:
        told(receiver, tmp_path, brief)
    assert len(receiver.heard) == 3
    assert list(tmp_path.iterdir()), "not taken"


def test_a_machine_that_is_not_there_fails_no_run(tmp_path: Path, brief: Brief) -> None:
    made = Webhook("http://127.0.0.1:9/", key(SECRET), tmp_path, waits=(0.0,))
    made.keep(brief, Outcome(run=brief.run, status="failed"), "talk")
    made.deliver()
    assert list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"webhook": "http://example.com/"}, "neither https"),
        ({"webhook": "https:///hook"}, "neither https"),
        ({"webhook": "https://example.com/", "webhook_secret": "whsec_c2hvcnQ="}, "webhook_secret"),
        ({"webhook": "https://example.com/"}, "webhook_secret"),
    ],
)
def test_a_wrong_webhook_is_named_at_the_start_without_its_secret(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        load(environ={}, **given)
    assert "c2hvcnQ" not in str(refused.value)


def test_a_run_is_told_when_its_outcome_lies_in_the_outbox_and_its_end_in_the_record(
    tmp_path: Path, brief: Brief
) -> None:
    seen: list[tuple[bool, str]] = []

    class Looks(Receiver):
        def look(self) -> None:
            outcome = tmp_path / "outbox" / place(brief) / "run.json"
            seen.append((outcome.exists(), records.run(brief.run)["state"]))

    records = Records(f"sqlite:///{tmp_path / 'record.sqlite3'}")
    records.migrate()
    engines = Engines(
        transcriber=Heard(), analyst=Unseeing(), copywriter=Extractive(), store=Folder(tmp_path / "outbox")
    )
    with Looks().open() as receiver:
        webhook = Webhook(receiver.url, key(SECRET), tmp_path / "notices", waits=(0.0,))
        studio = Studio(engines, Planner(), "p", records, tmp_path / "runs", notices=webhook)
        outcome = run(brief, studio, lambda into: into.write_bytes(b"no video"))
    assert outcome.status == "refused"
    assert seen == [(True, "refused")]
    records.close()
