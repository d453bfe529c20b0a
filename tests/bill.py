"""``python -m tests.bill [SECONDS]``: what an upload of that length (600) is quoted and billed by each service, with its seconds.

The whole way over the stand-ins of ``tests.stage``; dollars of the services are the ledger's, Lambda's are its invocations' seconds here at its price.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from agent.price import deciding, price, writing
from agent.settings import Settings, load
from agent.wiring import engines
from tests.house.ministack import template
from tests.stage import DRAWN, answer, footage, mind, notification, staged

GB_SECOND = 0.0000166667
"""Dollars of Lambda, us-east-1, x86, 2026-11."""
SERVICES = {"transcribe": "Transcribe", "write": "Bedrock, the writer", "model": "Bedrock, the editor"}
"""Who is paid for a decision of a kind or name; all other tools show stills to Rekognition."""


def billed(stage: Any, run: str) -> dict[str, tuple[float, float]]:
    """Dollars and seconds of each service."""
    spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in stage.records.decisions(run):
        name = SERVICES.get(row["kind"]) or SERVICES.get(row["name"], "Rekognition")
        if row["kind"] in ("tool", "model") and row["dollars"]:
            spent[name][0] += row["dollars"]
            spent[name][1] += (row["ms"] or 0) / 1000
    memory = template()["Parameters"]["EditMemory"]["Default"] / 1024
    spent["Lambda"] = [stage.function.busy * memory * GB_SECOND, stage.function.busy]
    return {name: (dollars, seconds) for name, (dollars, seconds) in spent.items()}


def quoted(settings: Settings, seconds: float) -> dict[str, float]:
    wired = engines(settings)
    parts = {
        "Transcribe": wired.transcriber.cost(seconds),
        "Bedrock, the writer": writing(wired),
        "Bedrock, the editor": deciding(settings.model_id, seconds / 60),
    }
    return parts | {"Rekognition": price(wired, settings.model_id, seconds) - sum(parts.values())}


def main(seconds: int) -> None:
    wish = "make a square 10s promo for LinkedIn about churn without captions"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        film = footage(folder, seconds, real=False)
        database = f"sqlite:///{folder / 'records.sqlite3'}"
        with staged(film, database, folder, wish=wish, mind=lambda asked, n: mind(asked, n, DRAWN)) as stage:
            one, _ = answer(stage, notification(stage))
            assert one["status"] in ("done", "done with warnings"), one
            spent = billed(stage, one["run"])
            told = quoted(load(backend="aws", database="local", outbox_bucket="hookline-outbox"), seconds)
            calls = len(stage.watch.calls)
    print(f"{seconds} s of video, one promo, {calls} calls of Rekognition\n")
    print(f"{'':<22}{'quoted $':>10}{'billed $':>10}{'seconds':>10}")
    for name, (dollars, took) in spent.items():
        quote = f"{told[name]:.4f}" if name in told else "-"
        print(f"{name:<22}{quote:>10}{dollars:>10.4f}{took:>10.1f}")
    services = sum(dollars for name, (dollars, _) in spent.items() if name in told)
    print(f"{'by the ledger':<22}{sum(told.values()):>10.4f}{services:>10.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bill", description=__doc__)
    parser.add_argument("seconds", type=int, nargs="?", default=600, help="length of the video")
    main(parser.parse_args().seconds)
