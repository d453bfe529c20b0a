"""The page on AWS in a real browser: through the login, to the bucket and back, over stand-ins of Cognito and S3 on loopback."""

# ruff: noqa: F811

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import uvicorn
from cfnlint.decode import decode

from tests import ROOT
from tests.agent.test_loop import video  # noqa: F401
from tests.doors.page.test_app_aws import Edit, Stage
from tests.doors.page.test_page import browser, shot, tab_of, until  # noqa: F401
from tests.fakes.buckets import account, serve
from tests.fakes.provider import CLIENT, Provider, provider
from tools.aws.functions import Function

pytestmark = [pytest.mark.aws, pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]
ADA, VIC = "ada@example.com", "vic@example.com"


class Carried(Edit):
    """Lambda, which begins what it is handed."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:
        told = super().invoke(FunctionName, InvocationType, Payload)
        threading.Thread(target=self.stage.carry, args=(self.events[-1],), daemon=True).start()
        return told


class Site:
    def __init__(self, stage: Stage, at: Provider, address: str) -> None:
        self.stage, self.at, self.address = stage, at, address


def rules(address: str) -> dict[str, Any]:
    """Who may post to the inbox, by the template, with the page at ``address``."""
    whole, _ = decode(str(ROOT / "sam" / "template.yaml"))
    (rule,) = whole["Resources"]["Inbox"]["Properties"]["CorsConfiguration"]["Fn::If"][1]["CorsRules"]
    methods = {"AllowedMethods": list(rule["AllowedMethods"]), "AllowedHeaders": list(rule["AllowedHeaders"])}
    return {"CORSRules": [{**methods, "AllowedOrigins": [address], "MaxAgeSeconds": rule["MaxAge"]}]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with account(), serve() as bucket, provider() as at, patch.dict(os.environ, {"AWS_ENDPOINT_URL_S3": bucket}):
        at.backs, at.outs = {f"{address}/login/back"}, {f"{address}/"}
        login = {"login_issuer": at.issuer, "login_client": CLIENT, "login_key": os.urandom(24).hex()}
        stage = Stage(tmp_path_factory.mktemp("site"), **login)
        stage.s3.put_bucket_cors(Bucket="inbox", CORSConfiguration=rules(address))
        stage.app.state.desk.worker.edit = Function("hookline-edit:live", api=Carried(stage))
        server = uvicorn.Server(uvicorn.Config(stage.app, port=port, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield Site(stage, at, address)
        server.should_exit = True
        thread.join(20)


def enter(tab: Any, site: Site, person: str, place: str = "/") -> None:
    """Open a page as whoever has not logged in, and do so at the provider."""
    tab.goto(site.address + place)
    tab.get_by_role("button", name=person).click()
    tab.locator(".person", has_text=person).wait_for()


@pytest.fixture(scope="module")
def made(browser: Any, site: Site, video: Path) -> str:
    """The path of a promo that an editor uploaded for, asked for and waited for in the browser."""
    with tab_of(browser) as tab:
        enter(tab, site, ADA)
        tab.set_input_files("#file", str(video))
        tab.get_by_text("talk.mp4 is here").wait_for()
        tab.fill("#message", "make a square 6s promo without captions")
        tab.get_by_role("button", name="Make it").click()
        tab.wait_for_url("**/?run=*")
        tab.get_by_role("heading", name="Result").wait_for(timeout=480_000)
        until(tab, "document.querySelector('#player video').videoWidth > 0")
        return str(tab.url).removeprefix(site.address)


def test_an_editor_approves_a_promo_and_the_row_says_who_and_when(browser: Any, site: Site, made: str) -> None:
    with tab_of(browser) as tab:
        enter(tab, site, ADA, made)
        assert tab.locator("#decided").inner_text() == "nobody has decided yet"
        tab.get_by_role("button", name="Reject").click()
        tab.get_by_text(f"rejected by {ADA}").wait_for()
        tab.get_by_role("button", name="Approve").click()
        tab.get_by_text(f"approved by {ADA}").wait_for()
        tab.reload()
        assert tab.get_by_role("button", name="Approve").get_attribute("aria-pressed") == "true"
        shot(tab, "approved")
    row = site.stage.studio.records.approval(made.partition("run=")[2])
    assert row is not None
    assert (row["verdict"], row["who"]) == (1, ADA)
    assert row["at"]


def test_a_shared_link_is_for_anyone_and_for_a_quarter_of_an_hour(browser: Any, site: Site, made: str) -> None:
    with tab_of(browser) as tab:
        enter(tab, site, ADA, made)
        tab.get_by_role("button", name="Link for 15 minutes").click()
        link = tab.locator("#shared a")
        link.wait_for()
        address = link.get_attribute("href")
    assert "X-Amz-Expires=900" in address
    assert httpx.get(address).headers["content-type"] == "video/mp4"


def test_a_viewer_sees_the_promo_and_may_not_change_a_thing(browser: Any, site: Site, made: str) -> None:
    with tab_of(browser) as tab:
        enter(tab, site, VIC, made)
        until(tab, "document.querySelector('#player video').videoWidth > 0")
        for name in ("Approve", "Reject", "Link for 15 minutes", "Send", "drop it"):
            assert tab.get_by_role("button", name=name).count() == 0
        run = made.partition("run=")[2]
        for path in (f"/runs/{run}/approval", f"/runs/{run}/share", "/chat", "/videos"):
            ask = f"fetch('{path}', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: '{{}}'}})"
            assert tab.evaluate(f"{ask}.then((answer) => answer.status)") == 403
        tab.expected.append("403")
        tab.goto(site.address)
        assert tab.locator("#upload").count() == tab.locator("#chat").count() == 0


def test_who_logs_out_is_asked_anew(browser: Any, site: Site, made: str) -> None:
    with tab_of(browser) as tab:
        enter(tab, site, ADA, made)
        tab.get_by_role("link", name="Log out").click()
        tab.get_by_role("button", name=VIC).wait_for()
        assert tab.url.startswith(site.at.issuer)


@pytest.mark.parametrize("person", [ADA, VIC])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_serious(browser: Any, site: Site, made: str, person: str, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for place in ("/", made):
        with tab_of(browser, width, scheme) as tab:
            enter(tab, site, person, place)
            tab.wait_for_load_state()
            shot(tab, f"aws-{person[:3]}-{len(place) > 1}-{width}-{scheme}")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            found = axe.run(tab).response["violations"]
            bad = [
                (each["id"], [node["target"] for node in each["nodes"]][:5])
                for each in found
                if each["impact"] in ("serious", "critical")
            ]
            assert bad == []
