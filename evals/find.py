"""The suite "find": passages chosen for a request in words, against those that people chose.

A row of the data is a meeting: ``{"id", "turns": [[speaker, text], …], "queries": [{"query", "spans"}, …]}``.
A prediction may hold as many words as people's own spans hold; that number, and nothing else of them, is known.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.local.passages import Embed, PassageFinder, Span

WORD = re.compile(r"[a-z0-9']+")
NOISE = re.compile(r"\{[^}]*\}")


def load(path: Path) -> list[dict[str, Any]]:
    """The rows of a ``.jsonl`` or ``.jsonl.gz`` file; a wrong one is named by file and line."""
    rows = []
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                missing = {"id", "turns", "queries"} - row.keys()
                if missing:
                    raise ValueError(f"no {', '.join(sorted(missing))}")
            except (ValueError, AttributeError) as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
            rows.append(row)
    return rows


def lengths(row: dict[str, Any]) -> NDArray[np.int64]:
    """Words of each turn, marks in braces left out."""
    return np.array([len(WORD.findall(NOISE.sub(" ", text.lower()))) for _, text in row["turns"]])


def wanted(row: dict[str, Any], query: dict[str, Any]) -> NDArray[np.bool_]:
    """Which turns people chose for the query."""
    chosen = np.zeros(len(row["turns"]), bool)
    for first, last in query["spans"]:
        chosen[first : last + 1] = True
    return chosen


def overlap(spans: Sequence[Span], chosen: NDArray[np.bool_], sizes: NDArray[np.int64]) -> float:
    """F1 by words of ``spans``, cut off past the length of what people chose, in the order given."""
    got, used, budget = np.zeros(len(sizes), bool), 0, int(sizes[chosen].sum())
    for first, last in spans:
        for at in range(first, last + 1):
            if got[at]:
                continue
            if used + sizes[at] > budget and got.any():
                break
            got[at] = True
            used += int(sizes[at])
    both = int(sizes[got & chosen].sum())
    return 2 * both / (used + budget) if both else 0.0


def predict(rows: Sequence[dict[str, Any]], finder: PassageFinder) -> Iterator[dict[str, Any]]:
    """One prediction a query, ``{"id", "query", "spans"}``; spans of turns, inclusive, best first."""
    for row in rows:
        sizes = lengths(row)
        speakers, texts = zip(*row["turns"], strict=True)
        for number, query in enumerate(row["queries"]):
            budget = int(sizes[wanted(row, query)].sum())
            spans = finder.spans(texts, query["query"], budget, speakers)
            yield {"id": row["id"], "query": number, "spans": [list(each) for each in spans]}


def embedder() -> Embed | None:
    """The packaged embedder, or None with a line on stderr that says what is missing."""
    from tools.local.embed import ModelMissing, embed
    from tools.local.embed import load as load_model

    try:
        load_model()
    except ModelMissing as error:
        print(f"without embeddings, so with a lower F1: {error}", file=sys.stderr)
        return None
    return embed


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.find", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--predictions", type=Path, required=True)
    parser.add_argument("--lexical", action="store_true", help="without embeddings")
    options = parser.parse_args(arguments)
    rows = load(options.data)
    finder = PassageFinder(None if options.lexical else embedder())
    started, scores = time.monotonic(), []
    with options.predictions.open("w") as out:
        for number, row in enumerate(rows, 1):
            sizes = lengths(row)
            for prediction in predict([row], finder):
                out.write(json.dumps(prediction) + "\n")
                chosen = wanted(row, row["queries"][prediction["query"]])
                if sizes[chosen].any():
                    scores.append(overlap(prediction["spans"], chosen, sizes))
            spent = time.monotonic() - started
            print(
                f"{number}/{len(rows)} meetings  {len(scores)} queries  F1 {np.mean(scores or [0]):.3f}  {spent:.0f} s",
                file=sys.stderr,
            )


if __name__ == "__main__":
    main()
