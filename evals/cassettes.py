"""Conversations with a model as files: what it was asked as digests, what it answered in full.  Played back, they need no model.

A cassette answers only what was asked when it was recorded.  Where a prompt or a tool has changed since, the model would have answered
otherwise, so the cassette is stale and says what changed.  A tool's answer that changed makes it stale as well, or is told as drift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    SystemMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from agent.deciding.turns import Turns
from evals.cases import Case, DataError, digest, rows
from prompts import load as prompt_of
from prompts import named
from tools.schema import Noun
from tools.troubles import Unwritten


class Stale(Exception):
    """A cassette was asked what it was not recorded for; the message says what changed."""


class Turn(Noun):
    """One call of the model."""

    talk: int = 1
    """Which conversation it is part of: a wish that is read is one, what the editor does about it another."""
    name: str = ""
    """Of the prompt."""
    prompt: str
    tools: dict[str, str]
    heard: tuple[tuple[str, str], ...]
    """What was said since the model's last answer: by whom, and a digest of it."""
    pictures: int = 0
    """How many were shown with it."""
    reply: dict[str, Any]


class Page(Noun):
    """One call of a copywriter, which is no chat model of the loop's."""

    prompt: str
    """A digest of all that it is told whatever was said in the video."""
    heard: str
    """A digest of the messages."""
    reply: dict[str, Any]
    """Converse's answer."""


class Cassette(Noun):
    case: str
    model_id: str
    recorded: str
    turns: tuple[Turn, ...]


def place(folder: Path, case: Case) -> Path:
    """The file of a case's cassette; another talk or wish under the same id has another."""
    return folder / f"{case.id.replace('/', '-')}-{digest(case.talk.model_dump(), case.wish.model_dump())[:8]}.jsonl"


def load(path: Path) -> Cassette:
    """Raises ``DataError`` with the file and line where it is no cassette, ``FileNotFoundError`` where there is none."""
    found = rows(path, Cassette)
    if len(found) != 1:
        raise DataError(f"{path.name}, line 2: a cassette is one line")
    return found[0]


