"""A chat model that says what it is told to: it drives the real loop in tests, and replays recorded conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

Turn = AIMessage | str | tuple[str, dict[str, Any]] | Callable[[Sequence[BaseMessage]], Any]
"""A whole message, last words, one tool call, or a function of the messages that gives one of these."""


class Scripted(BaseChatModel):
    """Plays its turns in order; ``AssertionError`` when it is asked for more than it was given."""

    turns: list[Any]
    _asked: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def asked(self) -> list[list[BaseMessage]]:
        """The messages of each call so far."""
        return self._asked

    def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Scripted:
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **settings: Any
    ) -> ChatResult:
        place = sum(isinstance(message, AIMessage) for message in messages)
        self._asked.append(list(messages))
        if place >= len(self.turns):
            raise AssertionError(f"the script has {len(self.turns)} turns and a further one was asked for")
        turn = self.turns[place]
        if callable(turn):
            turn = turn(messages)
        return ChatResult(generations=[ChatGeneration(message=message(turn, place))])


def message(turn: AIMessage | str | tuple[str, dict[str, Any]], place: int) -> AIMessage:
    """A turn as the message that a model would answer."""
    if isinstance(turn, AIMessage):
        return turn
    if isinstance(turn, str):
        return AIMessage(turn)
    return AIMessage("", tool_calls=[{"name": turn[0], "args": turn[1], "id": f"call-{place + 1}"}])


def said(messages: Sequence[BaseMessage], tool: str) -> str:
    """The last answer of a tool in a conversation; empty where it has not answered."""
    return next((each.text for each in reversed(messages) if isinstance(each, ToolMessage) and each.name == tool), "")
