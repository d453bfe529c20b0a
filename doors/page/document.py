"""A route and what the OpenAPI document says of it: both are made of one description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from doors.page import contract

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    do: Endpoint
    says: str
    answers: dict[int, tuple[str, type[BaseModel] | str]]
    """By status: what it means, and the model or the media type of its body."""
    takes: type[BaseModel] | str | None = None
    or_takes: type[BaseModel] | None = None
    file: str = "video/*"
    """The media type of a form's file."""
    parameters: tuple[dict[str, Any], ...] = ()
    troubles: tuple[int, ...] = field(default=(421,))


def write_document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The OpenAPI document of the routes that there are."""
    paths: dict[str, Any] = {}
    for op in operations:
        paths.setdefault(op.path, {})[op.method.lower()] = _described(op)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hookline", "version": "1", "description": "Requests in words, runs, and what they made."},
        "paths": paths,
        "components": {"schemas": contract.schemas()},
    }


def _described(op: Operation) -> dict[str, Any]:
    answers: dict[str, Any] = {str(status): _answered(*said) for status, said in op.answers.items()}
    answers |= {str(status): _answered("What was wrong, and what to do", contract.Trouble) for status in op.troubles}
    told: dict[str, Any] = {"operationId": op.do.__name__, "summary": op.says, "responses": answers}
    if op.parameters:
        told["parameters"] = list(op.parameters)
    if isinstance(op.takes, str):
        part = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "contentMediaType": op.file}},
        }
        told["requestBody"] = {"required": True, "content": {op.takes: {"schema": part}}}
        if op.or_takes:
            told["requestBody"]["content"]["application/json"] = {"schema": _of(op.or_takes)}
    elif op.takes is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": _of(op.takes)}}}
    return told


def _answered(means: str, body: type[BaseModel] | str) -> dict[str, Any]:
    if not body:
        return {"description": means}
    content: dict[str, Any] = {body: {}} if isinstance(body, str) else {"application/json": {"schema": _of(body)}}
    return {"description": means, "content": content}


def _of(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
