"""The page in a real browser: from an upload to a revision, by mouse and keyboard, in light and dark, on a phone."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from agent.settings import load
from doors.page.app import build
from tests.agent.test_loop import video  # noqa: F401
from tests.conftest import absent
from tests.doors.page.test_app import studio
from tests.doors.page.test_beside import captions, tune

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("rendered_once")]
SHOTS = os.environ.get("SHOTS")
"""A folder for screenshots, for a person to look at."""
SIZES = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1080, 1080)}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    settings = load(environ={}, home=str(folder), outbox=str(folder / "outbox"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        build(settings, studio(folder)), port=port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        absent("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextlib.contextmanager
def tab_of(browser: Any, width: int = 1280, scheme: str = "light") -> Iterator[Any]:
    """A tab in which every trouble on the console, and every word to another host, fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    troubles: list[str] = []
    tab.on("console", lambda told: troubles.append(told.text) if told.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(("http://127.0.0.1:", "data:", "blob:")) else troubles.append(asked.url)
        ),
    )
    tab.set_default_timeout(60_000)
    tab.expected = []
    yield tab
    context.close()
    assert [each for each in troubles if not any(some in each for some in tab.expected)] == []


@pytest.fixture(scope="module")
def made(browser: Any, address: str, video: Path) -> str:  # noqa: F811
    """The address of a run that was uploaded for, asked for and waited for in the browser."""
    with tab_of(browser) as tab:
        tab.goto(address)
        assert tab.get_by_role("heading", name="Say what you want").is_visible()
        tab.set_input_files("#file", str(video))
        tab.get_by_text("talk.mp4 is here").wait_for()
        tab.fill("#message", "make a 10s promo without captions")
        tab.get_by_role("button", name="What would it take?").click()
        tab.get_by_text("never more than").wait_for()
        tab.get_by_role("button", name="Make it").click()
        tab.wait_for_url("**/?run=*")
        tab.locator("#steps li.done", has_text="listen").wait_for(state="attached")
        tab.get_by_role("heading", name="Result").wait_for(timeout=480_000)
        return str(tab.url)


def until(tab: Any, claim: str, seconds: float = 60) -> None:
    """Wait for a claim in JavaScript, asked by the driver: the page's policy lets no text be run as code within it."""
    end = time.monotonic() + seconds
    while not tab.evaluate(claim):
        assert time.monotonic() < end, claim
        tab.wait_for_timeout(100)


def shot(tab: Any, name: str) -> None:
    if SHOTS:
        tab.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_every_shape_plays_in_its_own_size(browser: Any, made: str) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        names = tab.locator("#player .tabs button").all_inner_texts()
        assert sorted(names) == sorted(SIZES)
        for name in names:
            tab.locator("#player .tabs").get_by_role("button", name=name, exact=True).click()
            assert tab.evaluate("document.querySelector('#player video').poster").startswith("data:image/")
            size = "[document.querySelector('#player video').videoWidth, document.querySelector('#player video').videoHeight]"
            until(tab, f"JSON.stringify({size}) === '{list(SIZES[name])}'.replace(' ', '')")
            tab.evaluate("document.querySelector('#player video').play()")
            until(tab, "document.querySelector('#player video').currentTime > 0.2")


def test_a_click_on_a_sentence_moves_the_player_there(browser: Any, made: str) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        until(tab, "document.querySelector('#player video').readyState > 0")
        last = tab.locator(".script li.in button[data-seek]").last
        there = float(last.get_attribute("data-seek"))
        assert there > 2
        last.click()
        until(tab, f"Math.abs(document.querySelector('#player video').currentTime - {there}) < 1.5")


def test_a_hook_is_copied_and_a_thumb_is_kept(browser: Any, made: str) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        copy = tab.locator("[data-copy]").first
        copy.click()
        tab.get_by_text("copied").first.wait_for()
        assert tab.evaluate("navigator.clipboard.readText()") == copy.get_attribute("data-copy")
        thumb = tab.locator("[data-thumb=up]").first
        thumb.click()
        tab.locator("[data-thumb=up][aria-pressed=true]").first.wait_for()
        tab.reload()
        assert tab.locator("[data-thumb=up]").first.get_attribute("aria-pressed") == "true"


def test_a_question_is_answered_in_place_and_a_wrong_wish_is_told(browser: Any, made: str) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        tab.fill("#message", "what did it cost?")
        tab.keyboard.press("Control+Enter")
        tab.get_by_text("tool calls").first.wait_for()
        assert tab.url == made
        tab.reload()
        tab.locator("#talk .said", has_text="what did it cost?").wait_for()
        tab.fill("#message", "make it nicer")
        tab.keyboard.press("Enter")
        tab.locator("#answer.bad", has_text="For example").wait_for()
        # The browser itself says so of a 422; nothing of ours does.
        tab.expected.append("422")


def test_what_can_be_seen_can_be_asked_for(browser: Any, made: str) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        tab.get_by_role("button", name="drop it").nth(1).click()
        assert tab.input_value("#message") == "drop clip 2"
        tab.get_by_role("button", name="In the promo").click()
        shown = tab.locator(".script li:visible")
        assert shown.count() == tab.locator(".script li.in").count() > 0
        tab.evaluate("document.querySelector('#player video').currentTime = 1")
        tab.locator(".script li.now").wait_for()


