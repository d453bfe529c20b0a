"""The page of an eval: a timeline a case, what failed on top, and whatever was said in a talk is inert text."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evals.cases import Case, Line, Talk, Wish, cases
from evals.page import WIDE, page
from evals.scorers import Attempt
from evals.solvers import BASELINES, naive
from evals.suites import AGENT, run, timeline
from tests.conftest import absent

HOSTILE = '<img src=x onerror="document.title=1"></svg><script>alert(1)</script> {{ 7 * 7 }} https://evil.example/x'


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return run(["cut", "safety"], cases()[:1])


def hostile_report(report: dict[str, Any]) -> dict[str, Any]:
    """``report`` with its only case's words, title and wish, and its failures, in the mouth of an attacker."""
    (name,) = report["timelines"]["cut"]
    case = report["timelines"]["cut"][name]
    shown = {
        **case,
        "title": HOSTILE,
        "wish": HOSTILE,
        "lines": [[*line[:3], HOSTILE] for line in case["lines"]],
        "played": {who: [[*clip[:3], HOSTILE] for clip in clips] for who, clips in case["played"].items()},
        "calls": [HOSTILE],
    }
    return {
        **report,
        "timelines": {"cut": {name: shown}},
        "gates": [HOSTILE],
        "regressions": [HOSTILE],
        "crashed": [{"case": HOSTILE, "solver": HOSTILE, "trace": HOSTILE}],
        "model": HOSTILE,
    }


def test_each_case_of_each_suite_has_a_timeline_with_a_lane_for_everyone(report: dict[str, Any]) -> None:
    text = page(report)
    assert text.count('<article class="case">') == sum(len(found) for found in report["timelines"].values()) == 2
    first = text.split('<article class="case">')[1]
    assert re.findall(r'<span(?: class="us")?>([^<]+)</span>', first.split("</div>")[0]) == [AGENT, *BASELINES]
    assert 'class="line good"' in first
    assert 'class="ours"' in first
    assert first.split("</article>")[0].count('class="naive"') == len(BASELINES)


def test_a_suites_headline_has_a_bar_a_case_with_a_mark_at_the_best_of_the_naive(report: dict[str, Any]) -> None:
    text = page(report)
    ((name, row),) = report["scores"]["cut"][AGENT].items()
    best = max(report["scores"]["cut"][who][name]["coverage"] for who in BASELINES)
    assert f"<title>{name}: {row['coverage']:.2f}, the best of the others {best:.2f}</title>" in text
    worse = {**row, "coverage": best - 0.05}
    scores = {**report["scores"], "cut": {**report["scores"]["cut"], AGENT: {name: worse}}}
    assert text.count('class="ahead"') == page({**report, "scores": scores}).count('class="behind"') == 1


def test_no_box_reaches_outside_its_timeline(report: dict[str, Any]) -> None:
    boxes = re.findall(r'<rect class="(?:line [a-z]*|ours|naive)" x="([\d.]+)" y="\d+" width="([\d.]+)"', page(report))
    assert len(boxes) > 50
    assert all(float(x) >= 0 and float(x) + float(width) <= WIDE + 2 for x, width in boxes)


def test_a_box_lies_where_its_clip_plays(report: dict[str, Any]) -> None:
    (case,) = report["timelines"]["cut"].values()
    start, end, _, _ = case["played"]["BM25 window"][0]
    x, width = (round(WIDE * edge / case["duration"], 1) for edge in (start, end - start))
    assert re.search(rf'<rect class="naive" x="{x}" y="\d+" width="{width}"', page(report))


def test_what_failed_stands_in_the_headline_and_by_name(report: dict[str, Any]) -> None:
    assert "nothing failed" in page(report)
    failed = page(
        {**report, "gates": ["cut: bees/a: cut words 1, must be 0"], "regressions": ["cut: coverage is worse"]}
    )
    assert "2 things failed" in failed
    assert failed.index("cut words 1, must be 0") < failed.index("coverage is worse") < failed.index("cut: means")


def test_a_case_that_crashed_shows_its_trace_and_an_empty_lane(report: dict[str, Any]) -> None:
    (name,) = report["timelines"]["cut"]
    shown = report["timelines"]["cut"][name]
    empty = {**shown, "played": {**shown["played"], AGENT: []}}
    crashed = [{"case": name, "solver": AGENT, "trace": "ZeroDivisionError: on purpose"}]
    text = page({**report, "timelines": {"cut": {name: empty}}, "crashed": crashed})
    assert "ZeroDivisionError: on purpose" in text
    assert 'class="ours" x=' not in text


def test_what_was_said_is_escaped_everywhere(report: dict[str, Any]) -> None:
    text = page(hostile_report(report))
    assert "<script" not in text
    assert "<img" not in text
    assert text.count("&lt;img src=x") > 10
    assert "{{ 7 * 7 }}" in text


def test_the_page_names_no_address_to_fetch_from_and_forbids_it(report: dict[str, Any]) -> None:
    text = page(hostile_report(report))
    assert re.findall(r'(?:src|href|action)="', text) == []
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text
    assert "unsafe-inline" not in text


def test_an_attempt_without_a_cut_is_drawn_as_nothing() -> None:
    talk = Talk(
        id="t",
        title="Bread",
        wishes=(Wish(key="a", wish="about bread", target=5.0),),
        lines=tuple(Line(say=f"Loaf number {n} is here.", good="a") for n in range(6)),
    )
    case = Case(talk, talk.wishes[0])
    assert naive(case, "random").clips
    assert Attempt(case=case.id, solver=AGENT).clips == ()
    assert timeline(case)["played"] == {}


def test_a_browser_opens_it_with_no_network_and_runs_nothing(report: dict[str, Any], tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome") or absent("a browser")
    (tmp_path / "report.html").write_text(page(hostile_report(report)), "utf-8")
    offline = [
        "--proxy-server=127.0.0.1:9",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={tmp_path / 'p'}",
    ]
    told = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            *offline,
            "--dump-dom",
            (tmp_path / "report.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    assert "<title>Hookline evals: 1 cases</title>" in told
    assert told.count('<article class="case">') == 1
    assert "<script" not in told
