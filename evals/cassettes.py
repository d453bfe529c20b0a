"""Conversations with a model as files: what it was asked as digests, what it answered in full.  Played back, they need no model.

A cassette answers only what was asked when it was recorded.  Where the prompt, a tool or a tool's answer has changed since, the model
would have answered otherwise, so the cassette is stale and says what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

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
from tools.schema import Noun


class Stale(Exception):
    """A cassette was asked what it was not recorded for; the message says what changed."""


class Turn(Noun):
    """One call of the model."""

    prompt: str
    tools: dict[str, str]
    heard: tuple[tuple[str, str], ...]
    """What was said since the model's last answer: by whom, and a digest of it."""
    reply: dict[str, Any]


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
    return digest(prompt), tuple((_speaker(each), digest(each.text, getattr(each, "status", ""))) for each in heard)


def _speaker(message: BaseMessage) -> str:
    return str(message.name) if isinstance(message, ToolMessage) else "the request"


def specs(tools: Sequence[Any]) -> dict[str, str]:
    """A digest by name of what the model is told of each tool."""
    told = [convert_to_openai_tool(each)["function"] for each in tools]
    return {each["name"]: digest(each) for each in told}


class Recorder(Turns):
    """Passes everything on to another model, and keeps what was asked and answered in a file."""

    inner: Any
    path: Path
    case: str
    model_id: str
    _turns: list[Turn] = PrivateAttr(default_factory=list)
    _tools: dict[str, str] = PrivateAttr(default_factory=dict)
    _bound: Any = PrivateAttr(default=None)

    def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Recorder:
        self._tools, self._bound = specs(tools), self.inner.bind_tools(tools, **settings)
        return self

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        reply: AIMessage = (self._bound or self.inner).invoke(messages)
        prompt, heard = asked(messages)
        self._turns.append(Turn(prompt=prompt, tools=self._tools, heard=heard, reply=message_to_dict(reply)))
        self._save()
        return reply

    def _save(self) -> None:
        """After every answer, so that a conversation that breaks off is kept as far as it went."""
        today = datetime.now(UTC).date().isoformat()
        made = Cassette(case=self.case, model_id=self.model_id, recorded=today, turns=tuple(self._turns))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(made.model_dump_json() + "\n", "utf-8")


class Player(Turns):
    """Answers from a cassette; ``Stale`` for what it was not recorded for."""

    cassette: Cassette
    _tools: dict[str, str] = PrivateAttr(default_factory=dict)

    def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Player:
        self._tools = specs(tools)
        return self

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        at = sum(isinstance(each, AIMessage) for each in messages)
        if at >= len(self.cassette.turns):
            raise Stale(self._told(at, "the conversation goes on where it had ended"))
        turn = self.cassette.turns[at]
        if changed := self._changed(turn, messages):
            raise Stale(self._told(at, changed))
        (reply,) = messages_from_dict([turn.reply])
        assert isinstance(reply, AIMessage)
        return reply

    def _changed(self, turn: Turn, messages: Sequence[BaseMessage]) -> str:
        """What is other than when it was recorded; empty where nothing is."""
        prompt, heard = asked(messages)
        found = ["the prompt"] if prompt != turn.prompt else []
        names = sorted(turn.tools.keys() | self._tools.keys())
        found += [f"the tool {name}" for name in names if turn.tools.get(name) != self._tools.get(name)]
        for then, now in zip_longest(turn.heard, heard):
            if then != now:
                who = (now or then)[0]
                found.append(who if who == "the request" else f"the answer of {who}")
        return f"{', '.join(found)} changed" if found else ""

    def _told(self, at: int, what: str) -> str:
        cassette = self.cassette
        return (
            f"the cassette of {cassette.case} ({cassette.model_id}, {cassette.recorded}) is stale at call {at + 1}: "
            f"{what}; record it anew with --record"
        )
