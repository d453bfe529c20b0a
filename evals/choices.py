"""What a team has said of its promos, as passages chosen for a wish: the rows that weights are learned from.

A person's thumb on a clip counts, and what a person kept or dropped of a cut in words; a clip on which nobody said anything does not, since
the agent would learn from itself.  A row is a talk (``evals.find.Meeting``): its sentences, and for each wish the passages chosen and refused.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.outcome import place
from agent.reading.change import LAST, RevisionError
from agent.reading.changes import read_changes
from agent.record.records import Records
from evals.find import Asked, Meeting
from tools.ids import Stretch
from tools.ports import ObjectStore
from tools.schema import Brief, Clip, Transcript

RUNS = 10_000
Verdicts = dict[int, bool]
"""Whether a clip is wanted, by its number."""


def meetings(records: Records, store: ObjectStore) -> list[Meeting]:
    """The talks that a team has judged promos of, each once, with every wish for it that somebody judged; oldest wish first."""
    rows = {row["run"]: row for row in records.runs(RUNS)}
    said = {run: dict[int, bool]() for run in rows}
    for row in rows.values():
        if row["parent"] in rows:
            said[row["parent"]] |= kept_and_dropped(row["wish"], _clips(records, row["parent"]))
    for run in rows:
        said[run] |= {clip: thumb > 0 for clip, thumb in records.labels(run).items()}
    talks: dict[str, Transcript] = {}
    asked: dict[str, list[Asked]] = defaultdict(list)
    for run, verdicts in reversed(said.items()):
        judged = (
            choice(Brief.model_validate(records.run(run)["brief"]), _clips(records, run), verdicts)
            if verdicts
            else None
        )
        transcript = _heard(Brief.model_validate(records.run(run)["brief"]), store) if judged else None
        if judged and transcript:
            name = hashlib.sha256(" ".join(each.text for each in transcript.sentences).encode()).hexdigest()[:20]
            talks[name] = transcript
            asked[name].append(judged)
    return [_talk(name, transcript, asked[name]) for name, transcript in talks.items()]


def kept_and_dropped(wish: str, clips: Sequence[Clip]) -> Verdicts:
    """What a change in words says of the clips that it changes: who drops one has looked at the others and keeps them."""
    try:
        changes = read_changes(wish)
    except RevisionError:
        return {}
    named: Verdicts = {}
    for change in changes:
        numbers = [len(clips) if each == LAST else each for each in change.clips]
        if change.what in ("drop", "replace") and numbers:
            named |= dict.fromkeys(numbers, False)
        elif change.what == "keep" and numbers:
            named |= {number: number in numbers for number in range(1, len(clips) + 1)}
    known = range(1, len(clips) + 1)
    return {number: named.get(number, True) for number in known} if named else {}


def choice(brief: Brief, clips: Sequence[Clip], verdicts: Mapping[int, bool]) -> Asked | None:
    """The passages chosen and refused for a wish; None where nothing was asked for in words or nothing was chosen."""
    spoken = {n: Stretch.of(clip.ids) for n, clip in enumerate(clips, 1) if clip.ids and clip.ids[0].startswith("S")}
    spans = {
        wanted: tuple((s.first, s.last) for n, s in spoken.items() if verdicts.get(n) is wanted)
        for wanted in (True, False)
    }
    return Asked(query=brief.topic, spans=spans[True], refused=spans[False]) if brief.topic and spans[True] else None


def save(rows: Sequence[Meeting], path: Path) -> None:
    """Write the rows, the same bytes for the same rows."""
    text = "".join(json.dumps(each.model_dump(mode="json"), ensure_ascii=False) + "\n" for each in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _talk(name: str, transcript: Transcript, asked: Sequence[Asked]) -> Meeting:
    turns = tuple((each.speaker or "", each.text) for each in transcript.sentences)
    return Meeting(id=name, turns=turns, queries=tuple(asked))


def _clips(records: Records, run: str) -> list[Clip]:
    cut = (records.run(run)["outcome"] or {}).get("cut") or {}
    return [Clip.model_validate(each) for each in cut.get("clips", ())]


def _heard(brief: Brief, store: ObjectStore) -> Transcript | None:
    """What was said in a run's video, as it was published; None where that is gone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transcript.json"
        try:
            store.fetch(f"{place(brief)}/transcript.json", path)
        except FileNotFoundError:
            return None
        return Transcript.model_validate_json(path.read_bytes())


def told(rows: Sequence[Meeting]) -> str:
    """How many there are, in words."""
    count = sum(len(each.queries) for each in rows)
    spans = {name: sum(len(getattr(asked, name)) for asked in _asked(rows)) for name in ("spans", "refused")}
    return f"{count} wishes for {len(rows)} talks: {spans['spans']} passages chosen, {spans['refused']} refused"


def _asked(rows: Sequence[Meeting]) -> Iterator[Asked]:
    for each in rows:
        yield from each.queries


def digest(value: Any) -> str:
    """20 hex digits of what ``value`` is as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:20]
