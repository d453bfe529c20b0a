from __future__ import annotations

import re
from pathlib import Path

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from prompts import HERE, Prompt, load
from tools import TOOLS
from tools import __file__ as menu

NAMES = sorted(path.stem for path in HERE.glob("*.md"))


def test_a_missing_value_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="target is missing"):
        load("editor").fill()
    with pytest.raises(KeyError, match="sauce has no place"):
        load("editor").fill(target="30", sauce="x")


def test_a_value_is_put_in_as_it_is() -> None:
    assert Prompt("x", "$a and $$5").fill(a="$b {c} \\1") == "$b {c} \\1 and $5"


def test_the_digest_changes_with_the_text_and_with_nothing_else() -> None:
    assert Prompt("x", "a").digest == Prompt("y", "a").digest != Prompt("x", "b").digest
    assert re.fullmatch(r"[0-9a-f]{16}", load("editor").digest)


@pytest.mark.parametrize("name", ["../README", "nothing", "", "Editor", "a/b"])
def test_no_other_file_can_be_loaded(name: str) -> None:
    with pytest.raises(LookupError):
        load(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_fills_and_leaves_no_name_behind(name: str) -> None:
    prompt = load(name)
    filled = prompt.fill(**dict.fromkeys(prompt.names, "1"))
    assert not re.search(r"\$[a-z{]", filled)


def test_a_model_is_told_what_is_taken_where_it_says_nothing_by_a_value_of_the_right_kind() -> None:
    kinds = {"string": str, "array": list, "boolean": bool, "number": (int, float), "integer": int}
    for tool in TOOLS:
        for name, field in convert_to_openai_tool(tool)["function"]["parameters"]["properties"].items():
            assert "anyOf" not in field, (tool.name, name)
            if "default" in field:
                assert isinstance(field["default"], kinds[field["type"]]), (tool.name, name, field)


def test_the_editor_is_told_of_every_tool_and_fits_a_page() -> None:
    text = load("editor").text
    wired = re.findall(r"from tools\.\w+ import (\w+)(?:, (\w+))?", Path(menu).read_text(encoding="utf-8"))
    tools = {tool for row in wired for tool in row if tool} - {"propose"}  # the planner's own: moments for a sheet
    assert tools == {"transcribe", "correct", "look", "find", "read", "cut", "write", "cover", "assemble"}
    assert all(f"`{tool}`" in text for tool in tools)
    assert len(text.splitlines()) <= 70
    assert all(role in text for role in ("hook", "context", "proof", "payoff", "close"))
