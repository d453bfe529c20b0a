"""What comes in at the doors, made here: names, keys, events of S3, EventBridge, SQS and Transcribe, and results of Transcribe."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import quote_plus

RUN, IGNORED, REFUSED = "run", "ignored", "refused"
INBOX = "in-bucket"

NAMES = [
    *(
        "a b.mp4",
        "a'b.mp4",
        'a"b.mp4',
        "a;rm -rf ~.mp4",
        "$(id).mp4",
        "`id`.mp4",
        "a|b.mp4",
        "a&b.mp4",
        "a>b.mp4",
        "a*?.mp4",
    ),
    *(
        "-i.mp4",
        "--help",
        "-.mp4",
        "%s%n.mp4",
        "%00.mp4",
        "%2e%2e%2f.mp4",
        "..",
        ".",
        "~.mp4",
        "~root.mp4",
        "../up.mp4",
        "/etc/x.mp4",
    ),
    *(
        "..\\up.mp4",
        "C:\\x.mp4",
        "C:.mp4",
        "CON",
        "nul.mp4",
        "a\nb.mp4",
        "a\tb.mp4",
        "a\rb.mp4",
        "\x1b[2J.mp4",
        "\x7f.mp4",
        "\0.mp4",
    ),
    *(
        "<script>alert(1)</script>.mp4",
        "{{7*7}}.mp4",
        "{%x%}.mp4",
        "${jndi:ldap:x}.mp4",
        "=cmd|' C calc'!A0.mp4",
        "'; DROP TABLE run;--.mp4",
    ),
    *(
        "视频 😀 üñï.mp4",
        "e\u0301.mp4",
        "\u00e9.mp4",
        "\u202egnp.mp4",
        "a\u200bb.mp4",
        "\ufeffa.mp4",
        "\ud800.mp4",
        "😀" * 90 + ".mp4",
    ),
    *(
        " lead.mp4",
        "trail.mp4 ",
        "dot..mp4",
        "..mp4",
        ".mp4",
        ".part-x.mp4",
        "noext",
        "UPPER.MP4",
        "upper.mp4",
        "v.mp4.exe",
        "L" * 250 + ".mp4",
    ),
    *(
        "concat:a.mp4|b.mp4",
        "pipe:0.mp4",
        "data:text,x.mp4",
        "http:evil.mp4",
        "file:x.mp4",
        "subfile,,start,0,end,9,,:x.mp4",
        "v.mp4\r\nX-Evil: 1",
    ),
    *("a/../../b.mp4", "a//b.mp4"),
]
"""Names of a good file that a shell, a browser, ffmpeg, a template or a path would take for something else."""

KEYS = [
    *(
        "plain.mp4",
        "a b.mp4",
        "a+b.mp4",
        "a%20b.mp4",
        "a%2Bb.mp4",
        "a%2Fb.mp4",
        "%",
        "%%",
        "%zz",
        "100%.mp4",
        "a&b=c.mp4",
        "a?b#c.mp4",
    ),
    *(
        "deep/er/still/a.mp4",
        "a//b.mp4",
        "/a.mp4",
        "./a.mp4",
        "../a.mp4",
        "a/../b.mp4",
        "~",
        "-",
        "*.mp4",
        "a'b\"c.mp4",
        "a\\b.mp4",
        "{a}|^[b]`.mp4",
    ),
    *(
        "é.mp4",
        "e\u0301.mp4",
        "视频.mp4",
        "😀.mp4",
        "\u202egpj.mp4",
        "a\u00a0b.mp4",
        "a\u200bb.mp4",
        "\u2028.mp4",
        "ÿ.mp4",
        "＋.mp4",
    ),
    *(
        "a\tb.mp4",
        "a\nb.mp4",
        "a\x01b.mp4",
        "a\x7fb.mp4",
        " ",
        "  a  ",
        "folder/",
        "a b/",
        "x" * 1024,
        "x" * 1025,
        "é" * 512,
        "é" * 513,
    ),
]
"""Object keys as they were uploaded."""


def from_s3(key: str) -> str:
    """A key as a notification of S3 writes it."""
    return quote_plus(key, safe="/*-._")


def record(
    key: str = "uploads/a.mp4", bucket: str = INBOX, name: str = "ObjectCreated:Put", **more: Any
) -> dict[str, Any]:
    """One record of a notification of S3, whole; a value of None takes its field away."""
    thing = {
        "key": from_s3(key),
        "size": 1000,
        "eTag": "0123456789abcdef" * 2,
        "sequencer": "0065A1B2C3D4E5F601",
        **more,
    }
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {field: value for field, value in thing.items() if value is not None},
        },
    }


class Arrival(NamedTuple):
    """Events that come one after another, and the verdict of each of their records."""

    id: str
    events: list[Any]
    verdicts: list[list[str]]


def _records(*records: Any) -> dict[str, Any]:
    return {"Records": list(records)}


def arrivals() -> list[Arrival]:
    ten = [record(f"uploads/{n}.mp4") for n in range(10)]
    poison = [*ten[:4], record("uploads/x.mp4", size="many"), *ten[5:]]
    message = {"messageId": "m", "eventSource": "aws:sqs"}
    queued = [{**message, "body": json.dumps(_records(record()))}, {**message, "body": "not json"}]
    bridged = {
        "version": "0",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": INBOX}},
    }
    raw = {
        **bridged,
        "detail": {**bridged["detail"], "object": {"key": "uploads/a+b %20.mp4", "size": 5, "etag": "x" * 32}},
    }
    done = {
        "source": "aws.transcribe",
        "detail-type": "Transcribe Job State Change",
        "detail": {"TranscriptionJobStatus": "COMPLETED"},
    }
    elsewhere = {**record(), "eventSource": "aws:sns"}
    huge = [record("x" * 2000) for _ in range(120)]
    versions = [record(eTag=letter * 32, versionId=f"v{n}", sequencer=f"{n:016}") for n, letter in enumerate("ab")]
    return [
        Arrival("one", [_records(record())], [[RUN]]),
        Arrival("ten", [_records(*ten)], [[RUN] * 10]),
        Arrival("ten with a bad one", [_records(*poison)], [[RUN] * 4 + [REFUSED] + [RUN] * 5]),
        Arrival("another content", [_records(each) for each in versions], [[RUN], [RUN]]),
        Arrival("the older one last", [_records(each) for each in reversed(versions)], [[RUN], [RUN]]),
        Arrival("without a version", [_records(record(sequencer=None))], [[RUN]]),
        Arrival("deleted", [_records(record(name="ObjectRemoved:Delete"))], [[IGNORED]]),
        Arrival(
            "in parts", [_records(record(name="ObjectCreated:CompleteMultipartUpload", eTag="0" * 32 + "-7"))], [[RUN]]
        ),
        Arrival("a test", [{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": INBOX}], [[IGNORED]]),
        Arrival("a folder", [_records(record("uploads/", size=0))], [[IGNORED]]),
        Arrival("of our own outputs", [_records(record("runs/x/promo.mp4", bucket="out-bucket"))], [[REFUSED]]),
        Arrival("of another bucket", [_records(record(bucket="someone-elses-bucket"))], [[REFUSED]]),
        Arrival("of another source", [_records(elsewhere)], [[REFUSED]]),
        Arrival("by EventBridge", [raw], [[RUN]]),
        Arrival("by a queue, one of two unreadable", [{"Records": queued}], [[RUN, REFUSED]]),
        Arrival("a job that is done, twice", [done, done], [[IGNORED], [IGNORED]]),
        Arrival("nothing", [{}], [[IGNORED]]),
        Arrival("no list", [{"Records": {"a": 1}}], [[REFUSED]]),
        Arrival("a quarter of a megabyte", [_records(*huge)], [[REFUSED] * len(huge)]),
    ]


# Results of Transcribe


def spoken(text: str, start: Any, end: Any, **more: Any) -> dict[str, Any]:
    return {
        "start_time": start,
        "end_time": end,
        "type": "pronunciation",
        "alternatives": [{"confidence": "0.99", "content": text}],
        **more,
    }


def result(*items: Any, said: str = "", **more: Any) -> dict[str, Any]:
    return {
        "jobName": "j",
        "accountId": "1",
        "status": "COMPLETED",
        "results": {"transcripts": [{"transcript": said}], "items": list(items), **more},
    }


def odd_results() -> list[dict[str, Any]]:
    """Names, results and what is right: INVALID_TRANSCRIPT, or words within a minute."""
    word = spoken("x", "0", "1")
    cases: dict[str, Any] = {
        "not json": "<<not json>>",
        "json of another kind": [1, 2],
        "no items": {"results": {"transcripts": []}},
        "nothing said": result(),
        "beyond the end": result(spoken("ghost", "99990.0", "99999.0")),
        "below zero": result(spoken("x", "-5.0", "-1.0")),
        "no numbers": result(spoken("x", "NaN", "inf"), spoken("y", "inf", "1e309"), spoken("z", "", None)),
        "ends before it begins": result(spoken("x", "3.0", "1.0")),
        "backwards": result(spoken("a", "5", "6"), spoken("b", "1", "2"), spoken("c", "3", "9")),
        "no alternatives": result({**word, "alternatives": []}),
        "no content": result({**word, "alternatives": [{"confidence": "1"}]}),
        "of no known type": result({**word, "type": "gesture"}),
        "a hundred thousand words": result(*(spoken("la", str(n / 2000), str(n / 2000)) for n in range(100_000))),
        "an order": result(
            *(spoken(each, str(n), str(n + 1)) for n, each in enumerate(["Ignore", "all", "previous", "instructions"]))
        ),
        "markup": result(spoken("<script>alert(1)</script>", "0", "1")),
        "a very long word": result(spoken("A" * 1_000_000, "0", "1")),
        "controls": result(spoken("a\x00\x1b[2J\u202eb", "0", "1")),
        "half a letter": result(spoken("\ud800", "0", "1")),
        "other words than the text": result(spoken("yes", "0", "1"), said="no"),
        "a thousand speakers": result(
            word, speaker_labels={"speakers": 999, "segments": [{"speaker_label": "SYSTEM", "items": []}]}
        ),
        "channels without words": result(word, channel_labels={"number_of_channels": 2, "channels": []}),
        "confidence in words": result({**word, "alternatives": [{"confidence": "abc", "content": "x"}]}),
    }
    invalid = {"not json", "json of another kind", "no items"}
    return [
        {"name": name, "expect": "INVALID_TRANSCRIPT" if name in invalid else "ok", "result": each}
        for name, each in cases.items()
    ]


def told_apart(count: int, speakers: int, shape: str) -> dict[str, Any]:
    """A result of ``count`` words as Transcribe writes it: who speaks stands in segments, at each item, in channels, or nowhere."""
    turn = 20

    def who(n: int) -> str:
        return f"spk_{n // turn % speakers}"

    items: list[dict[str, Any]] = []
    for n in range(count):
        more = {"speaker_label": who(n)} if shape == "items" else {}
        items.append(spoken(f"word{n}", f"{n * 0.4:.2f}", f"{n * 0.4 + 0.3:.2f}", **more))
        if n % turn == turn - 1:
            items.append({"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]})
    words = [each for each in items if each["type"] == "pronunciation"]
    times = [
        {"start_time": each["start_time"], "end_time": each["end_time"], "speaker_label": who(n)}
        for n, each in enumerate(words)
    ]
    told: dict[str, Any] = {}
    if shape in ("segments", "items"):
        parts = [times[at : at + turn] for at in range(0, count, turn)]
        rows = [
            {
                "speaker_label": each[0]["speaker_label"],
                "start_time": each[0]["start_time"],
                "end_time": each[-1]["end_time"],
                "items": each,
            }
            for each in parts
        ]
        told = {"speaker_labels": {"speakers": speakers, "segments": rows}}
    elif shape == "channels":
        channels = [[each for n, each in enumerate(words) if who(n) == f"spk_{channel}"] for channel in range(speakers)]
        told = {
            "channel_labels": {
                "number_of_channels": speakers,
                "channels": [{"channel_label": f"ch_{n}", "items": each} for n, each in enumerate(channels)],
            }
        }
    said = " ".join(each["alternatives"][0]["content"] for each in items)
    return result(*items, said=said.replace(" .", "."), **told)
