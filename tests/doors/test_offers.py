"""The table of what can be asked at which door, held against the doors themselves: nothing in it is missing there, and nothing there in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from agent.reading.change import RevisionError
from agent.reading.changes import read_changes
from agent.reading.intent import is_question
from agent.reading.wish import read_wish
from agent.settings import load
from doors.command.main import ELSEWHERE, main
from doors.mcp import server
from doors.offers import DOORS, OFFERS, Not, as_markdown
from doors.page.app import OPERATIONS, wired
from tests import ROOT
from tests.doors.page.test_app import studio

TEMPLATES = ("doors/page/page.html.j2", "doors/page/ask.html.j2", "doors/page/steps.html.j2", "report/run.html.j2")


def ways(door: str) -> set[str]:
    return {way for offer in OFFERS if not isinstance(found := getattr(offer, door), Not) for way in found}


def commands() -> Iterator[str]:
    """Each verb, and each with every option and argument that it takes."""
    context = click.Context(main)
    for verb in main.list_commands(context):
        command = main.get_command(context, verb)
        assert command is not None
        yield verb
        for taken in command.params:
            named = taken.opts[0] if isinstance(taken, click.Option) else (taken.name or "").upper()
            yield f"{verb} {named}"


def operations() -> Iterator[str]:
    """Each operation, and each with every field and parameter that it takes."""
    for op in OPERATIONS:
        yield f"{op.method} {op.path}"
        fields = getattr(op.takes, "model_fields", {})
        queried = [each["name"] for each in op.parameters if each["in"] == "query"]
        yield from (f"{op.method} {op.path} {name}" for name in (*fields, *queried))


def tools(folder: Path) -> Iterator[str]:
    """Each tool, and each with every argument that it takes."""
    desk = wired(load(environ={}, home=str(folder), outbox=str(folder / "outbox")), studio(folder))
    for tool in asyncio.run(server.build(desk).list_tools()):
        yield tool.name
        yield from (f"{tool.name} {name}" for name in tool.input_schema.get("properties", {}))


def test_every_offer_says_of_every_door_how_it_is_had_or_why_it_is_not() -> None:
    for offer in OFFERS:
        for door in DOORS:
            found = getattr(offer, door)
            assert found, (offer.what, door)
            assert all(found), (offer.what, door)


def test_what_the_table_says_of_the_command_line_is_there_and_all_of_it_is_in_the_table() -> None:
    there = set(commands())
    assert ways("command") <= there
    told = ways("command") | {way.split()[0] for way in ways("command")}
    # How evals are run is not about a video.
    assert {way for way in there if way.split()[0] != "evals"} - told == set()
    assert set(ELSEWHERE) <= {way.split()[0] for way in told}


def test_what_the_table_says_of_http_is_there_and_all_of_it_is_in_the_table() -> None:
    there = set(operations())
    assert ways("http") <= there
    whole = {way for way in ways("http") if len(way.split()) == 2}
    told = ways("http") | {" ".join(way.split()[:2]) for way in ways("http")}
    assert {way for way in there if " ".join(way.split()[:2]) not in whole} - told == set()
    assert {" ".join(way.split()[:2]) for way in there} - told == set()


def test_what_the_table_says_of_the_tools_is_there_and_all_of_it_is_in_the_table(tmp_path: Path) -> None:
    there = set(tools(tmp_path))
    assert ways("agents") <= there
    assert there - ways("agents") - {way.split()[0] for way in ways("agents")} == set()


def test_what_the_table_says_of_the_page_is_there_and_every_control_of_it_is_in_the_table() -> None:
    text = "\n".join((ROOT / name).read_text("utf-8") for name in TEMPLATES)
    for way in ways("page"):
        sought = f'id="{way[1:]}"' if way.startswith("#") else way
        assert sought in text, way
    asked = "\n".join((ROOT / name).read_text("utf-8") for name in TEMPLATES[:2])
    controls = re.findall(r"<(?:input|button|select|textarea|form)\b[^>]*\bid=\"([\w-]+)\"", asked)
    of_page_alone = {"both", "chat", "upload", "moments"}  # two players at once, and the forms around what is named
    assert {f"#{name}" for name in controls if name not in of_page_alone} - ways("page") == set()


@pytest.mark.parametrize("said", sorted(ways("words")))
def test_what_the_table_says_can_be_said_is_understood_whole(said: str) -> None:
    if is_question(said):
        return
    try:
        assert read_changes(said)
    except RevisionError:
        reading = read_wish(said)
        assert (reading.left, reading != read_wish("a promo")) == ((), True), said


def test_the_page_of_the_documentation_holds_the_table_as_it_is() -> None:
    assert as_markdown() in (ROOT / "docs/doors.md").read_text("utf-8"), "python -m doors.offers prints it anew"
