"""What comes in at the doors: events, keys, transcripts and names of files."""

from __future__ import annotations

import json
from pathlib import Path

from agent.outcome import place
from doors.upload.events import read
from tests.fire.ground import HOSTILE, Field, Tally, brief, lines
from tools.troubles import Refusal

INBOX = "in-bucket"
OWN = ["\U0001f600" * 90 + ".mp4", "C:.mp4", ".part-x.mp4", "a/../../b.mp4", "\0.mp4", "\ud800.mp4"]
"""Names of ours beside the collection's: too long in bytes, a drive, an unfinished file."""


def events(tally: Tally) -> None:
    """Each record of each event gets the verdict that ``tests/doors/upload/test_events.py`` expects of it."""
    from tests.doors.upload.test_events import EXPECTED, REFUSED

    for case in lines("events.jsonl"):
        wrong = []
        for event, expected in zip(case["events"], EXPECTED[case["id"]], strict=True):
            found = read(event, INBOX, "uploads/")
            if [each.verdict for each in found] != (expected or [REFUSED] * len(event["Records"])):
                wrong.append(f"{[each.verdict for each in found][:12]}")
            wrong += [f"{each.code} without a reason" for each in found if not each.reason or len(each.reason) > 400]
        tally.case(case["id"], wrong)


def keys(tally: Tally) -> None:
    """A key comes back byte for byte from both kinds of event, or is refused for what it is."""
    from tests.doors.upload.test_events import bridged, notified

    for case in lines("keys.jsonl"):
        record = notified("x")
        record["s3"]["object"]["key"] = case["event_key"]
        wrong = []
        for kind, event in (("S3", {"Records": [record]}), ("EventBridge", bridged(case["eventbridge_key"]))):
            (found,) = read(event, INBOX, "")
            none = len(case["key"].encode()) > 1024 or case["key"].endswith("/")
            if (found.verdict == "run" and found.key) != (False if none else case["key"]):
                wrong.append(f"{kind}: {found.verdict} {found.key!r:.80}")
        tally.case(repr(case["key"])[:60], wrong)


def transcripts(tally: Tally) -> None:
    """Sane words within the video, or a refusal with a code; never an exception."""
    from tools.words import results

    for case in lines("transcribe_results.jsonl"):
        wrong = []
        try:
            words = results.parse_transcribe(case["result"], duration=60).words
            wrong += [f"{word}" for word in words if not 0 <= word.start <= word.end <= 60][:3]
            if case["expect"] == "INVALID_TRANSCRIPT":
                wrong.append("was read")
        except Refusal as refusal:
            if refusal.code != case["expect"]:
                wrong.append(f"refused as {refusal.code}")
        tally.case(case["name"], wrong)


def names(tally: Tally, folder: Path) -> None:
    """A good file under each name: the outbox holds one folder below its root, and nothing appears elsewhere."""
    field = Field(folder / "names", video=HOSTILE / "media" / "one_byte.mp4")
    here = set(Path.cwd().iterdir())
    for number, name in enumerate(json.loads((HOSTILE / "names.json").read_text("utf-8")) + OWN):
        wrong = []
        asked = brief(f"name {number}", video=name)
        studio = field.studio(None)
        path = folder / "one.txt"
        path.write_text("x")
        try:
            studio.engines.store.put(f"{place(asked)}/run.json", path, "application/json")
        except (ValueError, OSError) as error:
            wrong.append(f"{type(error).__name__}: {error}")
        there = list(field.outbox.glob("*/*/run.json"))
        if len(there) != number + 1:
            wrong.append(f"{len(there)} files in the outbox instead of {number + 1}")
        tally.case(repr(name)[:60], wrong)
    if set(Path.cwd().iterdir()) != here:
        tally.failures.append(f"{set(Path.cwd().iterdir()) - here} appeared")
    field.close()
