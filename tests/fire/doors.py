"""What comes in at the doors: events, keys, transcripts and names of files."""

from __future__ import annotations

from pathlib import Path

from agent.outcome import place
from doors.upload.events import read
from tests.fire.arrivals import INBOX, KEYS, NAMES, REFUSED, arrivals, from_s3, odd_results, record
from tests.fire.ground import Field, Tally, brief, further, further_whole, media
from tools.troubles import Refusal


def events(tally: Tally) -> None:
    """Each record of each event gets the verdict that is right for it."""
    from tests.doors.upload.test_events import EXPECTED

    ours = [(each.id, each.events, each.verdicts) for each in arrivals()]
    theirs = [(case["id"], case["events"], EXPECTED[case["id"]]) for case in further("events.jsonl")]
    for name, given, verdicts in ours + theirs:
        wrong = []
        for event, expected in zip(given, verdicts, strict=True):
            found = read(event, INBOX, "uploads/")
            if [each.verdict for each in found] != (expected or [REFUSED] * len(event["Records"])):
                wrong.append(f"{[each.verdict for each in found][:12]}")
            wrong += [f"{each.code} without a reason" for each in found if not each.reason or len(each.reason) > 400]
        tally.case(name, wrong)


def keys(tally: Tally) -> None:
    """A key comes back byte for byte from both kinds of event, or is refused for what it is."""
    from tests.doors.upload.test_events import bridged

    theirs = [(case["key"], case["event_key"]) for case in further("keys.jsonl")]
    for key, written in [(key, from_s3(key)) for key in KEYS] + theirs:
        wrong = []
        one = record()
        one["s3"]["object"]["key"] = written
        for kind, event in (("S3", {"Records": [one]}), ("EventBridge", bridged(key))):
            (found,) = read(event, INBOX, "")
            none = len(key.encode()) > 1024 or key.endswith("/")
            if (found.verdict == "run" and found.key) != (False if none else key):
                wrong.append(f"{kind}: {found.verdict} {found.key!r:.80}")
        tally.case(repr(key)[:60], wrong)


def transcripts(tally: Tally) -> None:
    """Sane words within the video, or a refusal with a code; never an exception."""
    from tools.words import results

    for case in odd_results() + further("transcribe_results.jsonl"):
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
    field = Field(folder / "names", video=media("one_byte.mp4"))
    here = set(Path.cwd().iterdir())
    for number, name in enumerate(NAMES + further_whole("names.json")):
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
