"""The editor on Amazon Bedrock: Claude by inference profile, or any other model of Converse, patient and never fooled."""

from __future__ import annotations

import contextvars
import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from langchain_aws import ChatBedrockConverse
from langchain_aws.data._profiles import _PROFILES
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, model_validator

from tools.aws.clients import code, config, passing, spent_today
from tools.troubles import NotReady

log = logging.getLogger("hookline")
T = TypeVar("T")

MALFORMED = 3
"""Tries at an answer that can't be read; more would only cost more."""
LONGEST_PAUSE = 20.0
DEEPEST = 40
"""Nesting of a tool call's arguments."""
EXAMPLE = "global.anthropic.claude-sonnet-5-5"
CACHED = ("anthropic", "amazon.nova")
"""Families that cache prompts, as langchain_aws's own middleware has it."""


class Malformed(Exception):
    """The service's answer can't be read, so nothing in it is acted on."""


class TimedOut(Exception):
    """The model did not answer within the whole time it was given, though its line stayed open."""


def retryable(error: BaseException) -> bool:
    """Whether the same model call may succeed later.  Throttling, 5xx, a broken line or answer; never another 4xx."""
    return isinstance(error, Malformed | TimedOut) or passing(error)


class Editor(ChatBedrockConverse):
    """``ChatBedrockConverse`` that caches prompts, tries passing troubles again, and refuses answers that can't be trusted.

    botocore's own retries are off, so that ``attempts`` counts every call.  Where the steps of a run can wait at no cost, set it to 1
    and let them ask ``retryable``.
    """

    config: Any = Field(default_factory=lambda: config(attempts=1, read=120.0))
    attempts: int = Field(default=6, ge=1)
    """Calls in all; the pause between doubles from 1 s to 20 s at most, and a random part of it is waited."""
    deadline: float = Field(default=240.0, gt=0)
    """Seconds for one answer, and for all tries at it."""
    sleep: Callable[[float], None] = Field(default=time.sleep, exclude=True)

    @model_validator(mode="after")
    def _guarded(self) -> Editor:
        self.client.meta.events.register("before-parse.bedrock-runtime.Converse", _object, unique_id="hookline-object")
        self.client.meta.events.register("after-call.bedrock-runtime.Converse", _sound, unique_id="hookline-sound")
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **settings: Any
    ) -> ChatResult:
        self._cached(settings)
        ask = super()._generate

        def once(left: float) -> ChatResult:
            return within(left, lambda: ask(messages, stop, run_manager, **settings))

        return self._patient(once)

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **settings: Any
    ) -> Iterator[ChatGenerationChunk]:
        """Chunks; tried again only while none has come."""
        self._cached(settings)
        ask = super()._stream

        def begin(left: float) -> tuple[ChatGenerationChunk | None, Iterator[ChatGenerationChunk]]:
            chunks = iter(ask(messages, stop, run_manager, **settings))
            return next(chunks, None), chunks

        first, rest = self._patient(begin)
        if first is not None:
            yield first
            yield from rest

    def _cached(self, settings: dict[str, Any]) -> None:
        if any(family in self._get_base_model().lower() for family in CACHED):
            settings.setdefault("cache_control", {"type": "ephemeral", "ttl": "5m"})

    def _patient(self, once: Callable[[float], T]) -> T:
        from botocore.exceptions import BotoCoreError

        began, unread = time.monotonic(), 0
        for attempt in range(1, self.attempts + 1):
            try:
                return once(self.deadline - (time.monotonic() - began))
            except Exception as error:
                if spent_today(error):
                    raise NotReady(
                        f"{self.model_id} has no tokens left today in this account and region: Bedrock's quota of tokens per day is used up. "
                        "Ask for more in Service Quotas, name another model, or wait for tomorrow (UTC)."
                    ) from error
                trouble = (
                    Malformed(f"the model's answer can't be read: {type(error).__name__}") if _unread(error) else error
                )
                unread += isinstance(trouble, Malformed)
                pause = random.uniform(0, min(LONGEST_PAUSE, 2.0 ** (attempt - 1)))
                late = time.monotonic() - began + pause >= self.deadline
                if attempt == self.attempts or unread >= MALFORMED or late or not retryable(trouble):
                    if trouble is error:
                        raise
                    raise trouble from error
                what = code(error) if not isinstance(error, BotoCoreError) else type(error).__name__
                log.warning("model call tried again", extra={"attempt": attempt, "error": what or type(error).__name__})
                self.sleep(pause)
        raise AssertionError("the last attempt returns or raises")


def unknown(model: str) -> str:
    """What is wrong with a model id, as a sentence; empty for one that is known, and for an ARN, which only its account knows."""
    if model.startswith("arn:aws"):
        return ""
    if not profile(model):
        return f"no model of Bedrock is known by it; an id looks like {EXAMPLE}."
    if model.startswith("anthropic.") and profile(f"global.{model}"):
        return f"Claude is called by an inference profile, such as global.{model}."
    return ""


def profile(model: str) -> dict[str, Any]:
    """What is known of a model, by the list that comes inside langchain_aws; empty where nothing is."""
    return dict(_PROFILES.get(model) or {})


def within(seconds: float, do: Callable[[], T]) -> T:
    """What ``do`` gives within ``seconds``; a line that drips a byte a second keeps botocore's own limit from being met.

    Raises ``TimedOut`` and leaves the thread to end by itself.
    """
    if seconds <= 0:
        raise TimedOut("no time is left for the model")
    answer: list[T] = []
    error: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            answer.append(context.run(do))
        except BaseException as raised:  # noqa: BLE001 - raised again by the thread that waits
            error.append(raised)

    thread = threading.Thread(target=work, name="bedrock", daemon=True)
    thread.start()
    thread.join(seconds)
    if error:
        raise error[0]
    if not answer:
        raise TimedOut(f"the model did not answer within {seconds:.0f} s")
    return answer[0]


def _unread(error: BaseException) -> bool:
    from botocore.parsers import ResponseParserError

    return isinstance(error, ResponseParserError | RecursionError)


def _object(response_dict: dict[str, Any], **_: Any) -> None:
    """Raise ``Malformed`` for an answer that is JSON and no object, on which botocore's parser trips."""
    body = response_dict.get("body")
    if response_dict.get("status_code") == 200 and isinstance(body, bytes) and body.lstrip()[:1] not in (b"{", b""):
        raise Malformed("the model's answer is no JSON object")


def _sound(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Raise ``Malformed`` for an answer without a message, or with arguments that no tool could take; mend its text in place."""
    if http_response.status_code != 200:
        return
    content = ((parsed.get("output") or {}).get("message") or {}).get("content")
    if not isinstance(content, list) or "stopReason" not in parsed:
        raise Malformed("the model's answer holds no message")
    for block in content:
        if "toolUse" in block and not isinstance(block["toolUse"].get("input"), dict):
            raise Malformed("a tool call's arguments are no object")
    # A thought is signed, and the service takes it back only as it said it.
    parsed["output"]["message"]["content"] = [
        block if "reasoningContent" in block else _plain(block) for block in content
    ]


def _plain(value: Any, depth: int = 0) -> Any:
    """``value`` with lone surrogates replaced.  Raises ``Malformed`` for NaN, infinity and deep nesting."""
    if depth > DEEPEST:
        raise Malformed(f"a tool call's arguments are nested more than {DEEPEST} deep")
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed(f"a tool call's argument is {value}")
    if isinstance(value, dict):
        return {_plain(key): _plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, depth + 1) for part in value]
    return value