def test_a_revision_is_made_by_keyboard_and_compared_side_by_side(browser: Any, made: str) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        tab.focus("#message")
        tab.keyboard.type("drop the last clip")
        tab.keyboard.press("Control+Enter")
        tab.wait_for_url(lambda url: "run=" in url and url != made)
        tab.get_by_role("link", name="compare with version 1").wait_for(timeout=480_000)
        shot(tab, "revised")
        tab.get_by_role("link", name="compare with version 1").click()
        tab.get_by_role("heading", name="Version 1 beside version 2").wait_for()
        until(tab, "[...document.querySelectorAll('.pair video')].every((video) => video.videoWidth > 0)")
        tab.get_by_role("button", name="Play both").click()
        until(tab, "[...document.querySelectorAll('.pair video')].every((video) => video.currentTime > 0.3)")
        clips = [tab.locator(".pair figure").nth(n).locator(".clips li").count() for n in (0, 1)]
        assert clips[0] == clips[1] + 1
        shot(tab, "compare")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    browser: Any, made: str, address: str, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for name, place in (("start", address), ("run", made)):
        with tab_of(browser, width, scheme) as tab:
            tab.goto(place)
            tab.wait_for_load_state()
            tab.evaluate("document.querySelectorAll('details.more').forEach((each) => (each.open = true))")
            shot(tab, f"{name}-{width}-{scheme}")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            # By the driver, not by the page: its policy lets no foreign script in.
            found = axe.run(tab).response["violations"]
            bad = [
                (each["id"], [node["target"] for node in each["nodes"]][:5])
                for each in found
                if each["impact"] in ("serious", "critical")
            ]
            assert bad == []


def test_everything_that_can_be_clicked_is_reached_by_keyboard(browser: Any, made: str) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        reached: set[str] = set()
        for _ in range(150):
            tab.keyboard.press("Tab")
            reached.add(
                tab.evaluate(
                    "document.activeElement.id || document.activeElement.tagName + (document.activeElement.dataset.seek ? '-seek' : '')"
                )
            )
        assert {"message", "send", "plan", "VIDEO", "A", "BUTTON", "BUTTON-seek"} <= reached


def test_a_transcript_and_music_are_given_and_a_tighter_promo_is_asked_for_in_the_browser(
    browser: Any, address: str, made: str, tmp_path: Path
) -> None:
    (tmp_path / "words.srt").write_bytes(captions())
    (tmp_path / "tune.wav").write_bytes(tune())
    (tmp_path / "talk.docx").write_bytes(b"no captions")
    with tab_of(browser) as tab:
        tab.goto(address)
        tab.get_by_text("More: transcript, music").click()
        tab.set_input_files("#transcript", str(tmp_path / "talk.docx"))
        tab.locator("#answer.bad", has_text="Give an .srt").wait_for()
        tab.expected.append("422")
        tab.set_input_files("#transcript", str(tmp_path / "words.srt"))
        tab.locator("#transcribed", has_text="words.srt is used").wait_for()
        tab.set_input_files("#song", str(tmp_path / "tune.wav"))
        tab.locator("#answer", has_text="tune.wav goes under the voice").wait_for()
        tab.check("#tighten")
        tab.fill("#message", "make a 16s square promo without captions")
        shot(tab, "more")
        tab.get_by_role("button", name="What would it take?").click()
        tab.get_by_text("pauses and fillers taken out").wait_for()
        tab.reload()
        tab.get_by_text("More: transcript, music").click()
        tab.locator("#transcribed", has_text="words.srt is used").wait_for()
        tab.get_by_role("button", name="Listen instead").click()
        tab.locator("#answer", has_text="It is listened to").wait_for()


def test_a_word_is_put_right_all_files_come_as_one_and_the_version_is_deleted_in_the_browser(
    browser: Any, made: str
) -> None:
    with tab_of(browser) as tab:
        tab.goto(made)
        tab.get_by_text("All files").first.click()
        with tab.expect_download() as packed:
            tab.get_by_text("All as one zip").click()
        assert zipfile.is_zipfile(packed.value.path())
        said = tab.locator(".script li.in button[data-seek]").first.inner_text()
        heard = max(said.split(), key=len).strip(".,?!")
        tab.get_by_text("A word was heard wrong").click()
        tab.fill("#heard", heard)
        tab.fill("#right", "Hookline")
        tab.get_by_role("button", name="Put it right").click()
        tab.wait_for_url(lambda url: "run=" in url and url != made)
        tab.locator(".script li.in", has_text="Hookline").first.wait_for(timeout=480_000)
        fixed = tab.url
        tab.get_by_text("A word was heard wrong").click()
        shot(tab, "fixed")
        tab.once("dialog", lambda asked: asked.dismiss())
        tab.get_by_role("button", name="Delete this version").click()
        assert tab.url == fixed
        tab.once("dialog", lambda asked: asked.accept())
        tab.get_by_role("button", name="Delete this version").click()
        tab.get_by_role("heading", name="Say what you want").wait_for()
        tab.expected.append("404")
        tab.goto(fixed)
        tab.get_by_text("There is no such run").wait_for()
