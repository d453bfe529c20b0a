"""Chat models that no language model stands behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

Call = tuple[str, dict[str, Any]]
"""A tool's name and what it is called with."""


class Turns(BaseChatModel):
    """Answers by ``turn``, whatever tools it is given."""

    def turn(self, messages: Sequence[BaseMessage]) -> AIMessage:
        raise NotImplementedError

    @property
    def _llm_type(self) -> str:
        return type(self).__name__.lower()

    def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Self:
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **settings: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.turn(messages))])


def message(said: Call | str, place: int) -> AIMessage:
    """Last words, or a tool call that is the conversation's call number ``place``."""
    if isinstance(said, str):
        return AIMessage(said)
    return AIMessage("", tool_calls=[{"name": said[0], "args": said[1], "id": f"call-{place}"}])
