"""``python -m benchmarks.dollars``: what a ten-minute talk costs with Hookline and with a naive agent, on the same counts of tokens.

Hookline's side is the ledger of a real run of the loop: Claude as a script behind the stand-in of Bedrock, Rekognition's
stand-in, prompts and tool answers as they are.  The naive agent puts Transcribe's own JSON into every prompt and sends a
frame a second to Rekognition.  Both count a token for every ``LETTERS`` characters, and both listen for the same price.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agent.brief import make_brief
from agent.reading.wish import read_wish
from benchmarks.ranges import Told
from tools.aws.claude import Claude
from tools.aws.rekognition import Rekognition
from tools.local.folder import Folder
from tools.media.process import ffmpeg
from tools.ports import Engines
from tools.prices import dollars
from tools.schema import Source

MINUTES = 10
LETTERS = 3.6
"""Characters of a token, in English and JSON; a ratio of dollars hardly depends on it."""
TURNS = 3
"""Calls of the naive agent: choose the moments, write, name the cover.  It caches nothing, since its prompts begin with the wish."""
IMAGE, APIS = 0.001, 2
"""Dollars of an image and API of Rekognition (us-east-1, 2026-11), and how many it is sent to, as by Hookline."""
SONNET = "global.anthropic.claude-sonnet-5-5"


def talk(folder: Path) -> Path:
    """Ten minutes of a picture that changes now and then."""

    path = folder / "talk.mp4"
    cards = "".join(
        f"drawbox=c=0x{(n * 0x2B4C91 + 0x303040) & 0xFFFFFF:06x}:t=fill:enable='between(t,{n * 20},{n * 20 + 20})',"
        for n in range(30)
    )
    argv = [ffmpeg(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", f"color=c=gray:s=320x180:r=10:d={60 * MINUTES}"]
    argv += ["-f", "lavfi", "-i", f"sine=220:d={60 * MINUTES}", "-vf", f"{cards}noise=alls=6:allf=0"]
    argv += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-c:a", "aac", "-b:a", "48k", str(path)]
    subprocess.run(argv, check=True, timeout=300)
    return path


def tokens(text: str) -> int:
    return round(len(text) / LETTERS)


class Mind:
    """A careful editor: each tool once, by ids; and a writer whose lines stand in the sentences."""

    def __init__(self) -> None:
        self.seen = ""

    def __call__(self, asked: dict[str, Any], n: int) -> dict[str, Any]:
        texts = [block["text"] for message in asked["messages"] for block in message["content"] if "text" in block]
        said = self._write(texts) if "haiku" in asked["modelId"] else self._edit(asked)
        content = [{"text": said}] if isinstance(said, str) else said
        prompt = json.dumps([asked.get("system"), asked.get("toolConfig"), asked["messages"]], ensure_ascii=False)
        out = tokens(json.dumps(content)) + 120  # what it thinks is paid for, too
        return {"content": content, "usage": self._usage(prompt, out, asked)}

    def _usage(self, prompt: str, out: int, asked: dict[str, Any]) -> dict[str, int]:
        """Cached is what a prompt of the same model shares with the one before, where the request marks points to cache at."""
        marked = "cachePoint" in json.dumps(asked)
        shared = len(os.path.commonprefix([self.seen, prompt])) if marked and "haiku" not in asked["modelId"] else 0
        if "haiku" not in asked["modelId"]:
            self.seen = prompt
        read = round(shared / LETTERS)
        fresh = tokens(prompt) - read
        counted = {"cacheReadInputTokens": read, "cacheWriteInputTokens": fresh if marked else 0}
        return {"inputTokens": 0 if marked else fresh, "outputTokens": out, **counted}

    def _write(self, texts: list[str]) -> str:
        (ident, text), *_ = re.findall(r"^(S\d+) (.+)$", "\n".join(texts), re.MULTILINE)
        line = {"text": text[:90], "evidence": [ident]}
        return json.dumps(
            {"copies": [{"platform": "linkedin", "hooks": [line], "title": line, "description": line, "tags": []}]}
        )

    def _edit(self, asked: dict[str, Any]) -> Any:
        from tests.fakes.bedrock import call

        answers = [
            block["toolResult"]["content"][0]["text"]
            for message in asked["messages"]
            for block in message["content"]
            if "toolResult" in block
        ]
        moves = [("transcribe", {}), ("look", {}), ("find", {"query": "pricing"}), ("cut", None)]
        moves += [("write", {"plan_id": "P1"}), ("cover", {"plan_id": "P1"}), ("assemble", {"plan_id": "P1"})]
        if len(answers) >= len(moves):
            return "Made P1."
        name, given = moves[len(answers)]
        return [call(name, {"picks": _picks(answers[0])} if given is None else given, number=len(answers) + 1)]


def _picks(transcript: str) -> list[dict[str, Any]]:
    said = {
        "asked every customer": "hook",
        "Half of them said": "context",
        "Churn fell": "payoff",
        "try one thing": "close",
    }
    found = {words: re.search(rf"^(S\d+) .*{words}", transcript, re.MULTILINE) for words in said}
    return [
        {"ids": [match[1]], "role": said[words], "reason": f"says it best: {words}"}
        for words, match in found.items()
        if match
    ]


def hookline(video: Path, folder: Path) -> dict[str, float]:
    """Dollars and tokens of a run by its ledger, without Transcribe."""
    from agent import loop
    from agent.deciding.bedrock import Editor
    from agent.record.records import Records
    from tests.fakes.bedrock import Bedrock
    from tests.fakes.rekognition import Rekognition as Stand
    from tools.local.extract import Extractive

    watch = Stand()
    records = Records(f"sqlite:///{folder}/record.sqlite3")
    records.migrate()
    with contextlib.ExitStack() as open_:
        bedrock = open_.enter_context(Bedrock(Mind()))
        address, stop = watch.serve()
        open_.callback(stop)
        open_.enter_context(_environ({"BEDROCK_RUNTIME": bedrock.url, "REKOGNITION": address}))
        engines = Engines(
            Told(), Rekognition(region="us-east-1"), Claude(model="us.anthropic.claude-haiku-5-5", region="us-east-1"),
            Folder(folder / "outbox"), Extractive(),
        )  # fmt: skip
        editor = Editor(model=SONNET, region_name="us-east-1", max_tokens=8000)
        studio = loop.Studio(engines, editor, SONNET, records, folder / "runs")
        wish = "make a square 20s promo for LinkedIn about pricing without captions"
        outcome = loop.run(
            make_brief(video.name, "1", read_wish(wish), wish=wish), studio, lambda into: _linked(video, into)
        )
        if not outcome.artifacts or bedrock.refused or bedrock.broken:
            raise RuntimeError(
                f"the run ended as {outcome.status}: {outcome.reason} {bedrock.refused} {bedrock.broken}"
            )
        cost = records.cost(outcome.run)
    records.close()
    return {
        "dollars": outcome.dollars,
        "tokens_in": cost["tokens_in"],
        "tokens_out": cost["tokens_out"],
        "calls": bedrock.hits,
    }


def _linked(video: Path, into: Path) -> None:
    os.link(video, into)


@contextlib.contextmanager
def _environ(endpoints: dict[str, str]) -> Iterator[None]:
    """Nobody's credentials, and the stand-ins' addresses."""
    names = {f"AWS_ENDPOINT_URL_{name}": address for name, address in endpoints.items()}
    names |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}
    with patch.dict(os.environ, names):
        yield


def raw(words: list[Any]) -> str:
    """What Transcribe itself writes for these words."""
    items = [
        {
            "id": number, "type": "pronunciation", "alternatives": [{"confidence": "0.998", "content": word.text}],
            "start_time": f"{word.start:.3f}", "end_time": f"{word.end:.3f}",
        }
        for number, word in enumerate(words)
    ]  # fmt: skip
    text = " ".join(word.text for word in words)
    segments = [
        {"id": 0, "transcript": text, "start_time": "0.0", "end_time": "600.0", "items": list(range(len(items)))}
    ]
    told = {"transcripts": [{"transcript": text}], "items": items, "audio_segments": segments}
    return json.dumps({"jobName": "talk", "accountId": "1", "status": "COMPLETED", "results": told})


def naive(words: list[Any]) -> dict[str, float]:

    prompt, answer = tokens(raw(words)) + 400, 700
    spent = TURNS * dollars(SONNET, prompt, answer)
    frames = 60 * MINUTES
    return {"dollars": spent + frames * IMAGE * APIS, "model": spent, "frames": frames, "tokens_in": TURNS * prompt}


def main() -> None:

    with tempfile.TemporaryDirectory(prefix="hookline-bench-") as name:
        folder = Path(name)
        ours = hookline(talk(folder), folder)
        source = Source(name="t", sha256="", bytes=0, container="mov", duration=60.0 * MINUTES)
        theirs = naive(list(Told().transcribe(source, None, None).words))
    listen = 0.024 * MINUTES
    print("| a ten-minute talk | $ without Transcribe | $ with | tokens in |\n|---|---|---|---|")
    print(
        f"| Hookline, {ours['calls']:.0f} calls | {ours['dollars']:.3f} | {ours['dollars'] + listen:.3f} | {ours['tokens_in']:,.0f} |"
    )
    print(
        f"| naive agent, {TURNS} calls, {theirs['frames']:.0f} frames | {theirs['dollars']:.3f} | {theirs['dollars'] + listen:.3f} | {theirs['tokens_in']:,.0f} |"
    )
    print(
        f"naive / Hookline: {theirs['dollars'] / ours['dollars']:.1f} (to reach: ≥ 3); the model's part alone: naive ${theirs['model']:.3f}"
    )


if __name__ == "__main__":
    main()
