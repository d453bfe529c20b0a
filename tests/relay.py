"""``python -m tests.relay FOLDER VIDEO WISH``: one conversation with a language model that has no endpoint, by files.

The project's own client of Bedrock asks a stand-in on loopback, which holds each request to the service's rules and lays it into FOLDER as
``NN.request.json``, its pictures beside it as ``NN.imageMM.jpg``.  Who answers writes ``NN.answer.json``:

    {"content": [{"text": "..."}, {"toolUse": {"toolUseId": "t1", "name": "cut", "input": {...}}}]}

from the request alone, with nothing else at hand.  Ids of tool calls are new each time.  With ``--record`` the conversation is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3

from agent.deciding.bedrock import Editor
from agent.reading.wish import WishError
from agent.settings import load
from evals.conversations import KEPT, record
from evals.rerun import table
from tests.fakes.bedrock import Bedrock
from tools.aws.claude import Claude
from tools.aws.clients import config
from tools.troubles import Refusal

PATIENCE = 7000.0
"""Seconds that an answer is waited for."""
CHARACTERS, PIXELS = 3.6, 750
"""Of text, and of a picture, for one token: what usage is estimated by, since nobody counts tokens here."""
LEAST_CACHED = 1024
"""Tokens before a mark of the cache below which the service caches nothing."""
WHAT = "Answers of a language model over the relay (tests/relay.py), not of Bedrock; tokens are estimated from the characters of requests and answers."


class Relay(Editor):
    """The editor as it is on Bedrock, with long patience."""

    def __init__(self, **given: Any) -> None:
        settings = load()
        usual = {"model": settings.editor_model, "region_name": "us-east-1", "max_tokens": settings.max_tokens}
        super().__init__(**(usual | {"config": _patient(), "deadline": PATIENCE, "attempts": 1} | given))


class Writer(Claude):
    """The copywriter as it is on Bedrock, with long patience."""

    def __init__(self, region: str | None = None, **given: Any) -> None:
        api = boto3.client("bedrock-runtime", region_name="us-east-1", config=_patient())
        super().__init__(model=load().writer_model, api=api)


def _patient() -> Any:
    return config(attempts=1, read=PATIENCE)


class Desk:
    """Lays requests into a folder and waits for answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._before: dict[str, list[str]] = {}

    def __call__(self, asked: dict[str, Any], n: int) -> dict[str, Any]:
        told, pictures = plain(asked), list(images(asked))
        for number, data in enumerate(pictures, 1):
            (self.folder / f"{n:02d}.image{number:02d}.jpg").write_bytes(data)
        request, answer = self.folder / f"{n:02d}.request.json", self.folder / f"{n:02d}.answer.json"
        part = self.folder / f".{n:02d}.part"
        part.write_text(json.dumps(_lettered(told, n), ensure_ascii=False, indent=1, default=str), "utf-8")
        part.rename(request)
        print(f"asked     {request} ({len(pictures)} pictures); answer in {answer}", flush=True)
        said = self._answer(answer)
        print(f"answered  {answer}", flush=True)
        return {**said, "usage": said.get("usage") or self.usage(asked, said)}

    def _answer(self, path: Path) -> dict[str, Any]:
        """What is written there, once it can be read; what can't be used is told and waited for again."""
        faulty = ""
        while True:
            with contextlib.suppress(FileNotFoundError):
                text = path.read_text("utf-8")
                wrong = unusable(text)
                if not wrong:
                    return dict(json.loads(text))
                if text != faulty:
                    print(f"not used  {path}: {wrong}; write it again", flush=True)
                faulty = text
            time.sleep(0.3)

    def usage(self, asked: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, int]:
        """Tokens as they would about be counted: what was sent before up to a mark of the cache is read from it."""
        blocks = list(marked(asked))
        before = self._before.get(asked["modelId"], [])
        same = sum(1 for _ in _while_same([text for text, _, _ in blocks], before))
        marks = [at for at, (_, _, mark) in enumerate(blocks) if mark]
        sizes = [size for _, size, _ in blocks]
        self._before[asked["modelId"]] = [text for text, _, _ in blocks]
        stored = sum(sizes[: marks[-1] + 1]) if marks else 0
        stored = stored if stored >= LEAST_CACHED else 0
        read = min(stored, sum(sizes[:same])) if before else 0
        read = read if read >= LEAST_CACHED else 0
        return {
            "inputTokens": sum(sizes) - stored,
            "cacheReadInputTokens": read,
            "cacheWriteInputTokens": stored - read,
            "outputTokens": math.ceil(len(json.dumps(said["content"], ensure_ascii=False)) / CHARACTERS),
        }


def _while_same(one: list[str], other: list[str]) -> Iterator[str]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