def asked(messages: Sequence[BaseMessage]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Digests of the prompt, and of what was said since the model's last answer."""
    prompt = "\n".join(each.text for each in messages if isinstance(each, SystemMessage))
    last = max((at for at, each in enumerate(messages) if isinstance(each, AIMessage)), default=-1)
    heard = [each for each in messages[last + 1 :] if not isinstance(each, SystemMessage)]
    return digest(prompt), tuple((_speaker(each), digest(_said(each), getattr(each, "status", ""))) for each in heard)


def _said(message: BaseMessage) -> str:
    """The words of a message; of a tool's answer without what is told of the pictures beside it, which not every model is shown."""
    if isinstance(message, ToolMessage) and isinstance(message.content, list):
        return next((each["text"] for each in message.content if isinstance(each, dict) and "text" in each), "")
    return message.text


def _pictures(messages: Sequence[BaseMessage]) -> int:
    parts = [part for each in messages if isinstance(each.content, list) for part in each.content]
    return sum(isinstance(part, dict) and part.get("type") == "image" for part in parts)


def _speaker(message: BaseMessage) -> str:
    return str(message.name) if isinstance(message, ToolMessage) else "the request"


def specs(tools: Sequence[Any]) -> dict[str, str]:
    """A digest by name of what the model is told of each tool."""
    told = [convert_to_openai_tool(each)["function"] for each in tools]
    return {each["name"]: digest(each) for each in told}


class Tape(Turns):
    """Passes everything on to another model, and keeps what was asked and answered in ``turns``."""

    inner: Any
    turns: list[Turn] = []
    _tools: dict[str, str] = PrivateAttr(default_factory=dict)
    _bound: Any = PrivateAttr(default=None)

    def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Self:
        self._tools, self._bound = specs(tools), self.inner.bind_tools(tools, **settings)
        return self

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        reply: AIMessage = (self._bound or self.inner).invoke(messages)
        prompt, heard = asked(messages)
        first = not any(isinstance(each, AIMessage) for each in messages)
        talk = (self.turns[-1].talk if self.turns else 0) + (first or not self.turns)
        self.turns.append(
            Turn(
                talk=talk,
                name=named(next((each.text for each in messages if isinstance(each, SystemMessage)), "")),
                prompt=prompt,
                tools=self._tools,
                heard=heard,
                pictures=_pictures(messages),
                reply=message_to_dict(reply),
            )
        )
        return reply


class Recorder(Tape):
    """The same, kept in a file."""

    path: Path
    case: str
    model_id: str

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        reply = super().turn(messages)
        self._save()
        return reply

    def _save(self) -> None:
        """After every answer, so that a conversation that breaks off is kept as far as it went."""
        today = datetime.now(UTC).date().isoformat()
        made = Cassette(case=self.case, model_id=self.model_id, recorded=today, turns=tuple(self.turns))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(made.model_dump_json() + "\n", "utf-8")


class Player(Turns):
    """Answers from a cassette; ``Stale`` for what it was not recorded for."""

    cassette: Cassette
    drift: Callable[[str], None] | None = None
    """Told of answers of tools that changed; without it they make the cassette stale, too."""
    _tools: dict[str, str] = PrivateAttr(default_factory=dict)
    _talk: int = PrivateAttr(default=0)
    _stale: str = PrivateAttr(default="")

    def check(self) -> None:
        """Raises ``Stale`` where that was raised before and whoever asked went on without an answer."""
        if self._stale:
            raise Stale(self._stale)

    def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Player:
        self._tools = specs(tools)
        return self

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        at = sum(isinstance(each, AIMessage) for each in messages)
        self._talk += not at
        turns = [turn for turn in self.cassette.turns if turn.talk == self._talk]
        over = at >= len(turns)
        changed = "the conversation goes on where it had ended" if over else self._changed(turns[at], messages)
        self._stale = self._told(at, changed) if changed else ""
        self.check()
        (reply,) = messages_from_dict([turns[at].reply])
        assert isinstance(reply, AIMessage)
        return reply

    def _changed(self, turn: Turn, messages: Sequence[BaseMessage]) -> str:
        """What is other than when it was recorded; empty where nothing is."""
        prompt, heard = asked(messages)
        found = [f"the prompt {turn.name}".strip()] if prompt != turn.prompt else []
        names = sorted(turn.tools.keys() | self._tools.keys())
        found += [f"the tool {name}" for name in names if turn.tools.get(name) != self._tools.get(name)]
        for then, now in zip_longest(turn.heard, heard):
            if then != now:
                who = (now or then)[0]
                told = who if who == "the request" else f"the answer of {who}"
                (self.drift or found.append)(told)
        return f"{', '.join(found)} changed" if found else ""

    def _told(self, at: int, what: str) -> str:
        cassette = self.cassette
        return (
            f"the cassette of {cassette.case} ({cassette.model_id}, {cassette.recorded}) is stale at call {at + 1}"
            f"{f' of conversation {self._talk}' if self._talk > 1 else ''}: {what}; record it anew with --record"
        )


def fixed(asked: Mapping[str, Any]) -> str:
    """A digest of what a copywriter is told whatever was said in the video: its prompt as written, how it is to answer, and the form."""
    first, last = (asked["messages"][at]["content"][0]["text"] for at in (0, -1))
    name = named(first)
    return digest(name and prompt_of(name).text, last.splitlines()[-1], asked.get("outputConfig"))


class Typewriter:
    """Stands before a copywriter's client of Bedrock, and keeps what was asked and answered in ``pages``."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.pages = inner, list[Page]()

    def converse(self, **asked: Any) -> Any:
        answer = self._inner.converse(**asked)
        told = {name: part for name, part in answer.items() if name != "ResponseMetadata"}
        self.pages.append(Page(prompt=fixed(asked), heard=digest(asked["messages"]), reply=told))
        return answer


class Reprint:
    """Stands where the client of Bedrock was, and answers from pages; ``Stale`` where the prompt is another."""

    def __init__(self, pages: Sequence[Page], case: str, drift: Callable[[str], None]) -> None:
        self._left, self._case, self._drift = list(pages), case, drift

    def converse(self, **asked: Any) -> Any:
        if not self._left:
            self._drift("one more call of the copywriter")
            raise Unwritten("what was recorded of it is at its end")
        page = self._left.pop(0)
        if page.prompt != fixed(asked):
            raise Stale(f"the cassette of {self._case} is stale: the prompt copy changed; record it anew with --record")
        if page.heard != digest(asked["messages"]):
            self._drift("what the copywriter is asked")
        return page.reply
