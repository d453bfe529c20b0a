"""Another Lambda function, begun and not waited for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools.aws.clients import client


@dataclass
class Function:
    name: str
    """Name or ARN with the alias, as durable functions are called by theirs."""
    region: str | None = None
    api: Any = None

    @cached_property
    def functions(self) -> Any:
        return self.api or client("lambda", self.region, read=20.0)

    def begin(self, event: dict[str, Any]) -> None:
        """Hand over ``event``; at most 256 KB of JSON.  It may arrive twice."""
        payload = json.dumps(event).encode()
        self.functions.invoke(FunctionName=self.name, InvocationType="Event", Payload=payload)
