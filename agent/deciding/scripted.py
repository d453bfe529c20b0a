"""A chat model that says what it is told to: it drives the real loop in tests, and replays recorded conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from pydantic import PrivateAttr

from agent.deciding.turns import Call, Turns, message

Turn = AIMessage | str | Call | Callable[[Sequence[BaseMessage]], Any]
"""A whole message, last words, one tool call, or a function of the messages that gives one of these."""


class Scripted(Turns):
    """Plays its turns in order; ``AssertionError`` when it is asked for more than it was given."""

    turns: list[Any]
    _asked: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def asked(self) -> list[list[BaseMessage]]:
        """The messages of each call so far."""
        return self._asked

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        place = sum(isinstance(message, AIMessage) for message in messages)
        self._asked.append(list(messages))
        if place >= len(self.turns):
            raise AssertionError(f"the script has {len(self.turns)} turns and a further one was asked for")
        turn = self.turns[place]
        if callable(turn):
            turn = turn(messages)
        return turn if isinstance(turn, AIMessage) else message(turn, place + 1)


def said(messages: Sequence[BaseMessage], tool: str) -> str:
    """The last answer of a tool in a conversation; empty where it has not answered."""
    return next((each.text for each in reversed(messages) if isinstance(each, ToolMessage) and each.name == tool), "")
