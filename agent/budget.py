"""What one run may use, and how it ends where that is used up.  Known without the loop that spends it, which is slow to import."""

from __future__ import annotations

from dataclasses import dataclass


class CapReached(Exception):
    """A budget of the run is spent; the message names it."""


class Truncated(Exception):
    """The model's answer was cut off at its token limit, so its tool calls can't be trusted."""


@dataclass
class Budget:
    """What one run may use.  Checked before each call, so a cap is never overdrawn by more than the call under way."""

    model_calls: int = 24
    tool_calls: int = 40
    tokens_in: int = 300_000
    tokens_out: int = 40_000
    dollars: float = 2.0
    spent_dollars: float = 0.0
    spent_in: int = 0
    spent_out: int = 0
    models: int = 0
    tools: int = 0

    def before_model(self) -> None:
        self._left("model calls", self.models, self.model_calls)
        self._left("input tokens", self.spent_in, self.tokens_in)
        self._left("output tokens", self.spent_out, self.tokens_out)
        self._left("dollars", self.spent_dollars, self.dollars)
        self.models += 1

    def before_tool(self) -> None:
        self._left("tool calls", self.tools, self.tool_calls)
        self._left("dollars", self.spent_dollars, self.dollars)
        self.tools += 1

    def spend(self, dollars: float, tokens_in: int = 0, tokens_out: int = 0) -> None:
        self.spent_dollars += dollars
        self.spent_in += tokens_in
        self.spent_out += tokens_out

    @staticmethod
    def _left(what: str, spent: float, cap: float) -> None:
        if spent >= cap:
            raise CapReached(f"the run's cap of {cap:g} {what} is reached")
