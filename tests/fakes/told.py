"""Services that are only asked: what each operation answers is given, and checked against botocore's model, as what is asked is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3

from tests.fakes.service import SESSION, Refused, faults

REGION = "us-east-1"


class Told:
    """``answers`` by service and operation: a reply, a ``Refused``, or an exception of botocore's own; nothing goes over the wire."""

    def __init__(self, answers: dict[tuple[str, str], Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, service: str) -> Any:
        made = boto3.client(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
        made.meta.events.register_first(f"provide-client-params.{service}", self._heard)
        made.meta.events.register_first(f"before-call.{service}", self._answer)
        return made

    def _heard(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.asked.append((model.service_model.service_name, model.name, dict(params)))

    def _answer(self, model: Any, **_: Any) -> Any:
        said = self.answers[model.service_model.service_name, model.name]
        if isinstance(said, Refused):
            error = {"Error": {"Code": said.code, "Message": said.message}}
            return SimpleNamespace(status_code=said.status), error | {
                "ResponseMetadata": {"HTTPStatusCode": said.status}
            }
        if isinstance(said, Exception):
            raise said
        shape = SESSION.get_service_model(model.service_model.service_name).operation_model(model.name).output_shape
        assert not (wrong := list(faults(shape, said))), f"{model.name} can't answer that: {wrong}"
        return SimpleNamespace(status_code=200), {**said, "ResponseMetadata": {"HTTPStatusCode": 200}}
