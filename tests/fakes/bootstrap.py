"""A process behind Lambda's runtime interface: ``python -m tests.fakes.bootstrap module.handler``.

Asks for the next event, calls the handler, posts what it answered or raised; for where AWS's own client is not installed.
"""

from __future__ import annotations

import http.client
import importlib
import json
import logging
import os
import sys
import time
from types import SimpleNamespace

RUNTIME = "/2018-06-01/runtime"


def ask(method: str, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    line.request(method, RUNTIME + path, body)
    return line.getresponse()


def main(target: str) -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(name)s %(message)s %(exc_info)s")
    module, _, name = target.rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    while True:
        answer = ask("GET", "/invocation/next")
        event, number = json.loads(answer.read()), answer.headers["Lambda-Runtime-Aws-Request-Id"]
        deadline = int(answer.headers["Lambda-Runtime-Deadline-Ms"])
        context = SimpleNamespace(
            aws_request_id=number,
            invoked_function_arn=answer.headers["Lambda-Runtime-Invoked-Function-Arn"],
            function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
            function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
            memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
            log_group_name="",
            log_stream_name="",
            identity=None,
            client_context=None,
            tenant_id=None,
            get_remaining_time_in_millis=lambda until=deadline: until - round(1000 * time.time()),
        )
        try:
            body, end = json.dumps(handler(event, context)).encode(), "response"
        except Exception as error:
            logging.getLogger("bootstrap").exception("the handler raised")
            body, end = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode(), "error"
        ask("POST", f"/invocation/{number}/{end}", body).read()


if __name__ == "__main__":
    main(sys.argv[1])