def unusable(text: str) -> str:
    """Why an answer can't be used; empty where it can."""
    try:
        said = json.loads(text)
    except ValueError as wrong:
        return f"it is no JSON ({wrong})"
    content = said.get("content") if isinstance(said, dict) else None
    if not isinstance(content, list) or not content:
        return "it holds no list named content"
    for block in content:
        use = block.get("toolUse") if isinstance(block, dict) else None
        if use is None and not (
            isinstance(block, dict) and isinstance(block.get("text"), str) and block["text"].strip()
        ):
            return "each part of content is {text} or {toolUse}"
        if use is not None and not (
            {"toolUseId", "name", "input"} <= set(use) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(use["toolUseId"]))
        ):
            return "toolUse holds toolUseId, name and input"
    return ""


def plain(value: Any) -> Any:
    """A request as JSON, pictures as the word."""
    if isinstance(value, dict):
        if isinstance(value.get("image"), dict):
            return {"image": "(picture)"}
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return "(bytes)" if isinstance(value, bytes | bytearray) else value


def _lettered(told: Any, n: int) -> Any:
    """The same with each picture by the name of its file, in order."""
    count = iter(range(1, 1000))

    def walk(value: Any) -> Any:
        if value == {"image": "(picture)"}:
            return {"image": f"{n:02d}.image{next(count):02d}.jpg"}
        if isinstance(value, dict):
            return {key: walk(part) for key, part in value.items()}
        return [walk(part) for part in value] if isinstance(value, list) else value

    return walk(told)


def images(value: Any) -> Iterator[bytes]:
    """The pictures of a request, in the order of ``plain``."""
    if isinstance(value, dict):
        if isinstance(value.get("image"), dict):
            yield bytes(value["image"]["source"]["bytes"])
            return
        for part in value.values():
            yield from images(part)
    elif isinstance(value, list):
        for part in value:
            yield from images(part)


def marked(asked: Mapping[str, Any]) -> Iterator[tuple[str, int, bool]]:
    """The parts of a request in the order in which a cache holds them: text, tokens, and whether a mark of the cache follows."""
    parts = [*asked.get("toolConfig", {}).get("tools", []), *asked.get("system", [])]
    parts += [block for message in asked.get("messages", []) for block in message["content"]]
    for part, after in zip(parts, [*parts[1:], {}], strict=True):
        if "cachePoint" in part:
            continue
        text = json.dumps(plain(part), ensure_ascii=False, default=str)
        pictures = sum(_pixels(data) for data in images(part)) // PIXELS
        yield text, math.ceil(len(text) / CHARACTERS) + pictures, "cachePoint" in after


def _pixels(jpeg: bytes) -> int:
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return 0 if image is None else int(image.shape[0] * image.shape[1])


@contextlib.contextmanager
def relayed(folder: Path, script: Callable[[dict[str, Any], int], Any] | None = None) -> Iterator[Bedrock]:
    """The environment in which the wiring's model and copywriter ask the desk of ``folder``, or a script; no settings are inherited."""
    with Bedrock(script or Desk(folder)) as bedrock:
        names = {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOOKLINE_MODEL": "tests.relay:Relay",
            "HOOKLINE_COPYWRITER": "tests.relay:Writer",
            "HOOKLINE_HOME": str(folder / "home"),
            "HOOKLINE_OUTBOX": str(folder / "outbox"),
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HOOKLINE_", "AWS_"))}
        with patch.dict(os.environ, kept | names, clear=True):
            yield bedrock


def main(given: argparse.Namespace) -> int:
    folder = given.folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        print(f"{folder} is not empty; a conversation has a folder of its own", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    print(f"requests and answers in {folder}; what is made in {folder / 'outbox'}", flush=True)
    said = [given.wish, *given.revise]
    with relayed(folder) as bedrock:
        try:
            conversation, made = record(
                given.video,
                said,
                load(),
                given.record,
                given.by,
                WHAT,
                given.name,
                lambda text: print(text, flush=True),
            )
        except (Refusal, WishError) as no:
            print(f"refused: {no}", file=sys.stderr)
            return 3
    for outcome, place in made:
        print(f"{outcome.status:<18} {place}  run {outcome.run[:12]}  {outcome.reason}".rstrip())
    print(table([(conversation, conversation.tally)]))
    for fault in (*bedrock.refused, *bedrock.broken):
        print(f"fault of the protocol: {fault}")
    if given.record:
        print(f"kept in {given.record / (conversation.id + '.json.gz')}")
    return 0


def asked_for(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.relay", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="an empty folder for requests, answers and what is made")
    parser.add_argument("video")
    parser.add_argument("wish")
    parser.add_argument(
        "--revise",
        action="append",
        default=[],
        metavar="WORDS",
        help="a change asked of what was made; may be given again",
    )
    parser.add_argument("--record", type=Path, nargs="?", const=KEPT, metavar="FOLDER", help=f"keep it; default {KEPT}")
    parser.add_argument(
        "--by", default="", metavar="MODEL", help="the name of the model that answers; needed to keep it"
    )
    parser.add_argument("--name", default="", help="the kept file's name; default is made of the video and the words")
    given = parser.parse_args(arguments)
    if given.record and not given.by:
        parser.error("--record needs --by MODEL: whose answers these are is kept with them")
    return given


if __name__ == "__main__":
    sys.exit(main(asked_for()))
