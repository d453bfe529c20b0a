"""One way to ask a model of Converse for JSON: schema, prices, refusals, and what is read of an answer."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tools.aws.clients import client, code, passing, spent_today
from tools.ports import Bill
from tools.prices import dollars
from tools.text import clean
from tools.troubles import Unwritten

log = logging.getLogger("hookline")

LONGEST = 200_000
"""Characters of an answer that are read."""
UNFORMED = re.compile(r"output_?config|structured output", re.IGNORECASE)
"""In the refusal of a schema, which models take or not by region, endpoint and profile; nothing asks them beforehand."""


@dataclass
class Conversing:
    """A model of Converse that is asked for JSON."""

    model: str
    """An inference profile, for example ``global.anthropic.claude-haiku-5-5``."""
    region: str | None = None
    max_tokens: int = 12_000
    """Of thoughts and answer together."""
    effort: str = ""
    """How hard the model thinks, for one that can be told; empty leaves it to the model."""
    schema: bool = True
    """Have the service hold the answer to our JSON schema; false for a model that can't, which is then only asked for it.

    Becomes false where the service refuses the schema.
    """
    api: Any = None
    spent: Bill | None = field(default_factory=Bill)
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def engine(self) -> str:
        return self.model

    @cached_property
    def bedrock(self) -> Any:
        return self.api or client("bedrock-runtime", self.region, read=120.0)

    def ask(self, talk: Sequence[Mapping[str, Any]], name: str, schema: Mapping[str, Any]) -> str:
        """The text of one answer, held to ``schema`` where the model takes one; empty where it was cut off.

        Raises ``Unwritten`` where the model or the service refuses, or is out of reach.
        """
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        asked: dict[str, Any] = {
            "modelId": self.model,
            "messages": list(talk),
            "inferenceConfig": {"maxTokens": self.max_tokens},
        }
        if form := self._form(name, schema):
            asked["outputConfig"] = form
        try:
            answer = self.bedrock.converse(**asked)
        except ClientError as error:
            if spent_today(error):
                raise Unwritten(f"{self.engine} has no tokens left today in this account") from error
            if passing(error):
                raise Unwritten(f"{self.engine} was not to be reached: {code(error)}") from error
            why = str(error)
            if code(error) == "ValidationException" and UNFORMED.search(why) and self._let_go(why):
                log.info("asked with less of a form", extra={"model": self.model, "why": why})
                return self.ask(talk, name, schema)
            # What the service says may name roles and accounts, and a warning is published.
            log.warning("the model was refused", extra={"model": self.model, "why": why})
            raise Unwritten(f"{self.engine} was refused by the service: {code(error)}") from error
        except (BotoCoreError, ResponseParserError, RecursionError) as error:
            raise Unwritten(f"{self.engine} was not to be reached: {type(error).__name__}") from error
        usage = answer.get("usage") or {}
        cached, stored = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
        tokens_in, tokens_out = usage.get("inputTokens", 0) + cached + stored, usage.get("outputTokens", 0)
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        self.spent = self.spent or Bill()
        self.spent.add(
            dollars(self.model, tokens_in, tokens_out, cached, stored), f"{self.model} {tokens_in} in, {tokens_out} out"
        )
        stop = answer.get("stopReason", "")
        if stop == "max_tokens":
            return ""
        if stop != "end_turn":
            raise Unwritten(f"{self.engine} stopped with {clean(stop, 40) or 'nothing'}")
        content = ((answer.get("output") or {}).get("message") or {}).get("content") or []
        return "".join(block["text"] for block in content if isinstance(block.get("text"), str))[:LONGEST]

    def _form(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        form: dict[str, Any] = {"effort": self.effort} if self.effort else {}
        if self.schema:
            told = {"name": name, "schema": json.dumps(schema)}
            form["textFormat"] = {"type": "json_schema", "structure": {"jsonSchema": told}}
        return form

    def _let_go(self, why: str) -> bool:
        """Ask for no effort, no schema, or neither, as ``why`` names them, for as long as this process has the engine; whether that is less."""
        before = (self.schema, self.effort)
        schema, effort = (bool(re.search(name, why, re.IGNORECASE)) for name in ("format|structured", "effort"))
        self.schema = self.schema and effort and not schema
        self.effort = self.effort if schema and not effort else ""
        return before != (self.schema, self.effort)


def one_object(said: str) -> str:
    """The one JSON object in ``said``, which may stand between fences, its lone surrogates replaced.

    Raises ``ValueError`` for doubled keys, NaN and the like.
    """
    fenced = re.search(r"```(?:json)?\s*(\{.*\})\s*```", said, re.DOTALL)
    body = fenced[1] if fenced else said[said.find("{") : said.rfind("}") + 1] or said

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("a name stands twice in one object")
        return dict(pairs)

    def never(name: str) -> Any:
        raise ValueError(f"{name} is no value")

    found = json.dumps(json.loads(body, object_pairs_hook=once, parse_constant=never), ensure_ascii=False)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
