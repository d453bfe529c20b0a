"""The report page: one file that opens from disk, asks no network, and shows what a video said as inert text."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.record.records import Records
from report.page import report
from tests.conftest import absent
from tools.cutting.plan import plan
from tools.media import process
from tools.ports import Bench, Engines
from tools.schema import Artifact, Brief, Copy, Line, Outcome, Pick, Sentence, Source, Transcript, Word
from tools.workspace import Workspace

HOSTILE = (
    '<img src=x onerror="document.title=1"> <script>alert(1)</script> </script> {{ 7 * 7 }} https://evil.example/x'
)


class Plain:
    def step(self, name: str, do: Any) -> Any:
        return do()

    def poll(self, name: str, check: Any, done: Any, every: float = 5.0) -> Any:
        return check()

    def progress(self, name: str, share: float, note: str = "") -> None: ...


def talk() -> Transcript:
    said = []
    for n in range(1, 7):
        at = n * 6.0
        text = HOSTILE if n == 3 else f"Sentence number {n} says one thing."
        tokens = text.split()
        words = tuple(Word(start=at + k * 0.35, end=at + k * 0.35 + 0.3, text=token) for k, token in enumerate(tokens))
        said.append(Sentence(id=f"S{n}", start=words[0].start, end=words[-1].end, text=text, words=words))
    return Transcript(sentences=tuple(said))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    workspace = Workspace(folder / "run")
    workspace.save(
        "source.json", Source(name=HOSTILE, sha256="0", bytes=1, container="mp4", duration=45, video_index=0)
    )
    workspace.save("transcript.json", talk())
    asked = Brief(run="c" * 20, video=HOSTILE[:60], wish=HOSTILE, target=7.0, shapes=("16x9",))
    records = Records(f"sqlite:///{folder / 'rows.sqlite3'}")
    records.migrate()
    claim = records.claim(asked)
    records.decide(claim, 1, kind="tool", name="cut", args={"picks": [HOSTILE]})
    engines = Engines(transcriber=None, analyst=None, copywriter=None, store=None)  # type: ignore[arg-type]
    bench = Bench(brief=asked, workspace=workspace, engines=engines, steps=Plain())
    cut = plan(bench, [Pick(ids=("S3",), role="hook", reason=HOSTILE), Pick(ids=("S5",), role="close", reason="ends")])
    records.answer(claim, 1, verdict="accepted", answer=HOSTILE, ms=3)
    picture = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-pix_fmt", "yuv420p"]
    subprocess.run([process.ffmpeg(), "-v", "error", *picture, str(folder / "promo_16x9.mp4")], check=True, timeout=60)
    promo = Artifact(name="promo_16x9.mp4", sha256="0", bytes=1, media_type="video/mp4", duration=2.0)
    line = Line(text=HOSTILE, evidence=("S3",))
    copy = Copy(platform="linkedin", hooks=(line,), title=line, description=line, tags=(line,), written_by="a test")
    outcome = Outcome(
        run=asked.run, status="done with warnings", cut=cut, artifacts=(promo,), copies=(copy,), warnings=(HOSTILE,)
    )
    (folder / "report.html").write_text(report(outcome, workspace, records), "utf-8")
    records.close()
    return folder / "report.html"


def test_a_played_sentence_links_to_what_it_leans_on(page: Path) -> None:
    shown = page.read_text("utf-8")
    ties = re.findall(r'class="tie[^"]*">.*?<a href="#(line-S\d)">', shown, re.DOTALL)
    assert ties, "a sentence that leans on nothing that plays is told"
    assert all(f'id="{tie}"' in shown for tie in ties)


def test_what_a_video_says_is_shown_and_never_runs(page: Path) -> None:
    text = page.read_text("utf-8")
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text
    assert "{{ 7 * 7 }}" in text
    assert len(re.findall(r"<script", text)) == 1


def test_the_page_asks_for_nothing_but_the_promo_beside_it(page: Path) -> None:
    text = page.read_text("utf-8")
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', text)) - {"promo_16x9.mp4"} == set()
    assert "default-src 'none'" in text
    assert "unsafe-inline" not in text


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_it_opens_in_a_browser_without_an_error_or_a_word_to_the_network(page: Path, width: int, scheme: Any) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        absent("chromium")
    from playwright.sync_api import sync_playwright

    troubles: list[str] = []
    asked: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
        tab.on("console", lambda told: troubles.append(told.text) if told.type == "error" else None)
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: troubles.append(dialog.message))
        tab.goto(page.as_uri())
        tab.wait_for_function("document.querySelector('video').videoWidth === 320", timeout=20_000)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.title() != "1"
        tab.locator(".script button").first.click()
        tab.wait_for_timeout(200)
        seen = len(tab.screenshot())
        browser.close()
    assert troubles == []
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert seen > 20_000
